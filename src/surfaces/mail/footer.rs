//! What stands under every mail? What it rests on, why one gets it, and how to get no more.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    theme::LIGHT,
    words::{LINE_MAX, href, short},
};
use crate::text::minute;

/// Who sends mails, and how a reader gets no more.
#[derive(Debug, Clone, Copy)]
pub struct Footer<'a> {
    /// The domain that they are from.
    pub domain: &'a str,
    /// What a reader follows to get no more.
    pub unsubscribe: &'a str,
}

impl Footer<'_> {
    /// For most; `rests` is what the card rests on.
    pub(super) fn html(&self, rests: &str, created: Timestamp) -> Markup {
        let (quiet, edge, link) = (LIGHT.quiet, LIGHT.edge, LIGHT.link);
        let rests = short(rests, LINE_MAX);
        let style = format!("margin-top:24px;padding-top:14px;border-top:1px solid {edge};font-size:12px;line-height:18px;color:{quiet}");
        html! {
            div class="q line" style=(style) {
                @if !rests.is_empty() { (rests) br; }
                (self.written(created))
                @if let Some(to) = href(self.unsubscribe) {
                    " " a.a href=(to) style={ "color:" (link) ";text-decoration:underline" } { "Unsubscribe" } "."
                }
            } "\n"
        }
    }

    /// Why one gets it.
    pub(super) fn written(&self, created: Timestamp) -> String {
        format!("Created {} by scorewatch for {}, which sends these mails to your address.", minute(created), self.domain)
    }
}
