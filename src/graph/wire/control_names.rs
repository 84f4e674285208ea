//! Under which name is a control kept? One shared string per control, however many days name it.

use std::{collections::HashSet, sync::Arc};

use super::short;
use crate::score::identity::Spellings;

/// The longest control name known has 70 characters.
const NAME_MAX: usize = 160;

/// All control names of one reading, each spelling kept once.
#[derive(Debug, Default)]
pub(super) struct ControlNames {
    known: HashSet<Arc<str>, foldhash::fast::RandomState>,
    spellings: Spellings,
    mixed: bool,
}

impl ControlNames {
    /// The shared form of `name`, clean and cut; `None` when nothing is left of it.
    pub fn shared(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some(known) = self.known.get(name) {
            return Some(Arc::clone(known));
        }
        let tidy = short(name, NAME_MAX);
        if tidy.is_empty() {
            return None;
        }
        if let Some(known) = self.known.get(tidy.as_str()) {
            return Some(Arc::clone(known));
        }
        let shared: Arc<str> = tidy.into();
        self.mixed |= self.spellings.learn(&shared);
        self.known.insert(Arc::clone(&shared));
        Some(shared)
    }

    /// Whether one control was spelled in two ways.
    pub const fn are_mixed(&self) -> bool {
        self.mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_clean() {
        let mut names = ControlNames::default();
        let (first, second) = (names.shared("AdminMFAV2"), names.shared(" AdminMFAV2\u{200B}"));
        assert!(matches!((&first, &second), (Some(a), Some(b)) if Arc::ptr_eq(a, b)));
        assert!(!names.are_mixed() && names.shared("adminmfav2").is_some() && names.are_mixed());
        assert_eq!(names.shared("\u{202E} \u{200B}"), None);
        assert!(names.shared(&"x".repeat(5000)).is_some_and(|name| name.chars().count() == NAME_MAX));
    }
}
