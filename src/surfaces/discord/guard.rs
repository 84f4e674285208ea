//! May another request go out to Discord? Not with a dead token, not into a closed channel, not after too many refusals.
//!
//! Discord locks out an address after 10,000 answers of 401, 403 or 429 within 10 minutes
//! (<https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>). This keeps
//! one process far below that, with room for others behind the same address.
//!
//! A token is dead when Discord has refused it again and again: while it is out of order, it refuses good ones, too. In between nothing is sent with it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// The time over which Discord counts.
const WINDOW: Duration = Duration::from_mins(10);
/// After so many refusals within it nothing more goes out: ten replicas behind one address stay within what is allowed.
const REFUSALS_MAX: usize = 1000;
/// How many closed channels are remembered; with one more, that which was closed first is asked again.
const CHANNELS_MAX: usize = 4096;

/// How long nothing is sent with a token that was refused for the first time, the second, and so on; refused after the last of them it is dead.
const DOUBTS: [Duration; 4] = [Duration::from_secs(5), Duration::from_mins(1), Duration::from_mins(10), Duration::from_mins(30)];

/// What this process knows of Discord's refusals.
#[derive(Default)]
pub(super) struct Guard(Mutex<GuardState>);

#[derive(Default)]
struct GuardState {
    stopped: Option<String>,
    doubt: Option<Doubt>,
    refusals: VecDeque<Instant>,
    warned: bool,
    closed: BTreeMap<u64, Closed>,
}

/// A token that was refused.
#[derive(Clone, Copy)]
struct Doubt {
    times: usize,
    until: Instant,
}

/// A channel that takes no posts.
struct Closed {
    since: Instant,
    sentence: String,
}

impl GuardState {
    /// Forgets the refusals that Discord no longer counts.
    fn forget(&mut self, now: Instant) {
        while self.refusals.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            self.refusals.pop_front();
        }
        if self.refusals.len() < REFUSALS_MAX {
            self.warned = false;
        }
    }
}

impl Guard {
    /// The state, whoever panicked while looking at it: nothing in it is left half changed.
    fn state(&self) -> MutexGuard<'_, GuardState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may go out `now`.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] once the bot was stopped, [`ErrorKind::Throttled`] while too much was refused.
    pub fn leave(&self, now: Instant) -> Result<()> {
        let mut state = self.state();
        if let Some(why) = &state.stopped {
            return Err(Error::new(ErrorKind::Misconfigured, why.clone()));
        }
        state.forget(now);
        let oldest = state.refusals.front().filter(|_| state.refusals.len() >= REFUSALS_MAX);
        oldest.map_or(Ok(()), |oldest| Err(too_many_refusals().retry_after(WINDOW.saturating_sub(now.duration_since(*oldest)))))
    }

    /// Whether a request with the bot's token may go out `now`.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] while the token is doubted.
    pub fn may_show_token(&self, now: Instant) -> Result<()> {
        let Some(doubt) = self.state().doubt.filter(|doubt| now < doubt.until) else { return Ok(()) };
        Err(doubted().retry_after(doubt.until.saturating_duration_since(now)))
    }

    /// Doubts the token, which was refused; once it was refused often enough, nothing is sent any more, for what `sentence` says.
    pub fn token_refused(&self, sentence: &str, now: Instant) {
        let mut state = self.state();
        // Of several that were under way together one counts.
        if state.doubt.is_some_and(|doubt| now < doubt.until) {
            return;
        }
        let times = state.doubt.map_or(0, |doubt| doubt.times);
        let Some(pause) = DOUBTS.get(times) else {
            drop(state);
            return self.stop(sentence);
        };
        tracing::warn!(pause_s = pause.as_secs(), "{}", doubted());
        state.doubt = Some(Doubt { times: times + 1, until: now + *pause });
    }

    /// The token was taken: it is not dead.
    pub fn token_taken(&self) {
        self.state().doubt = None;
    }

    /// Counts an answer of 401, 403 or 429.
    pub fn refused(&self, now: Instant) {
        let mut state = self.state();
        state.forget(now);
        // Requests that were under way when the window closed: those that count longest are kept.
        if state.refusals.len() >= REFUSALS_MAX {
            state.refusals.pop_front();
        }
        state.refusals.push_back(now);
        if state.refusals.len() >= REFUSALS_MAX && !std::mem::replace(&mut state.warned, true) {
            tracing::warn!("{}", too_many_refusals());
        }
    }

    /// How many refusals count `now`.
    pub fn refusals(&self, now: Instant) -> usize {
        let mut state = self.state();
        state.forget(now);
        state.refusals.len()
    }

    /// Ends all requests of this process, for what `sentence` says. The first reason counts.
    pub fn stop(&self, sentence: &str) {
        let mut state = self.state();
        if state.stopped.is_none() {
            tracing::error!("{sentence}");
            state.stopped = Some(sentence.to_owned());
        }
    }

    /// Why there are no more requests, if there are none.
    pub fn stopped(&self) -> Option<String> {
        self.state().stopped.clone()
    }

    /// Posts nothing more into `channel`, for what `sentence` says.
    pub fn close(&self, channel: u64, sentence: &str, now: Instant) {
        let mut state = self.state();
        if state.closed.len() >= CHANNELS_MAX && !state.closed.contains_key(&channel) {
            let first = state.closed.iter().min_by_key(|(_, closed)| closed.since).map(|(channel, _)| *channel);
            first.and_then(|first| state.closed.remove(&first));
        }
        tracing::warn!(channel, "{sentence}");
        state.closed.insert(channel, Closed { since: now, sentence: sentence.to_owned() });
    }

    /// Whether something may be posted into `channel`.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] with why not.
    pub fn may_post(&self, channel: u64) -> Result<()> {
        let state = self.state();
        state.closed.get(&channel).map_or(Ok(()), |closed| Err(Error::new(ErrorKind::Forbidden, closed.sentence.clone())))
    }

    /// Lets posts into `channel` again.
    pub fn reopen(&self, channel: u64) {
        self.state().closed.remove(&channel);
    }
}

fn doubted() -> Error {
    Error::new(
        ErrorKind::Throttled,
        "Discord refused the bot's token. It does so for a while when it is out of order, so the token is tried again after a pause. If it was reset, put the new one into `discord.token` or its `token_file` and start scorewatch again.",
    )
}

fn too_many_refusals() -> Error {
    Error::new(
        ErrorKind::Throttled,
        format!(
            "Discord refused {REFUSALS_MAX} requests within ten minutes. Nothing is sent to it until some of them are ten minutes old, because it locks out who goes on. The log has what was refused; see that no other program uses the same bot."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_window_closes_at_its_limit_and_opens_as_it_slides() {
        let (guard, begin) = (Guard::default(), Instant::now());
        for number in 0..REFUSALS_MAX {
            assert!(guard.leave(begin).is_ok(), "after {number}");
            guard.refused(begin + SECOND * u32::from(number > 0));
        }
        let refused = guard.leave(begin + SECOND * 100).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after), (ErrorKind::Throttled, Some(Duration::from_secs(500))));
        let first_is_old = begin + WINDOW;
        assert_eq!(guard.refusals(first_is_old), REFUSALS_MAX - 1);
        assert!(guard.leave(first_is_old).is_ok());
        guard.refused(first_is_old);
        assert_eq!(guard.leave(first_is_old).unwrap_err().retry_after, Some(SECOND));
        assert_eq!(guard.refusals(begin + WINDOW * 3), 0);
    }

    #[test]
    fn refusals_that_come_late_count_and_take_no_more_room() {
        let (guard, now) = (Guard::default(), Instant::now());
        for _ in 0..REFUSALS_MAX {
            guard.refused(now);
        }
        guard.refused(now + WINDOW / 2);
        assert_eq!(guard.0.lock().unwrap().refusals.len(), REFUSALS_MAX);
        assert_eq!(guard.refusals(now + WINDOW), 1, "the late one is still counted");
    }

    #[test]
    fn a_token_is_dead_once_it_was_refused_after_every_pause() {
        let (guard, mut now) = (Guard::default(), Instant::now());
        for pause in DOUBTS {
            guard.token_refused("The token is dead.", now);
            guard.token_refused("Under way with it.", now + pause / 2);
            let held = guard.may_show_token(now).unwrap_err();
            assert_eq!((held.kind, held.retry_after, guard.stopped()), (ErrorKind::Throttled, Some(pause), None));
            now += pause;
            assert!(guard.may_show_token(now).is_ok() && guard.leave(now).is_ok());
        }
        guard.token_refused("The token is dead.", now);
        assert_eq!(guard.stopped().as_deref(), Some("The token is dead."));
        let taken = Guard::default();
        taken.token_refused("no", now);
        taken.token_taken();
        assert!(taken.may_show_token(now).is_ok(), "what was said for a moment is forgotten");
        taken.token_refused("no", now);
        assert_eq!(taken.may_show_token(now).unwrap_err().retry_after, Some(DOUBTS[0]));
    }

    #[test]
    fn a_stop_is_for_good_and_the_first_reason_counts() {
        let guard = Guard::default();
        guard.stop("The token is dead.");
        guard.stop("Something else.");
        assert_eq!(guard.stopped().as_deref(), Some("The token is dead."));
        let refused = guard.leave(Instant::now() + WINDOW * 100).unwrap_err();
        assert_eq!((refused.kind, refused.sentence.as_str()), (ErrorKind::Misconfigured, "The token is dead."));
    }

    #[test]
    fn closed_channels_are_refused_until_reopened_and_never_too_many() {
        let (guard, now) = (Guard::default(), Instant::now());
        guard.close(7, "Channel 7 is gone.", now);
        assert_eq!(guard.may_post(7).unwrap_err().sentence, "Channel 7 is gone.");
        assert!(guard.may_post(8).is_ok());
        guard.reopen(7);
        assert!(guard.may_post(7).is_ok());
        for channel in 0..=CHANNELS_MAX as u64 {
            guard.close(channel, "gone", now + Duration::from_millis(channel));
        }
        assert_eq!(guard.0.lock().unwrap().closed.len(), CHANNELS_MAX);
        assert!(guard.may_post(0).is_ok() && guard.may_post(1).is_err(), "the first was forgotten");
    }
}
