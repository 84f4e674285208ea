//! Would a reading work? Each step tried alone, so that whoever sets up a tenant sees which one fails.

use jiff::civil::Date;

use super::{
    Graph,
    wire::{Collected, parse_profiles, parse_scores},
};
use crate::{
    error::{AccessGap, Error, ErrorKind, Result},
    text::count,
};

/// The step that asks for scores.
pub const SCORES: &str = "scores";

/// One step of a check.
#[derive(Debug)]
pub struct AccessCheck {
    /// What was tried.
    pub name: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String>,
    /// The newest day that was seen.
    pub newest: Option<Date>,
}

impl Graph {
    /// `error`, where the tenant was read before, the last time on the day `before`: that is said, and what follows from it.
    #[must_use]
    pub fn read_before(&self, before: Date, error: Error) -> Error {
        let name = &self.settings.name;
        match error.gap {
            Some(AccessGap::Consent) => {
                error.preceded_by(&format!("Consent was revoked, or the app removed, in tenant {name}: it was last read on {before}."))
            }
            Some(AccessGap::Permission | AccessGap::Enabled | AccessGap::App) => {
                error.preceded_by(&format!("Tenant {name} was last read on {before}, and cannot be read any more."))
            }
            Some(AccessGap::Tenant | AccessGap::Credential) | None => error,
        }
    }

    /// Signs in, then reads one day and one profile. Ends with the first step that fails, because those
    /// after it would fail for the same reason; reads nothing twice and stores nothing.
    pub async fn check(&self) -> Vec<AccessCheck> {
        let signed_in = self.sign_in().await.map(|()| {
            format!(
                "Microsoft Entra issued a token to app {} (authenticated by {}).",
                self.settings.client_id,
                self.settings.credential.word()
            )
        });
        let mut steps = vec![AccessCheck { name: "sign-in", outcome: signed_in, newest: None }];
        let mut collected = Collected::default();
        let mut buffer = Vec::new();
        if steps.iter().all(|step| step.outcome.is_ok()) {
            let outcome = self.check_scores(&mut collected, &mut buffer).await;
            steps.push(AccessCheck { name: SCORES, outcome, newest: collected.newest().map(|newest| newest.day) });
        }
        if steps.iter().all(|step| step.outcome.is_ok()) {
            steps.push(AccessCheck { name: "profiles", outcome: self.check_profiles(&mut collected, &mut buffer).await, newest: None });
        }
        if self.reads_licences() && steps.iter().all(|step| step.outcome.is_ok()) {
            steps.push(AccessCheck { name: "licences", outcome: self.check_service_plans().await, newest: None });
        }
        steps
    }

    async fn check_scores(&self, collected: &mut Collected, buffer: &mut Vec<u8>) -> Result<String> {
        self.get(&self.url("v1.0/security/secureScores?$top=1")?, buffer).await?;
        parse_scores(buffer, collected).map_err(|fault| self.unusable(&fault))?;
        if let (None, Some(unusable)) = (collected.newest(), collected.unusable()) {
            return Err(Error::new(ErrorKind::Upstream, format!("Microsoft Graph sent {unusable}.")));
        }
        Ok(collected.newest().map_or_else(
            || "Microsoft Graph responds, but no score has been published yet; a new tenant's first score takes a day or two.".to_owned(),
            |newest| {
                let of = newest.maximum.map_or_else(String::new, |maximum| format!(" of {maximum}"));
                let controls =
                    if newest.controls_known { count(newest.controls.len(), "control") } else { "controls not included".to_owned() };
                format!("The newest day is {}: {}{of} points, {controls}.", newest.day, newest.points)
            },
        ))
    }

    async fn check_profiles(&self, collected: &mut Collected, buffer: &mut Vec<u8>) -> Result<String> {
        self.get(&self.url("v1.0/security/secureScoreControlProfiles?$top=1")?, buffer).await?;
        parse_profiles(buffer, collected).map_err(|fault| self.unusable(&fault))?;
        Ok(if collected.profiles() == 0 {
            "Microsoft Graph responds, but returned no control profiles."
        } else {
            "Control profiles can be fetched."
        }
        .to_owned())
    }
}
