//! How does each tenant stand, for whoever watches with Prometheus? Written by ourselves, since the library forgets no gauge: a tenant that was
//! removed must not go on with its last figures.

use std::{
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use metrics::describe_gauge;

/// What is stored of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantGauges {
    /// Its name: lowercase letters, digits, `-` and `_`.
    pub name: String,
    /// The newest day held.
    pub newest_day: Option<Date>,
    /// The points of that day.
    pub points: Option<f64>,
    /// The maximum of that day, if it is known.
    pub maximum: Option<f64>,
    /// When it was last read from Graph.
    pub read_at: Option<Timestamp>,
    /// How many days are stored.
    pub days: i64,
}

static TENANTS: Mutex<Vec<TenantGauges>> = Mutex::new(Vec::new());

/// Each metric with what it says and where its value comes from; one that is not known has no line, and never 0.
type Metric = (&'static str, &'static str, fn(&TenantGauges) -> Option<f64>);
const METRICS: [Metric; 6] = [
    ("scorewatch_score_points", "Points of a tenant's newest day", |tenant| tenant.points),
    ("scorewatch_maximum_points", "Points that a tenant could have on its newest day; none where that is not known", |tenant| {
        tenant.maximum
    }),
    ("scorewatch_score_percent", "Points of a tenant's newest day in percent of its maximum; none where that is not known", |tenant| {
        Some(100.0 * tenant.points? / tenant.maximum.filter(|maximum| *maximum > 0.0)?)
    }),
    ("scorewatch_newest_day_timestamp_seconds", "Midnight (UTC) of the newest stored day of a tenant", |tenant| {
        Some(tenant.newest_day?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() as f64)
    }),
    ("scorewatch_tenant_read_timestamp_seconds", "When a tenant was last synced successfully", |tenant| {
        Some(tenant.read_at?.as_second() as f64)
    }),
    ("scorewatch_tenant_days_stored", "Days stored of a tenant", |tenant| Some(tenant.days as f64)),
];

const CREDENTIAL_EXPIRY: (&str, &str) = (
    "scorewatch_credential_expiry_timestamp_seconds",
    "When the credential that a tenant is signed in to with expires: its certificate, or its client secret where client_secret_ends is configured",
);

/// When the credential of each tenant expires, as far as that is known.
static CREDENTIALS: Mutex<Vec<(String, Timestamp)>> = Mutex::new(Vec::new());

pub(super) fn describe() {
    for (name, what, _) in METRICS {
        describe_gauge!(name, what);
    }
    let (name, what) = CREDENTIAL_EXPIRY;
    describe_gauge!(name, what);
}

/// Records how all tenants stand; whoever is not among them is gone.
pub fn tenants_stand(tenants: Vec<TenantGauges>) {
    *TENANTS.lock().unwrap_or_else(PoisonError::into_inner) = tenants;
}

/// Records when the credentials of all tenants expire; a tenant that is not among them has none, or nobody knows.
pub fn credentials_expire(credentials: Vec<(String, Timestamp)>) {
    *CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner) = credentials;
}

/// The lines of all tenants, as Prometheus reads them.
pub(super) fn render() -> String {
    let stand = lines(&TENANTS.lock().unwrap_or_else(PoisonError::into_inner));
    stand + &expiry_lines(&CREDENTIALS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn lines(tenants: &[TenantGauges]) -> String {
    let of = |value: fn(&TenantGauges) -> Option<f64>| tenants.iter().filter_map(move |tenant| Some((&*tenant.name, value(tenant)?)));
    METRICS.into_iter().map(|(name, what, value)| metric_lines((name, what), of(value))).collect()
}

fn expiry_lines(credentials: &[(String, Timestamp)]) -> String {
    metric_lines(CREDENTIAL_EXPIRY, credentials.iter().map(|(tenant, at)| (&**tenant, at.as_second() as f64)))
}

/// The lines of one metric; none without a value.
fn metric_lines<'t>((name, what): (&str, &str), values: impl Iterator<Item = (&'t str, f64)>) -> String {
    let mut values = values.peekable();
    let mut text = String::new();
    if values.peek().is_none() {
        return text;
    }
    let _ = writeln!(text, "# HELP {name} {what}\n# TYPE {name} gauge");
    for (tenant, value) in values {
        let _ = writeln!(text, "{name}{{tenant=\"{tenant}\"}} {value}");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_has_no_line() {
        let known = TenantGauges {
            name: "contoso".to_owned(),
            newest_day: Some(jiff::civil::date(2026, 11, 20)),
            points: Some(12.5),
            maximum: Some(50.0),
            read_at: None,
            days: 3,
        };
        let bare = TenantGauges { name: "fabrikam".to_owned(), maximum: None, ..known.clone() };
        let new = TenantGauges { name: "tailspin".to_owned(), newest_day: None, points: None, maximum: None, read_at: None, days: 0 };
        let text = lines(&[known, bare, new]);
        for line in [
            "scorewatch_score_points{tenant=\"contoso\"} 12.5",
            "scorewatch_score_points{tenant=\"fabrikam\"} 12.5",
            "scorewatch_maximum_points{tenant=\"contoso\"} 50",
            "scorewatch_score_percent{tenant=\"contoso\"} 25",
            "scorewatch_newest_day_timestamp_seconds{tenant=\"contoso\"} 1795132800",
            "scorewatch_tenant_days_stored{tenant=\"tailspin\"} 0",
            "# TYPE scorewatch_score_percent gauge",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("maximum_points{tenant=\"fabrikam\"}") && !text.contains("percent{tenant=\"fabrikam\"}"), "{text}");
        assert!(!text.contains("read_timestamp") && !text.contains("points{tenant=\"tailspin\"}"), "{text}");
        assert_eq!(lines(&[]), "");
        assert_eq!(expiry_lines(&[]), "");
        let expiry = expiry_lines(&[("contoso".to_owned(), "2026-11-20T00:00:00Z".parse().unwrap())]);
        let line = "scorewatch_credential_expiry_timestamp_seconds{tenant=\"contoso\"} 1795132800";
        assert!(expiry.lines().any(|found| found == line), "{expiry}");
    }
}
