//! What does a digest say? The demo's tenants as golden files, at a screen's and a phone's width; and what it never says.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::Card,
    digest::{self, SKILLS, Section, Told, Way},
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
    let options = Options { hostile: true, ..Options::new(MONDAY) };
    let files = [
        ("scores.json".to_owned(), sandbox::scores_json(tenant, &options, today, 90).unwrap()),
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
    golden(&format!("digest/{name}.json"), &format!("{}\n", serde_json::to_string_pretty(card).unwrap()));
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
