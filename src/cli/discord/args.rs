//! What can be typed behind `scorewatch discord`? Inviting the bot, writing its commands, posting.

use std::num::NonZeroU64;

use clap::{Args, Subcommand};

use super::super::question::QuestionArgs;
use crate::surfaces::discord::snowflake;

#[derive(Debug, Subcommand)]
pub(in super::super) enum DiscordCommand {
    /// Print the link that adds the bot to a server, with the least permissions
    #[command(
        after_help = "Whoever opens the link needs the permission Manage Server there, and must own the application while its Public Bot is off. The bot asks for no permission: answers to commands need none. With --posts it asks for View Channel, Send Messages, Send Messages in Threads, Embed Links, Attach Files and Read Message History (to answer an alert), without which `scorewatch discord post` cannot write; they can be given for single channels instead.

Examples:
  scorewatch discord invite
  scorewatch discord invite --guild 1100000000000000002 --posts"
    )]
    Invite(InviteArgs),
    /// Register the slash commands with Discord, if they changed
    #[command(
        after_help = "Without --guild they are for all servers that the bot is in, and for direct messages. With it they are for one server alone, beside those for all: use it for testing. People see a change at once, or when they next open Discord.

Examples:
  scorewatch discord register --dry-run
  scorewatch discord register
  scorewatch discord register --guild 1100000000000000002 --remove"
    )]
    Register(RegisterArgs),
    /// Post the answer to a question into a channel, as everyone who reads there may see it
    #[command(
        after_help = "The channel must be one that a grant names without a member_role or a user: that grant decides what everyone there may see, and the post shows no more. A channel that Discord refuses (deleted, closed to the bot) is not posted to again without --again. The same answer is not posted twice within a few minutes.

Examples:
  scorewatch discord post 1100000000000000003 secure_score
  scorewatch discord post 1100000000000000003 score_changes --since week --tenant contoso
  scorewatch discord post --again 1100000000000000003 weakest_controls --limit 5"
    )]
    Post(PostArgs),
}

/// To which server, and what for.
#[derive(Debug, Args)]
pub(in super::super) struct InviteArgs {
    /// The server that is preselected
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(in super::super) guild: Option<NonZeroU64>,
    /// Also ask for the permissions that posting into channels needs
    #[arg(long)]
    pub(in super::super) posts: bool,
}

/// Where to write the commands, and how.
#[derive(Debug, Args)]
pub(in super::super) struct RegisterArgs {
    /// For this server alone
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(in super::super) guild: Option<NonZeroU64>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(in super::super) dry_run: bool,
    /// Remove all of them there
    #[arg(long)]
    pub(in super::super) remove: bool,
}

/// Where to post, and what.
#[derive(Debug, Args)]
pub(in super::super) struct PostArgs {
    /// The channel's id
    #[arg(value_parser = id)]
    pub(in super::super) channel: NonZeroU64,
    /// Post although the channel was refused before, once you fixed the cause
    #[arg(long)]
    pub(in super::super) again: bool,
    /// The tenant, if the channel shows several; `all` for those questions that take it
    #[arg(long, global = true, value_name = "NAME")]
    pub(in super::super) tenant: Option<String>,
    #[command(subcommand)]
    pub(in super::super) question: QuestionArgs,
}

/// Reads an id.
fn id(text: &str) -> Result<NonZeroU64, String> {
    snowflake(text).ok_or_else(|| {
        "expected an id of 17 to 20 digits, as Discord's Copy ID gives it (User Settings > Advanced > Developer Mode)".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits() {
        assert_eq!(id("1100000000000000003").unwrap().get(), 1_100_000_000_000_000_003);
        for wrong in ["", "0", "00000000000000000", "#general", "110000000000000000x", "99999999999999999999", "-1100000000000000003"] {
            assert!(id(wrong).unwrap_err().contains("Copy ID"), "{wrong}");
        }
    }
}
