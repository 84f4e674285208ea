//! Which rows of a long list are told? Those of a page; and how are the others read?

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    error::{Error, ErrorKind, Result},
    text::count,
};

/// The last page that can be asked for.
pub(super) const MAX: usize = 1000;

/// The page that is asked for without a word.
pub(super) const fn first() -> usize {
    1
}

/// How a sentence about the rest of a list goes on for who can turn to the page `turn`.
pub(super) fn turn_hint(turn: Option<usize>) -> String {
    turn.map_or_else(String::new, |page| format!(" Page {page} goes on."))
}

/// The same in few words, behind what they are about.
pub(super) fn short(turn: Option<usize>) -> String {
    turn.map_or_else(String::new, |page| format!(" (page {page})"))
}

/// What a page of a list leaves out.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct PageRest {
    /// The page that goes on; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_page: Option<usize>,
    /// How many rows come after this page; absent when none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_listed: Option<usize>,
}

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListPage {
    /// Which, from 1.
    pub number: usize,
    /// How many rows each has.
    pub rows: usize,
}

impl ListPage {
    /// How many rows stand before it.
    pub(super) const fn skipped(self) -> usize {
        self.number.saturating_sub(1).saturating_mul(self.rows)
    }

    /// How many rows of `total` come after it.
    pub(super) const fn left(self, total: usize) -> usize {
        total.saturating_sub(self.skipped().saturating_add(self.rows))
    }

    /// Whether the row of this place, from 0, stands on it.
    pub const fn holds(self, row: usize) -> bool {
        row >= self.skipped() && row - self.skipped() < self.rows
    }

    /// The next page of `total` rows; `None` on the last one.
    pub(super) const fn next(self, total: usize) -> Option<usize> {
        if self.left(total) > 0 && self.number < MAX { Some(self.number + 1) } else { None }
    }

    /// What of `total` rows comes after it.
    pub(super) fn rest(self, total: usize) -> PageRest {
        PageRest { next_page: self.next(total), not_listed: Some(self.left(total)).filter(|left| *left > 0) }
    }

    /// The rows of `all` that stand on it.
    pub(super) fn of<T>(self, all: &[T]) -> &[T] {
        let rest = all.get(self.skipped()..).unwrap_or_default();
        rest.get(..self.rows).unwrap_or(rest)
    }

    /// Refuses a page behind the last of `total` rows.
    pub(super) fn check(self, total: usize) -> Result<()> {
        let pages = total.div_ceil(self.rows.max(1)).max(1);
        if self.number <= pages {
            return Ok(());
        }
        let are = if pages == 1 { "is" } else { "are" };
        let sentence = format!("There {are} {} of {} here; there is no page {}.", count(pages, "page"), self.rows, self.number);
        Err(Error::new(ErrorKind::NotFound, sentence))
    }

    /// Which rows of `total` these are: `5`, or `6 to 10` on a later page.
    pub(super) fn span(self, total: usize) -> String {
        let last = total - self.left(total);
        match self.skipped() {
            0 => last.to_string(),
            before if before + 1 == last => last.to_string(),
            before => format!("{} to {last}", before + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_row_once() {
        for (total, rows) in [(0, 5), (1, 5), (5, 5), (6, 5), (139, 25), (139, 500)] {
            let all: Vec<usize> = (0..total).collect();
            let (mut seen, mut number) = (Vec::new(), Some(1));
            while let Some(page) = number {
                let page = ListPage { number: page, rows };
                page.check(total).unwrap();
                seen.extend_from_slice(page.of(&all));
                assert_eq!(page.left(total), total - seen.len());
                number = page.next(total);
            }
            assert_eq!(seen, all);
        }
    }

    #[test]
    fn a_page_says_where_it_is() {
        let page = |number| ListPage { number, rows: 5 };
        assert_eq!([page(1).span(139), page(2).span(139), page(28).span(139), page(1).span(3)], ["5", "6 to 10", "136 to 139", "3"]);
        assert_eq!(page(2).span(6), "6");
        let refused = page(29).check(139).unwrap_err().sentence;
        assert_eq!(refused, "There are 28 pages of 5 here; there is no page 29.");
        assert!(page(usize::MAX).check(139).is_err() && page(1).check(0).is_ok());
    }
}
