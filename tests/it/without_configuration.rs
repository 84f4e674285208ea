//! What does the program do where nobody has told it anything? It says which file it looked for, and leaves nothing behind.

use std::{fs, path::Path};

use scorewatch::sandbox::{FaultRule, InjectedFault, Options, Sandbox};

use crate::program::{Served, configured, err, out, program, run, some_day};

/// The names of all that is in `home`.
fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn without_a_configuration_it_is_said_where_it_was_looked_for_and_nothing_is_made() {
    let home = tempfile::tempdir().unwrap();
    let home = &fs::canonicalize(home.path()).unwrap();
    let file = home.join("scorewatch.toml");
    let missing = format!("There is no configuration {}", file.display());
    for line in ["check", "check --store other.db", "refresh", "refresh --tenant contoso", "probe --tenant contoso", "tenant consent"] {
        let refused = run(home, &line.split(' ').collect::<Vec<_>>());
        assert!(refused.status.code() == Some(78) && err(&refused).contains(&missing), "{line}: {}{}", out(&refused), err(&refused));
        assert!(err(&refused).contains("--config") && err(&refused).contains("scorewatch init"), "{line}: {}", err(&refused));
        assert_eq!(out(&refused), "", "{line}");
    }
    let store = format!("The store would be {}", home.join("scorewatch.db").display());
    for line in [
        "ask secure_score",
        "ask secure_score --tenant contoso",
        "audit",
        "backup copy.db",
        "deliveries",
        "destination test soc",
        "digest",
        "key list",
        "key new --name one --all-tenants",
        "note",
        "note AdminMFAV2 --note Later.",
        "prune",
        "tenant list",
        "tenant remove contoso --yes",
        "usage",
    ] {
        let refused = run(home, &line.split(' ').collect::<Vec<_>>());
        let said = err(&refused);
        assert!(refused.status.code() == Some(75) && said.contains("There is no store yet"), "{line}: {}{said}", out(&refused));
        assert!(said.contains("`scorewatch refresh`") && said.contains("`scorewatch import`") && said.contains(&store), "{line}: {said}");
        assert!(said.contains(&missing), "{line}: {said}");
    }
    fs::write(home.join("copy.db"), "").unwrap();
    let refused = run(home, &["restore", "copy.db"]);
    assert!(refused.status.code() == Some(78) && err(&refused).contains("Nothing says which store"), "{}", err(&refused));
    assert!(err(&refused).contains(&missing) && err(&refused).contains("--store"), "{}", err(&refused));
    for line in ["destination list", "alert"] {
        let listed = run(home, &line.split(' ').collect::<Vec<_>>());
        assert!(listed.status.success() && out(&listed).contains("is configured."), "{line}: {}{}", out(&listed), err(&listed));
    }
    assert_eq!(names(home), ["copy.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_look_makes_no_store_and_a_configuration_may_be_variables_alone() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let home = home.path();
    let before = names(home);
    let checked = run(home, &["check"]);
    assert!(checked.status.success() && out(&checked).contains("is not there yet; its directory is writable"), "{}", err(&checked));
    assert!(run(home, &["tenant", "consent"]).status.success());
    assert!(run(home, &["destination", "list"]).status.success());
    assert_eq!(names(home), before);
    assert!(run(home, &["refresh"]).status.success());
    assert!(out(&run(home, &["check"])).contains("scorewatch.db is writable."));

    let empty = tempfile::tempdir().unwrap();
    let checked = program(empty.path()).arg("check").env("SCOREWATCH__TENANTS__SAVED__OFFLINE", "true").output().unwrap();
    assert!(checked.status.success() && out(&checked).contains("saved: offline"), "{}{}", out(&checked), err(&checked));
    assert_eq!(names(empty.path()), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_the_store_names_its_file_and_arguments_are_options() {
    let home = tempfile::tempdir().unwrap();
    let home = &fs::canonicalize(home.path()).unwrap();
    fs::write(
        home.join("scorewatch.toml"),
        "[store]\npath = \"kept/scores.db\"\n[tenants.one]\noffline = true\n[tenants.two]\noffline = true\n",
    )
    .unwrap();
    let path = home.join("kept/scores.db");
    let said = |line: &str| err(&run(home, &line.split(' ').collect::<Vec<_>>()));
    assert!(said("ask secure_score").contains(&format!("The store would be {}.", path.display())), "{}", said("ask secure_score"));
    assert!(!said("ask secure_score").contains("There is no configuration"));
    assert!(said("check").contains(&format!("The store is {}.", path.display())), "{}", said("check"));
    fs::create_dir(home.join("kept")).unwrap();
    fs::write(&path, "no database ".repeat(100)).unwrap();
    for line in ["ask secure_score", "check", "note", "serve", "mcp"] {
        let said = said(line);
        assert!(said.contains("is not a scorewatch database") && said.contains(&path.display().to_string()), "{line}: {said}");
    }
    fs::remove_file(&path).unwrap();
    fs::write(home.join("scorewatch.toml"), "[tenants.one]\noffline = true\n[tenants.two]\noffline = true\n").unwrap();
    assert!(run(home, &["key", "new", "--name", "one", "--all-tenants"]).status.success());
    assert!(run(home, &["check"]).status.success());
    let (tenant, limit) = (said("ask secure_score"), said("ask weakest_controls --tenant one --limit 0"));
    let since = said("ask score_changes --tenant one --since never");
    assert!(limit.contains("`--limit` is a whole number") && since.contains("`--since` is yesterday"), "{limit}{since}");
    assert!(tenant.contains("Which tenant? Add `--tenant`; one of: one, two"), "{tenant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_fetched_is_answered_with_why() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso", "fabrikam"]);
    let home = home.path();
    let asked = |tenant: &str| run(home, &["ask", "secure_score", "--tenant", tenant]);
    assert!(err(&run(home, &["ask", "secure_score"])).contains("There is no store yet"));
    sandbox.faults().add(FaultRule::new(InjectedFault::NoConsent).tenant("fabrikam").always());
    assert_eq!(run(home, &["refresh"]).status.code(), Some(69));
    assert!(asked("contoso").status.success());
    let refused = asked("fabrikam");
    let said = err(&refused);
    assert!(refused.status.code() == Some(75) && said.contains("the app has no consent in this tenant"), "{said}");
    assert!(said.contains("`scorewatch tenant consent fabrikam`") && !said.contains("in a minute") && !said.contains("AADSTS"), "{said}");
    sandbox.faults().clear();
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).tenant("fabrikam").always());
    assert_eq!(run(home, &["refresh", "--tenant", "fabrikam"]).status.code(), Some(69));
    assert!(err(&asked("fabrikam")).contains("lacks its permission"), "{}", err(&asked("fabrikam")));
    // Others hear that it is known, and not what it is.
    let key = |role: &str| out(&run(home, &["key", "new", "--name", role, "--role", role, "--all-tenants"])).trim().to_owned();
    let keys = ["reader", "analyst", "operator"].map(key);
    let server = Served::start(home);
    for key in &keys[..2] {
        let (status, said) = server.get("/skills/secure_score?tenant=fabrikam", key);
        assert!(status == 503 && said.contains("at the moment; those who operate scorewatch know why"), "{said}");
        assert!(!said.contains("permission") && !said.contains("in a minute") && !said.contains("scorewatch.db"), "{said}");
    }
    let (status, said) = server.get("/skills/secure_score?tenant=fabrikam", &keys[2]);
    assert!(status == 503 && said.contains("lacks its permission in this tenant"), "{said}");
}
