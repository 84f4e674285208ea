//! Through which doors is a store reached? Three, built in an order without circles: asking, then posting, then operations.

use std::{collections::BTreeMap, sync::Arc};

use super::{destinations, of_tenants};
use crate::{
    alert::CredentialStatus,
    ask::{Ask, NoReader, StoreView, TenantReader},
    config::Config,
    delivery::ChannelResolver,
    error::Result,
    operations::Operations,
    posting::{Posting, Posts},
    store::Store,
    surfaces::{self, ChatRooms},
};

/// The three doors over one store.
#[derive(Clone)]
pub struct Doors {
    /// For questions.
    pub ask: Arc<Ask>,
    /// For all that is posted without being asked for.
    pub posting: Arc<Posting>,
    /// For all that people change.
    pub operations: Arc<Operations>,
}

impl Doors {
    /// Those over `store` for a command: nothing is read from Graph through them.
    pub async fn of_command(store: Store, config: &Config) -> Result<Self> {
        let store = of_tenants(store, config);
        let ask = ask(store, config, Arc::new(NoReader)).await?;
        let rooms = surfaces::rooms(&config.sections, &ask);
        Ok(Self::new(ask, posts(config, &rooms, BTreeMap::new())?))
    }

    /// Those that answer through `ask` and post as `posts` say.
    pub fn new(ask: Arc<Ask>, posts: Posts) -> Self {
        let posting = Arc::new(Posting::new(Arc::clone(&ask), posts));
        let operations = Arc::new(Operations::new(Arc::clone(ask.view()), Arc::clone(&posting), surfaces::caller_prefixes().collect()));
        Self { ask, posting, operations }
    }
}

/// A door for questions over `store`, which has tenants read by `reader`.
pub(super) async fn ask(store: Store, config: &Config, reader: Arc<dyn TenantReader>) -> Result<Arc<Ask>> {
    let view = Arc::new(StoreView::in_groups(store, config.groups.clone()).await?);
    Ok(Arc::new(Ask::new(view, reader, config.refresh.answer_cache_bytes)))
}

/// What `config` says about posts, some of which go to `rooms`.
pub(super) fn posts(config: &Config, rooms: &[Arc<dyn ChatRooms>], credentials: BTreeMap<String, CredentialStatus>) -> Result<Posts> {
    let channels = rooms.iter().map(|rooms| Arc::clone(rooms) as Arc<dyn ChannelResolver>).collect();
    let owners = rooms.iter().map(|rooms| rooms.owners()).collect();
    Ok(Posts { owners, credentials, ..destinations::posts(config, channels)? })
}
