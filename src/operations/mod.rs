//! What do people change through us? Notes, snoozes, digests, keys, deliveries and tenants: checked, done, and written into the audit log.

mod audit;
mod deliveries;
mod destination;
mod digests;
mod keys;
mod notes;
mod snooze;
mod tenants;

use crate::ask::Ask;

pub use crate::{
    ask::{Spent, TOKENS_PER_SCU, UsageReport, UsageWish},
    score::{Annotation, Status},
    store::{AuditEntry, DeliveryFilter, DeliveryState, Held, Outage, Stop, USAGE_DAYS_MAX, UsageBy, Worker},
};
pub use audit::AUDIT_ROWS_MAX;
pub use deliveries::{DELIVERIES_MAX, Deliveries, DeliveryShown, SILENT_MAX};
pub use destination::{DestinationShown, Tested};
pub use digests::DigestShown;
pub use keys::{KeyShown, NewKey, Operation, Outcome};
pub use notes::{Annotated, Change, Edit, Noted};
pub use snooze::{SNOOZE_ALL, SNOOZE_DAYS_MAX, SnoozeShown, SnoozeWish, may_snooze};
pub use tenants::TenantShown;
