//! Whom does the probe ask? A tenant of the configuration, or one of the sandbox, where anybody can try it.

use std::time::Duration;

use super::super::synced;
use crate::{
    app,
    config::{CloudConfig, Config},
    error::{Error, ErrorKind, Result},
    graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings, RetryPolicy},
    sandbox::Sandbox,
    text::{did_you_mean, one_line},
};

/// Who is asked.
pub(super) struct ProbeTarget {
    /// The tenant's name.
    pub name: String,
    /// How its cloud is called in the report.
    pub cloud: String,
    /// Who answers, for whoever is asked to agree.
    pub answered_by: &'static str,
    settings: GraphSettings,
}

impl ProbeTarget {
    /// The tenant called `wanted` in `config`; its only one if nobody says which.
    pub fn configured(config: &Config, wanted: Option<&str>) -> Result<Self> {
        let (name, sign_in) = synced::one(config, wanted, "to probe")?;
        let settings = app::graph_settings(name, sign_in, config)?;
        Ok(Self { name: name.to_owned(), cloud: cloud(&sign_in.cloud), answered_by: "Microsoft Graph", settings })
    }

    /// The tenant called `wanted` in `sandbox`, of those that are there to be probed.
    pub fn of_demo(sandbox: &Sandbox, wanted: Option<&str>) -> Result<Self> {
        let names: Vec<&str> = sandbox.tenants_to_probe().map(|tenant| tenant.name.as_str()).collect();
        let wanted = wanted.ok_or_else(|| synced::which(&names, "to probe"))?;
        let tenant = sandbox.tenants_to_probe().find(|tenant| tenant.name == wanted).ok_or_else(|| {
            let hint = did_you_mean(wanted, names.iter().copied());
            Error::new(
                ErrorKind::NotFound,
                format!("The demo has no tenant `{}` to probe.{hint} It has: {}.", one_line(wanted), names.join(", ")),
            )
        })?;
        let root = sandbox.root();
        let secret = ClientCredential::Secret(tenant.client_secret.clone().into());
        let cloud = CloudEndpoints::new(&root, &root)?;
        let settings = GraphSettings::new(wanted, &tenant.entra_id, &tenant.client_id, secret, cloud);
        let answered_by = "the demo's stand-in for Microsoft Graph, on this machine,";
        Ok(Self { name: wanted.to_owned(), cloud: "the demo's, which is not Microsoft's".to_owned(), answered_by, settings })
    }

    /// A client that tries nothing again (how Graph behaves is what is asked) and waits for `each` request so long.
    pub fn client(&self, each: Duration) -> Result<Graph> {
        let patience = RetryPolicy { attempts: 2, first_pause: Duration::from_secs(1), pause_max: each, total: each * 2 };
        Graph::new(GraphSettings { request_time_max: each, patience, ..self.settings.clone() })
    }
}

/// How the cloud is called where it is one of Microsoft's.
fn cloud(cloud: &CloudConfig) -> String {
    match cloud {
        CloudConfig::Named(name) => (*name).to_owned(),
        CloudConfig::Roots { .. } => "given by graph_root and login_root".to_owned(),
    }
}
