//! How might Graph answer what no document says? Two tenants for `scorewatch probe`: `plain` answers each open point as scorewatch assumes, `odd`
//! the other way. Each of their ids, texts, names and points is marked, so that a test finds any of them in a report.

mod entries;

use std::{collections::HashMap, io::Write as _};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};

use super::{Shared, TenantState, now, refusal::GraphRefusal, story::shift};

/// What begins every text of these tenants that is not a word of Microsoft's schema.
pub const MARK: &str = "zq7";

/// A name of a company made of letters alone, as a word or a member's name could hold one; no digit tells it from an identifier.
pub const NAME: &str = "ZqContoso";

/// How a tenant answers what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbedBehaviour {
    /// As scorewatch assumes.
    AsAssumed,
    /// Otherwise.
    Otherwise,
}

/// Profiles a page has at most where sizes are not honoured.
const SMALL_PAGE: usize = 25;
/// Days a page has at most, and by default, where sizes are not honoured.
const ODD_DAYS: (usize, usize) = (30, 10);
/// What a page has by default where sizes are honoured.
const PLAIN_DEFAULTS: (usize, usize) = (90, 200);

/// A query, as far as these tenants read it.
struct ProbedQuery(HashMap<String, String>);

impl ProbedQuery {
    fn read(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }
}

impl ProbedBehaviour {
    /// The answer to `GET` of a list or of one of its entries; the next page is `away` where a fault says so.
    pub fn answer(
        self,
        shared: &Shared,
        room: &TenantState,
        path: &str,
        query: Option<&str>,
        away: Option<&str>,
    ) -> Result<Vec<u8>, GraphRefusal> {
        let query = ProbedQuery::read(query);
        let part = path.trim_start_matches("/v1.0/").trim_start_matches("security/");
        match part.split_once('/') {
            None if part == "secureScores" => self.page((shared, part), &self.days(shared, room), &query, away),
            None if part == "secureScoreControlProfiles" => self.page((shared, part), &self.profiles(shared, room), &query, away),
            Some(("secureScores", id)) => {
                let found = self.days(shared, room).into_iter().find(|day| day["id"] == id);
                found.map(|day| day.to_string().into_bytes()).ok_or_else(|| GraphRefusal::missing("score of that id"))
            }
            Some(("secureScoreControlProfiles", id)) if self == Self::AsAssumed => {
                let found = self.profiles(shared, room).into_iter().find(|profile| profile["id"] == id);
                found.map(|profile| profile.to_string().into_bytes()).ok_or_else(|| GraphRefusal::missing("profile of that id"))
            }
            Some(("auditLogs", "directoryAudits")) => self.audits(),
            _ => Err(GraphRefusal::missing("such resource")),
        }
    }

    fn days(self, shared: &Shared, room: &TenantState) -> Vec<Value> {
        let today = shift(room.world.anchor, shared.day_of(&room.world));
        match self {
            Self::AsAssumed => entries::plain_days(&room.tenant.entra_id, today),
            Self::Otherwise => entries::odd_days(&room.tenant.entra_id, today),
        }
    }

    fn profiles(self, shared: &Shared, room: &TenantState) -> Vec<Value> {
        let today = shift(room.world.anchor, shared.day_of(&room.world));
        match self {
            Self::AsAssumed => entries::plain_profiles(&room.tenant.entra_id, today),
            Self::Otherwise => entries::odd_profiles(&room.tenant.entra_id, today),
        }
    }

    fn page(
        self,
        (shared, list): (&Shared, &str),
        all: &[Value],
        query: &ProbedQuery,
        away: Option<&str>,
    ) -> Result<Vec<u8>, GraphRefusal> {
        let (page, next, size) = match self {
            Self::AsAssumed => plain_page(list, all, query),
            Self::Otherwise => odd_page(list, all, query)?,
        };
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(format!("https://graph.microsoft.com/v1.0/$metadata#security/{list}")));
        if self == Self::AsAssumed && query.text("$count") == Some("true") {
            body.insert("@odata.count".to_owned(), json!(all.len()));
        }
        let parameter = if self == Self::AsAssumed { "$skiptoken" } else { "$skip" };
        let honest = next.map(|next| format!("{}/v1.0/security/{list}?$top={size}&{parameter}={next}", shared.root));
        if let Some(link) = away.map(str::to_owned).or(honest) {
            body.insert("@odata.nextLink".to_owned(), json!(link));
        }
        body.insert("value".to_owned(), Value::Array(page));
        Ok(Value::Object(body).to_string().into_bytes())
    }

    fn audits(self) -> Result<Vec<u8>, GraphRefusal> {
        if self == Self::Otherwise {
            return Err(GraphRefusal::forbidden());
        }
        let when = now() - jiff::SignedDuration::from_mins(20);
        let entry = json!({
            "id": format!("{MARK}_audit"), "category": "Policy", "correlationId": format!("{MARK}-correlation"), "result": "success",
            "resultReason": "", "activityDisplayName": format!("{MARK} activity"), "activityDateTime": when, "loggedByService": "Core Directory",
            "operationType": "Update", "initiatedBy": {"user": {"userPrincipalName": entries::person(1)}, "app": null},
            "targetResources": [], "additionalDetails": [],
        });
        Ok(json!({ "value": [entry] }).to_string().into_bytes())
    }

    /// A refusal that asks to slow down: whether it says for how long, nobody documents.
    pub fn throttled(self, refusal: GraphRefusal) -> GraphRefusal {
        let retry_after = refusal.retry_after.filter(|_| self == Self::AsAssumed);
        GraphRefusal { retry_after, ..refusal }
    }

    /// The headers of an answer, over those that every answer has.
    pub fn adorn(self, headers: &mut HeaderMap) {
        let mut set = |name: &str, value: &str| {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        };
        match self {
            Self::AsAssumed => {
                set("x-ms-ags-diagnostic", &format!("{{\"ServerInfo\":\"{MARK}\"}}"));
                set("cache-control", "private");
            }
            Self::Otherwise => {
                set("etag", &format!("W/\"{MARK}\""));
                set("ratelimit-remaining", "7");
                set("x-zq-proxy", MARK);
                set(&format!("x-ms-{}", NAME.to_ascii_lowercase()), MARK);
                let yesterday = std::time::SystemTime::now() - std::time::Duration::from_hours(2);
                set("date", &httpdate::fmt_http_date(yesterday));
                headers.remove("request-id");
            }
        }
    }

    /// The body as it travels to somebody who takes `accepted` encodings.
    pub fn packed(self, body: Vec<u8>, accepted: &HeaderMap) -> (Vec<u8>, Option<&'static str>) {
        let takes = accepted.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("gzip"));
        if self == Self::Otherwise || !takes {
            return (body, None);
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        match encoder.write_all(&body).and_then(|()| encoder.finish()) {
            Ok(packed) => (packed, Some("gzip")),
            Err(_) => (body, None),
        }
    }
}

/// A page, what the next begins behind, and of which size it is.
type ProbedPage = (Vec<Value>, Option<usize>, usize);

/// So many of `all` from `from` on.
fn cut(all: &[Value], from: usize, size: usize) -> ProbedPage {
    let end = from.saturating_add(size).min(all.len());
    (all.get(from..end).unwrap_or_default().to_vec(), (end < all.len()).then_some(end), size)
}

/// Every option is honoured.
fn plain_page(list: &str, all: &[Value], query: &ProbedQuery) -> ProbedPage {
    let mut all = all.to_vec();
    if query.text("$orderby") == Some("createdDateTime asc") {
        all.reverse();
    }
    if let Some(since) = query.text("$filter").and_then(|filter| filter.strip_prefix("createdDateTime ge ")) {
        all.retain(|day| day["createdDateTime"].as_str().is_some_and(|created| created >= since));
    }
    // The same term any number of times is that term.
    let category = query.text("$filter").and_then(|filter| filter.strip_prefix("controlCategory eq '")?.split('\'').next());
    if let Some(category) = category {
        all.retain(|profile| profile["controlCategory"] == category);
    }
    if let Some(members) = query.text("$select") {
        let wanted: Vec<&str> = members.split(',').collect();
        all.iter_mut().filter_map(Value::as_object_mut).for_each(|entry| entry.retain(|name, _| wanted.contains(&name.as_str())));
    }
    let default = if list == "secureScores" { PLAIN_DEFAULTS.0 } else { PLAIN_DEFAULTS.1 };
    let from = query.number("$skiptoken").or_else(|| query.number("$skip")).unwrap_or(0);
    cut(&all, from, query.number("$top").unwrap_or(default))
}

/// Sizes are bounded, and other options refused or passed over.
fn odd_page(list: &str, all: &[Value], query: &ProbedQuery) -> Result<ProbedPage, GraphRefusal> {
    let top = query.number("$top");
    if query.text("$orderby").is_some() {
        return Err(GraphRefusal::query(format!("{MARK} does not sort.")));
    }
    if query.text("$filter").is_some_and(|filter| filter.contains(" or ")) {
        return Ok((Vec::new(), None, SMALL_PAGE));
    }
    if top.is_some_and(|top| top > 500) {
        return Err(GraphRefusal::query(format!("The limit of '500' for Top query has been exceeded, {MARK}.")));
    }
    let (most, default) = if list == "secureScores" { ODD_DAYS } else { (SMALL_PAGE, SMALL_PAGE) };
    // It goes on by the parameter that its own links have, and passes it over where somebody else thought of it.
    let from = query.number("$skip").filter(|skip| *skip > 1);
    // Two entries are never the first ones, and one alone does not come.
    let first = usize::from(top == Some(2));
    Ok(cut(all, from.unwrap_or(first), top.unwrap_or(default).clamp(2, most)))
}
