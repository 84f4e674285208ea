//! Does Microsoft let us in, and for how long yet? What is signed in with ends one day, and is reminded of before.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{
    Seen, Verdict,
    find::{Finding, bad, over},
};
use crate::skills::tell;

/// The subjects of a rule about the sign-in: that it fails, that its credential ends.
const SIGN_IN: &str = "sign_in";
const CREDENTIAL: &str = "credential";
/// So many days before its end a credential is reminded of, as far as the rule looks ahead.
const REMINDERS: [u32; 4] = [30, 14, 7, 1];

/// The end of what a tenant is signed in to with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What ends: `client secret`, `certificate`.
    pub what: &'static str,
    /// From when on it no longer works.
    pub at: Timestamp,
}

/// Whether Microsoft lets us in; nothing can be said of that while a reading fails otherwise.
pub(super) fn sign_in(seen: &Seen<'_>) -> Option<Verdict> {
    let Some(fault) = seen.fault else {
        return Some(over(SIGN_IN, "the sign-in works".to_owned()));
    };
    fault.sign_in.then(|| {
        bad(Finding {
            subject: SIGN_IN.to_owned(),
            title: "Sign-in".to_owned(),
            news: "the sign-in fails, so no score is read".to_owned(),
            cell: format!("fails since {}", tell::minute(fault.since)),
            why: fault.sentence.clone(),
            link: seen.app.map(ToOwned::to_owned),
            ..Finding::default()
        })
    })
}

/// Whether the credential ends within so many `days`.
pub(super) fn credential(days: u32, seen: &Seen<'_>) -> Verdict {
    let within = |end: &End, days: u32| end.at.duration_since(seen.now) <= SignedDuration::from_hours(24 * i64::from(days));
    let Some(end) = seen.end.filter(|end| within(end, days)) else {
        let news = match seen.end {
            Some(End { what, at }) => format!("the last day of the {what} is {}, more than {days} days away", last_day(*at)),
            None => "no end of the credential is known any more, so it is not watched".to_owned(),
        };
        return over(CREDENTIAL, news);
    };
    let ended = end.at <= seen.now;
    let End { what, at } = end;
    let day = last_day(*at);
    let (news, cell) = if ended {
        (format!("the {what} ended on {day}"), "no score can be read with it any more")
    } else {
        (format!("the {what} ends on {day}"), "no score can be read with it from then on")
    };
    // Each of these days is as much worse than the one before as is told again; so is the end.
    let reminders = REMINDERS.into_iter().filter(|reminder| *reminder < days && within(end, *reminder)).fold(0.0, |sum, _| sum + 1.0);
    bad(Finding {
        subject: CREDENTIAL.to_owned(),
        title: "Credential".to_owned(),
        news,
        cell: cell.to_owned(),
        why: format!(
            "Make a new {what} under App registrations > Certificates & secrets, and configure it: without one no score can be read."
        ),
        worse: Some(if ended { "" } else { "reminder" }),
        badness: reminders + if ended { 1.0 } else { 0.0 },
        worse_by: Some(1.0),
        link: seen.app.map(ToOwned::to_owned),
        ..Finding::default()
    })
}

/// The last day of what works until just before `end`.
fn last_day(end: Timestamp) -> Date {
    (end - SignedDuration::from_millis(1)).to_zoned(TimeZone::UTC).date()
}
