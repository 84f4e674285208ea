//! What can whoever sits here do about requests that had no answer? Each thing once, however many requests it kept from being asked.

use crate::probe::{Observations, Unanswered, requests::RequestKey};

const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;

/// What to do, if anything, so that the tenant called `name` answers all of it.
pub(super) fn of(name: &str, seen: &Observations) -> Vec<String> {
    let ended = |key: RequestKey| seen.exchanges.get(&key).and_then(|exchange| exchange.ended.as_ref());
    let forbids = |key| matches!(ended(key), Some(Unanswered::Refused(refusal)) if matches!(refusal.status, UNAUTHORIZED | FORBIDDEN));
    let mut advice = Vec::new();
    let another_cloud =
        seen.exchanges.values().any(|exchange| matches!(&exchange.ended, Some(Unanswered::Refused(refusal)) if refusal.names_the_cloud()));
    if another_cloud {
        advice.push(format!(
            "{name}: Secure Score is not offered in this cloud. If the tenant is in another one, say so in `tenants.{name}.cloud`."
        ));
    } else if forbids(RequestKey::Newest) || forbids(RequestKey::Catalogue) {
        advice.push(format!(
            "{name}: its app may not read Secure Score. Grant it the application permission SecurityEvents.Read.All, with an administrator's consent. `scorewatch check` tries sign-in and permissions."
        ));
    }
    if forbids(RequestKey::Audit) {
        advice.push(format!("{name}: its app may not read the audit log. Grant it AuditLog.Read.All, or leave out --audit."));
    }
    if !seen.throttled.is_empty() && !seen.has_answers() {
        advice.push(format!(
            "{name}: Microsoft Graph asks to slow down. Probe again in a quarter of an hour, and stop what else asks by the same app meanwhile."
        ));
    }
    let no_answer = |ended: &Unanswered| matches!(ended, Unanswered::TimedOut | Unanswered::Interrupted | Unanswered::Unreadable);
    if !seen.has_answers() && seen.exchanges.values().filter_map(|exchange| exchange.ended.as_ref()).any(no_answer) {
        advice.push(format!(
            "{name}: nothing usable came from Microsoft Graph. `scorewatch check` says whether it is reached; if it is only slow, probe again with a longer --timeout."
        ));
    }
    advice
}
