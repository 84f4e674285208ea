//! How do people ask in Discord? By slash commands that come over its gateway or as HTTP calls, and are answered with embeds.

pub mod register;

/// Discord.
pub struct Surface;

impl super::Surface for Surface {
    const NAME: &'static str = "discord";
}
