//! What is posted without being asked for, and where to? The destinations, digests and rules that were configured, known to the door.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{Owners, Posting};
use crate::{
    alert::{CredentialStatus, Rule},
    card::{Block, Card, Tone, Word},
    delivery::{DeliveryKey, Destinations, NoticeSubject, Post, PostKind},
    digest::Digest,
    error::{Error, Result},
    store::{NewDelivery, StoredPost},
    text::{cut, one_line},
};

/// The longest title that lists show, in characters.
const TITLE_MAX: usize = 300;

/// All that was configured about posts.
pub struct Posts {
    /// Where posts go.
    pub destinations: Destinations,
    /// The digests of the configuration.
    pub digests: Vec<Digest>,
    /// The rules of the configuration.
    pub rules: Vec<Rule>,
    /// After how long a delivery is given up.
    pub give_up: Duration,
    /// After how long another process takes over a delivery whose process died.
    pub lease: Duration,
    /// Who says what people in a chat still may who defined a digest there, by the platform that the chat is on.
    pub owners: BTreeMap<&'static str, Arc<dyn Owners>>,
    /// What each tenant is signed in to with, which rules may watch.
    pub credentials: BTreeMap<String, CredentialStatus>,
}

impl Default for Posts {
    /// Nothing goes anywhere.
    fn default() -> Self {
        let (give_up, lease) = (Duration::from_hours(12), Duration::from_mins(2));
        Self {
            destinations: Destinations::default(),
            digests: Vec::new(),
            rules: Vec::new(),
            give_up,
            lease,
            owners: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }
}

impl Posting {
    /// `post` as the outbox takes it, from now on until it is given up. `names` is whether it shows names of people.
    pub fn wrap(&self, key: &DeliveryKey, post: &Post, names: bool) -> Result<NewDelivery> {
        let give_up = SignedDuration::try_from(self.posts().give_up).map_err(Error::internal)?;
        Ok(NewDelivery {
            id: key.id(),
            tenants: key.tenants.join(","),
            kind: key.kind.clone(),
            period: key.period.clone(),
            destination: key.destination.clone(),
            title: cut(&one_line(&post.card.title), TITLE_MAX),
            post: StoredPost::of(post)?,
            names,
            created: post.created,
            deadline: post.created.checked_add(give_up).map_err(Error::internal)?,
        })
    }

    /// Notifies the operator of what went wrong with `subject`, in the log and, once for each `period`, at the
    /// destination that the operator reads. `title` is the news in one line; neither it nor `sentence` may hold a secret.
    pub async fn notify(&self, subject: NoticeSubject, period: &str, title: &str, sentence: &str) -> Result<()> {
        tracing::warn!(%subject, "{title}: {sentence}");
        let Some((key, post)) = self.notice(subject, period, title, sentence) else { return Ok(()) };
        self.view.store().enqueue(&self.wrap(&key, &post, false)?).await.map(|_| ())
    }

    /// The same for the end of what a notice of the period `begun` said.
    pub(super) async fn notify_end(
        &self,
        subject: NoticeSubject,
        (begun, period): (&str, &str),
        title: &str,
        sentence: &str,
    ) -> Result<()> {
        tracing::info!(%subject, "{title}: {sentence}");
        let Some((key, post)) = self.notice_with(subject, period, title, Word::toned(sentence, Tone::Good)) else { return Ok(()) };
        let follows = Some(DeliveryKey { period: begun.to_owned(), ..key.clone() }.id());
        let post = Post { follows, resolved: true, ..post };
        self.view.store().enqueue(&self.wrap(&key, &post, false)?).await.map(|_| ())
    }

    /// What [`Posting::notify`] puts into the outbox; `None` where the operator reads nowhere. What is about that place itself goes to its fallback, if
    /// it has one.
    pub fn notice(&self, subject: NoticeSubject, period: &str, title: &str, sentence: &str) -> Option<(DeliveryKey, Post)> {
        self.notice_with(subject, period, title, Word::toned(sentence, Tone::Warn))
    }

    fn notice_with(&self, subject: NoticeSubject, period: &str, title: &str, lead: Word) -> Option<(DeliveryKey, Post)> {
        let posts = self.posts();
        let destinations = &posts.destinations;
        let operator = destinations.operator.as_deref()?;
        let about_itself = matches!(&subject, NoticeSubject::Destination(name) if name == operator);
        let operator = if about_itself { destinations.fallback(operator, |_| false)? } else { operator }.to_owned();
        let key = DeliveryKey { tenants: Vec::new(), kind: PostKind::Notice(subject), period: period.to_owned(), destination: operator };
        let card = Card::new(title, vec![Block::Lead(vec![lead])], "scorewatch, to its operator");
        let post = Post::new(&key, card, self.view.now());
        Some((key, post))
    }
}
