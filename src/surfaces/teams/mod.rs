//! How do posts get into Teams? Through a webhook of Workflows, as an Adaptive Card.
//!
//! An answer of 202 says that a flow was started. The flow posts afterwards, and where it fails nobody tells us: what is sent here is taken, not known to
//! be delivered. Its address is on hosts that change (`logic.azure.com` ended, `api.powerplatform.com` followed), so that none is expected.

mod elements;
mod message;

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use reqwest::{
    Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::SecretString;

use super::{Surface, webhook_client::WebhookClient};
use crate::{
    config::{DestinationKind, at_address},
    delivery::{Destination, PictureFormat, Receipt, SendFailure, Sending},
    error::Result,
};

/// Teams. Posts go out; nothing is answered over HTTP.
pub const SURFACE: Surface = Surface { kinds: &[KIND], ..Surface::named("teams") };

/// A channel or chat, through the webhook of a flow.
const KIND: DestinationKind = DestinationKind {
    has_address: true,
    read: |_, url| at_address(url, |url| Ok(Arc::new(Teams::new(url)?))),
    remark: ended,
    look_after_test: "Teams confirms that a flow started, not that it posted: check there that the test arrived.",
    ..DestinationKind::named("teams")
};

/// What is to be said of an address where Microsoft takes no posts for Teams any more, whatever the kind of its destination. The address itself is a
/// secret, its host is not.
fn ended(url: &Url, is_own: bool) -> Option<(String, &'static str)> {
    // A name may end with the dot of the root.
    let host = url.host_str()?.trim_end_matches('.');
    let on = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_connector = || is_own || url.path().starts_with("/webhook");
    if on("webhook.office.com") || (on("outlook.office.com") || on("outlook.office365.com")) && is_connector() {
        return Some((
            format!("holds the address of a connector on {host}, which Microsoft has switched off"),
            "Create a flow in Teams: Workflows > Post to a channel when a webhook request is received, and configure its address",
        ));
    }
    on("logic.azure.com").then(|| {
        (
            format!("holds an address on {host}, where Teams flows accepted posts until 30 November 2025"),
            "Open the flow in Workflows and configure the address that it has now; one of a Logic App of your own stays",
        )
    })
}

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
