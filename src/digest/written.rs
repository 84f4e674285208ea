//! How is a digest written down that somebody defined in a chat? As JSON, which later versions can still read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Digest, Owner, SKILLS, When};
use crate::{
    access::Tenants,
    error::{Error, Result},
};

#[derive(Serialize, Deserialize)]
struct StoredDigest {
    /// Absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenants: Option<BTreeSet<String>>,
    skills: Vec<String>,
    every: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    at: String,
    zone: String,
    to: String,
    #[serde(default)]
    silent: bool,
    owner: Owner,
}

impl Digest {
    /// The definition, without its name.
    pub fn write(&self) -> Result<String> {
        let (every, day) = self.when.every.written();
        let tenants = match &self.tenants {
            Tenants::All => None,
            Tenants::Only(names) => Some(names.clone()),
        };
        let written = StoredDigest {
            tenants,
            skills: self.skills.iter().map(ToString::to_string).collect(),
            every: every.to_owned(),
            day,
            at: self.when.at.strftime("%H:%M").to_string(),
            zone: self.when.zone.iana_name().unwrap_or("UTC").to_owned(),
            to: self.to.clone(),
            silent: self.silent,
            owner: self.owner.clone(),
        };
        serde_json::to_string(&written).map_err(Error::internal)
    }

    /// The digest called `name` that [`Digest::write`] wrote; `None` for what no version did, or a newer one.
    pub fn read(name: &str, json: &str) -> Option<Self> {
        let StoredDigest { tenants, skills, every, day, at, zone, to, silent, owner } = serde_json::from_str(json).ok()?;
        let known = |skill: &String| SKILLS.into_iter().find(|known| known.name() == skill);
        Some(Self {
            name: name.to_owned(),
            tenants: tenants.map_or(Tenants::All, Tenants::Only),
            skills: skills.iter().map(known).collect::<Option<_>>()?,
            when: When::read(&every, day.as_deref(), &at, &zone)?,
            to,
            silent,
            owner,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_the_same() {
        let (platform, user, space) = ("discord".to_owned(), "7".to_owned(), Some("1".to_owned()));
        let person = Owner::Person { platform, user, space, rooms: vec!["77".to_owned(), "10".to_owned()] };
        for (tenants, when) in [
            (Tenants::All, When::read("daily", None, "08:05", "Europe/Berlin").unwrap()),
            (Tenants::Only(["a".to_owned()].into()), When::read("monthly", Some("last"), "00:00", "UTC").unwrap()),
            (Tenants::Only(["a".to_owned()].into()), When::read("weekly", Some("friday"), "23:59", "Pacific/Chatham").unwrap()),
        ] {
            let (skills, owner) = (vec![crate::skill_id::SkillId::ScoreChanges], person.clone());
            let digest = Digest { name: "morning".to_owned(), tenants, skills, when, to: "discord:1".to_owned(), silent: true, owner };
            assert_eq!(Digest::read("morning", &digest.write().unwrap()), Some(digest));
        }
        assert_eq!(Digest::read("morning", "{}"), None);
        assert_eq!(person.asker_id().as_deref(), Some("discord:7"));
    }
}
