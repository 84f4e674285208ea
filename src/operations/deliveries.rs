//! What became of what was posted, and what does the operator do about it? Deliveries are listed and tried again, destinations resumed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::Operations;
use crate::{
    access::{Asker, Tenants},
    delivery::PostKind,
    error::{Error, ErrorKind, Result},
    posting::SILENT_MAX,
    store::{DeliveryFilter, DeliveryState, DeliverySums, KnownDelivery, Outage, Retried, Stop, WorkerKind},
    text::echo,
};

/// The most deliveries that are listed at once.
pub const DELIVERIES_MAX: u16 = 1000;

/// How it stands with deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// Those that were asked for, newest first.
    #[serde(rename = "deliveries")]
    pub rows: Vec<DeliveryShown>,
    /// How many there are altogether.
    #[serde(flatten)]
    pub sums: DeliverySums,
    /// When each worker last did its round, in whichever process.
    pub workers: BTreeMap<WorkerKind, Timestamp>,
    /// Where nothing is sent, and why.
    #[serde(rename = "stopped")]
    pub stops: BTreeMap<String, Stop>,
    /// Where the last try failed, since when and why.
    #[serde(skip)]
    pub outages: BTreeMap<String, Outage>,
    /// The workers that have something to do and have not run for so long that it is wrong: since when, `None` for one that never ran.
    pub silent: BTreeMap<WorkerKind, Option<Timestamp>>,
}

/// A delivery as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryShown {
    /// Its id.
    pub id: String,
    /// What it is, and what made it.
    #[serde(flatten, serialize_with = "columns")]
    pub kind: PostKind,
    /// For which time.
    pub period: String,
    /// The news that it tells, in a line.
    pub title: String,
    /// The tenants that it tells about.
    pub tenants: Vec<String>,
    /// The name of the destination.
    pub destination: String,
    /// The destination that it was meant for, where this one gets it in its place.
    pub meant_for: Option<String>,
    /// How it stands with it.
    pub state: DeliveryState,
    /// When it was created.
    #[serde(rename = "made")]
    pub created: Timestamp,
    /// When it may be tried next, while it waits.
    pub next: Option<Timestamp>,
    /// When it is given up.
    pub deadline: Timestamp,
    /// How often it failed.
    #[serde(rename = "failed_tries")]
    pub tries: u32,
    /// What went wrong last; of what went out, for whom it did not.
    pub why: Option<String>,
    /// When it went out.
    pub sent: Option<Timestamp>,
}

fn columns<S: Serializer>(kind: &PostKind, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    kind.columns().serialize(serializer)
}

impl From<KnownDelivery> for DeliveryShown {
    fn from(known: KnownDelivery) -> Self {
        Self {
            title: known.title,
            tenants: known.tenants.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect(),
            next: (known.state == DeliveryState::Waiting).then_some(known.next),
            id: known.id,
            kind: known.kind,
            period: known.period,
            destination: known.destination,
            meant_for: known.meant_for,
            state: known.state,
            created: known.created,
            deadline: known.deadline,
            tries: known.tries,
            why: known.why,
            sent: known.sent,
        }
    }
}

impl Operations {
    /// How it stands with deliveries, and those that `filter` lets through.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for whoever does not operate or does not see all tenants; [`ErrorKind::BadArguments`] for a limit that is none.
    pub async fn deliveries(&self, asker: &Asker, filter: &DeliveryFilter) -> Result<DeliveryReport> {
        operates(asker)?;
        if !(1..=DELIVERIES_MAX).contains(&filter.limit) {
            return Err(Error::bad_arguments(format!("Ask for 1 to {DELIVERIES_MAX} deliveries.")));
        }
        let now = self.view.now();
        let rows = self.view.store().deliveries(filter).await?.into_iter().map(DeliveryShown::from).collect();
        let (sums, workers, stops) =
            (self.view.store().delivery_sums(now).await?, self.view.store().heartbeats().await?, self.view.store().stops().await?);
        let needed = self.needed(sums.oldest_due.is_some()).await?.into_iter().map(|worker| (worker, workers.get(&worker).copied()));
        let silent = needed.filter(|(_, ran)| ran.is_none_or(|ran| now.duration_since(ran) > SILENT_MAX)).collect();
        let outages = self.view.store().outages().await?;
        Ok(DeliveryReport { rows, sums, workers, stops, outages, silent })
    }

    /// The workers that have something to do; `due` is whether anything is to be sent now.
    async fn needed(&self, due: bool) -> Result<Vec<WorkerKind>> {
        let posts = self.posting.posts();
        let digests = !self.posting.all_digests().await?.is_empty();
        let (rules, destinations) = (!posts.rules.is_empty(), !posts.destinations.named.is_empty());
        let needed = |worker: &WorkerKind| match worker {
            WorkerKind::Digest => digests,
            WorkerKind::Alert => rules,
            WorkerKind::Deliver => due || digests || rules || destinations,
        };
        Ok(WorkerKind::ALL.into_iter().filter(needed).collect())
    }

    /// Lets the delivery with this id be tried at once, and for as long as a new one, unless it went out, or is told anew anyhow.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] as for [`Operations::deliveries`]; [`ErrorKind::NotFound`] for an unknown id; [`ErrorKind::BadArguments`] with the reason where
    /// trying again would tell it twice, or nowhere, and where its post is gone.
    pub async fn deliver_again(&self, asker: &Asker, id: &str) -> Result<DeliveryShown> {
        operates(asker)?;
        let unknown = || {
            let shown = echo(id, 60);
            Error::new(ErrorKind::NotFound, format!("There is no delivery `{shown}`. Look it up with: scorewatch deliveries"))
        };
        let known = self.view.store().delivery(id).await?.ok_or_else(unknown)?;
        if let Some(sent) = known.sent {
            let at = sent.strftime("%Y-%m-%d %H:%M UTC");
            return Err(Error::bad_arguments(format!("It went out at {at}, and is not sent twice.")));
        }
        if known.post.is_gone() {
            return Err(Error::bad_arguments("It ended more than a week ago, so only its title is kept: it cannot be sent again."));
        }
        if known.state != DeliveryState::Waiting && known.kind.is_repeated_by_its_rule() {
            let sentence = "An alert, or its end, that did not arrive is not sent again by hand: its rule tells it anew by itself, as long as it is so.";
            return Err(Error::bad_arguments(sentence));
        }
        if let Some(stop) = self.view.store().stopped(&known.destination).await? {
            let name = &known.destination;
            return Err(Error::bad_arguments(format!(
                "Deliveries to {name} are stopped: {} Once that is fixed: scorewatch deliveries resume {name}",
                stop.why
            )));
        }
        let now = self.view.now();
        let deadline =
            now.checked_add(SignedDuration::try_from(self.posting.posts().give_up).map_err(Error::internal)?).map_err(Error::internal)?;
        let entry = self.entry(
            asker,
            "delivery.retry",
            None,
            &known.kind.to_string(),
            &json!({ "id": id, "to": known.destination, "was": known.state.word() }),
        );
        match self.view.store().deliver_again(id, known.state, now, deadline, &entry).await? {
            Retried::Waits => self.view.store().delivery(id).await?.map(DeliveryShown::from).ok_or_else(unknown),
            Retried::TooLate => Err(Error::bad_arguments("It is being sent just now. Look in a minute: scorewatch deliveries")),
            Retried::Covered => Err(covered(&known.kind)),
        }
    }
}

fn covered(kind: &PostKind) -> Error {
    let send =
        if let PostKind::Digest { name } = kind { format!(" To send one now: scorewatch digest send {name}") } else { String::new() };
    Error::bad_arguments(format!("A later digest covers what it tells, so it is not sent any more.{send}"))
}

/// Whether `asker` may know and decide about all that is posted.
pub(super) fn operates(asker: &Asker) -> Result<()> {
    if asker.role.operates() && asker.tenants == Tenants::All {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "Deliveries tell about all tenants: they need the role operator and all tenants."))
}
