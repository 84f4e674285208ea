//! What is somebody notified of at once? Rules that watch tenants, what they find, and when that is notified, repeated and resolved.
//!
//! Pure: no clock, no store, no network. `posting` loads the inputs, `store` keeps the states.
//!
//! An alert reads from top to bottom in `evaluate`: [`find`] says of each subject of a rule (a control, the score, the sign-in) whether it is bad
//! or resolved, `transitions` what is notified of that, `messages` what of it is one message, [`alert_card`] and [`resolved_card`] how that reads.

mod cards;
mod controls;
mod drift;
mod evaluate;
mod falls;
mod find;
mod finding;
mod flaps;
mod level;
mod messages;
mod moves;
mod only;
mod readings;
mod removed;
mod resolved_card;
mod risks;
mod rule;
mod rule_evaluation;
mod rule_input;
mod shared;
mod state;
mod statuses;
mod transitions;
mod undelivered;

pub use cards::alert_card;
pub use evaluate::{AlertChanges, Watched, evaluate};
pub use find::find;
pub use finding::{Finding, NewStatus, Resolved, ScoreCause, Verdict};
pub use messages::AlertPost;
pub use only::{Only, UnknownControl};
pub use resolved_card::resolved_card;
pub use rule::{Fall, Needed, Rule, Watch};
pub use rule_evaluation::{AlertInputs, Days, DestinationReaders, Readiness, SNOOZE_ALL, SNOOZE_REASON, Snoozed, TenantInput};
pub use rule_input::{CredentialEnd, CredentialStatus, ReadingFailure, RuleInput};
pub use state::{FindingKey, FindingState, FindingStates, Notified, ResolvedFinding, ResolvedNotice, RuleMemory, RuleState};
pub use statuses::{AssignedStatus, AssignedStatuses};
pub use transitions::{Notification, Reason, Resolution};
