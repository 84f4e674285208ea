//! Which moves may correct themselves? Those that nobody made, of controls that are known to flap.
//!
//! Who watches Secure Score day by day reports moves that heal by themselves, mostly of controls whose number is counted anew each day.
//! The facts decide, by this rule, in this order:
//!
//! 1. Somebody set the control's state, or switched its setting: it stays as somebody made it, unless 3 says otherwise.
//! 2. The control is gone: Graph leaves a control out for a day now and then.
//! 3. It fell and rose again twice or more in the two weeks before: it flaps.
//! 4. Defender counts it over the devices that reported (`scid_`): machines that were off are back tomorrow.
//! 5. What is counted became more or less (12 of 214, then 12 of 230): its points move although nobody lost anything.

use jiff::ToSpan as _;

use super::rule_input::DAYS_BACK;
use crate::score::{
    History, POINTS_EPSILON,
    change::{Change, ChangeCause, DiffKind},
};

/// How Defender's controls of devices are named.
const DEVICES: &str = "scid_";
/// How often a control that flaps fell and rose again.
const FLAPS_MIN: usize = 2;

/// Whether `change`, the newest of `history`, may correct itself.
pub(super) fn may_correct(change: &Change<'_>, history: &History) -> bool {
    let Some(control) = change.control() else { return false };
    if change.kind == DiffKind::Gone || flaps(control.name(), history) {
        return true;
    }
    let is_action = |cause: &ChangeCause<'_>| matches!(cause, ChangeCause::State { .. } | ChangeCause::Switched { .. });
    if change.causes.iter().any(is_action) {
        return false;
    }
    let recounted = |cause: &ChangeCause<'_>| matches!(cause, ChangeCause::Count { before, after } if before.1 != after.1);
    control.name().starts_with(DEVICES) || change.causes.iter().any(recounted)
}

/// Whether the control called `name` fell and rose again so often within the newest days of `history`, however many more it holds.
fn flaps(name: &str, history: &History) -> bool {
    let Some(newest) = history.newest() else { return false };
    let since = newest.day.saturating_sub(i64::from(DAYS_BACK).days());
    let recent = history.days().iter().filter(|day| day.day >= since);
    let points = recent.filter_map(|day| day.control(name)?.points);
    let (mut last, mut fell, mut rose_again) = (None::<f64>, false, 0);
    for points in points {
        let moved = last.map_or(0.0, |last| points - last);
        if moved < -POINTS_EPSILON {
            fell = true;
        } else if moved > POINTS_EPSILON && fell {
            fell = false;
            rose_again += 1;
        }
        last = Some(points);
    }
    rose_again >= FLAPS_MIN
}
