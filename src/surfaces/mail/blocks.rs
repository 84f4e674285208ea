//! How does each block look in a mail? Readable in every client, and on a phone.

use maud::{Markup, PreEscaped, html};

use super::{
    table::table,
    theme::{FONT, Ink, LIGHT},
    words::{NAME_MAX, VALUE_MAX, anchor, prose, short, toned, web},
};
use crate::{
    card::{
        Bar, Block, Fact, Value, Word,
        draw::{caption, filled, rounded, sparkline},
    },
    surfaces::{address, cell_text},
    text::{Span, Spans, one_line},
};

/// The characters of a line of trend: what a phone shows in one line.
const TREND: usize = 34;
/// What Outlook, which knows no style that hides, must not see at all.
const BUT_OUTLOOK: [PreEscaped<&str>; 2] = [PreEscaped("<!--[if !mso]><!-->"), PreEscaped("<!--<![endif]-->")];

/// What the two forms of a picture are called inside a mail.
#[derive(Debug, Clone, Copy)]
pub struct PictureIds<'a> {
    /// Dark on light, which every program shows.
    pub light: &'a str,
    /// Light on dark, for programs that know what their reader prefers.
    pub dark: &'a str,
}

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
pub(super) fn blocks(blocks: &[Block], drawn: &Drawn<'_>) -> Markup {
    let first_lead = blocks.iter().position(|block| matches!(block, Block::Lead(_)));
    let first_trend = blocks.iter().position(|block| matches!(block, Block::Trend(days) if !days.is_empty()));
    let block = |(at, block): (usize, &Block)| match block {
        Block::Lead(words) => lead(words, Some(at) == first_lead),
        Block::Facts(facts) => labelled(facts.iter().filter(|fact| !fact.value.leads_to(drawn.link))),
        Block::Bars(bars) => html! { @for one in bars { (bar(one)) } },
        Block::Trend(days) if days.is_empty() => Markup::default(),
        Block::Trend(days) => match drawn.picture.filter(|_| Some(at) == first_trend) {
            Some(ids) => pictured(ids, &format!("{}: {}", drawn.title, caption(days))),
            None => trend(&sparkline(days, TREND), &caption(days)),
        },
        Block::Table { columns, rows } => table(columns, rows),
        Block::Text { heading, spans } => text(heading, spans),
        Block::Note(note) => remark(note),
    };
    html! { @for one in blocks.iter().enumerate() { (block(one)) } }
}

/// A table that only lays out its rows.
fn layout(style: &str, rows: &Markup) -> Markup {
    html! { table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(style) { (rows) } }
}

/// The one sentence: large where it opens the mail, a heading where it opens a part of it.
fn lead(words: &[Word], first: bool) -> Markup {
    let words: Vec<&Word> = words.iter().filter(|word| !word.text.trim().is_empty()).collect();
    let style =
        if first { "margin:0 0 16px;font-size:17px;line-height:25px" } else { "margin:20px 0 10px;font-size:16px;line-height:23px" };
    html! {
        @if !words.is_empty() {
            p style=(style) {
                @for (at, word) in words.iter().enumerate() {
                    @if at > 0 { (cell_text::APART) }
                    (toned(&word.text, word.tone, NAME_MAX))
                }
            } "\n"
        }
    }
}

/// Labels to the left, values to the right.
fn labelled<'a>(facts: impl Iterator<Item = &'a Fact>) -> Markup {
    let label = format!("padding:3px 14px 3px 0;vertical-align:top;color:{}", LIGHT.quiet);
    let rows = html! {
        @for fact in facts {
            tr {
                td.q width="30%" style=(label) { (short(&fact.label, NAME_MAX)) }
                td.t style="padding:3px 0;vertical-align:top;word-break:break-word" { (value(&fact.value)) }
            } "\n"
        }
    };
    html! {
        @if !rows.0.is_empty() {
            (layout(&format!("margin:0 0 16px;{FONT};font-size:14px;line-height:20px"), &rows)) "\n"
        }
    }
}

fn value(value: &Value) -> Markup {
    match value {
        Value::Words(word) => toned(&word.text, word.tone, VALUE_MAX),
        Value::List(parts) => html! {
            @for (at, part) in parts.iter().enumerate() {
                @if at > 0 { br; }
                (prose(part, VALUE_MAX))
            }
        },
        Value::Link(url) => web(url).map_or_else(|| prose(url, VALUE_MAX), |address| anchor(&address, host(&address))),
    }
}

/// The host of an address: all that a person can check at a glance.
fn host(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

fn bar(bar: &Bar) -> Markup {
    let done = filled(bar.percent.unwrap_or(0.0), 100);
    let part = |class: &str, ground: Ink, width: usize| {
        let style = format!("background-color:{ground};height:8px;font-size:0;line-height:8px");
        html! { @if width > 0 { td class=(class) width={ (width) "%" } bgcolor=(ground) style=(style) { (PreEscaped("&nbsp;")) } } }
    };
    let words = html! {
        tr {
            td.t style="padding:0 14px 0 0;vertical-align:top;word-break:normal" { (short(&bar.label, NAME_MAX)) }
            td.q align="right" style={ "color:" (LIGHT.quiet) ";vertical-align:top" } {
                (bar.percent.map_or_else(|| "not known".to_owned(), rounded))
                @if !bar.note.trim().is_empty() { (PreEscaped(" &middot; ")) (prose(&bar.note, VALUE_MAX)) }
            }
        }
    };
    let drawn = html! { tr { (part("fill", LIGHT.link, done)) (part("track", LIGHT.track, 100 - done)) } };
    html! {
        (layout(&format!("margin:0 0 4px;{FONT};font-size:14px;line-height:20px"), &words))
        (layout("margin:0 0 12px", &drawn)) "\n"
    }
}

/// The picture, which has its own ground, and words for those who do not see it. The one for a dark ground stays hidden but where a program knows that its
/// reader wants one.
fn pictured(ids: PictureIds<'_>, words: &str) -> Markup {
    let words = short(words, VALUE_MAX);
    let style = "display:block;width:100%;max-width:544px;height:auto;border:0;border-radius:6px";
    let image = |id: &str| html! { img src={ "cid:" (id) } width="544" alt=(words) style=(style); };
    html! {
        div.pl style="margin:0 0 16px" { (image(ids.light)) } "\n"
        (BUT_OUTLOOK[0])
        div.pd style="display:none;max-height:0;overflow:hidden;margin:0 0 16px" { (image(ids.dark)) }
        (BUT_OUTLOOK[1]) "\n"
    }
}

fn trend(drawn: &str, caption: &str) -> Markup {
    let mono = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace";
    html! {
        p style="margin:0 0 16px" {
            span.a style={ (mono) ";font-size:15px;line-height:20px;color:" (LIGHT.link) } {
                // Blanks are days that are not held, and must stay as wide as the others.
                @for (at, days) in drawn.split(' ').enumerate() {
                    @if at > 0 { (PreEscaped("&nbsp;")) }
                    (days)
                }
            }
            br;
            span.q style={ "font-size:13px;color:" (LIGHT.quiet) } { (one_line(caption)) }
        } "\n"
    }
}

fn remark(note: &str) -> Markup {
    let style = format!("margin:0 0 10px;padding:1px 0 1px 12px;border-left:3px solid {};font-size:14px;line-height:20px", LIGHT.warn);
    html! {
        @if !one_line(note).is_empty() {
            div class="mark t" style=(style) { (prose(note, VALUE_MAX)) } "\n"
        }
    }
}

/// A heading, then paragraphs and lists.
fn text(heading: &str, spans: &Spans) -> Markup {
    // Without a text of its own it opens a part of the mail.
    let part = if spans.is_empty() { format!("border-top:1px solid {};padding-top:18px;", LIGHT.edge) } else { String::new() };
    let style = format!("{part}margin:22px 0 6px;font-size:15px;line-height:22px;font-weight:600;color:{}", LIGHT.words);
    html! {
        @if !heading.trim().is_empty() {
            h2 class="t line" style=(style) { (short(heading, NAME_MAX)) } "\n"
        }
        @for alike in paragraphs(spans).chunk_by(|(a, _), (b, _)| a == b) {
            @if alike.iter().any(|(is_item, _)| *is_item) {
                ul style="margin:0 0 10px;padding:0 0 0 20px;font-size:14px;line-height:21px" { "\n"
                    @for (_, line) in alike { li style="margin:0 0 4px" { (inline(line)) } "\n" }
                } "\n"
            } @else {
                @for (_, line) in alike { p style="margin:0 0 10px;font-size:14px;line-height:21px" { (inline(line)) } "\n" }
            }
        }
    }
}

/// The lines of a text that say anything, each with whether it is an item of a list.
fn paragraphs(spans: &Spans) -> Vec<(bool, Vec<&Span>)> {
    let (mut lines, mut words) = (vec![(false, Vec::new())], vec![false]);
    for span in &spans.0 {
        let text = match span {
            Span::Text(text) | Span::Strong(text) | Span::Link { text, .. } => text,
            Span::Break | Span::Item => {
                lines.push((matches!(span, Span::Item), Vec::new()));
                words.push(false);
                continue;
            }
        };
        if let (Some((_, line)), Some(any)) = (lines.last_mut(), words.last_mut()) {
            line.push(span);
            *any |= !text.trim().is_empty();
        }
    }
    lines.into_iter().zip(words).filter(|(_, any)| *any).map(|(line, _)| line).collect()
}

fn inline(line: &[&Span]) -> Markup {
    html! {
        @for span in line {
            @match span {
                Span::Text(text) => (spaced(text, |text| prose(text, usize::MAX))),
                Span::Strong(text) => (spaced(text, |text| html! { b { (prose(text, usize::MAX)) } })),
                Span::Link { text, url } => (spaced(text, |text| match web(url) {
                    Some(address) => anchor(&address, &address::label(text, &address)),
                    None => prose(text, usize::MAX),
                })),
                Span::Break | Span::Item => {}
            }
        }
    }
}

/// What `write` makes of the words, with a blank where there was one beside them.
fn spaced(text: &str, write: impl Fn(&str) -> Markup) -> Markup {
    let words = text.trim();
    html! {
        @if text.starts_with(char::is_whitespace) { " " }
        @if !words.is_empty() {
            (write(words))
            @if text.ends_with(char::is_whitespace) { " " }
        }
    }
}
