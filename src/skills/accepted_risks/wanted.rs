//! Which decisions fit the question, and what do they leave on the table?

use jiff::civil::Date;

use super::{AcceptedRisksArgs, StateArg, caveats, decided};
use crate::{
    error::Result,
    score::{
        ControlState, StateUpdate,
        risk::{self, Decision, DecisionQuery},
    },
    skills::{TenantFacts, caveat::Caveat, format, since::Since},
};

/// The decisions that fit a question.
pub(super) struct Wanted<'a> {
    /// They.
    pub decisions: Vec<Decision<'a>>,
    /// How many more would fit if it were known when they were made.
    pub undated: usize,
    /// How many the person asked for decided, and others since.
    pub earlier: usize,
    /// How many of the decisions are acceptances that are no more.
    pub withdrawn: usize,
    /// How many have an end that is not understood.
    pub unclear: usize,
}

/// Which decisions a card is about, and whose.
pub(super) fn title(place: &str, args: &AcceptedRisksArgs) -> String {
    let which = match args.state {
        StateArg::Accepted => "Accepted risks",
        StateArg::Expired => "Expired risks",
        StateArg::ThirdParty => "Third-party resolutions",
        StateArg::Mitigated => "Alternate mitigations",
        StateArg::Reviewed => "Reviewed controls",
        StateArg::All => "Decisions",
    };
    let by = args.by.as_ref().map_or_else(String::new, |by| format!(", by {}", format::echo(by)));
    let since = args.since().ok().flatten().map_or_else(String::new, since_words);
    format!("{which} of {place}{by}{since}")
}

fn since_words(since: Since) -> String {
    match since {
        Since::Yesterday => " since yesterday".to_owned(),
        Since::Days(days) => format!(" of the last {}", format::count(days as usize, "day")),
        Since::Day(day) => format!(" since {day}"),
    }
}

/// Those of `tenant`, as of `today`.
pub(super) fn wanted<'a>(tenant: &'a TenantFacts, args: &AcceptedRisksArgs, today: Date) -> Result<Wanted<'a>> {
    let newest = tenant.with_controls()?;
    let by = args.by.as_ref().map(|by| by.to_lowercase());
    let since = args.since()?.map(|since| since.day(today));
    let look = DecisionQuery { today, history: args.history, since };
    let mut decisions = risk::decisions(newest, &tenant.catalogue, &tenant.annotations, look);
    decisions.retain(|decision| args.state.fits(decision));
    let person =
        |update: &&StateUpdate| update.by.as_ref().is_some_and(|name| by.as_ref().is_none_or(|by| name.to_lowercase().contains(by)));
    let own = |decision: &Decision<'_>| by.is_none() || decision.decided().any(|update| person(&update));
    let earlier = decisions.iter().filter(|decision| !own(decision) && decision.updates.iter().any(person)).count();
    decisions.retain(own);
    let undated = decisions.iter().filter(|decision| since.is_some() && decided::decided_at(decision).is_none()).count();
    decisions.retain(|decision| decided::fits(since, decision));
    let withdrawn = decisions.iter().filter(|decision| args.state.is_no_more(decision)).count();
    let unclear = decisions.iter().filter(|decision| decision.unclear.is_some()).count();
    Ok(Wanted { decisions, undated, earlier, withdrawn, unclear })
}

impl Wanted<'_> {
    /// What is left out, and what needs care.
    pub(super) fn notes(&self, args: &AcceptedRisksArgs, today: Date) -> impl Iterator<Item = Caveat> {
        let since = args.since().ok().flatten().map(|since| since.day(today));
        let some = |number: usize, note: &dyn Fn(usize) -> Caveat| (number > 0).then(|| note(number));
        let notes = [
            some(self.withdrawn, &|risks| caveats::withdrawn(risks, since).said_in_first_line()),
            some(self.undated, &caveats::undated),
            some(self.earlier, &caveats::earlier),
            some(self.unclear, &caveats::unclear),
        ];
        notes.into_iter().flatten()
    }
}

/// What accepted decisions leave on the table.
#[derive(Default)]
pub(super) struct GivenUp {
    /// As far as that is known.
    points: f64,
    /// Of how many it is.
    known: usize,
    /// And of how many it is not.
    unknown: usize,
}

impl GivenUp {
    pub(super) fn of(decisions: &[Decision<'_>]) -> Self {
        let mut all = Self::default();
        for decision in accepted(decisions) {
            match decision.points_given_up() {
                Some(points) => all.add(&Self { points, known: 1, unknown: 0 }),
                None => all.unknown += 1,
            }
        }
        all
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.known += other.known;
        self.unknown += other.unknown;
    }

    /// The points, where any are known or there is nothing to know.
    pub(super) fn points(&self) -> Option<f64> {
        Some(format::round2(self.points)).filter(|_| self.known > 0 || self.unknown == 0)
    }

    /// Of how many they are not known, where there are some.
    pub(super) fn unknown(&self) -> Option<usize> {
        Some(self.unknown).filter(|unknown| *unknown > 0)
    }
}

/// The accepted ones of `decisions`.
pub(super) fn accepted<'a, 'b>(decisions: &'b [Decision<'a>]) -> impl Iterator<Item = &'b Decision<'a>> {
    decisions.iter().filter(|decision| *decision.state() == ControlState::Accepted)
}
