//! How does an operator bring scorewatch to Discord? Invites the bot, writes its commands, posts.

mod args;

use serde_json::{Value, json};

use super::{
    output::{say, tell},
    session::with_store,
};
use crate::{
    access::{Asker, Tenants},
    ask::SavedQuestion,
    config::Config,
    error::{Error, ErrorKind, Result},
    manifests::discord::{commands, for_one_server},
    surfaces::discord::{self, ChannelPost, DiscordSettings, RestClient, register::register},
};

pub(super) use args::DiscordCommand;

/// What posting needs: View Channel, Send Messages, Embed Links, Attach Files, Read Message History to answer an alert, and Send Messages in Threads
/// (<https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags>).
const TO_POST: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 38;

pub(super) async fn run(config: &Config, args: &DiscordCommand) -> Result<()> {
    let settings: &DiscordSettings = config.settings().ok_or_else(|| {
        let sentence =
            "Discord is not configured: add [discord] and a grant to scorewatch.toml. docs/surfaces/discord.md shows how, step by step.";
        Error::new(ErrorKind::Misconfigured, sentence)
    })?;
    match args {
        DiscordCommand::Invite(args) => invite(settings.application_id, args),
        DiscordCommand::Register(args) => write(settings, args).await,
        DiscordCommand::Post(args) => post(config, settings, args).await,
    }
}

fn invite(application_id: u64, args: &args::InviteArgs) -> Result<()> {
    say(&address(application_id, args))?;
    tell(
        "Open it in a browser with the Discord account that owns the application (or any, while Public Bot is on) and the permission Manage Server.",
    );
    tell(if args.posts {
        "The bot asks for View Channel, Send Messages, Send Messages in Threads, Embed Links, Attach Files and Read Message History. In private channels, grant it the same."
    } else {
        "The bot asks for no permission. To post into channels it needs some: see --posts."
    });
    Ok(())
}

/// The address that adds the bot: <https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow>.
fn address(application_id: u64, args: &args::InviteArgs) -> String {
    let permissions = if args.posts { TO_POST } else { 0 };
    let guild = args.guild.map_or_else(String::new, |guild| format!("&guild_id={guild}"));
    format!(
        "https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot+applications.commands&integration_type=0&permissions={permissions}{guild}"
    )
}

async fn write(settings: &DiscordSettings, args: &args::RegisterArgs) -> Result<()> {
    let wire = RestClient::new(settings)?;
    let wanted: Value = match args.guild {
        _ if args.remove => json!([]),
        Some(_) => for_one_server(),
        None => commands(),
    };
    let place = args.guild.map_or_else(|| "all servers and direct messages".to_owned(), |guild| format!("server {guild}"));
    let guild = args.guild.map(Into::into);
    let differences = register(&wanted, wire.commands(guild).await?);
    if differences.is_empty() {
        say(&format!("Nothing to do: Discord has these commands for {place} already."))?;
    } else {
        say(&differences.to_string())?;
        if args.dry_run {
            tell(&format!("Nothing was changed for {place}: leave --dry-run out to do it."));
        } else {
            wire.set_commands(guild, &wanted).await?;
            tell(&format!("Registered for {place}."));
        }
    }
    if let Some(guild) = args.guild
        && !args.remove
        && !wire.commands(None).await?.is_empty()
    {
        tell(&format!(
            "This server shows them twice, because they are registered for all servers too. To fix that: scorewatch discord register --guild {guild} --remove"
        ));
    }
    Ok(())
}

async fn post(config: &Config, settings: &DiscordSettings, args: &args::PostArgs) -> Result<()> {
    let readers = settings.grants.readers(discord::SURFACE.name, &args.channel.to_string()).ok_or_else(|| {
        let sentence = format!(
            "No grant says what everyone in channel {} may see, so nothing is posted there. Give a grant in [discord.grants] its guild, this channel and tenants, and neither member_role nor user.",
            args.channel
        );
        Error::new(ErrorKind::Forbidden, sentence)
    })?;
    let wire = RestClient::new(settings)?;
    // Named, so that whoever presses a button below it is asked for no tenant.
    let only = || match &readers.tenants {
        Tenants::Only(names) if names.len() == 1 => names.first().cloned(),
        Tenants::All | Tenants::Only(_) => None,
    };
    let given = args.question.args.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let question = SavedQuestion { skill: args.question.skill, tenant: args.tenant.clone().or_else(only), args: given };
    let local = Asker::local();
    let posting = ChannelPost { channel: args.channel, question: &question, theme: settings.theme, again: args.again.then_some(&local) };
    let posted = with_store(config, async |session| {
        let (ask, operations) = (&session.doors.ask, &session.doors.operations);
        let posted = Box::pin(discord::post(&wire, ask, operations, &readers, &posting)).await;
        session.count_question().await;
        posted
    });
    say(&format!("Posted as message {}.", posted.await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bot_asks_for_no_more_than_it_needs() {
        let address = |guild: Option<u64>, posts| address(7, &args::InviteArgs { guild: guild.and_then(std::num::NonZeroU64::new), posts });
        let bare = "https://discord.com/oauth2/authorize?client_id=7&scope=bot+applications.commands&integration_type=0&permissions=";
        assert_eq!(address(None, false), format!("{bare}0"));
        // View Channel 1024, Send Messages 2048, Embed Links 16384, Attach Files 32768, Read Message History 65536, Send Messages in Threads 274877906944.
        assert_eq!(address(Some(5), true), format!("{bare}274878024704&guild_id=5"));
    }
}
