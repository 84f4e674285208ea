//! What was pressed? The ids that tell buttons, menus and forms apart.
//!
//! An id names a question that is kept; what the presser may see is decided when it is asked anew.

/// The longest id that is taken for one.
const ID_MAX: usize = 64;

/// What somebody pressed, chose or filled in. The ids are those of kept questions.
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
            // Buttons of earlier versions name no page.
            ("fresh", page) => Some(Self::Fresh { id, page: page.unwrap_or_default() }),
            ("share", None) => Some(Self::Share { id }),
            ("find", None) => Some(Self::Find { id }),
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

/// Before the id of a delivery that is to be snoozed.
const SNOOZE: &str = "snooze:";

/// How the button that snoozes a delivery is told from others; its form comes back under the same name.
pub(super) fn to_snooze(delivery: &str) -> String {
    format!("{SNOOZE}{delivery}")
}

/// The delivery that `custom_id` wants to be snoozed; `None` when it wants something else.
pub(super) fn snoozed(custom_id: &str) -> Option<&str> {
    custom_id.strip_prefix(SNOOZE).filter(|id| is_id(id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::surfaces::discord::limits;

    #[test]
    fn every_press_is_read_as_it_was_written() {
        let id = || "Az09_-Az09_-Az09".to_owned();
        let all = [
            ComponentId::Page { id: id(), page: 0 },
            ComponentId::Page { id: id(), page: 100 },
            ComponentId::Open { id: id() },
            ComponentId::Fresh { id: id(), page: 0 },
            ComponentId::Fresh { id: id(), page: 7 },
            ComponentId::Share { id: id() },
            ComponentId::Find { id: id() },
            ComponentId::Pick,
        ];
        for press in all {
            assert!(press.custom_id().len() <= limits::CUSTOM_ID);
            assert_eq!(ComponentId::read(&press.custom_id()), Some(press));
        }
        assert_eq!(ComponentId::read("fresh:a"), Some(ComponentId::Fresh { id: "a".to_owned(), page: 0 }), "as it was written before");
    }

    #[test]
    fn what_is_none_of_ours_is_not_read() {
        let long = format!("open:{}", "a".repeat(ID_MAX + 1));
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
            &long,
        ];
        for custom_id in hostile {
            assert_eq!(ComponentId::read(custom_id), None, "{custom_id}");
        }
        assert!(ComponentId::read(&long[..long.len() - 1]).is_some());
    }

    #[test]
    fn a_snooze_is_read_as_it_was_written() {
        let id = "Az09_-Az09_-Az09_-Az09_-";
        assert_eq!((snoozed(&to_snooze(id)), ComponentId::read(&to_snooze(id))), (Some(id), None));
        for other in ["snooze:", "snooze:a b", "snooze:a:1", "open:a", "Snooze:a", &to_snooze(&"a".repeat(ID_MAX + 1))] {
            assert_eq!(snoozed(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_invents(custom_id in "[a-z]{0,5}:?[a-z:0-9]{0,12}") {
            if let Some(press) = ComponentId::read(&custom_id) {
                // `page:a:01` and `fresh:a` are the only other ways to say something.
                prop_assert_eq!(ComponentId::read(&press.custom_id()), Some(press));
            }
        }
    }
}
