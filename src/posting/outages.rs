//! When does the operator hear of a destination that takes nothing for a while? Once when it does not, and once when it does again.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Posting;
use crate::{
    delivery::NoticeSubject,
    error::Result,
    text::{count, minute},
};

impl Posting {
    /// Notifies the operator that nothing gets to `destination` since then: why, and what comes of it, in a sentence.
    pub async fn notify_outage(&self, destination: &str, since: Timestamp, sentence: &str) -> Result<()> {
        self.notify(subject(destination), &period_begun(since), &outage_title(destination, since), sentence).await
    }

    /// The destinations where nothing is posted any more and whose fallback, if they have one, takes nothing either.
    pub(super) async fn closed_destinations(&self) -> Result<BTreeSet<String>> {
        let (stops, outages, now) = (self.view.store().stops().await?, self.view.store().outages().await?, self.view.now());
        let posts = self.posts();
        let takes_nothing = |name: &str| stops.contains_key(name) || outages.get(name).is_some_and(|outage| outage.stands(now));
        Ok(stops.keys().filter(|name| posts.destinations.fallback(name, takes_nothing).is_none()).cloned().collect())
    }

    /// Notes that a post got to `destination`: what still waits there is sent now, and the operator is notified if they were told that nothing did.
    pub async fn destination_works(&self, destination: &str) -> Result<()> {
        let (outage, now) = (self.view.store().outage(destination).await?, self.view.now());
        if let Some(since) = outage.filter(|outage| outage.notified.is_some()).map(|outage| outage.since) {
            let elsewhere = self.view.store().deliveries_moved(destination, since).await?.into_iter();
            let posts = |posts: u64| count(usize::try_from(posts).unwrap_or(usize::MAX), "post");
            let elsewhere = elsewhere.fold(String::new(), |all, (to, moved)| all + &format!(" {} went to {to} instead.", posts(moved)));
            let (from, until) = (minute(since), minute(now));
            let sentence = format!("No post was delivered there from {from} to {until}; posts that still wait are sent now.{elsewhere}");
            let title = format!("Deliveries to {destination} resumed");
            self.notify_end(subject(destination), (&period_begun(since), &format!("works:{since}")), &title, &sentence).await?;
        }
        // Last, so that all of it is done again where it was interrupted.
        self.view.store().destination_works(destination, now).await
    }
}

/// The news that nothing gets to `destination`, in a line.
pub fn outage_title(destination: &str, since: Timestamp) -> String {
    format!("Deliveries to {destination} have failed since {}", minute(since))
}

fn subject(destination: &str) -> NoticeSubject {
    NoticeSubject::Destination(destination.to_owned())
}

fn period_begun(since: Timestamp) -> String {
    format!("failing:{since}")
}
