//! What is no mistake, but probably not what was meant? Settings without effect, secrets that others can read, addresses that ended.

use std::{fs, path::Path};

use super::config::load_with;
use crate::{
    program::{err, out, run},
    support::sink::Sink,
};

/// What is warned of.
fn warnings(text: &str) -> Vec<String> {
    let (_home, config) = load_with(text, []);
    let said = config.unwrap().warnings;
    // Where the file lies is another in each test.
    said.iter().map(ToString::to_string).filter(|line| !line.contains("holds a secret, and")).collect()
}

const HOOK: &str = "[destinations.soc]\nkind = \"teams\"\ntenants = \"all\"\n";
const ALERT: &str = "[[alert]]\nname = \"low\"\ntenants = \"all\"\nto = \"soc\"\nwhen = \"score_below\"\npercent = 60\n";
const GRAPH: &str = "[tenants.contoso]\ntenant_id = \"contoso.onmicrosoft.com\"\nclient_id = \"00000000-0000-0000-0000-000000000001\"\n\
    client_secret = \"x\"\nclient_secret_ends = \"2027-01-31\"\n";

#[test]
fn what_has_no_effect_is_named_and_what_has_one_is_not() {
    let url = "url = \"https://example.com/hook\"\n";
    let watched = format!("{HOOK}{url}{GRAPH}[[alert]]\nname = \"ends\"\ntenants = \"contoso\"\nto = \"soc\"\nwhen = \"sign_in\"\n");
    let plain = |url: &str| {
        let secret = "secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\ntenants";
        format!("{HOOK}url = \"{url}\"\n").replace("teams", "webhook").replace("tenants", secret)
    };
    let cases: [(String, &[&str]); 22] = [
        ("[server]\nbehind_proxy = true\n".to_owned(), &["server.behind_proxy is given without public_url, so /mcp refuses"]),
        ("[server]\nbehind_proxy = true\npublic_url = \"https://scores.example.com\"\n".to_owned(), &[]),
        ("[server]\nbehind_proxy = true\n[mcp]\nhosts = \"scores.example.com\"\n".to_owned(), &[]),
        (
            "[refresh]\nevery_minutes = 30\n[tenants.a]\noffline = true\n".to_owned(),
            &["refresh.every_minutes has no effect: every tenant is offline"],
        ),
        (GRAPH.to_owned(), &["tenants.contoso.client_secret_ends has no effect: no alert of the kind sign_in"]),
        (watched, &[]),
        (format!("{GRAPH}[metrics]\nlisten = \"127.0.0.1:9464\"\n"), &[]),
        (
            format!("{ALERT}{HOOK}{url}[tenants.a]\noffline = true\nclient_secret_ends = \"2027-01-31\"\n"),
            &["tenants.a.client_secret_ends has no effect: the tenant is offline and signs in nowhere. Remove it."],
        ),
        ("[tenants.a]\noffline = true\ncloud = \"usgov\"\n".to_owned(), &["tenants.a.cloud has no effect: a is offline. Remove it."]),
        // Whichever it is: nothing of it is read.
        ("[tenants.a]\noffline = true\ncloud = \"china\"\n".to_owned(), &["tenants.a.cloud has no effect: a is offline. Remove it."]),
        ("[tenants.a]\noffline = true\n".to_owned(), &[]),
        (
            "[mail]\nserver = \"smtp.example.com\"\nfrom = \"a@example.com\"\n".to_owned(),
            &["mail has no effect: no destination is of the kind mail"],
        ),
        ("[delivery]\ngive_up_hours = 3\n".to_owned(), &["delivery.give_up_hours has no effect: there is no destination"]),
        (
            format!("{HOOK}{url}fallback = \"net\"\n[destinations.net]\nkind = \"teams\"\ntenants = \"all\"\n{url}"),
            &["destinations.soc.fallback has no effect: no alert goes there"],
        ),
        (format!("{HOOK}{url}fallback = \"net\"\n[destinations.net]\nkind = \"teams\"\ntenants = \"all\"\n{url}{ALERT}"), &[]),
        (
            "[discord]\napplication_id = \"1100000000000000001\"\ntoken = \"a.b.c\"\n".to_owned(),
            &["discord grants nobody access. Say who may ask what"],
        ),
        (
            format!("{HOOK}url = \"https://contoso.webhook.office.com/webhookb2/SECRET\"\n"),
            &["destinations.soc.url holds the address of a connector on contoso.webhook.office.com, which Microsoft has switched off."],
        ),
        (
            format!("{HOOK}url = \"https://prod-7.westeurope.logic.azure.com/workflows/SECRET\"\n"),
            &[
                "destinations.soc.url holds an address on prod-7.westeurope.logic.azure.com, where Teams flows accepted posts until 30 November 2025.",
            ],
        ),
        // Whatever the destination says that it is; a name may end with the dot of the root.
        (
            plain("https://prod-7.westeurope.logic.azure.com./workflows/SECRET"),
            &["destinations.soc.url holds an address on prod-7.westeurope.logic.azure.com, where"],
        ),
        (
            plain("https://outlook.office365.com/webhook/SECRET"),
            &["destinations.soc.url holds the address of a connector on outlook.office365.com, which"],
        ),
        (plain("https://outlook.office365.com/api/SECRET"), &[]),
        (plain("https://notlogic.azure.com/SECRET"), &[]),
    ];
    for (text, expected) in cases {
        let said = warnings(&text);
        assert_eq!(said.len(), expected.len(), "{text}\n{said:#?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.starts_with(expected) && !said.contains("SECRET"), "{text}\n{said}");
        }
    }
}

#[test]
fn a_second_listener_has_a_place_of_its_own() {
    let mistakes = |metrics: &str| {
        super::config::mistakes(
            &format!("[server]\nlisten = \"127.0.0.1:8080\"\n[metrics]\nlisten = \"{metrics}\"\ntoken = \"0123456789abcdef\"\n"),
            [],
        )
    };
    let said = ["metrics.listen is the same address as server.listen. Give it a port of its own, such as 127.0.0.1:9464."];
    assert_eq!(
        (mistakes("127.0.0.1:8080"), mistakes("localhost:8080"), mistakes("0.0.0.0:8080")),
        (said.map(String::from).to_vec(), said.map(String::from).to_vec(), said.map(String::from).to_vec())
    );
    load_with("[server]\nlisten = \"127.0.0.1:8080\"\n[metrics]\nlisten = \"127.0.0.1:9464\"\n", []).1.unwrap();
}

#[test]
fn offline_beside_a_sign_in_is_one_mistake_that_names_every_key() {
    let mistakes = |text: &str| super::config::mistakes(&format!("[tenants.a]\noffline = true\n{text}"), []);
    let said = |keys: &str| {
        vec![format!("tenants.a.offline is true beside {keys}. An offline tenant signs in nowhere: remove offline, or these.")]
    };
    assert_eq!(mistakes("tenant_id = \"a.example\"\n"), said("tenants.a.tenant_id"));
    assert_eq!(
        mistakes("client_secret = \"x\"\ncloud = \"usgov\"\ngraph_root = 5\nclient_id = \"no id\"\n"),
        said("tenants.a.client_id, tenants.a.client_secret, tenants.a.graph_root, tenants.a.cloud")
    );
    assert_eq!(mistakes("certificate_password_file = \"none\"\n"), said("tenants.a.certificate_password_file"));
    // A cloud alone, without offline, is of a tenant that is read.
    let read = super::config::mistakes("[tenants.a]\ncloud = \"usgov\"\n", []);
    assert_eq!(read.len(), 3, "{read:?}");
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_named_with_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let (secret, root) = (home.path().join("secret"), home.path().join("root.pem"));
    fs::write(&secret, "https://example.com/hook").unwrap();
    fs::write(&root, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let text = format!(
        "{HOOK}url_file = \"{}\"\n[destinations.ciso]\nkind = \"mail\"\nto = \"a@example.com\"\ntenants = \"all\"\n\
        [mail]\nserver = \"smtp.example.com\"\nfrom = \"a@example.com\"\nroot_certificate = \"{}\"\n{ALERT}",
        secret.display(),
        root.display()
    );
    mode(&root, 0o644);
    for (bits, expected) in [
        (0o644, Some("read (mode 0644)")),
        (0o604, Some("read (mode 0604)")),
        (0o622, Some("write (mode 0622)")),
        (0o640, None),
        (0o600, None),
    ] {
        mode(&secret, bits);
        let said = warnings(&text);
        assert_eq!(said.len(), usize::from(expected.is_some()), "{bits:o}: {said:#?}");
        if let Some(expected) = expected {
            let line = format!("destinations.soc.url_file names a file that everybody on this machine can {expected}. ");
            assert!(said[0].starts_with(&line) && said[0].contains("chmod 600"), "{said:#?}");
        }
    }
    // The configuration itself, only where it holds one.
    let file = home.path().join("scorewatch.toml");
    for (text, holds) in [(format!("{HOOK}url = \"https://example.com/hook\"\n{ALERT}"), true), ("[server]\n".to_owned(), false)] {
        fs::write(&file, text).unwrap();
        mode(&file, 0o644);
        let said = err(&run(home.path(), &["check"]));
        assert_eq!(said.contains("scorewatch.toml holds a secret, and everybody on this machine can read it (mode 0644)"), holds, "{said}");
    }
    mode(&file, 0o600);
    assert!(!err(&run(home.path(), &["check"])).contains("mode 0"));
}

#[test]
fn check_says_that_a_certificate_and_a_key_do_not_belong_together() {
    let home = tempfile::tempdir().unwrap();
    let made = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (one, other) = (made(), made());
    fs::write(home.path().join("tls.pem"), one.cert.pem()).unwrap();
    let text = "[server]\ntls_certificate = \"tls.pem\"\ntls_key = \"tls.key\"\n";
    fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    for (key, code, line) in [(&one, 0, "tls: ok."), (&other, 78, "tls: FAILED. The TLS certificate and key do not belong together")] {
        fs::write(home.path().join("tls.key"), key.signing_key.serialize_pem()).unwrap();
        let checked = run(home.path(), &["check"]);
        assert!(checked.status.code() == Some(code) && out(&checked).contains(line), "{}{}", out(&checked), err(&checked));
    }
}

#[test]
fn check_names_a_destination_that_nothing_is_sent_to_and_tenants_that_nobody_knows() {
    let sink = Sink::start();
    let home = crate::support::outbox::home(
        &sink,
        &[("soc", "reader", "contso"), ("ops", "operator", "all")],
        "operator = \"ops\"\n[tenants.contoso]\n",
    );
    let said = err(&run(home.path(), &["check"]));
    assert!(said.contains("destinations.soc: nothing is sent there") && !said.contains("destinations.ops: nothing"), "{said}");
    assert!(said.contains("tenant contso, which is neither configured nor stored"), "{said}");
}

#[test]
fn a_fallback_is_another_one_whose_readers_see_as_much() {
    let hook = |name: &str, role: &str, tenants: &str, fallback: &str| {
        let fallback = if fallback.is_empty() { String::new() } else { format!("fallback = \"{fallback}\"\n") };
        format!(
            "[destinations.{name}]\nkind = \"teams\"\nurl = \"https://example.com/h\"\nrole = \"{role}\"\ntenants = \"{tenants}\"\n{fallback}"
        )
    };
    let mistakes = |text: String| super::config::mistakes(&text, []);
    let all = |name: &str, fallback: &str| hook(name, "reader", "all", fallback);
    assert_eq!(
        mistakes(all("soc", "socs")),
        ["destinations.soc.fallback names no destination. Add [destinations.NAME]. Did you mean `soc`?"]
    );
    let itself = "destinations.soc.fallback names the destination itself. Name one that leads elsewhere, or none.";
    assert_eq!(mistakes(all("soc", "soc")), [itself]);
    let circle = mistakes(all("a", "b") + &all("b", "c") + &all("c", "a"));
    assert_eq!(circle.len(), 3, "{circle:?}");
    assert!(circle[0].starts_with("destinations.a.fallback leads from a to b to c to a."), "{circle:?}");
    for (soc, net, refused) in [
        (("reader", "contoso"), ("reader", "all"), None),
        (("reader", "contoso"), ("analyst", "contoso, fabrikam"), None),
        (
            ("analyst", "contoso"),
            ("reader", "all"),
            Some("the readers of its fallback net have only the role reader, and those of soc analyst."),
        ),
        (
            ("reader", "all"),
            ("reader", "contoso"),
            Some("the readers of its fallback net may not see all tenants that the readers of soc see."),
        ),
        (("reader", "contoso"), ("reader", "fabrikam"), Some("may not see all tenants that the readers of soc see.")),
    ] {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("scorewatch.toml"), hook("soc", soc.0, soc.1, "net") + &hook("net", net.0, net.1, "")).unwrap();
        let checked = run(home.path(), &["check"]);
        match refused {
            None => assert!(checked.status.success(), "{}", err(&checked)),
            Some(line) => assert!(checked.status.code() == Some(78) && err(&checked).contains(line), "{}", err(&checked)),
        }
    }
}
