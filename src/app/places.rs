//! Where do posts go, and who reads there? The configuration, as destinations that can be sent to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::Asker,
    ask::Posts,
    config::{Config, HookKind, Reach, Readers},
    delivery::{Destination, Place, Places, Rooms},
    error::{Error, Kind, Result},
    surfaces::webhook::Webhook,
};

/// All that is configured about posts; `rooms` are those of chats.
pub fn posts(config: &Config, rooms: Vec<Arc<dyn Rooms>>) -> Result<Posts> {
    let mut named = BTreeMap::new();
    for destination in &config.destinations {
        named.insert(destination.name.clone(), place(&destination.name, &destination.reach, destination.readers.as_ref(), &rooms)?);
    }
    Ok(Posts {
        places: Places { named, rooms, operator: config.delivery.operator.clone() },
        digests: config.digests.clone(),
        rules: config.alerts.clone(),
        give_up: config.delivery.give_up,
        lease: config.delivery.lease,
    })
}

fn place(name: &str, reach: &Reach, readers: Option<&Readers>, rooms: &[Arc<dyn Rooms>]) -> Result<Place> {
    let destination: Arc<dyn Destination> = match reach {
        Reach::DiscordChannel { channel } => return room(name, *channel, rooms),
        Reach::Hook { kind, url, secret } => match (kind, secret) {
            (HookKind::Plain, Some(secret)) => Arc::new(Webhook::new(url.clone(), secret.clone())?),
            (HookKind::Discord | HookKind::Slack | HookKind::Teams | HookKind::Plain, _) => return Err(not_yet(name)),
        },
        Reach::Mail { .. } => return Err(not_yet(name)),
    };
    let readers = readers.ok_or_else(|| Error::internal(format!("nobody is said to read at {name}")))?;
    let id: Arc<str> = format!("destination:{name}").into();
    let role = readers.role.parse().map_err(Error::internal)?;
    Ok(Place { destination, readers: Asker { name: Arc::clone(&id), id, role, tenants: readers.tenants.clone() } })
}

fn room(name: &str, channel: u64, rooms: &[Arc<dyn Rooms>]) -> Result<Place> {
    let room = format!("discord:{channel}");
    rooms.iter().find_map(|rooms| rooms.room(&room)).ok_or_else(|| {
        let sentence = format!(
            "destinations.{name}: nobody said who reads in the channel {channel}. Add a [discord.grants.NAME] with that channel, and with neither member_role nor user."
        );
        Error::new(Kind::Misconfigured, sentence)
    })
}

fn not_yet(name: &str) -> Error {
    Error::new(Kind::Misconfigured, format!("destinations.{name}: this kind is not built yet."))
}
