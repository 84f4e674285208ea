//! What changed between two days, control by control, and why?
//!
//! Two ledgers explain every move: points and maximum. Each adds up exactly: what it was, what every
//! control did, the rest that no control explains, what it is.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Catalogue, Control, ControlScore, ControlState, POINTS_EPSILON, Snapshot, StateUpdate, age, same_points};

/// For so many days after a state was set the points that it makes may still come: over a weekend, and after Microsoft's own delay.
const LATE_DAYS: i32 = 7;

/// All that changed from one day to a later one.
#[derive(Debug, Clone)]
pub struct Diff<'a> {
    /// How the points moved.
    pub points: Ledger,
    /// How the maximum moved; `None` when Graph did not say it on both days.
    pub maximum: Option<Ledger>,
    /// Every control that changed, the weightiest first; none where the controls of one of the days are not known.
    pub changes: Vec<Change<'a>>,
    /// The days whose controls are not known, so that no control can explain anything.
    pub unknown: Vec<Date>,
}

/// One sum on two days: `from + controls + rest == to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ledger {
    /// The sum on the earlier day.
    pub from: f64,
    /// The sum on the later day.
    pub to: f64,
    /// What all controls together explain.
    pub controls: f64,
    /// What no control explains.
    pub rest: f64,
}

impl Ledger {
    fn new(from: f64, to: f64, controls: f64) -> Self {
        let rest = to - from - controls;
        Self { from, to, controls, rest: if rest.abs() < POINTS_EPSILON { 0.0 } else { rest } }
    }

    /// The whole move.
    pub fn moved(&self) -> f64 {
        self.to - self.from
    }
}

/// How the share of the maximum moved, and what moved it: `from + points + maximum == to`. All in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PercentChange {
    /// The share on the earlier day.
    pub from: f64,
    /// The share on the later day.
    pub to: f64,
    /// What the points' move makes of it.
    pub points: f64,
    /// What the maximum's move makes of it.
    pub maximum: f64,
}

impl Diff<'_> {
    /// How the share of the maximum moved; `None` where it is not known on both days.
    pub fn share(&self) -> Option<PercentChange> {
        let maximum = self.maximum.filter(|maximum| maximum.from > 0.0 && maximum.to > 0.0)?;
        let (from, to) = (100.0 * self.points.from / maximum.from, 100.0 * self.points.to / maximum.to);
        let points = 100.0 * self.points.moved() / maximum.from;
        Some(PercentChange { from, to, points, maximum: to - from - points })
    }

    /// How the share of the maximum would have moved if nothing but these `points` and this part of the `maximum` had; `None` where that is not known.
    pub fn share_moved_by(&self, points: f64, maximum: f64) -> Option<f64> {
        let from = self.maximum.map(|ledger| ledger.from).filter(|from| *from > 0.0)?;
        let to = Some(from + maximum).filter(|to| *to > 0.0)?;
        Some(100.0 * (self.points.from + points) / to - 100.0 * self.points.from / from)
    }
}

/// How a control changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    /// More points.
    Up,
    /// Fewer points.
    Down,
    /// Scored now, not before.
    New,
    /// Scored before, no longer.
    Gone,
    /// Another maximum at the same percentage: no improvement and no regression.
    Maximum,
    /// Graph said its score on one of the days only: how its points moved is not known.
    Unsaid,
    /// Its status alone: its points are the same. Made for whoever asks for it ([`super::status::status_alone`]), and never a part of a [`Diff`].
    Status,
}

/// One control that changed.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// How.
    pub kind: DiffKind,
    /// The control on the earlier day; `None` for a new one.
    pub before: Option<Control<'a>>,
    /// The control on the later day; `None` for a gone one.
    pub after: Option<Control<'a>>,
    /// Its share in the points ledger; nothing where it is not known, which is then a part of what no control explains.
    pub points: f64,
    /// Its share in the maximum ledger, likewise.
    pub maximum: f64,
    /// Why, as far as the data tell.
    pub causes: Vec<ChangeCause<'a>>,
}

impl<'a> Change<'a> {
    /// The control as it is, or as it last was.
    pub fn control(&self) -> Option<Control<'a>> {
        self.after.or(self.before)
    }

    /// How its points moved; `None` where Graph did not say them.
    pub fn moved(&self) -> Option<f64> {
        let has_points = |control: Option<Control<'_>>| control.is_none_or(|control| control.score.points.is_some());
        (has_points(self.before) && has_points(self.after)).then_some(self.points)
    }

    /// How much it matters: points moved, and half as much each point that can now be had or no longer can.
    fn weight(&self) -> f64 {
        self.points.abs() + self.maximum.abs() / 2.0
    }
}

/// Why a control changed.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeCause<'a> {
    /// Somebody set its state between the two days, or shortly before.
    State {
        /// The update in force.
        update: &'a StateUpdate,
        /// The day on which that state was set, where it lies before the two days: points come late.
        before: Option<Date>,
    },
    /// So many of so many before, so many of so many now.
    Count {
        /// Before.
        before: (u32, u32),
        /// Now.
        after: (u32, u32),
    },
    /// The setting was switched.
    Switched {
        /// To on, or to off.
        on: bool,
    },
    /// What Microsoft saw before and sees now, both on days with evidence.
    Status {
        /// Before.
        before: String,
        /// Now.
        after: String,
    },
    /// What Microsoft sees now; the earlier day carries no evidence to compare with.
    Now(String),
}

/// Compares two days of one tenant.
pub fn diff<'a>(before: &'a Snapshot, after: &'a Snapshot, catalogue: &'a Catalogue) -> Diff<'a> {
    let unknown: Vec<Date> = [before, after].into_iter().filter(|day| !day.controls_known).map(|day| day.day).collect();
    let mut changes: Vec<Change<'a>> = paired(before, after)
        .filter(|_| unknown.is_empty())
        .filter_map(|(old, new)| {
            let mut change = compare(old.map(|score| Control::join(score, catalogue)), new.map(|score| Control::join(score, catalogue)))?;
            change.causes = causes(&change, before.day, after.day);
            Some(change)
        })
        .collect();
    changes.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
    let points = Ledger::new(before.points, after.points, changes.iter().map(|change| change.points).sum());
    let maximum =
        before.maximum.zip(after.maximum).map(|(from, to)| Ledger::new(from, to, changes.iter().map(|change| change.maximum).sum()));
    Diff { points, maximum, changes, unknown }
}

/// The controls of both days side by side; both lists are sorted by name.
fn paired<'a>(before: &'a Snapshot, after: &'a Snapshot) -> impl Iterator<Item = (Option<&'a ControlScore>, Option<&'a ControlScore>)> {
    let mut old = before.controls.iter().peekable();
    let mut new = after.controls.iter().peekable();
    std::iter::from_fn(move || match (old.peek(), new.peek()) {
        (None, None) => None,
        (Some(_), None) => Some((old.next(), None)),
        (None, Some(_)) => Some((None, new.next())),
        (Some(a), Some(b)) => Some(match a.name.cmp(&b.name) {
            std::cmp::Ordering::Less => (old.next(), None),
            std::cmp::Ordering::Greater => (None, new.next()),
            std::cmp::Ordering::Equal => (old.next(), new.next()),
        }),
    })
}

fn compare<'a>(before: Option<Control<'a>>, after: Option<Control<'a>>) -> Option<Change<'a>> {
    let (kind, points, maximum) = match (before, after) {
        (None, None) => return None,
        (None, Some(new)) => (DiffKind::New, new.score.points.unwrap_or(0.0), new.maximum.unwrap_or(0.0)),
        (Some(old), None) => (DiffKind::Gone, -old.score.points.unwrap_or(0.0), -old.maximum.unwrap_or(0.0)),
        (Some(old), Some(new)) => {
            let maximum = maximum_moved(&old, &new);
            match (old.score.points, new.score.points) {
                (Some(a), Some(b)) => (both_scored(&old, &new, b - a, maximum)?, b - a, maximum),
                (None, None) => return None,
                (Some(_), None) | (None, Some(_)) => (DiffKind::Unsaid, 0.0, maximum),
            }
        }
    };
    Some(Change { kind, before, after, points, maximum, causes: Vec::new() })
}

fn both_scored(old: &Control<'_>, new: &Control<'_>, points: f64, maximum: f64) -> Option<DiffKind> {
    let same_maximum = same_points(maximum, 0.0);
    let same_percent = match (old.percent(), new.percent()) {
        (Some(a), Some(b)) => (a - b).abs() < 0.01,
        _ => false,
    };
    match (same_points(points, 0.0), same_maximum) {
        (true, true) => None,
        (_, false) if same_percent => Some(DiffKind::Maximum),
        (true, false) => Some(DiffKind::Maximum),
        (false, _) => Some(if points > 0.0 { DiffKind::Up } else { DiffKind::Down }),
    }
}

/// How the maximum of a control moved. A maximum that is not stored for its day (derived from rounded numbers, or today's) is
/// taken for unchanged while that day allows the other day's.
fn maximum_moved(old: &Control<'_>, new: &Control<'_>) -> f64 {
    let (Some(before), Some(after)) = (old.maximum, new.maximum) else { return 0.0 };
    let allows = |score: &ControlScore, maximum: f64| score.stored_maximum().is_none() && score.allows(maximum);
    if same_points(before, after) || allows(old.score, after) || allows(new.score, before) { 0.0 } else { after - before }
}

fn causes<'a>(change: &Change<'a>, from: Date, to: Date) -> Vec<ChangeCause<'a>> {
    let mut causes: Vec<ChangeCause<'a>> = state(change, from, to).into_iter().collect();
    let evidence = |control: Option<Control<'a>>| control.and_then(|control| control.score.evidence.as_deref());
    let Some(now) = evidence(change.after) else { return causes };
    let status_now = now.status.line();
    let Some(then) = evidence(change.before) else {
        if !status_now.is_empty() {
            causes.push(ChangeCause::Now(status_now));
        }
        return causes;
    };
    match (then.count.zip(then.total), now.count.zip(now.total)) {
        (Some(before), Some(after)) if before != after => causes.push(ChangeCause::Count { before, after }),
        _ => {}
    }
    match (then.on, now.on) {
        (Some(before), Some(on)) if before != on => causes.push(ChangeCause::Switched { on }),
        _ => {}
    }
    let status_then = then.status.line();
    if status_then != status_now && !status_now.is_empty() {
        causes.push(ChangeCause::Status { before: status_then, after: status_now });
    }
    causes
}

/// The state that somebody set, if that explains the change.
fn state<'a>(change: &Change<'a>, from: Date, to: Date) -> Option<ChangeCause<'a>> {
    let profile = change.control()?.profile?;
    // The same state written again, with other words or none, sets nothing.
    let decided = profile.in_force()?;
    let (update, day) = (decided.update, decided.set.at.map(day_of)?);
    if day > from {
        return (day <= to).then_some(ChangeCause::State { update, before: None });
    }
    let makes_points = |state: &ControlState| matches!(state, ControlState::ThirdParty | ControlState::Mitigated | ControlState::Reviewed);
    let full = change.after.and_then(|after| after.points_left()).is_none_or(|left| left < POINTS_EPSILON);
    let explains = match (change.kind, &update.state) {
        (DiffKind::Up, state) => makes_points(state) && full,
        (DiffKind::Down, ControlState::Accepted) => true,
        (DiffKind::Down, ControlState::Default) => profile
            .updates_newest_first()
            .iter()
            .find(|earlier| earlier.state != ControlState::Default)
            .is_some_and(|earlier| makes_points(&earlier.state)),
        _ => false,
    };
    (explains && age(day, from) <= LATE_DAYS).then_some(ChangeCause::State { update, before: Some(day) })
}

/// The UTC day of a time, as Graph counts days.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
