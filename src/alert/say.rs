//! How is an alert said, and its end? The news in the title, what it rests on in the card, and where to go on. Days, never ages: a card is kept.
//!
//! What one rule finds in one tenant at the same time is one message, however much it is. Nothing is said twice: the lead says what the title
//! does not, or is not there. The foot names the rule, since two of them may tell the same move.

use super::{Cause, Finding, How, Over, Rule, Telling, Watch, find::SCORE};
use crate::{
    card::{Block, Card, Column, Fact, TableRow, Tone, Word},
    score::same_points,
    skills::{TenantFacts, tell},
    text::{Spans, count, cut, first_of, in_quotes, sentence_case},
};

/// How many rows one message lists.
const ROWS_MAX: usize = 10;
/// The longest title of a message, in characters: a subject of a mail, a line on a phone.
const TITLE_MAX: usize = 120;
/// How much of a title stands in a sentence, and how many of them.
const NAMED: (usize, usize) = (60, 3);
/// What stands under a finding that may be gone tomorrow, and in the row of one of several.
const MAY_CORRECT: &str = "This may correct itself: its number flaps, or is counted anew every day.";
const MAY_CORRECT_ROW: &str = ", may correct itself";
/// What that means.
const MAY_CORRECT_SOME: &str = "What may correct itself has a number that flaps, or is counted anew every day.";

/// The card that tells `tellings` of `rule`, which watches `tenant`; `names` is whether its readers may see names of people. `None` when
/// there is nothing to tell.
pub fn alert_card(rule: &Rule, tenant: &TenantFacts, tellings: &[Telling], names: bool) -> Option<Card> {
    match tellings {
        [] => None,
        [one] => Some(signed(rule, single(tenant, one, names))),
        many => Some(signed(rule, several(&rule.watch, tenant, many, names))),
    }
}

/// Whether such a card shows names of people, to readers who may see them.
pub fn shows_names(tellings: &[Telling]) -> bool {
    tellings.iter().any(|telling| telling.finding.who.is_some() || telling.finding.owner.is_some())
}

/// `card` with the name of the rule that tells it.
fn signed(rule: &Rule, card: Card) -> Card {
    Card { foot: format!("alert {} · {}", rule.name, card.foot), ..card }
}

fn title(tenant: &TenantFacts, so: &str, news: &str) -> String {
    let so = if so.is_empty() { String::new() } else { format!(", {so}") };
    cut(&format!("{}{so}: {news}", sentence_case(&tenant.name)), TITLE_MAX)
}

/// Why `telling` is told now, in a word; nothing where it is new.
fn so(telling: &Telling) -> &'static str {
    match telling.how {
        How::New => "",
        How::Worse => telling.finding.worse.unwrap_or("worse"),
        How::Still => "still",
        How::SnoozeEnded => "snooze ended",
    }
}

fn single(tenant: &TenantFacts, telling: &Telling, names: bool) -> Card {
    let Finding { subject, title: called, control, news, why, who, owner, causes, may_correct, from, .. } = &telling.finding;
    let title = title(tenant, so(telling), news);
    let mut blocks = led(lead(tenant, &telling.finding));
    let mut facts = Vec::new();
    if *control && !title.contains(called.as_str()) {
        facts.push(fact("Control", format!("{called} [{}]", cut(subject, TITLE_MAX))));
    } else if *control && called != subject {
        facts.push(fact("Control", cut(subject, TITLE_MAX)));
    }
    facts.extend(who.iter().filter(|_| names).map(|who| fact("Who", who.clone())));
    facts.extend(owner.iter().filter(|_| names).map(|owner| fact("Owner", owner.clone())));
    facts.extend(telling.first.map(|first| fact("First notified", tell::minute(first))));
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
    let about = control.then_some(&**subject).or_else(|| causes.first().map(|cause| cause.name.as_str()).filter(|_| causes.len() == 1));
    onward(&telling.finding, tell::card(tenant, about, *from, title, blocks))
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
    let Finding { subject, news, cell, moved, event, from, .. } = finding;
    let tone = if *event { Tone::Warn } else { Tone::Bad };
    // What judges comes first, whatever it says: platforms colour an alert by it.
    let first = if news.contains(cell.as_str()) { news } else { cell };
    let mut lead = vec![Word::toned(sentence(first), tone)];
    if subject == SCORE && moved.is_some() {
        lead.extend(standing(tenant).into_iter().skip(1));
    }
    let since = from.map(|from| format!("since {from}"));
    lead.extend(since.filter(|since| !news.contains(since)).map(Word::plain));
    lead
}

/// Where the score of `tenant` stands: its points, and their share.
fn standing(tenant: &TenantFacts) -> Vec<Word> {
    let Some(newest) = tenant.history.newest() else { return Vec::new() };
    let percent = newest.percent().map(|percent| Word::plain(format!("{} %", tell::points(percent))));
    [Word::plain(tell::of(newest.points, newest.maximum))].into_iter().chain(percent).collect()
}

/// `lead` as the first block, if it says anything.
fn led(lead: Vec<Word>) -> Vec<Block> {
    if lead.is_empty() { Vec::new() } else { vec![Block::Lead(lead)] }
}

fn fact(label: &str, value: String) -> Fact {
    Fact { label: label.to_owned(), value: Word::plain(value) }
}

/// `news` with a capital first.
fn sentence(news: &str) -> String {
    let mut letters = news.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn causes_table(tenant: &TenantFacts, causes: &[Cause]) -> Block {
    let columns = vec![Column::words("control"), Column::words("change"), Column::words("why")];
    let rows = causes.iter().map(|Cause { name, title, moved, maximum, why }| {
        let change = match (same_points(*moved, 0.0), same_points(*maximum, 0.0)) {
            (_, true) => tell::moved(*moved),
            (true, false) => format!("maximum {}", tell::moved(*maximum)),
            (false, false) => format!("{}, maximum {}", tell::moved(*moved), tell::moved(*maximum)),
        };
        let tone = if same_points(*moved, 0.0) { Tone::Warn } else { Tone::of_move(*moved) };
        let cells = vec![Word::plain(format!("{title} [{name}]")), Word::toned(change, tone), Word::toned(why.clone(), Tone::Quiet)];
        tell::control_row(tenant, name, title, cells)
    });
    Block::table(columns, rows.collect())
}

fn several(watch: &Watch, tenant: &TenantFacts, tellings: &[Telling], names: bool) -> Card {
    let mut sorted: Vec<&Telling> = tellings.iter().collect();
    sorted.sort_by(|a, b| b.finding.badness.total_cmp(&a.finding.badness));
    let first = tellings.first().map_or("", so);
    let so = if tellings.iter().all(|telling| so(telling) == first) { first } else { "" };
    let number = tellings.len();
    let lost: f64 = tellings.iter().filter_map(|telling| telling.finding.moved).sum();
    let news = match watch {
        Watch::ControlRegresses { .. } => format!("{}: {} slipped", tell::moved(lost), count(number, "control")),
        Watch::ControlNew(_) => count(number, "new control"),
        Watch::RiskAccepted { .. } => format!("{} were accepted", count(number, "risk")),
        Watch::AcceptanceEnds => format!("{} ended", count(number, "acceptance")),
        Watch::ScoreFalls(_) | Watch::ScoreBelow(_) | Watch::NoData { .. } | Watch::SignIn { .. } => {
            tellings.iter().map(|telling| telling.finding.news.as_str()).collect::<Vec<_>>().join("; ")
        }
    };
    let columns = ["what", "state", "who", "owner", "why"].map(Column::words).to_vec();
    let rows = sorted.iter().take(ROWS_MAX).map(|telling| row(tenant, telling, names));
    let from = tellings.iter().filter_map(|telling| telling.finding.from).min();
    let mut blocks = led(lead_of_several(watch, tenant, tellings));
    blocks.push(Block::table(columns, rows.collect()));
    if number > ROWS_MAX {
        blocks.push(Block::Note(format!("And {} more.", number - ROWS_MAX)));
    }
    if sorted.iter().take(ROWS_MAX).any(|telling| telling.finding.may_correct) {
        blocks.push(Block::Note(MAY_CORRECT_SOME.to_owned()));
    }
    let card = tell::card(tenant, None, from, title(tenant, so, &news), blocks);
    match sorted.first() {
        Some(worst) => onward(&worst.finding, card),
        None => card,
    }
}

/// What the title of several findings does not say: where the score stands by now, or what is forgone together. As red as one of them.
fn lead_of_several(watch: &Watch, tenant: &TenantFacts, tellings: &[Telling]) -> Vec<Word> {
    let lasts = tellings.iter().any(|telling| !telling.finding.event);
    let tone = if lasts { Tone::Bad } else { Tone::Warn };
    let mut lead = match watch {
        Watch::ControlRegresses { .. } | Watch::ControlNew(_) => {
            let from = tellings.iter().filter_map(|telling| telling.finding.from).min();
            standing(tenant).into_iter().chain(from.map(|from| Word::plain(format!("since {from}")))).collect()
        }
        Watch::RiskAccepted { .. } | Watch::AcceptanceEnds => {
            let known: Vec<f64> = tellings.iter().filter_map(|telling| telling.finding.forgone).collect();
            let unknown = tellings.len() - known.len();
            let together = if known.is_empty() {
                "points forgone are not known".to_owned()
            } else {
                format!("{} forgone together", tell::amount(known.iter().sum()))
            };
            let rest = (unknown > 0 && !known.is_empty()).then(|| Word::plain(format!("not known of {}", count(unknown, "control"))));
            std::iter::once(Word::plain(sentence(&together))).chain(rest).collect()
        }
        Watch::ScoreFalls(_) | Watch::ScoreBelow(_) | Watch::NoData { .. } | Watch::SignIn { .. } => {
            vec![Word::plain("No score is read, or will be soon")]
        }
    };
    if let Some(first) = lead.first_mut() {
        first.tone = tone;
    }
    lead
}

fn row(tenant: &TenantFacts, telling: &Telling, names: bool) -> TableRow {
    let Finding { subject, title, control, news, cell, why, moved, may_correct, who, owner, .. } = &telling.finding;
    let state = if *control { cell.clone() } else { sentence(news) };
    let shown = if *control && title != subject { format!("{title} [{subject}]") } else { title.clone() };
    let moved = moved.map_or_else(String::new, |moved| format!("{}, ", tell::moved(moved)));
    let flaps = if *may_correct { MAY_CORRECT_ROW } else { "" };
    let person = |name: &Option<String>| Word::plain(name.clone().filter(|_| names).unwrap_or_default());
    let cells = vec![
        Word::plain(shown),
        Word::toned(format!("{moved}{state}{flaps}"), Tone::Bad),
        person(who),
        person(owner),
        Word::toned(why.clone(), Tone::Quiet),
    ];
    if *control { tell::control_row(tenant, subject, title, cells) } else { TableRow::from(cells) }
}

/// The card that tells that `over`, which `rule` found, is resolved. `still` are the titles of what was told with it and is not.
pub fn over_card(rule: &Rule, tenant: &TenantFacts, over: &[Over], still: &[&str]) -> Option<Card> {
    let place = sentence_case(&tenant.name);
    let first = over.first()?;
    let news = |over: &Over| over.news.clone().unwrap_or_default();
    let title = match over {
        [only] => format!("{place}, resolved: {}", news(only)),
        many => format!("{place}, resolved: {}", count(many.len(), "alert")),
    };
    let mut blocks = led(match &rule.watch {
        Watch::ScoreFalls(_) | Watch::ScoreBelow(_) | Watch::ControlRegresses { .. } => standing(tenant),
        Watch::ControlNew(_) | Watch::RiskAccepted { .. } | Watch::AcceptanceEnds | Watch::NoData { .. } | Watch::SignIn { .. } => {
            Vec::new()
        }
    });
    if over.len() > 1 {
        let rows = over.iter().take(ROWS_MAX).map(|over| TableRow::from(vec![Word::toned(sentence(&news(over)), Tone::Good)]));
        blocks.push(Block::table(vec![Column::words("resolved")], rows.collect()));
    }
    if over.len() > ROWS_MAX {
        blocks.push(Block::Note(format!("And {} more.", over.len() - ROWS_MAX)));
    }
    if !still.is_empty() {
        let titles: Vec<String> = still.iter().map(|title| in_quotes(title, NAMED.0)).collect();
        blocks.push(Block::Note(format!("In the same alert, and not resolved: {}.", first_of(&titles, NAMED.1))));
    }
    let control = (over.len() == 1 && tenant.catalogue.get(&first.subject).is_some()).then_some(&*first.subject);
    let since = tenant.history.newest().filter(|_| first.subject == SCORE).and_then(|newest| tenant.history.before(newest.day));
    let mut card = tell::card(tenant, control, since.map(|day| day.day), cut(&title, TITLE_MAX), blocks);
    if matches!(rule.watch, Watch::SignIn { .. }) {
        card.next.clear();
    }
    Some(signed(rule, card))
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
