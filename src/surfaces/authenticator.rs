//! Who is asking, when a credential comes with an HTTP request? The one that `Authorization: Bearer` names.
//!
//! It is an API key of ours or an access token of Microsoft Entra. Every surface that is met over HTTP asks here,
//! so that recognising callers and limiting them happen once.

use std::{num::NonZeroU32, sync::Arc};

use arc_swap::ArcSwapOption;
use axum::http::{Extensions, HeaderMap, header};

use super::{limit::Limit, visit::Visit};
use crate::{
    access::{Asker, api_key, entra::TokenValidator},
    ask::StoreView,
    error::{Error, ErrorKind, Result},
};

/// Everybody who may ask over HTTP.
pub struct Authenticator {
    view: Arc<StoreView>,
    entra: ArcSwapOption<TokenValidator>,
    limit: Limit,
}

impl Authenticator {
    /// Those with a key that `view` knows and, with `entra`, those with an access token; each may ask
    /// `requests_per_minute` times a minute.
    pub fn new(view: Arc<StoreView>, entra: Option<TokenValidator>, requests_per_minute: NonZeroU32) -> Self {
        Self { view, entra: ArcSwapOption::from_pointee(entra), limit: Limit::new(requests_per_minute) }
    }

    /// Takes access tokens as `entra` says from now on; none without it.
    pub fn take_tokens(&self, entra: Option<TokenValidator>) {
        self.entra.store(entra.map(Arc::new));
    }

    /// The asker whose credential `headers` carry. Counts the request for them, and tells the visit in `extensions` that they are known.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`] without a credential, and for one that is unknown, expired or revoked;
    /// [`ErrorKind::TooMany`] for an asker who asks too often; [`ErrorKind::NotReady`] when nobody can say whether a key counts; for access tokens those of [`TokenValidator::asker`].
    pub async fn of(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Arc<Asker>> {
        let credential = self.credential(headers)?;
        let entra = if is_token(credential) { self.entra.load_full() } else { None };
        let asker = match entra {
            // Boxed, so that a request with a key does not carry the room for it.
            Some(entra) => Box::pin(entra.asker(credential)).await?,
            None => self.view.asker(credential)?.ok_or_else(|| self.unauthenticated("This API key is unknown, expired or revoked."))?,
        };
        let (visit, allowed) = (Visit::of(extensions), self.limit.take(&asker.id));
        if let Some(visit) = &visit {
            visit.allow(*allowed.as_ref().unwrap_or(&self.limit.exhausted()));
        }
        allowed?;
        if let Some(visit) = visit {
            visit.recognise();
        }
        Ok(asker)
    }

    fn credential<'h>(&self, headers: &'h HeaderMap) -> Result<&'h str> {
        shown(headers).map_err(|what| self.unauthenticated(what))
    }

    fn unauthenticated(&self, what: &str) -> Error {
        let or = if self.entra.load().is_some() { ", or an access token of Microsoft Entra in the key's place" } else { "" };
        let sentence =
            format!("{what} Send an API key as `Authorization: Bearer <key>`{or}; an operator makes keys with `scorewatch key`.");
        Error::new(ErrorKind::Unauthenticated, sentence)
    }
}

/// The bearer credential that `headers` show.
///
/// # Errors
/// Why there is none, as a sentence.
pub fn shown(headers: &HeaderMap) -> Result<&str, &'static str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or("This needs to know who is asking.")?;
    if values.next().is_some() {
        return Err("There are two Authorization headers, and it is not clear which one counts.");
    }
    value.to_str().ok().and_then(credential).ok_or("The Authorization header holds no bearer credential.")
}

/// The credential in `value`. The scheme's case does not matter: RFC 9110, section 11.1.
fn credential(value: &str) -> Option<&str> {
    let (scheme, credential) = value.split_once(' ')?;
    let credential = credential.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty()).then_some(credential)
}

/// Whether `credential` can only be meant as an access token: it has the dots of one, and is no key of ours.
fn is_token(credential: &str) -> bool {
    !credential.starts_with(api_key::PREFIX) && credential.bytes().filter(|byte| *byte == b'.').nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_what_stands_after_bearer_in_any_case() {
        assert_eq!(credential("Bearer abc"), Some("abc"));
        assert_eq!(credential("bearer  abc "), Some("abc"));
        for other in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(credential(other), None, "{other}");
        }
    }

    #[test]
    fn tokens_are_told_from_keys_by_their_dots() {
        for token in ["a.b.c", "..", "a.b.c.d.e"] {
            assert!(is_token(token), "{token}");
        }
        for key in ["demo", "a.b", "", "sw_a.b.c"] {
            assert!(!is_token(key), "{key}");
        }
    }
}
