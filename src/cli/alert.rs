//! Which rules of alerts are there, and what is firing? A table for the operator, or JSON; nothing is looked at anew.

use clap::Args;
use serde_json::{Value, json};

use super::{say, write_out};
use crate::{
    access::Asker,
    app::Doors,
    card::{Block, Card, Column, TableRow, Tone, Word},
    config::{Config, Environment},
    error::Result,
    posting::{AlertShown, FindingShown},
    store::Store,
    surfaces::terminal::{Capabilities, render},
    text::{count, minute},
};

/// What is said of a move or an event from before its rule watched.
const PREEXISTING: &str = "already true when the rule was added, not notified";

/// How to show alerts.
#[derive(Debug, Args)]
#[command(after_help = "Alerts are rules of the configuration:
  [[alert]]
  name = \"slips\"
  tenants = \"all\"
  when = \"control_regresses\"
  points = 2
  to = \"soc\"

`scorewatch serve` evaluates them every minute. A state is notified once, again after
repeat_hours or when it gets worse, and when it is resolved. What may correct itself says
so, or waits for the next day with hold = true.

Examples:
  scorewatch alert                                  what is firing, since when, notified when
  scorewatch alert --json
  scorewatch snooze --help                          keep one quiet for a while")]
pub(super) struct AlertArgs {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, wish: AlertArgs) -> Result<()> {
    if config.alerts.is_empty() && !wish.json {
        return say("No alert is configured. `scorewatch alert --help` shows one.");
    }
    let store = Store::open_existing(&config.store.path).await?;
    let posting = Doors::of_command(store.clone(), config).await?.posting;
    let shown = posting.alerts(&Asker::local()).await;
    store.close().await;
    let shown = shown?;
    if wish.json {
        return say(&Value::Array(shown.iter().map(as_value).collect()).to_string());
    }
    write_out(render(&as_card(&shown), Capabilities::of_stdout(&Environment::of_process())).as_bytes())
}

fn as_value(alert: &AlertShown) -> Value {
    let AlertShown { rule, kind, to, tenants, findings } = alert;
    let finding = |finding: &FindingShown| {
        let FindingShown { tenant, subject, news, since, notified, snoozed, preexisting: _ } = finding;
        json!({ "tenant": tenant, "subject": subject, "news": news, "since": since, "notified": notified, "snoozed_until": snoozed })
    };
    let those = |preexisting: bool| findings.iter().filter(|of| of.preexisting == preexisting).map(finding).collect::<Vec<_>>();
    json!({ "rule": rule, "kind": kind, "to": to, "tenants": tenants, "firing": those(false), "preexisting": those(true) })
}

fn as_card(alerts: &[AlertShown]) -> Card {
    let bad: usize = alerts.iter().map(bad_by).sum();
    let known = alerts.iter().map(|alert| alert.findings.len()).sum::<usize>() - bad;
    let rules = count(alerts.len(), "rule");
    let lead = match bad {
        0 => vec![Word::toned(format!("{rules}, nothing firing"), Tone::Good)],
        _ => vec![Word::toned(format!("{bad} firing"), Tone::Bad), Word::plain(format!("by {rules}"))],
    };
    let mut blocks = vec![Block::Lead(lead)];
    if known > 0 {
        blocks.push(Block::Note(format!("{known} already true when their rule was added, not notified.")));
    }
    let columns = ["rule", "kind", "notifies", "tenants", "firing"].map(Column::words).to_vec();
    let rows = alerts.iter().map(|alert| {
        let bad = bad_by(alert);
        let tone = if bad == 0 { Tone::Quiet } else { Tone::Bad };
        TableRow::from(vec![
            Word::toned(&*alert.rule, Tone::Strong),
            Word::plain(alert.kind),
            Word::plain(&*alert.to),
            Word::plain(alert.tenants.join(", ")),
            Word::toned(bad.to_string(), tone),
        ])
    });
    blocks.push(Block::Table { columns, rows: rows.collect() });
    if bad + known > 0 {
        let columns = ["tenant", "what", "rule", "since", "notified", "snoozed"].map(Column::words).to_vec();
        let rows = alerts.iter().flat_map(|alert| alert.findings.iter().map(|finding| row(alert, finding)));
        blocks.push(Block::Table { columns, rows: rows.collect() });
    }
    Card::new("Alerts", blocks, "")
}

/// How much is bad by `alert` that it tells.
fn bad_by(alert: &AlertShown) -> usize {
    alert.findings.iter().filter(|finding| !finding.preexisting).count()
}

fn row(alert: &AlertShown, finding: &FindingShown) -> TableRow {
    let FindingShown { tenant, subject, news, since, notified, snoozed, preexisting } = finding;
    let never = if *preexisting { PREEXISTING } else { "not yet" };
    TableRow::from(vec![
        Word::plain(&**tenant),
        Word::plain(format!("{news} [{subject}]")),
        Word::plain(&*alert.rule),
        Word::plain(minute(*since)),
        notified.map_or_else(|| Word::toned(never, Tone::Quiet), |at| Word::plain(minute(at))),
        Word::toned(snoozed.map_or_else(String::new, |until| format!("until {}", minute(until))), Tone::Warn),
    ])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_was_known_is_shown_apart_from_what_is_bad() {
        let since = Timestamp::UNIX_EPOCH;
        let finding = |subject: &str, preexisting| FindingShown {
            tenant: "contoso".to_owned(),
            subject: subject.to_owned(),
            news: "it fell".to_owned(),
            since,
            notified: None,
            snoozed: None,
            preexisting,
        };
        let alert = |findings| AlertShown {
            rule: "falls".to_owned(),
            kind: "score_falls",
            to: "soc".to_owned(),
            tenants: vec!["contoso".to_owned()],
            findings,
        };
        let wide = Capabilities { width: 160, colour: false };
        let known = render(&as_card(&[alert(vec![finding("score", true)])]), wide);
        assert!(known.contains("1 rule, nothing firing") && known.contains(PREEXISTING), "{known}");
        assert!(known.contains("1970-01-01 00:00 UTC"), "{known}");
        let both = alert(vec![finding("score", true), finding("other", false)]);
        assert!(render(&as_card(std::slice::from_ref(&both)), wide).contains("1 firing"));
        let value = as_value(&both);
        assert_eq!((&value["firing"][0]["subject"], &value["preexisting"][0]["subject"]), (&json!("other"), &json!("score")));
    }
}
