//! How do people ask in Discord, and who may? `[discord]` and its grants, or nobody.

use std::num::NonZeroU64;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    grant,
    reader::{ConfigReader, SectionReader},
    tenant::root,
};
use crate::{access::Tenants, text::snowflake};

/// What it takes to be met in Discord.
#[derive(Debug)]
pub struct DiscordConfig {
    /// The id of scorewatch's own application.
    pub application_id: u64,
    /// Its public key: 64 hexadecimal digits, in small letters. Without one, Discord cannot call us.
    pub public_key: Option<String>,
    /// The token of its bot.
    pub token: SecretString,
    /// Whether Discord calls us, instead of that we keep a connection to its gateway.
    pub http_only: bool,
    /// What stands for Discord's API.
    pub proxy: Option<Url>,
    /// The colours of pictures.
    pub picture: PictureTheme,
    /// Who may ask; nobody without one.
    pub grants: Vec<DiscordGrantConfig>,
}

/// The colours of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureTheme {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

/// Who may ask where; every condition that is given must hold. All ids are digits, as Discord sends them.
#[derive(Debug)]
pub struct DiscordGrantConfig {
    /// The server; without one, a user's direct messages.
    pub guild: Option<String>,
    /// The channel of the server.
    pub channel: Option<String>,
    /// The role that a member of the server must have.
    pub member_role: Option<String>,
    /// The one user that it is for.
    pub user: Option<String>,
    /// The role that it gives: `reader`, `analyst`, `operator`.
    pub role: &'static str,
    /// The tenants that it shows.
    pub tenants: Tenants,
}

/// The section of all grants.
const GRANTS: [&str; 2] = ["discord", "grants"];
const PUBLIC_KEY_DIGITS: usize = 64;

pub(super) fn read(reader: &mut ConfigReader) -> Option<DiscordConfig> {
    if !reader.has_section(&["discord"]) {
        return None;
    }
    let names = reader.names(&GRANTS);
    let grants: Vec<Option<DiscordGrantConfig>> =
        names.iter().map(|name| one(reader.section(&[GRANTS[0], GRANTS[1], name]), name)).collect();
    let mut section = reader.section(&["discord"]);
    if !section.has("application_id") {
        section.error("application_id", "is missing", "General Information in Discord's developer portal shows it");
    }
    if !section.has_secret("token") {
        section.error_here("has no token", "Give it token or token_file; Bot > Reset Token in the developer portal shows one, once");
    }
    let http_only = section.flag("http_only");
    if http_only && !section.has("public_key") {
        section.error("public_key", "is missing", "http_only needs it: General Information in the developer portal shows it");
    }
    let application_id = section.text("application_id", |text| snowflake(text).map(NonZeroU64::get));
    let public_key = section.text("public_key", public_key);
    let token = token(&mut section);
    let proxy = section.text("proxy", root);
    let picture = section.text("picture", |text| match text {
        "dark" => Some(PictureTheme::Dark),
        "light" => Some(PictureTheme::Light),
        _ => None,
    });
    let grants = grants.into_iter().collect::<Option<_>>()?;
    Some(DiscordConfig { application_id: application_id?, public_key, token: token?, http_only, proxy, picture: picture?, grants })
}

fn one(mut section: SectionReader<'_>, name: &str) -> Option<DiscordGrantConfig> {
    grant::check_name(&mut section, name);
    let has_guild = section.has("guild");
    for key in ["channel", "member_role"] {
        if section.has(key) && !has_guild {
            section.error(key, "is given without guild", "Give the id of the server that it belongs to too");
        }
    }
    if !["guild", "channel", "member_role", "user"].into_iter().any(|key| section.has(key)) {
        section.error_here("is for nobody", "Give it the id of a server as guild, or of a user alone for direct messages");
    }
    let [guild, channel, member_role, user] = ["guild", "channel", "member_role", "user"].map(|key| section.text(key, id));
    if guild.is_some() && guild == member_role {
        section.error("member_role", "is the guild's own id", "That is everybody's role, which no member is said to have: remove it");
    }
    let (role, tenants) = grant::gives(&mut section)?;
    Some(DiscordGrantConfig { guild, channel, member_role, user, role, tenants })
}

fn token(section: &mut SectionReader<'_>) -> Option<SecretString> {
    let token = section.secret("token")?;
    if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        let key = if section.has("token") { "token" } else { "token_file" };
        section.error(key, "holds no token", "A bot's token is one word; write it alone, without Bot before it");
    }
    Some(token)
}

/// An id as Discord writes it.
fn id(text: &str) -> Option<String> {
    snowflake(text).map(|id| id.to_string())
}

fn public_key(text: &str) -> Option<String> {
    let hexadecimal = text.len() == PUBLIC_KEY_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| text.to_ascii_lowercase())
}
