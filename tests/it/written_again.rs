//! Is an acceptance that a standard writes anew every day one decision, since its first day, wherever it is told?

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use scorewatch::{
    digest::{DigestSection, Every, SectionOptions},
    score::{Catalogue, ControlState, ReportedState, StateUpdate},
    skills::{Entry, TenantFacts},
};
use serde_json::Value;

use crate::answers::{TODAY, facts_about, facts_of};

const CONTROL: &str = "MDA_GitHub_PasswordLength";

fn at(day: Date) -> Timestamp {
    day.at(8, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// Contoso, where a robot wrote an acceptance on each of so many days up to `last`.
fn written(days: i64, last: Date, comment: &str) -> TenantFacts {
    let facts = facts_of("contoso", 90);
    let mut profiles = facts.catalogue.profiles().to_vec();
    let update = |back: i64| StateUpdate {
        state: ControlState::Accepted,
        at: Some(at(last.saturating_sub(back.days()))),
        by: Some("robot@contoso.example".to_owned()),
        assigned_to: None,
        comment: Some(comment.to_owned()),
    };
    let profile = profiles.iter_mut().find(|profile| &*profile.name == CONTROL).unwrap();
    profile.updates = (0..days).map(update).collect();
    let catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    TenantFacts { catalogue, ..facts }
}

fn json(facts: TenantFacts, skill: &str, args: &str) -> Value {
    let facts = facts_about(vec![facts], false, true);
    let answer = Entry::named(skill).unwrap().answer(&facts, &serde_json::from_str(args).unwrap()).unwrap();
    serde_json::from_slice(&answer.json().unwrap()).unwrap()
}

#[test]
fn skills_say_since_when_it_is_accepted() {
    let facts = || written(20, TODAY, "Set by our baseline");
    let first = TODAY.saturating_sub(19.days()).to_string();
    let risks = json(facts(), "accepted_risks", r#"{"limit":25}"#);
    let row = risks["risks"].as_array().unwrap().iter().find(|row| row["control"] == CONTROL).unwrap();
    assert_eq!((row["on"].as_str(), row["by"].as_str()), (Some(first.as_str()), Some("robot@contoso.example")), "{row}");
    let control = json(facts(), "control", &format!(r#"{{"name":"{CONTROL}"}}"#));
    assert_eq!(
        (&control["state"], control["on"].as_str(), control.get("until")),
        (&Value::from("risk accepted"), Some(&*first), None),
        "{control}"
    );
    // What was accepted before that day is not among those accepted since.
    let since = |day: Date| json(facts(), "accepted_risks", &format!(r#"{{"limit":25,"since":"{day}"}}"#)).to_string().contains(CONTROL);
    assert!(since(TODAY.saturating_sub(19.days())) && !since(TODAY.saturating_sub(18.days())));
}

#[test]
fn a_digest_tells_it_once() {
    let options = SectionOptions { names: true, alone: true, today: TODAY, utc_today: TODAY, every: Every::Daily };
    let section = |facts, told: Option<&ReportedState>| {
        DigestSection::of(facts, told, &[scorewatch::skill_id::SkillId::AcceptedRisks], options).unwrap().unwrap()
    };
    let told = section(written(1, TODAY, "Set by our baseline"), None).imprint;
    // As it is kept between two digests.
    let told: ReportedState = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
    let later = |comment| section(written(3, TODAY, comment), Some(&told)).news.accepted;
    assert_eq!(later("Set by our baseline"), Vec::<String>::new());
    assert_eq!(later("Kept for the migration"), [CONTROL], "that is another decision");
    let mut back = written(3, TODAY, "Set by our baseline");
    let mut profiles = back.catalogue.profiles().to_vec();
    let updates = &mut profiles.iter_mut().find(|profile| &*profile.name == CONTROL).unwrap().updates;
    updates.push(StateUpdate {
        state: ControlState::Default,
        at: Some(at(TODAY) + jiff::SignedDuration::from_hours(1)),
        ..updates[0].clone()
    });
    updates.push(StateUpdate { at: Some(at(TODAY) + jiff::SignedDuration::from_hours(2)), ..updates[0].clone() });
    back.catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
    assert_eq!(section(back, Some(&told)).news.accepted, [CONTROL], "taken back, and accepted once more");
}
