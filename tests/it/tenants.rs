//! Which tenants are there? Those that the configuration names and those that an import made, and whose data is it? The program, and the sandbox's Graph.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use scorewatch::{
    access::{Asker, Role, Tenants},
    ask::{AnswerForm, Ask, Body, Question, RawArgs},
    card::Card,
    delivery::{Findings, PostKind},
    error::ErrorKind,
    graph::{ClientCredential, CloudEndpoints, Graph, GraphSettings, RetryPolicy},
    schedule::Refresher,
    score::{Reading, Snapshot},
    skills::Entry,
    store::{AuditEntry, NewDelivery, Source, Store, StoredPost},
};
use serde_json::{Value, json};

use crate::{
    graph::{Fake, answer},
    program::{Served, err, key, out, run},
    refresh::World,
    support::{
        doors::ask as open,
        posts::{a_digest, post},
    },
};

const A: &str = "0a0a0a0a-0000-4000-8000-00000000000a";
const B: &str = "0b0b0b0b-0000-4000-8000-00000000000b";

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Two days of the Entra tenant `entra_id` with a profile that is titled `title`.
fn files(home: &Path, entra_id: &str, points: f64, title: &str) {
    let day = |day: Date, points: f64| {
        json!({"id": format!("{entra_id}_{day}"), "azureTenantId": entra_id, "createdDateTime": format!("{day}T00:00:00Z"), "currentScore": points, "maxScore": 100,
            "controlScores": [{"controlName": "AlphaMfa", "controlCategory": "Identity", "score": 5.0, "scoreInPercentage": 50.0}]})
    };
    let days = json!({"value": [day(today(), points), day(today().yesterday().unwrap(), points + 5.0)]});
    std::fs::write(home.join("s.json"), days.to_string()).unwrap();
    let profile = json!({"value": [{"id": "AlphaMfa", "azureTenantId": entra_id, "title": title, "maxScore": 10}]});
    std::fs::write(home.join("p.json"), profile.to_string()).unwrap();
}

fn import(home: &Path, tenant: &str) -> std::process::Output {
    run(home, &["import", "--tenant", tenant, "s.json", "p.json"])
}

fn take(home: &Path, tenant: &str, entra_id: &str, points: f64) {
    files(home, entra_id, points, "Title");
    let imported = import(home, tenant);
    assert!(imported.status.success(), "{}", err(&imported));
}

fn offline(home: &Path, tenants: &[&str]) {
    let text = tenants.iter().fold(String::new(), |text, tenant| text + &format!("[tenants.{tenant}]\noffline = true\n"));
    std::fs::write(home.join("scorewatch.toml"), text).unwrap();
}

/// The tenants of an answer about all, each with its points.
fn all(home: &Path) -> BTreeMap<String, f64> {
    let asked = run(home, &["ask", "secure_score", "--tenant", "all", "--json"]);
    let answer: Value = serde_json::from_str(&out(&asked)).unwrap_or_else(|_| panic!("{}", err(&asked)));
    let row = |row: &Value| (row["tenant"].as_str().unwrap().to_owned(), row["points"].as_f64().unwrap());
    answer["tenants"].as_array().unwrap().iter().map(row).collect()
}

fn names(home: &Path) -> Vec<String> {
    all(home).into_keys().collect()
}

#[test]
fn one_that_is_taken_out_of_the_configuration_is_in_no_answer_at_once() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    offline(home, &["staying", "removed"]);
    take(home, "staying", A, 80.0);
    take(home, "removed", B, 20.0);
    assert_eq!(names(home), ["removed", "staying"]);
    offline(home, &["staying"]);
    assert_eq!(names(home), ["staying"]);
    let asked = run(home, &["ask", "secure_score", "--tenant", "removed"]);
    let said = "removed is stored (2 days), but not in this configuration: use the one that names it (--config FILE)";
    assert!(asked.status.code() == Some(1) && err(&asked).contains(said) && err(&asked).contains("Available: staying."), "{}", err(&asked));
    let only = run(home, &["ask", "secure_score", "--text"]);
    assert!(only.status.success() && out(&only).contains("80 of 100"), "the only one that is left: {}", err(&only));
    let note = run(home, &["note", "AlphaMfa", "--tenant", "removed", "--owner", "Ada"]);
    assert_eq!(note.status.code(), Some(1));
    let key = run(home, &["key", "new", "--name", "k", "--tenant", "removed"]);
    assert_eq!(key.status.code(), Some(1));
    let checked = run(home, &["check"]);
    assert!(out(&checked).contains("removed: stored, and in no answer"), "{}", out(&checked));
    let listed = run(home, &["tenant", "list", "--json"]);
    let listed: Value = serde_json::from_str(&out(&listed)).unwrap();
    assert_eq!((&listed[0]["tenant"], &listed[0]["in_answers"], &listed[0]["days"]), (&json!("removed"), &json!(false), &json!(2)));
    assert_eq!(
        (&listed[1]["in_answers"], &listed[1]["from"], &listed[1]["entra_id"]),
        (&json!(true), &json!("import, configured as offline"), &json!(A))
    );
    let shown = run(home, &["tenant", "list"]);
    assert!(out(&shown).contains("no: removed"), "{}", out(&shown));
    // A configuration that names no tenant any more names none; without any, nobody says which there are.
    std::fs::write(home.join("scorewatch.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let asked = run(home, &["ask", "secure_score", "--tenant", "all"]);
    assert!(
        asked.status.code() == Some(75)
            && err(&asked).contains("No tenant of this configuration is stored")
            && err(&asked).contains("Stored, but not in it: removed, staying."),
        "{}",
        err(&asked)
    );
    std::fs::remove_file(home.join("scorewatch.toml")).unwrap();
    assert_eq!(names(home), ["removed", "staying"]);
    // Named anew, all of it is there again.
    offline(home, &["staying", "removed"]);
    assert_eq!(all(home), BTreeMap::from([("removed".to_owned(), 20.0), ("staying".to_owned(), 80.0)]));
}

#[test]
fn what_an_import_made_counts_until_the_configuration_has_named_it_once() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    take(home, "one", A, 80.0);
    take(home, "two", B, 20.0);
    assert_eq!(names(home), ["one", "two"], "without any configuration");
    offline(home, &["one"]);
    assert_eq!(names(home), ["one", "two"], "a tenant of an import needs no section");
    // From here on the configuration has the say over both.
    offline(home, &["one", "two"]);
    assert!(run(home, &["check"]).status.success());
    offline(home, &["one"]);
    assert_eq!(names(home), ["one"]);
    // Imported again, it is made by an import.
    files(home, B, 30.0, "Title");
    let again = import(home, "two");
    assert!(err(&again).contains("two had been removed from the configuration"), "{}", err(&again));
    let noted = out(&run(home, &["audit", "--json"]));
    assert!(noted.contains("tenant.import") && noted.contains(r#""tenant":"two""#) && !noted.contains(r#""tenant":"one""#), "{noted}");
    assert_eq!(names(home), ["one", "two"]);
}

#[test]
fn a_known_tenant_is_not_imported_under_another_name() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    offline(home, &["contoso"]);
    take(home, "contoso", A, 80.0);
    files(home, A, 80.0, "Title");
    let refused = import(home, "kontoso");
    assert_eq!(refused.status.code(), Some(78));
    assert!(
        err(&refused).contains("stored as contoso already. Nothing was stored. Import them with --tenant contoso"),
        "{}",
        err(&refused)
    );
    assert_eq!(names(home), ["contoso"], "and no tenant was made");
    // Also where the configuration alone knows it.
    let text =
        format!("[tenants.fabrikam]\ntenant_id = \"{B}\"\nclient_id = \"{A}\"\nclient_secret = \"x\"\n[tenants.contoso]\noffline = true\n");
    std::fs::write(home.join("scorewatch.toml"), text).unwrap();
    files(home, B, 20.0, "Title");
    let refused = import(home, "other");
    assert!(err(&refused).contains("configured as fabrikam. Nothing was stored. Import them with --tenant fabrikam"), "{}", err(&refused));
    assert!(import(home, "fabrikam").status.success());
    files(home, A, 20.0, "Title");
    assert!(err(&import(home, "fabrikam")).contains("Nothing was stored"), "another tenant's");
    // A domain says nothing about whose data it is: it is bound on first use, and that is said.
    let text = format!("[tenants.domain]\ntenant_id = \"domain.example\"\nclient_id = \"{A}\"\nclient_secret = \"x\"\n");
    std::fs::write(home.join("scorewatch.toml"), text).unwrap();
    files(home, "0d0d0d0d-0000-4000-8000-00000000000d", 20.0, "Title");
    assert!(err(&import(home, "domain")).contains("is bound to Entra tenant 0d0d0d0d"));
    assert!(!err(&import(home, "domain")).contains("is bound to"), "once");

    // Of two that imports made, which no configuration names, it is said.
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    take(home, "one", A, 80.0);
    files(home, A, 80.0, "Title");
    let second = import(home, "two");
    assert!(second.status.success() && err(&second).contains("is stored as one, too"), "{}", err(&second));
    assert!(!err(&import(home, "two")).contains("is stored as one"), "once");
}

#[test]
fn a_tenant_is_removed_for_good_and_only_when_it_is_meant() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    offline(home, &["contoso", "fabrikam"]);
    take(home, "contoso", A, 80.0);
    files(home, B, 20.0, "Only here");
    assert!(import(home, "fabrikam").status.success());
    assert!(run(home, &["note", "AlphaMfa", "--tenant", "fabrikam", "--owner", "Ada"]).status.success());
    let asked = run(home, &["tenant", "remove", "fabrikam"]);
    assert_eq!(asked.status.code(), Some(2), "nobody is there to be asked");
    assert!(
        err(&asked).contains("2 days") && err(&asked).contains("1 profile, 1 note") && err(&asked).contains("--yes"),
        "{}",
        err(&asked)
    );
    assert_eq!(names(home), ["contoso", "fabrikam"]);
    let unknown = run(home, &["tenant", "remove", "fabricam", "--yes"]);
    assert!(unknown.status.code() == Some(1) && err(&unknown).contains("Did you mean `fabrikam`"), "{}", err(&unknown));

    let removed = run(home, &["tenant", "remove", "fabrikam", "--yes"]);
    assert!(removed.status.success() && out(&removed).contains("fabrikam was removed, with 2 days"), "{}{}", out(&removed), err(&removed));
    assert_eq!(names(home), ["contoso"]);
    let audit = run(home, &["audit", "--json"]);
    let audit: Value = serde_json::from_str(&out(&audit)).unwrap();
    assert_eq!(
        (&audit[0]["what"], &audit[0]["tenant"], &audit[0]["detail"]["days"]),
        (&json!("tenant.remove"), &json!("fabrikam"), &json!(2))
    );
    assert_eq!(audit[1]["what"], "note", "what was noted once stays in the log");
    let pruned = run(home, &["prune"]);
    assert!(out(&pruned).contains("Removed 0 texts"), "its texts went with it: {}", out(&pruned));
    // It can begin anew, as another Entra tenant too.
    take(home, "fabrikam", "0c0c0c0c-0000-4000-8000-00000000000c", 7.0);
    assert!((all(home)["fabrikam"] - 7.0).abs() < f64::EPSILON);
    let note = run(home, &["note", "AlphaMfa", "--tenant", "fabrikam", "--json"]);
    assert!(!out(&note).contains("Ada"), "{}", out(&note));
}

#[test]
fn a_key_of_a_removed_tenant_opens_no_other_that_is_called_so() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    std::fs::write(home.join("scorewatch.toml"), "[server]\nlisten = \"127.0.0.1:0\"\n").unwrap();
    take(home, "loose", A, 80.0);
    take(home, "kept", B, 20.0);
    let (alone, old) = key(home, &["--tenant", "loose"]);
    let (both, shared) = key(home, &["--tenant", "loose", "--tenant", "kept"]);
    let (all, every) = key(home, &["--all-tenants"]);
    let removed = run(home, &["tenant", "remove", "loose", "--yes"]);
    assert!(out(&removed).contains("1 API key, 0 digests. 1 API key of other tenants too lost it."), "{}{}", out(&removed), err(&removed));
    assert!(err(&removed).contains("1 API key of other tenants too will lose loose."), "{}", err(&removed));
    let audit: Value = serde_json::from_str(&out(&run(home, &["audit", "--json"]))).unwrap();
    let detail = &audit[0]["detail"];
    assert_eq!((&detail["keys_revoked"], &detail["keys_narrowed"]), (&json!(1), &json!(1)), "{detail}");
    let keys: Value = serde_json::from_str(&out(&run(home, &["key", "list", "--json"]))).unwrap();
    let shown = |id: &str| keys.as_array().unwrap().iter().find(|key| key["id"] == id).unwrap().clone();
    assert!(shown(&alone)["revoked"].is_string() && shown(&all)["revoked"].is_null(), "{keys}");
    assert!(shown(&both)["revoked"].is_null() && shown(&both)["tenants"] == json!(["kept"]), "{keys}");

    // Another customer by the same name.
    take(home, "loose", "0c0c0c0c-0000-4000-8000-00000000000c", 7.0);
    let server = Served::start(home);
    let status = |secret: &str, tenant: &str| server.get(&format!("/skills/secure_score?tenant={tenant}"), secret).0;
    assert_eq!((status(&old, "loose"), status(&shared, "loose"), status(&shared, "kept")), (401, 404, 200));
    assert_eq!(status(&every, "loose"), 200, "a key for all tenants sees the next one, too");
}

#[tokio::test]
async fn digests_that_people_made_lose_a_removed_tenant() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let now = Timestamp::now();
    for tenant in ["gone", "here"] {
        store.save(tenant, &Reading::default(), Source::Import, now).await.unwrap();
    }
    let entry = |what: &str| AuditEntry {
        at: now,
        asker: "discord:7".to_owned(),
        what: what.to_owned(),
        tenant: None,
        subject: String::new(),
        detail: "{}".to_owned(),
    };
    for (name, definition) in [
        ("alone", r#"{"tenants":["gone"],"silent":false}"#),
        ("both", r#"{"tenants":["gone","here"],"silent":true}"#),
        ("other", r#"{"tenants":["here"]}"#),
        ("all", r#"{"silent":true}"#),
    ] {
        store.digest_define(name, (definition, "daily"), (9, 9), &entry("digest.add")).await.unwrap();
    }
    let held = store.held("gone").await.unwrap();
    assert_eq!((held.digests.alone, held.digests.among, held.keys.alone), (1, 1, 0));
    assert_eq!(store.tenant_remove("gone", &entry("tenant.remove")).await.unwrap(), held);
    let left = store.digest_definitions().await.unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["all", "both", "other"]);
    assert_eq!(serde_json::from_str::<Value>(left["both"].as_ref().unwrap()).unwrap(), json!({ "tenants": ["here"], "silent": true }));
    assert!(!store.digest_runs().await.unwrap().contains_key("alone"));
}

#[tokio::test]
async fn the_operator_alone_learns_of_a_tenant_that_is_stored_and_not_named() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let nobody = open(store.clone()).await;
    let key = Asker { id: "key:1".into(), name: "k".into(), role: Role::Operator, tenants: Tenants::All };
    let skill = Entry::named("weakest_controls").unwrap();
    let told = async |ask: &Ask, asker: &Asker, tenant: Option<&str>| {
        let question = Question { skill, tenant, args: RawArgs::Pairs(&[]), form: AnswerForm::Text, surface: "test" };
        ask.ask(asker, &question).await.unwrap_err().sentence
    };
    // Where none is stored, a name that is none is answered with what to do, as no name is.
    for asker in [&key, &Asker::local()] {
        for tenant in [Some("x"), Some("all"), None] {
            let sentence = told(&nobody, asker, tenant).await;
            let words = if asker.is_local() {
                "No tenants stored yet. Add one: "
            } else {
                "No tenant is visible to you yet. Whoever runs scorewatch adds one"
            };
            assert!(sentence.starts_with(words), "{sentence}");
        }
    }
    store.clone().of_tenants(["alpha".to_owned()]).ensure_tenant("alpha").await.unwrap();
    for (named, there) in [(vec!["beta".to_owned()], "beta"), (vec![], "none")] {
        let other = store.clone().of_tenants(named.clone());
        for name in &named {
            other.ensure_tenant(name).await.unwrap();
        }
        let other = open(other).await;
        for asker in [Asker::local(), Asker::at_terminal("ada")] {
            let sentence = told(&other, &asker, Some("Alpha")).await;
            let right = format!(
                "alpha is stored (0 days), but not in this configuration: use the one that names it (--config FILE), or add [tenants.alpha]. \
                `scorewatch tenant list` shows all stored tenants. Available: {there}."
            );
            assert_eq!(sentence, right);
        }
        for tenant in ["alpha", "Alpha"] {
            let sentence = told(&other, &key, Some(tenant)).await;
            assert!(!sentence.contains("is stored") && !sentence.contains("--config"), "{sentence}");
        }
        store.tenant_remove("beta", &removal()).await.ok();
    }
    let none = open(store.of_tenants([])).await;
    let sentence = told(&none, &Asker::local(), None).await;
    assert!(sentence.contains("Stored, but not in it: alpha."), "{sentence}");
}

#[tokio::test]
async fn of_a_removed_tenant_nothing_is_answered_for_another_that_is_called_so() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let ask = open(store.clone()).await;
    let mut answers = Vec::new();
    for points in [20.0, 80.0] {
        let day = Snapshot {
            day: today(),
            points,
            maximum: Some(100.0),
            active_users: None,
            peers: Vec::new(),
            controls: Vec::new(),
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        };
        let reading = Reading { days: vec![day], ..Reading::default() };
        store.save("acme", &reading, Source::Import, Timestamp::now()).await.unwrap();
        ask.view().look().await.unwrap();
        let question = Question {
            skill: Entry::named("secure_score").unwrap(),
            tenant: None,
            args: RawArgs::Pairs(&[]),
            form: AnswerForm::Text,
            surface: "test",
        };
        let reply = ask.ask(&Asker::local(), &question).await.unwrap();
        let Body::Bytes(text) = &reply.body else { panic!("asked for text") };
        answers.push((String::from_utf8(text.to_vec()).unwrap(), Arc::clone(&reply.etag)));
        store.tenant_remove("acme", &removal()).await.unwrap();
    }
    assert!(answers[0].0.contains("20 of 100") && answers[1].0.contains("80 of 100"), "{answers:?}");
    assert_ne!(answers[0].1, answers[1].1, "a client would keep what it has");
}

/// What the audit log says of a tenant that goes.
fn removal() -> AuditEntry {
    let (asker, what, detail) = ("terminal".to_owned(), "tenant.remove".to_owned(), "{}".to_owned());
    AuditEntry { at: Timestamp::now(), asker, what, tenant: None, subject: "gone".to_owned(), detail }
}

#[test]
fn texts_that_nothing_uses_any_more_are_pruned() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    take(home, "contoso", A, 80.0);
    take(home, "fabrikam", B, 20.0);
    let pruned = |texts: &str| {
        let pruned = run(home, &["prune"]);
        assert!(out(&pruned).contains(&format!("Removed {texts} that")), "{}", out(&pruned));
    };
    pruned("0 texts");
    files(home, A, 80.0, "Titled anew");
    assert!(import(home, "contoso").status.success());
    pruned("0 texts");
    files(home, B, 20.0, "Titled anew");
    assert!(import(home, "fabrikam").status.success());
    pruned("1 text");
    let shown = run(home, &["ask", "control", "AlphaMfa", "--tenant", "contoso", "--text"]);
    assert!(out(&shown).contains("Titled anew"), "{}", out(&shown));
}

#[tokio::test]
async fn nothing_that_a_removed_tenant_left_is_reported_or_comes_back() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let now = Timestamp::now();
    let reading = |entra_id: &str| Reading { entra_id: Some(entra_id.to_owned()), ..Reading::default() };
    store.save("gone", &reading(A), Source::Import, now).await.unwrap();
    store.save("here", &reading(B), Source::Import, now).await.unwrap();
    let alert = || PostKind::Alert(Findings::of("a", &["x"]));
    let digest = |name: &str| PostKind::Digest { name: name.to_owned() };
    let delivery = |id: &str, tenants: &str, kind: PostKind| NewDelivery {
        id: id.to_owned(),
        tenants: tenants.to_owned(),
        kind,
        period: "p".to_owned(),
        destination: "hook".to_owned(),
        title: "t".to_owned(),
        post: StoredPost::of(&post(a_digest(), Card::new("t", Vec::new(), ""))).unwrap(),
        names: false,
        created: now,
        deadline: now + 1.hour(),
    };
    let waiting = [("1", "gone", alert()), ("2", "gone,here", digest("d")), ("3", "here", alert()), ("4", "gone", digest("e"))];
    for (id, tenants, kind) in waiting {
        assert!(store.enqueue(&delivery(id, tenants, kind)).await.unwrap());
    }
    let fence = store.lease_take("refresh/gone", "me", Duration::from_mins(1), now).await.unwrap();
    let entry = removal();
    assert_eq!(store.tenant_remove("gone", &entry).await.unwrap().posts, 1);
    let claimed = store.claim("me", Duration::from_mins(1), now).await.unwrap().unwrap();
    assert_eq!((&*claimed.id, store.claim("me", Duration::from_mins(1), now).await.unwrap().is_none()), ("3", true));
    // A reading that was under way is too late.
    let late = store.save("gone", &reading(A), Source::Graph { fence }, now).await;
    assert!(late.is_err() && !store.index().await.unwrap().tenants.contains_key("gone"), "{late:?}");
    assert_eq!(store.tenant_remove("gone", &entry).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_store_knows_only_the_tenants_that_count() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let of = |names: &[&str]| store.clone().of_tenants(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    let both = of(&["a", "b"]);
    both.ensure_tenant("a").await.unwrap();
    both.ensure_tenant("b").await.unwrap();
    both.save("c", &Reading::default(), Source::Import, Timestamp::now()).await.unwrap();
    let one = of(&["a"]);
    let known = one.index().await.unwrap();
    assert_eq!(known.tenants.keys().collect::<Vec<_>>(), ["a", "c"]);
    assert!(known.taken_out.contains_key("b") && one.indexed_tenant("b").await.unwrap().is_none());
    let ask = open(one.clone()).await;
    assert!(ask.view().is_taken_out("b") && !ask.view().is_taken_out("a") && !ask.view().is_taken_out("nobody"));
    // A running server notices what is imported beside it.
    one.save("b", &Reading::default(), Source::Import, Timestamp::now()).await.unwrap();
    assert!(ask.view().look().await.unwrap() && !ask.view().is_taken_out("b"));
}

/// A reader of a Graph that sends data of `sent` to whoever signs in as `configured`, whose metadata name `issuer`.
async fn reader(store: &Store, configured: &str, sent: &'static str, issuer: Option<&'static str>) -> (Fake, Refresher) {
    let fake = Fake::graph(move |asked| {
        let path = asked.uri.path();
        if path.ends_with("openid-configuration") {
            return match issuer {
                Some(id) => answer(200, &[], json!({"issuer": format!("https://login.example/{id}/v2.0")})),
                None => answer(404, &[], json!({"error": "invalid_tenant"})),
            };
        }
        let row = if path.ends_with("ControlProfiles") {
            json!({"id": "AlphaMfa", "azureTenantId": sent})
        } else {
            json!({"createdDateTime": "2026-11-20T00:00:00Z", "azureTenantId": sent, "currentScore": 1})
        };
        answer(200, &[], json!({ "value": [row] }))
    })
    .await;
    let mut settings = GraphSettings::new(
        "contoso",
        configured,
        "app",
        ClientCredential::Secret("x".into()),
        CloudEndpoints::new(&fake.root, &fake.root).unwrap(),
    );
    settings.patience = RetryPolicy {
        attempts: 1,
        first_pause: Duration::from_millis(1),
        pause_max: Duration::from_millis(1),
        total: Duration::from_secs(5),
    };
    (fake, Refresher::new(store.clone(), Graph::new(settings).unwrap(), "contoso".to_owned(), "test".to_owned()))
}

#[tokio::test]
async fn the_first_reading_is_checked_against_the_configured_tenant() {
    for (configured, sent, issuer, fine) in [
        (A, A, None, Ok("")),
        (A, B, None, Err("configured as 0a0a0a0a")),
        ("contoso.example", A, Some(A), Ok("which owns the configured domain")),
        ("contoso.example", B, Some(A), Err("contoso.example, which is 0a0a0a0a")),
        ("contoso.example", A, None, Ok("could not be looked up")),
        ("contoso.example", A, Some("common"), Ok("could not be looked up")),
    ] {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
        let (fake, refresher) = reader(&store, configured, sent, issuer).await;
        match (refresher.refresh(&|_| ()).await, fine) {
            (Ok(read), Ok(words)) => {
                assert!(read.odd().join(" ").contains(words), "{configured} {:?}", read.odd());
                assert_eq!(read.odd().is_empty(), words.is_empty());
                // From then on it is known whose it is.
                let asked = fake.paths().len();
                assert_eq!(refresher.refresh(&|_| ()).await.unwrap().odd(), Vec::<String>::new());
                assert_eq!(fake.paths().len(), asked + 2, "nobody is asked about a domain again");
            }
            (Err(error), Err(words)) => {
                assert!(error.kind == ErrorKind::Misconfigured && error.sentence.contains(words), "{error}");
                assert_eq!(store.indexed_tenant("contoso").await.unwrap().unwrap().days, 0);
            }
            (read, fine) => panic!("{configured} {sent}: {read:?}, not {fine:?}"),
        }
    }
}

#[tokio::test]
async fn a_reading_of_days_that_cannot_be_used_is_none_and_says_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let fake = Fake::graph(|asked| {
        let day = json!({"createdDateTime": "2026-11-20T00:00:00Z", "azureTenantId": A, "currentScore": "5,5"});
        answer(200, &[], json!({ "value": if asked.uri.path().ends_with("ControlProfiles") { vec![] } else { vec![day] } }))
    })
    .await;
    let refresher = Refresher::new(store.clone(), fake.client(), "contoso".to_owned(), "test".to_owned());
    let error = refresher.refresh(&|_| ()).await.unwrap_err();
    let told = "sent 1 invalid day (currentScore \"5,5\" is no score), and no other for tenant";
    assert!(error.kind == ErrorKind::Upstream && error.sentence.contains(told), "{error}");
    assert_eq!(store.read_at("contoso").await.unwrap(), None, "nothing was read");
    let steps = fake.client().check().await;
    let found = steps.last().unwrap().outcome.as_ref().unwrap_err();
    assert!(found.sentence.contains("currentScore \"5,5\" is no score"), "{found}");
}

#[tokio::test]
async fn graph_may_be_read_under_a_new_name() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let renamed = world.refresher_of("contoso", "contoso-emea").refresh(&|_| ()).await.unwrap();
    assert!(renamed.saved.doubled("contoso-emea").unwrap().contains("is stored as contoso, too"));
}
