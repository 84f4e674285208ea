//! How does a digest read where it arrives? Digests of one, two and 24 tenants, of an outage and of nothing new, composed from the demo's days and sent to
//! every kind of destination; each as its reader sees it, line by line, and within what the platform takes.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it digest_destinations` writes `tests/golden/digests/` anew. Read them as somebody on a phone at seven in the morning.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex};

use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::Card,
    delivery::{DeliveryKey, Post, PostKind, PostPicture, Record, TenantStanding},
    digest::{self, DigestContents, DigestSection, Every, FetchFailure, SKILLS, SectionOptions},
    score::ReportedState,
    skills::TenantFacts,
    surfaces::{
        mail::{Footer, MailContent},
        terminal::{Capabilities, render},
    },
};
use serde_json::Value;

use crate::{
    answers::facts_on,
    destinations::{KINDS, arrived_all},
    discord_posts::posted_by_bot,
    support::golden,
};

/// A Monday, and day 0 of the demo's story.
const MONDAY: Date = date(2026, 11, 23);
/// The day before it, of which Microsoft published the newest score.
const SUNDAY: Date = date(2026, 11, 22);
/// The Friday before it, which was reported last.
const FRIDAY: Date = date(2026, 11, 20);

/// A tenant of this name that lives the story of another, as of a day, and the day that was reported of it last.
struct Lived<'a>(&'a str, &'a str, Date, Option<Date>);

impl Lived<'_> {
    /// What is known of it on `day`. Of each story that is made once a day.
    fn facts(&self, day: Date) -> TenantFacts {
        static MADE: Mutex<BTreeMap<(String, Date), TenantFacts>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap();
        let facts = made.entry((self.1.to_owned(), day)).or_insert_with(|| facts_on(self.1, MONDAY, day, 90));
        TenantFacts { name: self.0.to_owned(), ..facts.clone() }
    }

    fn section(&self, options: SectionOptions) -> Option<DigestSection> {
        let section = |day, reported: Option<&ReportedState>, today| {
            let options = SectionOptions { today, utc_today: today, ..options };
            DigestSection::of(self.facts(day), reported, &SKILLS, options).unwrap()
        };
        let reported = self.3.and_then(|day| section(day, None, day)).map(|section| section.imprint);
        section(self.2, reported.as_ref(), options.today)
    }
}

/// The digest of `tenants` on `today`, of whom these could not be read.
fn post(tenants: &[Lived<'_>], faults: &[(&str, &str)], today: Date) -> Post {
    let options = SectionOptions { names: true, alone: tenants.len() == 1, today, utc_today: today, every: Every::Daily };
    let fault =
        |(tenant, sentence): &(&str, &str)| ((*tenant).to_owned(), FetchFailure { sign_in: false, sentence: (*sentence).to_owned() });
    let faults: BTreeMap<String, FetchFailure> = faults.iter().map(fault).collect();
    let mut contents = DigestContents { faults, ..DigestContents::default() };
    for tenant in tenants {
        match tenant.section(options) {
            Some(section) => contents.sections.push(section.aged(today, contents.faults.get(tenant.0))),
            None => contents.left_out.push(tenant.0.to_owned()),
        }
    }
    let standing = |section: &DigestSection| TenantStanding {
        tenant: section.news.tenant.clone(),
        day: section.news.day,
        points: section.imprint.points,
        maximum: section.imprint.maximum,
        since: section.news.since,
        moved: section.news.since.map(|_| section.news.moved),
    };
    let record = Record::Digest { name: "morning".to_owned(), tenants: contents.sections.iter().map(standing).collect() };
    let card = digest::card("morning", contents, &SKILLS, today);
    let names = tenants.iter().map(|tenant| tenant.0.to_owned()).collect();
    let kind = PostKind::Digest { name: "morning".to_owned() };
    let key = DeliveryKey { tenants: names, kind, period: today.to_string(), destination: "soc".to_owned() };
    Post { record: Some(record), ..Post::new(&key, card, format!("{today}T07:00:00Z").parse().unwrap()) }
}

const NAMES: [&str; 24] = [
    "adatum",
    "adventure-works",
    "alpine-ski",
    "bellows",
    "best-for-you",
    "blue-yonder",
    "city-power",
    "coho",
    "consolidated",
    "contoso",
    "fabrikam",
    "fourth-coffee",
    "graphic-design",
    "humongous",
    "litware",
    "lucerne",
    "margies-travel",
    "munson",
    "northwind",
    "proseware",
    "relecloud",
    "tailspin",
    "wingtip",
    "woodgrove",
];

/// Twenty-four tenants on a Monday: most are quiet, some fell, one has no data, one is new, one has no score.
fn many() -> Vec<Lived<'static>> {
    let lived = |name: &&'static str| match *name {
        "contoso" => Lived(name, "contoso", MONDAY, Some(FRIDAY)),
        "litware" => Lived(name, "contoso", MONDAY, Some(MONDAY.saturating_sub(12.days()))),
        "proseware" => Lived(name, "contoso", FRIDAY, Some(FRIDAY.saturating_sub(9.days()))),
        "bellows" => Lived(name, "contoso", MONDAY.saturating_sub(2.days()), Some(FRIDAY)),
        "adatum" => Lived(name, "contoso", SUNDAY, Some(MONDAY.saturating_sub(30.days()))),
        "wingtip" => Lived(name, "contoso", MONDAY.saturating_sub(9.days()), Some(MONDAY.saturating_sub(9.days()))),
        "lucerne" => Lived(name, "fabrikam", MONDAY, None),
        "northwind" => Lived(name, "northwind", MONDAY, None),
        _ => Lived(name, "contoso", SUNDAY, Some(SUNDAY)),
    };
    NAMES.iter().map(lived).collect()
}

fn cases() -> [(&'static str, Post); 6] {
    let (quiet, before) = (MONDAY.saturating_add(4.days()), MONDAY.saturating_add(3.days()));
    let outage = "Microsoft Graph answers 503 since 2026-11-24; it is asked again every hour.";
    let stale = |name: &'static str, story: &'static str| Lived(name, story, MONDAY, Some(MONDAY));
    [
        ("one", post(&[Lived("contoso", "contoso", MONDAY, Some(FRIDAY))], &[], MONDAY)),
        ("two", post(&[Lived("fabrikam", "fabrikam", MONDAY, None), Lived("contoso", "contoso", MONDAY, Some(FRIDAY))], &[], MONDAY)),
        ("many", post(&many(), &[("wingtip", "The client secret of wingtip has expired.")], MONDAY)),
        (
            "outage",
            post(
                &[stale("contoso", "contoso"), stale("fabrikam", "fabrikam"), Lived("northwind", "northwind", MONDAY, None)],
                &[("contoso", outage), ("fabrikam", outage), ("northwind", outage)],
                quiet,
            ),
        ),
        ("quiet", post(&["fabrikam", "tailspin", "woodgrove"].map(|name| Lived(name, "fabrikam", quiet, Some(before))), &[], quiet)),
        ("quiet-one", post(&[Lived("fabrikam", "fabrikam", quiet, Some(before))], &[], quiet)),
    ]
}

/// What somebody reads of the bodies that went to a destination of this kind.
fn read(kind: &str, bodies: &[Value]) -> String {
    let mut text = String::new();
    for (at, body) in bodies.iter().enumerate() {
        if at > 0 {
            text.push_str("\n=== the next message ===\n\n");
        }
        match kind {
            "slack" => body["blocks"].as_array().unwrap().iter().for_each(|block| in_slack(block, &mut text)),
            "teams" => {
                body["attachments"][0]["content"]["body"].as_array().unwrap().iter().for_each(|element| in_teams(element, &mut text));
            }
            "webhook" => text.push_str(&serde_json::to_string_pretty(body).unwrap()),
            _ => in_discord(body, &mut text),
        }
    }
    format!("{}\n", text.trim_end())
}

fn in_discord(body: &Value, text: &mut String) {
    for embed in body["embeds"].as_array().unwrap() {
        let colour = match embed["color"].as_u64() {
            Some(0xDA_37_3C) => "red",
            Some(0x22_A5_59) => "green",
            Some(0xE8_A3_17) => "amber",
            _ => "blue",
        };
        let said = |value: &Value| value.as_str().map_or_else(String::new, |said| format!("{said}\n"));
        let picture = embed["image"]["url"].as_str().map_or_else(String::new, |url| format!("({url})\n"));
        let _ = writeln!(
            text,
            "[{colour}] {}{}{picture}{}",
            said(&embed["title"]),
            said(&embed["description"]),
            said(&embed["footer"]["text"])
        );
    }
    for control in body["components"].as_array().into_iter().flatten().flat_map(|row| row["components"].as_array().unwrap()) {
        let options = control["options"].as_array().into_iter().flatten().map(|option| option["label"].as_str().unwrap());
        let options = options.collect::<Vec<_>>().join(", ");
        let label = control["label"].as_str().or_else(|| control["placeholder"].as_str()).unwrap();
        let _ = writeln!(text, "({label}{}{options})", if options.is_empty() { "" } else { ": " });
    }
}

/// The runs of a line, bold between stars.
fn line(runs: &Value, is_bold: fn(&Value) -> bool) -> String {
    let run = |run: &Value| {
        let said = run["text"].as_str().unwrap();
        if is_bold(run) { format!("*{said}*") } else { said.to_owned() }
    };
    runs.as_array().unwrap().iter().map(run).collect()
}

fn in_slack(block: &Value, text: &mut String) {
    let bold = |run: &Value| run["style"]["bold"] == true;
    let _ = match block["type"].as_str().unwrap() {
        "header" => writeln!(text, "# {}\n", block["text"]["text"].as_str().unwrap()),
        "context" => writeln!(text, "  {}", block["elements"][0]["text"].as_str().unwrap()),
        "image" => writeln!(text, "(picture: {})\n", block["alt_text"].as_str().unwrap()),
        _ => {
            for element in block["elements"].as_array().unwrap() {
                if element["type"] == "rich_text_list" {
                    for (at, item) in element["elements"].as_array().unwrap().iter().enumerate() {
                        let _ = writeln!(text, "{}. {}", at + 1, line(&item["elements"], bold));
                    }
                } else {
                    let _ = writeln!(text, "{}", line(&element["elements"], bold));
                }
            }
            writeln!(text)
        }
    };
}

fn in_teams(element: &Value, text: &mut String) {
    let _ = match element["type"].as_str().unwrap() {
        "Container" => return element["items"].as_array().unwrap().iter().for_each(|item| in_teams(item, text)),
        "Image" => writeln!(text, "(picture: {})", element["altText"].as_str().unwrap()),
        _ => {
            let apart = if element["spacing"] == "Medium" { "\n" } else { "" };
            writeln!(text, "{apart}{}", line(&element["inlines"], |run| run["weight"] == "Bolder"))
        }
    };
}

fn footer() -> Footer<'static> {
    Footer { domain: "example.com", unsubscribe: "mailto:scorewatch@example.com?subject=unsubscribe%20scorewatch" }
}

#[tokio::test]
async fn digests_read_as_they_did_everywhere() {
    for (name, post) in cases() {
        let kept = |kind: &str, end: &str, text: &str| golden(&format!("digests/{name}/{kind}.{end}"), text);
        for kind in &KINDS {
            let bodies: Vec<Value> = arrived_all(kind, &post).await.iter().map(crate::support::hook::Seen::json).collect();
            // What programs read of many tenants is checked below, and would be long.
            if kind.name != "webhook" || name != "many" {
                kept(kind.name, if kind.name == "webhook" { "json" } else { "txt" }, &read(kind.name, &bodies));
            }
        }
        kept("discord", "txt", &read("discord", &posted_by_bot(&post, post.card.trend().is_some().then(picture).as_ref()).await));
        let mail = MailContent::write(&post, &footer(), None).unwrap();
        kept("mail", "html", &mail.html);
        kept("mail", "txt", &format!("Subject: {}\n\n{}", mail.subject, mail.text));
        kept("terminal", "txt", &render(&post.card, Capabilities { width: 80, colour: false }));
    }
}

fn picture() -> PostPicture {
    PostPicture::File(bytes::Bytes::from_static(b"\x89PNG\r\n\x1a\n--scorewatch"))
}

/// All that people see of `post`, by destination.
async fn everywhere(post: &Post) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for kind in &KINDS {
        let bodies: Vec<Value> = arrived_all(kind, post).await.iter().map(crate::support::hook::Seen::json).collect();
        all.push((kind.name, read(kind.name, &bodies)));
    }
    all.push(("discord", read("discord", &posted_by_bot(post, None).await)));
    let mail = MailContent::write(post, &footer(), None).unwrap();
    all.extend([("mail, HTML", mail.html), ("mail, text", mail.text)]);
    all.push(("terminal", render(&post.card, Capabilities { width: 80, colour: false })));
    all
}

#[tokio::test]
async fn no_tenant_is_left_out_of_a_digest_of_two_hundred() {
    let names: Vec<String> = (1..=200).map(|number| format!("tenant-{number:03}")).collect();
    let contoso = Lived("contoso", "contoso", MONDAY, Some(FRIDAY));
    let options = SectionOptions { names: false, alone: false, today: MONDAY, utc_today: MONDAY, every: Every::Daily };
    let one = contoso.section(options).unwrap();
    let quiet = Lived("fabrikam", "fabrikam", MONDAY, Some(MONDAY)).section(options).unwrap();
    let sections = names.iter().enumerate().map(|(at, name)| {
        let mut section = if at % 3 == 0 { one.clone() } else { quiet.clone() };
        section.news.tenant.clone_from(name);
        section
    });
    let contents = DigestContents { sections: sections.collect(), ..DigestContents::default() };
    let card: Card = digest::card("morning", contents, &SKILLS, MONDAY);
    let post = Post { card, ..post(&[contoso], &[], MONDAY) };
    for (destination, text) in everywhere(&post).await {
        let missing: Vec<&String> = names.iter().filter(|name| !text.contains(*name)).collect();
        assert!(missing.is_empty(), "{destination}: {missing:?}");
        assert!(text.contains(" --tenant ") || text.contains("/changes"), "{destination}: how to see what was left out");
    }
}
