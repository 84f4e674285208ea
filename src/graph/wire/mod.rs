//! What does a page of Graph's answers say? Parsed one at a time, straight from the body into our words.
//!
//! Unknown members are skipped without allocating. Anything may be null, absent, -1, `[]`, of another
//! case or a number sent as a string; none of that fails a page, it only means "not known".

mod control_names;
mod envelope;
mod lenient;
mod page_error;
mod profiles;
mod repair;
mod saved_answers;
mod scores;
mod sent_value;
mod service_plans;
mod texts;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date};

pub(super) use envelope::Shape;
pub use page_error::PageError;
pub(super) use repair::thoroughly;
pub(super) use saved_answers::{Contents, SavedAnswer, lines_before, saved_answers};
pub(super) use sent_value::SentValue;
pub use service_plans::parse_service_plans;

use crate::{
    score::{
        Catalogue, Category, DayEntry, Description, Evidence, LeftOut, Profile, Reading, Snapshot, Taken, UnknownWords, described,
        identity::Spellings,
        same_day::{add, same, together},
        unusable,
    },
    text::{Spans, cut, one_line},
};
use control_names::ControlNames;
use envelope::parse;
use lenient::ENTRIES_MAX;
use profiles::SentProfile;
use scores::SentDay;
use texts::SentTexts;

/// A tenant's id has 36 characters; anonymised ones may differ.
const ENTRA_ID_MAX: usize = 64;

/// What was on one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageSummary {
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
type DaySlot = (Date, Option<Date>);

/// An entry of a day that was read.
#[derive(Debug)]
struct CollectedDay {
    entry: DayEntry,
    statuses: SentTexts,
}

/// An entry that is a day.
struct Kept {
    day: Date,
    /// Where it is kept, so that the bytes that it was sent in can be noted.
    place: (DaySlot, usize),
}

impl CollectedDay {
    /// The entry with its statuses; evidence that turns out to say nothing is none.
    fn complete(mut self) -> DayEntry {
        let controls = &mut self.entry.snapshot.controls;
        for (name, status) in self.statuses.iter() {
            let found = controls.binary_search_by(|control| control.name.cmp(name));
            if let Some(evidence) = found.ok().and_then(|at| controls[at].evidence.as_mut()) {
                evidence.status = typed(status);
            }
        }
        for control in controls {
            control.evidence = control.evidence.take().filter(|evidence| **evidence != Evidence::default());
        }
        self.entry
    }
}

/// What the pages read so far brought.
#[derive(Debug, Default)]
pub struct Collected {
    names: ControlNames,
    entra_id: Option<String>,
    days: BTreeMap<DaySlot, Vec<CollectedDay>>,
    /// What controls are for, by the days that say it, as sent: texts become spans once all pages are read.
    descriptions: Vec<(Date, SentTexts)>,
    profiles: Option<Vec<Profile>>,
    profile_bytes: u32,
    skipped: usize,
    unusable: Option<String>,
    left_out: LeftOut,
    repaired: usize,
    new_words: UnknownWords,
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

    /// Entries that are no day, in words, if there were any: how many, and what is wrong with the first.
    pub fn unusable(&self) -> Option<String> {
        unusable(self.skipped, self.unusable.as_deref())
    }

    /// How many days were read.
    pub fn days(&self) -> usize {
        self.days.len()
    }

    /// The newest day that was read, still without its statuses.
    pub fn newest(&self) -> Option<&Snapshot> {
        self.days.values().next_back()?.first().map(|day| &day.entry.snapshot)
    }

    /// How many profiles were read.
    pub fn profiles(&self) -> usize {
        self.profiles.as_ref().map_or(0, Vec::len)
    }

    /// The reading that all pages make together, with every control in one spelling, and today's maxima written into its newest day.
    pub fn into_reading(mut self) -> Reading {
        let descriptions = self
            .descriptions
            .iter()
            .flat_map(|(day, texts)| texts.iter().map(|(name, raw)| (Arc::clone(name), Description { day: *day, words: typed(raw) })));
        let descriptions = described(descriptions.filter(|(_, description)| !description.words.is_empty()));
        let profiles = self.profiles.take().map(|profiles| profiles::each_once(profiles, &mut self.left_out.profiles));
        // Scores say what controls are for, whether or not profiles came with them.
        let any = profiles.is_some() || !descriptions.is_empty();
        let catalogue = any.then(|| Catalogue::new(profiles.unwrap_or_default(), descriptions, self.profile_bytes));
        let mixed = self.names.are_mixed();
        let mut reading = Reading { entra_id: self.entra_id.take(), catalogue, skipped: self.skipped, ..Reading::default() };
        reading.unusable = self.unusable.take();
        (reading.repaired, reading.new_words) = (self.repaired, std::mem::take(&mut self.new_words));
        for (day, mut entries) in self.dated() {
            let odd = entries.len() > 1 || entries.iter().any(|entry| entry.taken != Taken::default());
            reading.days.extend(if odd { together(entries.iter()) } else { entries.pop().map(|entry| entry.snapshot) });
            if odd {
                reading.entries.insert(day, entries);
            }
        }
        reading.left_out = self.left_out;
        if mixed && let Some(respelled) = reading.respelled(&spellings(&reading)) {
            reading = respelled;
        }
        reading.stamp_maxima();
        reading
    }

    /// What was said of every day, by its date, latest first. An entry is dated by `createdDateTime`, unless one of another day has the very
    /// same: then their ids tell them apart.
    fn dated(&mut self) -> BTreeMap<Date, Vec<DayEntry>> {
        let mut created: HashMap<Option<Timestamp>, BTreeSet<DaySlot>> = HashMap::new();
        for (slot, days) in &self.days {
            for day in days {
                created.entry(day.entry.moment()).or_default().insert(*slot);
            }
        }
        let mut dated: BTreeMap<Date, Vec<DayEntry>> = BTreeMap::new();
        for day in std::mem::take(&mut self.days).into_values().flatten() {
            let mut entry = day.complete();
            if created.get(&entry.moment()).is_some_and(|slots| slots.len() > 1) && entry.date_by_id() {
                self.left_out.dated_by_id += 1;
            }
            let entries = dated.entry(entry.snapshot.day).or_default();
            let differs = !entries.is_empty();
            self.left_out.entries += usize::from(add(entries, entry) && differs);
        }
        dated
    }

    /// Refuses an entry of another tenant than those before it.
    fn same_tenant(&mut self, sent: &SentValue<'_>) -> Result<(), PageError> {
        let Some(sent) = sent.text() else { return Ok(()) };
        let sent = short(&sent, ENTRA_ID_MAX).to_lowercase();
        match &self.entra_id {
            Some(known) if *known != sent => Err(PageError::OtherTenant { known: known.clone(), other: sent }),
            Some(_) => Ok(()),
            None => {
                self.entra_id = Some(sent);
                Ok(())
            }
        }
    }

    /// Keeps an entry of a day, unless one that is kept says the same.
    fn keep_day(&mut self, sent: &SentDay<'_>) -> Option<Kept> {
        let mut names = sent.names(&mut self.names);
        let doubles = sent.drop_doubles(&mut names, self.names.are_mixed());
        let snapshot = sent.snapshot(&names)?;
        self.left_out.controls += doubles;
        note_new_words(&snapshot, &mut self.new_words);
        let (day, rich, taken) = (snapshot.day, snapshot.is_rich(), sent.taken(&snapshot));
        let slot = (day, taken.id_day);
        let statuses = if rich { sent.statuses(&names) } else { SentTexts::default() };
        let held = self.days.entry(slot).or_default();
        let alike =
            |other: &CollectedDay| other.entry.taken == taken && same(&other.entry.snapshot, &snapshot) && other.statuses == statuses;
        let at = held.iter().position(alike).unwrap_or(held.len());
        if at == held.len() {
            held.push(CollectedDay { entry: DayEntry { snapshot, taken }, statuses });
            if rich {
                self.descriptions.push((day, sent.descriptions(&names)));
            }
        }
        Some(Kept { day, place: (slot, at) })
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
fn note_new_words(snapshot: &Snapshot, words: &mut UnknownWords) {
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
    let sent: SentValue<'_> = serde_json::from_str(raw).unwrap_or_default();
    sent.text().map(|html| super::html::spans(&html)).unwrap_or_default()
}

/// Reads one page of `secureScores` from `body` into `into`.
///
/// # Errors
///
/// When the body is not such a page, ends early, or holds a day of another tenant. What was read of the
/// page until then may stay in `into`: a reading with a refused page is to be dropped as a whole.
pub fn parse_scores(body: &[u8], into: &mut Collected) -> Result<PageSummary, PageError> {
    parse_scores_as(Shape::Envelope, body, into)
}

/// Reads one page of `secureScoreControlProfiles` from `body` into `into`.
///
/// # Errors
///
/// As [`parse_scores`].
pub fn parse_profiles(body: &[u8], into: &mut Collected) -> Result<PageSummary, PageError> {
    parse_profiles_as(Shape::Envelope, body, into)
}

pub(super) fn parse_scores_as(shape: Shape, body: &[u8], into: &mut Collected) -> Result<PageSummary, PageError> {
    let (body, repaired) = repair::repaired(body)?;
    let body = &*body;
    into.repaired += repaired;
    let mut page = PageSummary::default();
    let mut refused = Ok(());
    let mut begins: Vec<(usize, Option<(DaySlot, usize)>)> = Vec::new();
    let (next, ends) = parse(shape, body, |sent: SentDay<'_>, begin| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.azure_tenant_id);
        }
        if into.comma.is_none() {
            into.comma = sent.comma().map(ToOwned::to_owned);
        }
        let kept = if refused.is_ok() { into.keep_day(&sent) } else { None };
        if kept.is_none() {
            into.skipped += 1;
            into.unusable.get_or_insert_with(|| sent.unusable());
        }
        begins.extend(begin.map(|begin| (begin, kept.as_ref().map(|kept| kept.place))));
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
    for ((begin, place), end) in begins.iter().zip(ends) {
        if let Some(held) = place.and_then(|(slot, at)| into.days.get_mut(&slot)?.get_mut(at)) {
            let bytes = &mut held.entry.snapshot.sent_bytes;
            *bytes = (*bytes).max(saturated(end.saturating_sub(*begin)));
        }
    }
    Ok(page)
}

pub(super) fn parse_profiles_as(shape: Shape, body: &[u8], into: &mut Collected) -> Result<PageSummary, PageError> {
    let (body, repaired) = repair::repaired(body)?;
    let body = &*body;
    into.repaired += repaired;
    let mut page = PageSummary::default();
    let mut refused = Ok(());
    let mut profiles = into.profiles.take().unwrap_or_default();
    let (next, _) = parse(shape, body, |sent: SentProfile<'_>, _| {
        if refused.is_ok() {
            refused = into.same_tenant(&sent.azure_tenant_id);
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
