//! What may be remembered, and for how long? Finished answers, until the data or the space changes, and smaller things likewise.

use std::{future::Future, hash::Hash, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::civil::Date;
use moka::future::Cache;

use crate::{
    card::Card,
    error::{Error, Result},
};

/// What a card weighs: the longest have 25 rows, each with a link and a question to go on with.
const CARD_BYTES: u32 = 32 * 1024;
/// What an entry costs beside its content.
const ENTRY_BYTES: usize = 256;

/// Which answer this is. Two askers with equal keys may see the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    /// The place of the skill in the list.
    pub skill: u8,
    /// The form.
    pub form: u8,
    /// Whether names of people may be in it.
    pub names: bool,
    /// Grows with the data of the tenants.
    pub version: Version,
    /// The day of asking (UTC): how old a score is, and whether a decision has ended, is judged by it.
    pub today: Date,
    /// The tenant, or all tenants that the asker may see.
    pub tenants: Arc<str>,
    /// The arguments as they were given.
    pub args: Box<str>,
}

/// How new data are: what they say, and when Graph last confirmed it. Answers show both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// Grows with every save that changed something.
    pub data: i64,
    /// When it was last read, in Unix seconds.
    pub read: i64,
}

/// A finished answer.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The answer.
    pub body: Body,
    /// What names these very bytes in HTTP, quotes included.
    pub etag: Arc<str>,
    /// The page that goes on from it, where one does.
    pub next_page: Option<usize>,
    /// How many bytes Graph sent for the same facts; 0 for a card, which people read.
    pub graph_bytes: u64,
}

/// An answer in one of its forms.
#[derive(Debug, Clone)]
pub enum Body {
    /// Text or JSON, as it goes out.
    Bytes(Bytes),
    /// A card, for a surface to render.
    Card(Arc<Card>),
}

impl Body {
    /// How many bytes go out; 0 for a card, which each surface renders in its own way.
    pub fn bytes_out(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Card(_) => 0,
        }
    }
}

/// Finished answers, bounded by weight. A reading of new data makes new keys; old entries fade.
#[derive(Clone)]
pub struct Answers {
    cache: Cache<AnswerKey, Finished, foldhash::quality::RandomState>,
}

impl Answers {
    /// A cache of at most `bytes_max` bytes.
    pub fn new(bytes_max: u64) -> Self {
        let weigh = |key: &AnswerKey, finished: &Finished| {
            let body = match &finished.body {
                Body::Bytes(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                Body::Card(_) => CARD_BYTES,
            };
            body.saturating_add(u32::try_from(key.args.len() + key.tenants.len() + ENTRY_BYTES).unwrap_or(u32::MAX))
        };
        Self { cache: Cache::builder().max_capacity(bytes_max).weigher(weigh).build_with_hasher(foldhash::quality::RandomState::default()) }
    }

    /// The answer called `key`, made by `make` if it is not remembered. Many askers at once wait for one
    /// making; an error is told to all of them and not remembered.
    pub async fn get_or<F>(&self, key: AnswerKey, make: F) -> Result<Finished>
    where
        F: Future<Output = Result<Finished>>,
    {
        self.cache.try_get_with(key, make).await.map_err(|error: Arc<Error>| error.shared())
    }

    /// The answer called `key`, if it is remembered.
    pub async fn get(&self, key: &AnswerKey) -> Option<Finished> {
        self.cache.get(key).await
    }
}

/// Small things that are dear to find again, bounded by weight and by age.
pub struct TimedCache<K, V> {
    cache: Cache<K, V, foldhash::quality::RandomState>,
}

impl<K, V> TimedCache<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A memory for things of at most `weight_max` together, as `weigh` weighs them, each for at most `age_max`.
    pub fn new(weight_max: u64, age_max: Duration, weigh: fn(&K, &V) -> u32) -> Self {
        let builder = Cache::builder().max_capacity(weight_max).time_to_live(age_max).weigher(weigh);
        Self { cache: builder.build_with_hasher(foldhash::quality::RandomState::default()) }
    }

    /// What is remembered as `key`.
    pub async fn get(&self, key: &K) -> Option<V> {
        self.cache.get(key).await
    }

    /// Remembers `value` as `key`.
    pub async fn put(&self, key: K, value: V) {
        self.cache.insert(key, value).await;
    }

    /// What is remembered as `key`, made by `make` if nothing is. Many at once wait for one making; an error is told to
    /// all of them and not remembered.
    pub async fn get_or<F>(&self, key: K, make: F) -> Result<V>
    where
        F: Future<Output = Result<V>>,
    {
        self.cache.try_get_with(key, make).await.map_err(|error: Arc<Error>| error.shared())
    }
}
