//! Which tenants are read from Microsoft Graph, and with what? A client for each; one whose credential cannot be used keeps no other from being read.

use std::{collections::BTreeMap, sync::Arc};

use super::settings::{self, consent_link};
use crate::{
    alert::CredentialStatus,
    config::{Config, SignInConfig},
    error::{Error, Result},
    graph::{ClientCredential, Graph},
    schedule::Refresher,
    store::Store,
};

/// What it takes to read the tenants of a configuration.
pub(super) struct GraphClients {
    /// Those that can be read.
    pub refreshers: Vec<Arc<Refresher>>,
    /// Those that cannot, each with what is wrong and what to do.
    pub unusable: Vec<(String, Error)>,
    /// What each is signed in to with.
    pub credentials: BTreeMap<String, CredentialStatus>,
}

impl GraphClients {
    /// Those of `config`, which read into `store`; `holder` names this process among all. Asks nobody yet.
    pub fn of(config: &Config, store: &Store, holder: &str) -> Self {
        let mut clients = Self { refreshers: Vec::new(), unusable: Vec::new(), credentials: BTreeMap::new() };
        let mut of_apps = AppCredentials::default();
        for tenant in &config.tenants {
            let Some(sign_in) = &tenant.sign_in else { continue };
            let credential = of_apps.credential(sign_in);
            let graph = credential.and_then(|credential| settings::graph(&tenant.name, sign_in, credential, config)).and_then(Graph::new);
            let end = graph.as_ref().ok().and_then(|graph| settings::credential_end(tenant, graph));
            clients.credentials.insert(
                tenant.name.clone(),
                CredentialStatus { end, app: Some(settings::registration(sign_in)), consent: consent_link(sign_in).ok() },
            );
            match graph {
                Ok(graph) => {
                    let refresher = Refresher::new(store.clone(), graph, tenant.name.clone(), holder.to_owned());
                    clients.refreshers.push(Arc::new(refresher));
                }
                Err(error) => clients.unusable.push((tenant.name.clone(), error)),
            }
        }
        clients
    }
}

/// The credentials of apps: a certificate is read once, not once for each of their tenants.
#[derive(Default)]
struct AppCredentials<'c>(BTreeMap<&'c str, Result<ClientCredential>>);

impl<'c> AppCredentials<'c> {
    fn credential(&mut self, sign_in: &'c SignInConfig) -> Result<ClientCredential> {
        let read = || settings::credential(&sign_in.credential);
        let Some(app) = &sign_in.app else { return read() };
        self.0.entry(app).or_insert_with(read).as_ref().map(Clone::clone).map_err(Error::shared)
    }
}
