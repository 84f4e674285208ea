//! What did somebody want? What was typed, pressed or filled in; and the ids that tell buttons, menus and forms apart.
//!
//! An id names a question that is kept, or a delivery; what the presser may see is decided when it is asked anew. So an id is no secret, carries no
//! state that a client could change, and fits into the 100 characters that the strictest platform takes.

use super::TypedCommand;

/// What somebody did, in the words of all platforms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// A command.
    Command(TypedCommand),
    /// A command in words, on a platform without typed options.
    Words(String),
    /// A command that is not finished: what may be meant by the option `option`, of which `typed` is there?
    Autocomplete {
        /// The command so far.
        command: TypedCommand,
        /// The option that is being typed.
        option: String,
        /// What of it is there.
        typed: String,
    },
    /// A button, or a choice of a menu.
    Press(Press),
    /// A form.
    Form {
        /// Its id.
        id: String,
        /// Names of inputs with what was typed, without those that were left empty.
        fields: Vec<(String, String)>,
    },
}

/// A button that was pressed, or a choice that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// The id of the component.
    pub id: String,
    /// What was chosen, in a menu.
    pub chosen: Option<String>,
    /// What the button says, where that is known.
    pub label: String,
    /// Who sees the message that holds it.
    pub seen_by: SeenBy,
    /// Who made us write the message, as the platform or what only we can have written into the message says it; `None` for what we posted by ourselves, and
    /// where that is not sure.
    pub asked_by: Option<String>,
}

/// Who sees a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenBy {
    /// Only the presser, for sure: an answer with their own rights takes its place.
    OnlyPresser,
    /// Everybody in the room, or nobody knows.
    Room,
}

/// The longest id that is taken for one.
const ID_MAX: usize = 64;

/// What a component or a form is for. The ids in it are those of kept questions, but for the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentId {
    /// Another page of the same answer, counted from 0.
    Page {
        /// The question.
        id: String,
        /// The page.
        page: usize,
    },
    /// An answer below this one.
    Open {
        /// The question.
        id: String,
    },
    /// The same page of the answer from what Microsoft says now.
    Refresh {
        /// The question.
        id: String,
        /// The page, counted from 0; the last one where there are not so many any more.
        page: usize,
    },
    /// The same answer for everybody here.
    Share {
        /// The question.
        id: String,
    },
    /// A question that wants something first; its form comes back under the same name.
    AskMissing {
        /// The question.
        id: String,
    },
    /// A choice; what was chosen are ids of questions.
    Choose,
    /// No more alerts about what a post notified of; its form comes back under the same name.
    Snooze {
        /// The delivery of the post.
        delivery: String,
    },
}

impl ComponentId {
    /// How it is told from others on the same message.
    pub fn encode(&self) -> String {
        match self {
            Self::Page { id, page } => format!("page:{id}:{page}"),
            Self::Open { id } => format!("open:{id}"),
            Self::Refresh { id, page } => format!("fresh:{id}:{page}"),
            Self::Share { id } => format!("share:{id}"),
            Self::AskMissing { id } => format!("find:{id}"),
            Self::Choose => "pick".to_owned(),
            Self::Snooze { delivery } => format!("snooze:{delivery}"),
        }
    }

    /// What `encoded` says; `None` when it is none of ours.
    pub fn decode(encoded: &str) -> Option<Self> {
        if encoded == "pick" {
            return Some(Self::Choose);
        }
        let (verb, rest) = encoded.split_once(':')?;
        let (id, page) = match rest.split_once(':') {
            Some((id, page)) => (id, Some(number(page)?)),
            None => (rest, None),
        };
        if !is_id(id) {
            return None;
        }
        let id = id.to_owned();
        match (verb, page) {
            ("page", Some(page)) => Some(Self::Page { id, page }),
            ("open", None) => Some(Self::Open { id }),
            ("fresh", Some(page)) => Some(Self::Refresh { id, page }),
            ("share", None) => Some(Self::Share { id }),
            ("find", None) => Some(Self::AskMissing { id }),
            ("snooze", None) => Some(Self::Snooze { delivery: id }),
            _ => None,
        }
    }
}

/// The number of a page.
fn number(text: &str) -> Option<usize> {
    (text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn is_id(text: &str) -> bool {
    let of_an_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=ID_MAX).contains(&text.len()) && text.bytes().all(of_an_id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The strictest platform is Discord: <https://docs.discord.com/developers/components/reference#anatomy-of-a-component-custom-id>.
    const CUSTOM_ID: usize = 100;

    #[test]
    fn every_press_is_read_as_it_was_written() {
        let id = || "Az09_-".repeat(10);
        let all = [
            ComponentId::Page { id: id(), page: 0 },
            ComponentId::Page { id: id(), page: 100 },
            ComponentId::Open { id: id() },
            ComponentId::Refresh { id: id(), page: 0 },
            ComponentId::Refresh { id: id(), page: 7 },
            ComponentId::Share { id: id() },
            ComponentId::AskMissing { id: id() },
            ComponentId::Choose,
            ComponentId::Snooze { delivery: id() },
        ];
        for press in all {
            assert!(press.encode().len() <= CUSTOM_ID);
            assert_eq!(ComponentId::decode(&press.encode()), Some(press));
        }
        // What stands below messages of years goes on to work.
        let refresh = ComponentId::Refresh { id: "Az09_-".to_owned(), page: 2 };
        for (encoded, press) in [("fresh:Az09_-:2", refresh), ("pick", ComponentId::Choose)] {
            assert_eq!(press.encode(), encoded);
        }
    }

    #[test]
    fn what_is_none_of_ours_is_not_read() {
        let (long, snooze) = (format!("open:{}", "a".repeat(ID_MAX + 1)), format!("snooze:{}", "a".repeat(ID_MAX + 1)));
        let hostile = [
            "",
            ":",
            "open",
            "open:",
            "open:a:1",
            "page:a",
            "page:a:",
            "page:a:-1",
            "page:a:+1",
            "page:a:1:2",
            "page:a:99999",
            "fresh:a",
            "fresh:a:",
            "fresh:a:x",
            "page::1",
            "pick:a",
            "Open:a",
            "open:a b",
            "open:../x",
            "open:é",
            "open:a\0",
            "shut:a",
            "open:a%00",
            "snooze:",
            "snooze:a b",
            "snooze:a:1",
            "Snooze:a",
            &snooze,
            &long,
        ];
        for custom_id in hostile {
            assert_eq!(ComponentId::decode(custom_id), None, "{custom_id}");
        }
        assert!(ComponentId::decode(&long[..long.len() - 1]).is_some());
    }

    proptest! {
        #[test]
        fn reading_never_invents(custom_id in "[a-z]{0,6}:?[a-z:0-9]{0,12}") {
            if let Some(press) = ComponentId::decode(&custom_id) {
                // `page:a:01` is the only other way to say something.
                prop_assert_eq!(ComponentId::decode(&press.encode()), Some(press));
            }
        }
    }
}
