//! Do posts arrive? Destinations are listed with who reads there and how it stands with them; a test is posted to one, and what came of it is told.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    exit_code, operator,
    outage::{failing, failing_value},
    output::{print_rows, say, table, tell},
    session::{Session, with_any_store, with_new_store},
};
use crate::{
    access::Asker,
    card::{Block, Card, Tone, Word},
    config::{Config, Environment},
    delivery::SendFailure,
    error::{ErrorKind, Result},
    operations::{DestinationShown, Tested},
    surfaces,
    text::minute,
};

/// The longest name of a machine, in bytes.
const MACHINE_MAX: u64 = 255;

#[derive(Debug, clap::Subcommand)]
pub(super) enum DestinationCommand {
    /// List the destinations: who reads there, their fallback, and their state
    #[command(after_help = "Examples:\n  scorewatch destination list\n  scorewatch destination list --json")]
    List {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Send a test to a destination now, and show the result
    #[command(after_help = "The post says that it is a test, who sent it and from where. It bypasses the outbox, also to a
destination that is stopped. The exit code is 0 when it was accepted, 69 when a later try may work,
and 78 when it was refused. The audit log records it.

Example:
  scorewatch destination test soc")]
    Test {
        #[arg(help = format!("Its name{}", surfaces::config_parts().or_rooms()))]
        name: String,
    },
}

pub(super) async fn run(config: &Config, command: DestinationCommand) -> Result<ExitCode> {
    match command {
        DestinationCommand::Test { name } => {
            let test = async |session: &Session<'_>| session.doors.operations.test_destination(&operator(), &name, &origin(config)).await;
            // A name that nothing has makes no store.
            let rehearse = async |session: &Session<'_>| session.doors.posting.posts().destinations.find(&name).map(|_| ());
            show_test(&name, &with_new_store(config, rehearse, test).await?)
        }
        DestinationCommand::List { json } => with_any_store(config, async |session| list(session, json).await).await,
    }
}

async fn list(session: &Session<'_>, json: bool) -> Result<ExitCode> {
    let all: Vec<(String, DestinationShown)> = session.doors.operations.destinations(&Asker::local()).await?.into_iter().collect();
    let none = "No destination is configured. Add [destinations.NAME] to scorewatch.toml; docs/destinations/README.md shows how.";
    let now = Timestamp::now();
    let rows: Vec<Value> = all.iter().map(|one| as_json(one, now)).collect();
    print_rows(json, &rows, none, |_| as_card(&all, now))?;
    Ok(ExitCode::SUCCESS)
}

/// Where a test comes from: this machine, and how others reach the server that runs here, if they do.
fn origin(config: &Config) -> String {
    let environment = Environment::of_process();
    let named = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(|name| environment.get(name)).map(ToOwned::to_owned);
    let in_file = || {
        use std::io::Read as _;
        let (mut name, file) = (String::new(), std::fs::File::open("/etc/hostname").ok()?);
        file.take(MACHINE_MAX).read_to_string(&mut name).ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    };
    let machine = named.or_else(in_file).unwrap_or_else(|| "a machine without a name".to_owned());
    match config.server.public_url.as_ref().and_then(|url| url.host_str()) {
        Some(host) => format!("{machine} ({host})"),
        None => machine,
    }
}

fn show_test(name: &str, tested: &Tested) -> Result<ExitCode> {
    let code = match &tested.taken {
        Ok(receipt) => {
            let kinds = surfaces::config_parts().kinds;
            let look = kinds.iter().find(|kind| kind.name == tested.kind).map_or("", |kind| kind.look_after_test);
            say(&format!("{name} ({}) accepted the test. {look}", tested.kind))?;
            receipt.remark.iter().for_each(|remark| tell(remark));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&format!("{name} ({}) did not accept the test. {}", tested.kind, failure.why()))?;
            exit_code(match failure {
                SendFailure::Later { .. } => ErrorKind::Upstream,
                SendFailure::Never { .. } | SendFailure::Refused { .. } | SendFailure::Dead { .. } => ErrorKind::Misconfigured,
            })
        }
    };
    if let Some(stop) = &tested.stop {
        tell(&format!(
            "Only tests are sent there since {}: {} To resume: scorewatch deliveries resume {name}",
            minute(stop.since),
            stop.why
        ));
    }
    Ok(code)
}

fn as_json((name, shown): &(String, DestinationShown), now: Timestamp) -> Value {
    let DestinationShown { place, fallback, stop, outage } = shown;
    let (failing, last_failure) = outage.as_ref().map_or((None, None), |outage| failing_value(outage, now));
    json!({
        "name": name,
        "kind": place.destination.kind(),
        "role": place.readers.role.word(),
        "tenants": place.readers.tenants.to_string(),
        "fallback": fallback,
        "stopped": stop,
        "failing": failing,
        "last_failure": last_failure,
    })
}

fn as_card(all: &[(String, DestinationShown)], now: Timestamp) -> Card {
    let stands = |shown: &DestinationShown| match (&shown.stop, &shown.outage) {
        (Some(_), _) => Word::toned("stopped", Tone::Bad),
        (None, Some(outage)) if !outage.stands(now) => Word::toned("not known", Tone::Warn),
        (None, Some(outage)) if outage.paused(now).is_some() => Word::toned("paused", Tone::Warn),
        (None, Some(_)) => Word::toned("failing", Tone::Warn),
        (None, None) => Word::plain("ok"),
    };
    let row = |(name, shown): &(String, DestinationShown)| {
        let Asker { role, tenants: seen, .. } = &shown.place.readers;
        [
            Word::toned(&**name, Tone::Strong),
            Word::plain(shown.place.destination.kind()),
            Word::plain(role.word()),
            Word::plain(seen.to_string()),
            Word::plain(shown.fallback.as_deref().unwrap_or("none")),
            stands(shown),
        ]
    };
    let notes = all.iter().filter_map(|(name, shown)| {
        let stopped =
            shown.stop.as_ref().map(|stop| format!("Deliveries to {name} are stopped since {}: {}", minute(stop.since), stop.why));
        stopped.or_else(|| shown.outage.as_ref().map(|outage| failing(name, outage, now))).map(Block::Note)
    });
    let blocks =
        [table(["destination", "kind", "role", "tenants", "fallback", "state"], all.iter().map(row))].into_iter().chain(notes).collect();
    Card::new("Destinations", blocks, "To test one: scorewatch destination test NAME")
}
