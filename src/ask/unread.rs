//! Why is there no score of a tenant yet, where its last fetch failed? In a sentence for those who operate; others hear that they know.

use std::time::Duration;

use super::{Ask, question::QuestionDetails, store_index};
use crate::{
    error::{AccessGap, Error, ErrorKind},
    store::LoadOptions,
};

/// When asking again makes sense at the earliest: somebody has to mend it first.
const MENDED_AFTER: Duration = Duration::from_mins(15);

impl Ask {
    /// What is said in the place of `error`, a question's that got no answer: where nothing is stored of its one tenant because it cannot be fetched,
    /// nobody is asked to come back in a minute.
    ///
    /// To be made for each asker: an error is shared by all who waited for the same answer.
    pub(super) async fn explained(&self, wanted: &QuestionDetails, error: Error) -> Error {
        let mut names = store_index::names(&wanted.key.tenants);
        let (Some(tenant), None, ErrorKind::NotReady) = (names.next(), names.next(), error.kind) else { return error };
        let stored = self.view.load(tenant, LoadOptions::default()).await;
        if stored.is_ok_and(|stored| stored.history.newest().is_some()) {
            return error;
        }
        // Where the store does not tell, nobody knows.
        let failure = self.view.store().read_failures().await.ok().and_then(|mut failures| failures.remove(tenant));
        let Some(failure) = failure else { return error };
        let sentence = if wanted.operates {
            format!("No score of tenant {tenant} can be fetched: {}", for_operators(tenant, failure.gap, failure.sign_in))
        } else {
            format!("No score of tenant {tenant} can be fetched at the moment; those who operate scorewatch know why.")
        };
        Error::new(ErrorKind::NotReady, sentence).because(failure.sentence).retry_after(MENDED_AFTER)
    }
}

/// What is wrong and what to do, without what Microsoft says: that is for `check` and the log.
fn for_operators(tenant: &str, gap: Option<AccessGap>, sign_in: bool) -> String {
    let link = format!("`scorewatch tenant consent {tenant}` prints the link.");
    match gap {
        Some(AccessGap::Consent) => {
            format!("the app has no consent in this tenant. An administrator of the tenant must give it; {link}")
        }
        Some(AccessGap::Permission) => {
            format!("the app lacks its permission in this tenant. An administrator of the tenant must grant it; {link}")
        }
        Some(AccessGap::Enabled) => {
            "the app is disabled in this tenant. An administrator of the tenant must enable it; `scorewatch check` says more.".to_owned()
        }
        Some(AccessGap::App) => {
            format!("the app was not found in this tenant. An administrator of the tenant must consent to it; {link}")
        }
        Some(AccessGap::Tenant | AccessGap::Credential) | None if sign_in => "the sign-in fails. `scorewatch check` says why.".to_owned(),
        Some(AccessGap::Tenant | AccessGap::Credential) | None => {
            "the last sync failed. The next one is tried by itself; `scorewatch check` says why.".to_owned()
        }
    }
}
