//! What does the program do where nobody has told it anything? It says which file it looked for, and leaves nothing behind.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use scorewatch::sandbox::{self, FaultRule, InjectedFault, Options, Sandbox};
use serde_json::{Value, json};

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
    for line in
        ["check", "check --store other.db", "refresh", "refresh --tenant contoso", "probe --tenant contoso", "tenant consent", "serve"]
    {
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
        // What is advised works here: there is nothing to refresh.
        assert!(said.contains("`scorewatch init`") && said.contains("`scorewatch import --tenant NAME FILE…`"), "{line}: {said}");
        assert!(said.contains(&store) && said.contains(&missing) && !said.contains("scorewatch refresh"), "{line}: {said}");
    }
    // Where the command line says where it is, nobody is told to configure or to import anything.
    let refused = run(home, &["backup", "--store", "nofile.db", "copy.db"]);
    let named = format!("There is no store yet. --store names {}.", home.join("nofile.db").display());
    assert!(refused.status.code() == Some(75) && err(&refused).contains(&named), "{}", err(&refused));
    assert!(!err(&refused).contains("import") && !err(&refused).contains(&missing), "{}", err(&refused));
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
    // What is wrong with the store keeps no tenant from being tried.
    let checked = || {
        let checked = run(home, &["check"]);
        assert_eq!(checked.status.code(), Some(78));
        assert!(out(&checked).contains("two: offline"), "{}", out(&checked));
        out(&checked)
    };
    let would_be = format!(
        "store: FAILED. The directory for the store's file does not exist: create it, or point the store at another place. The store would be {}.",
        path.display()
    );
    assert!(checked().contains(&would_be), "{}", checked());
    fs::create_dir(home.join("kept")).unwrap();
    fs::write(&path, "no database ".repeat(100)).unwrap();
    let is = format!("The store is {}. What depends on what it holds is not checked", path.display());
    assert!(checked().contains("store: FAILED. The store's file is not a scorewatch database") && checked().contains(&is), "{}", checked());
    for line in ["ask secure_score", "note", "serve", "mcp"] {
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

/// What an assistant's host shows of a server: what it said on standard error, and what it answered a call.
fn as_a_client(home: &Path) -> (String, Value) {
    as_a_client_of(program(home).arg("mcp"))
}

fn as_a_client_of(server: &mut Command) -> (String, Value) {
    let mut server = server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let call = json!({ "name": "secure_score", "arguments": { "tenant": "contoso" } });
    let mut stdin = server.stdin.take().unwrap();
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }),
        json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call }),
    ] {
        writeln!(stdin, "{message}").unwrap();
    }
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut answers = lines.by_ref().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let answer = answers.find(|answer| answer["id"] == 3).unwrap()["result"].clone();
    drop(stdin);
    // The list may come behind the call.
    answers.for_each(drop);
    let ended = server.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", err(&ended));
    (err(&ended), answer)
}

#[test]
fn an_assistant_that_starts_it_where_nothing_is_configured_is_told_so_in_each_answer() {
    let home = tempfile::tempdir().unwrap();
    let home = &fs::canonicalize(home.path()).unwrap();
    let missing = format!("There is no configuration {}", home.join("scorewatch.toml").display());
    let (said, answer) = as_a_client(home);
    let told = answer["content"][0]["text"].as_str().unwrap();
    for text in [said.as_str(), told] {
        assert!(text.contains(&missing) && text.contains("scorewatch init") && text.contains("restart this server"), "{text}");
    }
    assert_eq!(answer["isError"], true, "{answer}");
    assert_eq!(names(home), Vec::<String>::new(), "nothing is made");
    // What was imported there is asked about without a configuration, as by every other command.
    fs::write(home.join("scores.json"), sandbox::scores_json("contoso", &Options::new(some_day()), some_day(), 2).unwrap()).unwrap();
    assert!(run(home, &["import", "--tenant", "contoso", "scores.json"]).status.success());
    let (said, answer) = as_a_client(home);
    assert!(answer["isError"] != true && said.is_empty(), "{said}{answer}");
}

#[test]
fn an_assistant_that_names_a_configuration_which_cannot_be_used_is_told_why_in_each_answer() {
    let home = tempfile::tempdir().unwrap();
    let home = &fs::canonicalize(home.path()).unwrap();
    fs::write(home.join("wrong.toml"), "[store]\npat = \"x.db\"\n").unwrap();
    fs::write(home.join("spoilt.toml"), "[store]\npath = \"spoilt.db\"\n").unwrap();
    fs::write(home.join("spoilt.db"), "no database ".repeat(100)).unwrap();
    let whole = |name: &str| home.join(name).display().to_string();
    let started_in = format!("The client starts this server in {}, where ", home.display());
    let given = |file: &str| {
        let mut server = program(home);
        server.args(["mcp", "--config", file]);
        server
    };
    let mut from_root = program(Path::new("/"));
    from_root.arg("mcp").env("SCOREWATCH_CONFIG", "rel.toml");
    let check = format!("scorewatch check --config {}", whole("wrong.toml"));
    let cases = [
        (given("nope.toml"), vec![format!("{} does not exist", whole("nope.toml")), started_in]),
        (from_root, vec!["/rel.toml does not exist".to_owned(), "this server in /, where rel.toml is".to_owned()]),
        (given(&whole("nope.toml")), vec![format!("{} does not exist", whole("nope.toml"))]),
        (given("wrong.toml"), vec!["store.pat".to_owned(), check]),
        (given("spoilt.toml"), vec!["is not a scorewatch database".to_owned(), whole("spoilt.db")]),
    ];
    for (mut server, expected) in cases {
        let (said, answer) = as_a_client_of(&mut server);
        let told = answer["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{said}{answer}"));
        for expected in expected.iter().map(String::as_str).chain(["restart this server"]) {
            assert!(said.contains(expected) && told.contains(expected), "{expected}: {said}{told}");
        }
        assert_eq!(answer["isError"], true, "{answer}");
    }
    assert_eq!(names(home), ["spoilt.db", "spoilt.toml", "wrong.toml"], "no store is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_what_is_configured_is_made_before_the_first_fetch_and_for_nothing_else() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let home = home.path();
    let file = home.join("scorewatch.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + "[groups.eu]\ntenants = \"contoso\"\n").unwrap();
    let made = |tenant: &str| run(home, &["key", "new", "--name", "one", "--tenant", tenant]);
    for (tenant, code) in [("nope", 1), ("all", 2)] {
        let refused = made(tenant);
        assert_eq!(refused.status.code(), Some(code), "{}", err(&refused));
        assert_eq!(names(home), ["scorewatch.toml"], "{tenant}: {}", err(&refused));
    }
    assert!(err(&made("nope")).contains("Available: contoso; groups: eu."), "{}", err(&made("nope")));
    let refused = run(home, &["destination", "test", "soc"]);
    assert!(refused.status.code() == Some(1) && names(home) == ["scorewatch.toml"], "{}", err(&refused));
    for tenant in ["eu", "contoso"] {
        assert!(made(tenant).status.success(), "{}", err(&made(tenant)));
    }
    // A group is taken where changes are looked up, too.
    assert!(run(home, &["refresh"]).status.success());
    assert!(run(home, &["note", "AdminMFAV2", "--tenant", "contoso", "--note", "Later."]).status.success());
    for (tenant, entries) in [("eu", 1), ("contoso", 1), ("contoso,eu", 1), ("all", 1)] {
        let audited = run(home, &["audit", "--tenant", tenant, "--json"]);
        let listed: Value = serde_json::from_str(&out(&audited)).unwrap_or_else(|_| panic!("{tenant}: {}", err(&audited)));
        assert_eq!(listed.as_array().map(Vec::len), Some(entries), "{tenant}: {listed}");
    }
    let refused = run(home, &["audit", "--tenant", "eux"]);
    assert!(refused.status.code() == Some(1) && err(&refused).contains("Did you mean `eu`?"), "{}", err(&refused));
    let listed = out(&run(home, &["key", "list", "--json"]));
    assert!(listed.contains("[\"group:eu\"]") && listed.contains("[\"contoso\"]"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nothing_has_is_answered_with_those_that_there_are() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso", "fabrikam"]);
    let home = home.path();
    let file = home.join("scorewatch.toml");
    let more = "[groups.emea]\ntenants = \"contoso, fabrikam\"\n[groups.saved]\ntenants = \"kept\"\n[tenants.kept]\noffline = true\n";
    fs::write(&file, fs::read_to_string(&file).unwrap() + more).unwrap();
    let all = "Tenants: contoso, fabrikam, kept. Groups: emea, saved.";
    for line in ["refresh nope", "refresh --tenant nope", "tenant consent nope", "probe --yes --tenant nope"] {
        let refused = run(home, &line.split(' ').collect::<Vec<_>>());
        let said = err(&refused);
        assert!(
            refused.status.code() == Some(1) && said.contains("No tenant or group `nope` is configured.") && said.contains(all),
            "{said}"
        );
    }
    for (line, said) in [
        ("refresh saved", "No tenant of the group saved is synced from Microsoft Graph: kept."),
        ("refresh kept", "Tenant kept is offline"),
        ("probe --yes --tenant emea", "emea is a group. Say which tenant to probe with --tenant NAME: contoso, fabrikam."),
        ("probe --yes", "Say which tenant to probe with --tenant NAME: contoso, fabrikam."),
    ] {
        let refused = run(home, &line.split(' ').collect::<Vec<_>>());
        assert!(refused.status.code() == Some(2) && err(&refused).contains(said), "{line}: {}", err(&refused));
    }
    assert!(sandbox.requests().is_empty() && names(home) == ["scorewatch.toml"]);
    let read = run(home, &["refresh", "emea"]);
    assert!(read.status.success() && err(&read).contains("contoso: ") && err(&read).contains("fabrikam: "), "{}", err(&read));
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
    // An analyst hears the reason, and a reader that it is known; neither what to do on this machine.
    let key = |role: &str| out(&run(home, &["key", "new", "--name", role, "--role", role, "--all-tenants"])).trim().to_owned();
    let keys = ["reader", "analyst", "operator"].map(key);
    let server = Served::start(home);
    for (key, told) in [(&keys[0], "those who operate scorewatch know why"), (&keys[1], "Those who operate scorewatch can mend it")] {
        let (status, said) = server.get("/skills/secure_score?tenant=fabrikam", key);
        assert!(status == 503 && said.contains(told) && !said.contains("scorewatch tenant consent"), "{said}");
        assert!(!said.contains("in a minute") && !said.contains("scorewatch.db"), "{said}");
    }
    assert!(!server.get("/skills/secure_score?tenant=fabrikam", &keys[0]).1.contains("permission"));
    let (status, said) = server.get("/skills/secure_score?tenant=fabrikam", &keys[2]);
    assert!(status == 503 && said.contains("lacks its permission in this tenant"), "{said}");
}
