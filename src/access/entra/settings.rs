//! Whose access tokens are taken, and what do they give? One registration, one cloud, and grants; closed where none fits.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Url;

use super::claims::{TokenCaller, TokenClaims, TokenVersion};
use crate::{
    access::{Role, Tenants, merged},
    error::{Error, ErrorKind, Result},
    text::{is_guid, service_root},
};

/// What it takes to check access tokens. Plain values; [`super::Entra::new`] checks them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraSettings {
    /// The application (client) id of scorewatch's own API registration.
    pub client_id: String,
    /// The App ID URI of that registration: `api://` and the client id, unless it was changed.
    pub audience: String,
    /// Where the directories live.
    pub authority: Authority,
    /// What tokens give. A directory that no grant names is unknown.
    pub grants: Vec<EntraGrant>,
    /// How long after a reading of signing keys, good or bad, an unknown key is refused without another one.
    pub again_after: Duration,
    /// How old signing keys may become before they are read again beside the work.
    pub renew_after: Duration,
    /// How old they may become while reading them fails: one of them may have been withdrawn.
    pub forget_after: Duration,
}

impl EntraSettings {
    /// Settings with the usual App ID URI and times.
    pub fn new(client_id: &str, authority: Authority, grants: Vec<EntraGrant>) -> Self {
        Self {
            client_id: client_id.to_owned(),
            audience: format!("api://{client_id}"),
            authority,
            grants,
            again_after: Duration::from_mins(1),
            renew_after: Duration::from_hours(24),
            forget_after: Duration::from_hours(72),
        }
    }

    /// The directories whose tokens are taken, in lower case.
    pub fn directories(&self) -> BTreeSet<String> {
        self.grants.iter().map(|grant| grant.directory.to_ascii_lowercase()).collect()
    }

    /// Those of them where people sign in, in lower case. Apps by themselves know where they get their tokens, and
    /// nobody else needs to know of their directories.
    pub fn sign_in_directories(&self) -> BTreeSet<String> {
        self.grants.iter().filter(|grant| grant.scope.is_some()).map(|grant| grant.directory.to_ascii_lowercase()).collect()
    }

    /// The scopes that give something, as a client asks for them.
    pub fn scopes(&self) -> BTreeSet<String> {
        self.grants.iter().filter_map(|grant| grant.scope.as_ref()).map(|scope| format!("{}/{scope}", self.audience)).collect()
    }

    /// Refuses what could not work, or would let in more than it seems.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |sentence: &str| Err(Error::new(ErrorKind::Misconfigured, sentence));
        if !is_guid(&self.client_id) {
            return wrong("The client id of scorewatch's own registration in Microsoft Entra must be a GUID.");
        }
        if self.grants.is_empty() {
            return wrong("Access tokens of Microsoft Entra give nothing without a grant.");
        }
        if !self.grants.iter().all(|grant| is_guid(&grant.directory)) {
            return wrong("A grant names its directory by the GUID of the Entra tenant.");
        }
        if !self.grants.iter().all(|grant| grant.scope.is_some() || grant.app_role.is_some()) {
            return wrong("A grant needs a scope or an app role.");
        }
        Ok(())
    }
}

/// Where directories live: the sign-in service of one cloud.
///
/// <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    root: Url,
}

/// Who issues tokens of version 1, in every cloud: a name in them, never an address that is asked.
const ISSUER_ONE: &str = "https://sts.windows.net/";

impl Authority {
    /// That of the cloud called `global` (with GCC), `usgov` (GCC High, L4) or `usgov_dod` (L5).
    pub fn named(cloud: &str) -> Result<Self> {
        match cloud {
            "global" => Self::at("https://login.microsoftonline.com"),
            "usgov" | "usgov_dod" => Self::at("https://login.microsoftonline.us"),
            _ => Err(Error::new(ErrorKind::Misconfigured, "Unknown cloud; expected \"global\", \"usgov\" (GCC High) or \"usgov_dod\".")),
        }
    }

    /// One by its root. It must be https; http is allowed to a loopback host only, because whoever
    /// answers there decides who gets in.
    pub fn at(root: &str) -> Result<Self> {
        let wrong = |why| format!("The root of the sign-in service {why}. Write it like https://login.microsoftonline.com.");
        Ok(Self { root: service_root(root).map_err(|why| Error::new(ErrorKind::Misconfigured, wrong(why)))? })
    }

    /// The host that is asked.
    pub(super) fn host(&self) -> &str {
        self.root.host_str().unwrap_or_default()
    }

    /// Who gives tokens for `directory`, as OAuth clients know it; also the issuer of its version 2 tokens.
    pub fn of(&self, directory: &str) -> String {
        format!("{}{directory}/v2.0", self.root)
    }

    /// What `iss` must be in tokens of `directory`.
    pub(super) fn issuer(&self, version: TokenVersion, directory: &str) -> String {
        match version {
            TokenVersion::One => format!("{ISSUER_ONE}{directory}/"),
            TokenVersion::Two => self.of(directory),
        }
    }

    /// Where the signing keys of `directory` are.
    pub(super) fn keys(&self, version: TokenVersion, directory: &str) -> Result<Url> {
        let path = match version {
            TokenVersion::One => "discovery/keys",
            TokenVersion::Two => "discovery/v2.0/keys",
        };
        self.root.join(&format!("{directory}/{path}")).map_err(Error::internal)
    }
}

/// What tokens of one directory give, if they carry a scope or an app role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraGrant {
    /// The GUID of the Entra tenant that issues the tokens.
    pub directory: String,
    /// The scope that a user's token must carry; without one the grant is for apps.
    pub scope: Option<String>,
    /// The app role that the user or the app must have.
    pub app_role: Option<String>,
    /// What it lets do.
    pub role: Role,
    /// Which of our tenants it lets see.
    pub tenants: Tenants,
}

impl EntraGrant {
    fn fits(&self, claims: &TokenClaims) -> bool {
        let scope = match (&self.scope, &claims.caller) {
            (Some(scope), TokenCaller::User { scopes }) => scopes.contains(scope),
            (None, TokenCaller::App) => self.app_role.is_some(),
            (Some(_), TokenCaller::App) | (None, TokenCaller::User { .. }) => false,
        };
        scope
            && self.directory.eq_ignore_ascii_case(&claims.directory)
            && self.app_role.as_ref().is_none_or(|role| claims.roles.contains(role))
    }
}

/// What `grants` give to whom `claims` speak of: of those that fit, the highest role, and the tenants of all
/// with that role. `None` when none fits.
pub(super) fn granted(grants: &[EntraGrant], claims: &TokenClaims) -> Option<(Role, Tenants)> {
    merged(grants.iter().filter(|grant| grant.fits(claims)).map(|grant| (grant.role, &grant.tenants)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "11111111-1111-4111-8111-111111111111";
    const AWAY: &str = "22222222-2222-4222-8222-222222222222";

    fn grant(scope: Option<&str>, app_role: Option<&str>, role: Role, tenants: &[&str]) -> EntraGrant {
        let names: BTreeSet<String> = tenants.iter().map(ToString::to_string).collect();
        let tenants = if names.is_empty() { Tenants::All } else { Tenants::Only(names) };
        EntraGrant { directory: HOME.to_owned(), scope: scope.map(Into::into), app_role: app_role.map(Into::into), role, tenants }
    }

    fn claims(directory: &str, scopes: Option<&[&str]>, roles: &[&str]) -> TokenClaims {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let caller = scopes.map_or(TokenCaller::App, |scopes| TokenCaller::User { scopes: texts(scopes) });
        TokenClaims::example(directory, caller, texts(roles))
    }

    #[test]
    fn issuers_and_keys_are_where_microsoft_documents_them() {
        let global = Authority::named("global").unwrap();
        assert_eq!(global.issuer(TokenVersion::Two, HOME), format!("https://login.microsoftonline.com/{HOME}/v2.0"));
        assert_eq!(global.issuer(TokenVersion::One, HOME), format!("https://sts.windows.net/{HOME}/"));
        assert_eq!(
            global.keys(TokenVersion::Two, HOME).unwrap().as_str(),
            format!("https://login.microsoftonline.com/{HOME}/discovery/v2.0/keys")
        );
        assert_eq!(
            global.keys(TokenVersion::One, HOME).unwrap().as_str(),
            format!("https://login.microsoftonline.com/{HOME}/discovery/keys")
        );
        let gov = Authority::named("usgov").unwrap();
        assert_eq!(gov.issuer(TokenVersion::Two, HOME), format!("https://login.microsoftonline.us/{HOME}/v2.0"));
        assert!(Authority::named("china").is_err() && Authority::at("http://login.example").is_err());
    }

    #[test]
    fn a_scope_is_for_users_and_a_lone_app_role_for_apps() {
        let scope = [grant(Some("Score.Read"), None, Role::Reader, &[])];
        let app = [grant(None, Some("Score.Read.All"), Role::Reader, &[])];
        let both = [grant(Some("Score.Read"), Some("Score.Read.All"), Role::Reader, &[])];
        let user = claims(HOME, Some(&["openid", "Score.Read"]), &[]);
        let user_with_role = claims(HOME, Some(&["Score.Read"]), &["Score.Read.All"]);
        let service = claims(HOME, None, &["Score.Read.All"]);
        let fits = |grants: &[EntraGrant], claims: &TokenClaims| granted(grants, claims).is_some();
        assert_eq!([fits(&scope, &user), fits(&app, &user), fits(&both, &user)], [true, false, false]);
        assert_eq!([fits(&scope, &user_with_role), fits(&app, &user_with_role), fits(&both, &user_with_role)], [true, false, true]);
        assert_eq!([fits(&scope, &service), fits(&app, &service), fits(&both, &service)], [false, true, false]);
        for none in [claims(HOME, None, &[]), claims(HOME, Some(&["score.read"]), &[]), claims(AWAY, Some(&["Score.Read"]), &[])] {
            assert!(!fits(&scope, &none) && !fits(&app, &none) && !fits(&both, &none));
        }
    }

    #[test]
    fn the_highest_role_counts_and_its_tenants_add_up() {
        let of = |role, tenants: &[&str]| grant(Some("Score.Read"), None, role, tenants);
        let user = claims(HOME, Some(&["Score.Read"]), &[]);
        let only = |names: &[&str]| Tenants::Only(names.iter().map(ToString::to_string).collect());
        let grants = [of(Role::Analyst, &["a"]), of(Role::Reader, &["c"]), of(Role::Analyst, &["b"])];
        assert_eq!(granted(&grants, &user), Some((Role::Analyst, only(&["a", "b"]))), "what a reader may see is not an analyst's");
        let grants = [of(Role::Reader, &["a"]), of(Role::Reader, &[])];
        assert_eq!(granted(&grants, &user), Some((Role::Reader, Tenants::All)));
    }
}
