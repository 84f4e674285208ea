//! Which decisions fit the question, and what do they leave on the table?

use jiff::{ToSpan as _, civil::Date};

use super::{AcceptedRisksArgs, StateArg, caveats};
use crate::{
    error::Result,
    score::{
        StateUpdate,
        change::day_of,
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
    /// How many have expired already, where those are asked for that end soon.
    pub already_expired: usize,
}

/// Which decisions a card is about, and whose.
pub(super) fn title(place: &str, args: &AcceptedRisksArgs) -> String {
    let which = match args.state {
        StateArg::Accepted => "Accepted risks",
        StateArg::Expired => "Expired risks",
        StateArg::ThirdParty => "Third-party resolutions",
        StateArg::AlternateMitigation => "Alternate mitigations",
        StateArg::Reviewed => "Reviewed controls",
        StateArg::All => "Decisions",
    };
    let by = args.by.as_ref().map_or_else(String::new, |by| format!(", by {}", format::echo(by)));
    let since = args.since().ok().flatten().map_or_else(String::new, since_words);
    let ends = args.ends_within.map_or_else(String::new, |days| format!(", ending within {}", format::count(days as usize, "day")));
    format!("{which} of {place}{by}{since}{ends}")
}

fn since_words(since: Since) -> String {
    match since {
        Since::Yesterday => " since yesterday".to_owned(),
        Since::Days(days) => format!(" of the last {}", format::count(days as usize, "day")),
        Since::Day(_) | Since::Month(_) => format!(" since {}", since.word().unwrap_or_default()),
    }
}

/// Those of `tenant`, as of `today`.
pub(super) fn wanted<'a>(tenant: &'a TenantFacts, args: &AcceptedRisksArgs, today: Date) -> Result<Wanted<'a>> {
    let newest = tenant.with_controls()?;
    let by = args.by.as_ref().map(|by| by.to_lowercase());
    let since = args.since()?.map(|since| since.first(today));
    let look = DecisionQuery { today, history: args.history, since };
    let mut decisions = risk::decisions(newest, &tenant.catalogue, &tenant.annotations, look);
    decisions.retain(|decision| args.state.fits(decision));
    let person =
        |update: &&StateUpdate| update.by.as_ref().is_some_and(|name| by.as_ref().is_none_or(|by| name.to_lowercase().contains(by)));
    let own = |decision: &Decision<'_>| by.is_none() || decision.decided().any(|update| person(&update));
    let earlier = decisions.iter().filter(|decision| !own(decision) && decision.updates.iter().any(person)).count();
    decisions.retain(own);
    let undated = decisions.iter().filter(|decision| since.is_some() && decision.decided_at().is_none()).count();
    let is_since = |decision: &Decision<'_>| since.is_none_or(|since| decision.decided_at().is_some_and(|at| day_of(at) >= since));
    decisions.retain(is_since);
    let mut already_expired = 0;
    if let Some(days) = args.ends_within {
        already_expired = decisions.iter().filter(|decision| decision.expired && !decision.withdrawn).count();
        let last = today.saturating_add(i64::from(days).days());
        decisions.retain(|decision| !decision.withdrawn && decision.until.is_some_and(|until| (today..=last).contains(&until)));
        decisions.sort_by_key(|decision| decision.until);
    }
    let withdrawn = decisions.iter().filter(|decision| args.state.is_no_more(decision)).count();
    let unclear = decisions.iter().filter(|decision| decision.unclear.is_some()).count();
    Ok(Wanted { decisions, undated, earlier, withdrawn, unclear, already_expired })
}

impl Wanted<'_> {
    /// What is left out, and what needs care.
    pub(super) fn notes(&self, args: &AcceptedRisksArgs, today: Date) -> impl Iterator<Item = Caveat> {
        let since = args.since().ok().flatten().map(|since| since.first(today));
        let some = |number: usize, note: &dyn Fn(usize) -> Caveat| (number > 0).then(|| note(number));
        let notes = [
            some(self.withdrawn, &|risks| caveats::withdrawn(risks, since).said_in_first_line()),
            some(self.already_expired, &caveats::already_expired),
            some(self.undated, &caveats::undated),
            some(self.earlier, &caveats::earlier),
            some(self.unclear, &caveats::unclear),
        ];
        notes.into_iter().flatten()
    }
}
