//! Is the score as new as it should be on the day of asking? An old one is marked wherever it is told, and never taken for calm.
//!
//! An answer is remembered for the day of asking alone, so that an age in it stays true; both days stand beside it.

use jiff::civil::Date;

use super::{TenantFacts, caveat::Caveat};
use crate::{
    card::{Block, Tone, Word},
    score::{FRESH_DAYS, age},
    text::{count, first_of},
};

/// How many tenants a mark names.
const NAMED_MAX: usize = 10;

/// A newest day that is older than it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// In a few words, for a lead: `! newest day is 26 days old`.
    mark: String,
    /// The same with both days.
    dated: String,
    /// For people, where the lead does not say all of it.
    sentence: Option<String>,
    /// The day of asking.
    today: Date,
}

impl Stale {
    /// What is to be said of a tenant's newest `day` on `today`; `None` where it is as new as it gets.
    pub fn of(day: Date, today: Date) -> Option<Self> {
        let mark = format!("! newest day is {} old", is_old(day, today)?);
        Some(Self { dated: format!("{mark} ({day}, asked on {today})"), mark, sentence: None, today })
    }

    /// The same of several tenants, the oldest first; `None` where all are as new as it gets.
    pub fn among(tenants: &[&TenantFacts], today: Date) -> Option<Self> {
        let newest = |tenant: &&TenantFacts| tenant.history.newest().map(|newest| (newest.day, tenant.name.clone()));
        let mut old: Vec<(Date, String)> = tenants.iter().filter_map(newest).filter(|(day, _)| is_old(*day, today).is_some()).collect();
        old.sort();
        let (oldest, first) = old.first()?;
        let age = count(usize::try_from(age(*oldest, today)).unwrap_or(0), "day");
        let mark = match old.len() {
            1 => format!("! newest day of {first} is {age} old"),
            several => format!("! {several} tenants have old scores, {first} one of {age}"),
        };
        let days: Vec<String> = old.iter().map(|(day, name)| format!("{name} {day}")).collect();
        let dated = format!("! old newest days (asked on {today}): {}", first_of(&days, NAMED_MAX));
        let sentence = Some(format!("Old newest days: {}.", first_of(&days, NAMED_MAX)));
        Some(Self { mark, dated, sentence, today })
    }

    /// The day of asking, for programs.
    pub fn asked(stale: Option<&Self>) -> Option<String> {
        stale.map(|stale| stale.today.to_string())
    }

    /// What stands among the notes; a card says it in its lead.
    pub fn note(&self) -> Caveat {
        Caveat::marked(self.dated.clone(), self.sentence.clone())
    }

    /// It as it stands in a lead.
    pub fn word(&self) -> Word {
        Word::toned(self.mark.clone(), Tone::Warn)
    }

    /// `blocks` with the mark in their lead, which is made where there is none.
    pub fn lead(stale: Option<&Self>, mut blocks: Vec<Block>) -> Vec<Block> {
        let Some(word) = stale.map(Self::word) else { return blocks };
        match blocks.first_mut() {
            Some(Block::Lead(words)) => words.push(word),
            _ => blocks.insert(0, Block::Lead(vec![word])),
        }
        blocks
    }
}

/// How old `day` is on `today`, where that is too old.
fn is_old(day: Date, today: Date) -> Option<String> {
    let age = age(day, today);
    (age > FRESH_DAYS).then(|| count(usize::try_from(age).unwrap_or(0), "day"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_score_of_more_than_two_days_is_old() {
        let today = date(2026, 11, 30);
        let old = |day| Stale::of(date(2026, 11, day), today).map(|stale| stale.dated);
        assert_eq!(old(4).as_deref(), Some("! newest day is 26 days old (2026-11-04, asked on 2026-11-30)"));
        assert_eq!(old(27).as_deref(), Some("! newest day is 3 days old (2026-11-27, asked on 2026-11-30)"));
        assert_eq!((old(28), old(30)), (None, None));
        assert_eq!(Stale::of(date(2026, 12, 1), today), None, "clocks differ");
    }
}
