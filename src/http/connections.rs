//! How many connections may be open, and whose? So many together, and of one address a part of them; whoever idles makes room.
//!
//! A connection on which nothing is being answered to a known caller is closed when another needs its place. So nobody is locked out by
//! connections that do nothing, or by requests of nobody that never come whole, however many there are.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;
use tokio::time::{Duration, Instant};

use super::log_throttle::{DueLine, LogThrottle};
use crate::{surfaces::visit::ConnectionCallers, telemetry};

/// What happens on one connection.
pub struct ConnectionActivity {
    began: Instant,
    under_way: AtomicUsize,
    /// When the last answer was finished, in milliseconds since it began, plus one; 0 while nothing was asked.
    answered: AtomicU64,
    known: Arc<ConnectionCallers>,
    closed: AtomicBool,
    waker: AtomicWaker,
}

/// A request that is being answered, until it is dropped.
pub struct RequestInProgress(Arc<ConnectionActivity>);

/// What a connection that does nothing waits for, since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// Its first request.
    First(Instant),
    /// Its next one.
    Next(Instant),
}

impl ConnectionActivity {
    /// A connection that begins now.
    pub fn new() -> Self {
        let (under_way, answered, closed) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicBool::new(false));
        Self { began: Instant::now(), under_way, answered, known: Arc::default(), closed, waker: AtomicWaker::new() }
    }

    /// Counts a request as being answered.
    pub fn begin(self: &Arc<Self>) -> RequestInProgress {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        RequestInProgress(Arc::clone(self))
    }

    /// Whether it is known who asks on it.
    pub const fn known(&self) -> &Arc<ConnectionCallers> {
        &self.known
    }

    /// What it waits for; `None` while something is being answered.
    pub fn idle(&self) -> Option<Idle> {
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some(self.since())
    }

    /// What it waits for, or waited for before the request that is being answered.
    fn since(&self) -> Idle {
        match self.answered.load(Ordering::Relaxed) {
            0 => Idle::First(self.began),
            millis => Idle::Next(self.began + Duration::from_millis(millis - 1)),
        }
    }

    /// How badly it is missed when its place is given away: less where no known caller has asked on it, then the longer nothing was answered.
    /// `None` while a known caller waits for an answer. What nobody known keeps under way counts for nothing: a body that trickles in would.
    fn worth(&self) -> Option<(bool, Instant)> {
        if self.known.is_at_work() {
            return None;
        }
        let (Idle::First(since) | Idle::Next(since)) = self.since();
        Some((self.known.has_asked(), since))
    }

    /// Whether its place was given to another. `waker` is woken when that happens later.
    pub fn is_closed(&self, waker: &Waker) -> bool {
        self.waker.register(waker);
        self.closed.load(Ordering::Acquire)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.waker.wake();
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let millis = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.0.answered.store(millis + 1, Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All open connections. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<ConnectionTable>);

struct ConnectionTable {
    max: usize,
    of_one_max: usize,
    open: Mutex<OpenConnections>,
    told: LogThrottle<&'static str>,
}

#[derive(Default)]
struct OpenConnections {
    next: u64,
    all: usize,
    by: HashMap<IpAddr, HashMap<u64, Arc<ConnectionActivity>>>,
}

/// A place among the open connections; given back on drop.
pub struct ConnectionSlot {
    inner: Arc<ConnectionTable>,
    whose: IpAddr,
    id: u64,
}

/// Why there is no place: too many of one address.
const OF_ONE: &str = "address";
/// Too many together.
const OF_ALL: &str = "all";
/// A place was taken from a connection that did nothing for anybody known.
const IDLE: &str = "idle";

impl Connections {
    /// At most `max` together, and `of_one_max` of one address.
    pub fn new(max: usize, of_one_max: usize) -> Self {
        Self(Arc::new(ConnectionTable { max, of_one_max, open: Mutex::default(), told: LogThrottle::default() }))
    }

    /// A place for `work` from `address`, maybe that of a connection which nobody known waits on; `None` when all of them are at work.
    pub fn place(&self, address: IpAddr, work: &Arc<ConnectionActivity>) -> Option<ConnectionSlot> {
        let whose = network(address);
        let mut open = self.0.open();
        let full = if open.of(whose) >= self.0.of_one_max {
            Some((OF_ONE, open.idlest(Some(whose))))
        } else if open.all >= self.0.max {
            Some((OF_ALL, open.idlest(None)))
        } else {
            None
        };
        let Some((reason, idlest)) = full else { return Some(self.taken(&mut open, whose, work)) };
        let Some((of, id)) = idlest else {
            drop(open);
            self.tell(reason, whose);
            return None;
        };
        if let Some(idle) = open.remove(of, id) {
            idle.close();
        }
        let place = self.taken(&mut open, whose, work);
        drop(open);
        self.tell(IDLE, of);
        Some(place)
    }

    /// How many are open.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.0.open().all
    }

    fn taken(&self, open: &mut OpenConnections, whose: IpAddr, work: &Arc<ConnectionActivity>) -> ConnectionSlot {
        let id = open.next;
        open.next += 1;
        open.all += 1;
        open.by.entry(whose).or_default().insert(id, Arc::clone(work));
        ConnectionSlot { inner: Arc::clone(&self.0), whose, id }
    }

    fn tell(&self, reason: &'static str, whose: IpAddr) {
        telemetry::connection_refused(reason);
        let Some(DueLine::One(times) | DueLine::Others(times)) = self.0.told.tell(reason, Instant::now()) else { return };
        let (max, of_one_max) = (self.0.max, self.0.of_one_max);
        match reason {
            IDLE => {
                tracing::warn!(address = %whose, times, "too many connections: an idle one without a known caller was closed for another");
            }
            OF_ONE => {
                tracing::warn!(address = %whose, times, "{of_one_max} connections from one address are busy: further ones are refused; logged once a minute");
            }
            _ => {
                tracing::warn!(address = %whose, times, "{max} connections are busy: further ones are refused; logged once a minute");
            }
        }
    }
}

impl ConnectionTable {
    /// The open connections, whoever panicked while looking at them: nothing in it is left half changed.
    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    fn of(&self, whose: IpAddr) -> usize {
        self.by.get(&whose).map_or(0, HashMap::len)
    }

    /// The connection that can best be missed, of one address or of all: one on which no known caller has asked before one that only idles;
    /// then one of whoever has most; then the oldest.
    fn idlest(&self, of: Option<IpAddr>) -> Option<(IpAddr, u64)> {
        let addresses = self.by.iter().filter(|(whose, _)| of.is_none_or(|of| of == **whose));
        let idle = addresses.flat_map(|(whose, works)| {
            works.iter().filter_map(move |(id, work)| {
                let (known, since) = work.worth()?;
                Some(((known, usize::MAX - works.len(), since), (*whose, *id)))
            })
        });
        idle.min_by_key(|(rank, _)| *rank).map(|(_, which)| which)
    }

    fn remove(&mut self, whose: IpAddr, id: u64) -> Option<Arc<ConnectionActivity>> {
        let works = self.by.get_mut(&whose)?;
        let removed = works.remove(&id)?;
        if works.is_empty() {
            self.by.remove(&whose);
        }
        self.all -= 1;
        Some(removed)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        // Nothing is left of it when another has the place already.
        drop(self.inner.open().remove(self.whose, self.id));
    }
}

/// Whom an address belongs to: itself, or the network of 64 bits that each customer of a provider has.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Extensions;

    use super::*;
    use crate::surfaces::visit::{Visit, Visiting};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn work() -> Arc<ConnectionActivity> {
        Arc::new(ConnectionActivity::new())
    }

    /// A request of somebody known, until it is dropped.
    fn known(work: &Arc<ConnectionActivity>) -> (RequestInProgress, Visiting) {
        let (mut extensions, from) = (Extensions::new(), address("10.0.0.1"));
        let visiting = Visit::begin(from, Arc::clone(work.known()), &mut extensions);
        Visit::of(&extensions).unwrap().recognise();
        (work.begin(), visiting)
    }

    fn is_closed(work: &ConnectionActivity) -> bool {
        work.is_closed(Waker::noop())
    }

    #[test]
    fn idle_connections_lock_nobody_out() {
        let connections = Connections::new(8, 4);
        let [greedy, other] = ["10.0.0.1", "10.0.0.2"].map(address);
        let idle: Vec<_> = (0..100).map(|_| work()).collect();
        let places: Vec<_> = idle.iter().map(|work| connections.place(greedy, work).unwrap()).collect();
        assert_eq!((connections.0.open().all, idle.iter().filter(|work| is_closed(work)).count()), (4, 96), "the newest four are open");
        let (asked, _under_way) = (work(), known(&idle[99]));
        let _place = connections.place(other, &asked).unwrap();
        drop(places);
        assert_eq!(connections.0.open().all, 1, "a place that was taken is not given back twice");
    }

    #[test]
    fn with_all_at_work_one_address_has_its_part_and_others_have_theirs() {
        let connections = Connections::new(6, 4);
        let [greedy, other] = ["10.0.0.1", "2001:db8:1:2::1"].map(address);
        let works: Vec<_> = (0..4).map(|_| work()).collect();
        let _at_work: Vec<_> = works.iter().map(|work| (known(work), connections.place(greedy, work).unwrap())).collect();
        assert!(connections.place(greedy, &work()).is_none());
        let more = [work(), work()];
        let _more: Vec<_> = more.iter().map(|work| (known(work), connections.place(other, work).unwrap())).collect();
        assert!(connections.place(address("10.9.9.9"), &work()).is_none(), "all are at work");
        assert!(!works.iter().chain(&more).any(|work| is_closed(work)));
    }

    #[test]
    fn who_has_asked_stays_longer_and_who_has_most_gives_first() {
        let connections = Connections::new(4, 9);
        let [many, one] = ["10.0.0.1", "10.0.0.2"].map(address);
        let works: Vec<_> = (0..4).map(|_| work()).collect();
        let whose = [one, many, many, many];
        let _places: Vec<_> = works.iter().zip(whose).map(|(work, whose)| connections.place(whose, work).unwrap()).collect();
        works[..3].iter().for_each(|work| drop(known(work)));
        let closed = || works.iter().map(|work| is_closed(work)).collect::<Vec<_>>();
        let _next = connections.place(one, &work()).unwrap();
        assert_eq!(closed(), [false, false, false, true], "nobody known has asked on it");
        let (asked, busy) = (work(), work());
        let _busy = known(&busy);
        drop(known(&asked));
        let _another = connections.place(address("10.0.0.3"), &busy).unwrap();
        let _third = connections.place(address("10.0.0.4"), &asked).unwrap();
        assert!(!closed()[0], "who has one connection keeps it");
    }

    #[test]
    fn what_nobody_known_keeps_under_way_locks_nobody_out() {
        let connections = Connections::new(768, 256);
        let attackers = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"].map(address);
        let works: Vec<_> = attackers.iter().flat_map(|from| (0..256).map(|_| (*from, work()))).collect();
        let under_way: Vec<_> = works.iter().map(|(from, work)| (work.begin(), connections.place(*from, work).unwrap())).collect();
        let newcomer = work();
        let place = connections.place(address("127.0.0.1"), &newcomer);
        // They come again and again, and ask other things in between.
        let again: Vec<_> = attackers.iter().cycle().take(1024).map(|from| (*from, work())).collect();
        let places: Vec<_> = again
            .iter()
            .map(|(from, work)| {
                drop(work.begin());
                (work.begin(), connections.place(*from, work).unwrap())
            })
            .collect();
        assert!(place.is_some() && !is_closed(&newcomer), "whoever has few connections keeps them");
        assert!(connections.0.open().all <= 768);
        drop((under_way, places));
    }

    #[test]
    fn an_address_is_a_network_where_everybody_has_one() {
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), network(address("2001:db8:1:2:ffff::1")));
        assert_ne!(network(address("2001:db8:1:2::1")), network(address("2001:db8:1:3::1")));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
