//! Where does a person sign in, and for what? The Entra application in front of us, as hosts write it down.

/// An Entra application that people sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntraValues {
    /// The directory (tenant) id that it is registered in.
    pub directory: String,
    /// Its application (client) id.
    pub client_id: String,
    /// Its application id URI, for which tokens are asked: `api://<client id>`.
    pub audience: String,
    /// The scope that it exposes: `Score.Read`.
    pub scope: String,
}

impl EntraValues {
    /// What the committed copies hold: GUIDs that nobody has.
    pub fn placeholders() -> Self {
        let client_id = "11111111-1111-1111-1111-111111111111";
        Self {
            directory: "00000000-0000-0000-0000-000000000000".to_owned(),
            client_id: client_id.to_owned(),
            audience: format!("api://{client_id}"),
            scope: "Score.Read".to_owned(),
        }
    }

    /// The scope with the application it belongs to: `api://<client id>/Score.Read`.
    pub(super) fn full_scope(&self) -> String {
        format!("{}/{}", self.audience, self.scope)
    }

    /// The scopes that a host asks for; without `offline_access` people would sign in every hour.
    pub(super) fn asked_scopes(&self) -> String {
        format!("offline_access {}", self.full_scope())
    }

    /// Where people sign in.
    pub(super) fn authorize_url(&self) -> String {
        self.endpoint("authorize")
    }

    /// Where a code becomes a token.
    pub(super) fn token_url(&self) -> String {
        self.endpoint("token")
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>
    fn endpoint(&self, name: &str) -> String {
        format!("https://login.microsoftonline.com/{}/oauth2/v2.0/{name}", self.directory)
    }
}
