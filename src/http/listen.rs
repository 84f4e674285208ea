//! How is a socket opened, limited and closed? With sentences for what can be in the way.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, ServiceExt as _, http::Request, response::Response};
use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper::body::Incoming;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    front::{self, Front},
    patience::Patience,
};
use crate::error::{Error, Kind, Result};

/// How long a connection is kept at least on which nothing is answered: longer than the 60 s for which
/// common reverse proxies reuse an idle connection.
const PATIENCE_MIN: Duration = Duration::from_secs(75);
/// How much longer than the longest answer.
const PATIENCE_MARGIN: Duration = Duration::from_secs(15);
/// How many connections are open at once; one more is closed at once. Below the 1,024 files that a process
/// may have open by default, so that idle connections cannot keep the store or Graph from being reached.
const CONNECTIONS_MAX: usize = 768;
/// How much more than our own limit of headers is read, so that we and not hyper refuse them: hyper sends
/// no problem, and only far beyond our limit do we need its hard stop.
const READ_AHEAD: usize = 4;
/// The least that hyper takes as its own limit.
const READ_BYTES_MIN: usize = 64 * 1024;

/// An open socket that is being served. Dropping it closes everything at once.
pub struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    serving: JoinHandle<io::Result<()>>,
}

impl Listener {
    /// Opens `address` and serves `router` behind `front`.
    ///
    /// # Errors
    /// [`Kind::Misconfigured`] when the address cannot be listened on.
    pub async fn open(address: SocketAddr, tls: Option<RustlsConfig>, front: Front, router: Router, answer_max: Duration) -> Result<Self> {
        let socket = TcpListener::bind(address).await.map_err(|error| in_the_way(address, error))?;
        let address = socket.local_addr().map_err(Error::internal)?;
        let handle = Handle::new();
        let read_bytes_max = front.header_bytes_max().saturating_mul(READ_AHEAD).max(READ_BYTES_MIN);
        let mut server = Server::from_listener(socket).handle(handle.clone());
        let builder = server.http_builder();
        builder.http1().header_read_timeout(None).max_buf_size(read_bytes_max);
        builder.http2().max_header_list_size(u32::try_from(read_bytes_max).unwrap_or(u32::MAX));
        let service = service(front, router).into_make_service();
        let patience = Patience::new(PATIENCE_MIN.max(answer_max + PATIENCE_MARGIN), CONNECTIONS_MAX);
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
            Ok(Err(error)) => tracing::warn!(cause = %error, "listening on {} ended badly", self.address),
            Err(error) => tracing::warn!(cause = %error, "listening on {} ended badly", self.address),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

/// The front and the routes as one service.
fn service(
    front: Front,
    router: Router,
) -> impl tower::Service<Request<Incoming>, Response = Response, Error = Infallible, Future = impl Send + 'static> + Clone + Send + 'static
{
    let front = Arc::new(front);
    tower::service_fn(move |request: Request<Incoming>| front::pass(Arc::clone(&front), router.clone(), request))
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
        format!("{address} cannot be listened on. The log has the cause.")
    };
    Error::new(Kind::Misconfigured, sentence).because(error)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::sync::{Notify, oneshot};

    use super::*;
    use crate::http::resource::Resource;

    async fn open(address: SocketAddr, router: Router) -> Result<Listener> {
        let front = Front::new(1024, 10, Arc::new(Resource::new(None, false, None)))?;
        Listener::open(address, None, front, router, Duration::from_secs(30)).await
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
    async fn a_taken_port_is_told_with_what_to_do() {
        let first = open(any_port(), Router::new()).await.unwrap();
        let error = open(first.address(), Router::new()).await.err().unwrap();
        assert_eq!(error.kind, Kind::Misconfigured);
        assert!(error.sentence.contains("another port"), "{error}");
        let denied = in_the_way(any_port(), io::ErrorKind::PermissionDenied.into());
        assert!(denied.sentence.contains("1024"), "{denied}");
    }
}
