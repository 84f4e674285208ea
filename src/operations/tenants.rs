//! Which tenants are kept, and how does one go for good? For whoever operates all of them.

use serde_json::json;

use super::Operations;
use crate::{
    access::{Asker, Tenants},
    error::{Error, ErrorKind, Result},
    store::{IndexedTenant, TenantContents},
    text::{did_you_mean, echo},
};

/// A tenant that is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantShown {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub known: IndexedTenant,
    /// Whether it is in answers: the configuration names it, or an import made it.
    pub counts: bool,
}

impl Operations {
    /// All tenants that are stored, also those that were taken out of the configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate all tenants.
    pub async fn tenants(&self, asker: &Asker) -> Result<Vec<TenantShown>> {
        may_manage(asker)?;
        let all = self.view.store().stored_tenants().await?;
        let counted = self.view.store().index().await?.tenants;
        let shown = all.into_iter().map(|(name, known)| TenantShown { counts: counted.contains_key(&name), name, known });
        Ok(shown.collect())
    }

    /// What is kept of the tenant called `name`, also of one that was taken out of the configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate all tenants; [`ErrorKind::NotFound`] for a name under which nothing is stored.
    pub async fn tenant_holds(&self, asker: &Asker, name: &str) -> Result<TenantContents> {
        may_manage(asker)?;
        let all = self.view.store().stored_tenants().await?;
        if !all.contains_key(name) {
            let hint = did_you_mean(name, all.keys().map(String::as_str));
            return Err(Error::new(ErrorKind::NotFound, format!("No tenant is stored as `{}`.{hint}", echo(name, 60))));
        }
        self.view.store().held(name).await
    }

    /// Takes away all that is kept of a tenant. Says what that was.
    ///
    /// # Errors
    /// Those of [`Operations::tenant_holds`].
    pub async fn tenant_remove(&self, asker: &Asker, name: &str) -> Result<TenantContents> {
        let held = self.tenant_holds(asker, name).await?;
        let TenantContents { days, oldest, newest, profiles, notes, snoozes, alerts, posts, keys, digests } = held;
        let detail = json!({
            "days": days, "oldest": oldest, "newest": newest, "profiles": profiles, "notes": notes, "snoozes": snoozes, "alerts": alerts,
            "posts": posts, "keys_revoked": keys.alone, "keys_narrowed": keys.among, "digests_removed": digests.alone, "digests_narrowed": digests.among
        });
        let entry = self.entry(asker, "tenant.remove", Some(name), name, &detail);
        let held = self.view.store().tenant_remove(name, &entry).await?;
        tracing::info!(tenant = name, by = &*asker.name, days = held.days, "tenant removed");
        self.view.look_after().await;
        Ok(held)
    }

    /// Takes away the texts that no tenant's catalogue uses any more; how many there were.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate all tenants.
    pub async fn prune(&self, asker: &Asker) -> Result<u64> {
        may_manage(asker)?;
        self.view.store().prune().await
    }
}

fn may_manage(asker: &Asker) -> Result<()> {
    let may = asker.role.operates() && asker.tenants == Tenants::All;
    may.then_some(()).ok_or_else(|| Error::new(ErrorKind::Forbidden, "Tenants are managed by the role operator with all tenants only."))
}
