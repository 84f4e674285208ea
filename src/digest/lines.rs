//! Which line does each tenant of a digest have, and which of them is its first? The worst first; none is left out, whatever is known of it.

use std::borrow::Cow;

use jiff::civil::Date;

use super::{
    DigestSection, FetchFailure,
    calendar::since_words,
    news::{self, News, WorstNews},
    stale::NO_SCORE,
};
use crate::{
    card::{Block, Cell, Column, Next, TableRow, Tone, Word},
    skill_id::SkillId,
    text::{count, sentence_case},
};

/// What is said of a tenant whose stored data cannot be read just now.
const UNREADABLE: &str = "stored data cannot be read";

/// A tenant of a digest that covers several.
pub(super) struct TenantLine<'a> {
    tenant: &'a str,
    state: LineState<'a>,
    score: Cell,
    moved: Cell,
    link: Option<String>,
}

/// What is known of it.
#[derive(Clone, Copy)]
enum LineState<'a> {
    /// A score, and what is new about it.
    Scored(&'a News),
    /// No score yet, for a reason that is known or not.
    NoScore(Option<&'a FetchFailure>),
    /// Nothing just now.
    Unreadable,
}

impl<'a> TenantLine<'a> {
    const fn new(tenant: &'a str, state: LineState<'a>) -> Self {
        Self { tenant, state, score: Cell::Empty, moved: Cell::Empty, link: None }
    }

    pub(super) fn scored(section: &'a DigestSection) -> Self {
        let link = section.score.frame.follow_ups.link.clone();
        Self { score: section.percent(), moved: section.moved(), link, ..Self::of(&section.news) }
    }

    fn of(news: &'a News) -> Self {
        Self::new(&news.tenant, LineState::Scored(news))
    }

    pub(super) const fn without_score(tenant: &'a str, failure: Option<&'a FetchFailure>) -> Self {
        Self::new(tenant, LineState::NoScore(failure))
    }

    pub(super) const fn unreadable(tenant: &'a str) -> Self {
        Self::new(tenant, LineState::Unreadable)
    }

    const fn news(&self) -> Option<&'a News> {
        match self.state {
            LineState::Scored(news) => Some(news),
            LineState::NoScore(_) | LineState::Unreadable => None,
        }
    }

    /// Whether nothing newer is known of it, whatever else is worse.
    fn has_no_data(&self) -> bool {
        self.news().map_or(self.worst() == WorstNews::NoData, |news| news.stale)
    }

    fn worst(&self) -> WorstNews {
        match self.state {
            LineState::Scored(news) => news.worst(),
            LineState::NoScore(Some(_)) | LineState::Unreadable => WorstNews::NoData,
            LineState::NoScore(None) => WorstNews::NoScoreYet,
        }
    }

    /// Which of two comes first.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.worst().cmp(&other.worst()).then_with(|| match (self.news(), other.news()) {
            (Some(a), Some(b)) => news::order(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()).then_with(|| self.tenant.cmp(other.tenant)),
        })
    }

    /// What is said of one that has no score, or of one that has: what is new.
    fn words(&self, today: Date, since_differs: bool) -> String {
        match self.state {
            LineState::Scored(news) => news.words(today, since_differs),
            LineState::NoScore(None) => NO_SCORE.to_owned(),
            LineState::NoScore(Some(failure)) => format!("{}, {NO_SCORE}", failure.words()),
            LineState::Unreadable => UNREADABLE.to_owned(),
        }
    }

    /// The same in one line, where it is the first of the digest.
    fn line(&self, today: Date) -> String {
        self.news().map_or_else(|| format!("{}: {}", sentence_case(self.tenant), self.words(today, false)), |news| news.line(today))
    }

    /// The same in a few words, where it is the only other one with news.
    fn brief(&self, today: Date) -> String {
        let words = self.news().map_or_else(|| self.words(today, false), |news| news.brief(today));
        format!("{}: {words}", sentence_case(self.tenant))
    }

    /// The row; `today` says since when where the tenants differ in that.
    fn row(&self, today: Date, since_differs: bool) -> TableRow {
        let tone =
            if matches!(self.worst(), WorstNews::Expired | WorstNews::NoData | WorstNews::Accepted) { Tone::Warn } else { Tone::Plain };
        let words = self.words(today, since_differs);
        let (mut skill, mut arg) = (SkillId::SecureScore, None);
        if let Some(news) = self.news().filter(|news| news.is_any()) {
            (skill, arg) = (SkillId::ScoreChanges, news.since.map(|since| ("since".into(), since.to_string())));
        }
        let cells =
            vec![Cell::Tenant(self.tenant.to_owned()), self.score.clone(), self.moved.clone(), Cell::Text(Word::toned(words, tone))];
        TableRow { cells, link: self.link.clone(), next: Some(question(self.tenant, self.tenant, skill, arg)) }
    }
}

/// What somebody asks who goes on from a line, or from the digest.
pub(super) fn question(label: &str, tenant: &str, skill: SkillId, arg: Option<(Cow<'static, str>, String)>) -> Next {
    Next { label: label.to_owned(), skill, tenant: tenant.to_owned(), args: arg.into_iter().collect() }
}

/// How many of the tenants fell and rose and what was decided, where anything is new, then a line for each.
pub(super) fn blocks(lines: &[TenantLine<'_>], today: Date) -> Vec<Block> {
    let since: Vec<Date> = lines.iter().filter_map(|line| line.news()?.since).collect();
    let same = since.first().copied().filter(|first| since.iter().all(|since| since == first));
    let columns = [Column::Tenant, Column::Score, Column::Move, Column::News].to_vec();
    let rows = lines.iter().map(|line| line.row(today, same.is_none())).collect();
    let is_new = lines.iter().any(|line| line.worst() < WorstNews::NoScoreYet);
    let summary = is_new.then(|| summary(lines, same, today));
    summary.into_iter().chain([Block::Table { columns, rows }]).collect()
}

fn summary(lines: &[TenantLine<'_>], since: Option<Date>, today: Date) -> Block {
    let (mut fell, mut rose, mut unchanged, mut no_new, mut first) = (0, 0, 0, 0, 0);
    for news in lines.iter().filter_map(TenantLine::news).filter(|news| news.compared) {
        let counted = match (news.since, news.is_move()) {
            (None, _) => &mut first,
            (_, true) if news.moved < 0.0 => &mut fell,
            (_, true) => &mut rose,
            (_, false) if news.is_newer() => &mut unchanged,
            // That there is nothing newer of it is counted below.
            (_, false) if news.stale => continue,
            (_, false) => &mut no_new,
        };
        *counted += 1;
    }
    let no_data = lines.iter().filter(|line| line.has_no_data()).count();
    let no_score = lines.iter().filter(|line| line.worst() == WorstNews::NoScoreYet).count();
    let named = |number: usize, what: &str| (number > 0).then(|| format!("{number} {what}"));
    let groups = [
        named(fell, "fell"),
        named(rose, "rose"),
        named(unchanged, "unchanged"),
        named(no_new, "without a new score"),
        named(first, "with a first score"),
        named(no_data, "without data"),
        named(no_score, "without a score yet"),
    ];
    let groups = groups.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let apart = if groups.is_empty() { "" } else { ": " };
    let sum = |of: fn(&News) -> usize| lines.iter().filter_map(TenantLine::news).map(of).sum::<usize>();
    let decided = [(sum(|news| news.expired.len()), "acceptance", "expired"), (sum(|news| news.accepted.len()), "risk", "accepted")];
    let decided = decided.into_iter().filter(|(number, ..)| *number > 0);
    let decided = decided.map(|(number, noun, what)| format!("{} {what}", count(number, noun))).collect::<Vec<_>>().join(", ");
    let decided = if decided.is_empty() { decided } else { format!("; {decided}") };
    let tone = match lines.iter().map(TenantLine::worst).min() {
        Some(WorstNews::Fall | WorstNews::ControlFell) => Tone::Bad,
        Some(WorstNews::Expired | WorstNews::NoData | WorstNews::Accepted | WorstNews::PercentageFell) => Tone::Warn,
        Some(WorstNews::Rise) => Tone::Good,
        Some(WorstNews::FirstScore | WorstNews::Change | WorstNews::Action | WorstNews::NoScoreYet | WorstNews::Nothing) | None => {
            Tone::Strong
        }
    };
    let when = since.map_or_else(String::new, |since| format!(" {}", since_words(since, today)));
    Block::Lead(vec![Word::toned(format!("{}{when}{apart}{groups}{decided}", count(lines.len(), "tenant")), tone)])
}

/// The news about several tenants in one line: the worst, and how many others have any. `lines` stand in their order.
pub(super) fn headline(lines: &[TenantLine<'_>], today: Date) -> String {
    let Some((first, others)) = lines.split_first() else { return "No tenant has a score yet".to_owned() };
    match first.worst() {
        _ if others.is_empty() => first.line(today),
        WorstNews::Nothing | WorstNews::NoScoreYet => calm(lines, today),
        WorstNews::NoData => {
            let without = lines.iter().take_while(|line| line.worst() == WorstNews::NoData).count();
            let (without, others) = lines.split_at(without);
            let said = if let [only] = without { only.line(today) } else { no_data(without, lines.len(), today) };
            format!("{said}{}", rest(others, today))
        }
        WorstNews::Fall
        | WorstNews::ControlFell
        | WorstNews::Expired
        | WorstNews::Accepted
        | WorstNews::PercentageFell
        | WorstNews::FirstScore
        | WorstNews::Rise
        | WorstNews::Change
        | WorstNews::Action => format!("{}{}", first.line(today), rest(others, today)),
    }
}

/// That there is no data of these of so many tenants, since when and why where they have that in common.
fn no_data(without: &[TenantLine<'_>], of: usize, today: Date) -> String {
    let who = match without.len() {
        2 if of == 2 => "Both tenants".to_owned(),
        all if all == of => format!("All {of} tenants"),
        some => format!("{some} of {of} tenants"),
    };
    let failures = without.iter().map(|line| match line.state {
        LineState::Scored(news) => news.fault.as_ref().map(FetchFailure::words),
        LineState::NoScore(failure) => failure.map(FetchFailure::words),
        LineState::Unreadable => None,
    });
    let mut causes: Vec<Option<&str>> = failures.collect();
    causes.dedup();
    let cause = if let [Some(cause)] = causes.as_slice() { format!("{cause}, ") } else { String::new() };
    let newest = without.iter().filter_map(|line| Some(line.news()?.day)).max();
    let since = newest.map_or_else(String::new, |day| format!(" {}", since_words(day, today)));
    format!("{who}: {cause}no data{since}")
}

/// The same where nothing is new.
fn calm(lines: &[TenantLine<'_>], today: Date) -> String {
    let scored = || lines.iter().filter_map(TenantLine::news);
    let since = scored().filter_map(|news| news.since).min().or_else(|| scored().map(|news| news.day).min());
    let since = since.map_or_else(String::new, |since| format!(" {}", since_words(since, today)));
    let (quiet, waiting): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.news().is_some());
    let of = if waiting.is_empty() { count(quiet.len(), "tenant") } else { format!("{} of {} tenants", quiet.len(), lines.len()) };
    let waiting = match waiting.as_slice() {
        [] => String::new(),
        [only] => format!("; {}: {NO_SCORE}", sentence_case(only.tenant)),
        many => format!("; {} others have {NO_SCORE}", many.len()),
    };
    let calm = if scored().any(News::is_newer) { "nothing new" } else { "no new score" };
    format!("{of}: {calm}{since}{waiting}")
}

/// What the first line says of the others.
fn rest(others: &[TenantLine<'_>], today: Date) -> String {
    let with_news: Vec<&TenantLine<'_>> = others.iter().filter(|line| line.worst() < WorstNews::NoScoreYet).collect();
    if let [only] = with_news.as_slice() {
        return format!("; {}", only.brief(today));
    }
    let fell = with_news.iter().filter(|line| line.worst() == WorstNews::Fall).count();
    let silent = with_news.iter().filter(|line| line.has_no_data()).count();
    let other = with_news.iter().filter(|line| line.worst() != WorstNews::Fall && !line.has_no_data()).count();
    let (one, several) = if fell + silent > 0 { ("has other news", "have other news") } else { ("has news", "have news") };
    let groups = [(fell, "fell", "fell"), (silent, "has no data", "have no data"), (other, one, several)];
    let mut words = String::new();
    for (number, one, several) in groups.into_iter().filter(|(number, ..)| *number > 0) {
        let noun = if words.is_empty() {
            format!("; {number} other {}", if number == 1 { "tenant" } else { "tenants" })
        } else {
            format!(", {number}")
        };
        words.push_str(&noun);
        words.push(' ');
        words.push_str(if number == 1 { one } else { several });
    }
    words
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::digest::news::tests::{names, news};

    const TODAY: Date = date(2026, 11, 23);

    fn said(all: &[News], missing: Vec<TenantLine<'_>>) -> String {
        let mut lines: Vec<TenantLine<'_>> = all.iter().map(TenantLine::of).chain(missing).collect();
        lines.sort_by(TenantLine::order);
        headline(&lines, TODAY)
    }

    fn fall(tenant: &str, moved: f64) -> News {
        News { changed: 1, slipped: 1, ..news(tenant, moved) }
    }

    fn old(tenant: &str, day: Date) -> News {
        News { stale: true, day, ..news(tenant, 0.0) }
    }

    fn failure(sign_in: bool) -> FetchFailure {
        FetchFailure { sign_in, sentence: "The client secret has expired.".to_owned() }
    }

    #[test]
    fn the_worst_news_is_first_and_not_the_largest() {
        let (quiet, up, down) = (news("a", 0.0), news("b", 30.0), fall("c", -4.0));
        let accepted = News { accepted: names(1), ..news("d", 0.0) };
        let expired = News { expired: names(1), ..news("e", 2.0) };
        let stale = old("f", date(2026, 11, 20));
        let worse = [
            (&down, "C: \u{2212}4 points since Friday: 1 control slipped"),
            (&expired, "E: 1 acceptance expired since Friday, +2 points in all"),
            (&stale, "F: no data since Friday"),
            (&accepted, "D: 1 risk accepted since Friday"),
            (&up, "B: +30 points since Friday"),
        ];
        for (at, (news, line)) in worse.iter().enumerate() {
            let rest: Vec<News> = worse[at..].iter().rev().map(|(news, _)| (*news).clone()).chain([quiet.clone()]).collect();
            let first = said(&rest, Vec::new());
            assert!(first.starts_with(line) && (first == *line) == (at + 1 == worse.len()), "{first}");
            assert_eq!(said(&[(*news).clone(), quiet.clone()], Vec::new()), *line);
        }
    }

    #[test]
    fn the_others_are_counted_by_what_is_worst_of_each() {
        let all = [fall("a", -9.0), fall("b", -4.0), fall("c", -5.0), old("d", date(2026, 11, 20)), news("e", 3.0), news("f", 0.0)];
        let first = "A: \u{2212}9 points since Friday: 1 control slipped; ";
        assert_eq!(said(&all, Vec::new()), format!("{first}2 other tenants fell, 1 has no data, 1 has other news"));
        assert_eq!(said(&all[..2], Vec::new()), format!("{first}B: \u{2212}4 points"));
        assert_eq!(said(&[all[0].clone(), all[3].clone()], Vec::new()), format!("{first}D: no data since Friday"));
        assert_eq!(said(&[all[0].clone(), all[5].clone()], Vec::new()), first.trim_end_matches("; "));
        // One that fell before its data stopped is both.
        let stopped = News { stale: true, ..all[1].clone() };
        assert_eq!(said(&[all[0].clone(), stopped, all[2].clone()], Vec::new()), format!("{first}2 other tenants fell, 1 has no data"));
    }

    #[test]
    fn an_outage_is_never_calm() {
        let (friday, earlier) = (date(2026, 11, 20), date(2026, 11, 10));
        assert_eq!(said(&[news("a", 0.0), old("b", earlier)], Vec::new()), "B: no data since 2026-11-10");
        assert_eq!(said(&[news("a", 0.0), old("b", earlier), old("c", friday)], Vec::new()), "2 of 3 tenants: no data since Friday");
        let failing = |tenant: &str| News { fault: Some(failure(false)), ..old(tenant, friday) };
        let all = [failing("a"), failing("b")];
        assert_eq!(said(&all, Vec::new()), "Both tenants: fetching from Microsoft fails, no data since Friday");
        let (sign_in, up) = (failure(true), news("u", 3.0));
        let unread = || vec![TenantLine::without_score("n", Some(&sign_in))];
        assert_eq!(said(&[news("a", 0.0)], unread()), "N: the sign-in to Microsoft fails, no score yet");
        assert_eq!(said(std::slice::from_ref(&up), unread()), "N: the sign-in to Microsoft fails, no score yet; U: +3 points");
        assert_eq!(said(&[up], vec![TenantLine::unreadable("x")]), "X: stored data cannot be read; U: +3 points");
        assert_eq!(said(&all, unread()), "All 3 tenants: no data since Friday");
    }

    #[test]
    fn nothing_new_says_since_when_and_who_has_no_score() {
        let earlier = News { since: Some(date(2026, 11, 19)), ..news("e", 0.0) };
        assert_eq!(said(&[news("a", 0.0), earlier], Vec::new()), "2 tenants: nothing new since Thursday");
        let waiting = vec![TenantLine::without_score("n", None)];
        assert_eq!(said(&[news("a", 0.0)], waiting), "1 of 2 tenants: nothing new since Friday; N: no score yet");
        assert_eq!(said(&[news("b", 3.0)], Vec::new()), "B: +3 points since Friday");
        assert_eq!(said(&[], Vec::new()), "No tenant has a score yet");
    }

    #[test]
    fn every_tenant_has_its_line_and_is_counted() {
        let all = [fall("a", -9.0), news("b", 3.0), news("c", 0.0), News { since: None, ..news("d", 0.0) }, old("e", date(2026, 11, 20))];
        let decided = News { accepted: names(2), expired: names(1), ..news("f", 0.0) };
        let lines: Vec<TenantLine<'_>> =
            all.iter().chain([&decided]).map(TenantLine::of).chain([TenantLine::without_score("g", None)]).collect();
        let blocks = blocks(&lines, TODAY);
        let [Block::Lead(words), Block::Table { rows, .. }] = blocks.as_slice() else { panic!("a sentence and lines") };
        let words: Vec<(&str, Tone)> = words.iter().map(|word| (word.text.as_str(), word.tone)).collect();
        let counted = "7 tenants since Friday: 1 fell, 1 rose, 2 unchanged, 1 with a first score, 1 without data, \
                       1 without a score yet; 1 acceptance expired, 2 risks accepted";
        assert_eq!(words, [(counted, Tone::Bad)]);
        let said: Vec<String> = rows.iter().map(|row| row.cells[3].words(&Column::News)).collect();
        let (slipped, silent) = ("1 control slipped", "no data since Friday");
        let decided = "1 acceptance expired, 2 risks accepted";
        assert_eq!(said, [slipped, "", "nothing new", "first score", silent, decided, "no score yet"]);
    }
}
