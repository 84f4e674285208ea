//! Does this call come from Discord, just now? Ed25519 over its timestamp and body, as Discord signs them.
//!
//! <https://docs.discord.com/developers/interactions/overview#validating-security-request-headers>

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::{
    chat::CallMark,
    error::{Error, ErrorKind, Result},
};

/// The header of a call that holds its signature.
pub(super) const SIGNATURE_HEADER: &str = "x-signature-ed25519";
const SIGNATURE: HeaderName = HeaderName::from_static(SIGNATURE_HEADER);
const TIMESTAMP: HeaderName = HeaderName::from_static("x-signature-timestamp");
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
/// Seconds of the Unix epoch have ten digits until the year 2286.
const TIMESTAMP_DIGITS_MAX: usize = 12;
/// How old a call may be, and how far our clocks may be apart, in seconds.
const AGE_MAX: i64 = 5 * 60;
const AHEAD_MAX: i64 = 60;
/// After so long no call is new enough any more, whatever its timestamp.
pub(super) const LIFE: Duration = Duration::from_secs((AGE_MAX + AHEAD_MAX).unsigned_abs());
/// The order of the curve's group, as signatures write numbers: a signature's second half is below it (RFC 8032, 5.1.7).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0x10,
];

/// Discord's key for one application.
#[derive(Clone)]
pub(super) struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key that is written in hexadecimal as `text`.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when it is not 32 bytes.
    pub fn read(text: &str) -> Result<Self> {
        bytes(text.trim().as_bytes()).map(Self).ok_or_else(|| {
            let sentence = "`discord.public_key` is not a key: it has 64 hexadecimal digits. Copy the Public Key from General Information at https://discord.com/developers/applications.";
            Error::new(ErrorKind::Misconfigured, sentence)
        })
    }

    /// The mark of the call that claims to be genuine, if it is Discord's over this `body`: the begin of its signature, which is as good as
    /// random, and is no other's.
    pub fn check(&self, claim: &Claim, body: &[u8]) -> Option<CallMark> {
        let said = [claim.timestamp.as_slice(), body].concat();
        let verified = UnparsedPublicKey::new(&ED25519, self.0).verify(&said, &claim.signature);
        verified.ok().and_then(|()| claim.signature.first_chunk().copied())
    }
}

/// What a call says of itself before its body is read: a signature that could be one, and a time that could be now. Anybody can say so.
pub(super) struct Claim {
    signature: [u8; SIGNATURE_BYTES],
    timestamp: Vec<u8>,
}

impl Claim {
    /// What `headers` say, if the call could be new at `now`, in seconds of the Unix epoch.
    pub fn read(headers: &HeaderMap, now: i64) -> Option<Self> {
        let signature = only(headers, &SIGNATURE).and_then(bytes).filter(is_canonical)?;
        let timestamp = only(headers, &TIMESTAMP)?;
        let at = seconds(timestamp)?;
        let is_new = (now - AGE_MAX..=now + AHEAD_MAX).contains(&at);
        is_new.then(|| Self { signature, timestamp: timestamp.to_vec() })
    }
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// The `N` bytes that `text` writes in hexadecimal.
fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Whether a signature's number is below the order. ring refuses others before it computes anything.
fn is_canonical(signature: &[u8; SIGNATURE_BYTES]) -> bool {
    signature[KEY_BYTES..].iter().rev().lt(ORDER.iter().rev())
}

fn seconds(timestamp: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(timestamp).ok()?;
    let fits = (1..=TIMESTAMP_DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;
    use crate::text::hex;

    const NOW: i64 = 1_795_000_000;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn key() -> PublicKey {
        PublicKey::read(&hex(pair().public_key().as_ref())).unwrap()
    }

    fn signed(timestamp: &str, body: &[u8]) -> HeaderMap {
        let signature = pair().sign(&[timestamp.as_bytes(), body].concat());
        headers(&hex(signature.as_ref()), timestamp)
    }

    fn headers(signature: &str, timestamp: &str) -> HeaderMap {
        HeaderMap::from_iter([
            (SIGNATURE, HeaderValue::from_str(signature).unwrap()),
            (TIMESTAMP, HeaderValue::from_str(timestamp).unwrap()),
        ])
    }

    /// The mark of a call that is genuine at `now`.
    fn check(headers: &HeaderMap, body: &[u8], now: i64) -> Option<CallMark> {
        key().check(&Claim::read(headers, now)?, body)
    }

    #[test]
    fn a_call_is_new_for_five_minutes_and_our_clock_may_be_a_minute_behind() {
        for (moved, is_new) in [(-301, false), (-300, true), (0, true), (60, true), (61, false)] {
            let call = signed(&(NOW + moved).to_string(), b"body");
            assert_eq!(check(&call, b"body", NOW).is_some(), is_new, "{moved}");
        }
    }

    #[test]
    fn a_timestamp_is_only_digits_however_it_is_signed() {
        for timestamp in
            ["", " ", "-1795000000", "+1795000000", "1795000000.0", "0x6afd7bc0", "0001795000000", "９", "99999999999999999999"]
        {
            let signature = pair().sign(&[timestamp.as_bytes(), b"body"].concat());
            let mut call = headers(&hex(signature.as_ref()), "0");
            call.insert(TIMESTAMP, HeaderValue::from_bytes(timestamp.as_bytes()).unwrap());
            assert!(check(&call, b"body", NOW).is_none(), "{timestamp}");
        }
    }

    #[test]
    fn every_bit_counts() {
        let genuine = signed(&NOW.to_string(), b"body");
        assert!(check(&genuine, b"body", NOW).is_some());
        let signature: [u8; SIGNATURE_BYTES] = bytes(genuine[SIGNATURE].as_bytes()).unwrap();
        for bit in 0..SIGNATURE_BYTES * 8 {
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&headers(&hex(&flipped), &NOW.to_string()), b"body", NOW).is_none(), "{bit}");
        }
        assert!(check(&genuine, b"bodx", NOW).is_none() && check(&genuine, b"", NOW).is_none());
        assert!(check(&genuine, &[NOW.to_string().as_bytes(), b"body"].concat(), NOW).is_none());
    }

    #[test]
    fn a_digit_cannot_move_from_the_timestamp_to_the_body() {
        let call = signed(&NOW.to_string(), b"7body");
        let signature = call[SIGNATURE].to_str().unwrap();
        assert!(check(&headers(signature, &format!("{NOW}7")), b"body", NOW * 10 + 7).is_some(), "Discord's signature cannot part them");
        assert!(check(&headers(signature, &format!("{NOW}7")), b"body", NOW).is_none(), "the time tells");
    }

    #[test]
    fn numbers_beyond_the_order_are_no_signatures() {
        let mut signature = [0; SIGNATURE_BYTES];
        assert!(is_canonical(&signature));
        signature[KEY_BYTES..].copy_from_slice(&ORDER);
        assert!(!is_canonical(&signature));
        signature[KEY_BYTES] -= 1;
        assert!(is_canonical(&signature));
        assert!(!is_canonical(&[0xff; SIGNATURE_BYTES]));
    }

    #[test]
    fn a_key_has_64_digits() {
        let text = hex(&[0xab; 32]);
        assert!(PublicKey::read(&text).is_ok() && PublicKey::read(&text.to_uppercase()).is_ok());
        for other in ["", &text[1..], &format!("{text}0"), &text.replace('a', "g"), &format!("+{}", &text[1..])] {
            assert_eq!(PublicKey::read(other).err().map(|error| error.kind), Some(ErrorKind::Misconfigured), "{other}");
        }
    }
}
