//! What are the tenants called of which Microsoft tells an average? In few words for assistants, as what they are for people.

use super::format;
use crate::score::{Peer, Snapshot};

/// Graph gives two groups of tenants today; more would only make an answer long.
const SHOWN_MAX: usize = 3;

/// The averages of `day` that an answer has room for.
pub(super) fn shown(day: &Snapshot) -> impl Iterator<Item = &Peer> {
    day.peers.iter().take(SHOWN_MAX)
}

/// A group of tenants, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PeerName {
    /// For assistants: `all tenants`, `101-500 seats`.
    pub group: String,
    /// For people.
    pub label: String,
}

impl PeerName {
    /// The tenants of `peer`.
    pub(super) fn of(peer: &Peer) -> Self {
        let (group, label) = match (peer.basis.as_str(), peer.seats) {
            (Peer::ALL_TENANTS, _) => ("all tenants".to_owned(), "Microsoft 365 average".to_owned()),
            (Peer::SAME_SIZE, Some((from, to))) => (format!("{from}-{to} seats"), format!("tenants with {from}-{to} seats")),
            (Peer::SAME_SIZE, None) => ("tenants of this size".to_owned(), "other tenants of this size".to_owned()),
            (Peer::SAME_INDUSTRY, _) => ("same industry".to_owned(), "tenants of the same industry".to_owned()),
            (other, _) => (format::name(other), format!("Microsoft's average by {}", format::name(other))),
        };
        Self { group, label }
    }
}
