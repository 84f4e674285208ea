//! Which host is a request for? The one that it names, once. In the way of a proxy (`GET http://host/ HTTP/1.1`) and in HTTP/2 it stands in the address,
//! and that counts: RFC 9112, section 3.2.

use axum::http::{HeaderValue, Request, Version, header, uri::Authority};

use crate::error::{Error, Result};

/// Sees to it that `request` says one host wherever it is looked for.
///
/// # Errors
/// [`crate::error::ErrorKind::BadArguments`] for a host that is missing, doubled or none. Only HTTP/1.0, which has no such header, may leave it out.
pub fn settle<B>(request: &mut Request<B>) -> Result<()> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, doubled) = (hosts.next(), hosts.next().is_some());
    if doubled || host.is_some_and(|host| !is_host(host)) {
        return Err(unnamed());
    }
    let authority = request.uri().authority();
    if authority.is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(unnamed());
    }
    match (request.version(), host, authority) {
        (Version::HTTP_11, None, _) | (Version::HTTP_2 | Version::HTTP_3, None, None) => Err(unnamed()),
        (_, Some(host), Some(authority)) if host != authority.as_str() => {
            let settled = HeaderValue::from_str(authority.as_str()).map_err(|_| unnamed())?;
            request.headers_mut().insert(header::HOST, settled);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_host(host: &HeaderValue) -> bool {
    host.to_str().is_ok_and(|host| !host.contains('@') && host.parse::<Authority>().is_ok())
}

fn unnamed() -> Error {
    Error::bad_arguments(
        "A request names the host that it is for, once: send one Host header, with a host name or an address, and maybe a port.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(version: Version, uri: &str, hosts: &[&str]) -> Result<Option<String>, ()> {
        let mut request = Request::builder().version(version).uri(uri).body(()).unwrap();
        for host in hosts {
            request.headers_mut().append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        settle(&mut request).map_err(drop)?;
        Ok(request.headers().get(header::HOST).map(|host| host.to_str().unwrap().to_owned()))
    }

    #[test]
    fn a_request_names_one_host() {
        let told = |host: &str| Ok(Some(host.to_owned()));
        assert_eq!(settled(Version::HTTP_11, "/x", &["score.example:8080"]), told("score.example:8080"));
        assert_eq!(settled(Version::HTTP_11, "/x", &["[::1]:8080"]), told("[::1]:8080"));
        for wrong in [&[][..], &["a", "a"], &["a", "b"], &[""], &["a b"], &["me@a"], &["a/b"], &["a,b c"], &["http://a"], &["\u{e9}"]] {
            assert_eq!(settled(Version::HTTP_11, "/x", wrong), Err(()), "{wrong:?}");
        }
        assert_eq!(settled(Version::HTTP_10, "/x", &[]), Ok(None));
        assert_eq!(settled(Version::HTTP_10, "/x", &["a", "b"]), Err(()));
    }

    #[test]
    fn what_stands_in_the_address_counts() {
        let told = |host: &str| Ok(Some(host.to_owned()));
        assert_eq!(settled(Version::HTTP_11, "http://right:1/x", &["wrong"]), told("right:1"));
        assert_eq!(settled(Version::HTTP_11, "http://right/x", &[]), Err(()), "a Host header is wanted nevertheless");
        assert_eq!(settled(Version::HTTP_11, "http://right/x", &["wrong", "right"]), Err(()));
        assert_eq!(settled(Version::HTTP_11, "http://me@right/x", &["right"]), Err(()));
        assert_eq!(settled(Version::HTTP_2, "https://right/x", &[]), Ok(None));
        assert_eq!(settled(Version::HTTP_2, "https://right/x", &["wrong"]), told("right"));
        assert_eq!((settled(Version::HTTP_2, "/x", &[]), settled(Version::HTTP_2, "/x", &["a"])), (Err(()), told("a")));
    }
}
