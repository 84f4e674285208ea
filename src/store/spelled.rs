//! How are a tenant's controls spelled? As they were when it first had them: days, profiles, notes, snoozes and alerts meet by that.

use std::sync::Arc;

use sqlx::Row as _;

use super::{db::Connection, dictionary::Dictionary};
use crate::{error::Result, score::identity::Spellings};

/// The spelling of every control that a tenant ever had.
pub(super) async fn stored(connection: &mut Connection, tenant: i64) -> Result<Spellings> {
    let mut spellings = Spellings::default();
    for name in Dictionary::read(&Dictionary::find(connection, tenant).await?)?.controls() {
        spellings.learn(name);
    }
    let query = "SELECT control FROM profiles WHERE tenant = $1 UNION SELECT control FROM descriptions WHERE tenant = $1 \
        UNION SELECT control FROM annotations WHERE tenant = $1";
    for row in sqlx::query(query).bind(tenant).fetch_all(connection).await? {
        spellings.learn(&Arc::from(row.try_get::<&str, _>(0)?));
    }
    Ok(spellings)
}
