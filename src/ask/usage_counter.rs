//! Who asks what today? Counted in memory, in a few additions per answer, until the store has it.
//!
//! What was counted is in one of three places: with its caller, waiting for the store, or in the hands of the
//! one who writes it there. So nothing is lost or counted twice, whenever writing fails.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::quality::RandomState;
use jiff::{Timestamp, civil::Date};

use crate::{
    error::Result,
    score::change::day_of,
    skills,
    store::{Store, UsageCounts, UsageKey},
    telemetry::{CALLERS_MAX, CallerMeter, Measured, OTHERS, QuestionEvent, caller_meter},
    text::{cut, one_line},
};

/// How much of a caller's name is kept; those of Microsoft Entra have 79 characters.
const CALLER_MAX: usize = 100;
/// How many sums may wait for a store that cannot be written, before their callers are no longer told apart.
const WAITING_MAX: usize = 20_000;

/// The calls that the store does not have yet.
#[derive(Default)]
pub struct UsageCounter {
    counted: Mutex<DayCounts>,
    /// Held by the one who writes to the store.
    recording: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct DayCounts {
    /// The day that `callers` is about.
    day: Date,
    /// By name, as it came. They stay until the day ends, so that their number has a bound.
    callers: HashMap<Arc<str>, CountedCaller, RandomState>,
    waiting: BTreeMap<UsageKey, UsageCounts>,
}

struct CountedCaller {
    /// Its name, clean and cut.
    name: Arc<str>,
    /// Few: one for each skill and surface that it uses.
    cells: Vec<UsageCell>,
}

struct UsageCell {
    skill: usize,
    surface: &'static str,
    usage: UsageCounts,
    meter: Arc<CallerMeter>,
}

impl UsageCounter {
    /// Counts a question for its asker.
    pub fn question(&self, event: &QuestionEvent<'_>, now: Timestamp) {
        let QuestionEvent { asker, skill, surface, ref outcome } = *event;
        let mut counted = self.counted();
        let cell = counted.cell(asker, skill, surface, now);
        match outcome {
            Ok(measured) => {
                let Measured { bytes_out, graph_bytes, cached, .. } = *measured;
                cell.usage += UsageCounts { calls: 1, remembered: u64::from(cached), refused: 0, bytes_out, graph_bytes };
                cell.meter.count(measured);
            }
            Err(_) => cell.usage += UsageCounts { calls: 1, refused: 1, ..UsageCounts::default() },
        }
    }

    /// Adds what was counted to `store`. Where that fails, it waits for the next time.
    ///
    /// This must be let run to its end: given up half-way, nobody would know whether the store has it.
    pub async fn record(&self, store: &Store, now: Timestamp) -> Result<()> {
        let _recording = self.recording.lock().await;
        let waiting = self.counted().take();
        if waiting.is_empty() {
            return Ok(());
        }
        let recorded = store.usage_add(&waiting, day_of(now)).await;
        if recorded.is_err() {
            self.counted().give_back(waiting);
        }
        recorded
    }

    /// What is counted, whoever panicked while counting: an addition is done or not.
    fn counted(&self) -> MutexGuard<'_, DayCounts> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DayCounts {
    fn cell(&mut self, caller: &Arc<str>, skill: usize, surface: &'static str, now: Timestamp) -> &mut UsageCell {
        let day = day_of(now);
        if self.day != day {
            self.settle();
            self.callers.clear();
            self.day = day;
        }
        let room = self.callers.len() < CALLERS_MAX || self.callers.contains_key(caller);
        let caller = if room { Arc::clone(caller) } else { OTHERS.into() };
        let CountedCaller { name, cells } = self.callers.entry(caller).or_insert_with_key(|name| CountedCaller::new(name));
        let at = cells.iter().position(|cell| cell.skill == skill && cell.surface == surface).unwrap_or_else(|| {
            cells.push(UsageCell { skill, surface, usage: UsageCounts::default(), meter: caller_meter(name, surface) });
            cells.len() - 1
        });
        &mut cells[at]
    }

    /// Moves what the callers came to, to what waits.
    fn settle(&mut self) {
        for CountedCaller { name, cells } in self.callers.values_mut() {
            for cell in cells.iter_mut().filter(|cell| cell.usage.calls > 0) {
                let skill = skills::ALL.get(cell.skill).map_or("", |skill| skill.name);
                let key = UsageKey { day: self.day, skill, surface: cell.surface, caller: Arc::clone(name) };
                *self.waiting.entry(key).or_default() += mem::take(&mut cell.usage);
            }
        }
    }

    fn take(&mut self) -> BTreeMap<UsageKey, UsageCounts> {
        self.settle();
        mem::take(&mut self.waiting)
    }

    fn give_back(&mut self, taken: BTreeMap<UsageKey, UsageCounts>) {
        let crowded = self.waiting.len() + taken.len() > WAITING_MAX;
        let others: Arc<str> = OTHERS.into();
        for (key, usage) in taken {
            let key = if crowded { UsageKey { caller: Arc::clone(&others), ..key } } else { key };
            *self.waiting.entry(key).or_default() += usage;
        }
    }
}

impl CountedCaller {
    fn new(name: &str) -> Self {
        let clean = cut(&one_line(name), CALLER_MAX);
        Self { name: if clean.is_empty() { "(no name)".into() } else { clean.into() }, cells: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{ToSpan as _, civil::date};

    use super::*;
    use crate::store::UsageBy;

    fn noon() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn answer(counter: &UsageCounter, caller: &str, cached: bool, now: Timestamp) {
        let took = Duration::from_micros(5);
        let measured = Measured { tenants: ("contoso", 1), took, bytes_out: 40, graph_bytes: 4000, cached };
        counter.question(&QuestionEvent { asker: &caller.into(), skill: 0, surface: "plugin", outcome: Ok(measured) }, now);
    }

    #[test]
    fn answers_and_refusals_are_counted_apart_and_taken_once() {
        let counter = UsageCounter::default();
        answer(&counter, "ada", false, noon());
        answer(&counter, "ada", true, noon());
        let error = crate::error::Error::bad_arguments("no");
        for (skill, surface) in [(0, "plugin"), (1, "mcp")] {
            counter.question(&QuestionEvent { asker: &"ada".into(), skill, surface, outcome: Err(&error) }, noon());
        }
        let taken = counter.counted().take();
        let key = |skill, surface| UsageKey { day: date(2026, 11, 20), skill, surface, caller: "ada".into() };
        let refused = UsageCounts { calls: 1, refused: 1, ..UsageCounts::default() };
        let asked = UsageCounts { calls: 3, remembered: 1, refused: 1, bytes_out: 80, graph_bytes: 8000 };
        let expected = [(key(skills::ALL[0].name, "plugin"), asked), (key(skills::ALL[1].name, "mcp"), refused)];
        assert_eq!(taken, BTreeMap::from(expected));
        assert!(counter.counted().take().is_empty());
    }

    #[test]
    fn a_day_ends_at_midnight_utc_and_keeps_its_calls() {
        let counter = UsageCounter::default();
        let last: Timestamp = "2026-11-20T23:59:59.999Z".parse().unwrap();
        answer(&counter, "ada", false, last);
        answer(&counter, "ada", false, last + 1.millisecond());
        // One that was measured before the clock was set back.
        answer(&counter, "ada", false, last);
        let taken = counter.counted().take();
        let days: Vec<_> = taken.iter().map(|(key, usage)| (key.day.day(), usage.calls)).collect();
        assert_eq!(days, [(20, 2), (21, 1)]);
    }

    #[test]
    fn callers_of_a_day_have_a_bound_that_recording_does_not_lift() {
        let counter = UsageCounter::default();
        for number in 0..CALLERS_MAX + 50 {
            answer(&counter, &format!("caller-{number}"), false, noon());
            if number % 100 == 0 {
                let taken = counter.counted().take();
                counter.counted().give_back(taken);
            }
        }
        answer(&counter, "caller-0", false, noon());
        let taken = counter.counted().take();
        assert_eq!(taken.len(), CALLERS_MAX + 1);
        let calls = |caller: &str| taken.iter().find(|(key, _)| &*key.caller == caller).map(|(_, usage)| usage.calls);
        assert_eq!((calls(OTHERS), calls("caller-0")), (Some(50), Some(2)));
        answer(&counter, "late", false, noon() + 24.hours());
        assert_eq!(&*counter.counted().take().into_keys().next().unwrap().caller, "late", "the next day has room again");
    }

    #[test]
    fn names_are_cleaned_and_cut() {
        let counter = UsageCounter::default();
        answer(&counter, "a\u{202e}d\na\u{1b}", false, noon());
        answer(&counter, &"x".repeat(5000), false, noon());
        answer(&counter, "\u{200b}", false, noon());
        let callers: Vec<_> = counter.counted().take().into_keys().map(|key| key.caller.to_string()).collect();
        assert_eq!((&*callers[0], &*callers[1], callers[2].chars().count()), ("(no name)", "ad a", CALLER_MAX));
    }

    #[tokio::test]
    async fn what_could_not_be_recorded_waits_and_is_recorded_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let (away, store) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        away.close().await;
        let counter = UsageCounter::default();
        for caller in ["ada", "grace"] {
            answer(&counter, caller, false, noon());
            counter.record(&away, noon()).await.unwrap_err();
        }
        answer(&counter, "ada", true, noon());
        counter.record(&store, noon()).await.unwrap();
        counter.record(&store, noon()).await.unwrap();
        let sums = store.usage_since(date(2026, 11, 20), &[UsageBy::Caller]).await.unwrap();
        let calls: Vec<_> = sums.iter().map(|sum| (&*sum.of[0], sum.usage.calls, sum.usage.bytes_out)).collect();
        assert_eq!(calls, [("ada", 2, 80), ("grace", 1, 40)]);
    }

    #[test]
    fn a_store_that_stays_away_costs_the_names_of_callers_but_no_call() {
        let counter = UsageCounter::default();
        let days = i64::try_from(WAITING_MAX / CALLERS_MAX + 2).unwrap();
        for day in 0..days {
            for caller in 0..CALLERS_MAX {
                answer(&counter, &format!("caller-{caller}"), false, noon() + (24 * day).hours());
            }
            let taken = counter.counted().take();
            counter.counted().give_back(taken);
        }
        let taken = counter.counted().take();
        assert!(taken.len() < WAITING_MAX / 10, "{}", taken.len());
        assert_eq!(taken.values().copied().sum::<UsageCounts>().calls, u64::try_from(days).unwrap() * CALLERS_MAX as u64);
    }
}
