//! Can an MCP client use the file that it is given? What the file names is started as the client would: elsewhere, and with no environment.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
    process::{Command, Stdio},
};

use scorewatch::sandbox::{self, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{err, out, program, run, some_day};

const PROGRAM: &str = env!("CARGO_BIN_EXE_scorewatch");
/// Each client, and where its file names servers.
const CLIENTS: [(&str, &str); 3] = [("vscode", "servers"), ("claude", "mcpServers"), ("cursor", "mcpServers")];

/// A directory with a configuration, and with a store that holds a tenant.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("scorewatch.toml"), "[tenants.contoso]\noffline = true\n[store]\npath = \"scorewatch.db\"\n").unwrap();
    let options = Options::new(some_day());
    fs::write(home.path().join("scores.json"), sandbox::scores_json("contoso", &options, some_day(), 3).unwrap()).unwrap();
    let imported = run(home.path(), &["import", "--tenant", "contoso", "scores.json"]);
    assert!(imported.status.success(), "{}", err(&imported));
    home
}

/// The server of a client's file.
fn server(file: &[u8], members: &str) -> Value {
    let file: Value = serde_json::from_slice(file).unwrap();
    file[members]["scorewatch"].clone()
}

/// Starts what `server` names in a directory of its own, and asks for the score of contoso.
fn asked(server: &Value) -> String {
    let elsewhere = tempfile::tempdir().unwrap();
    let args: Vec<&str> = server["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    let mut started = Command::new(server["command"].as_str().unwrap());
    let mut started =
        started.args(args).current_dir(elsewhere.path()).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = started.stdin.take().unwrap();
    let mut lines = BufReader::new(started.stdout.take().unwrap()).lines();
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let mut say = |message: Value| writeln!(input, "{message}").unwrap();
    say(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }));
    let welcome: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(welcome["result"]["serverInfo"]["name"], "scorewatch", "{welcome}");
    say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    say(
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "secure_score", "arguments": { "tenant": "contoso" } } }),
    );
    let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    drop(input);
    assert!(started.wait().unwrap().success());
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[test]
fn what_the_file_names_is_started_anywhere_and_answers() {
    let home = home();
    for (client, members) in CLIENTS {
        let written = run(home.path(), &["manifest", client]);
        assert!(written.status.success() && err(&written).contains("\"scorewatch\""), "{}", err(&written));
        let server = server(&written.stdout, members);
        assert!(asked(&server).starts_with("contoso 20"), "{server}");
        assert_eq!(server["type"] == "stdio", client == "vscode");
    }
}

#[test]
fn paths_are_whole_however_they_were_given() {
    let home = home();
    let bin = home.path().join("bin dir");
    fs::create_dir(&bin).unwrap();
    symlink(PROGRAM, bin.join("scorewatch")).unwrap();
    let link = bin.join("scorewatch").to_str().unwrap().to_owned();
    let config = home.path().join("scorewatch.toml").to_str().unwrap().to_owned();
    let args = |from: &Path, script: &str| {
        let ran = Command::new("/bin/sh").args(["-c", script]).current_dir(from).env_clear().env("PATH", &bin).output().unwrap();
        assert!(ran.status.success(), "{script}: {}", err(&ran));
        server(&ran.stdout, "mcpServers")
    };
    // By a name that is looked for, by a relative path, and by a path through another directory.
    for (from, script, config) in [
        (home.path(), "scorewatch manifest claude", config.as_str()),
        (home.path(), "'bin dir/scorewatch' manifest claude --config ./scorewatch.toml", config.as_str()),
        (&bin, "./scorewatch manifest claude --config ../scorewatch.toml", bin.join("../scorewatch.toml").to_str().unwrap()),
    ] {
        let server = args(from, script);
        assert_eq!((server["command"].as_str(), server["args"][2].as_str()), (Some(link.as_str()), Some(config)), "{script}");
        assert!(asked(&server).starts_with("contoso 20"));
    }
    assert_eq!(args(home.path(), "scorewatch manifest claude")["args"].as_array().unwrap().len(), 3, "the file names its store");
    // A store that the file does not name would be looked for where the client starts.
    fs::write(home.path().join("scorewatch.toml"), "[tenants.contoso]\noffline = true\n").unwrap();
    let server = args(home.path(), "scorewatch manifest claude");
    assert_eq!(server["args"][4].as_str(), home.path().join("scorewatch.db").to_str());
    assert!(asked(&server).starts_with("contoso 20"));
}

#[test]
fn with_a_public_address_it_asks_there_and_never_names_a_key() {
    let home = home();
    let mut text = fs::read_to_string(home.path().join("scorewatch.toml")).unwrap();
    let over_http = |args: &[&str]| {
        for (client, members) in CLIENTS {
            let written = run(home.path(), &[&["manifest", client], args].concat());
            assert!(written.status.success(), "{}", err(&written));
            let server = server(&written.stdout, members);
            assert_eq!(server["url"], "https://scores.example.com/mcp", "{server}");
            let header = server["headers"]["Authorization"].as_str().unwrap();
            assert!(header.starts_with("Bearer ${") && header.ends_with('}') && server["command"].is_null(), "{server}");
            assert!(err(&written).contains("scorewatch key new"), "{}", err(&written));
        }
    };
    over_http(&["--public-url", "https://scores.example.com"]);
    text += "[server]\npublic_url = \"https://scores.example.com/\"\n";
    fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    over_http(&[]);
    // A service on this machine needs no TLS; what asks from elsewhere does.
    let beside = run(home.path(), &["manifest", "claude", "--public-url", "http://127.0.0.1:8080"]);
    assert_eq!(server(&beside.stdout, "mcpServers")["url"], "http://127.0.0.1:8080/mcp");
    let refused = run(home.path(), &["manifest", "openapi", "--public-url", "http://127.0.0.1:8080"]);
    assert!(!refused.status.success() && err(&refused).contains("Give an https address"), "{}", err(&refused));
    let local = run(home.path(), &["manifest", "cursor", "--local"]);
    assert_eq!(server(&local.stdout, "mcpServers")["args"][0], "mcp");
    let refused = run(home.path(), &["manifest", "openapi", "--local"]);
    assert_eq!((refused.status.code(), out(&refused).is_empty()), (Some(2), true));
    assert!(err(&refused).contains("openapi reaches scorewatch over HTTP: leave --local out"), "{}", err(&refused));
}

#[test]
fn what_no_client_could_start_is_refused_and_nothing_is_overwritten() {
    let home = home();
    let nowhere = tempfile::tempdir().unwrap();
    let refused = run(nowhere.path(), &["manifest", "vscode"]);
    assert_eq!((refused.status.code(), out(&refused).is_empty()), (Some(78), true));
    assert!(err(&refused).contains("There is no configuration /") && err(&refused).contains("scorewatch init"), "{}", err(&refused));
    // A program that is deleted while it runs: it is started from a descriptor that is still open.
    let copy = home.path().join("gone");
    fs::copy(PROGRAM, &copy).unwrap();
    let script = "exec 9<gone; rm gone; /proc/self/fd/9 manifest vscode";
    let refused = Command::new("bash").args(["-c", script]).current_dir(home.path()).output().unwrap();
    assert_eq!((refused.status.code(), out(&refused).is_empty()), (Some(78), true), "{}", err(&refused));
    assert!(err(&refused).contains("was moved or deleted while it ran"), "{}", err(&refused));
    let name = std::ffi::OsStr::from_bytes(b"\xff.toml");
    fs::copy(home.path().join("scorewatch.toml"), home.path().join(name)).unwrap();
    let refused = program(home.path()).args(["manifest", "vscode", "--config"]).arg(name).output().unwrap();
    assert!(err(&refused).contains("is not UTF-8, which JSON must be"), "{}", err(&refused));
    let file = home.path().join("mcp.json");
    fs::write(&file, "{\"servers\":{}}").unwrap();
    let refused = run(home.path(), &["manifest", "vscode", "--out", "mcp.json"]);
    assert!(!refused.status.success() && err(&refused).contains("mcp.json exists already"), "{}", err(&refused));
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"servers\":{}}");
    let forced = run(home.path(), &["manifest", "vscode", "--out", "mcp.json", "--force"]);
    assert!(forced.status.success(), "{}", err(&forced));
    assert_eq!(server(&fs::read(&file).unwrap(), "servers")["args"][0], "mcp");
}
