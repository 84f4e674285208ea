//! What does it mean when a mail does not go out? For this mailbox, this mail, or the whole destination; now or for good.
//!
//! What a server says may hold addresses, and is hostile like any text from outside: only its codes are told, never its words. And before
//! TLS protects the connection nobody is believed: no word there makes a destination dead.
//!
//! Nor is what is said of our sign-in, our sender or a mailbox believed at once: while their directory is away, servers offer no sign-in, refuse the right
//! one, and know none of their mailboxes. What goes on being refused is believed.

use std::{error::Error as _, io};

use lettre::{Address, transport::smtp::Error};
use rustls::{CertificateError, Error as TlsError};

use super::smtp_reply::{RefusalScope, SmtpReply, SmtpStep};
use crate::delivery::SendFailure;

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MailRefusal {
    /// Nothing more can be said over this connection.
    Ended(SendFailure),
    /// Not now, to this mailbox.
    Later(String),
    /// There is no such mailbox, or it is shut for good.
    Nobody(SmtpReply),
    /// This mail is not taken for this mailbox; others may be.
    Unwanted(SmtpReply),
}

/// What a refusal of a mail means. Only what the server says of the mailbox in so many words ends it; what is about us ends the conversation, and what is
/// a rule, or says nothing finer, is about this mail.
pub(super) fn of_mail(step: SmtpStep, error: &Error) -> MailRefusal {
    SmtpReply::of(error).map_or_else(|| MailRefusal::Ended(unanswered()), |reply| refusal_of(step, reply))
}

fn refusal_of(step: SmtpStep, reply: SmtpReply) -> MailRefusal {
    match reply.about(step) {
        RefusalScope::Server => MailRefusal::Ended(later(&reply)),
        RefusalScope::Now => MailRefusal::Later(later(&reply).why().to_owned()),
        RefusalScope::SignIn => MailRefusal::Ended(SendFailure::Refused {
            why: format!("The mail server accepts mail only after a sign-in ({reply}). Configure mail.username and mail.password."),
        }),
        RefusalScope::Sender => MailRefusal::Ended(SendFailure::Refused {
            why: format!(
                "The mail server does not let us send from the address in mail.from ({reply}). Let the user who signs in send as that address, or configure another."
            ),
        }),
        RefusalScope::Mailbox => MailRefusal::Nobody(reply),
        RefusalScope::Mail => MailRefusal::Unwanted(reply),
    }
}

/// What it means that no protected connection came up.
pub(super) fn of_connection(error: &Error) -> SendFailure {
    let why = match (SmtpReply::of(error), tls(error)) {
        (Some(reply), _) => format!("The mail server refuses connections at the moment ({reply})."),
        (None, Some(tls)) => untrusted(&tls),
        (None, None) if error.is_response() => {
            "What answers as the mail server does not speak SMTP, or broke off. Are mail.port and mail.security right?".to_owned()
        }
        (None, None) => "The mail server cannot be reached, or broke off. Are mail.server and mail.port right?".to_owned(),
    };
    SendFailure::later(why)
}

/// What it means that the sign-in failed.
pub(super) fn of_sign_in(error: &Error) -> SendFailure {
    match SmtpReply::of(error) {
        Some(reply) if reply.is_final() => SendFailure::Refused {
            why: format!(
                "The mail server refuses the sign-in ({reply}). Check mail.username and mail.password, and that this user may send by SMTP with a password: Microsoft 365 switches that off (SMTP AUTH)."
            ),
        },
        Some(reply) => later(&reply),
        None if error.is_client() => SendFailure::Refused {
            why: "The mail server offers no sign-in with a password (PLAIN or LOGIN). Allow it there, or remove mail.username and mail.password if it accepts mail without a sign-in.".to_owned(),
        },
        None => unanswered(),
    }
}

/// The server offers no protection, or whoever sits in between took the offer away.
pub(super) fn no_starttls() -> SendFailure {
    SendFailure::later(
        "The mail server does not offer STARTTLS, so nothing was sent. Is mail.port right? A server that has TLS from the start (usually port 465) needs mail.security = \"tls\".",
    )
}

/// Nothing came in time.
pub(super) fn too_slow() -> SendFailure {
    SendFailure::later("The mail server did not answer in time; it may have accepted the mail.")
}

fn later(reply: &SmtpReply) -> SendFailure {
    SendFailure::later(format!("The mail server accepts no mail at the moment ({reply})."))
}

fn unanswered() -> SendFailure {
    SendFailure::later("The mail server broke off; it may have accepted the mail.")
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
            "is from an issuer that is not trusted: name the root certificate in mail.root_certificate if it is your own"
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
    fn what_a_refusal_is_about_decides_what_ends() {
        let refused = |step, reply: &str| match refusal_of(step, SmtpReply::read(reply).unwrap()) {
            MailRefusal::Ended(SendFailure::Refused { why }) if why.contains("mail.username") => "nobody lets us in",
            MailRefusal::Ended(SendFailure::Refused { why }) if why.contains("mail.from") => "not from that address",
            MailRefusal::Ended(SendFailure::Later { .. }) => "later, all",
            MailRefusal::Ended(failure) => panic!("{failure:?}"),
            MailRefusal::Later(_) => "later",
            MailRefusal::Nobody(_) => "nobody",
            MailRefusal::Unwanted(_) => "never",
        };
        for (step, reply, expected) in [
            (SmtpStep::Sender, "450 4.7.1", "later, all"),
            (SmtpStep::Recipient, "450 4.7.1", "later"),
            (SmtpStep::Content, "421 4.3.2", "later, all"),
            (SmtpStep::Sender, "535 4.7.0", "later, all"),
            (SmtpStep::Sender, "530 5.7.0", "nobody lets us in"),
            (SmtpStep::Recipient, "530 5.7.0", "nobody lets us in"),
            (SmtpStep::Recipient, "550 5.7.1", "never"),
            (SmtpStep::Recipient, "550 5.1.1", "nobody"),
            (SmtpStep::Content, "554 5.2.252", "not from that address"),
        ] {
            assert_eq!(refused(step, reply), expected, "{step:?} {reply}");
        }
    }

    #[test]
    fn an_address_is_told_in_part() {
        assert_eq!(masked(&"ada.lovelace@example.com".parse().unwrap()), "a…@example.com");
    }
}
