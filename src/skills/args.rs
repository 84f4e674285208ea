//! What did somebody mean by an argument? Values as people and models write them, read once for every surface into what a skill takes.
//!
//! A whole number comes as `3`, `3.0` or `"3"`, a choice in any case, a tenant called `365` as a number. What cannot be meant is
//! refused in a sentence that names the type, so that the next try is right.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{
    format,
    options::{NO_FILTER, Opt, OptKind},
};
use crate::{
    error::{Error, Result},
    text::{did_you_mean, nearest},
};

/// How much of a wrong value a refusal repeats, in characters.
const ECHO: usize = 40;

/// Reads what is `given` for `options` into values that their skill takes. `rows_max` is how many rows may be listed where the options
/// say less, for places where long lists can be read.
///
/// # Errors
/// [`crate::error::ErrorKind::BadArguments`] for names that no option has, for one that is given twice, for values that cannot be meant or
/// are out of bounds, and for required ones that are missing.
pub fn read<'a>(
    options: &[Opt],
    given: impl IntoIterator<Item = (&'a str, Cow<'a, Value>)>,
    rows_max: Option<i64>,
) -> Result<Map<String, Value>> {
    let (mut args, mut seen) = (Map::new(), Vec::new());
    for (name, value) in given {
        let option = options.iter().find(|option| option.is_called(name)).ok_or_else(|| unknown(options, name))?;
        // Also where it says nothing: a list of nothing is no value.
        if seen.contains(&name) {
            return Err(twice(option));
        }
        seen.push(name);
        // Some assistants send every argument that they know of, the unused ones as null or empty.
        if option.says_nothing(&value) || option.filters_nothing(&value) {
            continue;
        }
        if args.insert(option.name.clone(), option.read(&value, rows_max)?).is_some() {
            return Err(twice(option));
        }
    }
    let missing = options.iter().find(|option| option.required && !args.contains_key(&option.name));
    missing.map_or(Ok(args), |option| Err(refusal(&option.name, &format!("is missing: {}", option.summary))))
}

/// The same for arguments that are typed values.
pub fn read_typed(options: &[Opt], given: &Map<String, Value>, rows_max: Option<i64>) -> Result<Map<String, Value>> {
    read(options, given.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value))), rows_max)
}

/// The same for arguments that are text (`limit=5`), as query strings and command lines have them.
pub fn read_text<'a>(
    options: &[Opt],
    given: impl IntoIterator<Item = (&'a str, &'a str)>,
    rows_max: Option<i64>,
) -> Result<Map<String, Value>> {
    read(options, given.into_iter().map(|(name, text)| (name, Cow::Owned(Value::from(text)))), rows_max)
}

/// Takes the argument called `name`, a text, out of `given`; `None` where it is absent, null or empty.
///
/// # Errors
/// [`crate::error::ErrorKind::BadArguments`] when it is given twice, or is neither a text nor a number.
pub fn take_text(given: &mut Map<String, Value>, name: &str) -> Result<Option<String>> {
    let called: Vec<String> = given.keys().filter(|key| same_name(key, name)).cloned().collect();
    let mut values: Vec<Value> = called.iter().filter_map(|key| given.remove(key)).filter(|value| !says_nothing(value)).collect();
    let Some(value) = values.pop() else { return Ok(None) };
    if !values.is_empty() {
        return Err(given_twice(name));
    }
    text(&value).map(Some).ok_or_else(|| refusal(name, &format!("takes a string; {} is not one.", echo(&value))))
}

/// Whether two names of arguments are the same, however their words are joined.
pub fn same_name(one: &str, other: &str) -> bool {
    one == other || bare(one) == bare(other)
}

fn twice(option: &Opt) -> Error {
    given_twice(&option.name)
}

fn given_twice(name: &str) -> Error {
    refusal(name, "is given twice. Give it once.")
}

/// Refuses the argument called `name`, which is `wrong`.
fn refusal(name: &str, wrong: &str) -> Error {
    Error::bad_arguments(format!("`{name}` {wrong}")).naming(name)
}

fn unknown(options: &[Opt], name: &str) -> Error {
    let known: Vec<&str> = options.iter().map(|option| option.name.as_str()).collect();
    let near = nearest(name, known.iter().copied());
    let hint = match (near, known.is_empty()) {
        (Some(near), _) => format!("Did you mean `{near}`?"),
        (None, true) => "This skill takes none but `tenant`.".to_owned(),
        (None, false) => format!("There are: {}.", known.join(", ")),
    };
    let error = Error::bad_arguments(format!("There is no argument `{}`. {hint}", format::echo(name)));
    match near.or_else(|| known.is_empty().then_some("tenant")) {
        Some(named) => error.naming(named),
        None => error,
    }
}

impl Opt {
    fn is_called(&self, name: &str) -> bool {
        same_name(&self.name, name) || self.alias.as_deref().is_some_and(|alias| same_name(alias, name))
    }

    /// Whether a value is as good as none: for what is no text, whose schema allows no blanks, only where it is empty.
    fn says_nothing(&self, given: &Value) -> bool {
        if self.kind == OptKind::Text { says_nothing(given) } else { given.is_null() || given.as_str().is_some_and(str::is_empty) }
    }

    fn filters_nothing(&self, given: &Value) -> bool {
        self.is_filter() && given.as_str().is_some_and(|word| bare(word) == NO_FILTER)
    }

    fn read(&self, given: &Value, rows_max: Option<i64>) -> Result<Value> {
        match &self.kind {
            OptKind::Integer { min, max } => {
                let max = rows_max.filter(|_| self.rows).unwrap_or(*max);
                let fits = whole(given).filter(|number| (*min..=max).contains(number));
                fits.map(Value::from).ok_or_else(|| self.refused(&format!("a whole number from {min} to {max}"), given, "not one"))
            }
            OptKind::Flag => flag(given).map(Value::from).ok_or_else(|| self.refused("true or false", given, "neither")),
            OptKind::Choice { choices } => choice(choices, given).or_else(|| self.synonym(given)).map(Value::from).ok_or_else(|| {
                let mut refused = self.refused(&format!("one of {}", choices.join(", ")), given, "none of them");
                refused.sentence.extend(given.as_str().map(|word| did_you_mean(word, choices.iter().map(String::as_str))));
                refused
            }),
            OptKind::Text => {
                let right = format!("a text of 1 to {} characters", self.text_max());
                let text = text(given).or_else(|| listed(given).filter(|_| self.list));
                let text = text.ok_or_else(|| self.refused(&right, given, "not one"))?;
                match text.chars().count() {
                    length if length > self.text_max() => Err(refusal(&self.name, &format!("is {right}; this one has {length}."))),
                    _ => Ok(Value::String(text)),
                }
            }
        }
    }

    /// The choice that another argument calls otherwise.
    fn synonym(&self, given: &Value) -> Option<&str> {
        let word = bare(given.as_str()?);
        self.synonyms.iter().find(|(other, _)| bare(other) == word).map(|(_, choice)| choice.as_str())
    }

    fn refused(&self, right: &str, given: &Value, what: &str) -> Error {
        refusal(&self.name, &format!("is {right}; {} is {what}.", echo(given)))
    }
}

/// What may stand around a text without a meaning: named one by one, because what else is blank differs between languages, and the
/// schemas that hosts check with say the same.
pub(super) const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether a value is as good as none.
fn says_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim_matches(BLANK).is_empty())
}

/// A text; a number stands for its digits.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim_matches(BLANK).to_owned()),
        Value::Number(number) => Some(digits(number)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list of texts as one, with `;` between them.
fn listed(value: &Value) -> Option<String> {
    let texts: Option<Vec<String>> = value.as_array()?.iter().map(text).collect();
    texts.map(|texts| texts.join("; "))
}

/// A number as people write it: without an exponent, and without a fraction that is none.
fn digits(number: &Number) -> String {
    if number.is_f64() { number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()) } else { number.to_string() }
}

/// A whole number; one that is beyond all bounds comes as the last one.
fn whole(value: &Value) -> Option<i64> {
    let text = text(value)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let is_whole = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) && fraction.bytes().all(|byte| byte == b'0');
    let beyond = if whole.starts_with('-') { i64::MIN } else { i64::MAX };
    is_whole.then(|| whole.parse().unwrap_or(beyond))
}

fn flag(value: &Value) -> Option<bool> {
    if let Value::Bool(flag) = value {
        return Some(*flag);
    }
    match text(value)?.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// The one of `choices` that is meant, in any case and however its words are joined.
fn choice<'a>(choices: &'a [String], value: &Value) -> Option<&'a str> {
    // Where true and false are words among others, a switch says one of them.
    let switch = value.as_bool().map(|switch| switch.to_string());
    let word = bare(switch.as_deref().or(value.as_str())?);
    choices.iter().find(|choice| bare(choice) == word).map(String::as_str)
}

/// A word without what joins its parts, in lower case.
fn bare(word: &str) -> String {
    word.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// A wrong value, to say it back.
fn echo(value: &Value) -> Cow<'static, str> {
    match value {
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
        Value::Bool(flag) => format!("`{flag}`").into(),
        Value::Null => "null".into(),
        Value::String(_) | Value::Number(_) => format!("`{}`", crate::text::echo(&text(value).unwrap_or_default(), ECHO)).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::skills::Entry;

    /// What a skill takes for one argument, or why not; `None` where it is as good as absent.
    fn taken(skill: &str, name: &str, value: &Value) -> Result<Option<Value>> {
        let skill = Entry::named(skill)?;
        let (canonical, given) = (name, Map::from_iter([(name.to_owned(), value.clone())]));
        read_typed(&skill.options, &given, None).map(|args| args.get(canonical).cloned())
    }

    /// The same beside what the skill cannot do without.
    fn may_be(skill: &str, name: &str, value: &Value) -> Option<Value> {
        let skill = Entry::named(skill).unwrap();
        let mut given: Map<String, Value> =
            skill.options.iter().filter(|option| option.required).map(|option| (option.name.clone(), json!("x"))).collect();
        given.insert(name.to_owned(), value.clone());
        read_typed(&skill.options, &given, None).unwrap().get(name).cloned()
    }

    #[test]
    fn what_can_be_meant_is_understood() {
        for (skill, name, given, meant) in [
            ("weakest_controls", "limit", json!(3), json!(3)),
            ("weakest_controls", "limit", json!(3.0), json!(3)),
            ("weakest_controls", "limit", json!("3"), json!(3)),
            ("weakest_controls", "limit", json!(" 3.0 "), json!(3)),
            ("weakest_controls", "limit", json!("+3."), json!(3)),
            ("weakest_controls", "below", json!(5e1), json!(50)),
            ("weakest_controls", "category", json!(" Identity "), json!("identity")),
            ("weakest_controls", "order", json!("quick wins"), json!("quick_wins")),
            ("weakest_controls", "order", json!("Quick-Wins"), json!("quick_wins")),
            ("weakest_controls", "order", json!("QuickWins"), json!("quick_wins")),
            ("weakest_controls", "product", json!(365), json!("365")),
            ("control", "name", json!(" 365 "), json!("365")),
            ("score_changes", "since", json!(7), json!("7")),
            ("score_changes", "since", json!(7.0), json!("7")),
            ("accepted_risks", "state", json!("THIRD PARTY"), json!("third_party")),
            ("accepted_risks", "state", json!("Mitigated"), json!("alternate_mitigation")),
            ("accepted_risks", "state", json!("risk accepted"), json!("accepted")),
            ("weakest_controls", "status", json!("mitigated"), json!("alternate_mitigation")),
            ("weakest_controls", "status", json!("accepted"), json!("risk_accepted")),
            ("weakest_controls", "licensed", json!(false), json!("false")),
            ("weakest_controls", "licensed", json!("True"), json!("true")),
        ] {
            assert_eq!(taken(skill, name, &given).unwrap(), Some(meant), "{skill} {name} {given}");
        }
        for (given, meant) in [
            (json!(true), true),
            (json!("True"), true),
            (json!("yes"), true),
            (json!(1), true),
            (json!(1.0), true),
            (json!("OFF"), false),
            (json!(0), false),
        ] {
            let args = Map::from_iter([("name".to_owned(), json!("x")), ("whole".to_owned(), given.clone())]);
            assert_eq!(read_typed(&Entry::named("control").unwrap().options, &args, None).unwrap()["whole"], meant, "{given}");
        }
        // Blanks are as good as nothing for texts alone, as the schemas say.
        assert_eq!(may_be("score_changes", "since", &json!(" \t")), None);
        assert!(taken("weakest_controls", "category", &json!(" \t")).is_err());
        for nothing in [json!(null), json!("")] {
            for (skill, name) in
                [("weakest_controls", "limit"), ("weakest_controls", "category"), ("score_changes", "since"), ("control", "whole")]
            {
                assert_eq!(may_be(skill, name, &nothing), None, "{skill} {name} {nothing}");
            }
        }
        let options = &Entry::named("weakest_controls").unwrap().options;
        let refusal = |given: [(&str, &str); 2]| read_text(options, given, None).unwrap_err().sentence;
        assert_eq!(refusal([("page", ""), ("page", "")]), "`page` is given twice. Give it once.");
        assert_eq!(refusal([("limit", ""), ("limit", "3")]), "`limit` is given twice. Give it once.");
        // The word is a text like any other, and no schema has it among numbers and choices.
        assert_eq!(may_be("weakest_controls", "product", &json!("null")), Some(json!("null")));
    }

    #[test]
    fn a_name_that_no_option_has_is_refused_whatever_it_holds() {
        for nothing in [json!(null), json!(""), json!("null"), json!(3)] {
            assert_eq!(
                taken("weakest_controls", "limitt", &nothing).unwrap_err().sentence,
                "There is no argument `limitt`. Did you mean `limit`?"
            );
            assert!(taken("secure_score", "x", &nothing).unwrap_err().sentence.starts_with("There is no argument `x`."), "{nothing}");
        }
    }

    #[test]
    fn what_cannot_be_meant_names_the_type() {
        for (skill, name, given, refusal) in [
            ("weakest_controls", "limit", json!(2.5), "`limit` is a whole number from 1 to 25; `2.5` is not one."),
            ("weakest_controls", "limit", json!("2.5"), "`limit` is a whole number from 1 to 25; `2.5` is not one."),
            ("weakest_controls", "limit", json!("3,0"), "`limit` is a whole number from 1 to 25; `3,0` is not one."),
            ("weakest_controls", "limit", json!(1e300), "`limit` is a whole number from 1 to 25; `100000000000000000000000000000…"),
            ("weakest_controls", "limit", json!(-1), "`limit` is a whole number from 1 to 25; `-1` is not one."),
            ("weakest_controls", "limit", json!(true), "`limit` is a whole number from 1 to 25; `true` is not one."),
            ("weakest_controls", "limit", json!([3]), "`limit` is a whole number from 1 to 25; a list is not one."),
            (
                "weakest_controls",
                "category",
                json!(5),
                "`category` is one of identity, data, device, apps, infrastructure; `5` is none of them.",
            ),
            (
                "weakest_controls",
                "category",
                json!("identiti"),
                "`category` is one of identity, data, device, apps, infrastructure; `identiti` is none of them. Did you mean `identity`?",
            ),
            ("weakest_controls", "product", json!({}), "`product` is a text of 1 to 200 characters; an object is not one."),
            ("control", "name", json!("x".repeat(201)), "`name` is a text of 1 to 200 characters; this one has 201."),
            ("control", "name", json!(null), "`name` is missing: "),
            ("control", "name", json!("   "), "`name` is missing: "),
        ] {
            let refused = taken(skill, name, &given).unwrap_err().sentence;
            assert!(refused.starts_with(refusal.trim_end_matches('…')), "{refused}");
        }
        let whole = Map::from_iter([("name".to_owned(), json!("x")), ("whole".to_owned(), json!("perhaps"))]);
        let refused = read_typed(&Entry::named("control").unwrap().options, &whole, None).unwrap_err().sentence;
        assert_eq!(refused, "`whole` is true or false; `perhaps` is neither.");
    }

    #[test]
    fn a_name_may_be_written_otherwise_but_not_twice() {
        let control = &Entry::named("control").unwrap().options;
        for name in ["control", "Control", "NAME"] {
            assert_eq!(read_text(control, [(name, "x")], None).unwrap()["name"], "x");
        }
        assert_eq!(
            read_text(control, [("name", "x"), ("control", "y")], None).unwrap_err().sentence,
            "`name` is given twice. Give it once."
        );
        assert_eq!(read_text(control, [("name", "x"), ("control", "")], None).unwrap()["name"], "x");
        let mut given = json!({ "Tenant": 365, "tenant": null, "limit": 3 }).as_object().unwrap().clone();
        assert_eq!(take_text(&mut given, "tenant").unwrap().as_deref(), Some("365"));
        assert_eq!(given.len(), 1);
        let mut wrong = json!({ "tenant": ["contoso"] }).as_object().unwrap().clone();
        assert_eq!(take_text(&mut wrong, "tenant").unwrap_err().sentence, "`tenant` takes a string; a list is not one.");
    }

    #[test]
    fn long_lists_are_for_places_that_can_show_them() {
        let weakest = &Entry::named("weakest_controls").unwrap().options;
        assert_eq!(read_text(weakest, [("limit", "500")], Some(500)).unwrap()["limit"], 500);
        assert!(read_text(weakest, [("limit", "501")], Some(500)).unwrap_err().sentence.contains("from 1 to 500"));
        assert!(read_text(weakest, [("limit", "26")], None).is_err() && read_text(weakest, [("below", "101")], Some(500)).is_err());
    }
}
