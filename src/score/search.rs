//! Which control does somebody mean? By its id, by words of its title, by the nearest name.

use super::{Catalogue, Snapshot};

/// How alike two names must be (Jaro-Winkler, 0 to 1) for one to be taken for the other.
const ALIKE_MIN: f64 = 0.86;
/// How alike a name must be to be worth a hint.
const HINT_MIN: f64 = 0.65;
/// Shorter words are alike by chance.
const WORD_LETTERS_MIN: usize = 4;
/// How many others are named beside the one that was found.
const OTHERS_MAX: usize = 3;

/// Whom a search means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// This control, by its id or by words of its title; others that the words fit, best first.
    One(&'a str, Vec<&'a str>),
    /// No name and no title has these words; this one is spelt much like it.
    Nearest(&'a str),
    /// Nothing fits; these are the least unlike, best first.
    None(Vec<&'a str>),
}

/// A control that can be found: its name, its title, and what makes it the likelier one.
struct Candidate<'a> {
    name: &'a str,
    title: &'a str,
    scored: bool,
    maximum: f64,
}

/// Finds the control that `words` mean among all that have a profile or a score.
pub fn find<'a>(words: &str, snapshot: Option<&'a Snapshot>, catalogue: &'a Catalogue) -> Found<'a> {
    let candidates = candidates(snapshot, catalogue);
    if let Some(exact) = candidates.iter().find(|candidate| candidate.name.eq_ignore_ascii_case(words.trim())) {
        return Found::One(exact.name, Vec::new());
    }
    let wanted = split(words);
    let fitting = |loosely: bool| -> Vec<(f64, &Candidate<'a>)> {
        candidates.iter().filter_map(|candidate| fit(&wanted, candidate, loosely).map(|share| (share, candidate))).collect()
    };
    let mut fits = fitting(false);
    let strictly = !fits.is_empty();
    if !strictly {
        fits = fitting(true);
    }
    fits.sort_by(|(a, x), (b, y)| {
        y.scored.cmp(&x.scored).then_with(|| b.total_cmp(a)).then_with(|| y.maximum.total_cmp(&x.maximum)).then_with(|| x.name.cmp(y.name))
    });
    if let Some(((_, best), others)) = fits.split_first() {
        if !strictly {
            return Found::Nearest(best.name);
        }
        return Found::One(best.name, others.iter().take(OTHERS_MAX).map(|(_, other)| other.name).collect());
    }
    let wanted = wanted.join(" ");
    let mut near: Vec<(f64, &Candidate<'a>)> = candidates.iter().map(|candidate| (likeness(&wanted, candidate), candidate)).collect();
    near.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.name.cmp(y.name)));
    match near.first() {
        Some((likeness, best)) if *likeness >= ALIKE_MIN => Found::Nearest(best.name),
        _ => Found::None(
            near.iter().filter(|(likeness, _)| *likeness >= HINT_MIN).take(OTHERS_MAX).map(|(_, candidate)| candidate.name).collect(),
        ),
    }
}

fn candidates<'a>(snapshot: Option<&'a Snapshot>, catalogue: &'a Catalogue) -> Vec<Candidate<'a>> {
    let profiled = catalogue.profiles().iter().map(|profile| Candidate {
        name: &profile.name,
        title: &profile.title,
        scored: snapshot.is_some_and(|snapshot| snapshot.control(&profile.name).is_some()),
        maximum: profile.maximum.unwrap_or(0.0),
    });
    let score_only = snapshot.into_iter().flat_map(|snapshot| &snapshot.controls).filter(|score| catalogue.get(&score.name).is_none());
    profiled.chain(score_only.map(|score| Candidate { name: &score.name, title: &score.name, scored: true, maximum: 0.0 })).collect()
}

/// Which share of a candidate's words are wanted; `None` unless every wanted word is one of its title or its
/// name: begins it or, where `loosely`, is spelt much like it.
fn fit(wanted: &[String], candidate: &Candidate<'_>, loosely: bool) -> Option<f64> {
    let title = split(candidate.title);
    let name = split(candidate.name);
    let meets = |word: &String, other: &String| {
        other.starts_with(word.as_str()) || (loosely && word.len() >= WORD_LETTERS_MIN && strsim::jaro_winkler(word, other) >= ALIKE_MIN)
    };
    let share = |has: &[String]| {
        let all = !wanted.is_empty() && wanted.iter().all(|word| has.iter().any(|other| meets(word, other)));
        all.then(|| wanted.len() as f64 / has.len() as f64)
    };
    let apart = share(&title).into_iter().chain(share(&name)).max_by(f64::total_cmp);
    apart.or_else(|| share(&[title, name].concat()))
}

fn likeness(wanted: &str, candidate: &Candidate<'_>) -> f64 {
    let of = |text: &str| strsim::jaro_winkler(wanted, &split(text).join(" "));
    of(candidate.title).max(of(candidate.name))
}

/// The words of a title or a name, lower case: `BlockLegacyAuthentication` has three.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before_lower = false;
    for c in text.chars() {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::score::{Category, Level, Profile};
    use crate::text::Spans;

    fn profile(name: &str, title: &str) -> Profile {
        Profile {
            name: name.into(),
            title: title.into(),
            category: Category::Identity,
            service: None,
            maximum: Some(5.0),
            tier: None,
            rank: None,
            cost: Level::Low,
            impact: Level::Low,
            threats: vec![],
            action_url: None,
            remediation: Spans::default(),
            remediation_impact: Spans::default(),
            deprecated: false,
            updates: vec![],
            gone_since: None,
        }
    }

    #[test]
    fn by_id_by_words_by_nearest() {
        let catalogue = Catalogue::new(
            vec![
                profile("BlockLegacyAuthentication", "Block legacy authentication"),
                profile("AdminMFAV2", "Require multifactor authentication for administrators"),
                profile("scid_2016", "Turn on Microsoft Defender Antivirus"),
            ],
            BTreeMap::new(),
            0,
        );
        let find = |words| find(words, None, &catalogue);
        assert_eq!(find("adminmfav2"), Found::One("AdminMFAV2", vec![]));
        assert_eq!(find("legacy auth"), Found::One("BlockLegacyAuthentication", vec![]));
        assert_eq!(find("authentication"), Found::One("BlockLegacyAuthentication", vec!["AdminMFAV2"]));
        assert_eq!(find("blok legacy authentification"), Found::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("lgacy auth"), Found::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("MFA administrators"), Found::One("AdminMFAV2", vec![]));
        assert!(matches!(find("🎉"), Found::None(near) if near.is_empty()));
        assert!(matches!(find("  "), Found::None(_)));
    }
}
