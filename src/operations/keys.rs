//! Who may ask with a key, and what did asking come to? Keys are created, listed and revoked by whoever operates all tenants.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::{Operations, UsageReport, UsageWish};
use crate::{
    access::{Asker, GROUP_PREFIX, Role, Tenants, api_key},
    ask::ALL_TENANTS,
    error::{Error, ErrorKind, Result},
    store::KnownKey,
};

/// How callers begin who are no keys, beside those for whom surfaces vouch.
const RESERVED: [&str; 3] = ["entra:", "destination:", "("];
/// The longest name of a key, in characters.
const NAME_MAX: usize = 60;

/// The key to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Who or what it is for.
    pub name: String,
    /// The tenants and groups that it may see; `None` means all, also later ones. Of a group, it sees whoever is in it when it is used.
    pub tenants: Option<Vec<String>>,
    /// What it may do.
    pub role: Role,
    /// From when on it no longer works; `None` means never.
    pub expires: Option<Timestamp>,
}

/// A key as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyShown {
    /// Its public id.
    pub id: String,
    /// Who or what it is for.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// The tenants that it may see, groups behind `group:`; `None` means all.
    pub tenants: Option<Vec<String>>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it no longer works.
    pub expires: Option<Timestamp>,
    /// Since when it no longer works.
    pub revoked: Option<Timestamp>,
}

impl Operations {
    /// Who asked what, and what it came to.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate or does not see all tenants; so it is with those that follow.
    /// [`ErrorKind::BadArguments`] for what cannot be told as asked.
    pub async fn usage(&self, asker: &Asker, wish: UsageWish) -> Result<UsageReport> {
        may_manage(asker)?;
        self.usage_of(wish).await
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// See [`Operations::usage`].
    pub async fn keys(&self, asker: &Asker) -> Result<Vec<KeyShown>> {
        may_manage(asker)?;
        Ok(self.view.store().key_list().await?.into_iter().map(shown).collect())
    }

    /// Revokes the key with this public id.
    ///
    /// # Errors
    /// See [`Operations::usage`]; [`ErrorKind::NotFound`] for an unknown id.
    pub async fn key_revoke(&self, asker: &Asker, id: &str) -> Result<()> {
        may_manage(asker)?;
        let entry = self.entry(asker, "key.revoke", None, id, &json!({}));
        self.view.store().key_revoke(id, entry.at, &entry).await?;
        tracing::info!(key = id, by = &*asker.name, "key revoked");
        self.view.look_after().await;
        Ok(())
    }

    /// Creates a key: its public id, and the key itself, which is not kept and cannot be shown again.
    ///
    /// # Errors
    /// See [`Operations::usage`]; [`ErrorKind::BadArguments`] for a key that cannot be created as asked.
    pub async fn key_new(&self, asker: &Asker, new: NewKey) -> Result<(String, SecretString)> {
        may_manage(asker)?;
        let name = crate::text::one_line(&new.name).into_owned();
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(Error::bad_arguments(format!("A key needs a name of 1 to {NAME_MAX} characters, such as security-copilot.")));
        }
        let reserved = [&*self.caller_prefixes, &RESERVED].concat();
        if reserved.iter().any(|reserved| name.starts_with(reserved)) {
            return Err(Error::bad_arguments(format!(
                "A key's name does not begin with {}: usage is reported by name.",
                reserved.join(", ")
            )));
        }
        let now = self.view.now();
        if new.expires.is_some_and(|expires| expires <= now) {
            return Err(Error::bad_arguments("The key would have expired already. Give a later day."));
        }
        let mut tenants = new.tenants;
        for tenant in tenants.iter_mut().flatten() {
            if tenant.eq_ignore_ascii_case(ALL_TENANTS) {
                return Err(Error::bad_arguments("`all` is no tenant. Say --all-tenants for a key that sees all of them."));
            }
            let index = self.view.index();
            let group = index.group(asker, tenant).map(|(group, _)| format!("{GROUP_PREFIX}{group}"));
            *tenant = match group {
                Some(group) => group,
                None => index.named(asker, tenant)?.label.to_string(),
            };
        }
        let (id, secret) = api_key::make()?;
        let key = KnownKey {
            id: id.clone(),
            name,
            sha256: api_key::digest_of(&secret),
            role: new.role.word().to_owned(),
            tenants,
            created: now,
            expires: new.expires,
            revoked: None,
        };
        let detail = json!({ "name": &key.name, "role": &key.role, "tenants": &key.tenants, "expires": key.expires });
        self.view.store().key_add(&key, &self.entry(asker, "key.new", None, &id, &detail)).await?;
        self.view.look_after().await;
        Ok((id, secret))
    }
}

fn may_manage(asker: &Asker) -> Result<()> {
    if asker.role.operates() && asker.tenants == Tenants::All {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "Keys and usage are open to the role operator with all tenants only."))
}

fn shown(key: KnownKey) -> KeyShown {
    let KnownKey { id, name, sha256: _, role, tenants, created, expires, revoked } = key;
    KeyShown { id, name, role, tenants, created, expires, revoked }
}
