//! How is a brief told? In a line each for assistants, in three short tables under their headings for people.

use jiff::civil::Date;

use super::{BriefAnswer, acceptances::BriefAcceptance, actions::BriefAction, falls::BriefFall};
use crate::{
    card::{Block, Card, Column, Tone, Word},
    score::Snapshot,
    skills::{caveat, format, score_move::ScoreMove},
};

/// The answer in few words.
pub(super) fn text(answer: &BriefAnswer) -> String {
    let mut lines = vec![headline(answer)];
    lines.extend(answer.tally.as_ref().map(|tally| {
        if tally.total() == 0 {
            "no control changed".to_owned()
        } else {
            tally.sides(answer.sides.microsofts_alone(false, |moved| format!("{} pp", format::signed(moved))))
        }
    }));
    lines.extend(answer.falls.iter().map(fall_text));
    lines.extend(more_falls(answer).map(|(falls, points)| format!("{falls}, {}", format::signed(points))));
    lines.push(acceptances(answer));
    lines.extend(answer.acceptances.new_acceptances.iter().map(|row| acceptance_text(row, true)));
    lines.extend(answer.acceptances.ended_acceptances.iter().map(|row| acceptance_text(row, false)));
    lines.extend(more_acceptances(answer));
    if answer.actions.is_empty() {
        lines.push("quick wins: none known".to_owned());
    } else {
        let unknown = answer.actions.iter().any(|row| row.cost.is_none() || row.impact.is_none());
        lines.push(format!("quick wins (points to gain, effort, user impact{})", if unknown { "; ? = not known" } else { "" }));
        lines.extend(answer.actions.iter().map(action_text));
        lines.extend(together(answer));
    }
    caveat::text(lines, &answer.notes)
}

/// `contoso on 2026-11-21: 727.17 of 1253 points (58.03 %); since 2026-11-14 -4.42 points (-0.69 pp; maximum +7)`.
fn headline(answer: &BriefAnswer) -> String {
    let percent = answer.percent.map_or_else(String::new, |percent| format!(" ({percent} %)"));
    let moved = answer.since.zip(answer.score_move).map(|(since, moved)| {
        let unexplained = answer.unexplained.map_or_else(String::new, |rest| format!(", {} unexplained", format::signed(rest)));
        format!("; since {since} {}{unexplained}", moved.text(" points"))
    });
    format!("{} {}: {}{percent}{}", answer.tenant, answer.as_of, of(answer.points, answer.maximum), moved.unwrap_or_default())
}

fn of(points: f64, maximum: Option<f64>) -> String {
    maximum.map_or_else(
        || format!("{} points, maximum not known", format::points(points)),
        |maximum| format!("{} of {} points", format::points(points), format::points(maximum)),
    )
}

fn fall_text(row: &BriefFall) -> String {
    let title = row.title.as_ref().map_or_else(String::new, |title| format!(" {}", format::quote(title)));
    let why = row.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    format!("{}{title} {}{why}", row.control, format::signed(row.moved))
}

/// How many falls are not listed, in words, and their points.
fn more_falls(answer: &BriefAnswer) -> Option<(String, f64)> {
    let (falls, points) = answer.more_falls;
    (falls > 0).then(|| (format::count(falls, "more fall"), points))
}

/// `5 accepted risks, 2 expired, 16.58 points forgone; 1 new, 1 taken back, 1 expired since`.
fn acceptances(answer: &BriefAnswer) -> String {
    let all = &answer.acceptances;
    let since = all.since().map_or_else(|| "none new or ended since".to_owned(), |since| format!("{since} since"));
    format!("{}, {} expired, {}; {since}", format::count(all.accepted, "accepted risk"), all.expired, all.forgone())
}

/// A new one whole; of one that ended that it did, and when.
fn acceptance_text(row: &BriefAcceptance, new: bool) -> String {
    let control = format!("{} {}", row.control, format::quote(&row.title));
    let day = |day: Option<Date>| day.map_or_else(String::new, |day| format!(" {day}"));
    if !new {
        let (what, on) = if row.taken_back { ("taken back", row.on) } else { ("expired", row.until) };
        return format!("{what}{}: {control}", day(on));
    }
    let points = row.points.map_or_else(|| "points not known".to_owned(), format::amount);
    let by = row.by.as_ref().map_or_else(String::new, |by| format!(", by {}", format::person(by)));
    let comment = row.comment.as_ref().map_or_else(String::new, |comment| format!(": {}", format::quote(comment)));
    // Mostly it is the comment that says the end; never that it has passed.
    let until = row.until.filter(|until| row.expired || !comment.contains(&until.to_string()));
    let end = if row.expired { "expired" } else { "until" };
    let until = until.map_or_else(String::new, |until| format!(", {end} {until}"));
    let no_end = if row.until.is_none() { ", no end" } else { "" };
    format!("new: {control} {points}{until}{no_end}{by}{comment}")
}

/// How many acceptances since are not listed, and how they are read.
fn more_acceptances(answer: &BriefAnswer) -> Option<String> {
    let more = answer.acceptances.not_listed();
    let since = answer.since.map_or_else(String::new, |since| format!(" since={since}"));
    (more > 0).then(|| format!("{more} more: accepted_risks{since}"))
}

fn action_text(row: &BriefAction) -> String {
    let title = row.title.as_ref().map_or_else(String::new, |title| format!(" {}", format::quote(title)));
    let (effort, users) = (row.cost.unwrap_or("?"), row.impact.unwrap_or("?"));
    format!("{}{title} {}, {effort}, {users}", row.control, format::points(row.gain))
}

/// What the quick wins that are listed would add to the score.
fn together(answer: &BriefAnswer) -> Option<String> {
    let share = answer.together_share.map_or_else(String::new, |share| format!(", +{share} pp"));
    (answer.actions.len() > 1).then_some(answer.together?).map(|points| format!("together {}{share}", format::amount(points)))
}

/// What a card is called.
pub(super) fn title(tenant: &str, since: Option<Date>) -> String {
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    format!("Brief on {tenant}{since}")
}

/// Where a tenant stands, in one line, for hosts that cite it.
pub(super) fn subtitle(newest: &Snapshot, moved: Option<ScoreMove>) -> String {
    let percent = newest.percent().map_or_else(String::new, |percent| format!(", {} %", format::round2(percent)));
    let moved = moved.map_or_else(String::new, |moved| format!(", {} points", format::signed(moved.points)));
    format!("{}{percent}{moved}", format::amount(newest.points))
}

/// The answer for people.
pub(super) fn card(answer: &BriefAnswer) -> Card {
    let mut lead = vec![
        Word::toned(answer.percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %")), Tone::Strong),
        Word::plain(of(answer.points, answer.maximum)),
    ];
    lead.extend(
        answer.score_move.zip(answer.since).map(|(moved, since)| Word::toned(format!("{} since {since}", moved.words()), moved.tone())),
    );
    let mut blocks = vec![Block::Lead(lead)];
    blocks.extend(answer.tally.as_ref().map(|tally| {
        Block::Note(if tally.total() == 0 {
            "No control changed.".to_owned()
        } else {
            format!("{}.", tally.sentence(answer.sides.microsofts_alone(false, format::percentage_points)))
        })
    }));
    blocks.extend(
        answer.unexplained.map(|rest| Block::Note(format!("{} of the points is explained by no control.", format::with_sign(rest)))),
    );
    falls_table(answer, &mut blocks);
    acceptances_table(answer, &mut blocks);
    if !answer.actions.is_empty() {
        blocks.push(heading("Do next".to_owned(), Tone::Strong));
        let columns = [Column::Control, Column::PointsLeft, Column::Effort].to_vec();
        blocks.push(Block::table(columns, answer.actions.iter().map(BriefAction::row).collect()));
        blocks.extend(together(answer).map(|together| Block::Note(format!("{}.", crate::text::sentence_case(&together)))));
    }
    answer.frame.card(blocks, &answer.notes)
}

fn heading(text: String, tone: Tone) -> Block {
    Block::Lead(vec![Word::toned(text, tone)])
}

fn falls_table(answer: &BriefAnswer, blocks: &mut Vec<Block>) {
    if answer.falls.is_empty() {
        return;
    }
    blocks.push(heading("Falls in the tenant".to_owned(), Tone::Bad));
    let columns = [Column::Control, Column::Move, Column::Points, Column::Why].to_vec();
    blocks.push(Block::table(columns, answer.falls.iter().map(BriefFall::row).collect()));
    blocks.extend(more_falls(answer).map(|(falls, points)| Block::Note(format!("{falls} not listed: {}.", format::moved(points)))));
}

fn acceptances_table(answer: &BriefAnswer, blocks: &mut Vec<Block>) {
    let all = &answer.acceptances;
    let expired = if all.expired == 0 { "none expired".to_owned() } else { format!("{} expired", all.expired) };
    let tone = if all.expired > 0 { Tone::Warn } else { Tone::Plain };
    let accepted = Word::toned(format::count(all.accepted, "accepted risk"), Tone::Strong);
    blocks.push(Block::Lead(vec![accepted, Word::toned(expired, tone), Word::plain(all.forgone())]));
    let columns = [Column::Control, Column::State, Column::Until, Column::Forgone, Column::By, Column::Decided, Column::Comment].to_vec();
    let Some(since) = all.since() else { return blocks.push(Block::Note("None accepted or ended since.".to_owned())) };
    blocks.push(Block::table(columns, all.rows().map(BriefAcceptance::row).collect()));
    let more = match all.not_listed() {
        0 => String::new(),
        more => format!("; {more} of them not listed"),
    };
    blocks.push(Block::Note(format!("Since then {since}{more}.")));
}
