//! How are API keys made, shown and ended at the command line? Running servers have noticed when the command returns.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use jiff::{Timestamp, tz::TimeZone};
use secrecy::ExposeSecret as _;

use super::{
    expiry::KeyExpiry,
    operator,
    output::{print_rows, say, table, tell},
    session::{Session, noticed, with_new_store, with_store},
};
use crate::{
    access::Role,
    card::{Card, Tone, Word},
    config::Config,
    error::{Error, Result},
    operations::{KeyShown, NewKey, Operations},
    skills::ALL,
    text::minute,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key; it is shown once, on stdout, and only its hash is stored
    #[command(after_help = "Examples:
  scorewatch key new --name security-copilot --tenant contoso --expires 90d
  KEY=$(scorewatch key new --name reporting --all-tenants --expires 2027-01-31)")]
    New(KeyNewArgs),
    /// List all keys, never the secrets
    #[command(after_help = "Example:\n  scorewatch key list --json")]
    List {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; running servers refuse it when this returns
    #[command(after_help = "Example:\n  scorewatch key revoke 0a1b2c3d4e5f6071")]
    Revoke {
        /// Its id, as `key list` shows it
        id: String,
    },
}

/// The key to make.
#[derive(Debug, clap::Args)]
pub(super) struct KeyNewArgs {
    /// Who or what it is for
    #[arg(long)]
    pub(super) name: String,
    /// A tenant or a group that it may see; may be given several times. Of a group, whoever is in it when the key is used
    #[arg(long = "tenant", value_name = "NAME", required_unless_present = "all_tenants", conflicts_with = "all_tenants")]
    pub(super) tenants: Vec<String>,
    /// It may see all tenants, including those added later
    #[arg(long)]
    pub(super) all_tenants: bool,
    /// A reader sees scores, an analyst also names of people and notes on controls, an operator also manages keys
    #[arg(long, default_value = "reader", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::word)).try_map(|word| word.parse::<Role>()))]
    pub(super) role: Role,
    /// Its last day (UTC), such as 2027-01-31, or how long it lasts, such as 90d [default: never expires]
    #[arg(long, value_name = "DAY|DAYS")]
    pub(super) expires: Option<KeyExpiry>,
}

pub(super) async fn run(config: &Config, command: KeyCommand) -> Result<()> {
    let none = "There are no keys yet. Create one: scorewatch key new --name security-copilot --tenant NAME --expires 90d";
    match command {
        KeyCommand::New(new) => create(config, new).await,
        KeyCommand::List { json } => {
            with_store(config, async |session| print_rows(json, &session.doors.operations.keys(&operator()).await?, none, as_card)).await
        }
        KeyCommand::Revoke { id } => with_store(config, async |session| revoke(&session.doors.operations, &id).await).await,
    }
}

async fn create(config: &Config, new: KeyNewArgs) -> Result<()> {
    let KeyNewArgs { name, tenants, all_tenants, role, expires } = new;
    let too_far = || Error::bad_arguments("The expiry date is too far away. Give an earlier one.");
    let expires = expires.map(|expires| expires.moment(Timestamp::now()).ok_or_else(too_far)).transpose()?;
    let key = NewKey { name, tenants: (!all_tenants).then_some(tenants), role, expires };
    let rehearse = async |session: &Session<'_>| session.doors.operations.key_new(&operator(), key.clone()).await.map(|_| ());
    with_new_store(config, rehearse, async |session| make(&session.doors.operations, config, key.clone()).await).await
}

async fn make(operations: &Operations, config: &Config, key: NewKey) -> Result<()> {
    let NewKey { tenants, role, expires, .. } = &key;
    let seen = tenants.as_ref().map_or_else(|| "all tenants".to_owned(), |tenants| format!("tenants {}", tenants.join(", ")));
    let tenant = tenants.as_ref().and_then(|tenants| tenants.first()).cloned().unwrap_or_else(|| "NAME".to_owned());
    let (role, expires) = (*role, *expires);
    let (id, secret) = operations.key_new(&operator(), key).await?;
    let until = expires.map_or_else(|| "It never expires".to_owned(), |at| format!("It expires on {}", minute(at)));
    tell(&format!("Key {id}, role {role}, {seen}. {until}. Save it now: it is not shown again."));
    say(secret.expose_secret())?;
    tell(&format!(
        "\nTry it, with the key in $KEY:\n  curl -H \"Authorization: Bearer $KEY\" \"{}/skills/{}?tenant={tenant}\"",
        address(config),
        ALL[0].name
    ));
    noticed().await;
    Ok(())
}

async fn revoke(operations: &Operations, id: &str) -> Result<()> {
    operations.key_revoke(&operator(), id).await?;
    noticed().await;
    say(&format!("Key {id} is revoked."))
}

fn as_card(keys: &[KeyShown]) -> Card {
    let now = Timestamp::now();
    let rows = keys.iter().map(|key| {
        let tenants = key.tenants.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", "));
        let state = match (key.revoked, key.expires) {
            (Some(at), _) => Word::toned(format!("revoked on {}", day(at)), Tone::Bad),
            (None, Some(at)) if at <= now => Word::toned(format!("expired on {}", day(at)), Tone::Bad),
            (None, Some(at)) => Word::toned(format!("active until {}", minute(at)), Tone::Good),
            (None, None) => Word::toned("active", Tone::Good),
        };
        [
            Word::plain(&*key.id),
            Word::toned(&*key.name, Tone::Strong),
            Word::plain(&*key.role),
            Word::plain(tenants),
            Word::toned(day(key.created), Tone::Quiet),
            state,
        ]
    });
    Card::new("API keys", vec![table(["id", "name", "role", "tenants", "created", "state"], rows)], "")
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Where a server with this configuration is reached.
fn address(config: &Config) -> String {
    let server = &config.server;
    match &server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if server.tls.is_some() => format!("https://{}", server.listen),
        None => format!("http://{}", server.listen),
    }
}
