//! What is said of many tenants that fail alike? The first few in full, of the others who they are: five hundred lines that say one thing bury what else is wrong.

use std::collections::BTreeMap;

use super::NAMED_MAX;
use crate::{
    cli::output::{failed, say},
    config::Config,
    error::{Error, Result},
    text::{count, first_of},
};

/// So many tenants of one cause are told in full.
const WHOLE_MAX: usize = 3;

/// What failed so far, by cause: the step, and what was said but for the tenant's name and id.
pub(super) struct Causes<'c> {
    ids: BTreeMap<&'c str, &'c str>,
    found: BTreeMap<(&'static str, String), Vec<String>>,
}

impl<'c> Causes<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let ids = config.tenants.iter().filter_map(|tenant| Some((&*tenant.name, &*tenant.sign_in.as_ref()?.tenant_id)));
        Self { ids: ids.collect(), found: BTreeMap::new() }
    }

    /// Tells that `step` failed for `tenant`, unless enough others have told it.
    pub(super) fn tell(&mut self, tenant: &str, step: &'static str, error: &Error) -> Result<()> {
        let id = self.ids.get(tenant).copied().filter(|id| !id.is_empty()).unwrap_or(tenant);
        let cause = error.brief().replace(id, "\0").replace(tenant, "\0");
        let tenants = self.found.entry((step, cause)).or_default();
        tenants.push(tenant.to_owned());
        if tenants.len() <= WHOLE_MAX { failed(&format!("{tenant}: {step}"), error) } else { Ok(()) }
    }

    /// Says of each cause who else fails for it.
    pub(super) fn tell_others(&self) -> Result<()> {
        for ((step, _), tenants) in &self.found {
            let (Some(first), Some(others)) = (tenants.first(), tenants.get(WHOLE_MAX..).filter(|others| !others.is_empty())) else {
                continue;
            };
            let more = count(others.len(), "more tenant");
            say(&format!("{more}: {step}: FAILED for the same reason as {first}: {}", first_of(others, NAMED_MAX)))?;
        }
        Ok(())
    }
}
