//! What is measured of who is not let in, under which names?

use metrics::{counter, describe_counter};

const CONNECTIONS_REFUSED: &str = "scorewatch_connections_refused_total";
const CREDENTIALS_REFUSED: &str = "scorewatch_credentials_refused_total";
const REQUESTS_FAILED: &str = "scorewatch_requests_failed_total";

pub(super) fn describe() {
    describe_counter!(
        CONNECTIONS_REFUSED,
        "Connections refused because too many from one address (address) or in total (all) were busy, or closed for another because they were idle without a known caller (idle)"
    );
    describe_counter!(CREDENTIALS_REFUSED, "Requests refused because of their credential, by its kind: key, token, metrics, signature");
    describe_counter!(REQUESTS_FAILED, "HTTP requests that were refused or failed, by kind of error");
}

/// Records a connection that was refused or closed, for one of the reasons above.
pub fn connection_refused(reason: &'static str) {
    counter!(CONNECTIONS_REFUSED, "reason" => reason).increment(1);
}

/// Records a request that was refused or failed with an error of a `kind`.
pub fn request_failed(kind: &'static str) {
    counter!(REQUESTS_FAILED, "kind" => kind).increment(1);
}

/// Records a credential of a `kind` that was refused.
pub fn credential_refused(kind: &'static str) {
    counter!(CREDENTIALS_REFUSED, "kind" => kind).increment(1);
}
