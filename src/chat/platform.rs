//! What must a chat platform do for a conversation? Carry what we answer, in its own elements and within its own limits.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{ButtonLimits, ButtonRow, ChatTurn, Form, Incoming, Notice};
use crate::{
    ask::Suggestion,
    card::{Card, Next},
    error::Result,
};

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyTarget {
    /// Into a message of its own, for the asker alone where it is private.
    New {
        /// Whether only the asker sees it.
        private: bool,
    },
    /// Into the message whose button was pressed. Who sees that cannot change.
    Instead,
}

/// What a message shows, before a platform gave it a form.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Words of ours.
    Notice(&'a Notice),
    /// A card that nobody turns the pages of, as it would be posted.
    Posted(&'a Card),
}

/// One page of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardPage<B> {
    /// What it shows, as the platform shows it.
    pub body: B,
    /// What its rows lead to, in their order.
    pub leads: Vec<Next>,
}

/// A message: what it shows, with what stands above and below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage<B> {
    /// A sentence of ours above it.
    pub note: Option<String>,
    /// What it shows.
    pub body: B,
    /// What can be pressed below it.
    pub rows: Vec<ButtonRow>,
    /// A picture of what it shows.
    pub picture: Option<ChatPicture>,
}

impl<B> ChatMessage<B> {
    /// A message that shows `body`, with nothing to press.
    pub const fn new(body: B) -> Self {
        Self { note: None, body, rows: Vec::new(), picture: None }
    }
}

/// A picture of what a message shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPicture {
    /// The PNG.
    pub bytes: Bytes,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

impl ChatPicture {
    /// The picture of `card`.
    pub fn of(card: &Card, bytes: Bytes) -> Self {
        Self { bytes, alt: format!("{}: how it moved, day by day", card.title) }
    }
}

/// A chat platform: its wire, its elements, its limits, and the words that name its own things.
///
/// Each turn gets exactly one first answer: of [`answer`](Platform::answer), [`acknowledge`](Platform::acknowledge), [`open_form`](Platform::open_form) and
/// [`suggest`](Platform::suggest); another one only where that failed. After an acknowledgement comes either [`complete`](Platform::complete), or
/// [`retract`](Platform::retract) where all would see it, and [`follow_up`](Platform::follow_up). A handle may keep what the platform needs for that, such
/// as the id of what it wrote.
///
/// All of them fail with [`crate::error::ErrorKind::NotFound`] when nobody waits for an answer any more, which ends the turn without a word, and with
/// [`crate::error::ErrorKind::Misconfigured`] when the platform does not take us at all. Any other error of an acknowledgement may mean that it was taken.
pub trait Platform: Send + Sync + Sized + 'static {
    /// With what one turn is answered: a token, an address.
    type Handle: Send + Sync;
    /// What a message of this platform shows.
    type Body: Send;

    /// Its name in metrics and logs, before the ids of people and rooms.
    fn name(&self) -> &'static str;

    /// Its name as people write it.
    fn title(&self) -> &'static str;

    /// How much can be pressed below a message.
    fn buttons(&self) -> &ButtonLimits;

    /// How long a turn that was acknowledged can still be answered.
    fn answerable_for(&self) -> Duration;

    /// The card in pages, as somebody sees it at `now`: at least one.
    fn pages(&self, card: &Card, now: Timestamp) -> Vec<CardPage<Self::Body>>;

    /// What a message shows that is no page of an answer.
    fn body(&self, shown: Shown<'_>) -> Self::Body;

    /// `words`, a command with its options, as somebody types it here.
    fn command_line(&self, words: &str) -> String {
        format!("/{words}")
    }

    /// What somebody is told whom no grant names: the ids that a grant would need.
    fn grant_hint(&self, turn: &ChatTurn) -> String;

    /// What to do where a post shall go into a room of which no grant says what everybody there may see.
    fn unbound_room_hint(&self) -> &'static str;

    /// What to do where an answer shall be for all in a room, and not all there may see it.
    fn not_for_all_hint(&self) -> &'static str;

    /// What to do where something was typed or pressed that we do not know.
    fn unknown_command_hint(&self) -> &'static str;

    /// The destination that is the room of `turn`; `None` where nothing can be posted there.
    fn destination_of(&self, turn: &ChatTurn) -> Option<String>;

    /// Gives the first answer.
    fn answer(&self, to: &Incoming<Self>, message: ChatMessage<Self::Body>, target: ReplyTarget)
    -> impl Future<Output = Result<()>> + Send;

    /// Says that an answer will come, which goes to `target`.
    fn acknowledge(&self, to: &Incoming<Self>, target: ReplyTarget) -> impl Future<Output = Result<()>> + Send;

    /// Puts the answer into the place of what was acknowledged for `target`.
    fn complete(
        &self,
        to: &Incoming<Self>,
        message: ChatMessage<Self::Body>,
        target: ReplyTarget,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Takes away what was acknowledged as a message that everybody sees.
    fn retract(&self, to: &Incoming<Self>) -> impl Future<Output = Result<()>> + Send;

    /// Adds an answer that only the asker sees.
    fn follow_up(&self, to: &Incoming<Self>, message: ChatMessage<Self::Body>) -> impl Future<Output = Result<()>> + Send;

    /// Opens a form, as the first answer. What is filled in comes back as a turn in the same place.
    fn open_form(&self, to: &Incoming<Self>, form: Form) -> impl Future<Output = Result<()>> + Send;

    /// Offers what may be meant, as the first answer to somebody who is typing.
    fn suggest(&self, to: &Incoming<Self>, suggestions: Vec<Suggestion>) -> impl Future<Output = Result<()>> + Send;
}
