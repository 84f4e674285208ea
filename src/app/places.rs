//! Where do posts go, and who reads there? The configuration, as destinations that can be sent to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::Asker,
    ask::Posts,
    config::{Config, Destination as Configured, HookKind, Reach},
    delivery::{Destination, Place, Places, Rooms},
    error::{Error, Kind, Result},
    surfaces::{
        discord::hook::Hook,
        mail::{Mailbox, Server},
        slack::Slack,
        teams::Teams,
        webhook::Webhook,
    },
};

/// All that is configured about posts; `rooms` are those of chats. Connects to nothing yet.
pub fn posts(config: &Config, rooms: Vec<Arc<dyn Rooms>>) -> Result<Posts> {
    let server = config.mail.as_ref().map(Server::configured);
    let mut named = BTreeMap::new();
    for configured in &config.destinations {
        let place = place(configured, server.as_ref(), &rooms).map_err(|error| {
            let sentence = format!("destinations.{}: {}", configured.name, error.sentence);
            Error::new(error.kind, sentence).because(error.cause())
        })?;
        named.insert(configured.name.clone(), place);
    }
    Ok(Posts {
        places: Places { named, rooms, operator: config.delivery.operator.clone() },
        digests: config.digests.clone(),
        rules: config.alerts.clone(),
        give_up: config.delivery.give_up,
        lease: config.delivery.lease,
    })
}

fn place(configured: &Configured, server: Option<&Server>, rooms: &[Arc<dyn Rooms>]) -> Result<Place> {
    let destination: Arc<dyn Destination> = match &configured.reach {
        Reach::DiscordChannel { channel } => return room(*channel, rooms),
        Reach::Hook { kind, url, secret } => match kind {
            HookKind::Discord => Arc::new(Hook::new(url.clone())?),
            HookKind::Slack => Arc::new(Slack::new(url.clone())?),
            HookKind::Teams => Arc::new(Teams::new(url.clone())?),
            HookKind::Plain => Arc::new(Webhook::new(url.clone(), secret.clone().ok_or_else(|| without("secret"))?)?),
        },
        Reach::Mail { to } => Arc::new(Mailbox::new(server.ok_or_else(|| without("[mail]"))?, to)?),
    };
    let readers = configured.readers.as_ref().ok_or_else(|| without("role and tenants"))?;
    let id: Arc<str> = format!("destination:{}", configured.name).into();
    let role = readers.role.parse().map_err(Error::internal)?;
    Ok(Place { destination, readers: Asker { name: Arc::clone(&id), id, role, tenants: readers.tenants.clone() } })
}

fn room(channel: u64, rooms: &[Arc<dyn Rooms>]) -> Result<Place> {
    let room = format!("discord:{channel}");
    rooms.iter().find_map(|rooms| rooms.room(&room)).ok_or_else(|| {
        let sentence = format!(
            "nobody said who reads in the channel {channel}. Add a [discord.grants.NAME] with that channel, and with neither member_role nor user."
        );
        Error::new(Kind::Misconfigured, sentence)
    })
}

/// What the configuration refuses already.
fn without(what: &str) -> Error {
    Error::new(Kind::Misconfigured, format!("it has no {what}."))
}
