//! How does a digest get into the outbox? It begins where the last one that arrived ended, and takes the place of one that has not arrived.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ComposedDigest, Posting};
use crate::{
    delivery::{DeliveryKey, Post, PostKind, Record},
    digest::Digest,
    error::Result,
    score::ReportedState,
    store::{AuditEntry, DeliveryState, DigestDone, DigestRecorded, DigestRun, NewDelivery},
};

/// Why a digest is made.
#[derive(Clone, Copy)]
pub enum Occasion<'a> {
    /// It was due then.
    Due(Timestamp),
    /// Somebody wants it now, also when nothing is new: what the audit log says of it, given the id of the delivery.
    Wish(&'a (dyn Fn(&str) -> AuditEntry + Sync)),
}

/// What came of making a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DigestOutcome {
    /// It is in the outbox under this id.
    Put(String),
    /// It has nothing to report, and is one that says nothing then.
    Silent,
    /// Nothing was written: somebody else made it at the same moment.
    Overtaken,
    /// Nothing was written: the last one, which it would cover, is being sent. It is to be made again in a moment.
    Sending,
}

/// Where the next digest begins.
pub(crate) struct DigestStart {
    /// What was reported, by tenant.
    pub(crate) reported: BTreeMap<String, ReportedState>,
    /// The id of the last delivery, where that has not arrived.
    replaces: Option<String>,
}

impl Posting {
    /// Makes `digest`, which is as far as `run` says, and puts it into the outbox. One that went there earlier and still waits is not sent any more.
    ///
    /// # Errors
    /// Those of [`Posting::compose`].
    pub async fn digest_make(&self, digest: &Digest, run: &DigestRun, occasion: Occasion<'_>) -> Result<DigestOutcome> {
        let (now, begin) = (self.view.now(), self.digest_begin(&digest.name).await?);
        let mut composed = self.compose(digest, &begin.reported).await?;
        let (period, due, silent) = match occasion {
            Occasion::Due(due) => (due, due, digest.silent && composed.nothing_new),
            Occasion::Wish(_) => (now, run.due, false),
        };
        let delivery = if silent { None } else { Some(self.digest_delivery(digest, &composed, period)?) };
        if silent {
            // The next one that is sent begins where the last one that was sent ended.
            composed.reported.extend(begin.reported);
        }
        let entry = match (occasion, &delivery) {
            (Occasion::Wish(audited), Some(delivery)) => Some(audited(&delivery.id)),
            _ => None,
        };
        let done = DigestDone {
            name: &digest.name,
            run,
            due,
            at: now,
            reported: &composed.reported,
            before: &composed.reported_before,
            replaces: begin.replaces.as_deref(),
            delivery: delivery.as_ref(),
            entry: entry.as_ref(),
        };
        Ok(match self.view.store().digest_done(&done).await? {
            DigestRecorded::All => delivery.map_or(DigestOutcome::Silent, |delivery| DigestOutcome::Put(delivery.id)),
            DigestRecorded::Overtaken => DigestOutcome::Overtaken,
            DigestRecorded::Sending => DigestOutcome::Sending,
        })
    }

    /// Where the next digest called `name` begins: after the last one, or before it where that waits, failed or was withheld. Of one that is not
    /// in the outbox any more nobody knows; it is taken to have arrived.
    pub(crate) async fn digest_begin(&self, name: &str) -> Result<DigestStart> {
        let stored = self.view.store().digest_reported(name).await?;
        if let Some(id) = stored.delivery
            && let Some(last) = self.view.store().delivery(&id).await?
            && last.state != DeliveryState::Sent
        {
            return Ok(DigestStart { reported: stored.before, replaces: Some(id) });
        }
        Ok(DigestStart { reported: stored.reported, replaces: None })
    }

    /// `composed` as the outbox takes it, for the time until `period`.
    fn digest_delivery(&self, digest: &Digest, composed: &ComposedDigest, period: Timestamp) -> Result<NewDelivery> {
        let key = DeliveryKey {
            tenants: composed.tenants.clone(),
            kind: PostKind::Digest { name: digest.name.clone() },
            period: period.to_string(),
            destination: digest.to.clone(),
        };
        let record = Record::Digest { name: digest.name.clone(), tenants: composed.standings.clone() };
        let post = Post { record: Some(record), ..Post::new(&key, composed.card.clone(), self.view.now()) };
        self.wrap(&key, &post, composed.names)
    }
}
