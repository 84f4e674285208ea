//! What is asked? A skill with arguments, about a tenant, in a form.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::{Map, Value};

use crate::{
    access::Asker,
    error::{Error, Result},
    skills::{Entry, Needs, args, options::Opt},
};

/// The longest arguments that are looked at, in bytes.
const ARGS_BYTES_MAX: usize = 4 * 1024;

/// A form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
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
    pub args: Args<'a>,
    /// In which form to answer.
    pub form: Form,
    /// Who carries the question, for measuring.
    pub surface: &'static str,
}

impl Question<'_> {
    /// Its arguments as `asker` may use them, and what to load for them.
    pub(super) fn prepare(&self, asker: &Asker, all: bool) -> Result<(Map<String, Value>, Needs)> {
        let args = self.args.read(&self.skill.options)?;
        let needs = self.skill.needs(&args, all, asker.role.sees_names())?;
        Ok((args, needs))
    }
}

/// Arguments, as a surface has them.
#[derive(Clone, Copy)]
pub enum Args<'a> {
    /// As text, from a query string or a form.
    Pairs(&'a [(Cow<'a, str>, Cow<'a, str>)]),
    /// As text, where so many rows may be listed even if the skill says less.
    Long(&'a [(Cow<'a, str>, Cow<'a, str>)], i64),
    /// As typed values, from an assistant.
    Typed(&'a Map<String, Value>),
}

impl Args<'_> {
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
            return Err(Error::bad_arguments(format!("The arguments are longer than {ARGS_BYTES_MAX} bytes. Shorten them.")));
        }
        Ok(text.into())
    }

    /// What they mean to a skill with these options.
    fn read(&self, options: &[Opt]) -> Result<Map<String, Value>> {
        match self {
            Self::Pairs(pairs) => args::read_text(options, pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), None),
            Self::Long(pairs, rows_max) => {
                args::read_text(options, pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), Some(*rows_max))
            }
            Self::Typed(map) => args::read_typed(options, map, None),
        }
    }
}
