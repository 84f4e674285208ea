//! What does a token say, before anybody believes it? Its header and payload as JSON objects in which nothing is said twice.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The longest token that is looked at. Those of Entra have two to four kilobytes, with 200 groups well below this.
const TOKEN_BYTES_MAX: usize = 24 * 1024;
/// The longest id of a key; Entra's have 27 bytes.
const KEY_ID_BYTES_MAX: usize = 128;

/// Why a token is refused: for the log only, and in our words only, since the token may be anybody's.
pub(super) type TokenRefusal = Cow<'static, str>;

/// A token's header and payload, decoded but not believed.
pub(super) struct UnverifiedToken {
    /// Which key is said to have signed it.
    pub key_id: String,
    payload: String,
}

impl UnverifiedToken {
    /// Reads `token`. The only algorithm is RS256, whatever the token asks for.
    pub fn read(token: &str) -> Result<Self, TokenRefusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err("the token is too long".into());
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err("the token does not have three parts".into());
        };
        let header = decoded(header)?;
        let header = TokenMembers::read(&header)?;
        if header.text("alg")? != "RS256" {
            return Err("the token is not signed with RS256".into());
        }
        if header.has("crit") {
            return Err("the token's header names extensions that must be understood".into());
        }
        let key_id = header.text("kid")?;
        if key_id.is_empty() || key_id.len() > KEY_ID_BYTES_MAX {
            return Err("the token's key id is empty or too long".into());
        }
        Ok(Self { key_id, payload: decoded(payload)? })
    }

    /// The claims.
    pub fn claims(&self) -> Result<TokenMembers<'_>, TokenRefusal> {
        TokenMembers::read(&self.payload)
    }
}

fn decoded(part: &str) -> Result<String, TokenRefusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::from("a part of the token is not base64url"))?;
    String::from_utf8(bytes).map_err(|_| "a part of the token is not UTF-8".into())
}

/// The members of an object, each once. What is inside of them is skipped until somebody asks.
pub(super) struct TokenMembers<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> TokenMembers<'a> {
    fn read(json: &'a str) -> Result<Self, TokenRefusal> {
        serde_json::from_str(json).map_err(|_| "a part of the token is not an object whose members differ".into())
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text that must be there under `name`.
    pub fn text(&self, name: &str) -> Result<String, TokenRefusal> {
        self.maybe(name)?.ok_or_else(|| format!("the token has no `{name}`").into())
    }

    /// What may be there under `name`.
    pub fn maybe<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, TokenRefusal> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|_| format!("the token's `{name}` is not of the type that it should be").into())
    }
}

impl<'de> Deserialize<'de> for TokenMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = TokenMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member is there twice"));
                    }
                }
                Ok(TokenMembers(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    fn refused(token: &str) -> TokenRefusal {
        UnverifiedToken::read(token).and_then(|unverified| unverified.claims().map(|_| ())).unwrap_err()
    }

    #[test]
    fn a_plain_token_is_read() {
        let unverified =
            UnverifiedToken::read(&token(r#"{"typ":"JWT","alg":"RS256","kid":"one"}"#, r#"{"tid":"t","deep":{"a":[1,{"a":2}]}}"#)).unwrap();
        assert_eq!(unverified.key_id, "one");
        let claims = unverified.claims().unwrap();
        assert_eq!(claims.text("tid"), Ok("t".to_owned()));
        assert_eq!(claims.maybe::<String>("oid"), Ok(None));
        assert!(claims.text("deep").is_err() && claims.text("oid").is_err());
    }

    #[test]
    fn nothing_is_reported_twice_however_it_is_spelled() {
        const FINE: &str = r#"{"alg":"RS256","kid":"one"}"#;
        for (header, payload) in [
            (r#"{"alg":"none","alg":"RS256","kid":"one"}"#, "{}"),
            (r#"{"alg":"RS256","kid":"one","kid":"one"}"#, "{}"),
            (FINE, r#"{"tid":"a","tid":"b"}"#),
            (FINE, r#"{"tid":"a","t\u0069d":"b"}"#),
        ] {
            assert!(refused(&token(header, payload)).contains("members differ"), "{header} {payload}");
        }
    }

    #[test]
    fn odd_headers_and_broken_parts_are_refused() {
        for header in [
            r#"{"alg":"none","kid":"one"}"#,
            r#"{"alg":"HS256","kid":"one"}"#,
            r#"{"alg":"rs256","kid":"one"}"#,
            r#"{"alg":["RS256"],"kid":"one"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":""}"#,
            r#"{"alg":"RS256","kid":7}"#,
            r#"{"alg":"RS256","kid":"one","crit":[]}"#,
            r#"["RS256"]"#,
            "",
        ] {
            refused(&token(header, "{}"));
        }
        let fine = token(r#"{"alg":"RS256","kid":"one"}"#, "{}");
        assert!(UnverifiedToken::read(&fine).is_ok());
        for broken in [
            String::new(),
            "..".to_owned(),
            format!("{fine}.x"),
            format!(" {fine}"),
            fine.replace('.', "="),
            fine.replacen('.', "=.", 1),
            token(r#"{"alg":"RS256","kid":"one"}"#, "null"),
            token(r#"{"alg":"RS256","kid":"one"}"#, &"[".repeat(10_000)),
            token(r#"{"alg":"RS256","kid":"one"}"#, &format!("{{\"x\":{}}}", "[".repeat(10_000))),
            format!("{fine}{}", "c".repeat(TOKEN_BYTES_MAX)),
        ] {
            refused(&broken);
        }
    }
}
