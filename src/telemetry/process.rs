//! What runs, and since when? So that a restart and an upgrade show beside everything else.

use jiff::Timestamp;
use metrics::{describe_gauge, gauge};

const BUILD: &str = "scorewatch_build_info";
/// The name that Prometheus' own client libraries give it, which dashboards for all kinds of programs look for.
const START: &str = "process_start_time_seconds";

pub(super) fn describe() {
    describe_gauge!(BUILD, "1; its label says which version of scorewatch runs");
    describe_gauge!(START, "When this process began to measure");
}

/// Records that this process begins.
pub(super) fn started() {
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!(START).set(Timestamp::now().as_second() as f64);
}
