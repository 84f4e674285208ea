//! What is to be reached? A percentage or a number of points, as people write it, and what that means for a day's score.

use crate::{
    error::{Error, ErrorKind, Result},
    score::{POINTS_EPSILON, Snapshot},
    skills::{format, options::TEXT_MAX},
};

/// The argument that says it.
const TARGET: &str = "target";
/// Without a word of theirs people are told how to reach the next percentage that is a multiple of this.
const STEP: f64 = 5.0;
/// The most points that anybody can mean.
const POINTS_MAX: f64 = 1e6;

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    /// This percentage.
    Percent(f64),
    /// So many points.
    Points(f64),
    /// So many percentage points more than today.
    MorePercent(f64),
    /// So many points more than today.
    MorePoints(f64),
}

/// What a [`Target`] is on a day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Goal {
    /// It in words: `65 %`.
    pub words: String,
    /// So many points are to be had.
    pub points: f64,
    /// So many more than there are; 0 where it is reached.
    pub needed: f64,
    /// Whether it was said in points.
    pub in_points: bool,
}

/// The unit of a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TargetUnit {
    Percent,
    Points,
}

impl Target {
    /// What `text` means: `70`, `70 %`, `800 points`, `50 more points`, `+5 %`.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut number, mut unit, mut more) = (None, None, false);
        let spaced = spaced(text);
        for word in spaced.split_whitespace() {
            let (fits, of) = match word {
                "%" | "percent" | "percentage" => (unit.is_none(), Some(TargetUnit::Percent)),
                "points" | "point" | "pts" => (unit.is_none(), Some(TargetUnit::Points)),
                "pp" => {
                    more = true;
                    (unit.is_none(), Some(TargetUnit::Percent))
                }
                "+" | "more" => {
                    more = true;
                    (true, unit)
                }
                _ => {
                    let fits = number.is_none();
                    number = Some(decimal(word).ok_or_else(|| refused(text))?);
                    (fits, unit)
                }
            };
            unit = of;
            if !fits {
                return Err(refused(text));
            }
        }
        let number = number.filter(|number| *number > 0.0 && *number <= POINTS_MAX).ok_or_else(|| refused(text))?;
        match (unit, more) {
            (Some(TargetUnit::Points), false) => Ok(Self::Points(number)),
            (Some(TargetUnit::Points), true) => Ok(Self::MorePoints(number)),
            (None, true) => Err(Error::bad_arguments(format!(
                "`target` of `{}` says neither points nor percent. Write `{number} more points` or `{number} more percent`.",
                format::echo(text)
            ))
            .naming(TARGET)),
            (_, _) if number > 100.0 => Err(Error::bad_arguments(format!(
                "`target` is a percentage of at most 100, and `{}` is more. For points write `{number} points`.",
                format::echo(text)
            ))
            .naming(TARGET)),
            (_, false) => Ok(Self::Percent(number)),
            (Some(TargetUnit::Percent), true) => Ok(Self::MorePercent(number)),
        }
    }

    /// What is aimed at without a word: the next percentage that is a multiple of 5.
    fn next(day: &Snapshot) -> Option<Self> {
        let percent = format::round2(day.percent()?);
        Some(Self::Percent(((percent / STEP).floor() * STEP + STEP).min(100.0)))
    }

    /// What `target`, or the next one where there is none, means for the score of `day` of `tenant`.
    pub fn goal(target: Option<Self>, day: &Snapshot, tenant: &str) -> Result<Goal> {
        let maximum = day.maximum.filter(|maximum| *maximum > 0.0);
        let of_maximum = |percent: f64| maximum.map(|maximum| percent * maximum / 100.0);
        let found = target.or_else(|| Self::next(day));
        let wanted = found.and_then(|target| match target {
            Self::Percent(percent) => Some((format!("{} %", format::points(percent)), of_maximum(percent)?)),
            Self::Points(points) => Some((format::amount(points), points)),
            Self::MorePercent(more) => {
                let words = format!("{} %", format::points(day.percent()? + more));
                Some((words, day.points + of_maximum(more)?))
            }
            Self::MorePoints(more) => Some((format::amount(day.points + more), day.points + more)),
        });
        let Some((words, points)) = wanted else {
            let sentence = format!(
                "How many points make 100 % of {tenant} is not known on {}. Give the target in points, such as `20 more points`.",
                day.day
            );
            return Err(Error::new(ErrorKind::NotFound, sentence));
        };
        let needed = points - day.points;
        let in_points = matches!(found, Some(Self::Points(_) | Self::MorePoints(_)));
        Ok(Goal { words, points, needed: if needed > POINTS_EPSILON { needed } else { 0.0 }, in_points })
    }
}

/// `text` in lower case with spaces around its signs and between a number and its unit: `+5%` as ` + 5 % `.
fn spaced(text: &str) -> String {
    let mut spaced = String::new();
    let mut digit = false;
    for c in text.chars().take(TEXT_MAX) {
        let is_digit = c.is_ascii_digit() || c == '.';
        if matches!(c, '%' | '+') || digit && c.is_alphabetic() {
            spaced.push(' ');
        }
        spaced.extend(c.to_lowercase());
        if matches!(c, '%' | '+') {
            spaced.push(' ');
        }
        digit = is_digit;
    }
    spaced
}

/// A number of digits with at most two decimals.
fn decimal(word: &str) -> Option<f64> {
    let (whole, decimals) = word.split_once('.').unwrap_or((word, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=9).contains(&whole.len()) && decimals.len() <= 2 && digits(whole) && digits(decimals);
    word.parse().ok().filter(|_| fits)
}

fn refused(text: &str) -> Error {
    Error::bad_arguments(format!(
        "`target` is one number: a percentage up to 100 such as `70`, or points such as `800 points` or `50 more points`; `{}` is not one.",
        format::echo(text)
    ))
    .naming(TARGET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_people_write_it() {
        for (text, target) in [
            ("70", Target::Percent(70.0)),
            ("70.0", Target::Percent(70.0)),
            (" 67.5 % ", Target::Percent(67.5)),
            ("100%", Target::Percent(100.0)),
            ("70 Percent", Target::Percent(70.0)),
            ("800 points", Target::Points(800.0)),
            ("800points", Target::Points(800.0)),
            ("1 point", Target::Points(1.0)),
            ("50 more points", Target::MorePoints(50.0)),
            ("+50 points", Target::MorePoints(50.0)),
            ("+ 50pts", Target::MorePoints(50.0)),
            ("+5%", Target::MorePercent(5.0)),
            ("5 more percent", Target::MorePercent(5.0)),
            ("5 pp", Target::MorePercent(5.0)),
        ] {
            assert_eq!(Target::parse(text).unwrap(), target, "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_what_would_be_one() {
        let refusal = |text: &str| Target::parse(text).unwrap_err().sentence;
        let all = "0|0 %|-5|-5 points|70 80|70 % 800 points|70 points %|seventy|1e2|70,5|1.234|NaN|inf|9999999999 points|1000001 points|%|points|more|٧٠|70 % or so|.";
        for text in all.split('|') {
            let said = refusal(text);
            assert!(said.contains("`70`, or points such as `800 points`") && said.contains("is not one"), "{text}: {said}");
        }
        assert_eq!(refusal("101"), "`target` is a percentage of at most 100, and `101` is more. For points write `101 points`.");
        assert!(refusal("100.01 %").contains("at most 100") && refusal("+120 %").contains("at most 100"));
        assert_eq!(refusal("+50"), "`target` of `+50` says neither points nor percent. Write `50 more points` or `50 more percent`.");
    }
}
