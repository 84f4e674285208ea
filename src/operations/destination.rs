//! Which destinations are there, and who says that we post again where we stopped? And do posts arrive?
//! A test says it, past the outbox and past a stop: it is meant for somebody who waits for what comes of it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{Operations, deliveries::operates};
use crate::{
    access::Asker,
    card::{Block, Card, Fact, Tone, Word},
    delivery::{BoundDestination, DeliveryKey, Post, PostKind, Receipt, SendFailure, Sending},
    error::Result,
    posting::{WHY_MAX, destination_name},
    store::{Outage, Resumed, Stop},
    text::{cut, one_line},
};

/// How long a test may take.
const TEST_TIME_MAX: Duration = Duration::from_mins(1);

/// A destination as it may be shown to the operator.
#[derive(Debug)]
pub struct DestinationShown {
    /// Its kind and its readers.
    pub place: BoundDestination,
    /// Which other one takes what is urgent while this one takes nothing.
    pub fallback: Option<String>,
    /// Why nothing is sent there, if that is so.
    pub stop: Option<Stop>,
    /// Since when no try went well, if the last one did not; whether that still holds, [`Outage::stands`] says.
    pub outage: Option<Outage>,
}

/// What came of a test.
#[derive(Debug)]
pub struct Tested {
    /// The kind of the destination.
    pub kind: &'static str,
    /// What the other side said.
    pub taken: std::result::Result<Receipt, SendFailure>,
    /// Why nothing but tests is sent there, if that is so.
    pub stop: Option<Stop>,
}

impl Operations {
    /// The destinations of the configuration, by name.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`](crate::error::ErrorKind::Forbidden) for whoever does not operate or does not see all tenants.
    pub async fn destinations(&self, asker: &Asker) -> Result<BTreeMap<String, DestinationShown>> {
        operates(asker)?;
        let (store, posts) = (self.view.store(), self.posting.posts());
        let (mut stops, mut outages) = (store.stops().await?, store.outages().await?);
        let destinations = &posts.destinations;
        let shown = destinations.named.iter().map(|(name, place)| {
            let (stop, outage) = (stops.remove(name), outages.remove(name));
            let shown = DestinationShown { place: place.clone(), fallback: destinations.fallbacks.get(name).cloned(), stop, outage };
            (name.clone(), shown)
        });
        Ok(shown.collect())
    }

    /// Posts to `destination`, at once, what says that it is a test, that `asker` sent it, and from where.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`](crate::error::ErrorKind::Forbidden) for whoever does not operate or does not see all tenants;
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a destination that nobody configured. That it was not taken is no error.
    pub async fn test_destination(&self, asker: &Asker, destination: &str, from: &str) -> Result<Tested> {
        operates(asker)?;
        let destination = destination_name(destination)?;
        let place = self.posting.posts().destinations.find(destination)?;
        let post = self.test(asker, destination, from);
        let sending = Sending { post: &post, picture: None, earlier: None, earlier_title: None, ended: &[], now: post.created };
        let taken = tokio::time::timeout(TEST_TIME_MAX, place.destination.send(&sending)).await;
        let taken =
            taken.unwrap_or_else(|_| Err(SendFailure::later(format!("It was not taken within {TEST_TIME_MAX:?}; it may have arrived."))));
        let detail = match &taken {
            Ok(_) => json!({ "id": post.id, "taken": true }),
            Err(failure) => json!({ "id": post.id, "taken": false, "why": cut(&one_line(failure.why()), WHY_MAX) }),
        };
        self.view.store().audit_add(&self.entry(asker, "destination.test", None, destination, &detail)).await?;
        if taken.is_ok() {
            self.posting.destination_works(destination).await?;
        }
        Ok(Tested { kind: place.destination.kind(), taken, stop: self.view.store().stopped(destination).await? })
    }

    fn test(&self, asker: &Asker, destination: &str, from: &str) -> Post {
        let created = self.view.now();
        let key =
            DeliveryKey { tenants: Vec::new(), kind: PostKind::Test, period: created.to_string(), destination: destination.to_owned() };
        let fact = |label: &str, value: &str| Fact::new(label, Word::plain(one_line(value)));
        let blocks = vec![
            Block::Lead(vec![Word::toned("This is a test: nothing happened, and nobody has to do anything.", Tone::Quiet)]),
            Block::Facts(vec![
                fact("destination", destination),
                fact("sent by", &asker.name),
                fact("from", from),
                fact("at", &created.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
            ]),
        ];
        let card = Card::new(format!("Test: scorewatch posts to {destination}"), blocks, "scorewatch destination test");
        Post::new(&key, card, created)
    }

    /// Posts to `destination` again, because `asker` says so, also where it asked to be left alone; what kept posts from it.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`](crate::error::ErrorKind::Forbidden) for whoever does not operate or does not see all tenants;
    /// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound) for a destination that nobody configured.
    pub async fn resume_destination(&self, asker: &Asker, destination: &str) -> Result<Resumed> {
        operates(asker)?;
        let destination = destination_name(destination)?;
        let entry = self.entry(asker, "destination.resume", None, destination, &json!({}));
        let resumed = self.view.store().resume(destination, &entry, self.view.now()).await?;
        if resumed.was_stopped || resumed.was_failing {
            tracing::info!(destination, by = &*asker.name, "resumed");
        } else {
            self.posting.posts().destinations.find(destination)?;
        }
        Ok(resumed)
    }
}
