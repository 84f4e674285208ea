//! What is told at once? Each `[[alert]]`: tenants, what to watch for, destination.

use std::ops::RangeInclusive;

use jiff::SignedDuration;

use super::{
    digest::destination,
    reader::{ConfigReader, SectionReader},
};
use crate::{
    alert::{Fall, Only, Rule, Watch},
    score::Category,
    text::one_line,
};

/// The kinds that are about some controls only, if one says which.
const OF_CONTROLS: [&str; 5] = ["control_regresses", "control_new", "control_removed", "status_changed", "risk_accepted"];
/// The keys that only some kinds take, and which do.
const OF_KINDS: [(&str, &[&str]); 10] = [
    ("points", &["score_falls", "control_regresses"]),
    ("percent", &["score_falls", "score_below"]),
    ("category", &OF_CONTROLS),
    ("product", &OF_CONTROLS),
    // A control that is new has no name yet that anybody could write down.
    ("controls", &["control_regresses", "control_removed", "status_changed", "risk_accepted"]),
    ("allowed", &["risk_accepted"]),
    ("hours", &["no_data"]),
    ("days", &["sign_in"]),
    // Nothing else rests on numbers that correct themselves.
    ("hold", &["score_falls", "control_regresses"]),
    // The others are events: they happen once, and do not last.
    ("repeat_hours", &["score_falls", "score_below", "control_regresses", "acceptance_ends", "no_data", "sign_in"]),
];
/// The bounds of `points` and `percent`, as the table of keys says them.
const POINTS: RangeInclusive<f64> = 0.1..=10_000.0;
const PERCENT: RangeInclusive<f64> = 0.1..=100.0;
/// How many controls a rule names at most, and how long such a name may be, in characters.
const CONTROLS_MAX: usize = 50;
const CONTROL_MAX: usize = 200;
const CATEGORIES: [&str; 5] = ["identity", "data", "device", "apps", "infrastructure"];

pub(super) fn read_all(reader: &mut ConfigReader) -> Vec<Rule> {
    let names = reader.names(&["alert"]);
    names.into_iter().filter_map(|name| read(reader.section(&["alert", &name]), name)).collect()
}

fn read(mut section: SectionReader<'_>, name: String) -> Option<Rule> {
    for (key, right) in [
        ("tenants", "Give the names of the tenants that it watches, or all"),
        ("to", "Give the name of a destination"),
        ("when", "Give what it watches for"),
    ] {
        if !section.has(key) {
            section.missing(key, right);
        }
    }
    let tenants = section.tenants("tenants");
    let to = section.text("to", destination);
    let kind = section.text("when", |text| Watch::KINDS.into_iter().find(|kind| *kind == text));
    if let Some(kind) = kind {
        for (key, kinds) in OF_KINDS {
            if section.has(key) && !kinds.contains(&kind) {
                section.error(key, format!("has no effect for {kind}"), "Remove it");
            }
        }
    }
    let watch = watch(&mut section, kind);
    let hold = section.flag("hold");
    let hours = section.whole("repeat_hours");
    let repeat = (hours > 0).then(|| SignedDuration::from_hours(hours.into()));
    Some(Rule { name, tenants: tenants?, watch: watch?, to: to?, hold, repeat })
}

fn watch(section: &mut SectionReader<'_>, kind: Option<&str>) -> Option<Watch> {
    if kind == Some("score_falls") && section.has("points") && section.has("percent") {
        section.error("percent", "is given beside points", "Give one of the two");
    }
    if kind == Some("score_below") && !section.has("percent") {
        section.missing("percent", "Give the level in percent of the maximum, such as 60");
    }
    let by_percent = section.has("percent");
    let (points, percent) = (section.decimal("points", &POINTS), section.decimal("percent", &PERCENT));
    let category = section.text("category", |text| CATEGORIES.contains(&text).then(|| Category::from_graph(text)));
    let product = section.text("product", |text| Some(text.to_owned()));
    let allowed = section.text("allowed", |text| Some(people(text))).unwrap_or_default();
    let (hours, days) = (section.whole("hours"), section.whole("days"));
    let controls = section.text("controls", controls).unwrap_or_default();
    let only = Only { category, product, controls };
    let (points, percent) = (points?, percent?);
    Some(match kind? {
        "score_falls" => Watch::ScoreFalls(if by_percent { Fall::Percent(percent) } else { Fall::Points(points) }),
        "score_below" => Watch::ScoreBelow(percent),
        "control_regresses" => Watch::ControlRegresses { points, only },
        "control_new" => Watch::ControlNew(only),
        "control_removed" => Watch::ControlRemoved(only),
        "status_changed" => Watch::StatusChanged(only),
        "risk_accepted" => Watch::RiskAccepted { allowed, only },
        "acceptance_ends" => Watch::AcceptanceEnds,
        "no_data" => Watch::NoData { hours },
        _ => Watch::SignIn { days },
    })
}

/// Names of controls: between semicolons, where there are any, since titles have commas.
fn controls(text: &str) -> Option<Vec<String>> {
    let between = if text.contains(';') { ';' } else { ',' };
    let names: Vec<String> =
        text.split(between).map(|name| one_line(name).trim().to_owned()).filter(|name| name.chars().any(char::is_alphanumeric)).collect();
    let fits = (1..=CONTROLS_MAX).contains(&names.len()) && names.iter().all(|name| name.chars().count() <= CONTROL_MAX);
    fits.then_some(names)
}

fn people(text: &str) -> Vec<String> {
    text.split(',').map(|name| one_line(name).trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}
