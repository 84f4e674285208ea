//! How do registries list our MCP endpoint? `server.json` of the MCP registry, for one running service.
//!
//! Format: <https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json>. A name begins with a domain that
//! its publisher owns, backwards.

use serde_json::json;

use super::{
    Values, pretty,
    words::{FOR_PEOPLE, NAME},
};

/// The endpoint, with the key that each user of it must bring.
pub(super) fn server(values: &Values) -> Vec<u8> {
    let key = json!({
        "description": "An API key of scorewatch: `scorewatch key new` makes one.",
        "isRequired": true,
        "isSecret": true,
    });
    let authorization = json!({
        "name": "Authorization",
        "description": "Who asks: an API key.",
        "value": "Bearer {api_key}",
        "isRequired": true,
        "isSecret": true,
        "variables": { "api_key": key },
    });
    pretty(&json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": format!("{}/{NAME}", backwards(&values.url)),
        "title": NAME,
        "description": FOR_PEOPLE,
        "version": env!("CARGO_PKG_VERSION"),
        "remotes": [{ "type": "streamable-http", "url": format!("{}/mcp", values.url), "headers": [authorization] }],
    }))
}

/// The host of `url` with its labels in the opposite order; an IPv6 address, which is no domain, keeps no colons.
fn backwards(url: &str) -> String {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => return address.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.split('.').rev().collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::backwards;

    #[test]
    fn a_host_reads_backwards_without_its_port() {
        assert_eq!(backwards("https://score.example.org:8443/sub"), "org.example.score");
        assert_eq!(backwards("http://localhost:8080"), "localhost");
        assert_eq!(backwards("https://[2001:db8::1]:443"), "2001-db8--1");
    }
}
