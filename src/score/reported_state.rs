//! What was told of a tenant? Its numbers and decisions, compactly, so that what becomes another afterwards can be told, too.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Annotations, Catalogue, Category, Control, ControlScore, ControlState, Snapshot, risk, same_points};

/// What was told of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedState {
    /// Its newest day then.
    pub day: Date,
    /// Points had then.
    pub points: f64,
    /// Points that could be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// What each control had, and could have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    controls: BTreeMap<Arc<str>, (Option<f64>, Option<f64>)>,
    /// Whether nobody knew which controls there were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    controls_unknown: bool,
    /// The controls whose risk was accepted, each with what tells that decision from others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    accepted: BTreeMap<Arc<str>, String>,
    /// The controls whose acceptance had run out, each with its last day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ended: BTreeMap<Arc<str>, Date>,
    /// The controls that were to be seen to next, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Whether it was told that this day was older than it should be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

impl ReportedState {
    /// What can be told of `snapshot` on `today`.
    pub fn of(snapshot: &Snapshot, catalogue: &Catalogue, annotations: &Annotations, today: Date) -> Self {
        let numbers = |score: &ControlScore| (score.points, Control::join(score, catalogue).maximum);
        let decisions = risk::decisions(snapshot, catalogue, annotations, risk::DecisionQuery::on(today));
        let accepted = || decisions.iter().filter(|decision| *decision.state() == ControlState::Accepted);
        let ended = |decision: &risk::Decision<'_>| decision.until.filter(|until| *until < today);
        Self {
            day: snapshot.day,
            points: snapshot.points,
            maximum: snapshot.maximum,
            controls: snapshot.controls.iter().map(|score| (Arc::clone(&score.name), numbers(score))).collect(),
            controls_unknown: !snapshot.controls_known,
            accepted: accepted().map(|decision| (Arc::clone(&decision.profile.name), mark(decision))).collect(),
            ended: accepted().filter_map(|decision| Some((Arc::clone(&decision.profile.name), ended(decision)?))).collect(),
            next: Vec::new(),
            stale: false,
        }
    }

    /// It with the numbers of `earlier`, as if nobody had been told of these decisions yet.
    #[must_use]
    pub fn without(&self, earlier: &Snapshot, catalogue: &Catalogue, [accepted, ended]: [&[String]; 2]) -> Self {
        let mut before = Self { next: Vec::new(), ..Self::of(earlier, catalogue, &Annotations::default(), earlier.day) };
        before.accepted = self.accepted.clone();
        before.ended = self.ended.clone();
        before.accepted.retain(|control, _| !accepted.iter().any(|name| **name == **control));
        before.ended.retain(|control, _| !ended.iter().chain(accepted).any(|name| **name == **control));
        before
    }

    /// It with the numbers of `told`, where those are of a later day.
    #[must_use]
    pub fn after(self, known: Option<&Self>) -> Self {
        match known {
            Some(known) if known.day > self.day => Self { accepted: self.accepted, ended: self.ended, next: self.next, ..known.clone() },
            _ => self,
        }
    }

    /// Whether the numbers of `now` are those that were told, whatever their day.
    pub fn has_numbers_of(&self, now: &Self) -> bool {
        let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => same_points(a, b),
            (a, b) => a.is_none() == b.is_none(),
        };
        same_points(self.points, now.points)
            && same(self.maximum, now.maximum)
            && self.controls_unknown == now.controls_unknown
            && self.controls.len() == now.controls.len()
            && self
                .controls
                .iter()
                .zip(&now.controls)
                .all(|((name, known), (other, now))| name == other && same(known.0, now.0) && same(known.1, now.1))
    }

    /// Whether it was told that `decision` was accepted.
    pub fn reported_accepted(&self, decision: &risk::Decision<'_>) -> bool {
        let known = self.accepted.get(&decision.profile.name);
        known.zip(decision.profile.in_force()).is_some_and(|(known, now)| now.is(known))
    }

    /// Whether it was told that `decision` ran out.
    pub fn reported_expired(&self, decision: &risk::Decision<'_>) -> bool {
        self.ended.get(&decision.profile.name).copied() == decision.until
    }

    /// The day as it was told: `stored`, what is known of it by now, with the numbers that were told put in.
    pub fn as_reported(&self, stored: Option<&Snapshot>, catalogue: &Catalogue) -> Snapshot {
        let known = |name: &Arc<str>| stored.and_then(|day| day.control(name)).cloned();
        let control = |(name, (points, maximum)): (&Arc<str>, &(Option<f64>, Option<f64>))| {
            let mut score = known(name).unwrap_or_else(|| unknown(name, catalogue));
            let now = (score.points, Control::join(&score, catalogue).maximum);
            if now != (*points, *maximum) {
                (score.points, score.profile_maximum) = (*points, *maximum);
                score.percent =
                    points.zip(*maximum).filter(|(_, maximum)| *maximum > 0.0).map(|(points, maximum)| 100.0 * points / maximum);
            }
            score
        };
        let blank = || Snapshot {
            day: self.day,
            points: self.points,
            maximum: None,
            active_users: None,
            peers: Vec::new(),
            controls: Vec::new(),
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        };
        Snapshot {
            day: self.day,
            points: self.points,
            maximum: self.maximum,
            controls: self.controls.iter().map(control).collect(),
            controls_known: !self.controls_unknown,
            ..stored.cloned().unwrap_or_else(blank)
        }
    }
}

fn mark(decision: &risk::Decision<'_>) -> String {
    decision.profile.in_force().map(|decided| decided.mark()).unwrap_or_default()
}

/// A control of which the day that is stored knows nothing.
fn unknown(name: &Arc<str>, catalogue: &Catalogue) -> ControlScore {
    let category = catalogue.get(name).map_or_else(|| Category::from_graph(""), |profile| profile.category.clone());
    ControlScore { name: Arc::clone(name), category, points: None, percent: None, profile_maximum: None, evidence: None }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn score(name: &str, points: f64, maximum: f64) -> ControlScore {
        let percent = Some(100.0 * points / maximum);
        ControlScore {
            name: name.into(),
            category: Category::Identity,
            points: Some(points),
            percent,
            profile_maximum: Some(maximum),
            evidence: None,
        }
    }

    fn day(controls: Vec<ControlScore>) -> Snapshot {
        let points = controls.iter().filter_map(|control| control.points).sum();
        Snapshot {
            day: date(2026, 11, 20),
            points,
            maximum: Some(30.0),
            active_users: None,
            peers: vec![],
            controls,
            controls_known: true,
            enabled_services: None,
            sent_bytes: 7,
        }
    }

    fn reported(snapshot: &Snapshot) -> ReportedState {
        ReportedState::of(snapshot, &Catalogue::default(), &Annotations::default(), snapshot.day)
    }

    #[test]
    fn a_day_that_was_corrected_can_be_seen_as_it_was_reported() {
        let first = day(vec![score("a", 1.0, 10.0), score("b", 2.0, 10.0), score("d", 4.0, 10.0)]);
        let known = reported(&first);
        let read: ReportedState = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
        assert_eq!(read, known);
        let corrected = day(vec![score("a", 1.5, 10.0), score("b", 2.0, 10.0), score("c", 3.0, 10.0)]);
        assert!(!read.has_numbers_of(&reported(&corrected)) && read.has_numbers_of(&reported(&first)));
        let seen = read.as_reported(Some(&corrected), &Catalogue::default());
        assert!(read.has_numbers_of(&reported(&seen)), "{seen:?}");
        assert_eq!((seen.controls[0].percent, seen.sent_bytes), (Some(10.0), 7));
        assert_eq!(read.as_reported(Some(&first), &Catalogue::default()), first, "what did not change is as it is stored");
        let later = ReportedState { day: date(2026, 11, 22), ..known.clone() };
        assert_eq!(reported(&corrected).after(Some(&later)), later, "what was told of a later day stays");
        assert!(read.has_numbers_of(&reported(&read.as_reported(None, &Catalogue::default()))), "also a day that is held no more");
    }
}
