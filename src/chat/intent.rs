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
    /// A command that is not finished: what may be meant by the option `option`, of which `typed` is there?
    Typing {
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
    /// Whether only the presser sees the message.
    pub private: bool,
    /// Who made us write the message; `None` for what we posted by ourselves.
    pub asked_by: Option<String>,
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
    Fresh {
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
    Find {
        /// The question.
        id: String,
    },
    /// A choice; what was chosen are ids of questions.
    Pick,
    /// No more alerts about what a post notified of; its form comes back under the same name.
    Snooze {
        /// The delivery of the post.
        delivery: String,
    },
}

impl ComponentId {
    /// How it is told from others on the same message.
    pub fn custom_id(&self) -> String {
        match self {
            Self::Page { id, page } => format!("page:{id}:{page}"),
            Self::Open { id } => format!("open:{id}"),
            Self::Fresh { id, page } => format!("fresh:{id}:{page}"),
            Self::Share { id } => format!("share:{id}"),
            Self::Find { id } => format!("find:{id}"),
            Self::Pick => "pick".to_owned(),
            Self::Snooze { delivery } => format!("snooze:{delivery}"),
        }
    }

    /// What `custom_id` says; `None` when it is none of ours.
    pub fn read(custom_id: &str) -> Option<Self> {
        if custom_id == "pick" {
            return Some(Self::Pick);
        }
        let (verb, rest) = custom_id.split_once(':')?;
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
            ("fresh", Some(page)) => Some(Self::Fresh { id, page }),
            ("share", None) => Some(Self::Share { id }),
            ("find", None) => Some(Self::Find { id }),
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
            ComponentId::Fresh { id: id(), page: 0 },
            ComponentId::Fresh { id: id(), page: 7 },
            ComponentId::Share { id: id() },
            ComponentId::Find { id: id() },
            ComponentId::Pick,
            ComponentId::Snooze { delivery: id() },
        ];
        for press in all {
            assert!(press.custom_id().len() <= CUSTOM_ID);
            assert_eq!(ComponentId::read(&press.custom_id()), Some(press));
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
            assert_eq!(ComponentId::read(custom_id), None, "{custom_id}");
        }
        assert!(ComponentId::read(&long[..long.len() - 1]).is_some());
    }

    proptest! {
        #[test]
        fn reading_never_invents(custom_id in "[a-z]{0,6}:?[a-z:0-9]{0,12}") {
            if let Some(press) = ComponentId::read(&custom_id) {
                // `page:a:01` is the only other way to say something.
                prop_assert_eq!(ComponentId::read(&press.custom_id()), Some(press));
            }
        }
    }
}
