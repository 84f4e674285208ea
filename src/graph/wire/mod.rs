//! What does a page of Graph's answers say? Parsed one at a time, straight from the body into our words.
//!
//! Unknown members are skipped without allocating. Anything may be null, absent, -1, `[]`, of another
//! case or a number sent as a string; none of that fails a page, it only means "not known".

mod envelope;
mod fault;
mod loose;
mod member;
mod names;
mod pieces;
mod profiles;
mod repair;
mod scores;
mod seed;
mod sniff;
mod texts;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date};

pub(super) use envelope::Shape;
pub use fault::Fault;
pub(super) use pieces::{Piece, pieces};
pub(super) use repair::thoroughly;
pub(super) use sniff::{Holds, sniff};

use crate::{
    score::{
        Catalogue, Category, Evidence, LeftOut, NewWords, Profile, Reading, Snapshot, Taken,
        identity::Spellings,
        same_day::{by_age, by_content, merged, same},
    },
    text::{Spans, cut, one_line},
};
use envelope::parse;
use loose::Loose;
use names::Names;
use profiles::SentProfile;
use scores::SentDay;
use seed::ENTRIES_MAX;
use texts::SentTexts;

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
    /// The day that stands first on it.
    pub first: Option<Date>,
    /// The day that stands last on it.
    pub last: Option<Date>,
    /// Whether an older day stands before a newer one.
    pub ascends: bool,
}

/// Where a day stands until it is settled which day it is: by `createdDateTime`, and the day of its id where that is another.
type Slot = (Date, Option<Date>);

/// A day that was read.
#[derive(Debug)]
struct Day {
    snapshot: Snapshot,
    taken: Taken,
    statuses: SentTexts,
}

/// An entry that is a day.
struct Kept {
    day: Date,
    /// Where the bytes that it was sent in are to be noted.
    bytes_of: Option<Slot>,
}

impl Day {
    /// It and `other`, an entry of the same day, as one; whether they differ.
    fn with(self, other: Self) -> (Self, bool) {
        if same(&self.snapshot, &other.snapshot) && self.statuses == other.statuses {
            return (self, false);
        }
        let (a, b) = (self.taken, other.taken);
        let (one, other) = (self.complete(), other.complete());
        let (one, other) = ((&one, &a), (&other, &b));
        let rank = by_age(one, other).then_with(|| by_content(one, other));
        let (older, newer) = if rank.is_gt() { (other, one) } else { (one, other) };
        let (snapshot, taken) = merged(older, newer);
        (Self { snapshot, taken, statuses: SentTexts::default() }, true)
    }

    /// The snapshot with its statuses; evidence that turns out to say nothing is none.
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
    days: BTreeMap<Slot, Day>,
    /// As sent; texts become spans once all pages are read, when it is settled which ones stay.
    descriptions: SentTexts,
    /// The day that the descriptions are of.
    described: Option<Date>,
    profiles: Option<Vec<Profile>>,
    profile_bytes: u32,
    skipped: usize,
    left_out: LeftOut,
    repaired: usize,
    new_words: NewWords,
    /// The first number that was written with a decimal comma, as a text. Graph writes none; what people save may.
    comma: Option<String>,
}

impl Collected {
    /// A number that was written with a decimal comma, if any was: nobody can tell it from thousands, so it counts as not known.
    pub fn comma(&self) -> Option<&str> {
        self.comma.as_deref()
    }

    /// Counts places that were repaired before anything was parsed.
    pub(super) fn count_repaired(&mut self, places: usize) {
        self.repaired += places;
    }

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

    /// The reading that all pages make together, with every control in one spelling, and today's maxima written into its newest day.
    pub fn into_reading(mut self) -> Reading {
        let descriptions: BTreeMap<Arc<str>, Spans> = self
            .descriptions
            .iter()
            .map(|(name, raw)| (Arc::clone(name), typed(raw)))
            .filter(|(_, description)| !description.is_empty())
            .collect();
        let profiles = self.profiles.take().map(|profiles| profiles::each_once(profiles, &mut self.left_out.profiles));
        let catalogue = profiles.map(|profiles| Catalogue::new(profiles, descriptions, self.profile_bytes));
        let mixed = self.names.are_mixed();
        let mut reading = Reading { entra_id: self.entra_id.take(), catalogue, skipped: self.skipped, ..Reading::default() };
        (reading.repaired, reading.new_words) = (self.repaired, std::mem::take(&mut self.new_words));
        for (day, held) in self.dated() {
            if held.taken != Taken::of(&held.snapshot) {
                reading.taken.insert(day, held.taken);
            }
            reading.days.push(held.complete());
        }
        reading.left_out = self.left_out;
        if mixed && let Some(respelled) = reading.respelled(&spellings(&reading)) {
            reading = respelled;
        }
        reading.stamp_maxima();
        reading
    }

    /// All days by their dates. An entry is dated by `createdDateTime`, unless another has the very same: then their ids tell them apart.
    fn dated(&mut self) -> BTreeMap<Date, Day> {
        let moment = |day: &Day| day.taken.moment(day.snapshot.day);
        let mut created: HashMap<Option<Timestamp>, usize> = HashMap::new();
        for day in self.days.values() {
            *created.entry(moment(day)).or_default() += 1;
        }
        let mut dated: BTreeMap<Date, Day> = BTreeMap::new();
        for ((_, id_day), mut day) in std::mem::take(&mut self.days) {
            let doubled = created.get(&moment(&day)).is_some_and(|entries| *entries > 1);
            if let Some(id_day) = id_day.filter(|_| doubled) {
                (day.taken.created, day.taken.id_day) = (moment(&day), None);
                day.snapshot.day = id_day;
                self.left_out.dated_by_id += 1;
            }
            let date = day.snapshot.day;
            let day = match dated.remove(&date) {
                None => day,
                Some(held) => self.one_of(held, day),
            };
            dated.insert(date, day);
        }
        dated
    }

    /// Of two entries of a day, both together; that one was left out is counted.
    fn one_of(&mut self, held: Day, other: Day) -> Day {
        let (day, differ) = held.with(other);
        self.left_out.entries += usize::from(differ);
        day
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

    /// Keeps a day, with any other entry of the same day.
    fn keep_day(&mut self, sent: &SentDay<'_>) -> Option<Kept> {
        let mut names = sent.names(&mut self.names);
        let doubles = sent.drop_doubles(&mut names, self.names.are_mixed());
        let snapshot = sent.snapshot(&names)?;
        self.left_out.controls += doubles;
        note_new_words(&snapshot, &mut self.new_words);
        let (day, rich, taken) = (snapshot.day, snapshot.is_rich(), sent.taken(&snapshot));
        let slot = (day, taken.id_day);
        let statuses = if rich { sent.statuses(&names) } else { SentTexts::default() };
        let new = Day { snapshot, taken, statuses };
        let (kept, first, held_rich) = match self.days.remove(&slot) {
            None => (new, true, false),
            Some(held) => {
                let held_rich = held.snapshot.is_rich();
                (self.one_of(held, new), false, held_rich)
            }
        };
        self.days.insert(slot, kept);
        if rich && self.described.is_none_or(|described| described < day || (described == day && !held_rich)) {
            self.descriptions = sent.descriptions(&names);
            self.described = Some(day);
        }
        Some(Kept { day, bytes_of: Some(slot).filter(|_| first || rich) })
    }
}

/// How each control of a reading is spelled: as on the newest day that has it, else as in the catalogue.
fn spellings(reading: &Reading) -> Spellings {
    let mut spellings = Spellings::default();
    let scored = reading.days.iter().rev().flat_map(|day| &day.controls).map(|score| &score.name);
    let profiled = reading.catalogue.iter().flat_map(Catalogue::profiles).map(|profile| &profile.name);
    for name in scored.chain(profiled) {
        spellings.learn(name);
    }
    spellings
}

/// Counts the words in `snapshot` that we do not know.
fn note_new_words(snapshot: &Snapshot, words: &mut NewWords) {
    for control in &snapshot.controls {
        if let Category::Other(word) = &control.category {
            words.count("controlCategory", word);
        }
    }
    for peer in snapshot.peers.iter().filter(|peer| !peer.is_known()) {
        words.count("basis", &peer.basis);
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
    let (body, repaired) = repair::repaired(body);
    let body = &*body;
    into.repaired += repaired;
    let mut page = Page::default();
    let mut refused = Ok(());
    let mut begins: Vec<(usize, Option<Slot>)> = Vec::new();
    let (next, ends) = parse(shape, body, |sent: SentDay<'_>| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.entra_id);
        }
        if into.comma.is_none() {
            into.comma = sent.comma().map(ToOwned::to_owned);
        }
        let kept = if refused.is_ok() { into.keep_day(&sent) } else { None };
        into.skipped += usize::from(kept.is_none());
        begins.extend(sent.begins.map(|begin| (begin, kept.as_ref().and_then(|kept| kept.bytes_of))));
        page.kept += usize::from(kept.is_some());
        if let Some(Kept { day, .. }) = kept {
            page.ascends |= page.last.is_some_and(|last| last < day);
            page.oldest = page.oldest.into_iter().chain([day]).min();
            page.first.get_or_insert(day);
            page.last = Some(day);
        }
        begins.len() <= ENTRIES_MAX
    })?;
    refused?;
    page.next = next;
    // A day's bytes reach from its first key to the next day's: exact but for a bracket.
    let ends = begins.iter().skip(1).map(|(begin, _)| *begin).chain([ends]);
    for ((begin, slot), end) in begins.iter().zip(ends) {
        if let Some(held) = slot.and_then(|slot| into.days.get_mut(&slot)) {
            held.snapshot.sent_bytes = saturated(end.saturating_sub(*begin));
        }
    }
    Ok(page)
}

pub(super) fn parse_profiles_as(shape: Shape, body: &[u8], into: &mut Collected) -> Result<Page, Fault> {
    let (body, repaired) = repair::repaired(body);
    let body = &*body;
    into.repaired += repaired;
    let mut page = Page::default();
    let mut refused = Ok(());
    let mut profiles = into.profiles.take().unwrap_or_default();
    let (next, _) = parse(shape, body, |sent: SentProfile<'_>| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.entra_id);
        }
        if into.comma.is_none() {
            into.comma = sent.comma().map(ToOwned::to_owned);
        }
        sent.new_words(&mut into.new_words);
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
