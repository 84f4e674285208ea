//! How do words from anywhere stand in a mail? On one line and no longer than they may be, as text: `maud` escapes what HTML knows.

use jiff::civil::Date;
use maud::{Markup, html};

use super::theme::{LIGHT, ink};
use crate::{
    card::Tone,
    surfaces::address,
    text::{cut, one_line},
};

/// A label, a heading, a word of a lead, the first cell of a row.
pub(super) const NAME_MAX: usize = 160;
/// A value, a cell, a note.
pub(super) const VALUE_MAX: usize = 400;
/// A title, a foot.
pub(super) const LINE_MAX: usize = 300;
/// An address.
const ADDRESS_MAX: usize = 2000;

/// `text` on one line, nothing hidden.
pub(super) fn short(text: &str, graphemes_max: usize) -> String {
    one_line(&cut(text, graphemes_max)).into_owned()
}

/// Words to be read: no day is broken at its hyphens.
pub(super) fn prose(text: &str, graphemes_max: usize) -> Markup {
    let text = short(text, graphemes_max);
    html! {
        @for (piece, is_day) in pieces(&text) {
            @if is_day { span.d { (piece) } } @else { (piece) }
        }
    }
}

/// `text` in pieces, each with whether it is a day.
fn pieces(text: &str) -> Vec<(&str, bool)> {
    const DAY: usize = "2026-11-21".len();
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let day = from.split_at_checked(DAY).filter(|(day, _)| day.parse::<Date>().is_ok());
        let (piece, after) = day.unwrap_or_else(|| from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len())));
        pieces.extend([(before, false), (piece, day.is_some())]);
        rest = after;
    }
    pieces.push((rest, false));
    pieces
}

/// `text` in this `tone`.
pub(super) fn toned(text: &str, tone: Tone, graphemes_max: usize) -> Markup {
    let text = prose(text, graphemes_max);
    let (ink, class) = ink(tone);
    match tone {
        Tone::Plain => text,
        Tone::Strong => html! { b { (text) } },
        Tone::Quiet => html! { span class=(class) style={ "color:" (ink) } { (text) } },
        Tone::Good | Tone::Bad | Tone::Warn => html! { b class=(class) style={ "color:" (ink) } { (text) } },
    }
}

/// A link to `url`, which [`web`] or [`href`] allowed.
pub(super) fn anchor(url: &str, words: &str) -> Markup {
    html! { a.a href=(url) style={ "color:" (LIGHT.link) ";text-decoration:none" } { (words) } }
}

/// `url` as it is written where it is followed, if it is one that may be.
pub(super) fn web(url: &str) -> Option<String> {
    url.bytes().all(|byte| byte.is_ascii_graphic()).then(|| address::address(url, ADDRESS_MAX)).flatten()
}

/// The same, and addresses of mail.
pub(super) fn href(url: &str) -> Option<String> {
    let mail = url.starts_with("mailto:") && url.bytes().all(|byte| byte.is_ascii_graphic());
    if mail { Some(url.to_owned()) } else { web(url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_html_and_a_day_stays_in_one_piece() {
        let prose = |text| prose(text, VALUE_MAX).into_string();
        assert_eq!(prose("<b onclick=\"x\">&amp;\u{202e}\u{200b}\r\n"), "&lt;b onclick=&quot;x&quot;&gt;&amp;amp;");
        assert_eq!(prose("12 <b> until 2026-09-07, 2026-13-01"), "12 &lt;b&gt; until <span class=\"d\">2026-09-07</span>, 2026-13-01");
        assert_eq!(prose("120260907x"), "120260907x");
    }

    #[test]
    fn only_the_web_and_mail_are_followed() {
        assert_eq!(href("https://example.com/?a=1&b=2").unwrap(), "https://example.com/?a=1&b=2");
        for no in [
            "javascript:alert(1)",
            "http://example.com",
            "https://example.com/ x",
            "https://exa\u{202e}mple.com",
            "https://bank.example@evil.example",
            "data:text/html,x",
            "",
        ] {
            assert_eq!(href(no), None, "{no}");
        }
    }
}
