//! What goes to people who did not ask, and where to? Posts, destinations, and what can go wrong between them.
//!
//! A post is one card for one destination. It waits in the outbox until it is out: sent at least once, recorded after
//! that. A destination is a small thing: it sends one post, and says which of four kinds of failure it met. Everything
//! else (claims, retries, deadlines, rights, notifying the operator) happens once, for all of them.

mod destinations;
mod incident;
mod kind;
mod record;
mod retry;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::card::Card;

pub use destinations::{BoundDestination, ChannelResolver, Destinations};
pub use incident::{dedup_key, incident_key, severity};
pub use kind::{Findings, KindColumns, NoticeSubject, PostKind};
pub use record::{Record, RecordedFinding, TenantStanding};
pub use retry::next_try;

/// How many bytes of its hash make an id. Its 24 characters fit where a platform takes a nonce of 25.
const ID_BYTES: usize = 18;

/// What a delivery is about. There is one of each at most, whoever makes it and however often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryKey {
    /// The tenants that it covers, sorted.
    pub tenants: Vec<String>,
    /// What it is and what makes it.
    pub kind: PostKind,
    /// For which time: the moment it was due, a day.
    pub period: String,
    /// The name of the destination.
    pub destination: String,
}

impl DeliveryKey {
    /// The id that follows from it: 24 characters, letters, digits, `-` and `_`.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.tenants.join(","), &self.kind.to_string(), &self.period, &self.destination] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hash.finalize();
        URL_SAFE_NO_PAD.encode(hash.get(..ID_BYTES).unwrap_or(&hash))
    }
}

/// One card for one destination. The title of its card is the news, in one line: the subject of a mail, the head of a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// What tells it from all others, for as long as the store lives: 24 characters of base64url. The same post sent again has
    /// the same id, so that whoever can tell repetitions apart does.
    pub id: String,
    /// What it is, and what makes it.
    pub kind: PostKind,
    /// The tenants that it covers, sorted.
    pub tenants: Vec<String>,
    /// What it says.
    pub card: Card,
    /// The same for programs; `None` where there is nothing but words.
    #[serde(default)]
    pub record: Option<Record>,
    /// When it was created.
    #[serde(rename = "made")]
    pub created: Timestamp,
    /// The id of the post whose message this one follows: a recovery follows its alert.
    #[serde(default)]
    pub follows: Option<String>,
    /// Whether it can be snoozed: a button says so where the platform has buttons that reach us.
    #[serde(default)]
    pub snoozes: bool,
    /// Whether nothing is left of what the message that it follows reported: a recovery of a part says no.
    #[serde(default, rename = "over")]
    pub resolved: bool,
    /// The ids of further posts of whose messages nothing is left with this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<String>,
    /// What an alert and its end are about for programs that open and close incidents; `None` for what stands for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// Further incidents, which are a part of that one from now on, or over with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

impl Post {
    /// The post of `key` that says `card` and no more: it stands for itself, follows nothing and ends nothing.
    pub fn new(key: &DeliveryKey, card: Card, created: Timestamp) -> Self {
        Self {
            id: key.id(),
            kind: key.kind.clone(),
            tenants: key.tenants.clone(),
            card,
            record: None,
            created,
            follows: None,
            snoozes: false,
            resolved: false,
            ends: Vec::new(),
            incident: None,
            also: Vec::new(),
        }
    }

    /// The same for whoever reads at another destination: behind its first words it says for which it was meant and why they get it.
    #[must_use]
    pub fn in_place_of(mut self, why: &str) -> Self {
        self.card = self.card.noted(why);
        self
    }
}

/// A post on its way, with what is made anew for each try.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The post.
    pub post: &'a Post,
    /// The trend of its card, as the destination wants it.
    pub picture: Option<&'a PostPicture>,
    /// The message that this one follows, as the destination called it: to be edited, or answered in its thread.
    pub earlier: Option<&'a str>,
    /// The title of that message, where it is known: threads of mail go by it.
    pub earlier_title: Option<&'a str>,
    /// Further messages of which nothing is left, as the destination called them.
    pub ended: &'a [String],
    /// Now.
    pub now: Timestamp,
}

/// The trend of a card, as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostPicture {
    /// The PNG itself, 1000 by 480 pixels.
    File(Bytes),
    /// Both PNGs, for whoever shows the one that fits to the ground.
    Pair {
        /// Dark on light.
        light: Bytes,
        /// Light on dark.
        dark: Bytes,
    },
    /// Where it can be fetched for a while, by anybody who knows the address.
    Address(String),
}

/// How a destination wants pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// As a file, light on dark or dark on light.
    File {
        /// Whether for a dark ground.
        dark: bool,
    },
    /// As two files, one for each ground.
    Pair,
    /// As an address that the platform fetches.
    Address,
    /// Not at all.
    Nothing,
}

/// Why a post did not go out. Sentences are for the operator: what happened and what to do. They never hold an
/// address, a token or anything else that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFailure {
    /// Not now: it is tried again.
    Later {
        /// What happened.
        why: String,
        /// When the other side wants to be asked again, if it said so.
        after: Option<Duration>,
    },
    /// This post will never be taken; others may.
    Never {
        /// What happened, and what to do.
        why: String,
    },
    /// It does not let us in, or says that it is not there, as servers do for a moment, too: believed only when it goes on saying so.
    Refused {
        /// What happened, and what to do.
        why: String,
    },
    /// The destination takes nothing any more, as the other side says in so many words: it was removed.
    Dead {
        /// What happened, and what to do.
        why: String,
    },
}

impl SendFailure {
    /// A failure after which it is tried again.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }

    /// What happened.
    pub fn why(&self) -> &str {
        match self {
            Self::Later { why, .. } | Self::Never { why } | Self::Refused { why } | Self::Dead { why } => why,
        }
    }
}

/// What is known of a post that was taken. Neither part holds a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What the other side calls the message, if it says so: at most 300 characters.
    pub message: Option<String>,
    /// What the operator should know although it was taken: what happened and what to do.
    pub remark: Option<String>,
}

impl Receipt {
    /// It was taken, as a message that is called so.
    pub const fn of(message: Option<String>) -> Self {
        Self { message, remark: None }
    }
}

/// Where posts go: a channel, a mailbox, a webhook.
pub trait Destination: Send + Sync {
    /// Which kind it is, one word: for lists and metrics.
    fn kind(&self) -> &'static str;

    /// How it wants pictures.
    fn picture_format(&self) -> PictureFormat {
        PictureFormat::Nothing
    }

    /// Sends a post, once. What is too long for the platform is cut with a mark, never refused. Whoever calls this gives
    /// it a minute at most, and may call it again with the same post.
    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>>;
}
