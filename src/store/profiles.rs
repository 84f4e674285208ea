//! What is stored of a catalogue? Shared texts once for all tenants, and each tenant's own part.
//!
//! Microsoft's words about a control are the same in every tenant, so they are stored by their
//! content. A profile that Graph no longer sends stays: its control's old days still need a title.

use std::{collections::HashMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{Depth, blob, db::Connection, fault::fault, tenants};
use crate::{
    error::Result,
    score::{Catalogue, Category, Level, Profile, StateUpdate},
    text::Spans,
};

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

impl SharedPart {
    /// What is known of a control whose texts were not loaded.
    fn nothing(name: &str) -> Self {
        Self {
            title: name.to_owned(),
            category: Category::from_graph(""),
            service: None,
            tier: None,
            cost: Level::Unknown,
            impact: Level::Unknown,
            threats: Vec::new(),
            action_url: None,
            remediation: Spans::default(),
            remediation_impact: Spans::default(),
            deprecated: false,
        }
    }
}

/// The part of a profile that differs between tenants.
#[derive(Serialize, Deserialize)]
struct OwnPart {
    maximum: Option<f64>,
    rank: Option<u32>,
    updates: Vec<StateUpdate>,
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
    (shared, OwnPart { maximum: profile.maximum, rank: profile.rank, updates: profile.updates })
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
        gone_since,
    }
}

/// How a catalogue that is being stored relates to the one that is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Age {
    /// It takes the stored one's place; `before` is the stored one's day.
    Newest {
        /// When profiles that are missing from it were last seen.
        before: Option<Date>,
        /// Whether both are imported, and of one day: then each profile stays of which the state was set later.
        rivals: bool,
    },
    /// It is older, of this day: it only adds what is not known at all.
    Older(Date),
}

struct StoredProfile {
    hash: Vec<u8>,
    own: Vec<u8>,
    last_seen: Option<String>,
}

impl StoredProfile {
    /// When the state in force was set, and how many updates there are, as [`Profile::decided`] tells.
    fn decided(&self, control: &str) -> Result<(Option<Timestamp>, usize)> {
        let own: OwnPart = blob::unseal(&self.own)?;
        Ok(whole(control.into(), SharedPart::nothing(control), own, None).decided())
    }
}

/// Stores `catalogue`; whether anything changed.
pub(super) async fn save(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, age: Age) -> Result<bool> {
    let profiles = save_profiles(connection, tenant, catalogue, age).await?;
    let descriptions = save_descriptions(connection, tenant, catalogue, age).await?;
    Ok(profiles || descriptions)
}

async fn save_profiles(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, age: Age) -> Result<bool> {
    let mut stored = stored_profiles(connection, tenant).await?;
    let last_seen = match age {
        Age::Newest { .. } => None,
        Age::Older(day) => Some(day.to_string()),
    };
    let mut changed = false;
    for profile in catalogue.profiles() {
        let before = stored.remove(&*profile.name);
        if before.is_some() && matches!(age, Age::Older(_)) {
            continue;
        }
        if let (Age::Newest { rivals: true, .. }, Some(before)) = (age, &before)
            && before.last_seen.is_none()
            && before.decided(&profile.name)? > profile.decided()
        {
            continue;
        }
        let (shared, own) = parts(profile);
        let plain = blob::plain(&shared)?;
        let (hash, own) = (hash(&plain), blob::plain(&own)?);
        // Compared unpacked: inflating is cheap, and another deflate may pack the same into other bytes.
        let same = |before: &StoredProfile| blob::unseal_plain(&before.own).is_ok_and(|before| before == own);
        if before.as_ref().is_some_and(|before| before.hash == hash && before.last_seen.is_none() && same(before)) {
            continue;
        }
        if before.is_none_or(|before| before.hash != hash) {
            save_text(connection, &hash, &plain).await?;
        }
        let query = "INSERT INTO profiles (tenant, control, text_hash, own, last_seen) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (tenant, control) DO UPDATE SET text_hash = excluded.text_hash, own = excluded.own, last_seen = excluded.last_seen";
        let query =
            sqlx::query(query).bind(tenant).bind(&*profile.name).bind(hash).bind(blob::seal_plain(&own)?).bind(last_seen.as_deref());
        query.execute(&mut *connection).await.map_err(fault)?;
        changed = true;
    }
    // A reading without any profiles says nothing about which of them are gone.
    if let (Age::Newest { before: Some(day), .. }, false) = (age, catalogue.profiles().is_empty()) {
        for (control, _) in stored.iter().filter(|(_, profile)| profile.last_seen.is_none()) {
            let query = "UPDATE profiles SET last_seen = $3 WHERE tenant = $1 AND control = $2";
            let query = sqlx::query(query).bind(tenant).bind(control).bind(day.to_string());
            query.execute(&mut *connection).await.map_err(fault)?;
            changed = true;
        }
    }
    Ok(changed)
}

async fn stored_profiles(connection: &mut Connection, tenant: i64) -> Result<HashMap<String, StoredProfile>> {
    let query = "SELECT control, text_hash, own, last_seen FROM profiles WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(connection).await.map_err(fault)?;
    let read = |row: &SqliteRow| {
        let profile = StoredProfile { hash: row.try_get(1)?, own: row.try_get(2)?, last_seen: row.try_get(3)? };
        Ok((row.try_get(0)?, profile))
    };
    rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(fault)
}

async fn save_descriptions(connection: &mut Connection, tenant: i64, catalogue: &Catalogue, age: Age) -> Result<bool> {
    let query = "SELECT control, text_hash FROM descriptions WHERE tenant = $1";
    let rows = sqlx::query(query).bind(tenant).fetch_all(&mut *connection).await.map_err(fault)?;
    let read = |row: &SqliteRow| Ok((row.try_get(0)?, row.try_get(1)?));
    let stored: HashMap<String, Vec<u8>> = rows.iter().map(read).collect::<sqlx::Result<_>>().map_err(fault)?;
    let mut changed = false;
    for (control, description) in catalogue.descriptions() {
        let before = stored.get(&**control);
        if before.is_some() && matches!(age, Age::Older(_)) {
            continue;
        }
        let plain = blob::plain(description)?;
        let hash = hash(&plain);
        if before == Some(&hash) {
            continue;
        }
        save_text(connection, &hash, &plain).await?;
        let query = "INSERT INTO descriptions (tenant, control, text_hash) VALUES ($1, $2, $3) \
            ON CONFLICT (tenant, control) DO UPDATE SET text_hash = excluded.text_hash";
        sqlx::query(query).bind(tenant).bind(&**control).bind(hash).execute(&mut *connection).await.map_err(fault)?;
        changed = true;
    }
    Ok(changed)
}

fn hash(plain: &[u8]) -> Vec<u8> {
    Sha256::digest(plain).to_vec()
}

async fn save_text(connection: &mut Connection, hash: &[u8], plain: &[u8]) -> Result<()> {
    let query = "INSERT INTO texts (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
    sqlx::query(query).bind(hash).bind(blob::seal_plain(plain)?).execute(connection).await.map_err(fault)?;
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
            Some("SELECT d.control, t.body FROM descriptions d JOIN texts t ON t.hash = d.text_hash WHERE d.tenant = $1"),
        ),
    };
    let profiles = sqlx::query(profiles).bind(tenant).fetch_all(&mut *connection).await.map_err(fault)?;
    let descriptions = match descriptions {
        Some(query) => sqlx::query(query).bind(tenant).fetch_all(connection).await.map_err(fault)?,
        None => Vec::new(),
    };
    Ok(PackedCatalogue { depth, profiles, descriptions })
}

impl PackedCatalogue {
    /// The catalogue. Without texts, titles are names, categories and levels unknown.
    pub(super) fn unpack(&self, sent_bytes: u32) -> Result<Catalogue> {
        let mut profiles = Vec::with_capacity(self.profiles.len());
        for row in &self.profiles {
            let name = name(row)?;
            let shared = match self.depth {
                Depth::Bare => SharedPart::nothing(&name),
                Depth::Whole => unseal_column(row, 3)?,
            };
            profiles.push(whole(name, shared, unseal_column(row, 1)?, last_seen(row, 2)?));
        }
        let described = self.descriptions.iter().map(|row| Ok((name(row)?, unseal_column(row, 1)?)));
        Ok(Catalogue::new(profiles, described.collect::<Result<_>>()?, sent_bytes))
    }
}

fn last_seen(row: &SqliteRow, column: usize) -> Result<Option<Date>> {
    row.try_get::<Option<&str>, _>(column).map_err(fault)?.map(tenants::day).transpose()
}

fn name(row: &SqliteRow) -> Result<Arc<str>> {
    row.try_get::<&str, _>(0).map(Arc::from).map_err(fault)
}

fn unseal_column<T: DeserializeOwned>(row: &SqliteRow, column: usize) -> Result<T> {
    blob::unseal(row.try_get(column).map_err(fault)?)
}
