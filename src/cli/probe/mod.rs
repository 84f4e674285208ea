//! How does Graph behave towards a tenant, told so that it can be pasted anywhere? Says what it will ask, asks first, reads only, stores nothing.

mod prober;

use std::{
    fs::OpenOptions,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    exit_code,
    output::{tell, write_out},
    serve::stop_asked,
};
use crate::{
    app,
    config::{CloudConfig, Config, SignInConfig},
    error::{Error, ErrorKind, Result},
    graph::{Graph, RetryPolicy},
    probe::{
        Observations, report,
        requests::{PlanOptions, ProbeRequest, plan, requests_max},
    },
    text::{count, did_you_mean, first_of, one_line},
};
use prober::Prober;

/// So many tenants an error names.
const NAMED_MAX: usize = 20;
/// What shells expect of a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// How often the time of one request goes into the time of all of them.
const TIMES_OF_ALL: u32 = 20;

/// Which tenant to probe, and what to do with the report.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It only reads, shows every request before it sends any, and stores nothing; it needs no store. The report has counts, classes and words of
Microsoft's schema. No name, id, domain, text or points of the tenant are in it, so that it can be pasted into a public report of a bug.
Without --throttling it keeps within Graph's documented limits. --audit needs the permission AuditLog.Read.All.

Examples:
  scorewatch probe --tenant contoso
  scorewatch probe --tenant contoso --yes --out probe.md
  scorewatch probe --tenant contoso --yes --json
  scorewatch probe --tenant contoso --audit --throttling"
)]
pub(super) struct ProbeArgs {
    /// Its name; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// Do not ask before the requests are sent
    #[arg(long)]
    pub(super) yes: bool,
    /// Write the report into this new file, which only you can read
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Write JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
    /// Ask for one entry of the directory's audit log, too
    #[arg(long)]
    pub(super) audit: bool,
    /// Send eight requests at once at the end, to see how Graph asks to slow down; stops at the first 429
    #[arg(long)]
    pub(super) throttling: bool,
    /// How long one request may take; all together may take 20 times as long
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(super) timeout: u16,
}

pub(super) async fn run(config: &Config, args: &ProbeArgs) -> Result<ExitCode> {
    let (name, sign_in) = chosen(config, args.tenant.as_deref())?;
    if let Some(out) = args.out.as_deref().filter(|out| out.exists()) {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            format!("{} exists already, and is not overwritten. Name another file.", out.display()),
        ));
    }
    let each = Duration::from_secs(args.timeout.into());
    let graph = client(name, sign_in, config, each)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let plan = plan(today, PlanOptions { audit: args.audit, at_once: args.throttling });
    show(name, &plan);
    if !args.yes && !agreed()? {
        tell("Nothing was asked.");
        return Ok(ExitCode::SUCCESS);
    }
    // Clocks are compared with the first answer: whoever thought about the question for a while is no clock that is slow.
    let seen = Observations { planned_on: today, ..Observations::new(Timestamp::now(), cloud(&sign_in.cloud)) };
    let mut prober = Prober::new(&graph, seen, each * TIMES_OF_ALL);
    let stopped = tokio::select! {
        () = prober.ask_all(&plan) => false,
        () = stop_asked() => true,
    };
    if stopped {
        let under_way = prober.stop(&plan).map_or_else(String::new, |request| format!(" during {request}"));
        tell(&format!("Stopped{under_way}. The report has each page that had come whole by then."));
    }
    let (seen, refusal) = prober.into_seen();
    let text = if args.json { format!("{}\n", report::as_json(&plan, &seen)) } else { report::markdown(&plan, &seen) };
    hand_over(&text, args.out.as_deref())?;
    if stopped {
        return Ok(ExitCode::from(INTERRUPTED));
    }
    if let Some(error) = refusal {
        tell(&format!("{name}: {}", error.sentence));
        return Ok(exit_code(error.kind));
    }
    Ok(if seen.has_answers() { ExitCode::SUCCESS } else { exit_code(ErrorKind::Upstream) })
}

/// The tenant that is meant, and how it signs in.
fn chosen<'c>(config: &'c Config, wanted: Option<&str>) -> Result<(&'c str, &'c SignInConfig)> {
    let read: Vec<(&str, &SignInConfig)> =
        config.tenants.iter().filter_map(|tenant| Some((&*tenant.name, tenant.sign_in.as_ref()?))).collect();
    let names: Vec<&str> = read.iter().map(|(name, _)| *name).collect();
    match (wanted, read.as_slice()) {
        (_, []) => Err(Error::new(
            ErrorKind::Misconfigured,
            "No tenant is synced from Microsoft Graph. Add [tenants.NAME] to scorewatch.toml; docs/tenants.md shows how, step by step.",
        )),
        (None, [only]) => Ok(*only),
        (None, _) => Err(Error::bad_arguments(format!("Say which tenant to probe with --tenant NAME: {}.", first_of(&names, NAMED_MAX)))),
        (Some(wanted), _) => read.iter().find(|(name, _)| *name == wanted).copied().ok_or_else(|| {
            if config.tenants.iter().any(|tenant| tenant.name == wanted) {
                return Error::bad_arguments(format!(
                    "Tenant {wanted} is offline: there is nothing to ask. Give it a sign-in to probe it."
                ));
            }
            let hint = did_you_mean(wanted, names.iter().copied());
            Error::new(
                ErrorKind::NotFound,
                format!("No tenant `{}` is configured.{hint} Configured: {}.", one_line(wanted), names.join(", ")),
            )
        }),
    }
}

/// A client that tries nothing again: how Graph behaves is what is asked.
fn client(name: &str, sign_in: &SignInConfig, config: &Config, each: Duration) -> Result<Graph> {
    let mut settings = app::graph_settings(name, sign_in, config)?;
    settings.request_time_max = each;
    settings.patience = RetryPolicy { attempts: 2, first_pause: Duration::from_secs(1), pause_max: each, total: each * 2 };
    Graph::new(settings)
}

/// How the cloud is called where it is one of Microsoft's.
fn cloud(cloud: &CloudConfig) -> String {
    match cloud {
        CloudConfig::Named(name) => (*name).to_owned(),
        CloudConfig::Roots { .. } => "given by graph_root and login_root".to_owned(),
    }
}

/// Says what will be asked.
fn show(name: &str, plan: &[ProbeRequest]) {
    tell(&format!("To probe {name}, Microsoft Graph will be asked, below its root, with the sign-in that is configured:"));
    let widest = plan.iter().map(|request| request.shown().len()).max().unwrap_or_default();
    for request in plan {
        let pages = if request.times_max() > 1 { format!(" (up to {} requests)", request.times_max()) } else { String::new() };
        tell(&format!("  {:widest$}  {}{pages}", request.shown(), request.why));
    }
    tell(&format!(
        "That is {} at most, and a sign-in. All of them only read; nothing is stored. The report has no name, id, text or points of the tenant.",
        count(requests_max(plan), "request")
    ));
}

/// Whether whoever types agrees.
fn agreed() -> Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(Error::bad_arguments(
            "Nothing was asked: there is no terminal to confirm on. To probe without confirmation, add --yes.",
        ));
    }
    let _ = write!(io::stderr().lock(), "Go on? [y/N] ");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Writes the report to where it was wanted.
fn hand_over(text: &str, out: Option<&Path>) -> Result<()> {
    let Some(path) = out else {
        write_out(text.as_bytes())?;
        tell("Read the report before you paste it. Where to: docs/probe.md.");
        return Ok(());
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    if let Err(error) = written {
        // The answers were asked for once; they are not asked for again because of a file.
        write_out(text.as_bytes())?;
        let sentence = format!("{} cannot be written ({error}). The report was printed instead.", path.display());
        return Err(Error::new(ErrorKind::Misconfigured, sentence).because(error));
    }
    tell(&format!("{} has the report. Read it before you paste it. Where to: docs/probe.md.", path.display()));
    Ok(())
}
