//! How does a post get to an address that is a secret? Once, over a client that follows nothing, and nobody reads the address anywhere.
//!
//! The webhook addresses of chats let whoever knows them post. So no failure, no log line and no `Debug` here
//! shows one, not even its host: a destination is called by its name.

use std::{error::Error as _, fmt, io, iter, sync::OnceLock, time::Duration};

use reqwest::{Client, Method, Url, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    delivery::SendFailure,
    error::{Error, ErrorKind, Result},
    outgoing::{client_to, retry_after},
};

/// How long a connection may take to come up.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long one request may take, its answer included.
const TIME_MAX: Duration = Duration::from_secs(30);
/// How much of an answer is read: those of webhooks are a word, or a message that was made.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// The longest word that is taken for the other side's name of a reason.
const CODE_MAX: usize = 40;

/// An address that takes posts.
pub struct WebhookClient {
    /// Made when it is needed: most commands know where posts go and send none.
    client: OnceLock<Client>,
    url: SecretString,
    /// How long one request may take.
    patience: Duration,
}

impl fmt::Debug for WebhookClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").finish_non_exhaustive()
    }
}

/// What an address answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookResponse {
    /// The status.
    pub status: u16,
    /// When it wants to be asked again, if it said so.
    pub after: Option<Duration>,
    /// The beginning of its body.
    pub body: String,
}

impl WebhookClient {
    /// The address `url`, which was checked when the configuration was read.
    pub fn new(url: SecretString) -> Result<Self> {
        if Url::parse(url.expose_secret()).is_err() {
            return Err(Error::new(
                ErrorKind::Misconfigured,
                "The address of a destination is invalid. Copy it again as it was given to you.",
            ));
        }
        Ok(Self { client: OnceLock::new(), url, patience: TIME_MAX })
    }

    /// The client for `url`, which is on the host of this address.
    fn client(&self, url: &Url) -> Result<Client, SendFailure> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = client_to(url.host_str().unwrap_or_default()).connect_timeout(CONNECT_TIME_MAX).timeout(self.patience);
        let client = client.build().map_err(|_| SendFailure::later("No connection can be prepared."))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Sends `body` there, once. Whatever was answered is returned; see [`WebhookResponse::judge`].
    ///
    /// # Errors
    /// [`SendFailure::Later`] when no answer came: it may have arrived nevertheless.
    pub async fn post(&self, headers: header::HeaderMap, body: Vec<u8>) -> Result<WebhookResponse, SendFailure> {
        self.request(Method::POST, |_| {}, headers, body).await
    }

    /// The same with another method, to an address that `change` makes of this one.
    pub async fn request(
        &self,
        method: Method,
        change: impl FnOnce(&mut Url),
        headers: header::HeaderMap,
        body: Vec<u8>,
    ) -> Result<WebhookResponse, SendFailure> {
        let mut url = Url::parse(self.url.expose_secret()).map_err(|_| SendFailure::Never { why: "The address is invalid.".to_owned() })?;
        change(&mut url);
        let sent = self.client(&url)?.request(method, url).headers(headers).body(body).send().await;
        let mut response = sent.map_err(|error| unanswered(&error))?;
        let status = response.status().as_u16();
        let header_text = |name| response.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        let after = header_text(header::RETRY_AFTER).and_then(|wait| retry_after(wait, header_text(header::DATE)));
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(chunk.get(..(ANSWER_BYTES_MAX - bytes.len()).min(chunk.len())).unwrap_or_default());
            if bytes.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok(WebhookResponse { status, after, body: String::from_utf8_lossy(&bytes).into_owned() })
    }
}

fn unanswered(error: &reqwest::Error) -> SendFailure {
    let what = if error.is_timeout() {
        "did not answer in time; it may have taken the post"
    } else if error.is_connect() {
        return SendFailure::later(unreached(error));
    } else {
        "broke off the connection; it may have taken the post"
    };
    SendFailure::later(format!("The other side {what}."))
}

/// Why there is no connection, as far as that can be told without the address.
fn unreached(error: &reqwest::Error) -> String {
    let causes = || iter::successors(error.source(), |cause| (*cause).source());
    let refused =
        causes().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| cause.kind() == io::ErrorKind::ConnectionRefused);
    let header_text: Vec<String> = causes().map(|cause| cause.to_string().to_ascii_lowercase()).collect();
    let says = |word: &str| header_text.iter().any(|header_text| header_text.contains(word));
    let why = if refused {
        "The other side refuses connections. Is it running, and is the port right?"
    } else if says("dns error") {
        "The name of the other side cannot be found. Is its address spelled right?"
    } else if says("certificate") {
        "The certificate of the other side is not one that is trusted."
    } else {
        "The other side cannot be reached."
    };
    why.to_owned()
}

impl WebhookResponse {
    /// What the status means where the platform says nothing else of it. 2xx is taken; 407, 408, 421, 423, 425, 429 and 5xx may be tried again; 410 says
    /// that the address is gone for good. Redirections, 401 to 405 and 451 mean that it lets nobody in or is not there, but proxies and servers that
    /// start or are out of order answer so for a while, too: these are tried again, and believed when they last. The rest is about this post.
    ///
    /// # Errors
    /// The failure that it means.
    pub fn judge(&self) -> Result<(), SendFailure> {
        let status = self.status;
        match status {
            200..300 => Ok(()),
            429 => Err(SendFailure::Later { why: "The other side takes no more posts at the moment.".to_owned(), after: self.after }),
            407 => Err(SendFailure::Later {
                why: "A proxy on the way wants to know who we are (status 407). Look at the proxy of this machine.".to_owned(),
                after: self.after,
            }),
            408 | 421 | 423 | 425 | 500.. => {
                Err(SendFailure::Later { why: format!("The other side is out of order (status {status})."), after: self.after })
            }
            410 => {
                Err(SendFailure::Dead { why: format!("The address is gone for good (status {status}). Make a new one and configure it.") })
            }
            300..=399 => Err(SendFailure::Refused {
                why: format!("The address leads elsewhere (status {status}). If that lasts, configure the new one."),
            }),
            401..=405 | 451 => Err(SendFailure::Refused {
                why: format!("The address takes no posts (status {status}). If that lasts, make a new one and configure it."),
            }),
            _ => Err(SendFailure::Never { why: format!("The other side does not take this post (status {status}{}).", self.code()) }),
        }
    }

    /// What the other side calls its reason, if that is one word such as `invalid_blocks`: nothing else of what it says is repeated.
    fn code(&self) -> String {
        let word = self.body.trim();
        let plain = (3..=CODE_MAX).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if plain { format!(", {word}") } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        for status in 100..600_u16 {
            let judged = WebhookResponse { status, after: None, body: String::new() }.judge();
            let expected = match status {
                200..300 => "taken",
                407 | 408 | 421 | 423 | 425 | 429 | 500.. => "later",
                300..=399 | 401..=405 | 451 => "refused",
                410 => "dead",
                _ => "never",
            };
            let found = match judged {
                Ok(()) => "taken",
                Err(SendFailure::Later { .. }) => "later",
                Err(SendFailure::Refused { .. }) => "refused",
                Err(SendFailure::Dead { .. }) => "dead",
                Err(SendFailure::Never { .. }) => "never",
            };
            assert_eq!(found, expected, "{status}");
        }
    }

    /// Says `head` to whoever comes, and then a letter at a time for as long as they listen.
    async fn slow(head: &'static [u8]) -> WebhookClient {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.read_buf(&mut Vec::new()).await.unwrap();
            let mut next = socket.write_all(head).await;
            while next.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                next = socket.write_all(if head.is_empty() { b"" } else { b"x" }).await;
            }
        });
        WebhookClient { patience: Duration::from_millis(400), ..WebhookClient::new(url.into()).unwrap() }
    }

    #[tokio::test]
    async fn nobody_is_waited_for_without_an_end() {
        let silent = slow(b"").await.post(header::HeaderMap::new(), Vec::new()).await;
        assert!(matches!(&silent, Err(SendFailure::Later { why, .. }) if why.contains("did not answer in time")), "{silent:?}");
        let dripping = slow(b"HTTP/1.1 200 OK\r\n\r\n").await.post(header::HeaderMap::new(), Vec::new()).await.unwrap();
        assert!(dripping.status == 200 && dripping.body.starts_with('x') && dripping.body.len() < 100, "{dripping:?}");
    }

    #[tokio::test]
    async fn a_wait_until_a_date_is_measured_by_the_clock_of_whoever_says_it() {
        let head = b"HTTP/1.1 429 Slow\r\nDate: Sat, 21 Nov 2020 03:00:00 GMT\r\nRetry-After: Sat, 21 Nov 2020 03:01:30 GMT\r\nContent-Length: 1\r\n\r\n";
        let answer = slow(head).await.post(header::HeaderMap::new(), Vec::new()).await.unwrap();
        assert_eq!((answer.status, answer.after), (429, Some(Duration::from_secs(90))));
    }

    #[test]
    fn a_reason_is_repeated_only_where_it_is_one_plain_word() {
        let why = |body: &str| WebhookResponse { status: 400, after: None, body: body.to_owned() }.judge().unwrap_err().why().to_owned();
        assert_eq!(why("invalid_blocks\n"), "The other side does not take this post (status 400, invalid_blocks).");
        let long = "x".repeat(CODE_MAX + 1);
        for other in ["", "no", "T00/B00/SECRET", "https://hooks.example", "<script>", "two words", &long] {
            assert_eq!(why(other), "The other side does not take this post (status 400).", "{other}");
        }
    }

    #[tokio::test]
    async fn why_nobody_is_reached_is_told() {
        let why = async |url: &str| {
            WebhookClient::new(url.into()).unwrap().post(header::HeaderMap::new(), Vec::new()).await.unwrap_err().why().to_owned()
        };
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(why(&format!("http://{free}/SECRET")).await.contains("refuses connections"));
        let unknown = why("https://scorewatch.invalid/SECRET").await;
        assert!(unknown.contains("cannot be found") && !unknown.contains("invalid"), "{unknown}");
    }

    #[tokio::test]
    async fn no_failure_and_no_debug_tells_the_address() {
        let hook = WebhookClient::new("http://127.0.0.1:9/services/T000/SECRET".into()).unwrap();
        let failure = hook.post(header::HeaderMap::new(), Vec::new()).await.unwrap_err();
        let told = format!("{hook:?} {failure:?}");
        assert!(!told.contains("SECRET") && !told.contains("127.0.0.1"), "{told}");
    }
}
