//! What happens without anybody asking? Each tenant is read again and again; nothing else, today.
//!
//! One reading of a tenant at a time, whichever process does it: a lease in the store says whose turn it
//! is. A second `serve` on the same store answers questions and leaves the reading to the first.

mod refresh;

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;

pub use refresh::{Progress, Refreshed, Refresher, Turn};

/// The first wait after a failed reading; it doubles up to the ordinary interval.
const FAILED_WAIT: Duration = Duration::from_mins(1);
/// How much of the interval is left to chance, so that many tenants do not ask Graph all at once.
const JITTER: f64 = 0.1;

/// Reads a tenant every `every`, beginning now, until `stop` says so.
pub async fn keep_reading(refresher: Arc<Refresher>, every: Duration, mut stop: watch::Receiver<bool>) {
    let mut failures = 0_u32;
    loop {
        let outcome = tokio::select! {
            outcome = refresher.refresh_if_due(every) => outcome,
            // The guard that it returns must not live across the next await.
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return refresher.give_up().await,
        };
        let wait = match outcome {
            Ok(Turn::Done) => {
                failures = 0;
                every
            }
            // Look again soon, in case the other process dies.
            Ok(Turn::Elsewhere) => FAILED_WAIT,
            Err(error) => {
                failures += 1;
                tracing::warn!(
                    tenant = refresher.tenant(),
                    kind = error.kind.name(),
                    cause = error.cause(),
                    failures,
                    "not read: {}",
                    error.sentence
                );
                let doubled = FAILED_WAIT.saturating_mul(1 << failures.min(10).saturating_sub(1)).min(every);
                // No answer of Graph's may keep a tenant from being read for longer than the usual pace.
                error.retry_after.map_or(doubled, |asked| asked.clamp(doubled, every))
            }
        };
        tokio::select! {
            () = tokio::time::sleep(jittered(wait)) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

fn jittered(wait: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    // Without chance from the system every tenant just keeps its pace.
    let _ = getrandom::fill(&mut byte);
    wait.mul_f64(1.0 - JITTER * f64::from(byte[0]) / 255.0)
}
