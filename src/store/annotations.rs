//! What did our own people add to a tenant's controls? One row a control.

use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    Store,
    audit::{self, AuditEntry},
    bump,
    database_error::damaged,
    db::Connection,
    tenants::{self, day, moment},
};
use crate::{
    error::Result,
    score::{Annotation, Annotations, Status},
};

impl Store {
    /// Changes what was added to `control` of `tenant`. `change` gets what is there and says what shall be there, and how the audit log
    /// tells it; `None` leaves everything as it is. Nobody else's change comes between. Says what was there and what is there now.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a tenant that is not stored.
    pub async fn annotate(
        &self,
        tenant: &str,
        control: &str,
        change: impl FnOnce(Option<&Annotation>) -> Option<(Option<Annotation>, AuditEntry)> + Send,
    ) -> Result<(Option<Annotation>, Option<Annotation>)> {
        let mut transaction = self.db.write().await?;
        let mut row = tenants::get(&mut transaction, tenant).await?;
        let was = find(&mut transaction, row.id, control).await?;
        let Some((now, entry)) = change(was.as_ref()) else { return Ok((was.clone(), was)) };
        match &now {
            Some(annotation) => put(&mut transaction, row.id, control, annotation).await?,
            None => remove(&mut transaction, row.id, control).await?,
        }
        audit::add(&mut transaction, &entry).await?;
        // Answers rest on it: those that are remembered must go.
        row.tenant.version += 1;
        tenants::update(&mut transaction, &row).await?;
        bump(&mut transaction).await?;
        transaction.commit().await?;
        Ok((was, now))
    }
}

/// All that was added to the controls of a tenant.
pub(super) async fn load(connection: &mut Connection, tenant: i64) -> Result<Annotations> {
    let query = "SELECT control, owner, until_day, note, status, changed_ms, changed_by FROM annotations WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await?;
    rows.iter().map(read_row).collect::<Result<_>>().map(Annotations)
}

async fn find(connection: &mut Connection, tenant: i64, control: &str) -> Result<Option<Annotation>> {
    let query =
        "SELECT control, owner, until_day, note, status, changed_ms, changed_by FROM annotations WHERE tenant = $1 AND control = $2";
    let row = sqlx::query(query).bind(tenant).bind(control).fetch_optional(connection).await?;
    Ok(row.as_ref().map(read_row).transpose()?.map(|(_, annotation)| annotation))
}

async fn put(connection: &mut Connection, tenant: i64, control: &str, annotation: &Annotation) -> Result<()> {
    let query = "INSERT INTO annotations (tenant, control, owner, until_day, note, status, changed_ms, changed_by) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
        ON CONFLICT (tenant, control) DO UPDATE SET owner = excluded.owner, until_day = excluded.until_day, note = excluded.note, \
        status = excluded.status, changed_ms = excluded.changed_ms, changed_by = excluded.changed_by";
    sqlx::query(query)
        .bind(tenant)
        .bind(control)
        .bind(annotation.owner.as_deref())
        .bind(annotation.until.map(|until| until.to_string()))
        .bind(annotation.note.as_deref())
        .bind(annotation.status.map(Status::word))
        .bind(annotation.at.as_millisecond())
        .bind(&*annotation.by)
        .execute(connection)
        .await?;
    Ok(())
}

async fn remove(connection: &mut Connection, tenant: i64, control: &str) -> Result<()> {
    let query = sqlx::query("DELETE FROM annotations WHERE tenant = $1 AND control = $2").bind(tenant).bind(control);
    query.execute(connection).await?;
    Ok(())
}

fn read_row(row: &SqliteRow) -> Result<(String, Annotation)> {
    let text = |column: usize| row.try_get::<Option<String>, _>(column);
    let status = text(4)?.map(|word| word.parse().map_err(|_| damaged("a stored status is none"))).transpose()?;
    let annotation = Annotation {
        owner: text(1)?,
        until: text(2)?.as_deref().map(day).transpose()?,
        note: text(3)?,
        status,
        at: moment(row.try_get(5)?)?,
        by: row.try_get(6)?,
    };
    Ok((row.try_get(0)?, annotation))
}
