//! What is the news about a tenant since a day? Counted, and said in one line for a phone.

use jiff::civil::Date;

use super::{FetchFailure, calendar::since_words, comparison_day::ComparisonDay};
use crate::{
    score::{
        ControlState, ReportedState, Snapshot,
        change::{self, DiffKind, day_of},
        risk, same_points,
    },
    skill_id::SkillId,
    skills::TenantFacts,
    text::{count, cut, moved, round2, sentence_case},
};

/// How many reasons a line names.
const REASONS_MAX: usize = 2;
/// How much of the title of an action a line says, in characters.
const ACTION_MAX: usize = 60;

/// What is new about a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// The tenant's short name.
    pub tenant: String,
    /// Its newest day.
    pub day: Date,
    /// The day that this one is compared with; `None` for a tenant's first day.
    pub since: Option<Date>,
    /// Points on the newest day, in percent of the maximum, where that is known.
    pub percent: Option<f64>,
    /// Whether the points are reported at all.
    pub compared: bool,
    /// Points gained or lost.
    pub moved: f64,
    /// How the maximum moved.
    pub maximum: f64,
    /// How many controls changed in any way.
    pub changed: usize,
    /// How many of them lost points.
    pub slipped: usize,
    /// How many of them gained points.
    pub improved: usize,
    /// The controls that are scored for the first time, the weightiest first: their names and titles.
    pub new: Vec<(String, String)>,
    /// The controls whose risk was accepted, by name.
    pub accepted: Vec<String>,
    /// The first day on which one of them was; `None` when one of them has no date.
    pub accepted_from: Option<Date>,
    /// The controls whose acceptance expired, by name.
    pub expired: Vec<String>,
    /// The controls whose acceptance is past its day, whenever that was: their names and titles.
    pub overdue: Vec<(String, String)>,
    /// The title of what to do first, where that is news.
    pub action: Option<String>,
    /// Whether its newest day is older than it should be.
    pub stale: bool,
    /// Why that is so, where it is known.
    pub fault: Option<FetchFailure>,
}

impl News {
    /// The news of `tenant` since `reported`, what was reported of it last; without it, since the `before` that a first digest looks back to. `newest` is its
    /// newest day.
    pub(super) fn of(
        tenant: &TenantFacts,
        newest: &Snapshot,
        reported: Option<&ReportedState>,
        before: Option<&ComparisonDay>,
        skills: &[SkillId],
        utc_today: Date,
    ) -> Self {
        let mut news = Self {
            tenant: tenant.name.clone(),
            day: newest.day,
            since: reported.map(|reported| reported.day).or_else(|| before.map(|before| before.day)),
            percent: newest.percent(),
            compared: skills.iter().any(|skill| matches!(skill, SkillId::SecureScore | SkillId::ScoreChanges)),
            moved: 0.0,
            maximum: 0.0,
            changed: 0,
            slipped: 0,
            improved: 0,
            new: Vec::new(),
            accepted: Vec::new(),
            accepted_from: None,
            expired: Vec::new(),
            overdue: Vec::new(),
            action: None,
            stale: false,
            fault: None,
        };
        if let Some(before) = before.filter(|_| news.compared) {
            news.compare(&before.snapshot, newest, tenant);
        }
        if let Some(since) = news.since.filter(|_| skills.contains(&SkillId::AcceptedRisks)) {
            news.look_at_risks(reported, since, newest, tenant, utc_today);
        }
        news
    }

    fn compare(&mut self, before: &Snapshot, newest: &Snapshot, tenant: &TenantFacts) {
        let diff = change::diff(before, newest, &tenant.catalogue);
        let of = |kind: DiffKind| diff.changes.iter().filter(move |change| change.kind == kind);
        self.moved = round2(diff.points.moved());
        self.maximum = diff.maximum.map_or(0.0, |ledger| round2(ledger.moved()));
        self.changed = diff.changes.len();
        self.slipped = of(DiffKind::Down).count();
        self.improved = of(DiffKind::Up).count();
        let named = |change: &change::Change<'_>| change.control().map(|control| (control.name().to_owned(), control.marked_title()));
        self.new = of(DiffKind::New).filter_map(named).collect();
    }

    /// What was not reported yet. The first time nothing was, so that it is what happened since then.
    fn look_at_risks(&mut self, reported: Option<&ReportedState>, since: Date, newest: &Snapshot, tenant: &TenantFacts, today: Date) {
        let mut dates = Vec::new();
        for decision in risk::decisions(newest, &tenant.catalogue, &tenant.annotations, risk::DecisionQuery::on(today)) {
            if *decision.state() != ControlState::Accepted {
                continue;
            }
            let at = decision.profile.in_force().and_then(|decided| decided.since()).map(day_of);
            let ended = decision.until.filter(|until| *until < today);
            let recent = |day: Option<Date>| day.is_some_and(|day| day >= since);
            let name = || decision.profile.name.to_string();
            if reported.map_or_else(|| recent(at), |reported| !reported.reported_accepted(&decision)) {
                self.accepted.push(name());
                dates.push(at);
            } else if ended.is_some() && reported.map_or_else(|| recent(ended), |reported| !reported.reported_expired(&decision)) {
                self.expired.push(name());
            }
            self.overdue.extend(ended.map(|_| (name(), decision.profile.marked_title())));
        }
        self.accepted_from = dates.into_iter().min().flatten();
    }

    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        let nothing = same_points(self.moved, 0.0) && same_points(self.maximum, 0.0) && self.changed == 0;
        !nothing || !self.accepted.is_empty() || !self.expired.is_empty() || self.since.is_none() || self.action.is_some()
    }

    /// Whether the points moved.
    pub fn is_move(&self) -> bool {
        !same_points(self.moved, 0.0)
    }

    /// The news in one line, for whoever reads it on `today`.
    pub fn line(&self, today: Date) -> String {
        let tenant = sentence_case(&self.tenant);
        match self.silence(today) {
            // What was looked at in vain is not calm.
            Some(silence) if !self.is_any() => format!("{tenant}: {silence}"),
            Some(silence) => format!("{tenant}: {}; {silence}", self.what(today)),
            None => format!("{tenant}: {}", self.what(today)),
        }
    }

    /// That nothing newer is there than its newest day, where that is so: `no data since Friday`.
    fn silence(&self, today: Date) -> Option<String> {
        let cause = self.fault.as_ref().map_or_else(String::new, |fault| format!("{}, ", fault.words()));
        self.stale.then(|| format!("{cause}no data {}", since_words(self.day, today)))
    }

    fn what(&self, today: Date) -> String {
        let Some(since) = self.since else {
            let percent = self.percent.map_or_else(String::new, |percent| format!(", {} %", round2(percent)));
            return format!("the first score{percent}");
        };
        let when = since_words(since, today);
        if !self.is_any() {
            let what = if self.day > since { "nothing new" } else { "no new score" };
            return format!("{what} {when}");
        }
        let reasons = self.reasons().join(", ");
        match (self.is_move(), reasons.is_empty()) {
            (true, true) => format!("{} {when}", moved(self.moved)),
            (true, false) => format!("{} {when}: {reasons}", moved(self.moved)),
            (false, false) => format!("{reasons} {when}"),
            (false, true) if same_points(self.maximum, 0.0) => {
                format!("next best action: {}", self.action.as_deref().map(|title| cut(title, ACTION_MAX)).unwrap_or_default())
            }
            (false, true) => format!("{} in the maximum {when}", moved(self.maximum)),
        }
    }

    /// The same in a few words, where it is not the first.
    fn brief(&self) -> String {
        let what = match (self.since, self.reasons().into_iter().next()) {
            (None, _) => "first score".to_owned(),
            _ if self.is_move() => moved(self.moved),
            (_, Some(reason)) => reason,
            (_, None) if same_points(self.maximum, 0.0) => "another next best action".to_owned(),
            (_, None) => format!("{} in the maximum", moved(self.maximum)),
        };
        format!("{}: {what}", sentence_case(&self.tenant))
    }

    /// Why, the weightiest first.
    pub fn reasons(&self) -> Vec<String> {
        let counted = |number: usize, noun: &str, rest: &str| (number > 0).then(|| format!("{} {rest}", count(number, noun)));
        let slipped = counted(self.slipped, "control", "slipped");
        let improved = counted(self.improved, "control", "improved");
        let accepted = (!self.accepted.is_empty()).then(|| format!("{} accepted", count(self.accepted.len(), "risk")));
        let expired = counted(self.expired.len(), "acceptance", "expired");
        let new = (!self.new.is_empty()).then(|| count(self.new.len(), "new control"));
        let other = self.changed.saturating_sub(self.slipped + self.improved + self.new.len());
        let other = counted(other, "control", "changed otherwise");
        let all = if self.moved > 0.0 {
            [improved, accepted, expired, slipped, new, other]
        } else {
            [slipped, accepted, expired, new, improved, other]
        };
        all.into_iter().flatten().take(REASONS_MAX).collect()
    }
}

/// The news about several tenants in one line: the one that moved most, and how many others have any. Those in `all` stand in the order of
/// [`order`].
pub fn headline(all: &[News], today: Date) -> String {
    let Some((first, others)) = all.split_first() else { return "No tenant has a score yet".to_owned() };
    if others.is_empty() {
        return first.line(today);
    }
    if !first.is_any() {
        return headline_of_none(all, today);
    }
    let reported = headline_of_news(first, others, today);
    match others.iter().filter(|news| news.stale).collect::<Vec<_>>().as_slice() {
        [] => reported,
        [only] => format!("{reported}; {}: no data {}", sentence_case(&only.tenant), since_words(only.day, today)),
        many => format!("{reported}; no data of {} others", many.len()),
    }
}

/// The same where there is no news at all.
fn headline_of_none(all: &[News], today: Date) -> String {
    let stale: Vec<&News> = all.iter().filter(|news| news.stale).collect();
    let Some(newest) = stale.iter().map(|news| news.day).max() else {
        let since = all.iter().filter_map(|news| news.since).min().or_else(|| all.iter().map(|news| news.day).min());
        return format!("{}: nothing new {}", count(all.len(), "tenant"), since.map(|since| since_words(since, today)).unwrap_or_default());
    };
    match stale.as_slice() {
        [only] => only.line(today),
        many => format!("{} of {} tenants: no data {}", many.len(), all.len(), since_words(newest, today)),
    }
}

fn headline_of_news(first: &News, others: &[News], today: Date) -> String {
    let with_news = others.iter().filter(|news| news.is_any()).count();
    let moved = others.iter().filter(|news| news.is_move()).count();
    match (with_news, moved) {
        (1, _) => format!("{}; {}", first.line(today), others.iter().find(|news| news.is_any()).map(News::brief).unwrap_or_default()),
        (0, _) => first.line(today),
        (_, 0 | 1) => format!("{}; news of {with_news} others", first.line(today)),
        (_, moved) => format!("{}; {moved} others moved", first.line(today)),
    }
}

/// Which news comes first: that of the tenant that moved most, then other news, then none.
pub fn order(a: &News, b: &News) -> std::cmp::Ordering {
    let weight = |news: &News| (news.moved.abs(), news.accepted.len() + news.expired.len(), news.changed);
    let (a_weight, b_weight) = (weight(a), weight(b));
    b.is_any()
        .cmp(&a.is_any())
        .then_with(|| b_weight.0.total_cmp(&a_weight.0))
        .then_with(|| (b_weight.1, b_weight.2).cmp(&(a_weight.1, a_weight.2)))
        .then_with(|| a.tenant.cmp(&b.tenant))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    fn news(tenant: &str, moved: f64) -> News {
        let none = Vec::new;
        News {
            tenant: tenant.to_owned(),
            day: TODAY,
            since: Some(date(2026, 11, 20)),
            percent: Some(58.034),
            compared: true,
            moved,
            maximum: 0.0,
            changed: 0,
            slipped: 0,
            improved: 0,
            new: Vec::new(),
            accepted: none(),
            accepted_from: None,
            expired: none(),
            overdue: Vec::new(),
            action: None,
            stale: false,
            fault: None,
        }
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| at.to_string()).collect()
    }

    #[test]
    fn a_line_says_what_matters_first() {
        let line = |news: News| news.line(TODAY);
        let changed = |moved, slipped, improved| News { changed: slipped + improved, slipped, improved, ..news("contoso", moved) };
        assert_eq!(line(changed(-12.0, 2, 0)), "Contoso: \u{2212}12 points since Friday: 2 controls slipped");
        assert_eq!(line(changed(-1.0, 1, 3)), "Contoso: \u{2212}1 point since Friday: 1 control slipped, 3 controls improved");
        assert_eq!(line(changed(3.333, 1, 3)), "Contoso: +3.33 points since Friday: 3 controls improved, 1 control slipped");
        let decided = News { accepted: names(1), expired: names(2), ..changed(4.0, 1, 1) };
        assert_eq!(line(decided), "Contoso: +4 points since Friday: 1 control improved, 1 risk accepted");
        assert_eq!(line(News { expired: names(1), ..news("contoso", 0.0) }), "Contoso: 1 acceptance expired since Friday");
        assert_eq!(line(News { maximum: 9.0, ..news("contoso", 0.0) }), "Contoso: +9 points in the maximum since Friday");
        assert_eq!(line(news("contoso", 2.5)), "Contoso: +2.5 points since Friday", "explained by no control");
        assert_eq!(line(news("contoso", 0.0)), "Contoso: nothing new since Friday");
        assert_eq!(line(News { since: None, ..news("contoso", 0.0) }), "Contoso: the first score, 58.03 %");
        let stale = News { day: date(2026, 11, 20), ..news("contoso", 0.0) };
        assert_eq!((line(stale.clone()), stale.is_any()), ("Contoso: no new score since Friday".to_owned(), false));
    }

    #[test]
    fn what_is_too_old_is_no_calm() {
        let old = |tenant: &str, day| News { stale: true, day, ..news(tenant, 0.0) };
        let (acme, beta) = (old("acme", date(2026, 11, 10)), old("beta", date(2026, 11, 20)));
        assert_eq!(acme.line(TODAY), "Acme: no data since 2026-11-10");
        let fault = Some(FetchFailure { sign_in: true, sentence: "The secret has expired.".to_owned() });
        assert_eq!(News { fault, ..beta.clone() }.line(TODAY), "Beta: the sign-in to Microsoft fails, no data since Friday");
        let moved = News { moved: -4.0, changed: 1, slipped: 1, ..acme.clone() };
        assert_eq!(moved.line(TODAY), "Acme: \u{2212}4 points since Friday: 1 control slipped; no data since 2026-11-10");
        let headline = |mut all: Vec<News>| {
            all.sort_by(order);
            super::headline(&all, TODAY)
        };
        let (quiet, up) = (news("a", 0.0), news("b", 3.0));
        assert_eq!(headline(vec![quiet.clone(), acme.clone()]), "Acme: no data since 2026-11-10");
        assert_eq!(headline(vec![acme.clone(), quiet, beta.clone()]), "2 of 3 tenants: no data since Friday");
        assert_eq!(headline(vec![acme.clone(), up.clone()]), "B: +3 points since Friday; Acme: no data since 2026-11-10");
        assert_eq!(headline(vec![acme, up, beta]), "B: +3 points since Friday; no data of 2 others");
    }

    #[test]
    fn a_weekday_says_which_day_for_six_days() {
        let since = |days: i64| since_words(TODAY - jiff::ToSpan::days(days), TODAY);
        assert_eq!([1, 6, 7].map(since), ["since Sunday", "since Tuesday", "since 2026-11-16"]);
        assert_eq!([0, -1].map(since), ["since today's last digest", "since the last digest"]);
    }

    #[test]
    fn of_several_the_one_that_moved_most_is_told() {
        let headline = |mut all: Vec<News>| {
            all.sort_by(order);
            super::headline(&all, TODAY)
        };
        let (quiet, up, down) = (news("a", 0.0), news("b", 3.0), News { changed: 1, slipped: 1, ..news("c", -4.0) });
        let accepted = News { accepted: names(1), ..news("d", 0.0) };
        assert_eq!(
            headline(vec![quiet.clone(), up.clone(), down.clone(), accepted.clone()]),
            "C: \u{2212}4 points since Friday: 1 control slipped; news of 2 others"
        );
        assert_eq!(headline(vec![up.clone(), accepted.clone()]), "B: +3 points since Friday; D: 1 risk accepted");
        assert_eq!(headline(vec![quiet.clone(), accepted]), "D: 1 risk accepted since Friday");
        let first = News { since: None, ..news("f", 0.0) };
        assert_eq!(headline(vec![up.clone(), first.clone()]), "B: +3 points since Friday; F: first score");
        assert_eq!(headline(vec![up.clone(), down.clone()]), "C: \u{2212}4 points since Friday: 1 control slipped; B: +3 points");
        let more = News { maximum: 2.0, ..news("g", 0.0) };
        assert_eq!(headline(vec![up.clone(), more.clone()]), "B: +3 points since Friday; G: +2 points in the maximum");
        assert_eq!(
            headline(vec![up.clone(), down, news("h", 1.0), first]),
            "C: \u{2212}4 points since Friday: 1 control slipped; 2 others moved"
        );
        let to_do = News { action: Some("Run EDR in block mode".to_owned()), ..news("i", 0.0) };
        assert_eq!(headline(vec![to_do.clone()]), "I: next best action: Run EDR in block mode");
        assert_eq!(headline(vec![up.clone(), to_do]), "B: +3 points since Friday; I: another next best action");
        let earlier = News { since: Some(date(2026, 11, 19)), ..news("e", 0.0) };
        assert_eq!(headline(vec![quiet.clone(), earlier]), "2 tenants: nothing new since Thursday");
        assert_eq!(headline(vec![up.clone()]), "B: +3 points since Friday");
        assert_eq!(headline(Vec::new()), "No tenant has a score yet");
    }
}
