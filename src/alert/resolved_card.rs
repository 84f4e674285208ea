//! How is it said that something is resolved?

use std::collections::BTreeSet;

use super::{
    cards::{NAME_MAX, ROWS_MAX, TITLE_MAX, led, named_tenants, one_tenant, place, sentence, signed, standing, the_rest},
    finding::SCORE,
    rule::{Topic, Watch},
    transitions::Resolution,
};
use crate::{
    card::{Block, Card, Column, TableRow, Tone, Word},
    skills::{TenantFacts, wording},
    text::{count, cut, first_of, in_quotes},
};

/// How many titles of what is not resolved are named.
const NAMED: usize = 3;

/// The card that tells that what was `told` is resolved. `still` are the titles of what was told with it and is not.
pub fn resolved_card(told: &[Resolution<'_>], still: &[&str]) -> Option<Card> {
    let mut seen = BTreeSet::new();
    let said = |told: &Resolution<'_>| {
        let topic = told.rule.watch.topic();
        let kind = if topic == Topic::Acceptances { "" } else { told.rule.watch.kind() };
        (told.tenant.name.clone(), kind, told.resolved.subject.clone())
    };
    // Of one acceptance, whichever rules told it, it is said once.
    let lines: Vec<&Resolution<'_>> = told.iter().filter(|told| seen.insert(said(told))).collect();
    let first = *lines.first()?;
    let names: BTreeSet<&str> = lines.iter().map(|told| &*told.tenant.name).collect();
    let news = |told: &Resolution<'_>| told.resolved.news.clone().unwrap_or_default();
    let more = if names.len() == 1 && lines.len() > 1 { format!(", and {} more", lines.len() - 1) } else { String::new() };
    let title = format!("{}, resolved: {}", named_tenants(&names), news(first));
    let title = cut(&title, TITLE_MAX - more.chars().count()) + &more;
    let one = one_tenant(told.iter().map(|told| told.tenant));
    let points = lines.iter().any(|told| told.rule.watch.topic() == Topic::Points && !matches!(told.rule.watch, Watch::ControlNew(_)));
    let mut blocks = led(one.filter(|_| points).map(standing).unwrap_or_default());
    if lines.len() > 1 {
        let line = |told: &&Resolution<'_>| match one {
            Some(_) => sentence(&news(told)),
            None => format!("{}: {}", place(told.tenant), news(told)),
        };
        let rows = lines.iter().take(ROWS_MAX).map(|told| TableRow::from(vec![Word::toned(line(told), Tone::Good)]));
        blocks.push(Block::table(vec![Column::Resolved], rows.collect()));
    }
    if lines.len() > ROWS_MAX && one.is_some() {
        blocks.push(Block::Note(format!("And {} more.", lines.len() - ROWS_MAX)));
    } else {
        blocks.extend(the_rest(&names, &lines.iter().take(ROWS_MAX).map(|told| &*told.tenant.name).collect()));
    }
    if !still.is_empty() {
        let titles: Vec<String> = still.iter().map(|title| in_quotes(title, NAME_MAX)).collect();
        blocks.push(Block::Note(format!("Not resolved, of the same alert: {}.", first_of(&titles, NAMED))));
    }
    let card = match one {
        Some(tenant) => resolved_in(tenant, &lines, title, blocks),
        None => Card::new(title, blocks, count(names.len(), "tenant")),
    };
    Some(signed(told.iter().map(|told| &*told.rule.name), card))
}

/// The card about one tenant, which leads on to what is resolved there.
fn resolved_in(tenant: &TenantFacts, lines: &[&Resolution<'_>], title: String, blocks: Vec<Block>) -> Card {
    let is_score = lines.first().is_some_and(|told| told.resolved.subject == SCORE);
    let control = match lines {
        [only] => Some(&*only.resolved.subject).filter(|subject| tenant.catalogue.get(subject).is_some()),
        _ => None,
    };
    let since = tenant.history.newest().filter(|_| is_score).and_then(|newest| tenant.history.before(newest.day));
    let mut card = wording::card(tenant, control, since.map(|day| day.day), title, blocks);
    if lines.iter().any(|told| matches!(told.rule.watch, Watch::SignIn { .. })) {
        card.next.clear();
    }
    card
}
