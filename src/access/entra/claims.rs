//! Do a token's claims make sense for us? Pure: whose, for whom, a user's or an app's. Time and signature come after.
//!
//! <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>

use super::unverified_token::{TokenMembers, TokenRefusal};
use crate::text::is_guid;

/// Which version of tokens: the API's registration decides it (`requestedAccessTokenVersion`), not the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenVersion {
    /// The older form, which a registration has by default.
    One,
    /// The newer form.
    Two,
}

impl TokenVersion {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Two];

    /// What `ver` is.
    pub const fn number(self) -> &'static str {
        match self {
            Self::One => "1.0",
            Self::Two => "2.0",
        }
    }

    /// The claim that names the app which asked for the token.
    pub(super) const fn client(self) -> &'static str {
        match self {
            Self::One => "appid",
            Self::Two => "azp",
        }
    }
}

/// What a token claims, as far as we look.
#[derive(Debug)]
pub(super) struct TokenClaims {
    /// The directory that issued it (`tid`), a GUID in lower case.
    pub directory: String,
    /// Which version of tokens it is.
    pub version: TokenVersion,
    /// Who says to have issued it (`iss`).
    pub issuer: String,
    /// For whom it was issued (`aud`).
    pub audience: String,
    /// Who it speaks of (`oid`), a GUID in lower case, unique inside the directory only.
    pub object: String,
    /// A user or an app.
    pub caller: TokenCaller,
    /// The app roles of that user or app.
    pub roles: Vec<String>,
}

/// Whom a token speaks of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenCaller {
    /// A user, through an app that was given these scopes.
    User {
        /// What the app may do for the user.
        scopes: Vec<String>,
    },
    /// An app by itself.
    App,
}

impl TokenClaims {
    /// Reads the claims of an access token. Names, mail addresses and groups are not looked at: they change, and
    /// others can have them.
    pub fn read(members: &TokenMembers<'_>) -> Result<Self, TokenRefusal> {
        let number = members.text("ver")?;
        let version = TokenVersion::ALL.into_iter().find(|version| version.number() == number);
        let version = version.ok_or("the token's version is not known")?;
        // The app that asked for it. An id token has none: it tells an app who signed in, and opens nothing.
        guid(members, version.client())?;
        Ok(Self {
            directory: guid(members, "tid")?,
            version,
            issuer: members.text("iss")?,
            audience: members.text("aud")?,
            object: guid(members, "oid")?,
            caller: caller(members)?,
            roles: members.maybe("roles")?.unwrap_or_default(),
        })
    }

    /// Tells this user or app from all others.
    pub fn identity(&self) -> String {
        format!("entra:{}/{}", self.directory, self.object)
    }
}

/// A user's token has `scp`; an app's has none, and is told by `idtyp` or by naming the app itself as its subject.
fn caller(members: &TokenMembers<'_>) -> Result<TokenCaller, TokenRefusal> {
    let scopes: Option<String> = members.maybe("scp")?;
    let kind: Option<String> = members.maybe("idtyp")?;
    let scopes: Vec<String> = scopes.iter().flat_map(|scopes| scopes.split_ascii_whitespace()).map(ToOwned::to_owned).collect();
    match (scopes.is_empty(), kind.as_deref()) {
        (false, None | Some("user")) => Ok(TokenCaller::User { scopes }),
        (true, Some("app")) => Ok(TokenCaller::App),
        (true, None) if members.text("sub")? == members.text("oid")? => Ok(TokenCaller::App),
        _ => Err("the token is neither a user's nor an app's".into()),
    }
}

fn guid(members: &TokenMembers<'_>, name: &str) -> Result<String, TokenRefusal> {
    let text = members.text(name)?;
    if is_guid(&text) { Ok(text.to_ascii_lowercase()) } else { Err(format!("the token's `{name}` is no GUID").into()) }
}

#[cfg(test)]
impl TokenClaims {
    /// Claims of `caller` from `directory`, for tests of grants.
    pub fn example(directory: &str, caller: TokenCaller, roles: Vec<String>) -> Self {
        let (version, object) = (TokenVersion::Two, "99999999-9999-4999-8999-999999999999".to_owned());
        Self { directory: directory.to_owned(), version, issuer: String::new(), audience: String::new(), object, caller, roles }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TID: &str = "11111111-1111-4111-8111-111111111111";
    const OID: &str = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA";

    fn read(change: &Value) -> Result<TokenClaims, TokenRefusal> {
        let mut claims = json!({ "ver": "2.0", "tid": TID, "oid": OID, "azp": TID, "iss": "i", "aud": "a", "scp": "A.Read  B.Read" });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let text = claims.to_string();
        let members: TokenMembers<'_> = serde_json::from_str(&text).unwrap();
        TokenClaims::read(&members)
    }

    #[test]
    fn who_it_is_are_directory_and_object() {
        let claims = read(&json!({ "preferred_username": "admin@contoso.example", "roles": ["R"] })).unwrap();
        assert_eq!(claims.identity(), format!("entra:{TID}/{}", OID.to_lowercase()));
        assert_eq!(claims.caller, TokenCaller::User { scopes: vec!["A.Read".into(), "B.Read".into()] });
        assert_eq!((claims.version, claims.roles), (TokenVersion::Two, vec!["R".to_owned()]));
    }

    #[test]
    fn an_app_is_known_by_its_kind_or_its_subject() {
        for app in [json!({ "scp": null, "idtyp": "app" }), json!({ "scp": null, "sub": OID }), json!({ "scp": " ", "sub": OID })] {
            assert_eq!(read(&app).unwrap().caller, TokenCaller::App, "{app}");
        }
        let one = read(&json!({ "ver": "1.0", "azp": null, "appid": TID, "scp": null, "idtyp": "app" })).unwrap();
        assert_eq!(one.version, TokenVersion::One);
        for neither in [
            json!({ "scp": null, "sub": "another" }),
            json!({ "scp": null }),
            json!({ "scp": null, "idtyp": "device", "sub": OID }),
            json!({ "idtyp": "app" }),
            json!({ "scp": ["A.Read"] }),
        ] {
            assert!(read(&neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_refused() {
        for wrong in [
            json!({ "ver": null }),
            json!({ "ver": "3.0" }),
            json!({ "ver": 2.0 }),
            json!({ "azp": null, "appid": TID }),
            json!({ "tid": "common" }),
            json!({ "tid": [TID] }),
            json!({ "oid": null }),
            json!({ "oid": "admin" }),
            json!({ "aud": ["a"] }),
            json!({ "iss": null }),
            json!({ "roles": "R" }),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
