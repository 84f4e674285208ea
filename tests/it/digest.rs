//! What does a digest say? The demo's tenants as golden files, at a screen's and a phone's width; and what it never says.

use std::collections::BTreeMap;

use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use scorewatch::{
    card::{Block, Card, Cell, Column, cell::DecisionEnd},
    digest::{self, DigestContents, DigestSection, Every, News, SKILLS, SectionOptions},
    score::{Catalogue, ControlState, ReportedState, StateUpdate},
    skill_id::SkillId,
    skills::TenantFacts,
    surfaces::terminal::{Capabilities, render},
};

use crate::{answers::facts_on, support::golden};

/// A Monday, and day 0 of the story.
const MONDAY: Date = date(2026, 11, 23);

fn facts(tenant: &str, today: Date) -> TenantFacts {
    facts_of(tenant, today, 90)
}

fn facts_of(tenant: &str, today: Date, days: usize) -> TenantFacts {
    facts_on(tenant, MONDAY, today, days)
}

/// What a digest of all skills on `day` told of the tenant of `facts`.
fn told_on(facts: &TenantFacts, day: Date) -> ReportedState {
    let was = TenantFacts { name: facts.name.clone(), ..facts_of(story_of(&facts.name), day, 90) };
    DigestSection::of(was, None, &SKILLS, options(1, day)).unwrap().unwrap().imprint
}

/// Tenants of other names live the story of one that has one.
fn story_of(name: &str) -> &str {
    match name {
        "tailspin" | "woodgrove" => "fabrikam",
        _ if name.starts_with("tenant-") => "contoso",
        _ => name,
    }
}

fn options(tenants: usize, today: Date) -> SectionOptions {
    SectionOptions { names: true, alone: tenants == 1, today, utc_today: today, every: Every::Daily }
}

/// The digest of `tenants`, each with the day that was told before.
fn composed(tenants: Vec<(TenantFacts, Option<Date>)>, names: bool, today: Date) -> Card {
    let options = SectionOptions { names, ..options(tenants.len(), today) };
    let mut told = DigestContents::default();
    for (facts, covered) in tenants {
        let name = facts.name.clone();
        let before = covered.map(|day| told_on(&facts, day));
        match DigestSection::of(facts, before.as_ref(), &SKILLS, options).unwrap() {
            Some(section) => told.sections.push(section.aged(today, None)),
            None => told.left_out.push(name),
        }
    }
    digest::card("morning", told, &SKILLS, today)
}

fn kept(name: &str, card: &Card) {
    golden(&format!("digest/{name}.txt"), &render(card, Capabilities { width: 80, colour: false }));
    golden(&format!("digest/{name}-phone.txt"), &render(card, Capabilities { width: 40, colour: false }));
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
fn a_tenant_without_data_since_two_weeks() {
    let later = MONDAY.saturating_add(11.days());
    kept("stale", &composed(vec![(facts("fabrikam", MONDAY), Some(MONDAY))], true, later));
    let both = || vec![(facts("fabrikam", MONDAY), Some(MONDAY)), (facts("contoso", later), Some(later.saturating_sub(1.days())))];
    kept("stale-several", &composed(both(), false, later));
    let quiet = |name: &str, day: Date| (TenantFacts { name: name.to_owned(), ..facts("fabrikam", day) }, Some(day));
    let card = composed(vec![quiet("tailspin", later), quiet("fabrikam", MONDAY)], true, later);
    assert_eq!(card.title, "Fabrikam: no data since 2026-11-23");
    assert!(render(&card, Capabilities::piped()).contains("fabrikam  84.49 %  no data since 2026-11-23"));
}

#[test]
fn nothing_new_fits_a_line_and_little_news_a_phone() {
    let phone = |card: &Card| render(card, Capabilities { width: 40, colour: false }).lines().count();
    let (day, before) = (MONDAY.saturating_add(4.days()), MONDAY.saturating_add(3.days()));
    assert!(phone(&composed(vec![(facts("fabrikam", day), Some(before))], true, day)) <= 7);
    let blocks = composed(vec![(facts("fabrikam", day), Some(before))], true, day).blocks;
    assert!(matches!(blocks.as_slice(), [Block::Lead(_)]), "{blocks:?}");
}

#[test]
fn of_many_tenants_each_has_its_line_first_and_the_worst_their_details() {
    let friday = Some(MONDAY.saturating_sub(3.days()));
    let contoso = facts("contoso", MONDAY);
    let named = |number: usize| (TenantFacts { name: format!("tenant-{number:02}"), ..contoso.clone() }, friday);
    let card = composed((0..30).map(named).collect(), false, MONDAY);
    assert!(card.title.ends_with("; 29 other tenants fell") && card.title.starts_with("Tenant-00: "), "{}", card.title);
    let [Block::Lead(_), Block::Table { columns, rows }, ..] = card.blocks.as_slice() else { panic!("{:?}", card.blocks) };
    assert_eq!((&columns[0], rows.len(), &rows[10].cells[0]), (&Column::Tenant, 30, &Cell::Tenant("tenant-10".to_owned())));
    let next = rows[10].next.as_ref().unwrap();
    assert_eq!((next.tenant.as_str(), next.args[0].1.as_str()), ("tenant-10", "2026-11-20"));
    assert_eq!(card.next.iter().map(|next| next.tenant.as_str()).collect::<Vec<_>>(), ["all", "all", "all"]);
    // Of those without details each way to see the details is said.
    let detailed = card.parts.iter().filter(|part| !part.blocks.is_empty()).count();
    assert_eq!((card.parts.len(), detailed), (30, 25));
    let drawn = render(&card, Capabilities::piped());
    assert!(drawn.contains("Details of 5 tenants do not fit here; of tenant-25:"), "{drawn}");
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
    let (mut told, mut accepted, mut expired) = (None, Vec::new(), Vec::new());
    for back in (0..=45_i64).rev() {
        let today = MONDAY.saturating_sub(back.days());
        let section = DigestSection::of(facts_of("contoso", today, 3), told.as_ref(), &SKILLS, options(1, today)).unwrap().unwrap();
        told = Some(section.imprint);
        accepted.extend(section.news.accepted);
        expired.extend(section.news.expired);
    }
    // As the story has them: 41, 30, 10 days and a day before the Monday; and the end of the wave two days before it.
    assert_eq!(accepted, ["spo_external_sharing_guests", "meeting_restrictanonymousjoin_v1", "OneAdmin", "exo_outlookaddins"]);
    assert_eq!(expired, ["OneAdmin"]);
    // A digest of all these days tells each of them once too: what was accepted and has run out is one row, which says both.
    let before = told_on(&facts("contoso", MONDAY), MONDAY.saturating_sub(12.days()));
    let News { accepted: later, expired, overdue, .. } =
        DigestSection::of(facts("contoso", MONDAY), Some(&before), &SKILLS, options(1, MONDAY)).unwrap().unwrap().news;
    assert_eq!((later, expired, overdue.len()), (accepted.split_off(2), Vec::new(), 2));
}

/// The same tenant, where somebody has accepted the risk of `control` since.
fn accepting(facts: &TenantFacts, control: &str, at: Option<&str>) -> TenantFacts {
    let mut profiles = facts.catalogue.profiles().to_vec();
    let profile = profiles.iter_mut().find(|profile| *profile.name == *control).unwrap();
    let at = at.map(|at| at.parse().unwrap());
    profile.updates = vec![StateUpdate { state: ControlState::Accepted, at, by: None, assigned_to: None, comment: None }];
    TenantFacts { catalogue: Catalogue::new(profiles, BTreeMap::new(), 0), ..facts.clone() }
}

fn section(facts: &TenantFacts, told: &ReportedState, skills: &[SkillId], today: Date) -> DigestSection {
    DigestSection::of(facts.clone(), Some(told), skills, options(1, today)).unwrap().unwrap()
}

#[test]
fn an_acceptance_is_told_by_the_first_digest_that_sees_it_and_by_no_other() {
    let facts = facts("contoso", MONDAY);
    let told = told_on(&facts, MONDAY);
    for at in [Some("2026-11-23T15:00:00Z"), Some("2026-11-02T15:00:00Z"), None] {
        let later = accepting(&facts, "AdminMFAV2", at);
        for skills in [&SKILLS[..], &[SkillId::AcceptedRisks]] {
            let first = section(&later, &told, skills, MONDAY);
            assert_eq!(first.news.accepted, ["AdminMFAV2"], "{at:?}");
            assert_eq!(first.news.line(MONDAY), "Contoso: 1 risk accepted since today's last digest");
            let said = serde_json::to_string(&first.blocks).unwrap();
            assert!(said.contains("AdminMFAV2") && !said.contains("not listed"), "{said}");
            let next = section(&later, &first.imprint, skills, MONDAY);
            assert!(next.news.accepted.is_empty() && !next.news.is_any());
        }
    }
}

#[test]
fn an_acceptance_is_past_its_date_on_the_day_after_it_whatever_the_score_does() {
    let facts = facts("contoso", MONDAY);
    let (last, after) = (date(2026, 12, 23), date(2026, 12, 24));
    let on_its_day = section(&facts, &told_on(&facts, MONDAY), &SKILLS, last);
    assert_eq!(on_its_day.news.expired, Vec::<String>::new());
    let first = section(&facts, &on_its_day.imprint, &SKILLS, after);
    assert_eq!((first.news.expired.as_slice(), first.news.overdue.len()), (["exo_outlookaddins".to_owned()].as_slice(), 3));
    let cells = first.blocks.iter().filter_map(|block| if let Block::Table { rows, .. } = block { Some(rows) } else { None });
    assert!(cells.flatten().any(|row| row.cells.contains(&Cell::End(DecisionEnd::Day(last, true)))), "{:?}", first.blocks);
    assert!(!section(&facts, &first.imprint, &SKILLS, after).news.is_any());
}

#[test]
fn each_skill_alone_carries_a_digest() {
    let friday = MONDAY.saturating_sub(3.days());
    let facts = facts("contoso", MONDAY);
    let told = told_on(&facts, friday);
    let line = |skill: SkillId| section(&facts, &told, &[skill], MONDAY).news.line(MONDAY);
    assert_eq!(line(SkillId::SecureScore), "Contoso: \u{2212}4.51 points since Friday: 2 controls slipped, 1 control no longer scored");
    assert_eq!(line(SkillId::ScoreChanges), line(SkillId::SecureScore));
    assert_eq!(line(SkillId::AcceptedRisks), "Contoso: 1 acceptance expired, 1 risk accepted since Friday");
    assert_eq!(line(SkillId::WeakestControls), "Contoso: next best action: Keep transport rules from trusting whole domains");
    let alone = [SkillId::WeakestControls];
    let again = section(&facts, &section(&facts, &told, &alone, MONDAY).imprint, &alone, MONDAY);
    assert!(again.news.is_any() && again.blocks.len() == 2, "what to do first is told always, {:?}", again.blocks);
    // Beside another skill it is news when there is something else to do first.
    let both = [SkillId::ScoreChanges, SkillId::WeakestControls];
    let known = section(&facts, &told, &both, MONDAY).imprint;
    assert!(!section(&facts, &known, &both, MONDAY).news.is_any());
    let mut other = known;
    other.next = vec!["AdminMFAV2".to_owned()];
    let changed = section(&facts, &other, &both, MONDAY);
    assert!(changed.news.is_any() && changed.news.line(MONDAY).starts_with("Contoso: next best action: Keep transport rules"));
}

#[test]
fn several_tenants_have_one_picture_of_the_one_in_the_title() {
    let friday = MONDAY.saturating_sub(3.days());
    let trends = |card: &Card| card.blocks.iter().filter(|block| matches!(block, Block::Trend(_))).cloned().collect::<Vec<_>>();
    let alone = composed(vec![(facts("contoso", MONDAY), Some(friday))], false, MONDAY);
    let both = vec![(facts("fabrikam", MONDAY), None), (facts("contoso", MONDAY), Some(friday))];
    let several = composed(both, false, MONDAY);
    assert!(several.title.starts_with("Contoso: "), "{}", several.title);
    assert_eq!((trends(&several).len(), trends(&several)), (1, trends(&alone)));
    assert_eq!((several.caption.as_deref(), several.link), (Some("Secure Score of contoso"), None), "of whom it is");
}

#[test]
fn hostile_texts_stay_on_their_lines_and_have_a_bound() {
    let card = composed(vec![(facts("hostile", MONDAY), Some(MONDAY.saturating_sub(1.days())))], true, MONDAY);
    assert!(card.title.starts_with("Hostile: ") && card.title.chars().count() < 120, "{}", card.title);
    let drawn = render(&card, Capabilities { width: 40, colour: false });
    assert!(drawn.len() < 40_000 && drawn.chars().all(|c| c == '\n' || !c.is_control()), "{}", drawn.len());
}
