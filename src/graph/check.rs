//! Would a reading work? Each step tried alone, so that whoever sets up a tenant sees which one fails.

use jiff::civil::Date;

use super::{
    Graph,
    settings::GraphSettings,
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
    /// What `error` says where the tenant was read before, the last time on the day `before`: `gap` did not use to be there.
    #[must_use]
    pub fn revoked(&self, gap: AccessGap, before: Date, error: Error) -> Error {
        let GraphSettings { name, client_id, entra_id, .. } = &self.settings;
        let what = match gap {
            AccessGap::Consent => format!("Consent for the app {client_id} was revoked, or the app removed, in tenant {name} ({entra_id})"),
            AccessGap::Permission => {
                format!("The permission SecurityEvents.Read.All was taken from the app {client_id} in tenant {name} ({entra_id})")
            }
            AccessGap::Tenant | AccessGap::Credential => return error,
        };
        let sentence = format!(
            "{what}, which was last read on {before}. An administrator of the tenant must consent again: `scorewatch tenant consent {name}` prints the link."
        );
        error.told_as(sentence)
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
