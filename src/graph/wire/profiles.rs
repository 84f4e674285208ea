//! What does a `secureScoreControlProfile` of Graph's mean? A profile: clean, typed, cut to size.
//!
//! Members by <https://learn.microsoft.com/graph/api/resources/securescorecontrolprofile>.

use std::{borrow::Cow, collections::BTreeMap};

use serde::de::MapAccess;

use super::{
    loose::Loose,
    member::Member,
    names::Names,
    seed::{Fill, List, Object, Words},
    short,
};
use crate::{
    graph::html,
    score::{Category, Level, NewWords, Profile, State, StateUpdate, identity},
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

/// A profile as it is being parsed, borrowing from the body.
#[derive(Default)]
pub(super) struct SentProfile<'a> {
    id: Loose<'a>,
    pub entra_id: Loose<'a>,
    title: Loose<'a>,
    category: Loose<'a>,
    service: Loose<'a>,
    maximum: Loose<'a>,
    tier: Loose<'a>,
    rank: Loose<'a>,
    cost: Loose<'a>,
    impact: Loose<'a>,
    threats: Words,
    action_url: Loose<'a>,
    remediation: Loose<'a>,
    remediation_impact: Loose<'a>,
    deprecated: Loose<'a>,
    updates: Vec<SentUpdate<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ProfileMember {
    Id,
    EntraId,
    Title,
    Category,
    Service,
    Maximum,
    Tier,
    Rank,
    Cost,
    Impact,
    Threats,
    ActionUrl,
    Remediation,
    RemediationImpact,
    Deprecated,
    Updates,
    Wrapped,
}

impl Member for ProfileMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("azureTenantId", Self::EntraId),
        ("title", Self::Title),
        ("controlCategory", Self::Category),
        ("service", Self::Service),
        ("maxScore", Self::Maximum),
        ("tier", Self::Tier),
        ("rank", Self::Rank),
        ("implementationCost", Self::Cost),
        ("userImpact", Self::Impact),
        ("threats", Self::Threats),
        ("actionUrl", Self::ActionUrl),
        ("remediation", Self::Remediation),
        ("remediationImpact", Self::RemediationImpact),
        ("deprecated", Self::Deprecated),
        ("controlStateUpdates", Self::Updates),
        ("AdditionalProperties", Self::Wrapped),
    ];
}

impl<'de> Fill<'de> for SentProfile<'de> {
    type Member = ProfileMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: ProfileMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            ProfileMember::Id => self.id = map.next_value()?,
            ProfileMember::EntraId => self.entra_id = map.next_value()?,
            ProfileMember::Title => self.title = map.next_value()?,
            ProfileMember::Category => self.category = map.next_value()?,
            ProfileMember::Service => self.service = map.next_value()?,
            ProfileMember::Maximum => self.maximum = map.next_value()?,
            ProfileMember::Tier => self.tier = map.next_value()?,
            ProfileMember::Rank => self.rank = map.next_value()?,
            ProfileMember::Cost => self.cost = map.next_value()?,
            ProfileMember::Impact => self.impact = map.next_value()?,
            ProfileMember::Threats => map.next_value_seed(&mut self.threats)?,
            ProfileMember::ActionUrl => self.action_url = map.next_value()?,
            ProfileMember::Remediation => self.remediation = map.next_value()?,
            ProfileMember::RemediationImpact => self.remediation_impact = map.next_value()?,
            ProfileMember::Deprecated => self.deprecated = map.next_value()?,
            ProfileMember::Updates => {
                let updates = &mut self.updates;
                map.next_value_seed(List::<SentUpdate<'de>, _>::new(|update| {
                    updates.push(update);
                    if updates.len() >= 2 * UPDATES_MAX {
                        keep_newest(updates);
                    }
                    true
                }))?;
            }
            ProfileMember::Wrapped => drop(map.next_value_seed(Object(self))?),
        }
        Ok(())
    }
}

/// One entry of `controlStateUpdates`.
#[derive(Default)]
struct SentUpdate<'a> {
    state: Loose<'a>,
    at: Loose<'a>,
    by: Loose<'a>,
    assigned_to: Loose<'a>,
    comment: Loose<'a>,
}

#[derive(Debug, Clone, Copy)]
enum UpdateMember {
    State,
    At,
    By,
    AssignedTo,
    Comment,
}

impl Member for UpdateMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("state", Self::State),
        ("updatedDateTime", Self::At),
        ("updatedBy", Self::By),
        ("assignedTo", Self::AssignedTo),
        ("comment", Self::Comment),
    ];
}

impl<'de> Fill<'de> for SentUpdate<'de> {
    type Member = UpdateMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: UpdateMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            UpdateMember::State => self.state = map.next_value()?,
            UpdateMember::At => self.at = map.next_value()?,
            UpdateMember::By => self.by = map.next_value()?,
            UpdateMember::AssignedTo => self.assigned_to = map.next_value()?,
            UpdateMember::Comment => self.comment = map.next_value()?,
        }
        Ok(())
    }
}

impl SentUpdate<'_> {
    fn update(&self) -> StateUpdate {
        StateUpdate {
            state: State::from_graph(&self.state.text().unwrap_or(Cow::Borrowed(""))),
            at: self.at.moment(),
            by: line(&self.by, PERSON_MAX),
            assigned_to: line(&self.assigned_to, PERSON_MAX),
            comment: line(&self.comment, COMMENT_MAX),
        }
    }
}

impl SentProfile<'_> {
    /// A number of this profile that was written with a decimal comma.
    pub fn comma(&self) -> Option<&str> {
        self.maximum.comma()
    }

    /// Counts the words in it that we do not know.
    pub fn new_words(&self, words: &mut NewWords) {
        let said = |value: &Loose<'_>| value.text().map(Cow::into_owned);
        if let Some(Category::Other(word)) = said(&self.category).map(|word| Category::from_graph(&word)) {
            words.count("controlCategory", &word);
        }
        for (member, value) in [("implementationCost", &self.cost), ("userImpact", &self.impact)] {
            // Graph's own word for a level that it does not know.
            let new = said(value).filter(|word| Level::from_graph(word) == Level::Unknown && !word.eq_ignore_ascii_case("unknown"));
            if let Some(word) = new {
                words.count(member, &short(&word, CODE_MAX));
            }
        }
        for update in &self.updates {
            if let Some(State::Other(word)) = said(&update.state).map(|word| State::from_graph(&word)) {
                words.count("state", &word);
            }
        }
    }

    /// The profile; `None` for an entry without an id, which nothing could be joined with.
    pub fn profile(mut self, names: &mut Names) -> Option<Profile> {
        let name = names.shared(&self.id.text()?)?;
        let mut threats: Vec<String> = Vec::new();
        for threat in self.threats.0.iter().filter_map(|threat| one_spelling(threat)) {
            if threats.len() < THREATS_MAX && !threats.contains(&threat) {
                threats.push(threat);
            }
        }
        if self.updates.len() > UPDATES_MAX {
            keep_newest(&mut self.updates);
        }
        Some(Profile {
            title: line(&self.title, TITLE_MAX).unwrap_or_else(|| name.to_string()),
            name,
            category: Category::from_graph(&self.category.text().unwrap_or(Cow::Borrowed(""))),
            service: line(&self.service, CODE_MAX),
            maximum: self.maximum.amount(),
            tier: line(&self.tier, CODE_MAX),
            rank: self.rank.count(),
            cost: Level::from_graph(&self.cost.text().unwrap_or(Cow::Borrowed(""))),
            impact: Level::from_graph(&self.impact.text().unwrap_or(Cow::Borrowed(""))),
            threats,
            action_url: self.action_url.text().and_then(|url| html::https_link(&url)),
            remediation: self.remediation.text().map(|text| html::spans(&text)).unwrap_or_default(),
            remediation_impact: self.remediation_impact.text().map(|text| html::spans(&text)).unwrap_or_default(),
            deprecated: self.deprecated.flag().unwrap_or(false),
            updates: self.updates.iter().map(SentUpdate::update).collect(),
            modified: None,
            gone_since: None,
        })
    }
}

/// Of profiles of one control the one that counts, as [`Profile::compare`] tells. Counts those that said anything else.
pub(super) fn each_once(profiles: Vec<Profile>, left_out: &mut usize) -> Vec<Profile> {
    let mut once: BTreeMap<String, Profile> = BTreeMap::new();
    for profile in profiles {
        let key = identity::folded(&profile.name).into_owned();
        let kept = match once.remove(&key) {
            None => profile,
            Some(held) if held.compare(&profile).is_eq() => held,
            Some(held) => {
                *left_out += 1;
                if held.compare(&profile).is_lt() { profile } else { held }
            }
        };
        once.insert(key, kept);
    }
    once.into_values().collect()
}

/// Leaves the newest of `updates`, as many as are kept; a list may have any number of them.
fn keep_newest(updates: &mut Vec<SentUpdate<'_>>) {
    // Stable, so that of two with the same date the later in the list stays the later.
    updates.sort_by_cached_key(|update| update.at.moment());
    updates.drain(..updates.len().saturating_sub(UPDATES_MAX));
}

/// A short text: clean, on one line, at most `max` characters; `None` when nothing is left.
fn line(value: &Loose<'_>, max: usize) -> Option<String> {
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
    use serde::de::DeserializeSeed as _;

    use super::*;

    #[test]
    fn of_lists_without_end_little_is_held_while_they_are_read() {
        let json = |entry: &str| vec![entry; 10_000].join(",");
        let json = format!(r#"{{"controlStateUpdates":[{}],"threats":[{}]}}"#, json("{}"), json("1"));
        let mut sent = SentProfile::default();
        assert!(Object(&mut sent).deserialize(&mut serde_json::Deserializer::from_str(&json)).unwrap());
        assert!(sent.updates.capacity() < 4 * UPDATES_MAX && sent.threats.0.capacity() < 1000);
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
