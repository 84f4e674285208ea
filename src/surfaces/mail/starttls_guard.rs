//! How is a connection read before it is protected? A byte at a time, so that nothing said in clear text is heard after it.
//!
//! Whoever sits between us and the server could put answers behind the one to `STARTTLS`. A client that has read them already
//! would take them for the server's own once TLS is up (CVE-2011-0411 and its kin; lettre 0.11 does). Here they stay in the connection, where TLS
//! takes them for a broken handshake.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// What the first record of a TLS handshake begins with, and no command of SMTP does.
const HANDSHAKE: u8 = 0x16;

/// A connection that TLS may begin on.
#[derive(Debug)]
pub(super) struct StartTlsGuard {
    stream: TcpStream,
    protected: bool,
}

impl StartTlsGuard {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, protected: false }
    }
}

impl AsyncTokioStream for StartTlsGuard {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for StartTlsGuard {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.protected || buffer.remaining() == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StartTlsGuard {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.protected |= bytes.first() == Some(&HANDSHAKE);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
