//! Which day is an entry of, whose `createdDateTime` another entry has as well? That of its id; also when the two come apart, in two files.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::civil::Date;

use super::{
    db::Connection,
    snapshots::{self, StoredDay},
    words::Words,
};
use crate::{
    error::Result,
    score::{Reading, Snapshot, Taken},
};

/// The days of `reading`, each with when it was taken down. One that has the `createdDateTime` of another that is `stored`, and another
/// day in its id, is of that day; a stored one likewise, which is then among them. `stored` has all days that they are of. Also
/// the newest day that the reading is of.
pub(super) async fn apart<'r>(
    connection: &mut Connection,
    tenant: i64,
    reading: &'r Reading,
    stored: &mut BTreeMap<Date, StoredDay>,
    words: &Words,
) -> Result<(Vec<(Cow<'r, Snapshot>, Taken)>, Option<Date>)> {
    let mut days: Vec<(Cow<'r, Snapshot>, Taken)> = Vec::with_capacity(reading.days.len());
    let (mut moved, mut newest) = (Vec::new(), None);
    for snapshot in &reading.days {
        let taken = reading.taken(snapshot);
        let Some(held) = stored.get(&snapshot.day).filter(|held| is_doubled((&held.snapshot, &held.taken), (snapshot, &taken))) else {
            days.push((Cow::Borrowed(snapshot), taken));
            newest = newest.max(Some(snapshot.day));
            continue;
        };
        if let Some(day) = held.taken.id_day {
            moved.push(of_its_id(&held.snapshot, held.taken, day));
            snapshots::remove(connection, tenant, snapshot.day).await?;
            stored.remove(&snapshot.day);
        }
        newest = newest.max(Some(taken.id_day.unwrap_or(snapshot.day)));
        match taken.id_day {
            Some(day) => moved.push(of_its_id(snapshot, taken, day)),
            None => days.push((Cow::Borrowed(snapshot), taken)),
        }
    }
    for (snapshot, taken) in moved {
        let day = snapshot.day;
        if let Some(also) = days.iter_mut().find(|(other, _)| other.day == day) {
            // Later by its createdDateTime, which is that of another day only by mistake.
            if taken.moment(day) > also.1.moment(day) {
                *also = (Cow::Owned(snapshot), taken);
            }
            continue;
        }
        if !stored.contains_key(&day) {
            stored.extend(snapshots::stored(connection, tenant, day, day, words).await?);
        }
        days.push((Cow::Owned(snapshot), taken));
    }
    Ok((days, newest))
}

/// Whether two entries of one day are two days by their ids, and have one `createdDateTime`.
fn is_doubled((one, a): (&Snapshot, &Taken), (other, b): (&Snapshot, &Taken)) -> bool {
    a.id_day != b.id_day && a.moment(one.day) == b.moment(other.day)
}

fn of_its_id(snapshot: &Snapshot, taken: Taken, day: Date) -> (Snapshot, Taken) {
    let taken = Taken { created: taken.moment(snapshot.day), id_day: None, ..taken };
    (Snapshot { day, ..snapshot.clone() }, taken)
}
