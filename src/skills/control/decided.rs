//! What did people decide about a control, until when, and what did our own people add?

use jiff::civil::Date;

use super::{
    super::{annotations::AnnotationFields, format},
    AboutControl, WHOLE,
};
use crate::{
    card::{Tone, Word},
    score::{
        Annotation, ControlState, InForce,
        change::day_of,
        stated_expiry::{StatedExpiry, stated_expiry},
    },
    text::{self, cut_for_tokens},
};

/// How much of a comment assistants see, in quarters of a token.
const COMMENT: usize = 100;
/// How much of names and of what our own people noted, likewise.
const PERSON: usize = 48;
const NOTE: usize = 160;

/// The decision in force, and until when.
pub(super) struct ControlDecision {
    state: String,
    /// When it was made.
    pub day: Option<Date>,
    end: Option<StatedExpiry>,
    today: Date,
}

impl ControlDecision {
    /// For programs and assistants: `risk accepted on 2026-04-25, EXPIRED 2026-09-07`.
    fn text(&self) -> String {
        let day = self.day.map_or_else(String::new, |day| format!(" on {day}"));
        let until = match &self.end {
            Some(StatedExpiry::Day(until)) => format!(", {} {until}", if self.is_expired() { "EXPIRED" } else { "until" }),
            Some(StatedExpiry::Unclear(written)) => format!(", end not understood: {}", format::quote(written)),
            None => String::new(),
        };
        format!("{}{day}{until}", self.state)
    }

    /// For people, as it stands beside the points: `risk accepted until 2026-12-31`.
    pub(super) fn word(&self) -> Word {
        match &self.end {
            Some(StatedExpiry::Day(until)) if self.is_expired() => Word::toned(format!("{}, expired {until}", self.state), Tone::Warn),
            Some(StatedExpiry::Day(until)) => Word::plain(format!("{} until {until}", self.state)),
            Some(StatedExpiry::Unclear(written)) => {
                Word::toned(format!("{}, end not understood: {}", self.state, format::quote(written)), Tone::Warn)
            }
            None => Word::plain(self.state.clone()),
        }
    }

    fn is_expired(&self) -> bool {
        matches!(self.end, Some(StatedExpiry::Day(until)) if until < self.today)
    }
}

impl AboutControl {
    /// Adds what somebody decided; until when, our own people know better than the words.
    pub(super) fn decided(&mut self, decided: Option<InForce<'_>>, annotation: Option<&Annotation>, today: Date, names: bool) {
        let ours = annotation.and_then(|annotation| annotation.until);
        let accepted = decided.is_some_and(|decided| decided.update.state == ControlState::Accepted);
        self.until = ours.filter(|_| !accepted);
        let Some(InForce { update, first, .. }) = decided else { return };
        let end = ours.map(StatedExpiry::Day).or_else(|| stated_expiry(update.comment.as_deref()?)).filter(|_| accepted);
        let day = first.at.map(day_of);
        let decision = ControlDecision { state: format::state(&update.state), day, end, today };
        self.state = Some(decision.text());
        self.decision = Some(decision);
        self.by = first.by.as_ref().filter(|_| names).map(|by| cut_for_tokens(by, PERSON));
        self.comment = update.comment.as_ref().map(|comment| cut_for_tokens(comment, COMMENT));
    }

    /// Adds what our own people noted, all of it where the `whole` is asked for.
    pub(super) fn noted(&mut self, annotation: Option<&Annotation>, whole: bool, names: bool) {
        let Some(annotation) = annotation else { return };
        let room = if whole { (WHOLE, WHOLE) } else { (PERSON, NOTE) };
        self.annotations = AnnotationFields::roomy(Some(annotation), names, room);
        self.changed = Some(format::minute(annotation.at));
        self.changed_at = Some(annotation.at);
        self.changed_by = Some(cut_for_tokens(&text::person(&annotation.by), PERSON)).filter(|_| names);
        self.changed_by_id = Some(annotation.by.clone()).filter(|_| names);
    }
}
