//! Which alerts are there, and what is bad by them now? A table for the operator, or JSON; nothing is looked at anew.

use clap::Args;
use serde_json::{Value, json};

use super::{say, write_out};
use crate::{
    access::Asker,
    app,
    ask::{AlertShown, FindingShown},
    card::{Block, Card, Column, TableRow, Tone, Word},
    config::{Config, Environment},
    error::Result,
    skills::tell::minute,
    store::Store,
    surfaces::terminal::{Look, render},
    text::count,
};

/// How to show alerts.
#[derive(Debug, Args)]
#[command(after_help = "Alerts are rules of the configuration:
  [alert.slips]
  tenants = \"all\"
  when = \"control_regresses\"
  points = 2
  to = \"soc\"

`scorewatch serve` looks at them every minute. A state is told once, told again after repeat_hours or when it gets
worse, and told to be over. What may correct itself says so, or waits for the next day with hold = true.

Examples:
  scorewatch alert                                  what is bad now, since when, told when
  scorewatch alert --json
  scorewatch snooze --help                          keep one quiet for a while")]
pub(super) struct Alert {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, wish: Alert) -> Result<()> {
    if config.alerts.is_empty() && !wish.json {
        return say("No alert is configured. `scorewatch alert --help` shows one.");
    }
    let store = Store::open_existing(&config.store.path).await?;
    let ask = app::ask_over(store.clone(), config).await?;
    let shown = ask.alerts(&Asker::local()).await;
    store.close().await;
    let shown = shown?;
    if wish.json {
        return say(&Value::Array(shown.iter().map(as_value).collect()).to_string());
    }
    write_out(render(&as_card(&shown), Look::of_stdout(&Environment::of_process())).as_bytes())
}

fn as_value(alert: &AlertShown) -> Value {
    let AlertShown { rule, kind, to, tenants, findings } = alert;
    let finding = |finding: &FindingShown| {
        let FindingShown { tenant, subject, news, since, told, snoozed } = finding;
        json!({ "tenant": tenant, "subject": subject, "news": news, "since": since, "told": told, "snoozed_until": snoozed })
    };
    json!({ "rule": rule, "kind": kind, "to": to, "tenants": tenants, "bad": findings.iter().map(finding).collect::<Vec<_>>() })
}

fn as_card(alerts: &[AlertShown]) -> Card {
    let bad: usize = alerts.iter().map(|alert| alert.findings.len()).sum();
    let tone = if bad == 0 { Tone::Good } else { Tone::Bad };
    let mut blocks = vec![Block::Lead(vec![
        Word::toned(if bad == 0 { "Nothing is bad".to_owned() } else { format!("{bad} bad") }, tone),
        Word::plain(format!("by {}", count(alerts.len(), "alert"))),
    ])];
    let columns = ["alert", "kind", "tells", "tenants", "bad"].map(Column::words).to_vec();
    let rows = alerts.iter().map(|alert| {
        let tone = if alert.findings.is_empty() { Tone::Quiet } else { Tone::Bad };
        TableRow::from(vec![
            Word::toned(&*alert.rule, Tone::Strong),
            Word::plain(alert.kind),
            Word::plain(&*alert.to),
            Word::plain(alert.tenants.join(", ")),
            Word::toned(alert.findings.len().to_string(), tone),
        ])
    });
    blocks.push(Block::Table { columns, rows: rows.collect() });
    if bad > 0 {
        let columns = ["tenant", "what", "alert", "since", "told", "snoozed"].map(Column::words).to_vec();
        let rows = alerts.iter().flat_map(|alert| alert.findings.iter().map(|finding| row(alert, finding)));
        blocks.push(Block::Table { columns, rows: rows.collect() });
    }
    Card::new("Alerts", blocks, "")
}

fn row(alert: &AlertShown, finding: &FindingShown) -> TableRow {
    let FindingShown { tenant, subject, news, since, told, snoozed } = finding;
    TableRow::from(vec![
        Word::plain(&**tenant),
        Word::plain(format!("{news} [{subject}]")),
        Word::plain(&*alert.rule),
        Word::plain(minute(*since)),
        told.map_or_else(|| Word::toned("not yet", Tone::Quiet), |told| Word::plain(minute(told))),
        Word::toned(snoozed.map_or_else(String::new, |until| format!("until {}", minute(until))), Tone::Warn),
    ])
}
