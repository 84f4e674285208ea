//! Which colours does a picture have? Two sets, each readable by itself whatever lies around the picture.

use std::fmt;

use crate::text::named_values;

/// On which ground a picture is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Light words on a dark ground.
    #[default]
    Dark,
    /// Dark words on a light ground.
    Light,
}

named_values!(Theme, "theme", Dark => "dark", Light => "light");

impl Theme {
    pub(super) const fn palette(self) -> &'static ChartColours {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }
}

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgb(u32);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// The colours of a theme.
pub(super) struct ChartColours {
    /// The ground of everything.
    pub ground: Rgb,
    /// Around the ground, so that it ends visibly where its surround has the same colour.
    pub edge: Rgb,
    /// What is to be read first.
    pub words: Rgb,
    /// What explains it.
    pub quiet: Rgb,
    /// The lines behind the numbers.
    pub grid: Rgb,
    /// The line of the days.
    pub line: Rgb,
    /// It got better.
    pub good: Rgb,
    /// It got worse.
    pub bad: Rgb,
}

/// How much of the line's colour lies below it, at the most.
pub(super) const SHADE: f64 = 0.28;

const DARK: ChartColours = ChartColours {
    ground: Rgb(0x15_17_1E),
    edge: Rgb(0x34_38_45),
    words: Rgb(0xF5_F6_FA),
    quiet: Rgb(0xB4_BA_C8),
    grid: Rgb(0x2B_2F_3B),
    line: Rgb(0x6A_A8_FF),
    good: Rgb(0x4A_DE_80),
    bad: Rgb(0xFF_86_86),
};

const LIGHT: ChartColours = ChartColours {
    ground: Rgb(0xFF_FF_FF),
    edge: Rgb(0xD5_D9_E2),
    words: Rgb(0x12_15_1C),
    quiet: Rgb(0x4A_51_60),
    grid: Rgb(0xE4_E7_ED),
    line: Rgb(0x1F_5F_E0),
    good: Rgb(0x0F_76_38),
    bad: Rgb(0xC0_1C_1C),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(ink: Rgb) -> [f64; 3] {
        [16, 8, 0].map(|bits| f64::from((ink.0 >> bits) & 0xFF) / 255.0)
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(parts: [f64; 3]) -> f64 {
        let [red, green, blue] = parts.map(|part| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The ground where most of the line's colour lies over it.
    fn shaded(palette: &ChartColours) -> [f64; 3] {
        let (ground, line) = (parts(palette.ground), parts(palette.line));
        [0, 1, 2].map(|at| ground[at] + (line[at] - ground[at]) * SHADE)
    }

    #[test]
    fn every_text_can_be_read() {
        assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 0.01, "the measure itself");
        for theme in Theme::ALL {
            let palette = theme.palette();
            for ink in [palette.words, palette.quiet, palette.good, palette.bad] {
                let found = contrast(parts(ink), parts(palette.ground));
                assert!(found >= 4.5, "{theme}: {ink} on {}: {found:.2}", palette.ground);
            }
            let found = contrast(parts(palette.quiet), shaded(palette));
            assert!(found >= 4.5, "{theme}: the lowest value below the line: {found:.2}");
            let found = contrast(parts(palette.line), parts(palette.ground));
            assert!(found >= 3.0, "{theme}: the line itself: {found:.2}");
        }
    }

    #[test]
    fn each_theme_is_found_by_its_word() {
        assert_eq!(Theme::ALL.map(|theme| theme.word().parse()), Theme::ALL.map(Ok));
        assert!("Dark ".parse::<Theme>().unwrap_err().contains("dark or light"));
    }
}
