//! What was asked, and what did it come to? A table for the operator, or JSON; running servers are not disturbed.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::{Value, json};

use super::{
    output::{print_card, print_json, say},
    session::with_store,
};
use crate::{
    access::Asker,
    card::{Block, Card, Column, Fact, TableRow, Tone, Word},
    config::Config,
    error::Result,
    operations::{TOKENS_PER_SCU, USAGE_DAYS_MAX, UsageBy, UsageReport, UsageWish},
    text::{person_with_id, thousands},
};

/// Which usage, and how to show it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "SCU are Microsoft's Security Compute Units; every report says how they are estimated. Keys with the same name are one caller. A table on a terminal is for people and counts no tokens. \
The last seconds of a running server may be missing.

Examples:
  scorewatch usage                                  the last 30 days by skill
  scorewatch usage --days 7 --by caller             who asks most
  scorewatch usage --by day,surface
  scorewatch usage --days 400 --by day,skill,surface,caller --json
  scorewatch usage --tokens-per-scu 15000           with a figure of your own"
)]
pub(super) struct UsageArgs {
    /// How many days, the last of which is today (UTC)
    #[arg(long, value_name = "DAYS", default_value = "30", value_parser = clap::value_parser!(u16).range(1..=i64::from(USAGE_DAYS_MAX)))]
    pub(super) days: u16,
    /// What to sum up by; comma-separated
    #[arg(long, value_name = "WHAT", default_value = "skill", value_delimiter = ',', value_parser = PossibleValuesParser::new(UsageBy::ALL.map(UsageBy::word)).try_map(|word| word.parse::<UsageBy>()))]
    pub(super) by: Vec<UsageBy>,
    /// How many tokens one Security Compute Unit is assumed to read
    #[arg(long, value_name = "TOKENS", default_value_t = TOKENS_PER_SCU, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) tokens_per_scu: u32,
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(config: &Config, args: UsageArgs) -> Result<()> {
    let UsageArgs { days, by, tokens_per_scu, json } = args;
    let wish = UsageWish { days, by, tokens_per_scu };
    let report = with_store(config, async |session| session.doors.operations.usage(&Asker::local(), wish).await).await?;
    match report.rows.is_empty() {
        _ if json => print_json(&as_json(&report)),
        true => say(&format!("Nothing was asked {}. Try: scorewatch ask secure_score", period(&report))),
        false => print_card(&as_card(&report)),
    }
}

fn as_json(report: &UsageReport) -> Value {
    let UsageReport { days: _, since, until, by, rows, total, tokens_per_scu, assumption } = report;
    let rows = rows.iter().map(|(names, spent)| {
        let mut row = json!(spent);
        by.iter().zip(names).for_each(|(by, name)| row[by.word()] = json!(name));
        row
    });
    let rows: Vec<Value> = rows.collect();
    json!({ "since": since, "until": until, "by": by, "rows": rows, "total": total, "tokens_per_scu": tokens_per_scu, "assumption": assumption })
}

fn as_card(report: &UsageReport) -> Card {
    let total = &report.total;
    let mut lead =
        vec![Word::toned(format!("{} {}", thousands(total.calls), if total.calls == 1 { "call" } else { "calls" }), Tone::Strong)];
    if let Some(percent) = total.remembered_percent() {
        lead.push(Word::plain(format!("{percent:.0} % cached")));
    }
    if total.refused > 0 {
        lead.push(Word::toned(format!("{} refused", thousands(total.refused)), Tone::Warn));
    }
    let spent =
        |label: &str, tokens: u64, scu: f64, tone| Fact::new(label, Word::toned(format!("{} ({})", thousands(tokens), units(scu)), tone));
    let facts = vec![
        spent("tokens out", total.tokens_out, total.scu_out, Tone::Plain),
        spent("tokens avoided", total.tokens_avoided, total.scu_avoided, Tone::Good),
    ];
    let foot = format!("{} to {} (UTC). {}", report.since, report.until, report.assumption);
    Card::new(format!("Usage {}", period(report)), vec![Block::Lead(lead), Block::Facts(facts), table(report)], foot)
}

fn table(report: &UsageReport) -> Block {
    let names = report.by.iter().map(|by: &UsageBy| Column::words(by.word()));
    let numbers = ["calls", "refused", "cached", "tokens out", "avoided"].map(Column::number);
    let rows = report.rows.iter().map(|(names, spent)| {
        let mut row: Vec<Word> = names.iter().map(|name| Word::plain(short(name))).collect();
        let refused = if spent.refused > 0 { Word::toned(thousands(spent.refused), Tone::Warn) } else { Word::toned("0", Tone::Quiet) };
        let cached = spent.remembered_percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0} %"));
        row.extend([
            Word::toned(thousands(spent.calls), Tone::Strong),
            refused,
            Word::plain(cached),
            Word::plain(thousands(spent.tokens_out)),
            Word::plain(thousands(spent.tokens_avoided)),
        ]);
        row
    });
    Block::Table { columns: names.chain(numbers).collect(), rows: rows.map(TableRow::from).collect() }
}

/// A caller of Microsoft Entra by the first group of each GUID, which tells a handful of them apart; JSON has it whole.
fn short(name: &str) -> String {
    let first = |guid: &str| guid.split('-').next().unwrap_or_default().to_owned();
    let parts = name.strip_prefix("entra:").and_then(|rest| rest.split_once('/'));
    parts.map_or_else(|| person_with_id(name), |(directory, object)| format!("entra:{}…/{}…", first(directory), first(object)))
}

fn period(report: &UsageReport) -> String {
    if report.days == 1 { "today".to_owned() } else { format!("in the last {} days", report.days) }
}

/// Security Compute Units to a tenth, as Microsoft bills them.
fn units(scu: f64) -> String {
    if scu > 0.0 && scu < 0.05 { "less than 0.1 SCU".to_owned() } else { format!("about {scu:.1} SCU") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        operations::Spent,
        surfaces::terminal::{Capabilities, render},
    };

    fn report() -> UsageReport {
        let spent = |calls, remembered, refused, tokens_out, tokens_avoided| Spent {
            calls,
            remembered,
            computed: calls - remembered - refused,
            refused,
            tokens_out,
            tokens_avoided,
            scu_out: tokens_out as f64 / 20_000.0,
            scu_avoided: tokens_avoided as f64 / 20_000.0,
        };
        UsageReport {
            days: 30,
            since: date(2026, 10, 23),
            until: date(2026, 11, 21),
            by: vec![UsageBy::Skill],
            rows: vec![
                (vec!["weakest_controls".to_owned()], spent(1204, 1180, 4, 361_200, 98_765_432)),
                (vec!["accepted_risks".to_owned()], spent(12, 0, 12, 0, 0)),
            ],
            total: spent(1216, 1180, 16, 361_200, 98_765_432),
            tokens_per_scu: 20_000,
            assumption: "One SCU is taken to read 20,000 tokens.".to_owned(),
        }
    }

    #[test]
    fn it_reads_well_on_a_screen_and_on_a_phone() {
        let drawn = |width| render(&as_card(&report()), Capabilities { width, colour: false });
        let screen = "\
Usage in the last 30 days
─────────────────────────
1,216 calls · 98 % cached · 16 refused

tokens out      361,200 (about 18.1 SCU)
tokens avoided  98,765,432 (about 4938.3 SCU)

skill             calls  refused  cached  tokens out     avoided
────────────────────────────────────────────────────────────────
weakest_controls  1,204        4    98 %     361,200  98,765,432
accepted_risks       12       12       –           0           0

2026-10-23 to 2026-11-21 (UTC). One SCU is taken to read 20,000 tokens.
";
        assert_eq!(drawn(80), screen);
        let phone = "\
Usage in the last 30 days
─────────────────────────
1,216 calls · 98 % cached · 16 refused

tokens out     361,200 (about 18.1 SCU)
tokens         98,765,432 (about 4938.3
avoided        SCU)

weakest_controls
  calls       1,204
  refused     4
  cached      98 %
  tokens out  361,200
  avoided     98,765,432
accepted_risks
  calls       12
  refused     12
  cached      –
  tokens out  0
  avoided     0

2026-10-23 to 2026-11-21 (UTC). One SCU
is taken to read 20,000 tokens.
";
        assert_eq!(drawn(40), phone);
    }

    #[test]
    fn programs_get_the_same_numbers() {
        let value = as_json(&report());
        assert_eq!(value["rows"][0]["skill"], "weakest_controls");
        assert_eq!((&value["total"]["made"], &value["total"]["scu_avoided"]), (&json!(20), &json!(4938.272)));
        assert_eq!((&value["since"], &value["assumption"]), (&json!("2026-10-23"), &json!("One SCU is taken to read 20,000 tokens.")));
    }

    #[test]
    fn a_little_is_not_nothing() {
        assert_eq!([0.0, 0.01, 0.05, 12.34].map(units), ["about 0.0 SCU", "less than 0.1 SCU", "about 0.1 SCU", "about 12.3 SCU"]);
    }
}
