//! What do the rules find, and what was told of it? Facts, states and snoozes in, states and deliveries out; nothing is written here.

mod look;
mod tell;

use jiff::Timestamp;

pub use self::look::{Days, Ground, News, Prospect, Watched};
use super::Posting;
use crate::{
    access::Asker,
    alert::{Memory, Rule, State, States},
    error::Result,
    store::{AlertStates, Snooze},
};

/// Under which subject a rule remembers the tenant itself.
const MEMORY: &str = "";

/// The word for all kinds of alerts, in a snooze.
pub const SNOOZE_ALL: &str = "all";

/// A rule, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertShown {
    /// Its name.
    pub rule: String,
    /// The kind.
    pub kind: &'static str,
    /// Where it tells.
    pub to: String,
    /// Those of its tenants that the asker may see.
    pub tenants: Vec<String>,
    /// What is bad there.
    pub findings: Vec<FindingShown>,
}

/// Something that is bad, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingShown {
    /// The tenant.
    pub tenant: String,
    /// A control, or what else it is about.
    pub subject: String,
    /// What it is.
    pub news: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last told; `None` while it is snoozed or held back.
    pub told: Option<Timestamp>,
    /// Until when it is snoozed.
    pub snoozed: Option<Timestamp>,
    /// Whether it was so before the rule watched, and is not told.
    pub known: bool,
}

impl Posting {
    /// The rules with what is bad by them, as far as `asker` may see their tenants.
    pub async fn alerts(&self, asker: &Asker) -> Result<Vec<AlertShown>> {
        let posts = self.posts();
        let ground = self.ground().await?;
        let shown = posts.rules.iter().map(|rule| {
            let tenants: Vec<String> = self.view.visible(asker).into_iter().filter(|tenant| rule.tenants.include(tenant)).collect();
            let findings = tenants.iter().flat_map(|tenant| ground.findings(rule, tenant)).collect();
            AlertShown { rule: rule.name.clone(), kind: rule.watch.kind(), to: rule.to.clone(), tenants, findings }
        });
        Ok(shown.collect())
    }

    /// The subjects that the message called `id` told by the rule called `rule`.
    pub(crate) async fn told_subjects(&self, rule: &str, tenant: &str, id: &str) -> Result<Vec<String>> {
        let states = self.view.store().alert_states(rule, tenant).await?;
        let of_it = |state: &State| state.told.as_ref().is_some_and(|told| told.parcels.iter().any(|parcel| parcel == id));
        let parsed = states.into_iter().filter_map(|(subject, state)| Some((subject, serde_json::from_str::<State>(&state).ok()?)));
        Ok(parsed.filter(|(_, state)| of_it(state)).map(|(subject, _)| subject).collect())
    }
}

impl Ground {
    /// What is bad in `tenant` by `rule`, as it may be shown.
    fn findings(&self, rule: &Rule, tenant: &str) -> Vec<FindingShown> {
        let (_, states) = self.standing(rule, tenant);
        let shown = states.into_iter().map(|(subject, state)| {
            let snoozed = self.snoozed(tenant, rule.watch.kind(), &subject);
            let told = state.told.map(|told| told.last);
            let State { news, since, known, .. } = state;
            FindingShown { tenant: tenant.to_owned(), subject, news, since, told, snoozed, known }
        });
        shown.collect()
    }
}

/// What was written for `rule`. What cannot be read is as if it were not there: it was written by another version, or for another kind of
/// rule of the same name.
fn read(rule: &Rule, written: &AlertStates) -> (Option<Memory>, States) {
    let memory = written.get(MEMORY).and_then(|memory| serde_json::from_str::<Memory>(memory).ok());
    let Some(memory) = memory.filter(|memory| memory.kind == rule.watch.kind()) else { return (None, States::new()) };
    let state = |(subject, state): (&String, &String)| Some((subject.clone(), serde_json::from_str(state).ok()?));
    let states = written.iter().filter(|(subject, _)| !subject.is_empty()).filter_map(state).collect();
    (Some(memory), states)
}

impl Snooze {
    /// Whether it is about `subject` of alerts of the kind `kind`; the tenant is not asked.
    fn silences(&self, kind: &str, subject: &str) -> bool {
        let kinds = self.kind == kind || self.kind == SNOOZE_ALL;
        kinds && (self.control.is_empty() || self.control == subject)
    }
}
