//! Which questions are there, by name? THE list, from which the skills, their menus and whatever leads to a question are made.
//!
//! It stands below the skills themselves, so that a card can lead to a question without knowing how it is answered, and no skill needs to know
//! another to lead to it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The one list: the file or folder below `skills/`, its id, and the type of its arguments there. Its order is the order of every menu.
macro_rules! skill_list {
    ($make:ident) => {
        $make! {
            secure_score: SecureScore, SecureScoreArgs;
            weakest_controls: WeakestControls, WeakestControlsArgs;
            score_changes: ScoreChanges, ScoreChangesArgs;
            score_trend: ScoreTrend, ScoreTrendArgs;
            compare_scores: CompareScores, CompareScoresArgs;
            accepted_risks: AcceptedRisks, AcceptedRisksArgs;
            control: Control, ControlArgs;
            improvement_plan: ImprovementPlan, ImprovementPlanArgs;
            brief: Brief, BriefArgs;
        }
    };
}
pub(crate) use skill_list;

macro_rules! ids {
    ($($file:ident: $id:ident, $args:ident);* $(;)?) => {
        /// A question that we can answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SkillId {
            $(#[allow(missing_docs)] $id,)*
        }

        impl SkillId {
            /// The name for assistants and URLs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => stringify!($file),)*
                }
            }

            /// The one called `name`; `None` for what this version does not know.
            pub fn named(name: &str) -> Option<Self> {
                [$(Self::$id),*].into_iter().find(|id| id.name() == name)
            }
        }
    };
}

skill_list!(ids);

impl fmt::Display for SkillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
