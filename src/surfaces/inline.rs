//! How does a card read where each thing is a line? In runs of words that mean one thing each, which a platform says in its own elements.

use jiff::civil::Date;

use super::{
    address,
    cell_text::{self, Separator},
};
use crate::{
    card::{
        Bar, Column, Fact, TableRow, Tone, Value, Word,
        draw::{caption, filled, rounded, sparkline},
    },
    text::{Span, Spans, one_line},
};

/// A label, a value, a cell, a note.
pub const WORDS: usize = 300;
/// A span of a longer text.
const SPAN: usize = 2000;
/// How many words a lead has.
const LEAD: usize = 40;
/// The blocks of a bar, and the days of a trend: what a phone shows on a line.
const BAR: usize = 10;
const TREND: usize = 30;

/// Words that mean one thing. All are cut, and clean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Words without a meaning of their own, their white space as it is.
    Plain(String),
    /// Words that judge, or that matter more or less than others; never [`Tone::Plain`].
    Toned(String, Tone),
    /// Signs that need letters which are all as wide as each other.
    Drawn(String),
    /// Words that lead to an address which [`address::address`] made.
    Link(String, String),
}

/// What stands on a line; never an empty run.
pub type Line = Vec<Run>;

/// How a platform measures.
#[derive(Clone, Copy)]
pub struct Measure {
    /// Cuts a text to so many characters, as the platform counts them.
    pub cut: fn(&str, usize) -> String,
    /// The longest address that it links to.
    pub address: usize,
}

impl Measure {
    /// Words from outside on one line, cut.
    pub fn words(self, text: &str) -> String {
        (self.cut)(&one_line(text), WORDS)
    }

    /// The words of a lead, apart from each other.
    pub fn lead(self, words: &[Word]) -> Line {
        let mut line = Line::new();
        for word in words.iter().take(LEAD) {
            let text = self.words(&word.text);
            let apart = if text.is_empty() || line.is_empty() { "" } else { cell_text::APART };
            push_text(&mut line, apart);
            tone(&mut line, text, word.tone);
        }
        line
    }

    /// What it is and what it comes to; below each other where that is several things, as moves with their days.
    pub fn fact(self, fact: &Fact) -> Vec<Line> {
        let label = self.words(&fact.label);
        if let Value::List(parts) = &fact.value
            && parts.len() > 1
        {
            let parts = parts.iter().map(|part| format!("• {}", self.words(part)));
            return std::iter::once(format!("{label}:")).chain(parts).map(|line| vec![Run::Plain(line)]).collect();
        }
        let mut line = vec![Run::Plain(format!("{label}: "))];
        tone(&mut line, self.words(&fact.value.line()), fact.value.tone());
        vec![line]
    }

    /// The bar and its share, and the words behind it.
    pub fn bar(self, bar: &Bar) -> Line {
        let (label, note) = (self.words(&bar.label), self.words(&bar.note));
        let note = if note.is_empty() { note } else { format!(" · {note}") };
        vec![Run::Drawn(drawn(bar.percent, BAR)), Run::Plain(format!("  {label}{note}"))]
    }

    /// What a row says beside what it is about: the other cells that say anything.
    pub fn cells(self, columns: &[Column], row: &TableRow) -> Line {
        let mut line = Line::new();
        for (separator, column, cell) in cell_text::others(columns, row, false) {
            let (before, behind) = cell_text::around(column, cell);
            let apart = match separator {
                _ if line.is_empty() => "",
                Separator::Space => " ",
                Separator::Dot | Separator::Line => cell_text::APART,
            };
            push_text(&mut line, apart);
            push_text(&mut line, &beside(&self.words(before), "", " "));
            // A number is meant as its noun is.
            let words = format!("{}{}", self.words(&cell.words(column)), beside(&self.words(behind), " ", ""));
            tone(&mut line, words, cell.tone(column));
        }
        line
    }

    /// The paragraphs of a longer text, and whether each is an item of a list.
    pub fn paragraphs(self, spans: &Spans) -> Vec<(bool, Line)> {
        let line = |spans: Vec<&Span>| {
            let mut line = Line::new();
            for span in spans {
                match span {
                    Span::Text(text) => push_text(&mut line, &(self.cut)(&spaced(text), SPAN)),
                    Span::Strong(text) => tone(&mut line, (self.cut)(&one_line(text), SPAN), Tone::Strong),
                    Span::Link { text, url } => self.link(text, url, SPAN).into_iter().for_each(|run| push(&mut line, run)),
                    Span::Break | Span::Item => {}
                }
            }
            line
        };
        paragraphs(spans).into_iter().map(|(item, spans)| (item, line(spans))).collect()
    }

    /// `text` of at most `length_max`, linked to `url`; the text alone where we would not follow the link ourselves, nothing where that is empty.
    pub fn link(self, text: &str, url: &str, length_max: usize) -> Option<Run> {
        let Some(address) = address::address(url, self.address) else {
            return Some((self.cut)(&one_line(text), length_max)).filter(|text| !text.is_empty()).map(Run::Plain);
        };
        Some(Run::Link((self.cut)(&address::label(text, &address), length_max), address))
    }
}

/// A share of 100 as a bar of `length` characters with its number, for letters that are all as wide as each other.
pub fn drawn(percent: Option<f64>, length: usize) -> String {
    percent.map_or_else(
        || format!("{:length$}{:>7}", "not known", "–"),
        |percent| {
            let full = filled(percent, length);
            format!("{}{}{:>7}", "█".repeat(full), "░".repeat(length - full), rounded(percent))
        },
    )
}

/// The paragraphs of a text that say anything, and whether each is an item of a list.
fn paragraphs(spans: &Spans) -> Vec<(bool, Vec<&Span>)> {
    let mut paragraphs = vec![(false, Vec::new())];
    for span in &spans.0 {
        match (span, paragraphs.last_mut()) {
            (Span::Break | Span::Item, _) => paragraphs.push((matches!(span, Span::Item), Vec::new())),
            (Span::Text(_) | Span::Strong(_) | Span::Link { .. }, Some((_, paragraph))) => paragraph.push(span),
            (Span::Text(_) | Span::Strong(_) | Span::Link { .. }, None) => {}
        }
    }
    let plain_run = |span: &&Span| match span {
        Span::Text(text) | Span::Strong(text) | Span::Link { text, .. } => !text.trim().is_empty(),
        Span::Break | Span::Item => false,
    };
    paragraphs.retain(|(_, paragraph)| paragraph.iter().any(plain_run));
    paragraphs
}

/// `text` on one line that keeps a space at its ends, where it meets other spans.
fn spaced(text: &str) -> String {
    let space = |is: bool| if is { " " } else { "" };
    let (before, after) = (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
    format!("{}{}{}", space(before), one_line(text), space(after))
}

/// How it moved, drawn, and in words.
pub fn trend(days: &[(Date, f64)]) -> (Line, String) {
    let drawn = sparkline(days, TREND);
    (if drawn.is_empty() { Line::new() } else { vec![Run::Drawn(drawn)] }, caption(days))
}

/// `words` between what stands beside them, where there are any.
fn beside(words: &str, before: &str, after: &str) -> String {
    if words.is_empty() { String::new() } else { format!("{before}{words}{after}") }
}

fn push_text(line: &mut Line, words: &str) {
    push(line, Run::Plain(words.to_owned()));
}

fn tone(line: &mut Line, words: String, tone: Tone) {
    push(line, if tone == Tone::Plain { Run::Plain(words) } else { Run::Toned(words, tone) });
}

/// Adds `run`: to the words before it, where neither means more than it says.
fn push(line: &mut Line, run: Run) {
    match (line.last_mut(), run) {
        (_, Run::Plain(words) | Run::Toned(words, _)) if words.is_empty() => {}
        (Some(Run::Plain(before)), Run::Plain(words)) => before.push_str(&words),
        (_, run) => line.push(run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{card::Cell, text::cut};

    const MEASURE: Measure = Measure { cut, address: 40 };

    fn plain_run(words: &str) -> Run {
        Run::Plain(words.to_owned())
    }

    #[test]
    fn a_row_reads_as_one_sentence() {
        let columns = [Column::Control, Column::PointsLeft, Column::By, Column::Decided, Column::Comment, Column::Place];
        let comment_cell = Cell::Comment { comment: Some("why".to_owned()), earlier: Vec::new(), note: None };
        let cells = vec![
            Cell::text("a"),
            Cell::Of(Some(9.0), Some(12.0)),
            Cell::Person("Ann".to_owned()),
            Cell::Day(Some(jiff::civil::date(2026, 10, 1))),
            comment_cell,
            Cell::Place("apps".to_owned(), None),
        ];
        let row = TableRow { cells, link: None, next: None };
        let (bad, quiet) = (Run::Toned("9 of 12 points to gain".to_owned(), Tone::Bad), Run::Toned("why".to_owned(), Tone::Quiet));
        assert_eq!(MEASURE.cells(&columns, &row), [bad, plain_run(" · by Ann on 2026-10-01 · "), quiet]);
        assert!(MEASURE.cells(&columns[..1], &row).is_empty());
    }

    #[test]
    fn several_values_stand_below_their_label() {
        let fact = |value: Value| MEASURE.fact(&Fact::new("moves", value));
        let quiet = Run::Toned("10 of 10".to_owned(), Tone::Quiet);
        assert_eq!(fact(Word::toned("10 of 10", Tone::Quiet).into()), [vec![plain_run("moves: "), quiet]]);
        let lines = ["moves:", "• 2026-11-21: 10 to 6", "• 2026-10-04: 9 to 10"].map(|line| vec![plain_run(line)]);
        assert_eq!(fact(Value::List(vec!["2026-11-21: 10 to 6".to_owned(), "2026-10-04: 9 to 10".to_owned()])), lines);
    }

    #[test]
    fn a_text_has_paragraphs_and_items() {
        let text = |text: &str| Span::Text(text.to_owned());
        let spans = Spans(vec![text("one"), Span::Break, text(" "), Span::Item, text("two"), text(" more"), Span::Item]);
        assert_eq!(paragraphs(&spans), [(false, vec![&text("one")]), (true, vec![&text("two"), &text(" more")])]);
    }

    #[test]
    fn words_stay_apart_and_none_are_empty() {
        assert_eq!(MEASURE.lead(&[Word::plain(""), Word::plain("58 %"), Word::plain("9 points")]), [plain_run("58 % · 9 points")]);
        let spans = Spans(vec![
            Span::Text("see ".to_owned()),
            Span::Link { text: "this".to_owned(), url: "https://a.example/x".to_owned() },
            Span::Text(" and".to_owned()),
            Span::Link { text: " that".to_owned(), url: "javascript:alert(1)".to_owned() },
            Span::Link { text: String::new(), url: String::new() },
        ]);
        let link = Run::Link("this".to_owned(), "https://a.example/x".to_owned());
        assert_eq!(MEASURE.paragraphs(&spans), [(false, vec![plain_run("see "), link, plain_run(" andthat")])]);
        assert_eq!(trend(&[]).0, []);
    }

    #[test]
    fn nothing_is_longer_than_it_may_be() {
        let long = "x".repeat(10_000);
        let row = TableRow::from(vec![Word::plain(&long), Word::plain(&long)]);
        let runs = [
            MEASURE.cells(&[Column::words("a"), Column::words("who")], &row),
            MEASURE.fact(&Fact::new(&*long, Word::plain(&long))).concat(),
            MEASURE.bar(&Bar { label: long.clone(), percent: None, note: long.clone() }),
        ];
        for run in runs.concat() {
            let (Run::Plain(words) | Run::Toned(words, _) | Run::Drawn(words) | Run::Link(words, _)) = run;
            assert!(words.chars().count() <= 2 * WORDS + 10 && !words.is_empty(), "{words}");
        }
        assert_eq!(MEASURE.lead(&vec![Word::toned("x", Tone::Bad); 100]).len(), 2 * LEAD - 1);
    }
}
