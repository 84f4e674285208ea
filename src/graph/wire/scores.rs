//! What does a `secureScore` of Graph's mean? A snapshot: what it holds is read loosely and kept strictly.
//!
//! Members by <https://learn.microsoft.com/graph/api/resources/securescore>, and those that are
//! undocumented but sent: `implementationStatus`, `scoreInPercentage`, `count`, `total`, `on`, `lastSynced`.

use std::{borrow::Cow, cmp::Ordering, collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::{
    loose::Loose,
    member::Member,
    names::Names,
    seed::{ENTRIES_MAX, Fill, List, Object},
    short,
    texts::SentTexts,
};
use crate::{
    score::{Category, ControlScore, Evidence, Peer, Snapshot, Taken, identity},
    text::Spans,
};

/// `AllTenants` and its kind are short words.
const BASIS_MAX: usize = 40;
/// What a day has room for before it must grow; tenants have 60 to 250.
const CONTROLS_USUAL: usize = 128;
/// How much is shown of a value that cannot be used.
const SHOWN_MAX: usize = 40;
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
    /// Whether there was a list of controls, be it an empty one.
    controls_sent: bool,
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
                self.controls_sent |= map.next_value_seed(List::<SentControl<'de>, _>::new(|control| {
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
    /// Which of two entries of one control counts: the greater. Equal only where both say the same.
    fn compare(&self, other: &Self) -> Ordering {
        let (here, there) = (self.details(), other.details());
        let raw = |raw: Option<&RawValue>| raw.map(|raw| raw.get().to_owned());
        // What is said comes before what is not; of two amounts the smaller.
        let less = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => other.total_cmp(&one),
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        (here.synced.cmp(&there.synced))
            .then_with(|| less(self.points.amount(), other.points.amount()))
            .then_with(|| less(self.percent.amount(), other.percent.amount()))
            .then_with(|| (here.total, here.count, here.on).cmp(&(there.total, there.count, there.on)))
            .then_with(|| raw(self.status).cmp(&raw(other.status)))
            .then_with(|| raw(self.description).cmp(&raw(other.description)))
    }

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

/// Whether a raw value is more than null or an empty string.
fn says_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "\"\"")
}

impl SentDay<'_> {
    /// The day by `createdDateTime` in UTC; where that is missing, by the id, which ends with it.
    fn day(&self) -> Option<Date> {
        let created = self.created.moment().map(|moment| moment.to_zoned(TimeZone::UTC).date());
        created.or_else(|| self.id_day())
    }

    fn id_day(&self) -> Option<Date> {
        self.id.text()?.rsplit_once('_')?.1.parse().ok()
    }

    /// When the day was taken down, as far as it says more than `snapshot`, which was made of it.
    pub fn taken(&self, snapshot: &Snapshot) -> Taken {
        let midnight = |moment: &Timestamp| snapshot.day.to_zoned(TimeZone::UTC).is_ok_and(|day| day.timestamp() == *moment);
        // As exactly as it is stored.
        let created = self.created.moment().and_then(|moment| Timestamp::from_millisecond(moment.as_millisecond()).ok());
        Taken { created: created.filter(|moment| !midnight(moment)), id_day: self.id_day().filter(|day| *day != snapshot.day) }
    }

    /// Takes the name from every entry of a control that the day lists more than once, but for the one that counts; how many those are that
    /// said anything else. `mixed` is whether one control may have two spellings.
    ///
    /// The entry that counts is the one of which Microsoft says that it looked later, else the one that says more and is worth less:
    /// never the one that happens to come last.
    pub fn drop_doubles(&self, names: &mut [Option<Arc<str>>], mixed: bool) -> usize {
        let mut places: Vec<*const u8> = names.iter().flatten().map(|name| name.as_ptr()).collect();
        places.sort_unstable();
        if !mixed && places.windows(2).all(|pair| pair[0] != pair[1]) {
            return 0;
        }
        let mut counts: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let (mut lost, mut told) = (Vec::new(), 0);
        for (at, name) in names.iter().enumerate() {
            let Some(name) = name else { continue };
            let held = counts.entry(identity::folded(name)).or_insert(at);
            if *held == at {
                continue;
            }
            let order = self.controls[at].compare(&self.controls[*held]);
            told += usize::from(order.is_ne());
            lost.push(if order.is_gt() { std::mem::replace(held, at) } else { at });
        }
        for at in lost {
            names[at] = None;
        }
        told
    }

    /// Why it is no snapshot: which member it needs is missing or cannot be read.
    pub fn unusable(&self) -> String {
        let (member, value, what) = match self.day() {
            None => ("createdDateTime", &self.created, "date that can be read (2026-11-29T00:00:00Z is one)"),
            Some(_) => ("currentScore", &self.points, "score"),
        };
        value.text().map_or_else(|| format!("{member} is missing"), |text| format!("{member} \"{}\" is no {what}", short(&text, SHOWN_MAX)))
    }

    /// A number of this day that was written with a decimal comma.
    pub fn comma(&self) -> Option<&str> {
        let of_controls = self.controls.iter().flat_map(|control| [&control.points, &control.percent]);
        let of_peers = self.peers.iter().map(|peer| &peer.percent);
        [&self.points, &self.maximum].into_iter().chain(of_controls).chain(of_peers).find_map(Loose::comma)
    }

    /// The shared name of each control, in the order of the list; `None` for one without a name.
    pub fn names(&self, names: &mut Names) -> Vec<Option<Arc<str>>> {
        self.controls.iter().map(|control| names.shared(&control.name.text()?)).collect()
    }

    /// The snapshot; `None` for an entry without a day or without a score, which is no snapshot. No control has two `names`: see
    /// [`SentDay::drop_doubles`].
    pub fn snapshot(&self, names: &[Option<Arc<str>>]) -> Option<Snapshot> {
        let (day, points) = (self.day()?, self.points.amount()?);
        let rich = self.controls.iter().any(|control| control.details() != Evidence::default());
        let mut controls = Vec::with_capacity(self.controls.len());
        for (control, name) in self.controls.iter().zip(names) {
            controls.extend(name.as_ref().map(|name| control.score(Arc::clone(name), rich)));
        }
        controls.sort_by(|a: &ControlScore, b| a.name.cmp(&b.name));
        // A list of entries without a name must not keep the room that they had.
        controls.shrink_to_fit();
        Some(Snapshot {
            day,
            points,
            maximum: self.maximum.amount(),
            active_users: self.active_users.count(),
            peers: self.peers.iter().filter_map(SentPeer::peer).collect(),
            // No list at all says nothing; neither does an empty one beside points or a maximum that some control must have given.
            controls_known: self.controls_sent
                && (!controls.is_empty() || (points <= 0.0 && self.maximum.amount().is_none_or(|of| of <= 0.0))),
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
