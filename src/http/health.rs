//! Is this process alive, and can it answer? Two addresses for whoever starts and stops processes.
//!
//! Neither looks at single tenants or at the store: a tenant that is behind, or a store that is away for a
//! moment, is no reason to take away a process that answers from what it remembers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, routing::get};

use crate::error::{Error, ErrorKind, Result};

/// Whether the server is being stopped.
pub type Stopping = Arc<AtomicBool>;

/// `/healthz`: the process lives. `/readyz`: it has started and is not being stopped. Nobody can ask
/// before the start is done, since the routes are opened over a finished [`crate::ask::Ask`].
pub fn routes(stopping: &Stopping) -> Router {
    let stopping = Arc::clone(stopping);
    let ready = move || std::future::ready(ready(&stopping));
    Router::new().route("/healthz", get(|| std::future::ready("alive\n"))).route("/readyz", get(ready))
}

fn ready(stopping: &AtomicBool) -> Result<&'static str> {
    if stopping.load(Ordering::Relaxed) {
        return Err(Error::new(ErrorKind::NotReady, "This process is being stopped. Ask another one, or again in a moment."));
    }
    Ok("ready\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_being_stopped_is_not_ready() {
        let stopping = AtomicBool::new(false);
        assert!(ready(&stopping).is_ok());
        stopping.store(true, Ordering::Relaxed);
        assert_eq!(ready(&stopping).unwrap_err().kind, ErrorKind::NotReady);
    }
}
