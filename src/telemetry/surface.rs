//! How does it go with a surface that runs? In numbers that the surface declares itself.

use metrics::{counter, describe_counter, describe_gauge, gauge};

/// A number that a surface measures of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurfaceMetric {
    name: &'static str,
    what: &'static str,
    only_grows: bool,
}

impl SurfaceMetric {
    /// One that goes up and down; `what` it tells, for people.
    pub const fn gauge(name: &'static str, what: &'static str) -> Self {
        Self { name, what, only_grows: false }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// One that only grows while the process lives.
    pub const fn counter(name: &'static str, what: &'static str) -> Self {
        Self { name, what, only_grows: true }
    }
}

pub(super) fn describe(metric: &'static SurfaceMetric) {
    if metric.only_grows {
        describe_counter!(metric.name, metric.what);
    } else {
        describe_gauge!(metric.name, metric.what);
    }
}

/// Records that `metric` stands at `value`.
pub fn surface_stands(metric: SurfaceMetric, value: u64) {
    if metric.only_grows {
        counter!(metric.name).absolute(value);
    } else {
        gauge!(metric.name).set(value as f64);
    }
}
