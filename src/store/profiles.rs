//! What is stored of a catalogue? Shared texts once for all tenants, and each tenant's own part.
//!
//! Microsoft's words about a control are the same in every tenant, so they are stored by their
//! content. A profile that Graph no longer sends stays: its control's old days still need a title.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{blob, db::Connection, form::StoredForm, tenants};
use crate::{
    error::Result,
    score::{Catalogue, Category, Description, Level, Profile, StateUpdate},
    text::Spans,
};

/// How much of a catalogue to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What the tenant itself says: maxima and states, without titles and other texts.
    Bare,
    /// All of it.
    Whole,
}

/// The part of a profile that is the same for all tenants.
#[derive(Serialize, Deserialize)]
struct SharedPart {
    title: String,
    category: Category,
    service: Option<String>,
    tier: Option<String>,
    cost: Level,
    impact: Level,
    threats: Vec<String>,
    action_url: Option<String>,
    remediation: Spans,
    remediation_impact: Spans,
    deprecated: bool,
}

/// The part of a profile that differs between tenants.
#[derive(Serialize, Deserialize)]
struct OwnPart {
    maximum: Option<f64>,
    rank: Option<u32>,
    updates: Vec<StateUpdate>,
    modified: Option<Timestamp>,
}

fn parts(profile: &Profile) -> (SharedPart, OwnPart) {
    let profile = profile.clone();
    let shared = SharedPart {
        title: profile.title,
        category: profile.category,
        service: profile.service,
        tier: profile.tier,
        cost: profile.cost,
        impact: profile.impact,
        threats: profile.threats,
        action_url: profile.action_url,
        remediation: profile.remediation,
        remediation_impact: profile.remediation_impact,
        deprecated: profile.deprecated,
    };
    (shared, OwnPart { maximum: profile.maximum, rank: profile.rank, updates: profile.updates, modified: profile.modified })
}

/// A profile whose texts were not loaded.
fn bare(name: Arc<str>, own: OwnPart, gone_since: Option<Date>) -> Profile {
    let OwnPart { maximum, rank, updates, modified } = own;
    Profile { maximum, rank, updates, modified, gone_since, ..Profile::named(name) }
}

fn whole(name: Arc<str>, shared: SharedPart, own: OwnPart, gone_since: Option<Date>) -> Profile {
    Profile {
        name,
        title: shared.title,
        category: shared.category,
        service: shared.service,
        maximum: own.maximum,
        tier: shared.tier,
        rank: own.rank,
        cost: shared.cost,
        impact: shared.impact,
        threats: shared.threats,
        action_url: shared.action_url,
        remediation: shared.remediation,
        remediation_impact: shared.remediation_impact,
        deprecated: shared.deprecated,
        updates: own.updates,
        modified: own.modified,
        gone_since,
    }
}

/// Where a catalogue that is being stored comes from.
///
/// What Graph itself says stands above what files say, and what it said last above what it said before. A file does not say how old
/// it is, nor do the scores beside it; so of what files say of a control, [`Profile::compare`] tells what counts, and neither the order in which they
/// come, nor what comes with them. Nor does a file say what is gone: its list may be old, or one page of several, of which the last looks
/// like a whole one. Only Graph's own reading does, which goes to the end of the list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    /// From Graph; of what it does not have any more, it is known that it had it on this day.
    Graph {
        /// The day.
        last_seen: Date,
    },
    /// From files; what they alone have, Graph did not have on this day, if it was ever read.
    Files {
        /// The day.
        last_seen: Option<Date>,
    },
}

impl Origin {
    const fn is_live(self) -> bool {
        matches!(self, Self::Graph { .. })
    }
}

/// What storing a catalogue did.
#[derive(Debug, Default)]
pub(super) struct ProfilesSaved {
    pub(super) new: usize,
    pub(super) changed: usize,
    /// Profiles that were read otherwise and stay, because what is stored is Graph's own, or later.
    pub(super) stayed: usize,
    /// Whether anything else changed: a description, or that a profile is gone.
    pub(super) other: bool,
}

struct StoredProfile {
    hash: Vec<u8>,
    own: Vec<u8>,
    live: bool,
    last_seen: Option<String>,
}

/// Stores `catalogue`, whose descriptions may be of several days.
pub(super) async fn save(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, from: Origin) -> Result<ProfilesSaved> {
    let mut saved = save_profiles(connection, tenant, catalogue, from).await?;
    saved.other |= save_descriptions(connection, tenant, catalogue, from.is_live()).await?;
    Ok(saved)
}

async fn save_profiles(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, from: Origin) -> Result<ProfilesSaved> {
    let mut stored = stored_profiles(connection, tenant).await?;
    let mut saved = ProfilesSaved::default();
    for profile in catalogue.profiles() {
        let before = stored.remove(&*profile.name);
        let (shared, own) = parts(profile);
        let plain = blob::plain(&shared)?;
        let (hash, own) = (hash(&plain), blob::plain(&own)?);
        let last_seen = match (from, &before) {
            (Origin::Graph { .. }, _) => None,
            (Origin::Files { .. }, Some(before)) => before.last_seen.clone(),
            (Origin::Files { last_seen }, None) => last_seen.map(|day| day.to_string()),
        };
        if let Some(before) = &before {
            // Compared unpacked: inflating is cheap, and another deflate may pack the same into other bytes.
            // One that a newer version wrote is not overwritten.
            let same = blob::unseal_plain(StoredForm::Profile, &before.own)? == own && before.hash == hash;
            if same && before.last_seen == last_seen && (before.live || !from.is_live()) {
                continue;
            }
            if !from.is_live() && (before.live || before.profile(connection, &profile.name).await?.compare(profile).is_gt()) {
                saved.stayed += usize::from(!same);
                continue;
            }
            saved.changed += usize::from(!same || before.last_seen != last_seen);
        } else {
            saved.new += 1;
        }
        if before.is_none_or(|before| before.hash != hash) {
            save_text(connection, &hash, &plain).await?;
        }
        let query = "INSERT INTO profiles (tenant, control, text_hash, own, live, last_seen) VALUES ($1, $2, $3, $4, $5, $6) \
            ON CONFLICT (tenant, control) DO UPDATE SET text_hash = excluded.text_hash, own = excluded.own, live = excluded.live, \
            last_seen = excluded.last_seen";
        let query = sqlx::query(query).bind(tenant).bind(&*profile.name).bind(hash).bind(blob::seal_plain(StoredForm::Profile, &own)?);
        let query = query.bind(i64::from(from.is_live())).bind(last_seen);
        query.execute(&mut *connection).await?;
    }
    // A reading without any profiles says nothing about which of them are gone.
    if let (Origin::Graph { last_seen }, false) = (from, catalogue.profiles().is_empty()) {
        for (control, _) in stored.iter().filter(|(_, profile)| profile.last_seen.is_none()) {
            let query = "UPDATE profiles SET last_seen = $3 WHERE tenant = $1 AND control = $2";
            let query = sqlx::query(query).bind(tenant).bind(control).bind(last_seen.to_string());
            query.execute(&mut *connection).await?;
            saved.other = true;
        }
    }
    Ok(saved)
}

impl StoredProfile {
    /// The profile of `control`.
    async fn profile(&self, connection: &mut Connection, control: &str) -> Result<Profile> {
        let shared: SharedPart = text(connection, &self.hash).await?;
        Ok(whole(control.into(), shared, blob::unseal(StoredForm::Profile, &self.own)?, None))
    }
}

async fn stored_profiles(connection: &mut Connection, tenant: i64) -> Result<HashMap<String, StoredProfile>> {
    let query = "SELECT control, text_hash, own, live, last_seen FROM profiles WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        let live = row.try_get::<i64, _>(3)? != 0;
        Ok((row.try_get(0)?, StoredProfile { hash: row.try_get(1)?, own: row.try_get(2)?, live, last_seen: row.try_get(4)? }))
    };
    Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
}

struct StoredDescription {
    hash: Vec<u8>,
    live: bool,
    day: Date,
}

/// Whether any description is another one now. Graph's own stands; of those of files the one of the latest day.
async fn save_descriptions(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, live: bool) -> Result<bool> {
    let stored = stored_descriptions(connection, tenant).await?;
    let mut changed = false;
    for (control, description) in catalogue.descriptions() {
        let plain = blob::plain(&description.words)?;
        let hash = hash(&plain);
        let before = stored.get(&**control);
        let same = before.is_some_and(|before| before.hash == hash);
        if let Some(before) = before {
            let stays = match (live, before.live) {
                (true, true) => same,
                (true, false) => false,
                (false, true) => true,
                (false, false) if same => description.day <= before.day,
                (false, false) => {
                    let held = Description { day: before.day, words: text(connection, &before.hash).await? };
                    held.compare(description).is_gt()
                }
            };
            if stays {
                continue;
            }
        }
        if !same {
            save_text(connection, &hash, &plain).await?;
        }
        let query = "INSERT INTO descriptions (tenant, control, text_hash, live, day) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (tenant, control) DO UPDATE SET text_hash = excluded.text_hash, live = excluded.live, day = excluded.day";
        let query = sqlx::query(query).bind(tenant).bind(&**control).bind(hash).bind(i64::from(live)).bind(description.day.to_string());
        query.execute(&mut *connection).await?;
        changed |= !same;
    }
    Ok(changed)
}

async fn stored_descriptions(connection: &mut Connection, tenant: i64) -> Result<HashMap<String, StoredDescription>> {
    let query = "SELECT control, text_hash, live, day FROM descriptions WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await?;
    let read = |row: &SqliteRow| {
        let live = row.try_get::<i64, _>(2)? != 0;
        let day = tenants::day(row.try_get(3)?)?;
        Ok((row.try_get(0)?, StoredDescription { hash: row.try_get(1)?, live, day }))
    };
    rows.iter().map(read).collect()
}

/// The shared text of this hash.
async fn text<T: DeserializeOwned>(connection: &mut Connection, hash: &[u8]) -> Result<T> {
    let row = sqlx::query("SELECT body FROM texts WHERE hash = $1").bind(hash).fetch_one(connection).await?;
    unseal_column(StoredForm::Text, &row, 0)
}

fn hash(plain: &[u8]) -> Vec<u8> {
    Sha256::digest(plain).to_vec()
}

async fn save_text(connection: &mut Connection, hash: &[u8], plain: &[u8]) -> Result<()> {
    let query = "INSERT INTO texts (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    sqlx::query(query).bind(hash).bind(blob::seal_plain(StoredForm::Text, plain)?).execute(connection).await?;
    Ok(())
}

/// A catalogue as it is stored.
pub(super) struct PackedCatalogue {
    depth: Depth,
    profiles: Vec<SqliteRow>,
    descriptions: Vec<SqliteRow>,
}

/// Every profile ever seen for a tenant, as it was when last seen, and all descriptions; where it is to be
/// [`Depth::Bare`], without any text.
pub(super) async fn find(connection: &mut Connection, tenant: i64, depth: Depth) -> Result<PackedCatalogue> {
    let (profiles, descriptions) = match depth {
        Depth::Bare => ("SELECT control, own, last_seen FROM profiles WHERE tenant = $1", None),
        Depth::Whole => (
            "SELECT p.control, p.own, p.last_seen, t.body FROM profiles p JOIN texts t ON t.hash = p.text_hash WHERE p.tenant = $1",
            Some("SELECT d.control, t.body, d.day FROM descriptions d JOIN texts t ON t.hash = d.text_hash WHERE d.tenant = $1"),
        ),
    };
    let profiles = sqlx::query(profiles).bind(tenant).fetch_all(&mut *connection).await?;
    let descriptions = match descriptions {
        Some(query) => sqlx::query(query).bind(tenant).fetch_all(connection).await?,
        None => Vec::new(),
    };
    Ok(PackedCatalogue { depth, profiles, descriptions })
}

impl PackedCatalogue {
    /// The catalogue. Without texts, titles are names, categories and levels unknown.
    pub(super) fn unpack(&self, sent_bytes: u32) -> Result<Catalogue> {
        let mut profiles = Vec::with_capacity(self.profiles.len());
        for row in &self.profiles {
            let (name, own, gone_since) = (name(row)?, unseal_column(StoredForm::Profile, row, 1)?, last_seen(row, 2)?);
            profiles.push(match self.depth {
                Depth::Bare => bare(name, own, gone_since),
                Depth::Whole => whole(name, unseal_column(StoredForm::Text, row, 3)?, own, gone_since),
            });
        }
        let described = self.descriptions.iter().map(|row| {
            let day = tenants::day(row.try_get(2)?)?;
            Ok((name(row)?, Description { day, words: unseal_column(StoredForm::Text, row, 1)? }))
        });
        Ok(Catalogue::new(profiles, described.collect::<Result<_>>()?, sent_bytes))
    }
}

fn last_seen(row: &SqliteRow, column: usize) -> Result<Option<Date>> {
    row.try_get::<Option<&str>, _>(column)?.map(tenants::day).transpose()
}

fn name(row: &SqliteRow) -> Result<Arc<str>> {
    Ok(row.try_get::<&str, _>(0).map(Arc::from)?)
}

fn unseal_column<T: DeserializeOwned>(form: StoredForm, row: &SqliteRow, column: usize) -> Result<T> {
    blob::unseal(form, row.try_get(column)?)
}
