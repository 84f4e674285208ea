//! Why did a control's points move, as far as the data tell?

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    score::change::{Change, ChangeCause},
    skills::format,
    text::{cut_for_tokens, one_line},
};

/// How Defender's controls of devices are named.
const DEVICES: &str = "scid_";

/// Why, in our words and in those of Microsoft or of a person, which may be long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReason {
    ours: String,
    theirs: Option<String>,
}

/// The reason: a person's decision if there is one, else what Microsoft says of it. Counts alone stand only where it says nothing new.
pub fn why(change: &Change<'_>) -> Option<ChangeReason> {
    let weight = |cause: &&ChangeCause<'_>| match cause {
        ChangeCause::State { .. } => 0,
        ChangeCause::Status { .. } => 1,
        ChangeCause::Count { .. } => 2,
        ChangeCause::Switched { .. } => 3,
        ChangeCause::Now(_) => 4,
    };
    change.causes.iter().min_by_key(weight).map(|cause| ChangeReason::of(cause, change))
}

impl ChangeReason {
    fn of(cause: &ChangeCause<'_>, change: &Change<'_>) -> Self {
        let ours = |ours: String| Self { ours, theirs: None };
        match cause {
            // Who decided it, and when, is the business of accepted_risks.
            ChangeCause::State { update, before } => {
                let since = before.map_or_else(String::new, |day| format!(" since {day}"));
                let ours = format!("{}{since}", format::state(&update.state));
                Self { ours, theirs: update.comment.as_deref().map(|words| one_line(words).into_owned()) }
            }
            ChangeCause::Count { before, after } => {
                ours(format!("{}: {} of {} (was {} of {})", counted(change), after.0, after.1, before.0, before.1))
            }
            ChangeCause::Switched { on } => ours(format!("switched {}", if *on { "on" } else { "off" })),
            ChangeCause::Status { before: _, after } | ChangeCause::Now(after) => {
                Self { ours: String::new(), theirs: Some(one_line(after).into_owned()) }
            }
        }
    }

    /// Whether Microsoft alone says it: nobody decided or switched anything.
    pub const fn is_microsofts(&self) -> bool {
        self.ours.is_empty()
    }

    /// The words that may be long, to be fitted into an answer.
    pub fn theirs(&mut self) -> Option<&mut String> {
        self.theirs.as_mut()
    }

    /// The same with their words cut to so many quarters of a token.
    #[must_use]
    pub fn cut(self, quarters_max: usize) -> Self {
        Self { theirs: self.theirs.map(|theirs| cut_for_tokens(&theirs, quarters_max)), ..self }
    }
}

impl fmt::Display for ChangeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if self.ours.is_empty() || self.theirs.is_none() { "" } else { ": " };
        write!(f, "{}{between}{}", self.ours, self.theirs.as_deref().map_or_else(String::new, format::quote))
    }
}

impl Serialize for ChangeReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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
        why(&Change { kind: DiffKind::Down, before: None, after: control, points: -1.0, maximum: 0.0, causes }).map(|why| why.to_string())
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
