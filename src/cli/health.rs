//! Is the server of this configuration alive? For health checks of containers, whose image has no other program to ask with.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use super::output::say;
use crate::{
    config::{ServerConfig, address},
    error::{Error, ErrorKind, Result},
    outgoing::client_to,
    text::echo,
};

/// How long a server that is alive may take to say so: less than the 30 seconds after which Docker gives up on a check by default.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// How many characters of an address that is none are repeated.
const ADDRESS_MAX: usize = 60;

/// What to ask.
#[derive(Debug, clap::Args)]
#[command(after_help = "It asks the configured address, on this machine, and ends with 0 for yes and 69 for no.
With --listen no configuration is read.
A certificate is not checked: nothing secret is sent, and its name is seldom that of this machine.

Examples:
  scorewatch health --config /etc/scorewatch/scorewatch.toml
  scorewatch health --ready --listen 127.0.0.1:9000")]
pub(super) struct HealthArgs {
    /// Ask whether it takes questions too, which it does not while it stops
    #[arg(long)]
    ready: bool,
    /// The address that `serve` was started with, instead of the configured one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<String>,
}

/// Asks the server at the address that is wished for, else the one that is `configured`, and says what it said.
pub(super) async fn run(wish: &HealthArgs, configured: impl FnOnce() -> Result<ServerConfig>) -> Result<()> {
    let Some(listen) = &wish.listen else {
        let server = configured()?;
        return ask(if server.tls.is_some() { "https" } else { "http" }, asked_at(server.listen), wish.ready).await;
    };
    let wrong = |right| Error::bad_arguments(format!("--listen {} is no address to ask. {right}.", echo(listen, ADDRESS_MAX)));
    let address = asked_at(address(listen).map_err(wrong)?);
    // Nothing says whether it has a certificate: who speaks TLS gives no answer to plain HTTP.
    let plain = ask("http", address, wish.ready).await;
    if plain.is_err() && ask("https", address, wish.ready).await.is_ok() { Ok(()) } else { plain }
}

/// Asks the server at `address`, and says what it said.
async fn ask(scheme: &str, address: SocketAddr, ready: bool) -> Result<()> {
    let path = if ready { "readyz" } else { "healthz" };
    let silent = |cause: reqwest::Error| {
        let sentence =
            format!("No scorewatch answers at {scheme}://{address}/{path}. Is `scorewatch serve` running, with this configuration?");
        Error::new(ErrorKind::Upstream, sentence).because(cause)
    };
    // It is this machine, by whatever address: no proxy stands between.
    let client = client_to(&host(address)).no_proxy().timeout(ANSWER_TIME_MAX).danger_accept_invalid_certs(true);
    let client = client.build().map_err(Error::internal)?;
    let answer = client.get(format!("{scheme}://{address}/{path}")).send().await.map_err(silent)?;
    if answer.status().is_success() {
        return say(&format!("{} at {address}", if ready { "ready" } else { "alive" }));
    }
    let sentence = format!("{scheme}://{address}/{path} answers with status {}: not healthy.", answer.status().as_u16());
    Err(Error::new(ErrorKind::Upstream, sentence))
}

/// Where a server that listens at `listen` is asked from this machine: one that listens on all addresses, by loopback.
fn asked_at(listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(all) if all.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, all.port()).into(),
        SocketAddr::V6(all) if all.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, all.port()).into(),
        one @ (SocketAddr::V4(_) | SocketAddr::V6(_)) => one,
    }
}

/// The host of `address`, as it stands in a URL.
fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_by_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("192.0.2.7:443", "192.0.2.7:443"),
        ] {
            assert_eq!(asked_at(listen.parse().unwrap()).to_string(), asked);
        }
        assert_eq!(host("[::1]:8080".parse().unwrap()), "[::1]");
    }
}
