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

/// The card that says what `resolutions` resolve. `still` are the titles of what was notified with it and is not resolved, `also` the names of other rules
/// that found the same.
pub fn resolved_card(resolutions: &[Resolution<'_>], still: &[&str], also: &[&str]) -> Option<Card> {
    let mut seen = BTreeSet::new();
    let identity = |resolution: &Resolution<'_>| {
        let topic = resolution.rule.watch.topic();
        let kind = if topic == Topic::Decisions { "" } else { resolution.rule.watch.kind() };
        (resolution.tenant.name.clone(), kind, resolution.resolved.subject.clone())
    };
    // Of one acceptance, whichever rules found it, it is said once.
    let lines: Vec<&Resolution<'_>> = resolutions.iter().filter(|resolution| seen.insert(identity(resolution))).collect();
    let first = *lines.first()?;
    let names: BTreeSet<&str> = lines.iter().map(|resolution| &*resolution.tenant.name).collect();
    let news = |resolution: &Resolution<'_>| resolution.resolved.news.clone().unwrap_or_default();
    let more = if names.len() == 1 && lines.len() > 1 { format!(", and {} more", lines.len() - 1) } else { String::new() };
    let title = format!("{}, resolved: {}", named_tenants(&names), news(first));
    let title = cut(&title, TITLE_MAX - more.chars().count()) + &more;
    let one = one_tenant(resolutions.iter().map(|resolution| resolution.tenant));
    let points = lines
        .iter()
        .any(|resolution| resolution.rule.watch.topic() == Topic::Points && !matches!(resolution.rule.watch, Watch::ControlNew(_)));
    let mut blocks = led(one.filter(|_| points).map(standing).unwrap_or_default());
    if lines.len() > 1 {
        let line = |resolution: &&Resolution<'_>| match one {
            Some(_) => sentence(&news(resolution)),
            None => format!("{}: {}", place(resolution.tenant), news(resolution)),
        };
        let rows = lines.iter().take(ROWS_MAX).map(|resolution| TableRow::from(vec![Word::toned(line(resolution), Tone::Good)]));
        blocks.push(Block::table(vec![Column::Resolved], rows.collect()));
    }
    if lines.len() > ROWS_MAX && one.is_some() {
        blocks.push(Block::Note(format!("And {} more.", lines.len() - ROWS_MAX)));
    } else {
        blocks.extend(the_rest(&names, &lines.iter().take(ROWS_MAX).map(|resolution| &*resolution.tenant.name).collect()));
    }
    if !still.is_empty() {
        let titles: Vec<String> = still.iter().map(|title| in_quotes(title, NAME_MAX)).collect();
        blocks.push(Block::Note(format!("Not resolved, of the same alert: {}.", first_of(&titles, NAMED))));
    }
    let card = match one {
        Some(tenant) => resolved_in(tenant, &lines, title, blocks),
        None => Card::new(title, blocks, count(names.len(), "tenant")),
    };
    Some(signed(resolutions.iter().map(|resolution| &*resolution.rule.name).chain(also.iter().copied()), card))
}

/// The card about one tenant, which leads on to what is resolved there.
fn resolved_in(tenant: &TenantFacts, lines: &[&Resolution<'_>], title: String, blocks: Vec<Block>) -> Card {
    let is_score = lines.first().is_some_and(|resolution| resolution.resolved.subject == SCORE);
    let control = match lines {
        [only] => Some(&*only.resolved.subject).filter(|subject| tenant.catalogue.get(subject).is_some()),
        _ => None,
    };
    let since = tenant.history.newest().filter(|_| is_score).and_then(|newest| tenant.history.before(newest.day));
    let mut card = wording::card(tenant, control, since.map(|day| day.day), title, blocks);
    if lines.iter().any(|resolution| matches!(resolution.rule.watch, Watch::SignIn { .. })) {
        card.next.clear();
    }
    card
}
