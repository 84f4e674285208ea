//! How long may a connection keep us waiting? Until nothing was answered on it for a while.
//!
//! Counting from the last byte that *we* wrote covers both a client that sends its headers byte by byte
//! and a connection that idles. hyper's own timer would be set and cleared for each request, which costs
//! a noticeable part of a remembered answer; this one is set once and moved on only when it fires.

use std::{
    future::{Future, Ready, ready},
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// Accepts so many connections at once, each with so much patience; small answers leave at once.
#[derive(Debug, Clone)]
pub struct Patience {
    patience: Duration,
    places: Arc<Semaphore>,
}

impl Patience {
    /// So much patience for each of at most `connections_max` connections.
    pub fn new(patience: Duration, connections_max: usize) -> Self {
        Self { patience, places: Arc::new(Semaphore::new(connections_max)) }
    }
}

impl<S> Accept<TcpStream, S> for Patience {
    type Stream = Patient<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return ready(Err(io::Error::other("too many connections at once")));
        };
        ready(stream.set_nodelay(true).map(|()| (Patient::new(stream, self.patience, place), service)))
    }
}

/// A connection that fails when nothing was written to it for too long.
pub struct Patient<S> {
    stream: S,
    patience: Duration,
    written: Instant,
    alarm: Pin<Box<Sleep>>,
    _place: OwnedSemaphorePermit,
}

impl<S> Patient<S> {
    fn new(stream: S, patience: Duration, place: OwnedSemaphorePermit) -> Self {
        Self { stream, patience, written: Instant::now(), alarm: Box::pin(tokio::time::sleep(patience)), _place: place }
    }

    /// Fails when patience has run out; else sees to it that the task is woken when it will have.
    fn wait(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.alarm.as_mut().poll(context).is_ready() {
            let end = self.written + self.patience;
            if end <= Instant::now() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(end);
        }
        Ok(())
    }

    fn wrote(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.written = Instant::now();
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            self.wait(context)?;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_pending() {
            self.wait(context)?;
        }
        self.wrote(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        if written.is_pending() {
            self.wait(context)?;
        }
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(60);

    fn place() -> OwnedSemaphorePermit {
        Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
    }

    #[tokio::test]
    async fn bytes_that_trickle_in_do_not_win_time() {
        let (mut client, ours) = duplex(64);
        let mut ours = Patient::new(ours, PATIENCE, place());
        let began = Instant::now();
        let trickle = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(PATIENCE / 6).await;
            }
        };
        let listen = async { while ours.read_u8().await.is_ok() {} };
        tokio::select! { () = trickle => {}, () = listen => {} }
        assert!(began.elapsed() < PATIENCE * 20);
    }

    #[tokio::test]
    async fn an_answer_wins_time() {
        let (mut client, ours) = duplex(64);
        let mut ours = Patient::new(ours, PATIENCE, place());
        tokio::time::sleep(PATIENCE * 2).await;
        ours.write_all(b"answer").await.unwrap();
        client.write_all(b"next").await.unwrap();
        let mut next = [0; 4];
        ours.read_exact(&mut next).await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
