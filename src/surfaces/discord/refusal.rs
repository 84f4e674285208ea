//! What does it mean when a request to Discord fails? Which of the known reasons, and what is to be done.
//!
//! Addresses are taken out of all causes: those of interactions hold their tokens.

use std::{fmt::Write as _, time::Duration};

use serenity::{all::HttpError, http::ErrorResponse};

use crate::{
    error::{Error, ErrorKind},
    text::{cut, one_line},
};

/// What to say once the token is refused.
pub(super) const DEAD_TOKEN: &str = "Discord does not accept the bot's token: it was reset, or it is another application's. Nothing more is sent with it. Make a new one under Bot > Reset Token at https://discord.com/developers/applications, put it into `discord.token` or its `token_file`, and start scorewatch again.";

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
/// The interaction was answered more than 3 seconds after it was made, or never existed.
const UNKNOWN_INTERACTION: isize = 10_062;
/// Somebody else answered it: another replica.
const ALREADY_ACKNOWLEDGED: isize = 40_060;
/// The channel was deleted.
const UNKNOWN_CHANNEL: isize = 10_003;
/// The server was deleted, or never was.
const UNKNOWN_SERVER: isize = 10_004;
/// Nobody of that id is in the server.
const UNKNOWN_MEMBER: isize = 10_007;
/// There is nobody of that id.
const UNKNOWN_USER: isize = 10_013;
/// The bot may not view the channel, or is not in the server.
const MISSING_ACCESS: isize = 50_001;
/// The bot may not write there.
const MISSING_PERMISSIONS: isize = 50_013;
/// The message was deleted.
pub(super) const UNKNOWN_MESSAGE: isize = 10_008;
/// The message is another author's: that of a bot which was there before.
const NOT_THE_AUTHOR: isize = 50_005;
/// The bot may not read the channel's history, so that it may answer nothing in it.
const MAY_NOT_REPLY: isize = 160_002;
/// Its token is older than 15 minutes.
pub(super) const INVALID_WEBHOOK_TOKEN: isize = 50_027;
/// The webhook was deleted.
pub(super) const UNKNOWN_WEBHOOK: isize = 10_015;

/// Discord's messages are short; what is longer is not one.
const MESSAGE_MAX: usize = 300;
/// When to ask again where Discord did not say.
const AGAIN: Duration = Duration::from_secs(5);

/// Why a request failed.
#[derive(Debug)]
pub(super) enum DiscordRefusal {
    /// No answer came: no connection, or a broken one.
    Unanswered(reqwest::Error),
    /// No answer came in time; or one that asks to wait, so long.
    Late(Option<Duration>),
    /// It was done, but what came back cannot be read.
    Unread(serenity::Error),
    /// It could not be sent as it was.
    Unsent(serenity::Error),
    /// Discord said no.
    Said {
        /// The HTTP status.
        status: u16,
        /// Discord's own number for it; 0 where it has none.
        code: isize,
        /// Discord's words.
        message: String,
    },
}

impl DiscordRefusal {
    /// What serenity's error comes to.
    #[allow(clippy::wildcard_enum_match_arm, reason = "serenity adds kinds")]
    pub fn of(error: serenity::Error) -> Self {
        match error {
            serenity::Error::Http(HttpError::Request(error)) => Self::Unanswered(error.without_url()),
            serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => Self::said(&response),
            unread @ (serenity::Error::Json(_) | serenity::Error::Decode(..)) => Self::Unread(unread),
            unsent => Self::Unsent(unsent),
        }
    }

    fn said(response: &ErrorResponse) -> Self {
        let mut message = response.error.message.clone();
        for error in &response.error.errors {
            let _ = write!(message, "; {}: {}", error.path, error.message);
        }
        Self::Said { status: response.status_code.as_u16(), code: response.error.code, message: cut(&one_line(&message), MESSAGE_MAX) }
    }

    /// The status that Discord answered with.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Said { status, .. } => Some(*status),
            Self::Unanswered(_) | Self::Late(_) | Self::Unread(_) | Self::Unsent(_) => None,
        }
    }

    /// Whether Discord counts it towards locking us out.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Late(Some(_))) || matches!(self.status(), Some(401 | 403 | 429))
    }

    /// Whether the bot's token was refused, and not that of an interaction.
    pub const fn is_dead_token(&self) -> bool {
        matches!(self, Self::Said { status: 401, code, .. } if *code != INVALID_WEBHOOK_TOKEN)
    }

    /// Whether a channel is gone, or closed to the bot, as Discord itself says: other refusals of the same status come and go.
    pub const fn is_closed_channel(&self) -> bool {
        matches!(self, Self::Said { code: UNKNOWN_CHANNEL | MISSING_ACCESS | MISSING_PERMISSIONS, .. })
    }

    /// Whether somebody is in no server that the bot is in.
    pub const fn is_not_there(&self) -> bool {
        matches!(self, Self::Said { code: UNKNOWN_SERVER | UNKNOWN_MEMBER | UNKNOWN_USER | MISSING_ACCESS, .. })
    }

    /// Whether it is only about an earlier message, which is gone or may not be touched.
    pub const fn is_about_earlier(&self) -> bool {
        matches!(self, Self::Said { code: UNKNOWN_MESSAGE | NOT_THE_AUTHOR | MAY_NOT_REPLY, .. })
    }

    /// Whether the same request would be refused again, wherever and whenever it goes.
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Said { status: 400 | 405 | 413, .. })
    }

    /// Whether there is nothing left to answer: it is too late, or was done by somebody else.
    pub const fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Said { code: UNKNOWN_INTERACTION | ALREADY_ACKNOWLEDGED | INVALID_WEBHOOK_TOKEN, .. } | Self::Said { status: 404, .. }
        )
    }

    /// The error for whoever wanted `what` of Discord.
    pub fn into_error(self, what: &str) -> Error {
        match self {
            Self::Unanswered(cause) => Error::new(
                ErrorKind::Upstream,
                format!("Discord could not be reached for {what}. Check that this machine may open connections to discord.com, port 443."),
            )
            .because(cause),
            Self::Late(None) => Error::new(ErrorKind::Throttled, format!("Discord did not take {what} in time. Try again in a minute."))
                .retry_after(Duration::from_mins(1)),
            Self::Late(Some(wait)) => {
                let sentence = format!("Discord wants {what} later: it asks to wait for {} seconds.", wait.as_secs());
                Error::new(ErrorKind::Throttled, sentence).retry_after(wait)
            }
            Self::Unread(cause) => {
                Error::new(ErrorKind::Upstream, format!("Discord took {what} and answered with something unreadable.")).because(cause)
            }
            Self::Unsent(cause) => Error::internal(cause),
            Self::Said { status, code, message } => said(status, code, what).because(format!("answer {status}, code {code}: {message}")),
        }
    }
}

/// What Discord's answer means for `what` was asked of it.
fn said(status: u16, code: isize, what: &str) -> Error {
    let new = |kind, sentence: String| Error::new(kind, sentence);
    match (status, code) {
        (_, UNKNOWN_INTERACTION) => new(ErrorKind::NotFound, format!("Discord gave up waiting for {what}: it takes none after 3 seconds.")),
        (_, ALREADY_ACKNOWLEDGED) => new(ErrorKind::NotFound, format!("Discord has {what} already: another replica was faster.")),
        (_, INVALID_WEBHOOK_TOKEN) => new(ErrorKind::NotFound, format!("Discord takes {what} no more: 15 minutes have passed.")),
        (401, _) => new(ErrorKind::Misconfigured, DEAD_TOKEN.to_owned()),
        (403, _) => new(
            ErrorKind::Forbidden,
            format!("Discord does not allow {what} to the bot. Check its permissions, and whether it was invited to that server."),
        ),
        (404, _) => new(ErrorKind::NotFound, format!("Discord does not know where {what} should go: it was deleted.")),
        (429, _) => new(ErrorKind::Throttled, format!("Discord wants {what} later. Try again in a few seconds.")).retry_after(AGAIN),
        (500.., _) => {
            new(ErrorKind::Upstream, format!("Discord is out of order and did not take {what}. Nothing is to be done but to wait."))
        }
        _ => Error::internal(format!("Discord refused {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: isize) -> DiscordRefusal {
        DiscordRefusal::Said { status, code, message: "words".to_owned() }
    }

    #[test]
    fn an_expired_interaction_is_no_dead_token() {
        assert!(refusal(401, 0).is_dead_token());
        for (status, code) in [(401, INVALID_WEBHOOK_TOKEN), (403, 50_001), (404, 10_003), (429, 0)] {
            assert!(!refusal(status, code).is_dead_token(), "{status} {code}");
        }
    }

    #[test]
    fn what_discord_counts_and_what_is_over() {
        for (status, code, counts, over) in [
            (401, INVALID_WEBHOOK_TOKEN, true, true),
            (403, 50_013, true, false),
            (429, 0, true, false),
            (404, UNKNOWN_INTERACTION, false, true),
            (400, ALREADY_ACKNOWLEDGED, false, true),
            (400, 50_035, false, false),
            (502, 0, false, false),
        ] {
            assert_eq!((refusal(status, code).counts(), refusal(status, code).is_over()), (counts, over), "{status} {code}");
        }
    }

    #[test]
    fn every_answer_has_a_kind_and_the_words_stay_in_the_log() {
        for (status, code, kind) in [
            (404, UNKNOWN_INTERACTION, ErrorKind::NotFound),
            (401, 0, ErrorKind::Misconfigured),
            (403, 50_001, ErrorKind::Forbidden),
            (429, 0, ErrorKind::Throttled),
            (503, -1, ErrorKind::Upstream),
            (400, 50_035, ErrorKind::Internal),
        ] {
            let error = refusal(status, code).into_error("a post");
            assert_eq!(error.kind, kind, "{status} {code}");
            assert!(!error.sentence.contains("words") && error.cause().contains("words"), "{error:?}");
        }
    }
}
