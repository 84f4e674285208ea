//! Which of many things together give enough, and take the least? Exactly, whatever their number.
//!
//! Efforts are small whole numbers, so that things fall into a few classes of equal effort. Of a class it is always those that give most that
//! are taken: any other choice can be exchanged for them, and gives no less for the same effort. What remains open is how many of each class.
//! Class by class it is found out what is the most that each effort can give.

use std::{collections::BTreeMap, ops::Range};

/// Something that gives a gain and takes an effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GainAndEffort {
    /// What it gives, in whole units.
    pub gain: i64,
    /// What it takes, 1 at least.
    pub effort: usize,
}

/// What some of them give together, and how few they are. Of two the better is the greater: that which gives more, else that of fewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    gain: i64,
    fewer: i64,
}

impl Worth {
    const fn and(self, other: Self) -> Self {
        Self { gain: self.gain.saturating_add(other.gain), fewer: self.fewer + other.fewer }
    }
}

/// Things of equal effort, the ones that give most first.
struct EffortClass {
    effort: usize,
    /// Their places in the list.
    places: Vec<usize>,
    /// What the first of them give together, from none to all.
    sums: Vec<Worth>,
}

/// The places of those of `all` that give `needed` together and take the least effort; of several such choices the one that gives most, then
/// the one of the fewest, then the one with the first places. `None` where all of them do not give it.
pub fn least_effort(all: &[GainAndEffort], needed: i64) -> Option<Vec<usize>> {
    let classes = classes(all);
    let most: usize = classes.iter().map(|class| class.effort * class.places.len()).sum();
    // The best that each effort, or less, can give; without any class that is nothing.
    let mut best = vec![Worth::default(); most + 1];
    let mut taken = Vec::with_capacity(classes.len());
    for class in &classes {
        let (with_it, of_it) = class.added_to(&best);
        best = with_it;
        taken.push(of_it);
    }
    let mut effort = best.partition_point(|worth| worth.gain < needed);
    if effort > most {
        return None;
    }
    let mut chosen = Vec::new();
    for (class, taken) in classes.iter().zip(&taken).rev() {
        chosen.extend(&class.places[..taken[effort]]);
        effort -= class.effort * taken[effort];
    }
    chosen.sort_unstable();
    Some(chosen)
}

fn classes(all: &[GainAndEffort]) -> Vec<EffortClass> {
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, one) in all.iter().enumerate() {
        classes.entry(one.effort.max(1)).or_default().push(place);
    }
    let class = |(effort, mut places): (usize, Vec<usize>)| {
        places.sort_by_key(|place| std::cmp::Reverse(all[*place].gain));
        let mut sums = vec![Worth::default()];
        sums.extend(places.iter().scan(Worth::default(), |sum, place| {
            *sum = sum.and(Worth { gain: all[*place].gain, fewer: -1 });
            Some(*sum)
        }));
        EffortClass { effort, places, sums }
    };
    classes.into_iter().map(class).collect()
}

impl EffortClass {
    /// What each effort can give at best where things of this class come to what gave `best` without them, and how many of them that takes.
    fn added_to(&self, best: &[Worth]) -> (Vec<Worth>, Vec<usize>) {
        let mut added = (best.to_vec(), vec![0; best.len()]);
        // Efforts that differ by a multiple of the class's are one question each; others have nothing to do with one another.
        for first in 0..self.effort.min(best.len()) {
            let before: Vec<Worth> = best[first..].iter().step_by(self.effort).copied().collect();
            self.fill(&before, 0..before.len(), 0..before.len(), &mut |at, source| {
                let effort = first + at * self.effort;
                added.0[effort] = before[source].and(self.sums[at - source]);
                added.1[effort] = at - source;
            });
        }
        added
    }

    /// Finds for each of `rows` the place `source` in `before` from which the class's next things lead to the most, and tells both.
    ///
    /// Each further thing of the class gives no more than the one before, so that the best source of a later row is never an earlier one: what
    /// is found for the middle row halves the search for all others.
    fn fill(&self, before: &[Worth], rows: Range<usize>, sources: Range<usize>, tell: &mut impl FnMut(usize, usize)) {
        if rows.is_empty() {
            return;
        }
        let row = rows.start + rows.len() / 2;
        let in_reach = sources.start.max(row.saturating_sub(self.places.len()))..sources.end.min(row + 1);
        // The last of equals in this order is the first source.
        let source = in_reach.rev().max_by_key(|source| before[*source].and(self.sums[row - source])).unwrap_or(row);
        tell(row, source);
        self.fill(before, rows.start..row, sources.start..source + 1, tell);
        self.fill(before, row + 1..rows.end, source..sources.end, tell);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, found by trying every choice: its effort, its gain and how many it takes.
    fn tried(all: &[GainAndEffort], needed: i64) -> Option<(usize, i64, usize)> {
        let choices = (0..1_u32 << all.len()).map(|choice| {
            let of = |at: &usize| choice & (1 << at) != 0;
            let chosen: Vec<usize> = (0..all.len()).filter(of).collect();
            weighed(all, &chosen)
        });
        let enough = choices.filter(|(_, gain, _)| *gain >= needed);
        enough.min_by_key(|(effort, gain, count)| (*effort, -*gain, *count))
    }

    fn weighed(all: &[GainAndEffort], chosen: &[usize]) -> (usize, i64, usize) {
        let effort = chosen.iter().map(|at| all[*at].effort).sum();
        (effort, chosen.iter().map(|at| all[*at].gain).sum(), chosen.len())
    }

    fn things() -> impl Strategy<Value = Vec<GainAndEffort>> {
        let thing = (prop_oneof![1..30_i64, 1..1000_i64], 1..=5_usize).prop_map(|(gain, effort)| GainAndEffort { gain, effort });
        proptest::collection::vec(thing, 0..=11)
    }

    proptest! {
        #[test]
        fn no_other_choice_takes_less(all in things(), share in 0..=110_i64) {
            let needed = all.iter().map(|one| one.gain).sum::<i64>() * share / 100;
            let chosen = least_effort(&all, needed);
            prop_assert_eq!(chosen.as_ref().map(|chosen| weighed(&all, chosen)), tried(&all, needed));
        }

        #[test]
        fn every_one_that_is_chosen_is_needed(all in proptest::collection::vec((1..900_i64, 1..=5_usize), 0..300), share in 1..=100_i64) {
            let all: Vec<GainAndEffort> = all.into_iter().map(|(gain, effort)| GainAndEffort { gain, effort }).collect();
            let needed = all.iter().map(|one| one.gain).sum::<i64>() * share / 100;
            let chosen = least_effort(&all, needed).unwrap();
            let (_, gain, _) = weighed(&all, &chosen);
            prop_assert!(gain >= needed);
            prop_assert!(chosen.iter().all(|at| gain - all[*at].gain < needed));
        }
    }

    #[test]
    fn equals_are_taken_in_their_order() {
        let all = [(3, 2), (3, 1), (3, 1), (2, 1)].map(|(gain, effort)| GainAndEffort { gain, effort });
        assert_eq!(least_effort(&all, 3), Some(vec![1]));
        assert_eq!(least_effort(&all, 6), Some(vec![1, 2]));
        assert_eq!(least_effort(&all, 0), Some(vec![]));
        assert_eq!(least_effort(&all, 12), None);
        assert_eq!(least_effort(&[], 1), None);
        // Both take an effort of 2: the one that gives more, though they are two.
        let all = [(5, 2), (3, 1), (3, 1)].map(|(gain, effort)| GainAndEffort { gain, effort });
        assert_eq!(least_effort(&all, 4), Some(vec![1, 2]));
        // The same gain: the one of fewer.
        let all = [(3, 1), (3, 1), (6, 2)].map(|(gain, effort)| GainAndEffort { gain, effort });
        assert_eq!(least_effort(&all, 4), Some(vec![2]));
    }
}
