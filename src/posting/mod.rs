//! What is posted without being asked for? Digests are composed, alerts evaluated, and what they tell is put into the outbox.

pub mod alerts;
mod compose;
mod digest_make;
mod digests;
mod posts;

use crate::ask::Ask;

pub use alerts::{AlertShown, Days, FindingShown, Ground, News, Prospect, Watched};
pub use compose::Composed;
pub use digest_make::{Made, Occasion};
pub use digests::Owners;
pub use posts::Posts;
