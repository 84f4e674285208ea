//! Which service plans does a tenant subscribe to, and when was Graph asked? Kept until it says otherwise.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, db::Connection, form::StoredForm, tenants};
use crate::{
    error::{ErrorKind, Result},
    score::licence::ServicePlans,
};

/// The names of service plans.
type Names = Arc<BTreeSet<String>>;

/// Stores what Graph said of the service plans of `tenant`, if it was asked; whether that is another thing than before.
pub(super) async fn save(connection: &mut Connection, tenant: i64, plans: &ServicePlans, now: Timestamp) -> Result<bool> {
    let names = match plans {
        ServicePlans::NotAsked => return Ok(false),
        ServicePlans::NotPermitted => None,
        ServicePlans::Held(names) => Some(names),
    };
    let before = find(connection, tenant).await?;
    let written = names.map(|names| StoredForm::ServicePlans.write(names)).transpose()?;
    let query = "INSERT INTO service_plans (tenant, asked_ms, plans) VALUES ($1, $2, $3) \
        ON CONFLICT (tenant) DO UPDATE SET asked_ms = excluded.asked_ms, plans = excluded.plans";
    sqlx::query(query).bind(tenant).bind(now.as_millisecond()).bind(written).execute(connection).await?;
    Ok(before.as_deref() != names)
}

/// Those of `tenant`; `None` where Graph was not asked, or does not say.
pub(super) async fn find(connection: &mut Connection, tenant: i64) -> Result<Option<Names>> {
    let query = sqlx::query("SELECT plans FROM service_plans WHERE tenant = $1").bind(tenant);
    let Some(row) = query.fetch_optional(connection).await? else { return Ok(None) };
    row.try_get::<Option<&str>, _>(0)?.map(|plans| StoredForm::ServicePlans.read(plans).map(Arc::new)).transpose()
}

impl Store {
    /// When Graph was last asked for the service plans of `tenant`; `None` where it never was.
    pub async fn service_plans_asked(&self, tenant: &str) -> Result<Option<Timestamp>> {
        let mut transaction = self.db.read().await?;
        let id = match tenants::get(&mut transaction, tenant).await {
            Ok(row) => row.id,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let query = sqlx::query("SELECT asked_ms FROM service_plans WHERE tenant = $1").bind(id);
        query.fetch_optional(&mut *transaction).await?.map(|row| tenants::moment(row.try_get(0)?)).transpose()
    }
}
