//! What do people see in Discord? Each example as it is sent, page by page, within every limit, whatever Graph says.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it discord_cards` writes the files anew: `discord.json` is what goes out, `discord.txt` the
//! same to be read.

use std::fmt::Write as _;

use jiff::Timestamp;
use scorewatch::{
    access::{Asker, Role},
    card::{
        Bar, Block, Card, Cell, Column, Fact, Next, TableRow, Tone, Word,
        cell::{ControlLabel, DecisionEnd},
    },
    chat::{CardPage, ChatMessage, ComponentId, Notice, PageActions, help, rows},
    skill_id::SkillId,
    skills,
    surfaces::discord::{BUTTON_LIMITS, OutgoingMessage, limits, notice, outgoing, pages},
    text::{Span, Spans},
};
use serde_json::Value;

use crate::{
    answers::{answer_from, facts_for, say},
    support::golden,
};

/// Three hours after the facts were read.
fn now() -> Timestamp {
    "2026-11-21T09:30:00Z".parse().unwrap()
}

/// The messages that would be sent for a card, in order, with ids as `Ask::keep` would give them.
fn messages(card: &Card) -> Vec<Value> {
    messages_of(card, false)
}

/// Those of an answer about one tenant, or about all.
pub fn messages_of(card: &Card, of_all: bool) -> Vec<Value> {
    let all = pages(card, now());
    (0..all.len()).map(|at| message(card, &all, at, !of_all)).collect()
}

fn message(card: &Card, all: &[CardPage<OutgoingMessage>], at: usize, refresh: bool) -> Value {
    let mut number = 0;
    let mut with_id = |next| {
        number += 1;
        (format!("{number:016}"), next)
    };
    let next = card.next.iter().map(&mut with_id).collect();
    let leads = all[at].leads.iter().map(with_id).collect();
    let actions = PageActions { question: "0000000000000000", leads, next, page: at, pages: all.len(), refresh, share: true, snooze: None };
    let message = ChatMessage { rows: rows(&actions, &BUTTON_LIMITS), ..ChatMessage::new(all[at].body.clone()) };
    serde_json::to_value(outgoing(message).into_first(true)).unwrap()["data"].take()
}

/// A message as a person reads it, before its markdown is shown.
pub fn told(message: &Value) -> String {
    let mut out = String::new();
    let embed = &message["embeds"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let _ = writeln!(out, "== {}\n{}", text(&embed["title"]), text(&embed["description"]));
    for field in embed["fields"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "= {}\n{}", text(&field["name"]), text(&field["value"]));
    }
    let _ = writeln!(out, "-- {}", text(&embed["footer"]["text"]));
    for row in message["components"].as_array().into_iter().flatten() {
        let mut line = Vec::new();
        for component in row["components"].as_array().unwrap() {
            let shut = if component["disabled"] == true { " (off)" } else { "" };
            match component["options"].as_array() {
                Some(options) => {
                    line.push(format!("({})", text(&component["placeholder"])));
                    let option = |option: &Value| match option["description"].as_str() {
                        Some(description) => format!("\n  {}: {description}", text(&option["label"])),
                        None => format!("\n  {}", text(&option["label"])),
                    };
                    line.extend(options.iter().map(option));
                }
                None => line.push(format!("[{}{shut}]", text(&component["label"]))),
            }
        }
        let _ = writeln!(out, "{}", line.join(" "));
    }
    out
}

#[test]
fn examples_look_as_they_did() {
    for skill in &skills::ALL {
        for example in (skill.examples)() {
            let facts = facts_for(example, true, false);
            let messages = messages_of(&answer_from(skill, &facts, example.args).card, facts.all);
            messages.iter().for_each(fits);
            let folder = format!("{}/{}", skill.name, example.name);
            golden(&format!("{folder}/discord.json"), &format!("{}\n", serde_json::to_string_pretty(&messages).unwrap()));
            golden(&format!("{folder}/discord.txt"), &messages.iter().map(told).collect::<Vec<_>>().join("\n"));
        }
    }
}

#[test]
fn help_looks_as_it_did() {
    let tenants = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let slash = |words: &str| format!("/{words}");
    let (analyst, reader) = (Asker::local(), Asker { role: Role::Reader, ..Asker::local() });
    let shown = [
        ("one tenant", help(Some(&analyst), &tenants(&["contoso"]), String::new(), slash)),
        ("several tenants, no names of people", help(Some(&reader), &tenants(&["contoso", "fabrikam", "northwind"]), String::new(), slash)),
        ("nobody", help(None, &[], "What a refusal says stands here, with its `code`.".to_owned(), slash)),
    ];
    let shown = shown.map(|(whom, help)| {
        let message = serde_json::to_value(notice(&help).into_first(true)).unwrap()["data"].take();
        format!("# {whom}\n{}", told(&message))
    });
    golden("discord/help.txt", &shown.join("\n"));
}

fn units(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.encode_utf16().count())
}

/// A text that is there has between one and `most` units.
fn within(value: &Value, most: usize, message: &Value) -> usize {
    let length = units(value);
    assert!(value.is_null() || (1..=most).contains(&length), "{length} units of {most}: {value} in {message}");
    length
}

/// Whether Discord would take `message`: numbers of its documentation, not ours.
pub fn fits(message: &Value) {
    let embeds = message["embeds"].as_array().unwrap();
    assert_eq!(embeds.len(), 1);
    let embed = &embeds[0];
    let total = within(&embed["title"], 256, message)
        + within(&embed["description"], 4096, message)
        + within(&embed["footer"]["text"], 2048, message);
    assert!(total <= 6000 && total > 0, "{total}: {message}");
    assert!(embed["url"].is_null() || embed["url"].as_str().unwrap().starts_with("https://"), "{message}");
    assert_eq!(message["allowed_mentions"]["parse"], serde_json::json!([]));
    let rows = message["components"].as_array().unwrap();
    assert!(rows.len() <= 5, "{message}");
    let mut ids = Vec::new();
    for row in rows {
        let components = row["components"].as_array().unwrap();
        assert!((1..=5).contains(&components.len()), "{message}");
        for component in components {
            let id = component["custom_id"].as_str().unwrap();
            within(&component["custom_id"], 100, message);
            within(&component["label"], 80, message);
            within(&component["placeholder"], 150, message);
            assert!(!ids.contains(&id) && ComponentId::decode(id).is_some(), "{id} in {message}");
            ids.push(id);
            let options = component["options"].as_array();
            assert!(options.is_none_or(|options| (1..=25).contains(&options.len())), "{message}");
            let mut values = Vec::new();
            for option in options.into_iter().flatten() {
                for member in ["label", "value", "description"] {
                    within(&option[member], 100, message);
                }
                assert!(!values.contains(&&option["value"]), "{message}");
                values.push(&option["value"]);
            }
        }
    }
    markup_is_ours(embed["description"].as_str().unwrap_or_default());
}

/// Nothing that Discord would act on stands open but what we make ourselves: bold words, code, links, lists.
pub fn markup_is_ours(description: &str) {
    let escaped: String = {
        let mut rest = description.chars();
        let mut open = String::new();
        while let Some(c) = rest.next() {
            if c == '\\' {
                rest.next();
                open.push('x');
            } else {
                open.push(c);
            }
        }
        open
    };
    for line in escaped.lines().map(without_addresses).map(|line| without_mentions(&line)) {
        let line = line.strip_prefix("-# ").unwrap_or(&line);
        assert!(!line.starts_with(['#', '>', '+']) && !line.starts_with("* ") && !line.starts_with("-#"), "{line}");
        assert!(!line.contains(['@', '~', '_', '|', '<', '>', '#']) && !line.contains("://"), "{line}");
        assert_eq!(line.matches("**").count() % 2, 0, "{line}");
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
    }
}

/// The line without the people of Discord that it names by their ids, which are digits and nothing else.
fn without_mentions(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("<@") {
        let id = rest[at + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 2 + id;
        if !(17..=20).contains(&id) || !rest[end..].starts_with('>') {
            break;
        }
        out.push_str(&rest[..at]);
        rest = &rest[end + 1..];
    }
    out + rest
}

/// The line without where its links lead: `[words]()` and `<>`, whose address nothing can end early.
fn without_addresses(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((at, end)) =
        ["](https://", "<https://"].iter().zip([')', '>']).filter_map(|(open, end)| Some((rest.find(open)?, end))).min()
    {
        let address = &rest[at..];
        let length = address.find(end).unwrap();
        assert!(address[..length].bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*' && byte != b'`'), "{line}");
        out.push_str(&rest[..at]);
        rest = &address[length + 1..];
    }
    out + rest
}

#[test]
fn hostile_tenants_stay_words() {
    for skill in &skills::ALL {
        for args in ["{}", r#"{"limit":20}"#] {
            if skill.options.iter().any(|option| option.required)
                || (args != "{}" && !skill.options.iter().any(|option| option.name == "limit"))
            {
                continue;
            }
            messages(&say(skill, "hostile", args).card).iter().for_each(fits);
        }
    }
    messages(&say(skills::Entry::named("control").unwrap(), "hostile", r#"{"name":"x"}"#).card).iter().for_each(fits);
}

const HOSTILE: &str =
    "@everyone <@1> **b** [x](https://evil.example) `c` ||s|| # h https://evil.example <t:1:R> \u{202e}👨\u{200d}👩\u{200d}👧 e\u{301}";

fn hostile(length: usize) -> String {
    HOSTILE.chars().cycle().take(length).collect()
}

fn next(number: usize, length: usize) -> Next {
    Next {
        label: hostile(length),
        skill: SkillId::Control,
        tenant: hostile(length),
        args: vec![("name".into(), format!("{number}{}", hostile(length)))],
    }
}

/// A card in which every text is `length` characters of the worst.
fn worst(length: usize, rows: usize) -> Card {
    let tones = [Tone::Plain, Tone::Good, Tone::Bad, Tone::Warn, Tone::Strong, Tone::Quiet];
    let word = |at: usize| Word::toned(hostile(length), tones[at % tones.len()]);
    let row = |at| TableRow {
        cells: (0..7).map(word).map(Cell::from).collect(),
        link: Some(format!("https://a.example/{}", hostile(length))),
        next: Some(next(at, length)),
    };
    let columns = (0..7).map(|at| Column::Named { head: hostile(length), number: at % 2 == 0 }).collect();
    let spans = [
        Span::Text(hostile(length)),
        Span::Strong(hostile(length)),
        Span::Item,
        Span::Link { text: hostile(length), url: "https://a.example".to_owned() },
        Span::Break,
    ];
    let blocks = vec![
        Block::Lead((0..9).map(word).collect()),
        Block::Facts((0..9).map(|at| Fact::new(hostile(length), word(at))).collect()),
        Block::Bars(
            (0..9).map(|at| Bar { label: hostile(length), percent: (at % 2 == 0).then_some(55.0), note: hostile(length) }).collect(),
        ),
        Block::Trend(vec![("2026-11-20".parse().unwrap(), 50.0), ("2026-11-21".parse().unwrap(), 51.0)]),
        Block::Note(hostile(length)),
        Block::Table { columns, rows: (0..rows).map(row).collect() },
        Block::Text { heading: hostile(length), spans: Spans(spans.into_iter().cycle().take(25).collect()) },
        Block::Note(hostile(length)),
    ];
    let mut card = Card::new(hostile(length), blocks, hostile(length));
    card.read_at = Some(now());
    card.link = Some(format!("https://a.example/{}", hostile(length)));
    card.next = (0..9).map(|at| next(at, length)).collect();
    card
}

#[test]
fn no_card_exceeds_any_limit() {
    for length in [0, 1, 40, 79, 80, 81, 99, 100, 101, 255, 256, 257, 1023, 1025, 2049, 4097, 6001] {
        let messages = messages(&worst(length, 12));
        assert!(messages.len() < 100, "{length}: {}", messages.len());
        messages.iter().for_each(fits);
    }
    messages(&Card::new("", Vec::new(), "")).iter().for_each(fits);
}

#[test]
fn three_hundred_rows_are_all_there() {
    let row = |at: usize| TableRow {
        cells: vec![Cell::text(format!("control {at}.")), Cell::Points(Some(3.0))],
        link: None,
        next: Some(next(at, 5)),
    };
    let table = Block::Table { columns: vec![Column::Control, Column::PointsLeft], rows: (1..=300).map(row).collect() };
    let lead = Block::Lead(vec![Word::toned("300 controls", Tone::Strong), Word::plain("3 points each")]);
    let card = Card::new("Many", vec![lead, table, Block::Note("a note".to_owned())], "contoso");
    let all = pages(&card, now());
    let sent = messages(&card);
    sent.iter().for_each(fits);
    assert_eq!(sent.len(), 38);
    let told: Vec<_> = sent.iter().map(told).collect();
    assert!(
        told[0].contains("**300 controls** · 3 points each\n\n**1.** **control 1.**\n**3 points to gain**\n")
            && told[0].contains("\n\n-# a note\n-- contoso · page 1 of 38\n"),
        "{}",
        told[0]
    );
    for at in 1..=300 {
        assert_eq!(told.iter().filter(|page| page.contains(&format!("**control {at}.**"))).count(), 1, "{at}");
    }
    let leads: Vec<_> = all.into_iter().flat_map(|page| page.leads).map(|next| next.args[0].1.clone()).collect();
    assert_eq!(leads, (1..=300).map(|at| format!("{at}{}", hostile(5))).collect::<Vec<_>>());
}

#[test]
fn sixty_thousand_characters_are_all_there() {
    let paragraph = |at: usize| [Span::Text(format!("Paragraph {at} has {}words. ", "many ".repeat(at))), Span::Break];
    let spans = Spans((1..=150).flat_map(paragraph).collect());
    assert!(spans.line().len() > 60_000);
    let card = Card::new("Long", vec![Block::Text { heading: "How".to_owned(), spans }], "contoso");
    let sent = messages(&card);
    sent.iter().for_each(fits);
    let described = |message: &Value| message["embeds"][0]["description"].as_str().unwrap().to_owned();
    let all: Vec<_> = sent.iter().map(described).collect();
    assert!(
        all.iter()
            .all(|text| text.starts_with("**How**\nParagraph ") && text.ends_with("words.") && units(&Value::from(text.as_str())) <= 2000)
    );
    for at in 1..=150 {
        assert_eq!(all.iter().filter(|page| page.contains(&format!("Paragraph {at} has {}words.", "many ".repeat(at)))).count(), 1, "{at}");
    }
    // One word of that length is broken, and nothing of it is lost.
    let one = Card::new("Long", vec![Block::Text { heading: "How".to_owned(), spans: Spans(vec![Span::Text("x".repeat(60_000))]) }], "");
    let sent = messages(&one);
    sent.iter().for_each(fits);
    assert_eq!(sent.iter().map(|message| described(message).matches('x').count()).sum::<usize>(), 60_000);
}

#[test]
fn what_is_too_much_for_anybody_ends_with_a_word() {
    let spans = Spans(vec![Span::Text("*".repeat(200_000))]);
    let card = Card::new("Endless", vec![Block::Text { heading: "How".to_owned(), spans }], "");
    let sent = messages(&card);
    sent.iter().for_each(fits);
    assert_eq!(sent.len(), 100);
    assert!(told(&sent[99]).contains("This is not all."));
}

#[test]
fn ages_are_those_of_whoever_asked() {
    let read_at: Timestamp = "2026-11-21T06:12:00Z".parse().unwrap();
    let foot = |foot: &str, now: &str| {
        let card = Card { read_at: Some(read_at), ..Card::new("Score", Vec::new(), foot) };
        let embed = pages(&card, now.parse().unwrap()).remove(0).body.embed.unwrap();
        assert_eq!(embed.at, Some(read_at));
        embed.footer
    };
    assert_eq!(foot("contoso", "2026-11-21T06:12:59Z"), "contoso · less than a minute old when asked");
    assert_eq!(foot("contoso", "2026-11-21T05:00:00Z"), "contoso · less than a minute old when asked");
    assert_eq!(foot("contoso", "2026-11-21T06:13:00Z"), "contoso · 1 minute old when asked");
    assert_eq!(foot("", "2026-11-21T07:11:59Z"), "59 minutes old when asked");
    assert_eq!(foot("contoso", "2026-11-23T06:12:00Z"), "contoso · 2 days old when asked");
    // The time itself is said by Discord; another one stays.
    assert_eq!(foot("contoso, fetched 2026-11-21T06:12Z", "2026-11-21T09:30:00Z"), "contoso · 3 hours old when asked");
    assert_eq!(
        foot("contoso, fetched 2026-11-20T06:12Z", "2026-11-21T09:30:00Z"),
        "contoso, fetched 2026-11-20T06:12Z · 3 hours old when asked"
    );
}

#[test]
fn only_what_is_missing_warns() {
    let notes = ["no data for 2026-11-20", "no score yet: northwind", "maximum moved +9", "@everyone: no data"];
    let card = Card::new("Score", notes.map(|note| Block::Note(note.to_owned())).to_vec(), "");
    let page = pages(&card, now()).remove(0);
    let lines = "-# no data for 2026-11-20\n-# no score yet: northwind\n-# maximum moved +9\n-# \\@everyone: no data";
    assert_eq!(page.body.embed.unwrap().description.trim_start(), lines);
}

#[test]
fn rows_say_what_their_cells_are() {
    let columns =
        [Column::Control, Column::Until, Column::PointsLeft, Column::Place, Column::By, Column::Decided, Column::First, Column::Why];
    let control = ControlLabel { id: "a.b".to_owned(), title: Some("Require MFA".to_owned()), ..ControlLabel::default() };
    let cells = vec![
        Cell::Control(control),
        Cell::End(DecisionEnd::Day("2026-12-24".parse().unwrap(), false)),
        Cell::Of(Some(1.0), Some(1.0)),
        Cell::Place("apps".to_owned(), None),
        Cell::Person("mira".to_owned()),
        Cell::Day(Some("2026-04-25".parse().unwrap())),
        Cell::MovedMost("Require it".to_owned(), -3.0),
        Cell::Empty,
    ];
    let row = |next| TableRow { cells: cells.clone(), link: None, next };
    let table = Block::Table { columns: columns.to_vec(), rows: vec![row(Some(next(1, 3))), row(None)] };
    let page = pages(&Card::new("Risks", vec![table], ""), now()).remove(0);
    // What is long or of another kind has a line of its own, and what only a wide table has room for is left to the control's own answer.
    let said = "until 2026-12-24 · **1 point left**\nby mira on 2026-04-25\nmost by Require it: \u{2212}3 points";
    let told = format!("**1.** **Require MFA**\n{said}\n**2.** **Require MFA \\[a.b\\]**\n{said}");
    assert_eq!(page.body.embed.unwrap().description.trim_start(), told);
}

#[test]
fn the_first_judgement_of_the_lead_colours() {
    let colour = |tones: &[Tone]| {
        let words = tones.iter().map(|tone| Word::toned("word", *tone)).collect();
        pages(&Card::new("Score", vec![Block::Lead(words)], ""), now()).remove(0).body.embed.unwrap().colour
    };
    let [good, bad, warn, none] = [&[Tone::Strong, Tone::Good, Tone::Bad][..], &[Tone::Bad], &[Tone::Warn], &[Tone::Strong]].map(colour);
    assert!(good != bad && bad != warn && warn != none && good != none);
    assert_eq!((colour(&[Tone::Quiet]), colour(&[])), (none, none));
}

#[test]
fn a_refusal_is_words() {
    let refusal = serde_json::to_value(notice(&Notice::sentence("You may not see `x`. @everyone")).into_first(true)).unwrap();
    assert_eq!(refusal["data"]["embeds"][0]["description"], r"You may not see `x`. \@everyone");
    assert_eq!(refusal["data"]["flags"], 64);
    assert!(limits::CONTENT == 2000 && limits::units("👨\u{200d}👩") == 5);
}
