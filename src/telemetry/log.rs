//! What is logged, and in which form? Lines or JSON on stderr; nothing of libraries that would write down secrets.

use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::error::{Error, Kind, Result};

/// Libraries that log whole requests, with the tokens of bots and interactions in them.
const TALKATIVE: [&str; 3] = ["serenity", "tungstenite", "tokio_tungstenite"];

/// Whether lines and spans of `target` may be logged, whatever level was chosen.
fn is_discreet(target: &str) -> bool {
    TALKATIVE.iter().all(|name| target.strip_prefix(name).is_none_or(|rest| !rest.is_empty() && !rest.starts_with("::")))
}

/// Starts logging to stderr, so that stdout stays for answers. `level` is a tracing filter such as
/// `info` or `scorewatch=debug`; `json` writes one JSON object a line. A plain level does not hold for the MCP library,
/// which writes several lines for each request and for each client that hangs up.
pub fn log(level: &str, json: bool) -> Result<()> {
    let plain = !level.contains(['=', ',']);
    let level = if plain { format!("{level},rmcp=off") } else { level.to_owned() };
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Error::new(
            Kind::Misconfigured,
            "The log level cannot be read. Use error, warn, info, debug or trace, or a filter such as scorewatch=debug.",
        )
        .because(error)
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    let discreet = filter_fn(|metadata| is_discreet(metadata.target()));
    let registry = tracing_subscriber::registry().with(filter).with(discreet);
    let started =
        if json { registry.with(lines.json().flatten_event(true)).try_init() } else { registry.with(lines.with_target(false)).try_init() };
    started.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logs_tokens_is_not_heard() {
        for target in ["serenity", "serenity::http::ratelimiting", "tungstenite::protocol", "tokio_tungstenite"] {
            assert!(!is_discreet(target), "{target}");
        }
        for target in ["scorewatch::surfaces::discord", "serenity_like", "hyper"] {
            assert!(is_discreet(target), "{target}");
        }
    }
}
