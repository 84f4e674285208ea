//! Which words stand for a cell, and over its column? One answer for all renderers, made from type and role alone.

use super::{
    Tone,
    cell::{AnnotationSummary, Cell, ChangeLabel, Column, ControlLabel, DecisionEnd, PointsSpan},
};
use crate::text::{amount, moved, points, signed, with_sign};

/// Stands where a number of a column of numbers is not known.
const UNKNOWN: &str = "–";

impl Column {
    /// What stands over the column.
    pub fn head(&self) -> &str {
        match self {
            Self::Named { head, .. } => head,
            Self::Control | Self::First => "control",
            Self::Tenant => "tenant",
            Self::Subject => "what",
            Self::Resolved => "resolved",
            Self::PointsLeft => "points to gain",
            Self::Share => "share",
            Self::Effort => "effort",
            Self::Place => "where",
            Self::Annotations => "notes",
            Self::State => "state",
            Self::Decided => "when",
            Self::By => "who",
            Self::Owner => "owner",
            Self::Until => "until",
            Self::Forgone => "points forgone",
            Self::Comment => "comment",
            Self::Why => "why",
            Self::Change => "kind",
            Self::Move => "change",
            Self::FromTo => "from, to",
            Self::MaximumMove => "maximum",
            Self::Decisions => "decided",
            Self::Expired => "expired",
            Self::Changed => "changed",
            Self::Standing | Self::Points => "points",
            Self::Product => "product",
            Self::Days => "days",
            Self::Score => "score",
            Self::ScoreAfter => "score after",
            Self::Since => "since",
            Self::Day => "day",
            Self::News => "news",
        }
    }

    /// Whether the column holds numbers, which stand to the right.
    pub const fn is_number(&self) -> bool {
        match self {
            Self::Named { number, .. } => *number,
            Self::PointsLeft
            | Self::Share
            | Self::Forgone
            | Self::MaximumMove
            | Self::Decisions
            | Self::Expired
            | Self::Changed
            | Self::Score
            | Self::ScoreAfter
            | Self::Points => true,
            Self::Control
            | Self::Tenant
            | Self::Subject
            | Self::Resolved
            | Self::Effort
            | Self::Place
            | Self::Annotations
            | Self::State
            | Self::Decided
            | Self::By
            | Self::Owner
            | Self::Until
            | Self::Comment
            | Self::Why
            | Self::Change
            | Self::Move
            | Self::FromTo
            | Self::First
            | Self::Standing
            | Self::Product
            | Self::Days
            | Self::Since
            | Self::Day
            | Self::News => false,
        }
    }

    /// Whether it says what a narrow surface leaves to the answer that its row leads to.
    pub const fn is_detail(&self) -> bool {
        matches!(self, Self::Share | Self::Place | Self::Points | Self::MaximumMove)
    }
}

impl Cell {
    /// Its words in such a `column`, below its head.
    pub fn words(&self, column: &Column) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Control(control) => control.words(),
            Self::Tenant(text) | Self::Person(text) | Self::Product(text) => text.clone(),
            Self::Place(category, None) => category.clone(),
            Self::Place(category, Some(product)) => format!("{category}, {product}"),
            Self::Points(Some(number)) if *column == Column::MaximumMove => with_sign(*number),
            Self::Points(Some(number)) => points(*number),
            Self::Points(None) if *column == Column::Forgone => "not known".to_owned(),
            Self::Points(None) | Self::Of(None, _) if *column == Column::PointsLeft => "unknown".to_owned(),
            // Of so many only where some are had: `9` says that nothing is done.
            Self::Of(Some(number), Some(maximum)) if *column == Column::PointsLeft && points(*number) != points(*maximum) => {
                format!("{} of {}", points(*number), points(*maximum))
            }
            Self::Of(Some(number), _) if *column == Column::PointsLeft => points(*number),
            Self::Points(None) | Self::Percent(None) => UNKNOWN.to_owned(),
            Self::AtLeast(number) => format!("at least {}", points(*number)),
            Self::Of(Some(number), Some(maximum)) => format!("{} of {}", points(*number), amount(*maximum)),
            Self::Of(Some(number), None) => format!("{}, maximum not known", amount(*number)),
            Self::Of(None, _) => "points not known".to_owned(),
            Self::NotScored => "not scored here".to_owned(),
            Self::Percent(Some(percent)) => format!("{} %", points(*percent)),
            Self::Move(number, None) => number.map_or_else(|| "not known".to_owned(), moved),
            Self::Move(None, Some(span)) => format!("not known, {}", span.sentence()),
            // From where to where says by itself that it did not move.
            Self::Move(Some(number), Some(span)) if points(*number) == "0" => span.sentence(),
            Self::Move(Some(number), Some(span)) => format!("{}, {}", moved(*number), span.numbers()),
            Self::ScoreMove(number, None) => format!("{}, percentage not known", moved(*number)),
            Self::ScoreMove(number, Some(percent)) if points(*number) == "0" && points(*percent) == "0" => moved(*number),
            Self::ScoreMove(number, Some(percent)) => format!("{} ({} pp)", moved(*number), with_sign(*percent)),
            Self::Span(span) => span.sentence(),
            Self::Count(number) => number.map_or_else(|| "?".to_owned(), |number| number.to_string()),
            Self::Change(change) => change.label().to_owned(),
            Self::Day(Some(day)) | Self::End(DecisionEnd::Day(day, false)) => day.to_string(),
            Self::Day(None) => "undated".to_owned(),
            Self::OldDay(day) => format!("as of {day}"),
            Self::Days(from, to) => format!("{from} to {to}"),
            Self::End(DecisionEnd::Day(day, true)) => format!("expired {day}"),
            Self::End(DecisionEnd::Unclear(text)) => format!("not understood: {text}"),
            Self::Effort(None, None) => "effort not known".to_owned(),
            Self::Effort(cost, impact) => {
                let known = |level: &Option<String>| level.clone().unwrap_or_else(|| "unknown".to_owned());
                format!("{} effort, {} user impact", known(cost), known(impact))
            }
            Self::State { state, progress, no_longer } => {
                let progress = progress.as_ref().map_or_else(String::new, |progress| format!(", {progress}"));
                format!("{state}{progress}{}", if *no_longer { " (no longer accepted)" } else { "" })
            }
            Self::Comment { comment, earlier, note } => {
                let note = note.as_ref().map(|note| format!("our note: {note}"));
                comment.iter().chain(earlier).cloned().chain(note).collect::<Vec<_>>().join(" · ")
            }
            Self::Annotations(annotations) => annotations.words(),
            Self::LookFirst(title) => format!("look first at {title}"),
            Self::MovedMost(title, by) => format!("most by {title}: {}", moved(*by)),
            Self::Text(word) => word.text.clone(),
        }
    }

    /// How it is meant in such a `column`.
    pub fn tone(&self, column: &Column) -> Tone {
        match self {
            Self::Points(_) | Self::Of(..) if *column == Column::PointsLeft => Tone::Bad,
            Self::Percent(_) if !matches!(column, Column::Share | Column::ScoreAfter) => Tone::Strong,
            Self::ScoreMove(number, percent) if points(*number) == "0" => Tone::of_move(percent.unwrap_or_default()),
            // More points of a maximum that grew more are no gain.
            Self::ScoreMove(number, Some(percent)) if *number > 0.0 && *percent < 0.0 && points(*percent) != "0" => Tone::Warn,
            Self::Move(Some(number), _) | Self::ScoreMove(number, _) => Tone::of_move(*number),
            Self::Count(Some(1..)) if *column == Column::Expired => Tone::Warn,
            Self::End(DecisionEnd::Day(_, true) | DecisionEnd::Unclear(_)) | Self::OldDay(_) => Tone::Warn,
            Self::Day(_) if matches!(column, Column::Since | Column::Day) => Tone::Quiet,
            Self::Move(None, _)
            | Self::Place(..)
            | Self::Product(_)
            | Self::Comment { .. }
            | Self::LookFirst(_)
            | Self::Days(..)
            | Self::Effort(None, None) => Tone::Quiet,
            Self::Text(word) => word.tone,
            Self::Empty
            | Self::Control(_)
            | Self::Tenant(_)
            | Self::Person(_)
            | Self::Points(_)
            | Self::AtLeast(_)
            | Self::Of(..)
            | Self::NotScored
            | Self::Percent(_)
            | Self::Span(_)
            | Self::Count(_)
            | Self::Change(_)
            | Self::Day(_)
            | Self::End(DecisionEnd::Day(_, false))
            | Self::Effort(..)
            | Self::State { .. }
            | Self::Annotations(_)
            | Self::MovedMost(..) => Tone::Plain,
        }
    }

    /// Whether it says nothing where no head stands over it: it is empty, or only that a number is not known.
    pub fn is_silent(&self, column: &Column) -> bool {
        let unknown = matches!(self, Self::Points(None)) && !matches!(column, Column::Forgone | Column::PointsLeft);
        unknown || matches!(self, Self::Percent(None)) || self.is_empty()
    }

    /// Whether its words say by themselves what the head of its column says.
    pub const fn says_its_head(&self, column: &Column) -> bool {
        let expired = matches!((self, column), (Self::End(DecisionEnd::Day(_, true)), Column::Until));
        expired || matches!((self, column), (Self::Effort(..), Column::Effort) | (Self::Of(None, _), Column::Standing))
    }
}

impl ControlLabel {
    /// Its title with what is to be known of it; its id where it has none.
    pub fn about(&self) -> String {
        let Some(title) = &self.title else { return format!("{} (no profile)", self.id) };
        let deprecated = if self.deprecated { " (deprecated)" } else { "" };
        let until = self.described_until.map_or_else(String::new, |day| format!(" (no longer described since {day})"));
        format!("{title}{deprecated}{until}")
    }

    /// The same with its id.
    fn words(&self) -> String {
        if self.title.is_some() { format!("{} [{}]", self.about(), self.id) } else { self.about() }
    }
}

impl PointsSpan {
    /// `10 to 6.67 of 10`, `2.5 of 5 to 4 of 8`, or what is known of it, for assistants.
    pub fn text(&self) -> String {
        let of = |maximum: f64| format!(" of {}", points(maximum));
        let maximum = self.maximum.map_or_else(String::new, of);
        let before = self.maximum.zip(self.maximum_moved).map_or_else(String::new, |(maximum, moved)| of(maximum - moved));
        let moved = self.maximum_moved.map_or_else(String::new, |moved| format!(", maximum {}", signed(moved)));
        let span = match (self.from, self.to) {
            (Some(from), Some(to)) => return format!("{}{before} to {}{maximum}", points(from), points(to)),
            (Some(from), None) if self.unsaid => format!("had {}{maximum}, now not said", points(from)),
            (None, Some(to)) if self.unsaid => format!("has {}{maximum}, before not said", points(to)),
            (Some(from), None) => format!("had {}{maximum}", points(from)),
            (None, Some(to)) => format!("has {}{maximum}", points(to)),
            (None, None) => "points not known".to_owned(),
        };
        format!("{span}{moved}")
    }

    /// The same for people: `10 to 6.67 of 10 points`, `2.5 of 5 to 4 of 8 points`.
    fn sentence(&self) -> String {
        self.worded(amount)
    }

    /// The same behind a number that has its noun already: `−3.33 points, 10 to 6.67 of 10`.
    fn numbers(&self) -> String {
        self.worded(points)
    }

    /// With its last number as `last` says it.
    fn worded(&self, last: impl Fn(f64) -> String) -> String {
        let of = |number: f64, maximum: Option<f64>| {
            maximum.map_or_else(|| last(number), |maximum| format!("{} of {}", points(number), last(maximum)))
        };
        let before =
            self.maximum.zip(self.maximum_moved).map_or_else(String::new, |(maximum, moved)| format!(" of {}", points(maximum - moved)));
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("{}{before} to {}", points(from), of(to, self.maximum)),
            (Some(from), None) if self.unsaid => format!("had {}, now not stated", of(from, self.maximum)),
            (None, Some(to)) if self.unsaid => format!("has {}, before not stated", of(to, self.maximum)),
            // What is new or gone moves the tenant's maximum, and with it the percentage.
            (Some(from), None) => format!("had {}{}", of(from, self.maximum), self.maximum_of_tenant()),
            (None, Some(to)) => format!("{}{}", of(to, self.maximum), self.maximum_of_tenant()),
            (None, None) => "points not known".to_owned(),
        }
    }

    fn maximum_of_tenant(&self) -> String {
        self.maximum_moved.map_or_else(String::new, |moved| format!(", maximum {}", with_sign(moved)))
    }
}

impl ChangeLabel {
    /// It for people, beside how points moved.
    const fn label(self) -> &'static str {
        match self {
            Self::Maximum => "other maximum",
            Self::Unsaid => "points not stated",
            Self::SaidAgain => "points stated again",
            Self::Status => "other status",
            Self::Up | Self::Down | Self::New | Self::Gone => self.word(),
        }
    }

    /// It in a word, for programs and assistants.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Maximum => "maximum",
            Self::Unsaid => "unsaid",
            Self::SaidAgain => "said again",
            Self::Status => "status",
        }
    }
}

impl AnnotationSummary {
    /// All of it in one cell.
    fn words(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("owner {owner}"));
        let until = self.until.map(|until| format!("until {until}"));
        let note = self.note.as_ref().map(|note| format!("note: {note}"));
        [self.progress.clone(), owner, until, note].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_control_has_its_title_and_its_marks() {
        let control = ControlLabel {
            id: "AdminMFAV2".to_owned(),
            title: Some("Require MFA".to_owned()),
            deprecated: true,
            described_until: Some(date(2026, 11, 20)),
        };
        assert_eq!(control.words(), "Require MFA (deprecated) (no longer described since 2026-11-20) [AdminMFAV2]");
        assert_eq!(ControlLabel { title: None, ..control }.words(), "AdminMFAV2 (no profile)");
    }

    #[test]
    fn what_is_not_known_is_never_0() {
        let unknown = [
            (Cell::Points(None), Column::PointsLeft, "unknown"),
            (Cell::Of(None, Some(9.0)), Column::PointsLeft, "unknown"),
            (Cell::Points(None), Column::Forgone, "not known"),
            (Cell::Points(None), Column::Points, "–"),
            (Cell::Percent(None), Column::Score, "–"),
            (Cell::Move(None, None), Column::Move, "not known"),
            (Cell::Count(None), Column::Changed, "?"),
            (Cell::Of(None, Some(4.0)), Column::Standing, "points not known"),
            (Cell::Effort(None, Some("low".to_owned())), Column::Effort, "unknown effort, low user impact"),
            (Cell::Day(None), Column::Decided, "undated"),
        ];
        for (cell, column, words) in unknown {
            assert_eq!(cell.words(&column), words);
        }
    }

    #[test]
    fn a_score_moves_in_points_and_percentage_points() {
        let said = |points, percent| {
            let cell = Cell::ScoreMove(points, percent);
            (cell.words(&Column::Move), cell.tone(&Column::Move))
        };
        assert_eq!(said(-4.51, Some(-0.689)), ("\u{2212}4.51 points (\u{2212}0.69 pp)".to_owned(), Tone::Bad));
        assert_eq!(said(0.001, Some(-0.33)), ("no change (\u{2212}0.33 pp)".to_owned(), Tone::Bad));
        assert_eq!(said(0.0, Some(0.0)), ("no change".to_owned(), Tone::Plain));
        assert_eq!(said(2.0, None), ("+2 points, percentage not known".to_owned(), Tone::Good));
    }

    #[test]
    fn a_move_says_from_where_to_where() {
        let span = PointsSpan { from: Some(10.0), to: Some(6.67), maximum: Some(10.0), ..PointsSpan::default() };
        let cell = |by| Cell::Move(by, Some(span)).words(&Column::Move);
        assert_eq!(cell(Some(-3.33)), "\u{2212}3.33 points, 10 to 6.67 of 10");
        assert_eq!(cell(Some(0.001)), "10 to 6.67 of 10 points");
        let unsaid = PointsSpan { to: None, unsaid: true, maximum_moved: Some(-2.0), ..span };
        assert_eq!(Cell::Span(unsaid).words(&Column::FromTo), "had 10 of 10 points, now not stated");
        let grown = PointsSpan { from: Some(2.5), to: Some(4.0), maximum: Some(8.0), maximum_moved: Some(3.0), unsaid: false };
        assert_eq!(Cell::Span(grown).words(&Column::FromTo), "2.5 of 5 to 4 of 8 points");
        assert_eq!((grown.text().as_str(), span.text().as_str()), ("2.5 of 5 to 4 of 8", "10 to 6.67 of 10"));
        assert_eq!(unsaid.text(), "had 10 of 10, now not said, maximum -2");
    }
}
