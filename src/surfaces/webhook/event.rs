//! What does a program read of a post? A CloudEvent 1.0 in JSON: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>.
//!
//! All texts are plain text, cleaned and on one line where nothing else is said: they hold no markup, and are to be escaped by whoever shows them.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use crate::{
    card::{Bar, Block, Card, Fact, Tone, Word},
    delivery::{Post, PostKind, Record, RecordedFinding, Sending, TenantStanding, dedup_key, severity},
    surfaces::{
        address, cell_text,
        truncate::{command_line, truncate},
    },
    text::{Span, Spans, cut, one_line, round2},
};

/// How large an event may be in bytes: the size that every intermediary forwards and every consumer should take.
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#size-limits>.
const EVENT: usize = 64 * 1024;
/// A title, a cell, a note.
const WORDS: usize = 300;
/// A longer text.
const TEXT: usize = 4000;
/// A trend's days; the newest are told.
const DAYS: usize = 100;
/// Findings of an alert, and its rules.
const RECORDS: usize = 50;
/// Tenants of a digest, as long as what they come to leaves room for words.
const TENANTS: usize = 300;
/// A name or a title among these.
const NAME: usize = 100;
/// An address.
const ADDRESS: usize = 2000;

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'static str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    what: &'static str,
    severity: &'static str,
    dedup_key: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    also_dedup_keys: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<bool>,
    tenants: &'a [String],
    title: String,
    text: String,
    #[serde(flatten)]
    record: Option<&'a EventRecord>,
    blocks: Vec<EventBlock>,
    foot: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<&'a str>,
}

/// What a post says beside its words, as far as there is room, and how much of it that leaves out.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum EventRecord {
    Digest {
        name: String,
        tenants: Vec<TenantStanding>,
        #[serde(skip_serializing_if = "is_none")]
        tenants_left_out: usize,
    },
    Alert {
        rule: String,
        rules: Vec<String>,
        findings: Vec<RecordedFinding>,
        #[serde(skip_serializing_if = "is_none")]
        rules_left_out: usize,
        #[serde(skip_serializing_if = "is_none")]
        findings_left_out: usize,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_none(left_out: &usize) -> bool {
    *left_out == 0
}

/// A block of a card, called what it is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EventBlock {
    Lead { words: Vec<Toned> },
    Facts { facts: Vec<Labelled> },
    Bars { bars: Vec<EventBar> },
    Trend { days: Vec<EventDay> },
    Table { columns: Vec<String>, rows: Vec<EventRow> },
    Text { heading: String, text: String },
    Note { text: String },
}

#[derive(Serialize)]
struct Toned {
    text: String,
    tone: &'static str,
}

#[derive(Serialize)]
struct Labelled {
    label: String,
    value: String,
    tone: &'static str,
}

#[derive(Serialize)]
struct EventBar {
    label: String,
    percent: Option<f64>,
    note: String,
}

#[derive(Serialize)]
struct EventDay {
    day: Date,
    percent: f64,
}

#[derive(Serialize)]
struct EventRow {
    cells: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// The event that tells what is to be sent; `None` when not even its title fits. Where there is no room for the record, half of it is tried, and half
/// of that: how much is left out is always there.
pub fn event(sending: &Sending<'_>) -> Option<Vec<u8>> {
    let (post, key) = (sending.post, dedup_key(sending.post));
    let Some(record) = &post.record else { return whole(post, &key, None) };
    let mut rooms = std::iter::successors(Some(TENANTS), |room| (*room > 0).then_some(room / 2));
    rooms.find_map(|room| whole(post, &key, Some(&clean(record, room))))
}

/// The event with this `record`; `None` when it does not fit.
fn whole(post: &Post, key: &str, record: Option<&EventRecord>) -> Option<Vec<u8>> {
    truncate(&post.card, command_line, |card| {
        let event = CloudEvent {
            specversion: "1.0",
            id: &post.id,
            source: "scorewatch",
            r#type: kind(&post.kind),
            subject: (!post.tenants.is_empty()).then(|| cut(&post.tenants.join(","), WORDS)),
            time: post.created,
            datacontenttype: "application/json",
            data: data(post, key, record, card),
        };
        serde_json::to_vec(&event).ok().filter(|body| body.len() <= EVENT)
    })
}

const fn kind(kind: &PostKind) -> &'static str {
    match kind {
        PostKind::Digest { .. } => "org.scorewatch.digest.v1",
        PostKind::Alert(_) => "org.scorewatch.alert.v1",
        PostKind::Recovery(_) => "org.scorewatch.recovery.v1",
        PostKind::Notice(_) => "org.scorewatch.notice.v1",
        PostKind::Test => "org.scorewatch.test.v1",
    }
}

fn data<'a>(post: &'a Post, key: &'a str, record: Option<&'a EventRecord>, card: &Card) -> Data<'a> {
    let leads = card.blocks.iter().filter_map(|block| if let Block::Lead(words) = block { Some(words) } else { None });
    let lead: Vec<String> = leads.flatten().map(|word| words(&word.text)).collect();
    Data {
        what: post.kind.word(),
        severity: severity(post),
        dedup_key: key,
        also_dedup_keys: &post.also,
        resolved: (matches!(post.kind, PostKind::Recovery(_)) || post.resolved).then_some(post.resolved),
        tenants: &post.tenants,
        title: words(&card.title),
        text: cut(&lead.join(cell_text::APART), 2 * WORDS),
        record,
        blocks: card.blocks.iter().map(part).collect(),
        foot: words(&card.foot),
        link: card.link.as_deref().and_then(link),
        read_at: card.read_at,
        follows: post.follows.as_deref(),
    }
}

/// `record` with texts that are clean and numbers of two decimals, and the first of what it lists, so many at most.
fn clean(record: &Record, room: usize) -> EventRecord {
    let name = |text: &str| cut(&one_line(text), NAME);
    match record {
        Record::Digest { name: digest, tenants } => {
            let standing = |standing: &TenantStanding| TenantStanding {
                tenant: name(&standing.tenant),
                points: round2(standing.points),
                maximum: standing.maximum.map(round2),
                moved: standing.moved.map(round2),
                ..standing.clone()
            };
            EventRecord::Digest {
                name: name(digest),
                tenants: tenants.iter().take(room).map(standing).collect(),
                tenants_left_out: tenants.len().saturating_sub(room),
            }
        }
        Record::Alert { rule, rules, findings } => {
            let room = room.min(RECORDS);
            let finding = |found: &RecordedFinding| RecordedFinding {
                tenant: name(&found.tenant),
                rule: name(&found.rule),
                when: name(&found.when),
                subject: name(&found.subject),
                title: found.title.as_deref().map(name),
                status: found.status.as_deref().map(name),
                status_before: found.status_before.as_deref().map(name),
                moved: found.moved.map(round2),
                ..found.clone()
            };
            EventRecord::Alert {
                rule: name(rule),
                rules: rules.iter().take(room).map(|rule| name(rule)).collect(),
                findings: findings.iter().take(room).map(finding).collect(),
                rules_left_out: rules.len().saturating_sub(room),
                findings_left_out: findings.len().saturating_sub(room),
            }
        }
    }
}

fn link(url: &str) -> Option<String> {
    address::address(url, ADDRESS)
}

fn words(text: &str) -> String {
    cut(&one_line(text), WORDS)
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warn => "warn",
        Tone::Strong => "strong",
        Tone::Quiet => "quiet",
    }
}

fn part(block: &Block) -> EventBlock {
    let toned = |word: &Word| Toned { text: words(&word.text), tone: tone(word.tone) };
    let labelled = |Fact { label, value }: &Fact| Labelled { label: words(label), value: words(&value.line()), tone: tone(value.tone()) };
    let share = |Bar { label, percent, note }: &Bar| EventBar { label: words(label), percent: percent.map(round2), note: words(note) };
    match block {
        Block::Lead(words) => EventBlock::Lead { words: words.iter().take(DAYS).map(toned).collect() },
        Block::Facts(facts) => EventBlock::Facts { facts: facts.iter().map(labelled).collect() },
        Block::Bars(bars) => EventBlock::Bars { bars: bars.iter().map(share).collect() },
        Block::Trend(days) => {
            let newest = days.iter().skip(days.len().saturating_sub(DAYS));
            EventBlock::Trend { days: newest.map(|(day, percent)| EventDay { day: *day, percent: round2(*percent) }).collect() }
        }
        Block::Table { columns, rows } => EventBlock::Table {
            columns: columns.iter().map(|column| words(column.head())).collect(),
            rows: rows
                .iter()
                .map(|row| EventRow {
                    cells: columns.iter().zip(&row.cells).map(|(column, cell)| words(&cell.words(column))).collect(),
                    link: row.link.as_deref().and_then(link),
                })
                .collect(),
        },
        Block::Text { heading, spans } => EventBlock::Text { heading: words(heading), text: cut(&lines(spans), TEXT) },
        Block::Note(note) => EventBlock::Note { text: words(note) },
    }
}

/// A longer text with its line ends, items after dashes, and addresses after what they are linked to.
fn lines(spans: &Spans) -> String {
    let mut text = String::new();
    for span in &spans.0 {
        match span {
            Span::Text(words) | Span::Strong(words) => text.push_str(words),
            Span::Link { text: label, url } => {
                text.push_str(label);
                text.extend(link(url).map(|address| format!(" <{address}>")));
            }
            Span::Break => text.push('\n'),
            Span::Item => text.push_str("\n- "),
        }
    }
    let lines: Vec<_> = text.lines().map(one_line).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::delivery::DeliveryKey;

    /// The event that tells of `record`.
    fn told(record: Record) -> Value {
        let kind = PostKind::Digest { name: "morning".to_owned() };
        let key = DeliveryKey { tenants: Vec::new(), kind, period: String::new(), destination: String::new() };
        let now = "2026-11-30T07:00:00Z".parse().unwrap();
        let post = Post { record: Some(record), ..Post::new(&key, Card::new("morning", Vec::new(), "foot"), now) };
        let body = event(&Sending { post: &post, picture: None, earlier: None, earlier_title: None, ended: &[], now }).unwrap();
        assert!(body.len() <= EVENT, "{}", body.len());
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn of_many_tenants_it_is_counted_how_many_are_left_out() {
        let standing = |tenant: String| TenantStanding {
            tenant,
            day: "2026-11-29".parse().unwrap(),
            points: 727.17,
            maximum: Some(1253.0),
            since: "2026-11-28".parse().ok(),
            moved: Some(-4.42),
        };
        // Long names of letters that take several bytes leave no room for 300 of them, but for half of that.
        for (tenants, long, listed) in [(3, 1, 3), (300, 1, 300), (1000, 1, 300), (1000, 90, 150)] {
            let names = (0..tenants).map(|number| format!("{number}-{}", "\u{20ac}".repeat(long)));
            let event = told(Record::Digest { name: "morning".to_owned(), tenants: names.map(standing).collect() });
            let digest = &event["data"]["digest"];
            let there = digest["tenants"].as_array().unwrap().len();
            assert_eq!(there, listed, "of {tenants}");
            assert!(digest["tenants"][0]["tenant"].as_str().unwrap().starts_with("0-"), "the first ones: {digest}");
            let left_out = digest.get("tenants_left_out").map_or(0, |left_out| left_out.as_u64().unwrap());
            assert_eq!(there as u64 + left_out, tenants, "none goes without a word");
            assert_eq!(digest.get("tenants_left_out").is_some(), there as u64 != tenants, "nothing is said where nothing is left out");
        }
    }

    #[test]
    fn of_many_findings_it_is_counted_how_many_are_left_out() {
        let found = |subject: String| RecordedFinding {
            tenant: "contoso".to_owned(),
            rule: "slips".to_owned(),
            when: "control_regresses".to_owned(),
            subject,
            title: None,
            state: "new".to_owned(),
            status: None,
            status_before: None,
            moved: None,
            from: None,
            may_correct: false,
        };
        let findings = (0..120).map(|number| found(number.to_string())).collect();
        let event = told(Record::Alert { rule: "slips".to_owned(), rules: vec!["slips".to_owned()], findings });
        let alert = &event["data"]["alert"];
        assert_eq!((alert["findings"].as_array().unwrap().len(), &alert["findings_left_out"]), (50, &Value::from(70)));
        assert_eq!((alert["rules"].as_array().unwrap().len(), alert.get("rules_left_out")), (1, None));
    }
}
