//! How do requests leave this machine? By clients that follow no redirect, through the system's proxy where there is one, and to this
//! machine itself by none. And when may the next one, after an answer that wants it later?

use std::time::{Duration, SystemTime};

use reqwest::{Client, ClientBuilder, redirect};

use crate::text::is_loopback;

/// A client for what is at `host`, as it stands in a URL.
///
/// The system's proxy (`HTTPS_PROXY` and its kind) is for what is outside: reqwest does not spare loopback by itself, and what
/// is sent there in plain text, such as a credential to a sandbox, must not leave this machine.
pub fn client_to(host: &str) -> ClientBuilder {
    let client =
        Client::builder().use_rustls_tls().redirect(redirect::Policy::none()).user_agent(concat!("scorewatch/", env!("CARGO_PKG_VERSION")));
    if is_loopback(host) { client.no_proxy() } else { client }
}

/// The longest wait that an answer may ask for. Whoever asks for more wants to be left alone today: no slip in a header keeps anybody away for good.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// How long `Retry-After` asks to wait, [`RETRY_AFTER_MAX`] at most: in seconds, however many, with a fraction as some write it; or as a date, which is
/// measured against the answer's own `Date` where there is one, so that a wrong clock of ours does not matter. `None` for what is neither.
pub fn retry_after(header: &str, date: Option<&str>) -> Option<Duration> {
    let header = header.trim();
    let is_number = header.starts_with(|c: char| c.is_ascii_digit()) && header.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        return wait_of(header.parse().ok()?);
    }
    let until = httpdate::parse_http_date(header).ok()?;
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
    Some(until.duration_since(now).unwrap_or_default().min(RETRY_AFTER_MAX))
}

/// A wait of so many seconds, [`RETRY_AFTER_MAX`] at most; `None` for a number that is no wait.
pub fn wait_of(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds.min(RETRY_AFTER_MAX.as_secs_f64())).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date_and_no_longer_than_a_day() {
        let now = Some("Sat, 21 Nov 2026 03:00:00 GMT");
        assert_eq!(retry_after("17", None), Some(Duration::from_secs(17)));
        assert_eq!(retry_after(" 0.5 ", None), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("Sat, 21 Nov 2026 03:01:30 GMT", now), Some(Duration::from_secs(90)));
        assert_eq!(retry_after("Sat, 21 Nov 2026 02:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), Some(RETRY_AFTER_MAX));
        for nonsense in ["", "soon", "-1", "1e9", "NaN", "inf", "0x10", "5;", "1.2.3", ".", "Fri, 31 Dec 99999 23:59:59 GMT"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }

    #[test]
    fn whoever_asks_for_more_than_any_number_is_left_alone_today() {
        for digits in ["86401", "4294967295", "4294967296", "99999999999999", "18446744073709551616", &"9".repeat(400)] {
            assert_eq!(retry_after(digits, None), Some(RETRY_AFTER_MAX), "{digits}");
        }
        assert_eq!(
            [1e300, f64::INFINITY, 0.25].map(wait_of),
            [Some(RETRY_AFTER_MAX), Some(RETRY_AFTER_MAX), Some(Duration::from_millis(250))]
        );
        assert_eq!([-1.0, f64::NAN].map(wait_of), [None; 2]);
    }
}
