//! How do posts get to a webhook of Discord? To its address alone: no bot, nothing to press, and no way to tell a repetition.
//!
//! <https://docs.discord.com/developers/resources/webhook#execute-webhook>. Such a webhook belongs to no application of ours, so that
//! Discord takes no buttons from it, and it knows no nonce: what is sent twice is seen twice. Of a post that takes several messages, a second try leaves out
//! those that are there, while the process lives.

use futures_util::future::BoxFuture;
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT},
};
use secrecy::SecretString;
use serde::Deserialize;
use serenity::builder::{CreateAllowedMentions, EditWebhookMessage};

use super::{
    network::AGENT,
    outgoing_message::{Attachment, OutgoingMessage},
    post_message::{PostMessage, ended, message, over},
    refusal::{INVALID_WEBHOOK_TOKEN, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK},
    snowflake::snowflake,
};
use crate::{
    delivery::{Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::Result,
    outgoing::wait_of,
    surfaces::{
        progress_log::ProgressLog,
        truncate::command_line,
        webhook_client::{self, WebhookResponse},
    },
};

/// What parts a form: nothing that we send has such a line.
const BOUNDARY: &str = "scorewatch-5e0b1f7c9a3d4826";

/// A webhook of a channel.
#[derive(Debug)]
pub struct DiscordWebhook {
    hook: webhook_client::WebhookClient,
    /// The messages of posts that take several, each with its id where that is known.
    sent: ProgressLog<Option<String>>,
}

/// What Discord says of a message that it made.
#[derive(Deserialize)]
struct CreatedMessage {
    id: String,
}

/// What Discord says of a request that it refuses.
#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    code: isize,
    /// In seconds, more exactly than the header says it.
    retry_after: Option<f64>,
}

impl DiscordWebhook {
    /// The webhook whose address is `url`, which is a secret.
    ///
    /// # Errors
    /// Those of [`webhook_client::WebhookClient::new`].
    pub fn new(url: SecretString) -> Result<Self> {
        Ok(Self { hook: webhook_client::WebhookClient::new(url)?, sent: ProgressLog::default() })
    }

    async fn post(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        for ended in ended(sending) {
            self.end(ended.get(), sending).await?;
        }
        let PostMessage { said, further, .. } = message(sending, command_line);
        let id = &sending.post.id;
        let sent = self.sent.of(id);
        for (at, said) in std::iter::once(said).chain(further).enumerate().filter(|(at, _)| !sent.contains_key(at)) {
            let message = self.say(said).await?;
            self.sent.note(id, at, message);
        }
        Ok(Receipt::of(self.sent.close(id).remove(&0).flatten()))
    }

    /// Says it once. What Discord calls it, where that is known.
    async fn say(&self, said: OutgoingMessage) -> Result<Option<String>, SendFailure> {
        let file = said.files.first().cloned();
        let payload = serde_json::to_vec(&said.into_webhook()).map_err(|error| unwritten(&error))?;
        let (kind, body) = file.map_or_else(|| ("application/json".to_owned(), payload.clone()), |file| form(&payload, &file));
        // Without `wait` Discord says that all is well before it knows.
        let wait = |url: &mut Url| {
            url.query_pairs_mut().append_pair("wait", "true");
        };
        let answer = self.hook.request(Method::POST, wait, headers(&kind), body).await?;
        judge(&answer)?;
        Ok(serde_json::from_str::<CreatedMessage>(&answer.body).ok().and_then(|made| snowflake(&made.id)).map(|id| id.to_string()))
    }

    /// Says above the alert `earlier` that all of it is over. One that was deleted stays so: the post that follows tells it.
    async fn end(&self, earlier: u64, sending: &Sending<'_>) -> Result<(), SendFailure> {
        let edit = EditWebhookMessage::new().content(over(sending)).allowed_mentions(CreateAllowedMentions::new());
        let body = serde_json::to_vec(&edit).map_err(|error| unwritten(&error))?;
        // What the address asks for besides, such as a thread, holds for its messages too.
        let below = |url: &mut Url| {
            if let Ok(mut path) = url.path_segments_mut() {
                path.pop_if_empty().extend(["messages", &earlier.to_string()]);
            }
        };
        let answer = self.hook.request(Method::PATCH, below, headers("application/json"), body).await?;
        if answer.status == 400 || refused(&answer).code == UNKNOWN_MESSAGE { Ok(()) } else { judge(&answer) }
    }
}

impl Destination for DiscordWebhook {
    fn kind(&self) -> &'static str {
        "discord_webhook"
    }

    fn picture_format(&self) -> PictureFormat {
        // As most people's Discord is.
        PictureFormat::File { dark: true }
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(self.post(sending))
    }
}

/// Whether Discord took it, and else what its answer means.
fn judge(answer: &WebhookResponse) -> Result<(), SendFailure> {
    let Err(failure) = answer.judge() else { return Ok(()) };
    // Only Discord itself says it with such a number; a bare status comes from whatever stands in front of it, too.
    if matches!(refused(answer).code, UNKNOWN_WEBHOOK | INVALID_WEBHOOK_TOKEN) {
        let why = "The webhook was deleted in Discord. Make a new one under the channel's Integrations and configure its address.";
        return Err(SendFailure::Dead { why: why.to_owned() });
    }
    let SendFailure::Later { why, after } = failure else { return Err(failure) };
    Err(SendFailure::Later { why, after: refused(answer).retry_after.and_then(wait_of).or(after) })
}

fn refused(answer: &WebhookResponse) -> Refused {
    serde_json::from_str(&answer.body).unwrap_or_default()
}

fn headers(kind: &str) -> HeaderMap {
    let kind = HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/json"));
    HeaderMap::from_iter([(CONTENT_TYPE, kind), (USER_AGENT, HeaderValue::from_static(AGENT))])
}

/// A form of a message and its file, with its type: <https://docs.discord.com/developers/reference#uploading-files>.
fn form(payload: &[u8], file: &Attachment) -> (String, Vec<u8>) {
    let mut body = Vec::with_capacity(payload.len() + file.bytes.len() + 512);
    let file_head = format!("Content-Disposition: form-data; name=\"files[0]\"; filename=\"{}\"\r\nContent-Type: image/png", file.name);
    let parts =
        [("Content-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json", payload), (&*file_head, &file.bytes)];
    for (head, bytes) in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

fn unwritten(error: &serde_json::Error) -> SendFailure {
    tracing::error!(cause = %error, "a message for a webhook of Discord cannot be written");
    SendFailure::Never { why: "The message could not be written. The log has why.".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outgoing::RETRY_AFTER_MAX;

    #[test]
    fn what_discord_asks_for_is_waited_for() {
        let answer = |status, after: Option<u64>, body: &str| WebhookResponse {
            status,
            after: after.map(Duration::from_secs),
            body: body.to_owned(),
        };
        let wait = |answer: &WebhookResponse| match judge(answer).unwrap_err() {
            SendFailure::Later { after, .. } => after,
            failure @ (SendFailure::Never { .. } | SendFailure::Refused { .. } | SendFailure::Dead { .. }) => panic!("{failure:?}"),
        };
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(wait(&answer(429, Some(1), r#"{"message":"slow","retry_after":0.25,"global":false}"#)), millis(250));
        assert_eq!(wait(&answer(429, Some(3), "<html>")), millis(3000));
        assert_eq!(wait(&answer(502, None, "")), None);
        for hostile in ["-1", "1e400", "null", "\"5\""] {
            assert_eq!(wait(&answer(429, Some(3), &format!(r#"{{"retry_after":{hostile}}}"#))), millis(3000), "{hostile}");
        }
        for forever in ["9e9", "99999999999999999999", "1e300"] {
            assert_eq!(wait(&answer(429, Some(3), &format!(r#"{{"retry_after":{forever}}}"#))), Some(RETRY_AFTER_MAX), "{forever}");
        }
    }

    #[test]
    fn a_deleted_webhook_is_dead_and_the_sentence_says_what_to_do() {
        for (status, body) in [(404, r#"{"message":"Unknown Webhook","code":10015}"#), (401, r#"{"code":50027}"#)] {
            let failure = judge(&WebhookResponse { status, after: None, body: body.to_owned() }).unwrap_err();
            assert!(matches!(&failure, SendFailure::Dead { why } if why.contains("Integrations")), "{failure:?}");
        }
        for status in [401, 403, 404] {
            let failure = judge(&WebhookResponse { status, after: None, body: "<html>".to_owned() }).unwrap_err();
            assert!(matches!(failure, SendFailure::Refused { .. }), "not in Discord's own words: {failure:?}");
        }
        assert!(matches!(judge(&WebhookResponse { status: 400, after: None, body: String::new() }), Err(SendFailure::Never { .. })));
    }
}
