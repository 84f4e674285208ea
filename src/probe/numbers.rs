//! How are points and percentages rounded, and do they add up? Told in counts and classes, never in points.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    observed::{Observations, list, number, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::{apart, deviation},
};
use crate::text::count;

const HERE: Section = Section::Numbers;
/// How many decimals scorewatch assumes at most.
const DECIMALS: usize = 2;
/// A maximum that rounding may have moved by so large a part is not judged.
const HIDING_PART: f64 = 0.1;
/// How many decimals are told apart; more are one class.
const DECIMALS_TOLD: usize = 6;
const ASSUMES_DECIMALS: &str = "2 decimals at most";

/// What is said about numbers.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let of_days = |member: &'static str| decimals(seen.entries(RequestKey::Ninety).map(|days| values(days.into_iter(), member)));
    let of_controls = |member| decimals(seen.entries(RequestKey::Ninety).map(|days| values(days.into_iter().flat_map(controls), member)));
    let averages = seen
        .entries(RequestKey::Ninety)
        .map(|days| values(days.into_iter().flat_map(|day| list(day, "averageComparativeScores")), "averageScore"));
    let maxima = seen.entries(RequestKey::Catalogue).map(|profiles| values(profiles.into_iter(), "maxScore"));
    vec![
        HERE.point("decimals.currentScore", "decimals of currentScore", of_days("currentScore")),
        HERE.point("decimals.maxScore", "decimals of a day's maxScore", of_days("maxScore")),
        HERE.point("decimals.score", "decimals of a control's score", of_controls("score")),
        HERE.point("decimals.scoreInPercentage", "decimals of scoreInPercentage", of_controls("scoreInPercentage")),
        HERE.point("decimals.averageScore", "decimals of averageScore", decimals(averages)),
        HERE.point("decimals.profileMaxScore", "decimals of a profile's maxScore", decimals(maxima)),
        HERE.point(
            "sums.currentScore",
            "sum of controlScores.score is currentScore",
            ProbeFinding::of(seen.entries(RequestKey::Ninety), sums),
        ),
        HERE.point("sums.maximum", "score * 100 / scoreInPercentage is the profile's maxScore, newest day", maxima_of(seen, true)),
        HERE.point("sums.olderMaximum", "the same on older days, with today's profiles", maxima_of(seen, false)),
        HERE.point("sums.maxScore", "sum of the maxScore of scored profiles is the newest day's maxScore", whole(seen)),
    ]
}

fn controls(day: &Value) -> &[Value] {
    list(day, "controlScores")
}

/// All that is sent as `member`, a number or a text of one.
fn values<'v>(entries: impl Iterator<Item = &'v Value>, member: &str) -> Vec<&'v Value> {
    entries.filter(|entry| number(entry, member).is_some()).filter_map(|entry| entry.get(member)).collect()
}

/// How many decimals a number is written with; `7.0` has none.
fn decimals_of(value: &Value) -> usize {
    let written = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    if written.contains(['e', 'E']) {
        return DECIMALS_TOLD + 1;
    }
    written.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end_matches('0').len())
}

fn decimals(values: Result<Vec<&Value>, &super::Unanswered>) -> ProbeFinding {
    ProbeFinding::of(values, |values| {
        let mut counts = [0_usize; DECIMALS_TOLD + 2];
        for value in &values {
            counts[decimals_of(value).min(DECIMALS_TOLD + 1)] += 1;
        }
        let told = counts.iter().enumerate().filter(|(_, times)| **times > 0).map(|(decimals, times)| {
            let decimals = if decimals > DECIMALS_TOLD { format!("more than {DECIMALS_TOLD}") } else { decimals.to_string() };
            format!("{decimals} in {}", count(*times, "value"))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            return ProbeFinding::Unanswered("no such number was sent".to_owned());
        }
        let most = counts.iter().rposition(|times| *times > 0).unwrap_or_default();
        ProbeFinding::judged(told.join(", "), most <= DECIMALS, ASSUMES_DECIMALS)
    })
}

/// How far two numbers may be apart to be the same but for how computers add.
const SAME: f64 = 1e-6;

/// How often two numbers are equal, as near as rounding explains, or further apart.
#[derive(Default)]
struct Comparison {
    exact: usize,
    rounded: usize,
    mismatches: usize,
    /// So near that rounding explains it; but what rounding explains could hide something of size, too.
    undecided: usize,
    largest: f64,
}

impl Comparison {
    /// Compares two numbers that rounding may have moved by `tolerance`; at `hides` or more, that says nothing.
    fn add(&mut self, one: f64, other: f64, tolerance: f64, hides: f64) {
        let off = (one - other).abs();
        if off <= SAME {
            self.exact += 1;
        } else if off <= tolerance {
            *(if tolerance < hides { &mut self.rounded } else { &mut self.undecided }) += 1;
        } else {
            self.mismatches += 1;
            self.largest = self.largest.max(apart(one, other));
        }
    }

    fn finding(&self, noun: &str, assumes: &'static str) -> ProbeFinding {
        let Self { exact, rounded, mismatches, undecided, largest } = self;
        if exact + rounded + mismatches == 0 {
            return ProbeFinding::Unanswered(if *undecided == 0 {
                format!("no {noun} has both numbers")
            } else {
                format!("rounding could hide the difference, {}", count(*undecided, noun))
            });
        }
        let largest = if *mismatches > 0 { format!(", largest deviation {}", deviation(*largest)) } else { String::new() };
        let undecided = if *undecided > 0 { format!("; rounding could hide a difference for {undecided}") } else { String::new() };
        ProbeFinding::judged(
            format!("exact for {}, within rounding for {rounded}, not for {mismatches}{largest}{undecided}", count(*exact, noun)),
            *mismatches == 0,
            assumes,
        )
    }
}

/// Half of the last decimal: by so much rounding may have moved a number.
fn half_unit(value: Option<&Value>) -> f64 {
    let decimals = i32::try_from(value.map_or(DECIMALS, decimals_of).clamp(DECIMALS, DECIMALS_TOLD)).unwrap_or(2);
    0.5 * 10_f64.powi(-decimals)
}

fn sums(days: Vec<&Value>) -> ProbeFinding {
    let mut comparison = Comparison::default();
    for day in days.into_iter().filter(|day| !controls(day).is_empty()) {
        let Some(points) = number(day, "currentScore") else { continue };
        let scores: Vec<f64> = controls(day).iter().filter_map(|control| number(control, "score")).collect();
        // Where rounding may add up to a whole control's points, one that is missing cannot be told from it.
        let smallest = scores.iter().copied().filter(|score| *score > 0.0).fold(f64::INFINITY, f64::min);
        comparison.add(scores.iter().sum(), points, 0.005 * (scores.len() as f64 + 1.0), smallest);
    }
    comparison.finding("day", "the sum is currentScore on every day")
}

/// The maximum of every profile, by its id without regard to case.
fn maxima_by_id(seen: &Observations) -> Result<HashMap<String, f64>, &super::Unanswered> {
    let of = |profile: &Value| Some((text(profile, "id")?.to_lowercase(), number(profile, "maxScore")?));
    seen.entries(RequestKey::Catalogue).map(|profiles| profiles.into_iter().filter_map(of).collect())
}

fn maxima_of(seen: &Observations, newest: bool) -> ProbeFinding {
    let (days, maxima) = match (seen.entries(RequestKey::Ninety), maxima_by_id(seen)) {
        (Ok(days), Ok(maxima)) => (days, maxima),
        (Err(why), _) | (_, Err(why)) => return ProbeFinding::because(why),
    };
    let newest_day = days.iter().filter_map(|day| text(day, "createdDateTime")).max();
    let wanted = days.into_iter().filter(|day| (text(day, "createdDateTime") == newest_day) == newest);
    let mut comparison = Comparison::default();
    for control in wanted.flat_map(controls) {
        let maximum = text(control, "controlName").and_then(|name| maxima.get(&name.to_lowercase()));
        let sent = number(control, "score").zip(number(control, "scoreInPercentage")).filter(|(_, percent)| *percent > 0.0);
        let (Some(maximum), Some((score, percent))) = (maximum, sent) else { continue };
        let derived = score * 100.0 / percent;
        // By what rounding may have moved the two, to first order.
        let moved = half_unit(control.get("scoreInPercentage")) / percent + half_unit(control.get("score")) / score.abs().max(0.01);
        comparison.add(derived, *maximum, derived.abs() * moved + SAME, maximum.abs() * HIDING_PART);
    }
    if newest {
        comparison.finding("control", "it is, for every control with a profile and more than 0 %")
    } else {
        match comparison.finding("score", "") {
            ProbeFinding::AsAssumed(seen) | ProbeFinding::Otherwise(seen, _) | ProbeFinding::Seen(seen) => ProbeFinding::Seen(seen),
            none @ ProbeFinding::Unanswered(_) => none,
        }
    }
}

/// Whether the scored profiles explain the maximum of the newest day.
fn whole(seen: &Observations) -> ProbeFinding {
    let (days, maxima) = match (seen.newest(), maxima_by_id(seen)) {
        (Ok(days), Ok(maxima)) => (days, maxima),
        (Err(why), _) | (_, Err(why)) => return ProbeFinding::because(why),
    };
    let Some((day, maximum)) = days.first().and_then(|day| Some((day, number(day, "maxScore")?))) else {
        return ProbeFinding::Unanswered("the newest day has no maxScore".to_owned());
    };
    let names = controls(day).iter().filter_map(|control| text(control, "controlName"));
    let sum: f64 = names.filter_map(|name| maxima.get(&name.to_lowercase())).sum();
    let part = apart(sum, maximum);
    let direction = if sum > maximum { "above" } else { "below" };
    ProbeFinding::Seen(if part < 1e-6 { "equal".to_owned() } else { format!("the sum is {direction} it, deviation {}", deviation(part)) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{days, found, observed, profiles};

    #[test]
    fn decimals_are_counted_by_how_numbers_are_written() {
        for (value, expected) in [(json!(7), 0), (json!(7.0), 0), (json!(7.25), 2), (json!("7.250"), 2), (json!(1e-9), 7)] {
            assert_eq!(decimals_of(&value), expected, "{value}");
        }
        let seen = observed(days(json!([{"currentScore": 7.5}, {"currentScore": 7.25}, {"currentScore": 8}])));
        assert_eq!(
            found(points(&seen), "decimals.currentScore"),
            ProbeFinding::AsAssumed("0 in 1 value, 1 in 1 value, 2 in 1 value".to_owned())
        );
        let seen = observed(days(json!([{"currentScore": 7.123}])));
        assert_eq!(found(points(&seen), "decimals.currentScore"), ProbeFinding::Otherwise("3 in 1 value".to_owned(), ASSUMES_DECIMALS));
    }

    #[test]
    fn sums_are_compared_within_rounding() {
        let day = |points: f64| json!({"currentScore": points, "controlScores": [{"score": 3.33}, {"score": 6.67}]});
        let points_of = |all: Value| points(&observed(days(all)));
        assert_eq!(
            found(points_of(json!([day(10.0), day(10.01)])), "sums.currentScore"),
            ProbeFinding::AsAssumed("exact for 1 day, within rounding for 1, not for 0".to_owned())
        );
        let ProbeFinding::Otherwise(seen, _) = found(points_of(json!([day(10.0), day(11.0)])), "sums.currentScore") else { panic!() };
        assert_eq!(seen, "exact for 1 day, within rounding for 0, not for 1, largest deviation 1 to 10 %");
        // 232 controls may be off by 1.165 points together: a control of one point may be missing, or not.
        let many = |points: f64| {
            let mut all: Vec<Value> = (0..231).map(|_| json!({"score": 0})).collect();
            all.push(json!({"score": 1}));
            found(points_of(json!([{"currentScore": points, "controlScores": all}])), "sums.currentScore")
        };
        assert!(matches!(many(2.0), ProbeFinding::Unanswered(why) if why.contains("rounding could hide")));
        assert!(matches!(many(1.0), ProbeFinding::AsAssumed(_)) && matches!(many(3.0), ProbeFinding::Otherwise(..)));
    }

    #[test]
    fn a_maximum_follows_from_score_and_percentage_or_not() {
        let control = |percent: f64| json!({"controlName": "A", "score": 3.33, "scoreInPercentage": percent});
        let with = |percent: f64| {
            let mut seen = observed(days(json!([{"createdDateTime": "2026-11-30T00:00:00Z", "controlScores": [control(percent)]}])));
            seen.exchanges.extend(profiles(json!([{"id": "a", "maxScore": 10.0}])));
            found(points(&seen), "sums.maximum")
        };
        assert_eq!(with(33.3), ProbeFinding::AsAssumed("exact for 1 control, within rounding for 0, not for 0".to_owned()));
        assert!(matches!(with(50.0), ProbeFinding::Otherwise(seen, _) if seen.contains("largest deviation 10 % and more")));
        assert!(matches!(with(0.01), ProbeFinding::Otherwise(..)));
        assert!(matches!(with(0.0), ProbeFinding::Unanswered(_)), "0 % says nothing about a maximum");
    }
}
