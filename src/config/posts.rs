//! Do destinations, digests and alerts go together? Each names a destination that there is, and what that needs is configured.

use super::{
    DestinationConfig, DestinationReach,
    reader::{ConfigReader, SectionReader},
};
use crate::{
    access::Tenants,
    text::{did_you_mean, snowflake},
};

/// How a room of Discord is named as a destination.
const ROOM: &str = "discord:";

pub(super) fn check(reader: &mut ConfigReader, destinations: &[DestinationConfig], has_mail: bool, has_discord: bool) {
    for destination in destinations {
        let mut section = reader.section(&["destinations", &destination.name]);
        match destination.reach {
            DestinationReach::Mail { .. } if !has_mail => {
                section.error("kind", "is mail, and no server takes mail", "Add [mail] with server and from");
            }
            DestinationReach::DiscordChannel { .. } if !has_discord => {
                section.error("kind", "is discord, and there is no bot", "Add [discord], or use a discord_webhook");
            }
            DestinationReach::Mail { .. } | DestinationReach::DiscordChannel { .. } | DestinationReach::Webhook { .. } => {}
        }
    }
    // All that have a section, so that an error inside one is reported once, there.
    let names = reader.names(&["destinations"]);
    for (list, key) in [("digest", "to"), ("alert", "to")] {
        for name in reader.names(&[list]) {
            known(&mut reader.section(&[list, &name]), key, &names, has_discord);
        }
    }
    for name in &names {
        let mut section = reader.section(&["destinations", name]);
        if section.has("fallback") {
            known(&mut section, "fallback", &names, false);
        }
    }
    circles(reader, destinations);
    let mut delivery = reader.section(&["delivery"]);
    known(&mut delivery, "operator", &names, false);
    let operator = delivery.text("operator", |text| Some(text.to_owned()));
    let narrow = |of: &DestinationConfig| of.readers.as_ref().is_some_and(|readers| readers.tenants != Tenants::All);
    // Who reads in a channel of Discord is known once its grants are.
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

fn known(section: &mut SectionReader<'_>, key: &str, names: &[String], has_discord: bool) {
    let Some(to) = section.text(key, |text| Some(text.to_owned())) else { return };
    if names.contains(&to) {
        return;
    }
    let room = to.strip_prefix(ROOM).is_some_and(|id| snowflake(id).is_some());
    match room {
        true if has_discord => {}
        true => section.error(key, "is a channel of Discord, and there is no bot", "Add [discord], or name one of [destinations]"),
        false => {
            let right = format!("Add [destinations.NAME].{}", did_you_mean(&to, names.iter().map(String::as_str)));
            section.error(key, "names no destination", right);
        }
    }
}
