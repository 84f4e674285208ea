//! How are digests looked at, tried and held back at the command line? They are defined in the configuration or in a chat.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{
    deliveries::{see_out, stopped, tone},
    exit_code, operator,
    output::{print_card, print_rows, say, table, tell},
    session::{Session, with_store},
};
use crate::{
    card::{Block, Card, Tone, Word},
    config::Config,
    digest::Owner,
    error::{ErrorKind, Result},
    operations::{DigestShown, Operations},
};

/// What to do with digests.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "A digest covers exactly the time since the previous one. Without a command all digests
are listed. Define one in scorewatch.toml:

  [[digest]]
  name = \"morning\"
  tenants = \"contoso\"          # comma-separated, or all
  to = \"soc\"                   # one of [destinations], or discord: and a channel's id
  every = \"weekdays\"           # daily, weekdays, weekly, monthly
  at = \"08:00\"
  zone = \"Europe/Berlin\"

Examples:
  scorewatch digest                                 when is each due, and what does it cover so far?
  scorewatch digest preview morning                 what would it say now? Nothing is sent
  scorewatch digest send morning                    send it now, also without a server; the next starts where it ends
  scorewatch digest pause morning
  scorewatch digest resume morning                  also after it stopped by itself"
)]
pub(super) struct DigestArgs {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<DigestCommand>,
}

#[derive(Debug, Subcommand)]
enum DigestCommand {
    /// Show what it would say now, and where that would go; nothing is sent
    #[command(after_help = "Example:\n  scorewatch digest preview morning")]
    Preview(DigestName),
    /// Send it now, also when nothing is new; the next one starts where this one ends
    #[command(after_help = "A running `scorewatch serve` delivers it at once; while none runs, this command does. \
The exit code is 0 when it was sent, 75 when `serve` retries it, and 69 when it failed.

Example:
  scorewatch digest send morning")]
    Send(DigestName),
    /// Stop sending it until it is resumed
    #[command(after_help = "Example:\n  scorewatch digest pause morning")]
    Pause(DigestName),
    /// Send it again when it is next due; that one covers the whole pause
    #[command(after_help = "Example:\n  scorewatch digest resume morning")]
    Resume(DigestName),
    /// Remove one that was defined in a chat
    #[command(after_help = "Example:\n  scorewatch digest remove sales-weekly")]
    Remove(DigestName),
}

#[derive(Debug, Args)]
struct DigestName {
    /// Its name, as `scorewatch digest` shows it
    name: String,
}

pub(super) async fn run(config: &Config, args: DigestArgs) -> Result<ExitCode> {
    with_store(config, async |session| carry_out(session, args).await).await
}

async fn carry_out(session: &Session<'_>, args: DigestArgs) -> Result<ExitCode> {
    let (asker, doors) = (operator(), &session.doors);
    match args.command {
        None => list(&doors.operations, args.json).await,
        Some(DigestCommand::Preview(DigestName { name })) => preview(&doors.operations, &name).await,
        Some(DigestCommand::Send(DigestName { name })) => return send(session, &name).await,
        Some(DigestCommand::Pause(DigestName { name })) => {
            doors.operations.digest_pause(&asker, &name, true).await?;
            say(&format!("Digest {name} is paused. To resume it: scorewatch digest resume {name}"))
        }
        Some(DigestCommand::Resume(DigestName { name })) => {
            doors.operations.digest_pause(&asker, &name, false).await?;
            let due = doors
                .operations
                .digests(&asker)
                .await?
                .into_iter()
                .find(|shown| shown.digest.name == name)
                .map_or_else(String::new, |shown| due(&shown));
            say(&format!("Digest {name} is resumed. It is due on {due}, and covers the time since its last one."))
        }
        Some(DigestCommand::Remove(DigestName { name })) => {
            doors.operations.digest_remove(&asker, &name).await?;
            say(&format!("Digest {name} is removed."))
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Sends it and sees what becomes of it.
async fn send(session: &Session<'_>, name: &str) -> Result<ExitCode> {
    let (asker, doors) = (operator(), &session.doors);
    let id = doors.operations.digest_send(&asker, name).await?;
    say(&format!("Digest {name} is in the outbox as {id}."))?;
    let shown = doors.operations.digests(&asker).await?.into_iter().find(|shown| shown.digest.name == name);
    let stop = match &shown {
        Some(shown) => doors.posting.stopped(&shown.digest.to).await?.map(|stop| stopped(&shown.digest.to, &stop)),
        None => None,
    };
    let came_of_it = match stop {
        Some(stop) => {
            tell(&stop);
            exit_code(ErrorKind::Upstream)
        }
        None => see_out(session, &id).await?,
    };
    if let Some(shown) = shown.filter(|shown| shown.paused.is_some() || shown.stopped.is_some()) {
        tell(&format!("Digest {name} itself is {}. To resume it: scorewatch digest resume {name}", due(&shown)));
    }
    Ok(came_of_it)
}

async fn preview(operations: &Operations, name: &str) -> Result<()> {
    let asker = operator();
    print_card(&operations.digest_preview(&asker, name).await?)?;
    if let Some(shown) = operations.digests(&asker).await?.into_iter().find(|shown| shown.digest.name == name) {
        let place = operations.posting().posts().destinations.find(&shown.digest.to)?;
        let who = format!("{} ({}), whose readers have the role {}", shown.digest.to, place.destination.kind(), place.readers.role);
        tell(&format!("Nothing was sent. It goes to {who}. Due: {}.", due(&shown)));
    }
    Ok(())
}

async fn list(operations: &Operations, json: bool) -> Result<()> {
    let all = operations.digests(&operator()).await?;
    let none = "There are no digests yet. Add a [[digest]] to scorewatch.toml: `scorewatch digest --help` shows how.";
    let rows: Vec<Value> = all.iter().map(as_json).collect();
    print_rows(json, &rows, none, |_| as_card(&all))
}

fn as_json(shown: &DigestShown) -> Value {
    let DigestShown { digest, next, covered, last, paused, stopped } = shown;
    json!({
        "name": digest.name,
        "when": digest.when.to_string(),
        "next": next,
        "tenants": digest.tenants.to_string(),
        "skills": digest.skills,
        "to": digest.to,
        "silent": digest.silent,
        "owner": owner(&digest.owner),
        "covered_through": covered,
        "last": last,
        "paused": paused,
        "stopped": stopped,
    })
}

fn as_card(all: &[DigestShown]) -> Card {
    let row = |shown: &DigestShown| {
        let due = Word::toned(due(shown), if shown.next.is_some() { Tone::Plain } else { Tone::Warn });
        [
            Word::toned(&*shown.digest.name, Tone::Strong),
            Word::plain(shown.digest.when.to_string()),
            due,
            Word::plain(shown.digest.tenants.to_string()),
            Word::plain(&*shown.digest.to),
            Word::plain(owner(&shown.digest.owner)),
            Word::toned(shown.covered.map_or_else(|| "–".to_owned(), |day| day.to_string()), Tone::Quiet),
            shown.last.map_or_else(|| Word::toned("–", Tone::Quiet), |state| Word::toned(state.word(), tone(state))),
        ]
    };
    let stopped =
        all.iter().filter_map(|shown| Some(Block::Note(format!("{} was stopped: {}", shown.digest.name, shown.stopped.as_ref()?))));
    let table = table(["name", "when", "due", "tenants", "to", "owner", "covered through", "last one"], all.iter().map(row));
    Card::new("Digests", [table].into_iter().chain(stopped).collect(), "")
}

/// When it is due, by the clock of its zone, or why it is not.
fn due(shown: &DigestShown) -> String {
    match (&shown.stopped, shown.paused, shown.next) {
        (Some(_), ..) => "stopped".to_owned(),
        (None, Some(at), _) => format!("paused since {}", at.to_zoned(TimeZone::UTC).date()),
        (None, None, Some(next)) => next.to_zoned(shown.digest.when.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string(),
        (None, None, None) => "never".to_owned(),
    }
}

fn owner(owner: &Owner) -> String {
    owner.asker_id().unwrap_or_else(|| "configuration".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Tenants,
        digest::{Digest, When},
        operations::DeliveryState,
        surfaces::terminal::{Capabilities, render},
    };

    #[test]
    fn a_list_says_when_each_is_due_and_what_stopped_it() {
        let shown = |name: &str, zone: &str, tenants: Tenants| DigestShown {
            digest: Digest {
                name: name.to_owned(),
                tenants,
                skills: vec![crate::skill_id::SkillId::ScoreChanges],
                when: When::read("weekdays", None, "08:00", zone).unwrap(),
                to: "soc".to_owned(),
                silent: false,
                owner: Owner::Configuration,
            },
            next: Some("2026-11-23T07:00:00Z".parse().unwrap()),
            covered: None,
            last: None,
            paused: None,
            stopped: None,
        };
        let (day, sent, failed) = (Some(jiff::civil::date(2026, 11, 20)), Some(DeliveryState::Sent), Some(DeliveryState::Failed));
        let fine = DigestShown { covered: day, last: sent, ..shown("morning", "Europe/Berlin", Tenants::All) };
        let paused =
            DigestShown { next: None, paused: fine.next, ..shown("paused", "UTC", Tenants::Only(["a".to_owned(), "b".to_owned()].into())) };
        let stopped =
            DigestShown { next: None, last: failed, stopped: Some("Its owner left.".to_owned()), ..shown("sales", "UTC", Tenants::All) };
        let all = [fine, paused, stopped];
        let drawn = "\
Digests
───────
name     when               due               tenants  to   owner          covered through  last one
────────────────────────────────────────────────────────────────────────────────────────────────────
morning  Monday to Friday   Mon 2026-11-23    all      soc  configuration  2026-11-20       sent
         at 08:00           08:00 CET
         Europe/Berlin
paused   Monday to Friday   paused since      a, b     soc  configuration  –                –
         at 08:00 UTC       2026-11-23
sales    Monday to Friday   stopped           all      soc  configuration  –                failed
         at 08:00 UTC

! sales was stopped: Its owner left.
";
        assert_eq!(render(&as_card(&all), Capabilities { width: 100, colour: false }), drawn);
        let values: Vec<Value> = all.iter().map(as_json).collect();
        assert_eq!((&values[0]["next"], &values[0]["covered_through"]), (&json!("2026-11-23T07:00:00Z"), &json!("2026-11-20")));
        assert_eq!((&values[0]["last"], &values[1]["last"], &values[2]["last"]), (&json!("sent"), &Value::Null, &json!("failed")));
        assert_eq!((&values[1]["tenants"], &values[2]["stopped"]), (&json!("a, b"), &json!("Its owner left.")));
    }
}
