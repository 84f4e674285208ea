//! Which option is a word meant for? By its name, by what only one option takes, or as a part of what the command is about.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::{refusal, split::TypedWord};
use crate::{
    ask::ALL_TENANTS,
    chat::commands::{BareWord, OptionKind, OptionSpec},
    error::Result,
    skills::{args::same_name, options::TEXT_MAX},
};

/// The word before a tenant, and the one before a reason.
const FOR: &str = "for";
const BECAUSE: &str = "because";
/// A choice of several words has at most so many.
const CHOICE_WORDS_MAX: usize = 3;
/// An hour has at most so many digits, and a day of a month.
const TWO_DIGITS: usize = 2;

/// The options of a command while its words are read.
pub(super) struct Reading<'a> {
    /// The command as refusals name it.
    title: String,
    options: &'a [OptionSpec],
    /// Whether it changes something.
    operates: bool,
    /// The tenants that whoever types may see.
    tenants: &'a [String],
    given: Vec<(&'a OptionSpec, String)>,
    /// What the command is about, so far: the index of the last word of it, and its words.
    rest: Option<(usize, String)>,
    /// The index of a word that may go on with the value before it, which had no quotation marks.
    open: Option<usize>,
}

impl<'a> Reading<'a> {
    pub(super) const fn new(title: String, options: &'a [OptionSpec], operates: bool, tenants: &'a [String]) -> Self {
        Self { title, options, operates, tenants, given: Vec::new(), rest: None, open: None }
    }

    /// The options that `words` give, by their names.
    pub(super) fn read(mut self, words: &[TypedWord<'_>]) -> Result<Vec<(String, String)>> {
        let mut at = 0;
        while at < words.len() {
            at = self.word(words, at)?;
        }
        if let (Some((_, text)), Some(option)) = (self.rest.take(), self.option(BareWord::Rest)) {
            self.give(option, &text)?;
        }
        if let Some(option) = self.options.iter().find(|option| option.required && !self.has(option)) {
            return Err(refusal::missing(option));
        }
        Ok(self.given.into_iter().map(|(option, value)| (option.name.to_owned(), value)).collect())
    }

    /// Reads the word at `at`, and those that belong to it; where the next begins.
    fn word(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<usize> {
        let word = words[at];
        if let Some((option, value)) = self.pair(word) {
            return self.named(option, value, words, at);
        }
        self.not_in_free_words(word, at)?;
        if !word.quoted {
            let ways = [
                Self::tenant,
                Self::reason,
                Self::number,
                Self::choice_of_words,
                Self::flag,
                Self::name_and_value,
                Self::choice_of_one_word,
                Self::shaped,
            ];
            for way in ways {
                if let Some(next) = way(self, words, at)? {
                    return Ok(next);
                }
            }
        }
        self.left_over(word, at)
    }

    /// Refuses a word behind free words without quotation marks that were given by name: it could belong to them, or be an option.
    fn not_in_free_words(&self, word: TypedWord<'_>, at: usize) -> Result<()> {
        let is_free = |option: &OptionSpec| {
            option.bare == Some(BareWord::Reason) || matches!(option.kind, OptionKind::Text { max, .. } if max > TEXT_MAX)
        };
        match self.given.last() {
            Some((option, _)) if self.operates && self.open == Some(at) && is_free(option) => Err(refusal::goes_on(word.text, option)),
            _ => Ok(()),
        }
    }

    fn option(&self, bare: BareWord) -> Option<&'a OptionSpec> {
        self.options.iter().find(|option| option.bare == Some(bare))
    }

    fn has(&self, option: &OptionSpec) -> bool {
        self.given.iter().any(|(given, _)| given.name == option.name)
    }

    /// The option that is called `name`.
    fn called(&self, name: &str) -> Option<&'a OptionSpec> {
        self.options.iter().find(|option| same_name(option.name, name) || option.alias.is_some_and(|alias| same_name(alias, name)))
    }

    /// The option that `word` names, with the value that it gives.
    fn pair<'t>(&self, word: TypedWord<'t>) -> Option<(&'a OptionSpec, &'t str)> {
        let (name, value) = word.pair?;
        Some((self.called(name.trim_start_matches('-'))?, value))
    }

    /// Takes `value` for `option`, or the next word where a blank stands behind the colon.
    fn named(&mut self, option: &'a OptionSpec, value: &str, words: &[TypedWord<'_>], at: usize) -> Result<usize> {
        let (value, quoted, next) = if value.is_empty() && !words[at].quoted {
            let next = words.get(at + 1).filter(|next| self.pair(**next).is_none()).ok_or_else(|| refusal::empty(option))?;
            (next.text, next.quoted, at + 2)
        } else {
            (value, words[at].quoted, at + 1)
        };
        self.give(option, value)?;
        let is_whole = quoted || !matches!(option.kind, OptionKind::Text { .. }) || value.parse::<Date>().is_ok();
        self.open = (!is_whole && !option.bare.is_some_and(|bare| is_shaped(bare, value))).then_some(next);
        Ok(past_unit(option, value, words, next))
    }

    /// `for contoso`, `for contoso, fabrikam`; `for 14 days` is a number.
    fn tenant(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let Some(option) = self.option(BareWord::Tenant).filter(|_| words[at].text.eq_ignore_ascii_case(FOR)) else { return Ok(None) };
        let Some(next) = words.get(at + 1) else { return Ok(None) };
        if is_number(next.text) && words.get(at + 2).is_some_and(is_unit) {
            return Ok(Some(at + 1));
        }
        let mut end = at + 2;
        while words[end - 1].text.ends_with(',') && end < words.len() {
            end += 1;
        }
        let named: Vec<&str> = words[at + 1..end].iter().map(|word| word.text).collect();
        let named = named.concat();
        if self.option(BareWord::Rest).is_some() && !named.split(',').all(|name| self.sees(name)) {
            // Of a title, such as "MFA for admins"; what changes something must be clear.
            return if self.operates { Err(refusal::no_tenant(option, &named)) } else { Ok(None) };
        }
        self.give(option, named.trim_end_matches(','))?;
        Ok(Some(end))
    }

    fn sees(&self, name: &str) -> bool {
        self.tenants.iter().any(|tenant| tenant.eq_ignore_ascii_case(name))
    }

    /// `because` and what follows, up to an option that is named.
    fn reason(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let Some(option) = self.option(BareWord::Reason).filter(|_| words[at].text.eq_ignore_ascii_case(BECAUSE)) else { return Ok(None) };
        let behind = &words[at + 1..];
        if let Some(quoted) = behind.first().filter(|word| word.quoted) {
            self.give(option, quoted.text)?;
            return Ok(Some(at + 2));
        }
        let length = behind.iter().position(|word| self.pair(*word).is_some()).unwrap_or(behind.len());
        let reason = &behind[..length];
        if reason.is_empty() {
            return Err(refusal::empty(option));
        }
        // Who wrote more behind the reason would not see that it went into it.
        let more = |pair: &&[TypedWord<'_>]| {
            let word = pair[0].text;
            word.eq_ignore_ascii_case(FOR) || (is_number(word) && is_unit(&pair[1])) || self.called(word).is_some()
        };
        if let Some(pair) = reason.windows(2).find(more) {
            return Err(refusal::in_the_reason(&joined(pair)));
        }
        self.give(option, &joined(reason))?;
        Ok(Some(at + 1 + length))
    }

    /// A whole number, for the option that counts.
    fn number(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let word = words[at].text;
        let days = words.get(at + 1).is_some_and(is_unit);
        let option = self.options.iter().find(|option| if days { counts_days(option) } else { option.bare == Some(BareWord::Number) });
        let Some(option) = option.filter(|_| is_number(word)) else { return Ok(None) };
        self.give(option, word)?;
        Ok(Some(past_unit(option, word, words, at + 1)))
    }

    /// A choice of exactly one option in several words: `control regresses` names no control.
    fn choice_of_words(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        self.choice(words, at, 2..=CHOICE_WORDS_MAX)
    }

    /// The same in one word.
    fn choice_of_one_word(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        self.choice(words, at, 1..=1)
    }

    fn choice(&mut self, words: &[TypedWord<'_>], at: usize, lengths: RangeInclusive<usize>) -> Result<Option<usize>> {
        let rest = self.option(BareWord::Rest);
        if rest.is_some() && !self.operates {
            return Ok(None);
        }
        for length in lengths.rev().filter(|length| at + length <= words.len()) {
            let some = &words[at..at + length];
            if length > 1 && some.iter().any(|word| word.quoted || word.pair.is_some()) {
                continue;
            }
            let typed = joined(some);
            let of: Vec<&OptionSpec> = self.options.iter().filter(|option| choice_of(option, &typed).is_some()).collect();
            match (of.as_slice(), rest) {
                ([], _) => {}
                ([option], Some(rest)) if !option.required => return Err(refusal::either(&typed, option, rest)),
                ([option], _) => {
                    self.give(option, &typed)?;
                    return Ok(Some(at + length));
                }
                (several, _) => return Err(refusal::several(&typed, several)),
            }
        }
        Ok(None)
    }

    /// The name of an option that is true or false.
    fn flag(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let Some(option) = self.called(words[at].text).filter(|option| option.kind == OptionKind::Flag) else { return Ok(None) };
        // A digit behind it is rather what another option takes.
        let value = words.get(at + 1).filter(|next| fits(option, next) && !is_number(next.text));
        self.give(option, value.map_or("true", |value| value.text))?;
        Ok(Some(at + 1 + usize::from(value.is_some())))
    }

    /// The name of an option as a word, with its value behind it: `since 7d`.
    fn name_and_value(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let Some(option) = self.called(words[at].text) else { return Ok(None) };
        let rest = self.option(BareWord::Rest);
        if rest.is_some_and(|rest| rest.name == option.name) && self.rest.is_none() && at + 1 < words.len() {
            // What follows is it.
            return Ok(Some(at + 1));
        }
        let next = words.get(at + 1).filter(|next| self.pair(**next).is_none());
        match (next, rest) {
            (Some(_), None) => self.named(option, "", words, at).map(Some),
            (Some(next), Some(_)) if self.is_surely(option, next) => self.named(option, "", words, at).map(Some),
            (None, None) => Err(refusal::empty(option)),
            (_, Some(rest)) if self.operates => Err(refusal::either(words[at].text, option, rest)),
            (_, Some(_)) => Ok(None),
        }
    }

    /// Whether `next` can be nothing but the value of `option`, though the command is about words of any kind.
    fn is_surely(&self, option: &OptionSpec, next: &TypedWord<'_>) -> bool {
        match (option.bare, &option.kind) {
            (Some(BareWord::Tenant), _) => self.sees(next.text),
            (Some(bare), _) if is_shaped(bare, next.text) => true,
            (_, OptionKind::Text { .. }) => self.operates && (next.quoted || next.text.parse::<Date>().is_ok()),
            (_, OptionKind::Choice(_) | OptionKind::Integer { .. } | OptionKind::Flag) => fits(option, next),
        }
    }

    /// What shows by its form what it is: a time, a time zone, a day.
    fn shaped(&mut self, words: &[TypedWord<'_>], at: usize) -> Result<Option<usize>> {
        let word = words[at].text;
        let option = self.options.iter().find(|option| option.bare.is_some_and(|bare| is_shaped(bare, word)));
        let Some(option) = option else { return Ok(None) };
        self.give(option, word)?;
        Ok(Some(at + 1))
    }

    /// What nothing else can be meant by: a tenant, or a part of what the command is about.
    fn left_over(&mut self, word: TypedWord<'_>, at: usize) -> Result<usize> {
        let rest = self.option(BareWord::Rest);
        if let Some((name, _)) = word.pair.filter(|_| rest.is_none() || self.operates) {
            return Err(refusal::no_option(&self.title, self.options, name));
        }
        let Some(option) = rest else {
            let is_all = !self.operates && word.text.eq_ignore_ascii_case(ALL_TENANTS);
            let is_several = || !self.operates && word.text.contains(',') && word.text.split(',').all(|name| self.sees(name));
            let tenant = self.option(BareWord::Tenant).filter(|_| is_all || self.sees(word.text) || is_several());
            let tenant = tenant.ok_or_else(|| refusal::unclear(&self.title, self.options, word.text))?;
            self.give(tenant, word.text)?;
            return Ok(at + 1);
        };
        // `name:legacy auth`: what the command is about goes on behind its name.
        let goes_on = self.open == Some(at) && !self.operates;
        if let Some((_, value)) = self.given.last_mut().filter(|(given, _)| goes_on && given.name == option.name) {
            let longer = format!("{value} {}", word.text);
            *value = value_of(option, &longer).ok_or_else(|| refusal::no_value(option, &longer))?;
            self.open = Some(at + 1);
            return Ok(at + 1);
        }
        let is_apart = self.rest.as_ref().is_some_and(|(before, _)| before + 1 != at);
        if self.operates && (is_apart || self.open == Some(at)) {
            return Err(refusal::apart(word.text, option));
        }
        let before = self.rest.take().map_or_else(String::new, |(_, text)| text + " ");
        self.rest = Some((at, before + word.text));
        Ok(at + 1)
    }

    /// Takes `value` for `option`, as typed options would have it.
    fn give(&mut self, option: &'a OptionSpec, value: &str) -> Result<()> {
        let value = value_of(option, value).ok_or_else(|| refusal::no_value(option, value))?;
        if let Some((_, before)) = self.given.iter().find(|(given, _)| given.name == option.name) {
            return Err(refusal::twice(option, before, &value));
        }
        self.given.push((option, value));
        Ok(())
    }
}

/// `typed` as `option` takes it; `None` for what it does not take.
fn value_of(option: &OptionSpec, typed: &str) -> Option<String> {
    match &option.kind {
        OptionKind::Integer { min, max } => {
            let whole: i64 = typed.strip_suffix(".0").unwrap_or(typed).parse().ok()?;
            (*min..=*max).contains(&whole).then(|| whole.to_string())
        }
        OptionKind::Text { min, max } => (*min.max(&1)..=*max).contains(&typed.chars().count()).then(|| typed.to_owned()),
        OptionKind::Flag => match typed.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true".to_owned()),
            "false" | "no" | "off" | "0" => Some("false".to_owned()),
            _ => None,
        },
        OptionKind::Choice(_) => choice_of(option, typed).map(ToOwned::to_owned),
    }
}

fn fits(option: &OptionSpec, word: &TypedWord<'_>) -> bool {
    value_of(option, word.text).is_some()
}

/// The choice of `option` that `typed` is, in any case and however its words are joined.
fn choice_of<'o>(option: &'o OptionSpec, typed: &str) -> Option<&'o str> {
    let OptionKind::Choice(choices) = &option.kind else { return None };
    choices.iter().map(|choice| choice.value.as_str()).find(|value| same_name(value, typed))
}

fn joined(words: &[TypedWord<'_>]) -> String {
    words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unit(word: &TypedWord<'_>) -> bool {
    ["day", "days"].iter().any(|unit| word.text.eq_ignore_ascii_case(unit))
}

/// Where the word after `value` begins: `days` behind a number of days says nothing more.
fn past_unit(option: &OptionSpec, value: &str, words: &[TypedWord<'_>], next: usize) -> usize {
    next + usize::from(counts_days(option) && is_number(value) && words.get(next).is_some_and(is_unit))
}

fn counts_days(option: &OptionSpec) -> bool {
    option.name == "days" || option.bare == Some(BareWord::Since)
}

/// Whether `word` has the form of what `bare` stands for.
fn is_shaped(bare: BareWord, word: &str) -> bool {
    match bare {
        BareWord::Time => {
            word.split_once(':').is_some_and(|(hour, minute)| [hour, minute].iter().all(|part| is_number(part) && part.len() <= TWO_DIGITS))
        }
        BareWord::Zone => {
            word.eq_ignore_ascii_case("utc")
                || word.split_once('/').is_some_and(|(area, city)| is_place(area) && city.split('/').all(is_place))
        }
        BareWord::Day => {
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "last"]
                .iter()
                .any(|day| word.eq_ignore_ascii_case(day))
                || (is_number(word) && word.len() <= TWO_DIGITS)
        }
        BareWord::Since => {
            ["yesterday", "week", "month"].iter().any(|span| word.eq_ignore_ascii_case(span))
                || word.parse::<Date>().is_ok()
                || word.strip_suffix(['d', 'D']).is_some_and(is_number)
        }
        BareWord::Number | BareWord::Rest | BareWord::Tenant | BareWord::Reason => false,
    }
}

/// Whether `word` can be a part of a time zone's name: `America`, `Port-au-Prince`, `GMT+5`.
fn is_place(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
}
