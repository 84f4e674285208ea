//! What does the probe ask? Each request with what it is for; all of them only read.

use jiff::{ToSpan as _, civil::Date};

/// How many pages are read of what may have many days.
pub const DAY_PAGES_MAX: usize = 12;
/// How many pages of profiles are read; the largest tenant known has 462 profiles, 200 a page.
pub const PROFILE_PAGES_MAX: usize = 10;
/// How many requests are sent at once where that was asked for. Graph documents four.
pub const AT_ONCE: usize = 8;
/// How many days back the filter of days begins.
pub const FILTER_DAYS: i64 = 3;

const SCORES: &str = "v1.0/security/secureScores";
const PROFILES: &str = "v1.0/security/secureScoreControlProfiles";
/// Stands in what is shown for the id of a day, which holds the tenant's.
const ID_OF_A_DAY: &str = "{id of the second day}";

/// Stands in what is shown for the id of a profile.
const ID_OF_A_PROFILE: &str = "{id of the first profile}";
/// The category by which profiles are filtered.
pub(super) const FILTERED_CATEGORY: &str = "Identity";
/// Stands in what is shown for a filter that would fill the screen.
const MANY_TERMS: &str = "{controlCategory eq 'Identity', 17 times, joined by or}";
/// One more than Graph is said to take.
const TERMS: usize = 17;

/// Which request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKey {
    /// The newest day.
    Newest,
    /// The newest day as it travels.
    Travelled,
    /// All days, in pages of ninety.
    Ninety,
    /// Days without a size of the page.
    DefaultDays,
    /// The second day alone.
    Second,
    /// The second day by its id.
    SecondById,
    /// Days, oldest first.
    OrderedDays,
    /// Days since a date.
    FilteredDays,
    /// Some members of a day.
    SelectedDay,
    /// A day, and how many there are.
    CountedDays,
    /// All profiles, without a size of the page.
    Catalogue,
    /// Profiles, 200 a page.
    Profiles200,
    /// Profiles, 500 a page.
    Profiles500,
    /// Profiles, 999 a page.
    Profiles999,
    /// Profiles, more a page than is documented.
    Profiles1000,
    /// A profile by its id.
    ProfileById,
    /// Profiles of a category.
    FilteredProfiles,
    /// The same, asked for in more terms than 16.
    ManyTerms,
    /// Some members of a profile.
    SelectedProfile,
    /// A profile, and how many there are.
    CountedProfiles,
    /// The newest days once more.
    NewestAgain,
    /// An entry of the directory's audit log.
    Audit,
    /// The newest day, several times at once.
    AtOnce,
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

/// A request that is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRequest {
    /// Which.
    pub key: RequestKey,
    /// Of which list.
    pub collection: Collection,
    /// Its path and query below Graph's root; an id in it stands in braces until it is known.
    pub path: String,
    /// What it is for.
    pub why: &'static str,
    /// How many pages of it are read at most.
    pub pages_max: usize,
    /// What stays in memory of it.
    pub keeps: Keeps,
}

/// A row of the plan: which request, its query, what for, how many pages, what stays.
type PlannedRow<'q> = (RequestKey, &'q str, &'static str, usize, Keeps);

/// What goes beyond the ordinary plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Ask for an entry of the directory's audit log.
    pub audit: bool,
    /// Send [`AT_ONCE`] requests at once.
    pub at_once: bool,
}

/// What is asked on the day `today`, in this order.
pub fn plan(today: Date, options: PlanOptions) -> Vec<ProbeRequest> {
    use RequestKey as Key;
    let since = today.saturating_sub(FILTER_DAYS.days());
    let filtered = format!("?$top=20&$filter=createdDateTime ge {since}T00:00:00Z");
    let second = format!("/{ID_OF_A_DAY}");
    let days: [PlannedRow<'_>; 10] = [
        (Key::Newest, "?$top=1", "the newest day: may the app read it, members, headers", 1, Keeps::Whole),
        (Key::Travelled, "?$top=1", "the same as it travels: is it packed?", 1, Keeps::Whole),
        (Key::Ninety, "?$top=90", "is $top=90 one page; order, times and details of days; sums", DAY_PAGES_MAX, Keeps::Whole),
        (Key::DefaultDays, "", "how many days a page has by default", 1, Keeps::Heads),
        (Key::Second, "?$top=1&$skip=1", "is $skip taken; does an older day alone have details?", 1, Keeps::Whole),
        (Key::SecondById, second.as_str(), "the same day by its id", 1, Keeps::Whole),
        (Key::OrderedDays, "?$top=2&$orderby=createdDateTime asc", "is $orderby taken and honoured?", 1, Keeps::Heads),
        (Key::FilteredDays, filtered.as_str(), "is $filter taken and honoured?", 1, Keeps::Heads),
        (Key::SelectedDay, "?$top=1&$select=createdDateTime,currentScore", "is $select honoured?", 1, Keeps::Heads),
        (Key::CountedDays, "?$top=1&$count=true", "is $count honoured?", 1, Keeps::Heads),
    ];
    let by_id = format!("/{ID_OF_A_PROFILE}");
    let of_a_category = format!("?$filter=controlCategory eq '{FILTERED_CATEGORY}'");
    let in_many_terms = format!("?$filter={MANY_TERMS}");
    let profiles: [PlannedRow<'_>; 10] = [
        (Key::Catalogue, "", "all profiles: the default page, words, forms, the join with scores", PROFILE_PAGES_MAX, Keeps::Whole),
        (Key::Profiles200, "?$top=200", "is $top=200 one page?", 1, Keeps::Heads),
        (Key::Profiles500, "?$top=500", "is $top=500 one page?", 1, Keeps::Heads),
        (Key::Profiles999, "?$top=999", "is $top=999 one page?", 1, Keeps::Heads),
        (Key::Profiles1000, "?$top=1000", "is more than 999 taken?", 1, Keeps::Heads),
        (Key::ProfileById, by_id.as_str(), "does a profile come by its id?", 1, Keeps::Heads),
        (Key::FilteredProfiles, of_a_category.as_str(), "is $filter taken and honoured?", 1, Keeps::Heads),
        (Key::ManyTerms, in_many_terms.as_str(), "do more than 16 terms lead to an empty list?", 1, Keeps::Heads),
        (Key::SelectedProfile, "?$top=1&$select=id,maxScore", "is $select honoured?", 1, Keeps::Heads),
        (Key::CountedProfiles, "?$top=1&$count=true", "is $count honoured?", 1, Keeps::Heads),
    ];
    let again: [PlannedRow<'_>; 1] = [(Key::NewestAgain, "?$top=2", "do the same days come in the same order again?", 1, Keeps::Heads)];
    let audit: [PlannedRow<'_>; 1] = [(
        Key::Audit,
        "v1.0/auditLogs/directoryAudits?$top=1",
        "may the app read the audit log; its members, the age of the newest",
        1,
        Keeps::Whole,
    )];
    let at_once: [PlannedRow<'_>; 1] =
        [(Key::AtOnce, "?$top=1", "eight at once, four more than documented: is Retry-After sent?", AT_ONCE, Keeps::Heads)];
    let all = [(Collection::Scores, SCORES, &days[..]), (Collection::Profiles, PROFILES, &profiles), (Collection::Scores, SCORES, &again)];
    let extra = [(options.audit, (Collection::Audits, "", &audit[..])), (options.at_once, (Collection::Scores, SCORES, &at_once))];
    let all = all.into_iter().chain(extra.into_iter().filter_map(|(wanted, rows)| wanted.then_some(rows)));
    let requests = all.flat_map(|(collection, root, rows)| rows.iter().map(move |row| request(collection, root, *row)));
    requests.collect()
}

fn request(collection: Collection, root: &str, (key, query, why, pages_max, keeps): PlannedRow<'_>) -> ProbeRequest {
    ProbeRequest { key, collection, path: format!("{root}{query}"), why, pages_max, keeps }
}

/// How many requests a plan comes to at most.
pub fn requests_max(plan: &[ProbeRequest]) -> usize {
    plan.iter().map(|request| request.pages_max).sum()
}

impl ProbeRequest {
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
        let times = if self.key == RequestKey::AtOnce { format!(" ({AT_ONCE} at once)") } else { String::new() };
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
