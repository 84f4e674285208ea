//! Who changed what? Every change that an asker makes has an entry; operators read those about the tenants that they see.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Operations;
use crate::{
    access::{Asker, Tenants},
    error::{Error, ErrorKind, Result},
    store::AuditEntry,
    text::{clean, one_line},
};

/// The most entries that are told at once.
pub const AUDIT_ROWS_MAX: u32 = 10_000;

impl Operations {
    /// The newest `limit` changes, newest first, or those about the tenants that `tenant` names, by a group too. An operator who sees some tenants only is told of these.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate; [`ErrorKind::BadArguments`] for a limit that is none; [`ErrorKind::NotFound`] for a
    /// tenant that `asker` may not see.
    pub async fn audit(&self, asker: &Asker, tenant: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>> {
        if !asker.role.operates() {
            return Err(Error::new(ErrorKind::Forbidden, "The audit log is open to the role operator only."));
        }
        if !(1..=AUDIT_ROWS_MAX).contains(&limit) {
            return Err(Error::bad_arguments(format!("Ask for 1 to {AUDIT_ROWS_MAX} entries.")));
        }
        let only: Option<BTreeSet<String>> = tenant.map(|tenant| self.view.index().all_named(asker, tenant)).transpose()?;
        let of_asker = match &asker.tenants {
            Tenants::All => None,
            Tenants::Only(names) => Some(names),
        };
        self.view.store().audit(limit, only.as_ref().or(of_asker)).await
    }

    /// What `asker` does now, for the audit log: `what` (`note`, `key.new`) to `subject`, with what it was and what it became in `detail`.
    pub(super) fn entry(&self, asker: &Asker, what: &str, tenant: Option<&str>, subject: &str, detail: &Value) -> AuditEntry {
        AuditEntry {
            at: self.view.now(),
            asker: one_line(&asker.id).into_owned(),
            what: what.to_owned(),
            tenant: tenant.map(ToOwned::to_owned),
            subject: one_line(subject).into_owned(),
            // JSON stays JSON without characters that hide.
            detail: clean(&detail.to_string()).into_owned(),
        }
    }
}
