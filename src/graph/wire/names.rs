//! Under which name is a control kept? One shared string per control, however many days name it.

use std::{collections::HashSet, sync::Arc};

use super::short;

/// The longest control name known has 70 characters.
const NAME_MAX: usize = 160;

/// All control names of one reading, each kept once.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<Arc<str>, foldhash::fast::RandomState>);

impl Names {
    /// The shared form of `name`, clean and cut; `None` when nothing is left of it.
    pub fn shared(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some(known) = self.0.get(name) {
            return Some(Arc::clone(known));
        }
        let tidy = short(name, NAME_MAX);
        if tidy.is_empty() {
            return None;
        }
        if let Some(known) = self.0.get(tidy.as_str()) {
            return Some(Arc::clone(known));
        }
        let shared: Arc<str> = tidy.into();
        self.0.insert(Arc::clone(&shared));
        Some(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_clean() {
        let mut names = Names::default();
        let (first, second) = (names.shared("AdminMFAV2"), names.shared(" AdminMFAV2\u{200B}"));
        assert!(matches!((&first, &second), (Some(a), Some(b)) if Arc::ptr_eq(a, b)));
        assert_eq!(names.shared("\u{202E} \u{200B}"), None);
        assert!(names.shared(&"x".repeat(5000)).is_some_and(|name| name.chars().count() == NAME_MAX));
    }
}
