//! Which tenants does a group have? `[groups.NAME]`, and what lists of tenants say; resolved when the configuration is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    grant::names,
    reader::{ConfigReader, SectionReader},
    tenant_list::ListedTenant,
};
use crate::{
    access::Groups,
    text::{NAME_IS, is_name},
};

/// The section of all groups.
const GROUPS: &str = "groups";

/// The groups of `[groups.NAME]` and of the tenants that are `listed`. A group may name other groups.
pub(super) fn read_all(reader: &mut ConfigReader, listed: &[ListedTenant]) -> Groups {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in reader.names(&[GROUPS]) {
        if let Some(names) = read(&mut reader.section(&[GROUPS, &name]), &name) {
            named.insert(name, names);
        }
    }
    let mut of_tenant: BTreeMap<&str, &str> = BTreeMap::new();
    for tenant in listed {
        of_tenant.insert(&tenant.name, &tenant.place);
        for group in &tenant.groups {
            named.entry(group.clone()).or_default().insert(tenant.name.clone());
        }
    }
    let sections: BTreeSet<String> = reader.names(&["tenants"]).into_iter().collect();
    for group in named.keys() {
        let tenant = sections.get(group).map(|name| format!("[tenants.{name}]"));
        let Some(tenant) = tenant.or_else(|| of_tenant.get(group.as_str()).map(|place| (*place).to_owned())) else { continue };
        let right = "A name means one tenant or one group: give the group another name";
        reader.error(&format!("{GROUPS}.{group}"), format!("is called like a tenant ({tenant})"), right);
    }
    let mut groups = BTreeMap::new();
    for name in named.keys() {
        let (tenants, circle) = resolve(&named, name);
        if let Some(circle) = circle {
            let wrong =
                if let [_, _] = *circle { "names itself".to_owned() } else { format!("leads back to itself ({})", circle.join(" to ")) };
            reader.error(&format!("{GROUPS}.{name}.tenants"), wrong, "Take the group out of one of them");
        }
        groups.insert(name.clone(), tenants);
    }
    Groups::new(groups)
}

/// The tenants of the group `root`, and the shortest way that leads from it back to it, where there is one.
fn resolve<'n>(named: &'n BTreeMap<String, BTreeSet<String>>, root: &'n str) -> (BTreeSet<String>, Option<Vec<&'n str>>) {
    let (mut tenants, mut circle) = (BTreeSet::new(), None);
    // Each group once, with the one that leads to it.
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([root]);
    while let Some(group) = next.pop_front() {
        for name in named.get(group).into_iter().flatten() {
            if !named.contains_key(name) {
                tenants.insert(name.clone());
            } else if name == root {
                circle.get_or_insert_with(|| {
                    let back = std::iter::successors(Some(group), |group| from.get(group).copied());
                    let mut way: Vec<&str> = back.collect();
                    way.reverse();
                    way.push(root);
                    way
                });
            } else if !from.contains_key(name.as_str()) {
                from.insert(name, group);
                next.push_back(name);
            }
        }
    }
    (tenants, circle)
}

fn read(section: &mut SectionReader<'_>, name: &str) -> Option<BTreeSet<String>> {
    if name == "all" {
        section.error_here("is the word for all tenants", "Give the group another name");
    } else if !is_name(name) {
        section.error_here("is not a valid name for a group", format!("Use {NAME_IS}"));
    }
    if !section.has("tenants") {
        section.missing("tenants", "Give the names of the tenants that the group has");
    }
    section.text("tenants", names)
}
