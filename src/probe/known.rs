//! Which words of Microsoft's have been seen before? What is not among them is new, and worth a line.

use serde_json::Value;

use super::{observed::list, safe::identifier};
use crate::{score::ControlState, text::count};

/// A member whose values come from a closed list of Microsoft's schema. Only of these is a value ever shown: what people write (titles, comments, names)
/// is none of them, so that it stays out of a report whatever its words are.
pub(super) struct Enumeration {
    member: &'static str,
    is_known: fn(&str) -> bool,
}

/// States that people set.
pub(super) const STATE: Enumeration =
    Enumeration { member: "state", is_known: |word| !word.is_empty() && !matches!(ControlState::from_graph(word), ControlState::Other(_)) };
/// Categories of controls.
pub(super) const CATEGORY: Enumeration =
    Enumeration { member: "controlCategory", is_known: |word| matches!(word, "Identity" | "Data" | "Device" | "Apps" | "Infrastructure") };
/// Tiers of profiles.
pub(super) const TIER: Enumeration =
    Enumeration { member: "tier", is_known: |word| matches!(word, "Core" | "Advanced" | "Defense in Depth" | "Defense In Depth") };
/// Kinds of actions.
pub(super) const ACTION_TYPE: Enumeration =
    Enumeration { member: "actionType", is_known: |word| matches!(word, "Config" | "Review" | "Behavior") };
/// Levels of effort, in any case.
pub(super) const EFFORT: Enumeration = Enumeration { member: "implementationCost", is_known: is_level };
/// Levels of user impact, in any case.
pub(super) const USER_IMPACT: Enumeration = Enumeration { member: "userImpact", is_known: is_level };
/// Classes of threats, in any case.
pub(super) const THREATS: Enumeration = Enumeration { member: "threats", is_known: |word| THREAT_WORDS.contains(&word) };
/// With whom a tenant is compared.
pub(super) const BASIS: Enumeration =
    Enumeration { member: "basis", is_known: |word| matches!(word, "AllTenants" | "TotalSeats" | "IndustryTypes") };
/// Codes of errors; none is expected.
pub(super) const ERROR_CODE: Enumeration = Enumeration { member: "code", is_known: |_| false };

impl Enumeration {
    /// The member, where it stands alone, as it may be shown.
    pub fn of(&self, entry: &Value) -> String {
        match entry.get(self.member) {
            Some(Value::String(sent)) => self.word(sent),
            Some(Value::Null) | None => NULL.to_owned(),
            Some(_) => "not a text".to_owned(),
        }
    }

    /// The texts of the member, where it is a list, as they may be shown.
    pub fn all_of(&self, entry: &Value) -> Vec<String> {
        list(entry, self.member).iter().filter_map(Value::as_str).map(|sent| self.word(sent)).collect()
    }

    /// Whether what is shown of a value has been seen before.
    pub fn knows(&self, shown: &str) -> bool {
        (self.is_known)(shown)
    }

    /// A value: as it is if it is known or a name of a schema, else by its length alone.
    fn word(&self, sent: &str) -> String {
        if self.knows(sent) || identifier(sent).is_some() {
            return sent.to_owned();
        }
        match sent.chars().count() {
            0 => "(empty)".to_owned(),
            letters => format!("another word of {}", count(letters, "letter")),
        }
    }
}

/// What is shown where a member has no value.
pub(super) const NULL: &str = "null";

fn is_level(word: &str) -> bool {
    LEVELS.contains(&word)
}

const LEVELS: &[&str] = &["Unknown", "unknown", "Low", "low", "Moderate", "moderate", "Medium", "medium", "High", "high"];

const THREAT_WORDS: &[&str] = &[
    "Account breach",
    "Account Breach",
    "Data Exfiltration",
    "Password Cracking",
    "Password cracking",
    "Malicious Insider",
    "Data Deletion",
    "Elevation of Privilege",
    "Data Spillage",
    "accountBreach",
    "dataDeletion",
    "dataExfiltration",
    "dataSpillage",
    "elevationOfPrivilege",
    "maliciousInsider",
    "passwordCracking",
    "phishingOrWhaling",
    "spoofing",
];
/// What a tenant has licences for.
pub(super) const ENABLED_SERVICES: &[&str] = &[
    "HasAADFree",
    "HasAADP1",
    "HasAADP2",
    "HasAATP",
    "HasAIPP1",
    "HasAIPP2",
    "HasCASD",
    "HasCLB",
    "HasEOP",
    "HasEXOP2",
    "HasExchange",
    "HasInTune",
    "HasM365E5",
    "HasMCAS",
    "HasMDEP2",
    "HasMDOP1",
    "HasMDOP2",
    "HasOCAS",
    "HasProject",
    "HasSPOP1",
    "HasSPOP2",
    "HasSharePoint",
    "HasVisio",
];

/// Of which type a member is documented or has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberType {
    /// A number.
    Number,
    /// A text, or null.
    Text,
    /// A number that has only been seen as a text.
    NumberAsText,
    /// A switch that has only been seen as a text.
    SwitchAsText,
    /// A switch.
    Switch,
    /// A list.
    List,
    /// An object.
    Object,
}

use MemberType::{List, Number, NumberAsText, Object, Switch, SwitchAsText, Text};

/// Members of an entry, each with its type.
pub(super) type Members = &'static [(&'static str, MemberType)];

/// Members of a day.
pub(super) const OF_DAYS: Members = &[
    ("activeUserCount", Number),
    ("averageComparativeScores", List),
    ("azureTenantId", Text),
    ("controlScores", List),
    ("createdDateTime", Text),
    ("currentScore", Number),
    ("enabledServices", List),
    ("id", Text),
    ("licensedUserCount", Number),
    ("maxScore", Number),
    ("vendorInformation", Object),
];
/// Members of a control's score.
pub(super) const OF_CONTROLS: Members = &[
    ("controlCategory", Text),
    ("controlName", Text),
    ("count", NumberAsText),
    ("description", Text),
    ("implementationStatus", Text),
    ("lastSynced", Text),
    ("on", SwitchAsText),
    ("score", Number),
    ("scoreInPercentage", Number),
    ("total", NumberAsText),
];
/// Members of an average.
pub(super) const OF_PEERS: Members = &[
    ("SeatSizeRangeLowerValue", NumberAsText),
    ("SeatSizeRangeUpperValue", NumberAsText),
    ("appsScore", Number),
    ("appsScoreMax", Number),
    ("averageScore", Number),
    ("basis", Text),
    ("dataScore", Number),
    ("dataScoreMax", Number),
    ("deviceScore", Number),
    ("deviceScoreMax", Number),
    ("identityScore", Number),
    ("identityScoreMax", Number),
    ("infrastructureScore", Number),
    ("infrastructureScoreMax", Number),
];
/// Members of a profile.
pub(super) const OF_PROFILES: Members = &[
    ("actionType", Text),
    ("actionUrl", Text),
    ("azureTenantId", Text),
    ("complianceInformation", List),
    ("controlCategory", Text),
    ("controlStateUpdates", List),
    ("deprecated", Switch),
    ("id", Text),
    ("implementationCost", Text),
    ("lastModifiedDateTime", Text),
    ("maxScore", Number),
    ("rank", Number),
    ("remediation", Text),
    ("remediationImpact", Text),
    ("service", Text),
    ("threats", List),
    ("tier", Text),
    ("title", Text),
    ("userImpact", Text),
    ("vendorInformation", Object),
];
/// Members of a state's update.
pub(super) const OF_UPDATES: Members =
    &[("assignedTo", Text), ("comment", Text), ("state", Text), ("updatedBy", Text), ("updatedDateTime", Text)];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_closed_list_only_known_words_and_names_of_a_schema_are_shown() {
        let shown = |list: &Enumeration, word: &str| list.word(word);
        for word in ["AlternateMitigation", "Authorization_RequestDenied", "planned", "Lateral Movement"] {
            assert_eq!(shown(&ERROR_CODE, word), word);
        }
        for hidden in [
            "ada@contoso.example",
            "00000000-0000-0000-0000-000000000000",
            "Ada Lovelace",
            "AdaLovelace",
            "contoso",
            "scid_2016",
            "_a",
            "é",
        ] {
            let told = shown(&STATE, hidden);
            assert!(told.starts_with("another word of ") && !told.contains(hidden), "{told}");
        }
        assert_eq!(shown(&TIER, &"a".repeat(41)), "another word of 41 letters");
        assert_eq!([shown(&TIER, ""), shown(&STATE, "")], ["(empty)", "(empty)"]);
        assert_eq!(shown(&THREATS, "Account breach"), "Account breach", "what we know is Microsoft's");
        let values = [json!({"tier": "Core"}), json!({"tier": null}), json!({}), json!({"tier": ["Core"]})];
        assert_eq!(values.map(|value| TIER.of(&value)), ["Core", "null", "null", "not a text"]);
    }
}
