//! Both ledgers add up, for any two days.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;
use scorewatch::{
    score::{
        Catalogue, Category, ControlScore, ControlState, Evidence, Profile, Snapshot, StateUpdate,
        change::{DiffKind, diff},
    },
    text::Spans,
};

fn control(name: &str, points: Option<f64>, maximum: f64) -> ControlScore {
    ControlScore {
        name: name.into(),
        category: Category::Apps,
        points,
        percent: points.map(|points| (10_000.0 * points / maximum).round() / 100.0),
        profile_maximum: None,
        evidence: None,
    }
}

fn day(day: i8, controls: Vec<ControlScore>, maximum: f64) -> Snapshot {
    let points = controls.iter().filter_map(|control| control.points).sum();
    Snapshot {
        day: date(2026, 11, day),
        points,
        maximum: Some(maximum),
        active_users: None,
        peers: vec![],
        controls,
        controls_known: true,
        enabled_services: None,
        sent_bytes: 0,
    }
}

pub fn profile(name: &str, maximum: f64) -> Profile {
    Profile { title: format!("Title of {name}"), category: Category::Apps, maximum: Some(maximum), ..Profile::named(name) }
}

/// A day of any controls among 20 names, each with a maximum of 1 to 10 and points up to it.
fn any_day(of: i8) -> impl Strategy<Value = Snapshot> {
    let one = (1_u8..=10, 0_u32..=1000, prop::bool::weighted(0.95));
    (prop::collection::btree_map(0_u8..20, one, 0..20), -50_i32..50).prop_map(move |(controls, off)| {
        let mut maximum = 0.0;
        let controls = controls
            .into_iter()
            .map(|(name, (max, share, said))| {
                maximum += f64::from(max);
                let points = (f64::from(max) * f64::from(share) / 10.0).round() / 100.0;
                control(&format!("control_{name:02}"), said.then_some(points), f64::from(max))
            })
            .collect();
        let mut snapshot = day(of, controls, maximum);
        snapshot.points += f64::from(off) / 10.0;
        snapshot
    })
}

proptest! {
    #[test]
    fn every_point_is_explained_or_named_unexplained(before in any_day(1), after in any_day(2), stored in prop::collection::btree_map(0_u8..20, 1_u8..=10, 0..20)) {
        let profiles = stored.iter().map(|(name, maximum)| profile(&format!("control_{name:02}"), f64::from(*maximum))).collect();
        let catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let diff = diff(&before, &after, &catalogue);
        for (ledger, shares) in [
            (Some(diff.points), diff.changes.iter().map(|change| change.points).sum::<f64>()),
            (diff.maximum, diff.changes.iter().map(|change| change.maximum).sum()),
        ] {
            let Some(ledger) = ledger else { continue };
            prop_assert!((ledger.from + ledger.controls + ledger.rest - ledger.to).abs() < 1e-6);
            prop_assert!((ledger.controls - shares).abs() < 1e-6);
        }
        // What no control explains is what the days' own sums leave open, and controls that fell silent.
        let open = |snapshot: &Snapshot| snapshot.points - snapshot.controls.iter().filter_map(|control| control.points).sum::<f64>();
        let silent: f64 = diff.changes.iter().filter(|change| change.kind == DiffKind::Unsaid).map(|change| {
            let points = |control: Option<scorewatch::score::Control<'_>>| control.and_then(|control| control.score.points).unwrap_or(0.0);
            points(change.after) - points(change.before)
        }).sum();
        prop_assert!((diff.points.rest - (open(&after) - open(&before)) - silent).abs() < 1e-6);
    }

    #[test]
    fn a_day_against_itself_has_not_changed(day in any_day(1)) {
        let catalogue = Catalogue::default();
        let diff = diff(&day, &day, &catalogue);
        prop_assert!(diff.changes.is_empty());
        prop_assert!(diff.points.rest.abs() < f64::EPSILON);
    }
}

#[test]
fn each_kind_of_change_is_distinguished() {
    let before = day(
        1,
        vec![
            control("down", Some(10.0), 10.0),
            control("gone", Some(3.0), 5.0),
            control("maximum", Some(5.0), 5.0),
            control("same", Some(1.0), 3.0),
            control("unsaid", Some(2.0), 2.0),
            control("up", Some(0.0), 4.0),
        ],
        29.0,
    );
    let after = day(
        2,
        vec![
            control("down", Some(6.67), 10.0),
            control("maximum", Some(8.0), 8.0),
            control("new", Some(0.0), 6.0),
            control("same", Some(1.0), 3.0),
            control("unsaid", None, 2.0),
            control("up", Some(4.0), 4.0),
        ],
        33.0,
    );
    let catalogue = Catalogue::new(vec![profile("new", 6.0), profile("gone", 5.0), profile("unsaid", 2.0)], BTreeMap::new(), 0);
    let diff = diff(&before, &after, &catalogue);
    let kinds: BTreeMap<&str, DiffKind> = diff.changes.iter().filter_map(|change| Some((change.control()?.name(), change.kind))).collect();
    let expected = [
        ("down", DiffKind::Down),
        ("gone", DiffKind::Gone),
        ("maximum", DiffKind::Maximum),
        ("new", DiffKind::New),
        ("unsaid", DiffKind::Unsaid),
        ("up", DiffKind::Up),
    ];
    assert_eq!(kinds, expected.into_iter().collect());
    assert!((diff.points.rest - -2.0).abs() < 1e-9, "the silent control's points are unexplained: {}", diff.points.rest);
    assert_eq!(diff.maximum.map(|ledger| (ledger.moved(), ledger.rest)), Some((4.0, 0.0)));
}

#[test]
fn evidence_is_compared_only_between_days_that_carry_it() {
    let evidence = |count| {
        Some(Evidence {
            status: Spans::plain(&format!("{count} of 12 admins")),
            count: Some(count),
            total: Some(12),
            on: None,
            synced: None,
        })
    };
    let mut before = day(1, vec![control("mfa", Some(10.0), 10.0)], 10.0);
    let mut after = day(2, vec![control("mfa", Some(6.67), 10.0)], 10.0);
    after.controls[0].evidence = evidence(8).map(Box::new);
    let mut told = profile("mfa", 10.0);
    told.updates = vec![StateUpdate {
        state: ControlState::Accepted,
        at: "2026-11-02T09:00:00Z".parse().ok(),
        by: None,
        assigned_to: None,
        comment: Some("until audit".into()),
    }];
    let catalogue = Catalogue::new(vec![told], BTreeMap::new(), 0);
    let causes = |before: &Snapshot, after: &Snapshot| format!("{:?}", diff(before, after, &catalogue).changes[0].causes);
    assert!(causes(&before, &after).contains(r#"Now("8 of 12 admins")"#));
    assert!(causes(&before, &after).contains("State { update"));
    before.controls[0].evidence = evidence(12).map(Box::new);
    assert!(causes(&before, &after).contains("Count { before: (12, 12), after: (8, 12) }"));
}
