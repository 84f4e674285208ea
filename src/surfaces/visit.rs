//! Is it known who sent a request that is being answered? Anybody can keep one under way; only for known callers it counts as work.
//!
//! `http/` gives each request its [`Visit`]; whoever recognises the caller says so there.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::http::Extensions;

use super::limit::Allowance;

/// What is known of the callers of one connection.
#[derive(Debug, Default)]
pub struct ConnectionCallers {
    under_way: AtomicUsize,
    ever: AtomicBool,
}

impl ConnectionCallers {
    /// Whether a request of a known caller is being answered.
    pub fn is_at_work(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0
    }

    /// Whether a known caller has asked here at all.
    pub fn has_asked(&self) -> bool {
        self.ever.load(Ordering::Relaxed)
    }
}

/// A request that is being answered, as far as it matters who sent it.
#[derive(Debug)]
pub struct Visit {
    /// The network that it comes from.
    from: IpAddr,
    is_known: AtomicBool,
    known: Arc<ConnectionCallers>,
    /// How often its caller may still ask, where that is counted.
    allowance: OnceLock<Allowance>,
}

/// Its end, when this is dropped: whoever holds the request longer does not keep it under way.
pub struct Visiting(Arc<Visit>);

impl Visit {
    /// A request from the network `from`, on the connection of `known`, whose `extensions` will tell of it.
    pub fn begin(from: IpAddr, known: Arc<ConnectionCallers>, extensions: &mut Extensions) -> Visiting {
        let visit = Arc::new(Self { from, is_known: AtomicBool::new(false), known, allowance: OnceLock::new() });
        extensions.insert(Arc::clone(&visit));
        Visiting(visit)
    }

    /// The one that `extensions` tell of.
    pub fn of(extensions: &Extensions) -> Option<Arc<Self>> {
        extensions.get::<Arc<Self>>().map(Arc::clone)
    }

    /// The network that it comes from.
    pub const fn from(&self) -> IpAddr {
        self.from
    }

    /// Its caller may still ask so often.
    pub fn allow(&self, allowance: Allowance) {
        // A request is counted once.
        let _ = self.allowance.set(allowance);
    }

    /// The caller is known from now on.
    pub fn recognise(&self) {
        if !self.is_known.swap(true, Ordering::Relaxed) {
            self.known.under_way.fetch_add(1, Ordering::Relaxed);
            self.known.ever.store(true, Ordering::Relaxed);
        }
    }
}

impl Visiting {
    /// How often its caller may still ask; `None` where that is not counted.
    pub fn allowance(&self) -> Option<Allowance> {
        self.0.allowance.get().copied()
    }
}

impl Drop for Visiting {
    fn drop(&mut self) {
        if self.0.is_known.swap(false, Ordering::Relaxed) {
            self.0.known.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_caller_is_at_work_from_being_known_to_the_end() {
        let (known, mut extensions) = (Arc::new(ConnectionCallers::default()), Extensions::new());
        let visiting = Visit::begin(Ipv4Addr::LOCALHOST.into(), Arc::clone(&known), &mut extensions);
        assert_eq!((known.is_at_work(), known.has_asked()), (false, false), "anybody can ask");
        let visit = Visit::of(&extensions).unwrap();
        visit.recognise();
        visit.recognise();
        assert_eq!((known.is_at_work(), known.has_asked()), (true, true));
        drop(visiting);
        assert_eq!((known.is_at_work(), known.has_asked()), (false, true), "however long its extensions are held");
    }
}
