//! Which category is meant? An argument that several skills take.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::score::{Category, Control};

/// A category of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryArg {
    #[allow(missing_docs)]
    Identity,
    #[allow(missing_docs)]
    Data,
    #[allow(missing_docs)]
    Device,
    #[allow(missing_docs)]
    Apps,
    #[allow(missing_docs)]
    Infrastructure,
}

impl CategoryArg {
    /// The category itself.
    pub const fn category(self) -> Category {
        match self {
            Self::Identity => Category::Identity,
            Self::Data => Category::Data,
            Self::Device => Category::Device,
            Self::Apps => Category::Apps,
            Self::Infrastructure => Category::Infrastructure,
        }
    }

    /// Whether `control` is of this category.
    pub fn fits(self, control: &Control<'_>) -> bool {
        self.is(&control.score.category)
    }

    /// Whether it is `category`.
    pub fn is(self, category: &Category) -> bool {
        *category == self.category()
    }

    /// Its word in answers.
    pub fn word(self) -> String {
        self.category().to_string()
    }
}
