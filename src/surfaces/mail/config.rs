//! What of the configuration is mail's? `[mail]`, the server that takes it, and mailboxes as destinations.

use std::sync::Arc;

use reqwest::Url;
use secrecy::ExposeSecret as _;

use super::{
    Mailbox,
    server::{MailSecurity, SmtpServer},
};
use crate::{
    config::{
        Config, ConfigReader, ConfigSection, DestinationKind, DestinationReach, DestinationSettings, SectionPlace, SectionSettings,
        keys::{file, secret, text, text_or, whole},
        public_url,
    },
    delivery::Destination,
    error::{Error, ErrorKind, Result},
    text::is_loopback,
};

/// How many mailboxes one destination may have.
const MAILBOXES_MAX: usize = 50;

/// The section of the server.
pub(super) const SECTION: ConfigSection = ConfigSection {
    name: "mail",
    keys: &[
        text("mail.server", "a host name such as smtp.example.com", "The mail server that sends the mails."),
        whole("mail.port", 1, 65_535, 587, "Its port; 465 is usual for `tls`."),
        text_or("mail.security", "starttls, tls or none (only to this machine itself)", "starttls", "How the connection is encrypted."),
        text("mail.username", "a user name", "The user name, if the server requires sign-in."),
        secret("mail.password", "The password of that user."),
        file("mail.password_file", "A file that holds that password."),
        text("mail.from", "a mail address such as scorewatch@example.com", "Who the mails are from."),
        text(
            "mail.unsubscribe",
            "a mail address or an https address",
            "Where readers say that they want no more mails (`List-Unsubscribe`); `mail.from` if not given.",
        ),
        file(
            "mail.root_certificate",
            "Root certificates (PEM) to trust in addition to the public ones, for a server with a certificate of your own.",
        ),
    ],
    place: SectionPlace::WherePostsGo,
    grant_example: None,
    at_start: &[],
    is_built_at_start: false,
    rooms: None,
    read: |reader| Some(Arc::new(read(reader)?)),
    check,
};

/// Mailboxes.
pub(super) const KIND: DestinationKind = DestinationKind {
    keys: &[text("destinations.NAME.to", "comma-separated mail addresses", "Who gets it (`mail`); each gets a mail of their own.")],
    needs: &[("to", "A mail needs it")],
    asked_first: &["mail.port", "mail.security", "mail.username", "mail.password"],
    section: Some(("mail", "is mail, and no server takes mail", "Add [mail] with server and from")),
    read: |section, _| Some(DestinationReach::Own(Box::new(Mailboxes(section.text("to", mailboxes)?)))),
    look_after_test: "The mail server accepted it: check that it arrives, and not as spam.",
    ..DestinationKind::named("mail")
};

/// The addresses of mailboxes, as they were written.
#[derive(Debug)]
struct Mailboxes(Vec<String>);

impl DestinationSettings for Mailboxes {
    fn build(&self, config: &Config) -> Result<Arc<dyn Destination>> {
        // What the configuration refuses already.
        let server = config.settings().ok_or_else(|| Error::new(ErrorKind::Misconfigured, "it has no [mail]."))?;
        Ok(Arc::new(Mailbox::new(server, &self.0)?))
    }
}

impl SectionSettings for SmtpServer {}

fn check(reader: &mut ConfigReader, config: &Config) {
    if !config.destinations.iter().any(|destination| destination.kind.name == KIND.name) {
        reader.warn(
            "mail",
            "has no effect: no destination is of the kind mail",
            "Add a [destinations.NAME] with kind = \"mail\", or remove it",
        );
    } else if config.settings().is_some_and(|SmtpServer { security, roots, .. }| *security == MailSecurity::None && roots.is_some()) {
        reader.section(&["mail"]).warn(
            "root_certificate",
            "has no effect: mail.security is none, so no certificate is checked",
            "Remove it",
        );
    }
}

fn read(reader: &mut ConfigReader) -> Option<SmtpServer> {
    let mut section = reader.section(&["mail"]);
    for (key, right) in [("server", "Give the host name of your mail server"), ("from", "Give the sender address")] {
        if !section.has(key) {
            section.missing(key, right);
        }
    }
    let host = section.text("server", |text| {
        Url::parse(&format!("https://{text}/")).ok().filter(|url| url.path() == "/")?.host_str().map(ToOwned::to_owned)
    });
    let port = u16::try_from(section.whole("port")).unwrap_or(u16::MAX);
    let security = section.text("security", |text| match text {
        "starttls" => Some(MailSecurity::StartTls),
        "tls" => Some(MailSecurity::Tls),
        "none" => Some(MailSecurity::None),
        _ => None,
    });
    if security == Some(MailSecurity::None) && host.as_deref().is_some_and(|host| !is_loopback(host)) {
        section.error("security", "is none beyond this machine", "Mail names your controls: use starttls or tls");
    }
    let username = section.text("username", |text| Some(text.to_owned()));
    let password = section.secret("password");
    if section.has("username") != section.has_secret("password") {
        section.error_here("has half a sign-in", "Give both username and password (or password_file), or neither");
    }
    let from = section.text("from", mailbox);
    let unsubscribe = section.text("unsubscribe", |text| mailbox(text).or_else(|| public_url(text).map(|url| url.to_string())));
    let roots = section.secret_bytes("root_certificate");
    let roots = roots.map(|roots| roots.expose_secret().to_vec());
    Some(SmtpServer { host: host?, port, security: security?, login: username.zip(password), from: from?, unsubscribe, roots })
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
