//! What stays open whatever a tenant answers to requests that only read? Each with why it is not asked.

/// What is not asked, and why.
pub(super) const NOT_ASKED: &[(&str, &str)] = &[
    (
        "which states PATCH secureScoreControlProfiles takes (AlternateMitigation, planned), and what it answers",
        "it would change the tenant",
    ),
    ("how many days after a state or a setting changes the points follow", "it would have to change something, and wait"),
    (
        "whether AuditLog.Read.All alone is enough for the audit log",
        "the token is opaque: which permissions the app has is not looked at; say it in the report",
    ),
    (
        "the Purview audit log (security/auditLog/queries), its delay, and what recordType secureScore holds",
        "a search is created there by POST, and needs AuditLogsQuery.Read.All",
    ),
    ("directory/recommendations and runHuntingQuery", "they need DirectoryRecommendations.Read.All and ThreatHunting.Read.All"),
    ("which activities of the audit log explain which control", "it would have to read who did what"),
    ("the limit of 150 requests a minute", "it would take the tenant's quota from other programs"),
    ("clouds other than this tenant's", "a token holds in one cloud only"),
];
