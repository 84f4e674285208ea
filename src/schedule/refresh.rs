//! How does a tenant's newest score get into the store? One reading: lease, Graph, store, all or nothing.

use std::time::{Duration, Instant};

use jiff::{Timestamp, civil::Date};

use crate::{
    error::{Error, ErrorKind, Result},
    graph::{AccessCheck, Graph, TenantBinding},
    score::{LeftOut, Reading, change::day_of, licence::ServicePlans},
    store::{Fence, Saved, Source, Store},
    telemetry,
};

pub use crate::graph::Progress;

/// How long a lease holds without being renewed: a process that dies keeps others waiting this long.
const LEASE: Duration = Duration::from_mins(1);
/// How often a lease is renewed.
const RENEW: Duration = Duration::from_secs(20);
/// How often licences are read, where they are: they seldom change.
const LICENCES_EVERY: Duration = Duration::from_hours(24);
/// How long one reading may take, with all retries.
const READING_MAX: Duration = Duration::from_mins(15);

/// Reads one tenant.
pub struct Refresher {
    store: Store,
    graph: Graph,
    tenant: String,
    holder: String,
    now: fn() -> Timestamp,
}

/// Whose turn it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The tenant was read.
    Done,
    /// It had been read so long ago, by whichever process, which is recent enough.
    Recent(Duration),
    /// Another process is reading it.
    Elsewhere,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq)]
pub struct RefreshSummary {
    /// Days that Graph sent.
    pub days: usize,
    /// Days that Graph sent and that cannot be used, in words.
    pub unusable: Option<String>,
    /// The newest of them; `None` when there was none.
    pub newest: Option<Date>,
    /// Profiles that Graph sent.
    pub profiles: usize,
    /// What Graph sent more than once.
    pub left_out: LeftOut,
    /// Whose data it is.
    pub whose: TenantBinding,
    /// What the store made of it.
    pub saved: Saved,
    /// How long it took.
    pub took: Duration,
}

impl RefreshSummary {
    /// What is worth a word, a part of a sentence each: what was sent twice, what stays because it is later, whose data it is.
    pub fn odd(&self) -> Vec<String> {
        let dated_by_id = self.left_out.dated_by_id + self.saved.dated_by_id;
        LeftOut { dated_by_id, ..self.left_out }.words().into_iter().chain(self.saved.stayed()).chain(self.whose.words()).collect()
    }
}

impl Refresher {
    /// Reads `tenant` through `graph` into `store`; `holder` names this process among all.
    pub fn new(store: Store, graph: Graph, tenant: String, holder: String) -> Self {
        Self { store, graph, tenant, holder, now: Timestamp::now }
    }

    /// The same by another clock.
    #[must_use]
    pub fn by_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The client, to try sign-in and permissions.
    pub const fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How old the last reading is, by whichever process, unless it is older than `age_max`.
    pub(super) async fn recent(&self, age_max: Duration) -> Result<Option<Duration>> {
        let read_at = self.store.read_at(&self.tenant).await?;
        // A clock that was set back must not keep a tenant from ever being read: an age below zero is none.
        let age = read_at.and_then(|read_at| Duration::try_from((self.now)().duration_since(read_at)).ok());
        Ok(age.filter(|age| *age <= age_max))
    }

    /// Reads the newest days, back to the last one about which Graph has nothing newer to say, and the
    /// whole catalogue. What was stored before stays until all of it is here.
    ///
    /// # Errors
    /// One that says [`elsewhere`](Error::elsewhere) when another process reads this tenant; else what Graph or
    /// the store say.
    pub async fn refresh(&self, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<RefreshSummary> {
        let Some(fence) = self.begin().await? else {
            let sentence =
                format!("Tenant {} is being read by another scorewatch right now. Its score will be there in a moment.", self.tenant);
            return Err(Error::new(ErrorKind::Throttled, sentence).elsewhere());
        };
        self.under(&fence, progress).await
    }

    /// The same, unless somebody read this tenant within `age_max`. Looks once more when its turn has
    /// come: another process may have read it in the meantime.
    pub async fn refresh_if_due(&self, age_max: Duration) -> Result<Turn> {
        if let Some(age) = self.recent(age_max).await? {
            return Ok(Turn::Recent(age));
        }
        let Some(fence) = self.begin().await? else { return Ok(Turn::Elsewhere) };
        if let Some(age) = self.recent(age_max).await? {
            self.store.lease_release(&fence).await?;
            return Ok(Turn::Recent(age));
        }
        self.under(&fence, &|_| ()).await?;
        Ok(Turn::Done)
    }

    /// Takes the lease; `None` when another process has it.
    async fn begin(&self) -> Result<Option<Fence>> {
        self.store.ensure_tenant(&self.tenant).await?;
        self.lease().await
    }

    async fn under(&self, fence: &Fence, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<RefreshSummary> {
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = self.read(fence, progress, began) => outcome,
            error = self.keep_lease(fence) => Err(error),
        };
        if let Err(error) = self.store.lease_release(fence).await {
            tracing::debug!(tenant = self.tenant, cause = error.cause(), "the lease could not be given back; it runs out by itself");
        }
        let outcome = match outcome {
            Ok(refreshed) => Ok(refreshed),
            Err(error) => {
                let error = self.told_of_before(error).await;
                self.note(&error).await;
                Err(error)
            }
        };
        telemetry::refreshed(&self.tenant, began.elapsed(), outcome.as_ref().map(|_| ()).map_err(|error| error.kind));
        outcome
    }

    /// Signs in, then reads one day and one profile, each step told apart. Stores nothing.
    pub async fn check(&self) -> Vec<AccessCheck> {
        let mut steps = self.graph.check().await;
        for step in &mut steps {
            let outcome = std::mem::replace(&mut step.outcome, Ok(String::new()));
            step.outcome = match outcome {
                Ok(found) => Ok(found),
                Err(error) => Err(self.told_of_before(error).await),
            };
        }
        steps
    }

    /// The same error; where the tenant was read before, and Microsoft does not let us in any more, it says so.
    async fn told_of_before(&self, error: Error) -> Error {
        if error.gap.is_none() {
            return error;
        }
        match self.store.read_at(&self.tenant).await {
            Ok(Some(before)) => self.graph.read_before(day_of(before), error),
            Ok(None) | Err(_) => error,
        }
    }

    /// Keeps in the store why the tenant was not read, for alerts. That another process reads it is no failure.
    async fn note(&self, error: &Error) {
        if error.elsewhere {
            return;
        }
        if let Err(trouble) = self.store.reading_failed(&self.tenant, error, (self.now)()).await {
            tracing::debug!(
                tenant = self.tenant,
                cause = trouble.cause(),
                "that it could not be read was not stored: {}",
                trouble.sentence
            );
        }
    }

    async fn read(&self, fence: &Fence, progress: &(dyn Fn(Progress) + Send + Sync), began: Instant) -> Result<RefreshSummary> {
        let until = self.store.final_day(&self.tenant).await?;
        let mut reading = tokio::time::timeout(READING_MAX, self.graph.read(until, progress)).await.map_err(|_| {
            let sentence = format!(
                "Fetching tenant {} took longer than {} minutes and was cancelled. It is retried later.",
                self.tenant,
                READING_MAX.as_secs() / 60
            );
            Error::new(ErrorKind::Upstream, sentence).outage()
        })??;
        let now = (self.now)();
        if let Some(sentence) = reading.from_the_future(now) {
            return Err(Error::new(ErrorKind::Upstream, sentence));
        }
        self.is_reading(&reading).await?;
        reading.service_plans = self.service_plans(now).await?;
        let bound = self.store.indexed_tenant(&self.tenant).await?.is_some_and(|known| known.entra_id.is_some());
        let whose = self.graph.whose(reading.entra_id.as_deref(), bound).await?;
        let source = Source::Graph { fence: Some(fence.clone()) };
        let saved = self.store.save(&self.tenant, &reading, source, now).await?;
        for (member, word, entries) in reading.new_words.iter() {
            telemetry::new_word(&self.tenant, member, word, entries);
        }
        if reading.repaired > 0 {
            tracing::info!(
                tenant = self.tenant,
                places = reading.repaired,
                "Microsoft Graph sent texts that cannot be read in places; these stand as U+FFFD"
            );
        }
        let refreshed = RefreshSummary {
            days: reading.days.len(),
            unusable: reading.unusable(),
            newest: reading.days.iter().map(|snapshot| snapshot.day).max(),
            profiles: reading.catalogue.as_ref().map_or(0, |catalogue| catalogue.profiles().len()),
            left_out: reading.left_out,
            whose,
            saved,
            took: began.elapsed(),
        };
        for odd in refreshed.odd() {
            tracing::warn!(tenant = self.tenant, "{odd}");
        }
        if let Some(doubled) = refreshed.saved.doubled(&self.tenant) {
            tracing::warn!(tenant = self.tenant, "{doubled}");
        }
        tracing::info!(
            tenant = self.tenant,
            days = refreshed.days,
            newest_day = refreshed.newest.map(|day| day.to_string()),
            profiles = refreshed.profiles,
            took_ms = u64::try_from(refreshed.took.as_millis()).unwrap_or(u64::MAX),
            "read"
        );
        Ok(refreshed)
    }

    /// The service plans of the tenant, where the configuration asks for them and Graph was not asked within a day. Whatever goes wrong with them, the
    /// score was read.
    async fn service_plans(&self, now: Timestamp) -> Result<ServicePlans> {
        let asked = self.store.service_plans_asked(&self.tenant).await?;
        let is_due = asked.is_none_or(|asked| asked + LICENCES_EVERY <= now);
        match (self.graph.reads_licences(), is_due) {
            (true, true) => {}
            // What was read while it was asked for says nothing of later days.
            (false, _) if asked.is_some() => return Ok(ServicePlans::NotPermitted),
            (false | true, _) => return Ok(ServicePlans::NotAsked),
        }
        Ok(self.graph.service_plans().await.unwrap_or_else(|error| {
            tracing::warn!(tenant = self.tenant, cause = error.cause(), "the licences were not read: {}", error.sentence);
            ServicePlans::NotAsked
        }))
    }

    /// Refuses an answer without a day where days are held, or where there would be one if it could be used: nothing was read, whatever the
    /// status of the answer said. Says what else is odd.
    async fn is_reading(&self, reading: &Reading) -> Result<()> {
        let held = self.store.indexed_tenant(&self.tenant).await?.and_then(|known| known.newest_day);
        let Some(newest) = reading.days.iter().map(|snapshot| snapshot.day).max() else {
            let unusable = reading.unusable();
            if held.is_none() && unusable.is_none() {
                return Ok(());
            }
            let sent = unusable.map_or_else(|| "no score at all".to_owned(), |unusable| format!("{unusable}, and no other"));
            let held = held.map_or_else(String::new, |held| format!(", of which days up to {held} are held"));
            let sentence = format!(
                "Microsoft Graph sent {sent} for tenant {}{held}. That is no reading: what is stored stays, and it is \
                 tried again. If it goes on, see the tenant's licences and the service health in the Microsoft 365 admin center.",
                self.tenant
            );
            return Err(Error::new(ErrorKind::Upstream, sentence));
        };
        let Some(held) = held else { return Ok(()) };
        if newest < held {
            tracing::warn!(
                tenant = self.tenant,
                newest_day = newest.to_string(),
                held_day = held.to_string(),
                "Microsoft Graph's newest day is older than the one that is held"
            );
        }
        if reading.catalogue.as_ref().is_some_and(|catalogue| catalogue.profiles().is_empty()) {
            tracing::warn!(tenant = self.tenant, "Microsoft Graph sent no profile; those that are stored stay");
        }
        Ok(())
    }

    fn lease_name(&self) -> String {
        format!("refresh/{}", self.tenant)
    }

    async fn lease(&self) -> Result<Option<Fence>> {
        self.store.lease_take(&self.lease_name(), &self.holder, LEASE, (self.now)()).await
    }

    /// Renews the lease until it is lost: to another process, or because we were asleep for so long that it ran out.
    async fn keep_lease(&self, fence: &Fence) -> Error {
        loop {
            tokio::time::sleep(RENEW).await;
            match self.lease().await {
                Ok(Some(renewed)) if renewed == *fence => {}
                Ok(_) => {
                    return Error::new(ErrorKind::Throttled, format!("Another scorewatch took over reading tenant {}.", self.tenant))
                        .elsewhere();
                }
                // The store checks the fence when the reading is saved, so a missed renewal loses nothing.
                Err(error) => tracing::debug!(tenant = self.tenant, cause = error.cause(), "the lease could not be renewed"),
            }
        }
    }

    /// Gives back the lease of a reading that was broken off, so that nobody has to wait for it to run out.
    pub async fn give_up(&self) {
        // Taking it again tells whose it is: only our own can be taken before it runs out.
        if let Ok(Some(fence)) = self.lease().await {
            let _ = self.store.lease_release(&fence).await;
        }
    }
}
