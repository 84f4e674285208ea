//! How does what was found become deliveries? One for each place of all that is bad, one for each message that told it of all that is over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{super::Posting, look::Gaze};
use crate::{
    alert::{self, Ended, How, Over, Rule, State, Step, Telling, Was},
    card::Card,
    delivery::{Findings, Found, Key, Parcel, PostKind, Record},
    error::{Error, Result},
    score::change::day_of,
    skills::{TenantFacts, tell},
    store::NewDelivery,
};

/// The states that changed, `None` for those that are over, and the deliveries that tell it.
pub(super) struct Written {
    pub(super) states: BTreeMap<String, Option<State>>,
    pub(super) deliveries: Vec<NewDelivery>,
    /// What they tell to be over.
    pub(super) ended: Vec<Ended>,
}

impl Posting {
    /// The states of `step` with where they are told, and the deliveries that tell them.
    pub(super) fn told(&self, gaze: &Gaze<'_>, tenant: &TenantFacts, step: Step) -> Result<Written> {
        let Gaze { rule, states: before, now, .. } = gaze;
        let Step { states, tellings, over } = step;
        let mut written = Written { states, deliveries: Vec::new(), ended: Vec::new() };
        let mut by_place: BTreeMap<String, Vec<Telling>> = BTreeMap::new();
        for telling in tellings {
            // What goes on is told where it was told first, if they still may read it there.
            let earlier = before.get(&telling.finding.subject).filter(|_| telling.how != How::New).and_then(State::told_to);
            let to = earlier.filter(|to| self.readers_at(to, &tenant.name).is_ok()).unwrap_or(&rule.to);
            by_place.entry(to.to_owned()).or_default().push(telling);
        }
        for (to, tellings) in by_place {
            let names = self.readers_at(&to, &tenant.name)?.role.sees_names();
            let Some(card) = alert::alert_card(rule, tenant, &tellings, names) else { continue };
            let card = tell::aged(card, tenant, day_of(*now));
            let subjects: Vec<&str> = tellings.iter().map(|telling| telling.finding.subject.as_str()).collect();
            let kind = PostKind::Alert(Findings::of(&rule.name, &subjects));
            let key = Key { tenants: vec![tenant.name.clone()], kind, period: now.to_string(), destination: to.clone() };
            for subject in &subjects {
                if let Some(Some(state)) = written.states.get_mut(*subject) {
                    state.told_in(&key.id(), &to, subjects.len() > 1);
                }
            }
            let parcel = Parcel { snoozes: true, ..parcel(&key, card, record(rule, tellings.iter().map(found)), *now) };
            written.deliveries.push(self.wrap(&key, &parcel, names && alert::shows_names(&tellings))?);
        }
        self.told_over(gaze, tenant, over, &mut written)?;
        Ok(written)
    }

    /// Adds the deliveries that tell what is `over`, where it was told, also when the rule tells elsewhere by now. Where nobody may read it
    /// any more it is forgotten.
    fn told_over(&self, gaze: &Gaze<'_>, tenant: &TenantFacts, over: Vec<(Over, Option<String>)>, written: &mut Written) -> Result<()> {
        let Gaze { rule, states: before, now, .. } = gaze;
        let mut by_message: BTreeMap<(Option<String>, &str), Vec<Over>> = BTreeMap::new();
        for (over, message) in over {
            let to = before.get(&over.subject).and_then(State::told_to).unwrap_or(&rule.to);
            by_message.entry((message, to)).or_default().push(over);
        }
        for ((message, to), over) in by_message {
            // What goes on may have been told anew in a later message; this one told it, too.
            let goes_on = before.iter().filter(|(subject, _)| !matches!(written.states.get(*subject), Some(None)));
            let told = goes_on.filter(|(_, state)| is_told_in(state, message.as_deref()));
            let still: Vec<&str> = told.map(|(_, state)| state.title.as_str()).collect();
            let Some(card) = alert::over_card(rule, tenant, &over, &still).filter(|_| self.readers_at(to, &tenant.name).is_ok()) else {
                continue;
            };
            let card = tell::aged(card, tenant, day_of(*now));
            let subjects: Vec<&str> = over.iter().map(|over| over.subject.as_str()).collect();
            let after = message.as_deref().map_or_else(String::new, |message| format!(" after {message}"));
            let kind = PostKind::Recovery(Findings::of(&rule.name, &subjects));
            let key = Key { tenants: vec![tenant.name.clone()], kind, period: format!("{now} over{after}"), destination: to.to_owned() };
            let of_several = |over: &Over| before.get(&over.subject).is_some_and(|state| is_one_of_several(state, message.as_deref()));
            let parcel = Parcel {
                of_several: over.iter().any(of_several),
                follows: message,
                over: still.is_empty(),
                ..parcel(&key, card, record(rule, over.iter().map(found_over)), *now)
            };
            written.deliveries.push(self.wrap(&key, &parcel, false)?);
            let was = |subject: &str| {
                before.get(subject).map(|state| (subject.to_owned(), Was { stood: state.stood, from: state.from, worst: state.worst }))
            };
            let (day, subjects) = (tenant.history.newest().map(|newest| newest.day), subjects.into_iter().filter_map(was).collect());
            written.ended.push(Ended { parcel: parcel.id, to: to.to_owned(), at: *now, day, subjects });
        }
        Ok(())
    }

    /// The deliveries that tell once more what was told to be over by the messages of `untold`, which never arrived; and the parcels in whose
    /// place they go. One that is no longer stored is told no more.
    pub(super) async fn told_once_more(&self, untold: &[&Ended], now: Timestamp) -> Result<(BTreeSet<String>, Vec<NewDelivery>)> {
        let (mut again, mut deliveries) = (BTreeSet::new(), Vec::new());
        for ended in untold {
            again.insert(ended.parcel.clone());
            let Some(lost) = self.view.store().delivery(&ended.parcel).await?.filter(|lost| !lost.parcel.is_empty()) else { continue };
            let earlier: Parcel = serde_json::from_str(&lost.parcel).map_err(Error::internal)?;
            let period = format!("{now} again {}", ended.parcel);
            let key = Key { tenants: earlier.tenants.clone(), kind: earlier.kind.clone(), period, destination: lost.destination };
            let may = key.tenants.iter().all(|tenant| self.readers_at(&key.destination, tenant).is_ok());
            if may {
                deliveries.push(self.wrap(&key, &Parcel { id: key.id(), made: now, ..earlier }, false)?);
            }
        }
        Ok((again, deliveries))
    }
}

/// Whether `state` was told in the message with this id; in one that nobody knows any more, where there is none.
fn is_told_in(state: &State, message: Option<&str>) -> bool {
    let told = |parcels: &[String]| message.map_or(parcels.is_empty(), |message| parcels.iter().any(|parcel| parcel == message));
    state.told.as_ref().is_some_and(|of| told(&of.parcels))
}

/// Whether the message with this id told `state` among others.
fn is_one_of_several(state: &State, message: Option<&str>) -> bool {
    message.zip(state.told.as_ref()).is_some_and(|(message, told)| told.several.iter().any(|parcel| parcel == message))
}

fn parcel(key: &Key, card: Card, record: Record, now: Timestamp) -> Parcel {
    let record = Some(record);
    Parcel {
        id: key.id(),
        kind: key.kind.clone(),
        tenants: key.tenants.clone(),
        card,
        record,
        made: now,
        follows: None,
        snoozes: false,
        over: false,
        of_several: false,
    }
}

fn record(rule: &Rule, findings: impl Iterator<Item = Found>) -> Record {
    Record::Alert { rule: rule.name.clone(), when: rule.watch.kind().to_owned(), findings: findings.collect() }
}

fn found(Telling { finding, how, .. }: &Telling) -> Found {
    Found {
        subject: finding.subject.clone(),
        title: Some(finding.title.clone()),
        state: how.word().to_owned(),
        moved: finding.moved,
        from: finding.from,
        may_correct: finding.may_correct,
    }
}

fn found_over(over: &Over) -> Found {
    Found { subject: over.subject.clone(), title: None, state: "resolved".to_owned(), moved: None, from: None, may_correct: false }
}
