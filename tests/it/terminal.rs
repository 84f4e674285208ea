//! Does a card read well in a terminal of any width, and can nothing from outside drive that terminal?

use jiff::{ToSpan as _, civil::date};
use scorewatch::{
    card::{Bar, Block, Card, Cell, Column, Fact, TableRow, Tone, Word},
    config::Environment,
    skills,
    surfaces::terminal::{Capabilities, render},
    text::{Span, Spans},
};
use unicode_width::UnicodeWidthStr as _;

/// An id that is wider than a phone.
const LONG_ID: &str = "[11770.MDA_Google_LimitTheNumberOfAdministratorsOfAWorkspace]";

/// One card with every block.
#[allow(clippy::too_many_lines, reason = "it is data")]
fn card() -> Card {
    let bar = |label: &str, percent: Option<f64>, note: &str| Bar { label: label.to_owned(), percent, note: note.to_owned() };
    let fact = |label: &str, value: Word| Fact::new(label, value);
    let trend = (0_i32..60)
        .filter(|day| !(20..23).contains(day))
        .map(|day| (date(2026, 1, 1) + day.days(), 41.0 + f64::from(day % 17) / 2.0 + f64::from(day) / 10.0));
    let row = |title: &str, left: &str, share: f64, effort: Word| {
        vec![
            Word::plain(title),
            Word::toned(left, Tone::Bad),
            Word::plain(format!("{share} %")),
            effort,
            Word::toned("AzureAD", Tone::Quiet),
        ]
        .into()
    };
    let blocks = vec![
        Block::Lead(vec![
            Word::toned("47.45 %", Tone::Strong),
            Word::plain("130.02 of 274 points"),
            Word::toned("+3.33 since 2026-02-28", Tone::Good),
        ]),
        Block::Trend(trend.collect()),
        Block::Bars(vec![
            bar("Identity", Some(55.4), "77.55 of 140"),
            bar("Data", Some(0.4), "0.05 of 12"),
            bar("Apps and everything around them", Some(99.7), "99.7 of 100"),
            bar("Infrastructure", None, "no points"),
        ]),
        Block::Facts(vec![
            fact("7 days", Word::toned("+6.67", Tone::Good)),
            fact("30 days", Word::toned("-1.2", Tone::Bad)),
            fact("controls", Word::plain("12 full, 7 partial, 44 none; 3 accepted, 5 resolved elsewhere")),
            fact("tenants of 101-1000 seats", Word::plain("43.1 %")),
        ]),
        Block::Table {
            columns: vec![
                Column::words("control"),
                Column::number("left"),
                Column::number("share"),
                Column::words("effort"),
                Column::words("service"),
            ],
            rows: vec![
                row(
                    "Ensure multifactor authentication is enabled for all users in administrative roles",
                    "10",
                    0.0,
                    Word::toned("low", Tone::Good),
                ),
                row("レガシ認証をブロックする条件付きアクセスポリシーを有効にする", "8.5", 15.0, Word::plain("moderate")),
                row(&format!("Short {LONG_ID}"), "1", 99.0, Word::plain("")),
            ],
        },
        Block::Text {
            heading: "How to fix it".to_owned(),
            spans: Spans(vec![
                Span::Text("Open the ".to_owned()),
                Span::Strong("Conditional Access".to_owned()),
                Span::Text(", then read ".to_owned()),
                Span::Link {
                    text: "the guide".to_owned(),
                    url: "https://learn.microsoft.com/entra/identity/conditional-access/policy-block-legacy-authentication".to_owned(),
                },
                Span::Text(".".to_owned()),
                Span::Break,
                Span::Text("Then:".to_owned()),
                Span::Item,
                Span::Text(
                    "Create a policy for all users, and leave out the two accounts for emergencies that everybody should have.".to_owned(),
                ),
                Span::Item,
                Span::Text("Switch it on.".to_owned()),
            ]),
        },
        Block::Note("no data on 2026-01-21 to 2026-01-23".to_owned()),
        Block::Note("45 points of the maximum belong to no known control; the maximum of 3 controls is not known".to_owned()),
    ];
    Card::new("Secure Score of contoso", blocks, "Day 2026-03-01, read 2026-03-02 06:00 UTC")
}

#[test]
fn every_block_at_every_width() {
    for width in [40, 60, 80, 120, 140, 200] {
        let plain = render(&card(), Capabilities { width, colour: false });
        crate::support::golden(&format!("terminal/{width}.txt"), &plain);
        for line in plain.lines() {
            // An address and an id stay whole, so that they can be followed and copied.
            assert!(
                line.contains("https://") || line.contains(LONG_ID) || line.width() <= width,
                "{} columns in {width}: {line}",
                line.width()
            );
            assert_eq!(line, line.trim_end());
        }
        assert!(plain.contains(LONG_ID), "no id is broken");
        let coloured = render(&card(), Capabilities { width, colour: true });
        crate::support::golden(&format!("terminal/{width}-colour.txt"), &coloured.replace('\u{1b}', "␛"));
        assert_eq!(without_styles(&coloured), plain, "colours must not move anything");
    }
}

/// `text` without `ESC [ … m`.
fn without_styles(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest: String = parts.map(|part| part.split_once('m').unwrap().1).collect();
    (first + &rest).lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn nothing_from_outside_drives_the_terminal() {
    let hostile = "x\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\ny\u{8}\u{202e}";
    let blocks = vec![
        Block::Lead(vec![Word::plain(hostile)]),
        Block::Facts(vec![Fact::new(hostile, Word::plain(hostile))]),
        Block::Bars(vec![Bar { label: hostile.to_owned(), percent: Some(f64::NAN), note: hostile.to_owned() }]),
        Block::Table { columns: vec![Column::words(hostile)], rows: vec![vec![Word::plain(hostile)].into()] },
        Block::Text {
            heading: hostile.to_owned(),
            spans: Spans(vec![Span::Text(hostile.to_owned()), Span::Link { text: hostile.to_owned(), url: hostile.to_owned() }]),
        },
        Block::Note(hostile.to_owned()),
    ];
    let card = Card::new(hostile, blocks, hostile);
    for width in [1, 40, 100] {
        let drawn = render(&card, Capabilities { width, colour: false });
        assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
        assert!(!drawn.contains('\u{202e}'));
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let look = |variables: Environment| Capabilities::of_terminal(90, &variables);
    assert_eq!(look(Environment::default()), Capabilities { width: 90, colour: true });
    assert!(!look([("NO_COLOR", "1")].into()).colour);
    assert!(look([("NO_COLOR", "")].into()).colour);
    assert!(!look([("TERM", "dumb")].into()).colour);
    assert_eq!([10, 140, 999].map(|width| Capabilities::of_terminal(width, &Environment::default()).width), [40, 140, 240]);
    assert!(!Capabilities::piped().colour);
}

/// What each example says in terminals of any width: ids whole, labels on lines of their own, and nothing wider than the terminal.
#[test]
fn every_example_reads_at_every_width() {
    for skill in &skills::ALL {
        for example in (skill.examples)() {
            let card = crate::answers::answer_from(skill, &crate::answers::facts_for(example, true, false), example.args).card;
            let ids: Vec<&str> =
                rows(&card).filter_map(|row| if let Cell::Control(control) = &row.cells[0] { Some(&*control.id) } else { None }).collect();
            for width in [40, 60, 80, 140, 200] {
                let drawn = render(&card, Capabilities { width, colour: false });
                for line in drawn.lines() {
                    let whole = line.contains("https://") || ids.iter().any(|id| id.width() + 2 > width && line.contains(id));
                    assert!(whole || line.width() <= width, "{} {} at {width}: {line}", skill.name, example.name);
                }
                for id in &ids {
                    assert!(drawn.contains(id), "{} {} at {width}: {id} is broken in\n{drawn}", skill.name, example.name);
                }
            }
        }
    }
}

fn rows(card: &Card) -> impl Iterator<Item = &TableRow> {
    card.blocks.iter().filter_map(|block| if let Block::Table { rows, .. } = block { Some(rows) } else { None }).flatten()
}
