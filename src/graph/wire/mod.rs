//! What does a page of Graph's answers say? Parsed one at a time, straight from the body into our words.
//!
//! Unknown members are skipped without allocating. Anything may be null, absent, -1, `[]`, of another
//! case or a number sent as a string; none of that fails a page, it only means "not known".

mod envelope;
mod fault;
mod loose;
mod member;
mod names;
mod profiles;
mod scores;
mod seed;
mod sniff;

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

pub(super) use envelope::Shape;
pub use fault::Fault;
pub(super) use sniff::{Holds, sniff};

use crate::{
    score::{Catalogue, Evidence, Profile, Reading, Snapshot},
    text::{Spans, cut, one_line},
};
use envelope::parse;
use loose::Loose;
use names::Names;
use profiles::SentProfile;
use scores::{SentDay, SentTexts};
use seed::ENTRIES_MAX;

/// A tenant's id has 36 characters; anonymised ones may differ.
const ENTRA_ID_MAX: usize = 64;

/// What was on one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// `@odata.nextLink`, as sent: not yet checked.
    pub next: Option<String>,
    /// How many days or profiles were kept of it.
    pub kept: usize,
    /// The oldest day on it; `None` for pages of profiles and pages without a day.
    pub oldest: Option<Date>,
}

/// A day that was read.
#[derive(Debug)]
struct Day {
    snapshot: Snapshot,
    statuses: SentTexts,
}

impl Day {
    /// The snapshot with its statuses. Of a control that is listed twice the later status stays, as its
    /// score did; evidence that turns out to say nothing is none.
    fn complete(mut self) -> Snapshot {
        for (name, status) in self.statuses.iter() {
            let found = self.snapshot.controls.binary_search_by(|control| control.name.cmp(name));
            if let Some(evidence) = found.ok().and_then(|at| self.snapshot.controls[at].evidence.as_mut()) {
                evidence.status = typed(status);
            }
        }
        for control in &mut self.snapshot.controls {
            control.evidence = control.evidence.take().filter(|evidence| **evidence != Evidence::default());
        }
        self.snapshot
    }
}

/// What the pages read so far brought.
#[derive(Debug, Default)]
pub struct Collected {
    names: Names,
    entra_id: Option<String>,
    days: BTreeMap<Date, Day>,
    /// As sent; texts become spans once all pages are read, when it is settled which ones stay.
    descriptions: SentTexts,
    /// The day that the descriptions are of.
    described: Option<Date>,
    profiles: Option<Vec<Profile>>,
    profile_bytes: u32,
    skipped: usize,
}

impl Collected {
    /// How many days were read.
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// The newest day that was read, still without its statuses.
    pub fn newest(&self) -> Option<&Snapshot> {
        self.days.values().next_back().map(|day| &day.snapshot)
    }

    /// How many profiles were read.
    pub fn profiles(&self) -> usize {
        self.profiles.as_ref().map_or(0, Vec::len)
    }

    /// The reading that all pages make together, with today's maxima written into its newest day.
    pub fn into_reading(self) -> Reading {
        let descriptions: BTreeMap<Arc<str>, Spans> = self
            .descriptions
            .iter()
            .map(|(name, raw)| (Arc::clone(name), typed(raw)))
            .filter(|(_, description)| !description.is_empty())
            .collect();
        let catalogue = self.profiles.map(|profiles| Catalogue::new(profiles, descriptions, self.profile_bytes));
        let mut reading = Reading {
            entra_id: self.entra_id,
            days: self.days.into_values().map(Day::complete).collect(),
            catalogue,
            skipped: self.skipped,
        };
        reading.stamp_maxima();
        reading
    }

    /// Refuses an entry of another tenant than those before it.
    fn same_tenant(&mut self, sent: &Loose<'_>) -> Result<(), Fault> {
        let Some(sent) = sent.text() else { return Ok(()) };
        let sent = short(&sent, ENTRA_ID_MAX).to_lowercase();
        match &self.entra_id {
            Some(known) if *known != sent => Err(Fault::OtherTenant { known: known.clone(), other: sent }),
            Some(_) => Ok(()),
            None => {
                self.entra_id = Some(sent);
                Ok(())
            }
        }
    }

    /// Keeps a day; of two readings of the same day the richer stays, of equals the later. Says its date.
    fn keep_day(&mut self, sent: &SentDay<'_>) -> Option<Date> {
        let names = sent.names(&mut self.names);
        let snapshot = sent.snapshot(&names)?;
        let day = snapshot.day;
        let rich = snapshot.is_rich();
        if rich || !self.days.get(&day).is_some_and(|held| held.snapshot.is_rich()) {
            let statuses = if rich { sent.statuses(&names) } else { SentTexts::default() };
            self.days.insert(day, Day { snapshot, statuses });
        }
        if rich && self.described.is_none_or(|described| described <= day) {
            self.descriptions = sent.descriptions(&names);
            self.described = Some(day);
        }
        Some(day)
    }
}

/// A text that was kept as raw JSON, clean and typed.
fn typed(raw: &str) -> Spans {
    let sent: Loose<'_> = serde_json::from_str(raw).unwrap_or_default();
    sent.text().map(|html| super::html::spans(&html)).unwrap_or_default()
}

/// Reads one page of `secureScores` from `body` into `into`.
///
/// # Errors
///
/// When the body is not such a page, ends early, or holds a day of another tenant. What was read of the
/// page until then may stay in `into`: a reading with a refused page is to be dropped as a whole.
pub fn parse_scores(body: &[u8], into: &mut Collected) -> Result<Page, Fault> {
    parse_scores_as(Shape::Envelope, body, into)
}

/// Reads one page of `secureScoreControlProfiles` from `body` into `into`.
///
/// # Errors
///
/// As [`parse_scores`].
pub fn parse_profiles(body: &[u8], into: &mut Collected) -> Result<Page, Fault> {
    parse_profiles_as(Shape::Envelope, body, into)
}

pub(super) fn parse_scores_as(shape: Shape, body: &[u8], into: &mut Collected) -> Result<Page, Fault> {
    let mut page = Page::default();
    let mut refused = Ok(());
    let mut begins: Vec<(usize, Option<Date>)> = Vec::new();
    let (next, ends) = parse(shape, body, |sent: SentDay<'_>| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.entra_id);
        }
        let day = if refused.is_ok() { into.keep_day(&sent) } else { None };
        into.skipped += usize::from(day.is_none());
        begins.extend(sent.begins.map(|begin| (begin, day)));
        page.kept += usize::from(day.is_some());
        page.oldest = page.oldest.into_iter().chain(day).min();
        begins.len() <= ENTRIES_MAX
    })?;
    refused?;
    page.next = next;
    // A day's bytes reach from its first key to the next day's: exact but for a bracket.
    let ends = begins.iter().skip(1).map(|(begin, _)| *begin).chain([ends]);
    for ((begin, day), end) in begins.iter().zip(ends) {
        if let Some(held) = day.and_then(|day| into.days.get_mut(&day)) {
            held.snapshot.sent_bytes = saturated(end.saturating_sub(*begin));
        }
    }
    Ok(page)
}

pub(super) fn parse_profiles_as(shape: Shape, body: &[u8], into: &mut Collected) -> Result<Page, Fault> {
    let mut page = Page::default();
    let mut refused = Ok(());
    let mut profiles = into.profiles.take().unwrap_or_default();
    let (next, _) = parse(shape, body, |sent: SentProfile<'_>| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.entra_id);
        }
        let profile = if refused.is_ok() { sent.profile(&mut into.names) } else { None };
        page.kept += usize::from(profile.is_some());
        profiles.extend(profile);
        profiles.len() <= ENTRIES_MAX
    })?;
    refused?;
    page.next = next;
    into.profiles = Some(profiles);
    into.profile_bytes = into.profile_bytes.saturating_add(saturated(body.len()));
    Ok(page)
}

/// `text` clean, on one line, in at most `graphemes_max` characters as people count them.
fn short(text: &str, graphemes_max: usize) -> String {
    let line = one_line(text);
    // Counting graphemes is dear, and nearly every short text needs none of it.
    if line.is_ascii() && line.len() <= graphemes_max { line.into_owned() } else { cut(&line, graphemes_max) }
}

fn saturated(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
