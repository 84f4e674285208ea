//! Which two days are compared, and what of their changes is told?

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{OnlyArg, ScoreChangesArgs, caveats};
use crate::{
    error::{Error, ErrorKind, Result},
    score::{
        Snapshot,
        change::{self, Change, Diff, DiffKind},
        same_points,
        status::{StatusChange, status_alone, status_changes},
    },
    skills::{
        TenantFacts,
        caveat::{self, Caveat},
        since::{LastDay, Since, too_new},
        tally,
    },
};

/// The days that a question is about.
pub(super) struct ComparedDays<'a> {
    /// The later one.
    pub after: &'a Snapshot,
    /// The earlier one; `None` where none is held.
    pub before: Option<&'a Snapshot>,
    /// Whether the later one is the newest, whatever day was asked for.
    pub is_newest: bool,
    /// The days that were asked for where others are taken instead: the earlier one and the last one.
    pub instead_of: [Option<Date>; 2],
    /// Which days that were asked for are not held.
    pub notes: Vec<Caveat>,
    /// Whether the later day is the one that was asked for.
    pub is_asked: bool,
}

impl<'a> ComparedDays<'a> {
    /// Those of `tenant` between `since` and `until`.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for days in the wrong order and for one that is to come; [`ErrorKind::NotFound`] where nothing is held that early, or
    /// nothing after `since` yet.
    pub(super) fn of(tenant: &'a TenantFacts, since: Since, until: Option<LastDay>, today: Date) -> Result<Self> {
        let newest = tenant.newest()?;
        let found = until.map(|until| until.find(tenant, today)).transpose()?;
        let (after, instead_of) = found.unwrap_or((newest, None));
        if since.is_too_new(after.day) {
            let first = since.day(after.day);
            return Err(match until {
                None => too_new(newest.day),
                Some(until) if until.day(newest.day) <= first => until.not_after(until.day(newest.day), first),
                Some(until) => Error::new(
                    ErrorKind::NotFound,
                    format!("Nothing is held of {} after {first} and up to {}.", tenant.name, until.day(newest.day)),
                ),
            });
        }
        let (before, other) = since.find(&tenant.history, after).unzip();
        let mut notes: Vec<Caveat> = instead_of.map(|asked| caveats::other_last_day(asked, after.day)).into_iter().collect();
        let other = other.flatten();
        notes.extend(before.zip(other).map(|(before, asked)| caveat::other_day(asked, before.day)));
        Ok(Self {
            after,
            before,
            is_newest: after.day == newest.day,
            instead_of: [other, instead_of],
            notes,
            is_asked: until.is_some() && instead_of.is_none(),
        })
    }
}

/// Two days of a tenant side by side.
pub(super) struct ChangesBetween<'a> {
    pub before: &'a Snapshot,
    pub after: &'a Snapshot,
    pub diff: Diff<'a>,
    /// The controls whose status is another one.
    statuses: BTreeMap<&'a str, StatusChange>,
    /// Those of them that did not change otherwise.
    alone: Vec<Change<'a>>,
}

impl<'a> ChangesBetween<'a> {
    /// `before` and `after`, of which the later is looked at as it is now where it `is_newest`.
    pub(super) fn of(before: &'a Snapshot, after: &'a Snapshot, tenant: &'a TenantFacts, is_newest: bool) -> Self {
        let mut diff = change::diff(before, after, &tenant.catalogue);
        // Falls first: no gain hides them where the list is cut.
        diff.changes.sort_by_key(|change| !tally::is_worse(change));
        let on = (!is_newest).then_some(after.day);
        let known = diff.unknown.is_empty();
        let statuses = if known { status_changes(before, after, &tenant.catalogue, &tenant.annotations, on) } else { BTreeMap::new() };
        let changed: BTreeSet<&str> = diff.changes.iter().filter_map(|change| Some(change.control()?.name())).collect();
        let alone = statuses.keys().filter(|name| !changed.contains(*name));
        let alone = alone.filter_map(|name| status_alone(name, before, after, &tenant.catalogue)).collect();
        Self { before, after, diff, statuses, alone }
    }

    /// What became of the status of a control that changed.
    pub(super) fn status(&self, change: &Change<'_>) -> Option<StatusChange> {
        self.statuses.get(change.control()?.name()).copied()
    }

    /// All that changed of the category that was asked for.
    pub(super) fn of_category(&self, args: &ScoreChangesArgs) -> Vec<&Change<'a>> {
        self.diff.changes.iter().filter(|change| fits(args, change)).collect()
    }

    /// Those of the same category whose status alone changed.
    pub(super) fn alone(&self, args: &ScoreChangesArgs) -> Vec<&Change<'a>> {
        self.alone.iter().filter(|change| fits(args, change)).collect()
    }

    /// What is listed: the kind that was asked for.
    pub(super) fn listed(&self, args: &ScoreChangesArgs) -> Vec<&Change<'a>> {
        let alone = if args.only == OnlyArg::Status { self.alone(args) } else { Vec::new() };
        self.of_category(args).into_iter().chain(alone).filter(|change| self.is_kind(args.only, change)).collect()
    }

    fn is_kind(&self, only: OnlyArg, change: &Change<'_>) -> bool {
        match only {
            OnlyArg::All => true,
            OnlyArg::Worse => tally::is_worse(change),
            OnlyArg::Better => tally::is_better(change),
            OnlyArg::New => change.kind == DiffKind::New,
            OnlyArg::Gone => change.kind == DiffKind::Gone,
            OnlyArg::Maximum => {
                !matches!(change.kind, DiffKind::New | DiffKind::Gone)
                    && (change.kind == DiffKind::Maximum || !same_points(change.maximum, 0.0))
            }
            OnlyArg::Status => self.status(change).is_some(),
        }
    }
}

fn fits(args: &ScoreChangesArgs, change: &Change<'_>) -> bool {
    args.category.is_none_or(|category| change.control().is_some_and(|control| category.fits(&control)))
}
