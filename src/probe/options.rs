//! Which query options are taken, and honoured? Scorewatch relies on none of them but `$top`.

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::Value;

use super::{
    observed::{Observations, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::{FILTER_DAYS, RequestKey},
};

const HERE: Section = Section::Options;
/// How many there are, where that is told.
const COUNT: &str = "@odata.count";

/// What is said about query options.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    vec![
        HERE.point("options.orderby", "$orderby=createdDateTime asc for days", ordered(seen)),
        HERE.point("options.filter", "$filter on createdDateTime for days", filtered(seen)),
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
        HERE.point("options.countDays", "$count=true for days", counted(seen, RequestKey::CountedDays)),
        HERE.point("options.countProfiles", "$count=true for profiles", counted(seen, RequestKey::CountedProfiles)),
    ]
}

fn moments(days: &[&Value]) -> Vec<Timestamp> {
    days.iter().filter_map(|day| text(day, "createdDateTime")?.parse().ok()).collect()
}

/// What is told of an option that was taken.
fn taken(honoured: bool) -> ProbeFinding {
    ProbeFinding::Seen(if honoured { "taken and honoured" } else { "taken (200), not honoured" }.to_owned())
}

fn ordered(seen: &Observations) -> ProbeFinding {
    let days = match (seen.entries(RequestKey::OrderedDays), seen.entries(RequestKey::Newest)) {
        (Err(why), _) => return ProbeFinding::because(why),
        (Ok(ordered), newest) => (ordered, newest.unwrap_or_default()),
    };
    let (ordered, newest) = (moments(&days.0), moments(&days.1));
    match (ordered.first(), newest.first()) {
        (Some(first), Some(newest)) => taken(ordered.is_sorted() && first < newest),
        _ => ProbeFinding::Unanswered("no day came to compare".to_owned()),
    }
}

fn filtered(seen: &Observations) -> ProbeFinding {
    ProbeFinding::of(seen.entries(RequestKey::FilteredDays), |days| {
        let since = seen.at.to_zoned(TimeZone::UTC).date().saturating_sub(FILTER_DAYS.days());
        let moments = moments(&days);
        if moments.is_empty() {
            return ProbeFinding::Seen("taken (200), no day came".to_owned());
        }
        taken(moments.iter().all(|moment| moment.to_zoned(TimeZone::UTC).date() >= since))
    })
}

fn skipped(seen: &Observations) -> ProbeFinding {
    let (skipped, newest) = match (seen.entries(RequestKey::Second), seen.entries(RequestKey::Newest)) {
        (Err(why), _) | (_, Err(why)) => return ProbeFinding::because(why),
        (Ok(skipped), Ok(newest)) => (moments(&skipped), moments(&newest)),
    };
    match (skipped.first(), newest.first()) {
        (Some(skipped), Some(newest)) => taken(skipped != newest),
        _ => ProbeFinding::Unanswered("no day came to compare".to_owned()),
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

fn counted(seen: &Observations, key: RequestKey) -> ProbeFinding {
    ProbeFinding::of(seen.page(key), |page| taken(page.envelope.get(COUNT).is_some_and(Value::is_number)))
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

    fn told(key: RequestKey, entries: Value, point: &str) -> String {
        let mut exchanges = days(json!([{"createdDateTime": "2026-11-30T00:00:00Z"}, {"createdDateTime": "2026-11-29T00:00:00Z"}]));
        exchanges.extend(answer(key, page(entries)));
        match found(points(&observed(exchanges)), point) {
            ProbeFinding::Seen(seen) => seen,
            other => panic!("{other:?}"),
        }
    }

    const HONOURED: &str = "taken and honoured";
    const IGNORED: &str = "taken (200), not honoured";

    #[test]
    fn an_option_is_honoured_or_only_taken() {
        let day = |day: &str| json!([{ "createdDateTime": format!("2026-{day}T00:00:00Z") }]);
        assert_eq!(told(RequestKey::OrderedDays, day("09-01"), "options.orderby"), HONOURED);
        assert_eq!(told(RequestKey::OrderedDays, day("11-30"), "options.orderby"), IGNORED);
        assert_eq!(told(RequestKey::FilteredDays, day("11-27"), "options.filter"), HONOURED);
        assert_eq!(told(RequestKey::FilteredDays, day("11-26"), "options.filter"), IGNORED);
        assert_eq!(told(RequestKey::FilteredDays, json!([]), "options.filter"), "taken (200), no day came");
        assert_eq!(told(RequestKey::Second, day("11-29"), "options.skip"), HONOURED);
        assert_eq!(told(RequestKey::Second, day("11-30"), "options.skip"), IGNORED);
        let two = json!([{"createdDateTime": "x", "currentScore": 1, "@odata.type": "x"}]);
        assert_eq!(told(RequestKey::SelectedDay, two, "options.selectDays"), HONOURED);
        assert_eq!(told(RequestKey::SelectedProfile, json!([{"id": "x", "maxScore": 1, "title": "x"}]), "options.selectProfiles"), IGNORED);
    }

    #[test]
    fn a_count_stands_beside_the_list() {
        let with = |body: Value| {
            let page = ProbePage::of(body.to_string().as_bytes(), Vec::new(), Duration::ZERO, Keeps::Heads).unwrap();
            found(points(&observed(answer(RequestKey::CountedDays, page))), "options.countDays")
        };
        assert_eq!(with(json!({"@odata.count": 90, "value": []})), ProbeFinding::Seen(HONOURED.to_owned()));
        assert_eq!(with(json!({"value": []})), ProbeFinding::Seen(IGNORED.to_owned()));
    }
}
