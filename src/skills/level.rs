//! How much may it take? An argument that limits what is implemented and what people feel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::score::Level;

/// At most so much of something.
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
}
