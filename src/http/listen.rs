//! How is a socket opened, limited and closed? With sentences for what can be in the way.

use std::{convert::Infallible, future::ready, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::Request, response::Response};
use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper::body::Incoming;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    connections::{ConnectionActivity, Connections},
    idle_timeout::{IdleTimeoutAcceptor, IdleTimeoutService, IdleTimeouts},
    middleware::{self, Middleware},
};
use crate::error::{Error, ErrorKind, Result};

/// How long a connection may take to its first request, its TLS handshake included.
const FIRST_REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection is kept at least on which nothing is answered: longer than the 60 s for which
/// common reverse proxies reuse an idle connection.
const PATIENCE_MIN: Duration = Duration::from_secs(75);
/// How much longer than the longest answer.
const PATIENCE_MARGIN: Duration = Duration::from_secs(15);
/// How many connections are open at once; with one more, one that does nothing is closed. Below the 1,024 files that a process
/// may have open by default, so that connections cannot keep the store or Graph from being reached.
const CONNECTIONS_MAX: usize = 768;
/// How many of them one address may have, unless all come through one proxy.
const CONNECTIONS_OF_ONE_MAX: usize = 256;
/// How many requests are answered at once on one connection. Programs that ask have few under way; each costs its headers and what came of its body.
const STREAMS_MAX: u32 = 24;
/// How much of bodies is taken in ahead of whoever reads them, on one connection and of one request: the protocol's own default. hyper's would be a MiB
/// for each of [`CONNECTIONS_MAX`] connections.
const AHEAD_BYTES_MAX: u32 = 65_535;
/// How much of an answer waits on one request until its client reads on.
const BEHIND_BYTES_MAX: usize = 64 * 1024;
/// How much more than our own limit of headers is read, so that we and not hyper refuse them: hyper sends
/// no problem, and only far beyond our limit do we need its hard stop.
const READ_AHEAD: usize = 2;
/// The least that hyper takes as its own limit.
const READ_BYTES_MIN: usize = 64 * 1024;

/// An open socket that is being served. Dropping it closes everything at once.
pub struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    serving: JoinHandle<io::Result<()>>,
}

impl Listener {
    /// Opens `address` and serves `router` behind `middleware`.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when the address cannot be listened on.
    pub async fn open(
        address: SocketAddr,
        tls: Option<RustlsConfig>,
        middleware: Middleware,
        router: Router,
        answer_max: Duration,
    ) -> Result<Self> {
        let times = IdleTimeouts { first: FIRST_REQUEST_TIME_MAX, next: PATIENCE_MIN.max(answer_max + PATIENCE_MARGIN) };
        let of_one_max = if middleware.is_behind_proxy() { CONNECTIONS_MAX } else { CONNECTIONS_OF_ONE_MAX };
        Self::open_within(
            address,
            tls,
            (middleware, router),
            IdleTimeoutAcceptor::new(times, Connections::new(CONNECTIONS_MAX, of_one_max)),
        )
        .await
    }

    async fn open_within(
        address: SocketAddr,
        tls: Option<RustlsConfig>,
        (middleware, router): (Middleware, Router),
        patience: IdleTimeoutAcceptor,
    ) -> Result<Self> {
        let socket = TcpListener::bind(address).await.map_err(|error| in_the_way(address, error))?;
        let address = socket.local_addr().map_err(Error::internal)?;
        let handle = Handle::new();
        let read_bytes_max = middleware.header_bytes_max().saturating_mul(READ_AHEAD).max(READ_BYTES_MIN);
        let mut server = Server::from_listener(socket).handle(handle.clone());
        let builder = server.http_builder();
        builder.http1().header_read_timeout(None).max_buf_size(read_bytes_max);
        let mut http2 = builder.http2();
        http2.max_header_list_size(u32::try_from(read_bytes_max).unwrap_or(u32::MAX)).max_concurrent_streams(STREAMS_MAX);
        http2.initial_connection_window_size(AHEAD_BYTES_MAX).initial_stream_window_size(AHEAD_BYTES_MAX);
        http2.max_send_buf_size(BEHIND_BYTES_MAX);
        let middleware = Arc::new(middleware);
        let service =
            tower::service_fn(move |peer: SocketAddr| ready(Ok::<_, Infallible>(service(Arc::clone(&middleware), router.clone(), peer))));
        let serving = match tls {
            None => tokio::spawn(server.acceptor(patience).serve(service)),
            Some(config) => tokio::spawn(server.acceptor(RustlsAcceptor::new(config).acceptor(patience)).serve(service)),
        };
        Ok(Self { address, handle, serving })
    }

    /// Where it listens; the port that was given when 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, lets running answers finish for at most `grace`, then closes.
    pub async fn close(mut self, grace: Duration) {
        self.handle.graceful_shutdown(Some(grace));
        match (&mut self.serving).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(cause = %error, "listening on {} failed", self.address),
            Err(error) => tracing::warn!(cause = %error, "listening on {} failed", self.address),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

/// The middleware and the routes as a service for one connection, which counts its requests.
fn service(
    middleware: Arc<Middleware>,
    router: Router,
    peer: SocketAddr,
) -> IdleTimeoutService<
    impl tower::Service<
        Request<Incoming>,
        Response = Response,
        Error = Infallible,
        Future = impl Future<Output = Result<Response, Infallible>> + Send + 'static,
    > + Clone
    + Send
    + 'static,
> {
    let work = Arc::new(ConnectionActivity::new());
    let counted = Arc::clone(&work);
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let (under_way, answering) =
            (counted.begin(), middleware::pass(Arc::clone(&middleware), router.clone(), (peer.ip(), Arc::clone(counted.known())), request));
        async move {
            let answer = answering.await;
            drop(under_way);
            answer
        }
    });
    IdleTimeoutService { service, work }
}

/// Why `address` cannot be listened on, and what to do.
fn in_the_way(address: SocketAddr, error: io::Error) -> Error {
    let kind = error.kind();
    let sentence = if kind == io::ErrorKind::AddrInUse {
        format!("Another program listens on {address} already, maybe another scorewatch. Stop it, or listen on another port.")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!(
            "This user may not listen on {address}: ports below 1024 are privileged. Take a port from 1024 on, or give the process CAP_NET_BIND_SERVICE."
        )
    } else if kind == io::ErrorKind::AddrNotAvailable {
        format!("This machine has no address {}. Listen on one that it has, or on all of them: 0.0.0.0.", address.ip())
    } else {
        format!("Cannot listen on {address}. The log has the cause.")
    };
    Error::new(ErrorKind::Misconfigured, sentence).because(error)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::{Notify, oneshot},
    };

    use super::*;
    use crate::http::{listener_guard::ListenerGuard, oauth_metadata::OauthMetadata};

    async fn open(address: SocketAddr, router: Router) -> Result<Listener> {
        let middleware = Middleware::new(1024, 10, Arc::new(OauthMetadata::new(None, false, None)), ListenerGuard::default())?;
        Listener::open(address, None, middleware, router, Duration::from_secs(30)).await
    }

    fn any_port() -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    #[tokio::test]
    async fn a_running_answer_is_finished_and_nothing_new_is_taken() {
        let (began, has_begun) = oneshot::channel();
        let began = Arc::new(std::sync::Mutex::new(Some(began)));
        let go_on = Arc::new(Notify::new());
        let wait = Arc::clone(&go_on);
        let slow = get(move || async move {
            if let Some(began) = began.lock().unwrap().take() {
                began.send(()).unwrap();
            }
            wait.notified().await;
            "finished"
        });
        let listener = open(any_port(), Router::new().route("/slow", slow)).await.unwrap();
        let address = listener.address();
        let running = tokio::spawn(async move { reqwest::get(format!("http://{address}/slow")).await.unwrap().text().await.unwrap() });
        has_begun.await.unwrap();
        let closing = tokio::spawn(listener.close(Duration::from_secs(20)));
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go_on.notify_one();
        assert_eq!(running.await.unwrap(), "finished");
        closing.await.unwrap();
    }

    #[tokio::test]
    async fn pings_win_no_time_and_requests_on_one_connection_are_few() {
        let short = Duration::from_millis(300);
        let middleware = Middleware::new(1024, 10, Arc::new(OauthMetadata::new(None, false, None)), ListenerGuard::default()).unwrap();
        let patience = IdleTimeoutAcceptor::new(IdleTimeouts { first: short, next: short }, Connections::new(9, 9));
        let listener = Listener::open_within(any_port(), None, (middleware, Router::new()), patience).await.unwrap();
        let mut client = tokio::net::TcpStream::connect(listener.address()).await.unwrap();
        let began = std::time::Instant::now();
        // The preface and empty settings, then PINGs: RFC 9113, sections 3.4 and 6.7.
        client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
        while client.write_all(b"\0\0\x08\x06\0\0\0\0\0pingpong").await.is_ok() {
            match tokio::time::timeout(short / 20, client.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(bytes)) => said.extend_from_slice(&buffer[..bytes]),
                Err(_) => {}
            }
            assert!(began.elapsed() < short * 30, "it is kept open");
        }
        let says = |bytes: &[u8]| said.windows(bytes.len()).any(|window| window == bytes);
        assert!(says(b"\0\0\x08\x06\x01\0\0\0\0pingpong"), "it was answered nevertheless");
        assert!(
            says(&[0, 3, 0, 0, 0, 24]) && says(&[0, 4, 0, 0, 0xff, 0xff]),
            "SETTINGS_MAX_CONCURRENT_STREAMS, SETTINGS_INITIAL_WINDOW_SIZE"
        );
    }

    #[tokio::test]
    async fn whoever_does_not_read_an_answer_holds_no_connection_for_ever() {
        let short = Duration::from_millis(300);
        let large = get(|| async { vec![b'x'; 32 * 1024 * 1024] });
        let middleware = Middleware::new(1024, 10, Arc::new(OauthMetadata::new(None, false, None)), ListenerGuard::default()).unwrap();
        let connections = Connections::new(9, 9);
        let patience = IdleTimeoutAcceptor::new(IdleTimeouts { first: short, next: short }, connections.clone());
        let listener = Listener::open_within(any_port(), None, (middleware, Router::new().route("/large", large)), patience).await.unwrap();
        let mut clients = [
            tokio::net::TcpStream::connect(listener.address()).await.unwrap(),
            tokio::net::TcpStream::connect(listener.address()).await.unwrap(),
        ];
        for client in &mut clients {
            client.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        }
        // One reads nothing, one a byte now and then.
        let began = std::time::Instant::now();
        while began.elapsed() < short {
            assert!(clients[1].read_u8().await.is_ok());
            tokio::time::sleep(short / 20).await;
        }
        while connections.count() > 0 {
            assert!(began.elapsed() < short * 30, "{} are kept open", connections.count());
            tokio::time::sleep(short / 20).await;
            let _ = clients[1].read_u8().await;
        }
    }

    /// A connection to `to` from the address `from` of this machine.
    async fn connect_from(from: u8, to: SocketAddr) -> tokio::net::TcpStream {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
        socket.connect(to).await.unwrap()
    }

    #[tokio::test]
    async fn bodies_that_never_come_whole_lock_no_newcomer_out() {
        let router = Router::new()
            .route("/body", axum::routing::post(|_: bytes::Bytes| async { "came" }))
            .route("/healthz", get(|| async { "well" }));
        let middleware = Middleware::new(1024, 10_000, Arc::new(OauthMetadata::new(None, false, None)), ListenerGuard::default()).unwrap();
        let connections = Connections::new(12, 4);
        let patience =
            IdleTimeoutAcceptor::new(IdleTimeouts { first: Duration::from_secs(10), next: Duration::from_secs(75) }, connections.clone());
        let listener = Listener::open_within(any_port(), None, (middleware, router), patience).await.unwrap();
        let address = listener.address();
        let mut attack = tokio::task::JoinSet::new();
        for number in 0..24 {
            attack.spawn(async move {
                // Whoever loses the place comes again.
                for _ in 0..10_000 {
                    let mut stream = connect_from(2 + number % 4, address).await;
                    let head = b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\nx";
                    let _ = stream.write_all(head).await;
                    let _ = stream.read_u8().await;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
        while connections.count() < 12 {
            tokio::task::yield_now().await;
        }
        for number in 0..25 {
            let mut newcomer = connect_from(1, address).await;
            newcomer.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            newcomer.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{number}: {answer}");
        }
        attack.shutdown().await;
    }

    #[tokio::test]
    async fn a_taken_port_is_reported_with_what_to_do() {
        let first = open(any_port(), Router::new()).await.unwrap();
        let error = open(first.address(), Router::new()).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Misconfigured);
        assert!(error.sentence.contains("another port"), "{error}");
        let denied = in_the_way(any_port(), io::ErrorKind::PermissionDenied.into());
        assert!(denied.sentence.contains("1024"), "{denied}");
    }
}
