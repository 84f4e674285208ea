//! What came of each request? Pages of entries, or why there are none.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use serde_json::{Map, Value};

use super::{
    known::ERROR_CODE,
    requests::{FILTER_DAYS, Keeps, RequestKey},
};

/// What Graph's answers begin a list with.
const LIST: &str = "value";
/// Where the next page is.
const NEXT_LINK: &str = "@odata.nextLink";

/// A page of an answer.
#[derive(Debug, Clone, Default)]
pub struct ProbePage {
    /// Its entries; an answer that is one entry alone is a page of one.
    pub entries: Vec<Value>,
    /// What stands beside the list.
    pub envelope: Map<String, Value>,
    /// The headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// How many bytes the body had, unpacked.
    pub bytes: usize,
    /// How long it took.
    pub took: Duration,
}

impl ProbePage {
    /// The page in `body`; none where that is no JSON object. Of its entries only what the request `keeps` stays in memory.
    pub fn of(body: &[u8], headers: Vec<(String, String)>, took: Duration, keeps: Keeps) -> Option<Self> {
        let Value::Object(mut envelope) = serde_json::from_slice(body).ok()? else { return None };
        let mut entries = match envelope.remove(LIST) {
            Some(Value::Array(entries)) => entries,
            Some(_) => return None,
            None => vec![Value::Object(std::mem::take(&mut envelope))],
        };
        if keeps == Keeps::Heads {
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                entry.retain(|_, value| !value.is_array() && !value.is_object());
            }
        }
        Some(Self { entries, envelope, headers, bytes: body.len(), took })
    }

    /// The link to the next page.
    pub fn next_link(&self) -> Option<&str> {
        self.envelope.get(NEXT_LINK)?.as_str()
    }
}

/// How Graph refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRefusal {
    /// The status.
    pub status: u16,
    /// Graph's code, fit to be shown; none where it gave none.
    pub code: Option<String>,
    /// The form of its `Retry-After`.
    pub retry_after: Option<&'static str>,
}

/// Codes and messages that tell of a cloud in which Secure Score is not offered.
const OTHER_CLOUD: &str = "InvalidCloudInstance";

impl ProbeRefusal {
    /// The refusal in an answer of this `status`.
    pub fn of(status: u16, headers: &[(String, String)], body: &[u8]) -> Self {
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = sent.get("error").unwrap_or(&Value::Null);
        let other_cloud = ["code", "message"].iter().any(|member| text(error, member).is_some_and(|words| words.contains(OTHER_CLOUD)));
        let code = if other_cloud { Some(OTHER_CLOUD.to_owned()) } else { says(error, "code").then(|| ERROR_CODE.of(error)) };
        Self { status, code, retry_after: retry_after_form(headers) }
    }

    /// Whether Graph does not offer Secure Score in this cloud.
    pub fn names_the_cloud(&self) -> bool {
        self.code.as_deref() == Some(OTHER_CLOUD)
    }

    /// The status and the code, in words.
    pub fn words(&self) -> String {
        let code = self.code.as_ref().map_or_else(|| "without a code".to_owned(), |code| format!("code {code}"));
        format!("status {}, {code}", self.status)
    }
}

/// In which form `Retry-After` came, if it came.
pub(super) fn retry_after_form(headers: &[(String, String)]) -> Option<&'static str> {
    let (_, value) = headers.iter().find(|(name, _)| name == "retry-after")?;
    let value = value.trim();
    Some(if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        "seconds"
    } else if value.ends_with("GMT") {
        "a date"
    } else {
        "another form"
    })
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Graph refused.
    Refused(ProbeRefusal),
    /// Nothing came in time.
    TimedOut,
    /// The connection did not come up, or broke.
    Interrupted,
    /// The answer was larger than we take.
    TooLarge,
    /// The answer was no JSON, or not of Graph's form.
    Unreadable,
    /// The next page is on another host, and was not asked for.
    OtherHost,
    /// It was under way when somebody stopped the probe.
    Stopped,
    /// It was not asked, for a reason of ours.
    NotAsked(Cow<'static, str>),
}

impl Unanswered {
    /// Why, in words that name nothing of the tenant.
    pub fn why(&self) -> String {
        match self {
            Self::Refused(refusal) => format!("refused with {}", refusal.words()),
            Self::TimedOut => "no answer in time".to_owned(),
            Self::Interrupted => "the connection failed".to_owned(),
            Self::TooLarge => "the answer was larger than scorewatch takes".to_owned(),
            Self::Unreadable => "the answer was not JSON of Graph's form".to_owned(),
            Self::OtherHost => "the next page is on another host, which was not asked".to_owned(),
            Self::Stopped => "the probe was stopped before all of it was there".to_owned(),
            Self::NotAsked(why) => format!("not asked: {why}"),
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// The pages that came.
    pub pages: Vec<ProbePage>,
    /// Why no more came, where more were wanted.
    pub ended: Option<Unanswered>,
}

impl Exchange {
    /// A request that has no answer.
    pub const fn unanswered(why: Unanswered) -> Self {
        Self { pages: Vec::new(), ended: Some(why) }
    }
}

/// All that came.
#[derive(Debug, Clone)]
pub struct Observations {
    /// The day for which the requests were planned, in UTC.
    pub planned_on: Date,
    /// When the first request was sent.
    pub at: Timestamp,
    /// How the cloud is called.
    pub cloud: String,
    /// What came of each request that was planned.
    pub exchanges: BTreeMap<RequestKey, Exchange>,
    /// What came of requests at once, in the order in which it came, if they were sent.
    pub at_once: Option<Vec<Result<u16, Unanswered>>>,
    /// Every answer that asked to slow down.
    pub throttled: Vec<ProbeRefusal>,
}

/// Why a request has no answer that was never planned.
fn unplanned(key: RequestKey) -> &'static Unanswered {
    static AUDIT: Unanswered = Unanswered::NotAsked(Cow::Borrowed("it needs AuditLog.Read.All; add --audit"));
    static AT_ONCE: Unanswered = Unanswered::NotAsked(Cow::Borrowed("it may be throttled; add --throttling"));
    static OTHERS: Unanswered = Unanswered::NotAsked(Cow::Borrowed("it is no part of this run"));
    if key == RequestKey::Audit {
        &AUDIT
    } else if key == RequestKey::AtOnce {
        &AT_ONCE
    } else {
        &OTHERS
    }
}

impl Observations {
    /// Nothing yet.
    pub fn new(at: Timestamp, cloud: String) -> Self {
        let planned_on = at.to_zoned(TimeZone::UTC).date();
        Self { planned_on, at, cloud, exchanges: BTreeMap::new(), at_once: None, throttled: Vec::new() }
    }

    /// The day that the filter of days begins with.
    pub(super) fn filtered_since(&self) -> Date {
        self.planned_on.saturating_sub(FILTER_DAYS.days())
    }

    /// The pages of an answer, at least one; or why there is none.
    pub(super) fn pages(&self, key: RequestKey) -> Result<&[ProbePage], &Unanswered> {
        match self.exchanges.get(&key) {
            Some(Exchange { pages, .. }) if !pages.is_empty() => Ok(pages),
            Some(Exchange { ended: Some(why), .. }) => Err(why),
            Some(Exchange { ended: None, .. }) | None => Err(unplanned(key)),
        }
    }

    /// The first page of an answer, or why there is none.
    pub(super) fn page(&self, key: RequestKey) -> Result<&ProbePage, &Unanswered> {
        self.pages(key).map(|pages| &pages[0])
    }

    /// All entries of an answer, in the order in which they came.
    pub(super) fn entries(&self, key: RequestKey) -> Result<Vec<&Value>, &Unanswered> {
        self.pages(key).map(|pages| pages.iter().flat_map(|page| &page.entries).collect())
    }

    /// Whether any answer was read.
    pub fn has_answers(&self) -> bool {
        self.all_pages().next().is_some()
    }

    /// How many pages came whole, with the one that was looked at as it travels.
    pub fn pages_that_came(&self) -> usize {
        self.exchanges.values().map(|exchange| exchange.pages.len()).sum()
    }

    /// Every page of every answer that was read; the one that was looked at as it travels is a thing of its own.
    pub(super) fn all_pages(&self) -> impl Iterator<Item = &ProbePage> {
        let read = self.exchanges.iter().filter(|(key, _)| **key != RequestKey::NewestAsSent);
        read.flat_map(|(_, exchange)| &exchange.pages)
    }
}

/// The list called `member`; nothing where there is none.
pub(super) fn list<'v>(entry: &'v Value, member: &str) -> &'v [Value] {
    entry.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text called `member`.
pub(super) fn text<'v>(entry: &'v Value, member: &str) -> Option<&'v str> {
    entry.get(member).and_then(Value::as_str)
}

/// The number called `member`, also one that was sent as a string.
pub(super) fn number(entry: &Value, member: &str) -> Option<f64> {
    match entry.get(member)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `member` says anything: present, not null, not an empty text.
pub(super) fn says(entry: &Value, member: &str) -> bool {
    entry.get(member).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_a_list_or_one_entry() {
        let page = |body: Value, keeps| ProbePage::of(body.to_string().as_bytes(), Vec::new(), Duration::ZERO, keeps);
        let listed = page(json!({"@odata.nextLink": "x", "value": [{"a": 1, "b": []}]}), Keeps::Heads).unwrap();
        assert_eq!((listed.next_link(), &listed.entries), (Some("x"), &vec![json!({"a": 1})]));
        let alone = page(json!({"id": "x", "b": [1]}), Keeps::Whole).unwrap();
        assert_eq!(alone.entries, [json!({"id": "x", "b": [1]})]);
        assert!(page(json!({"value": "x"}), Keeps::Whole).is_none() && page(json!([]), Keeps::Whole).is_none());
        assert!(ProbePage::of(b"<html>", Vec::new(), Duration::ZERO, Keeps::Whole).is_none());
    }

    #[test]
    fn a_refusal_is_told_by_status_and_code_alone() {
        let refusal = |code: &str, message: &str| {
            ProbeRefusal::of(401, &[], json!({"error": {"code": code, "message": message}}).to_string().as_bytes())
        };
        assert_eq!(refusal("InvalidAuthenticationToken", "of ada@contoso.example").words(), "status 401, code InvalidAuthenticationToken");
        assert_eq!(refusal("", "x").words(), "status 401, without a code");
        assert_eq!(refusal("a b@c", "").words(), "status 401, code another word of 5 letters");
        assert!(refusal("InvalidAuthenticationToken", "InvalidCloudInstance").names_the_cloud());
        assert_eq!(ProbeRefusal::of(500, &[], b"<html>").code, None);
    }

    #[test]
    fn the_form_of_retry_after_is_told() {
        let form = |value: &str| retry_after_form(&[("retry-after".to_owned(), value.to_owned())]);
        assert_eq!(
            ["7", "Sat, 21 Nov 2026 03:01:30 GMT", "1.5", ""].map(form),
            [Some("seconds"), Some("a date"), Some("another form"), Some("another form")]
        );
        assert_eq!(retry_after_form(&[]), None);
    }
}
