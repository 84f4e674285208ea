//! Would people in Discord be answered? Its token, its keys, its commands, and whether it is where the grants say.

use futures_util::future::BoxFuture;

use super::{
    ApplicationInfo, DiscordSettings, PATH, RestClient,
    register::{Differences, register},
};
use crate::{
    access::chat::Grants,
    config::Sections,
    error::{Error, ErrorKind, Result},
    manifests::discord::{commands, for_one_server},
    surfaces::CheckStep,
    text::one_line,
};

/// What Discord has of our commands, for all servers or for one.
enum RegisteredCommands {
    None,
    All,
    Others(Differences),
}

impl RegisteredCommands {
    fn of(have: Vec<serde_json::Value>, wanted: &serde_json::Value) -> Self {
        if have.is_empty() {
            return Self::None;
        }
        let differences = register(wanted, have);
        if differences.is_empty() { Self::All } else { Self::Others(differences) }
    }
}

/// What was found step by step, and what to do; nothing where there is no bot.
pub(super) fn check(sections: &Sections) -> BoxFuture<'_, Vec<CheckStep>> {
    Box::pin(async {
        match sections.get() {
            Some(settings) => steps(settings).await,
            None => Vec::new(),
        }
    })
}

async fn steps(settings: &DiscordSettings) -> Vec<CheckStep> {
    let found = async {
        let wire = RestClient::new(settings)?;
        let about = wire.about().await?;
        Ok((wire, about))
    };
    let (wire, about) = match found.await {
        Ok(found) => found,
        // Nothing else would do better.
        Err(error) => return vec![CheckStep::of("application", Err(error))],
    };
    let mut steps = vec![CheckStep::of("application", application(settings, &about))];
    if steps[0].found.is_ok() {
        if let Some(key) = &settings.public_key {
            steps.push(CheckStep::of("public key", public_key(key, &about)));
        }
        steps.push(CheckStep::of("connection", connection(settings, &about)));
        if settings.grants.0.is_empty() {
            let sentence = "Nobody may ask yet. Say who may ask where in a section such as [discord.grants.contoso]; the bot answers a command with the ids to use.";
            steps.push(CheckStep::of("grants", wrong(sentence)));
        }
        steps.extend(places(&wire, &settings.grants).await);
    }
    steps
}

fn wrong<T>(sentence: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Misconfigured, sentence))
}

fn application(settings: &DiscordSettings, about: &ApplicationInfo) -> Result<String> {
    let (name, id) = (one_line(&about.name), about.application_id);
    if id != settings.application_id {
        return wrong(format!(
            "The token belongs to application {id} ({name}), and discord.application_id is {}. Take both from the same application.",
            settings.application_id
        ));
    }
    Ok(format!("It is the bot of {name}."))
}

fn public_key(key: &str, about: &ApplicationInfo) -> Result<String> {
    if !about.verify_key.eq_ignore_ascii_case(key) {
        return wrong(
            "discord.public_key is not that of the application: every call from Discord would be refused. Copy it again from General Information in the developer portal.",
        );
    }
    Ok("It matches the application.".to_owned())
}

/// Discord calls an application, or speaks with it over the gateway; never both
/// (<https://docs.discord.com/developers/interactions/receiving-and-responding#receiving-an-interaction>).
fn connection(settings: &DiscordSettings, about: &ApplicationInfo) -> Result<String> {
    let called_at = about.interactions_endpoint_url.as_deref().filter(|url| !url.is_empty()).map(one_line);
    match (called_at, settings.gateway) {
        (None, true) => Ok("Over the gateway.".to_owned()),
        (Some(url), false) => Ok(format!("Discord calls {url}.")),
        (None, false) => wrong(format!(
            "discord.http_only is true, and Discord does not know where to call. Enter the address of this server, followed by {PATH}, in General Information > Interactions Endpoint URL, while the server runs."
        )),
        (Some(url), true) => wrong(format!(
            "Discord calls {url} and sends nothing over the gateway. Empty General Information > Interactions Endpoint URL in the developer portal, or set discord.http_only."
        )),
    }
}

/// The commands, and each server that a grant names.
async fn places(wire: &RestClient, grants: &Grants) -> Vec<CheckStep> {
    let everywhere = match wire.commands(None).await {
        Ok(have) => RegisteredCommands::of(have, &commands()),
        Err(error) => return vec![CheckStep::of("commands", Err(error))],
    };
    let (mut steps, mut all_have_their_own) = (Vec::new(), true);
    let wanted = for_one_server();
    for space in grants.spaces() {
        let Ok(guild) = space.parse::<std::num::NonZeroU64>() else { continue };
        let had = wire.commands(Some(guild.into())).await.map(|have| RegisteredCommands::of(have, &wanted));
        all_have_their_own &= matches!(had, Ok(RegisteredCommands::All));
        let twice = matches!((&had, &everywhere), (Ok(RegisteredCommands::All), RegisteredCommands::All));
        let remark = twice
            .then(|| format!("Server {space} shows each command twice. To fix that: scorewatch discord register --guild {space} --remove"));
        steps.push(CheckStep { remark, ..CheckStep::of(format!("server {space}"), server(space, had)) });
    }
    // A server's own commands are not offered in direct messages.
    let enough = all_have_their_own && !steps.is_empty() && grants.0.iter().all(|grant| grant.space.is_some());
    steps.insert(0, CheckStep::of("commands", offered(&everywhere, enough)));
    steps
}

fn offered(everywhere: &RegisteredCommands, enough_without: bool) -> Result<String> {
    match everywhere {
        RegisteredCommands::All => Ok("All servers and direct messages have them.".to_owned()),
        RegisteredCommands::None if enough_without => Ok("Each server has its own.".to_owned()),
        RegisteredCommands::None => wrong("Discord has none. Register them: scorewatch discord register"),
        RegisteredCommands::Others(differences) => {
            wrong(format!("Discord has others ({}). Register them: scorewatch discord register", in_a_line(differences)))
        }
    }
}

fn server(space: &str, had: Result<RegisteredCommands>) -> Result<String> {
    match had {
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) => {
            let sentence = format!("The bot is not in this server. Add it: scorewatch discord invite --guild {space}");
            Err(Error::new(error.kind, sentence).because(error.cause()))
        }
        Err(error) => Err(error),
        Ok(RegisteredCommands::None) => Ok("The bot is there.".to_owned()),
        Ok(RegisteredCommands::All) => Ok("The bot is there, with commands for this server.".to_owned()),
        Ok(RegisteredCommands::Others(differences)) => wrong(format!(
            "The server has other commands of its own ({}). Register them: scorewatch discord register --guild {space}, or remove them: --remove",
            in_a_line(&differences)
        )),
    }
}

fn in_a_line(differences: &Differences) -> String {
    differences.to_string().replace('\n', "; ")
}
