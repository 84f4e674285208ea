//! Which settings have no effect beside the others, and which miss another one that they need? It is no error, so that nothing is refused for it.

use std::net::SocketAddr;

use super::{Config, CredentialConfig, DestinationConfig, TenantConfig, reader::ConfigReader};
use crate::alert::{Rule, Watch};

/// Warns of what is given and does nothing. What has no effect whatever else is given (a channel of a webhook) is an error, and reported elsewhere.
pub(super) fn check(reader: &mut ConfigReader, config: &Config) {
    server(reader, config);
    reading(reader, config);
    posts(reader, config);
    for section in config.parts.sections.iter().filter(|section| config.sections.has(section.name)) {
        (section.check)(reader, config);
    }
}

/// Whether two listeners cannot both be there: at one port, and one of them at all addresses or both at the same. Port 0 is any that is free.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = |address: SocketAddr| address.ip().is_unspecified();
    let same_family = one.is_ipv4() == other.is_ipv4();
    // An IPv6 listener at all addresses takes those of IPv4 too.
    let overlap = one.ip() == other.ip()
        || same_family && (everywhere(one) || everywhere(other))
        || [one, other].into_iter().any(|address| address.is_ipv6() && everywhere(address));
    one.port() == other.port() && one.port() != 0 && overlap
}

fn server(reader: &mut ConfigReader, config: &Config) {
    let Config { server, mcp, metrics, .. } = config;
    if metrics.listen.is_some_and(|listen| collide(listen, server.listen)) {
        let wrong = "is the same address as server.listen";
        reader.section(&["metrics"]).error("listen", wrong, "Give it a port of its own, such as 127.0.0.1:9464");
    }
    if server.behind_proxy && server.public_url.is_none() && mcp.hosts.is_empty() {
        let wrong = "is given without public_url, so /mcp refuses requests that name the proxy as host";
        reader.section(&["server"]).warn(
            "behind_proxy",
            wrong,
            "Set server.public_url to the address that others use, or list their names in mcp.hosts",
        );
    }
}

fn reading(reader: &mut ConfigReader, config: &Config) {
    let Config { tenants, apps, alerts, metrics, .. } = config;
    if !tenants.is_empty() && tenants.iter().all(|tenant| tenant.sign_in.is_none()) {
        let mut section = reader.section(&["refresh"]);
        if section.has("every_minutes") {
            section.warn(
                "every_minutes",
                "has no effect: every tenant is offline",
                "Remove it, or configure a tenant to be synced from Graph",
            );
        }
    }
    let watches = |rule: &Rule, name: &str| matches!(rule.watch, Watch::SignIn { .. }) && rule.tenants.include(name);
    for app in apps {
        let of_app =
            || tenants.iter().filter(|tenant| tenant.sign_in.as_ref().is_some_and(|sign_in| sign_in.app.as_ref() == Some(&app.name)));
        let is_watched = || of_app().any(|tenant| alerts.iter().any(|rule| watches(rule, &tenant.name)));
        let mut section = reader.section(&["apps", &app.name]);
        if of_app().next().is_none() {
            section.warn_here("has no tenant", "List some in its tenants or tenants_file, or name it in a tenant's app");
        } else if app.secret_ends.is_some() && !is_secret(&app.credential) {
            section.warn(
                "client_secret_ends",
                "has no effect: the app signs in with a certificate, which states its own expiry",
                "Remove it",
            );
        } else if app.secret_ends.is_some() && metrics.listen.is_none() && !is_watched() {
            let wrong = "has no effect: no alert of the kind sign_in watches a tenant of this app";
            section.warn("client_secret_ends", wrong, "Add an [[alert]] with when = \"sign_in\", or remove it");
        }
    }
    for TenantConfig { name, sign_in, secret_ends } in tenants {
        if secret_ends.is_none() || sign_in.as_ref().is_some_and(|sign_in| sign_in.app.is_some()) {
            continue;
        }
        let watches = |rule: &Rule| watches(rule, name);
        let secret = sign_in.as_ref().map(|sign_in| is_secret(&sign_in.credential));
        let (wrong, right) = match secret {
            None => ("has no effect: the tenant is offline and signs in nowhere", "Remove it"),
            Some(false) => ("has no effect: the tenant signs in with a certificate, which states its own expiry", "Remove it"),
            // Prometheus has it, too, for alerts of its own.
            Some(true) if metrics.listen.is_none() && !alerts.iter().any(watches) => (
                "has no effect: no alert of the kind sign_in watches this tenant",
                "Add an [[alert]] with when = \"sign_in\", or remove it",
            ),
            Some(true) => continue,
        };
        reader.section(&["tenants", name]).warn("client_secret_ends", wrong, right);
    }
}

fn is_secret(credential: &CredentialConfig) -> bool {
    matches!(credential, CredentialConfig::Secret(_))
}

fn posts(reader: &mut ConfigReader, config: &Config) {
    let Config { destinations, delivery, alerts, .. } = config;
    if destinations.is_empty() && !config.has_rooms() {
        let mut section = reader.section(&["delivery"]);
        for key in ["give_up_hours", "lease_seconds"] {
            if section.has(key) {
                section.warn(key, "has no effect: there is no destination", "Add a [destinations.NAME], or remove it");
            }
        }
    }
    for DestinationConfig { name, .. } in destinations.iter().filter(|destination| destination.fallback.is_some()) {
        // What is urgent gets there as an alert, as a notice, or in place of another destination.
        let told = alerts.iter().any(|rule| rule.to == *name) || delivery.operator.as_ref() == Some(name);
        if !told && !destinations.iter().any(|other| other.fallback.as_ref() == Some(name)) {
            let wrong = "has no effect: no alert goes there, and digests wait for their own destination";
            reader.section(&["destinations", name]).warn("fallback", wrong, "Name this destination in an alert, or remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn listeners_collide_where_one_would_take_the_place_of_the_other() {
        let collide = |one: &str, other: &str| {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(super::collide(one, other), super::collide(other, one), "{one} {other}");
            super::collide(one, other)
        };
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "127.0.0.1:80"),
            ("[::]:80", "0.0.0.0:80"),
            ("[::1]:80", "[::]:80"),
        ] {
            assert!(collide(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:81"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1:80", "10.0.0.1:80"),
            ("[::1]:80", "127.0.0.1:80"),
            ("[::1]:80", "0.0.0.0:80"),
        ] {
            assert!(!collide(one, other), "{one} {other}");
        }
    }
}
