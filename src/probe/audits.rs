//! Is Secure Score offered in this cloud, and may the app read the directory's audit log?

use jiff::Timestamp;
use serde_json::Value;

use super::{
    observed::{Observations, Unanswered, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::hours,
};
use crate::text::count;

const HERE: Section = Section::Others;
/// Members of an entry that are documented.
const MEMBERS: [&str; 13] = [
    "activityDateTime",
    "activityDisplayName",
    "additionalDetails",
    "category",
    "correlationId",
    "id",
    "initiatedBy",
    "loggedByService",
    "operationType",
    "result",
    "resultReason",
    "targetResources",
    "userAgent",
];

/// What is said about the cloud and the audit log.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    vec![
        HERE.point("cloud.offered", "Secure Score is offered in this cloud", offered(seen)),
        HERE.point("audit.read", "the app may read auditLogs/directoryAudits", may_read(seen)),
        HERE.point("audit.members", "members of an entry of the audit log", ProbeFinding::of(entry(seen), members)),
        HERE.point(
            "audit.delay",
            "age of the newest entry of the audit log, which is not its delay",
            ProbeFinding::of(entry(seen), |entry| delay(entry, seen.at)),
        ),
    ]
}

fn offered(seen: &Observations) -> ProbeFinding {
    match seen.pages(RequestKey::Newest) {
        Ok(_) => ProbeFinding::AsAssumed("yes".to_owned()),
        Err(Unanswered::Refused(refusal)) if refusal.names_the_cloud() => {
            ProbeFinding::Otherwise(format!("no: {}", refusal.words()), "yes")
        }
        Err(why) => ProbeFinding::because(why),
    }
}

fn may_read(seen: &Observations) -> ProbeFinding {
    match seen.pages(RequestKey::Audit) {
        Ok(_) => ProbeFinding::Seen("yes (200)".to_owned()),
        Err(Unanswered::Refused(refusal)) if refusal.status == 403 => {
            ProbeFinding::Seen(format!("no: {}; it needs AuditLog.Read.All, perhaps Directory.Read.All, too", refusal.words()))
        }
        Err(why) => ProbeFinding::because(why),
    }
}

/// The newest entry of the audit log.
fn entry(seen: &Observations) -> Result<Option<&Value>, &Unanswered> {
    seen.entries(RequestKey::Audit).map(|entries| entries.first().copied())
}

fn members(entry: Option<&Value>) -> ProbeFinding {
    let Some(Value::Object(entry)) = entry else { return ProbeFinding::Unanswered("the audit log has no entry".to_owned()) };
    let known = MEMBERS.iter().filter(|member| entry.contains_key(**member)).count();
    let others = entry.keys().filter(|name| !MEMBERS.contains(&name.as_str()) && !name.starts_with('@')).count();
    let kind = match entry.get("initiatedBy") {
        Some(by) if by.get("user").is_some_and(Value::is_object) => "a user",
        Some(by) if by.get("app").is_some_and(Value::is_object) => "an app",
        _ => "nobody named",
    };
    ProbeFinding::Seen(format!("{known} of {} documented members, {}; initiated by {kind}", MEMBERS.len(), count(others, "other member")))
}

fn delay(entry: Option<&Value>, at: Timestamp) -> ProbeFinding {
    let moment = entry.and_then(|entry| text(entry, "activityDateTime")).and_then(|sent| sent.parse::<Timestamp>().ok());
    moment.map_or_else(
        || ProbeFinding::Unanswered("no entry with a readable date came".to_owned()),
        |moment| {
            let seconds = at.as_second() - moment.as_second();
            ProbeFinding::Seen(if (0..3_600).contains(&seconds) { "below 1 h" } else { hours(seconds) }.to_owned())
        },
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::probe::{
        Exchange, ProbeRefusal,
        sample::{answer, found, observed, page},
    };

    fn refused(key: RequestKey, status: u16, code: &str) -> Observations {
        let refusal = ProbeRefusal { status, code: Some(code.to_owned()), retry_after: None };
        observed(BTreeMap::from([(key, Exchange::unanswered(Unanswered::Refused(refusal)))]))
    }

    #[test]
    fn a_cloud_without_secure_score_is_told_from_a_missing_permission() {
        let offered = |seen: &Observations| found(points(seen), "cloud.offered");
        assert_eq!(offered(&observed(answer(RequestKey::Newest, page(json!([]))))), ProbeFinding::AsAssumed("yes".to_owned()));
        let other = refused(RequestKey::Newest, 401, "InvalidCloudInstance");
        assert_eq!(offered(&other), ProbeFinding::Otherwise("no: status 401, code InvalidCloudInstance".to_owned(), "yes"));
        assert!(matches!(offered(&refused(RequestKey::Newest, 403, "AccessDenied")), ProbeFinding::Unanswered(_)));
    }

    #[test]
    fn the_audit_log_is_told_by_shape_and_delay_alone() {
        let none = found(points(&observed(BTreeMap::new())), "audit.read");
        assert_eq!(none, ProbeFinding::Unanswered("not asked: it needs AuditLog.Read.All; add --audit".to_owned()));
        let forbidden = found(points(&refused(RequestKey::Audit, 403, "Authorization_RequestDenied")), "audit.read");
        assert!(matches!(forbidden, ProbeFinding::Seen(seen) if seen.starts_with("no: status 403")));
        let entry = json!([{"id": "secret", "activityDateTime": "2026-11-30T05:30:00Z", "activityDisplayName": "secret",
            "initiatedBy": {"user": {"userPrincipalName": "secret"}, "app": null}, "secret": 1}]);
        let seen = points(&observed(answer(RequestKey::Audit, page(entry))));
        assert!(!format!("{seen:?}").contains("secret"));
        assert_eq!(found(seen.clone(), "audit.delay"), ProbeFinding::Seen("below 1 h".to_owned()));
        assert_eq!(
            found(seen, "audit.members"),
            ProbeFinding::Seen("4 of 13 documented members, 1 other member; initiated by a user".to_owned())
        );
    }
}
