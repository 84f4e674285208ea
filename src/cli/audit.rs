//! Who changed what, and when? The audit log as a table, or as JSON; running servers are not disturbed.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{
    output::{print_rows, table},
    session::with_store,
};
use crate::{
    access::Asker,
    card::{Card, Tone, Word},
    config::Config,
    error::Result,
    operations::{AUDIT_ROWS_MAX, AuditEntry},
    text::{cut, one_line, person_with_id},
};

/// How much of a value of a detail the table shows, in characters; JSON has all of it.
const VALUE_MAX: usize = 120;

/// Which changes, and how to show them.
#[derive(Debug, clap::Args)]
#[command(after_help = "It records what people changed: notes, keys, digests, snoozes, destinations. The newest
100,000 entries are kept.

Examples:
  scorewatch audit                                  the newest 20 changes
  scorewatch audit --tenant contoso --limit 100
  scorewatch audit --tenant europe                  a group
  scorewatch audit --limit 10000 --json")]
pub(super) struct AuditArgs {
    /// How many changes, the newest first
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=i64::from(AUDIT_ROWS_MAX)))]
    limit: u32,
    /// Only changes about this tenant, or about those of this group; several with commas between
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, args: AuditArgs) -> Result<()> {
    let none = "The audit log is empty. Changes appear here, such as: scorewatch note CONTROL --owner \"Ada Lovelace\"";
    with_store(config, async |session| {
        let entries = session.doors.operations.audit(&Asker::local(), args.tenant.as_deref(), args.limit).await?;
        print_rows(args.json, &entries, none, as_card)
    })
    .await
}

fn as_card(entries: &[AuditEntry]) -> Card {
    let rows = entries.iter().map(|entry| {
        let at = entry.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M");
        [
            Word::plain(at.to_string()),
            Word::plain(person_with_id(&entry.asker)),
            Word::toned(&*entry.what, Tone::Strong),
            Word::plain(&*entry.subject),
            Word::plain(entry.tenant.as_deref().unwrap_or_default()),
            Word::toned(how(&serde_json::from_str(&entry.detail).unwrap_or_default()), Tone::Quiet),
        ]
    });
    Card::new("Audit log", vec![table(["when (UTC)", "who", "what", "of", "tenant", "change"], rows)], "")
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

    use serde_json::json;

    use super::*;
    use crate::surfaces::terminal::{Capabilities, render};

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
        assert_eq!(serde_json::to_value(&entry).unwrap()["detail"]["became"]["owner"], "Ada");
        let damaged = AuditEntry { detail: "{".to_owned(), ..entry };
        assert_eq!(serde_json::to_value(&damaged).unwrap()["detail"], Value::Null);
    }
}
