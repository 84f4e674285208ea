//! Does a first configuration come about? From answers at a terminal, from options in a script; what was written loads and works, or nothing was written.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Output, Stdio},
};

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use scorewatch::{
    config::{self, Config},
    sandbox::{Options, Sandbox},
    surfaces,
};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::program::{err, out, program, run, some_day};

const GUID: &str = "11111111-2222-3333-4444-555555555555";
const SIGNED_WITH: &str = "whsec_ZGVtbyBkZW1vIGRlbW8gZGVtbyBkZW1vIGRlbW8=";

/// What is read of the file that was written at `path`, as the program reads it.
fn loaded(path: &Path) -> Config {
    let text = fs::read_to_string(path).unwrap();
    config::load_text(&text, path, &surfaces::config_parts()).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn names(home: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

/// Does `with` beside a Graph of the sandbox: its root, and contoso's id, client id and client secret.
async fn beside_graph(with: impl FnOnce([String; 4], TempDir) + Send + 'static) {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let tenant = sandbox.tenant("contoso").unwrap();
    let values = [sandbox.root(), tenant.entra_id.clone(), tenant.client_id.clone(), tenant.client_secret.clone()];
    tokio::task::spawn_blocking(move || with(values, tempfile::tempdir().unwrap())).await.unwrap();
    sandbox.stop().await;
}

/// The example with every line that is commented out in.
fn uncommented(example: &str) -> String {
    let line = |line: &str| line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c != ' ')).unwrap_or(line).to_owned() + "\n";
    example.lines().map(line).collect()
}

#[test]
fn the_packed_example_is_what_is_made_and_its_examples_load() {
    let home = tempfile::tempdir().unwrap();
    let made = run(home.path(), &["init", "--example", "--store", "/var/lib/scorewatch/scorewatch.db"]);
    assert!(made.status.success() && names(home.path()).is_empty(), "{}", err(&made));
    let example = out(&made);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/scorewatch.toml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(committed.parent().unwrap()).unwrap();
        fs::write(&committed, &example).unwrap();
    }
    assert!(
        fs::read_to_string(&committed).unwrap_or_default() == example,
        "deploy/scorewatch.toml is out of date: run with UPDATE_GOLDEN=1"
    );
    let path = home.path().join("scorewatch.toml");
    fs::write(&path, &example).unwrap();
    let packed = loaded(&path);
    assert_eq!((packed.tenants.len(), packed.store.path.as_path()), (0, Path::new("/var/lib/scorewatch/scorewatch.db")));
    for file in ["contoso.pem", "msp.pem", "fabrikam.client_secret", "mail.password", "discord.token"] {
        fs::write(home.path().join(file), "secret\n").unwrap();
    }
    fs::write(home.path().join("customers.csv"), "name,tenant_id\ntailspin,tailspin.onmicrosoft.com\n").unwrap();
    fs::write(home.path().join("channel.url"), "https://hooks.example.com/services/x\n").unwrap();
    fs::write(&path, uncommented(&example)).unwrap();
    let config = loaded(&path);
    let count = (config.tenants.len(), config.destinations.len(), config.digests.len(), config.alerts.len());
    assert_eq!(count, (3, 2, 1, 2), "{example}");
    assert!(config.warnings.iter().all(|warning| warning.wrong.contains("can read")), "{:?}", config.warnings);
    let keys = uncommented(&example).lines().filter(|line| line.contains(" = ") && !line.starts_with('#')).count();
    let said = example.lines().collect::<Vec<_>>().windows(2).filter(|pair| pair[0].starts_with("# ") && pair[1].contains(" = ")).count();
    // The names of the digest and of both alerts explain themselves.
    assert!(keys > 30 && said + 3 >= keys, "{said} of {keys} keys are explained");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_options_a_script_has_a_tenant_a_destination_and_a_digest() {
    beside_graph(|[root, id, client, secret], home| {
        let home = home.path();
        for (name, text) in [("given", secret.as_str()), ("url", &format!("{root}/inbox")), ("key", SIGNED_WITH)] {
            fs::write(home.join(name), text).unwrap();
            fs::set_permissions(home.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let tenant = ["init", "--tenant", "contoso", "--tenant-id", &id, "--client-id", &client, "--client-secret-file", "given"];
        let graph = ["--graph-root", &root, "--login-root", &root];
        let posts = ["--destination", "webhook", "--set", "destinations.soc.url_file=url", "--set", "destinations.soc.secret_file=key"];
        let more = ["--digest", "weekly", "--digest-at", "07:30", "--digest-zone", "Europe/Berlin", "--set", "refresh.every_minutes=30"];
        let args = [&tenant[..], &graph, &posts, &more].concat();
        let made = run(home, &args);
        assert!(made.status.success(), "{}{}", out(&made), err(&made));
        assert!(
            out(&made).contains("contoso: sign-in: ok") && err(&made).contains("scorewatch serve --config"),
            "{}{}",
            out(&made),
            err(&made)
        );
        let path = home.join("scorewatch.toml");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("# The application (client) id of the app registration.") && text.contains("\n#[tenants.fabrikam]\n"),
            "{text}"
        );
        assert!(!text.contains(&secret) && !text.contains(SIGNED_WITH), "{text}");
        let config = loaded(&path);
        assert_eq!((config.tenants.len(), config.destinations.len(), config.digests.len()), (1, 1, 1));
        assert_eq!((config.refresh.every.as_secs(), config.digests[0].when.zone.iana_name()), (1800, Some("Europe/Berlin")));
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        assert!(run(home, &["refresh"]).status.success() && run(home, &["ask", "secure_score"]).status.success());
        // Again: what is there stays, unless it is said otherwise.
        let again = run(home, &args);
        assert_eq!(again.status.code(), Some(78));
        assert!(err(&again).contains("exists already") && err(&again).contains("--force"), "{}", err(&again));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        let forced = run(home, &[&args[..9], &graph, &["--force", "--no-check"]].concat());
        assert!(forced.status.success() && out(&forced).is_empty(), "{}", err(&forced));
        assert!(loaded(&path).destinations.is_empty());
        assert!(err(&forced).contains("scorewatch.toml.bak"), "{}", err(&forced));
        let former = home.join("scorewatch.toml.bak");
        assert_eq!(fs::read_to_string(&former).unwrap(), text, "what was replaced is kept");
        assert_eq!(fs::metadata(&former).unwrap().permissions().mode() & 0o7777, 0o600);
    })
    .await;
}

#[test]
fn without_a_terminal_all_that_is_missing_or_wrong_is_said_at_once_and_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let refused = |args: &[&str], parts: &[&str]| {
        let refused = run(home.path(), &[&["init"], args].concat());
        assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(2), ""), "{args:?}: {}", err(&refused));
        for part in parts {
            assert!(err(&refused).contains(part), "{args:?} says nothing of {part}: {}", err(&refused));
        }
        assert!(names(home.path()).is_empty(), "{args:?}: {:?}", names(home.path()));
        err(&refused)
    };
    let all = [
        "There is no terminal",
        "--tenant is missing",
        "--tenant-id is missing",
        "--client-id is missing",
        "--certificate-file or --client-secret-file is missing",
    ];
    refused(&[], &all);
    for kind in ["slack", "webhook"] {
        refused(&["--destination", kind], &["--set destinations.soc.url_file=FILE is missing"]);
    }
    refused(&["--destination", "webhook"], &["--set destinations.soc.secret_file=FILE is missing"]);
    let mail = ["--set mail.server is missing", "--set mail.from is missing", "--set destinations.soc.to is missing"];
    refused(&["--destination", "mail"], &[&all[..], &mail].concat());
    let wrong = [
        "--tenant-id is invalid; expected the tenant's GUID",
        "--client-id is invalid",
        "--client-secret-file names a file that does not exist",
        "--tenant is not a valid name",
    ];
    refused(&["--tenant", "Contoso", "--tenant-id", "contoso", "--client-id", "x", "--client-secret-file", "none"], &wrong);
    refused(&["--destination", "carrier-pigeon"], &["discord_webhook, slack, teams, mail, webhook"]);
    refused(&["--set", "mail.sevrer=x"], &["Did you mean `mail.server`?"]);
    refused(&["--set", "server"], &["expected KEY=VALUE"]);
    let said = refused(&["--set", "tenants.contoso.client_secret=hunter2"], &["--set tenants.contoso.client_secret_file=FILE"]);
    assert!(!said.contains("hunter2"), "{said}");
    refused(&["--digest", "daily"], &["--destination"]);
    let nowhere = run(home.path(), &["init", "--config", "no/such.toml", "--tenant", "contoso"]);
    assert!(err(&nowhere).contains("no is no directory") && err(&nowhere).contains("Create it first"), "{}", err(&nowhere));
}

#[test]
fn paths_lead_to_the_same_files_from_where_the_configuration_is() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("etc")).unwrap();
    fs::write(home.path().join("given"), "s3cr3t").unwrap();
    let args = ["init", "--no-check", "--tenant", "contoso", "--tenant-id", GUID, "--client-id", GUID, "--client-secret-file", "given"];
    let made = run(home.path(), &[&args[..], &["--config", "etc/scorewatch.toml"]].concat());
    assert!(made.status.success(), "{}", err(&made));
    let config = loaded(&home.path().join("etc/scorewatch.toml"));
    // So does that of the store, wherever a command is typed: beside the configuration.
    assert_eq!(config.store.path, home.path().join("etc/scorewatch.db"));
    let Some(config::CredentialConfig::Secret(secret)) = config.tenants[0].sign_in.as_ref().map(|sign_in| &*sign_in.credential) else {
        panic!("{config:?}")
    };
    assert_eq!(secret.expose_secret(), "s3cr3t");
}

/// A package's own example is filled in where it is, for those who could read it; what somebody changed is kept.
#[test]
fn an_example_that_nobody_changed_is_filled_in() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.toml");
    let example = run(home.path(), &["init", "--example", "--set", "server.listen=127.0.0.1:9000"]);
    fs::write(&path, &example.stdout).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(home.path().join("given"), "s3cr3t").unwrap();
    let args = ["init", "--no-check", "--tenant", "contoso", "--tenant-id", GUID, "--client-id", GUID, "--client-secret-file", "given"];
    let made = run(home.path(), &args);
    assert!(made.status.success(), "{}", err(&made));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600, "what everybody could read holds more now");
    let config = loaded(&path);
    assert_eq!((config.tenants.len(), config.server.listen.port()), (1, 9000));
    // As a package has it, whose service has a group of its own. Only root can set that up; CI is root.
    fs::write(&path, &example.stdout).unwrap();
    if let Err(error) = std::os::unix::fs::chown(&path, None, Some(1)) {
        assert!(std::env::var_os("CI").is_none(), "{error}");
    } else {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(run(home.path(), &args).status.success());
        let written = fs::metadata(&path).unwrap();
        assert_eq!((written.gid(), written.permissions().mode() & 0o7777), (1, 0o640));
    }
    fs::write(&path, [&example.stdout[..], b"# A note of my own.\n"].concat()).unwrap();
    let refused = run(home.path(), &args);
    assert_eq!((refused.status.code(), fs::read_to_string(&path).unwrap().ends_with("my own.\n")), (Some(78), true), "{}", err(&refused));
}

/// Answers what `init` asks on a terminal.
fn at_terminal(home: &Path, args: &[&str], dialogue: &[(&str, &str)]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/terminal.py");
    let mut command = Command::new("python3");
    command
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_scorewatch"))
        .arg("init")
        .args(args)
        .current_dir(home)
        .env("NO_COLOR", "1")
        .env_remove("SCOREWATCH_CONFIG");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(dialogue).unwrap().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_each_bad_answer_is_asked_again_and_no_secret_is_shown() {
    beside_graph(|[root, id, client, secret], home| {
        let home = home.path();
        let (typed, inbox, key) = (format!("{secret}\r"), format!("{root}/inbox\r"), format!("{SIGNED_WITH}\r"));
        let dialogue = [
            ("\r\ntenant", "Contoso Ltd\r"),
            ("Use 1 to 40 lowercase letters", ""),
            ("tenant", "contoso\r"),
            ("tenant_id", "contoso\r"),
            ("expected the tenant's GUID", ""),
            ("tenant_id", &format!("{id}\r")),
            ("client_id", "\r"),
            ("client_id is empty", ""),
            ("client_id", &format!("{client}\r")),
            ("certificate or secret", "token\r"),
            ("certificate or secret", "secret\r"),
            ("client_secret", "\r"),
            ("It is needed.", ""),
            ("client_secret", "@nowhere\r"),
            ("names a file that does not exist", ""),
            ("client_secret", &typed),
            ("client_secret_ends", "\r"),
            ("\r\ndestination", "webhok\r"),
            ("Did you mean `webhook`?", ""),
            ("destination", "webhook\r"),
            ("name [soc]", "\r"),
            ("\nurl", "ftp://x\r"),
            ("holds no valid address", ""),
            ("url", &inbox),
            ("\nsecret", "whsec_short\r"),
            ("destinations.soc cannot be used", ""),
            ("\nsecret", &key),
            ("digest [weekdays]", "hourly\r"),
            ("digest [weekdays]", "\r"),
            ("\nat [08:00]", "25:00\r"),
            ("expected a time such as 08:30", ""),
            ("at [08:00]", "07:30\r"),
            ("\nzone", "Europe/Berlin\r"),
            ("contoso: sign-in: ok", ""),
        ];
        let made = at_terminal(home, &["--graph-root", &root, "--login-root", &root], &dialogue);
        let shown = out(&made);
        assert!(made.status.success(), "{}{shown}", err(&made));
        assert!(!shown.contains(&secret) && !shown.contains(SIGNED_WITH) && !shown.contains("/inbox"), "{shown}");
        let path = home.join("scorewatch.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&secret) && text.contains("client_secret_file = \"contoso.client_secret\""), "{text}");
        for file in ["scorewatch.toml", "contoso.client_secret", "soc.url", "soc.secret"] {
            assert_eq!(fs::metadata(home.join(file)).unwrap().permissions().mode() & 0o7777, 0o600, "{file}");
        }
        let config = loaded(&path);
        assert_eq!((config.digests[0].when.at.to_string(), config.warnings.len()), ("07:30:00".to_owned(), 0));
        assert!(run(home, &["check"]).status.success());
    })
    .await;
}

/// A certificate and its key, PEM; and the certificate alone as DER.
fn certificate() -> (String, String, Vec<u8>) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(vec!["scorewatch.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
}

#[test]
fn a_certificate_that_cannot_work_is_asked_for_again_and_may_be_given_up() {
    let home = tempfile::tempdir().unwrap();
    let ((public, key, der), (_, other_key, _)) = (certificate(), certificate());
    for (name, bytes) in [
        ("text.pem", b"hello\n".to_vec()),
        ("public.cer", der),
        ("public.pem", public.clone().into_bytes()),
        ("other.key", other_key.into_bytes()),
        ("whole.pem", (public + &key).into_bytes()),
        ("spoilt.pfx", b"no archive".to_vec()),
        ("secret", b"a secret".to_vec()),
    ] {
        fs::write(home.path().join(name), bytes).unwrap();
        fs::set_permissions(home.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let again = "certificate or secret";
    let wrong = [
        (again, "\r"),
        ("\ncertificate_file:", "text.pem\r"),
        ("has no PEM in it", ""),
        (again, "c\r"),
        ("\ncertificate_file:", "public.cer\r"),
        ("is binary (DER", ""),
        (again, "c\r"),
        ("\ncertificate_file:", "public.pem\r"),
        ("\ncertificate_key_file:", "other.key\r"),
        ("no certificate that belongs to its private key", ""),
        (again, "c\r"),
        ("\ncertificate_file:", "spoilt.pfx\r"),
        ("\ncertificate_password:", "x\r"),
        ("check the password and the file", ""),
        (again, "c\r"),
        ("\ncertificate_file:", "\r"),
    ];
    let args = ["--tenant", "contoso", "--tenant-id", GUID, "--client-id", GUID, "--no-check"];
    for (ends, file) in [
        (vec![(again, "s\r"), ("\nclient_secret:", "@secret\r"), ("\nclient_secret_ends:", "\r")], "client_secret_file = \"secret\""),
        (vec![(again, "c\r"), ("\ncertificate_file:", "whole.pem\r")], "certificate_file = \"whole.pem\""),
    ] {
        let dialogue = [&wrong[..], &ends, &[("\ndestination:", "\r")]].concat();
        let made = at_terminal(home.path(), &args, &dialogue);
        assert!(made.status.success(), "{}{}", out(&made), err(&made));
        let path = home.path().join("scorewatch.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("\n{file}\n")), "{text}");
        assert!(!home.path().join("contoso.certificate_password").exists(), "what was given up is not written");
        fs::remove_file(path).unwrap();
    }
    // And without a terminal.
    for (name, said) in [("text.pem", "has no PEM in it"), ("public.cer", "is binary (DER"), ("public.pem", "has no private key")] {
        let refused = run(home.path(), &[&["init"], &args[..], &["--certificate-file", name]].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        assert!(
            err(&refused).contains("--certificate-file names what cannot be signed in with") && err(&refused).contains(said),
            "{}",
            err(&refused)
        );
        assert!(!home.path().join("scorewatch.toml").exists());
    }
    fs::write(
        home.path().join("scorewatch.toml"),
        format!("[tenants.a]\ntenant_id = \"{GUID}\"\nclient_id = \"{GUID}\"\ncertificate_file = \"\"\n"),
    )
    .unwrap();
    let checked = err(&run(home.path(), &["check"]));
    assert_eq!(checked.matches("tenants.a.certificate_file is empty").count(), 1, "{checked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_check_that_failed_is_what_mends_it() {
    beside_graph(|[root, id, client, _], home| {
        fs::write(home.path().join("given"), "another").unwrap();
        let tenant = ["init", "--tenant", "contoso", "--tenant-id", &id, "--client-id", &client, "--client-secret-file", "given"];
        let made = run(home.path(), &[&tenant[..], &["--graph-root", &root, "--login-root", &root]].concat());
        assert_eq!(made.status.code(), Some(69), "{}{}", out(&made), err(&made));
        let said = err(&made);
        assert!(said.contains("Next: mend what FAILED") && said.contains("scorewatch check --config"), "{said}");
        assert!(!said.contains("tenant consent") && !said.contains("scorewatch serve"), "{said}");
    })
    .await;
}

#[test]
fn who_stops_halfway_finds_nothing_written() {
    let home = tempfile::tempdir().unwrap();
    for (typed, code) in [("\u{3}", 130), ("\u{4}", 2)] {
        let stopped = at_terminal(home.path(), &[], &[("tenant", "contoso\r"), ("tenant_id", &format!("{GUID}\r")), ("client_id", typed)]);
        assert_eq!(stopped.status.code(), Some(code), "{}{}", out(&stopped), err(&stopped));
        assert!(out(&stopped).contains("Nothing was written."), "{}", out(&stopped));
        assert!(names(home.path()).is_empty(), "{:?}", names(home.path()));
    }
    let secret = [("client_id", &*format!("{GUID}\r")), ("certificate or secret", "secret\r"), ("client_secret", "half\u{3}")];
    let args = ["--tenant", "contoso", "--tenant-id", GUID];
    let stopped = at_terminal(home.path(), &args, &secret);
    assert_eq!((stopped.status.code(), names(home.path()).len()), (Some(130), 0), "{}{}", out(&stopped), err(&stopped));
    assert!(out(&stopped).contains("Nothing was written."), "{}", out(&stopped));
    let mut piped = program(home.path()).arg("init").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A pipe that stays open is no terminal: nobody is waited for.
    let kept = piped.stdin.take();
    assert_eq!(piped.wait().unwrap().code(), Some(2));
    drop(kept);
}
