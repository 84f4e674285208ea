//! Which tenants are stored, have they consented, and how does one go for good? Running servers have noticed when the command returns.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    process::ExitCode,
};

use serde_json::{Value, json};

use super::{
    consent::{self, ConsentArgs},
    operator,
    output::{print_rows, say, table, tell},
    session::{Session, noticed, with_store},
};
use crate::{
    card::{Card, Tone, Word},
    config::Config,
    error::{Error, Result},
    operations::{TenantContents, TenantShown},
    text::count,
};

/// What to do with tenants.
#[derive(Debug, clap::Subcommand)]
pub(super) enum TenantCommand {
    /// List all stored tenants: where their data comes from, their days, whether they are in answers
    #[command(after_help = "Examples:\n  scorewatch tenant list\n  scorewatch tenant list --json")]
    List {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Print the link by which a tenant consents to the app, and what is missing in each tenant
    Consent(ConsentArgs),
    /// Delete all data of a tenant; says what will be deleted, and asks first
    #[command(after_help = "Keys that see only this tenant are revoked, digests created in chat for it alone are removed; others
lose it. The configuration is not changed: a tenant that is configured is synced again, and a grant
or destination that names it shows the next tenant of that name. The audit log is kept. Running servers have noticed when the command returns.

Examples:
  scorewatch tenant remove contoso
  scorewatch tenant remove contoso --yes")]
    Remove {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(config: &Config, command: TenantCommand) -> Result<ExitCode> {
    let done = match command {
        TenantCommand::List { json } => with_store(config, async |session| list(session, json).await).await,
        TenantCommand::Consent(args) => return consent::run(config, &args).await,
        TenantCommand::Remove { name, yes } => with_store(config, async |session| remove(session, &name, yes).await).await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Takes away what nothing uses any more.
pub(super) async fn prune(config: &Config) -> Result<()> {
    let (pruned, left) = with_store(config, async |session| {
        let operations = &session.doors.operations;
        Ok((operations.prune(&operator()).await?, operations.tenants(&operator()).await?))
    })
    .await?;
    say(&format!("Removed {} that no catalogue uses any more.", count(usize::try_from(pruned).unwrap_or(usize::MAX), "text")))?;
    for tenant in left.iter().filter(|tenant| !tenant.counts) {
        tell(&format!(
            "{} is stored, and in no answer, because it was removed from the configuration. To delete its data: scorewatch tenant remove {}",
            tenant.name, tenant.name
        ));
    }
    Ok(())
}

async fn list(session: &Session<'_>, json: bool) -> Result<()> {
    let tenants = session.doors.operations.tenants(&operator()).await?;
    let none = "No tenant is stored yet. Add [tenants.NAME] to scorewatch.toml, or import one: scorewatch import --tenant NAME FILE…";
    let rows: Vec<Value> = tenants.iter().map(|tenant| as_json(session.config, tenant)).collect();
    print_rows(json, &rows, none, |_| as_card(session.config, &tenants))
}

fn as_card(config: &Config, tenants: &[TenantShown]) -> Card {
    let rows = tenants.iter().map(|tenant| {
        let newest = tenant.known.newest_day.map_or_else(|| "none".to_owned(), |day| day.to_string());
        let counts = if tenant.counts { Word::toned("yes", Tone::Good) } else { Word::toned("no: removed", Tone::Bad) };
        [
            Word::toned(&*tenant.name, Tone::Strong),
            Word::plain(source(config, tenant)),
            Word::plain(tenant.known.days.to_string()),
            Word::plain(newest),
            counts,
            Word::toned(
                tenant.known.entra_id.as_deref().or_else(|| configured_id(config, &tenant.name)).unwrap_or("not known"),
                Tone::Quiet,
            ),
        ]
    });
    Card::new("Tenants", vec![table(["tenant", "from", "days", "newest day", "in answers", "Entra tenant"], rows)], "")
}

fn as_json(config: &Config, tenant: &TenantShown) -> Value {
    let TenantShown { name, known, counts } = tenant;
    json!({
        "tenant": name, "from": source(config, tenant), "days": known.days, "newest_day": known.newest_day, "read_at": known.read_at,
        "in_answers": counts, "configured": config.tenants.iter().any(|configured| configured.name == *name), "entra_id": known.entra_id
    })
}

/// The id that the configuration has for a tenant of which nothing was read yet.
fn configured_id<'c>(config: &'c Config, name: &str) -> Option<&'c str> {
    let tenant = config.tenants.iter().find(|tenant| tenant.name == name)?;
    tenant.sign_in.as_ref().map(|sign_in| &*sign_in.tenant_id)
}

/// Where the data of a tenant come from.
fn source(config: &Config, tenant: &TenantShown) -> &'static str {
    match config.tenants.iter().find(|configured| configured.name == tenant.name) {
        Some(configured) if configured.sign_in.is_some() => "Graph",
        Some(_) => "import, configured as offline",
        None if tenant.known.imported => "import",
        None if tenant.known.read_at.is_some() => "Graph, no longer configured",
        None => "import, no longer configured",
    }
}

async fn remove(session: &Session<'_>, name: &str, yes: bool) -> Result<()> {
    let (operations, config) = (&session.doors.operations, session.config);
    let held = operations.tenant_holds(&operator(), name).await?;
    tell(&format!("Stored of {name}: {}.", words(&held)));
    if let Some(others) = others(&held) {
        tell(&format!("{others} will lose {name}."));
    }
    if config.tenants.iter().any(|tenant| tenant.name == name && tenant.sign_in.is_some()) {
        tell(&format!("{name} is configured: as long as [tenants.{name}] is there, it is synced again from Microsoft Graph."));
    }
    if !yes && !confirmed(name)? {
        return say("Nothing was removed.");
    }
    let held = operations.tenant_remove(&operator(), name).await?;
    noticed().await;
    let others = others(&held).map_or_else(String::new, |others| format!(" {others} lost it."));
    say(&format!("{name} was removed, with {}.{others} The audit log is kept.", words(&held)))
}

/// The keys and digests of other tenants too, which only lose this one.
fn others(held: &TenantContents) -> Option<String> {
    let among = [(held.keys.among, "API key"), (held.digests.among, "digest")].into_iter().filter(|(of, _)| *of > 0);
    let among: Vec<String> = among.map(|(of, noun)| count(usize::try_from(of).unwrap_or(usize::MAX), noun)).collect();
    (!among.is_empty()).then(|| format!("{} of other tenants too", among.join(" and ")))
}

/// Whether whoever types means it.
fn confirmed(name: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Error::bad_arguments(format!(
            "Nothing was removed: there is no terminal to confirm on. To remove {name} without confirmation, add --yes."
        )));
    }
    tell(&format!("This cannot be undone. Type the tenant's name to remove it: {name}"));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim() == name)
}

/// What is held, in words, each number with its noun.
fn words(held: &TenantContents) -> String {
    let number = |number: u64, noun: &str| count(usize::try_from(number).unwrap_or(usize::MAX), noun);
    let span = held.oldest.zip(held.newest).map_or_else(String::new, |(from, to)| format!(" ({from} to {to})"));
    let parts = [
        (held.profiles, "profile"),
        (held.notes, "note"),
        (held.snoozes, "snooze"),
        (held.alerts, "alert state"),
        (held.posts, "post"),
        (held.keys.alone, "API key"),
        (held.digests.alone, "digest"),
    ];
    let parts: Vec<String> = parts.into_iter().map(|(of, noun)| number(of, noun)).collect();
    format!("{}{span}, {}", number(held.days, "day"), parts.join(", "))
}
