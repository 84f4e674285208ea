//! Do destinations, digests and alerts go together? Each names a destination that there is, and what that needs is configured.

use super::{
    ConfigParts, DestinationConfig, RoomNames, Sections,
    reader::{ConfigReader, SectionReader},
};
use crate::{access::Tenants, text::did_you_mean};

/// What was declared, and which of its sections could be read.
pub(super) struct ReadParts<'p> {
    pub parts: &'p ConfigParts,
    pub sections: &'p Sections,
}

impl ReadParts<'_> {
    fn has(&self, section: &str) -> bool {
        self.sections.has(section)
    }
}

pub(super) fn check(reader: &mut ConfigReader, destinations: &[DestinationConfig], read: &ReadParts<'_>) {
    for DestinationConfig { name, kind, .. } in destinations {
        if let Some(needed) = kind.section.filter(|(section, ..)| !read.has(section)) {
            reader.section(&["destinations", name]).needs_section("kind", needed);
        }
    }
    // All that have a section, so that an error inside one is reported once, there.
    let names = reader.names(&["destinations"]);
    for (list, key) in [("digest", "to"), ("alert", "to")] {
        for name in reader.names(&[list]) {
            known(&mut reader.section(&[list, &name]), key, (&names, read), true);
        }
    }
    for name in &names {
        let mut section = reader.section(&["destinations", name]);
        if section.has("fallback") {
            known(&mut section, "fallback", (&names, read), false);
        }
    }
    circles(reader, destinations);
    let mut delivery = reader.section(&["delivery"]);
    known(&mut delivery, "operator", (&names, read), false);
    let operator = delivery.text("operator", |text| Some(text.to_owned()));
    let narrow = |of: &DestinationConfig| of.readers.as_ref().is_some_and(|readers| readers.tenants != Tenants::All);
    // Who reads in a room of a chat is known once its grants are.
    if let Some(of) = destinations.iter().find(|of| operator.as_ref() == Some(&of.name) && narrow(of)) {
        let right = format!("Notices tell about any of them: set destinations.{}.tenants = \"all\", or name another destination", of.name);
        delivery.error("operator", "names a destination whose readers may not see all tenants", right);
    }
}

/// Refuses fallbacks that lead back to where they begin: nobody would take anything in the end.
fn circles(reader: &mut ConfigReader, destinations: &[DestinationConfig]) {
    let next = |name: &str| destinations.iter().find(|of| of.name == name).and_then(|of| of.fallback.as_deref());
    for DestinationConfig { name, .. } in destinations {
        let way: Vec<&str> = std::iter::successors(next(name), |name| next(name)).take(destinations.len()).collect();
        if let Some(end) = way.iter().position(|step| step == name) {
            let shown = way.get(..=end).unwrap_or_default().join(" to ");
            let mut section = reader.section(&["destinations", name]);
            let wrong = if end == 0 { "names the destination itself".to_owned() } else { format!("leads from {name} to {shown}") };
            section.error("fallback", wrong, "Name one that leads elsewhere, or none");
        }
    }
}

/// That `key` names one of the destinations `names`, or a room of a chat where that `takes_rooms`.
fn known(section: &mut SectionReader<'_>, key: &str, (names, read): (&[String], &ReadParts<'_>), takes_rooms: bool) {
    let Some(to) = section.text(key, |text| Some(text.to_owned())) else { return };
    if names.contains(&to) {
        return;
    }
    let is_room = |rooms: &RoomNames| to.strip_prefix(rooms.prefix).is_some_and(rooms.is_id);
    let of_chat = read.parts.sections.iter().find_map(|chat| Some((chat.name, chat.rooms.as_ref().filter(|rooms| is_room(rooms))?)));
    match of_chat {
        Some((chat, _)) if takes_rooms && read.has(chat) => {}
        Some((_, RoomNames { unconfigured: (wrong, right), .. })) => section.error(key, *wrong, *right),
        None => {
            let right = format!("Add [destinations.NAME].{}", did_you_mean(&to, names.iter().map(String::as_str)));
            section.error(key, "names no destination", right);
        }
    }
}
