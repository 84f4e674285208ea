//! How do bytes get to Discord? By two clients of ours: one that keeps its connections, one that asks the guard before each.
//!
//! serenity's rate limiter repeats a request that was refused with 429, and one whose rate-limit headers it cannot
//! read, as often as it takes, and tells nobody. So its client opens a connection for every try, and the gate
//! before it sees each: a second try within one request means that the first was refused.

use std::{
    cell::Cell,
    future::{Ready, ready},
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, future::Either};
use reqwest::{Client, ClientBuilder, Url};
use tokio::{sync::Notify, time::Instant};
use tower::{BoxError, Layer, Service};

use super::{guard::Guard, settings::DiscordSettings};
use crate::{
    error::{Error, Result},
    outgoing::{RETRY_AFTER_MAX, client_to},
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
    /// How long Discord wants it to wait.
    static ASKED: Arc<RequestedWait>;
}

/// A client that keeps its connections, for requests that are sent once.
pub(super) fn direct(settings: &DiscordSettings) -> Result<Client> {
    client(settings).build().map_err(Error::internal)
}

/// A client whose every try passes `guard`, for requests that serenity may repeat; see [`counted`].
pub(super) fn gated(settings: &DiscordSettings, guard: Arc<Guard>) -> Result<Client> {
    client(settings).http1_only().pool_max_idle_per_host(0).connector_layer(Gate(guard)).build().map_err(Error::internal)
}

/// How long Discord asks to wait before a request, as serenity's limiter heard it.
struct RequestedWait {
    time_max: Duration,
    millis: AtomicU64,
    too_long: Notify,
}

/// Sends `request`, which has so much time; or how long Discord asks to wait, where that is longer, as soon as it is known; `None` where it was
/// late for another reason.
pub(super) async fn within<T>(time_max: Duration, request: impl Future<Output = T>) -> Result<T, Option<Duration>> {
    let asked = Arc::new(RequestedWait { time_max, millis: AtomicU64::new(0), too_long: Notify::new() });
    let sent = AssertUnwindSafe(ASKED.scope(Arc::clone(&asked), counted(request))).catch_unwind();
    let answered = tokio::select! {
        sent = tokio::time::timeout(time_max, sent) => sent.ok(),
        () = asked.too_long.notified() => None,
    };
    let millis = asked.millis.load(Ordering::Relaxed);
    match answered {
        Some(Ok(done)) => Ok(done),
        Some(Err(_)) => {
            // A wait that no clock can hold makes serenity panic.
            tracing::error!("serenity could not keep one of Discord's rate limits");
            Err(Some(RETRY_AFTER_MAX))
        }
        None => Err((millis > 0).then(|| Duration::from_millis(millis).min(RETRY_AFTER_MAX))),
    }
}

/// Takes note that serenity's limiter is about to wait so long.
pub(super) fn limited(wait: Duration) {
    let _ = ASKED.try_with(|asked| {
        asked.millis.store(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if wait > asked.time_max {
            asked.too_long.notify_one();
        }
    });
}

/// Lets the tries of `request` be told apart from those of others.
async fn counted<T>(request: impl Future<Output = T>) -> T {
    TRIES.scope(Cell::new(0), request).await
}

fn client(settings: &DiscordSettings) -> ClientBuilder {
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
    async fn a_wait_that_is_too_long_is_told_at_once() {
        let time_max = Duration::from_mins(1);
        let day = Some(RETRY_AFTER_MAX);
        for (wait, told) in [(61, Some(Duration::from_secs(61))), (1 << 40, day), (u64::MAX, day)] {
            let asks = async {
                limited(Duration::from_secs(wait));
                std::future::pending::<()>().await;
            };
            assert_eq!(within(time_max, asks).await, Err(told), "{wait}");
        }
        let in_time = async {
            limited(Duration::from_secs(1));
            7
        };
        assert_eq!(within(time_max, in_time).await, Ok(7));
        assert_eq!(within(Duration::from_millis(20), std::future::pending::<()>()).await, Err(None));
        assert_eq!(within(time_max, async { _ = Duration::from_secs_f64(1e300) }).await, Err(day), "as serenity reads what it is told");
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
