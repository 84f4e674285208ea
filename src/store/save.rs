//! How does a reading get into the store? In one transaction, or not at all.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Store, bump,
    db::Connection,
    leases::{self, Fence},
    profiles::{self, Origin, ProfilesSaved},
    read_failures, service_plans,
    snapshots::{self, DaysSaved},
    spelled,
    tenants::{self, TenantRecord},
};
use crate::{
    error::{Error, ErrorKind, Result},
    score::{Catalogue, Reading},
    text::count,
};

/// Where a reading comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From Graph, just now.
    Graph {
        /// The lease under which it was read; if it has run out by now, nothing is saved.
        fence: Option<Fence>,
    },
    /// From saved answers of any age.
    Import,
}

/// What a save did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// How many days were not stored before.
    pub days_new: usize,
    /// How many stored days say something else now.
    pub days_changed: usize,
    /// How many days were read otherwise and stay as they are stored, which is later.
    pub days_stayed: usize,
    /// How many days are dated by their id, because another that was stored has their `createdDateTime`.
    pub dated_by_id: usize,
    /// How many profiles were not stored before.
    pub profiles_new: usize,
    /// How many stored profiles say something else now.
    pub profiles_changed: usize,
    /// How many profiles were read otherwise and stay as they are stored.
    pub profiles_stayed: usize,
    /// The newest day that the reading is of, as it is stored; `None` for one without days.
    pub newest: Option<Date>,
    /// The tenant's version after it.
    pub version: i64,
    /// Under which other names the same Entra tenant is stored, as far as that was not known before.
    pub also: Vec<String>,
}

impl Saved {
    /// What to tell of what stays as it was: a part of a sentence each.
    pub fn stayed(&self) -> Vec<String> {
        let days = count(self.days_stayed, "day");
        let profiles = count(self.profiles_stayed, "profile");
        let days = (self.days_stayed > 0)
            .then(|| format!("left {days} as stored, which is later, by Graph itself, or as late and the more cautious"));
        let profiles = (self.profiles_stayed > 0).then(|| {
            format!("left {profiles} as stored, which is by Graph itself, or says a later state or the same state in other words")
        });
        days.into_iter().chain(profiles).collect()
    }

    /// Whether it changed nothing that is stored of days and profiles.
    pub const fn is_nothing(&self) -> bool {
        self.days_new + self.days_changed + self.profiles_new + self.profiles_changed == 0
    }
}

impl Saved {
    /// What to tell of the other names of this tenant, in sentences.
    pub fn doubled(&self, tenant: &str) -> Option<String> {
        let others = self.also.join(", ");
        (!self.also.is_empty()).then(|| {
            format!("The same Entra tenant is stored as {others}, too, and counts more than once in answers about all tenants. If {tenant} is the name to keep: scorewatch tenant remove {}", self.also[0])
        })
    }
}

impl Store {
    /// Saves `reading` for `tenant`, which is added if it is new. `now` is when it is saved.
    ///
    /// A control keeps the spelling that it has in the store, whatever the case in which the reading has it. A stored day takes the scores
    /// of the reading, if that is later, and keeps what the reading does not say (evidence, maxima). Days of a live reading that are older than its newest become final; an
    /// import can then only add what is missing to them. A catalogue of Graph takes the place of the stored one; of an imported one each
    /// profile counts that says a later state than the stored one, if that was imported too. Profiles that are gone stay.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`](crate::error::ErrorKind::Misconfigured) when the data is of another Entra
    /// tenant than that bound to `tenant`. After any error nothing is saved.
    pub async fn save(&self, tenant: &str, reading: &Reading, source: Source, now: Timestamp) -> Result<Saved> {
        let mut transaction = self.db.write().await?;
        let live = match &source {
            Source::Graph { fence } => {
                if let Some(fence) = fence {
                    leases::check(&mut transaction, fence, now).await?;
                }
                true
            }
            Source::Import => false,
        };
        tenants::ensure(&mut transaction, tenant, self.is_configured(tenant), !live).await?;
        let mut row = tenants::get(&mut transaction, tenant).await?;
        let was_bound = row.tenant.entra_id.is_some();
        row.bind(reading.entra_id.as_deref())?;
        let also = if was_bound { Vec::new() } else { self.also_as(&mut transaction, &row, live).await? };
        let mut changed = was_bound != row.tenant.entra_id.is_some();

        let spelled = reading.respelled(&spelled::stored(&mut transaction, row.id).await?);
        let reading = spelled.as_ref().unwrap_or(reading);
        let days = snapshots::save(&mut transaction, row.id, reading, live, now.as_millisecond()).await?;
        changed |= days.new + days.changed > 0;
        let mut profiles = ProfilesSaved::default();
        if let Some(catalogue) = &reading.catalogue {
            let from = origin(&mut row, reading, catalogue, live.then_some(now));
            profiles = profiles::save(&mut transaction, row.id, catalogue, from).await?;
            changed |= profiles.new + profiles.changed > 0 || profiles.other;
        }
        changed |= service_plans::save(&mut transaction, row.id, &reading.service_plans, now).await?;
        row.tenant.version += i64::from(changed);
        if live {
            row.tenant.read_at = Some(now);
            read_failures::clear(&mut transaction, tenant).await?;
        }
        tenants::update(&mut transaction, &row).await?;
        // Also when nothing else changed: that it was read again is news.
        bump(&mut transaction).await?;
        transaction.commit().await?;
        let DaysSaved { new: days_new, changed: days_changed, stayed: days_stayed, dated_by_id, newest } = days;
        let ProfilesSaved { new: profiles_new, changed: profiles_changed, stayed: profiles_stayed, .. } = profiles;
        let version = row.tenant.version;
        Ok(Saved {
            days_new,
            days_changed,
            days_stayed,
            dated_by_id,
            profiles_new,
            profiles_changed,
            profiles_stayed,
            newest,
            version,
            also,
        })
    }

    /// Under which other names the Entra tenant of `row` is stored, which was just bound to it.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when an import would give one that the configuration named, or that Graph was read for, another name.
    async fn also_as(&self, connection: &mut Connection, row: &TenantRecord, live: bool) -> Result<Vec<String>> {
        let Some(entra_id) = &row.tenant.entra_id else { return Ok(Vec::new()) };
        let others = tenants::others_of(connection, &row.tenant.name, entra_id).await?;
        if let Some((other, _)) = others.iter().find(|(_, known)| *known && !live) {
            let sentence = format!(
                "The files are of the Entra tenant {entra_id}, which is stored as {other} already. Nothing was stored. Import them with --tenant {other}; \
                or, if nobody needs what is stored there, take it away first: scorewatch tenant remove {other}"
            );
            return Err(Error::new(ErrorKind::Misconfigured, sentence));
        }
        Ok(others.into_iter().map(|(other, _)| other).collect())
    }
}

/// Where `catalogue` comes from: from Graph, at the moment `live`, or from files. Noted in `row`.
fn origin(row: &mut TenantRecord, reading: &Reading, catalogue: &Catalogue, live: Option<Timestamp>) -> Origin {
    let of_graph = row.catalogue_day;
    let Some(now) = live else {
        if of_graph.is_none() {
            row.catalogue_bytes = row.catalogue_bytes.max(catalogue.sent_bytes);
        }
        return Origin::Files { last_seen: of_graph };
    };
    let day = reading.days.iter().map(|snapshot| snapshot.day).max().unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date());
    if !catalogue.profiles().is_empty() {
        row.catalogue_day = Some(day);
        if catalogue.sent_bytes > 0 {
            row.catalogue_bytes = catalogue.sent_bytes;
        }
    }
    // Of what only files had, it is not known until when Graph had it: until now, at the latest.
    Origin::Graph { last_seen: of_graph.unwrap_or(day) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        error::ErrorKind,
        score::{Category, ControlScore, Snapshot},
        store::LoadOptions,
    };

    fn day(day: Date, controls: u32) -> Snapshot {
        let control = |number: u32| ControlScore {
            // Nothing that deflate could make small.
            name: format!("{number:06}{:x}", u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).into(),
            category: Category::Data,
            points: Some(f64::from(number).sqrt()),
            percent: None,
            profile_maximum: None,
            evidence: None,
        };
        let controls = (0..controls).map(control).collect();
        Snapshot {
            day,
            points: 1.0,
            maximum: None,
            active_users: None,
            peers: vec![],
            controls,
            controls_known: true,
            enabled_services: None,
            sent_bytes: 0,
        }
    }

    #[tokio::test]
    async fn a_full_disk_saves_nothing_and_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let small = Reading { days: vec![day(date(2026, 11, 19), 3)], ..Reading::default() };
        store.save("contoso", &small, Source::Import, now).await.unwrap();
        let before = store.load("contoso", LoadOptions::default()).await.unwrap();
        let known = store.index().await.unwrap();

        store.db.pragma("PRAGMA max_page_count = 40").await;
        let large = Reading { days: vec![day(date(2026, 11, 19), 1), day(date(2026, 11, 20), 9000)], ..Reading::default() };
        let error = store.save("contoso", &large, Source::Import, now).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.sentence.contains("full") && error.sentence.contains("free some space"), "{error}");
        assert_eq!(store.load("contoso", LoadOptions::default()).await.unwrap(), before);
        assert_eq!(store.index().await.unwrap(), known);

        // With room again (the next write has a connection without that limit) all goes on.
        assert_eq!(store.save("contoso", &large, Source::Import, now).await.unwrap().days_new, 1);
    }
}
