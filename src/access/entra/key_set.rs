//! Which keys sign a directory's tokens? Read bounded from Entra's document; only RSA keys for signatures count.

use std::collections::HashMap;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::value::RawValue;

/// More keys than any directory has.
const KEYS_MAX: usize = 100;
/// What stands in a key's issuer where the directory belongs.
const TEMPLATE: &str = "{tenantid}";

/// A key that signs tokens.
pub(super) struct SigningKey {
    /// What checks a signature.
    pub key: DecodingKey,
    /// For which issuer it signs; `None` for the whole directory that it was read for.
    issuer: Option<String>,
}

impl SigningKey {
    /// Whether it signs tokens that `issuer` issues for `directory`.
    pub fn signs_for(&self, issuer: &str, directory: &str) -> bool {
        self.issuer.as_ref().is_none_or(|own| own.replace(TEMPLATE, directory) == issuer)
    }
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
    r#use: Option<String>,
    issuer: Option<String>,
}

/// The keys of `document` by their ids. A key that we cannot use is left out; `None` when there is no other.
pub(super) fn read(document: &[u8]) -> Option<HashMap<String, SigningKey>> {
    let document: JwkSet<'_> = serde_json::from_slice(document).ok()?;
    let members = document.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_str::<Jwk>(key.get()).ok());
    let keys: HashMap<String, SigningKey> = members.filter_map(|member| Some((member.kid.clone(), usable(member)?))).collect();
    (!keys.is_empty()).then_some(keys)
}

fn usable(member: Jwk) -> Option<SigningKey> {
    let signs = member.kty == "RSA" && member.r#use.is_none_or(|purpose| purpose == "sig") && !member.kid.is_empty();
    let key = signs.then(|| DecodingKey::from_rsa_components(&member.n, &member.e).ok())??;
    Some(SigningKey { key, issuer: member.issuer })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_rsa_keys_for_signatures_count() {
        let key = |kid: &str, change: serde_json::Value| {
            let mut key = json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": "sXch", "e": "AQAB", "x5c": ["MIIB"] });
            change.as_object().unwrap().iter().for_each(|(name, value)| key[name] = value.clone());
            key
        };
        let keys = json!({ "keys": [
            key("fine", json!({})),
            key("unsaid", json!({ "use": null })),
            key("encrypts", json!({ "use": "enc" })),
            key("curve", json!({ "kty": "EC" })),
            key("secret", json!({ "kty": "oct", "k": "c2VjcmV0" })),
            key("broken", json!({ "n": "not base64!" })),
            key("", json!({})),
            "text",
            7,
        ] });
        let read = read(keys.to_string().as_bytes()).unwrap();
        let mut ids: Vec<&str> = read.keys().map(String::as_str).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["fine", "unsaid"]);
    }

    #[test]
    fn a_document_without_a_usable_key_is_none() {
        for document in ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":{}}"#, r#"{"keys":[{"kty":"EC","kid":"a"}]}"#, "<html>"] {
            assert!(read(document.as_bytes()).is_none(), "{document}");
        }
    }

    #[test]
    fn a_key_signs_for_its_own_issuer() {
        let key =
            |issuer: Option<&str>| SigningKey { key: DecodingKey::from_rsa_raw_components(&[1], &[3]), issuer: issuer.map(Into::into) };
        assert!(key(None).signs_for("https://login.example/t/v2.0", "t"));
        assert!(key(Some("https://login.example/{tenantid}/v2.0")).signs_for("https://login.example/t/v2.0", "t"));
        assert!(key(Some("https://login.example/t/v2.0")).signs_for("https://login.example/t/v2.0", "t"));
        assert!(!key(Some("https://login.example/9188/v2.0")).signs_for("https://login.example/t/v2.0", "t"));
        assert!(!key(Some("https://login.example/{tenantid}/v2.0")).signs_for("https://sts.example/t/", "t"));
    }
}
