//! A stand-in for a mail server that says what a script tells it to: for failures that a real one makes only when it fails.
//!
//! It speaks SMTP with blocking sockets, a thread a conversation, and TLS with the same rustls as everybody.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};
use scorewatch::surfaces::mail::{MailSecurity, SmtpServer};

/// What is answered to a line of a conversation, by the number of the conversation: `None` for what a willing server says, an empty text for
/// closing the connection. The end of a mail is the line `.`, the greeting answers an empty line.
pub type Script = fn(usize, &str) -> Option<&'static str>;

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The conversation that it came in.
    pub conversation: usize,
    /// What stands in `RCPT TO`.
    pub to: Vec<String>,
    /// The mail.
    pub text: String,
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    mails: Vec<Mail>,
}

/// The stand-in.
pub struct MailServer {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    root: String,
}

impl MailServer {
    /// Starts it; `name` is what its certificate is for.
    pub fn start(name: &str, script: Script) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = Arc::new(tls.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let all = Arc::clone(&seen);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let (tls, seen) = (Arc::clone(&tls), Arc::clone(&all));
                thread::spawn(move || Conversation { number, script, seen, tls: Some(tls) }.hold(stream));
            }
        });
        Self { port, seen, root: cert.pem() }
    }

    /// As it is configured where it is met without TLS.
    pub fn open(&self) -> SmtpServer {
        SmtpServer {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: MailSecurity::None,
            login: None,
            from: "scorewatch@example.com".to_owned(),
            unsubscribe: None,
            roots: None,
        }
    }

    /// As it is configured where it is met with STARTTLS, its certificate is trusted, and one signs in.
    pub fn with_starttls(&self) -> SmtpServer {
        SmtpServer {
            host: "localhost".to_owned(),
            security: MailSecurity::StartTls,
            login: Some(("mailer".to_owned(), "hunter2".into())),
            roots: Some(self.root.clone().into_bytes()),
            ..self.open()
        }
    }

    /// All that was said to it so far, mails left out. What was said within TLS begins with `tls `.
    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().lines.clone()
    }

    /// The mails that it took so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.seen.lock().unwrap().mails.clone()
    }
}

struct Conversation {
    number: usize,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    /// What TLS begins with; `None` once it has.
    tls: Option<Arc<ServerConfig>>,
}

impl Conversation {
    /// Until either side ends it.
    fn hold(mut self, stream: TcpStream) {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        if self.speak(&mut Wire::Clear(stream.try_clone().unwrap()), true).is_ok_and(|begin_tls| begin_tls) {
            let connection = ServerConnection::new(self.tls.take().unwrap()).unwrap();
            let _ = self.speak(&mut Wire::Tls(Box::new(StreamOwned::new(connection, stream))), false);
        }
    }

    /// Answers line by line; whether TLS begins now.
    fn speak(&self, wire: &mut Wire, greet: bool) -> io::Result<bool> {
        if greet && !self.answer(wire, "", "220 stand-in")? {
            return Ok(false);
        }
        let mut to = Vec::new();
        loop {
            let line = wire.line()?;
            let shown = if self.tls.is_none() { format!("tls {line}") } else { line.clone() };
            self.seen.lock().unwrap().lines.push(shown);
            let usual = match line.split_whitespace().next().unwrap_or_default() {
                "EHLO" if self.tls.is_some() => "250-stand-in\r\n250-STARTTLS\r\n250 AUTH PLAIN",
                "EHLO" => "250-stand-in\r\n250 AUTH PLAIN",
                "AUTH" => "235 2.7.0 welcome",
                "DATA" => "354 go on",
                "STARTTLS" => "220 begin",
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            match (line.as_str(), self.answer(wire, &line, usual)?) {
                (_, false) | ("QUIT", _) => return Ok(false),
                ("STARTTLS", true) => return Ok(true),
                ("DATA", true) if self.says(&line, usual).starts_with("354") => {
                    let text = wire.mail()?;
                    let taken = self.says(".", "250 taken").starts_with("250");
                    if taken {
                        self.seen.lock().unwrap().mails.push(Mail { conversation: self.number, to: to.clone(), text });
                    }
                    if !self.answer(wire, ".", "250 taken")? {
                        return Ok(false);
                    }
                }
                (line, true) if line.starts_with("MAIL") => to.clear(),
                (line, true) if line.starts_with("RCPT TO:") && self.says(line, usual).starts_with("250") => {
                    to.push(line["RCPT TO:".len()..].to_owned());
                }
                _ => {}
            }
        }
    }

    fn says(&self, line: &str, usual: &'static str) -> &'static str {
        (self.script)(self.number, line).unwrap_or(usual)
    }

    /// Says what is to be said; whether the conversation goes on.
    fn answer(&self, wire: &mut Wire, line: &str, usual: &'static str) -> io::Result<bool> {
        let says = self.says(line, usual);
        if says.is_empty() {
            return Ok(false);
        }
        wire.write_all(format!("{says}\r\n").as_bytes())?;
        Ok(true)
    }
}

enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            if self.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Up to the line with only a dot.
    fn mail(&mut self) -> io::Result<String> {
        let mut text = String::new();
        let mut reader = BufReader::new(self);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == ".\r\n" {
                return Ok(text);
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
