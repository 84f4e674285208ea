//! How does a person go on from an answer? With a question that is kept under a short id, which a button can carry.
//!
//! The id follows from the question, so that an answer which is given a thousand times keeps its questions once. It is
//! no secret and grants nothing: whoever uses it asks the question anew, with rights of their own.

use std::{borrow::Cow, collections::BTreeMap, fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{AnswerForm, Ask, Question, RawArgs};
use crate::{
    cache::TimedCache,
    error::{Error, ErrorKind, Result},
    skills::Entry,
    store::StoredQuestion,
};

/// How long a question can be gone on with after it was last used.
const USABLE_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long it is kept at first, and when it is renewed: longer, so that not every use writes.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(28 * 24);
/// How many questions are kept at once: more than any answer leads on to.
const AT_ONCE_MAX: usize = 64;
/// The longest name of a tenant, in bytes.
const TENANT_BYTES_MAX: usize = 200;
/// How many bits of its hash make an id, in bytes: enough to tell any two questions apart.
const ID_BYTES: usize = 12;
/// How many kept questions are known without asking the store.
const KNOWN_MAX: u64 = 65_536;
/// How long that is trusted: another process may have made room in the store.
const KNOWN_FOR: Duration = Duration::from_hours(1);

/// A question to go on with.
#[derive(Clone)]
pub struct SavedQuestion {
    /// Which skill.
    pub skill: &'static Entry,
    /// Which tenant, as a [`super::Question`] says it.
    pub tenant: Option<String>,
    /// The arguments, as text. A required one may be missing: it is asked for first.
    pub args: Vec<(String, String)>,
}

impl fmt::Debug for SavedQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedQuestion").field("skill", &self.skill.name).field("tenant", &self.tenant).field("args", &self.args).finish()
    }
}

/// What is known to be kept, and until when.
pub(super) fn memory() -> TimedCache<String, Timestamp> {
    TimedCache::new(KNOWN_MAX, KNOWN_FOR, |_, _| 1)
}

impl SavedQuestion {
    /// The arguments as [`RawArgs::Pairs`] takes them.
    pub fn pairs(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        self.args.iter().map(|(name, value)| (Cow::Borrowed(&**name), Cow::Borrowed(&**value))).collect()
    }

    /// It as a question about a card that `surface` carries; `pairs` are those of [`SavedQuestion::pairs`].
    pub fn question<'a>(&'a self, pairs: &'a [(Cow<'a, str>, Cow<'a, str>)], surface: &'static str) -> Question<'a> {
        Question { skill: self.skill, tenant: self.tenant.as_deref(), args: RawArgs::Pairs(pairs), form: AnswerForm::Card, surface }
    }

    /// As it is written into the store. The same question is always written alike.
    fn written(&self) -> Result<String> {
        RawArgs::Pairs(&self.pairs()).key()?;
        let tenant = self.tenant.as_deref().map(str::trim);
        if tenant.is_some_and(|tenant| tenant.len() > TENANT_BYTES_MAX) {
            return Err(Error::bad_arguments("Tenant not found: the name is too long."));
        }
        let mut args: Vec<_> = self.args.iter().collect();
        args.sort();
        serde_json::to_string(&(self.skill.name, tenant, args)).map_err(Error::internal)
    }

    /// The question that was written so; `None` when this version has no such question.
    fn read(written: &str) -> Option<Self> {
        let (skill, tenant, args): (String, Option<String>, Vec<(String, String)>) = serde_json::from_str(written).ok()?;
        Some(Self { skill: Entry::named(&skill).ok()?, tenant, args })
    }
}

impl Ask {
    /// Keeps `questions` and returns their ids, in order. Writes once at most, and nothing when all are kept already.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] for arguments that are too long to be asked; else what the store says.
    pub async fn save(&self, questions: &[SavedQuestion]) -> Result<Vec<String>> {
        if questions.len() > AT_ONCE_MAX {
            return Err(Error::internal("a surface wants to keep more questions at once than any answer leads on to"));
        }
        let now = self.view.now();
        let mut ids = Vec::with_capacity(questions.len());
        let mut unsure = BTreeMap::new();
        for question in questions {
            let written = question.written()?;
            let id = id_of(&written);
            if !self.saved.get(&id).await.is_some_and(|until| is_young(until, now)) {
                unsure.insert(id.clone(), written);
            }
            ids.push(id);
        }
        if !unsure.is_empty() {
            self.save_if_due(unsure, now).await?;
        }
        Ok(ids)
    }

    /// The question with this id. Using it keeps it for longer.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not kept, no longer kept, or not known to this version.
    pub async fn saved(&self, id: &str) -> Result<SavedQuestion> {
        let now = self.view.now();
        let found = if is_id(id) { self.view.store().saved_questions(&[id]).await?.pop() } else { None };
        let stored = found.filter(|stored| stored.until > now).ok_or_else(too_old)?;
        let kept = SavedQuestion::read(&stored.question).ok_or_else(too_old)?;
        if !is_young(stored.until, now)
            && let Err(error) = self.save_if_due(BTreeMap::from([(stored.id, stored.question)]), now).await
        {
            // It can be used now; the next use renews it.
            tracing::debug!(cause = error.cause(), "a kept question was not renewed: {}", error.sentence);
        }
        Ok(kept)
    }

    /// Keeps those of `written`, by their ids, that the store does not have, or not for long enough.
    async fn save_if_due(&self, mut written: BTreeMap<String, String>, now: Timestamp) -> Result<()> {
        let ids: Vec<&str> = written.keys().map(String::as_str).collect();
        for stored in self.view.store().saved_questions(&ids).await? {
            if is_young(stored.until, now) {
                written.remove(&stored.id);
                self.saved.put(stored.id, stored.until).await;
            }
        }
        if written.is_empty() {
            return Ok(());
        }
        let until = now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        let due: Vec<_> = written.into_iter().map(|(id, question)| StoredQuestion { id, question, until }).collect();
        self.view.store().save_questions(&due, now).await?;
        for kept in due {
            self.saved.put(kept.id, until).await;
        }
        Ok(())
    }
}

/// Whether it is kept for long enough, when it is used `now` for the last time.
fn is_young(until: Timestamp, now: Timestamp) -> bool {
    until.duration_since(now) >= USABLE_FOR
}

fn id_of(written: &str) -> String {
    let hash = Sha256::digest(written);
    URL_SAFE_NO_PAD.encode(hash.get(..ID_BYTES).unwrap_or(&hash))
}

/// Whether `text`, which comes from outside, can be an id.
fn is_id(text: &str) -> bool {
    text.len() == ID_BYTES / 3 * 4 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn too_old() -> Error {
    Error::new(ErrorKind::NotFound, "This answer has expired. Ask again with its command.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(skill: &str, tenant: Option<&str>, args: &[(&str, &str)]) -> SavedQuestion {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SavedQuestion { skill: Entry::named(skill).unwrap(), tenant: tenant.map(ToOwned::to_owned), args }
    }

    #[test]
    fn the_same_question_has_one_id_and_no_two_share_one() {
        let id = |kept: SavedQuestion| id_of(&kept.written().unwrap());
        let one = id(kept("weakest_controls", Some("contoso"), &[("limit", "5"), ("order", "points")]));
        assert_eq!(one, id(kept("weakest_controls", Some(" contoso "), &[("order", "points"), ("limit", "5")])));
        assert!(is_id(&one), "{one}");
        let others = [
            kept("weakest_controls", Some("contoso"), &[("limit", "5"), ("orde", "rpoints")]),
            kept("weakest_controls", Some("contoso"), &[("limit", "6"), ("order", "points")]),
            kept("weakest_controls", None, &[("limit", "5"), ("order", "points")]),
            kept("control", Some("contoso"), &[("limit", "5"), ("order", "points")]),
        ];
        let ids: std::collections::BTreeSet<_> = others.into_iter().map(id).chain([one]).collect();
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn what_is_written_can_be_read_unless_another_version_wrote_it() {
        let hostile = "\"],[\u{202e}\\\0🎉";
        let read = SavedQuestion::read(&kept("control", None, &[("name", hostile)]).written().unwrap()).unwrap();
        assert_eq!((read.skill.name, read.tenant, read.args), ("control", None, vec![("name".to_owned(), hostile.to_owned())]));
        for other in [r#"["no_such_skill",null,[]]"#, r#"{"skill":"control"}"#, "", r#"["control",null,[],1]"#] {
            assert!(SavedQuestion::read(other).is_none(), "{other}");
        }
        assert!(kept("control", None, &[("name", &"x".repeat(5000))]).written().is_err());
        for text in ["", "short", "0123456789abcde+", "0123456789abcdefg", "ééééééé0"] {
            assert!(!is_id(text), "{text}");
        }
    }
}
