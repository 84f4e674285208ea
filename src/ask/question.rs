//! What is asked? A skill with arguments, about a tenant, in a form.

use std::{borrow::Cow, fmt::Write as _, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use crate::{
    access::Asker,
    cache::{AnswerKey, Finished},
    error::{Error, Result},
    skills::{Entry, Needs, args, options::Opt},
};

/// The longest arguments that are looked at, in bytes.
const ARGS_BYTES_MAX: usize = 4 * 1024;

/// A form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// Few words, for assistants.
    Text,
    /// Flat JSON, for programs.
    Json,
    /// The same with a link in every row, for hosts that cite.
    Linked,
    /// Blocks, for people.
    Card,
}

/// A skill with arguments, a tenant and a surface. The asker comes beside it.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Which skill.
    pub skill: &'static Entry,
    /// Which tenant: a name, `all`, or the asker's only one.
    pub tenant: Option<&'a str>,
    /// The arguments.
    pub args: RawArgs<'a>,
    /// In which form to answer.
    pub form: AnswerForm,
    /// Who carries the question, for measuring.
    pub surface: &'static str,
}

/// A question that its asker may ask, about tenants that there are, with arguments that its skill takes. Only [`super::Ask::prepare`] makes one,
/// so whoever has it need not ask again: it may be answered later.
pub struct PreparedQuestion {
    pub(super) wanted: QuestionDetails,
    pub(super) found: AnswerSource,
    /// How long it took to prepare.
    pub(super) took: Duration,
}

/// Who asks which skill, and who carries the question: what is counted of it, and whose turn it takes.
#[derive(Clone)]
pub struct QuestionOrigin {
    pub(super) asker_id: Arc<str>,
    pub(super) asker_name: Arc<str>,
    pub(super) skill: &'static Entry,
    pub(super) surface: &'static str,
}

/// What is to be answered, and for whom.
pub(super) struct QuestionDetails {
    pub(super) origin: QuestionOrigin,
    pub(super) form: AnswerForm,
    /// Whether it is about all tenants that the asker may see.
    pub(super) all: bool,
    /// Whether whoever asks operates scorewatch: no answer depends on it, only what is said where there is none.
    pub(super) operates: bool,
    /// The tenants, the version of their data, the day and the arguments: what names the answer among all.
    pub(super) key: AnswerKey,
}

impl PreparedQuestion {
    /// Who asks, by which limits hold and questions are counted.
    pub const fn origin(&self) -> &QuestionOrigin {
        &self.wanted.origin
    }
}

impl QuestionOrigin {
    pub(super) fn of(asker: &Asker, question: &Question<'_>) -> Self {
        let (asker_id, asker_name) = (Arc::clone(&asker.id), Arc::clone(&asker.name));
        Self { asker_id, asker_name, skill: question.skill, surface: question.surface }
    }

    /// The id of the asker.
    pub const fn caller(&self) -> &Arc<str> {
        &self.asker_id
    }
}

/// Whether the answer is there.
pub(super) enum AnswerSource {
    /// It was made before.
    Remembered(Finished),
    /// It is made of these arguments, and of what is to be loaded for them.
    ToMake(Map<String, Value>, Needs),
}

/// Arguments, as a surface has them.
#[derive(Clone, Copy)]
pub enum RawArgs<'a> {
    /// As text, from a query string or a form.
    Pairs(&'a [(Cow<'a, str>, Cow<'a, str>)]),
    /// As text, where so many rows may be listed even if the skill says less.
    Long(&'a [(Cow<'a, str>, Cow<'a, str>)], i64),
    /// As typed values, from an assistant.
    Typed(&'a Map<String, Value>),
}

impl RawArgs<'_> {
    /// One text per set of arguments, short enough to be a key.
    pub(super) fn key(&self) -> Result<Box<str>> {
        let text = match self {
            Self::Pairs([]) | Self::Long([], _) => return Ok(Box::default()),
            Self::Typed(map) if map.is_empty() => return Ok(Box::default()),
            Self::Pairs(pairs) | Self::Long(pairs, _) => {
                // Lengths part the pairs, so that no value can pass for another pair.
                let mut text = String::with_capacity(pairs.iter().map(|(name, value)| name.len() + value.len() + 8).sum());
                if let Self::Long(_, rows_max) = self {
                    let _ = write!(text, "{rows_max} rows ");
                }
                for (name, value) in *pairs {
                    let _ = write!(text, "{}:{name}{}:{value}", name.len(), value.len());
                }
                text
            }
            Self::Typed(map) => serde_json::to_string(map).map_err(Error::internal)?,
        };
        if text.len() > ARGS_BYTES_MAX {
            return Err(Error::bad_arguments(format!("The arguments are longer than {ARGS_BYTES_MAX} bytes; shorten them.")));
        }
        Ok(text.into())
    }

    /// What they mean to a skill with these options.
    pub(super) fn read(&self, options: &[Opt]) -> Result<Map<String, Value>> {
        match self {
            Self::Pairs(pairs) => args::read_text(options, pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), None),
            Self::Long(pairs, rows_max) => {
                args::read_text(options, pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), Some(*rows_max))
            }
            Self::Typed(map) => args::read_typed(options, map, None),
        }
    }
}
