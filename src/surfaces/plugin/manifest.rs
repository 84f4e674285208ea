//! What is uploaded to Security Copilot so that it finds us? A custom plugin's descriptor.
//!
//! Keys and limits: <https://learn.microsoft.com/en-us/copilot/security/custom-plugins>.

use crate::skills::ALL;

/// Where it is served.
pub const PATH: &str = "/manifests/security-copilot.yaml";

/// The descriptor for a service that is reached at `url`. Whoever sets the plugin up can say another URL;
/// the key goes where every host can send it: `Authorization: Bearer`.
pub fn security_copilot(url: &str) -> String {
    let skills: Vec<&str> = ALL.iter().map(|skill| skill.summary).collect();
    let model = format!(
        "Microsoft Secure Score of one or many tenants, from stored history: points, changes and their reasons, weakest controls, accepted risks, remediation. {}",
        skills.join(" ")
    );
    let (url_text, spec, model) = (quoted(url), quoted(&format!("{url}/openapi.json")), quoted(&model));
    format!(
        r#"# Written by a test from the skills (tests/it/openapi.rs); do not edit by hand.
Descriptor:
  Name: scorewatch
  DisplayName: scorewatch
  Description: "Answers about Microsoft Secure Score in few words: where we stand, what changed and why, what to do first."
  DescriptionForModel: {model}
  Settings:
    - Name: InstanceURL
      Label: URL of scorewatch
      Description: "Where your scorewatch is reached, without a slash at the end."
      HintText: "e.g. https://scorewatch.example"
      DefaultValue: {url_text}
      SettingType: String
      Required: true
  SupportedAuthTypes:
    - ApiKey
  Authorization:
    Type: APIKey
    Key: Authorization
    Location: Header
    AuthScheme: Bearer
SkillGroups:
  - Format: API
    Settings:
      OpenApiSpecUrl: {spec}
      EndpointUrlSettingName: InstanceURL
"#
    )
}

/// `text` as YAML takes it whatever is in it: a JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
