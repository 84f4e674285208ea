//! What does the probe ask? Each request with what it is for; all of them only read.

use std::borrow::Cow;

use jiff::{ToSpan as _, civil::Date};

/// How many pages are read of what may have many days.
const DAY_PAGES_MAX: usize = 12;
/// How many pages of profiles are read; the largest tenant known has 462 profiles, 200 a page.
const PROFILE_PAGES_MAX: usize = 10;
/// How many requests at once Graph documents.
const DOCUMENTED_AT_ONCE: usize = 4;
/// How many requests are sent at once where that was asked for.
pub(super) const AT_ONCE: usize = 2 * DOCUMENTED_AT_ONCE;
/// How many days back the filter of days begins.
pub(super) const FILTER_DAYS: i64 = 3;
/// The category by which profiles are filtered.
pub(super) const FILTERED_CATEGORY: &str = "Identity";
/// How many terms a filter has that has one more than Graph is said to take.
const TERMS: usize = 17;

/// Stands in what is planned for the day that the filter of days begins with.
const SINCE: &str = "{since}";
/// Stands in what is shown for the id of a day, which holds the tenant's.
const ID_OF_A_DAY: &str = "{id of the second day}";
/// Stands in what is shown for the id of a profile.
const ID_OF_A_PROFILE: &str = "{id of the first profile}";
/// Stands in what is shown for a filter that would fill the screen.
const MANY_TERMS: &str = "{controlCategory eq 'Identity', 17 times, joined by or}";

/// One page, of which all stays in memory.
const ENTRY: Asking = Asking::Pages(1, Keeps::Whole);
/// One page, of which no lists or objects within entries stay in memory.
const PAGE: Asking = Asking::Pages(1, Keeps::Heads);

/// The requests, in the order in which they are asked: the name, which list is asked, what follows its address, how, and what for. The keys are made of
/// them, and the plan, which is what people confirm and what the report tells one by one.
macro_rules! requests {
    ($($key:ident: $collection:ident, $query:literal, $how:expr, $why:literal;)*) => {
        /// Which request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RequestKey {
            $(#[doc = $why] $key,)*
        }

        /// All requests that there are, with [`SINCE`] in place of a day.
        fn all() -> Vec<ProbeRequest> {
            vec![$(ProbeRequest {
                key: RequestKey::$key,
                collection: Collection::$collection,
                path: format!("{}{}", Collection::$collection.path(), $query),
                how: $how,
                purpose: $why,
            },)*]
        }
    };
}

requests! {
    Newest: Scores, "?$top=1", ENTRY, "the newest day: may the app read it, members, headers";
    NewestAsSent: Scores, "?$top=1", Asking::AsSent, "the same as it travels: is it packed?";
    Ninety: Scores, "?$top=90", Asking::Pages(DAY_PAGES_MAX, Keeps::Whole), "is $top=90 one page; order, times and details of days; sums";
    DefaultDays: Scores, "", PAGE, "how many days a page has by default";
    Second: Scores, "?$top=1&$skip=1", ENTRY, "is $skip taken; does an older day alone have details?";
    SecondById: Scores, "/{id of the second day}", ENTRY, "the same day by its id";
    OrderedDays: Scores, "?$top=2&$orderby=createdDateTime asc", PAGE, "is $orderby taken and honoured?";
    FilteredDays: Scores, "?$top=20&$filter=createdDateTime ge {since}T00:00:00Z", PAGE, "is $filter taken and honoured?";
    SelectedDay: Scores, "?$top=1&$select=createdDateTime,currentScore", PAGE, "is $select honoured?";
    CountedDays: Scores, "?$top=1&$count=true", PAGE, "is $count honoured?";
    Catalogue: Profiles, "", Asking::Pages(PROFILE_PAGES_MAX, Keeps::Whole), "all profiles: the default page, words, forms, the join with scores";
    Profiles200: Profiles, "?$top=200", PAGE, "is $top=200 one page?";
    Profiles500: Profiles, "?$top=500", PAGE, "is $top=500 one page?";
    Profiles999: Profiles, "?$top=999", PAGE, "is $top=999 one page?";
    Profiles1000: Profiles, "?$top=1000", PAGE, "is more than 999 taken?";
    ProfileById: Profiles, "/{id of the first profile}", PAGE, "does a profile come by its id?";
    FilteredProfiles: Profiles, "?$filter=controlCategory eq 'Identity'", PAGE, "is $filter taken and honoured?";
    ManyTerms: Profiles, "?$filter={controlCategory eq 'Identity', 17 times, joined by or}", PAGE, "do more than 16 terms lead to an empty list?";
    SelectedProfile: Profiles, "?$top=1&$select=id,maxScore", PAGE, "is $select honoured?";
    CountedProfiles: Profiles, "?$top=1&$count=true", PAGE, "is $count honoured?";
    NewestAgain: Scores, "?$top=2", PAGE, "do the same days come in the same order again?";
    Audit: Audits, "?$top=1", ENTRY, "may the app read the audit log; its members, the age of the newest";
    AtOnce: Scores, "?$top=1", Asking::AtOnce(AT_ONCE), "is Retry-After sent?";
}

/// How a request is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Page after page, so many at most, of which this is kept.
    Pages(usize, Keeps),
    /// Once, to be looked at as it was sent, still compressed.
    AsSent,
    /// So many times at once.
    AtOnce(usize),
}

/// What stays in memory of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// All of it.
    Whole,
    /// Its entries without their lists and objects.
    Heads,
}

/// A list of Graph: where one request is refused for good, the others are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// Days.
    Scores,
    /// Profiles.
    Profiles,
    /// The audit log.
    Audits,
}

impl Collection {
    const fn path(self) -> &'static str {
        match self {
            Self::Scores => "v1.0/security/secureScores",
            Self::Profiles => "v1.0/security/secureScoreControlProfiles",
            Self::Audits => "v1.0/auditLogs/directoryAudits",
        }
    }
}

/// A request that is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRequest {
    /// Which.
    pub key: RequestKey,
    /// Of which list.
    pub collection: Collection,
    /// Its path and query below Graph's root; an id in it stands in braces until it is known.
    pub path: String,
    /// How it is asked.
    pub how: Asking,
    /// What it is for, without how it is asked.
    purpose: &'static str,
}

/// What goes beyond the ordinary plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Ask for an entry of the directory's audit log.
    pub audit: bool,
    /// Send several requests at once.
    pub at_once: bool,
}

/// What is asked on the day `today`, in this order.
pub fn plan(today: Date, options: PlanOptions) -> Vec<ProbeRequest> {
    let since = today.saturating_sub(FILTER_DAYS.days()).to_string();
    let mut plan = all();
    plan.retain(|request| options.audit || request.collection != Collection::Audits);
    plan.retain(|request| options.at_once || !matches!(request.how, Asking::AtOnce(_)));
    for request in &mut plan {
        request.path = request.path.replace(SINCE, &since);
    }
    plan
}

/// How many requests a plan comes to at most.
pub fn requests_max(plan: &[ProbeRequest]) -> usize {
    plan.iter().map(ProbeRequest::times_max).sum()
}

impl ProbeRequest {
    /// How often it is sent at most.
    pub const fn times_max(&self) -> usize {
        match self.how {
            Asking::Pages(times, _) | Asking::AtOnce(times) => times,
            Asking::AsSent => 1,
        }
    }

    /// What it is for.
    pub fn why(&self) -> Cow<'static, str> {
        match self.how {
            Asking::AtOnce(times) => {
                format!("{times} at once, {} more than documented: {}", times.saturating_sub(DOCUMENTED_AT_ONCE), self.purpose).into()
            }
            Asking::Pages(..) | Asking::AsSent => self.purpose.into(),
        }
    }

    /// The path with the id that it waits for; none where that id cannot be put into a path as it is.
    pub fn path_with(&self, id: &str) -> Option<String> {
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        let named = id.bytes().any(|byte| byte.is_ascii_alphanumeric());
        (plain && named).then(|| self.path.replace(ID_OF_A_DAY, id).replace(ID_OF_A_PROFILE, id))
    }

    /// The path of a request that waits for no id.
    pub fn path_as_planned(&self) -> String {
        self.path.replace(MANY_TERMS, &vec![format!("controlCategory eq '{FILTERED_CATEGORY}'"); TERMS].join(" or "))
    }

    /// How it is shown: what is planned, and what is reported.
    pub fn shown(&self) -> String {
        let path = self.path.trim_start_matches("v1.0/").trim_start_matches("security/");
        let times = if let Asking::AtOnce(times) = self.how { format!(" ({times} at once)") } else { String::new() };
        format!("GET {path}{times}")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn nothing_more_is_asked_than_was_wanted() {
        let keys = |options| plan(date(2026, 11, 30), options).into_iter().map(|request| request.key).collect::<Vec<_>>();
        let ordinary = keys(PlanOptions::default());
        assert!(!ordinary.contains(&RequestKey::Audit) && !ordinary.contains(&RequestKey::AtOnce));
        let all = keys(PlanOptions { audit: true, at_once: true });
        assert_eq!(all.len(), ordinary.len() + 2);
        assert_eq!(all.last(), Some(&RequestKey::AtOnce), "what may be throttled comes last");
        assert_eq!(requests_max(&plan(date(2026, 11, 30), PlanOptions::default())), 41);
    }

    #[test]
    fn what_stands_for_something_else_is_found_where_it_is_put_in() {
        let plan = plan(date(2026, 11, 30), PlanOptions { audit: true, at_once: true });
        let path = |key| &plan.iter().find(|request| request.key == key).unwrap().path;
        assert!(path(RequestKey::FilteredDays).ends_with("createdDateTime ge 2026-11-27T00:00:00Z"));
        assert!(path(RequestKey::FilteredProfiles).ends_with(&format!("controlCategory eq '{FILTERED_CATEGORY}'")));
        assert!(path(RequestKey::ManyTerms).ends_with(MANY_TERMS) && MANY_TERMS.contains(&format!("'{FILTERED_CATEGORY}', {TERMS} times")));
        assert!(path(RequestKey::SecondById).ends_with(ID_OF_A_DAY) && path(RequestKey::ProfileById).ends_with(ID_OF_A_PROFILE));
    }

    #[test]
    fn an_id_of_other_characters_is_put_into_no_path() {
        let plan = plan(date(2026, 11, 30), PlanOptions::default());
        let by_id = plan.iter().find(|request| request.key == RequestKey::SecondById).unwrap();
        assert_eq!(by_id.path_with("a-1_2026-11-29").as_deref(), Some("v1.0/security/secureScores/a-1_2026-11-29"));
        for id in ["", ".", "..", "../x", "a/b", "a?b", "a b", "%2e"] {
            assert_eq!(by_id.path_with(id), None, "{id}");
        }
        assert_eq!(by_id.shown(), "GET secureScores/{id of the second day}");
        let profile = plan.iter().find(|request| request.key == RequestKey::ProfileById).unwrap();
        assert_eq!(profile.path_with("7.MDA_x").as_deref(), Some("v1.0/security/secureScoreControlProfiles/7.MDA_x"));
        let many = plan.iter().find(|request| request.key == RequestKey::ManyTerms).unwrap();
        assert_eq!(many.path_as_planned().matches(" or ").count(), 16);
    }
}
