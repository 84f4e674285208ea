//! How does a program of somebody else's learn what we post? As a CloudEvent, signed as Standard Webhooks are.

mod event;
mod signature;

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use ring::hmac;
use secrecy::SecretString;

use super::{Surface, webhook_client::WebhookClient};
use crate::{
    config::{
        Config, DestinationKind, DestinationReach, DestinationSettings,
        keys::{file, secret},
    },
    delivery::{Destination, Receipt, SendFailure, Sending},
    error::Result,
};

/// Webhooks. Posts go out; nothing is answered over HTTP.
pub const SURFACE: Surface = Surface { kinds: &[KIND], ..Surface::named("webhook") };

/// An address that takes events.
const KIND: DestinationKind = DestinationKind {
    keys: &[
        secret(
            "destinations.NAME.secret",
            "What the posts of a `webhook` are signed with: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it.",
        ),
        file("destinations.NAME.secret_file", "A file that holds that secret."),
    ],
    needs: &[("secret", "Create one with: echo whsec_$(openssl rand -base64 32)")],
    has_address: true,
    read: |section, url| {
        let secret = section.secret("secret");
        Some(DestinationReach::Own(Box::new(Signed { url: url?.clone(), secret: secret? })))
    },
    ..DestinationKind::named("webhook")
};

/// What it takes to send there.
#[derive(Debug)]
struct Signed {
    url: SecretString,
    secret: SecretString,
}

impl DestinationSettings for Signed {
    fn build(&self, _: &Config) -> Result<Arc<dyn Destination>> {
        Ok(Arc::new(Webhook::new(self.url.clone(), self.secret.clone())?))
    }
}

/// An address that takes events.
pub struct Webhook {
    hook: WebhookClient,
    key: hmac::Key,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").finish_non_exhaustive()
    }
}

impl Webhook {
    /// The address `url`; events are signed with `secret`, which is `whsec_` and 24 to 64 bytes in base64.
    pub fn new(url: SecretString, secret: SecretString) -> Result<Self> {
        let key = signature::key(&secret)?;
        // Wiped: from here on there is only the key.
        drop(secret);
        Ok(Self { hook: WebhookClient::new(url)?, key })
    }

    async fn post(&self, sending: &Sending<'_>) -> Result<Receipt, SendFailure> {
        let never = |why: &str| SendFailure::Never { why: why.to_owned() };
        let body = event::event(sending).ok_or_else(|| never("It is too large for an event."))?;
        let mut headers =
            signature::headers(&self.key, &sending.post.id, sending.now, &body).map_err(|_| never("It has an id that cannot be sent."))?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cloudevents+json; charset=UTF-8"));
        self.hook.post(headers, body).await?.judge()?;
        Ok(Receipt::default())
    }
}

impl Destination for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn send<'a>(&'a self, sending: &'a Sending<'a>) -> BoxFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(self.post(sending))
    }
}
