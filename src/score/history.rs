//! Which days do we hold? Snapshots by day, and the days between that are missing.

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};

use super::{Catalogue, DayScore, Snapshot};

/// Days of a tenant, oldest first, each day once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    days: Vec<Snapshot>,
    /// Days that are held, also those that were not loaded.
    held: BTreeSet<Date>,
    /// Days of which only the sums were loaded, oldest first.
    scores: Vec<DayScore>,
}

impl History {
    /// A history of `days` in any order; of two of the same day the later in the list stays.
    pub fn new(mut days: Vec<Snapshot>) -> Self {
        days.reverse();
        days.sort_by_key(|snapshot| snapshot.day);
        days.dedup_by_key(|snapshot| snapshot.day);
        let held = days.iter().map(|snapshot| snapshot.day).collect();
        Self { days, held, scores: Vec::new() }
    }

    /// The same, where more days are held than were loaded.
    #[must_use]
    pub fn holding(mut self, held: impl IntoIterator<Item = Date>) -> Self {
        self.held.extend(held);
        self
    }

    /// The same, with the sums of more days, oldest first.
    #[must_use]
    pub fn with_scores(self, scores: Vec<DayScore>) -> Self {
        Self { scores, ..self }
    }

    /// The same with another `snapshot` of its day.
    #[must_use]
    pub fn with(mut self, snapshot: Snapshot) -> Self {
        self.held.insert(snapshot.day);
        let at = self.days.partition_point(|held| held.day < snapshot.day);
        if self.days.get(at).is_some_and(|held| held.day == snapshot.day) {
            self.days.remove(at);
        }
        self.days.insert(at, snapshot);
        self
    }

    /// The newest day.
    pub fn newest(&self) -> Option<&Snapshot> {
        self.days.last()
    }

    /// The newest day whose controls are known.
    pub fn newest_with_controls(&self) -> Option<&Snapshot> {
        self.days.iter().rev().find(|snapshot| snapshot.controls_known)
    }

    /// The newest day before `day`.
    pub fn before(&self, day: Date) -> Option<&Snapshot> {
        let at = self.days.partition_point(|snapshot| snapshot.day < day);
        at.checked_sub(1).map(|at| &self.days[at])
    }

    /// The newest day that is not after `day`.
    pub fn on_or_before(&self, day: Date) -> Option<&Snapshot> {
        let at = self.days.partition_point(|snapshot| snapshot.day <= day);
        at.checked_sub(1).map(|at| &self.days[at])
    }

    /// All days, oldest first.
    pub fn days(&self) -> &[Snapshot] {
        &self.days
    }

    /// The sums of days, oldest first: those that were loaded as such, else those of all days that were loaded whole.
    pub fn scores(&self, catalogue: &Catalogue) -> Vec<DayScore> {
        if !self.scores.is_empty() {
            return self.scores.clone();
        }
        let before = std::iter::once(None).chain(self.days.iter().map(Some));
        before.zip(&self.days).map(|(before, day)| DayScore::by_category(day, before, catalogue)).collect()
    }

    /// The first day that is known to be held.
    pub fn first_held(&self) -> Option<Date> {
        self.held.first().copied()
    }

    /// The calendar days after `from` and before `to` that are not held.
    pub fn missing(&self, from: Date, to: Date) -> Vec<Date> {
        from.series(1.day()).skip(1).take_while(|day| *day < to).filter(|day| !self.held.contains(day)).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn day(day: i8) -> Snapshot {
        Snapshot {
            day: date(2026, 11, day),
            points: f64::from(day),
            maximum: Some(30.0),
            active_users: None,
            peers: vec![],
            controls: vec![],
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        }
    }

    #[test]
    fn days_are_found_by_date_and_holes_are_named() {
        let history = History::new(vec![day(9), day(4), day(5), day(8)]);
        assert_eq!(history.newest().map(|s| s.day), Some(date(2026, 11, 9)));
        assert_eq!(history.before(date(2026, 11, 8)).map(|s| s.day), Some(date(2026, 11, 5)));
        assert_eq!(history.on_or_before(date(2026, 11, 7)).map(|s| s.day), Some(date(2026, 11, 5)));
        assert_eq!(history.missing(date(2026, 11, 4), date(2026, 11, 9)), [date(2026, 11, 6), date(2026, 11, 7)]);
        assert_eq!(history.before(date(2026, 11, 4)), None);
        let other = Snapshot { points: 0.5, ..day(5) };
        let history = history.with(other.clone()).with(day(7));
        assert_eq!((history.days().len(), history.on_or_before(date(2026, 11, 6))), (5, Some(&other)));
        assert_eq!(history.missing(date(2026, 11, 4), date(2026, 11, 9)), [date(2026, 11, 6)]);
        let history = history.with(Snapshot { controls_known: false, ..day(10) });
        assert_eq!(history.newest_with_controls().map(|s| s.day), Some(date(2026, 11, 9)));
    }
}
