//! How does a mail get to the server? One conversation for all recipients, a mail of their own for each.
//!
//! Spoken command by command, so that it is known what was refused: the sender, a recipient, or the mail.

use std::time::Duration;

use lettre::{
    Address,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Rcpt, Rset},
    },
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    refusal::{MailRefusal, no_starttls, of_connection, of_mail, of_sign_in, too_slow},
    server::{MailSecurity, Relay},
    smtp_reply::SmtpStep,
    starttls_guard::StartTlsGuard,
};
use crate::delivery::SendFailure;

/// How long it may take until mail can be sent: name, connection, TLS, sign-in.
const OPEN_TIME_MAX: Duration = Duration::from_secs(20);
/// How long a connection may take to come up.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long one mail may take.
const MAIL_TIME_MAX: Duration = Duration::from_secs(20);
/// How long we wait for what a server only has to say yes to: forgetting a mail, and a good-bye.
const NOD_TIME_MAX: Duration = Duration::from_secs(2);

/// A conversation with the server.
pub(super) struct SmtpSession(AsyncSmtpConnection);

impl SmtpSession {
    /// Connects, protects the connection as configured or gives up, and signs in.
    pub(super) async fn open(relay: &Relay) -> Result<Self, SendFailure> {
        timeout(OPEN_TIME_MAX, open(relay)).await.unwrap_or_else(|_| {
            Err(SendFailure::later("The mail server took too long to accept the connection. Are mail.port and mail.security right?"))
        })
    }

    /// Sends one mail. Whatever comes of it, the next can be sent, unless it is over.
    pub(super) async fn send(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), MailRefusal> {
        let sent = timeout(MAIL_TIME_MAX, self.converse(from, to, mail)).await.unwrap_or_else(|_| Err(MailRefusal::Ended(too_slow())));
        if let Err(MailRefusal::Later(_) | MailRefusal::Nobody(_) | MailRefusal::Unwanted(_)) = sent {
            // What was refused is forgotten on the other side; where that fails, the next mail tells.
            let _ = timeout(NOD_TIME_MAX, self.0.command(Rset)).await;
        }
        sent
    }

    async fn converse(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<(), MailRefusal> {
        let refused = |step| move |error: Error| of_mail(step, &error);
        self.0.command(Mail::new(Some(from.clone()), Vec::new())).await.map_err(refused(SmtpStep::Sender))?;
        self.0.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(refused(SmtpStep::Recipient))?;
        self.0.command(Data).await.map_err(refused(SmtpStep::Content))?;
        self.0.message(mail).await.map_err(refused(SmtpStep::Content))?;
        Ok(())
    }

    /// Says good-bye.
    pub(super) async fn close(mut self) {
        let _ = timeout(NOD_TIME_MAX, self.0.quit()).await;
    }
}

async fn open(relay: &Relay) -> Result<SmtpSession, SendFailure> {
    let at = (relay.host.as_str(), relay.port);
    let refused = |error: Error| of_connection(&error);
    let mut connection = match relay.security {
        MailSecurity::Tls => AsyncSmtpConnection::connect_tokio1(at, Some(CONNECT_TIME_MAX), &relay.hello, Some(relay.tls.clone()), None)
            .await
            .map_err(refused)?,
        MailSecurity::StartTls | MailSecurity::None => {
            let connecting = timeout(CONNECT_TIME_MAX, TcpStream::connect(at)).await;
            let stream = connecting.ok().and_then(Result::ok).ok_or_else(unreachable)?;
            AsyncSmtpConnection::connect_with_transport(Box::new(StartTlsGuard::new(stream)), &relay.hello).await.map_err(refused)?
        }
    };
    if relay.security == MailSecurity::StartTls {
        if !connection.can_starttls() {
            return Err(no_starttls());
        }
        connection.starttls(relay.tls.clone(), &relay.hello).await.map_err(refused)?;
    }
    if let Some(login) = relay.login() {
        connection.auth(DEFAULT_MECHANISMS, &login).await.map_err(|error| of_sign_in(&error))?;
    }
    Ok(SmtpSession(connection))
}

fn unreachable() -> SendFailure {
    SendFailure::later("The mail server cannot be reached. Are mail.server and mail.port right?")
}
