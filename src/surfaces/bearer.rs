//! Who is asking, when a key comes with an HTTP request? The one that `Authorization: Bearer` names.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use crate::{
    access::Asker,
    ask::Ask,
    error::{Error, Kind, Result},
};

/// The asker whose API key `headers` carry.
///
/// # Errors
/// [`Kind::Unauthenticated`] without a key, and for one that is unknown, expired or revoked.
pub fn asker(ask: &Ask, headers: &HeaderMap) -> Result<Arc<Asker>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(|| unauthenticated("This needs an API key."))?;
    if values.next().is_some() {
        return Err(unauthenticated("There are two Authorization headers, and it is not clear which one counts."));
    }
    let key = value.to_str().ok().and_then(key).ok_or_else(|| unauthenticated("The Authorization header holds no bearer key."))?;
    ask.asker(key).ok_or_else(|| unauthenticated("This API key is unknown, expired or revoked."))
}

/// The key in `value`. The scheme's case does not matter: RFC 9110, section 11.1.
fn key(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

fn unauthenticated(what: &str) -> Error {
    let sentence = format!("{what} Send one as `Authorization: Bearer <key>`; an operator makes keys with `scorewatch key`.");
    Error::new(Kind::Unauthenticated, sentence)
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_is_what_stands_after_bearer_in_any_case() {
        assert_eq!(key("Bearer abc"), Some("abc"));
        assert_eq!(key("bearer  abc "), Some("abc"));
        for other in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(key(other), None, "{other}");
        }
    }
}
