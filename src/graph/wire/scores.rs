//! What does a `secureScore` of Graph's mean? A snapshot: what it holds is read loosely and kept strictly.
//!
//! Members by <https://learn.microsoft.com/graph/api/resources/securescore>, and those that are
//! undocumented but sent: `implementationStatus`, `scoreInPercentage`, `count`, `total`, `on`, `lastSynced`.

use std::{borrow::Cow, sync::Arc};

use jiff::{civil::Date, tz::TimeZone};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::{
    loose::Loose,
    member::Member,
    names::Names,
    seed::{ENTRIES_MAX, Fill, List, Object},
    short,
};
use crate::{
    score::{Category, ControlScore, Evidence, Peer, Snapshot},
    text::Spans,
};

/// `AllTenants` and its kind are short words.
const BASIS_MAX: usize = 40;
/// What a day has room for before it must grow; tenants have 60 to 250.
const CONTROLS_USUAL: usize = 128;
/// Graph has sent two or three groups; more than this is damage.
const PEERS_MAX: usize = 16;

/// A day as it is being parsed, borrowing from the body.
#[derive(Default)]
pub(super) struct SentDay<'a> {
    id: Loose<'a>,
    pub entra_id: Loose<'a>,
    active_users: Loose<'a>,
    created: Loose<'a>,
    points: Loose<'a>,
    maximum: Loose<'a>,
    peers: Vec<SentPeer<'a>>,
    controls: Vec<SentControl<'a>>,
    /// Where the first key stands in memory.
    pub begins: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum DayMember {
    Id,
    EntraId,
    ActiveUsers,
    Created,
    Points,
    Maximum,
    Peers,
    Controls,
    Wrapped,
}

impl Member for DayMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("azureTenantId", Self::EntraId),
        ("activeUserCount", Self::ActiveUsers),
        ("createdDateTime", Self::Created),
        ("currentScore", Self::Points),
        ("maxScore", Self::Maximum),
        ("averageComparativeScores", Self::Peers),
        ("controlScores", Self::Controls),
        ("AdditionalProperties", Self::Wrapped),
    ];
}

impl<'de> Fill<'de> for SentDay<'de> {
    type Member = DayMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: DayMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            DayMember::Id => self.id = map.next_value()?,
            DayMember::EntraId => self.entra_id = map.next_value()?,
            DayMember::ActiveUsers => self.active_users = map.next_value()?,
            DayMember::Created => self.created = map.next_value()?,
            DayMember::Points => self.points = map.next_value()?,
            DayMember::Maximum => self.maximum = map.next_value()?,
            DayMember::Peers => {
                let peers = &mut self.peers;
                map.next_value_seed(List::<SentPeer<'de>, _>::new(|peer| {
                    if peers.len() < PEERS_MAX {
                        peers.push(peer);
                    }
                    true
                }))?;
            }
            DayMember::Controls => {
                let controls = &mut self.controls;
                controls.reserve(CONTROLS_USUAL);
                map.next_value_seed(List::<SentControl<'de>, _>::new(|control| {
                    controls.push(control);
                    controls.len() <= ENTRIES_MAX
                }))?;
            }
            DayMember::Wrapped => drop(map.next_value_seed(Object(self))?),
        }
        Ok(())
    }

    fn passes(&mut self, address: usize) {
        self.begins.get_or_insert(address);
    }
}

/// One entry of `averageComparativeScores`.
#[derive(Default)]
struct SentPeer<'a> {
    basis: Loose<'a>,
    percent: Loose<'a>,
    seats_from: Loose<'a>,
    seats_to: Loose<'a>,
}

#[derive(Debug, Clone, Copy)]
enum PeerMember {
    Basis,
    Percent,
    SeatsFrom,
    SeatsTo,
    Wrapped,
}

impl Member for PeerMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("basis", Self::Basis),
        ("averageScore", Self::Percent),
        ("SeatSizeRangeLowerValue", Self::SeatsFrom),
        ("SeatSizeRangeUpperValue", Self::SeatsTo),
        ("AdditionalProperties", Self::Wrapped),
    ];
}

impl<'de> Fill<'de> for SentPeer<'de> {
    type Member = PeerMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: PeerMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            PeerMember::Basis => self.basis = map.next_value()?,
            PeerMember::Percent => self.percent = map.next_value()?,
            PeerMember::SeatsFrom => self.seats_from = map.next_value()?,
            PeerMember::SeatsTo => self.seats_to = map.next_value()?,
            PeerMember::Wrapped => drop(map.next_value_seed(Object(self))?),
        }
        Ok(())
    }
}

impl SentPeer<'_> {
    /// The group, if its average is one: -1 is "no data", and above 100 it is points of before 2020.
    fn peer(&self) -> Option<Peer> {
        let percent = self.percent.amount().filter(|percent| *percent <= 100.0)?;
        let basis = short(&self.basis.text()?, BASIS_MAX);
        let seats = self.seats_from.count().zip(self.seats_to.count()).filter(|(from, to)| from <= to);
        (!basis.is_empty()).then_some(Peer { basis, percent, seats })
    }
}

/// One entry of `controlScores`.
#[derive(Default)]
struct SentControl<'a> {
    name: Loose<'a>,
    category: Loose<'a>,
    description: Option<&'a RawValue>,
    points: Loose<'a>,
    percent: Loose<'a>,
    status: Option<&'a RawValue>,
    count: Loose<'a>,
    total: Loose<'a>,
    on: Loose<'a>,
    synced: Loose<'a>,
}

#[derive(Debug, Clone, Copy)]
enum ControlMember {
    Name,
    Category,
    Description,
    Points,
    Percent,
    Status,
    Count,
    Total,
    On,
    Synced,
    Wrapped,
}

impl Member for ControlMember {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("controlName", Self::Name),
        ("controlCategory", Self::Category),
        ("description", Self::Description),
        ("score", Self::Points),
        ("scoreInPercentage", Self::Percent),
        ("implementationStatus", Self::Status),
        ("count", Self::Count),
        ("total", Self::Total),
        ("on", Self::On),
        ("lastSynced", Self::Synced),
        ("AdditionalProperties", Self::Wrapped),
    ];
}

impl<'de> Fill<'de> for SentControl<'de> {
    type Member = ControlMember;

    fn fill<A: MapAccess<'de>>(&mut self, member: ControlMember, map: &mut A) -> Result<(), A::Error> {
        match member {
            ControlMember::Name => self.name = map.next_value()?,
            ControlMember::Category => self.category = map.next_value()?,
            ControlMember::Description => self.description = map.next_value()?,
            ControlMember::Points => self.points = map.next_value()?,
            ControlMember::Percent => self.percent = map.next_value()?,
            ControlMember::Status => self.status = map.next_value()?,
            ControlMember::Count => self.count = map.next_value()?,
            ControlMember::Total => self.total = map.next_value()?,
            ControlMember::On => self.on = map.next_value()?,
            ControlMember::Synced => self.synced = map.next_value()?,
            ControlMember::Wrapped => drop(map.next_value_seed(Object(self))?),
        }
        Ok(())
    }
}

impl SentControl<'_> {
    /// What only a rich day says, but for its words; the status alone does not make one, hollow days send its template.
    fn details(&self) -> Evidence {
        Evidence {
            status: Spans::default(),
            count: self.count.count(),
            total: self.total.count(),
            on: self.on.flag(),
            synced: self.synced.moment(),
        }
    }

    /// The control's score; its evidence, still without words, only if the day is rich and says anything
    /// about it.
    fn score(&self, name: Arc<str>, rich: bool) -> ControlScore {
        let details = self.details();
        let says = rich && (self.status.is_some_and(says_something) || details != Evidence::default());
        ControlScore {
            name,
            category: Category::from_graph(&self.category.text().unwrap_or(Cow::Borrowed(""))),
            points: self.points.amount(),
            percent: self.percent.amount().filter(|percent| *percent <= 100.0),
            profile_maximum: None,
            evidence: says.then(|| Box::new(details)),
        }
    }
}

/// Texts about controls as they were sent: raw JSON, neither unescaped nor clean nor typed yet. Most never
/// get further: those of hollow days are dropped, those of the newest day are typed once.
#[derive(Debug, Default)]
pub(super) struct SentTexts {
    names: Vec<Arc<str>>,
    /// Where the text of each name ends in `raw`; it begins where the one before ends.
    ends: Vec<usize>,
    raw: String,
}

impl SentTexts {
    fn collect<'l>(names: &[Option<Arc<str>>], sent: impl Iterator<Item = Option<&'l RawValue>> + Clone) -> Self {
        let bytes = sent.clone().flatten().map(|raw| raw.get().len()).sum();
        let mut texts =
            Self { names: Vec::with_capacity(names.len()), ends: Vec::with_capacity(names.len()), raw: String::with_capacity(bytes) };
        for (name, raw) in names.iter().zip(sent) {
            let Some(name) = name else { continue };
            texts.raw.push_str(raw.map_or("null", RawValue::get));
            texts.names.push(Arc::clone(name));
            texts.ends.push(texts.raw.len());
        }
        texts
    }

    /// Each control's name with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        let mut begin = 0;
        self.names.iter().zip(&self.ends).map(move |(name, &end)| {
            let text = self.raw.get(begin..end).unwrap_or("null");
            begin = end;
            (name, text)
        })
    }
}

/// Whether a raw value is more than null or an empty string.
fn says_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "\"\"")
}

impl SentDay<'_> {
    /// The day by `createdDateTime` in UTC; where that is missing, by the id, which ends with it.
    fn day(&self) -> Option<Date> {
        let created = self.created.moment().map(|moment| moment.to_zoned(TimeZone::UTC).date());
        created.or_else(|| self.id.text()?.rsplit_once('_')?.1.parse().ok())
    }

    /// The shared name of each control, in the order of the list; `None` for one without a name.
    pub fn names(&self, names: &mut Names) -> Vec<Option<Arc<str>>> {
        self.controls.iter().map(|control| names.shared(&control.name.text()?)).collect()
    }

    /// The snapshot; `None` for an entry without a day or without a score, which is no snapshot.
    ///
    /// Of a control that is listed twice the later entry stays.
    pub fn snapshot(&self, names: &[Option<Arc<str>>]) -> Option<Snapshot> {
        let (day, points) = (self.day()?, self.points.amount()?);
        let rich = self.controls.iter().any(|control| control.details() != Evidence::default());
        let mut controls = Vec::with_capacity(self.controls.len());
        // Backwards, so that the later of two comes first and `dedup` keeps it.
        for (control, name) in self.controls.iter().zip(names).rev() {
            controls.extend(name.as_ref().map(|name| control.score(Arc::clone(name), rich)));
        }
        controls.sort_by(|a: &ControlScore, b| a.name.cmp(&b.name));
        controls.dedup_by(|later, kept| later.name == kept.name);
        // A list of entries without a name must not keep the room that they had.
        controls.shrink_to_fit();
        Some(Snapshot {
            day,
            points,
            maximum: self.maximum.amount(),
            active_users: self.active_users.count(),
            peers: self.peers.iter().filter_map(SentPeer::peer).collect(),
            controls,
            sent_bytes: 0,
        })
    }

    /// What each control is for; empty where the day does not say it.
    pub fn descriptions(&self, names: &[Option<Arc<str>>]) -> SentTexts {
        SentTexts::collect(names, self.controls.iter().map(|control| control.description))
    }

    /// How each control stands in words; empty where the day does not say it.
    pub fn statuses(&self, names: &[Option<Arc<str>>]) -> SentTexts {
        SentTexts::collect(names, self.controls.iter().map(|control| control.status))
    }
}
