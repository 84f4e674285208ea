//! Does a reader who has only the text of an answer get what counts? Whole words, numbers with their nouns, and no conclusion that is wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use scorewatch::{
    score::{Annotation, Annotations, Catalogue, Status},
    skills::{self, Entry, TenantFacts},
};
use serde_json::{Value, json};

use crate::{
    answers::{answer, facts_of},
    unknown::ask,
};

fn contoso() -> TenantFacts {
    facts_of("contoso", 90)
}

fn rows<'v>(json: &'v Value, list: &str) -> &'v [Value] {
    json[list].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The same tenant in which every comment on a decision goes on with `words`.
fn wordy(words: &str) -> TenantFacts {
    let facts = contoso();
    let mut profiles = facts.catalogue.profiles().to_vec();
    for update in profiles.iter_mut().flat_map(|profile| &mut profile.updates) {
        update.comment.iter_mut().for_each(|comment| *comment = format!("{comment} {words}"));
    }
    TenantFacts { catalogue: Catalogue::new(profiles, BTreeMap::new(), 0), ..facts }
}

#[test]
fn comments_are_whole_and_an_end_is_called_one() {
    let (text, _, _) = ask("accepted_risks", &contoso(), "{}");
    assert!(text.contains("accepted until 2027-01-20. Ask Jonas before extending.\""), "{text}");
    assert!(!text.contains('…') && !text.contains("EXPIRED") && !text.contains("cut"), "{text}");
    assert!(text.contains("0.58 points, expired 2026-09-07, accepted 2026-04-25 by mira"), "{text}");
    assert!(text.contains("4 points, no end, accepted 2026-07-11 by priya"), "{text}");
}

#[test]
fn what_is_too_long_is_cut_and_says_how_it_is_read() {
    let facts = wordy(&"and so on ".repeat(50));
    let (text, json, _) = ask("accepted_risks", &facts, "{}");
    assert!(text.contains('…') && text.ends_with("texts that end in … are cut: control with whole=true tells each whole"), "{text}");
    assert_eq!(rows(&json, "risks").len(), 5);
    let (text, _, _) = ask("control", &facts, r#"{"name":"spo_external_sharing_guests","whole":true}"#);
    assert!(text.matches("and so on").count() == 50 && !text.contains('…'), "{text}");
    let (text, _, _) = ask("control", &wordy(&"and so on ".repeat(300)), r#"{"name":"spo_external_sharing_guests"}"#);
    assert!(text.contains("are cut: whole=true tells all"), "{text}");
}

#[test]
fn links_stand_on_cards_and_in_the_linked_form_alone() {
    for skill in &skills::ALL {
        for example in (skill.examples)().iter().filter(|example| example.tenant != "all") {
            let views = answer(skill, vec![contoso()], false, true, example.args);
            assert!(!views.text.contains("://"), "{}: {}", skill.name, views.text);
            assert!(views.card.link.is_some(), "{}", skill.name);
        }
    }
}

#[test]
fn acceptances_that_were_taken_back_are_counted_beside_the_others() {
    let (text, json, _) = ask("accepted_risks", &contoso(), r#"{"since":"2026-11-11"}"#);
    assert!(
        text.lines().next().unwrap().contains(
            "2 accepted risks, 6 points forgone; 1 expired, which Microsoft still counts as accepted; 1 taken back since 2026-11-11"
        ),
        "{text}"
    );
    assert!(text.contains("taken back 2026-11-15 by tomasz") && text.contains("before: 2026-10-22 risk accepted by tomasz"), "{text}");
    assert_eq!((json["total"].as_u64(), json["taken_back"].as_u64(), rows(&json, "risks").len()), (Some(2), Some(1), 3), "{json}");
    assert_eq!(text.lines().count(), 4, "said once: {text}");
}

#[test]
fn one_control_begins_with_how_it_stands() {
    let (text, _, _) = ask("control", &contoso(), r#"{"name":"BlockLegacyAuthentication"}"#);
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    let order = [
        "7.42 of 8 points",
        "risk accepted 2026-04-25 by mira.lindqvist@contoso.example, expired 2026-09-07 (Microsoft still counts it as accepted)",
        "Microsoft last looked",
        "identity AzureAD",
        "fix: ",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{text}");
}

#[test]
fn a_list_of_weak_controls_says_its_columns_once_and_adds_up() {
    let facts = contoso();
    let (text, json, card) = ask("weakest_controls", &facts, "{}");
    let mut lines = text.lines();
    let first = lines.next().unwrap();
    assert!(
        first.contains("+ points to gain of maximum") && first.contains("what users feel") && first.contains("? = not known"),
        "{first}"
    );
    assert!(text.contains(" +9 of 9; MDA_GitHub; effort moderate; users high\n"), "{text}");
    assert!(!text.contains("impact high") && !text.contains(" %)"), "{text}");
    let left = |json: &Value| rows(json, "controls").iter().map(|row| row["left"].as_f64().unwrap()).sum::<f64>();
    let sum = left(&json);
    assert_eq!(json["together"].as_f64(), Some(sum), "{json}");
    let share = (100.0 * sum / 1253.0 * 100.0).round() / 100.0;
    assert!(text.contains(&format!("\ntogether +{sum} points (+{share} pp)\n")), "{text}");
    assert!(card.contains(&format!("Together +{sum} points (+{share} pp).")), "{card}");
    let (text, second, _) = ask("weakest_controls", &facts, r#"{"page":2}"#);
    let both = sum + left(&second);
    assert_eq!(second["together"].as_f64(), Some(both), "it goes on: {second}");
    assert!(text.contains(&format!("\nthe first 10 together +{both} points (+")), "{text}");
}

#[test]
fn a_category_without_controls_is_not_a_perfect_one() {
    let (text, _, card) = ask("weakest_controls", &contoso(), r#"{"category":"infrastructure"}"#);
    for words in [&text.to_lowercase(), &card.to_lowercase()] {
        assert!(words.contains("no infrastructure controls in this tenant") && !words.contains("no weak controls"), "{words}");
        assert!(!words.contains("0 of 0"), "{words}");
    }
    assert_eq!(text.matches("no infrastructure controls").count(), 1, "{text}");
}

#[test]
fn weak_controls_are_found_by_what_they_take() {
    let facts = contoso();
    let levels = ["low", "moderate", "high"];
    for (argument, member) in [("effort", "cost"), ("user_impact", "impact")] {
        for (at, most) in levels.into_iter().enumerate() {
            let (text, json, card) = ask("weakest_controls", &facts, &json!({ argument: most, "limit": 25 }).to_string());
            assert!(rows(&json, "controls").iter().all(|row| levels[..=at].contains(&row[member].as_str().unwrap())), "{json}");
            assert!(text.contains(" of unknown effort or user impact") && text.contains("not counted: "), "{text}");
            assert!(card.contains(&format!("{most} {}", argument.replace('_', " "))), "{card}");
        }
    }
    let (text, _, _) = ask("weakest_controls", &facts, r#"{"order":"quick_wins","category":"identity","user_impact":"low"}"#);
    assert!(text.contains("quick wins first") && text.contains("users low") && !text.contains("users moderate"), "{text}");
}

#[test]
fn controls_are_found_by_their_status() {
    let mut facts = contoso();
    let annotation = Annotation {
        owner: None,
        until: None,
        note: None,
        status: Some(Status::Planned),
        at: Timestamp::UNIX_EPOCH,
        by: "terminal".to_owned(),
    };
    facts.annotations = Annotations(BTreeMap::from([("MDA_GitHub_PasswordReuse".to_owned(), annotation)]));
    let (text, json, card) = ask("weakest_controls", &facts, r#"{"status":"completed","limit":25}"#);
    assert!(json["total"].as_u64() > Some(50) && rows(&json, "controls").iter().all(|row| row["left"] == 0), "{json}");
    assert!(text.contains("completed controls") && !text.contains("weak") && !text.contains("together"), "{text}");
    assert!(card.contains("Completed controls of contoso"), "{card}");
    let (score, _, _) = ask("secure_score", &facts, "{}");
    assert!(score.contains(&format!("{} completed", json["total"])), "the counts agree: {score}");
    let (_, accepted, _) = ask("weakest_controls", &facts, r#"{"status":"risk_accepted"}"#);
    let (_, risks, _) = ask("accepted_risks", &facts, "{}");
    assert_eq!(accepted["total"], risks["total"]);
    let (text, planned, _) = ask("weakest_controls", &facts, r#"{"status":"planned"}"#);
    assert_eq!(
        (planned["total"].as_u64(), planned["controls"][0]["control"].as_str()),
        (Some(1), Some("MDA_GitHub_PasswordReuse")),
        "{text}"
    );
    let (text, none, _) = ask("weakest_controls", &facts, r#"{"status":"in_progress"}"#);
    assert!(none["total"] == 0 && text.contains("no weak controls in progress"), "{text}");
    let options = &Entry::named("weakest_controls").unwrap().options;
    assert!(["effort", "user_impact", "status", "licensed"].iter().all(|name| options.iter().any(|option| option.name == *name)));
}
