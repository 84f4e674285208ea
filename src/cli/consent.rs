//! Who has consented to the app, and what is missing? The link for an administrator of each tenant, and what Microsoft says once one tries.

use std::{collections::BTreeMap, io::IsTerminal as _, process::ExitCode};

use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::{
    check::TRIED_AT_ONCE,
    exit_code,
    global::{not_configured, shown},
    output::{print_card, print_json, say, table, tell},
    session::{StoreState, app_to_try},
    stop::{Ended, unless_stopped},
    synced,
};
use crate::{
    app::{App, consent_link},
    card::{Block, Card, Tone, Word},
    config::{Config, SignInConfig},
    error::{AccessGap, Error, ErrorKind, Result},
    text::count,
};

/// So many sentences stand below the table.
const SENTENCES_MAX: usize = 20;

/// Which tenants, and how it is told.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An administrator of the tenant opens the link, signs in and accepts. Then `scorewatch tenant consent` says ready, usually within a minute.

Examples:
  scorewatch tenant consent                         all tenants that are synced from Microsoft Graph
  scorewatch tenant consent contoso --link-only
  scorewatch tenant consent customers --json        the tenants of a group"
)]
pub(super) struct ConsentArgs {
    /// Tenants or groups; without any, all that are synced from Graph
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print the links only, and ask nobody
    #[arg(long)]
    link_only: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// How a tenant stands with its app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ConsentState {
    Ready,
    NotConsented,
    Revoked,
    PermissionMissing,
    Disabled,
    AppNotFound,
    UnknownTenant,
    CredentialRefused,
    Failed,
}

impl ConsentState {
    /// What `error` says of a tenant that was read `before`, or never.
    const fn of(error: &Error, before: bool) -> Self {
        match (error.gap, before) {
            (Some(AccessGap::Consent), false) => Self::NotConsented,
            (Some(AccessGap::Consent), true) => Self::Revoked,
            (Some(AccessGap::Permission), _) => Self::PermissionMissing,
            (Some(AccessGap::Enabled), _) => Self::Disabled,
            (Some(AccessGap::App), _) => Self::AppNotFound,
            (Some(AccessGap::Tenant), _) => Self::UnknownTenant,
            (Some(AccessGap::Credential), _) => Self::CredentialRefused,
            (None, _) => Self::Failed,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotConsented => "not consented",
            Self::Revoked => "consent revoked",
            Self::PermissionMissing => "permission missing",
            Self::Disabled => "app disabled",
            Self::AppNotFound => "app not found",
            Self::UnknownTenant => "tenant id unknown",
            Self::CredentialRefused => "credential refused",
            Self::Failed => "not known",
        }
    }

    /// Whether an administrator of the tenant may mend it by the link.
    const fn needs_link(self) -> bool {
        matches!(self, Self::NotConsented | Self::Revoked | Self::PermissionMissing | Self::AppNotFound)
    }
}

/// A tenant, as it is told.
#[derive(Debug, Serialize)]
struct ConsentRow<'c> {
    tenant: &'c str,
    tenant_id: &'c str,
    app: Option<&'c str>,
    client_id: &'c str,
    link: String,
    /// `None` where nobody was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<ConsentState>,
    /// What is wrong and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<String>,
    #[serde(skip)]
    kind: Option<ErrorKind>,
}

impl ConsentRow<'_> {
    /// How it stands, in words.
    fn words(&self) -> &'static str {
        match (self.state, self.kind) {
            (None, _) => "",
            (Some(ConsentState::Failed), Some(ErrorKind::Throttled)) => "throttled, ask again later",
            (Some(state), _) => state.words(),
        }
    }
}

pub(super) async fn run(config: &Config, args: &ConsentArgs) -> Result<ExitCode> {
    if !config.is_given {
        return Err(not_configured(&config.file));
    }
    let mut rows = rows(config, &args.names)?;
    if args.link_only {
        return told(args, &rows).map(|()| ExitCode::SUCCESS);
    }
    let (app, state) = app_to_try(config).await?;
    if let StoreState::Unusable(error) = state {
        tell(&format!(
            "{} The store is {}. Which tenants were read before is not known, so that a revoked consent is told as none.",
            error.sentence,
            shown(&config.store.path)
        ));
    }
    let asked = unless_stopped(ask(&app, &mut rows)).await;
    app.store.close().await;
    match asked {
        Ended::Done(asked) => asked?,
        Ended::Stopped(signal) => {
            tell("Stopped before all tenants had answered.");
            return Ok(signal.exit_code());
        }
    }
    told(args, &rows)?;
    Ok(rows.iter().find_map(|row| row.kind).map_or(ExitCode::SUCCESS, exit_code))
}

/// The tenants that are meant, before anybody is asked.
fn rows<'c>(config: &'c Config, names: &[String]) -> Result<Vec<ConsentRow<'c>>> {
    let row = |(tenant, sign_in): (&'c str, &'c SignInConfig)| {
        let SignInConfig { tenant_id, client_id, app, .. } = sign_in;
        let link = consent_link(sign_in)?;
        Ok(ConsentRow { tenant, tenant_id, app: app.as_deref(), client_id, link, state: None, sentence: None, kind: None })
    };
    synced::meant(config, names)?.into_iter().map(row).collect()
}

/// Signs in to each tenant and reads one day and one profile, several tenants at once.
async fn ask(app: &App, rows: &mut [ConsentRow<'_>]) -> Result<()> {
    let known = app.store.index().await?;
    let refreshers: BTreeMap<&str, _> = app.refreshers().iter().map(|refresher| (refresher.tenant(), refresher)).collect();
    let all = rows.len();
    let mut done = 0;
    let asked = rows.iter_mut().map(|row| async {
        let before = known.tenants.get(row.tenant).is_some_and(|tenant| tenant.read_at.is_some());
        let failed = match refreshers.get(row.tenant) {
            Some(refresher) => refresher.check().await.into_iter().find_map(|step| step.outcome.err()),
            None => app
                .unusable()
                .iter()
                .find(|(name, _)| name == row.tenant)
                .map(|(_, error)| error.shared().for_lack_of(AccessGap::Credential)),
        };
        row.state = Some(failed.as_ref().map_or(ConsentState::Ready, |error| ConsentState::of(error, before)));
        row.kind = failed.as_ref().map(|error| error.kind);
        // Without what leads to this very command, and without Microsoft's ids: `check` and the log have them.
        row.sentence = failed.map(|error| error.brief().to_owned());
    });
    let mut asked = stream::iter(asked).buffered(TRIED_AT_ONCE);
    while asked.next().await.is_some() {
        done += 1;
        if done % 50 == 0 && done < all {
            tell(&format!("{done} of {} asked …", count(all, "tenant")));
        }
    }
    Ok(())
}

fn told(args: &ConsentArgs, rows: &[ConsentRow<'_>]) -> Result<()> {
    if args.json {
        return print_json(&rows);
    }
    if args.link_only {
        return rows.iter().try_for_each(|row| say(&format!("{}\t{}", row.tenant, row.link)));
    }
    if std::io::stdout().is_terminal() {
        print_card(&card(rows))?;
        // Below the table, where no column breaks them: they are copied.
        for row in rows.iter().filter(|row| row.state.is_some_and(ConsentState::needs_link)) {
            say(&format!("Link for an administrator of {}:\n{}", row.tenant, row.link))?;
        }
    } else {
        for row in rows {
            let state = row.words();
            let link = if row.state.is_some_and(ConsentState::needs_link) { &*row.link } else { "" };
            say(&format!("{}\t{state}\t{link}\t{}", row.tenant, row.sentence.as_deref().unwrap_or_default()))?;
        }
    }
    let ready = rows.iter().filter(|row| row.state == Some(ConsentState::Ready)).count();
    tell(&format!("{}: {ready} ready, {} not.", count(rows.len(), "tenant"), rows.len() - ready));
    Ok(())
}

/// What is not ready first. Below stands what is wrong, and what to do.
fn card(rows: &[ConsentRow<'_>]) -> Card {
    let mut sorted: Vec<&ConsentRow<'_>> = rows.iter().collect();
    sorted.sort_by_key(|row| row.state == Some(ConsentState::Ready));
    let cells = sorted.iter().map(|row| {
        let state = row.state.unwrap_or(ConsentState::Failed);
        let tone = if state == ConsentState::Ready { Tone::Good } else { Tone::Bad };
        [Word::toned(row.tenant, Tone::Strong), Word::toned(row.words(), tone), Word::plain(row.app.unwrap_or("of its own"))]
    });
    let mut blocks = vec![table(["tenant", "consent", "app"], cells)];
    let wrong: Vec<&str> = sorted.iter().filter_map(|row| row.sentence.as_deref()).collect();
    blocks.extend(wrong.iter().take(SENTENCES_MAX).map(|sentence| Block::Note((*sentence).to_owned())));
    if let Some(more) = wrong.len().checked_sub(SENTENCES_MAX).filter(|more| *more > 0) {
        blocks.push(Block::Note(format!("{} more: see --json.", count(more, "sentence"))));
    }
    Card::new("Consent", blocks, "")
}
