//! What does a short text from outside name? A thing of ours, a GUID, an id, this machine itself, the root of a service.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// The longest name of a thing that people give names to, in characters.
const NAME_CHARACTERS_MAX: usize = 40;
/// What such a name is made of, for a sentence that says so.
pub const NAME_IS: &str = "1 to 40 lowercase letters, digits, - and _, with a letter or digit first, but not `all`";

/// Whether `name` can be that of a tenant, a destination, a digest: see [`NAME_IS`].
pub fn is_name(name: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let first = name.bytes().next().is_some_and(part);
    first && name != "all" && name.len() <= NAME_CHARACTERS_MAX && name.bytes().all(|byte| part(byte) || matches!(byte, b'-' | b'_'))
}

/// Whether `text` is a GUID such as `00000000-0000-0000-0000-000000000000`, in any case.
pub fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// How the ids of those begin who are in no chat, before a colon.
const NOT_IN_CHATS: [&str; 4] = ["destination", "entra", "key", "terminal"];
/// The shortest id that a chat gives a user, in characters.
const USER_ID_MIN: usize = 8;

/// A person whom we know by `id`, in words: those of a chat by their platform (`PLATFORM:USER`), others by their name.
pub fn person(id: &str) -> String {
    chat_user(id).map_or_else(|| id.to_owned(), |(platform, _)| format!("a {platform} user"))
}

/// The same for those who keep the books, and must tell one from another.
pub fn person_with_id(id: &str) -> String {
    chat_user(id).map_or_else(|| id.to_owned(), |(platform, user)| format!("{platform} user {user}"))
}

/// The platform, as a name, and the user of the person of a chat whom we know by `id`; `None` for anybody else.
fn chat_user(id: &str) -> Option<(String, &str)> {
    let (platform, user) = id.split_once(':')?;
    let is_platform = platform.bytes().all(|byte| byte.is_ascii_lowercase()) && !NOT_IN_CHATS.contains(&platform);
    let is_user = user.len() >= USER_ID_MIN && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let (first, rest) = platform.split_at_checked(1).filter(|_| is_platform && is_user)?;
    Some((first.to_ascii_uppercase() + rest, user))
}

/// Whether `text` can be the App ID URI of an Entra registration, or the bare client id that some have in its place. It is
/// written into headers and files as it stands.
pub fn is_app_uri(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'<' | b'>'));
    plain && !text.ends_with('/') && (is_guid(text) || Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "api" | "https")))
}

/// Whether `text` can be a scope or an app role, alone and without its App ID URI: RFC 6749, section 3.3.
pub fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/'))
}

/// Whether `host`, as it stands in a URL, is this machine itself. The case of a name does not matter, nor the dot at the end of a whole one.
pub fn is_loopback(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback());
    }
    host.strip_suffix('.').unwrap_or(host).eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// The root of a service that secrets or keys travel to: https, or http to this machine itself, and nothing
/// behind the host. Otherwise why it is none, as in "the root …".
pub fn service_root(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    let loopback = is_loopback(url.host_str().ok_or("names no host")?);
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err("must be https, or http to this machine itself");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("must have no path, query or user");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_its_groups_and_nothing_else() {
        assert!(is_guid("11111111-2222-3333-4444-55555555aAfF"));
        for other in ["", "contoso.example", "11111111222233334444555555555555", "11111111-2222-3333-4444-55555555555g"] {
            assert!(!is_guid(other), "{other}");
        }
    }

    #[test]
    fn people_of_a_chat_are_no_numbers() {
        let id = "discord:1100000000000000007";
        assert_eq!((person(id).as_str(), person_with_id(id).as_str()), ("a Discord user", "Discord user 1100000000000000007"));
        assert_eq!(person("slack:U012AB3CD"), "a Slack user");
        for other in
            ["terminal", "Ada Lovelace", "discord:room:1100000000000000007", "discord:7", "key:ab12cd34", "Note: remember", ":12345678"]
        {
            assert_eq!((person(other), person_with_id(other)), (other.to_owned(), other.to_owned()));
        }
    }

    #[test]
    fn this_machine_has_few_names() {
        for own in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "127.0.0.1",
            "127.8.9.1",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::FFFF:7f00:1]",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "127.0.0.1.example",
            "localhost.example",
            "localhost..",
            "127.0.0.1.",
            ".",
            "[::2]",
            "[::ffff:10.0.0.1]",
            "[localhost]",
            "[127.0.0.1]",
            "0.0.0.0",
            "::1",
            "",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn secrets_travel_only_encrypted_or_not_at_all() {
        for fine in ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:9/", "https://proxy.example:8443"] {
            assert!(service_root(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://login.example",
            "http://127.0.0.1.example",
            "ftp://localhost",
            "https://a@b",
            "https://a/b",
            "https://a?b",
            "login",
            "",
        ] {
            assert!(service_root(wrong).is_err(), "{wrong}");
        }
    }
}
