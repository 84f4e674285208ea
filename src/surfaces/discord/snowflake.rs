//! What is an id in Discord? A number of so many digits, which counts the milliseconds since 2015: <https://docs.discord.com/developers/reference#snowflakes>.

use std::{num::NonZeroU64, ops::RangeInclusive};

use super::settings::PREFIX;

const DIGITS: RangeInclusive<usize> = 17..=20;

/// The id that `text` is, as Discord's Copy ID gives it; `None` for anything else.
pub fn snowflake(text: &str) -> Option<NonZeroU64> {
    let digits = DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    digits.then(|| text.parse().ok()).flatten()
}

/// The id of the user, or of the channel, whom we know as `name`; `None` for anything that is not in Discord.
pub(super) fn known_as(name: &str) -> Option<NonZeroU64> {
    snowflake(name.strip_prefix(PREFIX)?)
}
