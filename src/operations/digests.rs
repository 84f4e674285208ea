//! Which digests are there, and who may change them? Those of the configuration, and those that people defined in a chat.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use super::Operations;
use crate::{
    access::{Asker, Tenants},
    card::Card,
    digest::{Digest, Owner},
    error::{Error, ErrorKind, Result},
    posting::{DigestOutcome, Occasion},
    store::{Defined, DeliveryState, DigestRun},
    text::{NAME_IS, did_you_mean, echo, is_name},
};

/// How many digests people may define.
const DIGESTS_MAX: u32 = 200;
/// How many of them one person may.
const OF_ONE_MAX: u32 = 20;
/// How many names are tried that another process may just have given.
const NAMES_TRIED_MAX: usize = 8;

/// A digest as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestShown {
    /// What it is.
    pub digest: Digest,
    /// When it is due next; `None` while it is paused or stopped.
    pub next: Option<Timestamp>,
    /// The newest day that the last one told, if it arrived.
    pub covered: Option<Date>,
    /// What became of the last one; `None` where it had nothing to tell, or that was long ago.
    pub last: Option<DeliveryState>,
    /// Since when somebody paused it.
    pub paused: Option<Timestamp>,
    /// Why it was stopped by itself.
    pub stopped: Option<String>,
}

impl Operations {
    /// The digests that `asker` may manage.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that does not operate; so it is with all that follow.
    pub async fn digests(&self, asker: &Asker) -> Result<Vec<DigestShown>> {
        may_operate(asker)?;
        let mut runs = self.view.store().digest_runs().await?;
        let all = self.posting.all_digests().await?.into_iter().filter(|digest| may_manage(asker, digest));
        let mut shown = Vec::new();
        for digest in all {
            shown.push(self.shown(runs.remove(&digest.name), digest).await?);
        }
        Ok(shown)
    }

    async fn shown(&self, run: Option<DigestRun>, digest: Digest) -> Result<DigestShown> {
        let (covered, last) = self.arrived(&digest.name).await?;
        let (paused, stopped) = run.map_or((None, None), |run| (run.paused, run.stopped));
        let next = if paused.is_none() && stopped.is_none() { digest.when.next(self.view.now()) } else { None };
        Ok(DigestShown { digest, next, covered, last, paused, stopped })
    }

    /// The newest day that arrived of the digest called `name`, and what became of the last one.
    async fn arrived(&self, name: &str) -> Result<(Option<Date>, Option<DeliveryState>)> {
        let reported = self.view.store().digest_reported(name).await?;
        let last = match &reported.delivery {
            Some(id) => self.view.store().delivery(id).await?.map(|delivery| delivery.state),
            None => None,
        };
        // What was told before one that did not arrive may be what it is compared with, and was told to nobody.
        let arrived =
            last.is_none_or(|state| state == DeliveryState::Sent).then(|| reported.reported.values().map(|reported| reported.day).max());
        Ok((arrived.flatten(), last))
    }

    /// Adds a digest that `asker` defined; its name among all. Whether somebody whose digests they may not know of has one that is called the same
    /// makes no difference to what they see.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for a name that is none, or that one has which they manage, and when there are too many; [`ErrorKind::NotFound`] for an unknown
    /// destination or tenant; [`ErrorKind::Forbidden`] for a tenant that its readers may not see.
    pub async fn digest_add(&self, asker: &Asker, mut digest: Digest) -> Result<String> {
        may_operate(asker)?;
        if digest.owner.asker_id().as_deref() != Some(&*asker.id) {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "A digest belongs to whoever defines it. Those of the operator stand in the configuration.",
            ));
        }
        if !is_name(&digest.name) {
            let sentence = format!("A digest's name, such as morning, has {NAME_IS}.");
            return Err(Error::bad_arguments(sentence));
        }
        if digest.skills.is_empty() {
            return Err(Error::bad_arguments("A digest tells something: name at least one skill."));
        }
        let all = self.posting.all_digests().await?;
        if all.iter().any(|other| other.title() == digest.name && may_manage(asker, other)) {
            return Err(taken(&digest.name));
        }
        if let Tenants::Only(names) = &mut digest.tenants {
            let index = self.view.index();
            let mut tenants = BTreeSet::new();
            for name in names.iter() {
                // A group is its tenants of this moment: whoever defined the digest knows whom it tells about.
                match index.group(asker, name) {
                    Some((_, seen)) => tenants.extend(seen.into_iter().map(ToOwned::to_owned)),
                    None => drop(tenants.insert(index.named(asker, name)?.label.to_string())),
                }
            }
            *names = tenants;
        }
        let readers = self.posting.digest_readers(asker, &digest)?;
        if self.view.visible(&readers).is_empty() {
            return Err(Error::new(ErrorKind::Forbidden, "Those who read there may see no tenant that you see."));
        }
        let (definition, title) = (digest.write()?, std::mem::take(&mut digest.name));
        let (calendar, max) = (digest.when.to_string(), (DIGESTS_MAX, OF_ONE_MAX));
        let names = std::iter::once(title.clone()).chain((2..).map(|number| format!("{title}.{number}")));
        for name in names.filter(|name| !all.iter().any(|other| other.name == *name)).take(NAMES_TRIED_MAX) {
            let entry = self.entry(asker, "digest.add", None, &name, &as_value(&definition)?);
            match self.view.store().digest_define(&name, (&definition, &calendar), max, &entry).await? {
                Defined::Created => return Ok(name),
                // Somebody was faster.
                Defined::Taken => {}
                Defined::FullOfOne => {
                    return Err(Error::bad_arguments(format!("You have {OF_ONE_MAX} digests already. Remove one first.")));
                }
                Defined::Full => return Err(Error::bad_arguments(format!("There are {DIGESTS_MAX} digests already. Remove one first."))),
            }
        }
        Err(Error::new(ErrorKind::Throttled, "Others define digests at this very moment. Try again in a minute."))
    }

    /// Pauses the digest called `name`, or lets it go on, also after it was stopped.
    pub async fn digest_pause(&self, asker: &Asker, name: &str, pause: bool) -> Result<()> {
        let digest = self.digest(asker, name).await?;
        let what = if pause { "digest.pause" } else { "digest.resume" };
        let entry = self.entry(asker, what, None, &digest.name, &json!({}));
        self.view.store().digest_pause(&digest.name, &digest.when.to_string(), pause, &entry).await
    }

    /// Removes the digest called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for one of the configuration.
    pub async fn digest_remove(&self, asker: &Asker, name: &str) -> Result<()> {
        let digest = self.digest(asker, name).await?;
        if digest.owner == Owner::Configuration {
            let sentence = format!("Digest {} stands in the configuration: remove it there, or pause it.", digest.name);
            return Err(Error::bad_arguments(sentence));
        }
        let entry = self.entry(asker, "digest.remove", None, &digest.name, &as_value(&digest.write()?)?);
        if self.view.store().digest_remove(&digest.name, &entry).await? { Ok(()) } else { Err(unknown(name, &[])) }
    }

    /// What the digest called `name` would say now.
    pub async fn digest_preview(&self, asker: &Asker, name: &str) -> Result<Card> {
        let digest = self.digest(asker, name).await?;
        let reported = self.posting.digest_begin(&digest.name).await?.reported;
        let composed = match self.posting.compose(&digest, &reported).await {
            // Away from the chat nobody knows about its owner, but whoever asks may see it themselves.
            Err(error) if error.kind == ErrorKind::NotReady => self.posting.compose_as(asker, &digest, &reported).await,
            composed => composed,
        };
        composed.map(|composed| composed.card)
    }

    /// Makes the digest called `name` now and puts it into the outbox, also when there is nothing new; its id there. The next one covers the time
    /// since this one.
    ///
    /// # Errors
    /// Those of [`Posting::compose`]; [`ErrorKind::Throttled`] while it is being made or sent.
    pub async fn digest_send(&self, asker: &Asker, name: &str) -> Result<String> {
        let digest = self.digest(asker, name).await?;
        self.view.store().digest_known(&digest.name, &digest.when.to_string(), self.view.now()).await?;
        let run = self.view.store().digest_runs().await?.remove(&digest.name).ok_or_else(|| unknown(name, &[]))?;
        let audited = |id: &str| self.entry(asker, "digest.send", None, &digest.name, &json!({ "delivery": id }));
        match self.posting.digest_make(&digest, &run, Occasion::Wish(&audited)).await? {
            DigestOutcome::Put(id) => Ok(id),
            DigestOutcome::Sending => {
                Err(Error::new(ErrorKind::Throttled, "The last one is being sent at this very moment. Try again in a minute."))
            }
            DigestOutcome::Overtaken | DigestOutcome::Silent => {
                Err(Error::new(ErrorKind::Throttled, "This digest was made at this very moment, and is on its way."))
            }
        }
    }

    /// The digest called `name`, if `asker` may manage it.
    async fn digest(&self, asker: &Asker, name: &str) -> Result<Digest> {
        may_operate(asker)?;
        let mut all = self.posting.all_digests().await?;
        all.retain(|digest| may_manage(asker, digest));
        let found = all.iter().position(|digest| digest.name == name).or_else(|| all.iter().position(|digest| digest.title() == name));
        found.map(|at| all.swap_remove(at)).ok_or_else(|| unknown(name, &all))
    }
}

fn as_value(definition: &str) -> Result<Value> {
    serde_json::from_str(definition).map_err(Error::internal)
}

fn may_operate(asker: &Asker) -> Result<()> {
    if asker.role.operates() { Ok(()) } else { Err(Error::new(ErrorKind::Forbidden, "Digests are open to the role operator only.")) }
}

/// Whether `asker`, who operates, sees all that `digest` tells, or defined it.
fn may_manage(asker: &Asker, digest: &Digest) -> bool {
    let sees = match &digest.tenants {
        Tenants::All => asker.tenants == Tenants::All,
        Tenants::Only(names) => names.iter().all(|name| asker.tenants.include(name)),
    };
    sees || digest.owner.asker_id().as_deref() == Some(&*asker.id)
}

fn taken(name: &str) -> Error {
    Error::bad_arguments(format!("There is a digest `{name}` already. Choose another name."))
}

fn unknown(name: &str, all: &[Digest]) -> Error {
    let names = || all.iter().map(Digest::title);
    let shown = echo(name, 60);
    let there_are =
        if all.is_empty() { "There is none.".to_owned() } else { format!("There are: {}.", names().collect::<Vec<_>>().join(", ")) };
    Error::new(ErrorKind::NotFound, format!("There is no digest `{shown}`.{} {there_are}", did_you_mean(name, names())))
}
