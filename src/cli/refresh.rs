//! How is a tenant read now, with somebody watching?

use std::{process::ExitCode, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{exit_code, output::tell, stop::stop_asked, synced};
use crate::{
    app::App,
    config::Config,
    error::Result,
    schedule::{Progress, RefreshSummary, Refresher},
    score::{FRESH_DAYS, age, change::day_of},
    text::count,
};

/// Reads the tenants and groups that `names` are, or all that are read from Graph, one after the other. A tenant that fails does not
/// keep the others from being read.
pub async fn run(config: &Config, names: &[String]) -> Result<ExitCode> {
    // Before anything is opened or made for them.
    let wanted = synced::meant(config, names)?;
    let app = App::open(config).await?;
    let mut code = ExitCode::SUCCESS;
    for (name, error) in app.unusable().iter().filter(|(name, _)| wanted.contains_key(&**name)) {
        tell(&format!("{name}: {}", error.sentence));
        code = exit_code(error.kind);
    }
    // Once for all: a signal between two tenants counts too.
    let mut stop = std::pin::pin!(stop_asked());
    for refresher in app.refreshers().iter().filter(|refresher| wanted.contains_key(refresher.tenant())) {
        let outcome = tokio::select! {
            outcome = watched(refresher) => outcome,
            signal = &mut stop => {
                refresher.give_up().await;
                app.store.close().await;
                tell(&format!("Stopped. Nothing of this sync of {} was stored; earlier data is kept.", refresher.tenant()));
                return Ok(signal.exit_code());
            }
        };
        match outcome {
            Ok(refreshed) => tell(&sentence(refresher.tenant(), &refreshed)),
            Err(error) => {
                tracing::debug!(tenant = refresher.tenant(), cause = error.cause(), "not read");
                tell(&format!("{}: {}", refresher.tenant(), error.sentence));
                code = exit_code(error.kind);
            }
        }
    }
    app.store.close().await;
    Ok(code)
}

/// Reads with a spinner, where stderr is a terminal; elsewhere indicatif draws nothing.
pub async fn watched(refresher: &Refresher) -> Result<RefreshSummary> {
    let spinner = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner.set_message(format!("{}: signing in", refresher.tenant()));
    let outcome = refresher.refresh(&|progress| spinner.set_message(format!("{}: {}", refresher.tenant(), words(progress)))).await;
    spinner.finish_and_clear();
    outcome
}

fn words(progress: Progress) -> String {
    match progress {
        Progress::Scores { pages, days } => format!("{days} days of scores, page {pages}"),
        Progress::Profiles { pages, profiles } => format!("{profiles} profiles, page {pages}"),
    }
}

/// What a reading brought, in a sentence.
pub fn sentence(tenant: &str, refreshed: &RefreshSummary) -> String {
    let seconds = refreshed.took.as_secs_f64();
    refreshed.newest.map_or_else(
        || format!("{tenant}: Microsoft sent no score ({seconds:.1} s). A new tenant gets its first one within a day or two; earlier data is kept."),
        |newest| {
            let unusable = refreshed.unusable.as_ref().map_or_else(String::new, |unusable| format!(", {unusable}"));
            let age = age(newest, day_of(Timestamp::now()));
            let old = (age > FRESH_DAYS).then(|| format!("! the newest day is {age} days old: Microsoft has published no newer one"));
            let odd = refreshed.odd().into_iter().chain(old).fold(String::new(), |line, odd| line + "; " + odd.as_ref());
            format!("{tenant}: {} up to {newest}{unusable} and {} profiles, synced in {seconds:.1} s{odd}.", count(refreshed.days, "day"), refreshed.profiles)
        },
    )
}
