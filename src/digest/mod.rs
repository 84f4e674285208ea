//! What is a digest? A card made from several skills' answers about the time since the last one, made when a calendar says so.
//!
//! Pure: no clock, no store, no network. `ask` loads the facts, `schedule` looks at the clock.

mod calendar;
mod comparison_day;
mod compose;
mod lines;
mod news;
mod section;
mod stale;
mod written;

use serde::{Deserialize, Serialize};

use crate::{access::Tenants, skill_id::SkillId};

pub use calendar::{Every, When};
pub use compose::{DigestContents, card};
pub use news::{News, WorstNews};
pub use section::{DigestSection, SectionOptions};

/// The skills that can be part of a digest, in the order that it has them unless it says another.
pub const SKILLS: [SkillId; 4] = [SkillId::SecureScore, SkillId::ScoreChanges, SkillId::AcceptedRisks, SkillId::WeakestControls];

/// The skills that `text` names, parted by commas, each once; `None` where one of them can be part of no digest.
pub fn skills_of(text: &str) -> Option<Vec<SkillId>> {
    let mut skills = Vec::new();
    for part in text.split(',') {
        let skill = SKILLS.into_iter().find(|skill| skill.name() == part.trim())?;
        if !skills.contains(&skill) {
            skills.push(skill);
        }
    }
    Some(skills)
}

/// What is sent when, about whom, where to, and by whose right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Its name among all digests: what whoever defined it calls it, of lowercase letters, digits, `-` and `_`; with `.` and a number behind it where
    /// somebody else, whose digests they may not know of, was first.
    pub name: String,
    /// The tenants that it covers, in one message.
    pub tenants: Tenants,
    /// What it covers, in this order: some of [`SKILLS`].
    pub skills: Vec<SkillId>,
    /// When it is due.
    pub when: When,
    /// The name of its destination.
    pub to: String,
    /// Whether nothing is sent when nothing is new. That nothing can be known is reported once all the same.
    pub silent: bool,
    /// Who wanted it, and may have lost the right to.
    pub owner: Owner,
}

impl Digest {
    /// What whoever defined it calls it, and readers see.
    pub fn title(&self) -> &str {
        self.name.split_once('.').map_or(&*self.name, |(title, _)| title)
    }
}

/// Who wanted a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever writes the configuration, who may everything.
    Configuration,
    /// Somebody in a chat. What they may is asked anew each time.
    Person {
        /// The platform's word, as in the ids of those who ask there.
        platform: String,
        /// The user's id there.
        user: String,
        /// The space that they defined it in; `None` for direct messages.
        space: Option<String>,
        /// The room that they defined it in, then those that it is a part of: all of them count, as when they ask there.
        rooms: Vec<String>,
    },
}

/// Why a tenant could not be read the last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchFailure {
    /// Whether Microsoft did not let us in.
    pub sign_in: bool,
    /// What went wrong, and what to do, in a sentence.
    pub sentence: String,
}

impl FetchFailure {
    const fn words(&self) -> &'static str {
        if self.sign_in { "the sign-in to Microsoft fails" } else { "fetching from Microsoft fails" }
    }
}

impl Owner {
    /// The id that they ask with, as [`crate::access::Asker::id`] has it; `None` for the configuration.
    pub fn asker_id(&self) -> Option<String> {
        match self {
            Self::Configuration => None,
            Self::Person { platform, user, .. } => Some(format!("{platform}:{user}")),
        }
    }
}
