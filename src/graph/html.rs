//! What does a text of Graph's say once its HTML is gone? Clean, typed spans of bounded size.
//!
//! Descriptions, remediation and even statuses hold HTML written by strangers. It is tokenised as
//! browsers do and only structure that renderers know survives; no tag, attribute or script does.

use std::borrow::Cow;

use html5gum::{DefaultEmitter, EndTag, StartTag, Token, Tokenizer};

use crate::text::{Span, Spans, clean};

/// How many bytes of words a text may have; Microsoft's longest known is about 2,100 characters.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// How long a link may be; Microsoft's longest known is 281 bytes.
const LINK_BYTES_MAX: usize = 2048;
/// Elements whose content is for machines.
const UNSHOWN: [&[u8]; 6] = [b"script", b"style", b"template", b"iframe", b"noembed", b"noframes"];
/// Elements that stand on lines of their own.
const BLOCKS: [&[u8]; 16] =
    [b"br", b"p", b"div", b"ul", b"ol", b"tr", b"h1", b"h2", b"h3", b"h4", b"h5", b"h6", b"table", b"blockquote", b"pre", b"hr"];

/// The spans of `html`, which may also be plain text.
pub(super) fn spans(html: &str) -> Spans {
    if is_plain_line(html) {
        return Spans(vec![Span::Text(html.to_owned())]);
    }
    let mut writer = Writer::default();
    if !html.contains(['<', '&']) {
        writer.words(html);
        return writer.finish();
    }
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => writer.opens(&tag),
            Token::EndTag(tag) => writer.closes(&tag),
            Token::String(text) if writer.unshown.is_none() => writer.words(&String::from_utf8_lossy(&text)),
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
        if writer.full {
            break;
        }
    }
    writer.finish()
}

/// Whether `html` is one line of printable ASCII without markup, as most statuses are: it needs no work.
fn is_plain_line(html: &str) -> bool {
    let bytes = html.as_bytes();
    let printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'&'));
    let spaced = bytes.windows(2).any(|pair| pair == b"  ") || bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ');
    printable && !spaced && (1..TEXT_BYTES_MAX).contains(&bytes.len())
}

/// `url` in its normal form if it is https, names a host and carries no password; nothing else is a link.
pub(super) fn https_link(url: &str) -> Option<String> {
    let url = url.trim();
    if url.len() > LINK_BYTES_MAX {
        return None;
    }
    let url = reqwest::Url::parse(url).ok()?;
    let safe = url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none();
    (safe && url.as_str().len() <= LINK_BYTES_MAX).then(|| url.into())
}

/// What the words that come next belong to.
#[derive(Default)]
struct Writer {
    spans: Vec<Span>,
    /// A break or an item that is written as soon as words follow it.
    mark: Option<Span>,
    /// White space was met and is written as soon as words follow it.
    space: bool,
    strong: u32,
    link: Option<String>,
    /// The element whose content is being dropped.
    unshown: Option<Vec<u8>>,
    bytes: usize,
    full: bool,
}

impl Writer {
    fn opens(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        if self.unshown.is_some() {
            return;
        }
        match name {
            b"strong" | b"b" | b"em" => self.strong = self.strong.saturating_add(1),
            b"a" => {
                let href = tag.attributes.get(&b"href"[..]).map(|href| String::from_utf8_lossy(href).into_owned());
                self.link = href.and_then(|href| https_link(&href));
            }
            b"li" => {
                self.strong = 0;
                self.mark(Span::Item);
            }
            b"td" | b"th" => self.space = true,
            _ if BLOCKS.contains(&name) => self.mark(Span::Break),
            _ if UNSHOWN.contains(&name) => self.unshown = Some(name.to_vec()),
            _ => {}
        }
    }

    fn closes(&mut self, tag: &EndTag<()>) {
        let name: &[u8] = &tag.name;
        if let Some(unshown) = &self.unshown {
            if unshown == name {
                self.unshown = None;
            }
            return;
        }
        match name {
            b"strong" | b"b" | b"em" => self.strong = self.strong.saturating_sub(1),
            b"a" => self.link = None,
            b"li" => {
                self.strong = 0;
                self.mark(Span::Break);
            }
            _ if BLOCKS.contains(&name) => self.mark(Span::Break),
            _ => {}
        }
    }

    /// Ends the line. An item outweighs a break, so that neither stands beside the other.
    fn mark(&mut self, mark: Span) {
        if self.mark != Some(Span::Item) {
            self.mark = Some(mark);
        }
        self.space = false;
    }

    fn words(&mut self, text: &str) {
        // Printable ASCII has nothing to clean, and is most of what Microsoft writes.
        let cleaned = if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) { Cow::Borrowed(text) } else { clean(text) };
        let mut rest: &str = &cleaned;
        while let Some(first) = rest.chars().next() {
            if first.is_whitespace() {
                self.space = true;
                rest = rest.trim_start();
                continue;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.word(&rest[..end]);
            if self.full {
                return;
            }
            rest = &rest[end..];
        }
    }

    fn word(&mut self, word: &str) {
        match self.mark.take() {
            // The first line needs no break before it.
            Some(Span::Break) if self.spans.is_empty() => {}
            Some(mark) => self.spans.push(mark),
            None => {}
        }
        let line_begins = matches!(self.spans.last(), None | Some(Span::Break | Span::Item));
        if std::mem::take(&mut self.space) && !line_begins {
            self.space_before();
        }
        let room = TEXT_BYTES_MAX.saturating_sub(self.bytes);
        self.bytes += word.len() + 1;
        self.push(&word[..word.floor_char_boundary(room)]);
        if self.bytes >= TEXT_BYTES_MAX {
            self.push("…");
            self.full = true;
        }
    }

    /// A space between two words goes into the span that both share, else into plain text: a stressed
    /// word or a link that begins or ends with a space breaks the markup of some platforms.
    fn space_before(&mut self) {
        let shared = match self.spans.last_mut() {
            Some(Span::Text(text)) => Some(text),
            Some(Span::Strong(text)) if self.strong > 0 && self.link.is_none() => Some(text),
            Some(Span::Link { text, url }) if self.link.as_ref() == Some(url) => Some(text),
            _ => None,
        };
        match shared {
            Some(text) => text.push(' '),
            None => self.spans.push(Span::Text(" ".to_owned())),
        }
    }

    fn push(&mut self, words: &str) {
        match (self.spans.last_mut(), &self.link, self.strong > 0) {
            (Some(Span::Link { text, url }), Some(link), _) if url == link => text.push_str(words),
            (_, Some(link), _) => {
                self.bytes += link.len();
                self.spans.push(Span::Link { text: words.to_owned(), url: link.clone() });
            }
            (Some(Span::Strong(text)), None, true) | (Some(Span::Text(text)), None, false) => text.push_str(words),
            (_, None, true) => self.spans.push(Span::Strong(words.to_owned())),
            (_, None, false) => self.spans.push(Span::Text(words.to_owned())),
        }
    }

    fn finish(self) -> Spans {
        Spans(self.spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Span {
        Span::Text(words.to_owned())
    }

    #[test]
    fn structure_stays_and_tags_go() {
        let html = "<p>Open&nbsp;the <b>portal</b>.</p>\n<ol> <li>One <em>two</em> </li><li></li> <li>Go <a href=\"https://a.example/x?y=1&amp;z\" target=_blank>there</a></li></ol><br/>";
        assert_eq!(
            spans(html).0,
            [
                text("Open the "),
                Span::Strong("portal".to_owned()),
                text("."),
                Span::Item,
                text("One "),
                Span::Strong("two".to_owned()),
                Span::Item,
                text("Go "),
                Span::Link { text: "there".to_owned(), url: "https://a.example/x?y=1&z".to_owned() },
            ]
        );
    }

    #[test]
    fn only_https_is_a_link() {
        for url in ["javascript:alert(1)", "http://a.example", "https://user:pw@a.example", "/relative", "data:text/html,x", "https://"] {
            assert_eq!(spans(&format!("<a href='{url}'>here</a>")).0, [text("here")], "{url}");
        }
    }

    #[test]
    fn what_is_for_machines_or_hidden_goes() {
        assert_eq!(spans("a<script>alert('<b>')</script><style>p{}</style><!-- c -->\u{200B}\u{202E}b").0, [text("ab")]);
        assert_eq!(spans("x &lt;b&gt; &amp;lt; y").0, [text("x <b> &lt; y")]);
        assert_eq!(spans("1 < 2 & so\n on").0, [text("1 < 2 & so on")]);
        assert!(spans(" <p> &nbsp; </p><br><li>").is_empty());
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let long = spans(&"<b><i>word é</i> <a href='https://a.example'>x</a>".repeat(20_000));
        let bytes: usize = long.line().len();
        // Addresses count too: a text may not hide megabytes in its links.
        assert!((TEXT_BYTES_MAX / 4..TEXT_BYTES_MAX).contains(&bytes), "{bytes}");
        assert!(long.line().ends_with('…'));
        assert!(spans(&"é".repeat(100_000)).line().len() < TEXT_BYTES_MAX + 8);
        assert!(spans(&"<div><li>".repeat(100_000)).is_empty());
    }
}
