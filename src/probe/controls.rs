//! What do the controls of a day carry? Forms of statuses and switches, ids in two cases, and the join with profiles.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    observed::{Observations, list, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    tally::WordTally,
};
use crate::text::count;

const HERE: Section = Section::Controls;
/// Characters of ids beside letters and digits that have been seen.
const ID_CHARACTERS: [char; 3] = ['_', '.', '-'];
/// The longest id that has been seen.
const ID_MAX: usize = 70;
/// Why nothing is said about controls.
const NO_CONTROLS: &str = "the newest day has no controls";

/// What is said about the controls of the newest day.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let on_controls = |found: fn(&[&Value]) -> ProbeFinding| ProbeFinding::of(controls(seen), |controls| with_controls(&controls, found));
    let with_profiles = |found: fn((Vec<&Value>, Profiles<'_>)) -> ProbeFinding| {
        ProbeFinding::of(controls(seen).and_then(|controls| Ok((controls, profiles(seen)?))), found)
    };
    vec![
        HERE.point("controls.joined", "controls of the newest day with a profile", with_profiles(joined)),
        HERE.point("controls.categories", "controlCategory of score and profile", with_profiles(categories)),
        HERE.point("controls.case", "ids that differ only in case", with_profiles(case)),
        HERE.point("controls.twice", "a control stands on a day once", on_controls(twice)),
        HERE.point("controls.ids", "characters and length of ids", on_controls(ids)),
        HERE.point("controls.status", "form of implementationStatus, newest day", on_controls(statuses)),
        HERE.point("controls.olderStatus", "form of implementationStatus, second day", older_statuses(seen)),
        HERE.point("controls.on", "type of on", on_controls(|controls| types(controls, "on"))),
        HERE.point("controls.count", "type of count", on_controls(|controls| types(controls, "count"))),
        HERE.point("controls.description", "descriptions with HTML", on_controls(descriptions)),
    ]
}

/// The controls of the newest day.
fn controls(seen: &Observations) -> Result<Vec<&Value>, &super::Unanswered> {
    seen.newest().map(|days| days.into_iter().flat_map(|day| list(day, "controlScores")).collect())
}

fn with_controls(controls: &[&Value], found: fn(&[&Value]) -> ProbeFinding) -> ProbeFinding {
    if controls.is_empty() { ProbeFinding::Unanswered(NO_CONTROLS.to_owned()) } else { found(controls) }
}

/// Profiles by their ids in small letters, each with its id as it came.
type Profiles<'v> = HashMap<String, (&'v str, &'v Value)>;

fn profiles(seen: &Observations) -> Result<Profiles<'_>, &super::Unanswered> {
    let of = |profile| Some((text(profile, "id")?.to_lowercase(), (text(profile, "id")?, profile)));
    seen.entries(RequestKey::Catalogue).map(|all| all.into_iter().filter_map(of).collect())
}

fn joined((controls, profiles): (Vec<&Value>, Profiles<'_>)) -> ProbeFinding {
    if controls.is_empty() {
        return ProbeFinding::Unanswered(NO_CONTROLS.to_owned());
    }
    let names: HashSet<String> = controls.iter().filter_map(|control| text(control, "controlName")).map(str::to_lowercase).collect();
    let both = names.iter().filter(|name| profiles.contains_key(*name)).count();
    ProbeFinding::Seen(format!(
        "{} with a profile, {} without one; {} without a score",
        count(both, "control"),
        count(names.len() - both, "control"),
        count(profiles.len() - both, "profile")
    ))
}

fn categories((controls, profiles): (Vec<&Value>, Profiles<'_>)) -> ProbeFinding {
    let (mut equal, mut other) = (0, 0);
    for control in controls {
        let profile = text(control, "controlName").and_then(|name| profiles.get(&name.to_lowercase()));
        let both = profile.and_then(|(_, profile)| text(profile, "controlCategory")).zip(text(control, "controlCategory"));
        match both {
            Some((one, another)) if one == another => equal += 1,
            Some(_) => other += 1,
            None => {}
        }
    }
    if equal + other == 0 {
        return ProbeFinding::Unanswered("no control has both".to_owned());
    }
    ProbeFinding::judged(format!("equal for {}, different for {other}", count(equal, "control")), other == 0, "equal on both sides")
}

fn case((controls, profiles): (Vec<&Value>, Profiles<'_>)) -> ProbeFinding {
    if controls.is_empty() {
        return ProbeFinding::Unanswered(NO_CONTROLS.to_owned());
    }
    let mut spelled: HashMap<String, HashSet<&str>> = HashMap::new();
    let names = controls.iter().filter_map(|control| text(control, "controlName"));
    for name in names.clone() {
        spelled.entry(name.to_lowercase()).or_default().insert(name);
    }
    let on_the_day = spelled.values().filter(|spellings| spellings.len() > 1).count();
    let differs = |name: &&str| profiles.get(&name.to_lowercase()).is_some_and(|(id, _)| id != name);
    let to_profile = names.filter(differs).collect::<HashSet<_>>().len();
    if on_the_day + to_profile == 0 {
        return ProbeFinding::Seen("none".to_owned());
    }
    ProbeFinding::Seen(format!("{} on the newest day, {to_profile} between score and profile", count(on_the_day, "control")))
}

fn twice(controls: &[&Value]) -> ProbeFinding {
    let names: Vec<String> = controls.iter().filter_map(|control| text(control, "controlName")).map(str::to_lowercase).collect();
    let doubled = names.len() - names.iter().collect::<HashSet<_>>().len();
    ProbeFinding::judged(if doubled == 0 { "yes".to_owned() } else { format!("no, {}", count(doubled, "duplicate")) }, doubled == 0, "yes")
}

fn ids(controls: &[&Value]) -> ProbeFinding {
    let names: Vec<&str> = controls.iter().filter_map(|control| text(control, "controlName")).collect();
    let usual = |name: &&&str| name.chars().all(|c| c.is_ascii_alphanumeric() || ID_CHARACTERS.contains(&c));
    let others = names.iter().filter(|name| !usual(name)).count();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let length = if longest <= ID_MAX { "none longer than 70 characters" } else { "some longer than 70 characters" };
    let nameless = controls.len() - names.len();
    let nameless = if nameless > 0 { format!("; {} without an id", count(nameless, "control")) } else { String::new() };
    let words = format!("{} with other characters than letters, digits, _ . -; {length}{nameless}", count(others, "id"));
    ProbeFinding::judged(words, others == 0 && longest <= ID_MAX && nameless.is_empty(), "letters, digits, _ . - and 70 characters at most")
}

/// The form of a status, never its words.
fn status_form(control: &Value) -> &'static str {
    let Some(status) = control.get("implementationStatus") else { return "absent" };
    let Some(status) = status.as_str() else { return if status.is_null() { "null" } else { "not a text" } };
    let trimmed = status.trim();
    if trimmed.is_empty() {
        "empty"
    } else if has_html(status) {
        "HTML"
    } else if trimmed.contains(" 0 of 0 ") || trimmed.contains("  ") || trimmed.ends_with(':') {
        "a template without its numbers"
    } else if trimmed.bytes().any(|byte| byte.is_ascii_digit()) {
        "words with numbers"
    } else {
        "words without numbers"
    }
}

fn statuses(controls: &[&Value]) -> ProbeFinding {
    let tally: WordTally = controls.iter().map(|control| status_form(control)).collect();
    ProbeFinding::Seen(tally.words("none"))
}

fn older_statuses(seen: &Observations) -> ProbeFinding {
    ProbeFinding::of(seen.entries(RequestKey::SecondById), |days| {
        let controls: Vec<&Value> = days.into_iter().flat_map(|day| list(day, "controlScores")).collect();
        if controls.is_empty() { ProbeFinding::Unanswered("that day has no controls".to_owned()) } else { statuses(&controls) }
    })
}

/// Of which types `member` is, where it is there.
fn types(controls: &[&Value], member: &str) -> ProbeFinding {
    let class = |value: &Value| match value {
        Value::String(text) if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") => "a text true or false",
        Value::String(text) if text.trim().parse::<f64>().is_ok() => "a text of a number",
        Value::String(_) => "another text",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::Null => "null",
        Value::Array(_) | Value::Object(_) => "a list or an object",
    };
    let tally: WordTally = controls.iter().filter_map(|control| control.get(member)).map(class).collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("no control of the newest day has it".to_owned());
    }
    let usual = if member == "on" { "a text true or false" } else { "a text of a number" };
    let assumes = if member == "on" { "\"true\" or \"false\" as a text" } else { "a number as a text" };
    ProbeFinding::judged(tally.words("none"), tally.all(|class| class == usual), assumes)
}

fn descriptions(controls: &[&Value]) -> ProbeFinding {
    let told: Vec<&str> = controls.iter().filter_map(|control| text(control, "description")).collect();
    if told.is_empty() {
        return ProbeFinding::Unanswered("no control of the newest day has a description".to_owned());
    }
    let html = told.iter().filter(|text| has_html(text)).count();
    ProbeFinding::Seen(format!("{html} of {}", count(told.len(), "description")))
}

/// Whether a text has tags or entities of HTML.
pub(super) fn has_html(text: &str) -> bool {
    let tag = text.split('<').skip(1).any(|rest| {
        let name = rest.strip_prefix('/').unwrap_or(rest);
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
    });
    let entity = text.split('&').skip(1).any(|rest| rest.split_once(';').is_some_and(|(name, _)| (2..10).contains(&name.len())));
    tag || entity
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{answer, days, found, observed, page, profiles as sample_profiles};

    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
    fn told(controls: Value, profiles: Value, key: &str) -> ProbeFinding {
        let mut all = days(json!([{ "controlScores": controls }]));
        all.extend(sample_profiles(profiles));
        found(points(&observed(all)), key)
    }

    #[test]
    fn the_join_counts_what_is_missing_on_either_side() {
        let controls = json!([{"controlName": "A", "controlCategory": "Apps"}, {"controlName": "b", "controlCategory": "Data"}]);
        let profiles = json!([{"id": "a", "controlCategory": "Apps"}, {"id": "c"}, {"id": "B", "controlCategory": "Apps"}]);
        let joined = told(controls.clone(), profiles.clone(), "controls.joined");
        assert_eq!(joined, ProbeFinding::Seen("2 controls with a profile, 0 controls without one; 1 profile without a score".to_owned()));
        let other = ProbeFinding::Otherwise("equal for 1 control, different for 1".to_owned(), "equal on both sides");
        assert_eq!(told(controls.clone(), profiles.clone(), "controls.categories"), other);
        assert_eq!(
            told(controls.clone(), profiles, "controls.case"),
            ProbeFinding::Seen("0 controls on the newest day, 2 between score and profile".to_owned())
        );
        assert_eq!(told(controls, json!([{"id": "A"}, {"id": "b"}]), "controls.case"), ProbeFinding::Seen("none".to_owned()));
    }

    #[test]
    fn one_control_in_two_cases_is_one() {
        let twice = json!([{"controlName": "A"}, {"controlName": "a"}]);
        assert_eq!(
            told(twice.clone(), json!([]), "controls.case"),
            ProbeFinding::Seen("1 control on the newest day, 0 between score and profile".to_owned())
        );
        assert!(matches!(told(twice, json!([]), "controls.twice"), ProbeFinding::Otherwise(..)));
        assert_eq!(told(json!([{"controlName": "A"}]), json!([]), "controls.twice"), ProbeFinding::AsAssumed("yes".to_owned()));
    }

    #[test]
    fn ids_are_told_by_their_characters() {
        assert!(matches!(told(json!([{"controlName": "11770.MDA_Google-x"}]), json!([]), "controls.ids"), ProbeFinding::AsAssumed(_)));
        for odd in [json!("a b"), json!("a".repeat(71)), json!(null)] {
            assert!(matches!(told(json!([{ "controlName": odd }]), json!([]), "controls.ids"), ProbeFinding::Otherwise(..)), "{odd}");
        }
    }

    #[test]
    fn forms_of_statuses() {
        for (status, form) in [
            ("", "empty"),
            ("<p> You have 3 of 4</p>", "HTML"),
            ("You have 0 of 0 users registered.", "a template without its numbers"),
            ("You currently have  global admins.", "a template without its numbers"),
            ("current status: ", "a template without its numbers"),
            ("You have 3 of 4 users.", "words with numbers"),
            ("You have a policy & more < that", "words without numbers"),
        ] {
            assert_eq!(status_form(&json!({ "implementationStatus": status })), form, "{status}");
        }
        assert_eq!([status_form(&json!({})), status_form(&json!({"implementationStatus": null}))], ["absent", "null"]);
        let mut all = days(json!([{"controlScores": [{"implementationStatus": "3"}]}]));
        all.extend(answer(RequestKey::SecondById, page(json!([{"controlScores": [{"implementationStatus": ""}]}]))));
        assert_eq!(found(points(&observed(all)), "controls.olderStatus"), ProbeFinding::Seen("empty (1)".to_owned()));
    }

    #[test]
    fn switches_and_counts_are_texts_or_not() {
        for (member, usual, odd) in [("on", json!("True"), json!(true)), ("count", json!("4"), json!(4))] {
            let key = format!("controls.{member}");
            assert!(matches!(told(json!([{ member: usual }]), json!([]), &key), ProbeFinding::AsAssumed(_)), "{member}");
            assert!(matches!(told(json!([{ member: odd }]), json!([]), &key), ProbeFinding::Otherwise(..)), "{member}");
        }
    }

    #[test]
    fn html_is_known_by_tags_and_entities() {
        for html in ["<p>x</p>", "a<br/>", "&nbsp;x", "&#160;"] {
            assert!(has_html(html), "{html}");
        }
        for plain in ["a < b > c", "R&D", "1 <2", "x &; y"] {
            assert!(!has_html(plain), "{plain}");
        }
    }
}
