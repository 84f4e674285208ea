//! What does a digest say? The demo's tenants as golden files, at a screen's and a phone's width; and what it never says.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::{Block, Card},
    digest::{self, News, SKILLS, Section, Told, Way},
    graph::read_saved,
    sandbox::{self, Options},
    score::{Annotations, History},
    skills::TenantFacts,
    surfaces::terminal::{Look, render},
};

use crate::support::golden;

/// A Monday, and day 0 of the story.
const MONDAY: Date = date(2026, 11, 23);

fn facts(tenant: &str, today: Date) -> TenantFacts {
    facts_of(tenant, today, 90)
}

fn facts_of(tenant: &str, today: Date, days: usize) -> TenantFacts {
    let options = Options { hostile: true, ..Options::new(MONDAY) };
    let files = [
        ("scores.json".to_owned(), sandbox::scores_json(tenant, &options, today, days).unwrap()),
        ("profiles.json".to_owned(), sandbox::profiles_json(tenant, &options, today).unwrap()),
    ];
    let reading = read_saved(&files).unwrap();
    TenantFacts {
        name: tenant.to_owned(),
        entra_id: reading.entra_id,
        history: History::new(reading.days),
        catalogue: reading.catalogue.unwrap_or_default(),
        annotations: Annotations::default(),
        read_at: Some(format!("{today}T06:12:00Z").parse::<Timestamp>().unwrap()),
    }
}

/// The digest of `tenants`, each with the day that was told before.
fn composed(tenants: Vec<(TenantFacts, Option<Date>)>, names: bool, today: Date) -> Card {
    let way = Way { names, alone: tenants.len() == 1, today };
    let mut told = Told { sections: Vec::new(), left_out: Vec::new() };
    for (facts, covered) in tenants {
        let name = facts.name.clone();
        match Section::of(facts, covered, &SKILLS, way).unwrap() {
            Some(section) => told.sections.push(section),
            None => told.left_out.push(name),
        }
    }
    digest::card(told, &SKILLS, today, today)
}

fn kept(name: &str, card: &Card) {
    golden(&format!("digest/{name}.txt"), &render(card, Look { width: 80, colour: false }));
    golden(&format!("digest/{name}-phone.txt"), &render(card, Look { width: 40, colour: false }));
}

#[test]
fn a_weekend_of_one_tenant() {
    let friday = MONDAY.saturating_sub(3.days());
    let card = composed(vec![(facts("contoso", MONDAY), Some(friday))], true, MONDAY);
    kept("weekend", &card);
}

#[test]
fn several_tenants_in_one_message() {
    let friday = MONDAY.saturating_sub(3.days());
    let tenants = vec![(facts("fabrikam", MONDAY), None), (facts("contoso", MONDAY), Some(friday)), (facts("northwind", MONDAY), None)];
    kept("several", &composed(tenants, false, MONDAY));
}

#[test]
fn a_quiet_day() {
    let (day, before) = (MONDAY.saturating_add(4.days()), MONDAY.saturating_add(3.days()));
    kept("quiet", &composed(vec![(facts("fabrikam", day), Some(before))], true, day));
}

#[test]
fn a_quiet_day_of_several_tenants() {
    let (day, before) = (MONDAY.saturating_add(4.days()), MONDAY.saturating_add(3.days()));
    let named = |name: &str| (TenantFacts { name: name.to_owned(), ..facts("fabrikam", day) }, Some(before));
    kept("quiet-several", &composed(vec![named("fabrikam"), named("tailspin"), named("woodgrove")], true, day));
}

#[test]
fn nothing_new_fits_a_line_and_little_news_a_phone() {
    let phone = |card: &Card| render(card, Look { width: 40, colour: false }).lines().count();
    let (day, before) = (MONDAY.saturating_add(4.days()), MONDAY.saturating_add(3.days()));
    assert!(phone(&composed(vec![(facts("fabrikam", day), Some(before))], true, day)) <= 7);
    let blocks = composed(vec![(facts("fabrikam", day), Some(before))], true, day).blocks;
    assert!(matches!(blocks.as_slice(), [Block::Lead(_)]), "{blocks:?}");
}

#[test]
fn of_many_tenants_ten_are_told_in_full_and_the_others_in_a_row_each() {
    let friday = Some(MONDAY.saturating_sub(3.days()));
    let contoso = facts("contoso", MONDAY);
    let named = |number: usize| (TenantFacts { name: format!("tenant-{number:02}"), ..contoso.clone() }, friday);
    let card = composed((0..14).map(named).collect(), false, MONDAY);
    assert!(card.title.ends_with("; 13 others moved"), "{}", card.title);
    let leads = card.blocks.iter().filter(|block| matches!(block, Block::Lead(words) if words[0].text.starts_with("tenant-"))).count();
    let rows = card.blocks.iter().find_map(|block| match block {
        Block::Table { columns, rows } if columns[0].head == "tenant" => Some(rows),
        Block::Lead(_) | Block::Facts(_) | Block::Bars(_) | Block::Trend(_) | Block::Table { .. } | Block::Text { .. } | Block::Note(_) => {
            None
        }
    });
    let rows = rows.unwrap();
    assert_eq!((leads, rows.len(), rows[0].cells[0].text.as_str()), (10, 4, "tenant-10"));
    let next = rows[0].next.as_ref().unwrap();
    assert_eq!((next.tenant.as_str(), next.args[0].1.as_str()), ("tenant-10", "2026-11-20"));
    assert_eq!(card.next.iter().map(|next| next.tenant.as_str()).collect::<Vec<_>>(), ["all", "all", "all"]);
}

#[test]
fn a_card_leads_to_the_questions_about_the_same_time() {
    let friday = MONDAY.saturating_sub(3.days());
    let card = composed(vec![(facts("contoso", MONDAY), Some(friday))], true, MONDAY);
    let said: Vec<_> = card.next.iter().map(|next| (next.label.as_str(), next.args.first().map(|(_, value)| value.as_str()))).collect();
    assert_eq!(said, [("What changed", Some("2026-11-20")), ("Accepted risks", None), ("Quick wins", Some("quick_wins"))]);
    assert!(card.link.unwrap().starts_with("https://security.microsoft.com/securescore?viewid=overview&tid="));
}

#[test]
fn names_of_people_are_for_those_who_may_see_them() {
    let friday = Some(MONDAY.saturating_sub(3.days()));
    let said = |names| serde_json::to_string(&composed(vec![(facts("contoso", MONDAY), friday)], names, MONDAY)).unwrap();
    assert!(said(true).contains("chen.wei@contoso.example") && !said(false).contains('@'));
}

#[test]
fn every_decision_is_told_by_one_digest_and_no_other() {
    let (mut covered, mut accepted, mut expired) = (None, Vec::new(), Vec::new());
    for back in (0..=45_i64).rev() {
        let facts = facts_of("contoso", MONDAY.saturating_sub(back.days()), 3);
        let news = News::of(&facts, covered, &SKILLS).unwrap();
        covered = Some(news.day);
        accepted.extend(news.accepted);
        expired.extend(news.expired);
    }
    // As the story has them: 41, 30, 10 days and a day before the Monday; and the end of the wave two days before it.
    assert_eq!(accepted, ["spo_external_sharing_guests", "meeting_restrictanonymousjoin_v1", "OneAdmin", "exo_outlookaddins"]);
    assert_eq!(expired, ["OneAdmin"]);
    // A digest of all these days tells each of them once too: what was accepted and has run out is one row, which says both.
    let week = News::of(&facts("contoso", MONDAY), Some(MONDAY.saturating_sub(12.days())), &SKILLS).unwrap();
    assert_eq!((week.accepted, week.expired, week.overdue), (accepted.split_off(2), Vec::new(), 2));
}

#[test]
fn hostile_texts_stay_on_their_lines_and_have_a_bound() {
    let card = composed(vec![(facts("hostile", MONDAY), Some(MONDAY.saturating_sub(1.days())))], true, MONDAY);
    assert!(card.title.starts_with("hostile: ") && card.title.chars().count() < 120, "{}", card.title);
    let drawn = render(&card, Look { width: 40, colour: false });
    assert!(drawn.len() < 40_000 && drawn.chars().all(|c| c == '\n' || !c.is_control()), "{}", drawn.len());
}
