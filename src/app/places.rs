//! Where do posts go, and who reads there? The configuration, as destinations that can be sent to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::Asker,
    ask::Posts,
    config::{Config, HookKind, Reach, Readers},
    delivery::{Destination, Place, Places, Rooms},
    error::{Error, Kind, Result},
    surfaces::{
        discord,
        mail::{self, Mailbox},
        slack::Slack,
        teams::Teams,
        webhook::Webhook,
    },
};

/// All that is configured about posts; `rooms` are those of chats.
pub fn posts(config: &Config, rooms: Vec<Arc<dyn Rooms>>) -> Result<Posts> {
    let mut named = BTreeMap::new();
    let server = config.mail.as_ref().map(mail::Server::configured);
    for destination in &config.destinations {
        let place = place(&destination.name, &destination.reach, destination.readers.as_ref(), (&rooms, server.as_ref()))?;
        named.insert(destination.name.clone(), place);
    }
    Ok(Posts {
        places: Places { named, rooms, operator: config.delivery.operator.clone() },
        digests: config.digests.clone(),
        rules: config.alerts.clone(),
        give_up: config.delivery.give_up,
        lease: config.delivery.lease,
    })
}

/// The destination `name`; `by` are the ways that several share.
fn place(name: &str, reach: &Reach, readers: Option<&Readers>, by: (&[Arc<dyn Rooms>], Option<&mail::Server>)) -> Result<Place> {
    let (rooms, server) = by;
    let destination: Arc<dyn Destination> = match reach {
        Reach::DiscordChannel { channel } => return room(name, *channel, rooms),
        Reach::Hook { kind, url, secret } => match (kind, secret) {
            (HookKind::Plain, Some(secret)) => Arc::new(Webhook::new(url.clone(), secret.clone())?),
            (HookKind::Discord, _) => Arc::new(discord::hook::Hook::new(url.clone())?),
            (HookKind::Slack, _) => Arc::new(Slack::new(url.clone())?),
            (HookKind::Teams, _) => Arc::new(Teams::new(url.clone())?),
            (HookKind::Plain, None) => return Err(without_secret(name)),
        },
        Reach::Mail { to } => {
            let server = server.ok_or_else(|| Error::internal(format!("no server takes the mail of {name}")))?;
            let named = |error: Error| Error::new(error.kind, format!("destinations.{name}: {}", error.sentence)).because(error.cause());
            Arc::new(Mailbox::new(server, to.clone()).map_err(named)?)
        }
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

fn without_secret(name: &str) -> Error {
    Error::new(Kind::Misconfigured, format!("destinations.{name} has no secret to sign with."))
}
