//! What is measured of posts and of the workers that make and send them, under which names?

use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, gauge};

const LAST_RUN: &str = "scorewatch_worker_last_run_timestamp_seconds";
const DELIVERIES: &str = "scorewatch_deliveries";
const OLDEST_WAITING: &str = "scorewatch_delivery_oldest_waiting_seconds";
const DELIVERIES_DONE: &str = "scorewatch_deliveries_total";
const STOPPED: &str = "scorewatch_destination_stopped";
const FAILING: &str = "scorewatch_destination_failing_seconds";

pub(super) fn describe() {
    describe_gauge!(LAST_RUN, "When a worker (digest, alert, deliver) last ran, in whichever process");
    describe_gauge!(DELIVERIES, "Deliveries in the store, by state: waiting, sent, failed, withheld, replaced");
    describe_gauge!(OLDEST_WAITING, "How long the oldest delivery has waited; 0 when none waits");
    describe_counter!(DELIVERIES_DONE, "Delivery attempts of this process, by destination and outcome: sent, later, failed, withheld");
    describe_gauge!(STOPPED, "1 while a destination is stopped, because it failed permanently");
    describe_gauge!(FAILING, "For how long every delivery to a destination has failed; 0 when the last one succeeded, or none is planned");
}

/// Records when `worker` last did its round.
pub fn worker_ran(worker: &str, at: Timestamp) {
    gauge!(LAST_RUN, "worker" => worker.to_owned()).set(at.as_second() as f64);
}

/// Records how many deliveries there are of each state, and for how long the oldest has waited.
pub fn deliveries_stand(by_state: impl Iterator<Item = (&'static str, u64)>, oldest_waiting_seconds: i64) {
    for (state, count) in by_state {
        gauge!(DELIVERIES, "state" => state).set(count as f64);
    }
    gauge!(OLDEST_WAITING).set(oldest_waiting_seconds.max(0) as f64);
}

/// Records what came of one try to send to `destination`.
pub fn delivery_done(destination: &str, outcome: &'static str) {
    counter!(DELIVERIES_DONE, "destination" => destination.to_owned(), "outcome" => outcome).increment(1);
}

/// Records whether nothing is sent to `destination`, and for how long no try got there.
pub fn destination_stands(destination: &str, stopped: bool, failing_seconds: i64) {
    gauge!(STOPPED, "destination" => destination.to_owned()).set(f64::from(u8::from(stopped)));
    gauge!(FAILING, "destination" => destination.to_owned()).set(failing_seconds.max(0) as f64);
}
