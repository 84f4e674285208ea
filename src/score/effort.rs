//! What does a control take? What Microsoft says of implementing it and of what people feel, weighed in one way for lists and for plans.

use super::{Control, Level};

/// What a control takes: implementing it counts 1 to 3, and what people feel of it 0 to 2 on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Its weight, 1 to 5. What Microsoft does not say counts as moderate.
    pub weight: usize,
    /// Whether Microsoft says both.
    pub known: bool,
}

impl Effort {
    /// That of `control`.
    pub fn of(control: &Control<'_>) -> Self {
        let (cost, impact) = levels(control);
        // What people feel of a change comes on top, and nothing where they feel little.
        let weight = weight(cost) + weight(impact) - weight(Level::Low);
        Self { weight, known: cost != Level::Unknown && impact != Level::Unknown }
    }
}

const fn weight(level: Level) -> usize {
    match level {
        Level::Low => 1,
        Level::Moderate | Level::Unknown => 2,
        Level::High => 3,
    }
}

/// What implementing it costs, and what people feel of it.
fn levels(control: &Control<'_>) -> (Level, Level) {
    control.profile.map_or((Level::Unknown, Level::Unknown), |profile| (profile.cost, profile.impact))
}

/// How much a control may take to be listed, or to be part of a plan; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EffortLimit {
    /// At most so much to implement.
    pub cost: Option<Level>,
    /// At most so much that people feel.
    pub impact: Option<Level>,
}

impl EffortLimit {
    /// Whether `control` is within it; `None` where that is not known.
    pub fn allows(self, control: &Control<'_>) -> Option<bool> {
        let (cost, impact) = levels(control);
        let one = |limit: Option<Level>, level: Level| match limit {
            None => Some(true),
            Some(_) if level == Level::Unknown => None,
            Some(limit) => Some(level <= limit),
        };
        match (one(self.cost, cost), one(self.impact, impact)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            (None, _) | (_, None) => None,
        }
    }
}
