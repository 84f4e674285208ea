//! How does Graph behave towards this tenant? What no document says and no capture shows, found out from answers, told without anything of the tenant.
//!
//! Pure: [`requests`] are the questions, an [`Observations`] holds what came, [`points`] are what that says about each open point, and
//! [`report`] writes it down. Whoever asks Graph stands elsewhere. A report holds counts, classes and Microsoft's words of the schema: never a
//! name, an id, a text or points of a tenant. Only [`safe`] lets a word or a number of an answer into a report.

mod audits;
mod catalogue;
mod controls;
mod days;
mod headers;
mod known;
mod members;
mod not_asked;
mod numbers;
mod observed;
mod options;
mod paging;
mod peers;
mod point;
pub mod report;
pub mod requests;
mod safe;
#[cfg(test)]
mod sample;
mod tally;
mod vocabulary;
mod words;

pub use observed::{Exchange, Observations, ProbePage, ProbeRefusal, Unanswered};
pub use point::{ProbeFinding, ProbePoint, Section};

/// What the answers say about each open point, in the order of the report. Each point is there, answered or not.
pub fn points(seen: &Observations) -> Vec<ProbePoint> {
    [
        numbers::points,
        days::points,
        paging::points,
        options::points,
        controls::points,
        catalogue::points,
        words::points,
        peers::points,
        members::points,
        headers::points,
        audits::points,
    ]
    .into_iter()
    .flat_map(|points| points(seen))
    .collect()
}
