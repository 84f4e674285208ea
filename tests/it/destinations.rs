//! Are all destinations alike where it matters? The same tests for each: one row of [`KINDS`] for one destination.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it destinations` writes `tests/golden/destinations/` anew: what goes out, byte for byte but for its spaces.

use std::{
    fmt::Write as _,
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use scorewatch::{
    card::{Block, Card, Column, Fact, TableRow, Word},
    delivery::{Destination, PictureFormat, Post, PostPicture, Receipt, Record, RecordedFinding, SendFailure, Sending},
    surfaces::{discord, slack::Slack, teams::Teams, webhook::Webhook},
    text::{Span, Spans},
};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    discord_cards::markup_is_ours,
    support::{
        golden,
        hook::{Answer, Hook, SECRET, Seen},
        platforms,
        posts::{SAID, a_digest, alert, an_alert, digest, found, hostile, of_everything, post, vast},
    },
};

/// A secret for webhooks, as `openssl rand -base64 32` makes them.
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

/// One destination.
pub struct Kind {
    pub name: &'static str,
    /// Makes it for an address, and shows it as a log would.
    make: fn(&str) -> (Arc<dyn Destination>, String),
    /// What the platform answers when it took a post.
    taken: fn() -> Answer,
    /// Whether the platform would take this post, by its published limits.
    check: fn(&Seen) -> Result<(), String>,
    /// Fails where something in the post of a hostile card means more to the platform than its letters.
    harmless: fn(&Value),
    /// The texts that people see.
    shown: &'static [&'static str],
    /// Statuses that mean something else than everywhere.
    own: fn(u16) -> Option<&'static str>,
    /// A text at its limit: where it is in the body, how long it may be, and how the platform counts it.
    edge: (&'static str, usize, fn(&str) -> usize),
}

pub const KINDS: [Kind; 4] = [
    Kind {
        name: "webhook",
        make: |url| {
            let webhook = Webhook::new(url.into(), KEY.into()).unwrap();
            let shown = format!("{webhook:?}");
            (Arc::new(webhook), shown)
        },
        taken: || Answer::status(204),
        check: platforms::event,
        // A program reads it: its texts are data, and escaped by whoever shows them.
        harmless: |_| {},
        shown: &["title", "text", "label", "value", "note", "heading", "foot", "day"],
        own: |_| None,
        edge: ("/data/title", 300, |text| text.chars().count()),
    },
    Kind {
        name: "slack",
        make: |url| {
            let slack = Slack::new(url.into()).unwrap();
            let shown = format!("{slack:?}");
            (Arc::new(slack), shown)
        },
        taken: || Answer::says(200, "ok"),
        check: platforms::slack,
        harmless: inert_in_slack,
        shown: &["text"],
        // Anything but `ok` did not come from Slack.
        own: |status| (200..300).contains(&status).then_some("never"),
        edge: ("/blocks/0/text/text", 150, |text| text.encode_utf16().count()),
    },
    Kind {
        name: "teams",
        make: |url| {
            let teams = Teams::new(url.into()).unwrap();
            let shown = format!("{teams:?}");
            (Arc::new(teams), shown)
        },
        taken: || Answer::status(202),
        check: platforms::teams,
        harmless: inert_in_teams,
        shown: &["text"],
        own: |_| None,
        edge: ("/attachments/0/content/body/0/inlines/0/text", 250, |text| text.chars().count()),
    },
    Kind {
        name: "discord_webhook",
        make: |url| {
            let hook = discord::webhook::DiscordWebhook::new(url.into()).unwrap();
            let shown = format!("{hook:?}");
            (Arc::new(hook), shown)
        },
        taken: || Answer::says(200, r#"{"id":"1100000000000000001"}"#),
        check: platforms::discord,
        harmless: inert_in_discord,
        shown: &["title", "description", "text"],
        own: |_| None,
        // Each of its characters may need a backslash.
        edge: ("/embeds/0/title", 256, |text| text.encode_utf16().count()),
    },
];

fn now() -> Timestamp {
    "2026-11-21T06:31:05Z".parse().unwrap()
}

async fn send(destination: &dyn Destination, post: &Post) -> Result<Receipt, SendFailure> {
    let address = PostPicture::Address("https://score.example.org/pictures/AAAA.png?until=1&sig=b".to_owned());
    let picture = Some(&address).filter(|_| destination.picture_format() == PictureFormat::Address);
    destination.send(&Sending { post, picture, earlier: None, earlier_title: None, ended: &[], now: now() }).await
}

/// What arrives of `post` where the platform takes everything.
async fn arrived(kind: &Kind, post: &Post) -> Seen {
    let [seen] = <[Seen; 1]>::try_from(arrived_all(kind, post).await).unwrap();
    seen
}

/// The same where it may be several messages.
pub async fn arrived_all(kind: &Kind, post: &Post) -> Vec<Seen> {
    let hook = Hook::start((kind.taken)()).await;
    let sent = send(&*(kind.make)(&hook.url()).0, post).await;
    assert_eq!(sent.as_ref().err(), None, "{}", kind.name);
    let all = hook.seen();
    for seen in &all {
        assert_eq!(seen.method, "POST");
        (kind.check)(seen).unwrap_or_else(|wrong| panic!("{}: {wrong}", kind.name));
    }
    all
}

fn texts<'v>(body: &'v Value, names: &[&str]) -> Vec<&'v str> {
    let mut found = Vec::new();
    platforms::texts(body, names, &mut found);
    found
}

/// Only rich text, whose runs are data, and plain text and a fallback in which no control sequence can begin.
fn inert_in_slack(body: &Value) {
    assert_eq!(body["mrkdwn"], false);
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with("&lt;!channel&gt; &lt;!here|x&gt;") && !text.contains(['<', '>']), "{text}");
    for block in body["blocks"].as_array().unwrap().iter().filter(|block| block["type"] != "rich_text") {
        assert!(texts(block, &["text"]).iter().all(|text| !text.contains(['<', '>', '&'])), "{block}");
    }
    let harmful = ["mrkdwn", "markdown", "user", "usergroup", "broadcast", "channel", "emoji"];
    assert!(!texts(body, &["type"]).iter().any(|kind| harmful.contains(kind)), "{body}");
}

/// Only runs, which read no markdown, no function in any text, and nobody who could be mentioned.
fn inert_in_teams(body: &Value) {
    assert!(!texts(body, &["type"]).iter().any(|kind| ["TextBlock", "FactSet", "mention", "Table"].contains(kind)), "{body}");
    assert!(!body.to_string().contains("{{"), "{body}");
    assert_eq!(body["attachments"][0]["content"]["msteams"], serde_json::json!({ "width": "Full" }));
}

/// Embeds whose markup is ours, and nobody to mention.
fn inert_in_discord(body: &Value) {
    assert_eq!(body["allowed_mentions"], serde_json::json!({ "parse": [], "users": [], "roles": [] }));
    assert!(body["content"].is_null() && body["components"].is_null(), "{body}");
    let marked = texts(&body["embeds"], &["title", "description"]);
    assert!(!marked.is_empty());
    marked.into_iter().for_each(markup_is_ours);
}

#[tokio::test]
async fn samples_look_as_they_did() {
    for kind in &KINDS {
        for (name, post) in [("digest", digest()), ("alert", alert()), ("hostile", post(an_alert(), hostile()))] {
            let seen = arrived(kind, &post).await;
            golden(
                &format!("destinations/{}/{name}.json", kind.name),
                &format!("{}\n", serde_json::to_string_pretty(&seen.json()).unwrap()),
            );
        }
    }
}

#[tokio::test]
async fn every_block_is_shown() {
    for kind in &KINDS {
        let body = arrived(kind, &post(a_digest(), of_everything())).await.json();
        let mut all = texts(&body, kind.shown).join("\n");
        all.push_str(&body.to_string());
        for word in SAID {
            assert!(all.contains(word), "{}: no {word} in {body:#}", kind.name);
        }
        assert!(body.to_string().contains("https://security.microsoft.com/portal"), "{}", kind.name);
        assert!(body.to_string().contains("https://security.microsoft.com/row"), "{}", kind.name);
    }
}

#[tokio::test]
async fn a_hostile_card_stays_harmless() {
    for kind in &KINDS {
        let body = arrived(kind, &post(an_alert(), hostile())).await.json();
        let whole = body.to_string();
        // What reorders or hides is gone, whatever else a platform does.
        for hidden in ['\u{202e}', '\u{202c}', '\u{200b}', '\u{7}'] {
            assert!(!whole.contains(hidden), "{}: {hidden:?}", kind.name);
        }
        // No link leads where a stranger wants it to while claiming to lead elsewhere, and none runs anything.
        assert!(
            !texts(&body, &["url", "link", "image_url"])
                .iter()
                .any(|url| !url.starts_with("https://") || url.contains(['<', '>', '|', ')', '"'])),
            "{}: {whole}",
            kind.name
        );
        (kind.harmless)(&body);
    }
}

#[tokio::test]
async fn a_card_beyond_every_limit_is_cut_with_a_mark() {
    for kind in &KINDS {
        let long = "Ü🛡".repeat(4000);
        let found = RecordedFinding { subject: long.clone(), title: Some(long), ..found() };
        let record = Record::Alert { rule: "slips".to_owned(), rules: vec!["slips".to_owned()], findings: vec![found; 500] };
        let seen = arrived(kind, &Post { record: Some(record), ..post(a_digest(), vast()) }).await;
        let marks = texts(&seen.json(), kind.shown).iter().filter(|text| text.contains('…')).count();
        assert!(marks > 2, "{}: {marks} marks", kind.name);
        assert!(String::from_utf8(seen.body).unwrap().contains("… and "), "{}", kind.name);
    }
}

#[tokio::test]
async fn one_character_of_many_marks_is_cut_too() {
    let marked = format!("Contoso a{}", "\u{301}".repeat(10_000));
    let row = TableRow::from(vec![Word::plain(&marked), Word::plain(&marked)]);
    let fact = Fact::new(&*marked, Word::plain(&marked));
    let blocks = vec![
        Block::Lead(vec![Word::plain(&marked)]),
        Block::Facts(vec![fact]),
        Block::Table { columns: vec![Column::words("what"), Column::words(&marked)], rows: vec![row] },
        Block::Text { heading: marked.clone(), spans: Spans(vec![Span::Text(marked.clone()), Span::Strong(marked.clone())]) },
        Block::Note(marked.clone()),
    ];
    for kind in &KINDS {
        let seen = arrived(kind, &post(a_digest(), Card::new(&marked, blocks.clone(), &marked))).await;
        assert!(seen.body.len() < 5000, "{}: {} bytes", kind.name, seen.body.len());
        assert!(String::from_utf8(seen.body).unwrap().contains("Contoso"), "{}", kind.name);
    }
}

#[tokio::test]
async fn a_text_is_whole_up_to_its_limit() {
    for kind in &KINDS {
        let (at, most, count) = kind.edge;
        for (letter, each) in [("x", 1), ("🛡", count("🛡"))] {
            for length in [most - each, most, most + each] {
                let title = letter.repeat(length / each);
                let body = arrived(kind, &post(a_digest(), Card::new(&title, Vec::new(), "foot"))).await.json();
                let shown = body.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("{}: {body:#}", kind.name));
                assert!(count(shown) <= most, "{}", kind.name);
                assert_eq!(shown == title, length <= most, "{}: {length} of {most}", kind.name);
                assert_eq!(shown.ends_with('…'), length > most, "{}: {length} of {most}", kind.name);
            }
        }
    }
}

/// The stand-in itself: a body one longer than a platform takes is refused by it.
#[test]
fn the_stand_in_knows_the_limits() {
    let seen = |body: Value| Seen {
        method: String::new(),
        path: String::new(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    };
    let header = |length: usize| serde_json::json!({ "text": "x", "blocks": [{ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(length) } }] });
    assert_eq!([149, 150, 151].map(|length| platforms::slack(&seen(header(length))).is_ok()), [true, true, false]);
    let context = serde_json::json!({ "type": "context", "elements": [{ "type": "plain_text", "text": "x" }] });
    let blocks = |count: usize| serde_json::json!({ "text": "x", "blocks": vec![context.clone(); count] });
    assert_eq!([49, 50, 51].map(|count| platforms::slack(&seen(blocks(count))).is_ok()), [true, true, false]);
    let card = |length: usize| {
        let run = serde_json::json!({ "type": "TextRun", "text": "x".repeat(length) });
        let block = serde_json::json!({ "type": "RichTextBlock", "inlines": [run] });
        let card_json = serde_json::json!({ "type": "AdaptiveCard", "version": "1.2", "msteams": { "width": "Full" }, "body": [block] });
        serde_json::json!({ "type": "message", "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card_json }] })
    };
    let frame = card(0).to_string().len();
    assert_eq!([27_998, 27_999, 28_000].map(|bytes| platforms::teams(&seen(card(bytes - frame))).is_ok()), [true, true, false]);
}

/// What a failure is called in the table.
fn called(sent: &Result<Receipt, SendFailure>) -> &'static str {
    match sent {
        Ok(_) => "taken",
        Err(SendFailure::Later { .. }) => "later",
        Err(SendFailure::Never { .. }) => "never",
        Err(SendFailure::Refused { .. }) => "refused",
        Err(SendFailure::Dead { .. }) => "dead",
    }
}

#[tokio::test]
async fn every_status_has_one_meaning() {
    let post = post(an_alert(), Card::new("Title", Vec::new(), "foot"));
    for kind in &KINDS {
        let hook = Hook::start((kind.taken)()).await;
        let (destination, _) = (kind.make)(&hook.url());
        for status in 200..600_u16 {
            hook.script([Answer::status(status)]);
            let expected = (kind.own)(status).unwrap_or(match status {
                200..300 => "taken",
                407 | 408 | 421 | 423 | 425 | 429 | 500.. => "later",
                300..=399 | 401..=405 | 451 => "refused",
                410 => "dead",
                _ => "never",
            });
            assert_eq!(called(&send(&*destination, &post).await), expected, "{} {status}", kind.name);
        }
        // One request for each: nothing is repeated, followed or asked first.
        assert_eq!(hook.seen().len(), 400, "{}", kind.name);
        assert_eq!(called(&send(&*destination, &post).await), "taken", "{}", kind.name);
    }
}

#[tokio::test]
async fn nothing_is_sent_where_an_answer_leads() {
    for kind in &KINDS {
        let (hook, elsewhere) = (Hook::start((kind.taken)()).await, Hook::start((kind.taken)()).await);
        let (destination, _) = (kind.make)(&hook.url());
        for status in [301, 302, 303, 307, 308] {
            hook.script([Answer::Status(status, vec![("Location", elsewhere.url())], String::new())]);
            assert_eq!(called(&send(&*destination, &alert()).await), "refused", "{} {status}", kind.name);
        }
        assert!(elsewhere.seen().is_empty(), "{}", kind.name);
    }
}

#[tokio::test]
async fn an_answer_without_end_or_sense_is_one_all_the_same() {
    for kind in &KINDS {
        let hook = Hook::start((kind.taken)()).await;
        let (destination, _) = (kind.make)(&hook.url());
        let head = |more: &[u8]| [b"HTTP/1.1 ", more].concat();
        for (answer, expected) in [
            (Answer::Endless, (kind.own)(200).unwrap_or("taken")),
            (Answer::Raw(head(b"200 OK\r\ncontent-length: 3\r\n\r\n\xff\xfe\xfd")), (kind.own)(200).unwrap_or("taken")),
            (Answer::Raw(head(b"429 \xff\r\nRetry-After: \xff\xfe\r\ncontent-length: 2\r\n\r\n\xc3\x28")), "later"),
            (Answer::Raw(head(b"500 No\r\ncontent-length: 999999999999\r\n\r\n{")), "later"),
            (Answer::Raw(head(&[b"200 OK\r\nx-long: ".as_slice(), &vec![b'x'; 1 << 20], b"\r\n\r\n"].concat())), "later"),
            (Answer::Raw(b"\x15\x03\x01\x00\x02\x02\x50".to_vec()), "later"),
        ] {
            let shown: String = format!("{answer:?}").chars().take(60).collect();
            hook.script([answer]);
            let sent = tokio::time::timeout(Duration::from_secs(20), send(&*destination, &alert())).await;
            assert_eq!(called(&sent.unwrap_or_else(|_| panic!("{}: no end: {shown}", kind.name))), expected, "{}: {shown}", kind.name);
        }
    }
}

#[tokio::test]
async fn slack_says_in_words_what_a_status_does_not() {
    let slack = &KINDS[1];
    let hook = Hook::start((slack.taken)()).await;
    let (destination, _) = (slack.make)(&hook.url());
    let answers = [
        (400, "invalid_token", "dead"),
        (400, "user_not_found", "dead"),
        (404, "no_service", "dead"),
        (410, "channel_is_archived", "dead"),
        (403, "action_prohibited", "dead"),
        (404, "<html>Not here</html>", "refused"),
        (403, "", "refused"),
        (400, "invalid_blocks", "never"),
        (400, "invalid_payload", "never"),
        (200, "<html>Sign in to the network</html>", "never"),
        (500, "rollup_error", "later"),
        (200, "ok", "taken"),
    ];
    for (status, body, expected) in answers {
        hook.script([Answer::says(status, body)]);
        assert_eq!(called(&send(&*destination, &alert()).await), expected, "{body}");
    }
}

#[tokio::test]
async fn whoever_says_when_to_come_back_is_heard() {
    for kind in &KINDS {
        let hook = Hook::start((kind.taken)()).await;
        let (destination, _) = (kind.make)(&hook.url());
        let far = Timestamp::now() + SignedDuration::from_hours(1);
        let date = far.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let waits = ["30", "1.5", &date, "99999999999", "soon", "-5"];
        hook.script(waits.map(|wait| Answer::Status(429, vec![("Retry-After", wait.to_owned())], String::new())));
        hook.script([Answer::status(429), Answer::Close]);
        let after = |sent: Result<Receipt, SendFailure>| match sent {
            Err(SendFailure::Later { after, .. }) => after,
            other => panic!("{}: {other:?}", kind.name),
        };
        assert_eq!(after(send(&*destination, &alert()).await), Some(Duration::from_secs(30)));
        assert_eq!(after(send(&*destination, &alert()).await), Some(Duration::from_millis(1500)));
        let until_then = after(send(&*destination, &alert()).await).unwrap();
        assert!(until_then > Duration::from_mins(50) && until_then <= Duration::from_hours(1), "{}: {until_then:?}", kind.name);
        assert_eq!(after(send(&*destination, &alert()).await), Some(Duration::from_hours(24)), "no longer than a day");
        for nothing in ["no time", "a time that was", "no word of it"] {
            assert_eq!(after(send(&*destination, &alert()).await), None, "{}: {nothing}", kind.name);
        }
        assert_eq!(after(send(&*destination, &alert()).await), None, "a connection that breaks off");
        drop(hook);
        assert_eq!(after(send(&*destination, &alert()).await), None, "nobody there");
    }
}

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_address_is_told_to_nobody() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let quiet = tracing::subscriber::set_default(subscriber);
    let mut told = String::new();
    for kind in &KINDS {
        let hook = Hook::start((kind.taken)()).await;
        let (destination, shown) = (kind.make)(&hook.url());
        let echo = format!("no such hook: {}", hook.url());
        let location = Answer::Status(302, vec![("Location", hook.url())], echo.clone());
        hook.script([location, Answer::says(404, &echo), Answer::says(400, &echo), Answer::says(500, &echo), Answer::Close]);
        let url = hook.url();
        for _ in 0..6 {
            let _ = write!(told, "{:?}", send(&*destination, &alert()).await);
        }
        drop(hook);
        let _ = write!(told, "{:?} {shown}", send(&*destination, &alert()).await);
        assert!(!told.contains("127.0.0.1") && !url.is_empty(), "{told}");
    }
    drop(quiet);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for text in [&told, &log] {
        assert!(!text.contains(SECRET) && !text.contains(KEY), "{text}");
    }
}

#[tokio::test]
async fn a_webhook_proves_who_sent_it() {
    let seen = arrived(&KINDS[0], &digest()).await;
    let signed = [seen.header("webhook-id").as_bytes(), b".", seen.header("webhook-timestamp").as_bytes(), b".", &seen.body].concat();
    let secret = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, KEY.strip_prefix("whsec_").unwrap()).unwrap();
    let signature = seen.header("webhook-signature").strip_prefix("v1,").unwrap();
    let signature = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, signature).unwrap();
    ring::hmac::verify(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret), &signed, &signature).unwrap();
    assert_eq!((seen.header("webhook-id"), seen.header("webhook-timestamp")), (digest().id.as_str(), "1795242665"));
    let event = seen.json();
    assert_eq!(
        (&event["id"], &event["type"], &event["subject"]),
        (&digest().id.into(), &"org.scorewatch.digest.v1".into(), &"contoso".into())
    );
}
