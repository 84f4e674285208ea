//! How is said what is missing or needs care? In few words to assistants, in a sentence to people.

use serde::Serialize;

use super::{Facts, TenantFacts, page::ListPage};
use crate::{
    card::Block,
    score::{Control, History, Snapshot, risk::has_expired},
    text::{count, first_of},
};
use jiff::civil::Date;

/// Something that is missing or needs care. In JSON it is the few words alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Caveat {
    short: String,
    /// `None` where a card says it elsewhere.
    #[serde(skip)]
    sentence: Option<String>,
    /// Whether it stands right after the first line, before all else.
    #[serde(skip)]
    first: bool,
    /// Whether the text for assistants leaves it out: it is said there already, or changes none of its numbers.
    #[serde(skip)]
    is_aside: bool,
}

impl Caveat {
    /// The same thing in few words and as a sentence.
    pub fn new(short: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { short: short.into(), sentence: Some(sentence.into()), first: false, is_aside: false }
    }

    /// What the first line and a card's lead say already.
    pub fn in_first_line(short: String) -> Self {
        Self { short, sentence: None, first: false, is_aside: true }
    }

    /// What the lines above it say to assistants already, or what changes none of their numbers; people read it as a sentence.
    pub fn aside(short: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { is_aside: true, ..Self::new(short, sentence) }
    }

    /// What only the text for assistants needs to say.
    pub const fn in_text(short: String) -> Self {
        Self { short, sentence: None, first: false, is_aside: false }
    }

    /// The same where the first line of the text says it already.
    #[must_use]
    pub fn said_in_first_line(self) -> Self {
        Self { is_aside: true, ..self }
    }

    /// What the first line says of it; `None` where it says nothing.
    pub fn of_first_line(&self) -> Option<&str> {
        self.is_aside.then_some(&*self.short)
    }

    /// What nobody must read over, in few words, and as a sentence where a card does not say it in its lead.
    pub fn marked(short: String, sentence: Option<String>) -> Self {
        Self { short, sentence, first: true, is_aside: false }
    }
}

/// How many tenants a note names; of more it says how many.
pub(super) const NAMED_MAX: usize = 5;

/// Lines and what is missing, as one text for assistants.
pub fn text(mut lines: Vec<String>, notes: &[Caveat]) -> String {
    let (first, rest): (Vec<&Caveat>, Vec<_>) = notes.iter().filter(|note| !note.is_aside).partition(|note| note.first);
    let at = lines.len().min(1);
    lines.splice(at..at, first.into_iter().map(|note| note.short.clone()));
    if !rest.is_empty() {
        lines.push(rest.iter().map(|note| note.short.as_str()).collect::<Vec<_>>().join("; "));
    }
    lines.join("\n")
}

/// What is missing, as blocks of a card.
pub fn blocks(notes: &[Caveat]) -> impl Iterator<Item = Block> {
    notes.iter().filter_map(|note| note.sentence.clone().map(Block::Note))
}

/// That a list of `total`, `counted` with their noun, goes on; `None` on its last page.
pub(super) fn goes_on(page: ListPage, total: usize, counted: &str, facts: &Facts) -> Option<Caveat> {
    let next = page.next(total)?;
    let listed = format!("{} of {counted} are listed", page.span(total));
    Some(match facts.turn(next) {
        Some(next) => Caveat::new(format!("page {next} goes on"), format!("{listed}: page {next} goes on.")),
        None => Caveat::new(listed.clone(), format!("{listed}.")),
    })
}

/// That there is no earlier day than the newest.
pub(super) fn only_one_day() -> Caveat {
    Caveat::new("only one day is held, nothing to compare with yet", "Only one day is known, so there is nothing to compare with yet.")
}

/// That the day to compare with is not held, and which one is taken instead.
pub(super) fn other_day(asked: Date, before: Date) -> Caveat {
    Caveat::new(
        format!("{asked} is not held, compared with {before}"),
        format!("Nothing is known of {asked}; this compares with {before}."),
    )
}

/// Days that are missing between two days; `None` when none is.
pub fn missing(history: &History, from: Date, to: Date) -> Option<Caveat> {
    let missing = history.missing(from, to);
    match missing.as_slice() {
        [] => None,
        [only] => Some(Caveat::new(format!("no data for {only}"), format!("Nothing is known of {only}."))),
        [first, .., last] => {
            let days = missing.len();
            let short = format!("no data for {days} days from {first} to {last}");
            Some(Caveat::new(short, format!("Nothing is known of {days} days between {first} and {last}.")))
        }
    }
}

/// Tenants that have no score, and why, for those who may know; `None` when there is none.
pub(super) fn without_score(tenants: &[&TenantFacts], facts: &Facts) -> Option<Caveat> {
    let names: Vec<String> = tenants
        .iter()
        .map(|tenant| if facts.names { format!("{} ({})", tenant.name, tenant.why_no_score()) } else { tenant.name.clone() })
        .collect();
    let names = first_of(&names, NAMED_MAX);
    let have = if tenants.len() == 1 { "has" } else { "have" };
    (!tenants.is_empty()).then(|| Caveat::new(format!("no score yet: {names}"), format!("{names} {have} no score yet.")))
}

/// Controls whose points or maximum nothing tells; `None` when there is none.
pub fn unknown_points(controls: usize) -> Option<Caveat> {
    let sentence = match controls {
        0 => return None,
        1 => "How many points 1 of them has to gain is not known.".to_owned(),
        _ => format!("How many points {controls} of them have to gain is not known."),
    };
    Some(Caveat::new(format!("{} of unknown points", count(controls, "control")), sentence))
}

/// Of accepted risks that an answer leaves out, how many are past their last day on the day of asking: ` (2 of them expired)`.
pub(super) fn of_them_expired(accepted: &[Control<'_>], tenant: &TenantFacts, today: Date) -> String {
    let is =
        |control: &&Control<'_>| control.profile.is_some_and(|profile| has_expired(profile, tenant.annotations.get(control.name()), today));
    match accepted.iter().filter(is).count() {
        0 => String::new(),
        1 if accepted.len() == 1 => " (expired)".to_owned(),
        expired => format!(" ({expired} of them expired)"),
    }
}

/// Days whose controls Microsoft did not send; `None` when there is none.
pub fn controls_unknown(days: &[Date]) -> Option<Caveat> {
    let days = days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let sentence = format!("Microsoft sent no controls for {days}: how they stood then is not known.");
    (!days.is_empty()).then(|| Caveat::new(format!("controls of {days} not known: Microsoft sent none"), sentence))
}

/// That the controls told are those of `scored`, a day before the newest; `None` where no day has any.
pub fn controls_of(scored: &Snapshot) -> Option<Caveat> {
    let (short, sentence) =
        (format!("these are of {}", scored.day), format!("These are the controls of {}, the last day that has any.", scored.day));
    scored.controls_known.then(|| Caveat::new(short, sentence))
}

/// Tenants whose points are of a day before their newest, because that has no controls; `None` when there is none.
pub fn controls_of_earlier(tenants: &[&TenantFacts]) -> Option<Caveat> {
    const NAMED_MAX: usize = 5;
    let of = |tenant: &&TenantFacts| {
        tenant.history.newest().filter(|newest| !newest.controls_known)?;
        let scored = tenant.history.newest_with_controls();
        Some(format!("{} ({})", tenant.name, scored.map_or_else(|| "none known".to_owned(), |scored| format!("of {}", scored.day))))
    };
    let all: Vec<String> = tenants.iter().filter_map(of).collect();
    let mut named = all.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > NAMED_MAX {
        named = format!("{named} and {} more", all.len() - NAMED_MAX);
    }
    let sentence =
        format!("Microsoft sent no controls for the newest day of {}; points are of an earlier day: {named}.", count(all.len(), "tenant"));
    (!all.is_empty()).then(|| Caveat::new(format!("controls of the newest day not known, points are of an earlier day: {named}"), sentence))
}

/// A tenant that has no controls of a category.
pub fn none_of(category: &str) -> Caveat {
    Caveat::new(format!("no {category} controls in this tenant"), format!("This tenant has no controls of the category {category}."))
}

/// How the maximum changed, `than` when.
pub fn maximum_moved(moved: f64, than: &str) -> String {
    let higher = if moved < 0.0 { "lower" } else { "higher" };
    format!("The maximum is {} {higher} {than}.", super::format::amount(moved.abs()))
}
