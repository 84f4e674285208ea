//! What does it mean when a mail does not go out? For this mailbox, this mail, or the whole destination; now or for good.
//!
//! What a server says may hold addresses, and is hostile like any text from outside: only its codes are told, never its words. And before
//! TLS protects the connection nobody is believed: no word there makes a destination dead.

use std::{error::Error as _, fmt, io};

use lettre::{Address, transport::smtp::Error};
use rustls::{CertificateError, Error as TlsError};

use crate::delivery::Failure;

/// The codes of a refusal: of SMTP, and the finer one behind it (RFC 3463) where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    finer: Option<String>,
}

impl Reply {
    /// What the server said; `None` where it said nothing that is an answer.
    fn of(error: &Error) -> Option<Self> {
        let code = error.status()?.into();
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        let finer = words.split_whitespace().next().filter(|word| is_finer(word)).map(ToOwned::to_owned);
        Some(Self { code, finer })
    }

    const fn is_final(&self) -> bool {
        self.code >= 500
    }

    /// The server ends the conversation (RFC 5321, 3.8).
    const fn ends(&self) -> bool {
        self.code == 421
    }

    /// The mailbox is full, or too small for this mail: it takes others again.
    fn is_full(&self) -> bool {
        self.code == 552 || self.finer.as_deref().is_some_and(|finer| finer.starts_with("5.2.2") || finer.starts_with("5.2.3"))
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.finer {
            Some(finer) => write!(f, "{} {finer}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

fn is_finer(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing more can be said over this connection.
    Over(Failure),
    /// Not now, to this mailbox.
    Later(String),
    /// There is no such mailbox, or it takes nothing from us, for good.
    Nobody(Reply),
    /// The mailbox does not take this mail; others it may.
    Unwanted(Reply),
}

/// What the server was told when it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Who the mail is from.
    Sender,
    /// Whom it is for.
    Recipient,
    /// The mail itself.
    Content,
}

/// What a refusal of a mail means.
pub(super) fn of_mail(step: Step, error: &Error) -> Refusal {
    let Some(reply) = Reply::of(error) else { return Refusal::Over(unanswered()) };
    match step {
        _ if reply.ends() => Refusal::Over(later(&reply)),
        Step::Sender if !reply.is_final() => Refusal::Over(later(&reply)),
        Step::Recipient | Step::Content if !reply.is_final() => Refusal::Later(later(&reply).why().to_owned()),
        Step::Sender if reply.code == 530 => Refusal::Over(Failure::Dead {
            why: format!("The mail server takes mail only from those who sign in ({reply}). Configure mail.username and mail.password."),
        }),
        Step::Sender if reply.code == 552 => Refusal::Unwanted(reply),
        Step::Sender => Refusal::Over(Failure::Dead {
            why: format!(
                "The mail server does not let us send from the address in mail.from ({reply}). Let the user who signs in send as that address, or configure another."
            ),
        }),
        Step::Recipient if !reply.is_full() => Refusal::Nobody(reply),
        Step::Recipient | Step::Content => Refusal::Unwanted(reply),
    }
}

/// What it means that no protected connection came up.
pub(super) fn of_connection(error: &Error) -> Failure {
    let why = match (Reply::of(error), tls(error)) {
        (Some(reply), _) => format!("The mail server does not want to talk to us at the moment ({reply})."),
        (None, Some(tls)) => untrusted(&tls),
        (None, None) if error.is_response() => {
            "What answers as the mail server does not speak SMTP, or broke off. Are mail.port and mail.security right?".to_owned()
        }
        (None, None) => "The mail server cannot be reached, or broke off. Are mail.server and mail.port right?".to_owned(),
    };
    Failure::later(why)
}

/// What it means that the sign-in failed.
pub(super) fn of_sign_in(error: &Error) -> Failure {
    match Reply::of(error) {
        Some(reply) if reply.is_final() => Failure::Dead {
            why: format!(
                "The mail server refuses the sign-in ({reply}). Check mail.username and mail.password, and that this user may send by SMTP with a password: Microsoft 365 switches that off (SMTP AUTH)."
            ),
        },
        Some(reply) => later(&reply),
        None if error.is_client() => Failure::Dead {
            why: "The mail server offers no sign-in with a password (PLAIN or LOGIN). Allow it there, or remove mail.username and mail.password where it takes mail without.".to_owned(),
        },
        None => unanswered(),
    }
}

/// The server offers no protection, or whoever sits in between took the offer away.
pub(super) fn no_starttls() -> Failure {
    Failure::later(
        "The mail server does not offer STARTTLS, so nothing was said to it. Is mail.port right? A server that has TLS from the start (usually port 465) needs mail.security = \"tls\".",
    )
}

/// Nothing came in time.
pub(super) fn too_slow() -> Failure {
    Failure::later("The mail server did not answer in time; it may have taken the mail.")
}

fn later(reply: &Reply) -> Failure {
    Failure::later(format!("The mail server takes no mail at the moment ({reply})."))
}

fn unanswered() -> Failure {
    Failure::later("The mail server broke off; it may have taken the mail.")
}

/// What went wrong with TLS, where that is what went wrong.
fn tls(error: &Error) -> Option<TlsError> {
    let mut next = error.source();
    while let Some(cause) = next {
        // What an io::Error holds is not its source.
        let held = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = held.and_then(|held| held.downcast_ref::<TlsError>()).or_else(|| cause.downcast_ref()) {
            return Some(tls.clone());
        }
        next = cause.source();
    }
    None
}

#[allow(clippy::wildcard_enum_match_arm, reason = "rustls knows dozens of errors, and adds more")]
fn untrusted(error: &TlsError) -> String {
    let what = match error {
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => "has expired",
        TlsError::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => "is not valid yet",
        TlsError::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            "is for another name: write the name in mail.server that it is for"
        }
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "comes from nobody we trust: name the root certificate in mail.root_certificate if it is your own"
        }
        TlsError::InvalidCertificate(_) => "cannot be trusted",
        _ => {
            return "No protected connection to the mail server came up, so nothing was sent. Are mail.port and mail.security right?"
                .to_owned();
        }
    };
    format!("The certificate of the mail server {what}. Nothing was sent.")
}

/// An address as the operator may read it in a log: enough to know whose it is, not enough to write there.
pub(super) fn masked(address: &Address) -> String {
    let first: String = address.user().chars().take(1).collect();
    format!("{first}…@{}", address.domain())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_and_words_are_not() {
        for (word, is) in
            [("5.1.1", true), ("5.7.139", true), ("4.2.1000", false), ("5.1", false), ("5.1.x", false), ("..", false), ("<a@b.c>", false)]
        {
            assert_eq!(is_finer(word), is, "{word}");
        }
        let reply = Reply { code: 550, finer: Some("5.1.1".to_owned()) };
        assert_eq!((reply.to_string(), reply.is_final(), reply.is_full()), ("550 5.1.1".to_owned(), true, false));
        assert!(Reply { code: 550, finer: Some("5.2.2".to_owned()) }.is_full());
        assert_eq!(masked(&"ada.lovelace@example.com".parse().unwrap()), "a…@example.com");
    }
}
