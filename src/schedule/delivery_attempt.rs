//! What becomes of one delivery? Read, checked, sent within its lease, recorded; and the operator is notified what went wrong.

use std::{panic::AssertUnwindSafe, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    delivery_loop::{AttemptLimits, Deliverer},
    outages::{AfterFailure, FailedAttempt, tries_words},
};
use crate::{
    access::Asker,
    ask::Theme,
    delivery::{BoundDestination, NoticeSubject, PictureFormat, Post, PostPicture, Receipt, SendFailure, Sending},
    error::{Error, ErrorKind, Result},
    posting::WHY_MAX,
    score::change::day_of,
    store::{Claimed, DeliveryState, KnownDelivery, Undelivered},
    telemetry,
    text::{cut, one_line},
};

/// How long to wait before what became of a delivery is written again to a store that is away.
const RECORD_AGAIN: Duration = Duration::from_secs(1);
/// For how long a delivery is put off when the store goes away while it is prepared, or waits for the one that it follows.
const PUT_OFF: Duration = Duration::from_secs(5);
/// For how long a delivery is put off that a newer scorewatch has to send.
const NEWER: Duration = Duration::from_mins(1);
/// The longest name of a message that is kept, in characters: cut, it would name nothing.
const MESSAGE_MAX: usize = 300;
/// Stands for destinations that nobody configured, which are not told apart.
const UNKNOWN: &str = "(unknown)";

/// Why a delivery did not go out.
enum NotSent {
    /// The store went away before it was sent. That counts as no try.
    Away(Error),
    /// What it follows is not out yet: it is looked at again then. That counts as no try.
    Early(Timestamp),
    /// A newer scorewatch wrote it, which may run beside this one: it is looked at again, and that counts as no try.
    Newer(String),
    /// It could not be read, or there is no such destination; or the destination said so.
    Failed(String),
    /// Its deadline has passed.
    TooLate(String),
    /// Nothing is sent there at the moment.
    Stopped(String),
    /// Those who read there may not see it.
    Withheld(String),
    /// It follows what went to this destination in place of its own, and goes there too.
    Elsewhere(String),
    /// It failed, and may be tried again.
    Again(FailedAttempt),
    /// The destination takes nothing any more.
    Dead(String),
}

impl From<SendFailure> for NotSent {
    fn from(failure: SendFailure) -> Self {
        match failure {
            SendFailure::Later { why, after } => Self::Again(FailedAttempt { why, after, refused: false }),
            SendFailure::Refused { why } => Self::Again(FailedAttempt { why, after: None, refused: true }),
            SendFailure::Never { why } => Self::Failed(why),
            SendFailure::Dead { why } => Self::Dead(why),
        }
    }
}

impl From<Error> for NotSent {
    fn from(error: Error) -> Self {
        Self::Away(error)
    }
}

impl Deliverer {
    /// Sends what was claimed, and records what came of it.
    pub(super) async fn deliver(&self, claimed: &Claimed) {
        let attempt = AssertUnwindSafe(self.attempt(claimed)).catch_unwind();
        let fault = |_| Err(SendFailure::later("An internal error of scorewatch; its log has more.").into());
        let came_of_it = tokio::select! {
            tried = attempt => tried.unwrap_or_else(fault),
            // A try like any other: a store that is slow each time must not have it sent again and again without a pause.
            () = self.keep_claim(claimed) => {
                Err(SendFailure::later("It was being sent when its lease could not be renewed; it may have arrived.").into())
            }
        };
        match came_of_it {
            Ok(receipt) => self.sent(claimed, &receipt).await,
            Err(trouble) => self.not_sent(claimed, trouble).await,
        }
    }

    /// Renews the claim. Returns when it is lost, or soon will be because the store is away.
    async fn keep_claim(&self, claimed: &Claimed) {
        let lease = self.posts().lease;
        let every = lease / 3;
        let mut until = Instant::now() + lease;
        loop {
            tokio::time::sleep(every).await;
            let asked = Instant::now();
            match timeout(every, self.store.claim_keep(claimed, lease, self.posting.now())).await {
                Ok(Ok(true)) => until = asked + lease,
                Ok(Err(_)) | Err(_) if Instant::now() + every < until => {}
                Ok(Ok(false) | Err(_)) | Err(_) => return,
            }
        }
    }

    async fn attempt(&self, claimed: &Claimed) -> Result<Receipt, NotSent> {
        if self.posting.now() >= claimed.deadline {
            return Err(NotSent::TooLate(match claimed.tries {
                0 => "It waited until its deadline, and was not sent.".to_owned(),
                tries => format!("Gave up after {}: its deadline came before the next try.", tries_words(tries)),
            }));
        }
        let post = claimed.post.read().map_err(unreadable)?;
        let place = self.posts().destinations.find(&claimed.destination).map_err(|error| NotSent::Failed(error.sentence))?;
        if let Some(gone) = post.tenants.iter().find(|tenant| self.posting.is_taken_out(tenant)) {
            return Err(NotSent::Withheld(format!("It covers tenant {gone}, which was removed from the configuration.")));
        }
        if let Some(why) = barred(&post, claimed.names, &place.readers) {
            return Err(NotSent::Withheld(why));
        }
        let earlier = match &post.follows {
            Some(id) => self.store.delivery(id).await?,
            None => None,
        };
        if let Some(to) = earlier.as_ref().and_then(|earlier| self.went_elsewhere(claimed, earlier, &post)) {
            return Err(NotSent::Elsewhere(to));
        }
        let earlier = earlier.filter(|earlier| earlier.destination == claimed.destination);
        if let Some(stop) = self.posting.stopped(&claimed.destination).await? {
            return Err(NotSent::Stopped(format!("Deliveries there have been stopped since {}: {}", day_of(stop.since), stop.why)));
        }
        if let Some(earlier) = earlier.as_ref().filter(|earlier| earlier.state == DeliveryState::Waiting) {
            return Err(NotSent::Early(earlier.next));
        }
        let mut ended = Vec::new();
        for id in &post.ends {
            let delivery = self.store.delivery(id).await?.filter(|delivery| delivery.destination == claimed.destination);
            ended.extend(delivery.and_then(|delivery| delivery.message));
        }
        Ok(self.send(&post, &place, earlier.as_ref(), &ended).await?)
    }

    /// Where `earlier`, which `post` follows, went in place of their destination; `None` where it did not, or that place may not read it by now.
    fn went_elsewhere(&self, claimed: &Claimed, earlier: &KnownDelivery, post: &Post) -> Option<String> {
        let moved = earlier.destination != claimed.destination && earlier.meant_for.as_ref() == Some(&claimed.destination);
        let place = self.posts().destinations.find(&earlier.destination).ok().filter(|_| moved)?;
        barred(post, claimed.names, &place.readers).is_none().then(|| earlier.destination.clone())
    }

    /// Draws and sends, both within bounds.
    async fn send(
        &self,
        post: &Post,
        place: &BoundDestination,
        earlier: Option<&KnownDelivery>,
        ended: &[String],
    ) -> Result<Receipt, SendFailure> {
        let AttemptLimits { trying, drawing } = self.bounds;
        let until = Instant::now() + trying;
        let picture = timeout(drawing, self.picture(post, place)).await.unwrap_or_else(|_| {
            tracing::warn!(id = post.id, "sent without its picture, which was not drawn within {drawing:?}");
            None
        });
        let sending = Sending {
            post,
            picture: picture.as_ref(),
            earlier: earlier.and_then(|earlier| earlier.message.as_deref()),
            earlier_title: earlier.map(|earlier| &*earlier.title),
            ended,
            now: self.posting.now(),
        };
        let sent = timeout_at(until, place.destination.send(&sending)).await;
        sent.unwrap_or_else(|_| Err(SendFailure::later(format!("It was not accepted within {trying:?}; it may have arrived."))))
    }

    /// The trend as the place wants it. What cannot be drawn is left out: the words are what matters.
    async fn picture(&self, post: &Post, place: &BoundDestination) -> Option<PostPicture> {
        match place.destination.picture_format() {
            PictureFormat::Nothing => None,
            PictureFormat::Address => {
                let address = self.addresses.as_ref().filter(|_| post.card.trend().is_some())?;
                address(&post.id, self.posting.now()).map(PostPicture::Address)
            }
            PictureFormat::File { dark } => self.drawn(post, if dark { Theme::Dark } else { Theme::Light }).await.map(PostPicture::File),
            PictureFormat::Pair => {
                let (light, dark) = (self.drawn(post, Theme::Light).await?, self.drawn(post, Theme::Dark).await?);
                Some(PostPicture::Pair { light, dark })
            }
        }
    }

    async fn drawn(&self, post: &Post, theme: Theme) -> Option<Bytes> {
        let drawn = self.posting.trend_image(&post.card, theme).await;
        let drawn = drawn.inspect_err(|error| tracing::warn!(id = post.id, cause = error.cause(), "sent without its picture"));
        drawn.ok().flatten()
    }

    async fn not_sent(&self, claimed: &Claimed, trouble: NotSent) {
        // What somebody else sends by now is not reported as lost; and there is a whole lease for reporting and recording what is.
        if !self.insist(|| self.store.claim_keep(claimed, self.posts().lease, self.posting.now())).await {
            return taken_over(claimed);
        }
        let Some((becomes, why)) = self.undelivered(claimed, trouble).await else { return };
        let why = cut(&one_line(&why), WHY_MAX);
        if !self.insist(|| self.store.not_delivered(claimed, becomes, &why)).await {
            return taken_over(claimed);
        }
        let outcome = match becomes {
            Undelivered::PutOff(_) => return,
            Undelivered::Again(_) => "later",
            Undelivered::Failed { .. } => "failed",
            Undelivered::Withheld => "withheld",
        };
        telemetry::delivery_done(self.label(claimed), outcome);
        tracing::info!(
            id = claimed.id,
            kind = %claimed.kind,
            destination = claimed.destination,
            outcome,
            tries = claimed.tries.saturating_add(u32::from(becomes.is_try())),
            "{why}"
        );
    }

    /// What becomes of it, and why; `None` for what goes elsewhere. The operator is notified before that is recorded: what is recorded is not looked at again.
    async fn undelivered(&self, claimed: &Claimed, trouble: NotSent) -> Option<(Undelivered, String)> {
        let now = self.posting.now();
        Some(match trouble {
            NotSent::Away(error) => {
                tracing::debug!(id = claimed.id, cause = error.cause(), "not sent: {}", error.sentence);
                (Undelivered::PutOff(now + PUT_OFF), "The store was away.".to_owned())
            }
            NotSent::Early(until) => {
                (Undelivered::PutOff(until.max(now + PUT_OFF)), "The post that it follows is not sent yet.".to_owned())
            }
            NotSent::Newer(why) => {
                self.notify(claimed, "newer", &format!("A post to {} waits for an upgrade", claimed.destination), &why, now).await;
                (Undelivered::PutOff(now + NEWER), why)
            }
            NotSent::Elsewhere(to) => {
                if self.goes_after_its_alert(claimed, &to).await {
                    return None;
                }
                (Undelivered::PutOff(now + PUT_OFF), format!("It follows a post that went to {to}."))
            }
            NotSent::Again(tried) => {
                let why = tried.why.clone();
                match self.again(claimed, tried, now).await {
                    AfterFailure::Becomes(becomes, why) => (becomes, why),
                    AfterFailure::Elsewhere => return None,
                    AfterFailure::Believed => return self.dead(claimed, why, now).await,
                }
            }
            NotSent::TooLate(why) => match self.too_late(claimed, why, false, now).await {
                AfterFailure::Becomes(becomes, why) => (becomes, why),
                AfterFailure::Elsewhere | AfterFailure::Believed => return None,
            },
            NotSent::Failed(why) => {
                self.notify_failed(claimed, &why, now).await;
                (Undelivered::Failed { tried: true }, why)
            }
            NotSent::Stopped(why) => {
                self.notify_stopped(claimed, &why, now).await;
                return self.without_destination(claimed, why, false, now).await;
            }
            NotSent::Withheld(why) => {
                let title = format!("Withheld from {}: {}", claimed.destination, claimed.kind.maker());
                let sentence = format!("{why} Nothing was sent. Change which tenants it covers, or who reads there.");
                self.notify(claimed, &format!("withheld:{}", claimed.kind.maker()), &title, &sentence, now).await;
                (Undelivered::Withheld, why)
            }
            NotSent::Dead(why) => return self.dead(claimed, why, now).await,
        })
    }

    /// Stops the destination, which takes nothing any more.
    async fn dead(&self, claimed: &Claimed, why: String, now: Timestamp) -> Option<(Undelivered, String)> {
        self.insist(|| self.posting.stop_destination(&claimed.destination, &why)).await;
        // Its outage is notified with its stop.
        self.insist(|| self.store.outage_ended(&claimed.destination)).await;
        self.notify_stopped(claimed, &why, now).await;
        self.without_destination(claimed, why, true, now).await
    }

    async fn sent(&self, claimed: &Claimed, receipt: &Receipt) {
        let message = receipt.message.as_deref().filter(|message| message.chars().count() <= MESSAGE_MAX);
        let remark = receipt.remark.as_deref().map(|remark| cut(&one_line(remark), WHY_MAX));
        let now = self.posting.now();
        if !self.insist(|| self.store.delivered(claimed, message, remark.as_deref(), now)).await {
            return taken_over(claimed);
        }
        telemetry::delivery_done(self.label(claimed), "sent");
        self.insist(|| self.posting.destination_works(&claimed.destination)).await;
        tracing::info!(id = claimed.id, kind = %claimed.kind, destination = claimed.destination, "delivered");
        if let Some(remark) = remark {
            // Only now: what was sent is recorded before anything else is done.
            let title = format!("Not every recipient at {} receives posts", claimed.destination);
            self.notify(claimed, "remark", &title, &remark, now).await;
        }
    }

    pub(super) async fn notify_failed(&self, claimed: &Claimed, why: &str, now: Timestamp) {
        let title = format!("Not delivered to {}: {}", claimed.destination, claimed.kind.maker());
        let sentence = if claimed.kind.is_repeated_by_its_rule() {
            format!("{why} Its rule notifies again by itself while it lasts.")
        } else {
            format!("{why} To retry it: scorewatch deliveries retry {}", claimed.id)
        };
        self.notify(claimed, &format!("failed:{}", claimed.kind.maker()), &title, &sentence, now).await;
    }

    async fn notify_stopped(&self, claimed: &Claimed, why: &str, now: Timestamp) {
        let title = format!("Deliveries to {} are stopped", claimed.destination);
        let sentence = format!("{why} Once that is fixed: scorewatch deliveries resume {}", claimed.destination);
        // One that was resumed and stopped again is news, also on the same day.
        let stop = self.insist(|| self.posting.stopped(&claimed.destination)).await;
        let since = stop.map_or(now, |stop| stop.since);
        self.notify(claimed, &format!("stopped:{since}"), &title, &sentence, now).await;
    }

    /// Notifies the operator, once a day for each `what`. When the operator's own destination is the trouble, only the log is left.
    async fn notify(&self, claimed: &Claimed, what: &str, title: &str, sentence: &str, now: Timestamp) {
        let posts = self.posts();
        let destinations = &posts.destinations;
        if destinations.operator.as_ref() == Some(&claimed.destination) && destinations.fallback(&claimed.destination, |_| false).is_none()
        {
            tracing::error!(destination = claimed.destination, "the operator cannot be notified there: {title}: {sentence}");
        }
        let period = format!("{what}:{}", day_of(now));
        let subject = || NoticeSubject::Destination(claimed.destination.clone());
        let sentence = one_line(sentence);
        self.insist(|| self.posting.notify(subject(), &period, title, &sentence)).await;
    }

    /// Does `write` until the store takes it: what was sent must not be forgotten. The claim keeps others away until its lease runs out.
    pub(super) async fn insist<T, F: Future<Output = Result<T>>>(&self, write: impl Fn() -> F) -> T {
        let mut failing = false;
        loop {
            match write().await {
                Ok(done) => return done,
                Err(error) if !std::mem::replace(&mut failing, true) => {
                    tracing::warn!(cause = error.cause(), "what became of a delivery waits to be stored: {}", error.sentence);
                }
                Err(_) => {}
            }
            tokio::time::sleep(RECORD_AGAIN).await;
        }
    }

    fn label<'a>(&self, claimed: &'a Claimed) -> &'a str {
        if self.posts().destinations.find(&claimed.destination).is_ok() { &claimed.destination } else { UNKNOWN }
    }
}

/// Why `readers` may not see `post`, which shows names of people or not.
fn barred(post: &Post, names: bool, readers: &Asker) -> Option<String> {
    let unseen = post.tenants.iter().find(|tenant| !readers.tenants.include(tenant));
    let unseen = unseen.map(|tenant| format!("It covers tenant {tenant}, which those who read there may not see."));
    unseen.or_else(|| {
        (names && !readers.role.sees_names()).then(|| "It shows names of people, which those who read there may not see.".to_owned())
    })
}

/// What it means that a post cannot be read.
fn unreadable(error: Error) -> NotSent {
    if error.kind == ErrorKind::Misconfigured {
        return NotSent::Newer(error.sentence);
    }
    tracing::warn!(cause = error.cause(), "{}", error.sentence);
    NotSent::Failed("It cannot be read: it is damaged.".to_owned())
}

fn taken_over(claimed: &Claimed) {
    tracing::warn!(
        id = claimed.id,
        kind = %claimed.kind,
        destination = claimed.destination,
        "another scorewatch took over while this was being sent; it may arrive twice"
    );
}
