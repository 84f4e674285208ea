//! Which arguments does a skill take? Flat options, read from its type; what is given for them is read in `args`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, Visitor, value},
    forward_to_deserialize_any,
};
use serde_json::{Value, json};

use super::schema;

/// The longest text that an argument takes, in characters.
pub const TEXT_MAX: usize = 200;
/// The longest list of names that one takes, likewise.
const LIST_MAX: usize = 1_000;

/// The choice that filters nothing.
pub(super) const NO_FILTER: &str = "all";

/// One argument of a skill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Opt {
    /// Its name.
    pub name: String,
    /// What it does, at most 100 characters.
    pub summary: String,
    /// Whether the question makes no sense without it.
    pub required: bool,
    /// What happens without it; `None` when that is nothing.
    pub default: Option<Value>,
    /// What a text looks like, as a regular expression; the skill itself is what checks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What it takes.
    #[serde(flatten)]
    pub kind: OptKind,
    /// What a person may be offered while typing it; no business of a host's.
    #[serde(skip)]
    pub suggest: Option<Suggest>,
    /// Another name that people and models give it; understood, but told to nobody.
    #[serde(skip)]
    pub alias: Option<String>,
    /// Other words for its choices, which another argument has for the same thing: understood, but told to nobody.
    #[serde(skip)]
    pub synonyms: BTreeMap<String, String>,
    /// Whether it says how many rows are listed: a place where long lists can be read takes more than the schema says.
    #[serde(skip)]
    pub rows: bool,
    /// Whether it is a text of several names with `;` between them, which may also come as a list.
    #[serde(skip)]
    pub list: bool,
}

/// Marks an argument for which there is something to offer, one with another name, one whose choices have other words, one that counts rows, one that
/// lists names.
const SUGGEST: &str = "x-suggest";
const ALIAS: &str = "x-alias";
const SYNONYMS: &str = "x-synonyms";
const ROWS: &str = "x-rows";
const LIST: &str = "x-list";

/// What an argument takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OptKind {
    /// A whole number within limits.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A text of at most [`Opt::text_max`] characters.
    Text,
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice {
        /// The words.
        choices: Vec<String>,
    },
}

/// What a person may be offered while typing a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suggest {
    /// The tenant's controls.
    Control,
    /// The products that the tenant's controls are of.
    Product,
}

/// The options of an argument type. A type that is not flat has a test against it in `tests/it/contract.rs`.
/// They come as the type declares them: what is asked most comes first.
pub fn of<T: JsonSchema + DeserializeOwned>() -> Vec<Opt> {
    let schema = schema::of_args::<T>();
    let required: BTreeSet<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut options: Vec<Opt> = properties.map(|(name, property)| option(name, property, required.contains(name.as_str()))).collect();
    let declared = declared::<T>();
    options.sort_by_key(|option| declared.iter().position(|name| *name == option.name));
    options
}

/// The names of a type's members in the order of their declaration, which a schema does not keep: a derived `Deserialize` tells them
/// to whoever it asks for a value.
fn declared<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It gets no value, so there is nothing but its error.
    let _ = T::deserialize(FieldNames(&mut names));
    names
}

struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(value::Error::custom("there is no value"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = names;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

fn option(name: &str, property: &Value, required: bool) -> Opt {
    let choices: Vec<String> = property["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect();
    let kind = match property["type"].as_str() {
        _ if !choices.is_empty() => OptKind::Choice { choices },
        Some("integer") => {
            OptKind::Integer { min: property["minimum"].as_i64().unwrap_or(0), max: property["maximum"].as_i64().unwrap_or(i64::MAX) }
        }
        Some("boolean") => OptKind::Flag,
        _ => OptKind::Text,
    };
    let default = property.get("default").filter(|default| !default.is_null()).cloned();
    let pattern = property["pattern"].as_str().map(ToOwned::to_owned);
    Opt {
        name: name.to_owned(),
        summary: property["description"].as_str().unwrap_or_default().to_owned(),
        required,
        default,
        pattern,
        kind,
        suggest: match property[SUGGEST].as_str() {
            Some("control") => Some(Suggest::Control),
            Some("product") => Some(Suggest::Product),
            _ => None,
        },
        alias: property[ALIAS].as_str().map(ToOwned::to_owned),
        synonyms: property[SYNONYMS]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(word, choice)| Some((word.clone(), choice.as_str()?.to_owned())))
            .collect(),
        rows: property[ROWS].as_bool().unwrap_or(false),
        list: property[LIST].as_bool().unwrap_or(false),
    }
}

impl Opt {
    /// Whether it is a choice that leaves something out, and nothing where it is not given: then a host whose schemas are strict, and
    /// which must fill every argument, can say [`NO_FILTER`].
    pub(super) fn is_filter(&self) -> bool {
        matches!(&self.kind, OptKind::Choice { choices } if !choices.iter().any(|choice| choice == NO_FILTER))
            && !self.required
            && self.default.is_none()
    }

    /// The longest text that it takes, in characters.
    pub const fn text_max(&self) -> usize {
        if self.list { LIST_MAX } else { TEXT_MAX }
    }

    /// What it takes, as a JSON Schema in the words that every host reads.
    pub fn schema(&self) -> Value {
        let mut schema = match &self.kind {
            OptKind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            OptKind::Text if self.required => json!({ "type": "string", "minLength": 1, "maxLength": self.text_max() }),
            // An empty text is none: some assistants send every argument that they know of.
            OptKind::Text => json!({ "type": "string", "maxLength": self.text_max() }),
            OptKind::Flag => json!({ "type": "boolean" }),
            OptKind::Choice { choices } => {
                let no_filter = self.is_filter().then_some(NO_FILTER);
                json!({ "type": "string", "enum": choices.iter().map(String::as_str).chain(no_filter).collect::<Vec<_>>() })
            }
        };
        if let Some(default) = &self.default {
            schema["default"] = default.clone();
        }
        if let Some(pattern) = &self.pattern {
            schema["pattern"] = Value::from(pattern.as_str());
        }
        schema
    }
}
