//! How is a mail laid out? One sheet of at most 600 pixels, in tables because Outlook lays out nothing else, without anything from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    blocks::{Drawn, PictureIds, blocks},
    footer::Footer,
    theme::{FONT, LIGHT, ink, label, style},
    words::{LINE_MAX, href, short},
};
use crate::{
    card::{Block, Card},
    delivery::{Post, PostKind},
    surfaces::{address, cell_text},
};

/// What lists of mails show behind the subject.
const PREVIEW_MAX: usize = 140;
/// Behind the preview: without it some lists go on with whatever stands first in the mail.
const BLANK: PreEscaped<&str> = PreEscaped("&#847;&zwnj;&nbsp;");
const BLANKS: usize = 40;
/// Outlook knows no width of at most so much, so it gets a table around the sheet.
const OUTLOOK: [PreEscaped<&str>; 2] = [
    PreEscaped("<!--[if mso]><table role=\"presentation\" width=\"600\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->\n"),
    PreEscaped("\n<!--[if mso]></td></tr></table><![endif]-->\n"),
];

/// The whole HTML.
pub(super) fn page(card: &Card, post: &Post, footer: &Footer<'_>, picture: Option<PictureIds<'_>>) -> String {
    let title = short(&card.title, LINE_MAX);
    let page = html! {
        (DOCTYPE) "\n"
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="x-apple-disable-message-reformatting";
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                "\n" title { (title) } "\n"
                style { "\n" (PreEscaped(style())) "\n" }
            } "\n"
            body.page style={ "margin:0;padding:0;background-color:" (LIGHT.page) } { "\n"
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" {
                    (preview(card, matches!(post.kind, PostKind::Recovery(_)) && post.follows.is_some()))
                    @for _ in 0..BLANKS { (BLANK) }
                } "\n"
                table.page role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor=(LIGHT.page) {
                    tr { td.out align="center" style="padding:24px 8px" { "\n" (OUTLOOK[0]) (sheet(&title, card, post, footer, picture)) (OUTLOOK[1]) } }
                } "\n"
            }
        } "\n"
    };
    page.into_string()
}

/// What all words stand on.
fn sheet(title: &str, card: &Card, post: &Post, footer: &Footer<'_>, picture: Option<PictureIds<'_>>) -> Markup {
    let (word, tone) = label(&post.kind);
    let (label_ink, label_class) = ink(tone);
    let drawn = Drawn { picture, title: &card.title, link: card.link.as_deref() };
    let frame = format!(
        "max-width:600px;background-color:{};border:1px solid {};border-radius:10px;border-collapse:separate",
        LIGHT.sheet, LIGHT.edge
    );
    let inner = format!("padding:26px 28px;{FONT};font-size:15px;line-height:22px;color:{};word-break:break-word", LIGHT.words);
    html! {
        table.sheet role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor=(LIGHT.sheet) style=(frame) { "\n"
            tr {
                td class="in t" align="left" style=(inner) { "\n"
                    div style="font-size:12px;line-height:18px;letter-spacing:.4px" {
                        span.q style={ "color:" (LIGHT.quiet) } { "scorewatch" }
                        " "
                        span class=(label_class) style={ "color:" (label_ink) ";font-weight:600" } { (PreEscaped("&nbsp;")) (word) }
                    } "\n"
                    h1.t style={ "margin:4px 0 12px;font-size:21px;line-height:28px;font-weight:600;color:" (LIGHT.words) } { (title) }
                    "\n"
                    (blocks(&card.blocks, &drawn))
                    (button(card.link.as_deref()))
                    (footer.html(&card.foot, post.created))
                }
            }
        }
    }
}

/// The first words of the card, behind the subject in a list of mails. Where that is another mail's, the title is first.
fn preview(card: &Card, answers: bool) -> String {
    let mut words = if answers { format!("{}. ", card.title) } else { String::new() };
    for block in &card.blocks {
        match block {
            Block::Lead(lead) => words.extend([&*lead.iter().map(|word| word.text.trim()).collect::<Vec<_>>().join(cell_text::APART), " "]),
            Block::Note(note) => words.extend([note.trim(), " "]),
            Block::Facts(facts) => facts.iter().take(4).for_each(|fact| words.extend([&fact.label, " ", &*fact.value.line(), ", "])),
            Block::Bars(_) | Block::Trend(_) | Block::Table { .. } | Block::Text { .. } => {}
        }
    }
    short(words.trim_end_matches([' ', ',']), PREVIEW_MAX)
}

fn button(link: Option<&str>) -> Markup {
    let Some((portal, link)) = link.and_then(|link| Some((address::portal(link), href(link)?))) else { return Markup::default() };
    let (ground, words) = (LIGHT.link, LIGHT.on_link);
    let style = format!("{FONT};font-size:14px;line-height:20px;font-weight:600;color:{words};text-decoration:none");
    html! {
        table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:22px 0 4px" {
            tr {
                td.fill bgcolor=(ground) style={ "background-color:" (ground) ";border-radius:6px;padding:10px 18px" } {
                    a.c href=(link) style=(style) { "Open in " (portal) }
                }
            }
        } "\n"
    }
}
