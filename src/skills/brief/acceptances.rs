//! Which risks were accepted since a day, which acceptances ended or were taken back, and how many stand?

use jiff::{ToSpan as _, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    card::{
        Cell, TableRow,
        cell::{ControlLabel, DecisionEnd},
    },
    score::{
        ControlState, Snapshot,
        change::day_of,
        risk::{self, Decision, DecisionQuery},
    },
    skills::{Facts, TenantFacts, fit::fit, follow_ups::RowTarget, format, given_up::GivenUp, link::Link},
    text::cut,
};

/// How many of a kind are listed.
const LISTED: usize = 2;
/// How much room rows have for their titles, comments and names, in quarters of a token: all new ones together some, and each some more.
const ROOM: usize = 60;
const ROOM_EACH: usize = 90;
/// How much of a comment people see, in characters.
const FULL_MAX: usize = 300;

/// The acceptances of a tenant.
#[derive(Default, Serialize, JsonSchema)]
pub struct BriefAcceptances {
    /// Risks that are accepted now.
    pub(super) accepted: usize,
    /// Of these, how many are past their last day.
    pub(super) expired: usize,
    /// Points that these leave on the table, as far as known; absent when that is known of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up: Option<f64>,
    /// How many of them leave an unknown number of points; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up_unknown: Option<usize>,
    /// How many were accepted since.
    pub(super) newly_accepted: usize,
    /// How many acceptances ended since: taken back, or past their last day.
    pub(super) ended: usize,
    /// Of those that ended, how many were taken back; the others expired.
    pub(super) taken_back: usize,
    /// Of those accepted since, how many have expired already.
    #[serde(skip)]
    pub(super) newly_expired: usize,
    /// The newest of those accepted since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) new_acceptances: Vec<BriefAcceptance>,
    /// The last of those that ended since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ended_acceptances: Vec<BriefAcceptance>,
}

/// An acceptance that was made, or that ended.
#[derive(Serialize, JsonSchema)]
pub struct BriefAcceptance {
    /// The control's id.
    pub(super) control: String,
    /// Its title.
    pub(super) title: String,
    /// Points that it leaves on the table; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<f64>,
    /// When it was accepted, or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) on: Option<Date>,
    /// Who did that; only for roles that see names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    /// The last day that it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<Date>,
    /// True when that day has passed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) expired: bool,
    /// True when it was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) taken_back: bool,
    /// The comment given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    #[serde(flatten)]
    link: Link,
    #[serde(skip)]
    full_comment: Option<String>,
    #[serde(skip)]
    target: RowTarget,
}

impl BriefAcceptances {
    /// Those of `tenant`, and what became of them after the day `from`.
    pub(super) fn of(scored: &Snapshot, tenant: &TenantFacts, facts: &Facts, from: Date) -> Self {
        let after = from.saturating_add(1.day());
        let look = DecisionQuery { since: Some(after), ..DecisionQuery::on(facts.today) };
        let all = risk::decisions(scored, &tenant.catalogue, &tenant.annotations, look);
        let is_accepted = |decision: &&Decision<'_>| *decision.state() == ControlState::Accepted;
        let decided = |decision: &Decision<'_>| decision.decided_at().map(day_of);
        let is_new = |decision: &Decision<'_>| decided(decision).is_some_and(|day| day >= after);
        let mut new: Vec<&Decision<'_>> = all.iter().filter(is_accepted).filter(|decision| is_new(decision)).collect();
        new.sort_by_key(|decision| std::cmp::Reverse(decided(decision)));
        // An acceptance holds through its last day, so one of `from` ended after it.
        let end = |decision: &Decision<'_>| if decision.withdrawn { decided(decision) } else { decision.until };
        let ran_out = |decision: &&Decision<'_>| decision.expired && !is_new(decision) && decision.until.is_some_and(|until| until >= from);
        let mut ended: Vec<&Decision<'_>> = all.iter().filter(|decision| decision.withdrawn || ran_out(decision)).collect();
        ended.sort_by_key(|decision| std::cmp::Reverse(end(decision)));
        let standing: Vec<Decision<'_>> = all.iter().filter(is_accepted).cloned().collect();
        let given_up = GivenUp::of(&standing);
        let rows = |of: &[&Decision<'_>]| of.iter().take(LISTED).map(|decision| row(decision, facts, tenant)).collect();
        Self {
            accepted: standing.len(),
            expired: standing.iter().filter(|decision| decision.expired).count(),
            given_up: given_up.points(),
            given_up_unknown: given_up.unknown(),
            newly_accepted: new.len(),
            ended: ended.len(),
            taken_back: ended.iter().filter(|decision| decision.withdrawn).count(),
            newly_expired: new.iter().filter(|decision| decision.expired).count(),
            new_acceptances: rows(&new),
            ended_acceptances: rows(&ended),
        }
    }

    /// Those that are listed, new ones first.
    pub(super) fn rows(&self) -> impl Iterator<Item = &BriefAcceptance> {
        self.new_acceptances.iter().chain(&self.ended_acceptances)
    }

    /// How many of those accepted or ended since are not listed.
    pub(super) fn not_listed(&self) -> usize {
        self.newly_accepted + self.ended - self.rows().count()
    }

    /// What the standing ones leave on the table, in words.
    pub(super) fn forgone(&self) -> String {
        GivenUp::words(self.given_up, self.given_up_unknown)
    }

    /// What became of acceptances since: `1 new, 1 taken back, 1 expired`; `None` for nothing.
    pub(super) fn since(&self) -> Option<String> {
        let already = match self.newly_expired {
            0 => String::new(),
            expired => format!(" ({expired} of them expired)"),
        };
        let all = [
            (self.newly_accepted, format!("new{already}")),
            (self.taken_back, "taken back".to_owned()),
            (self.ended - self.taken_back, "expired".to_owned()),
        ];
        let some: Vec<String> =
            all.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
        (!some.is_empty()).then(|| some.join(", "))
    }

    /// Cuts words that are too long for an answer; whether there were some.
    pub(super) fn fitted(&mut self) -> bool {
        let fitted = |room: usize, rows: &mut [BriefAcceptance]| {
            let room = room + ROOM_EACH * rows.len();
            fit(room, rows.iter_mut().flat_map(|row| std::iter::once(&mut row.title).chain(&mut row.by).chain(&mut row.comment)))
        };
        let (new, ended) = (fitted(ROOM, &mut self.new_acceptances), fitted(0, &mut self.ended_acceptances));
        new || ended
    }
}

fn row(decision: &Decision<'_>, facts: &Facts, tenant: &TenantFacts) -> BriefAcceptance {
    let comment = decision.updates.first().and_then(|update| update.comment.clone());
    let mut row = BriefAcceptance {
        control: format::name(&decision.profile.name),
        title: decision.profile.title.clone(),
        points: decision.points_given_up().map(format::round2),
        on: decision.decided_at().map(day_of),
        by: decision.profile.in_force().and_then(|decided| decided.first.by.clone()).filter(|_| facts.names),
        until: decision.until.filter(|_| !decision.withdrawn),
        expired: decision.expired,
        taken_back: decision.withdrawn,
        full_comment: comment.as_ref().map(|comment| cut(comment, FULL_MAX)),
        comment,
        link: Link::default(),
        target: RowTarget::to_control(tenant, &decision.profile.name, &decision.profile.title),
    };
    if let Some(portal) = facts.portal(tenant) {
        row.link = Link::new(row.what_became(), portal.control(&decision.profile.name));
    }
    row
}

impl BriefAcceptance {
    /// `accepted 2026-11-20, until 2026-12-21`, `taken back 2026-11-15`, `expired 2026-11-19`.
    pub(super) fn what_became(&self) -> String {
        let on = self.on.map_or_else(String::new, |on| format!(" {on}"));
        let until = self.until.map(|until| format!("{} {until}", if self.expired { "expired" } else { "until" }));
        match (self.taken_back, until) {
            (true, _) => format!("taken back{on}"),
            (false, Some(until)) => format!("accepted{on}, {until}"),
            (false, None) => format!("accepted{on}, no end"),
        }
    }

    /// It as people read it: the control, what became of it, its end, points, who, when, the comment.
    pub(super) fn row(&self) -> TableRow {
        let control = ControlLabel { id: self.control.clone(), title: Some(self.title.clone()), ..ControlLabel::default() };
        let state = if self.taken_back { "taken back" } else { ControlState::Accepted.words() };
        let comment = Cell::Comment { comment: self.full_comment.clone(), earlier: Vec::new(), note: None };
        self.target.row(vec![
            Cell::Control(control),
            Cell::State { state: state.to_owned(), progress: None, no_longer: false },
            self.until.map_or(Cell::Empty, |until| Cell::End(DecisionEnd::Day(until, self.expired))),
            Cell::Points(self.points),
            Cell::person(self.by.as_deref()),
            Cell::Day(self.on),
            comment,
        ])
    }
}
