//! What is logged, and in which form? Lines or JSON on stderr; nothing of libraries that would write down secrets.

use tracing_subscriber::{
    filter::{Targets, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    error::{Error, Result},
    text::{did_you_mean, echo},
};

/// Libraries that log whole requests, with the tokens of bots and interactions in them.
const TALKATIVE: [&str; 3] = ["serenity", "tungstenite", "tokio_tungstenite"];

/// The levels, as they are written.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
/// How much of a wrong level is repeated, in characters.
const SHOWN_MAX: usize = 40;

/// Whether lines and spans of `target` may be logged, whatever level was chosen.
fn is_discreet(target: &str) -> bool {
    TALKATIVE.iter().all(|name| target.strip_prefix(name).is_none_or(|rest| !rest.is_empty() && !rest.starts_with("::")))
}

/// Starts logging to stderr, so that stdout stays for answers. `level` is a level, or levels of modules, such as
/// `info` or `scorewatch=debug`; `json` writes one JSON object a line. A plain level does not hold for the MCP library,
/// which writes several lines for each request and for each client that hangs up.
///
/// # Errors
/// [`ErrorKind::BadArguments`](crate::error::ErrorKind::BadArguments) for what is neither.
pub fn log(level: &str, json: bool) -> Result<()> {
    if let Some(wrong) = level.split(',').find(|part| !is_known(part.trim())) {
        return Err(refused(wrong.trim()));
    }
    let plain = !level.contains(['=', ',']);
    let level = if plain { format!("{level},rmcp=off") } else { level.to_owned() };
    let filter: Targets = level.parse().map_err(|error| refused(&level).because(error))?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    let discreet = filter_fn(|metadata| is_discreet(metadata.target()));
    let registry = tracing_subscriber::registry().with(filter).with(discreet);
    let started =
        if json { registry.with(lines.json().flatten_event(true)).try_init() } else { registry.with(lines.with_target(false)).try_init() };
    started.map_err(Error::internal)
}

/// Whether `part` of a filter names a level. The library would take any other word for the name of a module, and be silent about all others.
fn is_known(part: &str) -> bool {
    let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
    LEVELS.iter().any(|known| level.eq_ignore_ascii_case(known))
}

fn refused(wrong: &str) -> Error {
    let hint = if wrong.eq_ignore_ascii_case("warning") {
        " Did you mean `warn`?".to_owned()
    } else {
        did_you_mean(&wrong.to_lowercase(), LEVELS)
    };
    let shown = echo(wrong, SHOWN_MAX);
    Error::bad_arguments(format!(
        "`{shown}` is not a log level.{hint} Use error, warn, info, debug, trace or off, or a filter such as scorewatch=debug."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_there_is_not_is_refused_with_the_right_one() {
        for fine in ["warn", "WARN", "off", "scorewatch=debug", "info,scorewatch::graph=trace"] {
            assert!(fine.split(',').all(is_known) && fine.parse::<Targets>().is_ok(), "{fine}");
        }
        for (wrong, said) in [
            ("warning", "`warning` is not a log level. Did you mean `warn`?"),
            ("verbose", "`verbose` is not a log level."),
            ("inof", "Did you mean `info`?"),
            ("scorewatch", "Use error, warn, info"),
            ("scorewatch=loud", "`scorewatch=loud` is not a log level"),
            ("warn,scorewatch", "`scorewatch` is not a log level"),
            ("", "Use error, warn, info"),
        ] {
            let error = log(wrong, false).unwrap_err();
            assert!(error.sentence.contains(said), "{wrong}: {error}");
        }
    }

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
