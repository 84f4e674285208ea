//! Where do posts go, and who reads there? The configuration, as destinations that can be sent to.

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;

use crate::{
    access::Asker,
    alert::End,
    ask::{Ask, Posts},
    config::{Config, Destination as Configured, HookKind, Mail, Reach},
    delivery::{Destination, Place, Places, Rooms},
    error::{Error, Kind, Result},
    surfaces::{
        discord::{self, Wire, hook::Hook},
        mail::{Mailbox, Server},
        slack::Slack,
        teams::Teams,
        webhook::Webhook,
    },
};

/// All that is configured about posts, known to `ask`; the bot posts through `wire`. Connects to nothing yet.
pub fn post_as_configured(ask: &Arc<Ask>, config: &Config, wire: Option<Arc<Wire>>) -> Result<()> {
    let mut rooms: Vec<Arc<dyn Rooms>> = Vec::new();
    if let Some((wire, settings)) = wire.zip(super::discord_settings(config)?) {
        rooms.push(Arc::new(discord::Rooms::new(wire, settings.grants, settings.theme, ask)));
    }
    let mut named = BTreeMap::new();
    for destination in &config.destinations {
        named.insert(destination.name.clone(), place(destination, config.mail.as_ref(), &rooms)?);
    }
    ask.post_as(Arc::new(Posts {
        places: Places { named, rooms, operator: config.delivery.operator.clone() },
        digests: config.digests.clone(),
        rules: config.alerts.clone(),
        give_up: config.delivery.give_up,
        lease: config.delivery.lease,
    }));
    Ok(())
}

/// When what tenants are signed in to with ends, as far as it was said, by tenant.
pub fn ends(config: &Config) -> BTreeMap<String, End> {
    let end = |day: jiff::civil::Date| day.tomorrow().and_then(|day| day.to_zoned(TimeZone::UTC)).ok();
    let ends = config.tenants.iter().filter_map(|tenant| {
        let at = end(tenant.secret_ends?)?.timestamp();
        Some((tenant.name.clone(), End { what: "client secret", at }))
    });
    ends.collect()
}

fn place(configured: &Configured, mail: Option<&Mail>, rooms: &[Arc<dyn Rooms>]) -> Result<Place> {
    let name = &configured.name;
    let destination: Arc<dyn Destination> = match &configured.reach {
        Reach::DiscordChannel { channel } => return room(name, *channel, rooms),
        Reach::Hook { kind, url, secret } => match kind {
            HookKind::Discord => Arc::new(Hook::new(url.clone())?),
            HookKind::Slack => Arc::new(Slack::new(url.clone())?),
            HookKind::Teams => Arc::new(Teams::new(url.clone())?),
            HookKind::Plain => {
                let secret = secret.as_ref().ok_or_else(|| without(name, "secret"))?;
                Arc::new(Webhook::new(url.clone(), secret.clone())?)
            }
        },
        Reach::Mail { to } => {
            let server = Server::configured(mail.ok_or_else(|| without(name, "[mail]"))?);
            Arc::new(Mailbox::new(&server, to.clone())?)
        }
    };
    let readers = configured.readers.as_ref().ok_or_else(|| without(name, "role and tenants"))?;
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

/// What the configuration refuses already.
fn without(name: &str, what: &str) -> Error {
    Error::new(Kind::Misconfigured, format!("destinations.{name} has no {what}."))
}
