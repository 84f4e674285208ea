//! Where do posts go, and who reads there? The configuration, as destinations that can be sent to.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::{Asker, Tenants},
    config::{Config, DestinationConfig, DestinationReach},
    delivery::{BoundDestination, ChannelResolver, Destinations},
    error::{Error, ErrorKind, Result},
    posting::Posts,
};

/// All that is configured about posts; `rooms` are those of chats. Connects to nothing yet.
pub fn posts(config: &Config, rooms: Vec<Arc<dyn ChannelResolver>>) -> Result<Posts> {
    let (mut named, mut wrong) = (BTreeMap::new(), Vec::new());
    for configured in &config.destinations {
        match place(configured, config, &rooms) {
            Ok(place) => drop(named.insert(configured.name.clone(), place)),
            Err(error) => wrong.push((configured.name.as_str(), error)),
        }
    }
    if let Some(error) = together(wrong) {
        return Err(error);
    }
    let operator = config.delivery.operator.as_ref().and_then(|name| Some((name, named.get(name)?)));
    if let Some((name, _)) = operator.filter(|(_, place)| place.readers.tenants != Tenants::All) {
        let sentence = format!(
            "delivery.operator names {name}, whose readers may not see all tenants. Notices may be about any of them: let its readers see all tenants, or name another destination."
        );
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    let fallbacks = fallbacks(config, &named)?;
    Ok(Posts {
        destinations: Destinations { named, channels: rooms, operator: config.delivery.operator.clone(), fallbacks },
        digests: config.digests.clone(),
        rules: config.alerts.clone(),
        give_up: config.delivery.give_up,
        lease: config.delivery.lease,
        ..Posts::default()
    })
}

/// Which destination takes what is urgent in place of which.
///
/// # Errors
/// [`ErrorKind::Misconfigured`] where who reads there may see less: names of people or tenants would be kept from them, just when it is urgent.
fn fallbacks(config: &Config, named: &BTreeMap<String, BoundDestination>) -> Result<BTreeMap<String, String>> {
    let (mut fallbacks, mut wrong) = (BTreeMap::new(), Vec::new());
    for DestinationConfig { name, fallback, .. } in &config.destinations {
        let Some((to, fallback)) = fallback.as_ref().and_then(|to| Some((to, named.get(to)?))) else { continue };
        let Some(BoundDestination { readers, .. }) = named.get(name) else { continue };
        let less = match (readers.role > fallback.readers.role, readers.tenants.within(&fallback.readers.tenants)) {
            (false, true) => None,
            (true, _) => Some(format!("have only the role {}, and those of {name} {}", fallback.readers.role, readers.role)),
            (false, false) => Some(format!("may not see all tenants that the readers of {name} see")),
        };
        match less {
            None => drop(fallbacks.insert(name.clone(), to.clone())),
            Some(less) => {
                let sentence = format!("the readers of its fallback {to} {less}. Let them see as much, or name another destination.");
                wrong.push((name.as_str(), Error::new(ErrorKind::Misconfigured, sentence)));
            }
        }
    }
    together(wrong).map_or(Ok(fallbacks), Err)
}

/// One error of all that is wrong with destinations.
fn together(wrong: Vec<(&str, Error)>) -> Option<Error> {
    let sentences: Vec<_> = wrong.iter().map(|(name, error)| format!("destinations.{name}: {}", error.sentence)).collect();
    let (_, first) = wrong.into_iter().next()?;
    Some(Error::new(first.kind, sentences.join("\n")).because(first.cause()))
}

fn place(configured: &DestinationConfig, config: &Config, rooms: &[Arc<dyn ChannelResolver>]) -> Result<BoundDestination> {
    let wrong = |sentence: &str| Error::new(ErrorKind::Misconfigured, sentence);
    let destination = match &configured.reach {
        DestinationReach::Room { name, ungranted } => {
            return rooms.iter().find_map(|rooms| rooms.resolve(name)).ok_or_else(|| wrong(ungranted));
        }
        DestinationReach::Own(settings) => settings.build(config)?,
    };
    // What the configuration refuses already.
    let readers = configured.readers.as_ref().ok_or_else(|| wrong("it has no role and tenants."))?;
    let id: Arc<str> = format!("destination:{}", configured.name).into();
    Ok(BoundDestination { destination, readers: Asker { name: Arc::clone(&id), id, role: readers.role, tenants: readers.tenants.clone() } })
}
