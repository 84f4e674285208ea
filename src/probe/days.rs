//! Which days come, in which order, with which times, and which of them have details?

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    observed::{Observations, Unanswered, list, says, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    safe::hours,
    tally::WordTally,
};
use crate::text::count;

const HERE: Section = Section::Days;
/// What only a rich day says of a control.
const DETAILS: [&str; 5] = ["description", "lastSynced", "count", "total", "on"];
/// Why poor older days say nothing.
const NONE_TO_COMPARE: &str = "the newest day has no details either";
const SECONDS_OF_A_DAY: i64 = 86_400;

/// What is said about days.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let days = || seen.entries(RequestKey::Ninety);
    let on_days = |found: fn(&[&Value]) -> ProbeFinding| ProbeFinding::of(days(), |days| with_days(&days, found));
    vec![
        HERE.point("days.held", "days that came", on_days(held)),
        HERE.point("days.order", "order of the days", on_days(order)),
        HERE.point("days.stable", "the same days in the same order when asked again", stable(seen)),
        HERE.point("days.times", "time of createdDateTime", on_days(times)),
        HERE.point("days.duplicates", "days that came more than once", on_days(duplicates)),
        HERE.point("days.gaps", "days missing between the newest and the oldest", on_days(gaps)),
        HERE.point("days.ids", "a day's id is {tenant}_{its date}", on_days(ids)),
        HERE.point("days.age", "age of the newest day", ProbeFinding::of(days(), |days| age(&days, seen.at))),
        HERE.point("days.newestDetails", "details on the newest day", on_days(newest_details)),
        HERE.point("days.olderDetails", "details on older days", on_days(older_details)),
        HERE.point("days.secondAlone", "details on the second day when it is asked for alone", alone(seen, RequestKey::Second)),
        HERE.point("days.secondById", "details on the second day when it is asked for by its id", alone(seen, RequestKey::SecondById)),
        HERE.point("days.lag", "lastSynced of a control lies before its day", on_days(lag)),
    ]
}

/// What is `found` on days, if there are any.
fn with_days(days: &[&Value], found: fn(&[&Value]) -> ProbeFinding) -> ProbeFinding {
    if days.is_empty() { ProbeFinding::Unanswered("the tenant has no day".to_owned()) } else { found(days) }
}

/// When a day was created.
fn moment(day: &Value) -> Option<Timestamp> {
    text(day, "createdDateTime")?.parse().ok()
}

/// The day in UTC.
pub(super) fn date(day: &Value) -> Option<Date> {
    Some(moment(day)?.to_zoned(TimeZone::UTC).date())
}

/// The moments of the days in the order in which they came.
pub(super) fn moments(days: &[&Value]) -> Vec<Timestamp> {
    days.iter().filter_map(|day| moment(day)).collect()
}

/// How many days from one date to another.
fn between(from: Date, to: Date) -> usize {
    usize::try_from(from.duration_until(to).as_hours() / 24).unwrap_or_default()
}

fn held(days: &[&Value]) -> ProbeFinding {
    let dates: BTreeSet<Date> = days.iter().filter_map(|day| date(day)).collect();
    let Some(span) = dates.first().zip(dates.last()).map(|(from, to)| between(*from, *to) + 1) else {
        return ProbeFinding::Unanswered("no day has a readable date".to_owned());
    };
    ProbeFinding::judged(format!("{} over a span of {}", count(days.len(), "day"), count(span, "day")), span <= 90, "90 days at most")
}

fn order(days: &[&Value]) -> ProbeFinding {
    let moments = moments(days);
    let different = moments.iter().collect::<BTreeSet<_>>().len();
    if different < 2 {
        return ProbeFinding::Unanswered("fewer than two days with dates of their own came".to_owned());
    }
    let seen = match (moments.is_sorted_by(|a, b| a >= b), moments.is_sorted()) {
        (true, _) => "newest first",
        (false, true) => "oldest first",
        (false, false) => "neither newest nor oldest first",
    };
    ProbeFinding::judged(format!("{seen}, of {}", count(different, "day")), seen == "newest first", "newest first")
}

fn stable(seen: &Observations) -> ProbeFinding {
    let (first, again) = match (seen.entries(RequestKey::Ninety), seen.entries(RequestKey::NewestAgain)) {
        (Ok(first), Ok(again)) => (first, again),
        (Err(why), _) | (_, Err(why)) => return ProbeFinding::because(why),
    };
    let newest_two = |days: &[&Value]| days.iter().take(2).map(|day| moment(day)).collect::<Vec<_>>();
    let (first, again) = (newest_two(&first), newest_two(&again));
    if first.iter().flatten().count() < 2 {
        return ProbeFinding::Unanswered("fewer than two days with dates came".to_owned());
    }
    let same = first == again;
    let words = if same { "yes" } else { "no, other days came first" };
    ProbeFinding::judged(words.to_owned(), same, "the order is stable")
}

fn times(days: &[&Value]) -> ProbeFinding {
    let class = |day: &&Value| {
        let Some(sent) = text(day, "createdDateTime") else { return "missing" };
        match sent.parse::<Timestamp>() {
            Err(_) => "not readable as ISO 8601 with an offset",
            Ok(_) if !sent.ends_with('Z') => "with another offset than Z",
            Ok(moment) if moment.as_second().rem_euclid(SECONDS_OF_A_DAY) == 0 && moment.subsec_nanosecond() == 0 => "midnight Z",
            Ok(_) => "another time Z",
        }
    };
    let tally: WordTally = days.iter().map(class).collect();
    ProbeFinding::judged(tally.words("none"), tally.all(|class| class == "midnight Z"), "midnight Z")
}

fn duplicates(days: &[&Value]) -> ProbeFinding {
    let dates: Vec<Date> = days.iter().filter_map(|day| date(day)).collect();
    if dates.len() < 2 {
        return ProbeFinding::Unanswered("fewer than two days with dates came".to_owned());
    }
    let doubled = dates.len() - dates.iter().collect::<BTreeSet<_>>().len();
    ProbeFinding::judged(if doubled == 0 { "none".to_owned() } else { count(doubled, "duplicate") }, doubled == 0, "one entry a day")
}

fn gaps(days: &[&Value]) -> ProbeFinding {
    let dates: BTreeSet<Date> = days.iter().filter_map(|day| date(day)).collect();
    if dates.len() < 2 {
        return ProbeFinding::Unanswered("fewer than two days with dates of their own came".to_owned());
    }
    let span = dates.first().zip(dates.last()).map_or(0, |(from, to)| between(*from, *to) + 1);
    let missing = span.saturating_sub(dates.len());
    ProbeFinding::Seen(if missing == 0 { "none".to_owned() } else { count(missing, "day") })
}

fn ids(days: &[&Value]) -> ProbeFinding {
    let class = |day: &&Value| {
        let (Some(id), Some(tenant)) = (text(day, "id"), text(day, "azureTenantId")) else { return "no id or no tenant" };
        match id.strip_prefix(tenant).and_then(|rest| rest.strip_prefix('_')) {
            Some(rest) if rest.parse().ok() == date(day) => "yes",
            Some(rest) if rest.parse::<Date>().is_ok() => "with another date",
            _ => "another form",
        }
    };
    let tally: WordTally = days.iter().map(class).collect();
    ProbeFinding::judged(tally.words("none"), tally.all(|class| class == "yes"), "yes")
}

fn age(days: &[&Value], at: Timestamp) -> ProbeFinding {
    let Some(newest) = moments(days).into_iter().max() else {
        return ProbeFinding::Unanswered("no day with a readable date came".to_owned());
    };
    let class = hours(at.as_second() - newest.as_second());
    ProbeFinding::judged(class.to_owned(), matches!(class, "below 24 h" | "24 to 48 h"), "below 48 h")
}

/// Whether a control has what only a rich day says.
fn has_details(control: &Value) -> bool {
    DETAILS.iter().any(|member| says(control, member))
}

fn is_rich(day: &Value) -> bool {
    list(day, "controlScores").iter().any(has_details)
}

/// How many controls carry each detail.
fn details(day: &Value) -> String {
    let controls = list(day, "controlScores");
    let carried = DETAILS.iter().chain(&["implementationStatus"]);
    let carried = carried.map(|member| format!("{member} on {}", controls.iter().filter(|control| says(control, member)).count()));
    format!("of {}: {}", count(controls.len(), "control"), carried.collect::<Vec<_>>().join(", "))
}

/// The days, newest first, whatever the order in which they came.
fn newest_first<'v>(days: &[&'v Value]) -> Vec<&'v Value> {
    let mut sorted = days.to_vec();
    sorted.sort_by_key(|day| std::cmp::Reverse(moment(day)));
    sorted
}

fn newest_details(days: &[&Value]) -> ProbeFinding {
    let days = newest_first(days);
    if list(days[0], "controlScores").is_empty() {
        return ProbeFinding::Unanswered("the newest day has no controls".to_owned());
    }
    ProbeFinding::judged(details(days[0]), is_rich(days[0]), "the newest day has details")
}

/// The days of other moments than the newest, newest first.
fn older<'v>(days: &[&'v Value]) -> Vec<&'v Value> {
    let days = newest_first(days);
    let newest = days.first().and_then(|day| moment(day));
    days.into_iter().filter(|day| moment(day) != newest).collect()
}

fn older_details(days: &[&Value]) -> ProbeFinding {
    let older = older(days);
    let Some(second) = older.first() else { return ProbeFinding::Unanswered("there is no older day".to_owned()) };
    let rich = older.iter().filter(|day| is_rich(day)).count();
    if rich == 0 && older.iter().all(|day| list(day, "controlScores").is_empty()) {
        return ProbeFinding::Unanswered("no older day has controls".to_owned());
    }
    if rich == 0 && !newest_first(days).first().is_some_and(|day| is_rich(day)) {
        return ProbeFinding::Unanswered(NONE_TO_COMPARE.to_owned());
    }
    let furthest = older.iter().rposition(|day| is_rich(day));
    let furthest = furthest.map_or_else(String::new, |at| format!(", the furthest back is number {} of them", at + 1));
    let empty = older.iter().filter(|day| list(day, "controlScores").is_empty()).count();
    let empty = if empty > 0 { format!("; {} without controls", count(empty, "day")) } else { String::new() };
    let words = format!("{rich} of {} with any{furthest}{empty}; the second day, {}", count(older.len(), "older day"), details(second));
    ProbeFinding::judged(words, rich == 0, "only the newest day has details")
}

fn alone(seen: &Observations, key: RequestKey) -> ProbeFinding {
    ProbeFinding::of(seen.entries(key), |days| {
        let Some(day) = days.first() else { return ProbeFinding::Unanswered("nothing came".to_owned()) };
        let newest = seen.newest().ok().and_then(|days| days.first().and_then(|day| moment(day)));
        if moment(day).is_some() && moment(day) == newest {
            return ProbeFinding::Unanswered("the newest day came in its place".to_owned());
        }
        if list(day, "controlScores").is_empty() {
            return ProbeFinding::Unanswered("it came without controls".to_owned());
        }
        if !is_rich(day) && !seen.newest().is_ok_and(|days| days.first().is_some_and(|day| is_rich(day))) {
            return ProbeFinding::Unanswered(NONE_TO_COMPARE.to_owned());
        }
        ProbeFinding::judged(details(day), !is_rich(day), "an older day has no details, however it is asked for")
    })
}

fn lag(days: &[&Value]) -> ProbeFinding {
    let mut tally = WordTally::default();
    for day in days {
        let Some(moment) = moment(day) else { continue };
        for synced in list(day, "controlScores").iter().filter_map(|control| text(control, "lastSynced")) {
            let synced = synced.parse::<Timestamp>();
            tally.add(synced.map_or("not readable", |synced| match hours(moment.as_second() - synced.as_second()) {
                "in the future" => "after the day's own time",
                "below 24 h" | "24 to 48 h" => "up to 2 days",
                class => class,
            }));
        }
    }
    if tally.is_empty() {
        ProbeFinding::Unanswered("no control has lastSynced".to_owned())
    } else {
        ProbeFinding::Seen(tally.words("none"))
    }
}

impl Observations {
    /// The newest day, wherever it stands among those that came: one at most.
    pub(super) fn newest(&self) -> Result<Vec<&Value>, &Unanswered> {
        let days = self.entries(RequestKey::Ninety).or_else(|_| self.entries(RequestKey::Newest))?;
        Ok(newest_first(&days).into_iter().take(1).collect())
    }

    /// The id of the second newest day, by which it can be asked for; or why there is none.
    pub fn id_of_second_day(&self) -> Result<&str, Unanswered> {
        let days = self.entries(RequestKey::Ninety).map_err(Clone::clone)?;
        let second = older(&days).first().and_then(|day| text(day, "id"));
        second.ok_or_else(|| Unanswered::NotAsked("there is no second day".into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{answer, days as sample_days, found, observed, page};

    fn told(days: Value, key: &str) -> ProbeFinding {
        found(points(&observed(sample_days(days))), key)
    }

    fn on(stamps: &[&str]) -> Value {
        stamps.iter().map(|stamp| json!({"createdDateTime": stamp})).collect()
    }

    fn seen(finding: &ProbeFinding) -> (&str, bool) {
        match finding {
            ProbeFinding::AsAssumed(seen) => (seen, true),
            ProbeFinding::Otherwise(seen, _) => (seen, false),
            other @ (ProbeFinding::Seen(_) | ProbeFinding::Unanswered(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn order_times_duplicates_and_gaps() {
        let usual = on(&["2026-11-30T00:00:00Z", "2026-11-29T00:00:00Z", "2026-11-28T00:00:00Z"]);
        let odd = on(&["2026-11-25T06:30:00.5Z", "2026-11-25T08:30:00+02:00", "2026-11-28T00:00:00Z", "soon"]);
        for (key, as_assumed, otherwise) in [
            ("days.order", "newest first, of 3 days", "oldest first, of 2 days"),
            ("days.duplicates", "none", "1 duplicate"),
            (
                "days.times",
                "midnight Z (3)",
                "another time Z (1), midnight Z (1), not readable as ISO 8601 with an offset (1), with another offset than Z (1)",
            ),
            ("days.age", "below 24 h", "48 to 72 h"),
        ] {
            assert_eq!(seen(&told(usual.clone(), key)), (as_assumed, true), "{key}");
            let mut odd = odd.clone();
            if key == "days.order" {
                odd = on(&["2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"]);
            }
            assert_eq!(seen(&told(odd, key)), (otherwise, false), "{key}");
        }
        assert_eq!(told(usual, "days.gaps"), ProbeFinding::Seen("none".to_owned()));
        assert_eq!(told(odd, "days.gaps"), ProbeFinding::Seen("2 days".to_owned()));
        assert_eq!(told(json!([]), "days.order"), ProbeFinding::Unanswered("the tenant has no day".to_owned()));
    }

    #[test]
    fn days_that_cannot_tell_answer_nothing() {
        let none = |finding: ProbeFinding| matches!(finding, ProbeFinding::Unanswered(_));
        let stamp = |day: u8| json!({"createdDateTime": format!("2026-11-{day}T00:00:00Z")});
        assert!(none(told(json!([stamp(30), stamp(30)]), "days.order")), "equal moments have no order");
        assert!(none(told(json!([stamp(30)]), "days.duplicates")));
        assert!(none(told(json!([stamp(30)]), "days.gaps")), "nothing lies between one day and itself");
        assert!(none(told(json!([{}]), "days.held")));
        let stable = |all: Value, again: Value| {
            let mut exchanges = sample_days(all);
            exchanges.extend(answer(RequestKey::NewestAgain, page(again)));
            found(points(&observed(exchanges)), "days.stable")
        };
        assert!(none(stable(json!([]), json!([]))), "nothing is in no order");
        assert!(none(stable(json!([{}, {}]), json!([{}, {}]))));
        assert_eq!(seen(&stable(json!([stamp(30), stamp(29)]), json!([stamp(30), stamp(29)]))), ("yes", true));
        assert!(!seen(&stable(json!([stamp(30), stamp(29)]), json!([stamp(29), stamp(30)]))).1);
        let with = |day: u8, controls: Value| json!({"createdDateTime": format!("2026-11-{day}T00:00:00Z"), "controlScores": controls});
        let (poor, rich, empty) = (json!([{"score": 1}]), json!([{"count": "1"}]), json!([]));
        let cases = [
            (&rich, &poor, "days.olderDetails", false),
            (&rich, &empty, "days.olderDetails", true),
            (&poor, &poor, "days.olderDetails", true),
            (&poor, &rich, "days.olderDetails", false),
            (&empty, &poor, "days.newestDetails", true),
            (&rich, &empty, "days.secondAlone", true),
            (&poor, &poor, "days.secondAlone", true),
            (&rich, &poor, "days.secondAlone", false),
        ];
        for (newest, older, key, unanswered) in cases {
            let older = with(29, older.clone());
            let mut exchanges = sample_days(json!([with(30, newest.clone()), older]));
            exchanges.extend(answer(RequestKey::Second, page(json!([older]))));
            let finding = found(points(&observed(exchanges)), key);
            assert_eq!(none(finding.clone()), unanswered, "{key}: {finding:?}");
        }
    }

    #[test]
    fn details_are_counted_on_the_newest_and_on_older_days() {
        let rich = json!({"description": "x", "lastSynced": "2026-11-29T00:00:00Z", "implementationStatus": "y"});
        let hollow = json!({"description": null, "implementationStatus": "You have 0 of 0"});
        let days = |older: &Value| {
            json!([
                {"createdDateTime": "2026-11-30T00:00:00Z", "controlScores": [rich]},
                {"createdDateTime": "2026-11-29T00:00:00Z", "controlScores": [older]}
            ])
        };
        let newest = told(days(&hollow), "days.newestDetails");
        assert_eq!(
            seen(&newest),
            ("of 1 control: description on 1, lastSynced on 1, count on 0, total on 0, on on 0, implementationStatus on 1", true)
        );
        assert!(seen(&told(days(&hollow), "days.olderDetails")).1);
        let (words, as_assumed) = (told(days(&rich), "days.olderDetails"), false);
        assert!(
            seen(&words).0.starts_with("1 of 1 older day with any, the furthest back is number 1 of them;") && seen(&words).1 == as_assumed,
            "{words:?}"
        );
        assert_eq!(told(days(&rich), "days.lag"), ProbeFinding::Seen("up to 2 days (2)".to_owned()));
    }

    #[test]
    fn an_older_day_alone_is_told_from_the_newest_in_its_place() {
        let mut all = sample_days(on(&["2026-11-30T00:00:00Z", "2026-11-29T00:00:00Z"]));
        all.extend(answer(RequestKey::Second, page(on(&["2026-11-30T00:00:00Z"]))));
        let told = found(points(&observed(all.clone())), "days.secondAlone");
        assert_eq!(told, ProbeFinding::Unanswered("the newest day came in its place".to_owned()));
        let rich = json!([{"createdDateTime": "2026-11-29T00:00:00Z", "controlScores": [{"count": "1"}]}]);
        all.extend(answer(RequestKey::Second, page(rich)));
        assert!(!seen(&found(points(&observed(all)), "days.secondAlone")).1);
    }

    #[test]
    fn an_id_has_the_tenant_and_the_date() {
        let id = |id: &str| json!([{"createdDateTime": "2026-11-30T00:00:00Z", "azureTenantId": "t", "id": id}]);
        assert_eq!(seen(&told(id("t_2026-11-30"), "days.ids")), ("yes (1)", true));
        assert_eq!(seen(&told(id("t_2026-11-29"), "days.ids")), ("with another date (1)", false));
        assert_eq!(seen(&told(id("x"), "days.ids")), ("another form (1)", false));
    }
}
