//! How does a post get into mailboxes? As a mail of their own for each, over one conversation with a server that takes our mail.
//!
//! What can double: a mail that the server took, when our process ends, or the connection breaks, before we know; and all mails of a post
//! that was sent and not recorded as sent. A mail sent again has the `Message-ID` that it had, which many mail systems tell
//! repetitions by. While the process lives, a second try leaves out those who got it; see [`super::progress_log`].
//!
//! lettre writes what it says and hears into the log only with its feature `tracing`, which is left out: addresses and passwords
//! do not belong there.

mod blocks;
mod config;
mod content;
mod footer;
mod html;
mod message;
mod plain;
mod refusal;
mod server;
mod session;
mod smtp_reply;
mod starttls_guard;
mod table;
mod theme;
mod words;

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use lettre::Address;
use tokio::time::Instant;

use self::{
    message::MailMessage,
    refusal::{MailRefusal, masked},
    server::{Relay, address},
    session::SmtpSession,
    smtp_reply::SmtpReply,
};
use super::{
    CheckStep, Surface,
    progress_log::{Progress, ProgressLog},
};
use crate::{
    config::Sections,
    delivery::{Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::{Error, ErrorKind, Result},
};

pub use blocks::PictureIds;
pub use content::MailContent;
pub use footer::Footer;
pub use server::{MailSecurity, SmtpServer};

/// Mail. Posts go out; nothing is answered over HTTP.
pub const SURFACE: Surface =
    Surface { section: Some(&config::SECTION), kinds: &[config::KIND], check: Some(steps), ..Surface::named("mail") };

/// How long mails of a post are begun; those that are not out by then go with the next try. With the last of them, which may take
/// `session::MAIL_TIME_MAX`, a try ends within the minute that it is given.
const BEGIN_TIME_MAX: Duration = Duration::from_secs(30);

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MailOutcome {
    /// The server took it.
    Taken,
    /// There is no such mailbox, or it is shut for good.
    Nobody(SmtpReply),
    /// This mail is not taken for the mailbox.
    Unwanted(SmtpReply),
}

/// Mailboxes that get a mail each.
#[derive(Debug)]
pub struct Mailbox {
    relay: Relay,
    unsubscribe: String,
    to: Vec<Address>,
    log: ProgressLog<MailOutcome>,
}

impl Mailbox {
    /// The mailboxes `to`, by way of `server`. Connects to nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] for an address or a server that mail cannot be sent to.
    pub fn new(server: &SmtpServer, to: &[String]) -> Result<Self> {
        let relay = Relay::new(server)?;
        let mut addresses = Vec::with_capacity(to.len());
        for (at, text) in to.iter().enumerate() {
            let address = address(text).ok_or_else(|| no_address(at))?;
            // Nobody wants a mail twice because the list names them twice.
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let unsubscribe = server.unsubscribe.clone().unwrap_or_else(|| server.from.clone());
        Ok(Self { relay, unsubscribe, to: addresses, log: ProgressLog::default() })
    }

    async fn deliver(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        let id = &sending.post.id;
        let outcome = self.send_to_the_rest(sending).await;
        let outcomes = self.log.of(id);
        // A mail that is not out yet says when the post is tried again; until then nothing is decided.
        outcome.map_err(|failure| progress(failure, &outcomes, self.to.len()))?;
        let decided = self.decided(&outcomes);
        self.log.close(id);
        decided.map(|remark| Receipt { message: Some(message::thread(id, self.relay.domain())), remark })
    }

    /// Sends to everybody whose fate is not known, and notes it.
    ///
    /// # Errors
    /// What ended the conversation; else why some must be tried again.
    async fn send_to_the_rest(&self, sending: &Sending<'_>) -> Result<(), SendFailure> {
        let id = &sending.post.id;
        let known = self.log.of(id);
        let rest: Vec<(usize, &Address)> = self.to.iter().enumerate().filter(|(at, _)| !known.contains_key(at)).collect();
        if rest.is_empty() {
            return Ok(());
        }
        let until = Instant::now() + BEGIN_TIME_MAX;
        let mut session = SmtpSession::open(&self.relay).await?;
        let mut outcome = Ok(());
        for (at, to) in rest {
            let mail = MailMessage { from: &self.relay.from, to, unsubscribe: &self.unsubscribe, sending }.bytes()?;
            if Instant::now() > until {
                outcome = Err(SendFailure::later("The mail server is slow."));
                break;
            }
            match session.send(&self.relay.from, to, &mail).await {
                Ok(()) => self.log.note(id, at, MailOutcome::Taken),
                Err(MailRefusal::Nobody(reply)) => self.log.note(id, at, MailOutcome::Nobody(reply)),
                Err(MailRefusal::Unwanted(reply)) => self.log.note(id, at, MailOutcome::Unwanted(reply)),
                Err(MailRefusal::Later(why)) => outcome = Err(SendFailure::later(why)),
                Err(MailRefusal::Ended(failure)) => return Err(failure),
            }
        }
        session.close().await;
        outcome
    }

    /// What it means for the destination, once each mailbox has its fate: one that got it is enough, and a remark tells of the others.
    fn decided(&self, outcomes: &Progress<MailOutcome>) -> Result<Option<String>, SendFailure> {
        let masked = |at: &usize| self.to.get(*at).map(masked).unwrap_or_default();
        let refused: Vec<String> = outcomes
            .iter()
            .filter_map(|(at, outcome)| match outcome {
                MailOutcome::Taken => None,
                MailOutcome::Nobody(reply) | MailOutcome::Unwanted(reply) => Some(format!("{} ({reply})", masked(at))),
            })
            .collect();
        let any = |is: fn(&MailOutcome) -> bool| outcomes.values().any(is);
        let who = refused.join(", ");
        if any(|fate| matches!(fate, MailOutcome::Taken)) {
            let remark = || format!("Permanently refused, while other mailboxes received it: {who}. Fix or remove what is refused.");
            return Ok((!refused.is_empty()).then(remark));
        }
        if any(|fate| matches!(fate, MailOutcome::Unwanted(_))) {
            return Err(SendFailure::Never {
                why: format!(
                    "The mail server does not accept this mail: {who}. A mailbox may be full, or a rule against it; ask who runs the server."
                ),
            });
        }
        Err(SendFailure::Refused {
            why: format!("The mail server permanently refuses the mailbox: {who}. Configure one that accepts mail from us."),
        })
    }
}

impl Destination for Mailbox {
    fn kind(&self) -> &'static str {
        "mail"
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat::Pair
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        self.deliver(sending).boxed()
    }
}

fn steps(sections: &Sections) -> BoxFuture<'_, Vec<CheckStep>> {
    Box::pin(async {
        match sections.get() {
            Some(server) => vec![CheckStep { what: None, found: check(server).await, remark: None }],
            None => Vec::new(),
        }
    })
}

/// Would mail get out? Connects, protects the connection and signs in as a mail would, and sends none.
///
/// # Errors
/// What is wrong, and what to do.
pub async fn check(server: &SmtpServer) -> Result<String> {
    let relay = Relay::new(server)?;
    let session = SmtpSession::open(&relay).await.map_err(|failure| {
        let kind = if matches!(failure, SendFailure::Refused { .. } | SendFailure::Dead { .. }) {
            ErrorKind::Misconfigured
        } else {
            ErrorKind::Upstream
        };
        Error::new(kind, failure.why())
    })?;
    session.close().await;
    let signed_in = if server.login.is_some() { ", and takes the sign-in" } else { "" };
    Ok(format!("{} answers{signed_in}.", server.host))
}

/// `failure`, and how many need no second try.
fn progress(failure: SendFailure, outcomes: &Progress<MailOutcome>, all: usize) -> SendFailure {
    let done = outcomes.len();
    match failure {
        SendFailure::Later { why, after } if done > 0 => {
            SendFailure::Later { why: format!("{why} {done} of {all} mailboxes need no second try."), after }
        }
        SendFailure::Later { .. } | SendFailure::Never { .. } | SendFailure::Refused { .. } | SendFailure::Dead { .. } => failure,
    }
}

fn no_address(at: usize) -> Error {
    let sentence = format!(
        "Address number {} of a mail destination is none that mail can be sent to. Write one such as ada@example.com, with plain letters before the @.",
        at + 1
    );
    Error::new(ErrorKind::Misconfigured, sentence)
}
