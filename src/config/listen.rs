//! Where shall a listener be? An address and a port, in the forms that people write; for any other, what would be right.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What is right for most.
const RIGHT: &str = "an address and a port such as 127.0.0.1:8080";
/// The port of the examples.
const PORT: u16 = 8080;

/// The address and port that `text` means. `localhost` is this machine itself; other names are not looked up.
///
/// # Errors
/// What to write instead, as a sentence without its full stop. It repeats nothing but numbers and addresses.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let text = if text.contains("://") { text } else { text.trim_end_matches('/') };
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if text.contains("://") {
        return Err(format!("Write {RIGHT}, without http:// before it"));
    }
    if text.contains('%') {
        let sentence = "Names of zones, as in fe80::1%eth0, are not taken: write the number of the interface, as in [fe80::1%2]:8080, or an address without a zone";
        return Err(sentence.to_owned());
    }
    // Before a port is looked for: what stands behind the last colon of an IPv6 address looks like one.
    match text.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => return Err(format!("Add a port, as in {address}:{PORT}")),
        Ok(IpAddr::V6(address)) => return Err(with_brackets(text, address)),
        Err(_) => {}
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", text),
        None if text.eq_ignore_ascii_case("localhost") => return Err(format!("Add a port, as in localhost:{PORT}")),
        None => return Err(format!("Write {RIGHT}")),
    };
    let Ok(port) = port.parse::<u16>() else {
        return Err(format!("Write {RIGHT}; a port is a number up to {}", u16::MAX));
    };
    if host.eq_ignore_ascii_case("localhost") {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let (here, everywhere) = (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    match host {
        "" | "*" => {
            Err(format!("Write {here} for this machine only, or {everywhere} for all of its addresses ({both} with those of IPv6)"))
        }
        _ if host.parse::<Ipv6Addr>().is_ok() => Err(format!("Write the address in brackets, as in [::1]:{port}")),
        _ => Err(format!("Names are not looked up here, only localhost: write an address of this machine, such as {here} or {everywhere}")),
    }
}

/// What is right for `text`, which is `address` and has no port, unless its last group was meant to be one.
fn with_brackets(text: &str, address: Ipv6Addr) -> String {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let meant = text.rsplit_once(':').and_then(|(host, last)| Some((host.parse::<Ipv6Addr>().ok()?, port(last)?)));
    match meant {
        Some((host, port)) => format!("Write the address in brackets, as in [{host}]:{port}"),
        None => format!("Add a port behind the brackets, as in [{address}]:{PORT}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_people_write_are_taken() {
        for (text, right) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            (" 0.0.0.0:80 ", "0.0.0.0:80"),
            ("[::1]:8080", "[::1]:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("LocalHost:0", "127.0.0.1:0"),
            ("127.0.0.1:8080/", "127.0.0.1:8080"),
            ("localhost:8080/", "127.0.0.1:8080"),
            ("[fe80::1%2]:80", "[fe80::1%2]:80"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Ok(right), "{text}");
        }
    }

    #[test]
    fn of_other_forms_it_is_reported_what_is_right() {
        for (text, right) in [
            (":8080", "Write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for all"),
            ("*:9000", "0.0.0.0:9000 for all of its addresses ([::]:9000 with those of IPv6)"),
            ("8080", "Write 127.0.0.1:8080 for this machine only"),
            ("127.0.0.1", "Add a port, as in 127.0.0.1:8080"),
            ("[::1]", "Add a port behind the brackets, as in [::1]:8080"),
            ("::1", "Add a port behind the brackets, as in [::1]:8080"),
            ("::1:9000", "Write the address in brackets, as in [::1]:9000"),
            ("fe80::1:9000", "as in [fe80::1]:9000"),
            ("localhost", "Add a port, as in localhost:8080"),
            ("http://127.0.0.1:8080", "without http:// before it"),
            ("127.0.0.1:99999", "a port is a number up to 65535"),
            ("127.0.0.1:http", "a port is a number up to 65535"),
            ("scores.example.com:443", "only localhost: write an address of this machine, such as 127.0.0.1:443 or 0.0.0.0:443"),
            ("[fe80::1%eth0]:80", "Names of zones, as in fe80::1%eth0, are not taken"),
            ("fe80::1%eth0", "are not taken"),
            ("everywhere", "an address and a port such as 127.0.0.1:8080"),
            ("", "an address and a port such as 127.0.0.1:8080"),
        ] {
            let said = address(text).unwrap_err();
            assert!(said.contains(right), "{text}: {said}");
        }
    }
}
