//! What do other parts of the program have in the configuration? Sections and kinds of destinations, which whoever uses them declares; none is named here.

use std::{any::Any, collections::BTreeMap, fmt, sync::Arc};

use reqwest::Url;
use secrecy::SecretString;

use super::{
    Config,
    key::ConfigKey,
    keys::{DeclaredKeys, KeyTable},
    reader::{ConfigReader, SectionReader},
};
use crate::{access::Tenants, delivery::Destination, error::Result};

/// All that is declared, in the order of messages and documents.
#[derive(Debug, Clone, Default)]
pub struct ConfigParts {
    /// The sections.
    pub sections: Vec<&'static ConfigSection>,
    /// The kinds of destinations.
    pub kinds: Vec<&'static DestinationKind>,
}

impl ConfigParts {
    /// Every key of the configuration, in the order of docs/reference/configuration.md.
    pub fn keys(&self) -> KeyTable {
        let sections = |place: SectionPlace| self.sections.iter().filter(move |section| section.place == place);
        let of_sections = |place| sections(place).flat_map(|section| section.keys).cloned().collect();
        let grants = self.sections.iter().filter_map(|section| Some((vec![section.name, "grants"], section.grant_example?)));
        KeyTable::with(DeclaredKeys {
            who_asks: of_sections(SectionPlace::WhoAsks),
            where_posts_go: of_sections(SectionPlace::WherePostsGo),
            destinations: self.kinds.iter().flat_map(|kind| kind.keys).cloned().collect(),
            kinds: self.kinds.iter().map(|kind| kind.name).collect(),
            at_addresses: self.kinds.iter().filter(|kind| kind.has_address).map(|kind| kind.name).collect(),
            or_rooms: self.or_rooms(),
            named: grants.collect(),
            at_start: self.sections.iter().flat_map(|section| section.at_start).copied().collect(),
            built_at_start: self.sections.iter().filter(|section| section.is_built_at_start).map(|section| section.name).collect(),
        })
    }

    /// How people write a room of a chat where a destination is named, for the end of a sentence: `, or PLATFORM: and …`.
    pub fn or_rooms(&self) -> String {
        let rooms = self.sections.iter().filter_map(|section| section.rooms.as_ref());
        rooms.fold(String::new(), |all, rooms| all + ", or " + rooms.help)
    }
}

/// A section: its keys, how it is read, and when a change of it takes effect.
#[derive(Debug)]
pub struct ConfigSection {
    /// Its name.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [ConfigKey],
    /// Where it stands among the others.
    pub place: SectionPlace,
    /// An example of a name for one of its grants, where it has some.
    pub grant_example: Option<&'static str>,
    /// Its keys that take effect at the next start.
    pub at_start: &'static [&'static str],
    /// Whether its part of the program is built at the start, or not at all: a section that is new takes effect at the next start.
    pub is_built_at_start: bool,
    /// The rooms that can be named as destinations without being configured as such.
    pub rooms: Option<RoomNames>,
    /// Reads it, when it is there. All errors are reported to the reader; `None` where one of them leaves nothing to use.
    pub read: fn(&mut ConfigReader) -> Option<Arc<dyn SectionSettings>>,
    /// Warns of what has no effect beside the rest of the configuration. Called when it could be read; other parts may have errors.
    pub check: fn(&mut ConfigReader, &Config),
}

/// Where a section stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionPlace {
    /// With those about who asks.
    WhoAsks,
    /// With those about where posts go.
    WherePostsGo,
}

/// What was read of a section, for whoever declared it.
pub trait SectionSettings: Any + fmt::Debug + Send + Sync {
    /// The tenants that each of its grants shows.
    fn granted(&self) -> Vec<&Tenants> {
        Vec::new()
    }
}

/// What was read of the sections that are there, by name.
#[derive(Debug, Default)]
pub struct Sections(BTreeMap<&'static str, Arc<dyn SectionSettings>>);

impl Sections {
    /// Those of the section that has such; `None` where it is not there.
    pub fn get<T: SectionSettings>(&self) -> Option<&T> {
        self.0.values().find_map(|settings| (&**settings as &dyn Any).downcast_ref())
    }

    /// All of them, each with the name of its section.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &dyn SectionSettings)> {
        self.0.iter().map(|(name, settings)| (*name, &**settings))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn add(&mut self, name: &'static str, read: Option<Arc<dyn SectionSettings>>) {
        self.0.extend(read.map(|settings| (name, settings)));
    }
}

/// How the rooms of a chat are named as destinations.
#[derive(Debug)]
pub struct RoomNames {
    /// What stands before the id.
    pub prefix: &'static str,
    /// Whether a text can be the id of a room.
    pub is_id: fn(&str) -> bool,
    /// How people write one, as in "the name of a destination, or …".
    pub help: &'static str,
    /// What is wrong with one while the section is missing, and what would be right.
    pub unconfigured: (&'static str, &'static str),
}

/// A kind of destination.
#[derive(Debug)]
pub struct DestinationKind {
    /// The word for it.
    pub name: &'static str,
    /// Its own keys of a destination.
    pub keys: &'static [ConfigKey],
    /// Those of them that must be given, each with what would be right where it is not.
    pub needs: &'static [(&'static str, &'static str)],
    /// What a first configuration is asked for beyond what is needed, as whole keys: each has a default, or may be left out.
    pub asked_first: &'static [&'static str],
    /// Whether posts are sent to an address, the key `url`.
    pub has_address: bool,
    /// Whether grants say who reads there, so that `role` and `tenants` are not given.
    pub has_granted_readers: bool,
    /// The section that it needs, with what is wrong where that is missing, and what would be right.
    pub section: Option<(&'static str, &'static str, &'static str)>,
    /// Reads its own keys, whatever the kind of the destination is, so that every error is found at once.
    pub read: fn(&mut SectionReader<'_>, Option<&SecretString>) -> Option<DestinationReach>,
    /// What is to be said of an address, which may be that of another kind: what is odd about it, and what would be right.
    pub remark: fn(&Url, is_own: bool) -> Option<(String, &'static str)>,
    /// What to look at once a test was taken.
    pub look_after_test: &'static str,
}

impl DestinationKind {
    /// One that declares nothing but its name: it has no key of its own and reaches nothing.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            keys: &[],
            needs: &[],
            asked_first: &[],
            has_address: false,
            has_granted_readers: false,
            section: None,
            read: |_, _| None,
            remark: |_, _| None,
            look_after_test: "Check there that it can be read.",
        }
    }

    /// Whether the key that says who reads there, or where it is, is for this kind.
    pub(super) fn takes(&self, key: &str) -> bool {
        match key {
            "url" => self.has_address,
            "role" | "tenants" => !self.has_granted_readers,
            _ => self.needs.iter().any(|(own, _)| *own == key),
        }
    }
}

/// What it takes to reach a destination.
#[derive(Debug)]
pub enum DestinationReach {
    /// A room of a chat. Grants say who reads there.
    Room {
        /// How it is called as a destination.
        name: String,
        /// What is wrong where no grant says who reads there.
        ungranted: String,
    },
    /// Anything else.
    Own(Box<dyn DestinationSettings>),
}

/// What was read of a destination, for whoever declared its kind.
pub trait DestinationSettings: fmt::Debug + Send + Sync {
    /// The destination, as `config` has it. Connects to nothing yet.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Misconfigured`] for what cannot be sent to.
    fn build(&self, config: &Config) -> Result<Arc<dyn Destination>>;
}

/// A destination that an address alone reaches.
pub struct AtAddress {
    /// The address: a secret.
    pub url: SecretString,
    /// The destination there.
    pub build: fn(SecretString) -> Result<Arc<dyn Destination>>,
}

impl fmt::Debug for AtAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtAddress")
    }
}

impl DestinationSettings for AtAddress {
    fn build(&self, _: &Config) -> Result<Arc<dyn Destination>> {
        (self.build)(self.url.clone())
    }
}

/// The reach of a kind that an address alone reaches.
pub fn at_address(url: Option<&SecretString>, build: fn(SecretString) -> Result<Arc<dyn Destination>>) -> Option<DestinationReach> {
    Some(DestinationReach::Own(Box::new(AtAddress { url: url?.clone(), build })))
}
