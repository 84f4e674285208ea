//! Is what is known of a tenant as new as it should be, and if not: why? What is missing is reported as missing, never as calm.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{FetchFailure, news::News};
use crate::{
    card::Block,
    score::age,
    text::{count, cut, first_of, one_line, sentence_case},
};

/// How many days old a newest score may be without a word about it: Microsoft publishes each up to a day late, so that one older than 48 hours is late.
const FRESH_DAYS: i32 = 1;
/// How many tenants a line names.
const NAMED_MAX: usize = 5;
/// How many causes are reported, and how much of each, in characters.
const CAUSES_MAX: (usize, usize) = (3, 240);
/// Why a tenant is left out that nothing is wrong with.
pub(super) const NO_SCORE: &str = "no score yet";

/// Whether the newest score of a tenant should be newer than `day` on `utc_today`, by which scores are dated.
pub(super) fn is_stale(day: Date, utc_today: Date) -> bool {
    age(day, utc_today) > FRESH_DAYS
}

/// What is missing.
pub(super) struct Missing<'a> {
    /// All tenants that have a score.
    pub all: &'a [News],
    /// Those that have none yet.
    pub left_out: &'a [String],
    /// Those that cannot be reported on just now.
    pub failing: &'a [String],
    /// Why tenants could not be read the last time.
    pub faults: &'a BTreeMap<String, FetchFailure>,
}

impl Missing<'_> {
    /// The title where no tenant has a score.
    pub fn title(&self) -> String {
        let names: Vec<String> = self.left_out.iter().map(|name| sentence_case(name)).collect();
        let names = first_of(&names, NAMED_MAX);
        match self.shared() {
            Some(NO_SCORE) | None => format!("No score yet: {names}"),
            Some(cause) => format!("{names}: {cause}, {NO_SCORE}"),
        }
    }

    /// The notes below what is reported. Which tenants have no data and no score their lines say; of the only tenant the title does.
    pub fn notes(&self) -> Vec<Block> {
        let mut notes = Vec::new();
        if self.is_alone() && !self.failing.is_empty() {
            notes.push("It is reported by the next digest: its stored data cannot be read.".to_owned());
        }
        if self.shared() == Some(NO_SCORE) {
            let one = self.left_out.len() == 1;
            notes.push(format!(
                "{} reported as soon as {}.",
                if one { "It is" } else { "They are" },
                if one { "it has one" } else { "they have one" }
            ));
        }
        notes.extend(self.causes());
        notes.into_iter().map(Block::Note).collect()
    }

    fn is_alone(&self) -> bool {
        self.all.len() + self.left_out.len() + self.failing.len() == 1
    }

    /// Why the tenant called `name` has no score.
    fn why(&self, name: &str) -> &'static str {
        self.faults.get(name).map_or(NO_SCORE, FetchFailure::words)
    }

    /// Why all that have no score have none, where that is the same and no tenant has one.
    pub(super) fn shared(&self) -> Option<&'static str> {
        let causes: BTreeSet<_> = self.left_out.iter().map(|name| self.why(name)).collect();
        causes.first().copied().filter(|_| causes.len() == 1 && self.all.is_empty() && self.failing.is_empty())
    }

    /// What went wrong, in the words of whoever read it, each once with the tenants that it is about.
    fn causes(&self) -> Vec<String> {
        let without = self.left_out.iter().filter_map(|name| Some((name.as_str(), self.faults.get(name)?)));
        let old = self.all.iter().filter_map(|news| Some((news.tenant.as_str(), news.fault.as_ref()?)));
        let mut causes: Vec<(String, Vec<&str>)> = Vec::new();
        for (tenant, failure) in old.chain(without) {
            let sentence = cut(&one_line(&failure.sentence), CAUSES_MAX.1);
            match causes.iter_mut().find(|(known, _)| *known == sentence) {
                Some((_, tenants)) => tenants.push(tenant),
                None => causes.push((sentence, vec![tenant])),
            }
        }
        let said = |(sentence, tenants): &(String, Vec<&str>)| {
            if self.is_alone() { sentence.clone() } else { format!("{}: {sentence}", first_of(tenants, NAMED_MAX)) }
        };
        let more = causes.len().saturating_sub(CAUSES_MAX.0);
        let more =
            (more > 0).then(|| format!("{} more: scorewatch check says {}.", count(more, "cause"), if more == 1 { "it" } else { "them" }));
        causes.iter().take(CAUSES_MAX.0).map(said).chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn fault(sign_in: bool) -> FetchFailure {
        FetchFailure { sign_in, sentence: "The client secret has expired.".to_owned() }
    }

    fn sentences(left_out: &[&str], faults: &[(&str, bool)]) -> (String, Vec<String>) {
        let left_out: Vec<String> = left_out.iter().map(ToString::to_string).collect();
        let faults = faults.iter().map(|(name, sign_in)| ((*name).to_owned(), fault(*sign_in))).collect();
        let missing = Missing { all: &[], left_out: &left_out, failing: &[], faults: &faults };
        let note = |block: Block| if let Block::Note(note) = block { note } else { panic!("{block:?}") };
        (missing.title(), missing.notes().into_iter().map(note).collect())
    }

    #[test]
    fn a_day_old_is_as_new_as_it_gets() {
        let old = |day| is_stale(date(2026, 11, day), date(2026, 11, 21));
        assert_eq!([19, 20, 21, 22].map(old), [true, false, false, false]);
    }

    #[test]
    fn why_there_is_no_score_is_said_where_it_is_known() {
        assert_eq!(sentences(&["acme"], &[]), ("No score yet: Acme".to_owned(), vec!["It is reported as soon as it has one.".to_owned()]));
        let (title, notes) = sentences(&["acme", "beta"], &[("acme", true), ("beta", true)]);
        assert_eq!(title, "Acme, Beta: the sign-in to Microsoft fails, no score yet");
        assert_eq!(notes, ["acme, beta: The client secret has expired."]);
        let (title, notes) = sentences(&["acme", "beta", "c"], &[("acme", true), ("c", false)]);
        assert_eq!((title.as_str(), notes), ("No score yet: Acme, Beta, C", vec!["acme, c: The client secret has expired.".to_owned()]));
        assert_eq!(sentences(&["acme"], &[("acme", true)]).1, ["The client secret has expired."]);
    }
}
