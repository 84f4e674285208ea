//! How do posts get into Teams? Through a webhook of Workflows, as an Adaptive Card.
//!
//! An answer of 202 says that a flow was started. The flow posts afterwards, and where it fails nobody tells us: what is sent here is taken, not known to
//! be delivered. Its address is on hosts that change (`logic.azure.com` ended, `api.powerplatform.com` followed), so that none is expected.

mod elements;
mod message;

use std::fmt;

use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::SecretString;

use super::{Surface, webhook_client::WebhookClient};
use crate::{
    delivery::{Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::Result,
};

/// Teams. Posts go out; nothing is answered over HTTP.
pub const SURFACE: Surface = Surface::named("teams");

/// A channel or chat of Teams, through the webhook of a flow.
pub struct Teams {
    hook: WebhookClient,
}

impl fmt::Debug for Teams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teams").finish_non_exhaustive()
    }
}

impl Teams {
    /// The flow whose webhook is at `url`.
    pub fn new(url: SecretString) -> Result<Self> {
        Ok(Self { hook: WebhookClient::new(url)? })
    }

    async fn post(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        let body = message::message(&sending.post.card, sending.picture)
            .ok_or_else(|| SendFailure::Never { why: "It is too long for Teams.".to_owned() })?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))]);
        self.hook.post(headers, body).await?.judge()?;
        Ok(Receipt::default())
    }
}

impl Destination for Teams {
    fn kind(&self) -> &'static str {
        "teams"
    }

    fn picture_format(&self) -> PictureFormat {
        PictureFormat::Address
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(self.post(sending))
    }
}
