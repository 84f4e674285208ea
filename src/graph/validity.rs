//! When does a certificate end? Its `notAfter`, read from the DER by hand: it is the only thing in there that we want to know.
//!
//! The shape: <https://www.rfc-editor.org/rfc/rfc5280#section-4.1>

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

/// The tags of DER that are met on the way.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `YYMMDDHHMMSSZ`: years from 50 on are of the last century.
const CENTURY_TURNS: u32 = 50;

/// The end of the certificate `der`; `None` where that cannot be read.
pub(super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = of(SEQUENCE, der)?;
    let (mut rest, _) = of(SEQUENCE, certificate)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = of(SEQUENCE, rest)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

fn moment(tag: u8, time: &str) -> Option<Timestamp> {
    let digits = time.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let century = if digits.get(..2)?.parse::<u32>().ok()? < CENTURY_TURNS { "20" } else { "19" };
            format!("{century}{digits}")
        }
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let at = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(TimeZone::fixed(Offset::UTC).to_timestamp(at).unwrap_or(Timestamp::MAX))
}

/// What an element with this tag at the beginning of `bytes` holds, and what follows it.
fn of(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    element(bytes).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The element at the beginning of `bytes`: its tag, what it holds, what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(year: i32) -> Option<String> {
        let mut parameters = rcgen::CertificateParams::new(vec!["scorewatch".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 3, 31);
        let generated = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        not_after(generated.der()).map(|at| at.to_string())
    }

    #[test]
    fn the_end_is_read_in_both_of_its_forms() {
        assert_eq!(ends(2027).as_deref(), Some("2027-03-31T00:00:00Z"));
        assert_eq!(ends(2049).as_deref(), Some("2049-03-31T00:00:00Z"));
        assert_eq!(ends(2050).as_deref(), Some("2050-03-31T00:00:00Z"));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let generated = rcgen::generate_simple_self_signed(vec!["scorewatch".to_owned()]).unwrap();
        let der = generated.cert.der();
        assert!(not_after(der).is_some());
        for length in 0..der.len() {
            let cut = der.get(..length).unwrap();
            assert_eq!(not_after(cut), None, "{length}");
        }
        assert_eq!(moment(UTC_TIME, "991331000000Z"), None);
        assert_eq!(moment(UTC_TIME, "27é331000000Z"), None);
        assert_eq!(element(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x00]), None);
    }
}
