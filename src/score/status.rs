//! Which status has a control? One of a few, by its points, by what was decided in Microsoft's portal, and by what our own people say.
//!
//! Each control has one, so that their numbers add up to all controls: a decision counts before points, points before what our own people say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{
    Annotation, Annotations, Catalogue, Control, ControlProgress, ControlState, Profile, Snapshot, Status,
    change::{Change, ChangeCause, DiffKind, day_of},
    controls,
};

/// The status of a control, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlStatus {
    /// It has all points.
    Completed,
    /// It has some.
    Partial,
    /// It has none.
    ToAddress,
    /// Our own people plan it; it has not all points yet.
    Planned,
    /// Our own people are at it; it has not all points yet.
    InProgress,
    /// Its risk is accepted, whatever points it has.
    Accepted,
    /// It is resolved through a third party.
    ThirdParty,
    /// It is resolved otherwise.
    Mitigated,
    /// Somebody reviewed it.
    Reviewed,
    /// It can give no points.
    Worthless,
    /// Nothing tells how far it is.
    Unknown,
}

/// What people say of a control, whatever points it has: what is set in Microsoft's portal, and what our own people noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaidStatus<'a> {
    /// What is set in Microsoft's portal; the first state where nobody ever said anything.
    pub state: &'a ControlState,
    /// What our own people noted last, who are not known to have said anything before it.
    pub ours: Option<Status>,
}

impl<'a> SaidStatus<'a> {
    /// Of the control of this `profile`, to which our own people added `annotation`. `on` is the day (UTC) at whose end it is looked at; without it, now.
    pub fn of(profile: Option<&'a Profile>, annotation: Option<&Annotation>, on: Option<Date>) -> Self {
        let by_then = annotation.filter(|annotation| on.is_none_or(|on| day_of(annotation.at) <= on));
        let state = profile.map_or(&ControlState::Default, |profile| profile.state_on(on));
        Self { state, ours: by_then.and_then(|annotation| annotation.status) }
    }

    /// The days (UTC) at whose end people said something else than at the end of the day before, oldest first, with what they said.
    pub fn changes(profile: Option<&'a Profile>, annotation: Option<&Annotation>) -> Vec<(Date, StatusWord<'a>)> {
        let updated = profile.into_iter().flat_map(|profile| &profile.updates).filter_map(|update| update.at);
        let days: BTreeSet<Date> = updated.chain(annotation.map(|annotation| annotation.at)).map(day_of).collect();
        let on = |day: Option<Date>| Self::of(profile, annotation, day);
        let changed = days.into_iter().flat_map(|day| {
            let (before, now) =
                (day.yesterday().map_or(Self { state: &ControlState::Default, ours: None }, |before| on(Some(before))), on(Some(day)));
            let state = (before.state != now.state).then_some(StatusWord::State(now.state));
            let ours = now.ours.filter(|ours| before.ours != Some(*ours)).map(StatusWord::Ours);
            state.into_iter().chain(ours).map(move |word| (day, word))
        });
        changed.collect()
    }
}

/// What somebody said of a control on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWord<'a> {
    /// In Microsoft's portal.
    State(&'a ControlState),
    /// One of our own people.
    Ours(Status),
}

impl ControlStatus {
    /// Of `control`, to which our own people added `annotation`. `on` is the day (UTC) at whose end it is looked at; without it, now.
    pub fn of(control: &Control<'_>, annotation: Option<&Annotation>, on: Option<Date>) -> Self {
        let said = SaidStatus::of(control.profile, annotation, on);
        match said.state {
            ControlState::Accepted => return Self::Accepted,
            ControlState::ThirdParty => return Self::ThirdParty,
            ControlState::Mitigated => return Self::Mitigated,
            ControlState::Reviewed => return Self::Reviewed,
            ControlState::Default | ControlState::Other(_) => {}
        }
        match (control.standing(), said.ours) {
            (ControlProgress::Full, _) => Self::Completed,
            (ControlProgress::Worthless, _) => Self::Worthless,
            (_, Some(Status::Planned)) => Self::Planned,
            (_, Some(Status::InProgress)) => Self::InProgress,
            (ControlProgress::Partial, None) => Self::Partial,
            (ControlProgress::None, None) => Self::ToAddress,
            (ControlProgress::Unknown, None) => Self::Unknown,
        }
    }

    /// Our words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::ToAddress => "to address",
            Self::Planned => "planned",
            Self::InProgress => "in progress",
            Self::Accepted => "risk accepted",
            Self::ThirdParty => "third party",
            Self::Mitigated => "alternate mitigation",
            Self::Reviewed => "reviewed",
            Self::Worthless => "can give no points",
            Self::Unknown => "of unknown share",
        }
    }
}

impl Profile {
    /// The state that was in force at the end of the day `on` (UTC); without it, the one in force now. What has no date is from before all days.
    pub fn state_on(&self, on: Option<Date>) -> &ControlState {
        let Some(on) = on else { return self.state() };
        let by_then = self.updates.iter().enumerate().filter(|(_, update)| update.at.is_none_or(|at| day_of(at) <= on));
        by_then.max_by_key(|(at, update)| (update.at, *at)).map_or(&ControlState::Default, |(_, update)| &update.state)
    }
}

/// How many controls of `snapshot` have which status, at the end of the day `on` or now.
pub fn count_statuses(
    snapshot: &Snapshot,
    catalogue: &Catalogue,
    annotations: &Annotations,
    on: Option<Date>,
) -> BTreeMap<ControlStatus, usize> {
    let mut counts = BTreeMap::new();
    for control in controls(snapshot, catalogue) {
        *counts.entry(ControlStatus::of(&control, annotations.get(control.name()), on)).or_default() += 1;
    }
    counts
}

/// What became of the status of a control between two days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// Before; `None` where only the last word of our own people is known, and not what they had said before.
    pub from: Option<ControlStatus>,
    /// Now.
    pub to: ControlStatus,
}

/// The controls that are scored on both days and whose status is another one on the later one, by name. `on` is the day at whose end the later status is
/// looked at; without it, now.
pub fn status_changes<'a>(
    before: &'a Snapshot,
    after: &'a Snapshot,
    catalogue: &'a Catalogue,
    annotations: &Annotations,
    on: Option<Date>,
) -> BTreeMap<&'a str, StatusChange> {
    let one = |control: Control<'a>| {
        let (name, annotation) = (control.name(), annotations.get(control.name()));
        let then = Control::join(before.control(name)?, catalogue);
        let (from, to) = (ControlStatus::of(&then, annotation, Some(before.day)), ControlStatus::of(&control, annotation, on));
        let is_ours = matches!(to, ControlStatus::Planned | ControlStatus::InProgress);
        let known = !is_ours || annotation.is_none_or(|annotation| day_of(annotation.at) <= before.day);
        (from != to).then_some((name, StatusChange { from: known.then_some(from), to }))
    };
    controls(after, catalogue).filter_map(one).collect()
}

/// A control whose status alone changed, as a change without points.
pub fn status_alone<'a>(name: &str, before: &'a Snapshot, after: &'a Snapshot, catalogue: &'a Catalogue) -> Option<Change<'a>> {
    let (then, now) = (Control::join(before.control(name)?, catalogue), Control::join(after.control(name)?, catalogue));
    let decided = now.profile.and_then(Profile::in_force).filter(|decided| decided.set.at.is_some_and(|at| day_of(at) > before.day));
    let causes = decided.map(|decided| ChangeCause::State { update: decided.update, before: None }).into_iter().collect();
    Some(Change { kind: DiffKind::Status, before: Some(then), after: Some(now), points: 0.0, maximum: 0.0, causes })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::score::{Category, ControlScore, StateUpdate};

    fn update(state: ControlState, at: &str) -> StateUpdate {
        StateUpdate { state, at: at.parse().ok(), by: None, assigned_to: None, comment: None }
    }

    fn profile(name: &str, updates: Vec<StateUpdate>) -> Profile {
        Profile { category: Category::Identity, maximum: Some(10.0), updates, ..Profile::named(name) }
    }

    fn day(day: i8, points: &[(&str, f64)]) -> Snapshot {
        let score = |(name, points): &(&str, f64)| ControlScore {
            name: (*name).into(),
            category: Category::Identity,
            points: Some(*points),
            percent: Some(10.0 * points),
            profile_maximum: Some(10.0),
            evidence: None,
        };
        Snapshot {
            day: date(2026, 11, day),
            points: 0.0,
            maximum: None,
            active_users: None,
            peers: vec![],
            controls: points.iter().map(score).collect(),
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        }
    }

    fn ours(status: Status, at: &str) -> Annotation {
        Annotation { owner: None, until: None, note: None, status: Some(status), at: at.parse().unwrap(), by: "terminal".to_owned() }
    }

    #[test]
    fn each_control_has_one_status_at_the_end_of_a_day() {
        let set = |state, at| vec![update(state, at)];
        let catalogue = Catalogue::new(
            vec![
                profile("accepted", set(ControlState::Accepted, "2026-11-20T23:00:00Z")),
                profile("full", Vec::new()),
                profile("ours", Vec::new()),
                profile("part", set(ControlState::Other("odd".to_owned()), "")),
                profile("third", set(ControlState::ThirdParty, "2026-11-01T00:00:00Z")),
            ],
            BTreeMap::new(),
            0,
        );
        let annotations = Annotations(BTreeMap::from([
            ("full".to_owned(), ours(Status::Planned, "2026-11-01T00:00:00Z")),
            ("ours".to_owned(), ours(Status::InProgress, "2026-11-20T08:00:00Z")),
        ]));
        let points = [("accepted", 4.0), ("full", 10.0), ("none", 0.0), ("ours", 2.0), ("part", 5.0), ("third", 10.0)];
        let (then, now) = (day(19, &points), day(20, &points));
        let counted = |snapshot, on| -> Vec<(&str, usize)> {
            count_statuses(snapshot, &catalogue, &annotations, on).into_iter().map(|(status, count)| (status.words(), count)).collect()
        };
        let today = [("completed", 1), ("partial", 1), ("to address", 1), ("in progress", 1), ("risk accepted", 1), ("third party", 1)];
        assert_eq!(counted(&now, None), today);
        assert_eq!(counted(&now, Some(now.day)), today, "set in the last hour of that day");
        let yesterday = [("completed", 1), ("partial", 3), ("to address", 1), ("third party", 1)];
        assert_eq!(counted(&then, Some(then.day)), yesterday, "nobody had accepted it, and nobody was at it");
        let changed = status_changes(&then, &now, &catalogue, &annotations, None);
        let accepted = StatusChange { from: Some(ControlStatus::Partial), to: ControlStatus::Accepted };
        let ours = StatusChange { from: None, to: ControlStatus::InProgress };
        assert_eq!(changed, BTreeMap::from([("accepted", accepted), ("ours", ours)]), "what our people had said before is not known");
        let said = |name: &str| SaidStatus::changes(catalogue.get(name), annotations.get(name));
        assert_eq!(said("accepted"), [(date(2026, 11, 20), StatusWord::State(&ControlState::Accepted))]);
        assert_eq!(said("ours"), [(date(2026, 11, 20), StatusWord::Ours(Status::InProgress))]);
        assert_eq!(said("part"), [], "nothing tells when");
        let alone = status_alone("accepted", &then, &now, &catalogue).unwrap();
        assert!(matches!(alone.causes.as_slice(), [ChangeCause::State { .. }]) && alone.kind == DiffKind::Status);
        assert!(status_alone("third", &then, &now, &catalogue).unwrap().causes.is_empty(), "set long before");
    }
}
