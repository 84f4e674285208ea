//! How does a probe read? As lines to paste into a report of a bug, or as JSON; both say the same.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    Exchange, Observations, Unanswered,
    not_asked::NOT_ASKED,
    point::{ProbeFinding, ProbePoint, Section},
    points,
    requests::{Asking, ProbeRequest},
    safe::{size, time},
};
use crate::text::count;

/// The version of the form of the JSON report.
const FORM: u32 = 1;

/// What came of a request, in a few words.
fn outcome(request: &ProbeRequest, seen: &Observations) -> String {
    match (request.how, seen.exchanges.get(&request.key)) {
        (Asking::AtOnce(_), _) if let Some(came) = &seen.at_once => format!("{} came", count(came.len(), "answer")),
        (Asking::AsSent, Some(Exchange { pages, .. })) if let [page] = pages.as_slice() => {
            format!("200, {} as it travels", size(page.bytes))
        }
        (_, Some(exchange)) => exchanged(exchange),
        (_, None) => "not asked".to_owned(),
    }
}

fn exchanged(exchange: &Exchange) -> String {
    let Some(first) = exchange.pages.first() else {
        return exchange.ended.as_ref().map_or_else(|| "not asked".to_owned(), Unanswered::why);
    };
    let entries: usize = exchange.pages.iter().map(|page| page.entries.len()).sum();
    let pages = if exchange.pages.len() > 1 { format!(" on {}", count(exchange.pages.len(), "page")) } else { String::new() };
    let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    let slowest = exchange.pages.iter().map(|page| page.took).max().unwrap_or(first.took);
    let ended = exchange.ended.as_ref().map_or_else(String::new, |why| format!("; then {}", why.why()));
    format!("200, {entries}{pages}, {}, {}{ended}", size(first.bytes), time(slowest))
}

/// Why a run had to end early, or that it did not.
fn summary(points: &[ProbePoint]) -> String {
    let so_many = |is: fn(&ProbeFinding) -> bool| points.iter().filter(|point| is(&point.finding)).count();
    format!(
        "{}: {} as scorewatch assumes, {} otherwise, {} seen where it assumes nothing, {} without an answer.",
        count(points.len(), "point"),
        so_many(|finding| matches!(finding, ProbeFinding::AsAssumed(_))),
        so_many(|finding| matches!(finding, ProbeFinding::Otherwise(..))),
        so_many(|finding| matches!(finding, ProbeFinding::Seen(_))),
        so_many(|finding| matches!(finding, ProbeFinding::Unanswered(_))),
    )
}

/// The report as Markdown, one point a line.
pub fn markdown(plan: &[ProbeRequest], seen: &Observations) -> String {
    let points = points(seen);
    let date = seen.at.to_zoned(TimeZone::UTC).date();
    let mut text = format!(
        "# scorewatch probe\n\nscorewatch {} · cloud: {} · {date} (UTC)\n\nCounts, classes and words of Microsoft's schema; no name, id, text or points of the tenant.\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        seen.cloud,
        summary(&points)
    );
    let mut section = None;
    for point in &points {
        if section != Some(point.section) {
            section = Some(point.section);
            let _ = write!(text, "\n## {}\n\n", point.section.heading());
        }
        let _ = writeln!(text, "- {}: {}", point.what, line(&point.finding));
    }
    text.push_str("\n## Requests\n\nAll only read, below Graph's root.\n\n");
    for request in plan {
        let _ = writeln!(text, "- `{}`: {}", request.shown(), outcome(request, seen));
    }
    text.push_str("\n## Not asked\n\n");
    for (what, why) in NOT_ASKED {
        let _ = writeln!(text, "- {what}: {why}");
    }
    text
}

fn line(finding: &ProbeFinding) -> String {
    match finding {
        ProbeFinding::AsAssumed(seen) => format!("{seen} [as assumed]"),
        ProbeFinding::Otherwise(seen, assumes) => format!("{seen} [**otherwise**; assumed: {assumes}]"),
        ProbeFinding::Seen(seen) => seen.clone(),
        ProbeFinding::Unanswered(why) => format!("[no answer: {why}]"),
    }
}

/// The report for programs.
pub fn as_json(plan: &[ProbeRequest], seen: &Observations) -> Value {
    let points: Vec<Value> = points(seen).iter().map(point_as_json).collect();
    let requests =
        plan.iter().map(|request| json!({ "request": request.shown(), "why": request.why(), "outcome": outcome(request, seen) }));
    let not_asked = NOT_ASKED.iter().map(|(what, why)| json!({ "point": what, "why": why }));
    json!({
        "form": FORM,
        "scorewatch": env!("CARGO_PKG_VERSION"),
        "cloud": seen.cloud,
        "date": seen.at.to_zoned(TimeZone::UTC).date(),
        "points": points,
        "requests": requests.collect::<Vec<_>>(),
        "not_asked": not_asked.collect::<Vec<_>>(),
    })
}

fn point_as_json(point: &ProbePoint) -> Value {
    let (result, seen, assumed) = match &point.finding {
        ProbeFinding::AsAssumed(seen) => ("as_assumed", Some(seen), None),
        ProbeFinding::Otherwise(seen, assumes) => ("otherwise", Some(seen), Some(*assumes)),
        ProbeFinding::Seen(seen) => ("seen", Some(seen), None),
        ProbeFinding::Unanswered(why) => ("no_answer", Some(why), None),
    };
    json!({ "key": point.key, "section": Section::heading(point.section), "point": point.what, "result": result, "seen": seen, "assumed": assumed })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::civil::date;

    use super::*;
    use crate::probe::{
        requests::{PlanOptions, RequestKey, plan},
        sample::{observed, page},
    };

    fn nothing_came() -> (Vec<ProbeRequest>, Observations) {
        let plan = plan(date(2026, 11, 30), PlanOptions { audit: true, at_once: true });
        let exchanges = plan.iter().map(|request| (request.key, Exchange::unanswered(Unanswered::TimedOut)));
        let seen = observed(exchanges.collect::<BTreeMap<_, _>>());
        (plan, seen)
    }

    #[test]
    fn every_point_is_there_whatever_came_and_has_a_key_of_its_own() {
        let (plan, seen) = nothing_came();
        let points = points(&seen);
        let keys: BTreeSet<&str> = points.iter().map(|point| point.key).collect();
        assert_eq!(keys.len(), points.len());
        for point in &points {
            let said = matches!(&point.finding, ProbeFinding::Unanswered(why) if why.len() > 3);
            assert!(said || point.key == "answers.throttled", "{point:?}");
        }
        let text = markdown(&plan, &seen);
        for point in &points {
            assert!(text.contains(&format!("- {}: ", point.what)), "{}", point.what);
        }
        assert!(text.lines().all(|line| !line.ends_with(": ")), "{text}");
    }

    #[test]
    fn a_tenant_that_has_nothing_yet_leaves_open_what_is_asked_about_its_days_and_profiles() {
        let plan = plan(date(2026, 11, 30), PlanOptions::default());
        let came = |request: &ProbeRequest| {
            if matches!(request.key, RequestKey::SecondById | RequestKey::ProfileById) {
                Exchange::unanswered(Unanswered::NotAsked("there is none".into()))
            } else {
                Exchange { pages: vec![page(json!([]))], ended: None }
            }
        };
        let seen = observed(plan.iter().map(|request| (request.key, came(request))).collect());
        for point in points(&seen) {
            let of_answers = point.key.starts_with("answers.") && !["answers.bytes", "answers.encoding"].contains(&point.key);
            // That no number came with a list is seen in an empty list, too.
            let may_be_told = of_answers || point.key == "cloud.offered" || point.key.starts_with("options.count");
            assert!(may_be_told || matches!(point.finding, ProbeFinding::Unanswered(_)), "{point:?}");
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let (plan, seen) = nothing_came();
        let value = as_json(&plan, &seen);
        let text = markdown(&plan, &seen);
        for point in value["points"].as_array().unwrap() {
            assert!(text.contains(point["seen"].as_str().unwrap()), "{point}");
        }
        assert_eq!(value["requests"].as_array().unwrap().len(), plan.len());
        assert!(text.starts_with("# scorewatch probe\n\nscorewatch "), "{text}");
    }
}
