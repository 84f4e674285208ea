//! Which answers do the tests of points begin with? Days and profiles, as little of them as a point needs.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    Exchange, Observations, ProbePage,
    point::{ProbeFinding, ProbePoint},
    requests::{Keeps, RequestKey},
};

pub(super) type Exchanges = BTreeMap<RequestKey, Exchange>;

/// A page of entries.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
pub(super) fn page(entries: Value) -> ProbePage {
    let body = json!({ "value": entries }).to_string();
    ProbePage::of(body.as_bytes(), Vec::new(), Duration::from_millis(1), Keeps::Whole).expect("a page")
}

/// The answer `key` in one page.
pub(super) fn answer(key: RequestKey, page: ProbePage) -> Exchanges {
    BTreeMap::from([(key, Exchange { pages: vec![page], ended: None })])
}

/// These days, newest first.
pub(super) fn days(all: Value) -> Exchanges {
    let newest = json!([all[0]]);
    answer(RequestKey::Ninety, page(all)).into_iter().chain(answer(RequestKey::Newest, page(newest))).collect()
}

/// These profiles.
pub(super) fn profiles(all: Value) -> Exchanges {
    answer(RequestKey::Catalogue, page(all))
}

/// All that was observed, on 30 November 2026 at six.
pub(super) fn observed(exchanges: Exchanges) -> Observations {
    let at = "2026-11-30T06:00:00Z".parse().expect("a moment");
    Observations { exchanges, ..Observations::new(at, "global".to_owned()) }
}

/// What was found about the point `key`.
pub(super) fn found(points: Vec<ProbePoint>, key: &str) -> ProbeFinding {
    points.into_iter().find(|point| point.key == key).expect("the point").finding
}
