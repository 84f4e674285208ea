//! Is an old score told as an old one, on every surface, and judged by the day of asking? And is an empty answer no reading?

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, ToSpan as _, civil::Date};
use scorewatch::{
    access::Asker,
    ask::{AnswerForm, Body, Question, RawArgs},
    card::{Block, Card},
    error::ErrorKind,
    graph::read_saved,
    sandbox::{FaultRule, InjectedFault},
    score::{Annotations, History},
    skills::{self, Entry, Facts, Readership, TenantFacts},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{TODAY, facts_of, facts_on},
    refresh::World,
    support::{
        doors::ask_by as open_by,
        views::{Views, views as views_of},
    },
};

const LATER: Date = jiff::civil::date(2026, 12, 17);

fn views(tenants: Vec<TenantFacts>, skill: &Entry, args: &str, all: bool, today: Date) -> Views {
    let args: Map<String, Value> = serde_json::from_str(args).unwrap();
    skill.prepare(&args, all, true).unwrap();
    views_of(skill, &Facts { tenants, all, group: None, names: true, links: false, today, readership: Readership::Asker }, &args)
}

fn lead(card: &Card) -> String {
    match card.blocks.first() {
        Some(Block::Lead(words)) => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" | "),
        other => panic!("{other:?}"),
    }
}

fn notes(card: &Card) -> String {
    let notes = card.blocks.iter().filter_map(|block| if let Block::Note(note) = block { Some(note.as_str()) } else { None });
    notes.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_old_score_is_marked_wherever_it_is_reported() {
    // A past day that was asked for is as old as it is.
    let now = |args: &str| !args.contains("\"day\"") && !args.contains("\"until\"");
    for skill in &skills::ALL {
        let of_one = |tenant: &str| tenant != "all" && !tenant.contains(',');
        for example in (skill.examples)().iter().filter(|example| of_one(example.tenant) && now(example.args)) {
            let asked = |today| views(vec![facts_of(example.tenant, 90)], skill, example.args, false, today);
            let name = format!("{} {}", skill.name, example.name);
            let Views { text, json, card } = asked(LATER);
            let json: Value = serde_json::from_slice(&json).unwrap();
            let mark = "! newest day is 26 days old (2026-11-21, asked on 2026-12-17)";
            assert_eq!(text.lines().nth(1), Some(mark), "{name}: {text}");
            assert_eq!(
                (&json["asked"], &json["notes"][0], &json["day"]),
                (&json!("2026-12-17"), &json!(mark), &json!("2026-11-21")),
                "{name}"
            );
            assert!(lead(&card).ends_with("! newest day is 26 days old"), "{name}: {}", lead(&card));
            for fresh in [TODAY, TODAY.saturating_add(2.days())] {
                let Views { text, json, card } = asked(fresh);
                let json: Value = serde_json::from_slice(&json).unwrap();
                assert!(!text.contains("days old") && json.get("asked").is_none() && !lead(&card).contains('!'), "{name} on {fresh}");
            }
        }
    }
}

#[test]
fn of_all_tenants_the_old_ones_are_named() {
    let old = TenantFacts { name: "woodgrove".to_owned(), ..facts_on("contoso", TODAY, TODAY.saturating_sub(5.days()), 90) };
    for skill in skills::ALL.iter().filter(|skill| skill.all_tenants) {
        let Views { text, json, card } = views(vec![facts_of("contoso", 90), old.clone()], skill, "{}", true, TODAY);
        let json: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(text.lines().nth(1), Some("! old newest days (asked on 2026-11-21): woodgrove 2026-11-16"), "{}: {text}", skill.name);
        assert_eq!(json["asked"], json!("2026-11-21"), "{}", skill.name);
        assert!(lead(&card).ends_with("! newest day of woodgrove is 5 days old"), "{}: {}", skill.name, lead(&card));
        assert!(notes(&card).contains("Old newest days: woodgrove 2026-11-16."), "{}", notes(&card));
    }
}

/// A tenant made of what Graph would send.
fn tenant(scores: &Value, profiles: &Value) -> TenantFacts {
    let file = |name: &str, rows: &Value| (name.to_owned(), json!({ "value": rows }).to_string().into_bytes());
    let reading = read_saved(&[file("scores.json", scores), file("profiles.json", profiles)]).unwrap();
    TenantFacts {
        name: "t".to_owned(),
        entra_id: reading.entra_id,
        history: History::new(reading.days),
        catalogue: reading.catalogue.unwrap_or_default(),
        annotations: Annotations::default(),
        service_plans: None,
        read_at: None,
        fetch_failure: None,
    }
}

/// A day of November with a control of each of these names, points and maxima.
fn day(day: i32, maximum: f64, controls: &[(&str, f64, f64)]) -> Value {
    let rows = controls.iter().map(|(name, points, max)| {
        let category = if name.starts_with("Dev") { "Device" } else { "Identity" };
        json!({ "controlName": name, "controlCategory": category, "score": points, "scoreInPercentage": 100.0 * points / max })
    });
    let points: f64 = controls.iter().map(|(_, points, _)| points).sum();
    json!({ "createdDateTime": format!("2026-11-{day:02}T00:00:00Z"), "currentScore": points, "maxScore": maximum, "controlScores": rows.collect::<Vec<_>>() })
}

fn profile(name: &str, maximum: f64, updates: &[Value]) -> Value {
    json!({ "id": name, "title": format!("Title of {name}"), "maxScore": maximum, "controlCategory": "Identity", "remediation": "Do it.", "controlStateUpdates": updates })
}

fn update(state: &str, day: i32, by: &str, comment: &str) -> Value {
    json!({ "state": state, "updatedDateTime": format!("2026-11-{day:02}T08:00:00Z"), "updatedBy": by, "comment": comment })
}

fn asked(tenant: &TenantFacts, skill: &str, args: &str) -> (String, Value, Card) {
    let Views { text, json, card } = views(vec![tenant.clone()], Entry::named(skill).unwrap(), args, false, TODAY);
    (text, serde_json::from_slice(&json).unwrap(), card)
}

#[test]
fn a_day_on_which_nothing_changed_is_named() {
    let still = tenant(&json!([day(20, 20.0, &[("A", 5.0, 10.0)]), day(21, 20.0, &[("A", 5.0, 10.0)])]), &json!([profile("A", 10.0, &[])]));
    let (_, _, card) = asked(&still, "score_changes", "{}");
    assert!(notes(&card).contains("No control changed from 2026-11-20 to 2026-11-21."), "{}", notes(&card));
}

#[test]
fn falls_are_reported_before_gains_and_summed_apart() {
    let gains = ["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"];
    let with = |gain: f64, falls: [f64; 2]| {
        let mut controls: Vec<(&str, f64, f64)> = gains.iter().map(|name| (*name, gain, 10.0)).collect();
        controls.extend([("F1", falls[0], 10.0), ("F2", falls[1], 2.0)]);
        controls
    };
    let scores = json!([day(1, 100.0, &with(2.0, [8.04, 2.0])), day(21, 100.0, &with(8.0, [6.67, 1.06]))]);
    let profiles: Vec<Value> = gains.iter().chain(&["F1"]).map(|name| profile(name, 10.0, &[])).chain([profile("F2", 2.0, &[])]).collect();
    let t = tenant(&scores, &json!(profiles));
    let (text, json, card) = asked(&t, "score_changes", r#"{"since":"month"}"#);
    assert_eq!(text.lines().nth(1), Some("worse in the tenant: 2 controls, -2.31 points; better: 8, +48"), "{text}");
    let listed: Vec<&str> = json["changes"].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap()).collect();
    assert_eq!(listed[..2], ["F1", "F2"]);
    assert!(text.ends_with("5 more (page 2): 5 better +30"), "{text}");
    assert_eq!((&json["worse"], &json["worse_points"], &json["better"]), (&json!(2), &json!(-2.31), &json!(8)));
    assert!(
        notes(&card).contains("Worse in the tenant: 2 controls (\u{2212}2.31 points); better in the tenant: 8 controls (+48 points)."),
        "{}",
        notes(&card)
    );
    // Cut below the falls, the rest of them is still told as what it is.
    let (text, ..) = asked(&t, "score_changes", r#"{"since":"month","limit":1}"#);
    assert!(text.ends_with("9 more (page 2): 1 worse -0.94, 8 better +48"), "{text}");
    // Of all tenants, a fall that gains make up for is no small move.
    let all = views(vec![t], Entry::named("score_changes").unwrap(), r#"{"since":"month"}"#, true, TODAY);
    assert!(all.text.contains("worse in the tenant: 2 controls, -2.31"), "{}", all.text);
}

#[test]
fn a_move_in_percent_says_what_of_it_is_the_maximums() {
    let scores = json!([
        day(20, 100.0, &[("X", 10.0, 10.0), ("Y", 40.0, 40.0)]),
        day(21, 110.0, &[("X", 9.0, 10.0), ("Y", 40.0, 40.0), ("New", 0.0, 10.0)])
    ]);
    let t = tenant(&scores, &json!([profile("X", 10.0, &[]), profile("Y", 40.0, &[]), profile("New", 10.0, &[])]));
    let (text, json, card) = asked(&t, "score_changes", "{}");
    assert!(text.contains("50 to 44.55 % (-5.45 pp: -1 by points, -4.45 by the larger maximum)"), "{text}");
    assert_eq!((&json["percent_moved"], &json["percent_by_maximum"]), (&json!(-5.45), &json!(-4.45)));
    assert!(
        lead(&card).contains("50 to 44.55 %") && notes(&card).contains("\u{2212}1 pp by points, \u{2212}4.45 pp by the larger maximum"),
        "{}",
        notes(&card)
    );
}

#[test]
fn a_category_has_the_first_line() {
    let scores =
        json!([day(20, 100.0, &[("Id", 2.0, 10.0), ("Dev", 6.0, 10.0)]), day(21, 100.0, &[("Id", 8.0, 10.0), ("Dev", 3.0, 10.0)])]);
    let t = tenant(&scores, &json!([profile("Id", 10.0, &[]), profile("Dev", 10.0, &[])]));
    let (text, json, card) = asked(&t, "score_changes", r#"{"category":"device"}"#);
    assert!(text.lines().next().unwrap().contains(": device 3 points (-3)"), "{text}");
    assert!(text.ends_with("whole tenant: 11 points (+3), 8 to 11 % (+3 pp)"), "{text}");
    assert_eq!((&json["category_moved"], &json["moved"]), (&json!(-3), &json!(3)));
    assert!(lead(&card).starts_with("\u{2212}3 points in device"), "{}", lead(&card));
    let (text, ..) = asked(&t, "score_changes", r#"{"category":"infrastructure"}"#);
    assert!(text.lines().next().unwrap().contains("no infrastructure controls in this tenant"), "{text}");
}

#[test]
fn points_that_come_days_after_a_state_name_it() {
    let why = |updates: &[Value], from: (i32, f64), to: (i32, f64)| {
        let scores = json!([day(from.0, 20.0, &[("A", from.1, 10.0)]), day(to.0, 20.0, &[("A", to.1, 10.0)])]);
        let (_, json, _) = asked(&tenant(&scores, &json!([profile("A", 10.0, updates)])), "score_changes", "{}");
        json["changes"][0]["why"].as_str().map(ToOwned::to_owned)
    };
    let third = |day| update("ThirdParty", day, "ada", "Other product");
    let named = |since: &str| Some(format!("third party{since}: \"Other product\""));
    assert_eq!(why(&[third(20)], (19, 0.0), (20, 10.0)), named(""));
    assert_eq!(why(&[third(18)], (20, 0.0), (21, 10.0)), named(" since 2026-11-18"), "two days later");
    assert_eq!(why(&[third(14)], (16, 0.0), (17, 10.0)), named(" since 2026-11-14"), "set on a Saturday, told on a Tuesday");
    assert_eq!(why(&[third(14), third(16), third(20)], (19, 0.0), (20, 10.0)), named(" since 2026-11-14"), "written again since");
    assert_eq!(why(&[third(1), third(20)], (19, 0.0), (20, 10.0)), None, "what was set long ago is no reason");
    assert_eq!(why(&[third(18)], (20, 0.0), (21, 5.0)), None, "such a state gives all points");
    assert_eq!(why(&[third(18)], (20, 10.0), (21, 5.0)), None, "or takes none");
    let back = update("Default", 18, "ada", "");
    assert_eq!(why(&[third(1), back.clone()], (20, 10.0), (21, 2.0)).as_deref(), Some("to address since 2026-11-18"), "it was taken back");
    assert_eq!(why(&[back], (20, 10.0), (21, 2.0)), None);
    let accepted = |day| update("Ignored", day, "ada", "Known");
    assert_eq!(why(&[accepted(18)], (20, 4.0), (21, 10.0)), None, "an acceptance gives no points");
    assert_eq!(why(&[accepted(1), accepted(20)], (19, 4.0), (20, 10.0)), None, "nor one that is written every day");
}

#[test]
fn what_was_taken_back_since_a_day_is_reported() {
    let gone = [update("Ignored", 1, "ada", "for now"), update("Default", 11, "ada", "")];
    let other = [update("Ignored", 9, "ben", "another")];
    let profiles = json!([profile("TakenBack", 10.0, &gone), profile("Other", 10.0, &other)]);
    let t = tenant(&json!([day(21, 20.0, &[("TakenBack", 2.0, 10.0), ("Other", 2.0, 10.0)])]), &profiles);
    let told = |since: &str| {
        let (text, json, _) = asked(&t, "accepted_risks", &json!({ "since": since }).to_string());
        (text, json["total"].as_u64().unwrap(), json["given_up"].as_f64().unwrap())
    };
    let (text, total, given_up) = told("2026-10-30");
    assert!(text.contains("TakenBack") && text.contains("1 taken back since 2026-10-30"), "{text}");
    assert_eq!((total, given_up), (1, 8.0), "it is counted apart");
    let (text, total, _) = told("2026-11-10");
    assert!(text.contains("TakenBack") && total == 0, "accepted before, taken back since: {text}");
    assert!(!told("2026-11-12").0.contains("TakenBack"));
    assert!(!asked(&t, "accepted_risks", "{}").0.contains("TakenBack"));
}

#[test]
fn only_what_is_still_theirs_is_counted_as_somebodys() {
    let renewed = [update("Ignored", 1, "ada", "older"), update("Ignored", 9, "ben", "renewed")];
    let profiles = json!([profile("Mine", 10.0, &[update("Ignored", 9, "ada", "mine")]), profile("Renewed", 10.0, &renewed)]);
    let t = tenant(&json!([day(21, 20.0, &[("Mine", 2.0, 10.0), ("Renewed", 3.0, 10.0)])]), &profiles);
    let told = |args: Value| asked(&t, "accepted_risks", &args.to_string());
    let (text, json, _) = told(json!({ "by": "ada", "history": 20 }));
    assert_eq!((&json["total"], &json["given_up"]), (&json!(1), &json!(8)));
    assert!(text.contains("1 earlier decision of theirs, decided anew by others since") && !text.contains("Renewed"), "{text}");
    assert_eq!(told(json!({ "by": "ben", "history": 20 })).1["total"], json!(1));
}

#[test]
fn an_end_that_nobody_can_be_sure_of_is_shown() {
    let accepted = [update("Ignored", 1, "ada", "Accepted until 01/02/2027")];
    let t = tenant(&json!([day(21, 20.0, &[("A", 2.0, 10.0)])]), &json!([profile("A", 10.0, &accepted)]));
    let (text, json, card) = asked(&t, "accepted_risks", "{}");
    assert!(text.contains("end not understood: \"01/02/2027\"") && text.contains("1 end not understood"), "{text}");
    assert_eq!(json["risks"][0]["unclear_end"], json!("01/02/2027"));
    let shown = scorewatch::surfaces::terminal::render(&card, scorewatch::surfaces::terminal::Capabilities { width: 140, colour: false });
    assert!(shown.contains("not understood: 01/02/2027"), "{shown}");
    assert!(asked(&t, "control", r#"{"name":"A"}"#).0.contains("end not understood: \"01/02/2027\""));
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn now() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap()
}

#[tokio::test]
async fn what_was_remembered_yesterday_is_not_reported_today() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let noon: Timestamp = format!("{TODAY}T12:00:00Z").parse().unwrap();
    NOW.store(noon.as_second(), Ordering::SeqCst);
    let ask = open_by(world.store.clone(), now).await;
    let skill = Entry::named("accepted_risks").unwrap();
    let args = json!({ "limit": 25 });
    let question = Question {
        skill,
        tenant: Some("contoso"),
        args: RawArgs::Typed(args.as_object().unwrap()),
        form: AnswerForm::Text,
        surface: "other",
    };
    let ask = || async {
        let reply = ask.ask(&Asker::local(), &question).await.unwrap();
        let Body::Bytes(bytes) = reply.body else { panic!("no text") };
        (String::from_utf8(bytes.to_vec()).unwrap(), reply.etag)
    };
    let (before, etag) = ask().await;
    assert!(before.contains("until 2026-12-21, accepted") && !before.contains("expired 2026-12-21"), "{before}");
    assert_eq!(ask().await.1, etag);
    NOW.store((noon + jiff::SignedDuration::from_hours(31 * 24)).as_second(), Ordering::SeqCst);
    let (after, other) = ask().await;
    assert!(after.contains("expired 2026-12-21") && after.contains("! newest day is 31 days old"), "{after}");
    assert_ne!(other, etag);
}

#[tokio::test]
async fn an_empty_answer_to_a_tenant_with_history_is_no_reading() {
    let world = World::new().await;
    let refresher = world.refresher("contoso");
    refresher.refresh(&|_| ()).await.unwrap();
    let read = world.store.read_at("contoso").await.unwrap();
    let stored = world.store.indexed_tenant("contoso").await.unwrap().unwrap();
    world.sandbox.faults().add(FaultRule::new(InjectedFault::EmptyValue).path("secureScores").always());
    let error = refresher.refresh(&|_| ()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Upstream);
    assert!(error.sentence.contains("sent no score at all for tenant contoso, of which days up to 2026-11-21 are held"), "{error}");
    assert_eq!(world.store.read_at("contoso").await.unwrap(), read, "nothing was read");
    assert_eq!(world.store.indexed_tenant("contoso").await.unwrap().unwrap(), stored);
    assert!(world.store.read_failures().await.unwrap()["contoso"].sentence.contains("That is no reading"));
    world.sandbox.faults().clear();
    refresher.refresh(&|_| ()).await.unwrap();
    assert!(world.store.read_failures().await.unwrap().is_empty());
    // A catalogue without a profile takes nothing away either.
    world.sandbox.faults().add(FaultRule::new(InjectedFault::EmptyValue).path("secureScoreControlProfiles").always());
    refresher.refresh(&|_| ()).await.unwrap();
    assert!(world.text("weakest_controls", "contoso").await.contains("\" "), "titles stay");
}
