//! What did our own people add to a tenant's controls? One row a control.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    db::Connection,
    fault::{damaged, fault},
    tenants::{day, moment},
};
use crate::{
    error::Result,
    score::{Annotation, Annotations},
};

/// All that was added to the controls of a tenant.
pub(super) async fn load(connection: &mut Connection, tenant: i64) -> Result<Annotations> {
    let query = "SELECT control, owner, until_day, note, status, changed_ms, changed_by FROM annotations WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await.map_err(fault)?;
    rows.iter().map(read_row).collect::<Result<_>>().map(Annotations)
}

fn read_row(row: &SqliteRow) -> Result<(String, Annotation)> {
    let text = |column: usize| row.try_get::<Option<String>, _>(column).map_err(fault);
    let status = text(4)?.map(|word| word.parse().map_err(|_| damaged("a stored status is none"))).transpose()?;
    let annotation = Annotation {
        owner: text(1)?,
        until: text(2)?.as_deref().map(day).transpose()?,
        note: text(3)?,
        status,
        at: moment(row.try_get(5).map_err(fault)?)?,
        by: row.try_get(6).map_err(fault)?,
    };
    Ok((row.try_get(0).map_err(fault)?, annotation))
}
