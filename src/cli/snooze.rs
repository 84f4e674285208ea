//! How is an alert kept quiet for a while at the command line, and who keeps what quiet? Running servers notice within a minute.

use clap::{Args, builder::PossibleValuesParser};
use jiff::Timestamp;

use super::{
    expiry::KeyExpiry,
    operator,
    output::{print_json, print_rows, say, table},
    session::with_store,
};
use crate::{
    alert::Watch,
    card::{Card, Tone, Word},
    config::Config,
    error::{Error, Result},
    operations::{Operations, SNOOZE_ALL, SNOOZE_DAYS_MAX, SnoozeShown, SnoozeWish},
    text::{minute, person_with_id},
};

/// What to keep quiet.
#[derive(Debug, Args)]
#[command(after_help = "A snooze covers one control of one tenant and one kind of alert; without --control
the whole kind. What still fires when it ends is notified then. That something notified
before is resolved is sent all the same.

Examples:
  scorewatch snooze --tenant contoso --control AdminMFAV2 --kind control_regresses \\
    --until 14d --reason \"Migration, see INC-4711\"
  scorewatch snooze --tenant contoso --kind no_data --until 2026-12-31 \\
    --reason \"Tenant is being moved\"
  scorewatch snooze --list
  scorewatch snooze --end --tenant contoso --control AdminMFAV2 --kind control_regresses")]
pub(super) struct SnoozeArgs {
    /// The tenant; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The control's id, as answers show it
    #[arg(long, value_name = "ID")]
    control: Option<String>,
    /// The kind of alert
    #[arg(long, required_unless_present = "list", value_parser = PossibleValuesParser::new(Watch::KINDS.into_iter().chain([SNOOZE_ALL])))]
    kind: Option<String>,
    /// Its last day (UTC), such as 2027-01-31, or how long it lasts, such as 14d; at most 366d
    #[arg(long, value_name = "DAY|DAYS", required_unless_present_any = ["list", "end"], value_parser = until)]
    until: Option<KeyExpiry>,
    /// Why, for others to read
    #[arg(long, value_name = "WORDS", required_unless_present_any = ["list", "end"])]
    reason: Option<String>,
    /// List all snoozes
    #[arg(long, conflicts_with_all = ["tenant", "control", "kind", "until", "reason", "end"])]
    list: bool,
    /// End a snooze early
    #[arg(long, conflicts_with_all = ["until", "reason"])]
    end: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// The end that `text` says, where a snooze can last so long.
fn until(text: &str) -> std::result::Result<KeyExpiry, String> {
    let fits = |end: &KeyExpiry| !matches!(end, KeyExpiry::Days(days) if *days > i32::from(SNOOZE_DAYS_MAX));
    let end = text.parse::<KeyExpiry>().ok().filter(fits);
    end.ok_or_else(|| format!("expected a day such as 2027-01-31, or 1d to {SNOOZE_DAYS_MAX}d"))
}

pub(super) async fn run(config: &Config, args: SnoozeArgs) -> Result<()> {
    with_store(config, async |session| {
        let operations = &session.doors.operations;
        match &args {
            SnoozeArgs { list: true, .. } => print_rows(args.json, &operations.snoozes(&operator()).await?, "Nothing is snoozed.", as_card),
            SnoozeArgs { end: true, .. } => end(operations, &args).await,
            _ => make(operations, args).await,
        }
    })
    .await
}

async fn make(operations: &Operations, args: SnoozeArgs) -> Result<()> {
    let SnoozeArgs { tenant, control, kind, until, reason, json, .. } = args;
    let too_far = || Error::bad_arguments("The end of the snooze is too far away. Give an earlier day.");
    let until = until.and_then(|until| until.moment(Timestamp::now())).ok_or_else(too_far)?;
    let wish = SnoozeWish { tenant, control, kind: kind.unwrap_or_default(), until, reason: reason.unwrap_or_default() };
    let added = operations.snooze(&operator(), &wish).await?;
    if json {
        return print_json(&added);
    }
    let what = added.control.as_deref().unwrap_or("everything");
    say(&format!("Snoozed: {what} of {} for alerts of the kind {}, until {}.", added.tenant, added.kind, minute(added.until)))
}

async fn end(operations: &Operations, args: &SnoozeArgs) -> Result<()> {
    let kind = args.kind.as_deref().unwrap_or_default();
    let ended = operations.unsnooze(&operator(), args.tenant.as_deref(), args.control.as_deref(), kind).await?;
    say(if ended {
        "The snooze has ended: what still fires is notified within a minute."
    } else {
        "There was no such snooze. `--list` shows them."
    })
}

fn as_card(snoozes: &[SnoozeShown]) -> Card {
    let rows = snoozes.iter().map(|snooze| {
        [
            Word::plain(&*snooze.tenant),
            Word::toned(snooze.control.as_deref().unwrap_or("everything"), Tone::Strong),
            Word::plain(&*snooze.kind),
            Word::plain(minute(snooze.until)),
            Word::plain(person_with_id(&snooze.by)),
            Word::toned(&*snooze.reason, Tone::Quiet),
        ]
    });
    Card::new("Snoozes", vec![table(["tenant", "control", "kind", "until", "by", "reason"], rows)], "")
}
