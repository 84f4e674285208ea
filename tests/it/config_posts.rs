//! Does the configuration of digests, alerts and destinations say everything that is wrong at once, and never an address?

use jiff::civil::{Weekday, time};
use scorewatch::{
    access::{Role, Tenants},
    alert::{Fall, Only, Watch},
    digest::{Every, Owner, SKILLS},
    surfaces::mail::{MailSecurity, SmtpServer},
};

use super::config::{load_with, mistakes};

const WHOLE: &str = r#"
    [destinations.soc]
    kind = "slack"
    url = "https://hooks.slack.com/services/T0/B0/SECRET"
    tenants = "contoso"
    role = "analyst"
    [destinations.ciso]
    kind = "mail"
    to = "ada@example.com, grace@example.com"
    tenants = "all"
    [destinations.siem]
    kind = "webhook"
    url = "http://127.0.0.1:9000/in"
    secret = "whsec_c2VjcmV0"
    tenants = "all"
    [mail]
    server = "smtp.example.com"
    from = "scorewatch@example.com"
    username = "mailer"
    password = "hunter2"
    [delivery]
    operator = "ciso"
    [[digest]]
    name = "morning"
    tenants = "contoso, fabrikam"
    to = "soc"
    at = "08:30"
    zone = "Europe/Berlin"
    [[digest]]
    name = "board"
    tenants = "all"
    to = "ciso"
    every = "monthly"
    day = "last"
    skills = "secure_score, weakest_controls"
    silent = true
    [[alert]]
    name = "drops"
    tenants = "contoso"
    to = "soc"
    when = "score_falls"
    percent = 2.5
    hold = true
    repeat_hours = 24
    [[alert]]
    name = "risks"
    tenants = "all"
    to = "siem"
    when = "risk_accepted"
    allowed = "Ada Lovelace, grace@example.com"
"#;

#[test]
fn posts_are_read_as_they_are_written() {
    let config = load_with(WHOLE, []).1.unwrap();
    let [ciso, siem, soc] = &config.destinations[..] else { panic!("{:?}", config.destinations) };
    assert_eq!([ciso, siem, soc].map(|destination| destination.kind.name), ["mail", "webhook", "slack"]);
    assert_eq!(
        [ciso, siem, soc].map(|destination| destination.readers.as_ref().unwrap().role),
        [Role::Reader, Role::Reader, Role::Analyst]
    );
    let mail: &SmtpServer = config.settings().unwrap();
    assert_eq!((mail.port, mail.security, mail.login.as_ref().unwrap().0.as_str()), (587, MailSecurity::StartTls, "mailer"));
    assert_eq!(config.delivery.operator.as_deref(), Some("ciso"));
    let [board, morning] = &config.digests[..] else { panic!("{:?}", config.digests) };
    assert_eq!((board.when.every, board.silent, board.skills.len()), (Every::Monthly(None), true, 2));
    assert_eq!((morning.when.every, morning.when.at, morning.skills.as_slice()), (Every::Weekdays, time(8, 30, 0, 0), &SKILLS[..]));
    assert_eq!(morning.when.to_string(), "Monday to Friday at 08:30 Europe/Berlin");
    assert_eq!((&morning.owner, &board.tenants), (&Owner::Configuration, &Tenants::All));
    let [drops, risks] = &config.alerts[..] else { panic!("{:?}", config.alerts) };
    assert_eq!(
        (&drops.watch, drops.hold, drops.repeat.map(|wait| wait.as_hours())),
        (&Watch::ScoreFalls(Fall::Percent(2.5)), true, Some(24))
    );
    assert_eq!(
        risks.watch,
        Watch::RiskAccepted { allowed: vec!["ada lovelace".to_owned(), "grace@example.com".to_owned()], only: Only::default() }
    );
}

#[test]
fn a_digest_can_be_set_by_variables_too() {
    let config = load_with(WHOLE, [("SCOREWATCH__DIGEST__MORNING__EVERY", "weekly"), ("SCOREWATCH__DIGEST__MORNING__DAY", "friday")]);
    let morning = config.1.unwrap().digests.pop().unwrap();
    assert_eq!(morning.when.every, Every::Weekly(Weekday::Friday));
}

#[test]
fn all_that_is_wrong_with_posts_is_said_at_once() {
    let file = r#"
        [destinations.a]
        kind = "slack"
        url = "ftp://SECRET.example"
        channel = "1100000000000000003"
        [destinations.b]
        kind = "discord"
        channel = "general"
        [destinations.c]
        kind = "mail"
        to = "everybody"
        tenants = "all"
        [destinations.d]
        kind = "webhook"
        url = "http://elsewhere.example/SECRET"
        tenants = "all"
        [delivery]
        operator = "nobody"
        [[digest]]
        name = "one"
        tenants = "contoso"
        to = "x"
        every = "weekly"
        day = "31"
        zone = "Europe/Berlni"
        [[digest]]
        name = "one"
        [[digest]]
        tenants = "contoso"
        [[alert]]
        name = "two"
        tenants = "contoso"
        to = "discord:1100000000000000003"
        when = "score_below"
        points = 3
    "#;
    let said = mistakes(file, []);
    let expected = [
        "destinations.a.channel has no effect for a slack. Remove it.",
        "destinations.a.tenants is missing. A slack needs it.",
        "destinations.a.url holds no valid address. Write an https address (http only to this machine itself), alone.",
        "destinations.b.channel is invalid; expected an id of 17 to 20 digits, as Discord's Copy ID gives it.",
        "destinations.c.to is invalid; expected comma-separated mail addresses.",
        "destinations.d.url holds no valid address. Write an https address (http only to this machine itself), alone.",
        "destinations.d.secret is missing. Create one with: echo whsec_$(openssl rand -base64 32).",
        "delivery.operator names no destination. Add [destinations.NAME].",
        "digest.one.day does not go with every = \"weekly\". Give a day of the week for weekly, 1 to 28 or last for monthly, and none for the others.",
        "digest.one.zone is invalid; expected an IANA time zone such as Europe/Berlin.",
        "digest.one.to names no destination. Add [destinations.NAME].",
        "digest number 2 has the name of another. Give each digest a name of its own.",
        "digest number 3 has no name. Give it name = \"...\", by which commands know it.",
        "alert.two.points has no effect for score_below. Remove it.",
        "alert.two.percent is missing. Give the level in percent of the maximum, such as 60.",
        "alert.two.to is a channel of Discord, and there is no bot. Add [discord], or name one of [destinations].",
    ];
    for sentence in expected {
        assert!(said.iter().any(|mistake| mistake == sentence), "missing: {sentence}\nsaid: {said:#?}");
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    assert!(!said.concat().contains("SECRET"), "{said:#?}");
}

#[test]
fn a_setting_without_effect_is_refused_and_one_with_effect_is_not() {
    /// The settings of rules, and the kinds that take each.
    const TAKEN_BY: [(&str, &[&str]); 10] = [
        ("points = 2", &["score_falls", "control_regresses"]),
        ("percent = 5", &["score_falls", "score_below"]),
        ("category = \"identity\"", &["control_regresses", "control_new", "control_removed", "status_changed", "risk_accepted"]),
        ("product = \"AAD\"", &["control_regresses", "control_new", "control_removed", "status_changed", "risk_accepted"]),
        ("controls = \"AdminMFAV2\"", &["control_regresses", "control_removed", "status_changed", "risk_accepted"]),
        ("allowed = \"ada@example.com\"", &["risk_accepted"]),
        ("hours = 24", &["no_data"]),
        ("days = 14", &["sign_in"]),
        ("hold = true", &["score_falls", "control_regresses"]),
        ("repeat_hours = 24", &["score_falls", "score_below", "control_regresses", "acceptance_ends", "no_data", "sign_in"]),
    ];
    for kind in Watch::KINDS {
        for (line, kinds) in TAKEN_BY {
            let key = line.split(' ').next().unwrap();
            let level = if kind == "score_below" && key != "percent" { "percent = 60\n" } else { "" };
            let file = format!("{WHOLE}[[alert]]\nname = \"x\"\ntenants = \"all\"\nto = \"soc\"\nwhen = \"{kind}\"\n{level}{line}\n");
            let said = load_with(&file, []).1.err().map(|mistakes| mistakes.to_string()).unwrap_or_default();
            let refused = format!("alert.x.{key} has no effect for {kind}. Remove it.");
            assert_eq!(said.contains(&refused), !kinds.contains(&kind), "{kind}, {line}: {said}");
            assert_eq!(said.is_empty(), kinds.contains(&kind), "{kind}, {line}: {said}");
        }
    }
}

#[test]
fn points_and_percent_may_have_a_fraction_and_have_bounds() {
    let alert = |line: &str| format!("{WHOLE}[[alert]]\nname = \"x\"\ntenants = \"all\"\nto = \"soc\"\n{line}\n");
    for (line, points) in [("", 1.0), ("points = 3", 3.0), ("points = 0.1", 0.1), ("points = \"2.5\"", 2.5)] {
        let alerts = load_with(&alert(&format!("when = \"control_regresses\"\n{line}")), []).1.unwrap().alerts;
        let watch = &alerts.iter().find(|alert| alert.name == "x").unwrap().watch;
        assert!(matches!(watch, Watch::ControlRegresses { points: read, .. } if (read - points).abs() < 1e-9), "{line}: {watch:?}");
    }
    for points in ["0", "0.09", "10000.5", "-1", "nan", "inf", "true", "\"many\""] {
        let said = mistakes(&alert(&format!("when = \"control_regresses\"\npoints = {points}")), []);
        assert_eq!(said, ["alert.x.points is invalid; expected a number from 0.1 to 10000, such as 2.5."], "{points}");
    }
    let said = mistakes(&alert("when = \"score_below\"\npercent = 100.1"), []);
    assert_eq!(said, ["alert.x.percent is invalid; expected a number from 0.1 to 100, such as 2.5."]);
}

#[test]
fn what_a_destination_needs_must_be_there() {
    let mail = "[destinations.ciso]\nkind = \"mail\"\nto = \"ada@example.com\"\ntenants = \"all\"\n";
    assert_eq!(mistakes(mail, []), ["destinations.ciso.kind is mail, and no server takes mail. Add [mail] with server and from."]);
    let bot = "[destinations.room]\nkind = \"discord\"\nchannel = \"1100000000000000003\"\n";
    assert_eq!(mistakes(bot, []), ["destinations.room.kind is discord, and there is no bot. Add [discord], or use a discord_webhook."]);
    let plain = format!("{mail}[mail]\nserver = \"smtp.example.com\"\nfrom = \"a@example.com\"\nsecurity = \"none\"\nusername = \"me\"\n");
    assert_eq!(
        mistakes(&plain, []),
        [
            "mail.security is none beyond this machine. Mail names your controls: use starttls or tls.",
            "mail has half a sign-in. Give both username and password (or password_file), or neither.",
        ]
    );
}

#[test]
fn notices_go_only_where_all_tenants_may_be_seen() {
    let with = |tenants: &str| {
        format!(
            "[destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/SECRET\"\ntenants = \"{tenants}\"\n\
            [delivery]\noperator = \"soc\"\n"
        )
    };
    let refused = "delivery.operator names a destination whose readers may not see all tenants. \
        Notices tell about any of them: set destinations.soc.tenants = \"all\", or name another destination.";
    assert_eq!(mistakes(&with("contoso"), []), [refused]);
    assert_eq!(load_with(&with("all"), []).1.unwrap().delivery.operator.as_deref(), Some("soc"));
}

#[test]
fn controls_are_named_between_commas_or_semicolons() {
    let alert =
        |line: &str| format!("{WHOLE}[[alert]]\nname = \"x\"\ntenants = \"all\"\nto = \"soc\"\nwhen = \"status_changed\"\n{line}\n");
    let mfa = "Require MFA for users, admins and guests";
    let cases = [
        (format!("controls = \" AdminMFAV2 ,, {} \"", "guest sharing"), vec!["AdminMFAV2".to_owned(), "guest sharing".to_owned()]),
        (format!("controls = \"{mfa}; AdminMFAV2\""), vec![mfa.to_owned(), "AdminMFAV2".to_owned()]),
        (format!("controls = \"{mfa};\""), vec![mfa.to_owned()]),
        (String::new(), vec![]),
    ];
    for (line, controls) in cases {
        let alerts = load_with(&alert(&line), []).1.unwrap().alerts;
        let watch = &alerts.iter().find(|alert| alert.name == "x").unwrap().watch;
        assert_eq!(*watch, Watch::StatusChanged(Only { controls, ..Only::default() }), "{line}");
    }
    let many = vec!["x"; 51].join(",");
    for wrong in ["", " , ;", &many, &"x".repeat(201)] {
        let said = mistakes(&alert(&format!("controls = \"{wrong}\"")), []);
        assert!(said.len() == 1 && said[0].starts_with("alert.x.controls is ") && said[0].contains("at most 50 controls"), "{said:?}");
    }
}
