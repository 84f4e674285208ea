//! How many tenants are read at once? A few in turn, and some more where somebody waits.

use std::{pin::pin, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, Result};

/// Readings at once. The first one of a tenant holds up to 7 MiB, and all of them are saved by the store's one writer,
/// where whatever waits for 30 seconds is given up: eight saves take a second or two. More would hardly be faster,
/// because parsing and saving want the processor, and Graph's own time is short.
const READINGS_MAX: usize = 8;
/// How many of these may be in turn: the rest is kept for tenants that somebody waits for.
const IN_TURN_MAX: usize = 6;
/// How long a reading counts. What takes longer waits for a Graph that does not answer or wants its pauses, and must not keep
/// all other tenants from being read meanwhile.
const COUNTED_MAX: Duration = Duration::from_mins(1);

/// The slots that all tenants of a process share.
pub struct Slots {
    all: Semaphore,
    in_turn: Semaphore,
    counted_max: Duration,
}

/// Leave to read one tenant; it ends when dropped.
pub(super) struct ReadingSlot<'s> {
    _all: SemaphorePermit<'s>,
    _in_turn: Option<SemaphorePermit<'s>>,
    counted_max: Duration,
}

impl Default for Slots {
    fn default() -> Self {
        Self { all: Semaphore::new(READINGS_MAX), in_turn: Semaphore::new(IN_TURN_MAX), counted_max: COUNTED_MAX }
    }
}

impl Slots {
    /// Waits until it is a tenant's turn.
    pub(super) async fn in_turn(&self) -> Result<ReadingSlot<'_>> {
        let in_turn = self.in_turn.acquire().await.map_err(Error::internal)?;
        Ok(ReadingSlot { _in_turn: Some(in_turn), ..self.at_once().await? })
    }

    /// Waits until there is room for a tenant that somebody waits for: behind what is being read, not behind what waits for its turn.
    pub(super) async fn at_once(&self) -> Result<ReadingSlot<'_>> {
        Ok(ReadingSlot { _all: self.all.acquire().await.map_err(Error::internal)?, _in_turn: None, counted_max: self.counted_max })
    }
}

impl ReadingSlot<'_> {
    /// Waits for `reading`, and counts it for so long as a reading counts.
    pub(super) async fn during<T>(self, reading: impl Future<Output = T>) -> T {
        let mut reading = pin!(reading);
        if let Ok(read) = tokio::time::timeout(self.counted_max, reading.as_mut()).await {
            return read;
        }
        drop(self);
        reading.await
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Instant};

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_a_tenant_does_not_wait_for_all_the_others() {
        let slots = Slots::default();
        let mut held = Vec::new();
        while let Some(slot) = slots.in_turn().now_or_never() {
            held.push(slot.unwrap());
        }
        assert_eq!(held.len(), IN_TURN_MAX);
        let others: Vec<_> = (0..100).map(|_| Box::pin(slots.in_turn())).collect();
        let mut others = futures_util::future::join_all(others);
        assert!((&mut others).now_or_never().is_none());
        for _ in IN_TURN_MAX..READINGS_MAX {
            held.push(slots.at_once().now_or_never().unwrap().unwrap());
        }
        assert!(slots.at_once().now_or_never().is_none(), "there is a bound for all together");
        held.pop();
        assert!(slots.at_once().now_or_never().is_some());
    }

    #[tokio::test]
    async fn readings_that_hang_do_not_keep_others_from_being_read() {
        let slots = Slots { counted_max: Duration::from_millis(20), ..Slots::default() };
        let hanging = (0..READINGS_MAX).map(async |_| slots.at_once().await.unwrap().during(pending::<()>()).await);
        let began = Instant::now();
        tokio::select! {
            biased;
            _ = futures_util::future::join_all(hanging) => panic!("they hang"),
            slot = slots.in_turn() => drop(slot.unwrap()),
        }
        assert!(began.elapsed() >= slots.counted_max, "{:?}", began.elapsed());
    }
}
