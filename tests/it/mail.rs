//! Does a mail get to each mailbox once, whatever the server says; and nowhere where it should not?
//!
//! A server that is not ours takes mails in `tests/clients/mail.py`; here is what a real one says only when it fails.

use scorewatch::{
    card::{Block, Card, Column, Fact, TableRow, Tone, Value, Word},
    delivery::{DeliveryKey, Destination as _, Post, PostKind, Receipt, SendFailure, Sending},
    skills::{Entry, Facts, Readership},
    surfaces::mail::{Footer, MailContent, Mailbox, PictureIds, SmtpServer, check},
    text::{Span, Spans},
};

use crate::{
    answers::{TODAY, answer, facts_of},
    support::{
        golden,
        mail_server::MailServer,
        posts::{a_digest, a_notice, a_recovery, an_alert, hostile, vast},
    },
};

const ADA: &str = "ada.lovelace@example.com";
const GRACE: &str = "grace@example.com";
const MARY: &str = "mary@example.org";

fn post(kind: PostKind, card: Card) -> Post {
    let created = "2026-11-21T06:15:00Z".parse().unwrap();
    let key = DeliveryKey { tenants: vec!["contoso".to_owned()], kind, period: String::new(), destination: "mail".to_owned() };
    Post { id: "Zk3v-9Qa_b7LmN0pXy2WcR4t".to_owned(), ..Post::new(&key, card, created) }
}

fn news() -> Post {
    post(an_alert(), Card::new("contoso: −12 points", vec![Block::Lead(vec![Word::toned("−12 points", Tone::Bad)])], "contoso"))
}

async fn send(mailbox: &Mailbox, post: &Post) -> Result<Receipt, SendFailure> {
    mailbox.send(&Sending { post, picture: None, earlier: None, earlier_title: None, ended: &[], now: post.created }).await
}

fn mailbox(server: &SmtpServer, to: &[&str]) -> Mailbox {
    Mailbox::new(server, &to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// What comes of one try with one mailbox, and what the server was told.
async fn one(script: crate::support::mail_server::Script) -> (SendFailure, Vec<String>) {
    let post = MailServer::start("localhost", script);
    let failure = send(&mailbox(&post.open(), &[ADA]), &news()).await.unwrap_err();
    let told = format!("{failure:?}");
    assert!(!told.contains(ADA) && !told.contains("lovelace"), "no address in a failure: {told}");
    (failure, post.lines())
}

#[tokio::test]
async fn each_mailbox_gets_a_mail_of_its_own() {
    let post = MailServer::start("localhost", |_, _| None);
    let receipt = send(&mailbox(&post.open(), &[ADA, GRACE, ADA, MARY]), &news()).await.unwrap();
    assert_eq!(receipt.message.as_deref(), Some("<Zk3v-9Qa_b7LmN0pXy2WcR4t@example.com>"));
    let mails = post.mails();
    assert_eq!(
        mails.iter().map(|mail| mail.to.as_slice()).collect::<Vec<_>>(),
        [[format!("<{ADA}>")], [format!("<{GRACE}>")], [format!("<{MARY}>")]]
    );
    assert!(mails.iter().all(|mail| mail.conversation == 0), "one conversation");
    for (mail, own) in mails.iter().zip([ADA, GRACE, MARY]) {
        let others = [ADA, GRACE, MARY].into_iter().filter(|other| *other != own);
        assert!(mail.text.contains(own) && !others.into_iter().any(|other| mail.text.contains(other)), "nobody sees the others");
    }
    let id = |at: usize| mails[at].text.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned();
    assert!(id(0) != id(1) && id(1) != id(2));
}

#[tokio::test]
async fn a_recovery_answers_the_alert_that_each_mailbox_got() {
    let post = MailServer::start("localhost", |_, _| None);
    let mailbox = mailbox(&post.open(), &[ADA, GRACE]);
    let receipt = send(&mailbox, &news()).await.unwrap().message;
    let over = Post { id: "another".to_owned(), kind: a_recovery(), resolved: true, ..news() };
    let title = Some("Contoso: 2 controls slipped");
    mailbox
        .send(&Sending { post: &over, picture: None, earlier: receipt.as_deref(), earlier_title: title, ended: &[], now: over.created })
        .await
        .unwrap();
    let header =
        |at: usize, name: &str| post.mails()[at].text.lines().find_map(|line| line.strip_prefix(name).map(ToOwned::to_owned)).unwrap();
    for at in 0..2 {
        assert_eq!(header(at + 2, "In-Reply-To: "), header(at, "Message-ID: "));
        assert_ne!(header(at + 2, "Message-ID: "), header(at, "Message-ID: "));
        assert_eq!(header(at + 2, "Subject: "), "[Resolved] Contoso: 2 controls slipped", "it says so, and the rest stays");
    }
}

#[tokio::test]
async fn a_second_try_goes_only_to_those_who_have_not_got_it() {
    let post = MailServer::start("localhost", |conversation, line| match (conversation, line) {
        (0, "RCPT TO:<grace@example.com>") => Some("450 4.7.1 grey-listed"),
        (0, "RCPT TO:<mary@example.org>") => Some("550 5.1.1 no such user"),
        _ => None,
    });
    let mailbox = mailbox(&post.open(), &[ADA, GRACE, MARY]);
    let failure = send(&mailbox, &news()).await.unwrap_err();
    assert!(
        matches!(&failure, SendFailure::Later { why, .. } if why.contains("(450 4.7.1)") && why.contains("2 of 3 mailboxes")),
        "{failure:?}"
    );
    let remark = send(&mailbox, &news()).await.unwrap().remark.unwrap();
    assert!(remark.contains("m…@example.org (550 5.1.1)") && !remark.contains("grace") && !remark.contains("mary"), "{remark}");
    let mails = post.mails();
    assert_eq!(
        mails.iter().map(|mail| (mail.conversation, mail.to.join(","))).collect::<Vec<_>>(),
        [(0, format!("<{ADA}>")), (1, format!("<{GRACE}>"))]
    );
    assert_eq!(post.lines().iter().filter(|line| *line == "RSET").count(), 2, "what was refused is forgotten");
    send(&mailbox, &news()).await.unwrap();
    assert_eq!(post.mails().len(), 5, "what is through and sent again goes to all who can have it");
}

#[tokio::test]
async fn a_mailbox_that_is_gone_is_told_without_its_address() {
    let (failure, _) = one(|_, line| line.starts_with("RCPT").then_some("550 5.1.1 <ada.lovelace@example.com>: unknown")).await;
    assert!(matches!(&failure, SendFailure::Refused { why } if why.contains("a…@example.com (550 5.1.1)")), "{failure:?}");
}

#[tokio::test]
async fn what_is_refused_decides_what_happens_next() {
    type Case = (crate::support::mail_server::Script, &'static str, &'static str);
    let cases: [Case; 18] = [
        (|_, line| line.starts_with("RCPT").then_some("550 5.7.1 Relaying denied"), "never", "550 5.7.1"),
        (|_, line| line.starts_with("RCPT").then_some("553 sorry, not in my list of allowed rcpthosts"), "never", "553"),
        (|_, line| line.starts_with("RCPT").then_some("530 5.7.0 Authentication required"), "refused", "mail.username"),
        (|_, line| line.starts_with("RCPT").then_some("550 5.2.1 switched off"), "refused", "a…@example.com (550 5.2.1)"),
        (|_, line| line.starts_with("RCPT").then_some("450 5.1.1 busy"), "later", "450 5.1.1"),
        (|_, line| line.starts_with("MAIL").then_some("554 5.7.1 your network is blocked"), "never", "554 5.7.1"),
        (|_, line| (line == ".").then_some("554 5.2.252 SendAsDenied"), "refused", "mail.from (554 5.2.252)"),
        (|_, line| line.starts_with("RCPT").then_some("552 5.2.2 mailbox full"), "never", "552 5.2.2"),
        (|_, line| (line == ".").then_some("554 5.6.0 not this"), "never", "554 5.6.0"),
        (|_, line| (line == ".").then_some("552 too big"), "never", "552"),
        (|_, line| (line == ".").then_some("451 4.3.0 try again"), "later", "451 4.3.0"),
        (|_, line| (line == "DATA").then_some("421 4.3.2 going down"), "later", "421 4.3.2"),
        (|_, line| line.starts_with("MAIL").then_some("452 4.3.1 full"), "later", "452 4.3.1"),
        (|_, line| line.starts_with("MAIL").then_some("553 5.7.1 not yours"), "refused", "mail.from (553 5.7.1)"),
        (|_, line| line.starts_with("MAIL").then_some("530 5.7.0 sign in"), "refused", "mail.username"),
        (|_, line| line.is_empty().then_some("554 5.7.1 your network is blocked"), "later", "554 5.7.1"),
        (|_, line| line.is_empty().then_some("SSH-2.0-OpenSSH_9.2"), "later", "does not speak SMTP"),
        (|_, line| (line == ".").then_some(""), "later", "may have accepted the mail"),
    ];
    for (script, kind, says) in cases {
        let (failure, _) = one(script).await;
        let found = match &failure {
            SendFailure::Later { .. } => "later",
            SendFailure::Never { .. } => "never",
            SendFailure::Refused { .. } => "refused",
            SendFailure::Dead { .. } => "dead",
        };
        assert!(found == kind && failure.why().contains(says), "{says}: {failure:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_is_refused_is_tried_again_and_tells_no_password() {
    let post = MailServer::start("localhost", |_, line| line.starts_with("AUTH").then_some("535 5.7.139 Authentication unsuccessful"));
    let mailbox = mailbox(&post.with_starttls(), &[ADA]);
    let failure = send(&mailbox, &news()).await.unwrap_err();
    let error = check(&post.with_starttls()).await.unwrap_err();
    let told = format!("{mailbox:?} {failure:?} {error:?}");
    assert!(matches!(&failure, SendFailure::Refused { why } if why.contains("(535 5.7.139)") && why.contains("mail.password")), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    let later = MailServer::start("localhost", |_, line| line.starts_with("AUTH").then_some("454 4.7.0 ask again"));
    assert!(matches!(send(&self::mailbox(&later.with_starttls(), &[ADA]), &news()).await, Err(SendFailure::Later { .. })));
    for momentary in ["535 4.7.0 busy", "530 4.7.0 later", "421 4.7.0 too many", "454 4.7.0 Temporary authentication failure"] {
        let script: crate::support::mail_server::Script = match momentary {
            "535 4.7.0 busy" => |_, line| line.starts_with("AUTH").then_some("535 4.7.0 busy"),
            "530 4.7.0 later" => |_, line| line.starts_with("AUTH").then_some("530 4.7.0 later"),
            "421 4.7.0 too many" => |_, line| line.starts_with("AUTH").then_some("421 4.7.0 too many"),
            _ => |_, line| (line == "STARTTLS").then_some("454 4.7.0 TLS not available due to temporary reason"),
        };
        let failure = send(&self::mailbox(&MailServer::start("localhost", script).with_starttls(), &[ADA]), &news()).await.unwrap_err();
        assert!(matches!(failure, SendFailure::Later { .. }), "{momentary}: {failure:?}");
    }
    let once = MailServer::start("localhost", |conversation, line| {
        (conversation == 0 && line.starts_with("EHLO")).then_some("250-stand-in\r\n250 STARTTLS")
    });
    let mailbox = self::mailbox(&once.with_starttls(), &[ADA]);
    assert!(matches!(send(&mailbox, &news()).await, Err(SendFailure::Refused { .. })));
    send(&mailbox, &news()).await.unwrap();
    let none = MailServer::start("localhost", |_, line| line.starts_with("EHLO").then_some("250-stand-in\r\n250 STARTTLS"));
    let failure = send(&self::mailbox(&none.with_starttls(), &[ADA]), &news()).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Refused { why } if why.contains("offers no sign-in")), "{failure:?}");
    assert!(!none.lines().iter().any(|line| line.contains("AUTH")));
}

#[tokio::test]
async fn mail_goes_out_over_starttls_and_after_a_sign_in() {
    let post = MailServer::start("localhost", |_, _| None);
    send(&mailbox(&post.with_starttls(), &[ADA]), &news()).await.unwrap();
    let lines = post.lines();
    let clear: Vec<_> = lines.iter().filter(|line| !line.starts_with("tls ")).collect();
    assert_eq!(clear, ["EHLO example.com", "STARTTLS"], "nothing else is said in clear text");
    assert!(lines.iter().any(|line| line.starts_with("tls AUTH PLAIN ")) && post.mails().len() == 1, "{lines:?}");
    assert!(check(&post.with_starttls()).await.unwrap().contains("takes the sign-in"));
    assert_eq!(post.mails().len(), 1, "a check sends nothing");
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let post = MailServer::start("localhost", |_, line| line.starts_with("EHLO").then_some("250-stand-in\r\n250 AUTH PLAIN"));
    let failure = send(&mailbox(&post.with_starttls(), &[ADA]), &news()).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Later { why, .. } if why.contains("does not offer STARTTLS")), "{failure:?}");
    assert!(!post.lines().iter().any(|line| line.contains("AUTH") || line.contains("MAIL")), "{:?}", post.lines());
    let refuses = MailServer::start("localhost", |_, line| (line == "STARTTLS").then_some("502 not here"));
    assert!(
        matches!(send(&mailbox(&refuses.with_starttls(), &[ADA]), &news()).await, Err(SendFailure::Later { .. })),
        "nobody is believed before TLS"
    );
}

/// Answers put behind the one to STARTTLS by whoever sits in between, to be taken for the server's own.
#[tokio::test]
async fn what_was_said_before_tls_is_not_heard_after_it() {
    let post = MailServer::start("localhost", |_, line| {
        (line == "STARTTLS").then_some("220 begin\r\n250-stand-in\r\n250 AUTH PLAIN\r\n535 5.7.8 forged")
    });
    let failure = send(&mailbox(&post.with_starttls(), &[ADA]), &news()).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Later { .. }), "{failure:?}");
    assert!(!post.lines().iter().any(|line| line.contains("AUTH")), "{:?}", post.lines());
}

#[tokio::test]
async fn a_certificate_that_is_not_the_server_s_ends_the_conversation() {
    let post = MailServer::start("mail.example.net", |_, _| None);
    let failure = send(&mailbox(&post.with_starttls(), &[ADA]), &news()).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Later { why, .. } if why.contains("is for another name")), "{failure:?}");
    let unknown = SmtpServer { roots: None, ..MailServer::start("localhost", |_, _| None).with_starttls() };
    let failure = send(&mailbox(&unknown, &[ADA]), &news()).await.unwrap_err();
    assert!(matches!(&failure, SendFailure::Later { why, .. } if why.contains("mail.root_certificate")), "{failure:?}");
    let nobody = SmtpServer { port: 9, ..post.open() };
    let error = check(&nobody).await.unwrap_err();
    assert!(error.sentence.contains("cannot be reached"), "{error:?}");
}

fn card_of(skill: &str, tenant: &str) -> Card {
    let tenants = vec![facts_of(tenant, 90)];
    let facts = Facts { tenants, all: false, group: None, names: true, links: false, today: TODAY, readership: Readership::Audience };
    Entry::named(skill).unwrap().answer(&facts, &serde_json::Map::new()).unwrap().card()
}

/// A digest as people get it: several answers in one card, each under its heading.
fn digest(tenant: &str) -> Card {
    let score = card_of("secure_score", tenant);
    let parts = [("What changed", "score_changes"), ("Accepted risks", "accepted_risks"), ("What to do next", "weakest_controls")];
    let mut blocks = score.blocks;
    for (heading, skill) in parts {
        blocks.push(Block::Text { heading: heading.to_owned(), spans: Spans::default() });
        blocks.extend(card_of(skill, tenant).blocks);
    }
    Card { link: score.link, ..Card::new(format!("{tenant}: −2.58 points since Friday: 4 controls slipped"), blocks, score.foot) }
}

fn alert() -> Card {
    let fact = |label: &str, value: Word| Fact::new(label, value);
    let blocks = vec![
        Block::Lead(vec![
            Word::toned("−3.33 points", Tone::Bad),
            Word::plain("on 2026-11-21: Require multifactor authentication for every administrator"),
        ]),
        Block::Facts(vec![
            fact("now", Word::toned("6.67 of 10", Tone::Bad)),
            fact("before", Word::plain("10 of 10, on 2026-11-20")),
            fact("status", Word::plain("You have 4 of 12 users with administrative roles not protected by multifactor authentication.")),
            fact("rule", Word::toned("drops: a control loses points", Tone::Quiet)),
        ]),
        Block::Note("This kind of control may correct itself within a day.".to_owned()),
    ];
    let title = "contoso: a control lost 3.33 points: Require multifactor authentication for every administrator";
    Card {
        link: Some("https://security.microsoft.com/securescore?viewid=actions&actionId=AdminMFAV2".to_owned()),
        ..Card::new(title, blocks, "contoso, day 2026-11-21, read 2026-11-21T06:12Z")
    }
}

fn footer() -> Footer<'static> {
    Footer { domain: "example.com", unsubscribe: "mailto:scorewatch@example.com?subject=unsubscribe%20scorewatch" }
}

#[test]
fn mails_look_as_they_did() {
    let cases = [
        ("digest", a_digest(), digest("contoso"), Some(PictureIds { light: "trend.x@example.com", dark: "dark.x@example.com" })),
        ("alert", an_alert(), alert(), None),
        (
            "control",
            a_recovery(),
            {
                let skill = Entry::named("control").unwrap();
                answer(skill, vec![facts_of("contoso", 90)], false, true, r#"{"name":"AdminMFAV2"}"#).card
            },
            None,
        ),
    ];
    for (name, kind, card, picture) in cases {
        let letter = MailContent::write(&post(kind, card), &footer(), picture).unwrap();
        golden(&format!("mail/{name}.html"), &letter.html);
        golden(&format!("mail/{name}.txt"), &letter.text);
        assert!(letter.text.lines().all(|line| line.chars().count() <= 72 || line.contains("https://")), "{}", letter.text);
    }
}

#[test]
fn nothing_is_fetched_from_elsewhere_and_nothing_runs() {
    let mut hostile = digest("contoso");
    let nasty = "<script>alert(1)</script><img src=x onerror=alert(1)> \u{202e}gnp.exe </td></table>";
    hostile.title = nasty.to_owned();
    hostile.link = Some("javascript:alert(1)".to_owned());
    hostile.foot = nasty.to_owned();
    let mut row = TableRow::from(vec![Word::plain(format!("{nasty} [x]")), Word::plain(nasty)]);
    row.link = Some("https://evil.example/\" onmouseover=\"x".to_owned());
    hostile.blocks.push(Block::Table { columns: vec![Column::words(nasty), Column::number(nasty)], rows: vec![row] });
    hostile.blocks.push(Block::Text { heading: nasty.to_owned(), spans: Spans::plain(nasty) });
    hostile.blocks.push(Block::Note(nasty.to_owned()));
    let html = MailContent::write(
        &post(a_notice(), hostile),
        &footer(),
        Some(PictureIds { light: "trend.x@example.com", dark: "dark.x@example.com" }),
    )
    .unwrap()
    .html;
    for no in ["<script", "<link", "<iframe", "<svg", "@import", "url(", "onerror=a", "onmouseover=\"", "javascript:", "\u{202e}"] {
        let found = html.match_indices(no).next().map(|(at, _)| &html[at..]);
        assert!(found.is_none_or(|found| found.starts_with("onerror=alert(1)&gt;")), "{no}: {found:?}");
    }
    let sources: Vec<&str> = html.match_indices(" src=\"").map(|(at, _)| &html[at..at + 10]).collect();
    assert_eq!(sources, [" src=\"cid:"; 2], "light and dark");
}

/// The names of the headers of a mail, sorted.
fn names(head: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        head.split("\r\n").filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn whatever_a_card_says_one_mail_arrives_whole() {
    let marks = format!("a{}", "\u{301}".repeat(10_000));
    let dots = ".\r\n.\r\nRSET\r\nBcc: everybody@example.com\r\n";
    let spans = Spans(
        [".", "From here", "--mail_Zk3v-9Qa_b7LmN0pXy2WcR4t--"]
            .into_iter()
            .flat_map(|line| [Span::Break, Span::Text(line.to_owned())])
            .collect(),
    );
    let of_dots = vec![Block::Lead(vec![Word::plain(".")]), Block::Text { heading: dots.to_owned(), spans }, Block::Note(dots.to_owned())];
    let letters = "x".repeat(10_000);
    for (name, card) in [
        ("hostile", hostile()),
        ("vast", vast()),
        ("dots", Card::new(dots, of_dots, dots)),
        ("marks", Card::new(&marks, vec![Block::Note(marks.clone())], &marks)),
        ("letters", Card::new(&letters, vec![Block::Note(letters.clone()), Block::Lead(vec![Word::plain(&letters)])], &letters)),
        ("nothing", Card::new("", Vec::new(), "")),
    ] {
        let server = MailServer::start("localhost", |_, _| None);
        send(&mailbox(&server.open(), &[ADA]), &post(a_digest(), card)).await.unwrap();
        let [mail] = <[_; 1]>::try_from(server.mails()).unwrap();
        let (head, body) = mail.text.split_once("\r\n\r\n").unwrap();
        let ours = [
            "Auto-Submitted",
            "Content-Type",
            "Date",
            "From",
            "List-Id",
            "List-Unsubscribe",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "Thread-Topic",
            "To",
            "X-Auto-Response-Suppress",
            "X-Scorewatch-Kind",
            "X-Scorewatch-Tenant",
        ];
        assert_eq!(names(head), ours, "{name}");
        assert!(mail.text.is_ascii() && !mail.text.replace("\r\n", "").contains(['\r', '\n']), "{name}");
        // RFC 5322, 2.1.1.
        let longest = mail.text.split("\r\n").map(str::len).max().unwrap();
        assert!(longest <= 998, "{name}: a line of {longest}");
        let end = "--mail_Zk3v-9Qa_b7LmN0pXy2WcR4t--\r\n";
        assert!(body.trim_end_matches("\r\n").ends_with(end.trim_end()), "{name}: the end arrived");
        assert!(!server.lines().iter().any(|line| line == "RSET"), "{name}");
    }
}

#[test]
fn what_hides_is_gone_and_no_link_claims_to_lead_elsewhere() {
    let letter = MailContent::write(&post(a_notice(), hostile()), &footer(), None).unwrap();
    for (part, text) in [("html", &letter.html), ("text", &letter.text), ("subject", &letter.subject)] {
        let hidden = text.find(['\u{202e}', '\u{202c}', '\u{200b}', '\u{7}', '\r']);
        assert_eq!(hidden, None, "{part}");
    }
    let links: Vec<(&str, &str)> = letter
        .html
        .match_indices("<a ")
        .map(|(at, _)| {
            let (tag, rest) = letter.html[at..].split_once('>').unwrap();
            let address = tag.split_once("href=\"").unwrap().1.split_once('"').unwrap().0;
            (address, rest.split_once("</a>").unwrap().0)
        })
        .collect();
    assert!(links.len() > 2, "{links:?}");
    for (address, label) in &links {
        assert!(address.starts_with("https://") || address.starts_with("mailto:"), "{address}");
        assert!(label == address || !(label.contains("://") || label.contains("www.")), "{label} leads to {address}");
    }
    assert!(links.contains(&("https://evil.example/y", "https://evil.example/y")), "the true address is shown: {links:?}");
    assert!(!letter.text.contains("https://bank.example <") && !letter.text.contains("<javascript:"), "{}", letter.text);
    let fact = Fact::new("see", Value::Link("https://bank.example@evil.example/x".to_owned()));
    let lying = MailContent::write(&post(a_notice(), Card::new("t", vec![Block::Facts(vec![fact])], "")), &footer(), None).unwrap();
    assert!(!lying.html.contains("href=\"https://bank"), "{}", lying.html);
}

#[test]
fn a_mail_is_never_clipped() {
    let row = |at: usize| {
        let mut row =
            TableRow::from(vec![Word::plain(format!("контроль {at} [{}]", "x".repeat(60))), Word::toned(format!("{at}"), Tone::Bad)]);
        row.link = Some(format!("https://security.microsoft.com/securescore?viewid=actions&actionId={at}"));
        row
    };
    let table = Block::Table { columns: vec![Column::words("control"), Column::number("left")], rows: (0..900).map(row).collect() };
    let letter = MailContent::write(&post(a_digest(), Card::new("t", vec![table.clone(), table], "foot")), &footer(), None).unwrap();
    assert!((60_000..=72_000).contains(&letter.html.len()), "{}", letter.html.len());
    assert!(letter.html.contains("… and ") && letter.text.contains("! … and "), "what was left out is told");
    assert!(letter.html.ends_with("</html>\n"));
}
