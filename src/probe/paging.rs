//! How large are pages, and is the size that is asked for honoured?

use super::{
    observed::{Observations, ProbePage},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
};
use crate::text::count;

const HERE: Section = Section::Pages;
/// Parameters by which a next link says where it goes on.
const SKIPS: [&str; 2] = ["$skiptoken", "$skip"];

/// What is said about pages.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let default = |key, noun| ProbeFinding::of(seen.page(key), |page| ProbeFinding::Seen(size(page, noun)));
    vec![
        HERE.point("pages.days1", "days with $top=1", asked(seen, RequestKey::Newest, 1, "day", "one day")),
        HERE.point("pages.days90", "days with $top=90", asked(seen, RequestKey::Ninety, 90, "day", "90 days, or all, on one page")),
        HERE.point("pages.daysDefault", "days without $top", default(RequestKey::DefaultDays, "day")),
        HERE.point("pages.daysRead", "pages of days read with $top=90", read(seen, RequestKey::Ninety, "day")),
        HERE.point("pages.profilesDefault", "profiles without $top", default(RequestKey::Catalogue, "profile")),
        HERE.point("pages.profilesRead", "pages of profiles read without $top", read(seen, RequestKey::Catalogue, "profile")),
        HERE.point("pages.profiles200", "profiles with $top=200", asked(seen, RequestKey::Profiles200, 200, "profile", "200, or all")),
        HERE.point("pages.profiles500", "profiles with $top=500", asked(seen, RequestKey::Profiles500, 500, "profile", "500, or all")),
        HERE.point("pages.profiles999", "profiles with $top=999", asked(seen, RequestKey::Profiles999, 999, "profile", "999, or all")),
        HERE.point("pages.links", "how next links say where they go on", links(seen)),
    ]
}

/// How many entries a page has, and whether another follows.
fn size(page: &ProbePage, noun: &str) -> String {
    let next = if page.next_link().is_some() { "with" } else { "without" };
    format!("{} on the page, {next} a next link", count(page.entries.len(), noun))
}

/// Whether a page has as many entries as were asked for, or all there are.
fn asked(seen: &Observations, key: RequestKey, top: usize, noun: &str, assumes: &'static str) -> ProbeFinding {
    ProbeFinding::of(seen.page(key), |page| {
        let entries = page.entries.len();
        let honoured = entries == top || (entries < top && page.next_link().is_none());
        ProbeFinding::judged(size(page, noun), honoured, assumes)
    })
}

/// How far pages were read, and whether there are more.
fn read(seen: &Observations, key: RequestKey, noun: &str) -> ProbeFinding {
    ProbeFinding::of(seen.pages(key), |pages| {
        let entries = pages.iter().map(|page| page.entries.len()).sum();
        let ended = seen.exchanges.get(&key).and_then(|exchange| exchange.ended.as_ref());
        let ended = ended.map_or_else(|| "all of them".to_owned(), |why| format!("then: {}", why.why()));
        ProbeFinding::Seen(format!("{} on {}, {ended}", count(entries, noun), count(pages.len(), "page")))
    })
}

fn links(seen: &Observations) -> ProbeFinding {
    let links: Vec<&str> = seen.all_pages().filter_map(ProbePage::next_link).collect();
    if links.is_empty() {
        return ProbeFinding::Unanswered("no page had a next link".to_owned());
    }
    let by = |skip: &str| {
        links.iter().filter(|link| link.contains(&format!("{skip}=")) || link.contains(&format!("{}=", skip.replace('$', "%24")))).count()
    };
    let told = SKIPS.map(|skip| (skip, by(skip)));
    let others = links.len() - told.iter().map(|(_, times)| times).sum::<usize>().min(links.len());
    let told = told.into_iter().chain([("another parameter", others)]).filter(|(_, times)| *times > 0);
    let told: Vec<String> = told.map(|(skip, times)| format!("{skip} in {}", count(times, "link"))).collect();
    ProbeFinding::Seen(told.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::probe::{
        Exchange, Unanswered,
        requests::Keeps,
        sample::{answer, found, observed},
    };

    fn page_of(entries: usize, next: Option<&str>) -> ProbePage {
        let body = json!({ "value": vec![json!({}); entries], "@odata.nextLink": next });
        ProbePage::of(body.to_string().as_bytes(), Vec::new(), Duration::ZERO, Keeps::Whole).unwrap()
    }

    fn told(key: RequestKey, entries: usize, next: Option<&str>, point: &str) -> ProbeFinding {
        found(points(&observed(answer(key, page_of(entries, next)))), point)
    }

    #[test]
    fn a_size_is_honoured_by_so_many_or_by_all() {
        let link = Some("https://graph.example/x?$skiptoken=1");
        for (entries, next, honoured) in [(90, link, true), (30, None, true), (30, link, false), (91, None, false)] {
            let finding = told(RequestKey::Ninety, entries, next, "pages.days90");
            assert_eq!(matches!(finding, ProbeFinding::AsAssumed(_)), honoured, "{entries}: {finding:?}");
        }
        let default = told(RequestKey::DefaultDays, 10, link, "pages.daysDefault");
        assert_eq!(default, ProbeFinding::Seen("10 days on the page, with a next link".to_owned()));
    }

    #[test]
    fn a_refusal_names_its_code() {
        let refusal = crate::probe::ProbeRefusal { status: 400, code: Some("BadRequest".to_owned()), retry_after: None };
        let mut seen = observed(std::collections::BTreeMap::new());
        seen.exchanges.insert(RequestKey::Profiles999, Exchange::unanswered(Unanswered::Refused(refusal)));
        let finding = found(points(&seen), "pages.profiles999");
        assert_eq!(finding, ProbeFinding::Unanswered("refused with status 400, code BadRequest".to_owned()));
    }

    #[test]
    fn links_are_told_by_their_parameter_alone() {
        for (link, form) in [
            ("https://a/x?$top=1&$skiptoken=secret", "$skiptoken in 1 link"),
            ("https://a/x?%24skip=7", "$skip in 1 link"),
            ("https://a/x?after=secret", "another parameter in 1 link"),
        ] {
            assert_eq!(told(RequestKey::Newest, 1, Some(link), "pages.links"), ProbeFinding::Seen(form.to_owned()));
        }
        assert!(matches!(told(RequestKey::Newest, 1, None, "pages.links"), ProbeFinding::Unanswered(_)));
    }
}
