//! What is posted into this channel regularly, and who says so? Digests that people define where they are to be read.

use jiff::tz;
use serenity::all::AutocompleteOption;

use super::{
    super::{
        channels::name_of,
        command_options::CommandOptions,
        conversation::{Conversation, unknown},
        escape::{code, words},
        interaction_context::InteractionContext,
        outgoing_message::{OutgoingMessage, sentence},
        post_message::{shown, slash_command},
        settings::PLATFORM,
    },
    list,
};
use crate::{
    access::{Asker, Tenants},
    ask::Suggestion,
    digest::{self, Digest, SKILLS, When},
    error::{Error, ErrorKind, Result},
    operations::{DeliveryState, DigestShown},
    skill_id::SkillId,
    text::snowflake,
};

/// How many suggestions are made.
const OFFERED: usize = 25;

impl Conversation {
    /// Lists, adds, pauses, removes or shows a digest.
    pub(super) async fn digest(&self, context: &InteractionContext, asker: &Asker, typed: &CommandOptions<'_>) -> Result<OutgoingMessage> {
        let (door, name) = (&*self.operations, typed.text("name").unwrap_or_default());
        match typed.sub {
            Some("list") => {
                let lines: Vec<String> = door.digests(asker).await?.iter().map(line).collect();
                Ok(list("Digests", &lines, "There is none yet that you may manage. Add one with `/digest add`."))
            }
            Some("add") => {
                let digest = self.wanted_digest(context, asker, &name, typed)?;
                let added = door.digest_add(asker, digest).await?;
                let all = door.digests(asker).await?;
                let lines: Vec<String> = all.iter().filter(|shown| shown.digest.name == added).map(line).collect();
                Ok(list("It is posted from now on", &lines, ""))
            }
            Some("pause") => {
                door.digest_pause(asker, &name, true).await?;
                Ok(sentence("It is paused: nothing of it is posted until somebody resumes it."))
            }
            Some("resume") => {
                door.digest_pause(asker, &name, false).await?;
                Ok(sentence("It is posted again. The next one tells all since the last."))
            }
            Some("remove") => {
                door.digest_remove(asker, &name).await?;
                Ok(sentence("It is removed."))
            }
            Some("preview") => Ok(shown(&door.digest_preview(asker, &name).await?, slash_command).said),
            _ => Err(unknown()),
        }
    }

    /// The digest that somebody describes, for the channel that they are in. Whether they may have it is said by whoever adds it.
    fn wanted_digest(&self, context: &InteractionContext, asker: &Asker, name: &str, typed: &CommandOptions<'_>) -> Result<Digest> {
        let readers = context.readers(&self.grants()).ok_or_else(nobody_knows)?;
        let given = |name: &str| typed.text(name).map(|text| text.trim().to_lowercase());
        let zone = typed.text("zone").map_or_else(|| "UTC".to_owned(), |zone| zone.trim().to_owned());
        let (every, day, at) = (given("every").unwrap_or_default(), given("day"), given("at").unwrap_or_default());
        let when = When::read(&every, day.as_deref(), &at, &zone).ok_or_else(no_time)?;
        let tenants = match given("tenants") {
            Some(tenants) => named(&tenants),
            None => asker.tenants.both(&readers.tenants),
        };
        let skills = given("skills").map_or_else(|| Ok(SKILLS.to_vec()), |skills| skills_of(&skills))?;
        let silent = typed.text("silent").is_some_and(|silent| silent == "true");
        Ok(Digest { name: name.to_owned(), tenants, skills, when, to: name_of(context.channel().get()), silent, owner: context.owner() })
    }

    /// Which digest, or which time zone somebody may mean.
    pub(super) async fn suggest_for_a_digest(&self, asker: &Asker, focused: &AutocompleteOption<'_>) -> Result<Vec<Suggestion>> {
        let names: Vec<String> = match focused.name {
            "zone" => tz::db().available().map(|zone| zone.to_string()).collect(),
            _ => self.operations.digests(asker).await?.into_iter().map(|shown| shown.digest.title().to_owned()).collect(),
        };
        let typed = focused.value.trim().to_lowercase();
        let like = names.into_iter().filter(|name| name.to_lowercase().contains(&typed)).take(OFFERED);
        Ok(like.map(|name| Suggestion { label: name.clone(), value: name }).collect())
    }
}

fn nobody_knows() -> Error {
    let sentence = "No grant says what everybody in this channel may see, so nothing is posted here. Whoever runs scorewatch can bind it with a section [discord.grants.NAME] that names its guild, this channel and tenants, and neither member_role nor user.";
    Error::new(ErrorKind::Forbidden, sentence)
}

fn no_time() -> Error {
    let sentence = "That is no time to post at. `at` is such as 08:30, `zone` such as Europe/Berlin; `day` is a day of the week for weekly, 1 to 28 or last for monthly, and left out for daily and weekdays.";
    Error::bad_arguments(sentence)
}

fn named(tenants: &str) -> Tenants {
    let names = || tenants.split(|part: char| part == ',' || part.is_whitespace()).filter(|name| !name.is_empty());
    if names().eq(["all"]) { Tenants::All } else { Tenants::Only(names().map(ToOwned::to_owned).collect()) }
}

fn skills_of(typed: &str) -> Result<Vec<SkillId>> {
    let known = || SKILLS.map(SkillId::name).join(", ");
    digest::skills_of(typed).ok_or_else(|| Error::bad_arguments(format!("`skills` takes some of {}, comma-separated.", known())))
}

/// A digest as lines; its times in the clock of whoever reads.
fn line(shown: &DigestShown) -> String {
    let DigestShown { digest, next, covered: _, last, paused, stopped } = shown;
    let tenants = match &digest.tenants {
        Tenants::All => "all tenants".to_owned(),
        Tenants::Only(names) => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    };
    let channel = digest.to.strip_prefix(PLATFORM).and_then(|rest| snowflake(rest.strip_prefix(':')?));
    let to = channel.map_or_else(|| code(&digest.to), |channel| format!("<#{channel}>"));
    let state = match (stopped, paused, next) {
        (Some(why), ..) => format!("⚠️ stopped: {}", words(why)),
        (None, Some(since), _) => format!("paused since <t:{}:d>", since.as_second()),
        (None, None, Some(next)) => format!("next <t:{}:f>", next.as_second()),
        (None, None, None) => "never due again".to_owned(),
    };
    let last = match last {
        Some(DeliveryState::Waiting) => " · the last one still waits",
        Some(DeliveryState::Failed) => " · ⚠️ the last one did not arrive",
        Some(DeliveryState::Withheld) => " · ⚠️ the last one was withheld",
        Some(DeliveryState::Sent | DeliveryState::Replaced) | None => "",
    };
    format!("**{}** {}, to {to}\n-# {} · {state}{last}", words(digest.title()), words(&digest.when.to_string()), words(&tenants))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Owner;

    fn only(names: &[&str]) -> Tenants {
        Tenants::Only(names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_typed_names_tenants_and_skills() {
        assert_eq!((named("all"), named(" contoso, fabrikam")), (Tenants::All, only(&["contoso", "fabrikam"])));
        assert_eq!(named("all, contoso"), only(&["all", "contoso"]), "which is refused as a tenant that there is not");
        assert_eq!(Tenants::All.both(&only(&["a"])), only(&["a"]));
        assert_eq!(only(&["a", "b"]).both(&only(&["b", "c"])), only(&["b"]));
        assert_eq!(skills_of("score_changes, secure_score,score_changes").unwrap(), [SkillId::ScoreChanges, SkillId::SecureScore]);
        assert!(skills_of("control").unwrap_err().sentence.contains("weakest_controls"));
    }

    #[test]
    fn a_line_says_when_where_and_how_it_stands() {
        let when = When::read("weekdays", None, "08:30", "Europe/Berlin").unwrap();
        let (name, to) = ("morning".to_owned(), "discord:1100000000000000003".to_owned());
        let digest =
            Digest { name, tenants: only(&["contoso"]), skills: SKILLS.to_vec(), when, to, silent: false, owner: Owner::Configuration };
        let at = |second| jiff::Timestamp::from_second(second).ok();
        let shown = DigestShown { digest, next: at(1_800_000_000), covered: None, last: None, paused: None, stopped: None };
        let head = "**morning** Monday to Friday at 08\\:30 Europe/Berlin, to <#1100000000000000003>\n-# contoso · ";
        assert_eq!(line(&shown), format!("{head}next <t:1800000000:f>"));
        let failed = DigestShown { last: Some(DeliveryState::Failed), ..shown.clone() };
        assert!(line(&failed).ends_with("next <t:1800000000:f> · ⚠️ the last one did not arrive"));
        assert_eq!(line(&DigestShown { paused: at(7), ..shown.clone() }), format!("{head}paused since <t:7:d>"));
        let stopped = DigestShown { stopped: Some("@everyone left".to_owned()), ..shown.clone() };
        assert_eq!(line(&stopped), format!("{head}⚠️ stopped: \\@everyone left"));
        let digest = Digest { to: "so`c".to_owned(), ..shown.digest.clone() };
        assert!(line(&DigestShown { digest, ..shown }).contains("to `so'c`"));
    }
}
