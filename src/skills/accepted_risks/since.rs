//! Since which day? Only decisions made then or later.

use jiff::{Timestamp, civil::Date};

use crate::{
    error::{Error, Result},
    score::{change::day_of, risk::Decision},
};

/// What a host may send: nothing, or a day that the calendar has.
pub(super) const PATTERN: &str =
    "^(20[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))?$";

/// The day that was asked for; `None` for all days.
pub(super) fn parse(since: Option<&str>) -> Result<Option<Date>> {
    let Some(day) = since.map(str::trim).filter(|day| !day.is_empty()) else { return Ok(None) };
    let day = Some(day).filter(|day| day.len() == 10).and_then(|day| day.parse().ok());
    day.map(Some).ok_or_else(|| Error::bad_arguments("`since` takes a day as YYYY-MM-DD, such as 2026-01-31."))
}

/// When the decision in force was made; `None` when nothing tells.
pub(super) fn made(decision: &Decision<'_>) -> Option<Timestamp> {
    decision.updates.first().and_then(|update| update.at)
}

/// Whether `decision` was made on the day `since` or later.
pub(super) fn fits(since: Option<Date>, decision: &Decision<'_>) -> bool {
    since.is_none_or(|since| made(decision).is_some_and(|at| day_of(at) >= since))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_the_schema_allows_is_understood(text in PATTERN.trim_matches(['^', '$'])) {
            let since = parse(Some(&text));
            prop_assert!(since.is_ok(), "{}", text);
            prop_assert_eq!(since.unwrap().map_or_else(String::new, |day| day.to_string()), text);
        }
    }

    #[test]
    fn nothing_but_a_day_is_taken() {
        for text in ["2026-02-29", "yesterday", "7", "2026-01-31T00:00", "20260131", "é026-01-3"] {
            assert!(parse(Some(text)).unwrap_err().sentence.contains("YYYY-MM-DD"), "{text}");
        }
        assert_eq!((parse(None).unwrap(), parse(Some(" ")).unwrap()), (None, None));
    }
}
