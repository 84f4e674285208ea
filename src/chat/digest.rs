//! What is posted into this room regularly, and who says so? Digests that people define where they are to be read.

use jiff::tz;

use super::{ChatMessage, Conversation, Incoming, Notice, NoticeLine, Phrase, Platform, Shown, TypedCommand, admission::TurnAdmission};
use crate::{
    access::{Asker, Tenants},
    ask::Suggestion,
    digest::{self, Digest, SKILLS, When},
    error::{Error, ErrorKind, Result},
    operations::{DeliveryState, DigestShown},
    skill_id::SkillId,
    text::count,
};

/// How many tenants of a digest are named.
const NAMED: usize = 10;
/// How many suggestions are made.
const OFFERED: usize = 25;

impl<P: Platform> Conversation<P> {
    /// Lists, adds, pauses, removes or shows a digest.
    pub(super) async fn digest(
        &self,
        incoming: &Incoming<P>,
        seen: &TurnAdmission<'_>,
        asker: &Asker,
        typed: &TypedCommand,
    ) -> Result<ChatMessage<P::Body>> {
        let (door, name) = (&*self.operations, typed.text("name").unwrap_or_default());
        let notice = match typed.sub.as_deref() {
            Some("list") => {
                let entries = door.digests(asker).await?.iter().map(entry).collect();
                let add = self.platform.command_line("digest add");
                Notice::list("Digests", entries, format!("There is none yet that you may manage. Add one with `{add}`."))
            }
            Some("add") => {
                let digest = self.wanted_digest((incoming, seen), asker, name, typed)?;
                let added = door.digest_add(asker, digest).await?;
                let all = door.digests(asker).await?;
                let entries = all.iter().filter(|shown| shown.digest.name == added).map(entry).collect();
                Notice::list("It is posted from now on", entries, "")
            }
            Some("pause") => {
                door.digest_pause(asker, name, true).await?;
                Notice::sentence("It is paused: nothing of it is posted until somebody resumes it.")
            }
            Some("resume") => {
                door.digest_pause(asker, name, false).await?;
                Notice::sentence("It is posted again. The next one tells all since the last.")
            }
            Some("remove") => {
                door.digest_remove(asker, name).await?;
                Notice::sentence("It is removed.")
            }
            Some("preview") => {
                let card = door.digest_preview(asker, name).await?;
                return Ok(ChatMessage::new(self.platform.body(Shown::Posted(&card))));
            }
            _ => return Err(self.unknown()),
        };
        Ok(self.notice(&notice))
    }

    /// The digest that somebody describes, for the room that they are in. Whether they may have it is said by whoever adds it.
    fn wanted_digest(
        &self,
        (incoming, seen): (&Incoming<P>, &TurnAdmission<'_>),
        asker: &Asker,
        name: &str,
        typed: &TypedCommand,
    ) -> Result<Digest> {
        let nobody_knows = || Error::new(ErrorKind::Forbidden, self.platform.unbound_room_hint());
        let readers = seen.readers().ok_or_else(nobody_knows)?;
        let to = self.platform.destination_of(&incoming.turn).ok_or_else(nobody_knows)?;
        let given = |name: &str| typed.text(name).map(|text| text.trim().to_lowercase());
        let zone = typed.text("zone").map_or("UTC", str::trim);
        let (every, day, at) = (given("every").unwrap_or_default(), given("day"), given("at").unwrap_or_default());
        let when = When::read(&every, day.as_deref(), &at, zone).ok_or_else(no_time)?;
        let tenants = match given("tenants") {
            Some(tenants) => named(&tenants),
            None => asker.tenants.both(&readers.tenants),
        };
        let skills = given("skills").map_or_else(|| Ok(SKILLS.to_vec()), |skills| skills_of(&skills))?;
        let silent = typed.text("silent").is_some_and(|silent| silent == "true");
        Ok(Digest { name: name.to_owned(), tenants, skills, when, to, silent, owner: seen.owner() })
    }

    /// Which digest, or which time zone somebody may mean.
    pub(super) async fn suggest_for_a_digest(&self, asker: &Asker, (option, typed): (&str, &str)) -> Result<Vec<Suggestion>> {
        let names: Vec<String> = match option {
            "zone" => tz::db().available().map(|zone| zone.to_string()).collect(),
            "name" => self.operations.digests(asker).await?.into_iter().map(|shown| shown.digest.title().to_owned()).collect(),
            _ => Vec::new(),
        };
        let typed = typed.trim().to_lowercase();
        let like = names.into_iter().filter(|name| name.to_lowercase().contains(&typed)).take(OFFERED);
        Ok(like.map(|name| Suggestion { label: name.clone(), value: name }).collect())
    }
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

/// A digest in two lines; its times in the clock of whoever reads.
fn entry(shown: &DigestShown) -> Vec<NoticeLine> {
    let DigestShown { digest, next, covered: _, last, paused, stopped } = shown;
    let tenants = match &digest.tenants {
        Tenants::All => "all tenants".to_owned(),
        Tenants::Only(names) => {
            let more = names.len().saturating_sub(NAMED);
            let first = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            if more > 0 { format!("{first} and {}", count(more, "more tenant")) } else { first }
        }
    };
    let title = Phrase::Strong(digest.title().to_owned());
    let when = Phrase::Text(digest.when.to_string());
    let head = vec![title, Phrase::Fixed(" "), when, Phrase::Fixed(", to "), Phrase::Room(digest.to.clone())];
    let mut state = vec![Phrase::Text(tenants), Phrase::Fixed(" · ")];
    match (stopped, paused, next) {
        (Some(why), ..) => state.extend([Phrase::Fixed("⚠️ stopped: "), Phrase::Text(why.clone())]),
        (None, Some(since), _) => state.extend([Phrase::Fixed("paused since "), Phrase::Day(*since)]),
        (None, None, Some(next)) => state.extend([Phrase::Fixed("next "), Phrase::Moment(*next)]),
        (None, None, None) => state.push(Phrase::Fixed("never due again")),
    }
    state.extend(match last {
        Some(DeliveryState::Waiting) => Some(Phrase::Fixed(" · the last one still waits")),
        Some(DeliveryState::Failed) => Some(Phrase::Fixed(" · ⚠️ the last one did not arrive")),
        Some(DeliveryState::Withheld) => Some(Phrase::Fixed(" · ⚠️ the last one was withheld")),
        Some(DeliveryState::Sent | DeliveryState::Replaced) | None => None,
    });
    vec![NoticeLine::new(head), NoticeLine::small(state)]
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
    fn an_entry_says_when_where_and_how_it_stands() {
        let when = When::read("weekdays", None, "08:30", "Europe/Berlin").unwrap();
        let (name, to) = ("morning".to_owned(), "chat:7".to_owned());
        let digest =
            Digest { name, tenants: only(&["contoso"]), skills: SKILLS.to_vec(), when, to, silent: false, owner: Owner::Configuration };
        let at = |second| jiff::Timestamp::from_second(second).ok();
        let shown = DigestShown { digest, next: at(1_800_000_000), covered: None, last: None, paused: None, stopped: None };
        let last = |shown: &DigestShown| entry(shown).pop().unwrap().phrases.split_off(2);
        assert!(entry(&shown)[0].phrases.contains(&Phrase::Room("chat:7".to_owned())));
        assert_eq!(last(&shown), [Phrase::Fixed("next "), Phrase::Moment(at(1_800_000_000).unwrap())]);
        let failed = DigestShown { last: Some(DeliveryState::Failed), ..shown.clone() };
        assert_eq!(last(&failed).pop(), Some(Phrase::Fixed(" · ⚠️ the last one did not arrive")));
        let paused = DigestShown { paused: at(7), ..shown.clone() };
        assert_eq!(last(&paused), [Phrase::Fixed("paused since "), Phrase::Day(at(7).unwrap())]);
        let stopped = DigestShown { stopped: Some("the owner left".to_owned()), paused: at(7), ..shown };
        assert_eq!(last(&stopped), [Phrase::Fixed("⚠️ stopped: "), Phrase::Text("the owner left".to_owned())]);
    }
}
