//! What does a `secureScoreControlProfile` of Graph's mean? A profile: clean, typed, cut to size.
//!
//! Members by <https://learn.microsoft.com/graph/api/resources/securescorecontrolprofile>.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Deserializer, de::DeserializeSeed as _};

use super::{
    control_names::ControlNames,
    lenient::{Object, ObjectList, words},
    sent_value::SentValue,
    short,
};
use crate::{
    graph::html,
    score::{Category, ControlState, Level, Profile, StateUpdate, UnknownWords, identity},
};

/// Limits in characters as people count them. The longest title known has 124.
const TITLE_MAX: usize = 240;
const PERSON_MAX: usize = 120;
const COMMENT_MAX: usize = 600;
const CODE_MAX: usize = 40;
/// There are nine classes of threats.
const THREATS_MAX: usize = 24;
/// Every change of a state adds an update; nobody reads further back than this.
const UPDATES_MAX: usize = 500;

/// A profile as it is parsed, borrowing from the body.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(super) struct SentProfile<'a> {
    id: SentValue<'a>,
    pub azure_tenant_id: SentValue<'a>,
    title: SentValue<'a>,
    control_category: SentValue<'a>,
    service: SentValue<'a>,
    max_score: SentValue<'a>,
    tier: SentValue<'a>,
    rank: SentValue<'a>,
    implementation_cost: SentValue<'a>,
    user_impact: SentValue<'a>,
    #[serde(deserialize_with = "words")]
    threats: Vec<String>,
    action_url: SentValue<'a>,
    remediation: SentValue<'a>,
    remediation_impact: SentValue<'a>,
    deprecated: SentValue<'a>,
    last_modified_date_time: SentValue<'a>,
    #[serde(deserialize_with = "newest")]
    control_state_updates: Vec<SentUpdate<'a>>,
}

/// One entry of `controlStateUpdates`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SentUpdate<'a> {
    state: SentValue<'a>,
    updated_date_time: SentValue<'a>,
    updated_by: SentValue<'a>,
    assigned_to: SentValue<'a>,
    comment: SentValue<'a>,
}

/// The newest updates of a list that may have any number of them, as many as are kept.
fn newest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SentUpdate<'de>>, D::Error> {
    let mut updates = Vec::new();
    let all = ObjectList::new(|update: Object<SentUpdate<'de>>| {
        updates.extend(update.value);
        if updates.len() >= 2 * UPDATES_MAX {
            keep_newest(&mut updates);
        }
        true
    });
    all.deserialize(deserializer)?;
    if updates.len() > UPDATES_MAX {
        keep_newest(&mut updates);
    }
    Ok(updates)
}

/// Leaves the newest of `updates`, as many as are kept.
fn keep_newest(updates: &mut Vec<SentUpdate<'_>>) {
    // Stable, so that of two with the same date the later in the list stays the later.
    updates.sort_by_cached_key(|update| update.updated_date_time.moment());
    updates.drain(..updates.len().saturating_sub(UPDATES_MAX));
}

impl SentUpdate<'_> {
    fn update(&self) -> StateUpdate {
        StateUpdate {
            state: ControlState::from_graph(&self.state.text().unwrap_or(Cow::Borrowed(""))),
            at: self.updated_date_time.moment(),
            by: line(&self.updated_by, PERSON_MAX),
            assigned_to: line(&self.assigned_to, PERSON_MAX),
            comment: line(&self.comment, COMMENT_MAX),
        }
    }
}

impl SentProfile<'_> {
    /// A number of this profile that was written with a decimal comma.
    pub fn comma(&self) -> Option<&str> {
        self.max_score.comma()
    }

    /// Counts the words in it that we do not know.
    pub fn new_words(&self, words: &mut UnknownWords) {
        let value_text = |value: &SentValue<'_>| value.text().map(Cow::into_owned);
        if let Some(Category::Other(word)) = value_text(&self.control_category).map(|word| Category::from_graph(&word)) {
            words.count("controlCategory", &word);
        }
        for (member, value) in [("implementationCost", &self.implementation_cost), ("userImpact", &self.user_impact)] {
            // Graph's own word for a level that it does not know.
            let new = value_text(value).filter(|word| Level::from_graph(word) == Level::Unknown && !word.eq_ignore_ascii_case("unknown"));
            if let Some(word) = new {
                words.count(member, &short(&word, CODE_MAX));
            }
        }
        for update in &self.control_state_updates {
            if let Some(ControlState::Other(word)) = value_text(&update.state).map(|word| ControlState::from_graph(&word)) {
                words.count("state", &word);
            }
        }
    }

    /// The profile; `None` for an entry without an id, which nothing could be joined with.
    pub fn profile(self, names: &mut ControlNames) -> Option<Profile> {
        let name = names.shared(&self.id.text()?)?;
        let mut threats: Vec<String> = Vec::new();
        for threat in self.threats.iter().filter_map(|threat| one_spelling(threat)) {
            if threats.len() < THREATS_MAX && !threats.contains(&threat) {
                threats.push(threat);
            }
        }
        Some(Profile {
            title: line(&self.title, TITLE_MAX).unwrap_or_else(|| name.to_string()),
            name,
            category: Category::from_graph(&self.control_category.text().unwrap_or(Cow::Borrowed(""))),
            service: line(&self.service, CODE_MAX),
            maximum: self.max_score.amount(),
            tier: line(&self.tier, CODE_MAX),
            rank: self.rank.count(),
            cost: Level::from_graph(&self.implementation_cost.text().unwrap_or(Cow::Borrowed(""))),
            impact: Level::from_graph(&self.user_impact.text().unwrap_or(Cow::Borrowed(""))),
            threats,
            action_url: self.action_url.text().and_then(|url| html::https_link(&url)),
            remediation: self.remediation.text().map(|text| html::spans(&text)).unwrap_or_default(),
            remediation_impact: self.remediation_impact.text().map(|text| html::spans(&text)).unwrap_or_default(),
            deprecated: self.deprecated.flag().unwrap_or(false),
            updates: self.control_state_updates.iter().map(SentUpdate::update).collect(),
            modified: self.last_modified_date_time.moment(),
            gone_since: None,
        })
    }
}

/// Of profiles of one control the one that counts, as [`Profile::compare`] tells. Counts those that said anything else.
pub(super) fn each_once(profiles: Vec<Profile>, left_out: &mut usize) -> Vec<Profile> {
    let mut once: BTreeMap<String, Profile> = BTreeMap::new();
    for profile in profiles {
        let key = identity::folded(&profile.name).into_owned();
        let merged = match once.remove(&key) {
            None => profile,
            Some(held) if held.compare(&profile).is_eq() => held,
            Some(held) => {
                *left_out += 1;
                if held.compare(&profile).is_lt() { profile } else { held }
            }
        };
        once.insert(key, merged);
    }
    once.into_values().collect()
}

/// A short text: clean, on one line, at most `max` characters; `None` when nothing is left.
fn line(value: &SentValue<'_>, max: usize) -> Option<String> {
    let line = short(&value.text()?, max);
    (!line.is_empty()).then_some(line)
}

/// A threat in its one spelling: Graph sends "Account breach", "Account Breach" and, by its documents,
/// `accountBreach` for the same.
fn one_spelling(threat: &str) -> Option<String> {
    let threat = short(threat, CODE_MAX);
    let mut spelt = String::with_capacity(threat.len() + 4);
    let one_word = !threat.contains(' ');
    let mut before = ' ';
    for c in threat.chars() {
        if one_word && c.is_uppercase() && before.is_lowercase() {
            spelt.push(' ');
        }
        if spelt.is_empty() {
            spelt.extend(c.to_uppercase());
        } else {
            spelt.extend(c.to_lowercase());
        }
        before = c;
    }
    (!spelt.is_empty()).then_some(spelt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::wire::lenient::Any;

    #[test]
    fn of_lists_without_end_little_is_held_while_they_are_read() {
        let json = |entry: &str| vec![entry; 10_000].join(",");
        let json = format!(r#"{{"controlStateUpdates":[{}],"threats":[{}]}}"#, json("{}"), json("1"));
        let mut sent = Object::<SentProfile<'_>>::default();
        Any(&mut sent).deserialize(&mut serde_json::Deserializer::from_str(&json)).unwrap();
        let sent = sent.value.unwrap();
        assert!(sent.control_state_updates.capacity() < 4 * UPDATES_MAX && sent.threats.capacity() < 1000);
    }

    #[test]
    fn a_threat_has_one_spelling() {
        for drift in ["Account breach", "Account Breach", "accountBreach", " ACCOUNT  BREACH "] {
            assert_eq!(one_spelling(drift).as_deref(), Some("Account breach"), "{drift}");
        }
        assert_eq!(one_spelling("phishingOrWhaling").as_deref(), Some("Phishing or whaling"));
        assert_eq!(one_spelling("\u{200B}"), None);
    }
}
