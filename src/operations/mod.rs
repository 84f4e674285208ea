//! What do people change through us? Notes, snoozes, digests, keys, deliveries and tenants: checked, done, and written into the audit log.

mod audit;
mod deliveries;
mod destination;
mod digests;
mod keys;
mod notes;
mod snooze;
mod tenants;
mod usage;

use std::sync::Arc;

use crate::{ask::StoreView, posting::Posting};

pub use crate::{
    alert::SNOOZE_ALL,
    score::{Annotation, Status},
    store::{AuditEntry, DeliveryFilter, DeliveryState, Outage, Resumed, Stop, TenantContents, USAGE_DAYS_MAX, UsageBy, WorkerKind},
};
pub use audit::AUDIT_ROWS_MAX;
pub use deliveries::{DELIVERIES_MAX, DeliveryReport, DeliveryShown};
pub use destination::{DestinationShown, Tested};
pub use digests::DigestShown;
pub use keys::{KeyShown, NewKey};
pub use notes::{Annotated, Edit, NoteChange, Noted};
pub use snooze::{SNOOZE_DAYS_MAX, SnoozeShown, SnoozeWish, may_snooze};
pub use tenants::TenantShown;
pub use usage::{Spent, TOKENS_PER_SCU, UsageReport, UsageWish};

/// The door of all that people change.
pub struct Operations {
    view: Arc<StoreView>,
    posting: Arc<Posting>,
    caller_prefixes: Vec<&'static str>,
}

impl Operations {
    /// Changes what is in the store of `posting`, and what that posts. Callers whose names begin with one of `caller_prefixes` have no key.
    pub const fn new(view: Arc<StoreView>, posting: Arc<Posting>, caller_prefixes: Vec<&'static str>) -> Self {
        Self { view, posting, caller_prefixes }
    }

    /// What they change the posts of.
    pub fn posting(&self) -> &Posting {
        &self.posting
    }
}
