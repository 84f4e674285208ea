//! How is a mail laid out? One sheet of at most 600 pixels, in tables because Outlook lays out nothing else, without anything from elsewhere.

use jiff::{Timestamp, civil::Date};

use super::{
    blocks::{Drawn, blocks},
    content::Footer,
    theme::{LIGHT, ink, label, style},
};
use crate::{
    card::{Block, Card},
    delivery::{Post, PostKind},
    surfaces::address,
    text::{cut, one_line},
};

/// A title, a foot.
const LINE: usize = 300;
/// An address.
const ADDRESS: usize = 2000;
/// What lists of mails show behind the subject.
const PREVIEW: usize = 140;
pub(super) const FONT: &str = "font-family:'Segoe UI',system-ui,-apple-system,Roboto,Helvetica,Arial,sans-serif";

/// The whole HTML.
pub(super) fn page(card: &Card, post: &Post, footer: &Footer<'_>) -> String {
    let title = escape(&cut(&card.title, LINE));
    let (word, tone) = label(&post.kind);
    let (label_ink, label_class) = ink(tone);
    let (words, quiet) = (LIGHT.words, LIGHT.quiet);
    let drawn = Drawn { picture: footer.picture, title: &card.title, link: card.link.as_deref() };
    let parts = [
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\
             <meta name=\"x-apple-disable-message-reformatting\">\
             <meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no,url=no\">\n\
             <title>{title}</title>\n<style>\n{}\n</style></head>\n",
            style()
        ),
        format!(
            "<body class=\"page\" style=\"margin:0;padding:0;background-color:{page}\">\n\
             <div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{preview}{blanks}</div>\n\
             <table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"{page}\">\
             <tr><td class=\"out\" align=\"center\" style=\"padding:24px 8px\">\n\
             <!--[if mso]><table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->\n\
             <table role=\"presentation\" class=\"sheet\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"{sheet}\" \
             style=\"max-width:600px;background-color:{sheet};border:1px solid {edge};border-radius:10px;border-collapse:separate\">\n\
             <tr><td class=\"in t\" align=\"left\" style=\"padding:26px 28px;{FONT};font-size:15px;line-height:22px;color:{words};word-break:break-word\">\n",
            page = LIGHT.page,
            sheet = LIGHT.sheet,
            edge = LIGHT.edge,
            preview = preview(card, matches!(post.kind, PostKind::Recovery(_)) && post.follows.is_some()),
            // Without these some lists go on with whatever stands first in the mail.
            blanks = "&#847;&zwnj;&nbsp;".repeat(40),
        ),
        format!(
            "<div style=\"font-size:12px;line-height:18px;letter-spacing:.4px\"><span class=\"q\" style=\"color:{quiet}\">scorewatch</span> \
             <span class=\"{label_class}\" style=\"color:{label_ink};font-weight:600\">&nbsp;{word}</span></div>\n\
             <h1 class=\"t\" style=\"margin:4px 0 12px;font-size:21px;line-height:28px;font-weight:600;color:{words}\">{title}</h1>\n"
        ),
        blocks(&card.blocks, &drawn),
        button(card.link.as_deref()),
        foot(card, post.made, footer),
        "</td></tr></table>\n<!--[if mso]></td></tr></table><![endif]-->\n</td></tr></table>\n</body></html>\n".to_owned(),
    ];
    parts.concat()
}

/// Text from anywhere, as text: one line, nothing hidden, nothing that HTML knows.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Words to be read: escaped, and no day broken at its hyphens.
pub(super) fn prose(text: &str) -> String {
    const DAY: usize = "2026-11-21".len();
    let escaped = escape(text);
    let (mut prose, mut rest) = (String::with_capacity(escaped.len()), escaped.as_str());
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        prose.push_str(before);
        if let Some((day, after)) = from.split_at_checked(DAY).filter(|(day, _)| day.parse::<Date>().is_ok()) {
            prose.extend(["<span class=\"d\">", day, "</span>"]);
            rest = after;
        } else {
            let (digits, after) = from.split_at(from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len()));
            prose.push_str(digits);
            rest = after;
        }
    }
    prose + rest
}

/// `url` as it is written where it is followed, if it is one that may be.
pub(super) fn web(url: &str) -> Option<String> {
    url.bytes().all(|byte| byte.is_ascii_graphic()).then(|| address::address(url, ADDRESS)).flatten()
}

/// `url` as an attribute has it, if it is one that may be followed.
pub(super) fn href(url: &str) -> Option<String> {
    let mail = url.starts_with("mailto:") && url.bytes().all(|byte| byte.is_ascii_graphic());
    if mail { Some(escape(url)) } else { web(url).map(|address| escape(&address)) }
}

/// The first words of the card, behind the subject in a list of mails. Where that is another mail's, the title is first.
fn preview(card: &Card, answers: bool) -> String {
    let mut words = if answers { format!("{}. ", card.title) } else { String::new() };
    for block in &card.blocks {
        match block {
            Block::Lead(lead) => lead.iter().for_each(|word| words.extend([word.text.trim(), " "])),
            Block::Note(note) => words.extend([note.trim(), " "]),
            Block::Facts(facts) => facts.iter().take(4).for_each(|fact| words.extend([&fact.label, " ", &*fact.value.line(), ", "])),
            Block::Bars(_) | Block::Trend(_) | Block::Table { .. } | Block::Text { .. } => {}
        }
    }
    escape(&cut(words.trim_end_matches([' ', ',']), PREVIEW))
}

fn button(link: Option<&str>) -> String {
    let Some((portal, link)) = link.and_then(|link| Some((address::portal(link), href(link)?))) else { return String::new() };
    let (ground, words) = (LIGHT.link, LIGHT.on_link);
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:22px 0 4px\"><tr>\
         <td class=\"fill\" bgcolor=\"{ground}\" style=\"background-color:{ground};border-radius:6px;padding:10px 18px\">\
         <a class=\"c\" href=\"{link}\" style=\"{FONT};font-size:14px;line-height:20px;font-weight:600;color:{words};text-decoration:none\">\
         Open in {portal}</a></td></tr></table>\n"
    )
}

/// What the mail rests on, why one gets it, and how to get no more.
fn foot(card: &Card, made: Timestamp, footer: &Footer<'_>) -> String {
    let (quiet, edge, link) = (LIGHT.quiet, LIGHT.edge, LIGHT.link);
    let rests = cut(&card.foot, LINE);
    let rests = if rests.trim().is_empty() { String::new() } else { format!("{}<br>", escape(&rests)) };
    let leave = href(footer.unsubscribe).map_or_else(String::new, |to| {
        format!(" <a class=\"a\" href=\"{to}\" style=\"color:{link};text-decoration:underline\">Get no more of them</a>.")
    });
    format!(
        "<div class=\"q line\" style=\"margin-top:24px;padding-top:14px;border-top:1px solid {edge};font-size:12px;line-height:18px;color:{quiet}\">\
         {rests}Written {made} by scorewatch for {domain}, which sends such mails to your address.{leave}</div>\n",
        made = made.strftime("%Y-%m-%d %H:%M UTC"),
        domain = escape(footer.domain),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_html() {
        assert_eq!(escape("<b onclick='x'>&amp;\u{202e}\u{200b}\"\r\n"), "&lt;b onclick=&#39;x&#39;&gt;&amp;amp;&quot;");
    }

    #[test]
    fn a_day_stays_in_one_piece() {
        assert_eq!(prose("12 <b> until 2026-09-07, 2026-13-01"), "12 &lt;b&gt; until <span class=\"d\">2026-09-07</span>, 2026-13-01");
        assert_eq!(prose("120260907x"), "120260907x");
    }

    #[test]
    fn only_the_web_and_mail_are_followed() {
        assert_eq!(href("https://example.com/?a=1&b=2").unwrap(), "https://example.com/?a=1&amp;b=2");
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
