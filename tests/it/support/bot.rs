//! A bot that runs over a house of ours and its stand-in for Discord, and the people whom its operator let in.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use scorewatch::{
    access::{
        Role, Tenants,
        chat::{ChatGrant, Grants},
    },
    manifests,
    surfaces::discord::{Channels, DiscordSettings, RestClient},
};
use tokio::{sync::watch, task::JoinHandle};

use super::discord::{APP, CHANNEL, GUILD, Person, ROLE, Stand, TOKEN, user_id};
use crate::mcp::{House, house};

/// Who operates contoso in one channel only.
pub const LOCALS: u64 = ROLE + 3;
/// A thread of that channel.
pub const THREAD: u64 = CHANNEL + 7;

/// Whom the operator lets in: everybody in one channel and in a thread of it reads contoso; a role sees all tenants with names, another fabrikam
/// alone, a third operates all, a fourth in that channel; Dora operates fabrikam in direct messages.
fn grants() -> Grants {
    let only = |tenant: &str| Tenants::Only(BTreeSet::from([tenant.to_owned()]));
    let guild = || Some(GUILD.to_string());
    let grant = |space, room, group: Option<u64>, user, role, tenants| ChatGrant {
        space,
        room,
        group: group.map(|id| id.to_string()),
        user,
        role,
        tenants,
    };
    Grants(vec![
        grant(guild(), Some(CHANNEL.to_string()), None, None, Role::Reader, only("contoso")),
        grant(guild(), Some(THREAD.to_string()), None, None, Role::Reader, only("contoso")),
        grant(guild(), Some(CHANNEL.to_string()), Some(LOCALS), None, Role::Operator, only("contoso")),
        grant(guild(), None, Some(ROLE), None, Role::Analyst, Tenants::All),
        grant(guild(), None, Some(ROLE + 1), None, Role::Analyst, only("fabrikam")),
        grant(guild(), None, Some(ROLE + 2), None, Role::Operator, Tenants::All),
        grant(None, None, None, Some(user_id("dora").to_string()), Role::Operator, only("fabrikam")),
    ])
}

/// A bot of `stand` as it is configured.
pub fn settings(stand: &Stand) -> DiscordSettings {
    DiscordSettings { proxy: Some(stand.root().parse().unwrap()), grants: grants(), ..DiscordSettings::new(APP, TOKEN.into()) }
}

/// A bot that runs, and somewhere to talk to it.
pub struct Bot {
    pub stand: Stand,
    pub house: House,
    /// The channels that it posts into.
    pub rooms: Arc<Channels>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

pub async fn bot() -> Bot {
    bot_with(|_| ()).await
}

pub async fn bot_with(change: impl FnOnce(&mut DiscordSettings)) -> Bot {
    let stand = Stand::start().await;
    let mut settings = settings(&stand);
    change(&mut settings);
    RestClient::new(&settings).unwrap().set_commands(None, &manifests::discord::commands()).await.unwrap();
    let house = house(|server| server.surfaces = vec![Arc::new(settings.clone())]).await;
    Bot::over(stand, house, settings)
}

impl Bot {
    fn over(stand: Stand, house: House, settings: DiscordSettings) -> Self {
        let rooms = Arc::new(Channels::new(settings, Arc::clone(&house.doors.ask)));
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Arc::clone(&house.server.surfaces()[0]).run(stopped));
        Self { stand, house, rooms, stop, running }
    }

    /// The same bot as another process on the same store.
    pub async fn restarted(self) -> Self {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
        let settings = settings(&self.stand);
        let house = self.house.restarted(|server| server.surfaces = vec![Arc::new(settings.clone())]).await;
        Self::over(self.stand, house, settings)
    }

    /// Somebody of whom nothing is known but that they are in the channel.
    pub fn anybody(&self) -> Person {
        self.stand.member("alice")
    }

    /// Somebody with the role that sees all tenants and names.
    pub fn analyst(&self) -> Person {
        self.stand.member("bob").with_roles(&[ROLE])
    }

    /// Somebody with the role that operates all tenants.
    pub fn operator(&self) -> Person {
        self.stand.member("olga").with_roles(&[ROLE + 2])
    }

    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
        self.house.server.shutdown(Duration::from_secs(5)).await;
        drop(self.stand);
    }
}
