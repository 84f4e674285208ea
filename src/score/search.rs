//! Which control does somebody mean? By its id, by words of its title, by the nearest name; also before all is typed.

use std::{collections::HashMap, sync::Arc};

use super::{
    Catalogue, Snapshot,
    identity::folded,
    matching::{ALIKE_MIN, ControlWords, plain, split},
    rank::{Ranking, RankingQuery},
};
use crate::text::one_line;

/// How alike a name must be to be worth a hint.
const HINT_MIN: f64 = 0.65;
/// How many are named where nothing fits, and how many may fit beside the one that is taken to be meant.
const OTHERS_MAX: usize = 3;
/// More words than this are no search for a control.
const WORDS_MAX: usize = 12;

/// Whom a search means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlMatch<'a> {
    /// This control, by its id or by words of its title; all others that the words fit, best first.
    One(&'a str, Vec<&'a str>),
    /// Several, none of which is meant more than another; best first.
    Several(Vec<&'a str>),
    /// No name and no title has these words; this one is spelt much like it.
    Nearest(&'a str),
    /// Nothing fits; these are the least unlike, best first.
    None(Vec<&'a str>),
}

/// A control that can be found: its name, its title, and what makes it the likelier one.
struct Candidate<'a> {
    name: &'a str,
    title: &'a str,
    service: Option<&'a str>,
    scored: bool,
    maximum: f64,
}

impl Candidate<'_> {
    fn words(&self) -> ControlWords {
        ControlWords::of(self.title, self.name, self.service)
    }
}

/// Finds the control that `words` mean among all that have a profile or a score.
pub fn find<'a>(words: &str, snapshot: Option<&'a Snapshot>, catalogue: &'a Catalogue) -> ControlMatch<'a> {
    let candidates = candidates(snapshot, catalogue);
    if let Some(exact) = exact(words, &candidates) {
        return ControlMatch::One(exact, Vec::new());
    }
    let wanted = split(words);
    let fitting = |loosely: bool| -> Vec<(f64, &Candidate<'a>)> {
        candidates.iter().filter_map(|candidate| candidate.words().fit(&wanted, loosely).map(|share| (share, candidate))).collect()
    };
    let mut fits = fitting(false);
    let strictly = !fits.is_empty();
    if !strictly {
        fits = fitting(true);
    }
    fits.sort_by(|(a, x), (b, y)| {
        y.scored.cmp(&x.scored).then_with(|| b.total_cmp(a)).then_with(|| y.maximum.total_cmp(&x.maximum)).then_with(|| x.name.cmp(y.name))
    });
    let names = |fits: &[(f64, &Candidate<'a>)]| fits.iter().map(|(_, candidate)| candidate.name).collect();
    match fits.as_slice() {
        [] => {}
        [(_, best), ..] if !strictly => return ControlMatch::Nearest(best.name),
        [best, others @ ..] if is_meant(best, others) => return ControlMatch::One(best.1.name, names(others)),
        several => return ControlMatch::Several(names(several)),
    }
    let wanted = wanted.join(" ");
    let mut near: Vec<(f64, &Candidate<'a>)> =
        candidates.iter().map(|candidate| (candidate.words().likeness(&wanted), candidate)).collect();
    near.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.name.cmp(y.name)));
    match near.first() {
        Some((likeness, best)) if *likeness >= ALIKE_MIN => ControlMatch::Nearest(best.name),
        _ => ControlMatch::None(
            near.iter().filter(|(likeness, _)| *likeness >= HINT_MIN).take(OTHERS_MAX).map(|(_, candidate)| candidate.name).collect(),
        ),
    }
}

/// The control that is called or titled just so, whatever the case, among all that have a profile or a score.
pub fn exactly<'a>(words: &str, snapshot: Option<&'a Snapshot>, catalogue: &'a Catalogue) -> Option<&'a str> {
    exact(words, &candidates(snapshot, catalogue))
}

/// Whether the best of all that fit stands out: of those that are scored as it is, few fit, and none as well.
fn is_meant(best: &(f64, &Candidate<'_>), others: &[(f64, &Candidate<'_>)]) -> bool {
    let rivals: Vec<_> = others.iter().filter(|(_, other)| other.scored == best.1.scored).collect();
    rivals.len() <= OTHERS_MAX && rivals.iter().all(|(share, _)| *share < best.0)
}

/// The control among `names` that is called `typed`: just so, else in any case, else as a list shows it, cleaned or cut, where that is one only.
#[allow(clippy::needless_pass_by_value, reason = "callers have an iterator at hand, not a place that holds one")]
pub fn named<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let typed = one_line(typed);
    let exact = || names.clone().find(|name| *name == typed.trim());
    let typed = folded(typed.trim());
    let shown = || {
        let typed = as_shown(&typed);
        only(names.clone().filter(|name| as_shown(name) == typed))
    };
    exact().or_else(|| names.clone().find(|name| folded(name) == typed)).or_else(shown).or_else(|| {
        let beginning = as_shown(beginning(&typed)?);
        only(names.clone().filter(|name| as_shown(name).starts_with(&beginning)))
    })
}

/// The control that is called or titled just so, also as a list shows it.
fn exact<'a>(words: &str, candidates: &[Candidate<'a>]) -> Option<&'a str> {
    let typed = plain(words);
    let titled = |fits: &dyn Fn(&str) -> bool| {
        only(candidates.iter().filter(|candidate| fits(&plain(candidate.title)))).map(|candidate| candidate.name)
    };
    named(words, candidates.iter().map(|candidate| candidate.name))
        .or_else(|| titled(&|title| *title == *typed))
        .or_else(|| beginning(&typed).and_then(|beginning| titled(&|title| title.starts_with(beginning))))
}

/// What `typed` begins with, where it ends as lists end what they cut.
fn beginning(typed: &str) -> Option<&str> {
    typed.strip_suffix('…').or_else(|| typed.strip_suffix("...")).map(str::trim_end).filter(|beginning| !beginning.is_empty())
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
        service: profile.service.as_deref(),
        scored: snapshot.is_some_and(|snapshot| snapshot.control(&profile.name).is_some()),
        maximum: profile.maximum.unwrap_or(0.0),
    });
    let score_only = snapshot.into_iter().flat_map(|snapshot| &snapshot.controls).filter(|score| catalogue.get(&score.name).is_none());
    profiled
        .chain(score_only.map(|score| Candidate { name: &score.name, title: &score.name, service: None, scored: true, maximum: 0.0 }))
        .collect()
}

/// The controls of a tenant, ready to be searched with every letter that is typed. The weakest come first.
#[derive(Debug, Clone)]
pub struct ControlIndex(Vec<IndexedControl>);

/// A control in a [`ControlIndex`].
#[derive(Debug, Clone)]
pub struct IndexedControl {
    /// Its name.
    pub name: Arc<str>,
    /// Its title; the name where it has none.
    pub title: Arc<str>,
    words: ControlWords,
    /// Name and title as they can be searched for a part.
    lower: String,
    scored: bool,
}

impl ControlIndex {
    /// The controls that have a profile or a score, except those that `wanted` refuses by name.
    pub fn new(snapshot: Option<&Snapshot>, catalogue: &Catalogue, wanted: impl Fn(&str) -> bool) -> Self {
        let weak = snapshot.map(|snapshot| Ranking::of(snapshot, catalogue, RankingQuery::default(), |_| true).weak).unwrap_or_default();
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
    pub fn controls(&self) -> &[IndexedControl] {
        &self.0
    }

    /// At most `max` controls that whoever has typed so far may mean, the likeliest first; the weakest where nothing
    /// is typed yet.
    pub fn like(&self, typed: &str, max: usize) -> Vec<&IndexedControl> {
        let mut wanted = split(typed);
        wanted.truncate(WORDS_MAX);
        let typed = typed.trim().to_lowercase();
        if typed.is_empty() {
            return self.0.iter().take(max).collect();
        }
        let mut fitting: Vec<(Closeness, &IndexedControl)> =
            self.0.iter().filter_map(|control| Some((closeness(&typed, &wanted, control)?, control))).collect();
        if fitting.is_empty() {
            let wanted = wanted.join(" ");
            let alike = self.0.iter().map(|control| (Closeness { step: 0, share: control.words.likeness(&wanted) }, control));
            fitting = alike.filter(|(close, _)| close.share >= HINT_MIN).collect();
        }
        // Equals stay in the order of the index.
        fitting
            .sort_by(|(a, x), (b, y)| a.step.cmp(&b.step).then_with(|| y.scored.cmp(&x.scored)).then_with(|| b.share.total_cmp(&a.share)));
        fitting.into_iter().map(|(_, control)| control).take(max).collect()
    }
}

fn indexed(candidate: &Candidate<'_>) -> IndexedControl {
    IndexedControl {
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
fn closeness(typed: &str, wanted: &[String], control: &IndexedControl) -> Option<Closeness> {
    let name_len = control.lower.find('\n').unwrap_or(control.lower.len());
    let step = |step, share| Some(Closeness { step, share });
    match control.lower.find(typed) {
        Some(0) if typed.len() == name_len => return step(0, 1.0),
        Some(0) => return step(1, typed.len() as f64 / name_len as f64),
        Some(_) | None => {}
    }
    if let Some(share) = control.words.fit(wanted, false) {
        return step(2, share);
    }
    if control.lower.contains(typed) {
        return step(3, 0.0);
    }
    step(4, control.words.fit(wanted, true)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::*;
    use crate::score::{Category, ControlScore, Level, Profile};

    fn profile(name: &str, title: &str) -> Profile {
        let title = title.to_owned();
        Profile { title, category: Category::Identity, maximum: Some(5.0), cost: Level::Low, impact: Level::Low, ..Profile::named(name) }
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
        assert_eq!(find("adminmfav2"), ControlMatch::One("AdminMFAV2", vec![]));
        assert_eq!(find(" SCID_2016\u{200b} "), ControlMatch::One("scid_2016", vec![]));
        assert_eq!(find("block legacy AUTHENTICATION"), ControlMatch::One("BlockLegacyAuthentication", vec![]), "by its whole title");
        assert_eq!(find("Require multifactor…"), ControlMatch::One("AdminMFAV2", vec![]), "cut as a list shows it");
        assert_eq!(find("Block…"), ControlMatch::One("BlockLegacyAuthentication", vec![]));
        let names = ["a_b", "a b", "A \"c", "Abc"];
        for (typed, name) in
            [("A_B", Some("a_b")), ("a b", Some("a b")), ("a__C", Some("A \"c")), ("ab…", Some("Abc")), ("a…", None), ("…", None)]
        {
            assert_eq!(named(typed, names.into_iter()), name, "{typed}");
        }
        assert_eq!(find("legacy auth"), ControlMatch::One("BlockLegacyAuthentication", vec![]));
        assert_eq!(find("authentication"), ControlMatch::One("BlockLegacyAuthentication", vec!["AdminMFAV2"]));
        assert_eq!(find("blok legacy authentification"), ControlMatch::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("lgacy auth"), ControlMatch::Nearest("BlockLegacyAuthentication"));
        assert_eq!(find("MFA administrators"), ControlMatch::One("AdminMFAV2", vec![]));
        assert!(matches!(find("🎉"), ControlMatch::None(near) if near.is_empty()));
        assert!(matches!(find("  "), ControlMatch::None(_)));
    }

    #[test]
    fn several_that_fit_alike_are_all_reported() {
        let ids = ["AppA_SignOut", "AppB_SignOut", "AppC_SignOut"];
        let titles = ["Sign people out after a while", "Sign people  out after a while", "Sign\u{a0}people out after a while"];
        let mut profiles: Vec<Profile> = ids.into_iter().zip(titles).map(|(id, title)| profile(id, title)).collect();
        profiles.push(profile("Other", "Sign people in"));
        profiles[1].service = Some("MDA_Zoom".to_owned());
        let catalogue = Catalogue::new(profiles.clone(), BTreeMap::new(), 0);
        let find = |words| find(words, None, &catalogue);
        for typed in ["Sign people out after a while", "sign people OUT after a\u{200b} while", "people out"] {
            assert_eq!(find(typed), ControlMatch::Several(ids.to_vec()), "{typed}");
        }
        assert_eq!(find("AppB_SignOut"), ControlMatch::One("AppB_SignOut", vec![]));
        assert_eq!(find("people out zoom"), ControlMatch::One("AppB_SignOut", vec![]), "the product tells which");
        assert_eq!(find("sign people in"), ControlMatch::One("Other", vec![]));
        let many = (0..9).map(|number| profile(&format!("N{number}"), &format!("Block it {}", "more ".repeat(number))));
        let catalogue = Catalogue::new(many.collect(), BTreeMap::new(), 0);
        assert!(
            matches!(super::find("block", None, &catalogue), ControlMatch::Several(all) if all.len() == 9),
            "none of so many stands out"
        );
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
            enabled_services: None,
            sent_bytes: 0,
        };
        let index = ControlIndex::new(Some(&snapshot), &catalogue, |name| !name.is_empty());
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
        let unwanted = ControlIndex::new(Some(&snapshot), &catalogue, |name| name != "scid_2016");
        assert_eq!((unwanted.controls().len(), unwanted.like("2016", 9).len()), (5, 0));
    }
}
