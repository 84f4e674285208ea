//! How does an answer's body come in? Piece by piece, into a buffer that is used again, up to a limit.

use reqwest::Response;

use crate::error::{Error, ErrorKind};

/// Why a body did not come in whole.
pub(super) enum BodyError {
    /// It is larger than allowed once unpacked.
    TooLarge,
    /// The connection broke, timed out, or the body was shorter than announced.
    Broken(reqwest::Error),
}

/// Reads the body of `response` into `buffer`, which is emptied first and keeps its room. `max` bounds the
/// unpacked size: a small packed body may hold a large one.
pub(super) async fn read_into(buffer: &mut Vec<u8>, mut response: Response, max: usize) -> Result<(), BodyError> {
    buffer.clear();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if chunk.len() > max - buffer.len() {
            buffer.clear();
            return Err(BodyError::TooLarge);
        }
        buffer.extend_from_slice(&chunk);
    }
    Ok(())
}

/// What to tell about a request to `whom` that got no usable answer.
pub(super) fn unanswered(whom: &str, tenant: &str, error: reqwest::Error) -> Error {
    // The URL names the tenant's ids and is the same every time.
    let error = error.without_url();
    let sentence = if error.is_timeout() {
        format!("{whom} did not answer in time for tenant {tenant}. If this persists, check the network and any proxy.")
    } else if error.is_connect() {
        format!("{whom} cannot be reached for tenant {tenant}. Check name resolution, firewall and proxy.")
    } else if error.is_body() || error.is_decode() {
        format!(
            "The response of {whom} for tenant {tenant} was truncated or damaged in transit. If this persists, check the network and any proxy."
        )
    } else {
        format!("The connection to {whom} was interrupted for tenant {tenant}. If this persists, check the network and any proxy.")
    };
    Error::new(ErrorKind::Upstream, sentence).because(error).outage()
}
