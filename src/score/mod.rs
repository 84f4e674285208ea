//! Secure Score in our words: what do a day's numbers mean? No input, no output, no clock.

mod annotation;
mod catalogue;
pub mod change;
mod control;
mod day_score;
mod effort;
mod history;
pub mod identity;
mod in_force;
pub mod licence;
mod matching;
pub mod plan;
pub mod product;
mod profile;
pub mod rank;
mod reading;
mod reported_state;
pub mod risk;
pub mod same_day;
pub mod search;
mod snapshot;
pub mod stated_expiry;
pub mod status;
mod summary;
mod unknown_words;

pub use annotation::{Annotation, Annotations, Status};
pub use catalogue::{Catalogue, Description, described};
pub use control::{Category, Control, ControlProgress, UNCATEGORISED, controls};
pub use day_score::{CategoryScore, DayScore};
pub use effort::{Effort, EffortLimit};
pub use history::History;
pub use in_force::InForce;
pub use licence::EnabledServices;
pub use profile::{ControlState, Level, Profile, StateUpdate};
pub use reading::{LeftOut, Reading, unusable};
pub use reported_state::ReportedState;
pub use same_day::{DayEntry, Taken};
pub use snapshot::{ControlScore, Evidence, Peer, PeerCategories, PeerPoints, Snapshot};
pub use summary::{Sum, Summary};
pub use unknown_words::UnknownWords;

/// Points are sums of decimal numbers kept as binary ones; differences below this are rounding, not moves.
pub const POINTS_EPSILON: f64 = 1e-6;

/// How many days old a newest score may be without a mark: Microsoft publishes each up to a day late.
pub const FRESH_DAYS: i32 = 2;

/// How many days old `day` is on `today`; below zero where it is yet to come.
pub fn age(day: jiff::civil::Date, today: jiff::civil::Date) -> i32 {
    day.until(today).map_or(0, |span| span.get_days())
}

/// Whether two amounts of points are the same amount.
pub fn same_points(a: f64, b: f64) -> bool {
    (a - b).abs() < POINTS_EPSILON
}
