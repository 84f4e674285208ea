//! What does a grant give, whomever it is for? A role and tenants, by name or by group; `[entra]` and the chats write them alike.

use std::collections::BTreeSet;

use super::reader::SectionReader;
use crate::{
    access::{Role, Tenants},
    text::{NAME_IS, is_name},
};

/// The word for all tenants.
const ALL: &str = "all";

/// Refuses a `name` that no grant can have. Unlike a tenant, one may be called `all`.
pub fn check_name(section: &mut SectionReader<'_>, name: &str) {
    if name != ALL && !is_name(name) {
        section.error_here("is not a valid name for a grant", format!("Use {NAME_IS}"));
    }
}

/// The role that the grant gives and the tenants that it shows.
pub fn gives(section: &mut SectionReader<'_>) -> Option<(Role, Tenants)> {
    if !section.has("tenants") {
        section.missing("tenants", "Give the names of the tenants that it shows, or all");
    }
    let role = section.text("role", role);
    let tenants = section.tenants("tenants");
    role.zip(tenants)
}

/// The role that a word means.
pub(super) fn role(text: &str) -> Option<Role> {
    text.parse().ok()
}

/// Names of tenants or groups, parted by commas, spaces or lines.
pub(super) fn names(text: &str) -> Option<BTreeSet<String>> {
    let parts = text.split(|part: char| matches!(part, ',' | ';') || part.is_whitespace()).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = parts.map(|name| is_name(name).then(|| name.to_owned())).collect::<Option<_>>()?;
    (!names.is_empty()).then_some(names)
}

impl SectionReader<'_> {
    /// The tenants at `key`: names of tenants and groups, or all. Names that no section has are fine: the store may know them.
    pub fn tenants(&mut self, key: &str) -> Option<Tenants> {
        let names = self.text(key, |text| if text.trim_end_matches(',') == ALL { Some(None) } else { names(text).map(Some) })?;
        Some(names.map_or(Tenants::All, |names| Tenants::Only(self.groups().tenants_of(names.iter().map(String::as_str)))))
    }
}
