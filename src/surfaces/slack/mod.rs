//! How do posts get into Slack? Through an incoming webhook, as blocks.

mod elements;
mod limits;
mod message;

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;

use super::{
    Surface,
    webhook_client::{WebhookClient, WebhookResponse},
};
use crate::{
    config::{DestinationKind, at_address},
    delivery::{Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::Result,
};

/// What Slack says of an address that is no longer good, whatever the status: its token is wrong, or what it was for is gone. A bare status may come from
/// whatever stands in front of Slack:
/// <https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks>,
/// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling-errors>.
const DEAD: [&str; 11] = [
    "invalid_token",
    "no_service",
    "no_service_id",
    "no_team",
    "team_disabled",
    "no_active_hooks",
    "user_not_found",
    "channel_not_found",
    "channel_is_archived",
    "action_prohibited",
    "posting_to_general_channel_denied",
];

/// Slack. Posts go out; nothing is answered over HTTP.
pub const SURFACE: Surface = Surface { kinds: &[KIND], ..Surface::named("slack") };

/// A channel, through an incoming webhook.
const KIND: DestinationKind = DestinationKind {
    has_address: true,
    read: |_, url| at_address(url, |url| Ok(Arc::new(Slack::new(url)?))),
    ..DestinationKind::named("slack")
};

/// A channel of Slack, through its incoming webhook.
pub struct Slack {
    hook: WebhookClient,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").finish_non_exhaustive()
    }
}

impl Slack {
    /// The incoming webhook at `url`.
    pub fn new(url: SecretString) -> Result<Self> {
        Ok(Self { hook: WebhookClient::new(url)? })
    }

    async fn post(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        let body = message::message(&sending.post.card, sending.picture)
            .ok_or_else(|| SendFailure::Never { why: "It is too long for Slack.".to_owned() })?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))]);
        judge(&self.hook.post(headers, body).await?)?;
        Ok(Receipt::default())
    }
}

/// What Slack's answer means.
fn judge(answer: &WebhookResponse) -> Result<(), SendFailure> {
    let reason = answer.body.trim();
    match answer.status {
        400..500 if DEAD.contains(&reason) => Err(SendFailure::Dead {
            why: "Slack knows the address no more. Make a new incoming webhook and configure its address.".to_owned(),
        }),
        // Tried again it could be posted again and again.
        200..300 if reason != "ok" => Err(SendFailure::Never {
            why:
                "Something answered in Slack's place, not with `ok`. Look at the address and at proxies on the way, then deliver it again."
                    .to_owned(),
        }),
        _ => answer.judge(),
    }
}

impl Destination for Slack {
    fn kind(&self) -> &'static str {
        "slack"
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat::Address
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(self.post(sending))
    }
}
