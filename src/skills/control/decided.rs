//! What did people decide about a control, until when, and what did our own people add?

use jiff::civil::Date;

use super::{
    super::{annotations::AnnotationFields, format},
    AboutControl,
};
use crate::{
    card::{Tone, Word},
    score::{Annotation, ControlState, InForce, change::day_of, risk::decision_end, stated_expiry::StatedExpiry},
    text,
};

/// The decision in force, and until when.
pub(super) struct ControlDecision {
    state: String,
    /// Whether it is an acceptance, of which people look for an end.
    accepted: bool,
    /// When it was made.
    pub day: Option<Date>,
    end: Option<StatedExpiry>,
    today: Date,
}

impl ControlDecision {
    /// For assistants, with who made it: `risk accepted 2026-04-25 by mira@contoso.example, expired 2026-09-07 (Microsoft still counts it as accepted)`.
    pub(super) fn text(&self, by: Option<&str>) -> String {
        let day = self.day.map_or_else(String::new, |day| format!(" {day}"));
        let by = by.map_or_else(String::new, |by| format!(" by {}", format::person(by)));
        let until = match &self.end {
            Some(StatedExpiry::Day(until)) if self.is_expired() => format!(", expired {until} (Microsoft still counts it as accepted)"),
            Some(StatedExpiry::Day(until)) => format!(", until {until}"),
            Some(StatedExpiry::Unclear(written)) => format!(", end not understood: {}", format::quote(written)),
            None if self.accepted => ", no end".to_owned(),
            None => String::new(),
        };
        format!("{}{day}{by}{until}", self.state)
    }

    /// For people, as it stands beside the points: `risk accepted until 2026-12-31`.
    pub(super) fn word(&self) -> Word {
        match &self.end {
            Some(StatedExpiry::Day(until)) if self.is_expired() => {
                Word::toned(format!("{}, expired {until}, which Microsoft still counts as accepted", self.state), Tone::Warn)
            }
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
        self.until = ours;
        self.ours_until = ours.filter(|_| !accepted);
        let Some(InForce { update, first, profile, .. }) = decided else { return };
        let end = decision_end(profile, annotation).filter(|_| accepted);
        let day = first.at.map(day_of);
        let decision = ControlDecision { state: format::state(&update.state), accepted, day, end, today };
        self.state = Some(decision.state.clone());
        self.on = decision.day;
        self.expired = decision.is_expired();
        match &decision.end {
            Some(StatedExpiry::Day(until)) => self.until = Some(*until),
            Some(StatedExpiry::Unclear(written)) => self.unclear_end = Some(written.clone()),
            None => {}
        }
        self.decision = Some(decision);
        self.by = first.by.clone().filter(|_| names);
        self.comment.clone_from(&update.comment);
    }

    /// Adds what our own people noted.
    pub(super) fn noted(&mut self, annotation: Option<&Annotation>, names: bool) {
        let Some(annotation) = annotation else { return };
        self.annotations = AnnotationFields::of(Some(annotation), names);
        self.changed = Some(format::minute(annotation.at));
        self.changed_at = Some(annotation.at);
        self.changed_by = Some(text::person(&annotation.by)).filter(|_| names);
        self.changed_by_id = Some(annotation.by.clone()).filter(|_| names);
    }
}
