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
    text::{count, cut, moved, round2, sentence_case, with_sign},
};

/// How many reasons the first line of a digest names.
const REASONS_MAX: usize = 2;
/// How many of them a tenant's own line names.
const NAMED_MAX: usize = 3;
/// How much of the title of an action a line says, in characters.
const ACTION_MAX: usize = 60;

/// What is worst about a tenant, the worst first: in this order tenants stand in a digest, and by it its first line is chosen. What the tenant lost comes
/// before what nobody stands for any more, that before what is not known, and all of these before what somebody decided and what got better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorstNews {
    /// Its score fell.
    Fall,
    /// A control lost points, though others made up for it.
    ControlFell,
    /// An acceptance expired.
    Expired,
    /// Its newest score is older than it should be, or it has none because it cannot be read.
    NoData,
    /// Somebody accepted a risk.
    Accepted,
    /// Its percentage fell because more points can be had.
    PercentageFell,
    /// It is reported for the first time.
    FirstScore,
    /// Its score rose.
    Rise,
    /// Something else changed.
    Change,
    /// There is something else to do first.
    Action,
    /// Nobody has read it yet.
    NoScoreYet,
    /// Nothing is new.
    Nothing,
}

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
    /// The same on the day that is compared with.
    pub percent_before: Option<f64>,
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
    /// How many of them are scored no more.
    pub gone: usize,
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
            // Until they are compared: what has the same numbers has the same percentage.
            percent_before: newest.percent(),
            compared: skills.iter().any(|skill| matches!(skill, SkillId::SecureScore | SkillId::ScoreChanges)),
            moved: 0.0,
            maximum: 0.0,
            changed: 0,
            slipped: 0,
            improved: 0,
            gone: 0,
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
        self.percent_before = before.percent();
        self.moved = round2(diff.points.moved());
        self.maximum = diff.maximum.map_or(0.0, |ledger| round2(ledger.moved()));
        self.changed = diff.changes.len();
        self.slipped = of(DiffKind::Down).count();
        self.improved = of(DiffKind::Up).count();
        self.gone = of(DiffKind::Gone).count();
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

    /// Whether its newest day is after the one that is compared with: else nothing was looked at that could have moved.
    pub(super) fn is_newer(&self) -> bool {
        self.since.is_some_and(|since| self.day > since)
    }

    /// Whether the points moved.
    pub fn is_move(&self) -> bool {
        !same_points(self.moved, 0.0)
    }

    /// How the percentage moved, where it is known on both days.
    pub fn percentage_points(&self) -> Option<f64> {
        Some(round2(self.percent? - self.percent_before?))
    }

    /// What is worst of it.
    pub fn worst(&self) -> WorstNews {
        let found = [
            (self.is_move() && self.moved < 0.0, WorstNews::Fall),
            (self.slipped > 0, WorstNews::ControlFell),
            (!self.expired.is_empty(), WorstNews::Expired),
            (self.stale, WorstNews::NoData),
            (!self.accepted.is_empty(), WorstNews::Accepted),
            (self.percentage_points().is_some_and(|points| points < 0.0), WorstNews::PercentageFell),
            (self.since.is_none(), WorstNews::FirstScore),
            (self.is_move(), WorstNews::Rise),
            (self.changed > 0 || !same_points(self.maximum, 0.0), WorstNews::Change),
            (self.action.is_some(), WorstNews::Action),
        ];
        found.into_iter().find(|(is, _)| *is).map_or(WorstNews::Nothing, |(_, worst)| worst)
    }

    /// The news in one line, the worst first, for whoever reads it on `today`.
    pub fn line(&self, today: Date) -> String {
        let tenant = sentence_case(&self.tenant);
        match self.silence(today) {
            // What was looked at in vain is not calm.
            Some(silence) if !self.is_any() => format!("{tenant}: {silence}"),
            Some(silence) if self.worst() == WorstNews::NoData => format!("{tenant}: {silence}; {}", self.what(today)),
            Some(silence) => format!("{tenant}: {}; {silence}", self.what(today)),
            None => format!("{tenant}: {}", self.what(today)),
        }
    }

    /// That nothing newer is there than its newest day, where that is so: `no data since Friday`.
    pub(super) fn silence(&self, today: Date) -> Option<String> {
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
            return format!("{} {when}", self.calm());
        }
        let reasons = self.reasons().into_iter().take(REASONS_MAX).collect::<Vec<_>>().join(", ");
        // A rise does not stand before what is worse.
        let moved_first = matches!(self.worst(), WorstNews::Fall | WorstNews::Rise) || reasons.is_empty();
        match (self.is_move(), self.worst(), self.percentage_points()) {
            (_, WorstNews::PercentageFell, Some(points)) => {
                let more = if self.is_move() { format!(", {}", moved(self.moved)) } else { String::new() };
                let reasons = if reasons.is_empty() { self.maximum_moved() } else { reasons };
                format!("{} pp{more} {when}: {reasons}", with_sign(points))
            }
            (true, ..) if reasons.is_empty() => format!("{} {when}", moved(self.moved)),
            (true, ..) if moved_first => format!("{} {when}: {reasons}", moved(self.moved)),
            (true, ..) => format!("{reasons} {when}, {} in all", moved(self.moved)),
            (false, ..) if !reasons.is_empty() => format!("{reasons} {when}"),
            (false, ..) if same_points(self.maximum, 0.0) => self.to_do(),
            (false, ..) => format!("{} {when}", self.maximum_moved()),
        }
    }

    /// That nothing is new, or that there was nothing to look at.
    pub(super) fn calm(&self) -> &'static str {
        if self.is_newer() { "nothing new" } else { "no new score" }
    }

    fn maximum_moved(&self) -> String {
        format!("{} in the maximum", moved(self.maximum))
    }

    fn to_do(&self) -> String {
        format!("next best action: {}", self.action.as_deref().map(|title| cut(title, ACTION_MAX)).unwrap_or_default())
    }

    /// What is worst of it in a few words, without the tenant, where it is not the first.
    pub(super) fn brief(&self, today: Date) -> String {
        match (self.worst(), self.reasons().into_iter().next()) {
            (WorstNews::NoData, _) => self.silence(today).unwrap_or_default(),
            (WorstNews::FirstScore, _) => "first score".to_owned(),
            (WorstNews::Fall | WorstNews::Rise, _) => moved(self.moved),
            (WorstNews::PercentageFell, _) => format!("{} pp", with_sign(self.percentage_points().unwrap_or_default())),
            (WorstNews::Action, _) => "another next best action".to_owned(),
            (_, Some(reason)) => reason,
            (_, None) => self.maximum_moved(),
        }
    }

    /// What it says in the tenant's line, beside how its score moved: what is bad first, since when where `since_differs` between tenants.
    pub(super) fn words(&self, today: Date, since_differs: bool) -> String {
        let first = self.since.is_none().then(|| "first score".to_owned());
        let mut all = self.counted();
        // What is bad is named; the rest of many changes is one number.
        let more: usize = all.split_off(all.len().min(NAMED_MAX)).into_iter().map(|(number, _)| number).sum();
        let more = (more > 0).then(|| format!("{more} more {} changed", if more == 1 { "control" } else { "controls" }));
        let mut words: Vec<String> = first.into_iter().chain(all.into_iter().map(|(_, reason)| reason)).chain(more).collect();
        if words.is_empty() && self.is_any() && !self.is_move() {
            words.push(if same_points(self.maximum, 0.0) { self.to_do() } else { self.maximum_moved() });
        }
        let when = self.since.filter(|_| self.is_any() && since_differs).map(|since| since_words(since, today));
        let mut said = vec![[words.join(", "), when.unwrap_or_default()].join(" ").trim().to_owned()];
        if let Some(silence) = self.silence(today) {
            said.insert(usize::from(self.worst() != WorstNews::NoData), silence);
        }
        said.retain(|said| !said.is_empty());
        if said.is_empty() && !self.is_any() { self.calm().to_owned() } else { said.join("; ") }
    }

    /// Why, what is bad first.
    pub fn reasons(&self) -> Vec<String> {
        self.counted().into_iter().map(|(_, reason)| reason).collect()
    }

    /// The same, each with how many.
    fn counted(&self) -> Vec<(usize, String)> {
        let said = |number: usize, noun: &str, rest: &str| (number > 0).then(|| (number, format!("{} {rest}", count(number, noun))));
        let other = self.changed.saturating_sub(self.slipped + self.improved + self.gone + self.new.len());
        let all = [
            said(self.slipped, "control", "slipped"),
            said(self.expired.len(), "acceptance", "expired"),
            said(self.accepted.len(), "risk", "accepted"),
            said(self.gone, "control", "no longer scored"),
            (!self.new.is_empty()).then(|| (self.new.len(), count(self.new.len(), "new control"))),
            said(self.improved, "control", "improved"),
            said(other, "control", "changed otherwise"),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Which news comes first: the worst; of two of a kind the one with more of it, of two without data the one that has had none for longer.
pub fn order(a: &News, b: &News) -> std::cmp::Ordering {
    let more = |of: fn(&News) -> usize| of(b).cmp(&of(a));
    let of_a_kind = match a.worst() {
        WorstNews::Fall => a.moved.total_cmp(&b.moved),
        WorstNews::ControlFell => more(|news| news.slipped),
        WorstNews::Expired => more(|news| news.expired.len()),
        WorstNews::NoData => a.day.cmp(&b.day),
        WorstNews::Accepted => more(|news| news.accepted.len()),
        WorstNews::PercentageFell => a.percentage_points().unwrap_or_default().total_cmp(&b.percentage_points().unwrap_or_default()),
        WorstNews::Rise => b.moved.total_cmp(&a.moved),
        WorstNews::FirstScore | WorstNews::Change | WorstNews::Action | WorstNews::NoScoreYet | WorstNews::Nothing => {
            more(|news| news.changed)
        }
    };
    let weight = |news: &News| (news.accepted.len() + news.expired.len(), news.slipped, news.changed);
    a.worst().cmp(&b.worst()).then(of_a_kind).then_with(|| weight(b).cmp(&weight(a))).then_with(|| a.tenant.cmp(&b.tenant))
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    pub fn news(tenant: &str, moved: f64) -> News {
        let none = Vec::new;
        News {
            tenant: tenant.to_owned(),
            day: TODAY,
            since: Some(date(2026, 11, 20)),
            percent: Some(58.034),
            percent_before: None,
            compared: true,
            moved,
            maximum: 0.0,
            changed: 0,
            slipped: 0,
            improved: 0,
            gone: 0,
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

    pub fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| at.to_string()).collect()
    }

    #[test]
    fn a_line_says_what_matters_first() {
        let line = |news: News| news.line(TODAY);
        let changed = |moved, slipped, improved| News { changed: slipped + improved, slipped, improved, ..news("contoso", moved) };
        assert_eq!(line(changed(-12.0, 2, 0)), "Contoso: \u{2212}12 points since Friday: 2 controls slipped");
        assert_eq!(line(changed(-1.0, 1, 3)), "Contoso: \u{2212}1 point since Friday: 1 control slipped, 3 controls improved");
        assert_eq!(line(changed(3.333, 0, 3)), "Contoso: +3.33 points since Friday: 3 controls improved");
        assert_eq!(line(changed(3.333, 1, 3)), "Contoso: 1 control slipped, 3 controls improved since Friday, +3.33 points in all");
        let decided = News { accepted: names(1), expired: names(2), ..changed(4.0, 1, 1) };
        assert_eq!(line(decided), "Contoso: 1 control slipped, 2 acceptances expired since Friday, +4 points in all");
        let diluted = News { maximum: 9.0, percent_before: Some(58.46), ..changed(0.0, 0, 0) };
        assert_eq!(line(diluted.clone()), "Contoso: \u{2212}0.43 pp since Friday: +9 points in the maximum");
        let diluted = News { moved: 2.0, changed: 1, improved: 1, ..diluted };
        assert_eq!(line(diluted), "Contoso: \u{2212}0.43 pp, +2 points since Friday: 1 control improved");
        let gone = News { changed: 1, gone: 1, ..news("contoso", -2.0) };
        assert_eq!(line(gone), "Contoso: \u{2212}2 points since Friday: 1 control no longer scored");
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
        let accepted = News { accepted: names(1), ..acme };
        assert_eq!(accepted.line(TODAY), "Acme: no data since 2026-11-10; 1 risk accepted since Friday");
    }

    #[test]
    fn a_weekday_says_which_day_for_six_days() {
        let since = |days: i64| since_words(TODAY - jiff::ToSpan::days(days), TODAY);
        assert_eq!([1, 6, 7].map(since), ["since Sunday", "since Tuesday", "since 2026-11-16"]);
        assert_eq!([0, -1].map(since), ["since today's last digest", "since the last digest"]);
    }
}
