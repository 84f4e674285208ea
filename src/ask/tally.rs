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
    store::{Store, Usage, UsageKey},
    telemetry::{CALLERS_MAX, CallerMeter, Measured, OTHERS, caller_meter},
    text::{cut, one_line},
};

/// How much of a caller's name is kept; those of Microsoft Entra have 79 characters.
const CALLER_MAX: usize = 100;
/// How many sums may wait for a store that cannot be written, before their callers are no longer told apart.
const WAITING_MAX: usize = 20_000;

/// The calls that the store does not have yet.
#[derive(Default)]
pub struct Tally {
    counted: Mutex<Counted>,
    /// Held by the one who writes to the store.
    recording: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Counted {
    /// The day that `callers` is about.
    day: Date,
    /// By name, as it came. They stay until the day ends, so that their number has a bound.
    callers: HashMap<Arc<str>, Caller, RandomState>,
    waiting: BTreeMap<UsageKey, Usage>,
}

struct Caller {
    /// Its name, clean and cut.
    name: Arc<str>,
    /// Few: one for each skill and surface that it uses.
    cells: Vec<Cell>,
}

struct Cell {
    skill: usize,
    surface: &'static str,
    usage: Usage,
    meter: Arc<CallerMeter>,
}

impl Tally {
    /// Counts an answer.
    pub fn answered(&self, caller: &Arc<str>, measured: &Measured, now: Timestamp) {
        let Measured { skill, surface, bytes_out, graph_bytes, cached, .. } = *measured;
        let usage = Usage { calls: 1, remembered: u64::from(cached), refused: 0, bytes_out, graph_bytes };
        let mut counted = self.counted();
        let cell = counted.cell(caller, skill, surface, now);
        cell.usage += usage;
        cell.meter.count(measured);
    }

    /// Counts a question that got no answer.
    pub fn refused(&self, caller: &Arc<str>, skill: usize, surface: &'static str, now: Timestamp) {
        self.counted().cell(caller, skill, surface, now).usage += Usage { calls: 1, refused: 1, ..Usage::default() };
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
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn cell(&mut self, caller: &Arc<str>, skill: usize, surface: &'static str, now: Timestamp) -> &mut Cell {
        let day = day_of(now);
        if self.day != day {
            self.settle();
            self.callers.clear();
            self.day = day;
        }
        let room = self.callers.len() < CALLERS_MAX || self.callers.contains_key(caller);
        let caller = if room { Arc::clone(caller) } else { OTHERS.into() };
        let Caller { name, cells } = self.callers.entry(caller).or_insert_with_key(|name| Caller::new(name));
        let at = cells.iter().position(|cell| cell.skill == skill && cell.surface == surface).unwrap_or_else(|| {
            cells.push(Cell { skill, surface, usage: Usage::default(), meter: caller_meter(name, surface) });
            cells.len() - 1
        });
        &mut cells[at]
    }

    /// Moves what the callers came to, to what waits.
    fn settle(&mut self) {
        for Caller { name, cells } in self.callers.values_mut() {
            for cell in cells.iter_mut().filter(|cell| cell.usage.calls > 0) {
                let skill = skills::ALL.get(cell.skill).map_or("", |skill| skill.name);
                let key = UsageKey { day: self.day, skill, surface: cell.surface, caller: Arc::clone(name) };
                *self.waiting.entry(key).or_default() += mem::take(&mut cell.usage);
            }
        }
    }

    fn take(&mut self) -> BTreeMap<UsageKey, Usage> {
        self.settle();
        mem::take(&mut self.waiting)
    }

    fn give_back(&mut self, taken: BTreeMap<UsageKey, Usage>) {
        let crowded = self.waiting.len() + taken.len() > WAITING_MAX;
        let others: Arc<str> = OTHERS.into();
        for (key, usage) in taken {
            let key = if crowded { UsageKey { caller: Arc::clone(&others), ..key } } else { key };
            *self.waiting.entry(key).or_default() += usage;
        }
    }
}

impl Caller {
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

    fn answer(tally: &Tally, caller: &str, cached: bool, now: Timestamp) {
        let took = Duration::from_micros(5);
        let measured = Measured { skill: 0, surface: "plugin", took, bytes_out: 40, graph_bytes: 4000, cached };
        tally.answered(&caller.into(), &measured, now);
    }

    #[test]
    fn answers_and_refusals_are_counted_apart_and_taken_once() {
        let tally = Tally::default();
        answer(&tally, "ada", false, noon());
        answer(&tally, "ada", true, noon());
        tally.refused(&"ada".into(), 0, "plugin", noon());
        tally.refused(&"ada".into(), 1, "mcp", noon());
        let taken = tally.counted().take();
        let key = |skill, surface| UsageKey { day: date(2026, 11, 20), skill, surface, caller: "ada".into() };
        let refused = Usage { calls: 1, refused: 1, ..Usage::default() };
        let asked = Usage { calls: 3, remembered: 1, refused: 1, bytes_out: 80, graph_bytes: 8000 };
        let expected = [(key(skills::ALL[0].name, "plugin"), asked), (key(skills::ALL[1].name, "mcp"), refused)];
        assert_eq!(taken, BTreeMap::from(expected));
        assert!(tally.counted().take().is_empty());
    }

    #[test]
    fn a_day_ends_at_midnight_utc_and_keeps_its_calls() {
        let tally = Tally::default();
        let last: Timestamp = "2026-11-20T23:59:59.999Z".parse().unwrap();
        answer(&tally, "ada", false, last);
        answer(&tally, "ada", false, last + 1.millisecond());
        // One that was measured before the clock was set back.
        answer(&tally, "ada", false, last);
        let taken = tally.counted().take();
        let days: Vec<_> = taken.iter().map(|(key, usage)| (key.day.day(), usage.calls)).collect();
        assert_eq!(days, [(20, 2), (21, 1)]);
    }

    #[test]
    fn callers_of_a_day_have_a_bound_that_recording_does_not_lift() {
        let tally = Tally::default();
        for number in 0..CALLERS_MAX + 50 {
            answer(&tally, &format!("caller-{number}"), false, noon());
            if number % 100 == 0 {
                let taken = tally.counted().take();
                tally.counted().give_back(taken);
            }
        }
        answer(&tally, "caller-0", false, noon());
        let taken = tally.counted().take();
        assert_eq!(taken.len(), CALLERS_MAX + 1);
        let calls = |caller: &str| taken.iter().find(|(key, _)| &*key.caller == caller).map(|(_, usage)| usage.calls);
        assert_eq!((calls(OTHERS), calls("caller-0")), (Some(50), Some(2)));
        answer(&tally, "late", false, noon() + 24.hours());
        assert_eq!(&*tally.counted().take().into_keys().next().unwrap().caller, "late", "the next day has room again");
    }

    #[test]
    fn names_are_cleaned_and_cut() {
        let tally = Tally::default();
        answer(&tally, "a\u{202e}d\na\u{1b}", false, noon());
        answer(&tally, &"x".repeat(5000), false, noon());
        answer(&tally, "\u{200b}", false, noon());
        let callers: Vec<_> = tally.counted().take().into_keys().map(|key| key.caller.to_string()).collect();
        assert_eq!((&*callers[0], &*callers[1], callers[2].chars().count()), ("(no name)", "ad a", CALLER_MAX));
    }

    #[tokio::test]
    async fn what_could_not_be_recorded_waits_and_is_recorded_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scorewatch.db");
        let (away, store) = (Store::open(&path).await.unwrap(), Store::open(&path).await.unwrap());
        away.close().await;
        let tally = Tally::default();
        for caller in ["ada", "grace"] {
            answer(&tally, caller, false, noon());
            tally.record(&away, noon()).await.unwrap_err();
        }
        answer(&tally, "ada", true, noon());
        tally.record(&store, noon()).await.unwrap();
        tally.record(&store, noon()).await.unwrap();
        let sums = store.usage_since(date(2026, 11, 20), &[UsageBy::Caller]).await.unwrap();
        let calls: Vec<_> = sums.iter().map(|sum| (&*sum.of[0], sum.usage.calls, sum.usage.bytes_out)).collect();
        assert_eq!(calls, [("ada", 2, 80), ("grace", 1, 40)]);
    }

    #[test]
    fn a_store_that_stays_away_costs_the_names_of_callers_but_no_call() {
        let tally = Tally::default();
        let days = i64::try_from(WAITING_MAX / CALLERS_MAX + 2).unwrap();
        for day in 0..days {
            for caller in 0..CALLERS_MAX {
                answer(&tally, &format!("caller-{caller}"), false, noon() + (24 * day).hours());
            }
            let taken = tally.counted().take();
            tally.counted().give_back(taken);
        }
        let taken = tally.counted().take();
        assert!(taken.len() < WAITING_MAX / 10, "{}", taken.len());
        assert_eq!(taken.values().copied().sum::<Usage>().calls, u64::try_from(days).unwrap() * CALLERS_MAX as u64);
    }
}
