//! Which service plans does a tenant subscribe to? `subscribedSkus`, where the configuration asks for it: it takes a permission of its own.
//!
//! <https://learn.microsoft.com/graph/api/subscribedsku-list>. That it is not granted is no failure: licences are then told by what comes with the score.

use std::collections::BTreeSet;

use super::{Graph, wire::parse_service_plans};
use crate::{
    error::{AccessGap, Error, ErrorKind, Result},
    score::licence::ServicePlans,
    text::count,
};

/// A tenant has some tens of subscriptions, and Graph sends them on one page.
const PAGES_MAX: u32 = 10;
const ADDRESS: &str = "v1.0/subscribedSkus?$select=skuPartNumber,capabilityStatus,servicePlans";

impl Graph {
    /// Whether the configuration asks for them.
    pub const fn reads_licences(&self) -> bool {
        self.settings.licences
    }

    /// The service plans that the tenant subscribes to and that are in force.
    ///
    /// # Errors
    /// When Graph goes on failing, or sends what cannot be read.
    pub async fn service_plans(&self) -> Result<ServicePlans> {
        let (mut buffer, mut names) = (Vec::new(), BTreeSet::new());
        let mut url = self.url(ADDRESS)?;
        for _ in 0..PAGES_MAX {
            match self.get(&url, &mut buffer).await {
                Err(error) if error.gap == Some(AccessGap::Permission) => return Ok(ServicePlans::NotPermitted),
                read => read?,
            }
            let next = parse_service_plans(&buffer, &mut names).map_err(|fault| self.unusable(&fault))?;
            let Some(next) = next else { return Ok(ServicePlans::Held(names)) };
            url = self.next_url(&next)?;
        }
        let sentence = format!("Microsoft Graph's pages of subscriptions of tenant {} do not end.", self.settings.name);
        Err(Error::new(ErrorKind::Upstream, sentence))
    }

    /// What to say of them before a tenant is read.
    pub(super) async fn check_service_plans(&self) -> Result<String> {
        Ok(match self.service_plans().await? {
            ServicePlans::Held(names) => format!("Licences can be read: {}.", count(names.len(), "service plan")),
            ServicePlans::NotAsked | ServicePlans::NotPermitted => {
                "Licences may not be read, and are told by what comes with the score. To read them, grant the application permission \
                 LicenseAssignment.Read.All, with admin consent; or remove `licences`."
                    .to_owned()
            }
        })
    }
}
