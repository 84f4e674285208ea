//! How is an alert said, and its end? The news in the title, why in the card, and where to go on. Days, never ages: a card is kept.
//!
//! What one rule finds in one tenant at the same time is one message, however much it is.

use super::{Finding, How, Over, Telling, Watch, find::SCORE};
use crate::{
    card::{Block, Card, Column, Fact, TableRow, Tone, Word},
    skills::{TenantFacts, tell},
    text::{Spans, count, cut, sentence_case},
};

/// How many rows one message lists.
const ROWS_MAX: usize = 10;
/// The longest title of a message, in characters: a subject of a mail, a line on a phone.
const TITLE_MAX: usize = 120;
/// What stands under a finding that may be gone tomorrow.
const MAY_CORRECT: &str = "This may correct itself: its number flaps, or is counted anew every day.";

/// The card that tells `tellings` of a rule that watches `tenant`; `names` is whether its readers may see names of people. `None` when
/// there is nothing to tell.
pub fn alert_card(watch: &Watch, tenant: &TenantFacts, tellings: &[Telling], names: bool) -> Option<Card> {
    match tellings {
        [] => None,
        [one] => Some(single(tenant, one, names)),
        many => Some(several(watch, tenant, many, names)),
    }
}

/// Whether such a card shows names of people, to readers who may see them.
pub fn shows_names(tellings: &[Telling]) -> bool {
    tellings.iter().any(|telling| telling.finding.who.is_some())
}

fn title(tenant: &TenantFacts, how: How, news: &str) -> String {
    let so = match how {
        How::New => "",
        How::Worse => ", worse",
        How::Still => ", still",
    };
    cut(&format!("{}{so}: {news}", sentence_case(&tenant.name)), TITLE_MAX)
}

fn single(tenant: &TenantFacts, telling: &Telling, names: bool) -> Card {
    let Finding { subject, title: called, control, news, cell, why, who, causes, moved, may_correct, from, .. } = &telling.finding;
    let tone = if telling.finding.event { Tone::Warn } else { Tone::Bad };
    let mut lead: Vec<Word> = moved.iter().map(|moved| Word::toned(tell::moved(*moved), Tone::Bad)).collect();
    lead.push(if moved.is_some() { Word::plain(cell.clone()) } else { Word::toned(sentence(news), tone) });
    lead.extend(from.map(|from| Word::plain(format!("since {from}"))));
    let mut blocks = vec![Block::Lead(lead)];
    let mut facts = Vec::new();
    if *control {
        facts.push(fact("Control", format!("{called} [{}]", cut(subject, TITLE_MAX))));
        facts.extend(moved.is_none().then(|| fact("State", cell.clone())));
    }
    facts.extend(who.iter().filter(|_| names).map(|who| fact("Who", who.clone())));
    facts.extend(telling.first.map(|first| fact("First told", tell::minute(first))));
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
    let about = control.then_some(&**subject).or_else(|| causes.first().map(|(name, ..)| name.as_str()).filter(|_| causes.len() == 1));
    tell::card(tenant, about, *from, title(tenant, telling.how, news), blocks)
}

fn fact(label: &str, value: String) -> Fact {
    Fact { label: label.to_owned(), value: Word::plain(value) }
}

/// `news` with a capital first.
fn sentence(news: &str) -> String {
    let mut letters = news.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn causes_table(tenant: &TenantFacts, causes: &[(String, String, f64, String)]) -> Block {
    let columns = vec![Column::words("control"), Column::words("move"), Column::words("why")];
    let rows = causes.iter().map(|(name, title, moved, why)| {
        let cells = vec![
            Word::plain(format!("{title} [{name}]")),
            Word::toned(tell::moved(*moved), Tone::of_move(*moved)),
            Word::toned(why.clone(), Tone::Quiet),
        ];
        tell::control_row(tenant, name, title, cells)
    });
    Block::Table { columns, rows: rows.collect() }
}

fn several(watch: &Watch, tenant: &TenantFacts, tellings: &[Telling], names: bool) -> Card {
    let mut sorted: Vec<&Telling> = tellings.iter().collect();
    sorted.sort_by(|a, b| b.finding.badness.total_cmp(&a.finding.badness));
    let alike = |how: &How| tellings.iter().all(|telling| telling.how == *how);
    let how = [How::Still, How::Worse].into_iter().find(alike).unwrap_or(How::New);
    let number = tellings.len();
    let lost: f64 = tellings.iter().filter_map(|telling| telling.finding.moved).sum();
    let news = match watch {
        Watch::ControlRegresses { .. } => format!("{}: {} slipped", tell::moved(lost), count(number, "control")),
        Watch::ControlNew(_) => count(number, "new control"),
        Watch::RiskAccepted { .. } => format!("{} were accepted", count(number, "risk")),
        Watch::AcceptanceEnds => format!("{} are past their day", count(number, "acceptance")),
        Watch::ScoreFalls(_) | Watch::ScoreBelow(_) | Watch::NoData { .. } | Watch::SignIn { .. } => {
            tellings.iter().map(|telling| telling.finding.news.as_str()).collect::<Vec<_>>().join("; ")
        }
    };
    let who = names && shows_names(tellings);
    let mut columns = vec![Column::words("what"), Column::words("state")];
    columns.extend(who.then(|| Column::words("who")));
    columns.push(Column::words("why"));
    let rows = sorted.iter().take(ROWS_MAX).map(|telling| row(tenant, telling, who));
    let tone = if matches!(watch, Watch::ControlNew(_)) { Tone::Strong } else { Tone::Bad };
    let mut blocks = vec![Block::Lead(vec![Word::toned(sentence(&news), tone)]), Block::Table { columns, rows: rows.collect() }];
    if number > ROWS_MAX {
        blocks.push(Block::Note(format!("And {} more.", number - ROWS_MAX)));
    }
    let flapping = tellings.iter().filter(|telling| telling.finding.may_correct).count();
    if flapping > 0 {
        blocks.push(Block::Note(format!("{flapping} of them may correct themselves: their numbers flap, or are counted anew every day.")));
    }
    let from = tellings.iter().filter_map(|telling| telling.finding.from).min();
    tell::card(tenant, None, from, title(tenant, how, &news), blocks)
}

fn row(tenant: &TenantFacts, telling: &Telling, who: bool) -> TableRow {
    let Finding { subject, title, control, cell, why, .. } = &telling.finding;
    let shown = if *control { format!("{title} [{subject}]") } else { title.clone() };
    let moved = telling.finding.moved.map_or_else(String::new, |moved| format!("{}, ", tell::moved(moved)));
    let mut cells = vec![Word::plain(shown), Word::toned(format!("{moved}{cell}"), Tone::Bad)];
    if who {
        cells.push(Word::plain(telling.finding.who.clone().unwrap_or_default()));
    }
    cells.push(Word::toned(why.clone(), Tone::Quiet));
    if *control { tell::control_row(tenant, subject, title, cells) } else { TableRow::from(cells) }
}

/// The card that tells that `over` is over. `still` is how much of what was told with it is not.
pub fn over_card(tenant: &TenantFacts, over: &[Over], still: usize) -> Option<Card> {
    let place = sentence_case(&tenant.name);
    let first = over.first()?;
    let news = |over: &Over| over.news.clone().unwrap_or_default();
    let title = match over {
        [only] => format!("{place}, over: {}", news(only)),
        many => format!("{place}, over: {}", count(many.len(), "alert")),
    };
    let lead = match over {
        [only] => sentence(&news(only)),
        many => format!("{} are over.", count(many.len(), "alert")),
    };
    let mut blocks = vec![Block::Lead(vec![Word::toned(lead, Tone::Good)])];
    if over.len() > 1 {
        let rows = over.iter().take(ROWS_MAX).map(|over| TableRow::from(vec![Word::plain(sentence(&news(over)))]));
        blocks.push(Block::Table { columns: vec![Column::words("over")], rows: rows.collect() });
    }
    if over.len() > ROWS_MAX {
        blocks.push(Block::Note(format!("And {} more.", over.len() - ROWS_MAX)));
    }
    if still > 0 {
        blocks.push(Block::Note(format!("{still} more of that message {} not over.", if still == 1 { "is" } else { "are" })));
    }
    let control = (over.len() == 1 && tenant.catalogue.get(&first.subject).is_some()).then_some(&*first.subject);
    let since = tenant.history.newest().filter(|_| first.subject == SCORE).and_then(|newest| tenant.history.before(newest.day));
    Some(tell::card(tenant, control, since.map(|day| day.day), cut(&title, TITLE_MAX), blocks))
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
