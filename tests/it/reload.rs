//! What happens when a running server is told to read its configuration anew? The real program, its file edited, `kill -HUP`.

use std::{fmt::Write as _, fs, path::Path};

use scorewatch::sandbox::{Options, Sandbox};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{Served, configured, key, out, program, run, signal, some_day, wait},
    support::{
        mail_server::MailServer,
        outbox::SIGNED_WITH,
        sink::{Act, Sink},
    },
};

/// A running server for some of the sandbox's tenants, and the key of an operator.
struct House {
    sandbox: Sandbox,
    home: TempDir,
    server: Served,
    key: String,
}

impl House {
    async fn start(tenants: &[&str], change: impl Fn(&Path, String) -> String) -> Self {
        let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
        let home = configured(&sandbox, tenants);
        let file = home.path().join("scorewatch.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, change(home.path(), text)).unwrap();
        let server = Served::start(home.path());
        let (_, key) = key(home.path(), &["--all-tenants", "--role", "operator"]);
        Self { sandbox, home, server, key }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.home.path().join("scorewatch.toml")).unwrap()
    }

    /// Has `text` read as the configuration, and waits for what the log says of it: a line with `said`.
    fn reload(&self, text: &str, said: &str) -> String {
        fs::write(self.home.path().join("scorewatch.toml"), text).unwrap();
        let before = self.server.log().len();
        signal(&self.server.child, "-HUP");
        wait("reading the configuration anew", || Some(self.server.log().split_off(before)).filter(|log| log.contains(said)))
    }

    fn score(&self, tenant: &str) -> (u16, String) {
        self.server.get(&format!("/skills/secure_score?tenant={tenant}"), &self.key)
    }

    /// Waits until there is a score of `tenant`.
    fn scored(&self, tenant: &str) -> String {
        wait(tenant, || Some(self.score(tenant)).filter(|(status, _)| *status == 200)).1
    }
}

/// The section of a tenant, as tests configure it.
fn section(sandbox: &Sandbox, name: &str) -> String {
    let all = fs::read_to_string(configured(sandbox, &[name]).path().join("scorewatch.toml")).unwrap();
    all[all.find("[tenants.").unwrap()..].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_comes_is_read_and_one_that_goes_is_in_no_answer() {
    let house = House::start(&["contoso", "northwind"], |_, text| text).await;
    house.scored("contoso");
    let text = house.text().replace(&section(&house.sandbox, "contoso"), &section(&house.sandbox, "fabrikam"));
    let log = house.reload(&text, "configuration reloaded");
    assert!(log.contains("tenants: contoso removed, fabrikam added") && !log.contains("northwind"), "{log}");
    assert_eq!(house.score("contoso").0, 404, "at once");
    house.scored("fabrikam");
    let all = house.score("all").1;
    assert!(all.contains("fabrikam") && !all.contains("contoso"), "{all}");
    // It comes back with all its days.
    let text = format!("{text}{}", section(&house.sandbox, "contoso"));
    house.reload(&text, "tenants: contoso added");
    assert_eq!(house.score("contoso").0, 200, "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_configuration_is_refused_whole_and_the_one_of_before_serves_on() {
    let house = House::start(&["contoso"], |_, text| text).await;
    let (good, before) = (house.text(), house.scored("contoso"));
    let other = "[tenants.other]\noffline = true\n";
    let broken = good.replace("[tenants.contoso]", &format!("{other}[tenants.Contoso]")) + "[refresh]\nevery_minutes = 1\n";
    let log = house.reload(&broken, "stays in force");
    for wrong in ["tenants.Contoso", "refresh.every_minutes"] {
        assert!(log.contains(wrong), "{wrong} is not in:\n{log}");
    }
    assert_eq!((house.score("contoso"), house.score("other").0), ((200, before.clone()), 404));
    // What is only wrong together: at its fallback less may be seen.
    let place = |name: &str, more: &str| {
        let url = "url = \"https://hooks.example/x\"";
        format!("[destinations.{name}]\nkind = \"webhook\"\n{url}\nsecret = \"{SIGNED_WITH}\"\ntenants = \"all\"\n{more}\n")
    };
    let broken = format!("{good}{other}{}{}", place("a", "role = \"analyst\"\nfallback = \"b\""), place("b", ""));
    let log = house.reload(&broken, "stays in force");
    assert!(log.contains("destinations.a: the readers of its fallback b"), "{log}");
    assert_eq!((house.score("contoso"), house.score("other").0), ((200, before), 404), "nothing of it is in force");
    assert!(house.reload(&good, "configuration reloaded").contains("changed=nothing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_file_is_rotated_and_what_needs_a_start_is_named() {
    let secret = |home: &Path| home.join("secret");
    let house = House::start(&["contoso"], |home, text| {
        fs::write(secret(home), "of yesterday").unwrap();
        let line = text.lines().find(|line| line.starts_with("client_secret")).unwrap().to_owned();
        text.replace(&line, "client_secret_file = \"secret\"")
    })
    .await;
    wait("a sign-in that fails", || house.server.log().contains("not read").then_some(()));
    fs::write(secret(house.home.path()), &house.sandbox.tenant("contoso").unwrap().client_secret).unwrap();
    let text = house.text().replace("requests_per_minute = 10000000", "requests_per_minute = 9999999");
    let log = house.reload(&text, "only after a restart");
    assert!(log.contains("tenants: contoso changed") && log.contains("server.requests_per_minute"), "{log}");
    assert!(!log.contains("of yesterday"), "{log}");
    house.scored("contoso");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_added_and_a_post_that_waits_goes_where_it_may_by_then() {
    let sink = Sink::start();
    let (root, home_of) = (sink.root.clone(), "url");
    sink.always("/old", Act::Status(503));
    let house = House::start(&["contoso"], |home, mut text| {
        fs::write(home.join(home_of), format!("{root}/old")).unwrap();
        let _ = write!(
            text,
            "[destinations.ops]\nkind = \"webhook\"\nurl_file = \"{home_of}\"\nsecret = \"{SIGNED_WITH}\"\ntenants = \"all\"\n[[digest]]\nname = \"morning\"\ntenants = \"all\"\nto = \"ops\"\nevery = \"monthly\"\n"
        );
        text
    })
    .await;
    house.scored("contoso");
    let mut sending = program(house.home.path()).args(["digest", "send", "morning"]).spawn().unwrap();
    let rows = || serde_json::from_str::<Value>(&out(&run(house.home.path(), &["deliveries", "--json"]))).unwrap()["deliveries"].clone();
    wait("a first try", || sink.seen().iter().any(|seen| seen.path == "/old").then_some(()));
    sending.kill().unwrap();
    sending.wait().unwrap();
    assert_eq!(rows().as_array().map(Vec::len), Some(1));

    fs::write(house.home.path().join(home_of), format!("{root}/new")).unwrap();
    let rule = "[[alert]]\nname = \"low\"\ntenants = \"contoso\"\nto = \"ops\"\nwhen = \"score_below\"\npercent = 99\n";
    let log = house.reload(&format!("{}{rule}", house.text()), "configuration reloaded");
    assert!(log.contains("alert: low added; destinations: ops changed"), "{log}");
    let id = rows()[0]["id"].as_str().unwrap().to_owned();
    run(house.home.path(), &["deliveries", "retry", &id]);
    wait("the post that waited", || sink.seen().iter().any(|seen| seen.path == "/new" && seen.id == id).then_some(()));
    wait("the rule", || {
        let alerts: Value = serde_json::from_str(&out(&run(house.home.path(), &["alert", "--json"]))).ok()?;
        alerts.to_string().contains("\"tenant\":\"contoso\"").then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn who_got_a_mail_before_gets_it_once() {
    let server = MailServer::start("localhost", |conversation, line| {
        (conversation == 0 && line == "RCPT TO:<grace@example.com>").then_some("450 4.7.1 grey-listed")
    });
    let house = House::start(&["contoso"], |_, mut text| {
        let port = server.open().port;
        let _ = write!(
            text,
            "[mail]\nserver = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"scorewatch@example.com\"\n\
            [destinations.board]\nkind = \"mail\"\nto = \"ada@example.com, grace@example.com\"\ntenants = \"all\"\n\
            [[digest]]\nname = \"morning\"\ntenants = \"all\"\nto = \"board\"\nevery = \"monthly\"\n"
        );
        text
    })
    .await;
    house.scored("contoso");
    let mut sending = program(house.home.path()).args(["digest", "send", "morning"]).spawn().unwrap();
    wait("the first mail", || (server.mails().len() == 1).then_some(()));
    sending.kill().unwrap();
    sending.wait().unwrap();
    let rule = "[[alert]]\nname = \"low\"\ntenants = \"contoso\"\nto = \"board\"\nwhen = \"score_below\"\npercent = 1\n";
    house.reload(&format!("{}{rule}", house.text()), "alert: low added");
    let rows = serde_json::from_str::<Value>(&out(&run(house.home.path(), &["deliveries", "--json"]))).unwrap();
    run(house.home.path(), &["deliveries", "retry", rows["deliveries"][0]["id"].as_str().unwrap()]);
    wait("the second mail", || (server.mails().len() >= 2).then_some(()));
    let to: Vec<_> = server.mails().into_iter().map(|mail| mail.to.join(",")).collect();
    assert_eq!(to, ["<ada@example.com>", "<grace@example.com>"]);
}
