//! Why is there no score of a tenant yet? Those who operate hear what to do about it, analysts the reason, others when to ask again.

use std::time::Duration;

use super::{Ask, question::QuestionDetails, store_index};
use crate::{
    error::{AccessGap, Error, ErrorKind, FetchFailureKind},
    skills::why_not_fetched,
    store::LoadOptions,
    text::count,
};

/// When asking again makes sense at the earliest where somebody has to mend it first.
const MENDED_AFTER: Duration = Duration::from_mins(15);
/// The same where Microsoft has to: no tenant is fetched again sooner after a failure.
const FETCHED_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// How much of a reason is told to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReasonDetail {
    /// What to do, too.
    WhatToDo,
    /// The reason.
    Reason,
    /// That there is one.
    Nothing,
}

impl Ask {
    /// What is said in the place of `error`, a question's that got no answer: where nothing is stored of its one tenant because it cannot be fetched,
    /// why; nobody is asked to come back in a minute for what a person has to mend.
    ///
    /// To be made for each asker: an error is shared by all who waited for the same answer.
    pub(super) async fn why_no_score(&self, wanted: &QuestionDetails, error: Error) -> Error {
        let mut names = store_index::names(&wanted.key.tenants);
        let (Some(tenant), None, ErrorKind::NotReady) = (names.next(), names.next(), error.kind) else { return error };
        // Where the store does not tell, nobody knows.
        let stored = self.view.load(tenant, LoadOptions::default()).await;
        let Some(kind) = stored.ok().and_then(|facts| facts.fetch_failure) else { return error };
        let told = match (wanted.operates, wanted.key.names) {
            (true, _) => ReasonDetail::WhatToDo,
            (false, true) => ReasonDetail::Reason,
            (false, false) => ReasonDetail::Nothing,
        };
        let (sentence, wait) = said(tenant, kind, told, error.retry_after);
        Error::new(ErrorKind::NotReady, sentence).because(error.sentence).retry_after(wait)
    }
}

/// The sentence about a `tenant` whose fetch fails by `kind`, and when to ask again: as was `asked` where it passes by itself, but not sooner than
/// it is fetched again.
fn said(tenant: &str, kind: FetchFailureKind, told: ReasonDetail, asked: Option<Duration>) -> (String, Duration) {
    let sentence = match (kind, told) {
        (FetchFailureKind::Transient, _) => {
            let wait = asked.map_or(FETCHED_AGAIN_AFTER, |asked| asked.max(FETCHED_AGAIN_AFTER));
            let sentence = format!(
                "No score of tenant {tenant} can be fetched at the moment: Microsoft is busy or unavailable. It is fetched again automatically; ask again in {}.",
                span(wait)
            );
            return (sentence, wait);
        }
        (_, ReasonDetail::WhatToDo) => {
            format!("No score of tenant {tenant} can be fetched: {} Ask again when that is mended.", what_to_do(tenant, kind))
        }
        (_, ReasonDetail::Reason) => format!(
            "No score of tenant {tenant} can be fetched: {}. Those who operate scorewatch can mend it; ask again when they have.",
            why_not_fetched(kind)
        ),
        (_, ReasonDetail::Nothing) => {
            format!(
                "No score of tenant {tenant} can be fetched; those who operate scorewatch know why. Ask again when they have mended it."
            )
        }
    };
    (sentence, MENDED_AFTER)
}

/// How long `wait` is, in whole minutes or hours.
fn span(wait: Duration) -> String {
    match usize::try_from(wait.as_secs().div_ceil(60)).unwrap_or(usize::MAX) {
        1 => "a minute".to_owned(),
        minutes @ 0..120 => count(minutes, "minute"),
        minutes => count(minutes.div_ceil(60), "hour"),
    }
}

/// What is wrong and what to do, without what Microsoft says: that is for `check` and the log.
fn what_to_do(tenant: &str, kind: FetchFailureKind) -> String {
    let link = format!("`scorewatch tenant consent {tenant}` prints the link.");
    match kind {
        FetchFailureKind::Access(AccessGap::Consent) => {
            format!("the app has no consent in this tenant. An administrator of the tenant must give it; {link}")
        }
        FetchFailureKind::Access(AccessGap::Permission) => {
            format!("the app lacks its permission in this tenant. An administrator of the tenant must grant it; {link}")
        }
        FetchFailureKind::Access(AccessGap::Enabled) => {
            "the app is disabled in this tenant. An administrator of the tenant must enable it; `scorewatch check` says more.".to_owned()
        }
        FetchFailureKind::Access(AccessGap::App) => {
            format!("the app was not found in this tenant. An administrator of the tenant must consent to it; {link}")
        }
        FetchFailureKind::Access(AccessGap::Tenant) => {
            "Microsoft knows no tenant of this id. Check its tenant_id and its cloud in scorewatch.toml; `scorewatch check` says more."
                .to_owned()
        }
        FetchFailureKind::Access(AccessGap::Credential) => {
            "Microsoft refuses the app's secret or certificate. Configure a valid one; `scorewatch check` says what is wrong with it."
                .to_owned()
        }
        FetchFailureKind::SignIn => "the sign-in fails. `scorewatch check` says why.".to_owned(),
        FetchFailureKind::Other | FetchFailureKind::Transient => "the last fetch failed. `scorewatch check` says why.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_has_to_mend_takes_as_long_as_a_person() {
        let asked = |seconds| Some(Duration::from_secs(seconds));
        for told in [ReasonDetail::WhatToDo, ReasonDetail::Reason, ReasonDetail::Nothing] {
            let (sentence, wait) = said("northwind", FetchFailureKind::Transient, told, asked(5));
            assert!(sentence.ends_with("ask again in a minute.") && !sentence.contains("mended"), "{sentence}");
            assert_eq!(wait, Duration::from_mins(1), "not before it is fetched again");
            let (sentence, wait) = said("northwind", FetchFailureKind::Transient, told, asked(181));
            assert!(sentence.ends_with("ask again in 4 minutes.") && wait == Duration::from_secs(181), "{sentence}");
            let (sentence, wait) = said("northwind", FetchFailureKind::Transient, told, asked(6 * 3600));
            assert!(sentence.ends_with("ask again in 6 hours.") && wait == Duration::from_hours(6), "{sentence}");
            for kind in [FetchFailureKind::SignIn, FetchFailureKind::Other, FetchFailureKind::Access(AccessGap::Credential)] {
                let (sentence, wait) = said("northwind", kind, told, asked(5));
                assert!(sentence.contains("sk again when ") && sentence.contains("mended") == (told != ReasonDetail::Reason), "{sentence}");
                assert_eq!(wait, MENDED_AFTER);
            }
        }
    }

    #[test]
    fn the_reason_is_for_those_who_may_know_and_the_way_out_for_those_who_can_go_it() {
        let told = |told| said("northwind", FetchFailureKind::Access(AccessGap::Consent), told, None).0;
        assert!(
            told(ReasonDetail::WhatToDo).contains("has no consent in this tenant")
                && told(ReasonDetail::WhatToDo).contains("tenant consent northwind")
        );
        assert!(
            told(ReasonDetail::Reason).contains(": no consent.") && !told(ReasonDetail::Reason).contains('`'),
            "{}",
            told(ReasonDetail::Reason)
        );
        assert!(
            !told(ReasonDetail::Nothing).contains("consent") && told(ReasonDetail::Nothing).contains("those who operate"),
            "{}",
            told(ReasonDetail::Nothing)
        );
    }
}
