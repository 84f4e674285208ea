//! What does asking come to? Usage is summed up, and told with an estimate of its price.

use jiff::{ToSpan as _, civil::Date};

use serde::{Serialize, Serializer};

use super::Operations;
use crate::{
    error::{Error, Result},
    score::change::day_of,
    store::{USAGE_DAYS_MAX, UsageBy, UsageCounts, UsageSum},
    telemetry::BYTES_PER_TOKEN,
    text::{one_line, thousands},
};

/// How many tokens one Security Compute Unit is taken to read, unless somebody knows better.
pub const TOKENS_PER_SCU: u32 = 20_000;

/// Which usage to tell.
#[derive(Debug, Clone)]
pub struct UsageWish {
    /// How many days, the last of which is today (UTC).
    pub days: u16,
    /// One sum for each of these.
    pub by: Vec<UsageBy>,
    /// How many tokens one Security Compute Unit is taken to read.
    pub tokens_per_scu: u32,
}

/// Usage as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageReport {
    /// How many days.
    pub days: u16,
    /// Its first day.
    pub since: Date,
    /// Its last day.
    pub until: Date,
    /// What the rows are sums by.
    pub by: Vec<UsageBy>,
    /// Days oldest first, else the most asked first; each with one name for each of `by`.
    pub rows: Vec<(Vec<String>, Spent)>,
    /// All of it.
    pub total: Spent,
    /// How many tokens one Security Compute Unit is taken to read.
    pub tokens_per_scu: u32,
    /// What the estimates rest on, in plain words.
    pub assumption: String,
}

/// What some calls came to, in numbers that people ask for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spent {
    /// Questions, answered or refused.
    pub calls: u64,
    /// Those that were answered from the cache.
    pub remembered: u64,
    /// Those whose answer had to be computed.
    #[serde(rename = "made")]
    pub computed: u64,
    /// Those that got no answer.
    pub refused: u64,
    /// Estimate: tokens of the answers.
    pub tokens_out: u64,
    /// Estimate: tokens of Graph's answers for the same facts that nobody had to read.
    pub tokens_avoided: u64,
    /// Estimate: Security Compute Units for the tokens of the answers.
    #[serde(serialize_with = "thousandths")]
    pub scu_out: f64,
    /// Estimate: Security Compute Units for the tokens avoided.
    #[serde(serialize_with = "thousandths")]
    pub scu_avoided: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn thousandths<S: Serializer>(scu: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64((scu * 1000.0).round() / 1000.0)
}

impl Spent {
    fn of(usage: UsageCounts, tokens_per_scu: u32) -> Self {
        let UsageCounts { calls, remembered, refused, bytes_out, graph_bytes } = usage;
        let tokens_out = bytes_out / BYTES_PER_TOKEN;
        let tokens_avoided = (graph_bytes / BYTES_PER_TOKEN).saturating_sub(tokens_out);
        let scu = |tokens: u64| tokens as f64 / f64::from(tokens_per_scu.max(1));
        Self {
            calls,
            remembered,
            computed: calls.saturating_sub(remembered + refused),
            refused,
            tokens_out,
            tokens_avoided,
            scu_out: scu(tokens_out),
            scu_avoided: scu(tokens_avoided),
        }
    }

    /// How many of a hundred answers came from the cache; `None` without an answer.
    pub fn remembered_percent(&self) -> Option<f64> {
        let answers = self.remembered + self.computed;
        (answers > 0).then(|| 100.0 * self.remembered as f64 / answers as f64)
    }
}

impl Operations {
    /// What was asked, as far as the store has it.
    pub(super) async fn usage_of(&self, wish: UsageWish) -> Result<UsageReport> {
        let UsageWish { days, by, tokens_per_scu } = wish;
        if !(1..=USAGE_DAYS_MAX).contains(&days) {
            return Err(Error::bad_arguments(format!("Usage is kept for {USAGE_DAYS_MAX} days. Ask for 1 to {USAGE_DAYS_MAX}.")));
        }
        if tokens_per_scu == 0 {
            return Err(Error::bad_arguments("A Security Compute Unit reads at least one token."));
        }
        let until = day_of(self.view.now());
        let sums = self.view.store().usage_since(first_day(until, days), &by).await?;
        Ok(report(days, until, by, sums, tokens_per_scu))
    }
}

/// The first of so many days, the last of which is `until`.
fn first_day(until: Date, days: u16) -> Date {
    until.saturating_sub((i64::from(days) - 1).days())
}

fn report(days: u16, until: Date, by: Vec<UsageBy>, mut sums: Vec<UsageSum>, tokens_per_scu: u32) -> UsageReport {
    let total = sums.iter().map(|sum| sum.usage).sum();
    // The order of names, which the store gives, decides among equals.
    sums.sort_by_key(|sum| {
        let day = if by.first() == Some(&UsageBy::Day) { sum.of.first().cloned() } else { None };
        (day, std::cmp::Reverse(sum.usage.calls))
    });
    let row = |sum: UsageSum| {
        let names = sum.of.iter().map(|name| one_line(name).into_owned());
        (names.collect(), Spent::of(sum.usage, tokens_per_scu))
    };
    UsageReport {
        days,
        since: first_day(until, days),
        until,
        by,
        rows: sums.into_iter().map(row).collect(),
        total: Spent::of(total, tokens_per_scu),
        tokens_per_scu,
        assumption: assumption(tokens_per_scu),
    }
}

/// What the estimates rest on, in plain words.
fn assumption(tokens_per_scu: u32) -> String {
    let why = if tokens_per_scu == TOKENS_PER_SCU {
        "because an incident summary costs 0.5 SCU in Microsoft's own illustration and is assumed to read about 10,000 tokens"
    } else {
        "as you said"
    };
    format!(
        "Tokens are estimated at {BYTES_PER_TOKEN} bytes each; avoided are those of what Graph would have sent, each time it was asked. SCU (Security Compute Units) are an estimate of scorewatch, not a bill: Microsoft publishes no price per token. One SCU is taken to read {} tokens, {why}.",
        thousands(u64::from(tokens_per_scu))
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn sum(of: &[&str], calls: u64, graph_bytes: u64) -> UsageSum {
        let usage = UsageCounts { calls, remembered: calls / 2, refused: 1, bytes_out: 400, graph_bytes };
        UsageSum { of: of.iter().map(ToString::to_string).collect(), usage }
    }

    #[test]
    fn estimates_follow_from_bytes_and_never_fall_below_nothing() {
        let spent = Spent::of(UsageCounts { calls: 5, remembered: 3, refused: 1, bytes_out: 4000, graph_bytes: 84_000 }, TOKENS_PER_SCU);
        assert_eq!((spent.computed, spent.tokens_out, spent.tokens_avoided), (1, 1000, 20_000));
        assert!((spent.scu_out - 0.05).abs() < 1e-9 && (spent.scu_avoided - 1.0).abs() < 1e-9);
        assert_eq!(spent.remembered_percent(), Some(75.0));
        let dear = Spent::of(UsageCounts { calls: 1, refused: 1, bytes_out: 400, ..UsageCounts::default() }, 10);
        assert_eq!((dear.tokens_avoided, dear.remembered_percent()), (0, None));
    }

    #[test]
    fn days_stand_in_order_and_everything_else_by_how_often_it_was_asked() {
        let names = |by: &[UsageBy], sums: Vec<UsageSum>| {
            let report = report(2, date(2026, 11, 2), by.to_vec(), sums, 1);
            assert_eq!(report.since, date(2026, 11, 1));
            assert_eq!(report.total.calls, report.rows.iter().map(|(_, spent)| spent.calls).sum::<u64>());
            report.rows.into_iter().map(|(names, _)| names.join(" ")).collect::<Vec<_>>()
        };
        let skills = vec![sum(&["a"], 2, 0), sum(&["b"], 9, 0), sum(&["c\u{202e}\n"], 2, 0)];
        assert_eq!(names(&[UsageBy::Skill], skills), ["b", "a", "c"]);
        let days = vec![sum(&["2026-11-01", "a"], 2, 0), sum(&["2026-11-01", "b"], 3, 0), sum(&["2026-11-02", "a"], 9, 0)];
        assert_eq!(names(&[UsageBy::Day, UsageBy::Skill], days), ["2026-11-01 b", "2026-11-01 a", "2026-11-02 a"]);
    }

    #[test]
    fn the_assumption_says_whose_it_is() {
        assert!(assumption(TOKENS_PER_SCU).contains("20,000 tokens, because an incident summary"));
        assert!(assumption(500).contains("500 tokens, as you said"));
    }
}
