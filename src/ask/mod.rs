//! How is a question asked? One way for every surface: may they? → check → load → answer → measure. And what goes on from an answer?
//!
//! Nothing else calls a skill. So permission, caching and measuring happen once, and no surface can
//! forget them.

mod drawn;
mod fair;
mod kept;
mod picture;
mod question;
mod refresh;
mod suggest;
mod tally;
mod usage;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};

use crate::{
    access::Asker,
    cache::{Answers, Finished, Key, Memory},
    error::{Error, Kind, Result},
    posting::{Owners, Posts},
    score::change::day_of,
    skills::{self, Entry, Facts, Needs, Raw, TenantFacts, Texts},
    store::{Depth, Earlier, Store, Want},
    telemetry,
    text::hex,
};
use fair::{Making, Room};
use picture::{Picture, Scope};
use suggest::Choices;
use tally::Tally;

pub use crate::{cache::Body, chart::Theme};
pub use drawn::has_trend;
pub use kept::Kept;
pub use question::{Args, Form, Question};
pub use refresh::{REFRESH_AGE_MIN, Reader, Refreshed};
pub use suggest::{Suggesting, Suggestion};
pub use usage::{Spent, TOKENS_PER_SCU, UsageReport, UsageWish};

/// How often a running server looks whether another process changed the store. A command that must be
/// noticed at once (a revoked key) waits twice this long before it returns.
pub const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);
/// The word for all tenants that the asker may see.
pub const ALL_TENANTS: &str = "all";
/// How long keys are still taken while the store cannot be read, in seconds.
const BLIND_SECONDS_MAX: i64 = 60;
/// When to ask again after that.
const BLIND_AGAIN: Duration = Duration::from_secs(30);

/// A finished answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub body: Body,
    /// What names these very bytes in HTTP, quotes included.
    pub etag: Arc<str>,
}

/// The one door to the skills.
pub struct Ask {
    pub(crate) store: Store,
    pub(crate) picture: ArcSwap<Picture>,
    answers: Answers,
    making: Making,
    tally: Arc<Tally>,
    /// When the store was last seen to be as the picture says, in Unix seconds.
    looked: AtomicI64,
    /// Until when which questions are known to be kept.
    kept: Memory<String, Timestamp>,
    /// What can be offered while somebody types, by tenant and version of its data.
    choices: Memory<(Arc<str>, i64), Arc<Choices>>,
    posted: drawn::Posted,
    reader: OnceLock<Arc<dyn Reader>>,
    pub(crate) posts: OnceLock<Arc<Posts>>,
    pub(crate) owners: OnceLock<Arc<dyn Owners>>,
    /// The digests whose definition cannot be read, as far as the log says so.
    pub(crate) unreadable: Mutex<BTreeSet<String>>,
    pub(crate) now: fn() -> Timestamp,
}

impl Ask {
    /// A door over `store`, which remembers at most `cache_bytes_max` bytes of answers.
    pub async fn over(store: Store, cache_bytes_max: u64) -> Result<Self> {
        let picture = ArcSwap::from_pointee(Picture::load(&store).await?);
        let (making, answers, tally) = (Making::new(), Answers::new(cache_bytes_max), Arc::default());
        let looked = AtomicI64::new(Timestamp::now().as_second());
        let (kept, choices, posted) = (kept::memory(), suggest::memory(), drawn::memory());
        let (reader, posts, owners) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let (unreadable, now) = (Mutex::default(), Timestamp::now);
        Ok(Self { store, picture, answers, making, tally, looked, kept, choices, posted, reader, posts, owners, unreadable, now })
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, looked: AtomicI64::new(now().as_second()), ..self }
    }

    /// Answers `question` for `asker`. A remembered answer returns without waiting.
    pub async fn ask(&self, asker: &Asker, question: &Question<'_>) -> Result<Reply> {
        let began = Instant::now();
        let answered = self.answer(asker, question).await;
        match answered {
            Ok((finished, tenants, cached)) => {
                let measured = telemetry::Measured {
                    skill: place(question.skill),
                    surface: question.surface,
                    took: began.elapsed(),
                    bytes_out: finished.body.bytes_out() as u64,
                    graph_bytes: finished.graph_bytes,
                    cached,
                };
                telemetry::answered(&asker.name, picture::told(&tenants), &measured);
                self.tally.answered(&asker.name, &measured, (self.now)());
                Ok(Reply { body: finished.body, etag: finished.etag })
            }
            Err(error) => {
                self.refused(asker, question, &error);
                Err(error)
            }
        }
    }

    /// Whether `question` would be answered for `asker`, as far as that can be told without loading anything.
    ///
    /// # Errors
    /// Those of [`Ask::ask`] that are about the asker, the tenant or the arguments; counted as it counts them.
    pub fn check(&self, asker: &Asker, question: &Question<'_>) -> Result<()> {
        let checked = self.picture.load().scope(asker, question.skill, question.tenant).and_then(|scope| {
            question.args.key()?;
            question.prepare(asker, scope.all).map(|_| ())
        });
        checked.inspect_err(|error| self.refused(asker, question, error))
    }

    /// Counts a question that got no answer; for a surface whose own limits refuse it, too.
    pub fn refused(&self, asker: &Asker, question: &Question<'_>, error: &Error) {
        telemetry::refused(question.skill.name, question.surface, &asker.name, error);
        self.tally.refused(&asker.name, place(question.skill), question.surface, (self.now)());
    }

    async fn answer(&self, asker: &Asker, question: &Question<'_>) -> Result<(Finished, Arc<str>, bool)> {
        let picture = self.picture.load();
        let scope = picture.scope(asker, question.skill, question.tenant)?;
        let key = self.key(asker, question, &scope, question.form as u8)?;
        if let Some(finished) = self.answers.get(&key).await {
            return Ok((finished, scope.label, true));
        }
        // Boxed, so that a remembered answer does not carry the room for making one.
        Ok((Box::pin(self.answer_anew(asker, question, &scope, key)).await?, Arc::clone(&scope.label), false))
    }

    async fn answer_anew(&self, asker: &Asker, question: &Question<'_>, scope: &Scope, key: Key) -> Result<Finished> {
        question.prepare(asker, scope.all)?;
        // Before looking who makes it already: whoever asks the same must not have to wait for a turn of somebody who asked much.
        let room = self.making.room(&asker.id, scope.all).await?;
        let making = Box::pin(self.make(asker, question, scope, (key.today, etag(&key)), room));
        self.answers.get_or(key, making).await
    }

    async fn make(
        &self,
        asker: &Asker,
        question: &Question<'_>,
        scope: &Scope,
        (today, etag): (Date, Arc<str>),
        room: Room,
    ) -> Result<Finished> {
        let (all, tenants) = (scope.all, scope.names());
        let (args, needs) = question.prepare(asker, all)?;
        let names = asker.role.sees_names();
        let mut facts = Facts {
            tenants: Vec::with_capacity(tenants.len()),
            all,
            names,
            links: question.form == Form::Linked,
            today,
            reader: skills::Reader::Asker,
        };
        for tenant in &tenants {
            facts.tenants.push(self.load(tenant, needs).await?);
        }
        let skill = question.skill;
        let form = question.form;
        // People read a card: no model was spared anything.
        let graph_bytes = match form {
            Form::Text | Form::Json | Form::Linked => facts.tenants.iter().map(|tenant| graph_bytes(tenant, skill.raw)).sum(),
            Form::Card => 0,
        };
        // Answering is pure work of a few milliseconds at most; with many tenants it must not hold up others.
        let body = tokio::task::spawn_blocking(move || {
            let body = skill.answer(&facts, &args).and_then(|answer| {
                Ok(match form {
                    Form::Text => Body::Bytes(Bytes::from(answer.text())),
                    Form::Json | Form::Linked => Body::Bytes(Bytes::from(answer.json()?)),
                    Form::Card => Body::Card(Arc::new(answer.card())),
                })
            });
            // Kept until the answer is made, also when nobody waits for it any more.
            drop((facts, room));
            body
        });
        let body = body.await.map_err(Error::internal)??;
        Ok(Finished { body, etag, graph_bytes })
    }

    /// Which answer `question` wants today, in a form that stands for itself among all forms.
    fn key(&self, asker: &Asker, question: &Question<'_>, scope: &Scope, form: u8) -> Result<Key> {
        Ok(Key {
            skill: u8::try_from(place(question.skill)).unwrap_or(u8::MAX),
            form,
            names: asker.role.sees_names(),
            version: scope.version,
            today: day_of((self.now)()),
            tenants: Arc::clone(&scope.label),
            args: question.args.key()?,
        })
    }

    async fn load(&self, tenant: &str, needs: Needs) -> Result<TenantFacts> {
        let want = Want {
            days_back: needs.days,
            earlier: needs.earlier.map(|earlier| match earlier {
                skills::Earlier::Back(days) => Earlier::Back(days),
                skills::Earlier::Day(day) => Earlier::Day(day),
            }),
            catalogue: match needs.catalogue {
                Texts::None => None,
                Texts::Bare => Some(Depth::Bare),
                Texts::Whole => Some(Depth::Whole),
            },
        };
        self.load_wanted(tenant, want).await
    }

    pub(crate) async fn load_wanted(&self, tenant: &str, want: Want) -> Result<TenantFacts> {
        let stored = self.store.load(tenant, want).await?;
        Ok(TenantFacts {
            name: stored.tenant.name,
            entra_id: stored.tenant.entra_id,
            history: stored.history,
            catalogue: stored.catalogue,
            annotations: stored.annotations,
            read_at: stored.tenant.read_at,
        })
    }

    /// Whom an API key stands for; `None` when it is unknown, expired or revoked.
    ///
    /// # Errors
    /// [`Kind::NotReady`] when the store could not be read for so long that any key may have been revoked without our noticing.
    pub fn asker(&self, key: &str) -> Result<Option<Arc<Asker>>> {
        let now = (self.now)();
        let blind = now.as_second().saturating_sub(self.looked.load(Ordering::Relaxed));
        if blind > BLIND_SECONDS_MAX {
            let sentence = "The store of scorewatch cannot be read, so nobody knows whether this API key still counts. Ask again in a minute; the operator's log says why.";
            return Err(Error::new(Kind::NotReady, sentence).retry_after(BLIND_AGAIN));
        }
        Ok(self.picture.load().keys.check(key, now))
    }

    /// The names of the tenants that `asker` may see.
    pub fn visible(&self, asker: &Asker) -> Vec<String> {
        self.picture.load().visible(asker).map(ToOwned::to_owned).collect()
    }

    /// Whether a tenant was taken out of the configuration: it is stored, and nobody is told of it.
    pub fn is_taken_out(&self, tenant: &str) -> bool {
        self.picture.load().is_taken_out(tenant)
    }

    /// Looks whether the store changed, and takes in what did. Returns whether it did.
    pub async fn look(&self) -> Result<bool> {
        let changed = self.store.changes().await? != self.picture.load().changes;
        if changed {
            self.picture.store(Arc::new(Picture::load(&self.store).await?));
        }
        self.looked.store((self.now)().as_second(), Ordering::Relaxed);
        Ok(changed)
    }

    /// Takes in what was just changed from here. It is done, whether or not that can be seen at this moment: [`Ask::follow`] looks again soon.
    pub(crate) async fn look_after(&self) {
        if let Err(error) = self.look().await {
            tracing::debug!(cause = error.cause(), "a change from here is seen later: {}", error.sentence);
        }
    }

    /// Follows the store's changes for as long as it runs. While the store is away the last picture holds.
    pub async fn follow(&self) {
        regularly(FOLLOW_INTERVAL, "the store cannot be read", || self.look()).await;
    }
}

/// Does `work` again and again. When it begins to fail, that is told once, as `trouble`.
async fn regularly<T, F: Future<Output = Result<T>>>(every: Duration, trouble: &str, work: impl Fn() -> F) {
    let mut failing = false;
    loop {
        tokio::time::sleep(every).await;
        match work().await {
            Ok(_) => failing = false,
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(cause = error.cause(), "{trouble}: {}", error.sentence);
                }
            }
        }
    }
}

/// The place of a skill in the list.
fn place(skill: &Entry) -> usize {
    skills::ALL.iter().position(|entry| entry.name == skill.name).unwrap_or(usize::MAX)
}

/// What names the bytes of an answer: everything that they depend on.
fn etag(key: &Key) -> Arc<str> {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update([key.skill, key.form, u8::from(key.names)]);
    hash.update(key.version.data.to_be_bytes());
    hash.update(key.version.read.to_be_bytes());
    hash.update(key.today.to_string());
    hash.update((key.tenants.len() as u64).to_be_bytes());
    hash.update(key.tenants.as_bytes());
    hash.update(key.args.as_bytes());
    etag_of(&hash.finalize()).into()
}

/// A hash as an entity tag, quotes included: its first 96 bits are enough to tell any two contents apart.
pub fn etag_of(hash: &[u8]) -> String {
    const BYTES: usize = 12;
    format!("\"{}\"", hex(hash.get(..BYTES).unwrap_or(hash)))
}

/// How many bytes Graph sent for the facts of an answer: what its caller would have had to read.
fn graph_bytes(tenant: &TenantFacts, raw: Raw) -> u64 {
    let days: u64 = tenant.history.days().iter().rev().take(raw.days).map(|day| u64::from(day.sent_bytes)).sum();
    let profiles = if raw.profiles { u64::from(tenant.catalogue.sent_bytes) } else { 0 };
    days + profiles
}
