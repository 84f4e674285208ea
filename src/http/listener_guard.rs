//! Who is turned away at a listener, and who hears of it? Whoever comes under another machine's name where that matters, and credentials that do not count.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use tokio::time::Instant;

use super::{
    connections::network,
    log_throttle::{DueLine, LogThrottle},
    oauth_metadata::ChallengeContext,
};
use crate::{
    error::{Error, ErrorKind, Result},
    telemetry,
    text::is_loopback,
};

/// Stands at one listener.
#[derive(Default)]
pub struct ListenerGuard {
    /// Whether a reverse proxy is in front of us, from which all connections come.
    pub behind_proxy: bool,
    /// Whether requests must be for this machine by its own names. A page in a browser can make any name of its own lead here ("DNS rebinding"), and would
    /// read what is open to this machine; the name it came by is the one thing that it cannot choose.
    only_loopback: bool,
    /// What credentials are called here, where there is only one sort.
    credential: Option<&'static str>,
    /// By network: whoever has one has all of its addresses.
    told: LogThrottle<IpAddr>,
}

impl ListenerGuard {
    /// Of the main listener.
    pub fn new(behind_proxy: bool) -> Self {
        Self { behind_proxy, ..Self::default() }
    }

    /// Of the listener for metrics: open to this machine, or to whoever shows a token.
    pub fn of_metrics(token: bool) -> Self {
        Self { only_loopback: !token, credential: Some("metrics"), ..Self::default() }
    }

    /// Lets in what was `asked`, if it is for us.
    pub fn admit(&self, asked: &ChallengeContext) -> Result<()> {
        if !self.only_loopback || asked.host().is_some_and(|host| is_loopback(host.host())) {
            return Ok(());
        }
        let sentence = "This address is open to this machine only, by the names localhost, 127.0.0.1 and [::1]. To read the metrics from elsewhere, set `metrics.token` or `metrics.token_file`.";
        Err(Error::new(ErrorKind::Forbidden, sentence))
    }

    /// Where a request comes from: its `peer`, or whoever the declared proxy says it speaks for.
    pub fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.behind_proxy {
            return peer;
        }
        // Only the last one was written by the proxy; those before it are what its client said.
        let said = headers.get_all("x-forwarded-for").iter().next_back().and_then(|said| said.to_str().ok());
        said.and_then(|said| forwarded(said.rsplit(',').next()?.trim())).unwrap_or(peer)
    }

    /// Counts a `response` that refuses a credential, and tells the log of it once a minute for each address.
    pub fn saw(&self, response: &Response, asked: &ChallengeContext, from: IpAddr, id: &HeaderValue) {
        let Some(error) = response.extensions().get::<Arc<Error>>().filter(|error| error.kind == ErrorKind::Unauthenticated) else {
            return;
        };
        let kind = match self.credential {
            _ if asked.signed => "signature",
            _ if !asked.credential => return,
            Some(kind) => kind,
            None if asked.token => "token",
            None => "key",
        };
        telemetry::credential_refused(kind);
        // A platform itself sends wrong signatures now and then, to see that they are refused.
        if kind == "signature" {
            return;
        }
        let Some(line) = self.told.tell(network(from), Instant::now()) else { return };
        let (request, path, cause) =
            (id.to_str().unwrap_or_default(), asked.uri.path(), Some(error.cause()).filter(|cause| !cause.is_empty()));
        match line {
            DueLine::One(times) => {
                tracing::warn!(address = %from, kind, times, request, path, cause, "a credential was refused; logged once a minute for each address");
            }
            DueLine::Others(times) => {
                tracing::warn!(address = %from, kind, times, request, path, cause, "credentials from many addresses were refused; the rest are logged together, once a minute; this one is the latest");
            }
        }
    }
}

/// The address that a proxy names: alone, or with the port that the request came from, as Azure's Application Gateway writes it.
fn forwarded(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse().ok();
    bare().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::{http::Uri, response::IntoResponse as _};

    use super::*;

    fn asked(host: &str) -> ChallengeContext {
        ChallengeContext::of(&Uri::from_static("/metrics"), &HeaderMap::from_iter([(axum::http::header::HOST, host.parse().unwrap())]))
    }

    #[test]
    fn what_is_open_to_this_machine_is_asked_by_its_names() {
        let door = ListenerGuard::of_metrics(false);
        for own in ["localhost:9464", "127.0.0.1", "[::1]:9464", "LOCALHOST", "localhost.:9464", "[::ffff:127.0.0.1]:9464"] {
            assert!(door.admit(&asked(own)).is_ok(), "{own}");
        }
        for other in ["rebind.example", "localhost.evil.example:9464", "10.0.0.1", "0.0.0.0:9464"] {
            assert_eq!(door.admit(&asked(other)).unwrap_err().kind, ErrorKind::Forbidden, "{other}");
        }
        assert!(ListenerGuard::default().admit(&asked("rebind.example")).is_ok());
    }

    #[test]
    fn only_a_declared_proxy_says_for_whom_it_speaks() {
        let said = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), "10.0.0.1, 10.0.0.2".parse().unwrap())]);
        let (peer, named): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let behind = ListenerGuard::new(true);
        assert_eq!([ListenerGuard::default().address(peer, &said), behind.address(peer, &said)], [peer, named]);
        assert_eq!(behind.address(peer, &HeaderMap::new()), peer);
        let ours: IpAddr = "2001:db8::7".parse().unwrap();
        for (last, from) in [
            ("10.0.0.2:50123", named),
            ("[2001:db8::7]:443", ours),
            ("[2001:db8::7]", ours),
            ("2001:db8::7", ours),
            ("unknown", peer),
            ("10.0.0.2:x", peer),
            ("", peer),
        ] {
            let said = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), format!("10.9.9.9,{last}").parse().unwrap())]);
            assert_eq!(behind.address(peer, &said), from, "{last}");
        }
    }

    #[test]
    fn a_credential_that_was_refused_is_reported_once_a_minute() {
        let (door, from) = (ListenerGuard::default(), "10.0.0.1".parse().unwrap());
        let id = HeaderValue::from_static("id");
        let shown = ChallengeContext::of(
            &Uri::from_static("/skills"),
            &HeaderMap::from_iter([(axum::http::header::AUTHORIZATION, "Bearer x".parse().unwrap())]),
        );
        let is_due = || door.told.tell(from, Instant::now()).is_some();
        for (kind, asked, told) in [
            (ErrorKind::NotFound, &shown, false),
            (ErrorKind::Unauthenticated, &asked("a"), false),
            (ErrorKind::Unauthenticated, &shown, true),
        ] {
            door.saw(&Error::new(kind, "x").into_response(), asked, from, &id);
            if told {
                assert!(!is_due());
            }
        }
        // Whoever has a network of 64 bits fills no log with its addresses, and hides nobody.
        let refused = || Error::new(ErrorKind::Unauthenticated, "x").into_response();
        for host in 0..2_000_u16 {
            door.saw(&refused(), &shown, std::net::Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, host).into(), &id);
        }
        let other: IpAddr = "2001:db8:1:3::1".parse().unwrap();
        assert_eq!(door.told.tell(network(other), Instant::now()), Some(DueLine::One(1)));
        let fresh = ListenerGuard::default();
        fresh.saw(&Error::new(ErrorKind::Unauthenticated, "x").into_response(), &asked("a"), from, &id);
        assert!(fresh.told.tell(from, Instant::now()).is_some(), "nothing was shown, nothing told");
    }
}
