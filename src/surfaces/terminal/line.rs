//! What fits on a line? Styled pieces, wrapped between words by the columns that a terminal gives them.
//!
//! Everything that reaches a terminal passes [`wrap`] or [`StyledLine::push`], which drop what could drive it.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::text;

/// A blank at which no line ends (no-break space); it is drawn as an ordinary one.
pub(super) const STICKY: char = '\u{a0}';

/// A text in one style.
#[derive(Debug, Clone)]
pub(super) struct StyledText {
    pub(super) text: String,
    pub(super) style: Style,
}

impl StyledText {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// A line of styled pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct StyledLine {
    pieces: Vec<StyledText>,
    columns: usize,
}

impl StyledLine {
    /// A line of one piece.
    pub(super) fn of(text: &str, style: Style) -> Self {
        let mut line = Self::default();
        line.push(text, style);
        line
    }

    /// How many columns it takes.
    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    /// Adds `text` at its end; blanks stay as they are.
    pub(super) fn push(&mut self, text: &str, style: Style) {
        let text: String = text::clean(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        self.columns += text.width();
        match self.pieces.last_mut() {
            Some(last) if last.style == style => last.text.push_str(&text),
            _ => self.pieces.push(StyledText { text, style }),
        }
    }

    fn ends_in(&self, style: Style) -> bool {
        self.pieces.last().is_some_and(|last| last.style == style)
    }

    /// Adds another line at its end.
    pub(super) fn append(&mut self, other: Self) {
        self.columns += other.columns;
        self.pieces.extend(other.pieces);
    }

    /// Adds blanks until it takes `columns`.
    pub(super) fn pad(&mut self, columns: usize) {
        if self.columns < columns {
            self.push(&" ".repeat(columns - self.columns), Style::new());
        }
    }

    /// The line as bytes for a terminal, without blanks at its end.
    pub(super) fn paint(&self, colour: bool) -> String {
        let mut painted = String::new();
        for piece in &self.pieces {
            if colour && piece.style != Style::new() {
                let _ = write!(painted, "{}{}{}", piece.style.render(), piece.text, piece.style.render_reset());
            } else {
                painted.push_str(&piece.text);
            }
        }
        painted.truncate(painted.trim_end_matches(' ').len());
        painted
    }
}

/// The columns that `text` takes once it is clean and on one line.
pub(super) fn columns(text: &str) -> usize {
    text::one_line(text).width()
}

/// A word, and whether it follows the one before it without a blank.
struct StyledWord {
    text: String,
    style: Style,
    glued: bool,
}

/// `pieces` on lines of at most `width` columns, broken between words, inside of one only when it is wider than a line.
/// Addresses and ids may be wider.
pub(super) fn wrap(pieces: &[StyledText], width: usize) -> Vec<StyledLine> {
    let width = width.max(1);
    let mut lines = vec![StyledLine::default()];
    let tokens = tokens(pieces);
    for (at, token) in tokens.iter().enumerate() {
        // What is glued to a word moves to the next line with it, and stays behind an address that is too wide.
        let tail: usize = tokens[at + 1..].iter().take_while(|next| next.glued).map(|next| next.text.width()).sum();
        let line = last(&mut lines);
        let blank = usize::from(line.columns() > 0 && !token.glued);
        if line.columns() + blank + token.text.width() + tail <= width
            || (token.glued && (line.columns() > width || line.columns() + token.text.width() <= width))
        {
            let style = if line.ends_in(token.style) { token.style } else { Style::new() };
            line.push(&" ".repeat(blank), style);
            let begins = line.columns() == 0;
            line.push(if begins { token.text.trim_start_matches(STICKY) } else { &token.text }, token.style);
        } else {
            if line.columns() > 0 {
                lines.push(StyledLine::default());
            }
            break_up(&mut lines, token, width);
        }
    }
    lines
}

fn tokens(pieces: &[StyledText]) -> Vec<StyledWord> {
    let mut tokens: Vec<StyledWord> = Vec::new();
    let mut ended_open = false;
    for piece in pieces {
        // A number keeps its sign.
        let text = text::clean(&piece.text).replace(" %", &format!("{STICKY}%"));
        let starts_open = text.chars().next().is_some_and(|first| !is_gap(first));
        for (at, word) in text.split(is_gap).filter(|word| !word.is_empty()).enumerate() {
            tokens.push(StyledWord { text: word.to_owned(), style: piece.style, glued: at == 0 && starts_open && ended_open });
        }
        if let Some(end) = text.chars().next_back() {
            ended_open = !is_gap(end);
        }
    }
    tokens
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() && c != STICKY
}

/// The longest id that stays whole: the longest seen in the wild has 70 letters.
const ID_MAX: usize = 90;

/// Whether `word` can be the id of something, in brackets or not, or an address: such stay whole, since a terminal wraps them itself, and
/// then they can still be copied or followed.
fn stays_whole(word: &str) -> bool {
    let id = word.len() <= ID_MAX && word.contains(['_', '.', '@', '-']) && word.bytes().all(|byte| byte.is_ascii_graphic());
    id || word.trim_start_matches('<').starts_with("https://")
}

/// The columns of the widest word of `text` that stays whole; an address may go beyond its column.
pub(super) fn widest_id(text: &str) -> usize {
    let words = text.split(is_gap).filter(|word| stays_whole(word) && !word.contains("://"));
    words.map(columns).max().unwrap_or(0)
}

/// Adds a word at the start of the last line, over several lines if it must be.
fn break_up(lines: &mut Vec<StyledLine>, token: &StyledWord, width: usize) {
    let word = token.text.trim_start_matches(STICKY);
    if stays_whole(word) {
        last(lines).push(word, token.style);
        return;
    }
    for grapheme in word.graphemes(true) {
        if last(lines).columns() + grapheme.width() > width && last(lines).columns() > 0 {
            lines.push(StyledLine::default());
        }
        last(lines).push(grapheme, token.style);
    }
}

fn last(lines: &mut Vec<StyledLine>) -> &mut StyledLine {
    if lines.is_empty() {
        lines.push(StyledLine::default());
    }
    let at = lines.len() - 1;
    &mut lines[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(lines: &[StyledLine]) -> Vec<String> {
        lines.iter().map(|line| line.paint(false)).collect()
    }

    #[test]
    fn words_wrap_by_columns() {
        let piece = |text: &str| StyledText::new(text, Style::new());
        assert_eq!(plain(&wrap(&[piece("one two  three")], 7)), ["one two", "three"]);
        assert_eq!(plain(&wrap(&[piece("漢字漢字")], 4)), ["漢字", "漢字"]);
        assert_eq!(plain(&wrap(&[piece("say "), piece("this"), piece(", then that")], 9)), ["say this,", "then that"]);
        assert_eq!(plain(&wrap(&[piece("it is "), piece("that"), piece(", yes")], 10)), ["it is", "that, yes"]);
        assert_eq!(plain(&wrap(&[piece("up to 54.0 %")], 10)), ["up to", "54.0 %"]);
        assert_eq!(plain(&wrap(&[], 9)), [""]);
        assert_eq!(
            plain(&wrap(&[piece("Title [11770.MDA_Google_LimitAdministrators] goes on")], 20)),
            ["Title", "[11770.MDA_Google_LimitAdministrators]", "goes on"]
        );
        assert_eq!(plain(&wrap(&[piece(&"A".repeat(12))], 9)), ["AAAAAAAAA", "AAA"]);
    }

    #[test]
    fn nothing_drives_the_terminal() {
        let hostile = "a\u{1b}[31mb\u{7}\u{9b}2Jc\r\nd\u{202e}";
        assert_eq!(plain(&wrap(&[StyledText::new(hostile, Style::new())], 40)), ["a[31mb2Jc d"]);
        assert_eq!(StyledLine::of(hostile, Style::new()).paint(true), "a[31mb2Jc  d");
    }
}
