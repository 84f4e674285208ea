//! Which events are about one incident, and how bad is it? For programs that open and close incidents, as PagerDuty and its kind do.

use sha2::{Digest as _, Sha256};

use super::{Parcel, PostKind, Record};
use crate::text::hex;

/// How long a key may be in bytes: what PagerDuty takes (<https://developer.pagerduty.com/docs/events-api-v2/trigger-events/>).
const KEY_MAX: usize = 255;

/// What an alert and its end have in common, and no other incident. An alert about one thing has the same key each time that it is told: its rule, its
/// tenant and what it is about. One about several has its own, which the end of all of them repeats.
pub fn dedup_key(parcel: &Parcel) -> String {
    let followed = parcel.follows.as_deref().unwrap_or(&parcel.id);
    let key = match (&parcel.record, parcel.tenants.as_slice()) {
        (Some(Record::Alert { rule, findings, .. }), [tenant]) if !parcel.of_several => match findings.as_slice() {
            [only] => format!("scorewatch:{rule}:{tenant}:{}", only.subject),
            _ => format!("scorewatch:{followed}"),
        },
        _ => format!("scorewatch:{followed}"),
    };
    let plain = key.len() <= KEY_MAX && key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { key } else { format!("scorewatch:{}", hex(&Sha256::digest(key))) }
}

/// How bad it is: `error`, `warning` or `info`, as PagerDuty has them. What was lost, cannot be read or does not arrive is an error; what somebody decided
/// or has to decide is a warning.
pub fn severity(parcel: &Parcel) -> &'static str {
    match (&parcel.kind, &parcel.record) {
        (PostKind::Alert(_), Some(Record::Alert { when, .. })) => match when.as_str() {
            "control_new" | "risk_accepted" | "acceptance_ends" => "warning",
            _ => "error",
        },
        (PostKind::Alert(_), _) => "error",
        (PostKind::Notice(_), _) => "warning",
        (PostKind::Digest { .. } | PostKind::Recovery(_) | PostKind::Test, _) => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::Card,
        delivery::{Findings, Found},
    };

    fn parcel(id: &str, kind: fn(Findings) -> PostKind, subjects: &[&str], follows: Option<&str>) -> Parcel {
        let found = |subject: &&str| Found {
            subject: (*subject).to_owned(),
            title: None,
            state: "new".to_owned(),
            moved: None,
            from: None,
            may_correct: false,
        };
        let record = Record::Alert {
            rule: "slips".to_owned(),
            when: "control_regresses".to_owned(),
            findings: subjects.iter().map(found).collect(),
        };
        Parcel {
            id: id.to_owned(),
            kind: kind(Findings::of("slips", subjects)),
            tenants: vec!["contoso".to_owned()],
            card: Card::new("t", Vec::new(), ""),
            record: Some(record),
            made: jiff::Timestamp::UNIX_EPOCH,
            follows: follows.map(ToOwned::to_owned),
            snoozes: false,
            over: false,
            of_several: false,
        }
    }

    #[test]
    fn an_alert_and_its_end_have_one_key_and_others_another() {
        let (one, end) = (parcel("a", PostKind::Alert, &["MFA"], None), parcel("b", PostKind::Recovery, &["MFA"], Some("a")));
        let again = parcel("c", PostKind::Alert, &["MFA"], None);
        let keys = [dedup_key(&one), dedup_key(&again), dedup_key(&end)];
        assert!(keys.iter().all(|key| key == "scorewatch:slips:contoso:MFA"), "{keys:?}");
        // Of several, each of which may end by itself, one key that is the alert's own.
        let several = parcel("d", PostKind::Alert, &["MFA", "DLP"], None);
        let parts = [parcel("e", PostKind::Recovery, &["MFA"], Some("d")), parcel("f", PostKind::Recovery, &["DLP"], Some("d"))];
        let ends = parts.map(|part| dedup_key(&Parcel { of_several: true, ..part }));
        assert_eq!([dedup_key(&several), ends[0].clone(), ends[1].clone()], ["scorewatch:d"; 3]);
        assert_eq!(dedup_key(&Parcel { record: None, ..one }), "scorewatch:a", "what is no alert stands for itself");
    }

    #[test]
    fn a_key_is_never_longer_than_it_may_be() {
        let (long, other) = (parcel("a", PostKind::Alert, &[&"x".repeat(300)], None), parcel("a", PostKind::Alert, &["zwei wörter"], None));
        for key in [dedup_key(&long), dedup_key(&other)] {
            assert!(key.len() == 75 && key.is_ascii() && key.starts_with("scorewatch:"), "{key}");
        }
    }
}
