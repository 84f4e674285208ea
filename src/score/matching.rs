//! By which words is a control found? Those of its title, its id and its product, however they are joined, spaced and cased.

use super::product;
use crate::text::one_line;

/// How alike two words must be (Jaro-Winkler, 0 to 1) for one to be taken for the other.
pub(super) const ALIKE_MIN: f64 = 0.86;
/// Shorter words are alike by chance.
const WORD_LETTERS_MIN: usize = 4;

/// The words of a control.
#[derive(Debug, Clone)]
pub(super) struct ControlWords {
    title: Vec<String>,
    name: Vec<String>,
    /// Those of its product, which are no sign of it by themselves.
    product: Vec<String>,
}

impl ControlWords {
    pub(super) fn of(title: &str, name: &str, service: Option<&str>) -> Self {
        let product = service.into_iter().flat_map(|code| [Some(code), product::name(code)]).flatten().flat_map(split).collect();
        Self { title: split(title), name: split(name), product }
    }

    /// Which share of them is `wanted`; `None` unless every wanted word is one of the title or of the name, or of these and the product
    /// together: begins it or, where `loosely`, is spelt much like it.
    pub(super) fn fit(&self, wanted: &[String], loosely: bool) -> Option<f64> {
        let Self { title, name, product } = self;
        let share = |has: &[&[String]]| {
            let all = !wanted.is_empty() && (0..wanted.len()).all(|at| has.iter().any(|words| is_met(wanted, at, words, loosely)));
            all.then(|| wanted.len() as f64 / has.iter().map(|words| words.len()).sum::<usize>() as f64)
        };
        let apart = share(&[title]).into_iter().chain(share(&[name])).max_by(f64::total_cmp);
        apart.or_else(|| share(&[title, name])).or_else(|| share(&[title, name, product]))
    }

    /// How much like title or name the whole of `wanted` is spelt.
    pub(super) fn likeness(&self, wanted: &str) -> f64 {
        let of = |words: &[String]| strsim::jaro_winkler(wanted, &words.join(" "));
        of(&self.title).max(of(&self.name))
    }
}

/// Whether the wanted word at this place is among `words`, by itself or with a neighbour: `multi-factor` is `multifactor`.
fn is_met(wanted: &[String], at: usize, words: &[String], loosely: bool) -> bool {
    let pair = |first: usize| Some(format!("{}{}", wanted.get(first)?, wanted.get(first + 1)?));
    let with = at.checked_sub(1).and_then(pair).into_iter().chain(pair(at));
    begins(&wanted[at], words, loosely) || with.into_iter().any(|joined| begins(&joined, words, false))
}

/// Whether `wanted` begins one of `words`, or goes on into the next: `sharepoint` is `share point`.
fn begins(wanted: &str, words: &[String], loosely: bool) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let joined = || wanted.strip_prefix(word.as_str()).is_some_and(|rest| words.get(at + 1).is_some_and(|next| next.starts_with(rest)));
        let alike = || loosely && wanted.len() >= WORD_LETTERS_MIN && strsim::jaro_winkler(wanted, word) >= ALIKE_MIN;
        word.starts_with(wanted) || joined() || alike()
    })
}

/// The words of a title or a name, lower case: `BlockLegacyAuthentication` has three. What shows nothing parts nothing.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before_lower = false;
    for c in one_line(text).chars().filter(|c| !is_invisible(*c)) {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_lower) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// A title as it is compared with another: however it is spaced and cased, without what shows nothing.
pub(super) fn plain(title: &str) -> String {
    let seen: String = title.chars().map(|c| if is_blank(c) { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    one_line(&seen).chars().flat_map(char::to_lowercase).collect()
}

/// Marks on letters, and what stands for a thing that is not there.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{fffc}' | '\u{1d159}')
}

/// Signs that look like a space.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_however_they_are_joined() {
        let words = ControlWords::of("Limit SharePoint sharing, require multifactor sign-in", "spo_external_SharingV2", Some("SPO"));
        let fits = |typed: &str| words.fit(&split(typed), false).is_some();
        for typed in [
            "sharepoint sharing",
            "SharePoint",
            "share point",
            "multi-factor",
            "multifactor signin",
            "sign in",
            "external sharing v2",
            "spo limit",
            "sharing online",
        ] {
            assert!(fits(typed), "{typed}");
        }
        for typed in ["point", "sharepoints", "teams", "", "limit exchange"] {
            assert_eq!(fits(typed), typed == "point", "{typed}");
        }
    }

    #[test]
    fn a_title_is_plain_however_it_was_typed() {
        for other in [
            "Sign  people out",
            "sign\u{a0}people\u{2003}out",
            "Sign\u{200b} peo\u{ad}ple out\u{feff}",
            " SIGN people\u{2800}out",
            "Sign\tpeople out\u{fffc}",
        ] {
            assert_eq!(plain(other), "sign people out", "{other:?}");
            assert_eq!(split(other).concat(), "signpeopleout", "{other:?}");
        }
        assert_eq!(split("Cafe\u{301} X"), ["cafe", "x"]);
    }
}
