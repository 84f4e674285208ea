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
    let default =
        |key, noun| {
            ProbeFinding::of(seen.page(key), |page| {
                if page.entries.is_empty() { too_few(page, noun) } else { ProbeFinding::Seen(size(page, noun)) }
            })
        };
    let of_profiles = |key, top, assumes| asked(seen, (key, RequestKey::Catalogue), top, "profile", assumes);
    vec![
        HERE.point("pages.days1", "days with $top=1", asked(seen, (RequestKey::Newest, RequestKey::DefaultDays), 1, "day", "one day")),
        HERE.point(
            "pages.days90",
            "days with $top=90",
            asked(seen, (RequestKey::Ninety, RequestKey::DefaultDays), 90, "day", "90 days, or all, on one page"),
        ),
        HERE.point("pages.daysDefault", "days without $top", default(RequestKey::DefaultDays, "day")),
        HERE.point("pages.daysRead", "pages of days read with $top=90", read(seen, RequestKey::Ninety, "day")),
        HERE.point("pages.profilesDefault", "profiles without $top", default(RequestKey::Catalogue, "profile")),
        HERE.point("pages.profilesRead", "pages of profiles read without $top", read(seen, RequestKey::Catalogue, "profile")),
        HERE.point("pages.profiles200", "profiles with $top=200", of_profiles(RequestKey::Profiles200, 200, "200, or all")),
        HERE.point("pages.profiles500", "profiles with $top=500", of_profiles(RequestKey::Profiles500, 500, "500, or all")),
        HERE.point("pages.profiles999", "profiles with $top=999", of_profiles(RequestKey::Profiles999, 999, "999, or all")),
        HERE.point("pages.profiles1000", "profiles with $top=1000", default(RequestKey::Profiles1000, "profile")),
        HERE.point("pages.links", "how next links say where they go on", links(seen)),
    ]
}

/// How many entries a page has, and whether another follows.
fn size(page: &ProbePage, noun: &str) -> String {
    let next = if page.next_link().is_some() { "with" } else { "without" };
    format!("{} on the page, {next} a next link", count(page.entries.len(), noun))
}

/// What a page with so few entries says.
fn too_few(page: &ProbePage, noun: &str) -> ProbeFinding {
    ProbeFinding::Unanswered(format!("too few to tell: {}", size(page, noun)))
}

/// Whether a page has as many entries as were asked for, or all there are. All there are say something only if they are more than a page has without a
/// size, and one entry alone only if there is another.
fn asked(seen: &Observations, (key, unsized_key): (RequestKey, RequestKey), top: usize, noun: &str, assumes: &'static str) -> ProbeFinding {
    ProbeFinding::of(seen.page(key), |page| {
        let (entries, more) = (page.entries.len(), page.next_link().is_some());
        let default = seen.page(unsized_key).map(|page| page.entries.len()).ok();
        let tells = if entries < top && !more {
            default.is_some_and(|default| entries > default)
        } else {
            entries != top || top > 1 || more || default.is_some_and(|default| default > 1)
        };
        if !tells {
            return too_few(page, noun);
        }
        ProbeFinding::judged(size(page, noun), entries == top || (entries < top && !more), assumes)
    })
}

/// How far pages were read, and whether there are more.
fn read(seen: &Observations, key: RequestKey, noun: &str) -> ProbeFinding {
    ProbeFinding::of(seen.pages(key), |pages| {
        let entries: usize = pages.iter().map(|page| page.entries.len()).sum();
        if entries == 0 {
            return ProbeFinding::Unanswered(format!("no {noun} came"));
        }
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
        let beside = |default: usize, key: RequestKey, unsized_key: RequestKey, entries: usize, next: Option<&str>, point: &str| {
            let mut exchanges = answer(key, page_of(entries, next));
            exchanges.extend(answer(unsized_key, page_of(default, link)));
            found(points(&observed(exchanges)), point)
        };
        for (entries, next, honoured) in [(90, link, true), (30, None, true), (30, link, false), (91, None, false)] {
            let finding = beside(10, RequestKey::Ninety, RequestKey::DefaultDays, entries, next, "pages.days90");
            assert_eq!(matches!(finding, ProbeFinding::AsAssumed(_)), honoured, "{entries}: {finding:?}");
        }
        // What fits into a page without a size says nothing about sizes.
        for (key, point) in [(RequestKey::Profiles200, "pages.profiles200"), (RequestKey::Profiles999, "pages.profiles999")] {
            let finding = beside(150, key, RequestKey::Catalogue, 150, None, point);
            assert!(matches!(&finding, ProbeFinding::Unanswered(why) if why.starts_with("too few to tell: 150 profiles")), "{finding:?}");
        }
        let few = beside(30, RequestKey::Ninety, RequestKey::DefaultDays, 30, None, "pages.days90");
        assert!(matches!(few, ProbeFinding::Unanswered(_)), "{few:?}");
        assert!(matches!(told(RequestKey::Ninety, 30, None, "pages.days90"), ProbeFinding::Unanswered(_)), "no page to compare with");
        let one = |default| beside(default, RequestKey::Newest, RequestKey::DefaultDays, 1, None, "pages.days1");
        assert!(matches!(one(1), ProbeFinding::Unanswered(_)) && matches!(one(2), ProbeFinding::AsAssumed(_)));
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
