//! How are notes on controls made, shown and taken away at the command line? Running servers have noticed when the command returns.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;

use super::{
    operator,
    output::{print_card, print_json, print_rows, table},
    session::{noticed, with_store},
};
use crate::{
    card::{Card, Cell, cell::ControlLabel},
    config::Config,
    error::Result,
    operations::{Annotated, Annotation, Edit, NoteChange, Noted, Operations, Status},
};

/// On which control, and what.
#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing of it is written to Microsoft. Owners are shown to the roles analyst and operator
only; the comment to everybody. The end date takes precedence over one in the comment of
the acceptance.

Examples:
  scorewatch note                                              list all notes of the only tenant
  scorewatch note legacy auth --tenant contoso                 what is noted on it?
  scorewatch note AdminMFAV2 --owner \"Ada Lovelace\" --status in_progress
  scorewatch note OneAdmin --until 2027-03-31 --note \"Until the second wave is over.\"
  scorewatch note AdminMFAV2 --clear owner,status
  scorewatch note OneAdmin --clear all")]
pub(super) struct NoteArgs {
    /// The control: its id, or words of its title; without one all notes are listed
    #[arg(value_name = "CONTROL")]
    control: Vec<String>,
    /// The tenant; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Its owner
    #[arg(long, value_name = "PERSON", requires = "control")]
    owner: Option<String>,
    /// The last day on which its risk is accepted, such as 2027-03-31
    #[arg(long, value_name = "DAY", requires = "control")]
    until: Option<String>,
    /// A comment
    #[arg(long = "note", value_name = "TEXT", requires = "control")]
    words: Option<String>,
    /// Its status
    #[arg(long, requires = "control", value_parser = PossibleValuesParser::new(Status::ALL.map(Status::word)).try_map(|word| word.parse::<Status>()))]
    status: Option<Status>,
    /// What to remove: comma-separated owner, until, note, status; or all
    #[arg(long, value_name = "WHAT", requires = "control", value_delimiter = ',', value_parser = ["owner", "until", "note", "status", "all"], hide_possible_values = true)]
    clear: Vec<String>,
    /// List all notes of the tenant
    #[arg(long, conflicts_with = "control")]
    list: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// What is noted on a control, as programs read it; what is not there is absent.
#[derive(Serialize)]
struct NoteJson<'n> {
    tenant: &'n str,
    control: &'n str,
    title: &'n str,
    #[serde(flatten)]
    annotation: Option<&'n Annotation>,
    /// Of a list: `true` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    deprecated: Option<bool>,
    /// Of one control.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
}

pub(super) async fn run(config: &Config, args: NoteArgs) -> Result<()> {
    with_store(config, async |session| {
        let operations = &session.doors.operations;
        if args.list || args.control.is_empty() { list(operations, &args).await } else { change(operations, &args).await }
    })
    .await
}

async fn change(operations: &Operations, args: &NoteArgs) -> Result<()> {
    let annotated = operations.annotate(&operator(), args.tenant.as_deref(), &args.control.join(" "), &args.change()?).await?;
    if annotated.changed() {
        noticed().await;
    }
    if !args.json {
        return print_card(&annotated.card());
    }
    let (changed, Annotated { tenant, control, title, now, .. }) = (annotated.changed(), &annotated);
    print_json(&NoteJson { tenant, control, title, annotation: now.as_ref(), deprecated: None, changed: Some(changed) })
}

async fn list(operations: &Operations, args: &NoteArgs) -> Result<()> {
    let (tenant, noted) = operations.annotations(&operator(), args.tenant.as_deref()).await?;
    let none =
        format!("There are no notes on controls of {tenant}. Add one: scorewatch note CONTROL --tenant {tenant} --owner \"Ada Lovelace\"");
    let rows: Vec<_> = noted.iter().map(|noted| as_json(&tenant, noted)).collect();
    print_rows(args.json, &rows, &none, |_| as_card(&tenant, &noted))
}

fn as_json<'n>(tenant: &'n str, noted: &'n Noted) -> NoteJson<'n> {
    let Noted { control, title, deprecated, annotation } = noted;
    NoteJson { tenant, control, title, annotation: Some(annotation), deprecated: deprecated.then_some(true), changed: None }
}

impl NoteArgs {
    fn change(&self) -> Result<NoteChange> {
        let gone = |name: &str| self.clear.iter().any(|word| word == name || word == "all");
        let until = self.until.as_deref().map(Edit::day).transpose()?;
        Ok(NoteChange {
            owner: edit(self.owner.clone(), gone("owner")),
            until: until.unwrap_or_else(|| edit(None, gone("until"))),
            note: edit(self.words.clone(), gone("note")),
            status: edit(self.status, gone("status")),
        })
    }
}

/// What is given counts before what is taken away, so that `--clear all --owner` leaves an owner alone.
fn edit<T>(given: Option<T>, gone: bool) -> Edit<T> {
    match (given, gone) {
        (Some(given), _) => Edit::Set(given),
        (None, true) => Edit::Clear,
        (None, false) => Edit::Keep,
    }
}

fn as_card(tenant: &str, noted: &[Noted]) -> Card {
    let rows = noted.iter().map(|Noted { control, title, deprecated, annotation }| {
        let title = Some(title.clone()).filter(|title| title != control);
        let about = ControlLabel { id: control.clone(), title, deprecated: *deprecated, described_until: None };
        let words = |text: Option<&str>| text.map_or(Cell::Empty, Cell::text);
        [
            Cell::Control(about),
            Cell::person(annotation.owner.as_deref()),
            annotation.until.map_or(Cell::Empty, |until| Cell::Day(Some(until))),
            words(annotation.status.map(Status::words)),
            words(annotation.note.as_deref()),
        ]
    });
    Card::new(format!("Notes on controls of {tenant}"), vec![table(["control", "owner", "until", "status", "note"], rows)], "")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use jiff::{Timestamp, civil::date};

    use serde_json::json;

    use super::*;
    use crate::surfaces::terminal::{Capabilities, render};

    #[derive(clap::Parser)]
    struct ParsedNote {
        #[command(flatten)]
        note: NoteArgs,
    }

    fn parse(words: &[&str]) -> Result<NoteArgs, String> {
        ParsedNote::try_parse_from([&["note"], words].concat()).map(|typed| typed.note).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_typed_becomes_a_change() {
        let note = parse(&["legacy", "auth", "--owner", "Ada", "--status", "in_progress", "--until", "2027-03-31"]).unwrap();
        let change = note.change().unwrap();
        assert_eq!(
            (note.control.join(" "), change.owner, change.note),
            ("legacy auth".to_owned(), Edit::Set("Ada".to_owned()), Edit::Keep)
        );
        assert_eq!((change.status, change.until), (Edit::Set(Status::InProgress), Edit::Set(date(2027, 3, 31))));
        assert!(!parse(&["AdminMFAV2"]).unwrap().change().unwrap().is_wanted());
        assert_eq!(parse(&["a", "--clear", "all"]).unwrap().change().unwrap(), NoteChange::clear_all());
        let moved = parse(&["a", "--clear", "owner,note", "--note", "x"]).unwrap().change().unwrap();
        assert_eq!((moved.owner, moved.note, moved.status), (Edit::Clear, Edit::Set("x".to_owned()), Edit::Keep));
        assert!(parse(&["a", "--until", "soon"]).unwrap().change().unwrap_err().sentence.contains("2027-03-31"));
        assert!(parse(&["a", "--status", "done"]).unwrap_err().contains("planned, in_progress"));
        assert!(parse(&["a", "--clear", "everything"]).is_err() && parse(&["--owner", "Ada"]).is_err() && parse(&["a", "--list"]).is_err());
        assert!(parse(&[]).unwrap().control.is_empty() && parse(&["--list", "--json"]).unwrap().json);
    }

    #[test]
    fn notes_are_listed_for_people_and_for_programs() {
        let annotation = Annotation {
            owner: Some("Ada Lovelace".to_owned()),
            until: Some(date(2027, 3, 31)),
            note: None,
            status: Some(Status::Planned),
            at: Timestamp::UNIX_EPOCH,
            by: "terminal".to_owned(),
        };
        let noted = [Noted { control: "AdminMFAV2".to_owned(), title: "Require MFA".to_owned(), deprecated: true, annotation }];
        let shown = render(&as_card("contoso", &noted), Capabilities { width: 80, colour: false });
        assert!(shown.contains("Require MFA (deprecated) [AdminMFAV2]  Ada Lovelace  2027-03-31  planned"), "{shown}");
        let value = serde_json::to_value(as_json("contoso", &noted[0])).unwrap();
        assert_eq!((&value["until"], &value["status"], value.get("note")), (&json!("2027-03-31"), &json!("planned"), None));
    }
}
