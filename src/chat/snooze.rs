//! How does somebody say that they do not want to hear of something for a while? By a command, or below an alert by a button and its form.

use jiff::{SignedDuration, Timestamp};

use super::{
    ChatMessage, ComponentId, Conversation, Form, FormInput, Incoming, Notice, NoticeLine, Phrase, Platform, TypedCommand,
    admission::TurnAdmission,
    commands::{CHAT_SNOOZE_DAYS_MAX, SNOOZE_DAYS},
    operating::CONTROL,
};
use crate::{
    access::Asker,
    alert::SNOOZE_REASON,
    ask::ALL_TENANTS,
    error::{Error, Result},
    operations::{SnoozeShown, SnoozeWish, may_snooze},
    skills::TENANT,
};

/// The names of options and of inputs.
const KIND: &str = "kind";
const DAYS: &str = "days";
const REASON: &str = "reason";
/// So many snoozes of one button are named; it may be one for each control that a message told.
const NAMED: usize = 5;

impl<P: Platform> Conversation<P> {
    /// Snoozes, lists what is snoozed, or ends it.
    pub(super) async fn snooze(&self, seen: &TurnAdmission<'_>, asker: &Asker, typed: &TypedCommand) -> Result<ChatMessage<P::Body>> {
        let tenant = seen.tenant(typed.text(TENANT));
        let (control, kind) = (typed.text(CONTROL).map(ToOwned::to_owned), typed.text(KIND).unwrap_or_default());
        let door = &*self.operations;
        let notice = match typed.sub.as_deref() {
            Some("add") => {
                let until = in_days(days(typed.text(DAYS))?)?;
                let reason = typed.text(REASON).unwrap_or_default().to_owned();
                let wish = SnoozeWish { tenant, control, kind: kind.to_owned(), until, reason };
                Notice::list("Snoozed", vec![entry(&door.snooze(asker, &wish).await?)], "")
            }
            Some("list") => {
                let of_it = |snooze: &SnoozeShown| tenant.as_ref().is_none_or(|tenant| tenant == ALL_TENANTS || snooze.tenant == *tenant);
                let entries = door.snoozes(asker).await?.iter().filter(|snooze| of_it(snooze)).map(entry).collect();
                Notice::list("Snoozed at the moment", entries, "Nothing is snoozed.")
            }
            Some("end") => {
                let ended = door.unsnooze(asker, tenant.as_deref(), control.as_deref(), kind).await?;
                let list = self.platform.command_line("snooze list");
                Notice::sentence(if ended {
                    "Alerts about it are sent again from now on.".to_owned()
                } else {
                    format!("Nothing like that is snoozed. See `{list}`: tenant, control and kind must be the same.")
                })
            }
            _ => return Err(self.unknown()),
        };
        Ok(self.notice(&notice))
    }

    /// Asks whoever pressed the button below the alert with the id `delivery` why, and for how long.
    pub(super) async fn ask_to_snooze(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, delivery: &str) -> Result<()> {
        // Known before anybody thinks about words that would be refused.
        match self.asker(incoming, seen).and_then(|asker| may_snooze(&asker)) {
            Ok(()) => self.platform.open_form(incoming, asking_why(delivery)).await,
            Err(error) => self.refuse(incoming, &error).await,
        }
    }

    /// Snoozes what the alert with the id `delivery` notified of, as somebody filled in.
    pub(super) async fn snooze_notified(
        &self,
        incoming: &Incoming<P>,
        seen: &TurnAdmission<'_>,
        delivery: &str,
        fields: &[(String, String)],
    ) -> Result<()> {
        let of = |name: &str| fields.iter().find(|(input, _)| input == name).map(|(_, typed)| typed.as_str());
        let composing = async {
            let asker = self.asker(incoming, seen)?;
            let snoozes = self.operations.snooze_delivery(&asker, delivery, days(of(DAYS))?, of(REASON).unwrap_or_default()).await?;
            let mut entries: Vec<_> = snoozes.iter().take(NAMED).map(entry).collect();
            if snoozes.len() > NAMED {
                entries.push(vec![NoticeLine::small(vec![Phrase::Text(format!("… and {} more", snoozes.len() - NAMED))])]);
            }
            entries.push(vec![NoticeLine::small(vec![Phrase::Sentence(
                format!("End it with `{}`.", self.platform.command_line("snooze end")).into(),
            )])]);
            Ok(self.notice(&Notice::list("Snoozed", entries, "")))
        };
        self.reply_privately(incoming, Box::pin(composing)).await
    }
}

fn asking_why(delivery: &str) -> Form {
    let input = |name: &str, label: &str, hint: String, characters| FormInput {
        name: name.to_owned(),
        label: label.to_owned(),
        hint,
        characters,
        value: None,
    };
    let reason = input(REASON, "Why", "For those who wonder later".to_owned(), SNOOZE_REASON);
    let days = input(DAYS, "For how many days", format!("1 to {CHAT_SNOOZE_DAYS_MAX}"), 1..=2);
    let days = FormInput { value: Some(SNOOZE_DAYS.to_string()), ..days };
    let id = ComponentId::Snooze { delivery: delivery.to_owned() };
    Form { id, title: "No more of this for a while".to_owned(), inputs: vec![reason, days] }
}

/// How many days somebody typed.
fn days(typed: Option<&str>) -> Result<u8> {
    let Some(typed) = typed else { return Ok(SNOOZE_DAYS) };
    let days = typed.trim().parse().ok().filter(|days| (1..=CHAT_SNOOZE_DAYS_MAX).contains(days));
    days.ok_or_else(|| Error::bad_arguments(format!("`days` takes a whole number of days from 1 to {CHAT_SNOOZE_DAYS_MAX}.")))
}

fn in_days(days: u8) -> Result<Timestamp> {
    Timestamp::now().checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(Error::internal)
}

/// A snooze in two lines; its end in the clock of whoever reads.
fn entry(snooze: &SnoozeShown) -> Vec<NoticeLine> {
    let about = snooze.control.clone().map_or(Phrase::Fixed("everything"), Phrase::Code);
    let what = vec![
        Phrase::Strong(snooze.tenant.clone()),
        Phrase::Fixed(" "),
        Phrase::Text(snooze.kind.replace('_', " ")),
        Phrase::Fixed(", "),
        about,
        Phrase::Fixed(": until "),
        Phrase::Day(snooze.until),
    ];
    let why = vec![Phrase::Text(snooze.reason.clone()), Phrase::Fixed(" · "), Phrase::Person(snooze.by.clone())];
    vec![NoticeLine::new(what), NoticeLine::small(why)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_few_and_whole() {
        assert_eq!((days(None).unwrap(), days(Some(" 14 ")).unwrap()), (SNOOZE_DAYS, 14));
        for wrong in ["0", "91", "-1", "1.5", "a week", "", "256"] {
            assert!(days(Some(wrong)).unwrap_err().sentence.contains("1 to 90"), "{wrong}");
        }
    }
}
