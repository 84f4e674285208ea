//! How do bytes get to Discord? By two clients of ours: one that keeps its connections, one that asks the guard before each.
//!
//! serenity's rate limiter repeats a request that was refused with 429, and one whose rate-limit headers it cannot
//! read, as often as it takes, and tells nobody. So its client opens a connection for every try, and the gate
//! before it sees each: a second try within one request means that the first was refused.

use std::{
    cell::Cell,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::Either;
use reqwest::{Client, ClientBuilder, Url};
use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

use super::{guard::Guard, settings::Settings};
use crate::{
    error::{Error, Result},
    outgoing::client_to,
};

/// How long a connection may take to come up.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long Discord may take for one answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

/// Where Discord is.
const HOST: &str = "discord.com";
/// Who asks, in the form that Discord wants: <https://docs.discord.com/developers/reference#user-agent>.
pub(super) const AGENT: &str = concat!("DiscordBot (scorewatch, ", env!("CARGO_PKG_VERSION"), ")");

tokio::task_local! {
    /// How often the request that this task is about has been tried.
    static TRIES: Cell<u32>;
}

/// A client that keeps its connections, for requests that are sent once.
pub(super) fn direct(settings: &Settings) -> Result<Client> {
    client(settings).build().map_err(Error::internal)
}

/// A client whose every try passes `guard`, for requests that serenity may repeat; see [`counted`].
pub(super) fn gated(settings: &Settings, guard: Arc<Guard>) -> Result<Client> {
    client(settings).http1_only().pool_max_idle_per_host(0).connector_layer(Gate(guard)).build().map_err(Error::internal)
}

/// Lets the tries of `request` be told apart from those of others.
pub(super) async fn counted<T>(request: impl Future<Output = T>) -> T {
    TRIES.scope(Cell::new(0), request).await
}

fn client(settings: &Settings) -> ClientBuilder {
    let host = settings.proxy.as_ref().and_then(Url::host_str).unwrap_or(HOST);
    let client = client_to(host).connect_timeout(CONNECT_TIME_MAX).timeout(ANSWER_TIME_MAX).tcp_nodelay(true).user_agent(AGENT);
    match &settings.detour {
        Some(detour) => client.no_proxy().resolve(HOST, detour.address).add_root_certificate(detour.root.clone()),
        None => client,
    }
}

/// Stands before connections.
#[derive(Clone)]
struct Gate(Arc<Guard>);

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { guard: Arc::clone(&self.0), inner }
    }
}

/// What makes connections, once the guard agrees.
#[derive(Clone)]
struct Gated<S> {
    guard: Arc<Guard>,
    inner: S,
}

impl<S, R> Service<R> for Gated<S>
where
    S: Service<R, Error = BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<Result<S::Response, BoxError>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let now = Instant::now();
        // A try that nobody counts is taken for a repeated one: better one refusal too many in the books.
        if TRIES.try_with(|tries| tries.replace(tries.get() + 1)).unwrap_or(1) > 0 {
            self.guard.refused(now);
        }
        match self.guard.leave(now) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(held) => Either::Left(ready(Err(held.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use tower::{ServiceExt as _, service_fn};

    use super::*;

    fn gate(guard: &Arc<Guard>) -> impl Service<(), Response = (), Error = BoxError> + Clone {
        Gate(Arc::clone(guard)).layer(service_fn(|()| ready(Ok::<_, BoxError>(()))))
    }

    #[tokio::test]
    async fn only_tries_after_the_first_of_a_request_are_refusals() {
        let guard = Arc::new(Guard::default());
        for _ in 0..3 {
            counted(gate(&guard).oneshot(())).await.unwrap();
        }
        assert_eq!(guard.refusals(Instant::now()), 0);
        counted(async {
            for _ in 0..3 {
                gate(&guard).oneshot(()).await.unwrap();
            }
        })
        .await;
        assert_eq!(guard.refusals(Instant::now()), 2);
        gate(&guard).oneshot(()).await.unwrap();
        assert_eq!(guard.refusals(Instant::now()), 3, "a try without a request counts");
    }

    #[tokio::test]
    async fn a_loop_of_tries_ends_at_the_gate() {
        let guard = Arc::new(Guard::default());
        let tries = counted(async {
            let mut tries = 0;
            while gate(&guard).oneshot(()).await.is_ok() {
                tries += 1;
            }
            tries
        })
        .await;
        assert_eq!(tries, 1000, "the limit of the guard");
        guard.stop("over");
        assert!(counted(gate(&guard).oneshot(())).await.is_err());
    }
}
