//! How does a running server take up another configuration? Whole or not at all: first all is built that can fail, then all is swapped.

use std::{collections::BTreeMap, sync::Arc};

use super::{Running, clients::GraphClients, doors, of_tenants, settings};
use crate::{
    access::entra,
    alert::CredentialStatus,
    ask::StoreIndex,
    config::{Config, ConfigChanges},
    error::{Error, ErrorKind, Result},
    http::Admission,
    posting::Posts,
    schedule::Refresher,
    store::Store,
};

/// All that is new of a configuration, and can be used as it is.
struct NewConfiguration {
    /// The same store, in which the tenants count that the configuration names.
    store: Store,
    /// What is in it then.
    index: StoreIndex,
    /// What reads the tenants that are new or read in another way.
    refreshers: Vec<Arc<Refresher>>,
    posts: Posts,
    admission: Admission,
}

impl Running {
    /// Takes up `config`. What is being answered or sent ends as it began; what waits in the outbox stays there.
    ///
    /// # Errors
    /// All that is wrong with it: nothing of it is in force then, and the configuration of before is.
    pub async fn reload(&mut self, config: Config) -> Result<ConfigChanges> {
        let changes = config.changes(&self.config);
        let NewConfiguration { store, index, refreshers, posts, admission } = self.prepare(&config, &changes).await?;
        // From here on nothing can fail.
        self.work.store.count_as(&store);
        self.doors.ask.view().take_in(index).await;
        self.doors.posting.configure(posts);
        self.server.let_in(admission);
        self.server.surfaces().iter().for_each(|surface| surface.reload(&config.sections));
        for tenant in &self.config.tenants {
            let reads = config.tenants.iter().any(|other| other.name == tenant.name && other.sign_in.is_some());
            if !reads {
                self.work.readers.end(&tenant.name);
            }
        }
        for refresher in refreshers {
            self.work.readers.start(refresher, config.refresh.every);
        }
        self.config = config;
        if let Err(error) = self.work.store.announce().await {
            tracing::debug!(cause = error.cause(), "workers see the change later: {}", error.sentence);
        }
        Ok(changes)
    }

    /// Builds all of it, and collects what is wrong.
    async fn prepare(&self, config: &Config, changes: &ConfigChanges) -> Result<NewConfiguration> {
        if self.config.has_file && !config.has_file {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "The configuration file no longer exists. Without it there would be no tenant.",
            ));
        }
        let store = of_tenants(self.work.store.clone(), config);
        // They write into the store of this process, whose tenants count as this one's do from then on.
        let GraphClients { refreshers, unusable, credentials } = GraphClients::of(config, &self.work.store, &self.holder);
        let other_pace = changes.has("refresh.every_minutes") || changes.has("refresh.body_mebibytes_max");
        let is_new = |name: &str| other_pace || changes.has_tenant(name);
        // What could not be read before is no news.
        let mut wrong: Vec<Error> = unusable.into_iter().filter(|(name, _)| is_new(name)).map(|(_, error)| error).collect();
        let mut checked = |outcome: Result<()>| wrong.extend(outcome.err());
        let (mut posts, mut admission) = (None, None);
        checked(self.posts(config, changes, credentials).map(|built| posts = Some(built)));
        checked(self.admission(config).map(|built| admission = Some(built)));
        let (Some(posts), Some(admission), []) = (posts, admission, &*wrong) else { return Err(together(&wrong)) };
        let refreshers = refreshers.into_iter().filter(|refresher| is_new(refresher.tenant())).collect();
        // The new tenants are the last step that can fail: what is refused leaves nothing behind. Should the index with them not load, the one
        // without them does until somebody looks again, which is at once.
        let groups = Arc::new(config.groups.clone());
        let before = StoreIndex::load(&store, Arc::clone(&groups)).await?;
        store.ensure_tenants(config.tenants.iter().map(|tenant| &*tenant.name)).await?;
        let index = StoreIndex::load(&store, groups).await.unwrap_or(before);
        Ok(NewConfiguration { store, index, refreshers, posts, admission })
    }

    fn posts(&self, config: &Config, changes: &ConfigChanges, credentials: BTreeMap<String, CredentialStatus>) -> Result<Posts> {
        let rooms: Vec<_> = self.rooms.iter().map(|rooms| rooms.regranted(&config.sections)).collect();
        let mut posts = doors::posts(config, &rooms, credentials)?;
        // One that is as it was knows who has got half of a post already.
        let sections = config.parts.sections.iter().map(|section| section.name);
        if !sections.chain(["server"]).any(|section| changes.has_within(section)) {
            let before = self.doors.posting.posts();
            for (name, bound) in posts.destinations.named.iter_mut().filter(|(name, _)| !changes.has_destination(name)) {
                if let Some(before) = before.destinations.named.get(name) {
                    bound.destination = Arc::clone(&before.destination);
                }
            }
        }
        Ok(posts)
    }

    /// Who is let in: as before, but for the grants. Another registration, or a first one, takes effect at the next start.
    fn admission(&self, config: &Config) -> Result<Admission> {
        let entra = self.entra.clone().zip(settings::entra(config)?);
        let entra = entra.map(|(started, entra::EntraSettings { grants, .. })| entra::EntraSettings { grants, ..started });
        Admission::new(entra)
    }
}

/// One error of all that is wrong.
fn together(wrong: &[Error]) -> Error {
    // What is wrong with the credential of many tenants is wrong once.
    let mut sentences: Vec<_> = wrong.iter().map(|error| error.sentence.clone()).collect();
    sentences.dedup();
    let causes: Vec<_> = wrong.iter().map(Error::cause).filter(|cause| !cause.is_empty()).collect();
    Error::new(ErrorKind::Misconfigured, sentences.join("\n")).because(causes.join("; "))
}
