//! Which server takes our mail, and how is it met? As it was configured, checked once, before anything is sent.

use std::fmt;

use lettre::{
    Address,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, TlsParameters, TlsVersion},
        extension::ClientId,
    },
};
use reqwest::Url;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    error::{Error, ErrorKind, Result},
    text::is_loopback,
};

/// The server that takes our mail.
#[derive(Clone)]
pub struct SmtpServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// Who signs in, and with what.
    pub login: Option<(String, SecretString)>,
    /// Who the mails are from.
    pub from: String,
    /// Where readers say that they want no more: a mail address or an https address; `from` when not given.
    pub unsubscribe: Option<String>,
    /// Root certificates, PEM, that are trusted beside those of browsers: for a server with a certificate of one's own.
    pub roots: Option<Vec<u8>>,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
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

/// The server, once all that was said about it is known to be usable.
pub(super) struct Relay {
    /// Its host, as resolvers and certificates have it.
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub tls: TlsParameters,
    /// What we call ourselves.
    pub hello: ClientId,
    pub from: Address,
    login: Option<(String, SecretString)>,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Relay {
    pub(super) fn new(server: &SmtpServer) -> Result<Self> {
        if server.security == MailSecurity::None && !is_loopback(&server.host) {
            return Err(wrong("mail.security is none beyond this machine. Use starttls or tls."));
        }
        // An IPv6 address has brackets in an address of the web only.
        let host = server.host.trim_matches(['[', ']']).to_owned();
        let from = address(&server.from)
            .ok_or_else(|| wrong("mail.from is no address that mail can be sent from. Write one such as scorewatch@example.com."))?;
        Ok(Self {
            tls: tls(&host, server.roots.as_deref())?,
            port: server.port,
            security: server.security,
            hello: ClientId::Domain(from.domain().to_owned()),
            login: server.login.clone(),
            host,
            from,
        })
    }

    /// Who signs in, in the form that is sent; made anew for each connection, so that the password does not lie about.
    pub(super) fn login(&self) -> Option<Credentials> {
        self.login.as_ref().map(|(user, password)| Credentials::new(user.clone(), password.expose_secret().to_owned()))
    }

    /// The domain that the mails are from: what our ids end with.
    pub(super) fn domain(&self) -> &str {
        self.from.domain()
    }
}

/// `text` as mail systems take it: the host in ASCII, the name before it in ASCII too, because few servers take others.
pub(super) fn address(text: &str) -> Option<Address> {
    let (name, host) = text.rsplit_once('@')?;
    let url = Url::parse(&format!("https://{host}")).ok()?;
    let bare = url.path() == "/" && url.port().is_none() && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|_| bare && name.is_ascii())?;
    Address::new(name, host).ok()
}

fn tls(host: &str, roots: Option<&[u8]>) -> Result<TlsParameters> {
    let mut tls = TlsParameters::builder(host.to_owned()).set_min_tls_version(TlsVersion::Tlsv12);
    if let Some(pem) = roots {
        // lettre takes a file that holds none for no certificate.
        if CertificateDer::pem_slice_iter(pem).next().is_none() {
            return Err(unusable_roots());
        }
        let roots = Certificate::from_pem(pem).map_err(|error| unusable_roots().because(error))?;
        tls = tls.add_root_certificate(roots);
    }
    tls.build_rustls().map_err(|error| if roots.is_some() { unusable_roots().because(error) } else { Error::internal(error) })
}

fn unusable_roots() -> Error {
    wrong("mail.root_certificate holds no usable certificate. Give a file with root certificates as PEM.")
}

fn wrong(sentence: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> SmtpServer {
        SmtpServer {
            host: "smtp.example.com".to_owned(),
            port: 587,
            security: MailSecurity::StartTls,
            login: Some(("mailer".to_owned(), "hunter2".into())),
            from: "scorewatch@bücher.example".to_owned(),
            unsubscribe: None,
            roots: None,
        }
    }

    #[test]
    fn an_address_is_sent_in_ascii() {
        assert_eq!(address("ada@bücher.example").unwrap().to_string(), "ada@xn--bcher-kva.example");
        assert_eq!(address("a.d+a@EXAMPLE.com").unwrap().to_string(), "a.d+a@example.com");
        for no in [
            "ädä@example.com",
            "ada",
            "ada@",
            "@example.com",
            "a da@example.com",
            "ada@exam ple.com",
            "ada@example.com/x",
            "a\r\nb@example.com",
        ] {
            assert_eq!(address(no), None, "{no}");
        }
    }

    #[test]
    fn nothing_is_sent_in_clear_text_beyond_this_machine() {
        assert_eq!(Relay::new(&server()).unwrap().domain(), "xn--bcher-kva.example");
        let open = |host: &str| Relay::new(&SmtpServer { host: host.to_owned(), security: MailSecurity::None, ..server() });
        assert!(open("127.0.0.1").is_ok() && open("[::1]").unwrap().host == "::1");
        assert_eq!(open("192.0.2.1").unwrap_err().kind, ErrorKind::Misconfigured);
        let other = Relay::new(&SmtpServer { roots: Some(b"no certificate".to_vec()), ..server() });
        assert!(other.is_err(), "a file without a certificate is not taken for none");
    }

    #[test]
    fn nobody_reads_the_password() {
        let server = server();
        let shown = format!("{server:?} {:?}", Relay::new(&server).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
