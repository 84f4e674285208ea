//! How does each block look in a mail? Readable in every client, and on a phone.

use super::{
    content::PictureIds,
    html::{FONT, escape, prose, web},
    table::table,
    theme::{LIGHT, ink},
};
use crate::{
    card::{
        Bar, Block, Fact, Tone, Value, Word,
        draw::{caption, filled, rounded, sparkline},
    },
    surfaces::address,
    text::{Span, Spans, cut, one_line},
};

/// A label, a heading, a word of a lead, the first cell of a row.
pub(super) const NAME: usize = 160;
/// A value, a cell, a note.
pub(super) const VALUE: usize = 400;
/// The characters of a line of trend: what a phone shows in one line.
const TREND: usize = 34;

/// What is drawn in its own way, once.
pub(super) struct Drawn<'a> {
    /// The ids of the picture of the first trend, where there is one.
    pub picture: Option<PictureIds<'a>>,
    /// What the picture shows.
    pub title: &'a str,
    /// Where the button leads; a fact that says the same is left out.
    pub link: Option<&'a str>,
}

/// All blocks, in reading order.
pub(super) fn blocks(blocks: &[Block], drawn: &Drawn<'_>) -> String {
    let mut html = String::new();
    let (mut leads, mut picture) = (0, drawn.picture);
    for block in blocks {
        let piece = match block {
            Block::Lead(words) => {
                leads += 1;
                lead(words, leads == 1)
            }
            Block::Facts(facts) => labelled(facts.iter().filter(|fact| !fact.value.leads_to(drawn.link))),
            Block::Bars(bars) => bars.iter().map(bar).collect(),
            Block::Trend(days) if days.is_empty() => String::new(),
            Block::Trend(days) => match picture.take() {
                Some(cids) => pictured(cids, &format!("{}: {}", drawn.title, caption(days))),
                None => trend(&sparkline(days, TREND), &caption(days)),
            },
            Block::Table { columns, rows } => table(columns, rows),
            Block::Text { heading, spans } => text(heading, spans),
            Block::Note(note) => remark(note),
        };
        html.push_str(&piece);
    }
    html
}

/// `word` as it is meant.
pub(super) fn toned(word: &Word, graphemes_max: usize) -> String {
    said(&word.text, word.tone, graphemes_max)
}

/// `text` in this `tone`.
pub(super) fn said(text: &str, tone: Tone, graphemes_max: usize) -> String {
    let text = prose(&cut(text, graphemes_max));
    let (ink, class) = ink(tone);
    match tone {
        Tone::Plain => text,
        Tone::Strong => format!("<b>{text}</b>"),
        Tone::Quiet => format!("<span class=\"{class}\" style=\"color:{ink}\">{text}</span>"),
        Tone::Good | Tone::Bad | Tone::Warn => format!("<b class=\"{class}\" style=\"color:{ink}\">{text}</b>"),
    }
}

/// The one sentence: large where it opens the mail, a heading where it opens a part of it.
fn lead(words: &[Word], first: bool) -> String {
    let words: Vec<String> = words.iter().filter(|word| !word.text.trim().is_empty()).map(|word| toned(word, NAME)).collect();
    if words.is_empty() {
        return String::new();
    }
    let style =
        if first { "margin:0 0 16px;font-size:17px;line-height:25px" } else { "margin:20px 0 10px;font-size:16px;line-height:23px" };
    format!("<p style=\"{style}\">{}</p>\n", words.join("&ensp;"))
}

/// Labels to the left, values to the right.
fn labelled<'a>(facts: impl Iterator<Item = &'a Fact>) -> String {
    let (quiet, class) = ink(Tone::Quiet);
    let rows: Vec<String> = facts
        .map(|fact| {
            let label = escape(&cut(&fact.label, NAME));
            let value = match &fact.value {
                Value::Words(word) => toned(word, VALUE),
                Value::List(parts) => parts.iter().map(|part| prose(&cut(part, VALUE))).collect::<Vec<_>>().join("<br>"),
                Value::Link(url) => match web(url) {
                    Some(address) => anchor(&escape(&address), &escape(host(&address))),
                    None => prose(&cut(url, VALUE)),
                },
            };
            format!(
                "<tr><td class=\"{class}\" width=\"30%\" style=\"padding:3px 14px 3px 0;vertical-align:top;color:{quiet}\">{label}</td>\
                 <td class=\"t\" style=\"padding:3px 0;vertical-align:top;word-break:break-word\">{value}</td></tr>\n"
            )
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let rows = rows.concat();
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 16px;{FONT};font-size:14px;line-height:20px\">\n{rows}</table>\n"
    )
}

/// A link to words that are escaped already, as the address is.
pub(super) fn anchor(url: &str, words: &str) -> String {
    format!("<a class=\"a\" href=\"{url}\" style=\"color:{};text-decoration:none\">{words}</a>", LIGHT.link)
}

/// The host of an address: all that a person can check at a glance.
fn host(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn bar(bar: &Bar) -> String {
    let (quiet, track, colour) = (LIGHT.quiet, LIGHT.track, LIGHT.link);
    let share = bar.percent.map_or_else(|| "not known".to_owned(), rounded);
    let note = if bar.note.trim().is_empty() { String::new() } else { format!(" &middot; {}", prose(&cut(&bar.note, VALUE))) };
    let cell = |class: &str, ground: &dyn std::fmt::Display, width: usize| {
        format!(
            "<td class=\"{class}\" width=\"{width}%\" bgcolor=\"{ground}\" style=\"background-color:{ground};height:8px;font-size:0;line-height:8px\">&nbsp;</td>"
        )
    };
    let done = filled(bar.percent.unwrap_or(0.0), 100);
    let parts = [(done > 0).then(|| cell("fill", &colour, done)), (done < 100).then(|| cell("track", &track, 100 - done))];
    let parts: String = parts.into_iter().flatten().collect();
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 4px;{FONT};font-size:14px;line-height:20px\">\
         <tr><td class=\"t\" style=\"padding:0 14px 0 0;vertical-align:top;word-break:normal\">{}</td><td class=\"q\" align=\"right\" style=\"color:{quiet};vertical-align:top\">{share}{note}</td></tr></table>\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 12px\"><tr>{parts}</tr></table>\n",
        escape(&cut(&bar.label, NAME))
    )
}

/// The picture, which has its own ground, and words for those who do not see it. The one for a dark ground stays hidden but where a program knows that its
/// reader wants one; Outlook, which knows no style that hides, must not see it at all.
fn pictured(cids: PictureIds<'_>, words: &str) -> String {
    let (light, dark, words) = (escape(cids.light), escape(cids.dark), escape(&cut(words, VALUE)));
    let image = |cid: &str| {
        format!(
            "<img src=\"cid:{cid}\" width=\"544\" alt=\"{words}\" style=\"display:block;width:100%;max-width:544px;height:auto;border:0;border-radius:6px\">"
        )
    };
    format!(
        "<div class=\"pl\" style=\"margin:0 0 16px\">{}</div>\n\
         <!--[if !mso]><!--><div class=\"pd\" style=\"display:none;max-height:0;overflow:hidden;margin:0 0 16px\">{}</div><!--<![endif]-->\n",
        image(&light),
        image(&dark)
    )
}

fn trend(drawn: &str, caption: &str) -> String {
    let (fill, quiet) = (LIGHT.link, LIGHT.quiet);
    // Blanks are days that are not held, and must stay as wide as the others.
    let drawn = escape_keeping_blanks(drawn);
    format!(
        "<p style=\"margin:0 0 16px\"><span class=\"a\" style=\"font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:15px;line-height:20px;color:{fill}\">{drawn}</span><br>\
         <span class=\"q\" style=\"font-size:13px;color:{quiet}\">{}</span></p>\n",
        escape(caption)
    )
}

fn escape_keeping_blanks(text: &str) -> String {
    text.split(' ').map(escape).collect::<Vec<_>>().join("&nbsp;")
}

fn remark(note: &str) -> String {
    if one_line(note).is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"mark t\" style=\"margin:0 0 10px;padding:1px 0 1px 12px;border-left:3px solid {};font-size:14px;line-height:20px\">{}</div>\n",
        LIGHT.warn,
        prose(&cut(note, VALUE))
    )
}

/// A heading, then paragraphs and lists.
fn text(heading: &str, spans: &Spans) -> String {
    let mut html = String::new();
    if !heading.trim().is_empty() {
        // Without a text of its own it opens a part of the mail.
        let part = if spans.is_empty() { format!("border-top:1px solid {};padding-top:18px;", LIGHT.edge) } else { String::new() };
        html = format!(
            "<h2 class=\"t line\" style=\"{part}margin:22px 0 6px;font-size:15px;line-height:22px;font-weight:600;color:{}\">{}</h2>\n",
            LIGHT.words,
            escape(&cut(heading, NAME))
        );
    }
    let mut listed = false;
    for (item, words) in paragraphs(spans) {
        if item != listed {
            html.push_str(if item {
                "<ul style=\"margin:0 0 10px;padding:0 0 0 20px;font-size:14px;line-height:21px\">\n"
            } else {
                "</ul>\n"
            });
            listed = item;
        }
        let (begin, end) = if item {
            ("<li style=\"margin:0 0 4px\">", "</li>\n")
        } else {
            ("<p style=\"margin:0 0 10px;font-size:14px;line-height:21px\">", "</p>\n")
        };
        html.extend([begin, &words, end]);
    }
    if listed {
        html.push_str("</ul>\n");
    }
    html
}

/// The lines of a text, each with whether it is an item of a list.
fn paragraphs(spans: &Spans) -> Vec<(bool, String)> {
    let mut lines = vec![(false, String::new())];
    for span in &spans.0 {
        let words = match span {
            Span::Text(text) => spaced(text, prose),
            Span::Strong(text) => spaced(text, |text| format!("<b>{}</b>", prose(text))),
            Span::Link { text, url } => match web(url) {
                Some(address) => spaced(text, |text| anchor(&escape(&address), &escape(&address::label(text, &address)))),
                None => spaced(text, prose),
            },
            Span::Break | Span::Item => {
                lines.push((matches!(span, Span::Item), String::new()));
                continue;
            }
        };
        if let Some((_, line)) = lines.last_mut() {
            line.push_str(&words);
        }
    }
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// What `write` makes of the words, with a blank where there was one beside them.
fn spaced(text: &str, write: impl Fn(&str) -> String) -> String {
    let blank = |is: bool| if is { " " } else { "" };
    let words = text.trim();
    if words.is_empty() {
        return blank(!text.is_empty()).to_owned();
    }
    format!("{}{}{}", blank(text.starts_with(char::is_whitespace)), write(words), blank(text.ends_with(char::is_whitespace)))
}
