//! What is a refusal of a mail server about? Its two codes say it: that of SMTP (RFC 5321, 4.2), and the finer one behind it (RFC 3463) where there is one.
//!
//! The first alone says little: 550 is a mailbox that is gone, or a rule that keeps us out; 553 is an address that nobody has, or to some servers one
//! that they do not relay to. So whether a mailbox is gone is only believed of the finer code. What RFC 3463 has is listed with later numbers at
//! <https://www.iana.org/assignments/smtp-enhanced-status-codes>.

use std::{error::Error as _, fmt};

use lettre::transport::smtp::Error;

/// The two codes of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SmtpReply {
    code: u16,
    finer: Option<[u16; 3]>,
}

/// What the server was told when it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SmtpStep {
    /// Who the mail is from.
    Sender,
    /// Whom it is for.
    Recipient,
    /// The mail itself.
    Content,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusalScope {
    /// The server, which takes nothing at the moment.
    Server,
    /// This mailbox at the moment.
    Now,
    /// Who we are: one signs in there, or otherwise than we did.
    SignIn,
    /// The address that we send from.
    Sender,
    /// The mailbox: there is none, or it is shut for good.
    Mailbox,
    /// This mail to this mailbox: it is too large, the mailbox is full, a rule forbids it; or the server does not say what.
    Mail,
}

impl SmtpReply {
    /// What the server said; `None` where it said nothing that is an answer.
    pub(super) fn of(error: &Error) -> Option<Self> {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        Some(Self { code: error.status()?.into(), finer: words.split_whitespace().next().and_then(finer) })
    }

    /// Whether the server wants the same not to be tried again. Some say for a moment with the code of a final refusal, and say so only in the finer
    /// one, such as `535 4.7.0`.
    pub(super) const fn is_final(&self) -> bool {
        self.code >= 500 && !matches!(self.finer, Some([4, ..]))
    }

    /// What it is about, said at `step`.
    pub(super) fn about(&self, step: SmtpStep) -> RefusalScope {
        match (self.code, step) {
            // The server ends the conversation (RFC 5321, 3.8).
            (421, _) => RefusalScope::Server,
            (_, SmtpStep::Sender) if !self.is_final() => RefusalScope::Server,
            (_, SmtpStep::Recipient | SmtpStep::Content) if !self.is_final() => RefusalScope::Now,
            // RFC 4954, 6.
            (530 | 534 | 535 | 538, _) => RefusalScope::SignIn,
            (553, SmtpStep::Sender) => RefusalScope::Sender,
            // What Microsoft 365 says of "may not send as". With 550 the same number is a pause after too many such tries.
            (554, _) if self.finer == Some([5, 2, 252]) => RefusalScope::Sender,
            // RFC 7504, 4.
            (556, SmtpStep::Recipient) => RefusalScope::Mailbox,
            _ => self.finer.map_or(RefusalScope::Mail, |finer| says(finer, step)),
        }
    }
}

/// What the finer code of a final refusal is about.
const fn says(finer: [u16; 3], step: SmtpStep) -> RefusalScope {
    match (finer, step) {
        // The sign-in is wrong, its kind is too weak or needs TLS (RFC 4954, 6).
        ([5, 7, 8 | 9 | 11], _) => RefusalScope::SignIn,
        // The address of the sender is malformed, or of a system that takes no mail; the last is Exchange's for "may not send as".
        ([5, 1, 7 | 8] | [5, 7, 60], _) | ([5, 1, _], SmtpStep::Sender) => RefusalScope::Sender,
        // No such mailbox, no such domain, no address, several of it, moved to nowhere, a domain without mail (RFC 7505); switched off.
        ([5, 1, 1..=4 | 6 | 10] | [5, 2, 1], SmtpStep::Recipient | SmtpStep::Content) => RefusalScope::Mailbox,
        // Full (5.2.2), too large (5.2.3, 5.3.4), unreachable (5.4), a rule (5.7) and all that is not known.
        _ => RefusalScope::Mail,
    }
}

impl fmt::Display for SmtpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.finer {
            Some([class, subject, detail]) => write!(f, "{} {class}.{subject}.{detail}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

/// The finer code that `word` is.
fn finer(word: &str) -> Option<[u16; 3]> {
    let part = |part: &str| (part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok()).flatten();
    let parts = word.split('.').map(part).collect::<Option<Vec<u16>>>()?;
    parts.try_into().ok()
}

#[cfg(test)]
impl SmtpReply {
    /// The reply that begins with `line`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (code, words) = line.split_once(' ').unwrap_or((line, ""));
        Some(Self { code: code.parse().ok()?, finer: words.split_whitespace().next().and_then(finer) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_and_words_are_not() {
        for (word, is) in [
            ("5.1.1", true),
            ("5.7.139", true),
            ("4.2.1000", false),
            ("5.1", false),
            ("5.1.x", false),
            ("5.1.1.1", false),
            ("..", false),
            ("5..1", false),
            ("<a@b.c>", false),
            ("", false),
        ] {
            assert_eq!(finer(word).is_some(), is, "{word}");
        }
        assert_eq!(SmtpReply::read("550 5.1.1 <ada@example.com>: unknown").unwrap().to_string(), "550 5.1.1");
        assert_eq!(SmtpReply::read("550 <ada@example.com>: unknown").unwrap().to_string(), "550");
    }

    #[test]
    fn a_mailbox_is_gone_only_where_that_is_said() {
        use RefusalScope::{Mail, Mailbox, Now, Sender, Server, SignIn};
        // What is said to the sender, to a recipient, and to the mail.
        for (reply, about) in [
            ("421 4.3.2", [Server, Server, Server]),
            ("450", [Server, Now, Now]),
            ("452 4.2.2", [Server, Now, Now]),
            ("451 4.7.1", [Server, Now, Now]),
            // Addresses.
            ("550 5.1.0", [Sender, Mail, Mail]),
            ("550 5.1.1", [Sender, Mailbox, Mailbox]),
            ("550 5.1.2", [Sender, Mailbox, Mailbox]),
            ("501 5.1.3", [Sender, Mailbox, Mailbox]),
            ("553 5.1.4", [Sender, Mailbox, Mailbox]),
            ("550 5.1.6", [Sender, Mailbox, Mailbox]),
            ("501 5.1.7", [Sender, Sender, Sender]),
            ("553 5.1.8", [Sender, Sender, Sender]),
            ("556 5.1.10", [Sender, Mailbox, Mailbox]),
            ("550 5.1.99", [Sender, Mail, Mail]),
            // Mailboxes.
            ("550 5.2.0", [Mail, Mail, Mail]),
            ("550 5.2.1", [Mail, Mailbox, Mailbox]),
            ("552 5.2.2", [Mail, Mail, Mail]),
            ("550 5.2.2", [Mail, Mail, Mail]),
            ("552 5.2.3", [Mail, Mail, Mail]),
            ("554 5.2.252", [Sender, Sender, Sender]),
            ("550 5.2.252", [Mail, Mail, Mail]),
            // The system, the way to it, the protocol, the content.
            ("552 5.3.4", [Mail, Mail, Mail]),
            ("550 5.4.1", [Mail, Mail, Mail]),
            ("503 5.5.1", [Mail, Mail, Mail]),
            ("554 5.6.0", [Mail, Mail, Mail]),
            // Rules, and who we are.
            ("550 5.7.1", [Mail, Mail, Mail]),
            ("554 5.7.1", [Mail, Mail, Mail]),
            ("553 5.7.1", [Sender, Mail, Mail]),
            ("550 5.7.26", [Mail, Mail, Mail]),
            ("530 5.7.0", [SignIn, SignIn, SignIn]),
            ("530 5.5.1", [SignIn, SignIn, SignIn]),
            ("535 5.7.8", [SignIn, SignIn, SignIn]),
            ("550 5.7.8", [SignIn, SignIn, SignIn]),
            ("534 5.7.9", [SignIn, SignIn, SignIn]),
            ("538 5.7.11", [SignIn, SignIn, SignIn]),
            ("550 5.7.60", [Sender, Sender, Sender]),
            // Final by the first code, for now by the finer one.
            ("535 4.7.0", [Server, Now, Now]),
            ("550 4.1.1", [Server, Now, Now]),
            ("554 4.7.1", [Server, Now, Now]),
            // Without a finer code.
            ("550", [Mail, Mail, Mail]),
            ("551", [Mail, Mail, Mail]),
            ("552", [Mail, Mail, Mail]),
            ("553", [Sender, Mail, Mail]),
            ("554", [Mail, Mail, Mail]),
            ("556", [Mail, Mailbox, Mail]),
            ("550 5.1.1.1", [Mail, Mail, Mail]),
        ] {
            let reply_read = SmtpReply::read(reply).unwrap();
            assert_eq!([SmtpStep::Sender, SmtpStep::Recipient, SmtpStep::Content].map(|step| reply_read.about(step)), about, "{reply}");
        }
    }
}
