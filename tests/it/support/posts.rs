//! Posts to try destinations with: those that people get, one with all blocks, one that means harm, one that is beyond every limit.

use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::{Bar, Block, Card, Cell, Column, Fact, TableRow, Tone, Word},
    delivery::{DeliveryKey, Findings, NoticeSubject, Post, PostKind, Record, RecordedFinding, TenantStanding},
    skills::Entry,
    text::{Span, Spans},
};

use crate::answers::{answer, facts_of};

/// Kinds to try destinations with.
pub fn a_digest() -> PostKind {
    PostKind::Digest { name: "sample".to_owned() }
}

pub fn an_alert() -> PostKind {
    PostKind::Alert(Findings::of("sample", &[]))
}

pub fn a_recovery() -> PostKind {
    PostKind::Recovery(Findings::of("sample", &[]))
}

pub fn a_notice() -> PostKind {
    PostKind::Notice(NoticeSubject::Digest("sample".to_owned()))
}

/// A post about contoso that holds `card`.
pub fn post(kind: PostKind, card: Card) -> Post {
    let key = DeliveryKey { tenants: vec!["contoso".to_owned()], kind, period: "2026-11-21".to_owned(), destination: "soc".to_owned() };
    let made = "2026-11-21T06:31:00Z".parse().unwrap();
    Post::new(&key, card, made)
}

/// The card of an example of a skill.
fn example(name: &str) -> Card {
    let (skill, example) = name.split_once('/').unwrap();
    let skill = Entry::named(skill).unwrap();
    let example = (skill.examples)().iter().find(|known| known.name == example).unwrap();
    answer(skill, vec![facts_of(example.tenant, 90)], false, true, example.args).card
}

/// A digest of contoso: what changed, where it stands, who accepted what.
pub fn digest() -> Post {
    let (changes, score, risks) = (example("score_changes/week"), example("secure_score/one"), example("accepted_risks/default"));
    let mut blocks = changes.blocks;
    blocks.extend(score.blocks);
    blocks.extend(risks.blocks);
    let title = "Contoso: \u{2212}4.42 points since 2026-11-14: 1 control slipped";
    let standing = TenantStanding {
        tenant: "contoso".to_owned(),
        day: date(2026, 11, 21),
        points: 727.17,
        maximum: Some(1253.0),
        since: Some(date(2026, 11, 14)),
        moved: Some(-4.420_000_000_001),
    };
    let record = Some(Record::Digest { name: "morning".to_owned(), tenants: vec![standing] });
    let card = Card { link: score.link, ..Card::new(title, blocks, "contoso, day 2026-11-21") };
    Post { record, ..post(a_digest(), card) }
}

/// An alert about contoso.
pub fn alert() -> Post {
    let changes = example("score_changes/yesterday");
    let facts = vec![
        Fact::new("rule", Word::plain("slips: the score falls by 2 points")),
        Fact::new("score", Word::toned("58.03 %, \u{2212}2.58 points", Tone::Bad)),
    ];
    let mut blocks =
        vec![Block::Lead(vec![Word::toned("\u{2212}2.58 points", Tone::Bad), Word::plain("since 2026-11-20")]), Block::Facts(facts)];
    blocks.extend(changes.blocks.into_iter().filter(|block| matches!(block, Block::Table { .. })));
    blocks.push(Block::Note("It may correct itself: such controls often do within a day.".to_owned()));
    let title = "Contoso: \u{2212}2.58 points since 2026-11-20";
    let record = Some(Record::Alert { rule: "slips".to_owned(), rules: vec!["slips".to_owned()], findings: vec![found()] });
    let card = Card { link: changes.link, ..Card::new(title, blocks, "contoso, day 2026-11-21") };
    Post { record, incident: Some("scorewatch:slips:contoso:score".to_owned()), ..post(an_alert(), card) }
}

/// What [`of_everything`] says, one word for each place.
pub const SAID: [&str; 19] = [
    "Title-word",
    "Lead-word",
    "Fact-label",
    "Fact-value",
    "Bar-label",
    "Bar-note",
    "2026-11-20",
    "Row-about",
    "Cell-plain",
    "Cell-good",
    "Cell-warn",
    "Cell-quiet",
    "Heading-word",
    "Text-word",
    "Strong-word",
    "Link-word",
    "Item-word",
    "Note-word",
    "Foot-word",
];

/// A card with one of each block.
pub fn of_everything() -> Card {
    let row = TableRow {
        cells: [
            Word::toned("Row-about", Tone::Strong),
            Word::plain("Cell-plain"),
            Word::toned("Cell-good", Tone::Good),
            Word::toned("Cell-warn", Tone::Warn),
            Word::toned("Cell-quiet", Tone::Quiet),
        ]
        .map(Cell::from)
        .to_vec(),
        link: Some("https://security.microsoft.com/row".to_owned()),
        next: None,
    };
    let spans = Spans(vec![
        Span::Text("Text-word ".to_owned()),
        Span::Strong("Strong-word".to_owned()),
        Span::Break,
        Span::Link { text: "Link-word".to_owned(), url: "https://learn.microsoft.com/link".to_owned() },
        Span::Item,
        Span::Text("Item-word".to_owned()),
    ]);
    let blocks = vec![
        Block::Lead(vec![Word::toned("Lead-word", Tone::Bad)]),
        Block::Facts(vec![Fact::new("Fact-label", Word::plain("Fact-value"))]),
        Block::Bars(vec![
            Bar { label: "Bar-label".to_owned(), percent: Some(40.0), note: "Bar-note".to_owned() },
            Bar { label: "no".to_owned(), percent: None, note: String::new() },
        ]),
        Block::Trend(trend(40)),
        Block::Table { columns: ["what", "a", "b", "c", "d"].map(Column::words).into(), rows: vec![row] },
        Block::Text { heading: "Heading-word".to_owned(), spans },
        Block::Note("Note-word".to_owned()),
    ];
    let link = Some("https://security.microsoft.com/portal".to_owned());
    Card { link, ..Card::new("Title-word", blocks, "Foot-word") }
}

/// So many days up to 2026-11-20.
pub fn trend(days: i32) -> Vec<(Date, f64)> {
    let day = |back: i32| (date(2026, 11, 20) - back.days(), 50.0 + f64::from(back % 7));
    (0..days).rev().map(day).collect()
}

/// What strangers write when they mean harm: mentions, markup and links of all platforms, HTML, what reorders and hides, functions of cards.
pub const HARM: &str = "<!channel> <!here|x> <@U012AB3CD> <https://evil.example|bank> @everyone @here <at>all</at> **b** *b* _i_ ~s~ `c` ```c``` \
    [bank](https://evil.example) # h > q <b onclick=x>html</b><script>alert(1)</script> {{DATE(2026-01-01T00:00:00Z)}} {{{TIME(2026-01-01T00:00:00Z)}}} &lt;!channel&gt; \
    \u{202e}live\u{202c} a\u{200b}b\r\n\u{7}- item";

/// A card that is [`HARM`] wherever a text can be.
pub fn hostile() -> Card {
    let harm = || HARM.to_owned();
    let row = TableRow {
        cells: [Word::plain(HARM), Word::toned(HARM, Tone::Bad), Word::plain(HARM)].map(Cell::from).to_vec(),
        link: Some("javascript:alert(1)".to_owned()),
        next: None,
    };
    let linked = TableRow { link: Some("https://security.microsoft.com/x)|<!channel>\"'".to_owned()), ..row.clone() };
    let spans = Spans(vec![
        Span::Text(harm()),
        Span::Strong(harm()),
        Span::Link { text: harm(), url: "https://evil.example/)](x)|<!here>".to_owned() },
        Span::Item,
        Span::Link { text: "https://bank.example".to_owned(), url: "https://evil.example/y".to_owned() },
        Span::Link { text: "run".to_owned(), url: "javascript:alert(2)".to_owned() },
    ]);
    let blocks = vec![
        Block::Lead(vec![Word::toned(HARM, Tone::Warn)]),
        Block::Facts(vec![Fact::new(HARM, Word::plain(HARM))]),
        Block::Bars(vec![Bar { label: harm(), percent: Some(f64::NAN), note: harm() }]),
        Block::Table { columns: vec![Column::words(HARM), Column::words(HARM), Column::number(HARM)], rows: vec![row, linked] },
        Block::Text { heading: harm(), spans },
        Block::Note(harm()),
    ];
    Card { link: Some("javascript:alert(3)".to_owned()), ..Card::new(HARM, blocks, HARM) }
}

/// A card that is more than any platform takes, in every place: long words, long lists, many blocks.
pub fn vast() -> Card {
    let long = "Ü🛡".repeat(4000);
    let row = || TableRow {
        cells: vec![Cell::text(&*long); 5],
        link: Some(format!("https://security.microsoft.com/{}", "x".repeat(400))),
        next: None,
    };
    let facts = vec![Fact::new(&*long, Word::plain(&long)); 100];
    let bars = vec![Bar { label: long.clone(), percent: Some(12.0), note: long.clone() }; 100];
    let spans = Spans((0..60).flat_map(|_| [Span::Text(long.clone()), Span::Strong(long.clone()), Span::Item]).collect());
    let mut blocks = vec![
        Block::Lead(vec![Word::plain(&long); 200]),
        Block::Facts(facts),
        Block::Bars(bars),
        Block::Trend(trend(3000)),
        Block::Table { columns: vec![Column::words(&long); 5], rows: (0..120).map(|_| row()).collect() },
        Block::Text { heading: long.clone(), spans },
    ];
    blocks.extend((0..100).map(|_| Block::Note(long.clone())));
    Card { link: Some(format!("https://security.microsoft.com/{}", "x".repeat(9000))), ..Card::new(&long, blocks, &long) }
}

/// What the alert found.
pub fn found() -> RecordedFinding {
    RecordedFinding {
        tenant: "contoso".to_owned(),
        rule: "slips".to_owned(),
        when: "score_falls".to_owned(),
        subject: "score".to_owned(),
        title: Some("the score".to_owned()),
        state: "new".to_owned(),
        status: None,
        status_before: None,
        moved: Some(-2.58),
        from: Some(date(2026, 11, 20)),
        may_correct: true,
    }
}
