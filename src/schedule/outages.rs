//! What is done while a destination takes nothing? It is tried again, the operator is notified once when that lasts and once when it is resolved, and a
//! fallback takes what is urgent.
//!
//! A refusal is believed late: servers, proxies in front of them and sign-in services answer 401, 404 or "no such user" for a moment, too, while they
//! start or are out of order. So only what goes on refusing is stopped; what is said in so many words is believed at once, elsewhere.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::delivery_loop::Deliverer;
use crate::{
    backoff::chance,
    delivery::next_try,
    error::{Error, Result},
    posting::{WHY_MAX, outage_title},
    store::{Claimed, FailedTry, Moved, Outage, Stop, StoredPost, Undelivered},
    text::{cut, minute, one_line},
};

/// After how long the operator is told that nothing gets to a destination, and its fallback takes what is urgent.
const FAILING_FOR: SignedDuration = SignedDuration::from_mins(15);
/// For how long a destination refuses until that is believed, and how often at least.
const REFUSED_FOR: SignedDuration = SignedDuration::from_hours(1);
const REFUSALS_MIN: u32 = 3;
/// How long to wait at least before what was refused so often is tried again: a sign-in that is wrong must not lock its user out.
const REFUSED_AGAIN: Duration = Duration::from_mins(10);

/// Which destinations take nothing, and since when.
pub(super) struct DownDestinations {
    outages: BTreeMap<String, Outage>,
    stops: BTreeMap<String, Stop>,
    now: Timestamp,
}

impl DownDestinations {
    /// Why what is urgent does not wait for `name`, as a sentence for whoever gets it; `None` where it does.
    fn why(&self, name: &str) -> Option<String> {
        let stopped =
            self.stops.get(name).map(|stop| format!("Meant for {name}, where deliveries have been stopped since {}.", minute(stop.since)));
        let lasts = || self.outages.get(name).filter(|outage| lasts(outage, self.now));
        stopped.or_else(|| lasts().map(|outage| format!("Meant for {name}, where deliveries have failed since {}.", minute(outage.since))))
    }

    /// Whether it is not worth a try to send what is meant for another one to `name`. Where no try is planned any more it is.
    fn takes_nothing(&self, name: &str) -> bool {
        self.why(name).is_some() && (self.stops.contains_key(name) || self.outages.get(name).is_some_and(|outage| outage.stands(self.now)))
    }
}

/// Whether it lasts, or will, as the other side says itself.
fn lasts(outage: &Outage, now: Timestamp) -> bool {
    outage.paused(now).unwrap_or(now).duration_since(outage.since) >= FAILING_FOR
}

/// Whether that is known, and not only that nobody has tried for a while.
fn is_known(outage: &Outage, now: Timestamp) -> bool {
    outage.stands(now) || outage.last.duration_since(outage.since) >= FAILING_FOR
}

/// A try that failed and may be made again.
pub(super) struct FailedAttempt {
    /// What went wrong.
    pub why: String,
    /// When the other side wants to be asked again, if it said so.
    pub after: Option<Duration>,
    /// Whether it says that it takes nothing any more.
    pub refused: bool,
}

/// What follows from such a try.
pub(super) enum AfterFailure {
    /// This becomes of the delivery, and why.
    Becomes(Undelivered, String),
    /// It goes elsewhere.
    Elsewhere,
    /// The destination takes nothing any more: it was refused until that is to be believed.
    Believed,
}

impl Deliverer {
    /// What becomes of a delivery whose try failed for now: it is tried again, unless that would be too late; then a fallback may take it.
    pub(super) async fn again(&self, claimed: &Claimed, again: FailedAttempt, now: Timestamp) -> AfterFailure {
        let FailedAttempt { why, after, refused } = again;
        let tries = claimed.tries.saturating_add(1);
        let patient = (refused && tries >= REFUSALS_MIN).then_some(REFUSED_AGAIN);
        let next = next_try(tries, after.max(patient), chance(), now, claimed.deadline);
        let reason = cut(&one_line(&why), WHY_MAX);
        let until = after.and_then(|after| now.checked_add(after).ok());
        let failed = FailedTry { why: &reason, refused, until, next: next.unwrap_or(now) };
        let outage = self.insist(|| self.store.destination_failed(&claimed.destination, &failed, now)).await;
        let believed = outage.refusals >= REFUSALS_MIN && outage.refused.is_some_and(|since| now.duration_since(since) >= REFUSED_FOR);
        if believed {
            return AfterFailure::Believed;
        }
        if let Some(next) = next {
            return AfterFailure::Becomes(Undelivered::Again(next), why);
        }
        self.too_late(claimed, format!("Gave up after {}. {why}", tries_words(tries)), true, now).await
    }

    /// What becomes of a delivery whose deadline has passed: a fallback takes it where nothing gets to its destination, or it fails and the operator is notified. `tried`
    /// is whether it was sent just now.
    pub(super) async fn too_late(&self, claimed: &Claimed, why: String, tried: bool, now: Timestamp) -> AfterFailure {
        if self.goes_to_fallback(claimed, now).await {
            return AfterFailure::Elsewhere;
        }
        self.notify_failed(claimed, &why, now).await;
        AfterFailure::Becomes(Undelivered::Failed { tried }, why)
    }

    /// Notifies the operator of outages that last, and sends what is urgent elsewhere where a fallback takes it.
    pub(super) async fn look_after_outages(&self) -> Result<()> {
        let now = self.posting.now();
        let down = self.down(now).await?;
        let lasting = down.outages.iter().filter(|(name, outage)| lasts(outage, now) && !down.stops.contains_key(*name));
        for (name, outage) in lasting.filter(|(_, outage)| outage.notified.is_none() && is_known(outage, now)) {
            self.notify_operator(name, outage, &down).await?;
        }
        let posts = self.posts();
        for name in posts.destinations.fallbacks.keys() {
            let Some(why) = down.why(name) else { continue };
            let Some(to) = posts.destinations.fallback(name, |other| down.takes_nothing(other)) else { continue };
            // What was made since its last try waits for its own, unless it would have to wait for long: also because a pause was asked for.
            let outage = down.outages.get(name).filter(|outage| outage.next <= now && !down.stops.contains_key(name));
            for known in self.store.deliveries_movable(name, outage.map(|outage| outage.last), now).await? {
                self.send_elsewhere((&known.id, name, &known.post), to, &why, None).await?;
            }
        }
        Ok(())
    }

    async fn notify_operator(&self, name: &str, outage: &Outage, down: &DownDestinations) -> Result<()> {
        let posts = self.posts();
        let destinations = &posts.destinations;
        let urgent = match destinations.fallback(name, |other| down.takes_nothing(other)) {
            Some(to) => format!("Alerts, recoveries and notices go to {to} meanwhile."),
            None if destinations.fallbacks.contains_key(name) => "Its fallback fails as well, so alerts wait too.".to_owned(),
            None if destinations.named.contains_key(name) => {
                format!("Alerts wait too; destinations.{name}.fallback can name a destination for them meanwhile.")
            }
            None => "Alerts wait too.".to_owned(),
        };
        let refuses = if outage.refused.is_some() { " If it keeps refusing for an hour, deliveries to it are stopped." } else { "" };
        let hours = posts.give_up.as_secs() / 3600;
        let again = match outage.paused(down.now) {
            Some(held) if held.duration_since(down.now).unsigned_abs() > posts.give_up => {
                format!("It asked for no posts until {}; a waiting post expires after {hours} hours, which is earlier.", minute(held))
            }
            Some(held) => format!("It asked for no posts until {}; waiting posts are sent then.", minute(held)),
            None => format!("Waiting posts are retried; each expires after {hours} hours."),
        };
        let (title, sentence) = (outage_title(name, outage.since), format!("{} {again}{refuses} {urgent}", outage.why));
        if destinations.operator.as_deref() == Some(name) && destinations.fallback(name, |_| false).is_none() {
            tracing::error!(destination = name, "the operator cannot be notified there: {title}: {sentence}");
        }
        self.posting.notify_outage(name, outage.since, &sentence).await?;
        self.store.outage_notified(name, outage.since, down.now).await
    }

    async fn down(&self, now: Timestamp) -> Result<DownDestinations> {
        Ok(DownDestinations { outages: self.store.outages().await?, stops: self.store.stops().await?, now })
    }

    /// What becomes of a delivery for a destination that takes nothing any more, for the reason `why`; `None` where its fallback gets it. While that
    /// takes nothing either it waits for it, as long as it may: what is sent elsewhere is looked after.
    pub(super) async fn without_destination(
        &self,
        claimed: &Claimed,
        why: String,
        tried: bool,
        now: Timestamp,
    ) -> Option<(Undelivered, String)> {
        if self.goes_to_fallback(claimed, now).await {
            return None;
        }
        let has_fallback = self.posts().destinations.fallbacks.contains_key(&claimed.destination);
        if has_fallback && now < claimed.deadline && claimed.kind.has_fallback() {
            return Some((Undelivered::PutOff(claimed.deadline), format!("{why} Its fallback fails as well; it waits for that.")));
        }
        Some((Undelivered::Failed { tried }, why))
    }

    /// Sends what was claimed to the fallback of its destination, where nothing is sent at the moment; whether it goes there.
    async fn goes_to_fallback(&self, claimed: &Claimed, now: Timestamp) -> bool {
        let name = &claimed.destination;
        let posts = self.posts();
        if !posts.destinations.fallbacks.contains_key(name) {
            return false;
        }
        let down = self.insist(|| self.down(now)).await;
        let (Some(why), Some(to)) = (down.why(name), posts.destinations.fallback(name, |other| down.takes_nothing(other))) else {
            return false;
        };
        self.insist(|| self.send_elsewhere((&claimed.id, name, &claimed.post), to, &why, Some(claimed))).await
    }

    /// Sends what was claimed to `to`, where the alert that it follows went; whether it goes there.
    pub(super) async fn goes_after_its_alert(&self, claimed: &Claimed, to: &str) -> bool {
        let why = format!("Meant for {}, as was the alert that this is about.", claimed.destination);
        self.insist(|| self.send_elsewhere((&claimed.id, &claimed.destination, &claimed.post), to, &why, Some(claimed))).await
    }

    /// Sends a delivery, as its id, its destination and its post, to `to`; `false` where that may not be or somebody sends it.
    async fn send_elsewhere(&self, delivery: (&str, &str, &StoredPost), to: &str, why: &str, claimed: Option<&Claimed>) -> Result<bool> {
        let (id, from, post) = delivery;
        // What cannot be read stays where it is, to be notified there.
        let Some(post) = post.read().ok().filter(|post| post.kind.has_fallback()) else { return Ok(false) };
        let now = self.posting.now();
        let give_up = SignedDuration::try_from(self.posts().give_up).map_err(Error::internal)?;
        let deadline = now.checked_add(give_up).map_err(Error::internal)?;
        let post = StoredPost::of(&post.in_place_of(why))?;
        let moved = self.store.delivery_move(id, from, Moved { to, post: &post, deadline }, claimed, now).await?;
        if moved {
            tracing::warn!(id, destination = from, to, "sent elsewhere: {why}");
        }
        Ok(moved)
    }
}

pub(super) fn tries_words(tries: u32) -> String {
    if tries == 1 { "1 try".to_owned() } else { format!("{tries} tries") }
}
