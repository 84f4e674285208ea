//! Who has consented to the app? What Microsoft says of each tenant, told as what is missing; consent that was revoked is told as that.

use std::{fs, path::Path};

use scorewatch::{
    access::{Asker, Role},
    alert::{ReadingFailure, Watch},
    error::{AccessGap, FetchFailureKind},
    sandbox::{FaultRule, InjectedFault, Options, Sandbox},
};
use serde_json::Value;

use crate::{
    many_tenants::{list, msp},
    program::{Served, err, key, out, run, some_day, wait},
    support::watcher::{World, at, facts, rule},
};

fn consent(home: &Path, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let told = run(home, &[&["tenant", "consent", "--json"], args].concat());
    let rows: Value = serde_json::from_str(&out(&told)).unwrap_or_else(|_| panic!("{}", err(&told)));
    (told.status.code(), rows.as_array().unwrap().clone())
}

fn states(rows: &[Value]) -> Vec<(&str, &str)> {
    rows.iter().map(|row| (row["tenant"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
}

async fn sandbox(customers: usize) -> Sandbox {
    Sandbox::start(Options { customers, ..Options::new(some_day()) }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_told_of_each_tenant() {
    let sandbox = sandbox(3).await;
    let home = msp(&sandbox, &[("contoso", "eu"), ("customer-001", "eu"), ("customer-002", ""), ("customer-003", "")]);
    let more = "nowhere;nowhere.example;\r\n";
    let file = home.path().join("customers.csv");
    fs::write(&file, fs::read_to_string(&file).unwrap() + more).unwrap();
    sandbox.faults().add(FaultRule::new(InjectedFault::NoConsent).tenant("customer-001").always());
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).tenant("customer-002").always());
    sandbox.faults().add(FaultRule::new(InjectedFault::Status(500, "{}".to_owned())).tenant("customer-003").path("Scores").times(99));

    let links = run(home.path(), &["tenant", "consent", "eu", "--link-only"]);
    assert!(links.status.success() && sandbox.requests().is_empty(), "nobody is asked for a link");
    let (contoso, app) = (sandbox.tenant("contoso").unwrap(), sandbox.app());
    let link = format!("{}/{}/adminconsent?client_id={}", sandbox.root(), contoso.entra_id, app.client_id);
    let said = out(&links);
    assert_eq!((said.lines().count(), said.lines().next()), (2, Some(&*format!("contoso\t{link}"))));

    let (code, rows) = consent(home.path(), &["eu", "customer-002", "nowhere"]);
    let expected =
        [("contoso", "ready"), ("customer-001", "not_consented"), ("customer-002", "permission_missing"), ("nowhere", "unknown_tenant")];
    assert_eq!((code, states(&rows)), (Some(69), expected.to_vec()));
    assert!(rows[1]["sentence"].as_str().unwrap().contains("An administrator of the tenant must"), "{}", rows[1]);
    assert!(rows[2]["sentence"].as_str().unwrap().contains("SecurityEvents.Read.All"), "{}", rows[2]);
    let piped = out(&run(home.path(), &["tenant", "consent", "eu"]));
    assert!(piped.starts_with("contoso\tready\t\t\ncustomer-001\tnot consented\thttp://127.0.0.1:"), "{piped}");

    // Whoever was asked too often says nothing of consent, and no command promises to ask again.
    let busy = InjectedFault::Throttle { retry_after: Some("3600".to_owned()) };
    sandbox.faults().clear();
    sandbox.faults().add(FaultRule::new(busy).tenant("contoso").path("Scores").always());
    let piped = out(&run(home.path(), &["tenant", "consent", "contoso"]));
    assert!(piped.starts_with("contoso\tthrottled, ask again later\t") && piped.contains("in a few minutes"), "{piped}");
    assert!(!piped.contains("retried automatically"), "{piped}");
    assert_eq!(states(&consent(home.path(), &["contoso"]).1), [("contoso", "failed")], "what programs read is as it was");
    sandbox.faults().clear();

    let text = fs::read_to_string(home.path().join("scorewatch.toml")).unwrap();
    fs::write(home.path().join("scorewatch.toml"), text.replace(&app.client_secret, "another")).unwrap();
    assert_eq!(states(&consent(home.path(), &["contoso"]).1), [("contoso", "credential_refused")]);
    fs::write(home.path().join("scorewatch.toml"), text.replace(&app.client_id, "99999999-2222-3333-4444-555555555555")).unwrap();
    let (_, rows) = consent(home.path(), &["contoso"]);
    assert_eq!(states(&rows), [("contoso", "app_not_found")]);
    assert!(rows[0]["sentence"].as_str().unwrap().contains("Check the client id"), "{}", rows[0]);
    fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    let disabled = InjectedFault::Status(401, "{\"error_codes\":[7000112]}".to_owned());
    sandbox.faults().add(FaultRule::new(disabled).at_sign_in().tenant("contoso").always());
    let (_, rows) = consent(home.path(), &["contoso"]);
    assert_eq!(states(&rows), [("contoso", "disabled")]);
    assert!(rows[0]["sentence"].as_str().unwrap().contains("enables it under Enterprise applications"), "{}", rows[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_configured_is_told() {
    let sandbox = sandbox(0).await;
    let home = msp(&sandbox, &[("contoso", "europe")]);
    let file = home.path().join("scorewatch.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "[tenants.saved]\noffline = true\n").unwrap();
    for (name, code, said) in [
        ("contso", 1, "No tenant or group `contso` is configured. Did you mean `contoso`?"),
        ("europ", 1, "Did you mean `europe`?"),
        ("saved", 2, "saved is offline"),
    ] {
        let told = run(home.path(), &["tenant", "consent", name]);
        assert!(told.status.code() == Some(code) && err(&told).contains(said), "{}", err(&told));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_that_was_revoked_is_told_as_that() {
    let sandbox = sandbox(0).await;
    let home = msp(&sandbox, &[("contoso", ""), ("fabrikam", "")]);
    sandbox.faults().add(FaultRule::new(InjectedFault::NoConsent).tenant("fabrikam").always());
    assert_eq!(run(home.path(), &["refresh"]).status.code(), Some(69));
    sandbox.faults().add(FaultRule::new(InjectedFault::NoConsent).tenant("contoso").always());
    assert_eq!(states(&consent(home.path(), &[]).1), [("contoso", "revoked"), ("fabrikam", "not_consented")]);
    let said = out(&run(home.path(), &["check"]));
    let revoked = "contoso: sign-in: FAILED. Consent was revoked, or the app removed, in tenant contoso: it was last read on ";
    assert!(said.contains("Tenant contoso (") && said.contains("(Microsoft's trace id "), "what Microsoft said stays: {said}");
    assert!(said.contains(revoked), "{said}");
    assert!(said.contains("`scorewatch tenant consent contoso` prints the link."), "{said}");
    assert!(
        said.contains("fabrikam: sign-in: FAILED. Tenant fabrikam (") && said.contains("tenants: 0 ok, 2 FAILED: contoso, fabrikam"),
        "{said}"
    );
    let refreshed = err(&run(home.path(), &["refresh", "--tenant", "contoso"]));
    assert!(refreshed.contains("was revoked, or the app removed"), "{refreshed}");

    sandbox.faults().clear();
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).tenant("contoso").always());
    assert_eq!(states(&consent(home.path(), &["contoso"]).1), [("contoso", "permission_missing")]);
    sandbox.faults().clear();
    assert_eq!(states(&consent(home.path(), &[]).1), [("contoso", "ready"), ("fabrikam", "ready")]);
}

#[test]
fn the_link_is_for_operators_and_what_is_said_is_for_all() {
    let revoked = |readers: Role| {
        let mut world = World::new(vec![rule(Watch::SignIn { days: 30 })], vec![facts("contoso", &[])]);
        let input = world.input("contoso");
        let sentence = "Consent for the app was revoked.".to_owned();
        input.failure =
            Some(ReadingFailure { kind: FetchFailureKind::Access(AccessGap::Consent), sentence, since: at(0, 0), shared: None });
        input.credential.consent = Some("https://login.example/contoso/adminconsent?client_id=1".to_owned());
        input.credential.app = Some("https://entra.example/app".to_owned());
        input.read_at = Some(at(0, 0));
        let told = world.looks_as(at(1, 0), &|_| Ok(Asker { role: readers, ..Asker::local() }));
        let [told] = &told[..] else { panic!("{} messages", told.len()) };
        (told.post.card.title.clone(), told.post.card.link.clone())
    };
    let (title, link) = revoked(Role::Operator);
    assert_eq!(title, "Contoso: consent to the app was revoked, so no score is fetched");
    assert_eq!(link.as_deref(), Some("https://login.example/contoso/adminconsent?client_id=1"));
    let (title, link) = revoked(Role::Analyst);
    assert!(title.contains("consent to the app was revoked"), "{title}");
    assert!(link.is_none_or(|link| !link.contains("adminconsent") && !link.contains("entra.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_asked_about_and_shows_no_more_than_one_may_see() {
    let sandbox = sandbox(0).await;
    let home = msp(&sandbox, &[("contoso", "eu"), ("fabrikam", "eu us"), ("northwind", "us")]);
    assert!(run(home.path(), &["refresh"]).status.success());
    let asked = |tenant: &str, skill: &str| run(home.path(), &["ask", skill, "--tenant", tenant, "--text"]);
    let said = out(&asked("EU", "secure_score"));
    assert!(said.starts_with("eu, 2 tenants with a score, weakest first; average "), "{said}");
    assert!(said.contains("\ncontoso ") && said.contains("\nfabrikam ") && !said.contains("northwind"), "{said}");
    for (skill, head) in [("score_changes", "eu, 1 of 2 tenants compared"), ("accepted_risks", "eu, 2 tenants")] {
        let said = out(&asked("eu", skill));
        assert!(said.contains(head), "{skill}: {said}");
    }
    // Groups are ranked as what they are together, weighted; several are named with commas, each once.
    let ranked = out(&asked("eu, contoso", "compare_scores"));
    assert!(ranked.starts_with("2 tenants and groups, best first") && ranked.contains(". eu (2 tenants, weighted) "), "{ranked}");
    let two = out(&asked("fabrikam,contoso,fabrikam", "compare_scores"));
    assert!(two.starts_with("2 tenants, best first") && two.contains("categories in percent of their own maximum, "), "{two}");
    assert!(out(&asked("contoso,contoso", "compare_scores")).starts_with("contoso 20"));
    assert!(err(&asked("contoso,fabricam", "compare_scores")).contains("Tenant `fabricam` not found. Did you mean `fabrikam`?"));
    assert!(err(&asked("contoso,fabrikam", "weakest_controls")).contains("one tenant at a time. Name one: contoso, fabrikam."));
    let one = asked("eu", "weakest_controls");
    let said = "weakest_controls answers about one tenant at a time. Name one: contoso, fabrikam.";
    assert!(one.status.code() == Some(2) && err(&one).contains(said), "{}", err(&one));
    assert!(err(&asked("eur", "secure_score")).contains("Tenant `eur` not found. Did you mean `eu`?"));
    let card = out(&run(home.path(), &["ask", "secure_score", "--tenant", "eu"]));
    assert!(card.contains("Secure Score of group eu"), "{card}");

    let server = Served::start(home.path());
    let (_, of_contoso) = key(home.path(), &["--tenant", "contoso"]);
    let (_, of_us) = key(home.path(), &["--tenant", "us"]);
    let get = |tenant: &str, key: &str| server.get(&format!("/skills/secure_score?tenant={tenant}"), key);
    // Whoever sees a part of a group does not learn that there is one: an MSP's groups are its own.
    let unknown = |name: &str| get(name, &of_contoso).1.replace(name, "NAME");
    let same =
        |text: String| text.lines().filter(|line| !line.contains("instance") && !line.contains("urn:")).collect::<Vec<_>>().join("\n");
    for group in ["eu", "us"] {
        assert_eq!((get(group, &of_contoso).0, same(unknown(group))), (404, same(unknown("xx"))), "{group}");
    }
    assert!(!get("eur", &of_contoso).1.contains("`eu`"));
    // Nor is one that may not be seen told from one that does not exist, in a list of several.
    let beside = |name: &str| same(get(&format!("contoso,{name}"), &of_contoso).1.replace(name, "NAME"));
    assert_eq!((get("contoso,fabrikam", &of_contoso).0, beside("fabrikam"), beside("eu")), (404, beside("xx"), beside("xx")));
    // A key for a group sees whoever is in it when it is used, and the group.
    assert!(get("us", &of_us).1.starts_with("us, 1 of 2 tenants with a score"), "{}", get("us", &of_us).1);
    // Of northwind there is no score yet, which is another thing than no tenant.
    assert_eq!((get("northwind", &of_us).0, get("fabrikam", &of_us).0, get("contoso", &of_us).0), (503, 200, 404));
    let listed = out(&run(home.path(), &["key", "list", "--json"]));
    assert!(listed.contains("\"tenants\":[\"group:us\"]"), "{listed}");
    list(home.path(), &sandbox, &[("contoso", "us"), ("fabrikam", ""), ("northwind", "us")]);
    crate::program::signal(&server.child, "-HUP");
    wait("the other group", || (get("contoso", &of_us).0 == 200).then_some(()));
    assert_eq!(get("fabrikam", &of_us).0, 404);
    let imported = run(home.path(), &["import", "--tenant", "us", "none.json"]);
    assert!(imported.status.code() == Some(2) && err(&imported).contains("us is the name of a group"), "{}", err(&imported));
    // A tenant that is called like a group that is gone is not seen by its keys.
    let (_, of_all) = key(home.path(), &["--all-tenants"]);
    fs::write(home.path().join("customers.csv"), format!("name,tenant_id\nus,{}\n", sandbox.tenant("fabrikam").unwrap().entra_id)).unwrap();
    crate::program::signal(&server.child, "-HUP");
    let group = |answer: &(u16, String)| answer.0 != 200 || answer.1.starts_with("us, ");
    wait("the tenant", || (!group(&get("us", &of_all))).then_some(()));
    assert_eq!(get("us", &of_us).0, 404);
    let checked = err(&run(home.path(), &["check"]));
    assert!(checked.contains("it is for the group us, which is not configured"), "{checked}");
}
