//! Where may the links of a card lead? To https addresses that say where they go, written so that they end in no platform's markup.

use std::fmt::Write as _;

use reqwest::Url;

use crate::{delivery::PostPicture, text::one_line};

/// Where the link of a card leads, by its address: the portal's name.
pub fn portal(url: &str) -> &'static str {
    if url.starts_with("https://entra.") { "Microsoft Entra" } else { "Microsoft Defender" }
}

/// Where a link may lead: an https address of `length_max` bytes at most in which nothing could end a link of any markup; `None` for any other.
pub fn address(url: &str, length_max: usize) -> Option<String> {
    let url =
        Url::parse(&one_line(url)).ok().filter(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none())?;
    let mut address = String::with_capacity(url.as_str().len());
    for byte in url.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/?#@!$&+,;:=%".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    (address.len() <= length_max).then_some(address)
}

/// What a link to `address` shows: the address itself where the label claims to be one.
pub fn label(text: &str, address: &str) -> String {
    let text = one_line(text);
    if text.is_empty() || claims(&text) { address.to_owned() } else { text.into_owned() }
}

/// Whether `text` holds an address, and so could claim to lead elsewhere than its link does.
pub fn claims(text: &str) -> bool {
    text.contains("://") || text.contains("www.")
}

/// The address that a platform fetches `picture` from, where it has one of `length_max` bytes at most.
pub fn picture(picture: Option<&PostPicture>, length_max: usize) -> Option<&str> {
    match picture? {
        PostPicture::Address(address) if address.len() <= length_max => Some(address),
        PostPicture::Address(_) | PostPicture::File(_) | PostPicture::Pair { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_where_it_leads() {
        let app = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/11111111-2222-3333-4444-555555555555";
        assert_eq!((portal(app), address(app, 500).as_deref()), ("Microsoft Entra", Some(app)));
        assert_eq!(portal("https://security.microsoft.com/securescore?viewid=overview"), "Microsoft Defender");
    }
    #[test]
    fn a_link_leads_only_where_it_says() {
        assert_eq!(address("https://a.example/x?y=1&z=(2)", 99).as_deref(), Some("https://a.example/x?y=1&z=%282%29"));
        assert_eq!(
            address("https://a.example/ **b** >)\"'`|<!here>", 99).as_deref(),
            Some("https://a.example/%20%2A%2Ab%2A%2A%20%3E%29%22%27%60%7C%3C!here%3E")
        );
        for wrong in ["javascript:alert(1)", "http://a.example", "https://a@b.example", "https://a.example/long", "a", ""] {
            assert_eq!(address(wrong, 20), None, "{wrong}");
        }
        assert_eq!(label("Fix it", "https://a.example"), "Fix it");
        for claiming in ["see https://bank.example", "www.bank.example", "see www.bank.example", ""] {
            assert_eq!(label(claiming, "https://evil.example"), "https://evil.example", "{claiming}");
        }
    }
}
