//! Which words of Microsoft's have been seen before? What is not among them is new, and worth a line.

/// Categories of controls.
pub(super) const CATEGORIES: &[&str] = &["Identity", "Data", "Device", "Apps", "Infrastructure"];
/// Tiers of profiles.
pub(super) const TIERS: &[&str] = &["Core", "Advanced", "Defense in Depth", "Defense In Depth"];
/// Kinds of actions.
pub(super) const ACTION_TYPES: &[&str] = &["Config", "Review", "Behavior"];
/// Levels of effort and of user impact, in any case.
pub(super) const LEVELS: &[&str] = &["Unknown", "unknown", "Low", "low", "Moderate", "moderate", "Medium", "medium", "High", "high"];
/// Classes of threats, in any case.
pub(super) const THREATS: &[&str] = &[
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
/// With whom a tenant is compared.
pub(super) const BASES: &[&str] = &["AllTenants", "TotalSeats", "IndustryTypes"];
/// What a tenant has.
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
