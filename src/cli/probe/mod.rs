//! How does Graph behave towards a tenant, told so that it can be pasted anywhere? Says what it will ask, asks first, reads only, stores nothing.

mod advice;
mod prober;
mod target;

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    exit_code,
    global::GlobalArgs,
    load_given,
    output::{tell, write_out},
    stop::{Ended, unless_stopped},
    whole_file::{self, Advice, Existing, Readers, beside, names_a_directory, unwritten},
};
use crate::{
    error::{Error, ErrorKind, Result},
    probe::{
        Observations, report,
        requests::{PlanOptions, ProbeRequest, plan, requests_max},
    },
    sandbox::{Options, Sandbox},
    text::count,
};
use prober::Prober;
use target::ProbeTarget;

/// How often the time of one request goes into the time of all of them.
const TIMES_OF_ALL: u32 = 20;
/// What to do about a report that cannot be written.
const ADVICE: Advice<'_> = Advice { exists: "it is not overwritten, so name another file", elsewhere: "name another place with --out" };

/// Which tenant to probe, and what to do with the report.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Debug, clap::Args)]
#[command(after_help = "It only reads, shows every request before it sends any, and stores nothing; it needs no store.
The report has counts, classes and words of Microsoft's schema. No name, id, domain, text or points of the tenant are in it, so that it can be pasted \
into a public report of a bug.
Without --throttling it keeps within Graph's documented limits. --audit needs the permission AuditLog.Read.All.

Examples:
  scorewatch probe --demo --tenant odd --yes
  scorewatch probe --tenant contoso
  scorewatch probe --tenant contoso --yes --out probe.md
  scorewatch probe --tenant contoso --yes --json
  scorewatch probe --tenant contoso --audit --throttling")]
pub(super) struct ProbeArgs {
    /// Its name; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
    /// Probe a sample tenant: `plain`, which behaves as scorewatch assumes, or `odd`; needs no configuration and asks nobody outside
    #[arg(long)]
    pub(super) demo: bool,
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
    /// Send several requests at once at the end, to see how Graph asks to slow down; stops at the first 429
    #[arg(long)]
    pub(super) throttling: bool,
    /// How long one request may take; all together may take 20 times as long
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(super) timeout: u16,
}

pub(super) async fn run(global: &GlobalArgs, args: &ProbeArgs) -> Result<ExitCode> {
    let tenant = args.tenant.as_deref();
    if !args.demo {
        return probe(&ProbeTarget::configured(&load_given(global)?, tenant)?, args).await;
    }
    let sandbox = Sandbox::start(Options { probed: true, ..Options::new(Timestamp::now().to_zoned(TimeZone::UTC).date()) }).await?;
    let done = match ProbeTarget::of_demo(&sandbox, tenant) {
        Ok(target) => probe(&target, args).await,
        Err(error) => Err(error),
    };
    sandbox.stop().await;
    done
}

async fn probe(target: &ProbeTarget, args: &ProbeArgs) -> Result<ExitCode> {
    // Before anything is asked: nobody waits for a report that has no place.
    args.out.as_deref().map_or(Ok(()), can_be_created)?;
    let each = Duration::from_secs(args.timeout.into());
    let graph = target.client(each)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let plan = plan(today, PlanOptions { audit: args.audit, at_once: args.throttling });
    show(target, &plan);
    if !args.yes {
        match unless_stopped(async { tokio::task::spawn_blocking(agreed).await }).await {
            Ended::Done(agreed) => {
                if !agreed.map_err(Error::internal)?? {
                    tell("Nothing was asked.");
                    return Ok(ExitCode::SUCCESS);
                }
            }
            Ended::Stopped(signal) => {
                tell("\nStopped. Nothing was asked.");
                return Ok(signal.exit_code());
            }
        }
    }
    // Clocks are compared with the first answer: whoever thought about the question for a while is no clock that is slow.
    let seen = Observations { planned_on: today, ..Observations::new(Timestamp::now(), target.cloud.clone()) };
    let mut prober = Prober::new(&graph, seen, each * TIMES_OF_ALL);
    let stopped = match unless_stopped(prober.ask_all(&plan)).await {
        Ended::Done(()) => None,
        Ended::Stopped(signal) => Some((signal, prober.stop(&plan))),
    };
    let (seen, refusal) = prober.into_seen();
    if let Some((_, under_way)) = &stopped {
        tell(&what_is_kept(under_way.as_deref(), seen.pages_that_came()));
    }
    let text = if args.json { format!("{}\n", report::as_json(&plan, &seen)) } else { report::markdown(&plan, &seen) };
    hand_over(&text, args.out.as_deref())?;
    if stopped.is_none() && refusal.is_none() {
        for advice in advice::of(&target.name, &seen) {
            tell(&advice);
        }
    }
    if let Some((signal, _)) = stopped {
        return Ok(signal.exit_code());
    }
    if let Some(error) = refusal {
        tell(&format!("{}: {}", target.name, error.sentence));
        return Ok(exit_code(error.kind));
    }
    Ok(if seen.has_answers() { ExitCode::SUCCESS } else { exit_code(ErrorKind::Upstream) })
}

/// What is said to somebody who stopped the probe while a request was `under_way`, once so many `pages` had been read.
fn what_is_kept(under_way: Option<&str>, pages: usize) -> String {
    let during = under_way.map_or_else(String::new, |request| format!(" during {request}"));
    match pages {
        0 => format!("Stopped{during}. Nothing had come whole by then: no point of the report has an answer."),
        _ => format!("Stopped{during}. The report has what had come whole by then: {}.", count(pages, "page")),
    }
}

/// Says what will be asked.
fn show(ProbeTarget { name, answered_by, .. }: &ProbeTarget, plan: &[ProbeRequest]) {
    tell(&format!("To probe {name}, {answered_by} will be asked, below its root, with the tenant's sign-in:"));
    let widest = plan.iter().map(|request| request.shown().len()).max().unwrap_or_default();
    for request in plan {
        let pages = if request.times_max() > 1 { format!(" (up to {} requests)", request.times_max()) } else { String::new() };
        tell(&format!("  {:widest$}  {}{pages}", request.shown(), request.why()));
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

/// Whether the report can be written into a new file at `path`: one without a name is made there, and is gone at once.
fn can_be_created(path: &Path) -> Result<()> {
    let there = match path.symlink_metadata() {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) if names_a_directory(path) => Err(io::ErrorKind::IsADirectory.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => tempfile::tempfile_in(beside(path)).map(drop),
        Err(error) => Err(error),
    };
    there.map_err(|error| unwritten(path, error, ADVICE).followed_by("Nothing was asked."))
}

/// Writes the report to where it was wanted.
fn hand_over(text: &str, out: Option<&Path>) -> Result<()> {
    let Some(path) = out else {
        write_out(text.as_bytes())?;
        tell("Read the report before you paste it. Where to: docs/probe.md.");
        return Ok(());
    };
    if let Err(error) = whole_file::write(path, text.as_bytes(), Readers::Owner, Existing::Kept) {
        // The answers were asked for once; they are not asked for again because of a file.
        write_out(text.as_bytes())?;
        return Err(unwritten(path, error, ADVICE).followed_by("The report was printed instead."));
    }
    tell(&format!("{} has the report. Read it before you paste it. Where to: docs/probe.md.", path.display()));
    Ok(())
}
