//! Did the owner of a registered certificate sign this? A client assertion, checked as Entra does.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials> has the format.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::refusal::SignInRefusal;

/// How far clocks may differ, in seconds. Entra publishes no number; five minutes are usual.
const SKEW: i64 = 300;

/// The certificates of one app, and the assertions it has already used.
#[derive(Debug, Default)]
pub struct Certificates {
    /// Public keys (PKCS#1) by thumbprint, in base64url of SHA-256.
    keys: BTreeMap<String, Vec<u8>>,
    /// Ids of assertions, until they expire.
    used: BTreeMap<String, i64>,
}

#[derive(Debug, Deserialize)]
struct AssertionClaims {
    aud: String,
    iss: String,
    sub: String,
    jti: String,
    exp: i64,
    nbf: Option<i64>,
}

impl Certificates {
    /// Registers a certificate; false where its public key cannot be found.
    pub fn register(&mut self, der: &[u8]) -> bool {
        let Some(key) = public_key(der) else { return false };
        self.keys.insert(URL_SAFE_NO_PAD.encode(Sha256::digest(der)), key.to_vec());
        true
    }

    /// Accepts `assertion` from `client` at one of the addresses `endpoints`, at `now` in seconds since 1970.
    pub fn accept(&mut self, assertion: &str, client: &str, endpoints: &[String], now: i64) -> Result<(), SignInRefusal> {
        let unsigned = |sentence: &str| SignInRefusal::client(700_027, sentence);
        let header = decode_header(assertion).map_err(|_| SignInRefusal::client(50_027, "The client assertion is no JSON Web Token."))?;
        if !matches!(header.alg, Algorithm::PS256 | Algorithm::RS256) {
            return Err(unsigned("The client assertion must be signed with PS256 or RS256."));
        }
        let thumbprint = header.x5t_s256.unwrap_or_default();
        let key = self
            .keys
            .get(thumbprint.trim_end_matches('='))
            .ok_or_else(|| unsigned("No certificate with this thumbprint is registered for the app."))?;
        let mut validation = Validation::new(header.alg);
        // Times, audience and issuer have codes of their own, below.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = decode::<AssertionClaims>(assertion, &DecodingKey::from_rsa_der(key), &validation)
            .map_err(|_| unsigned("The signature of the client assertion is not that of the registered certificate."))?
            .claims;
        if claims.iss != client || claims.sub != client {
            return Err(SignInRefusal::client(700_021, "Issuer and subject of the client assertion must be the client id."));
        }
        if !endpoints.contains(&claims.aud) {
            return Err(SignInRefusal::client(700_023, "The audience of the client assertion must be this token endpoint."));
        }
        let begins = claims.nbf.unwrap_or(now);
        if claims.exp.saturating_add(SKEW) < now || begins.saturating_sub(SKEW) > now {
            return Err(SignInRefusal::client(700_024, "The client assertion is not within its valid time range."));
        }
        self.used.retain(|_, until| until.saturating_add(SKEW) >= now);
        if self.used.insert(claims.jti, claims.exp).is_some() {
            return Err(SignInRefusal::client(50_013, "The client assertion was used before."));
        }
        Ok(())
    }
}

/// The RSA public key (PKCS#1) of a certificate, whose signature does not matter: it was registered by hand.
///
/// RFC 5280 section 4.1: certificate > to be signed > [version], serial, algorithm, issuer, validity, subject, key > algorithm, bits.
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let (tag, _, behind) = element(rest)?;
    if tag == 0xa0 {
        rest = behind;
    }
    for _ in 0..5 {
        rest = element(rest)?.2;
    }
    let (_, key, _) = element(rest)?;
    let (_, _, bits) = element(key)?;
    let (tag, bits, _) = element(bits)?;
    // The first byte counts the unused bits, of which a key has none.
    (tag == 0x03).then(|| bits.strip_prefix(&[0])).flatten()
}

/// The first DER element: its tag, its content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_without_harm() {
        let mut certificates = Certificates::default();
        for der in [&[][..], &[0x30], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x02, 0x30, 0x00], &[0x30, 0xff]] {
            assert!(!certificates.register(der), "{der:?}");
        }
    }
}
