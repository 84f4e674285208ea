//! What does Graph hold about a tenant that we do not? The days since the last final one, and all profiles.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{
    Graph,
    wire::{Collected, PageError, PageSummary, parse_profiles, parse_scores},
};
use crate::{
    error::{Error, ErrorKind, Result},
    score::Reading,
};

/// Days per page. `$top` is a page size to Graph; a week keeps a page of 230 controls below 1 MiB, and a
/// first run within the burst that the throttle allows without a pause.
const DAYS_PER_PAGE: u32 = 7;
/// Graph keeps 90 days: <https://learn.microsoft.com/graph/api/security-list-securescores>
const DAYS_MAX: usize = 90;
/// One page per day and some more: beyond that, the links lead nowhere.
const SCORE_PAGES_MAX: u32 = 100;
/// Profiles per page; Graph's own default is 200.
const PROFILES_PER_PAGE: u32 = 100;
/// The largest tenant known has 462 profiles.
const PROFILE_PAGES_MAX: u32 = 50;
/// The newest day may still change and the one before it may have been the newest when last read.
const DAYS_MIN: usize = 2;

/// How far a reading has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A page of scores was read.
    Scores {
        /// Pages so far.
        pages: u32,
        /// Days so far.
        days: usize,
    },
    /// A page of profiles was read.
    Profiles {
        /// Pages so far.
        pages: u32,
        /// Profiles so far.
        profiles: usize,
    },
}

impl Graph {
    /// Reads the days back to `until`, the last day that is stored as final (two days at least; without
    /// `until` all that Graph keeps, 90 at most), then the whole catalogue.
    ///
    /// A reading without days is no error: no score is published yet for the tenant.
    ///
    /// # Errors
    ///
    /// When Graph or the sign-in service refuses, goes on failing, or sends what cannot be trusted. Nothing
    /// of a failed reading is of use.
    pub async fn read(&self, until: Option<Date>, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Reading> {
        let mut collected = Collected::default();
        let mut buffer = Vec::new();
        self.read_scores(until, &mut collected, &mut buffer, progress).await?;
        self.read_profiles(&mut collected, &mut buffer, progress).await?;
        drop(buffer);
        Ok(collected.into_reading())
    }

    async fn read_scores(
        &self,
        until: Option<Date>,
        collected: &mut Collected,
        buffer: &mut Vec<u8>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<()> {
        let mut links = Links::new(SCORE_PAGES_MAX);
        let mut url = self.url(&format!("v1.0/security/secureScores?$top={DAYS_PER_PAGE}"))?;
        // Graph sends the newest day first, so that a final day ends the reading. In any other order the newest may come last.
        let (mut last, mut newest_first) = (None, true);
        loop {
            self.get(&url, buffer).await?;
            let page = parse_scores(buffer, collected).map_err(|fault| self.unusable(&fault))?;
            progress(Progress::Scores { pages: links.pages, days: collected.days() });
            let final_day_met = page.oldest.is_some_and(|oldest| until.is_some_and(|until| oldest <= until));
            newest_first &= !page.ascends && last.zip(page.first).is_none_or(|(last, first)| first <= last);
            last = page.last.or(last);
            if newest_first && (collected.days() >= DAYS_MAX || (final_day_met && collected.days() >= DAYS_MIN)) {
                return Ok(());
            }
            let Some(next) = self.next(page, &mut links)? else { return Ok(()) };
            url = next;
        }
    }

    async fn read_profiles(
        &self,
        collected: &mut Collected,
        buffer: &mut Vec<u8>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<()> {
        let mut links = Links::new(PROFILE_PAGES_MAX);
        let mut url = self.url(&format!("v1.0/security/secureScoreControlProfiles?$top={PROFILES_PER_PAGE}"))?;
        loop {
            self.get(&url, buffer).await?;
            let page = parse_profiles(buffer, collected).map_err(|fault| self.unusable(&fault))?;
            progress(Progress::Profiles { pages: links.pages, profiles: collected.profiles() });
            let Some(next) = self.next(page, &mut links)? else { return Ok(()) };
            url = next;
        }
    }

    /// Where the next page is; `None` after the last.
    fn next(&self, page: PageSummary, links: &mut Links) -> Result<Option<reqwest::Url>> {
        let Some(link) = page.next else { return Ok(None) };
        let url = self.next_url(&link)?;
        if links.pages >= links.pages_max || !links.followed.insert(link) {
            let sentence = format!(
                "Microsoft Graph's pages for tenant {} do not end ({} pages fetched). Nothing from this sync was stored; the next sync retries.",
                self.settings.name, links.pages
            );
            return Err(Error::new(ErrorKind::Upstream, sentence));
        }
        links.pages += 1;
        Ok(Some(url))
    }

    /// What to tell about a page that cannot be used.
    pub(super) fn unusable(&self, fault: &PageError) -> Error {
        let sentence = format!(
            "Microsoft Graph sent {fault} for tenant {}. None of it was stored. If this persists, check for a proxy in between.",
            self.settings.name
        );
        Error::new(ErrorKind::Upstream, sentence)
    }
}

/// The links of one list: each is followed once.
struct Links {
    pages: u32,
    pages_max: u32,
    followed: HashSet<String>,
}

impl Links {
    fn new(pages_max: u32) -> Self {
        Self { pages: 1, pages_max, followed: HashSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{ClientCredential, CloudEndpoints, GraphSettings};

    #[test]
    fn pages_without_end_and_links_that_repeat_are_refused() {
        let settings =
            GraphSettings::new("contoso", "a", "app", ClientCredential::Secret("x".into()), CloudEndpoints::named("global").unwrap());
        let graph = Graph::new(settings).unwrap();
        let page =
            |at: u32| PageSummary { next: Some(format!("https://graph.microsoft.com/v1.0/x?$skiptoken={at}")), ..PageSummary::default() };
        let mut links = Links::new(PROFILE_PAGES_MAX);
        let followed = (0..1000).take_while(|at| graph.next(page(*at), &mut links).is_ok()).count();
        assert_eq!(followed, 49);
        let mut links = Links::new(PROFILE_PAGES_MAX);
        assert!(graph.next(page(1), &mut links).is_ok());
        assert!(graph.next(page(1), &mut links).is_err());
        assert!(graph.next(PageSummary::default(), &mut links).unwrap().is_none());
    }
}
