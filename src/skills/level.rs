//! How much effort, and how much that people feel, may something take at most? An argument that several skills take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::score::{EffortLimit, Level};

/// The most that is wanted of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is called what it is")]
pub enum LevelArg {
    Low,
    Moderate,
    High,
}

impl LevelArg {
    const fn level(self) -> Level {
        match self {
            Self::Low => Level::Low,
            Self::Moderate => Level::Moderate,
            Self::High => Level::High,
        }
    }
}

/// What a control may take at most, where `effort` and `user_impact` limit that.
pub fn limit(effort: Option<LevelArg>, user_impact: Option<LevelArg>) -> EffortLimit {
    EffortLimit { cost: effort.map(LevelArg::level), impact: user_impact.map(LevelArg::level) }
}
