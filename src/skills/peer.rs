//! What are the tenants called of which Microsoft tells an average? In few words for assistants, as what they are for people.

use super::format;
use crate::score::Peer;

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
            ("AllTenants", _) => ("all tenants".to_owned(), "Microsoft 365 average".to_owned()),
            ("TotalSeats", Some((from, to))) => (format!("{from}-{to} seats"), format!("tenants with {from}-{to} seats")),
            ("TotalSeats", None) => ("tenants of this size".to_owned(), "other tenants of this size".to_owned()),
            ("IndustryTypes", _) => ("same industry".to_owned(), "tenants of the same industry".to_owned()),
            (other, _) => (format::name(other), format!("Microsoft's average by {}", format::name(other))),
        };
        Self { group, label }
    }
}
