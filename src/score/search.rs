//! Which control does somebody mean? By its id, by words of its title, by the nearest name; also before all is typed.

use std::{collections::HashMap, sync::Arc};

use super::{
    Catalogue, Snapshot,
    identity::folded,
    rank::{Order, weakest},
};
use crate::text::one_line;

/// How alike two names must be (Jaro-Winkler, 0 to 1) for one to be taken for the other.
const ALIKE_MIN: f64 = 0.86;
/// How alike a name must be to be worth a hint.
const HINT_MIN: f64 = 0.65;
/// Shorter words are alike by chance.
const WORD_LETTERS_MIN: usize = 4;
/// How many others are named beside the one that was found.
const OTHERS_MAX: usize = 3;
/// More words than this are no search for a control.
const WORDS_MAX: usize = 12;

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

impl Candidate<'_> {
    fn words(&self) -> Words {
        Words { title: split(self.title), name: split(self.name) }
    }
}

/// By which words a control is found.
#[derive(Debug, Clone)]
struct Words {
    title: Vec<String>,
    name: Vec<String>,
}

/// Finds the control that `words` mean among all that have a profile or a score.
pub fn find<'a>(words: &str, snapshot: Option<&'a Snapshot>, catalogue: &'a Catalogue) -> Found<'a> {
    let candidates = candidates(snapshot, catalogue);
    if let Some(exact) = exact(words, &candidates) {
        return Found::One(exact, Vec::new());
    }
    let wanted = split(words);
    let fitting = |loosely: bool| -> Vec<(f64, &Candidate<'a>)> {
        candidates.iter().filter_map(|candidate| fit(&wanted, &candidate.words(), loosely).map(|share| (share, candidate))).collect()
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
    let mut near: Vec<(f64, &Candidate<'a>)> =
        candidates.iter().map(|candidate| (likeness(&wanted, &candidate.words()), candidate)).collect();
    near.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.name.cmp(y.name)));
    match near.first() {
        Some((likeness, best)) if *likeness >= ALIKE_MIN => Found::Nearest(best.name),
        _ => Found::None(
            near.iter().filter(|(likeness, _)| *likeness >= HINT_MIN).take(OTHERS_MAX).map(|(_, candidate)| candidate.name).collect(),
        ),
    }
}

/// The control among `names` that is called `typed`: just so, else in any case, else as a list shows it, cleaned or cut, where that is one only.
pub fn named<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let typed = one_line(typed);
    let exact = || names.clone().find(|name| *name == typed.trim());
    let typed = folded(typed.trim());
    let shown = || only(names.clone().filter(|name| as_shown(name) == as_shown(&typed)));
    exact().or_else(|| names.clone().find(|name| folded(name) == typed)).or_else(shown).or_else(|| {
        let begun = as_shown(begun(&typed)?);
        only(names.clone().filter(|name| as_shown(name).starts_with(&begun)))
    })
}

/// The control that is called or titled just so, also as a list shows it.
fn exact<'a>(words: &str, candidates: &[Candidate<'a>]) -> Option<&'a str> {
    let typed = one_line(words);
    let typed = folded(typed.trim());
    let titled = |fits: &dyn Fn(&str) -> bool| {
        only(candidates.iter().filter(|candidate| fits(&folded(candidate.title)))).map(|candidate| candidate.name)
    };
    named(words, candidates.iter().map(|candidate| candidate.name))
        .or_else(|| titled(&|title| *title == *typed))
        .or_else(|| begun(&typed).and_then(|begun| titled(&|title| title.starts_with(begun))))
}

/// What `typed` begins with, where it ends as lists end what they cut.
fn begun(typed: &str) -> Option<&str> {
    typed.strip_suffix('…').or_else(|| typed.strip_suffix("...")).map(str::trim_end).filter(|begun| !begun.is_empty())
}

/// A name in the letters that lists show, whatever their case.
fn as_shown(name: &str) -> String {
    folded(name).chars().map(|c| if c.is_whitespace() || c == '"' { '_' } else { c }).collect()
}

fn only<T>(mut fitting: impl Iterator<Item = T>) -> Option<T> {
    fitting.next().filter(|_| fitting.next().is_none())
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
fn fit(wanted: &[String], words: &Words, loosely: bool) -> Option<f64> {
    let Words { title, name } = words;
    let meets = |word: &String, other: &String| {
        other.starts_with(word.as_str()) || (loosely && word.len() >= WORD_LETTERS_MIN && strsim::jaro_winkler(word, other) >= ALIKE_MIN)
    };
    let share = |has: [&[String]; 2]| {
        let all = !wanted.is_empty() && wanted.iter().all(|word| has.into_iter().flatten().any(|other| meets(word, other)));
        all.then(|| wanted.len() as f64 / (has[0].len() + has[1].len()) as f64)
    };
    let apart = share([title, &[]]).into_iter().chain(share([name, &[]])).max_by(f64::total_cmp);
    apart.or_else(|| share([title, name]))
}

fn likeness(wanted: &str, words: &Words) -> f64 {
    let of = |words: &[String]| strsim::jaro_winkler(wanted, &words.join(" "));
    of(&words.title).max(of(&words.name))
}

/// The controls of a tenant, ready to be searched with every letter that is typed. The weakest come first.
#[derive(Debug, Clone)]
pub struct Index(Vec<Indexed>);

/// A control in an [`Index`].
#[derive(Debug, Clone)]
pub struct Indexed {
    /// Its name.
    pub name: Arc<str>,
    /// Its title; the name where it has none.
    pub title: Arc<str>,
    words: Words,
    /// Name and title as they can be searched for a part.
    lower: String,
    scored: bool,
}

impl Index {
    /// The controls that have a profile or a score, except those that `wanted` refuses by name.
    pub fn new(snapshot: Option<&Snapshot>, catalogue: &Catalogue, wanted: impl Fn(&str) -> bool) -> Self {
        let weak = snapshot.map(|snapshot| weakest(snapshot, catalogue, Order::Points, 100.0, |_| true).weak).unwrap_or_default();
        let place: HashMap<&str, usize> = weak.iter().enumerate().map(|(place, control)| (control.name(), place)).collect();
        let place = |candidate: &Candidate<'_>| place.get(candidate.name).copied().unwrap_or(usize::MAX);
        let mut candidates = candidates(snapshot, catalogue);
        candidates.retain(|candidate| wanted(candidate.name));
        candidates.sort_by(|a, b| {
            let strong = b.scored.cmp(&a.scored).then_with(|| b.maximum.total_cmp(&a.maximum));
            place(a).cmp(&place(b)).then(strong).then_with(|| a.name.cmp(b.name))
        });
        Self(candidates.iter().map(indexed).collect())
    }

    /// All of them.
    pub fn controls(&self) -> &[Indexed] {
        &self.0
    }

    /// At most `max` controls that whoever has typed so far may mean, the likeliest first; the weakest where nothing
    /// is typed yet.
    pub fn like(&self, typed: &str, max: usize) -> Vec<&Indexed> {
        let mut wanted = split(typed);
        wanted.truncate(WORDS_MAX);
        let typed = typed.trim().to_lowercase();
        if typed.is_empty() {
            return self.0.iter().take(max).collect();
        }
        let mut fitting: Vec<(Closeness, &Indexed)> =
            self.0.iter().filter_map(|control| Some((closeness(&typed, &wanted, control)?, control))).collect();
        if fitting.is_empty() {
            let wanted = wanted.join(" ");
            let alike = self.0.iter().map(|control| (Closeness { step: 0, share: likeness(&wanted, &control.words) }, control));
            fitting = alike.filter(|(close, _)| close.share >= HINT_MIN).collect();
        }
        // Equals stay in the order of the index.
        fitting
            .sort_by(|(a, x), (b, y)| a.step.cmp(&b.step).then_with(|| y.scored.cmp(&x.scored)).then_with(|| b.share.total_cmp(&a.share)));
        fitting.into_iter().map(|(_, control)| control).take(max).collect()
    }
}

fn indexed(candidate: &Candidate<'_>) -> Indexed {
    Indexed {
        name: candidate.name.into(),
        title: candidate.title.into(),
        words: candidate.words(),
        lower: format!("{}\n{}", candidate.name, candidate.title).to_lowercase(),
        scored: candidate.scored,
    }
}

/// How close a control is to what was typed.
struct Closeness {
    /// The less the closer.
    step: u8,
    /// Among equals, the more the closer.
    share: f64,
}

/// How close `control` is to what was typed; `None` when it is not.
fn closeness(typed: &str, wanted: &[String], control: &Indexed) -> Option<Closeness> {
    let name_len = control.lower.find('\n').unwrap_or(control.lower.len());
    let step = |step, share| Some(Closeness { step, share });
    match control.lower.find(typed) {
        Some(0) if typed.len() == name_len => return step(0, 1.0),
        Some(0) => return step(1, typed.len() as f64 / name_len as f64),
        Some(_) | None => {}
    }
    if let Some(share) = fit(wanted, &control.words, false) {
        return step(2, share);
    }
    if control.lower.contains(typed) {
        return step(3, 0.0);
    }
    step(4, fit(wanted, &control.words, true)?)
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

    use jiff::civil::date;

    use super::*;
    use crate::score::{Category, ControlScore, Level, Profile};
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
        assert_eq!(find(" SCID_2016\u{200b} "), Found::One("scid_2016", vec![]));
        assert_eq!(find("block legacy AUTHENTICATION"), Found::One("BlockLegacyAuthentication", vec![]), "by its whole title");
        assert_eq!(find("Require multifactor…"), Found::One("AdminMFAV2", vec![]), "cut as a list shows it");
        assert_eq!(find("Block…"), Found::One("BlockLegacyAuthentication", vec![]));
        let names = ["a_b", "a b", "A \"c", "Abc"];
        for (typed, name) in
            [("A_B", Some("a_b")), ("a b", Some("a b")), ("a__C", Some("A \"c")), ("ab…", Some("Abc")), ("a…", None), ("…", None)]
        {
            assert_eq!(named(typed, names.into_iter()), name, "{typed}");
        }
        assert_eq!(find("legacy auth"), Found::One("BlockLegacyAuthentication", vec![]));
        assert_eq!(find("authentication"), Found::One("BlockLegacyAuthentication", vec!["AdminMFAV2"]));
        assert_eq!(find("blok legacy authentification"), Found::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("lgacy auth"), Found::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("MFA administrators"), Found::One("AdminMFAV2", vec![]));
        assert!(matches!(find("🎉"), Found::None(near) if near.is_empty()));
        assert!(matches!(find("  "), Found::None(_)));
    }

    fn scored(name: &str, points: f64) -> ControlScore {
        let (percent, category) = (Some(points * 20.0), Category::Identity);
        ControlScore { name: name.into(), category, points: Some(points), percent, profile_maximum: None, evidence: None }
    }

    #[test]
    fn while_it_is_typed() {
        let profiles = vec![
            profile("AdminMFAV2", "Require multifactor authentication for administrators"),
            profile("BlockLegacyAuthentication", "Block legacy authentication"),
            profile("Gone", "Block what nobody scores any more"),
            profile("MFARegistrationV2", "Ensure that all users can complete multifactor authentication"),
            profile("scid_2016", "Turn on Microsoft Defender Antivirus"),
        ];
        let catalogue = Catalogue::new(profiles, BTreeMap::new(), 0);
        let controls = vec![
            scored("AdminMFAV2", 4.0),
            scored("BlockLegacyAuthentication", 5.0),
            scored("MFARegistrationV2", 1.0),
            scored("no_profile", 2.0),
            scored("scid_2016", 0.0),
        ];
        let snapshot = Snapshot {
            day: date(2026, 11, 21),
            points: 12.0,
            maximum: None,
            active_users: None,
            peers: vec![],
            controls,
            controls_known: true,
            sent_bytes: 0,
        };
        let index = Index::new(Some(&snapshot), &catalogue, |name| !name.is_empty());
        let like = |typed| index.like(typed, 9).into_iter().map(|control| &*control.name).collect::<Vec<_>>();
        assert_eq!(
            like(" "),
            ["scid_2016", "MFARegistrationV2", "no_profile", "AdminMFAV2", "BlockLegacyAuthentication", "Gone"],
            "the most points left first, then what is done, then what is not scored"
        );
        assert_eq!(like("ADMINMFAV2"), ["AdminMFAV2"]);
        assert_eq!(like("mfa"), ["MFARegistrationV2", "AdminMFAV2"], "a name that begins so comes first");
        assert_eq!(like("block"), ["BlockLegacyAuthentication", "Gone"], "what is scored comes first");
        assert_eq!(like("auth multi"), ["AdminMFAV2", "MFARegistrationV2"]);
        assert_eq!(like("2016"), ["scid_2016"]);
        assert_eq!(like("irus"), ["scid_2016"], "a part within a word");
        assert_eq!(like("lgacy auth"), ["BlockLegacyAuthentication"]);
        assert_eq!(like("_profile"), ["no_profile"]);
        assert!(like("🎉").is_empty() && like("zzzz").is_empty());
        assert_eq!(index.like("", 2).len(), 2);
        let unwanted = Index::new(Some(&snapshot), &catalogue, |name| name != "scid_2016");
        assert_eq!((unwanted.controls().len(), unwanted.like("2016", 9).len()), (5, 0));
    }
}
