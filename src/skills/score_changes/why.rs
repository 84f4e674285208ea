//! Why did a control's points move, as far as the data tell?

use crate::{
    score::change::{Cause, Change},
    skills::words,
};

/// The reason: a person's decision if there is one, else what Microsoft counted or saw. Numbers say more
/// than the sentence that Microsoft wraps them in.
pub fn why(change: &Change<'_>, room: (usize, usize)) -> Option<String> {
    let weight = |cause: &&Cause<'_>| match cause {
        Cause::State(_) => 0,
        Cause::Count { .. } => 1,
        Cause::Switched { .. } => 2,
        Cause::Status { .. } => 3,
        Cause::Now(_) => 4,
    };
    change.causes.iter().min_by_key(weight).map(|cause| say(cause, room))
}

fn say(cause: &Cause<'_>, (seen, comment_max): (usize, usize)) -> String {
    match cause {
        // Who decided it, and when, is the business of accepted_risks.
        Cause::State(update) => {
            let comment = update.comment.as_ref().map(|comment| format!(": {}", words::quoted(comment, comment_max))).unwrap_or_default();
            format!("{}{comment}", words::state(&update.state))
        }
        Cause::Count { before, after } => format!("{} of {}, was {} of {}", after.0, after.1, before.0, before.1),
        Cause::Switched { on } => format!("switched {}", if *on { "on" } else { "off" }),
        Cause::Status { before: _, after } | Cause::Now(after) => words::quoted(after, seen),
    }
}
