//! Where can the picture of a post be fetched, by whom? At an address that we signed, by whoever was given it, for a week.

use std::{fmt, str::FromStr as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

/// The beginning of all paths.
pub(super) const PATH: &str = "/pictures/";
/// The end of all paths.
const FILE: &str = ".png";
/// How long an address is good: who reads a post later has its words.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// No id is longer.
const ID_BYTES_MAX: usize = 64;

/// Makes addresses, and knows those that it made.
pub struct Addresses {
    key: hmac::Key,
    root: String,
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addresses").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Addresses {
    /// Addresses below `root`, where the outside reaches us, signed with `secret`.
    pub fn new(root: &str, secret: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret), root: root.trim_end_matches('/').to_owned() }
    }

    /// Where the picture of the post `id` can be fetched from `now` on.
    pub fn address(&self, id: &str, now: Timestamp) -> String {
        let until = now.saturating_add(GOOD_FOR).map_or(i64::MAX, Timestamp::as_second);
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, signed(id, until).as_bytes()));
        format!("{}{PATH}{id}{FILE}?until={until}&sig={signature}", self.root)
    }

    /// The id of the post whose picture `file` and `query` ask for, if they are of an address of ours that is still good at `now`.
    pub(super) fn id<'f>(&self, file: &'f str, query: &str, now: Timestamp) -> Option<&'f str> {
        let id = file.strip_suffix(FILE).filter(|id| id.len() <= ID_BYTES_MAX)?;
        let (until, signature) = query.strip_prefix("until=")?.split_once("&sig=")?;
        let (until, signature) = (i64::from_str(until).ok()?, URL_SAFE_NO_PAD.decode(signature).ok()?);
        // Compares in constant time.
        hmac::verify(&self.key, signed(id, until).as_bytes(), &signature).ok()?;
        (now.as_second() <= until).then_some(id)
    }
}

/// What is signed: no id holds a space, so that both parts are told apart.
fn signed(id: &str, until: i64) -> String {
    format!("{id} {until}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(address: &str) -> (String, String) {
        let (path, query) = address.split_once('?').unwrap();
        (path.strip_prefix("https://score.example.org/base/pictures/").unwrap().to_owned(), query.to_owned())
    }

    #[test]
    fn an_address_is_good_for_a_week_and_for_one_picture() {
        let addresses = Addresses::new("https://score.example.org/base/", &[7; 32]);
        let now = Timestamp::from_second(1_795_242_665).unwrap();
        let (file, query) = parts(&addresses.address("AAAA-_bb", now));
        let at = |hours: i64| now + SignedDuration::from_hours(hours);
        assert_eq!([0, 167, 168].map(|hours| addresses.id(&file, &query, at(hours))), [Some("AAAA-_bb"); 3]);
        assert_eq!(addresses.id(&file, &query, at(168) + SignedDuration::from_secs(1)), None);
        assert_eq!(addresses.id("AAAA-_bc.png", &query, now), None);
        assert_eq!(addresses.id("AAAA-_bb", &query, now), None);
        assert_eq!(Addresses::new("https://score.example.org", &[8; 32]).id(&file, &query, now), None, "another secret");
        let (until, signature) = query.split_once('&').unwrap();
        let longer = format!("until={}&{signature}", until.strip_prefix("until=").unwrap().parse::<i64>().unwrap() + 1);
        let shorter = query.get(..query.len() - 1).unwrap();
        for wrong in [longer.as_str(), shorter, "", until, signature, "until=&sig=", "until=9999999999&sig=", "sig=x&until=1"] {
            assert_eq!(addresses.id(&file, wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", Addresses::new("https://score.example.org", &[7; 32]));
        assert!(shown.contains("score.example.org") && !shown.contains('7'), "{shown}");
    }
}
