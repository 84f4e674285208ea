//! Where do posts go, and who reads there? `[destinations.NAME]`, `[mail]`, `[delivery]`.

use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};

use super::{
    grant::{role, tenants},
    reader::{ConfigReader, SectionReader},
};
use crate::{
    access::Tenants,
    text::{NAME_IS, is_loopback, is_name, snowflake},
};

/// A destination.
#[derive(Debug)]
pub struct DestinationConfig {
    /// Its name.
    pub name: String,
    /// What it takes to reach it.
    pub reach: DestinationReach,
    /// Who reads there; `None` for a channel of Discord, of which grants say it.
    pub readers: Option<ReadersConfig>,
    /// The destination that gets what is urgent while this one takes nothing.
    pub fallback: Option<String>,
}

/// What it takes to reach a destination.
#[derive(Debug)]
pub enum DestinationReach {
    /// A channel of Discord, through the bot. Grants say who reads there.
    DiscordChannel {
        /// Its id.
        channel: u64,
    },
    /// An address that takes posts.
    Webhook {
        /// Whose form they have.
        kind: WebhookKind,
        /// The address: a secret.
        url: SecretString,
        /// What posts are signed with, for [`WebhookKind::CloudEvents`].
        secret: Option<SecretString>,
    },
    /// Mailboxes.
    Mail {
        /// Their addresses.
        to: Vec<String>,
    },
}

/// Whose form posts to an address have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookKind {
    /// Discord's.
    Discord,
    /// Slack's.
    Slack,
    /// Those of Teams Workflows.
    Teams,
    /// Ours: CloudEvents.
    CloudEvents,
}

/// What those who read at a destination may see.
#[derive(Debug)]
pub struct ReadersConfig {
    /// Their role: `reader`, `analyst`, `operator`.
    pub role: &'static str,
    /// Their tenants.
    pub tenants: Tenants,
}

/// The server that takes our mail.
#[derive(Debug)]
pub struct MailConfig {
    /// Its host.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// Who signs in, and with what.
    pub login: Option<(String, SecretString)>,
    /// Who the mails are from.
    pub from: String,
    /// Where readers say that they want no more; `from` when not given.
    pub unsubscribe: Option<String>,
    /// Root certificates, PEM, that are trusted beside those of browsers.
    pub roots: Option<SecretSlice<u8>>,
}

/// How a connection for mail is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// It begins in clear text and must switch to TLS.
    StartTls,
    /// TLS from the start.
    Tls,
    /// Not at all, to this machine itself.
    None,
}

/// How deliveries are made.
#[derive(Debug)]
pub struct DeliveryConfig {
    /// The destination that the operator reads.
    pub operator: Option<String>,
    /// After how long a delivery is given up.
    pub give_up: Duration,
    /// After how long another process takes over.
    pub lease: Duration,
}

const KEYS_OF_KINDS: [(&str, &[&str]); 6] = [
    ("url", &["discord_webhook", "slack", "teams", "webhook"]),
    ("secret", &["webhook"]),
    ("channel", &["discord"]),
    ("to", &["mail"]),
    ("role", &["discord_webhook", "slack", "teams", "webhook", "mail"]),
    ("tenants", &["discord_webhook", "slack", "teams", "webhook", "mail"]),
];
const KINDS: [&str; 6] = ["discord", "discord_webhook", "slack", "teams", "mail", "webhook"];
/// How many mailboxes one destination may have.
const MAILBOXES_MAX: usize = 50;

pub(super) fn delivery(section: &mut SectionReader<'_>) -> DeliveryConfig {
    let operator = section.text("operator", |text| is_name(text).then(|| text.to_owned()));
    let give_up = Duration::from_hours(section.whole("give_up_hours").into());
    DeliveryConfig { operator, give_up, lease: Duration::from_secs(section.whole("lease_seconds").into()) }
}

pub(super) fn read_all(reader: &mut ConfigReader) -> Vec<DestinationConfig> {
    let names = reader.names(&["destinations"]);
    names.into_iter().filter_map(|name| read(reader.section(&["destinations", &name]), name)).collect()
}

fn read(mut section: SectionReader<'_>, name: String) -> Option<DestinationConfig> {
    if !is_name(&name) {
        section.error_here("is not a valid name for a destination", format!("Use {NAME_IS}"));
    }
    if !section.has("kind") {
        section.error("kind", "is missing", format!("Give one of {}", KINDS.join(", ")));
    }
    let kind = section.text("kind", |text| KINDS.into_iter().find(|kind| *kind == text));
    for (key, kinds) in KEYS_OF_KINDS {
        let (given, wanted) = (section.has_secret(key), kind.is_none_or(|kind| kinds.contains(&kind)));
        match kind {
            Some(kind) if given && !wanted => section.error(key, format!("has no effect for a {kind}"), "Remove it"),
            Some(_) if !given && wanted && !matches!(key, "role" | "secret") => {
                section.error(key, "is missing", format!("A {} needs it", kind.unwrap_or_default()));
            }
            _ => {}
        }
    }
    // Read whatever the kind is, so that every error is found at once.
    let channel = section.text("channel", |text| snowflake(text).map(std::num::NonZeroU64::get));
    let url = url(&mut section, kind);
    let secret = section.secret("secret");
    if kind == Some("webhook") && !section.has_secret("secret") {
        section.error("secret", "is missing", "Create one with: echo whsec_$(openssl rand -base64 32)");
    }
    let to = section.text("to", mailboxes);
    let readers = section.text("role", role).zip(section.text("tenants", tenants)).map(|(role, tenants)| ReadersConfig { role, tenants });
    let fallback = section.text("fallback", |text| is_name(text).then(|| text.to_owned()));
    let kind = kind?;
    let reach = match hook(kind) {
        Some(kind) => DestinationReach::Webhook { kind, url: url?, secret },
        None if kind == "mail" => DestinationReach::Mail { to: to? },
        None => DestinationReach::DiscordChannel { channel: channel? },
    };
    let readers = if kind == "discord" { None } else { Some(readers?) };
    Some(DestinationConfig { name, reach, readers, fallback })
}

/// Whose form posts to an address of a destination of `kind` have; `None` for one that has no address.
fn hook(kind: &str) -> Option<WebhookKind> {
    match kind {
        "discord_webhook" => Some(WebhookKind::Discord),
        "slack" => Some(WebhookKind::Slack),
        "teams" => Some(WebhookKind::Teams),
        "webhook" => Some(WebhookKind::CloudEvents),
        _ => None,
    }
}

/// An address that takes posts: https, or http to this machine itself. No message shows it.
fn url(section: &mut SectionReader<'_>, kind: Option<&str>) -> Option<SecretString> {
    let url = section.secret("url")?;
    let url_read = Url::parse(url.expose_secret().trim()).ok();
    let key = if section.has("url") { "url" } else { "url_file" };
    if let Some((wrong, right)) = url_read.as_ref().and_then(|url| ended(kind, url)) {
        section.warn(key, wrong, right);
    }
    let usable = url_read.is_some_and(|url| {
        let loopback = url.host_str().is_some_and(is_loopback);
        url.has_host() && (url.scheme() == "https" || url.scheme() == "http" && loopback)
    });
    if !usable {
        section.error(key, "holds no valid address", "Write an https address (http only to this machine itself), alone");
    }
    Some(SecretString::from(url.expose_secret().trim()))
}

/// What is to be said of an address where Microsoft takes no posts for Teams any more, whatever the kind of its destination. The address itself is a
/// secret, its host is not.
fn ended(kind: Option<&str>, url: &Url) -> Option<(String, &'static str)> {
    // A name may end with the dot of the root.
    let host = url.host_str()?.trim_end_matches('.');
    let on = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_connector = || kind == Some("teams") || url.path().starts_with("/webhook");
    if on("webhook.office.com") || (on("outlook.office.com") || on("outlook.office365.com")) && is_connector() {
        return Some((
            format!("holds the address of a connector on {host}, which Microsoft has switched off"),
            "Create a flow in Teams: Workflows > Post to a channel when a webhook request is received, and configure its address",
        ));
    }
    on("logic.azure.com").then(|| {
        (
            format!("holds an address on {host}, where Teams flows accepted posts until 30 November 2025"),
            "Open the flow in Workflows and configure the address that it has now; one of a Logic App of your own stays",
        )
    })
}

fn mailboxes(text: &str) -> Option<Vec<String>> {
    let all: Vec<String> = text.split(',').map(|address| mailbox(address.trim())).collect::<Option<_>>()?;
    (all.len() <= MAILBOXES_MAX).then_some(all)
}

/// A bare mail address; what mail itself thinks of it, mail says.
fn mailbox(text: &str) -> Option<String> {
    let (name, host) = text.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>,;\"@".contains(c));
    (plain(name) && plain(host) && text.len() <= 254).then(|| text.to_owned())
}

pub(super) fn mail(reader: &mut ConfigReader) -> Option<MailConfig> {
    if !reader.has_section(&["mail"]) {
        return None;
    }
    let mut section = reader.section(&["mail"]);
    for (key, right) in [("server", "Give the host name of your mail server"), ("from", "Give the sender address")] {
        if !section.has(key) {
            section.error(key, "is missing", right);
        }
    }
    let server = section.text("server", |text| {
        Url::parse(&format!("https://{text}/")).ok().filter(|url| url.path() == "/")?.host_str().map(ToOwned::to_owned)
    });
    let port = u16::try_from(section.whole("port")).unwrap_or(u16::MAX);
    let security = section.text("security", |text| match text {
        "starttls" => Some(MailSecurity::StartTls),
        "tls" => Some(MailSecurity::Tls),
        "none" => Some(MailSecurity::None),
        _ => None,
    });
    if security == Some(MailSecurity::None) && server.as_deref().is_some_and(|server| !is_loopback(server)) {
        section.error("security", "is none beyond this machine", "Mail names your controls: use starttls or tls");
    }
    let username = section.text("username", |text| Some(text.to_owned()));
    let password = section.secret("password");
    if section.has("username") != section.has_secret("password") {
        section.error_here("has half a sign-in", "Give both username and password (or password_file), or neither");
    }
    let from = section.text("from", mailbox);
    let unsubscribe = section.text("unsubscribe", |text| mailbox(text).or_else(|| super::public_url(text).map(|url| url.to_string())));
    let roots = section.secret_bytes("root_certificate");
    Some(MailConfig { server: server?, port, security: security?, login: username.zip(password), from: from?, unsubscribe, roots })
}
