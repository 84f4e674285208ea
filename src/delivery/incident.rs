//! Which events are about one incident, and how bad is it? For programs that open and close incidents, as PagerDuty and its kind do.

use sha2::{Digest as _, Sha256};

use super::{Post, PostKind, Record, RecordedFinding};
use crate::text::hex;

/// How long a key may be in bytes: what PagerDuty takes (<https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>).
const KEY_MAX: usize = 255;

/// The key of the incident that these words name.
pub fn incident_key(words: &[&str]) -> String {
    let key = format!("scorewatch:{}", words.join(":"));
    let plain = key.len() <= KEY_MAX && key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { key } else { format!("scorewatch:{}", hex(&Sha256::digest(key))) }
}

/// What an alert and its end have in common, and no other incident; what is no alert stands for itself.
pub fn dedup_key(post: &Post) -> String {
    post.incident.clone().unwrap_or_else(|| incident_key(&[post.follows.as_deref().unwrap_or(&post.id)]))
}

/// How bad it is: `error`, `warning` or `info`, as PagerDuty has them; of several findings the worst. As red as its card: what is bad for as long as
/// nobody does anything is an error, what happened once, by somebody's decision or Microsoft's, is a warning.
pub fn severity(post: &Post) -> &'static str {
    let is_event = |found: &RecordedFinding| matches!(&*found.when, "control_new" | "control_removed" | "status_changed" | "risk_accepted");
    match (&post.kind, &post.record) {
        (PostKind::Alert(_), Some(Record::Alert { findings, .. })) if !findings.is_empty() && findings.iter().all(is_event) => "warning",
        (PostKind::Alert(_), _) => "error",
        (PostKind::Notice(_), _) if !post.resolved => "warning",
        (PostKind::Digest { .. } | PostKind::Notice(_) | PostKind::Recovery(_) | PostKind::Test, _) => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_longer_than_it_may_be() {
        assert_eq!(incident_key(&["slips", "contoso", "MFA"]), "scorewatch:slips:contoso:MFA");
        for key in [incident_key(&[&"x".repeat(300)]), incident_key(&["zwei wörter"])] {
            assert!(key.len() == 75 && key.is_ascii() && key.starts_with("scorewatch:"), "{key}");
        }
    }
}
