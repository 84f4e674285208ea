//! What does a digest say now? Made as its owner, for those who read at its destination: never more than both may see.

use std::collections::BTreeMap;

use super::Posting;
use crate::{
    access::{Asker, Role, Tenants},
    card::Card,
    delivery::TenantStanding,
    digest::{self, Digest, DigestContents, DigestSection, FetchFailure, Owner, SectionOptions},
    error::{Error, ErrorKind, Result},
    score::{ReportedState, change::day_of},
    skill_id::SkillId,
    store::{DayReference, Depth, LoadOptions},
    text::echo,
};

/// How many days the picture of a digest shows: as many as that of `secure_score`.
const TREND_DAYS: u32 = 90;

/// A digest that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct ComposedDigest {
    /// What it says; the title is the news.
    pub card: Card,
    /// What was reported to people after it, by tenant, those that it leaves out included.
    pub reported: BTreeMap<String, ReportedState>,
    /// What was reported to them before it.
    pub reported_before: BTreeMap<String, ReportedState>,
    /// Whether it says nothing that was not reported before: no news, and of no tenant for the first time that there is none to be had.
    pub nothing_new: bool,
    /// Whether it may show names of people.
    pub names: bool,
    /// The tenants that it covers, sorted.
    pub tenants: Vec<String>,
    /// Where they stand, for programs.
    pub standings: Vec<TenantStanding>,
}

impl Posting {
    /// Makes `digest` of the time since it reported `before`, by tenant. A tenant that cannot be read is left out.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] when its owner or its readers may not see it any more, which waiting does not change; [`ErrorKind::NotFound`] when its
    /// destination is gone; [`ErrorKind::NotReady`] while no tenant is there, or while nobody can say what its owner may.
    pub async fn compose(&self, digest: &Digest, before: &BTreeMap<String, ReportedState>) -> Result<ComposedDigest> {
        let owner = self.owner(&digest.owner).await?.ok_or_else(|| {
            let sentence = "Its owner may no longer run it: they left, or lost the role operator. Somebody else can define it again.";
            Error::new(ErrorKind::Forbidden, sentence)
        })?;
        self.compose_as(&owner, digest, before).await
    }

    /// The same as another owner would have it.
    pub(crate) async fn compose_as(
        &self,
        owner: &Asker,
        digest: &Digest,
        before: &BTreeMap<String, ReportedState>,
    ) -> Result<ComposedDigest> {
        let readers = self.digest_readers(owner, digest)?;
        let (tenants, left_out) = self.digest_tenants(&readers, digest)?;
        let names = readers.role.sees_names();
        let now = self.view.now();
        let (today, utc_today) = (digest.when.zone.to_datetime(now).date(), day_of(now));
        let options = SectionOptions { names, alone: tenants.len() + left_out.len() == 1, today, utc_today, every: digest.when.every };
        let faults = self.view.store().read_failures().await?.into_iter();
        let faults =
            faults.map(|(tenant, last)| (tenant, FetchFailure { sign_in: last.kind.is_sign_in(), sentence: last.sentence })).collect();
        let mut contents = DigestContents { left_out, faults, ..DigestContents::default() };
        let (mut reported, mut reported_before, mut failed) = (before.clone(), before.clone(), Vec::new());
        for tenant in &tenants {
            match self.section(tenant, before.get(tenant).cloned(), digest.skills.clone(), options).await {
                Ok(Some(section)) => {
                    let section = section.aged(utc_today, contents.faults.get(tenant));
                    reported.insert(tenant.clone(), section.imprint.clone());
                    reported_before.extend(section.reported_before.clone().map(|reported_before| (tenant.clone(), reported_before)));
                    contents.sections.push(section);
                }
                Ok(None) => contents.left_out.push(tenant.clone()),
                Err(error) => failed.push((tenant, error)),
            }
        }
        if contents.sections.is_empty()
            && let Some((_, error)) = failed.pop()
        {
            return Err(unreadable(error));
        }
        for (tenant, error) in failed {
            tracing::warn!(digest = digest.name, tenant, cause = error.cause(), "left out of a digest: {}", error.sentence);
            contents.failing.push(tenant.clone());
        }
        let standings = contents.sections.iter().map(standing).collect();
        let nothing_new = !contents.is_new();
        let card = digest::card(digest.title(), contents, &digest.skills, today);
        Ok(ComposedDigest { card, reported, reported_before, nothing_new, names, tenants, standings })
    }

    /// Who `owner` is to us now; `None` for somebody who may manage no digest any more.
    async fn owner(&self, owner: &Owner) -> Result<Option<Asker>> {
        let Owner::Person { platform, .. } = owner else { return Ok(Some(Asker::local())) };
        let posts = self.posts();
        let Some(owners) = posts.owners.get(platform.as_str()) else {
            let sentence =
                "Only a server that is connected to the chat knows whether the owner of this digest still may. Start scorewatch serve.";
            return Err(Error::new(ErrorKind::NotReady, sentence));
        };
        Ok(owners.still(owner).await?.filter(|asker| asker.role.operates()))
    }

    /// Who reads `digest`, as far as `owner` may show it to them.
    pub(crate) fn digest_readers(&self, owner: &Asker, digest: &Digest) -> Result<Asker> {
        let readers = self.posts().destinations.find(&digest.to)?.readers;
        if let Tenants::Only(names) = &digest.tenants {
            for (who, asker) in [("its owner", owner), ("those who read there", &readers)] {
                if let Some(hidden) = names.iter().find(|name| !asker.tenants.include(name)) {
                    let hidden = echo(hidden, 60);
                    return Err(Error::new(ErrorKind::Forbidden, format!("It covers tenant `{hidden}`, which {who} may not see.")));
                }
            }
        }
        Ok(Asker { role: Role::min(owner.role, readers.role), tenants: owner.tenants.both(&readers.tenants), ..readers })
    }

    /// The tenants that `digest` covers, and those that it names and that nothing is known of yet.
    fn digest_tenants(&self, readers: &Asker, digest: &Digest) -> Result<(Vec<String>, Vec<String>)> {
        let mut tenants = self.view.visible(readers);
        tenants.retain(|tenant| digest.tenants.include(tenant));
        if tenants.is_empty() {
            return Err(Error::new(ErrorKind::NotReady, "None of its tenants has any data yet. It is created as soon as one has."));
        }
        let unknown = match &digest.tenants {
            Tenants::All => Vec::new(),
            Tenants::Only(names) => names.iter().filter(|name| !tenants.contains(name)).cloned().collect(),
        };
        Ok((tenants, unknown))
    }

    async fn section(
        &self,
        tenant: &str,
        reported: Option<ReportedState>,
        skills: Vec<SkillId>,
        options: SectionOptions,
    ) -> Result<Option<DigestSection>> {
        let earlier = reported.as_ref().map(|reported| DayReference::Day(reported.day));
        let want = LoadOptions { days_back: TREND_DAYS, earlier, catalogue: Some(Depth::Whole), ..LoadOptions::default() };
        let facts = self.view.load(tenant, want).await?;
        // A few milliseconds of pure work each; with many tenants it must not hold up others.
        tokio::task::spawn_blocking(move || DigestSection::of(facts, reported.as_ref(), &skills, options)).await.map_err(Error::internal)?
    }
}

fn standing(DigestSection { news, imprint, .. }: &DigestSection) -> TenantStanding {
    TenantStanding {
        tenant: news.tenant.clone(),
        day: imprint.day,
        points: imprint.points,
        maximum: imprint.maximum,
        since: news.since,
        moved: (news.compared && news.since.is_some()).then_some(news.moved),
    }
}

/// Waiting mends it, whatever it is about: no tenant that is gone stops a digest.
fn unreadable(error: Error) -> Error {
    let for_good = matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound);
    if for_good { Error::new(ErrorKind::NotReady, error.sentence.clone()).because(error) } else { error }
}
