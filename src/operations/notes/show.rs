//! How is a note shown to whoever changed it or asked for it? As a card, with what it was before.

use jiff::tz::TimeZone;

use super::Annotated;
use crate::{
    card::{Block, Card, Fact, Tone, Word},
    score::Annotation,
};

impl Annotated {
    /// What is noted now and what was before, for people who see names.
    pub fn card(&self) -> Card {
        let lead = match (&self.now, self.changed()) {
            (Some(_), true) => Word::toned("Noted.", Tone::Good),
            (None, true) => Word::toned("Nothing is noted any more.", Tone::Good),
            (Some(_), false) if self.wanted => Word::toned("Nothing changed: that is how it stood.", Tone::Quiet),
            (Some(_), false) => Word::plain("This is noted."),
            (None, false) if self.wanted => Word::toned("Nothing changed: nothing was noted.", Tone::Quiet),
            (None, false) => Word::toned("Nothing is noted.", Tone::Quiet),
        };
        let mut blocks = vec![Block::Lead(vec![lead])];
        let facts = facts(self.was.as_ref(), self.now.as_ref());
        blocks.extend((!facts.is_empty()).then_some(Block::Facts(facts)));
        if !self.accepted && self.now.as_ref().is_some_and(|now| now.until.is_some()) {
            blocks.push(Block::Note("Its day counts once its risk is accepted.".to_owned()));
        }
        if self.nearest {
            blocks.push(Block::Note("Nothing is called or titled like that; this is the nearest.".to_owned()));
        }
        Card::new(&*self.title, blocks, format!("{}, {}", self.control, self.tenant))
    }
}

fn facts(was: Option<&Annotation>, now: Option<&Annotation>) -> Vec<Fact> {
    let (before, after) = (was.map(parts).unwrap_or_default(), now.map(parts).unwrap_or_default());
    let pairs = ["owner", "until", "status", "note"].into_iter().zip(before.into_iter().zip(after));
    let mut facts: Vec<Fact> = pairs.filter_map(|(label, (was, now))| fact(label, was, now)).collect();
    if let Some(now) = now {
        let at = now.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC");
        facts.push(Fact::new("changed", Word::toned(at.to_string(), Tone::Quiet)));
        facts.push(Fact::new("by", Word::person(&now.by)));
    }
    facts
}

/// One part as it is, and what it was where that is another; `None` where there neither is nor was one.
fn fact(label: &str, was: Option<String>, now: Option<String>) -> Option<Fact> {
    let value = match (was, now) {
        (None, None) => return None,
        (Some(was), None) => Word::toned(format!("none (was {was})"), Tone::Quiet),
        (None, Some(now)) => Word::plain(now),
        (Some(was), Some(now)) if was == now => Word::plain(now),
        (Some(was), Some(now)) => Word::plain(format!("{now} (was {was})")),
    };
    Some(Fact::new(label, value))
}

fn parts(annotation: &Annotation) -> [Option<String>; 4] {
    let Annotation { owner, until, note, status, at: _, by: _ } = annotation;
    [owner.clone(), until.map(|until| until.to_string()), status.map(|status| status.words().to_owned()), note.clone()]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::score::Status;

    fn annotation(owner: &str, status: Option<Status>) -> Annotation {
        Annotation {
            owner: Some(owner.to_owned()),
            until: Some(date(2027, 3, 31)),
            note: None,
            status,
            at: jiff::Timestamp::UNIX_EPOCH,
            by: "terminal".to_owned(),
        }
    }

    fn shown(was: Option<Annotation>, now: Option<Annotation>, wanted: bool) -> Vec<String> {
        lines_of(was, now, wanted, true)
    }

    fn lines_of(was: Option<Annotation>, now: Option<Annotation>, wanted: bool, accepted: bool) -> Vec<String> {
        let annotated = Annotated {
            tenant: "contoso".to_owned(),
            control: "AdminMFAV2".to_owned(),
            title: "Require MFA".to_owned(),
            nearest: false,
            accepted,
            wanted,
            was,
            now,
        };
        let mut lines = Vec::new();
        for block in annotated.card().blocks {
            if let Block::Lead(words) = block {
                lines.extend(words.into_iter().map(|word| word.text));
            } else if let Block::Facts(facts) = block {
                lines.extend(facts.into_iter().map(|fact| format!("{}: {}", fact.label, fact.value.line())));
            } else if let Block::Note(note) = block {
                lines.push(note);
            }
        }
        lines
    }

    #[test]
    fn what_it_was_stands_beside_what_it_is() {
        let (ada, grace) = (annotation("Ada", None), annotation("Grace", Some(Status::InProgress)));
        let changed = ["changed: 1970-01-01 00:00 UTC", "by: terminal"];
        assert_eq!(
            shown(Some(ada.clone()), Some(grace.clone()), true),
            [&["Noted.", "owner: Grace (was Ada)", "until: 2027-03-31", "status: in progress"][..], &changed].concat()
        );
        assert_eq!(
            shown(Some(grace), None, true),
            ["Nothing is noted any more.", "owner: none (was Grace)", "until: none (was 2027-03-31)", "status: none (was in progress)"]
        );
        let same = shown(Some(ada.clone()), Some(ada.clone()), true);
        assert_eq!(same, [&["Nothing changed: that is how it stood.", "owner: Ada", "until: 2027-03-31"][..], &changed].concat());
        assert_eq!(shown(Some(ada.clone()), Some(ada), false)[0], "This is noted.");
        assert_eq!(
            [shown(None, None, true), shown(None, None, false)].concat(),
            ["Nothing changed: nothing was noted.", "Nothing is noted."]
        );
    }
    #[test]
    fn a_day_on_what_is_not_accepted_says_when_it_counts() {
        let dated = || Some(annotation("Ada", None));
        let remark =
            |accepted, now| lines_of(None, now, true, accepted).iter().any(|line| line == "Its day counts once its risk is accepted.");
        assert!(remark(false, dated()) && !remark(true, dated()));
        assert!(!remark(false, Some(Annotation { until: None, ..annotation("Ada", None) })) && !remark(false, None));
    }
}
