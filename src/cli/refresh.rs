//! How is a tenant read now, with somebody watching?

use std::{collections::BTreeSet, process::ExitCode, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::{exit_code, output::tell, stop::stop_asked};
use crate::{
    app::App,
    config::Config,
    error::{Error, ErrorKind, Result},
    schedule::{Progress, RefreshSummary, Refresher},
    score::{FRESH_DAYS, age, change::day_of},
    text::{count, did_you_mean, first_of, one_line},
};

/// So many tenants an error names.
const NAMED_MAX: usize = 20;

/// Reads one tenant, those of a group, or all that are read from Graph, one after the other. A tenant that fails does not
/// keep the others from being read.
pub async fn run(config: &Config, tenant: Option<&str>) -> Result<ExitCode> {
    let wanted = wanted(config, tenant)?;
    let app = App::open(config).await?;
    let mut code = ExitCode::SUCCESS;
    for (name, error) in app.unusable().iter().filter(|(name, _)| wanted.contains(&**name)) {
        tell(&format!("{name}: {}", error.sentence));
        code = exit_code(error.kind);
    }
    // Once for all: a signal between two tenants counts too.
    let mut stop = std::pin::pin!(stop_asked());
    for refresher in app.refreshers().iter().filter(|refresher| wanted.contains(refresher.tenant())) {
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

/// The tenants that are meant, before anything is opened or made for them.
fn wanted<'c>(config: &'c Config, tenant: Option<&str>) -> Result<BTreeSet<&'c str>> {
    let synced: BTreeSet<&str> = config.tenants.iter().filter(|tenant| tenant.sign_in.is_some()).map(|tenant| &*tenant.name).collect();
    if synced.is_empty() {
        let sentence =
            "No tenant is synced from Microsoft Graph. Add [tenants.NAME] to scorewatch.toml; docs/tenants.md shows how, step by step.";
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    let Some(name) = tenant else { return Ok(synced) };
    if let Some(found) = synced.get(name) {
        return Ok([*found].into());
    }
    if let Some(group) = config.groups.get(name) {
        return Ok(synced.into_iter().filter(|tenant| group.contains(*tenant)).collect());
    }
    if config.tenants.iter().any(|tenant| tenant.name == name) {
        return Err(Error::bad_arguments(format!(
            "Tenant {name} is offline: import its data with `scorewatch import --tenant {name} FILE…`."
        )));
    }
    let names: Vec<&str> = synced.into_iter().collect();
    let hint = did_you_mean(name, names.iter().copied().chain(config.groups.iter().map(|(group, _)| group)));
    let configured = first_of(&names, NAMED_MAX);
    Err(Error::new(ErrorKind::NotFound, format!("No tenant `{}` is configured.{hint} Configured: {configured}.", one_line(name))))
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
