//! Why did a control's points move, as far as the data tell?

use crate::{
    score::change::{Change, ChangeCause},
    skills::format,
};

/// How Defender's controls of devices are named.
const DEVICES: &str = "scid_";

/// The reason: a person's decision if there is one, else what Microsoft says of it. Counts alone stand only where it says nothing new.
pub fn why(change: &Change<'_>, room: (usize, usize)) -> Option<String> {
    let weight = |cause: &&ChangeCause<'_>| match cause {
        ChangeCause::State { .. } => 0,
        ChangeCause::Status { .. } => 1,
        ChangeCause::Count { .. } => 2,
        ChangeCause::Switched { .. } => 3,
        ChangeCause::Now(_) => 4,
    };
    change.causes.iter().min_by_key(weight).map(|cause| cause_text(cause, change, room))
}

fn cause_text(cause: &ChangeCause<'_>, change: &Change<'_>, (seen, comment_max): (usize, usize)) -> String {
    match cause {
        // Who decided it, and when, is the business of accepted_risks.
        ChangeCause::State { update, before } => {
            let since = before.map_or_else(String::new, |day| format!(" since {day}"));
            let comment = update.comment.as_ref().map(|comment| format!(": {}", format::quoted(comment, comment_max))).unwrap_or_default();
            format!("{}{since}{comment}", format::state(&update.state))
        }
        ChangeCause::Count { before, after } => {
            format!("{}: {} of {} (was {} of {})", counted(change), after.0, after.1, before.0, before.1)
        }
        ChangeCause::Switched { on } => format!("switched {}", if *on { "on" } else { "off" }),
        ChangeCause::Status { before: _, after } | ChangeCause::Now(after) => format::quoted(after, seen),
    }
}

/// What Microsoft counts of a control, as far as its id and its title tell: those that are covered.
fn counted(change: &Change<'_>) -> &'static str {
    /// Words of a title, each with what is counted where they stand. Those that say it best come first.
    const COUNTED: [(&str, &str); 6] = [
        ("admin", "covered administrators"),
        ("mailbox", "covered mailboxes"),
        ("device", "covered devices"),
        ("site", "covered sites"),
        ("user", "covered users"),
        ("everybody", "covered users"),
    ];
    let Some(control) = change.control() else { return "covered" };
    if control.name().starts_with(DEVICES) {
        return "covered devices";
    }
    let title = control.title().to_lowercase();
    COUNTED.into_iter().find(|(word, _)| title.contains(word)).map_or("covered", |(_, counted)| counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Category, Control, ControlScore, change::DiffKind};

    fn reason(name: &str, causes: Vec<ChangeCause<'_>>) -> Option<String> {
        let score = ControlScore {
            name: name.into(),
            category: Category::Identity,
            points: None,
            percent: None,
            profile_maximum: None,
            evidence: None,
        };
        let control = Some(Control { score: &score, profile: None, maximum: None });
        why(&Change { kind: DiffKind::Down, before: None, after: control, points: -1.0, maximum: 0.0, causes }, (400, 400))
    }

    #[test]
    fn what_microsoft_says_is_the_reason_and_counts_have_their_noun() {
        let count = || ChangeCause::Count { before: (12, 12), after: (8, 12) };
        let status = ChangeCause::Status { before: String::new(), after: "You have 4 of 12 users not protected.".to_owned() };
        assert_eq!(reason("AdminMFAV2", vec![count(), status]).as_deref(), Some("\"You have 4 of 12 users not protected.\""));
        assert_eq!(reason("AdminMFAV2", vec![count()]).as_deref(), Some("covered administrators: 8 of 12 (was 12 of 12)"));
        assert_eq!(reason("scid_2003", vec![count()]).as_deref(), Some("covered devices: 8 of 12 (was 12 of 12)"));
        assert_eq!(reason("SomethingElse", vec![count()]).as_deref(), Some("covered: 8 of 12 (was 12 of 12)"));
        assert_eq!(
            reason("AdminMFAV2", vec![count(), ChangeCause::Switched { on: false }]).as_deref().map(|reason| reason.contains("12")),
            Some(true)
        );
        assert_eq!(reason("AdminMFAV2", Vec::new()), None);
    }
}
