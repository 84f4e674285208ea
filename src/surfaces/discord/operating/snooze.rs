//! How does somebody say that they do not want to hear of something for a while? By a command, or below an alert by a button and its form.

use jiff::{SignedDuration, Timestamp};
use serenity::all::{CreateActionRow, CreateInteractionResponse, CreateModal};

use super::{
    super::{
        command_options::CommandOptions,
        component_id::to_snooze,
        conversation::{Conversation, unknown},
        escape::{code, mention, words},
        interaction_context::InteractionContext,
        modal,
        outgoing_message::{OutgoingMessage, sentence},
    },
    CONTROL, list,
};
use crate::{
    access::Asker,
    error::{Error, Result},
    manifests::discord::{REASON_MAX, REASON_MIN, SNOOZE_DAYS, SNOOZE_DAYS_MAX},
    operations::{SnoozeShown, SnoozeWish, may_snooze},
};

/// The names of options and of inputs.
const KIND: &str = "kind";
const DAYS: &str = "days";
const REASON: &str = "reason";
/// So many snoozes of one button are named; it may be one for each control that a message told.
const NAMED: usize = 5;

impl Conversation {
    /// Snoozes, lists what is snoozed, or ends it.
    pub(super) async fn snooze(&self, context: &InteractionContext, asker: &Asker, typed: &CommandOptions<'_>) -> Result<OutgoingMessage> {
        let (tenant, control, kind) = (typed.tenant(context, &self.grants()), typed.text(CONTROL), typed.text(KIND).unwrap_or_default());
        let door = &*self.operations;
        match typed.sub {
            Some("add") => {
                let until = in_days(days(typed.text(DAYS).as_deref())?)?;
                let wish = SnoozeWish { tenant, control, kind, until, reason: typed.text(REASON).unwrap_or_default() };
                Ok(list("Snoozed", &[line(&door.snooze(asker, &wish).await?)], ""))
            }
            Some("list") => {
                let of_it = |snooze: &SnoozeShown| tenant.as_ref().is_none_or(|tenant| snooze.tenant == *tenant);
                let lines: Vec<String> = door.snoozes(asker).await?.iter().filter(|snooze| of_it(snooze)).map(line).collect();
                Ok(list("Snoozed at the moment", &lines, "Nothing is snoozed."))
            }
            Some("end") => {
                let ended = door.unsnooze(asker, tenant.as_deref(), control.as_deref(), &kind).await?;
                Ok(sentence(if ended {
                    "Alerts about it are sent again from now on."
                } else {
                    "Nothing like that is snoozed. See `/snooze list`: tenant, control and kind must be the same."
                }))
            }
            _ => Err(unknown()),
        }
    }

    /// Asks whoever pressed the button below the alert with the id `delivery` why, and for how long.
    pub(in super::super) async fn ask_to_snooze(&self, context: &InteractionContext, delivery: &str) -> Result<()> {
        let asker = context.asker(&self.grants()).ok_or_else(|| context.nobody());
        // Known before anybody thinks about words that would be refused.
        match asker.and_then(|asker| may_snooze(&asker)) {
            Ok(()) => self.client.first(context.id, &context.token, CreateInteractionResponse::Modal(asking_why(delivery))).await,
            Err(error) => self.refuse(context, &error).await,
        }
    }

    /// Snoozes what the alert with the id `delivery` told, as somebody filled in.
    pub(in super::super) async fn snooze_told(
        &self,
        context: &InteractionContext,
        delivery: &str,
        filled: &[(String, String)],
    ) -> Result<()> {
        let Some(asker) = context.asker(&self.grants()) else { return self.refuse(context, &context.nobody()).await };
        let of = |name: &str| filled.iter().find(|(input, _)| input == name).map(|(_, typed)| typed.as_str());
        let making = async {
            let made = self.operations.snooze_delivery(&asker, delivery, days(of(DAYS))?, of(REASON).unwrap_or_default()).await?;
            let mut lines: Vec<String> = made.iter().take(NAMED).map(line).collect();
            if made.len() > NAMED {
                lines.push(format!("-# … and {} more", made.len() - NAMED));
            }
            lines.push(format!("-# End it with {}.", code("/snooze end")));
            Ok(list("Snoozed", &lines, ""))
        };
        self.tell(context, Box::pin(making)).await
    }
}

fn asking_why(delivery: &str) -> CreateModal {
    let reason = modal::words(REASON, "Why", "For those who wonder later", REASON_MIN..=REASON_MAX);
    let days = modal::words(DAYS, "For how many days", &format!("1 to {SNOOZE_DAYS_MAX}"), 1..=2).value(SNOOZE_DAYS.to_string());
    let rows = [reason, days].map(CreateActionRow::InputText).to_vec();
    CreateModal::new(to_snooze(delivery), "No more of this for a while").components(rows)
}

/// How many days somebody typed.
fn days(typed: Option<&str>) -> Result<u8> {
    let Some(typed) = typed else { return Ok(SNOOZE_DAYS) };
    let days = typed.trim().parse().ok().filter(|days| (1..=SNOOZE_DAYS_MAX).contains(days));
    days.ok_or_else(|| Error::bad_arguments(format!("`days` takes a whole number of days from 1 to {SNOOZE_DAYS_MAX}.")))
}

fn in_days(days: u8) -> Result<Timestamp> {
    Timestamp::now().checked_add(SignedDuration::from_hours(24 * i64::from(days))).map_err(Error::internal)
}

/// A snooze as a line; its days in the clock of whoever reads.
fn line(snooze: &SnoozeShown) -> String {
    let about = snooze.control.as_deref().map_or_else(|| "everything".to_owned(), code);
    let (kind, tenant) = (words(&snooze.kind.replace('_', " ")), words(&snooze.tenant));
    let until = snooze.until.as_second();
    let by = mention(&snooze.by).unwrap_or_else(|| words(&snooze.by));
    format!("**{tenant}** {kind}, {about}: until <t:{until}:d>\n-# {} · {by}", words(&snooze.reason))
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

    #[test]
    fn a_line_is_harmless_whatever_people_wrote() {
        let snooze = SnoozeShown {
            tenant: "contoso".to_owned(),
            control: Some("a`b".to_owned()),
            kind: "control_regresses".to_owned(),
            until: Timestamp::from_second(1_800_000_000).unwrap(),
            reason: "@everyone **now**\n# x".to_owned(),
            by: "discord:1100000000000000007".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let expected =
            "**contoso** control regresses, `a'b`: until <t:1800000000:d>\n-# \\@everyone \\*\\*now\\*\\* \\# x · <@1100000000000000007>";
        assert_eq!(line(&snooze), expected);
        let by = |by: &str| line(&SnoozeShown { by: by.to_owned(), ..snooze.clone() });
        assert!(by("terminal").ends_with(" · terminal") && by("<@7> *x*").ends_with(r" · \<\@7\> \*x\*"), "{}", by("<@7> *x*"));
    }
}
