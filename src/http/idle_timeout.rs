//! How long may a connection keep us waiting? A short while for its first request, a longer one from an answer to the next request.
//!
//! Counting from answers covers a client that sends its headers byte by byte, a connection that idles, and one that keeps itself busy with what
//! is no request: the PINGs of HTTP/2 are answered and win no time. hyper's own timer would be set and cleared for each request, which costs
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
    time::{Instant, Sleep},
};
use tower::Service;

use super::connections::{ConnectionActivity, ConnectionSlot, Connections, Idle};

/// How long a connection may do nothing.
#[derive(Debug, Clone, Copy)]
pub struct IdleTimeouts {
    /// Before its first request.
    pub first: Duration,
    /// After an answer.
    pub next: Duration,
}

/// Accepts connections while there are places, each with so much patience; small answers leave at once.
#[derive(Clone)]
pub struct IdleTimeoutAcceptor {
    times: IdleTimeouts,
    connections: Connections,
}

impl IdleTimeoutAcceptor {
    /// So much patience for each of these connections.
    pub fn new(times: IdleTimeouts, connections: Connections) -> Self {
        Self { times, connections }
    }
}

/// A service for one connection, and what happens on it.
#[derive(Clone)]
pub struct IdleTimeoutService<S> {
    /// What answers.
    pub service: S,
    /// What it counts its requests in.
    pub work: Arc<ConnectionActivity>,
}

impl<S: Service<R>, R> Service<R> for IdleTimeoutService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

impl<S> Accept<TcpStream, IdleTimeoutService<S>> for IdleTimeoutAcceptor {
    type Stream = IdleTimeoutStream<TcpStream>;
    type Service = IdleTimeoutService<S>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: IdleTimeoutService<S>) -> Self::Future {
        let accepted = stream.peer_addr().and_then(|address| {
            let place = self.connections.place(address.ip(), &service.work);
            let place = place.ok_or_else(|| io::Error::other("too many connections at once"))?;
            stream.set_nodelay(true)?;
            Ok((IdleTimeoutStream::new(stream, self.times, Arc::clone(&service.work), Some(place)), service))
        });
        ready(accepted)
    }
}

/// A connection that fails when it did nothing for too long, or when another needs its place.
pub struct IdleTimeoutStream<S> {
    stream: S,
    times: IdleTimeouts,
    work: Arc<ConnectionActivity>,
    alarm: Pin<Box<Sleep>>,
    _place: Option<ConnectionSlot>,
}

impl<S> IdleTimeoutStream<S> {
    fn new(stream: S, times: IdleTimeouts, work: Arc<ConnectionActivity>, place: Option<ConnectionSlot>) -> Self {
        Self { stream, times, work, alarm: Box::pin(tokio::time::sleep(times.first)), _place: place }
    }

    /// Fails when patience has run out; else sees to it that the task is woken when it will have.
    fn wait(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.work.is_closed(context.waker()) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            let now = Instant::now();
            let end = match self.work.idle() {
                // Whoever answers has a deadline of their own.
                None => now + self.times.first,
                Some(Idle::First(since)) => since + self.times.first,
                Some(Idle::Next(since)) => since + self.times.next,
            };
            if end <= now {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(end);
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for IdleTimeoutStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            self.wait(context)?;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for IdleTimeoutStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_pending() {
            self.wait(context)?;
        }
        written
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        if written.is_pending() {
            self.wait(context)?;
        }
        written
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const FIRST: Duration = Duration::from_millis(60);
    const NEXT: Duration = Duration::from_millis(400);

    /// A connection, and the client at its other end.
    fn connection() -> (DuplexStream, IdleTimeoutStream<DuplexStream>, Arc<ConnectionActivity>) {
        let (client, ours) = duplex(64);
        let work = Arc::new(ConnectionActivity::new());
        (client, IdleTimeoutStream::new(ours, IdleTimeouts { first: FIRST, next: NEXT }, Arc::clone(&work), None), work)
    }

    #[tokio::test]
    async fn bytes_that_trickle_in_do_not_win_time() {
        let (mut client, mut ours, _work) = connection();
        let began = Instant::now();
        let trickle = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::time::sleep(FIRST / 6).await;
            }
        };
        let listen = async { while ours.read_u8().await.is_ok() {} };
        tokio::select! { () = trickle => {}, () = listen => {} }
        assert!(began.elapsed() < FIRST * 20);
    }

    #[tokio::test]
    async fn what_we_write_wins_no_time_unless_it_is_an_answer() {
        let (mut client, mut ours, _work) = connection();
        // As for the PINGs of HTTP/2.
        let ping_and_pong = async {
            loop {
                client.write_all(b"ping").await?;
                let mut ping = [0; 4];
                ours.read_exact(&mut ping).await?;
                ours.write_all(b"pong").await?;
                client.read_exact(&mut ping).await?;
                tokio::select! {
                    byte = ours.read_u8() => { byte?; }
                    () = tokio::time::sleep(FIRST / 6) => {}
                }
            }
        };
        let ended: io::Result<()> = ping_and_pong.await;
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn an_answer_wins_time() {
        let (mut client, mut ours, work) = connection();
        let under_way = work.begin();
        assert!(tokio::time::timeout(FIRST * 3, ours.read_u8()).await.is_err(), "nobody is hurried who answers");
        drop(under_way);
        assert!(tokio::time::timeout(FIRST * 3, ours.read_u8()).await.is_err(), "the next request may take longer than the first");
        client.write_all(b"next").await.unwrap();
        let mut next = [0; 4];
        ours.read_exact(&mut next).await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn whoever_lost_the_place_is_closed_at_once() {
        let (_client, mut ours, work) = connection();
        let (connections, address) = (Connections::new(1, 1), std::net::Ipv4Addr::LOCALHOST.into());
        let place = connections.place(address, &work);
        let reading = tokio::spawn(async move { ours.read_u8().await.unwrap_err().kind() });
        tokio::task::yield_now().await;
        let _next = connections.place(address, &Arc::new(ConnectionActivity::new())).unwrap();
        assert_eq!(reading.await.unwrap(), io::ErrorKind::ConnectionAborted);
        drop(place);
    }
}
