//! How did OpenAI describe a plugin? One JSON file by its address, which Security Copilot and others still take.
//!
//! Limits: the table of <https://learn.microsoft.com/en-us/copilot/security/custom-plugins>.

use serde_json::json;

use super::{
    PATH, Values, pretty,
    words::{FOR_PEOPLE, NAME, for_models},
};

/// The plugin, for an API key.
pub(super) fn plugin(values: &Values) -> Vec<u8> {
    let url = &values.url;
    pretty(&json!({
        "schema_version": "v1",
        "name_for_model": NAME,
        "name_for_human": NAME,
        "description_for_model": for_models(),
        "description_for_human": FOR_PEOPLE,
        "auth": { "type": "api_key", "authorization_type": "bearer" },
        "api": { "type": "openapi", "url": format!("{url}/openapi.json") },
        "logo_url": format!("{url}{PATH}microsoft-365/color.png"),
        "legal_info_url": format!("{url}{PATH}about.txt"),
    }))
}
