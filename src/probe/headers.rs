//! How do answers travel? Headers by name, sizes and times by class, clocks, and what is said when there is too much.

use jiff::fmt::rfc2822;

use super::{
    observed::{Observations, ProbePage},
    point::{ProbeFinding, ProbePoint, Section},
    requests::{AT_ONCE, RequestKey},
    safe::{identifier, size, time},
    tally::WordTally,
};
use crate::text::count;

const HERE: Section = Section::Answers;
/// Beginnings of names that are Microsoft's, or of a standard about limits.
const SHOWN: [&str; 4] = ["x-ms-", "ratelimit", "x-ratelimit", "x-throttle"];
/// The status of an answer that asks to slow down.
const THROTTLED: u16 = 429;
/// By how many seconds a clock may be off to be called the same.
const SAME_CLOCK: i64 = 5;

/// What is said about how answers travel.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    vec![
        HERE.point("answers.ids", "request-id and client-request-id", on_pages(seen, ids)),
        HERE.point("answers.caching", "ETag, Last-Modified and Cache-Control", on_pages(seen, caching)),
        HERE.point("answers.names", "x-ms-* and rate-limit headers", on_pages(seen, names)),
        HERE.point("answers.encoding", "how the newest day is packed", encoding(seen)),
        HERE.point(
            "answers.clock",
            "Graph's clock against this machine's",
            on_pages(seen, |pages| ProbeFinding::Seen(clock(pages, seen).to_owned())),
        ),
        HERE.point("answers.bytes", "size of the newest day, of all days on one page, of a page of profiles", sizes(seen)),
        HERE.point("answers.seconds", "time of answers", on_pages(seen, seconds)),
        HERE.point("answers.throttled", "answers that asked to slow down", throttled(seen)),
        HERE.point("answers.atOnce", "requests at once", at_once(seen)),
    ]
}

fn on_pages(seen: &Observations, found: impl FnOnce(&[&ProbePage]) -> ProbeFinding) -> ProbeFinding {
    let pages: Vec<&ProbePage> = seen.all_pages().collect();
    if pages.is_empty() { ProbeFinding::Unanswered("no answer came".to_owned()) } else { found(&pages) }
}

fn header<'p>(page: &'p ProbePage, name: &str) -> Option<&'p str> {
    page.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

fn with(pages: &[&ProbePage], name: &str) -> usize {
    pages.iter().filter(|page| header(page, name).is_some()).count()
}

fn ids(pages: &[&ProbePage]) -> ProbeFinding {
    let [own, client] = ["request-id", "client-request-id"].map(|name| with(pages, name));
    let all = pages.len();
    ProbeFinding::judged(
        format!("request-id in {own}, client-request-id in {client} of {}", count(all, "answer")),
        own == all,
        "request-id in every answer",
    )
}

fn caching(pages: &[&ProbePage]) -> ProbeFinding {
    let directives = pages.iter().filter_map(|page| header(page, "cache-control")).flat_map(|value| value.split(','));
    // The names of directives are a closed list; their values are not needed.
    let known = ["no-cache", "no-store", "private", "public", "max-age", "must-revalidate", "s-maxage", "no-transform", "immutable"];
    let directives: WordTally = directives
        .filter_map(|directive| directive.trim().split('=').next())
        .map(|name| known.iter().find(|known| known.eq_ignore_ascii_case(name)).map_or("another directive", |known| *known))
        .collect();
    let [etag, modified] = ["etag", "last-modified"].map(|name| with(pages, name));
    ProbeFinding::Seen(format!(
        "ETag in {etag}, Last-Modified in {modified} of {}; Cache-Control: {}",
        count(pages.len(), "answer"),
        directives.words("absent")
    ))
}

fn names(pages: &[&ProbePage]) -> ProbeFinding {
    let all = pages.iter().flat_map(|page| &page.headers).map(|(name, _)| name.as_str());
    let meant = all.filter(|name| SHOWN.iter().any(|beginning| name.starts_with(beginning)));
    let tally: WordTally = meant.map(|name| identifier(name).unwrap_or("another name")).collect();
    ProbeFinding::Seen(tally.words("none"))
}

fn encoding(seen: &Observations) -> ProbeFinding {
    if seen.page(RequestKey::Newest).is_ok_and(|page| page.entries.is_empty()) {
        return ProbeFinding::Unanswered("no day came".to_owned());
    }
    ProbeFinding::of(seen.page(RequestKey::NewestAsSent), |page| {
        let known = |name: &str, words: &[&'static str]| match header(page, name) {
            None => "absent",
            Some(value) => words.iter().find(|word| word.eq_ignore_ascii_case(value.trim())).map_or("another", |word| *word),
        };
        let encoding = known("content-encoding", &["gzip", "deflate", "br", "zstd", "identity"]);
        let transfer = known("transfer-encoding", &["chunked"]);
        let length = if header(page, "content-length").is_some() { "present" } else { "absent" };
        let size = size(page.bytes);
        ProbeFinding::Seen(format!("Content-Encoding {encoding}, Transfer-Encoding {transfer}, Content-Length {length}, {size}"))
    })
}

/// How far the clocks are apart, as of the first answer.
fn clock(pages: &[&ProbePage], seen: &Observations) -> &'static str {
    let dates = pages.iter().filter_map(|page| header(page, "date")).filter_map(|date| rfc2822::parse(date).ok());
    let Some(earliest) = dates.map(|date| date.timestamp()).min() else { return "no Date was sent" };
    // The first answer comes some seconds after the start: only clearly more is a difference.
    match earliest.as_second() - seen.at.as_second() {
        off if off < -300 => "more than 5 minutes behind",
        off if off < -SAME_CLOCK => "5 seconds to 5 minutes behind",
        off if off <= 60 => "the same, within what an answer takes",
        off if off <= 300 => "1 to 5 minutes ahead",
        _ => "more than 5 minutes ahead",
    }
}

fn sizes(seen: &Observations) -> ProbeFinding {
    // An answer without entries has the size of none.
    let filled = |key| seen.page(key).ok().filter(|page| !page.entries.is_empty());
    let of = |key| filled(key).map_or("not known", |page| size(page.bytes));
    if filled(RequestKey::Newest).is_none() && filled(RequestKey::Catalogue).is_none() {
        return ProbeFinding::Unanswered("no day and no profile came".to_owned());
    }
    ProbeFinding::Seen(format!("{}; {}; {}", of(RequestKey::Newest), of(RequestKey::Ninety), of(RequestKey::Catalogue)))
}

fn seconds(pages: &[&ProbePage]) -> ProbeFinding {
    let tally: WordTally = pages.iter().map(|page| time(page.took)).collect();
    ProbeFinding::Seen(tally.words("none"))
}

/// In which form `Retry-After` came.
fn form(retry_after: Option<&'static str>) -> String {
    retry_after.map_or_else(|| "without Retry-After".to_owned(), |form| format!("with Retry-After in {form}"))
}

fn throttled(seen: &Observations) -> ProbeFinding {
    if seen.throttled.is_empty() {
        return ProbeFinding::Seen("none; the probe keeps within Graph's documented limits".to_owned());
    }
    let tally: WordTally = seen.throttled.iter().map(|refusal| form(refusal.retry_after)).collect();
    ProbeFinding::Seen(tally.words("none"))
}

fn at_once(seen: &Observations) -> ProbeFinding {
    let Some(came) = &seen.at_once else {
        return ProbeFinding::of(seen.pages(RequestKey::AtOnce), |_| ProbeFinding::Unanswered("nothing came".to_owned()));
    };
    let statuses: WordTally = came
        .iter()
        .map(|answer| match answer {
            Ok(status) => format!("status {status}"),
            Err(why) => why.why(),
        })
        .collect();
    let throttled = came.iter().any(|answer| answer == &Ok(THROTTLED));
    let stopped =
        if throttled && came.len() < AT_ONCE { format!("; the others of {AT_ONCE} were dropped at the first 429") } else { String::new() };
    ProbeFinding::Seen(format!("{}{stopped}", statuses.words("nothing came")))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::probe::{
        Exchange, ProbeRefusal, Unanswered,
        sample::{answer, found, observed},
    };

    fn with_headers(headers: &[(&str, &str)]) -> Observations {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = ProbePage {
            entries: vec![serde_json::json!({})],
            headers,
            bytes: 20_000,
            took: Duration::from_millis(1_500),
            ..ProbePage::default()
        };
        observed(answer(RequestKey::Newest, page))
    }

    fn told(seen: &Observations, key: &str) -> String {
        match found(points(seen), key) {
            ProbeFinding::Seen(seen)
            | ProbeFinding::AsAssumed(seen)
            | ProbeFinding::Otherwise(seen, _)
            | ProbeFinding::Unanswered(seen) => seen,
        }
    }

    #[test]
    fn headers_are_told_by_name_and_never_by_value() {
        let seen = with_headers(&[
            ("request-id", "secret"),
            ("x-ms-ags-diagnostic", "{secret}"),
            ("x-contoso-proxy", "secret"),
            ("x-ms-17", "secret"),
            ("ratelimit-remaining", "7"),
            ("cache-control", "private, max-age=77, secret=1"),
            ("etag", "secret"),
        ]);
        assert_eq!(told(&seen, "answers.names"), "another name (1), ratelimit-remaining (1), x-ms-ags-diagnostic (1)");
        assert_eq!(told(&seen, "answers.ids"), "request-id in 1, client-request-id in 0 of 1 answer");
        let caching = told(&seen, "answers.caching");
        assert_eq!(caching, "ETag in 1, Last-Modified in 0 of 1 answer; Cache-Control: another directive (1), max-age (1), private (1)");
        assert!(points(&seen).iter().all(|point| !format!("{point:?}").contains("secret")));
        let bare = with_headers(&[]);
        assert!(matches!(found(points(&bare), "answers.ids"), ProbeFinding::Otherwise(..)));
        assert_eq!(told(&bare, "answers.names"), "none");
    }

    #[test]
    fn clocks_sizes_and_times_are_classes() {
        for (date, class) in [
            ("Mon, 30 Nov 2026 06:00:01 GMT", "the same, within what an answer takes"),
            ("Mon, 30 Nov 2026 05:58:00 GMT", "5 seconds to 5 minutes behind"),
            ("Mon, 30 Nov 2026 04:00:00 GMT", "more than 5 minutes behind"),
            ("Mon, 30 Nov 2026 08:00:00 GMT", "more than 5 minutes ahead"),
            ("soon", "no Date was sent"),
        ] {
            assert_eq!(told(&with_headers(&[("date", date)]), "answers.clock"), class, "{date}");
        }
        assert_eq!(told(&with_headers(&[]), "answers.bytes"), "16 to 128 KiB; not known; not known");
        assert_eq!(told(&with_headers(&[]), "answers.seconds"), "1 to 3 s (1)");
    }

    #[test]
    fn packing_is_told_from_the_answer_as_it_travels() {
        let mut seen = with_headers(&[]);
        let page = ProbePage { headers: vec![("content-encoding".to_owned(), "gzip".to_owned())], bytes: 900, ..ProbePage::default() };
        seen.exchanges.extend(answer(RequestKey::NewestAsSent, page));
        let packed = told(&seen, "answers.encoding");
        assert_eq!(packed, "Content-Encoding gzip, Transfer-Encoding absent, Content-Length absent, below 1 KiB");
        assert_eq!(told(&seen, "answers.ids"), "request-id in 0, client-request-id in 0 of 1 answer", "it is no answer that was read");
        seen.exchanges.insert(RequestKey::NewestAsSent, Exchange::unanswered(Unanswered::TimedOut));
        assert_eq!(told(&seen, "answers.encoding"), "no answer in time");
    }

    #[test]
    fn throttling_is_told_by_the_form_of_retry_after() {
        let mut seen = observed(BTreeMap::from([(RequestKey::Newest, Exchange::unanswered(Unanswered::TimedOut))]));
        assert!(told(&seen, "answers.throttled").starts_with("none;"));
        assert!(told(&seen, "answers.atOnce").contains("--throttling"));
        let refusal = |retry_after| ProbeRefusal { status: THROTTLED, code: None, retry_after };
        seen.throttled = vec![refusal(Some("seconds")), refusal(None), refusal(Some("a date"))];
        assert_eq!(
            told(&seen, "answers.throttled"),
            "with Retry-After in a date (1), with Retry-After in seconds (1), without Retry-After (1)"
        );
        seen.at_once = Some(vec![Ok(200), Ok(THROTTLED)]);
        assert_eq!(told(&seen, "answers.atOnce"), "status 200 (1), status 429 (1); the others of 8 were dropped at the first 429");
        seen.at_once = Some(vec![Ok(200); AT_ONCE]);
        assert_eq!(told(&seen, "answers.atOnce"), "status 200 (8)");
    }
}
