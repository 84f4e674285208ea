//! Which questions can we answer? One file or folder for each of [`crate::skill_id`]'s list; none knows another.
//!
//! A skill is the type of its arguments: what it is called, what it takes, what it answers. Everything a surface needs (a
//! schema, a command, help, an OpenAPI operation) comes from that type. Answering is pure: the facts are
//! already loaded.

mod annotations;
pub mod args;
mod category;
mod caveat;
mod filter;
mod fit;
mod follow_ups;
mod format;
mod fresh;
mod given_up;
mod level;
mod licence;
mod link;
mod no_score;
pub mod options;
mod page;
mod peer;
pub mod schema;
mod score_move;
mod since;
mod tally;
mod why;
pub mod wording;

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    card::{Block, Card, Next},
    error::{Error, ErrorKind, FetchFailureKind, Result},
    score::{Annotations, Catalogue, History, Snapshot},
    skill_id::{SkillId, skill_list},
    text::{did_you_mean, first_of},
};
use options::{Opt, Suggest};

pub use no_score::why_not_fetched;

macro_rules! skills {
    ($($file:ident: $id:ident, $args:ident);* $(;)?) => {
        $(pub mod $file;)*
        /// Every skill, in the order of every menu.
        pub static ALL: [Entry; [$(SkillId::$id),*].len()] = [$(Entry::of::<$file::$args>(SkillId::$id)),*];
    };
}

skill_list!(skills);

impl SkillId {
    /// All that surfaces and `ask` work with.
    pub fn entry(self) -> &'static Entry {
        // The list is in the order of the ids, of which both are made.
        &ALL[self as usize]
    }
}

/// What is missing of an answer or needs care, as blocks of a card.
pub fn notes_of(notes: &[caveat::Caveat]) -> impl Iterator<Item = Block> {
    caveat::blocks(notes)
}

/// The control that a question is about, by its id; `None` where it is about none yet, or about a tenant.
pub fn control_of(next: &Next) -> Option<&str> {
    let option = next.skill.entry().options.iter().find(|option| option.suggest == Some(Suggest::Control))?;
    next.args.iter().find(|(name, _)| *name == option.name).map(|(_, id)| id.as_str())
}

/// The argument that names the tenant, beside a skill's own.
pub const TENANT: &str = "tenant";
/// When to ask again while a tenant is being read for the first time.
const NOT_READ: Duration = Duration::from_secs(5);
/// When to ask again while Microsoft publishes nothing.
const NOT_PUBLISHED: Duration = Duration::from_hours(6);

/// What a skill reads: already loaded, so that answering is pure.
#[derive(Debug, Clone)]
pub struct Facts {
    /// One tenant, or all that the asker may see when the question is about all of them. Never empty.
    pub tenants: Vec<TenantFacts>,
    /// Whether the question is about several: all tenants, all of a group, or those that were named.
    pub all: bool,
    /// The group that they are of, or how they were named, where it is not about all.
    pub group: Option<AskedTenants>,
    /// Whether the asker may see names of people.
    pub names: bool,
    /// Whether rows shall link, for hosts that cite them.
    pub links: bool,
    /// The day of asking (UTC), by which it is judged how old a score is and whether a decision has ended.
    pub today: Date,
    /// Who reads the answer.
    pub readership: Readership,
}

/// Several tenants that are asked about together, other than all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedTenants {
    /// The one group, or the names with commas between: the word that asks about them again.
    pub name: Arc<str>,
    /// What was named, in that order.
    pub parts: Vec<AskedPart>,
}

/// A tenant or a group among those that were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPart {
    /// Its name.
    pub name: String,
    /// The tenants of the group; `None` for a tenant.
    pub group: Option<Vec<String>>,
}

impl AskedTenants {
    /// The one group, where nothing else was named.
    fn only_group(&self) -> Option<&Arc<str>> {
        matches!(self.parts.as_slice(), [AskedPart { group: Some(_), .. }]).then_some(&self.name)
    }
}

/// Who reads an answer: what it says of its rest must hold for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readership {
    /// Who asked, and can ask on.
    Asker,
    /// Those to whom it is posted, as a part of something else.
    Audience,
}

impl Facts {
    /// The page that goes on, for a reader who can ask for it.
    pub(crate) fn turn(&self, page: usize) -> Option<usize> {
        Some(page).filter(|_| self.readership == Readership::Asker)
    }

    /// Whom the question is about where it is about many, in the word that asks it again.
    pub(crate) fn many(&self) -> &str {
        self.group.as_ref().map_or(follow_ups::ALL, |asked| &*asked.name)
    }

    /// The group that the question is about, if it is about one.
    pub(crate) fn group(&self) -> Option<Arc<str>> {
        self.group.as_ref().and_then(AskedTenants::only_group).cloned()
    }

    /// The same for a title.
    pub(crate) fn many_titled(&self) -> String {
        let Some(asked) = &self.group else { return "all tenants".to_owned() };
        let names: Vec<&str> = asked.parts.iter().map(|part| part.name.as_str()).collect();
        asked.only_group().map_or_else(|| first_of(&names, caveat::NAMED_MAX), |group| format!("group {group}"))
    }

    /// So many of these tenants, with the group that they are of: `2 of 3 tenants`.
    pub(crate) fn counted(&self, tenants: usize) -> String {
        let all = self.tenants.len();
        let of = if tenants < all { format!("{tenants} of ") } else { String::new() };
        let counted = format!("{of}{}", format::count(all, "tenant"));
        self.group().map_or_else(|| counted.clone(), |group| format!("{group}, {counted}"))
    }

    /// The one tenant that the question is about.
    pub fn tenant(&self) -> Result<&TenantFacts> {
        self.tenants.first().ok_or_else(|| Error::internal("a question without a tenant reached a skill"))
    }
}

impl TenantFacts {
    /// Its name, with the first day that is held of it: `fabrikam (held since 2026-11-21)`.
    pub(crate) fn held_since(&self) -> String {
        let since = self.history.first_held().map_or_else(String::new, |first| format!(" (held since {first})"));
        format!("{}{since}", self.name)
    }
}

/// What is known about one tenant.
#[derive(Debug, Clone)]
pub struct TenantFacts {
    /// Its short name.
    pub name: String,
    /// Its `azureTenantId`, for links into the portal.
    pub entra_id: Option<String>,
    /// The days that the skill needs; possibly more.
    pub history: History,
    /// The catalogue; empty when the skill does not need it.
    pub catalogue: Catalogue,
    /// What our own people added to its controls; empty when the skill does not need the catalogue.
    pub annotations: Annotations,
    /// The names of the service plans that it subscribes to; `None` where Graph was not asked, or does not say.
    pub service_plans: Option<Arc<BTreeSet<String>>>,
    /// When Graph was last read; `None` for what was imported.
    pub read_at: Option<Timestamp>,
    /// Why it could not be fetched the last time, where no day of it is stored.
    pub fetch_failure: Option<FetchFailureKind>,
}

impl TenantFacts {
    /// The newest day, or the sentence for a tenant that has none.
    pub fn newest(&self) -> Result<&Snapshot> {
        self.history.newest().ok_or_else(|| {
            let name = &self.name;
            let (sentence, wait) = if self.read_at.is_none() {
                (
                    format!("No score of tenant {name} is stored yet. If it is fetched from Graph, ask again in a minute; otherwise import its secureScores."),
                    NOT_READ,
                )
            } else {
                let sentence = format!(
                    "Microsoft publishes no Secure Score for tenant {name} yet. A new tenant gets its first score within a day or two."
                );
                (sentence, NOT_PUBLISHED)
            };
            Error::new(ErrorKind::NotReady, sentence).retry_after(wait)
        })
    }
}

impl TenantFacts {
    /// The newest day whose controls are known; where there is none, the newest, which has none.
    pub fn with_controls(&self) -> Result<&Snapshot> {
        self.history.newest_with_controls().map_or_else(|| self.newest(), Ok)
    }
}

/// What a skill needs loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The last day, from which is counted back; without it the newest one, which always comes.
    pub last: Option<ComparedDay>,
    /// All days within so many days before the last one; 0 still brings the day before it.
    pub days: u32,
    /// Also one earlier day.
    pub earlier: Option<ComparedDay>,
    /// Also the sums of days, without their controls.
    pub scores: Option<NeededScores>,
    /// How much of the catalogue.
    pub catalogue: Texts,
}

/// Days of which a skill needs only the sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededScores {
    /// The first; a number of days counts back from the last one.
    pub from: ComparedDay,
    /// The last; `None` for the newest.
    pub until: Option<Date>,
    /// Whether by category too.
    pub by_category: bool,
}

/// One earlier day: the newest that is not after it, else the oldest held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparedDay {
    /// So many days before the last one; for that itself, before the newest.
    Back(u32),
    /// This day.
    Day(Date),
}

/// How much of the catalogue a skill needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Texts {
    /// Nothing.
    #[default]
    None,
    /// Maxima and states, without titles and other texts: enough to sum up many tenants.
    Bare,
    /// All of it.
    Whole,
}

/// What a caller of Graph would have to read to answer a question with default arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw {
    /// So many of the newest days, whole.
    pub days: usize,
    /// Whether all pages of profiles.
    pub profiles: bool,
}

/// A question with a typed answer. Its type is what it takes: flat, each member described.
pub trait Skill: DeserializeOwned + JsonSchema + 'static {
    /// The slash command in chat.
    const CHAT: &'static str;
    /// For people, at most 100 characters.
    const SUMMARY: &'static str;
    /// For assistants, at most 300 characters: when to use it and when not.
    const GUIDE: &'static str;
    /// Whether `tenant=all` can be asked.
    const ALL_TENANTS: bool;
    /// Whether an answer in a chat is for the asker's eyes unless they say otherwise.
    const PRIVATE: bool = false;
    /// What a caller of Graph would have to read for the same question.
    const RAW: Raw;
    /// What it answers: flat, each member described, absent rather than null.
    type Answer: Serialize + JsonSchema;

    /// What to load for these arguments.
    fn needs(&self, all: bool) -> Needs;
    /// Refuses arguments that this asker may not use, or that no limit of the schema can state.
    fn check(&self, _names: bool) -> Result<()> {
        Ok(())
    }
    /// The answer.
    fn answer(&self, facts: &Facts) -> Result<Self::Answer>;
    /// The answer in few words, for assistants. Texts from outside stand in double quotes.
    fn text(answer: &Self::Answer) -> String;
    /// The answer for people.
    fn card(answer: &Self::Answer) -> Card;
    /// The page that goes on from it, where its list does.
    fn next_page(_answer: &Self::Answer) -> Option<usize> {
        None
    }
    /// Questions that are tests, documentation and OpenAPI examples at once.
    fn examples() -> &'static [Example];
}

/// A question that shows what a skill does.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// A file name for it.
    pub name: &'static str,
    /// How a person would say it, without names.
    pub prompt: &'static str,
    /// The tenant asked about.
    pub tenant: &'static str,
    /// The arguments, as JSON.
    pub args: &'static str,
}

/// An answer with its type erased. Each of its views is made when it is asked for.
pub trait AnyAnswer {
    /// For assistants: few words.
    fn text(&self) -> String;
    /// For programs: flat, described JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] for an answer that cannot be written as JSON, which none is.
    fn json(&self) -> Result<Vec<u8>>;
    /// For people.
    fn card(&self) -> Card;
    /// The page that goes on from it, where its list does.
    fn next_page(&self) -> Option<usize>;
}

/// What `S` answered.
struct TypedAnswer<S: Skill>(S::Answer);

impl<S: Skill> AnyAnswer for TypedAnswer<S> {
    fn text(&self) -> String {
        S::text(&self.0)
    }

    fn json(&self) -> Result<Vec<u8>> {
        schema::json(&self.0).map_err(Error::internal)
    }

    fn card(&self) -> Card {
        S::card(&self.0)
    }

    fn next_page(&self) -> Option<usize> {
        S::next_page(&self.0)
    }
}

/// How a skill answers from facts, for arguments that were read.
type AnswerFn = fn(&Facts, &Map<String, Value>) -> Result<Box<dyn AnyAnswer>>;

/// A skill with its types erased: what surfaces and `ask` work with.
pub struct Entry {
    /// Which it is.
    pub id: SkillId,
    /// The name for assistants and URLs.
    pub name: &'static str,
    /// The slash command in chat.
    pub chat: &'static str,
    /// For people.
    pub summary: &'static str,
    /// For assistants.
    pub guide: &'static str,
    /// Whether `tenant=all` can be asked.
    pub all_tenants: bool,
    /// Whether an answer in a chat is for the asker's eyes unless they say otherwise.
    pub private: bool,
    /// What a caller of Graph would have to read.
    pub raw: Raw,
    /// Example questions.
    pub examples: fn() -> &'static [Example],
    /// Its arguments, read from the type once.
    pub options: LazyLock<Vec<Opt>>,
    /// The flat schema of its answer, read from the type once.
    pub answer_schema: LazyLock<Value>,
    /// That of its answer in the linked form.
    pub linked_schema: LazyLock<Value>,
    needs: fn(&Map<String, Value>, bool, bool) -> Result<Needs>,
    answer: AnswerFn,
}

impl Entry {
    const fn of<S: Skill>(id: SkillId) -> Self {
        Self {
            id,
            name: id.name(),
            chat: S::CHAT,
            summary: S::SUMMARY,
            guide: S::GUIDE,
            all_tenants: S::ALL_TENANTS,
            private: S::PRIVATE,
            raw: S::RAW,
            examples: S::examples,
            options: LazyLock::new(options::of::<S>),
            answer_schema: LazyLock::new(|| schema::of_answer::<S::Answer>(false)),
            linked_schema: LazyLock::new(|| schema::of_answer::<S::Answer>(true)),
            needs: |args, all, names| {
                let args = parse::<S>(args)?;
                args.check(names)?;
                Ok(args.needs(all))
            },
            answer: |facts, args| Ok(Box::new(TypedAnswer::<S>(parse::<S>(args)?.answer(facts)?))),
        }
    }

    /// The skill called `name`, or an error that names the nearest ones.
    pub fn named(name: &str) -> Result<&'static Self> {
        SkillId::named(name).map(SkillId::entry).ok_or_else(|| {
            let hint = did_you_mean(name, ALL.iter().map(|entry| entry.name));
            let all: Vec<_> = ALL.iter().map(|entry| entry.name).collect();
            Error::new(ErrorKind::NotFound, format!("There is no skill `{}`.{hint} There are: {}.", format::echo(name), all.join(", ")))
        })
    }

    /// Checks arguments against every limit and says what to load for them.
    ///
    /// `all` is whether the question is about all tenants, `names` whether the asker may see names.
    pub fn prepare(&self, args: &Map<String, Value>, all: bool, names: bool) -> Result<Needs> {
        self.needs(&args::read_typed(&self.options, args, None)?, all, names)
    }

    /// What to load for arguments that [`args`] has read.
    pub fn needs(&self, args: &Map<String, Value>, all: bool, names: bool) -> Result<Needs> {
        (self.needs)(args, all, names)
    }

    /// Answers from `facts`, for arguments that [`args`] has read. Call [`Entry::needs`] before.
    pub fn answer(&self, facts: &Facts, args: &Map<String, Value>) -> Result<Box<dyn AnyAnswer>> {
        (self.answer)(facts, args)
    }
}

fn parse<S: Skill>(args: &Map<String, Value>) -> Result<S> {
    serde_json::from_value(Value::Object(args.clone()))
        .map_err(|error| Error::bad_arguments(format!("The arguments cannot be read: {error}.")))
}
