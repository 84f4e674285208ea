//! How is a day packed? Column by column, with words by id and numbers as small as they are.
//!
//! Years of days for a thousand tenants have to fit a small disk. Columns of like values deflate far
//! better than rows; most points and percentages are hundredths, which fit one or two bytes.

use std::{collections::HashMap, sync::Arc, vec};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    blob,
    database_error::damaged,
    dictionary::{Dictionary, DictionaryEntry},
    form::StoredForm,
    score_codec::{decode, encode, expected},
};
use crate::{
    error::Result,
    score::{ControlScore, Evidence, Peer, PeerCategories, PeerPoints, Snapshot},
};

/// The parts of a day that have columns of their own in the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct DayHeader {
    pub(super) day: Date,
    pub(super) points: f64,
    pub(super) maximum: Option<f64>,
    pub(super) sent_bytes: u32,
}

/// Everything else, column by column. The first four have an entry per control, those from `statuses`
/// to `synced` an entry per control with evidence.
#[derive(Default, Serialize, Deserialize)]
struct Columns {
    /// 1 where nobody said which controls there are.
    controls_unknown: u8,
    /// Word ids, each less the one before it.
    controls: Vec<i64>,
    percents: Vec<u64>,
    /// How far they are from what percentage and maximum make; nearly always not at all.
    points: Vec<u64>,
    /// 1 where there is evidence.
    rich: Vec<u8>,
    /// Word ids, each less the one before it.
    statuses: Vec<i64>,
    counts: Vec<u64>,
    totals: Vec<u64>,
    /// 0 unknown, 1 off, 2 on.
    switches: Vec<u8>,
    /// 0 unknown, else one more than the place in `moments`.
    synced: Vec<u32>,
    /// Seconds and nanoseconds; many controls share one.
    moments: Vec<(i64, i32)>,
    /// The numbers of all statuses, in order.
    numbers: Vec<u64>,
    active_users: Option<u32>,
    peers: Vec<PackedPeer>,
    /// Numbers that are no hundredths, in the order of the columns that they are missing from.
    floats: Vec<f64>,
}

/// What version 2 of the form has behind the columns.
#[derive(Default, Serialize, Deserialize)]
struct AddedColumns {
    peers: PeerColumns,
    /// 0 unknown, else one more than the word id of what the tenant has.
    services: u32,
}

/// Average points of the peers by category, in the peers' order, each as points and maximum.
#[derive(Default, Serialize, Deserialize)]
struct PeerColumns {
    categories: Vec<[(u64, u64); 5]>,
    /// Numbers of these that are no hundredths.
    floats: Vec<f64>,
}

impl PeerColumns {
    fn of(peers: &[Peer]) -> Self {
        let mut floats = Vec::new();
        let mut packed = |points: Option<PeerPoints>| {
            let number = |number: fn(PeerPoints) -> f64| points.map(number);
            (encode(number(|peer| peer.points), 0, &mut floats), encode(number(|peer| peer.maximum), 0, &mut floats))
        };
        let categories = peers.iter().map(|peer| peer.categories.each().map(&mut packed)).collect();
        Self { categories, floats }
    }

    /// What each of so many `peers` has; nothing where an older version did not keep it.
    fn unpack(self, peers: usize) -> Result<Vec<PeerCategories>> {
        let mut floats = self.floats.into_iter();
        let mut unpacked = Vec::with_capacity(peers);
        for packed in self.categories {
            let mut categories = [None; 5];
            for (category, (points, maximum)) in categories.iter_mut().zip(packed) {
                let (points, maximum) = (decode(points, 0, &mut floats)?, decode(maximum, 0, &mut floats)?);
                *category = points.zip(maximum).map(|(points, maximum)| PeerPoints { points, maximum });
            }
            unpacked.push(categories.into());
        }
        unpacked.resize(peers, PeerCategories::default());
        Ok(unpacked)
    }
}

#[derive(Serialize, Deserialize)]
struct PackedPeer {
    /// Word id.
    basis: u32,
    percent: u64,
    seats: Option<(u32, u32)>,
}

/// `snapshot` without its [`DayHeader`]; new words go into `dictionary`, which has to be stored with it.
pub(super) fn pack(snapshot: &Snapshot, dictionary: &mut Dictionary) -> Result<Vec<u8>> {
    let controls_unknown = u8::from(!snapshot.controls_known);
    let mut columns = Columns { active_users: snapshot.active_users, controls_unknown, ..Columns::default() };
    let mut floats = Vec::new();
    // All controls first: on a tenant's first day their ids are then 0, 1, 2, …, and deltas all 1.
    let mut before = 0;
    for control in &snapshot.controls {
        let (name, category) = (Arc::clone(&control.name), control.category.clone());
        let id = i64::from(dictionary.id(DictionaryEntry::Control { name, category, maximum: control.profile_maximum })?);
        columns.controls.push(id - before);
        before = id;
    }
    for control in &snapshot.controls {
        columns.percents.push(encode(control.percent, 0, &mut floats));
        columns.points.push(encode(control.points, expected(control.percent, control.profile_maximum), &mut floats));
    }
    for peer in &snapshot.peers {
        let basis = dictionary.id(DictionaryEntry::Basis(peer.basis.clone()))?;
        columns.peers.push(PackedPeer { basis, percent: encode(Some(peer.percent), 0, &mut floats), seats: peer.seats });
    }
    columns.floats = floats;
    pack_evidence(snapshot, dictionary, &mut columns)?;
    let services = snapshot.enabled_services.as_ref().map(|services| dictionary.id(DictionaryEntry::Services(services.clone())));
    let services = services.transpose()?.map_or(0, |id| id.saturating_add(1));
    blob::seal(StoredForm::Day, &(columns, AddedColumns { peers: PeerColumns::of(&snapshot.peers), services }))
}

fn pack_evidence(snapshot: &Snapshot, dictionary: &mut Dictionary, columns: &mut Columns) -> Result<()> {
    let mut before = 0;
    let mut places: HashMap<Timestamp, u32> = HashMap::new();
    for control in &snapshot.controls {
        columns.rich.push(u8::from(control.evidence.is_some()));
        let Some(evidence) = &control.evidence else { continue };
        let (id, numbers) = dictionary.status_id(&evidence.status)?;
        columns.statuses.push(i64::from(id) - before);
        before = i64::from(id);
        columns.numbers.extend(numbers);
        columns.counts.push(evidence.count.map_or(0, |count| u64::from(count) + 1));
        columns.totals.push(evidence.total.map_or(0, |total| u64::from(total) + 1));
        columns.switches.push(evidence.on.map_or(0, |on| 1 + u8::from(on)));
        columns.synced.push(evidence.synced.map_or(0, |moment| {
            *places.entry(moment).or_insert_with(|| {
                columns.moments.push((moment.as_second(), moment.subsec_nanosecond()));
                u32::try_from(columns.moments.len()).unwrap_or(0)
            })
        }));
    }
    Ok(())
}

/// The day that [`pack`] packed.
pub(super) fn unpack(head: DayHeader, packed: &[u8], dictionary: &Dictionary) -> Result<Snapshot> {
    let (columns, AddedColumns { peers: more, services }): (Columns, AddedColumns) = blob::unseal_longer(StoredForm::Day, packed)?;
    let services = services.checked_sub(1).map(|id| {
        let DictionaryEntry::Services(services) = dictionary.get(id)? else {
            return Err(damaged("what a tenant has is another kind of word"));
        };
        Ok(services.clone())
    });
    let mut floats = columns.floats.into_iter();
    let mut controls = named(&columns.controls, dictionary)?;
    let lengths = [columns.percents.len(), columns.points.len(), columns.rich.len()];
    if lengths.iter().any(|length| *length != controls.len()) {
        return Err(damaged("a day's columns differ in length"));
    }
    for (control, (percent, points)) in controls.iter_mut().zip(columns.percents.into_iter().zip(columns.points)) {
        control.percent = decode(percent, 0, &mut floats)?;
        control.points = decode(points, expected(control.percent, control.profile_maximum), &mut floats)?;
    }
    let mut peers = Vec::with_capacity(columns.peers.len());
    let categories = more.unpack(columns.peers.len())?;
    for (PackedPeer { basis, percent, seats }, categories) in columns.peers.into_iter().zip(categories) {
        let DictionaryEntry::Basis(basis) = dictionary.get(basis)? else { return Err(damaged("a day's peer is another kind of word")) };
        let percent = decode(percent, 0, &mut floats)?.ok_or_else(|| damaged("a peer has no percentage"))?;
        peers.push(Peer { basis: basis.clone(), percent, seats, categories });
    }
    let mut evidence = EvidenceColumns {
        status_before: 0,
        statuses: columns.statuses.into_iter(),
        counts: columns.counts.into_iter(),
        totals: columns.totals.into_iter(),
        switches: columns.switches.into_iter(),
        synced: columns.synced.into_iter(),
        numbers: columns.numbers.into_iter(),
        moments: columns.moments,
    };
    for (control, _) in controls.iter_mut().zip(columns.rich).filter(|(_, rich)| *rich != 0) {
        control.evidence = Some(Box::new(evidence.next(dictionary)?));
    }
    Ok(Snapshot {
        day: head.day,
        points: head.points,
        maximum: head.maximum,
        active_users: columns.active_users,
        peers,
        controls,
        controls_known: columns.controls_unknown == 0,
        enabled_services: services.transpose()?,
        sent_bytes: head.sent_bytes,
    })
}

/// The controls that `deltas` name, in the words' part of them.
fn named(deltas: &[i64], dictionary: &Dictionary) -> Result<Vec<ControlScore>> {
    let mut id = 0;
    let mut controls = Vec::with_capacity(deltas.len());
    for delta in deltas {
        let DictionaryEntry::Control { name, category, maximum } = dictionary.get(advance(&mut id, *delta)?)? else {
            return Err(damaged("a day's control is another kind of word"));
        };
        controls.push(ControlScore {
            name: Arc::clone(name),
            category: category.clone(),
            points: None,
            percent: None,
            profile_maximum: *maximum,
            evidence: None,
        });
    }
    Ok(controls)
}

/// The columns that have an entry per control with evidence, read in step.
struct EvidenceColumns {
    status_before: i64,
    statuses: vec::IntoIter<i64>,
    counts: vec::IntoIter<u64>,
    totals: vec::IntoIter<u64>,
    switches: vec::IntoIter<u8>,
    synced: vec::IntoIter<u32>,
    numbers: vec::IntoIter<u64>,
    moments: Vec<(i64, i32)>,
}

impl EvidenceColumns {
    fn next(&mut self, dictionary: &Dictionary) -> Result<Evidence> {
        let short = || damaged("a day's columns of evidence differ in length");
        let id = advance(&mut self.status_before, self.statuses.next().ok_or_else(short)?)?;
        let switch = self.switches.next().ok_or_else(short)?;
        let place = self.synced.next().ok_or_else(short)?;
        Ok(Evidence {
            status: dictionary.status(id, &mut self.numbers)?,
            count: optional(self.counts.next().ok_or_else(short)?)?,
            total: optional(self.totals.next().ok_or_else(short)?)?,
            on: (switch > 0).then_some(switch > 1),
            synced: self.moment(place)?,
        })
    }

    fn moment(&self, place: u32) -> Result<Option<Timestamp>> {
        let Some(at) = place.checked_sub(1) else { return Ok(None) };
        let moment = usize::try_from(at).ok().and_then(|at| self.moments.get(at));
        let (seconds, nanoseconds) = moment.ok_or_else(|| damaged("a day names a moment that it does not have"))?;
        Timestamp::new(*seconds, *nanoseconds).map(Some).map_err(|_| damaged("a stored moment is out of range"))
    }
}

/// The id that lies `delta` after the last one.
fn advance(last: &mut i64, delta: i64) -> Result<u32> {
    *last = last.saturating_add(delta);
    u32::try_from(*last).map_err(|_| damaged("a word's id is out of range"))
}

fn optional(stored: u64) -> Result<Option<u32>> {
    stored.checked_sub(1).map(u32::try_from).transpose().map_err(|_| damaged("a stored count is out of range"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::{collection::vec, option, prelude::*};

    use super::*;
    use crate::{
        score::{Category, EnabledServices},
        text::{Span, Spans},
    };

    /// Any number but NaN, which equals nothing, not even itself.
    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("equal to itself", |number| !number.is_nan()),
            (0..100_000_u32).prop_map(|n| f64::from(n) / 100.0)
        ]
    }

    fn evidence() -> impl Strategy<Value = Evidence> {
        let synced =
            (-1_000_000_000_000_000_000_i64..1_000_000_000_000_000_000).prop_map(|n| Timestamp::from_nanosecond(n.into()).unwrap());
        (
            ".{0,12}[0-9]{0,20}",
            any::<bool>(),
            option::of(any::<u32>()),
            option::of(any::<u32>()),
            option::of(any::<bool>()),
            option::of(synced),
        )
            .prop_map(|(text, item, count, total, on, synced)| {
                let status = if item { Spans(vec![Span::Item, Span::Strong(text)]) } else { Spans(vec![Span::Text(text)]) };
                Evidence { status, count, total, on, synced }
            })
    }

    fn control() -> impl Strategy<Value = ControlScore> {
        (".{0,8}", "[a-z]{0,3}", option::of(number()), option::of(number()), option::of(number()), option::of(evidence())).prop_map(
            |(name, category, points, percent, profile_maximum, evidence)| ControlScore {
                name: name.into(),
                category: Category::from_graph(&category),
                points,
                percent,
                profile_maximum,
                evidence: evidence.map(Box::new),
            },
        )
    }

    fn snapshot() -> impl Strategy<Value = Snapshot> {
        let points = || option::of((number(), number()).prop_map(|(points, maximum)| PeerPoints { points, maximum }));
        let categories = (points(), points(), points(), points(), points())
            .prop_map(|(one, two, three, four, five)| PeerCategories::from([one, two, three, four, five]));
        let peer = (".{0,8}", number(), option::of(any::<(u32, u32)>()), categories).prop_map(|(basis, percent, seats, categories)| Peer {
            basis,
            percent,
            seats,
            categories,
        });
        let services = option::of(vec("[A-Za-z]{0,6}", 0..4)).prop_map(|codes| codes.map(EnabledServices::new));
        (
            number(),
            option::of(number()),
            option::of(any::<u32>()),
            vec(peer, 0..4),
            vec(control(), 0..30),
            any::<bool>(),
            services,
            any::<u32>(),
        )
            .prop_map(|(points, maximum, active_users, peers, controls, controls_known, enabled_services, sent_bytes)| Snapshot {
                day: date(2026, 11, 20),
                points,
                maximum,
                active_users,
                peers,
                controls,
                controls_known,
                enabled_services,
                sent_bytes,
            })
    }

    proptest! {
        #[test]
        fn every_day_comes_back_as_it_was(first in snapshot(), second in snapshot()) {
            let mut dictionary = Dictionary::default();
            let packed = [pack(&first, &mut dictionary).unwrap(), pack(&second, &mut dictionary).unwrap()];
            for (snapshot, packed) in [first, second].into_iter().zip(&packed) {
                let head = DayHeader { day: snapshot.day, points: snapshot.points, maximum: snapshot.maximum, sent_bytes: snapshot.sent_bytes };
                // By their text, where -0.0 differs from 0.0.
                prop_assert_eq!(format!("{:?}", unpack(head, packed, &dictionary).unwrap()), format!("{snapshot:?}"));
            }
        }
    }

    #[test]
    fn a_day_of_version_1_has_peers_of_unknown_categories() {
        let mut dictionary = Dictionary::default();
        let basis = dictionary.id(DictionaryEntry::Basis("AllTenants".to_owned())).unwrap();
        let peers = vec![PackedPeer { basis, percent: encode(Some(52.86), 0, &mut Vec::new()), seats: None }];
        let mut packed = blob::seal(StoredForm::Day, &Columns { peers, ..Columns::default() }).unwrap();
        packed[0] = 1;
        let head = DayHeader { day: date(2026, 11, 20), points: 1.0, maximum: None, sent_bytes: 0 };
        let peers = unpack(head, &packed, &dictionary).unwrap().peers;
        assert_eq!((peers.len(), peers[0].percent, peers[0].categories), (1, 52.86, PeerCategories::default()));
        packed[0] = 2;
        assert!(unpack(head, &packed, &dictionary).is_err(), "version 2 has more");
    }

    #[test]
    fn a_truncated_day_is_an_error_not_a_panic() {
        let head = DayHeader { day: date(2026, 11, 20), points: 1.0, maximum: None, sent_bytes: 0 };
        let packed = blob::seal(StoredForm::Day, &(Columns { controls: vec![5], ..Columns::default() }, AddedColumns::default())).unwrap();
        assert!(unpack(head, &packed, &Dictionary::default()).is_err());
        assert!(unpack(head, &packed[..3], &Dictionary::default()).is_err());
    }
}
