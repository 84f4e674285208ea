//! What happens without anybody asking? Each tenant is read again and again, and at once where somebody wants it; what waits is delivered.
//!
//! One reading of a tenant at a time, whichever process does it: a lease in the store says whose turn it
//! is. A second `serve` on the same store answers questions and leaves the reading to the first.

mod alert_loop;
mod delivery_attempt;
mod delivery_loop;
mod digest_loop;
mod on_demand;
mod outages;
mod prune;
mod refresh;
mod slots;
mod tenant_reader;
mod tenant_readers;
mod watchdog;

pub use alert_loop::AlertLoop;
pub use delivery_loop::{AttemptLimits, Deliverer, PictureAddresses, keep_delivering};
pub use digest_loop::{DigestLoop, keep_digesting};
pub use on_demand::{OnDemand, Request, Requests};
pub use prune::keep_pruning;
pub use refresh::{Progress, RefreshSummary, Refresher, Turn};
pub use slots::Slots;
pub use tenant_reader::keep_reading;
pub use tenant_readers::TenantReaders;
pub use watchdog::{Heartbeat, Watchdog, keep_watch};
