//! How much effort, and how much that people feel, may something take at most? An argument that several skills take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::score::Level;

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
    /// The level that it is.
    pub const fn level(self) -> Level {
        match self {
            Self::Low => Level::Low,
            Self::Moderate => Level::Moderate,
            Self::High => Level::High,
        }
    }

    /// Whether `level` is known and not above it.
    pub fn allows(self, level: Level) -> bool {
        level <= self.level()
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}
