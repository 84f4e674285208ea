//! Which query options are taken, and honoured? Scorewatch relies on none of them but `$top`.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::{
    days::{date, moments},
    observed::{Observations, Unanswered, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::{FILTERED_CATEGORY, RequestKey},
};

const HERE: Section = Section::Options;
/// How many there are, where that is told.
const COUNT: &str = "@odata.count";

/// What is said about query options.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    vec![
        HERE.point("options.orderby", "$orderby=createdDateTime asc for days", ordered(seen)),
        HERE.point("options.filter", "$filter on createdDateTime for days", filtered(seen)),
        HERE.point("options.filterProfiles", "$filter on controlCategory for profiles", by_category(seen, RequestKey::FilteredProfiles)),
        HERE.point("options.manyTerms", "the same with 17 terms joined by or", by_category(seen, RequestKey::ManyTerms)),
        HERE.point("options.profileById", "a profile by its id", profile_by_id(seen)),
        HERE.point("options.skip", "$skip=1 for days", skipped(seen)),
        HERE.point(
            "options.selectDays",
            "$select of two members of a day",
            selected(seen, RequestKey::SelectedDay, &["createdDateTime", "currentScore"]),
        ),
        HERE.point(
            "options.selectProfiles",
            "$select of two members of a profile",
            selected(seen, RequestKey::SelectedProfile, &["id", "maxScore"]),
        ),
        HERE.point("options.countDays", "$count=true for days", counted(seen, RequestKey::CountedDays, RequestKey::Ninety)),
        HERE.point("options.countProfiles", "$count=true for profiles", counted(seen, RequestKey::CountedProfiles, RequestKey::Catalogue)),
    ]
}

/// What is told of an option that was taken.
fn taken(honoured: bool) -> ProbeFinding {
    ProbeFinding::Seen(if honoured { "taken and honoured" } else { "taken (200), not honoured" }.to_owned())
}

/// The dates of days in UTC.
fn dates(days: &[&Value]) -> BTreeSet<Date> {
    days.iter().filter_map(|day| date(day)).collect()
}

/// The moments of all days, and those that came of `key`; why nothing follows where there are not two days to tell apart.
fn against_all(seen: &Observations, key: RequestKey) -> Result<(Vec<Timestamp>, Vec<Timestamp>), ProbeFinding> {
    let all = seen.entries(RequestKey::Ninety).map(|days| moments(&days)).map_err(ProbeFinding::because)?;
    let came = seen.entries(key).map(|days| moments(&days)).map_err(ProbeFinding::because)?;
    if all.iter().collect::<BTreeSet<_>>().len() < 2 {
        return Err(ProbeFinding::Unanswered("taken (200); fewer than two days cannot tell whether it is honoured".to_owned()));
    }
    Ok((all, came))
}

fn ordered(seen: &Observations) -> ProbeFinding {
    let (all, came) = match against_all(seen, RequestKey::OrderedDays) {
        Ok(both) => both,
        Err(why) => return why,
    };
    if all.is_sorted() {
        return ProbeFinding::Unanswered("taken (200); days come oldest first without it, too".to_owned());
    }
    match came.first().zip(all.iter().min()) {
        Some((first, oldest)) => taken(came.is_sorted() && first <= oldest),
        None => ProbeFinding::Unanswered("taken (200), no day came to compare".to_owned()),
    }
}

fn filtered(seen: &Observations) -> ProbeFinding {
    let (all, came) = match (seen.entries(RequestKey::Ninety), seen.entries(RequestKey::FilteredDays)) {
        (Ok(all), Ok(came)) => (dates(&all), dates(&came)),
        (_, Err(why)) | (Err(why), _) => return ProbeFinding::because(why),
    };
    let since = seen.filtered_since();
    if all.first().is_none_or(|oldest| *oldest >= since) {
        return ProbeFinding::Unanswered("taken (200); no day lies before the date, which could tell whether it is honoured".to_owned());
    }
    let wanted: BTreeSet<Date> = all.into_iter().filter(|date| *date >= since).collect();
    match (came == wanted, came.is_empty()) {
        (true, true) => ProbeFinding::Seen("taken and honoured: no day lies behind the date, and none came".to_owned()),
        (true, false) => taken(true),
        (false, true) => ProbeFinding::Seen("taken (200), no day came".to_owned()),
        (false, false) if came.is_subset(&wanted) => ProbeFinding::Seen("taken (200), only some of the days came".to_owned()),
        (false, false) => taken(false),
    }
}

/// Whether the profiles of a category came, and no others.
fn by_category(seen: &Observations, key: RequestKey) -> ProbeFinding {
    let (all, page) = match (seen.entries(RequestKey::Catalogue), seen.page(key)) {
        (Ok(all), Ok(page)) => (all, page),
        (_, Err(why)) | (Err(why), _) => return ProbeFinding::because(why),
    };
    let is_meant = |profile: &Value| text(profile, "controlCategory") == Some(FILTERED_CATEGORY);
    let wanted = all.iter().filter(|profile| is_meant(profile)).count();
    if wanted == 0 || wanted == all.len() {
        return ProbeFinding::Unanswered("taken (200); profiles of one category cannot tell whether it is honoured".to_owned());
    }
    let came = page.entries.len();
    if came == 0 {
        return ProbeFinding::Seen("taken (200), with an empty list".to_owned());
    }
    if came < wanted && page.next_link().is_none() {
        return ProbeFinding::Seen("taken (200), only some of the profiles came".to_owned());
    }
    taken(page.entries.iter().all(is_meant))
}

/// Whether the profile came that was asked for.
fn profile_by_id(seen: &Observations) -> ProbeFinding {
    ProbeFinding::of(seen.entries(RequestKey::ProfileById), |came| {
        let id = came.first().and_then(|profile| text(profile, "id"));
        let same = id.is_some() && id == seen.id_of_first_profile().ok();
        ProbeFinding::Seen(if same { "it came" } else { "something else came" }.to_owned())
    })
}

impl Observations {
    /// The id of the first profile, by which it can be asked for; or why there is none.
    pub fn id_of_first_profile(&self) -> Result<&str, Unanswered> {
        let profiles = self.entries(RequestKey::Catalogue).map_err(Clone::clone)?;
        let id = profiles.first().and_then(|profile| text(profile, "id"));
        id.ok_or_else(|| Unanswered::NotAsked("there is no profile with an id".into()))
    }
}

fn skipped(seen: &Observations) -> ProbeFinding {
    let (came, newest) = match (against_all(seen, RequestKey::Second), seen.entries(RequestKey::Newest)) {
        (Err(why), _) => return why,
        (_, Err(why)) => return ProbeFinding::because(why),
        (Ok((_, came)), Ok(newest)) => (came, moments(&newest)),
    };
    match (came.first(), newest.first()) {
        (Some(skipped), Some(newest)) => taken(skipped != newest),
        _ => ProbeFinding::Unanswered("taken (200), no day came to compare".to_owned()),
    }
}

/// Whether only the `wanted` members came.
fn selected(seen: &Observations, key: RequestKey, wanted: &[&str]) -> ProbeFinding {
    ProbeFinding::of(seen.entries(key), |entries| {
        let Some(Value::Object(entry)) = entries.first() else { return ProbeFinding::Unanswered("nothing came".to_owned()) };
        let others = entry.keys().filter(|name| !wanted.contains(&name.as_str()) && !name.starts_with('@') && *name != "id").count();
        let all = wanted.iter().all(|name| entry.contains_key(*name));
        taken(all && others == 0)
    })
}

/// Whether the number beside the list is how many there are, which is told from all that were read.
fn counted(seen: &Observations, key: RequestKey, whole: RequestKey) -> ProbeFinding {
    ProbeFinding::of(seen.page(key), |page| {
        let Some(told) = page.envelope.get(COUNT).and_then(Value::as_u64) else { return taken(false) };
        let complete = seen.exchanges.get(&whole).is_some_and(|exchange| exchange.ended.is_none());
        let Some(all) = seen.entries(whole).ok().filter(|_| complete) else {
            return ProbeFinding::Unanswered("taken (200), with a number; not all were read, to compare it with".to_owned());
        };
        let is = |number: usize| u64::try_from(number).is_ok_and(|number| number == told);
        let here = page.entries.len();
        match (is(all.len()), is(here)) {
            (true, true) => ProbeFinding::Unanswered("taken (200); there are no more than on the page, which cannot tell".to_owned()),
            (true, false) => taken(true),
            (false, true) => ProbeFinding::Seen("taken (200), with the number on the page in place of all".to_owned()),
            (false, false) => ProbeFinding::Seen("taken (200), with another number than were read".to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::probe::{
        ProbePage,
        requests::Keeps,
        sample::{answer, days, found, observed, page},
    };

    fn day(day: &str) -> Value {
        json!({ "createdDateTime": format!("2026-{day}T00:00:00Z") })
    }

    fn finding(all: Value, key: RequestKey, entries: Value, point: &str) -> ProbeFinding {
        let mut exchanges = days(all);
        exchanges.extend(answer(key, page(entries)));
        found(points(&observed(exchanges)), point)
    }

    fn told(key: RequestKey, entries: Value, point: &str) -> String {
        match finding(json!([day("11-30"), day("11-29"), day("09-01")]), key, entries, point) {
            ProbeFinding::Seen(seen) => seen,
            other @ (ProbeFinding::AsAssumed(_) | ProbeFinding::Otherwise(..) | ProbeFinding::Unanswered(_)) => panic!("{other:?}"),
        }
    }

    const HONOURED: &str = "taken and honoured";
    const IGNORED: &str = "taken (200), not honoured";

    #[test]
    fn an_option_is_honoured_or_only_taken() {
        let one = |date: &str| json!([day(date)]);
        assert_eq!(told(RequestKey::OrderedDays, json!([day("09-01"), day("11-29")]), "options.orderby"), HONOURED);
        assert_eq!(told(RequestKey::OrderedDays, json!([day("11-30"), day("11-29")]), "options.orderby"), IGNORED);
        assert_eq!(told(RequestKey::FilteredDays, json!([day("11-30"), day("11-29")]), "options.filter"), HONOURED);
        assert_eq!(told(RequestKey::FilteredDays, json!([day("11-30"), day("11-29"), day("09-01")]), "options.filter"), IGNORED);
        assert_eq!(told(RequestKey::FilteredDays, one("11-30"), "options.filter"), "taken (200), only some of the days came");
        assert_eq!(told(RequestKey::FilteredDays, json!([]), "options.filter"), "taken (200), no day came");
        assert_eq!(told(RequestKey::Second, one("11-29"), "options.skip"), HONOURED);
        assert_eq!(told(RequestKey::Second, one("11-30"), "options.skip"), IGNORED);
        let two = json!([{"createdDateTime": "x", "currentScore": 1, "@odata.type": "x"}]);
        assert_eq!(told(RequestKey::SelectedDay, two, "options.selectDays"), HONOURED);
        assert_eq!(told(RequestKey::SelectedProfile, json!([{"id": "x", "maxScore": 1, "title": "x"}]), "options.selectProfiles"), IGNORED);
    }

    #[test]
    fn days_that_cannot_tell_answer_nothing() {
        let one = || json!([day("11-30")]);
        for (all, key, came, point) in [
            (one(), RequestKey::OrderedDays, one(), "options.orderby"),
            (one(), RequestKey::Second, json!([]), "options.skip"),
            (json!([day("11-29"), day("11-30")]), RequestKey::OrderedDays, json!([day("11-29"), day("11-30")]), "options.orderby"),
            (json!([day("11-30"), day("11-29")]), RequestKey::FilteredDays, json!([day("11-30"), day("11-29")]), "options.filter"),
        ] {
            let finding = finding(all, key, came, point);
            assert!(matches!(finding, ProbeFinding::Unanswered(_)), "{point}: {finding:?}");
        }
    }

    #[test]
    fn profiles_are_filtered_or_not() {
        let of = |category: &str| json!({"id": "secret", "controlCategory": category});
        let all = json!([of("Identity"), of("Identity"), of("Data")]);
        let told = |all: &Value, came: Value, key| {
            let mut exchanges = answer(RequestKey::Catalogue, page(all.clone()));
            exchanges.extend(answer(RequestKey::ManyTerms, page(came.clone())));
            exchanges.extend(answer(RequestKey::ProfileById, page(came)));
            found(points(&observed(exchanges)), key)
        };
        let seen = |words: &str| ProbeFinding::Seen(words.to_owned());
        for (came, words) in [
            (json!([of("Identity"), of("Identity")]), HONOURED),
            (all.clone(), IGNORED),
            (json!([]), "taken (200), with an empty list"),
            (json!([of("Identity")]), "taken (200), only some of the profiles came"),
        ] {
            assert_eq!(told(&all, came, "options.manyTerms"), seen(words));
        }
        let one_category = json!([of("Identity")]);
        assert!(matches!(told(&one_category, one_category.clone(), "options.manyTerms"), ProbeFinding::Unanswered(_)));
        assert_eq!(told(&all, json!([of("Identity")]), "options.profileById"), seen("it came"));
        assert_eq!(told(&all, json!([{"id": "other"}]), "options.profileById"), seen("something else came"));
    }

    #[test]
    fn a_count_is_of_all_or_it_is_not_honoured() {
        let with = |told: Value, all: usize| {
            let all: Value = (0..all).map(|_| json!({})).collect();
            let page = ProbePage::of(
                json!({"@odata.count": told, "value": [{}]}).to_string().as_bytes(),
                Vec::new(),
                Duration::ZERO,
                Keeps::Heads,
            );
            let mut exchanges = days(all);
            exchanges.extend(answer(RequestKey::CountedDays, page.unwrap()));
            found(points(&observed(exchanges)), "options.countDays")
        };
        assert_eq!(with(json!(3), 3), ProbeFinding::Seen(HONOURED.to_owned()));
        assert_eq!(with(json!(null), 3), ProbeFinding::Seen(IGNORED.to_owned()));
        assert_eq!(with(json!(1), 3), ProbeFinding::Seen("taken (200), with the number on the page in place of all".to_owned()));
        assert_eq!(with(json!(7), 3), ProbeFinding::Seen("taken (200), with another number than were read".to_owned()));
        assert!(matches!(with(json!(1), 1), ProbeFinding::Unanswered(_)));
    }
}
