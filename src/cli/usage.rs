//! What was asked, and what did it come to? A table for the operator, or JSON; running servers are not disturbed.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::{Map, Value, json};

use super::{key::strange, say, write_out};
use crate::{
    access::Asker,
    app::Doors,
    card::{Block, Card, Column, Fact, TableRow, Tone, Word},
    config::{Config, Environment},
    error::Result,
    operations::{Operation, Outcome, Spent, TOKENS_PER_SCU, USAGE_DAYS_MAX, UsageBy, UsageReport, UsageWish},
    store::Store,
    surfaces::terminal::{Capabilities, render},
    text::{person_with_id, thousands},
};

/// Which usage, and how to show it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "SCU are Microsoft's Security Compute Units; every answer says what their estimate rests on. Keys of one name are one caller. A card on a terminal is for people and counts no tokens. \
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
    /// What to sum up by; several with commas between them
    #[arg(long, value_name = "WHAT", default_value = "skill", value_delimiter = ',', value_parser = PossibleValuesParser::new(UsageBy::ALL.map(UsageBy::word)).try_map(|word| word.parse::<UsageBy>()))]
    pub(super) by: Vec<UsageBy>,
    /// How many tokens one Security Compute Unit is taken to read
    #[arg(long, value_name = "TOKENS", default_value_t = TOKENS_PER_SCU, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) tokens_per_scu: u32,
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(config: &Config, wish: UsageArgs) -> Result<()> {
    let UsageArgs { days, by, tokens_per_scu, json } = wish;
    let store = Store::open_existing(&config.store.path).await?;
    let operations = Doors::of_command(store.clone(), config).await?.operations;
    let told = operations.operate(&Asker::local(), Operation::Usage(UsageWish { days, by, tokens_per_scu })).await;
    store.close().await;
    let Outcome::Usage(report) = told? else { return Err(strange()) };
    if json {
        return say(&as_value(&report).to_string());
    }
    if report.rows.is_empty() {
        return say(&format!("Nothing was asked {}. Try: scorewatch ask secure_score", period(&report)));
    }
    write_out(render(&as_card(&report), Capabilities::of_stdout(&Environment::of_process())).as_bytes())
}

fn as_value(report: &UsageReport) -> Value {
    let words: Vec<&str> = report.by.iter().map(|by| by.word()).collect();
    let rows = report.rows.iter().map(|(names, spent)| {
        let mut row: Map<String, Value> = words.iter().map(ToString::to_string).zip(names.iter().cloned().map(Value::from)).collect();
        row.extend(numbers(spent));
        Value::Object(row)
    });
    json!({
        "since": report.since,
        "until": report.until,
        "by": words,
        "rows": rows.collect::<Vec<_>>(),
        "total": numbers(&report.total),
        "tokens_per_scu": report.tokens_per_scu,
        "assumption": report.assumption,
    })
}

fn numbers(spent: &Spent) -> Map<String, Value> {
    let Spent { calls, remembered, made, refused, tokens_out, tokens_avoided, scu_out, scu_avoided } = *spent;
    let thousandths = |scu: f64| (scu * 1000.0).round() / 1000.0;
    let counts = [
        ("calls", calls),
        ("remembered", remembered),
        ("made", made),
        ("refused", refused),
        ("tokens_out", tokens_out),
        ("tokens_avoided", tokens_avoided),
    ];
    let units = [("scu_out", scu_out), ("scu_avoided", scu_avoided)];
    let counts = counts.map(|(name, count)| (name.to_owned(), Value::from(count)));
    counts.into_iter().chain(units.map(|(name, scu)| (name.to_owned(), Value::from(thousandths(scu))))).collect()
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

    fn report() -> UsageReport {
        let spent = |calls, remembered, refused, tokens_out, tokens_avoided| Spent {
            calls,
            remembered,
            made: calls - remembered - refused,
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
1,216 calls  98 % cached  16 refused

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
1,216 calls  98 % cached  16 refused

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
        let value = as_value(&report());
        assert_eq!(value["rows"][0]["skill"], "weakest_controls");
        assert_eq!((&value["total"]["made"], &value["total"]["scu_avoided"]), (&json!(20), &json!(4938.272)));
        assert_eq!((&value["since"], &value["assumption"]), (&json!("2026-10-23"), &json!("One SCU is taken to read 20,000 tokens.")));
    }

    #[test]
    fn a_little_is_not_nothing() {
        assert_eq!([0.0, 0.01, 0.05, 12.34].map(units), ["about 0.0 SCU", "less than 0.1 SCU", "about 0.1 SCU", "about 12.3 SCU"]);
    }
}
