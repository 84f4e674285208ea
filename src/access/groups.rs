//! Which tenants does the name of a group mean? Those that the configuration gives it.

use std::collections::{BTreeMap, BTreeSet};

use super::Tenants;

/// What stands before the name of a group where tenants are kept by name: no tenant can be called so, so a tenant that comes later is never taken
/// for a group that is gone.
pub const GROUP_PREFIX: &str = "group:";

/// Tenants by the group that they belong to. A group has at least one; no group is called like a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups(BTreeMap<String, BTreeSet<String>>);

impl Groups {
    /// These groups.
    pub const fn new(groups: BTreeMap<String, BTreeSet<String>>) -> Self {
        Self(groups)
    }

    /// The tenants of the group called `name`.
    pub fn get(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.0.get(name)
    }

    /// The group called `name`, by the name that lives as long as it, and its tenants.
    pub fn find(&self, name: &str) -> Option<(&str, &BTreeSet<String>)> {
        self.0.get_key_value(name).map(|(name, tenants)| (name.as_str(), tenants))
    }

    /// All groups with their tenants, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeSet<String>)> {
        self.0.iter().map(|(name, tenants)| (name.as_str(), tenants))
    }

    /// The tenants that `names` mean, where each names a tenant or a group.
    pub fn tenants_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> BTreeSet<String> {
        let mut tenants = BTreeSet::new();
        for name in names {
            match self.get(name) {
                Some(group) => tenants.extend(group.iter().cloned()),
                None => drop(tenants.insert(name.to_owned())),
            }
        }
        tenants
    }

    /// The tenants of what is kept by name: tenants as they are called, groups behind [`GROUP_PREFIX`]. A group that is gone has none.
    pub fn kept<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Tenants {
        let mut tenants = BTreeSet::new();
        for name in names {
            match name.strip_prefix(GROUP_PREFIX) {
                Some(group) => tenants.extend(self.get(group).into_iter().flatten().cloned()),
                None => drop(tenants.insert(name.to_owned())),
            }
        }
        Tenants::Only(tenants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_comes_later_is_never_taken_for_a_group_that_is_gone() {
        let of = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>();
        let groups = Groups::new([("eu".to_owned(), of(&["a", "b"]))].into());
        assert_eq!(groups.tenants_of(["eu", "c"]), of(&["a", "b", "c"]));
        assert_eq!(groups.kept(["group:eu", "c"]), Tenants::Only(of(&["a", "b", "c"])));
        assert_eq!(groups.kept(["eu"]), Tenants::Only(of(&["eu"])), "a tenant of that name, while there is none of the group");
        assert_eq!(Groups::default().kept(["group:eu"]), Tenants::Only(of(&[])));
    }
}
