//! Why does a tenant have no score? In few words, as they stand behind its name.

use super::TenantFacts;
use crate::error::{AccessGap, FetchFailureKind};

impl TenantFacts {
    /// Why there is no score of a tenant that has none.
    pub(super) fn why_no_score(&self) -> &'static str {
        match (self.fetch_failure, self.read_at) {
            (Some(kind), _) => why_not_fetched(kind),
            (None, None) => "not fetched yet",
            (None, Some(_)) => "Microsoft publishes none yet",
        }
    }
}

/// Why a tenant cannot be fetched. It says nothing that only those who operate may know, as ids are.
pub const fn why_not_fetched(kind: FetchFailureKind) -> &'static str {
    match kind {
        FetchFailureKind::Transient => "Microsoft busy or unavailable",
        FetchFailureKind::SignIn => "sign-in refused",
        FetchFailureKind::Access(AccessGap::Consent) => "no consent",
        FetchFailureKind::Access(AccessGap::Permission) => "no permission",
        FetchFailureKind::Access(AccessGap::Enabled) => "app disabled",
        FetchFailureKind::Access(AccessGap::App) => "app not found",
        FetchFailureKind::Access(AccessGap::Tenant) => "tenant id unknown to Microsoft",
        FetchFailureKind::Access(AccessGap::Credential) => "secret or certificate refused",
        FetchFailureKind::Other => "last fetch failed",
    }
}
