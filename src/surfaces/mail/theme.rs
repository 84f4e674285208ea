//! Which colours does a mail have? Dark words on light, the other way round where a reader wants it so; each can be read on its ground.
//!
//! Inline styles make the light look, which every client shows. The dark one is a `<style>` of classes, for clients that know
//! `prefers-color-scheme`; others that darken mails do so by themselves.

use std::fmt::{self, Write as _};

use crate::{card::Tone, delivery::PostKind};

/// What words are set in.
pub(super) const FONT: &str = "font-family:'Segoe UI',system-ui,-apple-system,Roboto,Helvetica,Arial,sans-serif";

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink(u32);

impl fmt::Display for Ink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// The colours of a look.
pub(super) struct Palette {
    /// Around the sheet.
    pub page: Ink,
    /// What all words stand on.
    pub sheet: Ink,
    /// Lines between rows, and around the sheet.
    pub edge: Ink,
    /// What is to be read.
    pub words: Ink,
    /// What explains it.
    pub quiet: Ink,
    /// It got better.
    pub good: Ink,
    /// It got worse.
    pub bad: Ink,
    /// It wants somebody's attention.
    pub warn: Ink,
    /// What can be followed, and the full part of a bar.
    pub link: Ink,
    /// Words on `link`.
    pub on_link: Ink,
    /// The empty part of a bar, and the ground of what stands apart.
    pub track: Ink,
}

pub(super) const LIGHT: Palette = Palette {
    page: Ink(0xEE_F1_F6),
    sheet: Ink(0xFF_FF_FF),
    edge: Ink(0xD9_DE_E7),
    words: Ink(0x12_15_1C),
    quiet: Ink(0x4F_57_66),
    good: Ink(0x0F_70_36),
    bad: Ink(0xB9_1C_1C),
    warn: Ink(0x87_4D_00),
    link: Ink(0x1F_57_CC),
    on_link: Ink(0xFF_FF_FF),
    track: Ink(0xEE_F1_F6),
};

const DARK: Palette = Palette {
    page: Ink(0x0C_0E_13),
    sheet: Ink(0x17_1A_22),
    edge: Ink(0x34_38_45),
    words: Ink(0xF1_F3_F8),
    quiet: Ink(0xB0_B7_C6),
    good: Ink(0x4A_DE_80),
    bad: Ink(0xFF_8E_8E),
    warn: Ink(0xF6_BE_4F),
    link: Ink(0x8A_B6_FF),
    on_link: Ink(0x0C_0E_13),
    track: Ink(0x2A_2E_3A),
};

/// The colour of words with this tone, and the class that makes it the dark one.
pub(super) const fn ink(tone: Tone) -> (Ink, &'static str) {
    match tone {
        Tone::Plain | Tone::Strong => (LIGHT.words, "t"),
        Tone::Good => (LIGHT.good, "g"),
        Tone::Bad => (LIGHT.bad, "b"),
        Tone::Warn => (LIGHT.warn, "w"),
        Tone::Quiet => (LIGHT.quiet, "q"),
    }
}

/// The word for what a mail is, and its tone.
pub(super) const fn label(kind: &PostKind) -> (&'static str, Tone) {
    match kind {
        PostKind::Digest { .. } => ("Digest", Tone::Quiet),
        PostKind::Alert(_) => ("Alert", Tone::Bad),
        PostKind::Recovery(_) => ("Recovery", Tone::Good),
        PostKind::Notice(_) => ("Notice to the operator", Tone::Warn),
        PostKind::Test => ("Test", Tone::Quiet),
    }
}

/// The `<style>`: phones first, then the dark look. Rows of tables become lines of their own on a phone, where their columns would
/// be a word wide each.
pub(super) fn style() -> String {
    let Palette { page, sheet, edge, words, quiet, good, bad, warn, link, on_link, track } = &DARK;
    let mut css = String::from(
        ":root{color-scheme:light dark;supported-color-schemes:light dark}\n\
         body{margin:0;padding:0;-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%}\n\
         table{border-collapse:collapse;mso-table-lspace:0;mso-table-rspace:0}\n\
         .d{white-space:nowrap}\n\
         @media (max-width:520px){\n\
         .out{padding:0!important}.sheet{border-radius:0!important;border-width:0!important}.in{padding:20px 18px!important}\n\
         .rows tr.h{display:none!important}.rows tr{display:block!important;padding:10px 0!important}\n\
         .rows td{display:inline-block!important;border:0!important;padding:0 14px 2px 0!important;text-align:left!important}\n\
         .rows td.f{display:block!important;padding:0 0 2px!important}.rows td.e{display:none!important}\n\
         .rows tr.r{border-top:1px solid #d9dee7}.rows .l{display:inline!important}\n\
         }\n\
         @media (prefers-color-scheme:dark){\n",
    );
    let inks = [(".t", words), (".q", quiet), (".g", good), (".b", bad), (".w", warn), (".a", link), (".c", on_link)];
    for (class, ink) in inks {
        let _ = write!(css, "{class}{{color:{ink}!important}}");
    }
    let grounds = [(".page", page), (".sheet", sheet), (".track", track), (".fill", link)];
    for (class, ink) in grounds {
        let _ = write!(css, "{class}{{background-color:{ink}!important}}");
    }
    let _ = write!(css, "\n.sheet,.line,.rows td,.rows tr.r{{border-color:{edge}!important}}.mark{{border-color:{warn}!important}}");
    css.push_str("\n.pl{display:none!important}.pd{display:block!important;max-height:none!important}\n}");
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.2.
    fn luminance(ink: Ink) -> f64 {
        let parts = [16, 8, 0].map(|bits| f64::from((ink.0 >> bits) & 0xFF) / 255.0);
        let [red, green, blue] = parts.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: Ink, other: Ink) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_word_can_be_read() {
        assert!((contrast(Ink(0), Ink(0xFF_FF_FF)) - 21.0).abs() < 0.01, "the measure itself");
        for (look, palette) in [("light", &LIGHT), ("dark", &DARK)] {
            for ink in [palette.words, palette.quiet, palette.good, palette.bad, palette.warn, palette.link] {
                for ground in [palette.sheet, palette.page, palette.track] {
                    let found = contrast(ink, ground);
                    assert!(found >= 4.5, "{look}: {ink} on {ground}: {found:.2}");
                }
            }
            let found = contrast(palette.on_link, palette.link);
            assert!(found >= 4.5, "{look}: words on what can be followed: {found:.2}");
            let found = contrast(palette.link, palette.track);
            assert!(found >= 3.0, "{look}: the two parts of a bar: {found:.2}");
        }
    }

    #[test]
    fn every_tone_has_a_dark_colour_of_its_own() {
        let css = style();
        for tone in [Tone::Plain, Tone::Good, Tone::Bad, Tone::Warn, Tone::Strong, Tone::Quiet] {
            assert!(css.contains(&format!(".{}{{color:", ink(tone).1)), "{tone:?}");
        }
        assert!(css.starts_with(":root") && css.is_ascii() && !css.contains("url("), "{css}");
    }
}
