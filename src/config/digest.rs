//! Which digests are sent? Each `[[digest]]`: tenants, days and time, destination.

use jiff::{civil::Time, tz::TimeZone};

use super::reader::{ConfigReader, SectionReader};
use crate::digest::{Digest, Every, Owner, When, skills_of};

pub(super) fn read_all(reader: &mut ConfigReader) -> Vec<Digest> {
    let names = reader.names(&["digest"]);
    names.into_iter().filter_map(|name| read(reader.section(&["digest", &name]), name)).collect()
}

fn read(mut section: SectionReader<'_>, name: String) -> Option<Digest> {
    for (key, right) in [("tenants", "Give the names of the tenants that it covers, or all"), ("to", "Give the name of a destination")] {
        if !section.has(key) {
            section.missing(key, right);
        }
    }
    let tenants = section.tenants("tenants");
    let to = section.text("to", destination);
    let when = when(&mut section);
    let skills = section.text("skills", skills_of);
    let silent = section.flag("silent");
    Some(Digest { name, tenants: tenants?, skills: skills?, when: when?, to: to?, silent, owner: Owner::Configuration })
}

fn when(section: &mut SectionReader<'_>) -> Option<When> {
    let word = section.text("every", |text| Every::read(text, None).map(|_| text.to_owned()));
    let day = section.text("day", |text| Some(text.to_ascii_lowercase()));
    let at = section.text("at", |text| Time::strptime("%H:%M", text).ok());
    let zone = section.text("zone", |text| TimeZone::get(text).ok());
    let word = word?;
    let every = Every::read(&word, day.as_deref());
    if every.is_none() {
        let wrong = format!("does not go with every = \"{word}\"");
        section.error("day", wrong, "Give a day of the week for weekly, 1 to 28 or last for monthly, and none for the others");
    }
    Some(When { every: every?, at: at?, zone: zone? })
}

/// The name of a destination: a configured one, or a room of a chat.
pub(super) fn destination(text: &str) -> Option<String> {
    let plain = text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':'));
    plain.then(|| text.to_owned())
}
