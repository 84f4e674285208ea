//! Who changed what, and when? The audit log as a table, or as JSON; running servers are not disturbed.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{say, write_out};
use crate::{
    access::Asker,
    app::Doors,
    card::{Block, Card, Column, TableRow, Tone, Word},
    config::{Config, Environment},
    error::Result,
    operations::{AUDIT_ROWS_MAX, AuditEntry},
    store::Store,
    surfaces::terminal::{Capabilities, render},
    text::{cut, one_line, person_with_id},
};

/// How much of a value of a detail the table shows, in characters; JSON has all of it.
const VALUE_MAX: usize = 120;

/// Which changes, and how to show them.
#[derive(Debug, clap::Args)]
#[command(after_help = "It holds what people changed: notes, keys, digests, snoozes, destinations. The newest
100,000 changes are kept.

Examples:
  scorewatch audit                                  the newest 20 changes
  scorewatch audit --tenant contoso --limit 100
  scorewatch audit --limit 10000 --json")]
pub(super) struct AuditArgs {
    /// How many changes, the newest first
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=i64::from(AUDIT_ROWS_MAX)))]
    limit: u32,
    /// Only changes about this tenant
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, wish: AuditArgs) -> Result<()> {
    let store = Store::open_existing(&config.store.path).await?;
    let operations = Doors::of_command(store.clone(), config).await?.operations;
    let told = operations.audit(&Asker::local(), wish.tenant.as_deref(), wish.limit).await;
    store.close().await;
    let entries = told?;
    if wish.json {
        return say(&Value::Array(entries.iter().map(as_value).collect()).to_string());
    }
    if entries.is_empty() {
        return say("Nobody changed anything yet. Change something: scorewatch note CONTROL --owner \"Ada Lovelace\"");
    }
    write_out(render(&as_card(&entries), Capabilities::of_stdout(&Environment::of_process())).as_bytes())
}

fn as_value(entry: &AuditEntry) -> Value {
    let AuditEntry { at, asker, what, tenant, subject, detail } = entry;
    let detail: Value = serde_json::from_str(detail).unwrap_or_default();
    json!({ "at": at, "asker": asker, "what": what, "tenant": tenant, "subject": subject, "detail": detail })
}

fn as_card(entries: &[AuditEntry]) -> Card {
    let columns = ["when (UTC)", "who", "what", "of", "tenant", "how"].map(Column::words).to_vec();
    let rows = entries.iter().map(|entry| {
        let at = entry.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M");
        vec![
            Word::plain(at.to_string()),
            Word::plain(person_with_id(&entry.asker)),
            Word::toned(&*entry.what, Tone::Strong),
            Word::plain(&*entry.subject),
            Word::plain(entry.tenant.as_deref().unwrap_or_default()),
            Word::toned(how(&serde_json::from_str(&entry.detail).unwrap_or_default()), Tone::Quiet),
        ]
    });
    Card::new("Audit log", vec![Block::Table { columns, rows: rows.map(TableRow::from).collect() }], "")
}

/// What it was and what it became, in a line: `owner Ada → Grace, until none → 2027-03-31`.
fn how(detail: &Value) -> String {
    let empty = Map::new();
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    if detail.get("was").is_none() && detail.get("became").is_none() {
        let all = detail.as_object().unwrap_or(&empty).iter().filter(|(_, value)| !value.is_null());
        return all.map(|(name, value)| format!("{} {}", one_line(name), shown(Some(value)))).collect::<Vec<_>>().join(", ");
    }
    let (was, became) = (members(&detail["was"]), members(&detail["became"]));
    let names = was.keys().chain(became.keys().filter(|name| !was.contains_key(*name)));
    let moved = names.filter(|name| was.get(*name) != became.get(*name));
    moved.map(|name| format!("{} {} → {}", one_line(name), shown(was.get(name)), shown(became.get(name)))).collect::<Vec<_>>().join(", ")
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => cut(&one_line(text), VALUE_MAX),
        Some(Value::Array(items)) => cut(&items.iter().map(|item| shown(Some(item))).collect::<Vec<_>>().join(" "), VALUE_MAX),
        Some(other) => cut(&one_line(&other.to_string()), VALUE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_change_reads_in_a_line() {
        let was = json!({ "owner": "Ada", "note": "same" });
        let became = json!({ "owner": "Grace\n\u{202e}Hopper", "note": "same", "until": "2027-03-31" });
        assert_eq!(how(&json!({ "was": was, "became": became })), "owner Ada → Grace Hopper, until none → 2027-03-31");
        assert_eq!(how(&json!({ "was": was, "became": {} })), "note same → none, owner Ada → none");
        assert_eq!(how(&json!({ "role": "reader", "tenants": ["a", "b"], "expires": null })), "role reader, tenants a b");
        assert_eq!([how(&json!({})), how(&Value::Null), how(&json!(7))], ["", "", ""]);
        assert_eq!(how(&json!({ "was": 1, "became": { "x": "y".repeat(500) } })).chars().count(), "x none → ".chars().count() + VALUE_MAX);
    }

    #[test]
    fn it_reads_well_on_a_screen_and_in_a_program() {
        let entry = AuditEntry {
            at: Timestamp::UNIX_EPOCH,
            asker: "key:ab12".to_owned(),
            what: "note".to_owned(),
            tenant: Some("contoso".to_owned()),
            subject: "OneAdmin".to_owned(),
            detail: r#"{"was":{},"became":{"owner":"Ada"}}"#.to_owned(),
        };
        let shown = render(&as_card(std::slice::from_ref(&entry)), Capabilities { width: 100, colour: false });
        assert!(shown.contains("1970-01-01 00:00  key:ab12  note  OneAdmin  contoso  owner none → Ada"), "{shown}");
        assert_eq!(as_value(&entry)["detail"]["became"]["owner"], "Ada");
        let damaged = AuditEntry { detail: "{".to_owned(), ..entry };
        assert_eq!(as_value(&damaged)["detail"], Value::Null);
    }
}
