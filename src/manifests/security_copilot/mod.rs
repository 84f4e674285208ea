//! What is uploaded to Security Copilot? A plugin over HTTP with a key or a sign-in, one over MCP, an agent, promptbooks.
//!
//! Keys and limits: <https://learn.microsoft.com/en-us/copilot/security/custom-plugins>, beside it `plugin-api`, `plugin-mcp`,
//! `plugin-gpt` and `developer/agent-manifest`.

mod agent;
mod promptbooks;

use super::{
    EntraValues, Values,
    words::{FOR_READERS, NAME, for_models},
    yaml::{Yaml, map, texts},
};
use crate::skills::ALL;

pub(super) use agent::agent;
pub(super) use promptbooks::promptbooks;

/// Who writes these files.
const COMMENT: &str = "Written by scorewatch from its skills and prompts (src/manifests/): `scorewatch manifest` writes it anew.";
/// Where Security Copilot takes the code of a sign-in.
pub(super) const REDIRECT: &str = "https://securitycopilot.microsoft.com/auth/v1/callback";
/// How long Security Copilot waits for a tool, in seconds: ours answer or refuse well before.
const MCP_SECONDS: u64 = 60;

/// The plugin for one API key, which goes where every host can send it: `Authorization: Bearer`. Whoever sets
/// the plugin up can say another address.
pub(super) fn with_key(values: &Values) -> Vec<u8> {
    let authorization =
        map([("Type", "APIKey".into()), ("Key", "Authorization".into()), ("Location", "Header".into()), ("AuthScheme", "Bearer".into())]);
    let descriptor = descriptor(NAME, "ApiKey", authorization, Some(instance(values)));
    let settings = [("OpenApiSpecUrl", spec(values)), ("EndpointUrlSettingName", "InstanceURL".into())];
    manifest(descriptor, "API", map(settings)).document(COMMENT)
}

/// The plugin with which each person signs in. No other address can be said: the application belongs to this one.
pub(super) fn with_sign_in(values: &Values, entra: &EntraValues) -> Vec<u8> {
    let descriptor = descriptor(NAME, SIGN_IN, authorization(entra), None);
    manifest(descriptor, "API", map([("OpenApiSpecUrl", spec(values))])).document(&sign_in_comment())
}

/// The same skills over MCP, for which Security Copilot documents only the sign-in.
pub(super) fn over_mcp(values: &Values, entra: &EntraValues) -> Vec<u8> {
    let descriptor = descriptor("scorewatch-mcp", SIGN_IN, authorization(entra), None);
    let tools: Vec<&str> = ALL.iter().map(|skill| skill.name).collect();
    let settings = map([
        ("Endpoint", format!("{}/mcp", values.url).into()),
        ("UseStreamableHttp", Yaml::Flag(true)),
        ("UsePluginAuth", Yaml::Flag(true)),
        ("TimeoutInSeconds", Yaml::Whole(MCP_SECONDS)),
        ("AllowedTools", tools.join(",").into()),
    ]);
    manifest(descriptor, "MCP", settings).document(&sign_in_comment())
}

/// The sign-in among Security Copilot's ways to be let in.
const SIGN_IN: &str = "OAuthAuthorizationCodeFlow";

fn sign_in_comment() -> String {
    format!("{COMMENT}\nThe Entra application needs the redirect URI {REDIRECT} and a client secret.")
}

fn manifest(descriptor: Yaml, format: &str, settings: Yaml) -> Yaml {
    let group = map([("Format", format.into()), ("Settings", settings)]);
    map([("Descriptor", descriptor), ("SkillGroups", Yaml::List(vec![group]))])
}

fn descriptor(name: &str, auth_type: &str, authorization: Yaml, setting: Option<Yaml>) -> Yaml {
    let mut members = vec![
        ("Name", name.into()),
        ("DisplayName", name.into()),
        ("Description", FOR_READERS.into()),
        ("DescriptionForModel", for_models().into()),
    ];
    members.extend(setting.map(|setting| ("Settings", Yaml::List(vec![setting]))));
    members.push(("SupportedAuthTypes", texts([auth_type])));
    members.push(("Authorization", authorization));
    Yaml::Map(members)
}

fn authorization(entra: &EntraValues) -> Yaml {
    map([
        ("Type", SIGN_IN.into()),
        ("ClientId", entra.client_id.as_str().into()),
        ("AuthorizationEndpoint", entra.authorize_url().into()),
        ("TokenEndpoint", entra.token_url().into()),
        ("Scopes", entra.asked_scopes().into()),
        ("AuthorizationContentType", "application/x-www-form-urlencoded".into()),
    ])
}

/// What is asked of whoever sets the plugin up.
fn instance(values: &Values) -> Yaml {
    map([
        ("Name", "InstanceURL".into()),
        ("Label", "URL of scorewatch".into()),
        ("Description", "Where your scorewatch is reached, without a slash at the end.".into()),
        ("HintText", "e.g. https://scorewatch.example".into()),
        ("DefaultValue", values.url.as_str().into()),
        ("SettingType", "String".into()),
        ("Required", Yaml::Flag(true)),
    ])
}

fn spec(values: &Values) -> Yaml {
    format!("{}/openapi.json", values.url).into()
}
