//! Which tenants does a group have? `[groups.NAME]`, and what lists of tenants say; resolved when the configuration is read.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    app::ListedTenant,
    reader::{ConfigReader, SectionReader},
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
        let (mut way, mut tenants) = (vec![name.as_str()], BTreeSet::new());
        if let Some(circle) = resolve(&named, &mut way, &mut tenants) {
            let wrong =
                if let [_, _] = *circle { "names itself".to_owned() } else { format!("leads back to itself ({})", circle.join(" to ")) };
            reader.error(&format!("{GROUPS}.{name}.tenants"), wrong, "Take the group out of one of them");
        }
        groups.insert(name.clone(), tenants);
    }
    Groups::new(groups)
}

/// Adds the tenants of the group at the end of `way` to `tenants`. The way back to the group at its beginning, where one leads there.
fn resolve<'n>(
    named: &'n BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<&'n str>,
    tenants: &mut BTreeSet<String>,
) -> Option<Vec<&'n str>> {
    for name in way.last().and_then(|group| named.get(*group)).into_iter().flatten() {
        if way.first() == Some(&name.as_str()) {
            return Some([way.as_slice(), &[name]].concat());
        }
        // A circle that does not lead back here is told of where it does.
        if way.contains(&name.as_str()) {
            continue;
        }
        if named.contains_key(name) {
            way.push(name);
            if let Some(circle) = resolve(named, way, tenants) {
                return Some(circle);
            }
            way.pop();
        } else {
            tenants.insert(name.clone());
        }
    }
    None
}

fn read(section: &mut SectionReader<'_>, name: &str) -> Option<BTreeSet<String>> {
    if name == "all" {
        section.error_here("is the word for all tenants", "Give the group another name");
    } else if !is_name(name) {
        section.error_here("is not a valid name for a group", format!("Use {NAME_IS}"));
    }
    if !section.has("tenants") {
        section.error("tenants", "is missing", "Give the names of the tenants that the group has");
    }
    section.text("tenants", names)
}

/// Names of tenants or groups, parted by commas, spaces or lines.
pub(super) fn names(text: &str) -> Option<BTreeSet<String>> {
    let parts = text.split(|part: char| matches!(part, ',' | ';') || part.is_whitespace()).filter(|name| !name.is_empty());
    let names: BTreeSet<String> = parts.map(|name| is_name(name).then(|| name.to_owned())).collect::<Option<_>>()?;
    (!names.is_empty()).then_some(names)
}
