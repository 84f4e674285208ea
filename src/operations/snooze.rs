//! What does somebody not want to hear of for a while? By tenant, control and kind, with a reason and an end; never by the words of an alert.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::Operations;
use crate::{
    access::Asker,
    alert::{Rule, SNOOZE_ALL, SNOOZE_REASON, Watch},
    delivery::PostKind,
    error::{Error, ErrorKind, Result},
    score::search::named,
    store::{Depth, LoadOptions, StoredSnooze},
    text::{did_you_mean, echo, one_line},
};

/// How many days the longest snooze lasts.
pub const SNOOZE_DAYS_MAX: u16 = 366;
/// The longest snooze.
const LONGEST: SignedDuration = SignedDuration::from_hours(SNOOZE_DAYS_MAX as i64 * 24);
/// How long it is remembered that something was snoozed.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How many snoozes one button makes at most: one for each control that its message told.
const AT_ONCE_MAX: usize = 500;

/// What to snooze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnoozeWish {
    /// The tenant; may be left out when the asker sees only one.
    pub tenant: Option<String>,
    /// The control; `None` for all that the kind is about.
    pub control: Option<String>,
    /// The kind of alert, or `all`.
    pub kind: String,
    /// When it is told again.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

/// A snooze, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnoozeShown {
    /// The tenant.
    pub tenant: String,
    /// The control; `None` for all that the kind is about.
    pub control: Option<String>,
    /// The kind of alert, or `all`.
    pub kind: String,
    /// When it is told again.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Operations {
    /// Snoozes what `wish` says, in the place of what was said of the same before.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role below analyst; [`ErrorKind::NotFound`] for a tenant or a control that there is not; [`ErrorKind::BadArguments`] for an
    /// unknown kind, a control where the kind is about no control, an end that is past or too far, a reason that is too short or too long.
    pub async fn snooze(&self, asker: &Asker, wish: &SnoozeWish) -> Result<SnoozeShown> {
        may_snooze(asker)?;
        let tenant = self.view.index().single(asker, wish.tenant.as_deref())?.label.to_string();
        let kind = kind(&wish.kind)?;
        if wish.control.is_some() && Watch::OF_TENANTS.contains(&kind) {
            let sentence = format!(
                "Alerts of the kind {kind} are about the whole tenant, so none of them is about one control. Leave out the control, or give the kind of those that are: {}.",
                Watch::KINDS.into_iter().filter(|kind| !Watch::OF_TENANTS.contains(kind)).collect::<Vec<_>>().join(", ")
            );
            return Err(Error::bad_arguments(sentence));
        }
        let control = match &wish.control {
            Some(control) => Some(self.control_named(&tenant, control).await?),
            None => None,
        };
        let mut created = self.snooze_all(asker, &tenant, vec![control], kind, wish.until, &wish.reason).await?;
        created.pop().ok_or_else(|| Error::internal("a snooze was not made"))
    }

    /// Snoozes for `days` what the message with the id `delivery` told: each of its subjects, for its kind of alert.
    ///
    /// # Errors
    /// Those of [`Operations::snooze`]; [`ErrorKind::NotFound`] for a message that told no alert, or one of a tenant that the asker may not see.
    pub async fn snooze_delivery(&self, asker: &Asker, delivery: &str, days: u8, reason: &str) -> Result<Vec<SnoozeShown>> {
        may_snooze(asker)?;
        let unknown = || Error::new(ErrorKind::NotFound, "This message is too old to be snoozed, or is no alert.");
        let stored = self.view.store().delivery(delivery).await?.ok_or_else(unknown)?;
        let PostKind::Alert(found) = &stored.kind else { return Err(unknown()) };
        let tenants = stored.tenants.split(',').filter(|tenant| asker.tenants.include(tenant) && !self.view.is_taken_out(tenant));
        let (tenants, posts): (Vec<String>, _) = (tenants.map(ToOwned::to_owned).collect(), self.posting.posts());
        let rules: Vec<&Rule> = posts.rules.iter().filter(|rule| found.rules.contains(&rule.name)).collect();
        if tenants.is_empty() || rules.is_empty() {
            return Err(unknown());
        }
        let until = self.view.now().checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(Error::internal)?;
        let mut created = Vec::new();
        for tenant in &tenants {
            for rule in &rules {
                let subjects = match &found.subject {
                    Some(subject) if tenants.len() == 1 => BTreeSet::from([subject.clone()]),
                    _ => self.posting.notified_subjects(&rule.name, tenant, delivery).await?,
                };
                let subjects: Vec<_> = subjects.into_iter().take(AT_ONCE_MAX.saturating_sub(created.len())).map(Some).collect();
                if !subjects.is_empty() {
                    created.extend(self.snooze_all(asker, tenant, subjects, rule.watch.kind(), until, reason).await?);
                }
            }
        }
        if created.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "Everything in this message is resolved, so there is nothing to snooze."));
        }
        Ok(created)
    }

    async fn snooze_all(
        &self,
        asker: &Asker,
        tenant: &str,
        controls: Vec<Option<String>>,
        kind: &str,
        until: Timestamp,
        reason: &str,
    ) -> Result<Vec<SnoozeShown>> {
        let now = self.view.now();
        if until <= now || until.duration_since(now) > LONGEST {
            return Err(Error::bad_arguments(format!("A snooze ends on a later day, at most {SNOOZE_DAYS_MAX} days from now.")));
        }
        let reason = one_line(reason).into_owned();
        if !SNOOZE_REASON.contains(&reason.chars().count()) {
            let sentence = format!("Say why, in {} to {} characters: others will wonder.", SNOOZE_REASON.start(), SNOOZE_REASON.end());
            return Err(Error::bad_arguments(sentence));
        }
        let one = |control: Option<String>| {
            let detail = json!({ "kind": kind, "until": until, "reason": reason });
            let entry = self.entry(asker, "snooze", Some(tenant), control.as_deref().unwrap_or(kind), &detail);
            let by = asker.name.to_string();
            let control = control.unwrap_or_default();
            (StoredSnooze { tenant: tenant.to_owned(), control, kind: kind.to_owned(), until, reason: reason.clone(), by, at: now }, entry)
        };
        let snoozes: Vec<_> = controls.into_iter().map(one).collect();
        self.view.store().snooze(&snoozes, now - REMEMBERED).await?;
        tracing::info!(tenant, kind, by = &*asker.name, snoozes = snoozes.len(), "snoozed");
        Ok(snoozes.into_iter().map(|(snooze, _)| shown(snooze)).collect())
    }

    /// Ends a snooze early, of a control that is named in any case; whether there was one.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role below analyst; [`ErrorKind::NotFound`] for a tenant that there is not.
    pub async fn unsnooze(&self, asker: &Asker, tenant: Option<&str>, control: Option<&str>, kind: &str) -> Result<bool> {
        may_snooze(asker)?;
        let tenant = self.view.index().single(asker, tenant)?.label.to_string();
        let (typed, now) = (control.map_or("", str::trim), self.view.now());
        // A control that Microsoft dropped since is found too.
        let known = self.view.store().snoozes(now).await?;
        let of_kind = || known.iter().filter(|snooze| snooze.tenant == tenant && snooze.kind == kind).map(|snooze| &*snooze.control);
        let found = if typed.is_empty() { None } else { named(typed, of_kind()) };
        let control = found.unwrap_or(typed);
        let subject = if control.is_empty() { kind } else { control };
        let entry = self.entry(asker, "snooze.end", Some(&tenant), subject, &json!({ "kind": kind }));
        self.view.store().snooze_end(&tenant, control, kind, &entry).await
    }

    /// The snoozes that hold now, of the tenants that `asker` may see.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role below analyst: they name people.
    pub async fn snoozes(&self, asker: &Asker) -> Result<Vec<SnoozeShown>> {
        may_snooze(asker)?;
        let all = self.view.store().snoozes(self.view.now()).await?;
        let seen = |tenant: &str| asker.tenants.include(tenant) && !self.view.is_taken_out(tenant);
        Ok(all.into_iter().filter(|snooze| seen(&snooze.tenant)).map(shown).collect())
    }

    /// The name of the control that is called `typed`, in any case.
    async fn control_named(&self, tenant: &str, typed: &str) -> Result<String> {
        let facts = self.view.load(tenant, LoadOptions { catalogue: Some(Depth::Bare), ..LoadOptions::default() }).await?;
        let typed = typed.trim();
        let scored = facts.history.newest_with_controls().into_iter().flat_map(|newest| newest.controls.iter().map(|score| &*score.name));
        let names: Vec<&str> = scored.chain(facts.catalogue.profiles().iter().map(|profile| &*profile.name)).collect();
        named(typed, names.iter().copied()).map(ToOwned::to_owned).ok_or_else(|| {
            let hint = did_you_mean(typed, names.iter().copied());
            let shown = echo(typed, 60);
            Error::new(
                ErrorKind::NotFound,
                format!("Tenant {tenant} has no control called `{shown}`.{hint} Give its id, as answers show it."),
            )
        })
    }
}

/// Whether `asker` may snooze anything.
///
/// # Errors
/// [`ErrorKind::Forbidden`] where not.
pub fn may_snooze(asker: &Asker) -> Result<()> {
    if asker.role.sees_names() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        "Snoozes are open to the roles analyst and operator: they silence alerts, and name who wanted it.",
    ))
}

/// The kind that `word` means.
fn kind(word: &str) -> Result<&'static str> {
    let kinds = || Watch::KINDS.into_iter().chain([SNOOZE_ALL]);
    let typed = word.trim();
    kinds().find(|kind| *kind == typed).ok_or_else(|| {
        let hint = did_you_mean(typed, kinds());
        let all: Vec<_> = kinds().collect();
        Error::bad_arguments(format!("There is no such kind of alert.{hint} There are: {}.", all.join(", ")))
    })
}

fn shown(snooze: StoredSnooze) -> SnoozeShown {
    let StoredSnooze { tenant, control, kind, until, reason, by, at } = snooze;
    SnoozeShown { tenant, control: Some(control).filter(|control| !control.is_empty()), kind, until, reason, by, at }
}
