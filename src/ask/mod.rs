//! How is a question asked? One way for every surface: may they? → check → load → answer → measure. And what goes on from an answer?
//!
//! No surface calls a skill. So permission, caching and measuring happen once, and none can forget them. (A digest is made from the same typed
//! answers, but over the days that it has reported: `posting` loads those for its readers.)

mod answer_limiter;
mod continuation;
mod fair_queue;
mod question;
mod refresh;
mod store_index;
mod store_view;
mod suggest;
mod trend_image;
mod usage_counter;
mod why_no_score;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    access::Asker,
    cache::{AnswerKey, Answers, Finished, TimedCache},
    error::{Error, Result},
    score::change::day_of,
    skills::{self, Entry, Facts, Needs, Raw, TenantFacts, Texts},
    store::{DayReference, Depth, LoadOptions, ScoreRange},
    telemetry::{self, Measured, QuestionEvent},
    text::hex,
};
use fair_queue::{AnswerPermit, AnswerSlots};
use question::{AnswerSource, QuestionDetails};
use suggest::Choices;
use usage_counter::UsageCounter;

pub use crate::{cache::Body, chart::Theme};
pub use answer_limiter::AnswerLimiter;
pub use continuation::SavedQuestion;
pub use question::{AnswerForm, PreparedQuestion, Question, QuestionOrigin, RawArgs};
pub use refresh::{NoReader, REFRESH_AGE_MIN, RefreshOutcome, TenantReader};
pub use store_index::StoreIndex;
pub use store_view::{FOLLOW_INTERVAL, StoreView};
pub use suggest::{Suggestion, SuggestionQuery};

/// The word for all tenants that the asker may see.
pub const ALL_TENANTS: &str = "all";
/// How often a running server brings what it counted to the store: this much is lost when it is killed.
const RECORD_INTERVAL: Duration = Duration::from_secs(5);

/// A finished answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub body: Body,
    /// What names these very bytes in HTTP, quotes included.
    pub etag: Arc<str>,
    /// The page that goes on from it, where one does.
    pub next_page: Option<usize>,
    /// Who was answered, whose turn its picture takes.
    asker_id: Arc<str>,
}

/// The one door to the skills.
pub struct Ask {
    view: Arc<StoreView>,
    /// What reads tenants from Graph in this process.
    reader: Arc<dyn TenantReader>,
    answers: Answers,
    making: AnswerSlots,
    usage: Arc<UsageCounter>,
    /// Until when questions are known to be saved.
    saved: TimedCache<String, Timestamp>,
    /// What can be offered while somebody types, by tenant and version of its data.
    choices: TimedCache<(Arc<str>, i64), Arc<Choices>>,
    pictures: trend_image::Pictures,
}

impl Ask {
    /// A door to what `view` shows, which has tenants read by `reader` and remembers at most `cache_bytes_max` bytes of answers.
    pub fn new(view: Arc<StoreView>, reader: Arc<dyn TenantReader>, cache_bytes_max: u64) -> Self {
        let (answers, making, usage) = (Answers::new(cache_bytes_max), AnswerSlots::new(), Arc::default());
        let (saved, choices, pictures) = (continuation::memory(), suggest::memory(), trend_image::memory());
        Self { view, reader, answers, making, usage, saved, choices, pictures }
    }

    /// What this and the other doors share.
    pub const fn view(&self) -> &Arc<StoreView> {
        &self.view
    }

    /// Answers `question` for `asker`. A remembered answer returns without waiting.
    pub async fn ask(&self, asker: &Asker, question: &Question<'_>) -> Result<Reply> {
        let prepared = self.prepare(asker, question).await?;
        self.answer(prepared).await
    }

    /// Authorises `question` for `asker`, finds its tenants and reads its arguments: all that can go wrong without loading anything.
    ///
    /// # Errors
    /// Those that are about the asker, the tenant or the arguments; counted as a question that got no answer.
    pub async fn prepare(&self, asker: &Asker, question: &Question<'_>) -> Result<PreparedQuestion> {
        let prepared = self.prepared(asker, question).await;
        prepared.inspect_err(|error| self.refused(&QuestionOrigin::of(asker, question), error))
    }

    /// Answers what was prepared.
    pub async fn answer(&self, question: PreparedQuestion) -> Result<Reply> {
        let (began, wanted) = (Instant::now(), question.wanted);
        let cached = matches!(question.found, AnswerSource::Remembered(_));
        let finished = match self.finished(&wanted, question.found).await {
            Err(error) => Err(self.why_no_score(&wanted, error).await),
            finished => finished,
        };
        let outcome = finished.as_ref().map(|finished| Measured {
            tenants: store_index::told(&wanted.key.tenants),
            took: question.took + began.elapsed(),
            bytes_out: finished.body.bytes_out() as u64,
            graph_bytes: finished.graph_bytes,
            cached,
        });
        self.happened(&wanted.origin, outcome);
        finished.map(|Finished { body, etag, next_page, .. }| Reply { body, etag, next_page, asker_id: wanted.origin.asker_id })
    }

    /// Counts a question that got no answer; for a surface whose own limits refuse it, too.
    pub fn refused(&self, origin: &QuestionOrigin, error: &Error) {
        self.happened(origin, Err(error));
    }

    /// Tells everybody who listens what became of a question: metrics and log, and who asks what.
    fn happened(&self, origin: &QuestionOrigin, outcome: std::result::Result<Measured<'_>, &Error>) {
        let event = QuestionEvent { asker: &origin.asker_name, skill: place(origin.skill), surface: origin.surface, outcome };
        telemetry::question(&event);
        self.usage.question(&event, self.view.now());
    }

    /// What [`Ask::prepare`] prepares. Only here a question becomes a prepared one.
    async fn prepared(&self, asker: &Asker, question: &Question<'_>) -> Result<PreparedQuestion> {
        let began = Instant::now();
        let scope = self.view.index().scope(asker, question.skill, question.tenant)?;
        let key = AnswerKey {
            skill: u8::try_from(place(question.skill)).unwrap_or(u8::MAX),
            form: question.form as u8,
            names: asker.role.sees_names(),
            version: scope.version,
            today: day_of(self.view.now()),
            tenants: scope.label,
            args: question.args.key()?,
        };
        // What is remembered was read when it was made: the arguments are a part of the key.
        let found = if let Some(finished) = self.answers.get(&key).await {
            AnswerSource::Remembered(finished)
        } else {
            let args = question.args.read(&question.skill.options)?;
            let needs = question.skill.needs(&args, scope.all, key.names)?;
            AnswerSource::ToMake(args, needs)
        };
        let wanted = QuestionDetails {
            origin: QuestionOrigin::of(asker, question),
            form: question.form,
            all: scope.all,
            operates: asker.role.operates(),
            key,
        };
        Ok(PreparedQuestion { wanted, found, took: began.elapsed() })
    }

    async fn finished(&self, wanted: &QuestionDetails, found: AnswerSource) -> Result<Finished> {
        match found {
            AnswerSource::Remembered(finished) => Ok(finished),
            // Boxed, so that a remembered answer does not carry the room for making one.
            AnswerSource::ToMake(args, needs) => Box::pin(self.answer_anew(wanted, args, needs)).await,
        }
    }

    async fn answer_anew(&self, wanted: &QuestionDetails, args: Map<String, Value>, needs: Needs) -> Result<Finished> {
        // Before looking who makes it already: whoever asks the same must not have to wait for a turn of somebody who asked much.
        let room = self.making.room(&wanted.origin.asker_id, wanted.all).await?;
        let making = Box::pin(self.make(wanted, args, needs, room));
        self.answers.get_or(wanted.key.clone(), making).await
    }

    async fn make(&self, wanted: &QuestionDetails, args: Map<String, Value>, needs: Needs, room: AnswerPermit) -> Result<Finished> {
        let QuestionDetails { ref origin, form, all, ref key, operates: _ } = *wanted;
        let (skill, names, today) = (origin.skill, key.names, key.today);
        let mut tenants = Vec::new();
        for tenant in store_index::names(&key.tenants) {
            tenants.push(self.view.load(tenant, want(needs)).await?);
        }
        // People read a card: no model was spared anything.
        let graph_bytes = match form {
            AnswerForm::Text | AnswerForm::Json | AnswerForm::Linked => tenants.iter().map(|tenant| graph_bytes(tenant, skill.raw)).sum(),
            AnswerForm::Card => 0,
        };
        let group = store_index::asked(&key.tenants);
        let facts = Facts { tenants, all, group, names, links: form == AnswerForm::Linked, today, readership: skills::Readership::Asker };
        // Answering is pure work of a few milliseconds at most; with many tenants it must not hold up others.
        let made = tokio::task::spawn_blocking(move || {
            let made = skill.answer(&facts, &args).and_then(|answer| {
                let body = match form {
                    AnswerForm::Text => Body::Bytes(Bytes::from(answer.text())),
                    AnswerForm::Json | AnswerForm::Linked => Body::Bytes(Bytes::from(answer.json()?)),
                    AnswerForm::Card => Body::Card(Arc::new(answer.card())),
                };
                Ok((body, answer.next_page()))
            });
            // Kept until the answer is made, also when nobody waits for it any more.
            drop((facts, room));
            made
        });
        let (body, next_page) = made.await.map_err(Error::internal)??;
        Ok(Finished { body, etag: etag(key), next_page, graph_bytes })
    }

    /// Brings what was asked since the last time to the store. Nothing is lost when that fails: it waits for
    /// the next time. To be called before the store is closed.
    pub async fn record_usage(&self) -> Result<()> {
        let (usage, view) = (Arc::clone(&self.usage), Arc::clone(&self.view));
        // A task of its own, which goes on when nobody waits for it any more.
        let recording = tokio::spawn(async move { usage.record(view.store(), view.now()).await });
        recording.await.map_err(Error::internal)?
    }

    /// Brings usage to the store for as long as it runs.
    pub async fn keep_usage(&self) {
        regularly(RECORD_INTERVAL, "usage waits to be stored", || self.record_usage()).await;
    }
}

/// What of the store a skill needs.
fn want(needs: Needs) -> LoadOptions {
    let day = |day: skills::ComparedDay| match day {
        skills::ComparedDay::Back(days) => DayReference::Back(days),
        skills::ComparedDay::Day(day) => DayReference::Day(day),
    };
    LoadOptions {
        last: needs.last.map(day),
        days_back: needs.days,
        earlier: needs.earlier.map(day),
        scores: needs.scores.map(|skills::NeededScores { from, until, by_category }| ScoreRange { from: day(from), until, by_category }),
        catalogue: match needs.catalogue {
            Texts::None => None,
            Texts::Bare => Some(Depth::Bare),
            Texts::Whole => Some(Depth::Whole),
        },
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
fn etag(key: &AnswerKey) -> Arc<str> {
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
