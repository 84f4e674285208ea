//! Whose key is this? API keys: 256 random bits, known to their owner only, kept as SHA-256.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Asker;
use crate::{
    error::{Error, Result},
    text::hex,
};

/// How a key begins, so that people and secret scanners recognise one.
pub const PREFIX: &str = "sw_";
/// The longest text that is looked at as a key; Entra tokens are longer and are no keys.
const KEY_BYTES_MAX: usize = 256;

/// What is kept of a key, and whom it stands for.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// The SHA-256 of the key.
    pub sha256: [u8; 32],
    /// Whom it stands for.
    pub asker: Arc<Asker>,
    /// From when on it no longer works.
    pub expires: Option<Timestamp>,
}

/// All keys that work, ready to be checked.
#[derive(Debug, Default)]
pub struct Keys {
    by_start: HashMap<[u8; 8], Vec<KeyRecord>>,
}

impl Keys {
    /// Keys that were not revoked. Expiry is checked when a key is used.
    pub fn new(records: impl IntoIterator<Item = KeyRecord>) -> Self {
        let mut by_start: HashMap<[u8; 8], Vec<KeyRecord>> = HashMap::new();
        for record in records {
            by_start.entry(start(&record.sha256)).or_default().push(record);
        }
        Self { by_start }
    }

    /// Whom `key` stands for at `now`; `None` when it is unknown or expired.
    ///
    /// The table is entered by the first bytes of the key's hash, which tell an attacker nothing about
    /// any key; the whole hash is then compared in constant time.
    pub fn check(&self, key: &str, now: Timestamp) -> Option<Arc<Asker>> {
        if key.len() > KEY_BYTES_MAX {
            return None;
        }
        let sha256 = digest(key);
        let candidates = self.by_start.get(&start(&sha256))?;
        let record = candidates.iter().find(|record| bool::from(record.sha256.ct_eq(&sha256)))?;
        record.expires.is_none_or(|expires| now < expires).then(|| Arc::clone(&record.asker))
    }
}

fn start(sha256: &[u8; 32]) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&sha256[..8]);
    start
}

/// What is kept of a key.
pub fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A new key and a short public id to speak about it.
pub fn make() -> Result<(String, SecretString)> {
    let mut bits = [0_u8; 32];
    let mut id = [0_u8; 6];
    getrandom::fill(&mut bits).and_then(|()| getrandom::fill(&mut id)).map_err(|error| Error::internal(error.to_string()))?;
    Ok((hex(&id), SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits)))))
}

/// The hash to keep of a secret.
pub fn digest_of(secret: &SecretString) -> [u8; 32] {
    digest(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_until_it_expires_and_no_other_text_does() {
        let (id, secret) = make().unwrap();
        let (_, other) = make().unwrap();
        assert_eq!(id.len(), 12);
        assert_eq!(secret.expose_secret().len(), PREFIX.len() + 43);
        let expires = Timestamp::from_second(1_000).unwrap();
        let record = KeyRecord { sha256: digest_of(&secret), asker: Arc::new(Asker::local()), expires: Some(expires) };
        let keys = Keys::new([record]);
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(keys.check(secret.expose_secret(), at(999)).is_some());
        assert!(keys.check(secret.expose_secret(), at(1_000)).is_none());
        assert!(keys.check(other.expose_secret(), at(0)).is_none());
        assert!(keys.check("", at(0)).is_none());
        assert!(keys.check(&"x".repeat(100_000), at(0)).is_none());
    }
}
