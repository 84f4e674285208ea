//! How is a tenant's standing told? In a few lines for assistants, with bars and a trend for people.

use jiff::civil::Date;

use super::{AllScores, CategoryRow, SecureScoreAnswer, TenantScore};
use crate::{
    card::{Bar, Block, Card, Cell, Column, Fact, Tone, Word},
    score::Snapshot,
    skills::{
        caveat, format,
        link::{Link, Portal},
        score_move::ScoreMove,
    },
};

/// The answer in few words.
pub(super) fn text(answer: &SecureScoreAnswer) -> String {
    match answer {
        SecureScoreAnswer::One(one) => caveat::text(one_text(one), &one.notes),
        SecureScoreAnswer::All(all) => caveat::text(all_text(all), &all.notes),
    }
}

/// The answer for people.
pub(super) fn card(answer: &SecureScoreAnswer) -> Card {
    match answer {
        SecureScoreAnswer::One(one) => one.frame.card(one_blocks(one), &one.notes),
        SecureScoreAnswer::All(all) => all.frame.card(all_blocks(all), &all.notes),
    }
}

/// What the score of `place` is called.
pub(crate) fn title(place: &str) -> String {
    format!("Secure Score of {place}")
}

/// Where a tenant stands, in one line, and the page about it.
pub(super) fn link(newest: &Snapshot, before: Option<&Snapshot>, portal: Portal<'_>) -> Link {
    let maximum = known(newest.maximum).map_or_else(String::new, |maximum| format!(" of {}", format::points(maximum)));
    let percent = newest.percent().map_or_else(String::new, |percent| format!(", {} %", format::round2(percent)));
    let moved =
        before.map_or_else(String::new, |before| format!(", {} since {}", format::signed(newest.points - before.points), before.day));
    Link::new(format!("{}{maximum} points{percent}{moved}", format::points(newest.points)), portal.score())
}

/// A tenant's maximum, where it is one: Graph says 0 of tenants that it has not added up yet.
pub(super) fn known(maximum: Option<f64>) -> Option<f64> {
    maximum.filter(|maximum| *maximum > 0.0)
}

fn of(points: f64, maximum: Option<f64>) -> String {
    let points = format::points(points);
    maximum
        .map_or_else(|| format!("{points} points, maximum not known"), |maximum| format!("{points} of {} points", format::points(maximum)))
}

/// How the score moved in each span whose first day is held: `1 day -2.58 points (-0.63 pp; maximum +9), 7 days -4.42 (-0.69 pp)`; the points' noun stands once.
fn moves(answer: &TenantScore) -> Option<String> {
    let day =
        || if answer.is_next_day { "1 day".to_owned() } else { format!("since {}", answer.day_before.as_deref().unwrap_or_default()) };
    let spans = [day(), "7 days".to_owned(), "30 days".to_owned()].into_iter().zip(answer.moves);
    let told: Vec<(String, ScoreMove)> = spans.filter_map(|(span, moved)| Some((span, moved?))).collect();
    let words = told.iter().enumerate().map(|(at, (span, moved))| format!("{span} {}", moved.text(if at == 0 { " points" } else { "" })));
    (!told.is_empty()).then(|| words.collect::<Vec<_>>().join(", "))
}

fn one_text(answer: &TenantScore) -> Vec<String> {
    let peers: Vec<_> = answer.peers.iter().map(|peer| format!("{} {} %", peer.group, peer.percent)).collect();
    let peers =
        if peers.is_empty() { "no averages from Microsoft".to_owned() } else { format!("Microsoft's averages: {}", peers.join(", ")) };
    let share: Vec<String> = answer.percent.map(|percent| format!("{percent} %")).into_iter().chain([peers]).collect();
    let mut lines = vec![format!("{} {}: {} ({})", answer.tenant, answer.day, of(answer.points, answer.maximum), share.join("; "))];
    lines.push(moves(answer).unwrap_or_else(|| "no earlier day to compare with".to_owned()));
    lines.extend(categories(answer));
    lines.extend(answer.controls.map(|controls| format!("{}: {}", format::count(controls, "control"), answer.statuses.words())));
    lines
}

/// Points by category; how many of its controls have unknown points, what those of unknown maximum have; and which categories have none.
fn categories(answer: &TenantScore) -> Option<String> {
    let category_text = |row: &CategoryRow| {
        let apart = row.unknown_points.map(|apart| format!("{} of unknown maximum", format::amount(apart)));
        let known = row.points.zip(row.maximum).map(|(points, maximum)| format!("{}/{}", tenths(points), tenths(maximum)));
        let both: Vec<String> = known.into_iter().chain(apart).collect();
        let unsaid = unsaid(row).map_or_else(String::new, |unsaid| format!(" ({unsaid})"));
        let nothing = if row.unknown > 0 { "of unknown maximum" } else { "not known" };
        format!("{} {}{unsaid}", row.name, if both.is_empty() { nothing.to_owned() } else { both.join(" and ") })
    };
    let without: Vec<&str> = format::CATEGORIES.into_iter().filter(|name| answer.categories.iter().all(|row| row.name != *name)).collect();
    // Hardly a tenant has any of infrastructure: that it is not there alone says nothing.
    let without = (!matches!(without.as_slice(), [] | ["infrastructure"])).then(|| format!("no controls in {}", without.join(", ")));
    answer.controls?;
    Some(answer.categories.iter().map(category_text).chain(without).collect::<Vec<_>>().join(", "))
}

/// An amount with one decimal, where a second one tells nothing.
fn tenths(number: f64) -> String {
    ((number * 10.0).round() / 10.0).to_string()
}

fn all_text(answer: &AllScores) -> Vec<String> {
    let together = answer.weighted_average.map_or_else(String::new, |together| format!(", {together} % of all their points together"));
    let average =
        answer.average.map_or_else(String::new, |average| format!("; average {average} % where each tenant counts once{together}"));
    let mut lines = vec![format!("{}, weakest first{average}", answer.as_of)];
    lines.extend(answer.tenants.iter().map(|row| {
        format!(
            "{} {}: {}{}{}",
            row.tenant,
            row.day,
            row.percent.map_or_else(String::new, |percent| format!("{percent} %, ")),
            of(row.points, row.maximum),
            row.moved.zip(row.day_before).map_or_else(
                || "; no earlier day to compare with".to_owned(),
                |(moved, day)| format!("; since {day} {}", moved.text(" points"))
            )
        )
    }));
    lines
}

fn one_blocks(answer: &TenantScore) -> Vec<Block> {
    let mut lead = vec![
        Word::toned(answer.percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %")), Tone::Strong),
        Word::plain(of(answer.points, answer.maximum)),
    ];
    let [day, week, month] = &answer.moves;
    if let (Some(moved), Some(before)) = (day, &answer.day_before) {
        lead.push(Word::toned(format!("{} since {before}", moved.words()), moved.tone()));
    }
    let mut blocks = vec![Block::Lead(lead)];
    if answer.trend.len() > 1 {
        blocks.push(Block::Trend(answer.trend.clone()));
    }
    let bars: Vec<Bar> = answer
        .categories
        .iter()
        .map(|row| Bar {
            label: row.name.clone(),
            // With many unknown points a share of the rest would be a wrong one.
            percent: row
                .points
                .zip(row.maximum)
                .filter(|(_, maximum)| *maximum > 0.0 && (row.unknown + row.unsaid) * 10 <= row.controls)
                .map(|(points, maximum)| 100.0 * points / maximum),
            note: bar_note(row),
        })
        .collect();
    blocks.extend((!bars.is_empty()).then_some(Block::Bars(bars)));
    let moved = |label: &str, moved: &Option<ScoreMove>| moved.map(|moved| Fact::new(label, Word::toned(moved.words(), moved.tone())));
    let mut facts: Vec<Fact> = moved("7 days", week).into_iter().chain(moved("30 days", month)).collect();
    if answer.controls.is_some() {
        facts.push(Fact::new("controls", Word::plain(answer.statuses.words())));
    }
    facts.extend(answer.peers.iter().map(|peer| Fact::new(&*peer.label, Word::plain(format!("{} %", peer.percent)))));
    blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
    blocks
}

/// How many controls of a category have points that are not known; `None` when there is none.
fn unsaid(row: &CategoryRow) -> Option<String> {
    (row.unsaid > 0).then(|| format!("{} of unknown points", format::count(row.unsaid, "control")))
}

/// What a category has of what it can have; what it has of unknown maximum, and what has unknown points, stands apart.
fn bar_note(row: &CategoryRow) -> String {
    let known = row.points.zip(row.maximum).map(|(points, maximum)| {
        let least = if row.unknown + row.unsaid > 0 { "at least " } else { "" };
        format!("{} of {least}{}", format::points(points), format::points(maximum))
    });
    let unknown = (row.unknown > 0).then(|| {
        let apart = row.unknown_points.map_or_else(String::new, |apart| format!("{} in ", format::amount(apart)));
        format!("{apart}{} of unknown maximum", format::count(row.unknown, "control"))
    });
    // A note says of how many the maximum is not known; where they have no points either, this needs no room for it.
    let unknown = unknown.filter(|_| known.is_none() || row.unknown_points.is_some());
    let nothing = (row.points.is_none() && row.unknown == 0).then(|| "not known".to_owned());
    known.into_iter().chain(nothing).chain(unknown).chain(unsaid(row)).collect::<Vec<_>>().join(", ")
}

fn all_blocks(answer: &AllScores) -> Vec<Block> {
    let columns = [Column::Tenant, Column::Score, Column::Move, Column::Since, Column::Points, Column::Day].to_vec();
    // What is the same in all rows is said once: the newest day in the foot, the day compared with in a note.
    let newest = the_same(answer.tenants.iter().map(|row| row.day));
    let before = the_same(answer.tenants.iter().filter_map(|row| row.day_before));
    let rows = answer.tenants.iter().map(|row| {
        row.target.row(vec![
            Cell::Tenant(row.tenant.clone()),
            Cell::Percent(row.percent),
            row.moved.map_or(Cell::Empty, |moved| Cell::ScoreMove(moved.points, moved.percent)),
            row.day_before.filter(|_| before.is_none()).map_or(Cell::Empty, |day| Cell::Day(Some(day))),
            Cell::Of(Some(row.points), row.maximum),
            if newest.is_some() { Cell::Empty } else { Cell::Day(Some(row.day)) },
        ])
    });
    let average = answer.average.map(|average| {
        let together = answer.weighted_average.map(|together| Word::plain(format!("{together} % of all their points together")));
        let once = [Word::toned(format!("{average} % on average"), Tone::Strong), Word::plain("each tenant counting once")];
        Block::Lead(once.into_iter().chain(together).collect())
    });
    let since = before.map(|day| Block::Note(format!("Changes are since {day}.")));
    average.into_iter().chain([Block::table(columns, rows.collect())]).chain(since).collect()
}

/// The day that all `days` are.
fn the_same(mut days: impl Iterator<Item = Date>) -> Option<Date> {
    let first = days.next()?;
    days.all(|day| day == first).then_some(first)
}
