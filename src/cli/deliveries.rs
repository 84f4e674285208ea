//! What went out, what waits, what failed and why? The outbox as a table or as JSON; and what the operator does about it.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    exit_code, operator,
    outage::{failing, failing_value, next, waiting},
    output::{print_card, print_json, say, tell},
    session::{Session, with_store},
    stop::stop_asked,
};
use crate::{
    access::Asker,
    app,
    card::{Block, Card, Column, Fact, TableRow, Tone, Word},
    config::Config,
    error::{ErrorKind, Result},
    operations::{DELIVERIES_MAX, DeliveryFilter, DeliveryReport, DeliveryShown, DeliveryState, Stop, WorkerKind},
    store::{KnownDelivery, Store},
    text::{minute, thousands},
};

/// How old the worker's last round may be for it to be taken to run.
const RUNS: SignedDuration = SignedDuration::from_mins(2);
/// For how long somebody waits to see a post go out, and how often they look.
const WATCHED_FOR: Duration = Duration::from_secs(8);
const WATCHED_EVERY: Duration = Duration::from_millis(100);

/// Which deliveries, and how to show them; or what to do about one.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "A delivery is one post for one destination. It is waiting, sent, failed, withheld (those who
read there may not see it) or replaced: a digest that was still waiting when the next one
was created, which covers both. Finished deliveries are listed for 90 days. Failed ones can
be retried for a week, except alerts and their resolutions, which their rule sends again.
When a worker has something to do and has not run for 10 minutes, the exit code is 75.

Examples:
  scorewatch deliveries                             the newest 20, and a summary
  scorewatch deliveries --state failed --destination soc
  scorewatch deliveries --limit 1000 --json
  scorewatch deliveries retry ID                    retry one now
  scorewatch deliveries resume soc                  send there again, once it is fixed"
)]
pub(super) struct DeliveriesArgs {
    #[command(subcommand)]
    command: Option<DeliveriesCommand>,
    /// Only those in this state
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(DeliveryState::ALL.map(DeliveryState::word)).try_map(|word| word.parse::<DeliveryState>()))]
    state: Option<DeliveryState>,
    /// Only those for this destination
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    /// How many, the newest first
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=i64::from(DELIVERIES_MAX)))]
    limit: u16,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum DeliveriesCommand {
    /// Retry a delivery now, for as long as a new one; never one that was sent, nor an alert that failed
    #[command(after_help = "Example:\n  scorewatch deliveries retry TLxIzdvcnPZW61pVkWfeCw6j")]
    Retry {
        /// Its id, as `deliveries` shows it
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Send to a destination again that failed for good, or that asked for a pause
    #[command(after_help = "Example:\n  scorewatch deliveries resume soc")]
    Resume {
        /// Its name
        destination: String,
    },
}

pub(super) async fn run(config: &Config, args: DeliveriesArgs) -> Result<ExitCode> {
    with_store(config, async |session| carry_out(session, args).await).await
}

async fn carry_out(session: &Session<'_>, args: DeliveriesArgs) -> Result<ExitCode> {
    let DeliveriesArgs { command, state, destination, limit, json } = args;
    let operations = &session.doors.operations;
    match command {
        Some(DeliveriesCommand::Retry { id }) => {
            let again = operations.deliver_again(&operator(), &id).await?;
            say(&format!("{} for {} is retried.", again.kind, again.destination))?;
            see_out(session, &id).await
        }
        Some(DeliveriesCommand::Resume { destination }) => {
            let resumed = operations.resume_destination(&operator(), &destination).await?;
            say(&if resumed.was_stopped {
                format!("{destination} is resumed. What failed meanwhile: scorewatch deliveries --state failed --destination {destination}")
            } else if resumed.was_failing {
                format!("What is waiting for {destination} is retried now, if `scorewatch serve` runs.")
            } else {
                format!("{destination} was not stopped.")
            })?;
            Ok(ExitCode::SUCCESS)
        }
        None => show(&operations.deliveries(&Asker::local(), &DeliveryFilter { state, destination, limit }).await?, json),
    }
}

/// That nothing goes to the destination `to`, and why.
pub(super) fn stopped(to: &str, stop: &Stop) -> String {
    format!("Deliveries to {to} are stopped: {} Once that is fixed: scorewatch deliveries resume {to}", stop.why)
}

/// Sees the delivery `id` out: a server delivers it where one runs, else we do. Tells what became of it; 0 only when it arrived.
pub(super) async fn see_out(session: &Session<'_>, id: &str) -> Result<ExitCode> {
    let Session { config, store, doors } = session;
    let mut known = if is_served(store).await? { watch(store, id).await? } else { store.delivery(id).await? };
    if known.as_ref().is_some_and(is_untried) {
        let deliverer = app::deliverer_over(store.clone(), doors, config).await?;
        let tried = tokio::select! {
            tried = deliverer.deliver_now(id) => tried?,
            signal = stop_asked() => {
                deliverer.give_back().await;
                tell("Stopped while it was being sent; it may have arrived. `scorewatch serve` sends it when it runs.");
                return Ok(signal.exit_code());
            }
        };
        // Somebody else may be sending it by now.
        known = if tried { store.delivery(id).await? } else { watch(store, id).await? };
    }
    let Some(known) = known else {
        tell("It is no longer in the outbox.");
        return Ok(exit_code(ErrorKind::NotReady));
    };
    let why = known.why.as_deref().unwrap_or_default();
    let (report, code) = match known.state {
        DeliveryState::Sent => (format!("Sent. {why}"), ExitCode::SUCCESS),
        DeliveryState::Waiting => {
            let outage = store.outage(&known.destination).await?;
            (waiting(&known, outage.as_ref(), Timestamp::now()), exit_code(ErrorKind::NotReady))
        }
        DeliveryState::Failed | DeliveryState::Withheld | DeliveryState::Replaced => {
            (format!("Not sent: {why}"), exit_code(ErrorKind::Upstream))
        }
    };
    tell(report.trim_end());
    Ok(code)
}

/// Whether a server seems to be there that delivers.
async fn is_served(store: &Store) -> Result<bool> {
    let beat = store.heartbeats().await?.remove(&WorkerKind::Deliver);
    Ok(beat.is_some_and(|beat| Timestamp::now().duration_since(beat) < RUNS))
}

/// The delivery `id`, once it was tried, or after some seconds.
async fn watch(store: &Store, id: &str) -> Result<Option<KnownDelivery>> {
    let until = Instant::now() + WATCHED_FOR;
    loop {
        let known = store.delivery(id).await?;
        if Instant::now() >= until || !known.as_ref().is_some_and(is_untried) {
            return Ok(known);
        }
        tokio::time::sleep(WATCHED_EVERY).await;
    }
}

fn is_untried(known: &KnownDelivery) -> bool {
    known.state == DeliveryState::Waiting && known.tries == 0
}

fn show(report: &DeliveryReport, json: bool) -> Result<ExitCode> {
    let now = Timestamp::now();
    if json {
        print_json(&as_json(report, now))?;
    } else if report.sums.by_state.values().all(|count| *count == 0) {
        say("Nothing was sent yet. To preview a digest: scorewatch digest preview NAME. To list them: scorewatch digest")?;
    } else {
        print_card(&as_card(report, now))?;
    }
    if report.silent.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let silent = report.silent.iter().map(|(worker, since)| {
        let since = since.map_or_else(|| "never ran".to_owned(), |since| format!("last ran {}", minute(since)));
        format!("{worker} ({since})")
    });
    tell(&format!("Not running: {}. Is `scorewatch serve` running?", silent.collect::<Vec<_>>().join(", ")));
    Ok(exit_code(ErrorKind::NotReady))
}

fn as_json(report: &DeliveryReport, now: Timestamp) -> Value {
    let (mut failing, mut last_failures) = (serde_json::Map::new(), serde_json::Map::new());
    for (name, outage) in &report.outages {
        let (known, last) = failing_value(outage, now);
        failing.extend(known.map(|known| (name.clone(), known)));
        last_failures.extend(last.map(|last| (name.clone(), last)));
    }
    let mut value = json!(report);
    value["failing"] = failing.into();
    value["last_failures"] = last_failures.into();
    value
}

fn as_card(report: &DeliveryReport, now: Timestamp) -> Card {
    let lead = report.sums.by_state.iter().filter(|(_, count)| **count > 0);
    let lead = lead.map(|(state, count)| Word::toned(format!("{} {state}", thousands(*count)), tone(*state))).collect();
    let fact = |label: String, value: Word| Fact::new(label, value);
    let mut facts: Vec<_> = report.workers.iter().map(|(worker, at)| fact(format!("{worker} ran"), Word::plain(minute(*at)))).collect();
    if let Some(oldest) = report.sums.oldest_waiting {
        facts.push(fact("oldest waiting".to_owned(), Word::plain(minute(oldest))));
    }
    let mut blocks = vec![Block::Lead(lead), Block::Facts(facts)];
    blocks.extend(
        report
            .stops
            .iter()
            .map(|(name, stop)| Block::Note(format!("Deliveries to {name} are stopped since {}: {}", minute(stop.since), stop.why))),
    );
    blocks.extend(
        report
            .outages
            .iter()
            .filter(|(name, _)| !report.stops.contains_key(*name))
            .map(|(name, outage)| Block::Note(failing(name, outage, now))),
    );
    let mut columns = ["what", "state", "to", "created"].map(Column::words).to_vec();
    // To be copied, so that it must not wrap.
    columns.push(Column::number("id"));
    let rows: Vec<_> = report.rows.iter().map(|row| TableRow::from(cells(row))).collect();
    if !rows.is_empty() {
        blocks.push(Block::Table { columns, rows });
    }
    blocks.extend(report.rows.iter().filter_map(|row| {
        let remarks: Vec<String> = row.why.iter().cloned().chain(next(row)).collect();
        (!remarks.is_empty()).then(|| Block::Note(format!("{}: {}", row.id, remarks.join(" "))))
    }));
    Card::new("Deliveries", blocks, "Times are UTC.")
}

fn cells(row: &DeliveryShown) -> Vec<Word> {
    let tries = if row.tries > 1 { format!(" ({} tries)", row.tries) } else { String::new() };
    vec![
        Word::plain(if row.title.is_empty() { row.kind.to_string() } else { row.title.clone() }),
        Word::toned(format!("{}{tries}", row.state), tone(row.state)),
        Word::plain(row.meant_for.as_ref().map_or_else(|| row.destination.clone(), |other| format!("{} (for {other})", row.destination))),
        Word::toned(row.created.strftime("%m-%d %H:%M").to_string(), Tone::Quiet),
        Word::toned(&*row.id, Tone::Quiet),
    ]
}

pub(super) const fn tone(state: DeliveryState) -> Tone {
    match state {
        DeliveryState::Waiting => Tone::Strong,
        DeliveryState::Sent => Tone::Good,
        DeliveryState::Failed => Tone::Bad,
        DeliveryState::Withheld => Tone::Warn,
        DeliveryState::Replaced => Tone::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::surfaces::terminal::{Capabilities, render};
    use crate::{delivery::PostKind, operations::WorkerKind};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn report() -> DeliveryReport {
        let row = |id: &str, title: &str, state, why: Option<&str>| DeliveryShown {
            id: id.to_owned(),
            kind: PostKind::Digest { name: "morning".to_owned() },
            period: "2026-11-18".to_owned(),
            title: title.to_owned(),
            tenants: vec!["contoso".to_owned()],
            destination: "soc".to_owned(),
            meant_for: None,
            state,
            created: at(0),
            next: None,
            deadline: at(43_200),
            tries: if why.is_some() { 3 } else { 0 },
            why: why.map(ToOwned::to_owned),
            sent: None,
        };
        let mut sums = crate::store::DeliverySums { oldest_waiting: Some(at(0)), ..crate::store::DeliverySums::default() };
        sums.by_state =
            [(DeliveryState::Waiting, 1), (DeliveryState::Sent, 1204), (DeliveryState::Failed, 0), (DeliveryState::Withheld, 0)].into();
        let why = "The other side is out of order (status 503).";
        DeliveryReport {
            rows: vec![
                row("TLxIzdvcnPZW61pVkWfeCw6j", "Contoso: \u{2212}12 points since Friday", DeliveryState::Waiting, Some(why)),
                row("-LxIzdvcnPZW61pVkWfeCw6j", "", DeliveryState::Sent, None),
            ],
            sums,
            workers: BTreeMap::from([(WorkerKind::Deliver, at(60))]),
            stops: BTreeMap::from([("ops".to_owned(), crate::operations::Stop { since: at(0), why: "It is gone.".to_owned() })]),
            outages: BTreeMap::new(),
            silent: BTreeMap::from([(WorkerKind::Digest, None), (WorkerKind::Alert, Some(at(0)))]),
        }
    }

    #[test]
    fn it_reads_well_on_a_screen_and_on_a_phone() {
        let drawn = |width| render(&as_card(&report(), at(60)), Capabilities { width, colour: false });
        let screen = "\
Deliveries
──────────
1 waiting · 1,204 sent

deliver ran     2026-11-18 11:07 UTC
oldest waiting  2026-11-18 11:06 UTC

! Deliveries to ops are stopped since 2026-11-18 11:06 UTC: It is gone.

what                              state              to   created                            id
───────────────────────────────────────────────────────────────────────────────────────────────
Contoso: −12 points since Friday  waiting (3 tries)  soc  11-18 11:06  TLxIzdvcnPZW61pVkWfeCw6j
digest:morning                    sent               soc  11-18 11:06  -LxIzdvcnPZW61pVkWfeCw6j

! TLxIzdvcnPZW61pVkWfeCw6j: The other side is out of order (status 503).

Times are UTC.
";
        assert_eq!(drawn(120), screen);
        let phone = drawn(40);
        let below = "\
Contoso: −12 points since Friday
  state    waiting (3 tries)
  to       soc
  created  11-18 11:06
  id       TLxIzdvcnPZW61pVkWfeCw6j
digest:morning
  state    sent
  to       soc
  created  11-18 11:06
  id       -LxIzdvcnPZW61pVkWfeCw6j

! TLxIzdvcnPZW61pVkWfeCw6j: The other
  side is out of order (status 503).

Times are UTC.
";
        assert!(phone.ends_with(below), "{phone}");
    }

    #[test]
    fn programs_get_all_of_it() {
        let value = as_json(&report(), at(60));
        assert_eq!((&value["by_state"]["sent"], &value["deliveries"][0]["state"]), (&json!(1204), &json!("waiting")));
        assert_eq!((&value["workers"]["deliver"], &value["stopped"]["ops"]["why"]), (&json!(at(60)), &json!("It is gone.")));
        assert_eq!(value["silent"], json!({ "digest": null, "alert": at(0) }));
    }
}
