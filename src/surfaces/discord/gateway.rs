//! How does the bot stay connected? By one session of the gateway after another, never more often than Discord allows.
//!
//! Where the gateway is, is always read by ourselves: when serenity's own reading fails, it goes to the real Discord without
//! a word. <https://docs.discord.com/developers/events/gateway#session-start-limit-object>

use std::time::Duration;

use reqwest::Url;
use serenity::all::BotGateway;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::session::{GatewayEvents, GatewaySession, SessionEnd, stop_asked};
use crate::{
    backoff::Backoff,
    error::{Error, ErrorKind, Result},
    text::is_loopback,
};

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_mins(5);
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), PAUSE_MAX, 0.5..=1.0);
/// A session that lasted so long was a good one: the pause begins anew.
const GOOD: Duration = Duration::from_mins(2);
/// So many identifications of the day are left alone. Discord resets the token of a bot that uses up all of them.
const SPARE: u64 = 50;

/// Keeps the gateway connected until `stopped`, or until Discord says that it makes no sense.
pub(super) async fn keep_connected(events: &GatewayEvents, stopped: &mut watch::Receiver<bool>) {
    let mut failed = 0;
    while events.client.stopped().is_none() {
        let began = Instant::now();
        let tried = tokio::select! {
            tried = connect(events) => tried,
            () = stop_asked(stopped) => return,
        };
        let told = match tried {
            Ok(mut session) => match session.lasts(stopped).await {
                SessionEnd::Stopped => return session.close().await,
                SessionEnd::Refused(sentence) => return events.client.stop(&sentence),
                SessionEnd::Lost => None,
            },
            Err(error) => Some(error),
        };
        failed = if began.elapsed() > GOOD { 1 } else { failed + 1 };
        let pause = told.as_ref().and_then(|error| error.retry_after).unwrap_or_else(|| BACKOFF.pause(failed));
        let cause = told.as_ref().map(Error::cause).unwrap_or_default();
        let sentence = told.map_or_else(|| "The connection to Discord's gateway was lost.".to_owned(), |error| error.sentence);
        tracing::warn!(cause, pause_ms = pause.as_millis(), "{sentence} The next try comes after a pause.");
        tokio::select! {
            () = sleep(pause) => {}
            () = stop_asked(stopped) => return,
        }
    }
}

/// Asks where the gateway is, and begins a session there.
async fn connect(events: &GatewayEvents) -> Result<GatewaySession> {
    let found = events.client.gateway().await?;
    check(&found)?;
    GatewaySession::begin(events, &found, SPARE)
}

/// Refuses a gateway that may not be entered, or not now.
fn check(found: &BotGateway) -> Result<()> {
    let url = Url::parse(&found.url).ok();
    // The token goes there: in the clear only within this machine.
    let is_safe = |url: &Url| match url.scheme() {
        "wss" => true,
        "ws" => url.host_str().is_some_and(is_loopback),
        _ => false,
    };
    if !url.as_ref().is_some_and(is_safe) || found.shards == 0 {
        return Err(Error::new(ErrorKind::Upstream, "Discord named a gateway that is none.")
            .because(format!("url {:?}, shards {}", found.url, found.shards)));
    }
    let limit = &found.session_start_limit;
    if limit.remaining < u64::from(found.shards).saturating_add(SPARE) {
        let sentence = format!(
            "The bot has identified itself to Discord nearly as often as it may within a day: {} of {} are left. It is connected again when the day is over. See that no other program connects with the same token.",
            limit.remaining, limit.total
        );
        return Err(Error::new(ErrorKind::Throttled, sentence).retry_after(Duration::from_millis(limit.reset_after).max(PAUSE_MAX)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str, shards: u32, remaining: u64) -> BotGateway {
        let limit = serde_json::json!({ "remaining": remaining, "reset_after": 7_200_000, "total": 1000, "max_concurrency": 1 });
        serde_json::from_value(serde_json::json!({ "url": url, "shards": shards, "session_start_limit": limit })).unwrap()
    }

    #[test]
    fn the_token_goes_nowhere_in_the_clear() {
        for url in ["wss://gateway.discord.gg", "wss://gateway.discord.gg/", "ws://127.0.0.1:4000", "ws://localhost:4000"] {
            assert!(check(&found(url, 1, 1000)).is_ok(), "{url}");
        }
        for url in ["ws://gateway.discord.gg", "ws://127.0.0.1.evil.example", "https://gateway.discord.gg", "", "gateway.discord.gg"] {
            assert_eq!(check(&found(url, 1, 1000)).unwrap_err().kind, ErrorKind::Upstream, "{url}");
        }
        assert!(check(&found("wss://gateway.discord.gg", 0, 1000)).is_err(), "no shards");
    }

    #[test]
    fn the_last_identifications_are_left_alone() {
        let url = "wss://gateway.discord.gg";
        assert!(check(&found(url, 2, SPARE + 2)).is_ok());
        for remaining in [0, 1, SPARE + 1] {
            let refused = check(&found(url, 2, remaining)).unwrap_err();
            assert_eq!((refused.kind, refused.retry_after), (ErrorKind::Throttled, Some(Duration::from_hours(2))), "{remaining}");
        }
    }
}
