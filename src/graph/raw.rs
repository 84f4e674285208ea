//! What does Graph answer, exactly as it came? Status, headers and bytes for the probe, which reports how Graph behaves and stores nothing of it.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use reqwest::{
    Client, Response, Url,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION},
};

use super::{
    Graph,
    body::{self, BodyError},
    client::CONNECT_TIME_MAX,
};
use crate::{
    error::Error,
    outgoing::{client_to, retry_after},
};

/// How many bytes one answer may have for whoever looks at all of it at once: ninety days of 230 controls, each with its details, have half of it.
const RAW_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The status of an answer that asks to slow down.
const THROTTLED: u16 = 429;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum RawTarget<'a> {
    /// A path below Graph's root, with its query.
    Path(&'a str),
    /// The next page, by the link that Graph sent. It is followed on Graph's own host only.
    NextLink(&'a str),
}

/// An answer as it came, whatever its status.
#[derive(Debug)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// The headers, with their names in lower case. A value that is no text is empty.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked unless it was asked for as it travels.
    pub body: Vec<u8>,
    /// How long it took from the request to the last byte, without the wait for leave to send it.
    pub took: Duration,
}

impl RawAnswer {
    /// The value of the header `name`, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// How long Graph asks to wait, if it says so.
    pub fn asks_to_wait(&self) -> Option<Duration> {
        retry_after(self.header("retry-after")?, self.header("date"))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum RawFailure {
    /// There is no token.
    SignIn(Error),
    /// It did not come in time.
    TimedOut,
    /// The connection did not come up, broke, or the body was damaged.
    Interrupted,
    /// It has more bytes than anything we ask for.
    TooLarge,
    /// The link to the next page leads to another host.
    OtherHost,
}

impl Graph {
    /// Asks once, within the limits that hold for every request of this tenant. Tries nothing again.
    pub async fn raw(&self, target: RawTarget<'_>) -> Result<RawAnswer, RawFailure> {
        let url = self.raw_url(target)?;
        let _leave = self.throttle.leave().await.map_err(RawFailure::SignIn)?;
        self.raw_answer(&self.http, url, false).await
    }

    /// As [`Graph::raw`], with the body as it travels: packed, where Graph packs it.
    pub async fn raw_as_sent(&self, target: RawTarget<'_>) -> Result<RawAnswer, RawFailure> {
        let url = self.raw_url(target)?;
        let host = url.host_str().unwrap_or_default();
        let client = client_to(host).connect_timeout(CONNECT_TIME_MAX).timeout(self.settings.request_time_max).no_gzip();
        let client = client.build().map_err(|error| RawFailure::SignIn(Error::internal(error)))?;
        let _leave = self.throttle.leave().await.map_err(RawFailure::SignIn)?;
        self.raw_answer(&client, url, true).await
    }

    /// Asks so often at once, past our own limit of requests in flight, and drops what is under way at the first answer that asks to slow down.
    /// Gives what came until then.
    pub async fn raw_at_once(&self, target: RawTarget<'_>, times: usize) -> Vec<Result<RawAnswer, RawFailure>> {
        let url = match self.raw_url(target) {
            Ok(url) => url,
            Err(failure) => return vec![Err(failure)],
        };
        let mut under_way: FuturesUnordered<_> = (0..times).map(|_| self.raw_answer(&self.http, url.clone(), false)).collect();
        let mut came = Vec::with_capacity(times);
        while let Some(answer) = under_way.next().await {
            let throttled = matches!(&answer, Ok(answer) if answer.status == THROTTLED);
            came.push(answer);
            if throttled {
                break;
            }
        }
        came
    }

    fn raw_url(&self, target: RawTarget<'_>) -> Result<Url, RawFailure> {
        match target {
            RawTarget::Path(path) => self.url(path).map_err(RawFailure::SignIn),
            RawTarget::NextLink(link) => self.next_url(link).map_err(|_| RawFailure::OtherHost),
        }
    }

    async fn raw_answer(&self, client: &Client, url: Url, packed: bool) -> Result<RawAnswer, RawFailure> {
        let token = self.sign_in.token(&self.settings).await.map_err(RawFailure::SignIn)?;
        let asked = Instant::now();
        let mut request = client.get(url).header(AUTHORIZATION, token.header.clone()).header(ACCEPT, "application/json");
        if packed {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        let response = request.send().await.map_err(|error| interrupted(&error))?;
        let (status, headers) = (response.status().as_u16(), headers(&response));
        let mut body = Vec::new();
        match body::read_into(&mut body, response, self.settings.body_bytes_max.min(RAW_BYTES_MAX)).await {
            Ok(()) => Ok(RawAnswer { status, headers, body, took: asked.elapsed() }),
            Err(BodyError::TooLarge) => Err(RawFailure::TooLarge),
            Err(BodyError::Broken(error)) => Err(interrupted(&error)),
        }
    }
}

fn interrupted(error: &reqwest::Error) -> RawFailure {
    if error.is_timeout() { RawFailure::TimedOut } else { RawFailure::Interrupted }
}

fn headers(response: &Response) -> Vec<(String, String)> {
    response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())).collect()
}
