//! What is measured and logged, under which names? Every metric and log field is named here.

mod log;
mod posts;
mod process;
mod refusals;
mod surface;
mod tenants;
mod unknown_words;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{Histogram, counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    error::{Error, ErrorKind, Result},
    skills,
};

pub use log::log;
pub use posts::{deliveries_stand, delivery_done, destination_stands, worker_ran};
pub use refusals::{connection_refused, credential_refused, request_failed};
pub use surface::{SurfaceMetric, surface_stands};
pub use tenants::{TenantGauges, credentials_expire, tenants_stand};
pub use unknown_words::new_word;

/// Bytes of English prose or JSON per token, roughly: for estimates at run time only. Exact counts
/// (o200k_base) are made in tests; the tokeniser's tables would cost a service 44 MB.
pub const BYTES_PER_TOKEN: u64 = 4;
/// How many callers are told apart; those who come later are counted together as [`OTHERS`].
pub const CALLERS_MAX: usize = 256;
/// Stands for callers that are not told apart.
pub const OTHERS: &str = "(others)";

const QUESTIONS: &str = "scorewatch_questions_total";
const SECONDS: &str = "scorewatch_answer_seconds";
const ANSWER_BYTES: &str = "scorewatch_answer_bytes_total";
const GRAPH_BYTES: &str = "scorewatch_graph_bytes_spared_total";
const ANSWER_TOKENS: &str = "scorewatch_answer_tokens_estimated_total";
const GRAPH_TOKENS: &str = "scorewatch_graph_tokens_estimated_total";
const AVOIDED_TOKENS: &str = "scorewatch_tokens_avoided_estimated_total";
const REMEMBERED: &str = "scorewatch_answers_remembered_total";
const MADE: &str = "scorewatch_answers_made_total";
const CALLER_QUESTIONS: &str = "scorewatch_caller_questions_total";
const CALLER_ANSWER_TOKENS: &str = "scorewatch_caller_answer_tokens_estimated_total";
const CALLER_GRAPH_TOKENS: &str = "scorewatch_caller_graph_tokens_estimated_total";
const CALLER_AVOIDED_TOKENS: &str = "scorewatch_caller_tokens_avoided_estimated_total";
const REFUSED: &str = "scorewatch_questions_refused_total";
const REFRESHES: &str = "scorewatch_refreshes_total";
const REFRESHES_ASKED: &str = "scorewatch_refreshes_asked_total";
const REFRESH_SECONDS: &str = "scorewatch_refresh_seconds";

/// How often the exporter sums up what histograms collected, whether or not anybody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

static PROMETHEUS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts collecting metrics in this process, those of `surfaces` too, once; later calls change nothing.
pub fn collect_metrics(surfaces: impl Iterator<Item = &'static SurfaceMetric>) -> Result<()> {
    if PROMETHEUS.get().is_some() {
        return Ok(());
    }
    let buckets = [0.000_05, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 300.0];
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &buckets)
        .map_err(Error::internal)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        describe(surfaces);
        process::started();
        let _ = PROMETHEUS.set(handle);
    }
    Ok(())
}

/// All metrics as Prometheus text; empty when nothing is collected.
pub fn render_metrics() -> String {
    METERS.iter().flatten().filter_map(OnceLock::get).for_each(SkillMeter::publish);
    callers().publish();
    PROMETHEUS.get().map(|handle| handle.render() + &tenants::render()).unwrap_or_default()
}

/// Sums up histograms for as long as it runs, so that they stay small when nobody scrapes.
pub async fn keep_up() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        if let Some(handle) = PROMETHEUS.get() {
            handle.run_upkeep();
        }
    }
}

/// Says of every metric what it tells, those that `surfaces` declare too.
pub fn describe(surfaces: impl Iterator<Item = &'static SurfaceMetric>) {
    describe_counter!(QUESTIONS, "Questions answered, by skill and surface");
    describe_counter!(REFUSED, "Questions refused or failed, by skill, surface and kind of error");
    describe_counter!(REMEMBERED, "Cache hits: answers computed for an earlier question");
    describe_counter!(MADE, "Cache misses: answers computed, or waited for while another question computed them");
    describe_counter!(
        CALLER_QUESTIONS,
        "Questions answered, by caller and surface; the first 256 callers of this process, the rest as (others)"
    );
    describe_counter!(CALLER_ANSWER_TOKENS, "Estimate: tokens of answers to a caller, at 4 bytes each");
    describe_counter!(CALLER_GRAPH_TOKENS, "Estimate: tokens of Graph's answers for the same facts, by caller, at 4 bytes each");
    describe_histogram!(SECONDS, "Time from question to answer");
    describe_counter!(ANSWER_BYTES, "Bytes of answers sent");
    describe_counter!(GRAPH_BYTES, "Bytes that Microsoft Graph would have sent for the same facts");
    describe_counter!(ANSWER_TOKENS, "Estimate: tokens of answers, at 4 bytes each");
    describe_counter!(AVOIDED_TOKENS, "Estimate: tokens of Graph's answers less those of ours, at 4 bytes each");
    describe_counter!(CALLER_AVOIDED_TOKENS, "Estimate: tokens of Graph's answers less those of ours, by caller, at 4 bytes each");
    describe_counter!(GRAPH_TOKENS, "Estimate: tokens of Graph's answers for the same facts, at 4 bytes each");
    describe_counter!(REFRESHES, "Syncs from Microsoft Graph, by tenant and outcome");
    describe_counter!(REFRESHES_ASKED, "Syncs from Microsoft Graph that somebody requested, by tenant and outcome");
    describe_histogram!(REFRESH_SECONDS, "How long a sync from Microsoft Graph took");
    posts::describe();
    process::describe();
    tenants::describe();
    unknown_words::describe();
    refusals::describe();
    surfaces.for_each(surface::describe);
}

/// What answers came to. Counted here and published when somebody looks: an answer then costs a few
/// additions, whatever the metrics library does with them.
#[derive(Default)]
struct AnswerTotals {
    remembered: AtomicU64,
    made: AtomicU64,
    bytes: AtomicU64,
    graph_bytes: AtomicU64,
}

impl AnswerTotals {
    fn count(&self, measured: &Measured<'_>) {
        if measured.cached { &self.remembered } else { &self.made }.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(measured.bytes_out, Ordering::Relaxed);
        self.graph_bytes.fetch_add(measured.graph_bytes, Ordering::Relaxed);
    }

    /// Remembered, made, bytes, bytes of Graph.
    fn read(&self) -> [u64; 4] {
        [&self.remembered, &self.made, &self.bytes, &self.graph_bytes].map(|number| number.load(Ordering::Relaxed))
    }
}

/// What one skill was asked on one surface.
struct SkillMeter {
    skill: &'static str,
    surface: &'static str,
    counted: AnswerTotals,
    seconds: Histogram,
}

impl SkillMeter {
    fn new(skill: &'static str, surface: &'static str) -> Self {
        let seconds = histogram!(SECONDS, "skill" => skill, "surface" => surface);
        Self { skill, surface, counted: AnswerTotals::default(), seconds }
    }

    fn count(&self, measured: &Measured<'_>) {
        self.counted.count(measured);
        self.seconds.record(measured.took.as_secs_f64());
    }

    fn publish(&self) {
        let of = |name: &'static str, value: u64| counter!(name, "skill" => self.skill, "surface" => self.surface).absolute(value);
        let [remembered, made, bytes, graph_bytes] = self.counted.read();
        of(QUESTIONS, remembered + made);
        of(REMEMBERED, remembered);
        of(MADE, made);
        of(ANSWER_BYTES, bytes);
        of(GRAPH_BYTES, graph_bytes);
        of(ANSWER_TOKENS, bytes / BYTES_PER_TOKEN);
        of(GRAPH_TOKENS, graph_bytes / BYTES_PER_TOKEN);
        of(AVOIDED_TOKENS, graph_bytes.saturating_sub(bytes) / BYTES_PER_TOKEN);
    }
}

/// What one caller asked on one surface. Whoever counts keeps it at hand, so that an answer looks for nothing.
pub struct CallerMeter(AnswerTotals);

impl CallerMeter {
    /// Counts an answer.
    pub fn count(&self, measured: &Measured<'_>) {
        self.0.count(measured);
    }
}

/// The meter of `caller`, a clean text, on `surface`; that of [`OTHERS`] when too many callers have one already.
pub fn caller_meter(caller: &str, surface: &'static str) -> Arc<CallerMeter> {
    callers().meter(caller, surface)
}

/// The meters of all callers.
#[derive(Default)]
struct CallerMeters(BTreeMap<String, Vec<(&'static str, Arc<CallerMeter>)>>);

static CALLERS: Mutex<CallerMeters> = Mutex::new(CallerMeters(BTreeMap::new()));

/// All callers, whoever panicked while looking at them: nothing here is left half changed.
fn callers() -> MutexGuard<'static, CallerMeters> {
    CALLERS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl CallerMeters {
    fn meter(&mut self, caller: &str, surface: &'static str) -> Arc<CallerMeter> {
        let room = self.0.len() < CALLERS_MAX || self.0.contains_key(caller);
        let meters = self.0.entry(if room { caller } else { OTHERS }.to_owned()).or_default();
        if let Some((_, meter)) = meters.iter().find(|(known, _)| *known == surface) {
            return Arc::clone(meter);
        }
        let meter = Arc::new(CallerMeter(AnswerTotals::default()));
        meters.push((surface, Arc::clone(&meter)));
        meter
    }

    fn publish(&self) {
        for (caller, (surface, meter)) in self.0.iter().flat_map(|(caller, meters)| meters.iter().map(move |meter| (caller, meter))) {
            let of = |name: &'static str, value: u64| counter!(name, "caller" => caller.clone(), "surface" => *surface).absolute(value);
            let [remembered, made, bytes, graph_bytes] = meter.0.read();
            of(CALLER_QUESTIONS, remembered + made);
            of(CALLER_ANSWER_TOKENS, bytes / BYTES_PER_TOKEN);
            of(CALLER_GRAPH_TOKENS, graph_bytes / BYTES_PER_TOKEN);
            of(CALLER_AVOIDED_TOKENS, graph_bytes.saturating_sub(bytes) / BYTES_PER_TOKEN);
        }
    }
}

/// How many surfaces are told apart.
const SURFACES_MAX: usize = 16;
/// Stands for those that come when as many have asked.
const OTHER: &str = "other";
/// The surfaces that asked, in the order of their first questions.
static SURFACES: [OnceLock<&'static str>; SURFACES_MAX] = [const { OnceLock::new() }; SURFACES_MAX];

/// One meter per skill and surface, made when the first question comes.
static METERS: LazyLock<Vec<[OnceLock<SkillMeter>; SURFACES_MAX + 1]>> =
    LazyLock::new(|| skills::ALL.iter().map(|_| Default::default()).collect());

fn meter(skill: usize, surface: &'static str) -> Option<&'static SkillMeter> {
    let known = SURFACES.iter().position(|place| *place.get_or_init(|| surface) == surface);
    let (at, name) = known.map_or((SURFACES_MAX, OTHER), |at| (at, surface));
    Some(METERS.get(skill)?[at].get_or_init(|| SkillMeter::new(skill_name(skill), name)))
}

/// What became of a question: the one event of which metrics, log and usage are made.
#[derive(Debug, Clone, Copy)]
pub struct QuestionEvent<'a> {
    /// Who asked.
    pub asker: &'a Arc<str>,
    /// The place of the skill in the list.
    pub skill: usize,
    /// The surface.
    pub surface: &'static str,
    /// What the answer came to, or why there is none.
    pub outcome: std::result::Result<Measured<'a>, &'a Error>,
}

/// What one answer came to.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// About which tenant, as a word, and how many that stands for.
    pub tenants: (&'a str, usize),
    /// From question to answer.
    pub took: Duration,
    /// Bytes of the answer.
    pub bytes_out: u64,
    /// Bytes that Graph sent for the same facts; 0 for a card, which people read.
    pub graph_bytes: u64,
    /// Whether the answer was remembered.
    pub cached: bool,
}

/// Measures and logs what became of a question.
pub fn question(event: &QuestionEvent<'_>) {
    match &event.outcome {
        Ok(measured) => answered(event, measured),
        Err(error) => refused(event, error),
    }
}

/// Remembered answers are logged at debug level, others at info: under load nearly
/// all are remembered, and a line for each would cost more than the answer.
fn answered(event: &QuestionEvent<'_>, measured: &Measured<'_>) {
    let QuestionEvent { asker, surface, .. } = *event;
    let (tenant, tenants) = measured.tenants;
    let tokens = measured.bytes_out / BYTES_PER_TOKEN;
    let graph_tokens = measured.graph_bytes / BYTES_PER_TOKEN;
    if let Some(meter) = meter(event.skill, surface) {
        meter.count(measured);
    }
    let skill = skill_name(event.skill);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                skill,
                surface,
                asker = &**asker,
                tenant,
                tenants,
                took_us = u64::try_from(measured.took.as_micros()).unwrap_or(u64::MAX),
                bytes_out = measured.bytes_out,
                graph_bytes = measured.graph_bytes,
                tokens_estimated = tokens,
                graph_tokens_estimated = graph_tokens,
                cached = measured.cached,
                "answered"
            )
        };
    }
    if measured.cached { line!(debug) } else { line!(info) }
}

fn refused(event: &QuestionEvent<'_>, error: &Error) {
    let QuestionEvent { asker, surface, .. } = *event;
    let (skill, asker) = (skill_name(event.skill), &**asker);
    counter!(REFUSED, "skill" => skill, "surface" => surface, "kind" => error.kind.name()).increment(1);
    match error.kind {
        ErrorKind::Internal => {
            tracing::error!(skill, surface, asker, kind = error.kind.name(), cause = error.cause(), "{}", error.sentence);
        }
        ErrorKind::Upstream | ErrorKind::Misconfigured => {
            tracing::warn!(skill, surface, asker, kind = error.kind.name(), cause = error.cause(), "{}", error.sentence);
        }
        ErrorKind::BadArguments
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::NotReady
        | ErrorKind::Throttled
        | ErrorKind::TooMany => {
            tracing::debug!(skill, surface, asker, kind = error.kind.name(), "{}", error.sentence);
        }
    }
}

fn skill_name(place: usize) -> &'static str {
    skills::ALL.get(place).map_or("", |skill| skill.name)
}

/// Records a reading of Graph.
pub fn refreshed(tenant: &str, took: Duration, outcome: Result<(), ErrorKind>) {
    let outcome = outcome.map_or_else(ErrorKind::name, |()| "stored");
    counter!(REFRESHES, "tenant" => tenant.to_owned(), "outcome" => outcome).increment(1);
    histogram!(REFRESH_SECONDS, "tenant" => tenant.to_owned()).record(took.as_secs_f64());
}

/// Records that `asker` wanted `tenant` to be read now, and what came of it.
pub fn refresh_asked(asker: &str, tenant: &str, outcome: Result<&'static str, &Error>) {
    let word = outcome.unwrap_or_else(|error| error.kind.name());
    counter!(REFRESHES_ASKED, "tenant" => tenant.to_owned(), "outcome" => word).increment(1);
    let cause = outcome.err().map(Error::cause);
    tracing::info!(asker, tenant, outcome = word, cause, "sync requested");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_have_a_bound_and_the_rest_is_counted_together() {
        let mut callers = CallerMeters::default();
        let first = callers.meter("caller-0", "plugin");
        for number in 0..CALLERS_MAX + 10 {
            callers.meter(&format!("caller-{number}"), "plugin");
        }
        assert_eq!(callers.0.len(), CALLERS_MAX + 1);
        assert!(Arc::ptr_eq(&first, &callers.meter("caller-0", "plugin")), "a known one keeps its own");
        assert!(!Arc::ptr_eq(&first, &callers.meter("caller-0", "mcp")), "each surface has its own");
        assert!(Arc::ptr_eq(&callers.meter("late", "plugin"), &callers.meter(OTHERS, "plugin")));
    }
}
