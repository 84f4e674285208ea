//! Which rules of alerts are there, and what is firing? A table for the operator, or JSON; nothing is looked at anew.

use super::{
    output::{print_rows, say, table},
    session::with_store,
};
use crate::{
    access::Asker,
    card::{Block, Card, Tone, Word},
    config::Config,
    error::Result,
    posting::{AlertShown, FindingShown},
    text::{count, minute},
};
use clap::Args;

/// What is said of a change or an event from before its rule was added.
const PREEXISTING: &str = "already true when the rule was added, not notified";

/// How to show alerts.
#[derive(Debug, Args)]
#[command(after_help = "Alert rules are part of the configuration:
  [[alert]]
  name = \"slips\"
  tenants = \"all\"
  when = \"control_regresses\"
  points = 2
  to = \"soc\"

`scorewatch serve` evaluates them every minute. A state is notified once, again after
repeat_hours or when it gets worse, and when it is resolved. A change that may correct
itself says so, or waits for the next day with hold = true.

Examples:
  scorewatch alert                                  what is firing, since when, when notified
  scorewatch alert --json
  scorewatch snooze --help                          keep one quiet for a while")]
pub(super) struct AlertArgs {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, args: AlertArgs) -> Result<()> {
    let none = "No alert rule is configured. `scorewatch alert --help` shows one.";
    if config.alerts.is_empty() && !args.json {
        return say(none);
    }
    with_store(config, async |session| print_rows(args.json, &session.doors.posting.alerts(&Asker::local()).await?, none, as_card)).await
}

fn as_card(alerts: &[AlertShown]) -> Card {
    let bad: usize = alerts.iter().map(|alert| alert.firing.len()).sum();
    let known: usize = alerts.iter().map(|alert| alert.preexisting.len()).sum();
    let rules = count(alerts.len(), "rule");
    let lead = match bad {
        0 => vec![Word::toned(format!("{rules}, nothing firing"), Tone::Good)],
        _ => vec![Word::toned(format!("{bad} firing"), Tone::Bad), Word::plain(rules)],
    };
    let mut blocks = vec![Block::Lead(lead)];
    if known > 0 {
        blocks.push(Block::Note(format!("{known} already true when their rule was added, not notified.")));
    }
    blocks.push(table(
        ["rule", "kind", "notifies", "tenants", "firing"],
        alerts.iter().map(|alert| {
            let tone = if alert.firing.is_empty() { Tone::Quiet } else { Tone::Bad };
            [
                Word::toned(&*alert.rule, Tone::Strong),
                Word::plain(alert.kind),
                Word::plain(&*alert.to),
                Word::plain(alert.tenants.join(", ")),
                Word::toned(alert.firing.len().to_string(), tone),
            ]
        }),
    ));
    if bad + known > 0 {
        let rows = alerts.iter().flat_map(|alert| {
            let firing = alert.firing.iter().map(|finding| row(alert, finding, "not yet"));
            firing.chain(alert.preexisting.iter().map(|finding| row(alert, finding, PREEXISTING)))
        });
        blocks.push(table(["tenant", "what", "rule", "since", "notified", "snoozed"], rows));
    }
    Card::new("Alerts", blocks, "")
}

fn row(alert: &AlertShown, finding: &FindingShown, never: &str) -> [Word; 6] {
    let FindingShown { tenant, subject, news, since, notified, snoozed } = finding;
    [
        Word::plain(&**tenant),
        Word::plain(format!("{news} [{subject}]")),
        Word::plain(&*alert.rule),
        Word::plain(minute(*since)),
        notified.map_or_else(|| Word::toned(never, Tone::Quiet), |at| Word::plain(minute(at))),
        Word::toned(snoozed.map_or_else(String::new, |until| format!("until {}", minute(until))), Tone::Warn),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::surfaces::terminal::{Capabilities, render};

    #[test]
    fn what_was_known_is_shown_apart_from_what_is_bad() {
        let since = Timestamp::UNIX_EPOCH;
        let finding = |subject: &str| FindingShown {
            tenant: "contoso".to_owned(),
            subject: subject.to_owned(),
            news: "it fell".to_owned(),
            since,
            notified: None,
            snoozed: None,
        };
        let alert = |firing, preexisting| AlertShown {
            rule: "falls".to_owned(),
            kind: "score_falls",
            to: "soc".to_owned(),
            tenants: vec!["contoso".to_owned()],
            firing,
            preexisting,
        };
        let wide = Capabilities { width: 160, colour: false };
        let known = render(&as_card(&[alert(Vec::new(), vec![finding("score")])]), wide);
        assert!(known.contains("1 rule, nothing firing") && known.contains(PREEXISTING), "{known}");
        assert!(known.contains("1970-01-01 00:00 UTC"), "{known}");
        let both = alert(vec![finding("other")], vec![finding("score")]);
        assert!(render(&as_card(std::slice::from_ref(&both)), wide).contains("1 firing"));
    }
}
