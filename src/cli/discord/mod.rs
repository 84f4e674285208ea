//! How does an operator bring scorewatch to Discord? Invites the bot, writes its commands, posts.

mod grammar;

use std::num::NonZeroU64;

use super::{say, tell};
use crate::{
    config::{self, Config},
    error::{Error, Kind, Result},
};

pub(super) use grammar::Discord;

/// What posting needs: View Channel, Send Messages, Embed Links, Attach Files
/// (<https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>).
const TO_POST: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15;

pub(super) fn run(config: &Config, wish: &Discord) -> Result<()> {
    match wish {
        Discord::Invite(wish) => invite(configured(config)?, wish),
        _ => Ok(()),
    }
}

/// What `[discord]` says.
fn configured(config: &Config) -> Result<&config::Discord> {
    config.discord.as_ref().ok_or_else(|| {
        let sentence =
            "Discord is not configured: add [discord] and a grant to scorewatch.toml. The README shows how, step by step, under Discord.";
        Error::new(Kind::Misconfigured, sentence)
    })
}

fn invite(discord: &config::Discord, wish: &grammar::Invite) -> Result<()> {
    say(&address(discord.application_id, wish))?;
    tell("Open it in a browser as somebody who may manage the server, and choose the server.");
    tell(if wish.posts {
        "The bot asks for View Channel, Send Messages, Embed Links and Attach Files. In private channels give it the same."
    } else {
        "The bot asks for no permission. To post into channels it needs some: see --posts."
    });
    Ok(())
}

/// The address that adds the bot: <https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow>.
fn address(application_id: u64, wish: &grammar::Invite) -> String {
    let permissions = if wish.posts { TO_POST } else { 0 };
    let guild = wish.guild.map_or_else(String::new, |guild: NonZeroU64| format!("&guild_id={guild}"));
    format!(
        "https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot+applications.commands&integration_type=0&permissions={permissions}{guild}"
    )
}
