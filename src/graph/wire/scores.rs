//! What does a `secureScore` of Graph's mean? A snapshot: what it holds is read loosely and kept strictly.
//!
//! Members by <https://learn.microsoft.com/graph/api/resources/securescore>, and those that are
//! undocumented but sent: `implementationStatus`, `scoreInPercentage`, `count`, `total`, `on`, `lastSynced`.

use std::{borrow::Cow, cmp::Ordering, collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed as _, Error, IgnoredAny, MapAccess},
};
use serde_json::value::RawValue;

use super::{
    control_names::ControlNames,
    lenient::{Any, ENTRIES_MAX, FromAny, Object, ObjectList, UNLISTED_MEMBERS, listed_words, whole},
    sent_value::SentValue,
    short,
    texts::SentTexts,
};
use crate::{
    score::{Category, ControlScore, EnabledServices, Evidence, Peer, PeerCategories, PeerPoints, Snapshot, Taken, identity},
    text::Spans,
};

/// `AllTenants` and its kind are short words.
const BASIS_MAX: usize = 40;
/// How much is shown of a value that cannot be used.
const SHOWN_MAX: usize = 40;
/// What a day has room for before it must grow; tenants have 60 to 250.
const CONTROLS_USUAL: usize = 128;
/// Graph has sent two or three groups; more than this is damage.
const PEERS_MAX: usize = 16;
/// Graph has sent up to fourteen codes of services, each a short word.
const SERVICES_MAX: usize = 64;
const SERVICE_MAX: usize = 40;

/// A day as it is parsed, borrowing from the body.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
pub(super) struct SentDay<'a> {
    active_user_count: SentValue<'a>,
    #[serde(deserialize_with = "peers")]
    average_comparative_scores: Vec<SentPeer<'a>>,
    pub azure_tenant_id: SentValue<'a>,
    /// `None` where there was no list, not even an empty one.
    #[serde(deserialize_with = "controls")]
    control_scores: Option<Vec<SentControl<'a>>>,
    created_date_time: SentValue<'a>,
    current_score: SentValue<'a>,
    /// `None` where there was no list, not even an empty one.
    #[serde(deserialize_with = "listed_words")]
    enabled_services: Option<Vec<String>>,
    id: SentValue<'a>,
    max_score: SentValue<'a>,
}

/// One entry of `averageComparativeScores`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
struct SentPeer<'a> {
    basis: SentValue<'a>,
    average_score: SentValue<'a>,
    seat_size_range_lower_value: SentValue<'a>,
    seat_size_range_upper_value: SentValue<'a>,
    identity_score: SentValue<'a>,
    identity_score_max: SentValue<'a>,
    data_score: SentValue<'a>,
    data_score_max: SentValue<'a>,
    device_score: SentValue<'a>,
    device_score_max: SentValue<'a>,
    apps_score: SentValue<'a>,
    apps_score_max: SentValue<'a>,
    infrastructure_score: SentValue<'a>,
    infrastructure_score_max: SentValue<'a>,
}

fn peers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SentPeer<'de>>, D::Error> {
    let mut peers = Vec::new();
    let all = ObjectList::new(|peer: Object<SentPeer<'de>>| {
        if peers.len() < PEERS_MAX {
            peers.extend(peer.value);
        }
        true
    });
    all.deserialize(deserializer)?;
    Ok(peers)
}

impl SentPeer<'_> {
    /// The group, if its average is one: -1 is "no data", and above 100 it is points of before 2020.
    fn peer(&self) -> Option<Peer> {
        let percent = self.average_score.amount().filter(|percent| *percent <= 100.0)?;
        let basis = short(&self.basis.text()?, BASIS_MAX);
        let seats = self.seat_size_range_lower_value.count().zip(self.seat_size_range_upper_value.count()).filter(|(from, to)| from <= to);
        (!basis.is_empty()).then_some(Peer { basis, percent, seats, categories: self.categories() })
    }

    /// Average points by category: -1 is "no data", and so is a maximum of 0.
    fn categories(&self) -> PeerCategories {
        let sent = [
            (&self.identity_score, &self.identity_score_max),
            (&self.data_score, &self.data_score_max),
            (&self.device_score, &self.device_score_max),
            (&self.apps_score, &self.apps_score_max),
            (&self.infrastructure_score, &self.infrastructure_score_max),
        ];
        sent.map(|(points, maximum)| PeerPoints::new(points.amount()?, maximum.amount()?)).into()
    }
}

/// One entry of `controlScores`. Read in place and by hand, because a page has thousands of them: derived, a page takes an eighth longer
/// (`benches/trim`).
#[derive(Default)]
struct SentControl<'a> {
    control_category: SentValue<'a>,
    control_name: SentValue<'a>,
    count: SentValue<'a>,
    description: Option<&'a RawValue>,
    implementation_status: Option<&'a RawValue>,
    last_synced: SentValue<'a>,
    on: SentValue<'a>,
    score: SentValue<'a>,
    score_in_percentage: SentValue<'a>,
    total: SentValue<'a>,
}

/// The members that are read.
const MEMBERS: [&str; 11] = [
    "controlCategory",
    "controlName",
    "count",
    "description",
    "implementationStatus",
    "lastSynced",
    "on",
    "score",
    "scoreInPercentage",
    "total",
    UNLISTED_MEMBERS,
];

impl<'de> SentControl<'de> {
    /// Takes the value of the member `name`; says whether it is one.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        match name {
            "controlCategory" => self.control_category = map.next_value()?,
            "controlName" => self.control_name = map.next_value()?,
            "count" => self.count = map.next_value()?,
            "description" => self.description = map.next_value()?,
            "implementationStatus" => self.implementation_status = map.next_value()?,
            "lastSynced" => self.last_synced = map.next_value()?,
            "on" => self.on = map.next_value()?,
            "score" => self.score = map.next_value()?,
            "scoreInPercentage" => self.score_in_percentage = map.next_value()?,
            "total" => self.total = map.next_value()?,
            UNLISTED_MEMBERS => drop(map.next_value_seed(Any(self))?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Says whether there was an object.
impl<'de> FromAny<'de> for &mut SentControl<'de> {
    type Value = bool;

    fn scalar<E: Error>(self, scalar: SentValue<'de>) -> Result<bool, E> {
        whole(&scalar).map(|()| false)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while let Some(key) = map.next_key::<SentValue<'de>>()? {
            let SentValue::Text(key) = key else { continue };
            if self.take(&key, &mut map)? {
                continue;
            }
            match MEMBERS.iter().find(|name| name.eq_ignore_ascii_case(&key)) {
                Some(name) => drop(self.take(name, &mut map)?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(true)
    }
}

fn controls<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<SentControl<'de>>>, D::Error> {
    let mut controls = Vec::with_capacity(CONTROLS_USUAL);
    let all = ObjectList::new(|control| {
        controls.push(control);
        controls.len() <= ENTRIES_MAX
    });
    let listed = all.deserialize(deserializer)?;
    Ok((listed == Some(true)).then_some(controls))
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
            .then_with(|| less(self.score.amount(), other.score.amount()))
            .then_with(|| less(self.score_in_percentage.amount(), other.score_in_percentage.amount()))
            .then_with(|| (here.total, here.count, here.on).cmp(&(there.total, there.count, there.on)))
            .then_with(|| raw(self.implementation_status).cmp(&raw(other.implementation_status)))
            .then_with(|| raw(self.description).cmp(&raw(other.description)))
    }

    /// What only a rich day says, but for its words; the status alone does not make one, hollow days send its template.
    fn details(&self) -> Evidence {
        Evidence {
            status: Spans::default(),
            count: self.count.count(),
            total: self.total.count(),
            on: self.on.flag(),
            synced: self.last_synced.moment(),
        }
    }

    /// The control's score; its evidence, still without words, only if the day is rich and says anything
    /// about it.
    fn score(&self, name: Arc<str>, rich: bool) -> ControlScore {
        let details = self.details();
        let says = rich && (self.implementation_status.is_some_and(says_something) || details != Evidence::default());
        ControlScore {
            name,
            category: Category::from_graph(&self.control_category.text().unwrap_or(Cow::Borrowed(""))),
            points: self.score.amount(),
            percent: self.score_in_percentage.amount().filter(|percent| *percent <= 100.0),
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
    fn controls(&self) -> &[SentControl<'_>] {
        self.control_scores.as_deref().unwrap_or_default()
    }

    /// The day by `createdDateTime` in UTC; where that is missing, by the id, which ends with it.
    fn day(&self) -> Option<Date> {
        let created = self.created_date_time.moment().map(|moment| moment.to_zoned(TimeZone::UTC).date());
        created.or_else(|| self.id_day())
    }

    fn id_day(&self) -> Option<Date> {
        self.id.text()?.rsplit_once('_')?.1.parse().ok()
    }

    /// When the day was taken down, as far as it says more than `snapshot`, which was made of it.
    pub fn taken(&self, snapshot: &Snapshot) -> Taken {
        let midnight = |moment: &Timestamp| snapshot.day.to_zoned(TimeZone::UTC).is_ok_and(|day| day.timestamp() == *moment);
        // As exactly as it is stored.
        let created = self.created_date_time.moment().and_then(|moment| Timestamp::from_millisecond(moment.as_millisecond()).ok());
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
        let controls = self.controls();
        let mut counts: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let (mut lost, mut disordered) = (Vec::new(), 0);
        for (at, name) in names.iter().enumerate() {
            let Some(name) = name else { continue };
            let held = counts.entry(identity::folded(name)).or_insert(at);
            if *held == at {
                continue;
            }
            let order = controls[at].compare(&controls[*held]);
            disordered += usize::from(order.is_ne());
            lost.push(if order.is_gt() { std::mem::replace(held, at) } else { at });
        }
        for at in lost {
            names[at] = None;
        }
        disordered
    }

    /// What the tenant has, by its codes.
    fn enabled_services(&self) -> Option<EnabledServices> {
        let codes = self.enabled_services.as_ref()?.iter().map(|code| short(code, SERVICE_MAX)).filter(|code| !code.is_empty());
        Some(EnabledServices::new(codes.take(SERVICES_MAX)))
    }

    /// Why it is no snapshot: which member it needs is missing or cannot be read.
    pub fn unusable(&self) -> String {
        let (member, value, what) = match self.day() {
            None => ("createdDateTime", &self.created_date_time, "date that can be read (2026-11-29T00:00:00Z is one)"),
            Some(_) => ("currentScore", &self.current_score, "score"),
        };
        value.text().map_or_else(|| format!("{member} is missing"), |text| format!("{member} \"{}\" is no {what}", short(&text, SHOWN_MAX)))
    }

    /// A number of this day that was written with a decimal comma.
    pub fn comma(&self) -> Option<&str> {
        let of_controls = self.controls().iter().flat_map(|control| [&control.score, &control.score_in_percentage]);
        let of_peers = self.average_comparative_scores.iter().map(|peer| &peer.average_score);
        [&self.current_score, &self.max_score].into_iter().chain(of_controls).chain(of_peers).find_map(SentValue::comma)
    }

    /// The shared name of each control, in the order of the list; `None` for one without a name.
    pub fn names(&self, names: &mut ControlNames) -> Vec<Option<Arc<str>>> {
        self.controls().iter().map(|control| names.shared(&control.control_name.text()?)).collect()
    }

    /// The snapshot; `None` for an entry without a day or without a score, which is no snapshot. No control has two `names`: see
    /// [`SentDay::drop_doubles`].
    pub fn snapshot(&self, names: &[Option<Arc<str>>]) -> Option<Snapshot> {
        let (day, points) = (self.day()?, self.current_score.amount()?);
        let rich = self.controls().iter().any(|control| control.details() != Evidence::default());
        let mut controls = Vec::with_capacity(self.controls().len());
        for (control, name) in self.controls().iter().zip(names) {
            controls.extend(name.as_ref().map(|name| control.score(Arc::clone(name), rich)));
        }
        controls.sort_unstable_by(|a: &ControlScore, b| a.name.cmp(&b.name));
        // A list of entries without a name must not keep the room that they had.
        controls.shrink_to_fit();
        Some(Snapshot {
            day,
            points,
            maximum: self.max_score.amount(),
            active_users: self.active_user_count.count(),
            peers: self.average_comparative_scores.iter().filter_map(SentPeer::peer).collect(),
            // No list at all says nothing; neither does an empty one beside points or a maximum that some control must have given.
            controls_known: self.control_scores.is_some()
                && (!controls.is_empty() || (points <= 0.0 && self.max_score.amount().is_none_or(|of| of <= 0.0))),
            controls,
            enabled_services: self.enabled_services(),
            sent_bytes: 0,
        })
    }

    /// What each control is for; empty where the day does not say it.
    pub fn descriptions(&self, names: &[Option<Arc<str>>]) -> SentTexts {
        SentTexts::collect(names, self.controls().iter().map(|control| control.description))
    }

    /// How each control stands in words; empty where the day does not say it.
    pub fn statuses(&self, names: &[Option<Arc<str>>]) -> SentTexts {
        SentTexts::collect(names, self.controls().iter().map(|control| control.implementation_status))
    }
}
