//! Whom does Microsoft Entra vouch for? Access tokens for scorewatch: genuine, from a directory that we know, with a grant.
//!
//! Everything is closed by default: a directory without a grant is unknown, a genuine token without a scope or an
//! app role that a grant names gives nothing. Whoever is refused learns one sentence; the log has the reason.
//!
//! <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens>

mod claims;
mod key_set;
mod keys;
mod settings;
mod unverified_token;

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::{Algorithm, Validation};
use serde::de::IgnoredAny;

use super::Asker;
use crate::error::{Error, ErrorKind, Result};
use claims::TokenClaims;
use keys::SigningKeys;
use unverified_token::UnverifiedToken;

pub use claims::TokenVersion;
pub use settings::{Authority, EntraGrant, EntraSettings};

/// How far clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 60;

/// The one place where access tokens are checked.
pub struct TokenValidator {
    issuers: HashMap<(String, TokenVersion), Issuer>,
    grants: Vec<EntraGrant>,
}

/// One directory, as it issues one version of tokens.
struct Issuer {
    name: String,
    audiences: Vec<String>,
    validation: Validation,
    keys: Arc<SigningKeys>,
}

impl Issuer {
    fn new(settings: &EntraSettings, version: TokenVersion, directory: &str, http: &reqwest::Client) -> Result<Self> {
        let name = settings.authority.issuer(version, directory);
        let client_id = settings.client_id.to_ascii_lowercase();
        let audiences = match version {
            TokenVersion::One => vec![settings.audience.clone(), client_id],
            TokenVersion::Two => vec![client_id],
        };
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        validation.set_issuer(&[&name]);
        validation.set_audience(&audiences);
        let url = settings.authority.keys(version, directory)?;
        let keys = SigningKeys::new(http.clone(), url, settings);
        Ok(Self { name, audiences, validation, keys })
    }
}

/// One step of [`TokenValidator::check`].
#[derive(Debug)]
pub struct SigningKeysCheck {
    /// The directory, a GUID.
    pub directory: String,
    /// For which version of its tokens.
    pub version: TokenVersion,
    /// How many keys sign them, or what is wrong and what to do.
    pub outcome: Result<usize>,
}

impl TokenValidator {
    /// Checks tokens as `settings` say. Reads nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] for settings that cannot work.
    pub fn new(settings: EntraSettings) -> Result<Self> {
        settings.check()?;
        let http = keys::client(&settings)?;
        let mut issuers = HashMap::new();
        for directory in settings.directories() {
            for version in TokenVersion::ALL {
                issuers.insert((directory.clone(), version), Issuer::new(&settings, version, &directory, &http)?);
            }
        }
        Ok(Self { issuers, grants: settings.grants })
    }

    /// Whom `token` speaks of, and what that user or app may do.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthenticated`], always with the same sentence, for a token that is not accepted;
    /// [`ErrorKind::Forbidden`] for a genuine one that no grant fits; [`ErrorKind::Upstream`] when it cannot be checked.
    pub async fn asker(&self, token: &str) -> Result<Arc<Asker>> {
        let claims = self.genuine(token).await?;
        let (role, tenants) = settings::granted(&self.grants, &claims).ok_or_else(|| nothing_granted(&claims))?;
        let id: Arc<str> = claims.identity().into();
        Ok(Arc::new(Asker { name: Arc::clone(&id), id, role, tenants }))
    }

    /// What `token` claims, if Entra signed it for us. What costs nothing is looked at first: only a token that
    /// seems to be from a directory of ours can make us read keys.
    async fn genuine(&self, token: &str) -> Result<TokenClaims> {
        let unverified = UnverifiedToken::read(token).map_err(refused)?;
        let claims = unverified.claims().and_then(|members| TokenClaims::read(&members)).map_err(refused)?;
        let issuer = self.issuers.get(&(claims.directory.clone(), claims.version));
        let issuer = issuer.ok_or_else(|| refused("no grant names the token's directory"))?;
        if claims.issuer != issuer.name {
            return Err(refused(format!("the token's issuer is not {}", issuer.name)));
        }
        if !issuer.audiences.contains(&claims.audience) {
            return Err(refused(format!("the token's audience is not {}", issuer.audiences.join(" or "))));
        }
        let key = issuer.keys.find(&unverified.key_id).await?.ok_or_else(|| refused("no key of the directory has the token's key id"))?;
        if !key.signs_for(&claims.issuer, &claims.directory) {
            return Err(refused("the key that signed the token is that of another issuer"));
        }
        jsonwebtoken::decode::<IgnoredAny>(token, &key.key, &issuer.validation).map_err(refused)?;
        Ok(claims)
    }

    /// Reads all signing keys.
    pub async fn check(&self) -> Vec<SigningKeysCheck> {
        let mut issuers: Vec<_> = self.issuers.iter().collect();
        issuers.sort_by_key(|(of, _)| *of);
        let mut steps = Vec::with_capacity(issuers.len());
        for ((directory, version), issuer) in issuers {
            steps.push(SigningKeysCheck { directory: directory.clone(), version: *version, outcome: issuer.keys.read().await });
        }
        steps
    }
}

/// The one refusal. Its cause is for the log.
fn refused(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let sentence = "This access token is not valid here. Get a new one from Microsoft Entra that is issued for scorewatch, or send an API key; an operator finds the reason in the log.";
    Error::new(ErrorKind::Unauthenticated, sentence).because(cause)
}

fn nothing_granted(claims: &TokenClaims) -> Error {
    let sentence = "This access token is valid but grants no access here. Ask an operator of scorewatch for a grant, and an admin of your directory for the scope or app role that it names.";
    Error::new(ErrorKind::Forbidden, sentence).because(format!("no grant fits {}", claims.identity()))
}
