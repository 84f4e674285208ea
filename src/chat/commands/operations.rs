//! Which commands change something? Notes, snoozes and digests, for those whose grants let them.

use super::{BareWord, CommandAction, CommandInput, CommandSpec, OptionChoice, OptionKind, OptionSpec, SubcommandSpec};
use crate::{
    alert::{SNOOZE_REASON, Watch},
    digest::SKILLS,
    score::Status,
    skill_id::SkillId,
    skills::options::TEXT_MAX,
    text::sentence_case,
};

/// The command that changes what is noted on a control.
pub const NOTE: &str = "note";
/// The command about what nobody wants to hear of for a while.
pub const SNOOZE: &str = "snooze";
/// The command about what is posted regularly.
pub const DIGEST: &str = "digest";
/// The option of [`NOTE`] that takes things away, and its word for everything.
pub const CLEAR: &str = "clear";
/// See [`CLEAR`].
pub const EVERYTHING: &str = "everything";
/// For how many days something is snoozed in a chat at most: less than elsewhere, where nobody types in a hurry.
pub const CHAT_SNOOZE_DAYS_MAX: u8 = 90;
/// For how many it is where nobody says it.
pub const SNOOZE_DAYS: u8 = 7;
/// The longest words of people.
const WORDS_MAX: usize = 500;
/// The longest name of a person or of a digest.
const NAME_MAX: usize = 120;

/// A command that changes something, as people are told of it.
#[derive(Debug)]
pub struct OperationCommand {
    /// Its name.
    pub name: &'static str,
    /// What it does, in at most 100 characters.
    pub summary: &'static str,
    /// It as somebody types it, behind what begins a command.
    pub example: &'static str,
    /// Whether only those may who operate the product; else all who see names.
    pub operates: bool,
}

/// All of them, in the order in which they are taught.
pub static OPERATIONS: [OperationCommand; 3] = [
    OperationCommand {
        name: NOTE,
        summary: "Set owner, end date, comment or status of a control; with nothing set it shows what is stored.",
        example: "note control:AdminMFAV2 owner:Mira until:2027-03-31",
        operates: false,
    },
    OperationCommand {
        name: SNOOZE,
        summary: "Hold back alerts about a tenant or a control for some days, with a reason.",
        example: "snooze add kind:control_regresses days:14 reason:migration",
        operates: false,
    },
    OperationCommand {
        name: DIGEST,
        summary: "Post the score and what changed into this channel, on days and at a time of your choice.",
        example: "digest add name:morning every:weekdays at:08:30 zone:Europe/Berlin",
        operates: true,
    },
];

/// The commands.
pub(super) fn commands() -> impl Iterator<Item = CommandSpec> {
    let command = |(operation, takes): (&'static OperationCommand, CommandInput)| CommandSpec {
        name: operation.name,
        summary: operation.summary,
        action: CommandAction::Operate(operation),
        takes,
    };
    OPERATIONS.iter().zip([note(), snooze(), digest()]).map(command)
}

fn note() -> CommandInput {
    let status = Status::ALL.iter().map(|status| OptionChoice::labelled(&sentence_case(status.words()), status.word()));
    CommandInput::Options(vec![
        control("Its id, words of its title, or nearly its name").required().bare(BareWord::Rest),
        OptionSpec::tenant("Which tenant; may be left out where only one can be meant"),
        OptionSpec::text("owner", "Who is responsible for it", (1, NAME_MAX)),
        OptionSpec::text("until", "The last day of its acceptance, such as 2027-03-31", (1, 10)),
        OptionSpec::text("note", "Words for those who look at it later", (1, WORDS_MAX)),
        OptionSpec::choice("status", "How far it is, where Microsoft's own status cannot say it", status),
        OptionSpec::choice(CLEAR, "What to take away", ["owner", "until", "note", "status", EVERYTHING].map(OptionChoice::of)),
    ])
}

fn snooze() -> CommandInput {
    let kind = || {
        let kinds = Watch::KINDS.iter().map(|kind| OptionChoice::of(kind)).chain([OptionChoice::labelled("All of these", "all")]);
        OptionSpec::choice("kind", "Which alerts", kinds).required()
    };
    let which = || OptionSpec::tenant("Of which tenant; may be left out where only one can be meant");
    let about = || control("Only about this control");
    let days = OptionSpec::new("days", "For how many days", OptionKind::Integer { min: 1, max: CHAT_SNOOZE_DAYS_MAX.into() })
        .or(SNOOZE_DAYS.to_string())
        .bare(BareWord::Number);
    let reason = OptionSpec::text("reason", "Why, for those who wonder later", (*SNOOZE_REASON.start(), *SNOOZE_REASON.end()))
        .required()
        .bare(BareWord::Reason);
    CommandInput::Subcommands(vec![
        below("add", "Tell nobody for a while.", vec![kind(), reason, which(), about(), days]),
        below("list", "What is snoozed, by whom and until when.", vec![which()]),
        below("end", "Tell it again from now on.", vec![kind(), which(), about()]),
    ])
}

fn digest() -> CommandInput {
    let name = || vec![OptionSpec::text("name", "Which digest", (1, NAME_MAX)).required().suggested().bare(BareWord::Rest)];
    let skills = format!("What it tells, of {}; else all", SKILLS.map(SkillId::name).join(", "));
    let added = vec![
        OptionSpec::text("name", "A name for it: lowercase letters, digits, - and _", (1, 40)).required().bare(BareWord::Rest),
        OptionSpec::choice("every", "On which days", ["daily", "weekdays", "weekly", "monthly"].map(OptionChoice::of)).required(),
        OptionSpec::text("at", "At which time, such as 08:30", (1, 5)).required().bare(BareWord::Time),
        OptionSpec::text("day", "Weekly: a day of the week (else monday). Monthly: 1 to 28 or last (else 1)", (1, 9)).bare(BareWord::Day),
        OptionSpec::text("zone", "The time zone, such as Europe/Berlin", (0, 60)).or("UTC").suggested().bare(BareWord::Zone),
        OptionSpec::text("tenants", "Which tenants, comma-separated; else all that everyone here may see", (1, TEXT_MAX))
            .bare(BareWord::Tenant),
        OptionSpec::text("skills", skills, (1, TEXT_MAX)),
        OptionSpec::new("silent", "Post nothing when nothing is new", OptionKind::Flag),
    ];
    CommandInput::Subcommands(vec![
        below("list", "The digests that you may manage.", Vec::new()),
        below("add", "Post one into this channel regularly.", added),
        below("pause", "Post it no more until it is resumed.", name()),
        below("resume", "Post it again, also after it was stopped.", name()),
        below("remove", "Remove it.", name()),
        below("preview", "What it would say now, for you alone.", name()),
    ])
}

fn below(name: &'static str, summary: &'static str, options: Vec<OptionSpec>) -> SubcommandSpec {
    SubcommandSpec { name, summary, options }
}

fn control(summary: &str) -> OptionSpec {
    OptionSpec::text("control", summary, (1, TEXT_MAX)).suggested()
}
