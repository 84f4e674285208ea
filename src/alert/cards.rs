//! How is an alert said, and that it is resolved? The news in the title, what it rests on in the card, and where to go on. Days, never ages: a card is kept.
//!
//! What rules find of one event is one message, however much it is. Nothing is said twice: the lead says what the title does not, or is not there,
//! and what a score's causes say has no row of its own. The foot names the rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    finding::{Finding, SCORE, ScoreCause},
    rule::{Topic, Watch},
    transitions::{Notification, Reason},
};
use crate::{
    card::{Block, Card, Cell, Column, Fact, TableRow, Tone, Word, cell::ControlLabel},
    skills::{TenantFacts, wording},
    text::{Spans, count, cut, first_of, in_quotes, sentence_case},
};

/// How many rows one message lists.
pub(super) const ROWS_MAX: usize = 10;
/// The longest title of a message, in characters: a subject of a mail, a line on a phone.
pub(super) const TITLE_MAX: usize = 120;
/// How much of the title of a control stands in a sentence, in characters.
pub(super) const NAME_MAX: usize = 60;
/// The columns of what rows say of controls, in their order.
const TYPED: [Column; 7] = [Column::Change, Column::Move, Column::Standing, Column::State, Column::Decided, Column::Until, Column::Forgone];
/// How many statuses are counted above several controls.
const STATUSES_MAX: usize = 3;
/// How many tenants a title names.
const TENANTS_NAMED: usize = 2;
/// What stands under a finding that may be gone tomorrow, and in the row of one of several.
const MAY_CORRECT: &str = "This may correct itself: the value fluctuates, or is counted again every day.";
const MAY_CORRECT_ROW: &str = "may correct itself";
/// What that means.
const MAY_CORRECT_SOME: &str = "Values that may correct themselves fluctuate, or are counted again every day.";

/// The card that says what `notifications` say of one event; `names` is whether its readers may see names of people. `None` when there is nothing to notify of.
pub fn alert_card(notifications: &[Notification<'_>], names: bool) -> Option<Card> {
    let card = match (one_tenant(notifications.iter().map(|one| one.tenant)), distinct(notifications).as_slice()) {
        (_, []) => return None,
        (None, many) => of_tenants(many),
        (Some(_), [one]) => single(one, Vec::new(), names),
        (Some(tenant), many) => match headline(many) {
            Some(first) => {
                let rest: Vec<_> = many.iter().filter(|one| !std::ptr::eq(**one, first)).copied().collect();
                single(first, rows(&rest, names), names)
            }
            None => several(tenant, many, names),
        },
    };
    Some(signed(notifications.iter().map(|one| &*one.rule.name), card))
}

/// Whether such a card shows names of people, to readers who may see them.
pub(super) fn shows_names(notifications: &[Notification<'_>]) -> bool {
    notifications.iter().any(|one| one.finding.who.is_some() || one.finding.owner.is_some())
}

/// `card` with the names of the rules that found it.
pub(super) fn signed<'a>(rules: impl Iterator<Item = &'a str>, card: Card) -> Card {
    let rules: BTreeSet<&str> = rules.collect();
    let alert = if rules.len() == 1 { "alert" } else { "alerts" };
    let rules: Vec<&str> = rules.into_iter().collect();
    Card { foot: format!("{alert} {} · {}", rules.join(", "), card.foot), ..card }
}

/// What of `notifications` says something that the rest does not: of rules of one kind one finding for each subject, the worst; and no control that the
/// causes of the score's own news name already; nor what another rule says of the same control, and more of it.
fn distinct<'n, 'a>(notifications: &'n [Notification<'a>]) -> Vec<&'n Notification<'a>> {
    let mut distinct: Vec<&Notification<'a>> = Vec::with_capacity(notifications.len());
    for notification in notifications {
        let same = |other: &&mut &Notification<'a>| {
            let (a, b) = (&other.finding.subject, &notification.finding.subject);
            a == b && other.rule.watch.kind() == notification.rule.watch.kind() && other.tenant.name == notification.tenant.name
        };
        match distinct.iter_mut().find(same) {
            Some(other) if notification.finding.badness > other.finding.badness => *other = notification,
            Some(_) => {}
            None => distinct.push(notification),
        }
    }
    let all = distinct.clone();
    distinct.retain(|one| !all.iter().any(|other| says_more(other, one)));
    let Some(first) = headline(&distinct) else { return distinct };
    let is_cause = |notification: &Notification<'_>| {
        let about_points = notification.finding.control && notification.rule.watch.topic() == Topic::Points;
        about_points && first.finding.causes.iter().any(|cause| cause.name == notification.finding.subject)
    };
    distinct.into_iter().filter(|notification| !is_cause(notification)).collect()
}

/// Whether `other` says all that `one` says: who accepts a risk sets its status, and a control that is removed is one that lost its points.
fn says_more(other: &Notification<'_>, one: &Notification<'_>) -> bool {
    let same = other.tenant.name == one.tenant.name && other.finding.subject == one.finding.subject;
    same && match (&other.rule.watch, &one.rule.watch) {
        (Watch::RiskAccepted { .. }, Watch::StatusChanged(_)) => true,
        (Watch::ControlRegresses { .. }, Watch::ControlRemoved(_)) => other.finding.stands.is_none(),
        _ => false,
    }
}

/// The news of the score itself, which comes before those of its controls.
fn headline<'n, 'a>(notifications: &[&'n Notification<'a>]) -> Option<&'n Notification<'a>> {
    let of = |falls: bool| {
        notifications.iter().find(move |one| one.finding.subject == SCORE && matches!(one.rule.watch, Watch::ScoreFalls(_)) == falls)
    };
    of(true).or_else(|| of(false)).copied()
}

fn title(place: &str, so: &str, news: &str) -> String {
    let so = if so.is_empty() { String::new() } else { format!(", {so}") };
    cut(&format!("{place}{so}: {news}"), TITLE_MAX)
}

pub(super) fn place(tenant: &TenantFacts) -> String {
    sentence_case(&tenant.name)
}

/// Why `notification` is sent now, in a word; nothing where it is new.
fn so(notification: &Notification<'_>) -> &'static str {
    match notification.reason {
        Reason::New => "",
        Reason::Worse => notification.finding.worse.unwrap_or("worse"),
        Reason::Still => "still",
        Reason::SnoozeEnded => "snooze ended",
    }
}

/// The same of several, where it is the same.
fn so_of(notifications: &[&Notification<'_>]) -> &'static str {
    let first = notifications.first().map_or("", |one| so(one));
    if notifications.iter().all(|one| so(one) == first) { first } else { "" }
}

/// The card of `notification`, with `others` of the same event below it.
fn single(notification: &Notification<'_>, others: Vec<Block>, names: bool) -> Card {
    let tenant = notification.tenant;
    let Finding { subject, title: called, control, news, why, who, owner, causes, may_correct, from, .. } = &notification.finding;
    let title = title(&place(tenant), so(notification), news);
    let mut blocks = led(lead(tenant, &notification.finding));
    let mut facts = Vec::new();
    if *control && !title.contains(called.as_str()) {
        facts.push(fact("Control", format!("{called} [{}]", cut(subject, TITLE_MAX))));
    } else if *control && called != subject {
        facts.push(fact("Control", cut(subject, TITLE_MAX)));
    }
    facts.extend(who.iter().filter(|_| names).map(|who| fact("Who", who.clone())));
    facts.extend(owner.iter().filter(|_| names).map(|owner| fact("Owner", owner.clone())));
    facts.extend(notification.before.map(|before| fact("First notified", wording::minute(before.first))));
    if !facts.is_empty() {
        blocks.push(Block::Facts(facts));
    }
    if !causes.is_empty() {
        blocks.push(causes_table(tenant, causes));
    }
    if !why.is_empty() {
        blocks.push(Block::Text { heading: "Why".to_owned(), spans: Spans::plain(why) });
    }
    if *may_correct {
        blocks.push(Block::Note(MAY_CORRECT.to_owned()));
    }
    blocks.extend(others);
    let about = control.then_some(&**subject).or_else(|| causes.first().map(|cause| cause.name.as_str()).filter(|_| causes.len() == 1));
    onward(&notification.finding, wording::card(tenant, about, *from, title, blocks))
}

/// `card` as what `finding` is about leads on: where no score is read, nothing changed either, and a credential is seen to elsewhere than a score.
fn onward(finding: &Finding, mut card: Card) -> Card {
    if !finding.control && finding.subject != SCORE {
        card.next.clear();
    }
    card.link = finding.link.clone().or(card.link);
    card
}

/// What the title of a finding does not say: from where to where, and since when.
fn lead(tenant: &TenantFacts, finding: &Finding) -> Vec<Word> {
    let Finding { subject, news, detail, moved, event, from, .. } = finding;
    let tone = if *event { Tone::Warn } else { Tone::Bad };
    // What judges comes first, whatever it says: platforms colour an alert by it.
    let first = if news.contains(detail.as_str()) { news } else { detail };
    let mut lead = vec![Word::toned(sentence(first), tone)];
    if subject == SCORE && moved.is_some() {
        lead.extend(standing(tenant).into_iter().skip(1));
    }
    let since = from.map(|from| format!("since {from}"));
    lead.extend(since.filter(|since| !news.contains(since)).map(Word::plain));
    lead
}

/// Where the score of `tenant` stands: its points, and their share.
pub(super) fn standing(tenant: &TenantFacts) -> Vec<Word> {
    let Some(newest) = tenant.history.newest() else { return Vec::new() };
    let percent = newest.percent().map(|percent| Word::plain(format!("{} %", wording::points(percent))));
    [Word::plain(wording::of(newest.points, newest.maximum))].into_iter().chain(percent).collect()
}

/// `lead` as the first block, if it says anything.
pub(super) fn led(lead: Vec<Word>) -> Vec<Block> {
    if lead.is_empty() { Vec::new() } else { vec![Block::Lead(lead)] }
}

/// The control called `name`, with its title.
fn named_control(name: &str, title: &str) -> Cell {
    Cell::Control(ControlLabel { id: name.to_owned(), title: Some(title.to_owned()), ..ControlLabel::default() })
}

fn fact(label: &str, value: String) -> Fact {
    Fact::new(label, Word::plain(value))
}

/// `news` with a capital first.
pub(super) fn sentence(news: &str) -> String {
    let mut letters = news.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn causes_table(tenant: &TenantFacts, causes: &[ScoreCause]) -> Block {
    let columns = vec![Column::Control, Column::Move, Column::Why];
    let rows = causes.iter().map(|ScoreCause { name, title, moved, why }| {
        let cells = vec![named_control(name, title), moved.clone(), Word::toned(why.clone(), Tone::Quiet).into()];
        wording::control_row(tenant, name, title, cells)
    });
    Block::table(columns, rows.collect())
}

fn several(tenant: &TenantFacts, notifications: &[&Notification<'_>], names: bool) -> Card {
    let mut blocks = led(lead_of_several(tenant, notifications));
    blocks.extend(rows(notifications, names));
    let of_kind = |kind: &str| notifications.iter().filter(|one| one.rule.watch.kind() == kind).copied().collect::<Vec<_>>();
    let news: Vec<String> = Watch::KINDS.iter().filter_map(|kind| news_of(&of_kind(kind))).collect();
    let from = notifications.iter().filter_map(|one| one.finding.from).min();
    let card = wording::card(tenant, None, from, title(&place(tenant), so_of(notifications), &news.join("; ")), blocks);
    match worst_first(notifications).first() {
        Some(worst) => onward(&worst.finding, card),
        None => card,
    }
}

fn worst_first<'n, 'a>(notifications: &[&'n Notification<'a>]) -> Vec<&'n Notification<'a>> {
    let mut sorted = notifications.to_vec();
    sorted.sort_by(|a, b| b.finding.badness.total_cmp(&a.finding.badness));
    sorted
}

/// What `notifications` of one kind say together, in a line.
fn news_of(notifications: &[&Notification<'_>]) -> Option<String> {
    let number = notifications.len();
    if let [only] = notifications {
        return Some(only.finding.news.clone());
    }
    let lost: f64 = notifications.iter().filter_map(|one| one.finding.moved).sum();
    let named = || first_of(&worst_first(notifications).iter().map(|one| in_quotes(&one.finding.title, NAME_MAX)).collect::<Vec<_>>(), 1);
    Some(match notifications.first()?.rule.watch {
        Watch::ControlRegresses { .. } => format!("{}: {} slipped", wording::moved(lost), count(number, "control")),
        Watch::ControlNew(_) => format!("{}: {}", count(number, "new control"), named()),
        Watch::ControlRemoved(_) => format!("{} were removed: {}", count(number, "control"), named()),
        Watch::StatusChanged(_) => format!("{} changed status: {}", count(number, "control"), named()),
        Watch::RiskAccepted { .. } => format!("{} were accepted: {}", count(number, "risk"), named()),
        Watch::AcceptanceEnds => format!("{} expired: {}", count(number, "acceptance"), named()),
        Watch::ScoreFalls(_) | Watch::ScoreBelow(_) | Watch::NoData { .. } | Watch::SignIn { .. } => {
            notifications.iter().map(|one| one.finding.news.as_str()).collect::<Vec<_>>().join("; ")
        }
    })
}

/// A table of `notifications`, the worst first, and what is to be said below it.
fn rows(notifications: &[&Notification<'_>], names: bool) -> Vec<Block> {
    let sorted = worst_first(notifications);
    let shown = || sorted.iter().take(ROWS_MAX);
    if sorted.is_empty() {
        return Vec::new();
    }
    let columns = [Column::Subject].iter().chain(&TYPED).chain(&[Column::By, Column::Owner, Column::Why]).cloned();
    let mut blocks = vec![Block::table(columns.collect(), shown().map(|one| row(one, names)).collect())];
    if sorted.len() > ROWS_MAX {
        blocks.push(Block::Note(format!("And {} more.", sorted.len() - ROWS_MAX)));
    }
    if shown().any(|one| one.finding.may_correct) {
        blocks.push(Block::Note(MAY_CORRECT_SOME.to_owned()));
    }
    blocks
}

/// What the title of several findings does not say: where the score stands by now, or what is forgone together. As red as one of them.
fn lead_of_several(tenant: &TenantFacts, notifications: &[&Notification<'_>]) -> Vec<Word> {
    let lasts = notifications.iter().any(|one| !one.finding.event);
    let tone = if lasts { Tone::Bad } else { Tone::Warn };
    // What was decided is told with what it did to points; those come first.
    let mut lead = match notifications.iter().map(|one| one.rule.watch.topic()).min() {
        Some(Topic::Points) => {
            let from = notifications.iter().filter_map(|one| one.finding.from).min();
            standing(tenant).into_iter().chain(from.map(|from| Word::plain(format!("since {from}")))).collect()
        }
        Some(Topic::Decisions) if notifications.iter().all(|one| matches!(one.rule.watch, Watch::StatusChanged(_))) => {
            new_statuses(notifications)
        }
        Some(Topic::Decisions) => {
            let accepted = |one: &&&Notification<'_>| one.finding.status.as_ref().is_none_or(|status| status.accepted);
            let notifications: Vec<_> = notifications.iter().filter(accepted).collect();
            let known: Vec<f64> = notifications.iter().filter_map(|one| one.finding.forgone).collect();
            let unknown = notifications.len() - known.len();
            let together = if known.is_empty() {
                "points forgone are not known".to_owned()
            } else {
                format!("{} forgone together", wording::amount(known.iter().sum()))
            };
            let rest = (unknown > 0 && !known.is_empty()).then(|| Word::plain(format!("not known of {}", count(unknown, "control"))));
            std::iter::once(Word::plain(sentence(&together))).chain(rest).collect()
        }
        Some(Topic::Readings) | None => vec![Word::plain("The score is no longer fetched, or soon will not be")],
    };
    if let Some(first) = lead.first_mut() {
        first.tone = tone;
    }
    lead
}

/// How many controls have which status now, the most frequent first.
fn new_statuses(notifications: &[&Notification<'_>]) -> Vec<Word> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for status in notifications.iter().filter_map(|one| one.finding.status.as_ref()) {
        *numbers.entry(&status.now).or_default() += 1;
    }
    let mut numbers: Vec<(&str, usize)> = numbers.into_iter().collect();
    numbers.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let more = numbers.len().saturating_sub(STATUSES_MAX);
    let mut words: Vec<Word> = numbers
        .iter()
        .take(STATUSES_MAX)
        .map(|(status, number)| Word::plain(format!("{} now {status}", count(*number, "control"))))
        .collect();
    let other = if more == 1 { "1 other status".to_owned() } else { format!("{more} other statuses") };
    words.extend((more > 0).then(|| Word::plain(format!("and {other}"))));
    words
}

fn row(notification: &Notification<'_>, names: bool) -> TableRow {
    let Finding { subject, title, control, news, cells, why, may_correct, who, owner, .. } = &notification.finding;
    let shown = if *control && title != subject { named_control(subject, title) } else { Cell::text(title) };
    let typed = |column: &Column| match cells.iter().find(|(of, _)| of == column) {
        Some((_, cell)) => cell.clone(),
        None if *column == Column::State && !control => Word::toned(sentence(news), Tone::Bad).into(),
        None if *column == Column::State && *may_correct => Word::toned(MAY_CORRECT_ROW, Tone::Warn).into(),
        None => Cell::Empty,
    };
    let person = |name: &Option<String>| Cell::person(name.as_deref().filter(|_| names));
    let last = [person(who), person(owner), Word::toned(why.clone(), Tone::Quiet).into()];
    let cells: Vec<Cell> = std::iter::once(shown).chain(TYPED.iter().map(typed)).chain(last).collect();
    if *control { wording::control_row(notification.tenant, subject, title, cells) } else { TableRow::from(cells) }
}

/// What several tenants have in common: the news once, then each of them, and all of them by name.
fn of_tenants(notifications: &[&Notification<'_>]) -> Card {
    let sorted = worst_first(notifications);
    let names: BTreeSet<&str> = notifications.iter().map(|one| &*one.tenant.name).collect();
    let Some(first) = sorted.first() else { return Card::new("", Vec::new(), "") };
    let mut blocks =
        vec![Block::Lead(vec![Word::toned(sentence(first.finding.news.as_str()), Tone::Bad), Word::plain(count(names.len(), "tenant"))])];
    let shown: Vec<_> = sorted.iter().take(ROWS_MAX).collect();
    let rows = shown.iter().map(|one| {
        let Finding { news, detail, .. } = &one.finding;
        TableRow::from(vec![Word::plain(place(one.tenant)), Word::toned(sentence(news), Tone::Bad), Word::plain(detail.clone())])
    });
    blocks.push(Block::table(vec![Column::Tenant, Column::State, Column::words("detail")], rows.collect()));
    blocks.extend(the_rest(&names, &shown.iter().map(|one| &*one.tenant.name).collect()));
    if !first.finding.why.is_empty() {
        let heading = format!("Why, as of {}", first.tenant.name);
        blocks.push(Block::Text { heading, spans: Spans::plain(&first.finding.why) });
    }
    let card = Card::new(title(&named_tenants(&names), so_of(notifications), &first.finding.news), blocks, count(names.len(), "tenant"));
    Card { link: first.finding.link.clone(), ..card }
}

/// Tenants, as a title names them.
pub(super) fn named_tenants(names: &BTreeSet<&str>) -> String {
    sentence_case(&first_of(&names.iter().collect::<Vec<_>>(), TENANTS_NAMED))
}

/// The tenants that have no row, all of them by name.
pub(super) fn the_rest(names: &BTreeSet<&str>, shown: &BTreeSet<&str>) -> Option<Block> {
    let rest: Vec<&str> = names.difference(shown).copied().collect();
    (!rest.is_empty()).then(|| Block::Text { heading: "Also".to_owned(), spans: Spans::plain(&rest.join(", ")) })
}

/// The tenant that all of it is about; `None` where that is several.
pub(super) fn one_tenant<'a>(mut tenants: impl Iterator<Item = &'a TenantFacts>) -> Option<&'a TenantFacts> {
    let first = tenants.next()?;
    tenants.all(|tenant| tenant.name == first.name).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_become_sentences() {
        assert_eq!(sentence("the sign-in fails"), "The sign-in fails");
        assert_eq!(sentence(""), "");
    }
}
