//! Which keys and digests name a tenant? When it goes they lose it, so that the next one of that name is another one to them, too.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row as _;

use super::{db::Connection, digest_runs, form::StoredForm, keys};
use crate::error::Result;

/// How many name a tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantReferences {
    /// It alone: they go with it.
    pub alone: u64,
    /// It and others: they lose it.
    pub among: u64,
}

/// What names a tenant, by what tells one from the other: those of it alone, and those of others too, as they are written without it.
#[derive(Default)]
pub(super) struct References {
    alone: Vec<String>,
    among: Vec<(String, String)>,
}

impl References {
    pub(super) fn counted(&self) -> TenantReferences {
        TenantReferences { alone: self.alone.len() as u64, among: self.among.len() as u64 }
    }
}

/// The keys that were not revoked and name `tenant`.
pub(super) async fn keys(connection: &mut Connection, tenant: &str) -> Result<References> {
    let mut references = References::default();
    for key in keys::list(connection).await?.into_iter().filter(|key| key.revoked.is_none()) {
        let Some(mut names) = key.tenants else { continue };
        let before = names.len();
        names.retain(|name| name != tenant);
        if names.is_empty() && before > 0 {
            references.alone.push(key.id);
        } else if names.len() < before {
            references.among.push((key.id, keys::written(&names)));
        }
    }
    Ok(references)
}

/// The digests that people made and that name `tenant`.
pub(super) async fn digests(connection: &mut Connection, tenant: &str) -> Result<References> {
    let mut references = References::default();
    let rows = sqlx::query("SELECT name, definition FROM digest_definitions").fetch_all(connection).await?;
    for row in rows {
        let (name, definition): (String, &str) = (row.try_get(0)?, row.try_get(1)?);
        let mut definition: Value = StoredForm::DigestDefinition.read(definition)?;
        let Some(names) = definition.get_mut("tenants").and_then(Value::as_array_mut) else { continue };
        let before = names.len();
        names.retain(|name| name != tenant);
        if names.is_empty() && before > 0 {
            references.alone.push(name);
        } else if names.len() < before {
            references.among.push((name, StoredForm::DigestDefinition.write(&definition)?));
        }
    }
    Ok(references)
}

/// Ends at `now` the keys that see `tenant` alone, takes away the digests about it alone, and it from all others.
pub(super) async fn forget(connection: &mut Connection, tenant: &str, now: Timestamp) -> Result<()> {
    let References { alone, among } = keys(connection, tenant).await?;
    for id in alone {
        let query = sqlx::query("UPDATE keys SET revoked_ms = $2 WHERE id = $1").bind(id).bind(now.as_millisecond());
        query.execute(&mut *connection).await?;
    }
    for (id, tenants) in among {
        let query = sqlx::query("UPDATE keys SET tenants = $2 WHERE id = $1").bind(id).bind(tenants);
        query.execute(&mut *connection).await?;
    }
    let References { alone, among } = digests(connection, tenant).await?;
    for name in alone {
        sqlx::query("DELETE FROM digest_definitions WHERE name = $1").bind(&*name).execute(&mut *connection).await?;
        digest_runs::forget(connection, &name).await?;
    }
    for (name, definition) in among {
        let query = sqlx::query("UPDATE digest_definitions SET definition = $2 WHERE name = $1").bind(name).bind(definition);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
