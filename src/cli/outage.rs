//! How is it said that a destination takes nothing for a while, and until when what is for it waits?

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    operations::{DeliveryShown, Outage},
    store::KnownDelivery,
    text::minute,
};

/// That the last try at the destination `name` failed, and whether it is known that posts go on failing there.
pub(super) fn failing(name: &str, outage: &Outage, now: Timestamp) -> String {
    let Outage { since, last, why, .. } = outage;
    if !outage.stands(now) {
        return format!("The last post to {name} failed at {}: {why} Nothing was sent there since, so it may work again.", minute(*last));
    }
    let paused = outage.paused(now).map_or_else(String::new, |until| format!(" It asked for a pause until {}.", minute(until)));
    format!("Every delivery to {name} has failed since {}: {why}{paused}", minute(*since))
}

/// The same for programs, where it is known; and else when the last try failed.
pub(super) fn failing_value(outage: &Outage, now: Timestamp) -> (Option<Value>, Option<Value>) {
    let Outage { since, last, next, why, notified, .. } = outage;
    if outage.stands(now) {
        let value = json!({ "since": since, "last": last, "next": next, "paused_until": outage.paused(now), "why": why, "told": notified });
        return (Some(value), None);
    }
    (None, Some(json!({ "at": last, "why": why })))
}

/// When what waits is tried next, or given up.
pub(super) fn next(row: &DeliveryShown) -> Option<String> {
    let next = row.next.filter(|next| *next > row.created)?;
    Some(if next >= row.deadline {
        format!("It expires at {}.", minute(row.deadline))
    } else {
        format!("The next try is at {}.", minute(next))
    })
}

/// Why it waits, and until when.
pub(super) fn waiting(known: &KnownDelivery, outage: Option<&Outage>, now: Timestamp) -> String {
    let paused = outage.and_then(|outage| outage.paused(now));
    let why = match (known.why.as_deref().unwrap_or_default(), paused) {
        ("", None) => "Not sent yet: something else is being sent there.".to_owned(),
        ("", Some(until)) => format!("Not sent yet: {} asked for a pause until {}.", known.destination, minute(until)),
        (why, None) => format!("Not sent yet: {why}"),
        (why, Some(until)) => format!("Not sent yet: {why} It asked for a pause until {}.", minute(until)),
    };
    if known.next >= known.deadline {
        return format!("{why} It expires at {}.", minute(known.deadline));
    }
    format!("{why} The next try is at {}, if `scorewatch serve` runs.", minute(known.next.max(now)))
}
