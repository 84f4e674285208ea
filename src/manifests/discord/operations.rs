//! Which slash commands change something? Notes, snoozes and digests, for those whose grants let them.

use serde_json::{Value, json};

use super::{FLAG, SLASH, TENANT_MAX, TEXT, WHOLE, choice};
use crate::{
    alert::Watch, digest::SKILLS, manifests::TENANT, score::Status, skill_id::SkillId, skills::options::TEXT_MAX, text::sentence_case,
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
/// For how many days something is snoozed at most.
pub const SNOOZE_DAYS_MAX: u8 = 90;
/// For how many it is where nobody says it.
pub const SNOOZE_DAYS: u8 = 7;

/// A command that changes something, as people are told of it.
pub struct OperationCommand {
    /// Its name.
    pub name: &'static str,
    /// What it does, in at most 100 characters.
    pub summary: &'static str,
    /// It as somebody types it.
    pub example: &'static str,
    /// Whether only those may who operate the product; else all who see names.
    pub operates: bool,
}

/// All of them, in the order in which they are taught.
pub const OPERATIONS: [OperationCommand; 3] = [
    OperationCommand {
        name: NOTE,
        summary: "Set owner, end date, comment or status of a control; with nothing set it shows what is stored.",
        example: "/note control:AdminMFAV2 owner:Mira until:2027-03-31",
        operates: false,
    },
    OperationCommand {
        name: SNOOZE,
        summary: "Hold back alerts about a tenant or a control for some days, with a reason.",
        example: "/snooze add kind:control_regresses days:14 reason:migration",
        operates: false,
    },
    OperationCommand {
        name: DIGEST,
        summary: "Post the score and what changed into this channel, on days and at a time of your choice.",
        example: "/digest add name:morning every:weekdays at:08:30 zone:Europe/Berlin",
        operates: true,
    },
];

/// `type` of an option that is a command of its own.
const SUBCOMMAND: u8 = 1;
/// The shortest and the longest reason for a snooze.
pub const REASON_MIN: usize = 3;
/// See [`REASON_MIN`].
pub const REASON_MAX: usize = 200;
/// The longest words of people.
const WORDS_MAX: usize = 500;
/// The longest name of a person or of a digest.
const NAME_MAX: usize = 120;

/// The commands.
pub(super) fn commands() -> impl Iterator<Item = Value> {
    let options = [note(), snooze(), digest()];
    let command = |(operation, options): (&OperationCommand, Value)| json!({ "type": SLASH, "name": operation.name, "description": operation.summary, "options": options });
    OPERATIONS.iter().zip(options).map(command)
}

fn note() -> Value {
    let status: Vec<Value> = Status::ALL.iter().map(|status| choice(&sentence_case(status.words()), status.word())).collect();
    let clear = ["owner", "until", "note", "status", EVERYTHING].map(|part| choice(&sentence_case(part), part));
    json!([
        needed(control("Its id, words of its title, or nearly its name")),
        tenant("Which tenant; may be left out where only one can be meant"),
        text("owner", "Who is responsible for it", NAME_MAX),
        text("until", "The last day of its acceptance, such as 2027-03-31", 10),
        text("note", "Words for those who look at it later", WORDS_MAX),
        chosen("status", "How far it is, where Microsoft's own status cannot say it", &status),
        chosen(CLEAR, "What to take away", &clear),
    ])
}

fn snooze() -> Value {
    let all = choice("All of these", "all");
    let kinds = || Watch::KINDS.iter().map(|kind| choice(&sentence_case(kind), kind)).chain([all.clone()]).collect::<Vec<_>>();
    let kind = || needed(chosen("kind", "Which alerts", &kinds()));
    let which = || tenant("Of which tenant; may be left out where only one can be meant");
    let about = || control("Only about this control");
    let days = json!({ "type": WHOLE, "name": "days", "description": format!("For how many days (else {SNOOZE_DAYS})"),
        "min_value": 1, "max_value": SNOOZE_DAYS_MAX });
    let reason = json!({ "type": TEXT, "name": "reason", "description": "Why, for those who wonder later", "required": true,
        "min_length": REASON_MIN, "max_length": REASON_MAX });
    json!([
        sub("add", "Tell nobody for a while.", &json!([kind(), reason, which(), about(), days])),
        sub("list", "What is snoozed, by whom and until when.", &json!([which()])),
        sub("end", "Tell it again from now on.", &json!([kind(), which(), about()])),
    ])
}

fn digest() -> Value {
    let name = || {
        let name = json!({ "type": TEXT, "name": "name", "description": "Which digest", "min_length": 1, "max_length": NAME_MAX, "autocomplete": true });
        json!([needed(name)])
    };
    let every = ["daily", "weekdays", "weekly", "monthly"].map(|word| choice(&sentence_case(word), word));
    let zone = json!({ "type": TEXT, "name": "zone", "description": "The time zone, such as Europe/Berlin (else UTC)", "max_length": 60, "autocomplete": true });
    let skills = format!("What it tells, of {}; else all", SKILLS.map(SkillId::name).join(", "));
    let added = json!([
        needed(text("name", "A name for it: small letters, digits, - and _", 40)),
        needed(chosen("every", "On which days", &every)),
        needed(text("at", "At which time, such as 08:30", 5)),
        text("day", "Weekly: a day of the week (else monday). Monthly: 1 to 28 or last (else 1)", 9),
        zone,
        text("tenants", "Which tenants, comma-separated; else all that everyone here may see", TEXT_MAX),
        text("skills", &skills, TEXT_MAX),
        json!({ "type": FLAG, "name": "silent", "description": "Post nothing when nothing is new" }),
    ]);
    json!([
        sub("list", "The digests that you may manage.", &json!([])),
        sub("add", "Post one into this channel regularly.", &added),
        sub("pause", "Post it no more until it is resumed.", &name()),
        sub("resume", "Post it again, also after it was stopped.", &name()),
        sub("remove", "Remove it.", &name()),
        sub("preview", "What it would say now, for you alone.", &name()),
    ])
}

fn sub(name: &str, description: &str, options: &Value) -> Value {
    json!({ "type": SUBCOMMAND, "name": name, "description": description, "options": options })
}

fn needed(mut option: Value) -> Value {
    option["required"] = true.into();
    option
}

fn text(name: &str, description: &str, most: usize) -> Value {
    json!({ "type": TEXT, "name": name, "description": description, "min_length": 1, "max_length": most })
}

fn chosen(name: &str, description: &str, choices: &[Value]) -> Value {
    json!({ "type": TEXT, "name": name, "description": description, "choices": choices })
}

fn control(description: &str) -> Value {
    json!({ "type": TEXT, "name": "control", "description": description, "min_length": 1, "max_length": TEXT_MAX, "autocomplete": true })
}

fn tenant(description: &str) -> Value {
    json!({ "type": TEXT, "name": TENANT, "description": description, "max_length": TENANT_MAX, "autocomplete": true })
}
