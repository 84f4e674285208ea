//! Is a score still read? Days that stop coming, a sign-in that fails, a credential that ends and is reminded of before.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{
    finding::{Finding, Verdict, bad, resolved},
    rule_input::{CredentialEnd, ReadingFailure, RuleInput},
};
use crate::{
    error::{AccessGap, FetchFailureKind},
    score::{age, change::day_of},
    skills::wording,
    text::count,
};

/// The subject of a rule about readings.
const READING: &str = "reading";
/// The subjects of a rule about the sign-in: that it fails, that its credential ends.
const SIGN_IN: &str = "sign_in";
const CREDENTIAL: &str = "credential";
/// So many days before its end a credential is reminded of, as far as the rule looks ahead.
const REMINDERS: [u32; 4] = [30, 14, 7, 1];

/// Whether Microsoft lets us in; nothing can be said of that while a reading fails otherwise.
pub(super) fn sign_in(input: &RuleInput<'_>) -> Option<Verdict> {
    let Some(fault) = input.failure else {
        return Some(resolved(SIGN_IN, "the sign-in works".to_owned()));
    };
    fault.kind.is_sign_in().then(|| {
        let (title, news, link) = door(fault, input);
        bad(Finding {
            subject: SIGN_IN.to_owned(),
            title: title.to_owned(),
            news: news.to_owned(),
            detail: format!("fails since {}", wording::minute(fault.since)),
            why: fault.sentence.clone(),
            link,
            shared: fault.shared.as_ref().map(|cause| format!("{SIGN_IN}: {cause}")),
            ..Finding::default()
        })
    })
}

/// How a sign-in that fails is called, what is said of it, and where people see to it. Where a tenant consents is for those who operate.
fn door(fault: &ReadingFailure, input: &RuleInput<'_>) -> (&'static str, &'static str, Option<String>) {
    let (app, consent) = (input.credential.app.clone(), input.credential.consent.clone().filter(|_| input.for_operators));
    let gap = if let FetchFailureKind::Access(gap) = fault.kind { Some(gap) } else { None };
    match gap {
        Some(AccessGap::Consent) if input.read_at.is_some() => {
            ("Consent", "consent to the app was revoked, so no score is fetched", consent)
        }
        Some(AccessGap::Consent) => ("Consent", "the app has no consent, so no score is fetched", consent),
        Some(AccessGap::Permission) => ("Permission", "the app lacks its permission, so no score is fetched", consent),
        Some(AccessGap::Enabled) => ("App", "the app is disabled in the tenant, so no score is fetched", None),
        Some(AccessGap::App) => ("App", "the app was not found in the tenant, so no score is fetched", app),
        Some(AccessGap::Tenant | AccessGap::Credential) | None => ("Sign-in", "the sign-in fails, so no score is fetched", app),
    }
}

/// Whether the credential ends within so many `days`.
pub(super) fn credential(days: u32, input: &RuleInput<'_>) -> Verdict {
    let within = |end: &CredentialEnd, days: u32| end.at.duration_since(input.now) <= SignedDuration::from_hours(24 * i64::from(days));
    let Some(end) = input.credential.end.as_ref().filter(|end| within(end, days)) else {
        let news = match &input.credential.end {
            Some(CredentialEnd { what, at }) => format!("the {what} is valid until {}, more than {days} days from now", last_day(*at)),
            None => "the credential's expiry date is no longer known, so it is not watched".to_owned(),
        };
        return resolved(CREDENTIAL, news);
    };
    let ended = end.at <= input.now;
    let CredentialEnd { what, at } = end;
    let day = last_day(*at);
    let (news, detail) = if ended {
        (format!("the {what} expired on {day}"), "no score can be fetched with it")
    } else {
        (format!("the {what} expires on {day}"), "no score can be fetched with it after that")
    };
    // Each of these days is as much worse than the one before as is notified again; so is the end.
    let reminders = REMINDERS.into_iter().filter(|reminder| *reminder < days && within(end, *reminder)).fold(0.0, |sum, _| sum + 1.0);
    bad(Finding {
        subject: CREDENTIAL.to_owned(),
        title: "Credential".to_owned(),
        news,
        detail: detail.to_owned(),
        why: format!(
            "Create a new {what} under App registrations > Certificates & secrets and configure it: without one no score can be fetched."
        ),
        worse: Some(if ended { "" } else { "reminder" }),
        badness: reminders + if ended { 1.0 } else { 0.0 },
        worse_by: Some(1.0),
        link: input.credential.app.clone(),
        // One app in many tenants has one credential.
        shared: input.credential.app.as_ref().map(|app| format!("{CREDENTIAL}: {app} {at}")),
        ..Finding::default()
    })
}

/// The last day of what works until just before `end`.
fn last_day(end: Timestamp) -> Date {
    (end - SignedDuration::from_millis(1)).to_zoned(TimeZone::UTC).date()
}

/// Counted from the end of the newest day: a reading that brings no newer one is no data.
pub(super) fn no_data(hours: u32, input: &RuleInput<'_>) -> Verdict {
    // A tenant that never had a score is as old as we know of it.
    let last = input.newest_day.and_then(end_of).or_else(|| input.state.map(|state| state.since));
    let silent = last.is_some_and(|last| input.now.duration_since(last) >= SignedDuration::from_hours(hours.into()));
    if !silent {
        return resolved(
            READING,
            input.newest_day.map_or_else(|| "no score is overdue".to_owned(), |day| format!("a newer score arrived, that of {day}")),
        );
    }
    let news = match (input.newest_day, last) {
        (Some(day), _) => format!("no newer score than that of {day}"),
        (None, last) => format!("no score since {}", last.map_or_else(String::new, wording::minute)),
    };
    let (why, shared) = match (input.failure, input.read_at) {
        (Some(fault), _) => (fault.sentence.clone(), fault.shared.as_deref()),
        (None, Some(at)) => (
            format!(
                "Fetching succeeds, the last time at {}, but Microsoft sends no newer score. See the service health in the Microsoft 365 admin center.",
                wording::minute(at)
            ),
            Some("Microsoft sends no newer score"),
        ),
        (None, None) => ("Nothing newer was imported, or fetched from Microsoft.".to_owned(), Some("nothing is imported")),
    };
    let today = day_of(input.now);
    let old = |day| format!("{} old on {today}", count(usize::try_from(age(day, today)).unwrap_or(0), "day"));
    bad(Finding {
        subject: READING.to_owned(),
        title: "Reading".to_owned(),
        news,
        detail: input.newest_day.map_or_else(String::new, old),
        why,
        shared: shared.map(|cause| format!("{READING}: {cause}")),
        ..Finding::default()
    })
}

fn end_of(day: Date) -> Option<Timestamp> {
    Some(day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
