//! What do profiles carry? HTML, people's decisions and their dates; nothing of what they say.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    controls::has_html,
    observed::{Observations, list, says, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::so_many,
    tally::WordTally,
};
use crate::text::count;

const HERE: Section = Section::Profiles;
/// Fields that people read.
const TEXTS: [&str; 3] = ["title", "remediation", "remediationImpact"];

/// What is said about profiles.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let on_profiles = |found: fn(&[&Value]) -> ProbeFinding| {
        ProbeFinding::of(seen.entries(RequestKey::Catalogue), |profiles| {
            if profiles.is_empty() { ProbeFinding::Unanswered("no profile came".to_owned()) } else { found(&profiles) }
        })
    };
    vec![
        HERE.point("profiles.html", "texts with HTML", on_profiles(html)),
        HERE.point("profiles.updates", "controlStateUpdates of a profile", on_profiles(updates)),
        HERE.point("profiles.updateOrder", "order of several updates", on_profiles(update_order)),
        HERE.point("profiles.updateFields", "updates with a date, a person, a comment, an assignee", on_profiles(update_fields)),
        HERE.point("profiles.deprecated", "deprecated", on_profiles(deprecated)),
        HERE.point("profiles.empty", "members that only ever have nothing", on_profiles(empty)),
        HERE.point("profiles.rank", "rank is unique", on_profiles(rank)),
    ]
}

fn html(profiles: &[&Value]) -> ProbeFinding {
    let told = TEXTS.map(|member| {
        let html = profiles.iter().filter_map(|profile| text(profile, member)).filter(|text| has_html(text)).count();
        format!("{member} in {html}")
    });
    ProbeFinding::Seen(format!("{} of {}", told.join(", "), count(profiles.len(), "profile")))
}

fn updates(profiles: &[&Value]) -> ProbeFinding {
    let tally: WordTally = profiles
        .iter()
        .map(|profile| match list(profile, "controlStateUpdates") {
            [] => "none or no list",
            [only] if text(only, "state").is_some_and(|state| state.eq_ignore_ascii_case("default")) && !says(only, "updatedDateTime") => {
                "one Default without a date"
            }
            [_] => "one update",
            _ => "several",
        })
        .collect();
    ProbeFinding::Seen(tally.roughly("none"))
}

fn update_order(profiles: &[&Value]) -> ProbeFinding {
    let class = |updates: &[Value]| {
        let dated: Vec<Timestamp> = updates.iter().filter_map(|update| text(update, "updatedDateTime")?.parse().ok()).collect();
        match dated.as_slice() {
            [] | [_] => "fewer than two dates",
            dated if dated.is_sorted() => "oldest first",
            dated if dated.is_sorted_by(|a, b| a >= b) => "newest first",
            _ => "neither",
        }
    };
    let several = profiles.iter().map(|profile| list(profile, "controlStateUpdates")).filter(|updates| updates.len() > 1);
    let tally: WordTally = several.map(class).collect();
    if tally.is_empty() {
        ProbeFinding::Unanswered("no profile has several updates".to_owned())
    } else {
        ProbeFinding::Seen(tally.roughly("none"))
    }
}

fn update_fields(profiles: &[&Value]) -> ProbeFinding {
    let touched: Vec<&Value> = profiles.iter().flat_map(|profile| list(profile, "controlStateUpdates")).collect();
    if touched.is_empty() {
        return ProbeFinding::Unanswered("no profile has an update".to_owned());
    }
    let told = [("updatedDateTime", "a date"), ("updatedBy", "a person"), ("comment", "a comment"), ("assignedTo", "an assignee")];
    let told = told.map(|(member, what)| format!("{what} in {}", so_many(touched.iter().filter(|update| says(update, member)).count())));
    ProbeFinding::Seen(told.join(", "))
}

fn deprecated(profiles: &[&Value]) -> ProbeFinding {
    let tally: WordTally = profiles
        .iter()
        .map(|profile| match profile.get("deprecated") {
            Some(Value::Bool(true)) => "true",
            Some(Value::Bool(false)) => "false",
            None | Some(Value::Null) => "absent",
            Some(_) => "not a boolean",
        })
        .collect();
    ProbeFinding::Seen(tally.words("none"))
}

/// Members that no capture has ever filled.
fn empty(profiles: &[&Value]) -> ProbeFinding {
    let dated = profiles.iter().filter(|profile| says(profile, "lastModifiedDateTime")).count();
    let compliant = profiles.iter().filter(|profile| !list(profile, "complianceInformation").is_empty()).count();
    let words = format!("lastModifiedDateTime filled in {}, complianceInformation in {compliant}", count(dated, "profile"));
    ProbeFinding::judged(words, dated + compliant == 0, "lastModifiedDateTime null and complianceInformation empty everywhere")
}

fn rank(profiles: &[&Value]) -> ProbeFinding {
    let mut ranks: Vec<String> = profiles.iter().filter_map(|profile| profile.get("rank")).map(Value::to_string).collect();
    if ranks.is_empty() {
        return ProbeFinding::Unanswered("no profile has a rank".to_owned());
    }
    let all = ranks.len();
    ranks.sort_unstable();
    ranks.dedup();
    let unique = ranks.len() == all;
    ProbeFinding::judged(
        if unique { "yes".to_owned() } else { format!("no, {} for {}", count(ranks.len(), "rank"), count(all, "profile")) },
        !unique,
        "no",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{found, observed, profiles as sample_profiles};

    fn told(profiles: Value, key: &str) -> ProbeFinding {
        found(points(&observed(sample_profiles(profiles))), key)
    }

    fn seen(words: &str) -> ProbeFinding {
        ProbeFinding::Seen(words.to_owned())
    }

    #[test]
    fn updates_are_told_by_how_many_and_in_which_order() {
        let with = |updates: Value| json!([{ "controlStateUpdates": updates }]);
        let dated = |day: u8| json!({"state": "Ignored", "updatedDateTime": format!("2026-11-{day:02}T10:00:00Z"), "updatedBy": "x"});
        let untouched = json!({"state": "Default", "updatedDateTime": null});
        assert_eq!(told(with(json!([untouched])), "profiles.updates"), seen("one Default without a date (one)"));
        assert_eq!(told(with(json!([dated(1)])), "profiles.updates"), seen("one update (one)"));
        assert_eq!(told(with(json!([])), "profiles.updates"), seen("none or no list (one)"));
        for (updates, order) in [
            (json!([dated(1), dated(2)]), "oldest first (one)"),
            (json!([dated(2), dated(1)]), "newest first (one)"),
            (json!([dated(2), dated(1), dated(3)]), "neither (one)"),
            (json!([untouched, dated(1)]), "fewer than two dates (one)"),
        ] {
            assert_eq!(told(with(updates), "profiles.updateOrder"), seen(order));
        }
        let fields = told(with(json!([untouched, dated(1)])), "profiles.updateFields");
        assert_eq!(fields, seen("a date in one, a person in one, a comment in none, an assignee in none"));
    }

    #[test]
    fn what_is_always_empty_is_told_once_it_is_filled() {
        assert!(matches!(
            told(json!([{"lastModifiedDateTime": null, "complianceInformation": []}]), "profiles.empty"),
            ProbeFinding::AsAssumed(_)
        ));
        assert!(matches!(told(json!([{"complianceInformation": [{}]}]), "profiles.empty"), ProbeFinding::Otherwise(..)));
        assert_eq!(
            told(json!([{"deprecated": true}, {}, {"deprecated": "x"}]), "profiles.deprecated"),
            seen("absent (1), not a boolean (1), true (1)")
        );
        assert!(matches!(told(json!([{"rank": 1}, {"rank": 1}]), "profiles.rank"), ProbeFinding::AsAssumed(_)));
        assert!(matches!(told(json!([{"rank": 1}, {"rank": 2}]), "profiles.rank"), ProbeFinding::Otherwise(..)));
        let html = told(json!([{"title": "a", "remediation": "<p>b</p>"}]), "profiles.html");
        assert_eq!(html, seen("title in 0, remediation in 1, remediationImpact in 0 of 1 profile"));
    }
}
