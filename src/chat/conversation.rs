//! What happens when somebody types, presses, chooses or fills in? One path for all platforms.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{
    ChatMessage, ChatTurn, ComponentId, Intent, Notice, Platform, Press, ReplyTarget, Shown, TypedCommand,
    admission::{ChatAdmission, TurnAdmission, Visibility},
    commands::{COMMANDS, CommandAction, SHARE, SHARE_CHANNEL},
    forms::form,
    help::help,
    words::read_words,
};
use crate::{
    access::{Asker, chat::Grants},
    ask::{AnswerLimiter, SavedQuestion, Suggestion, SuggestionQuery, Theme},
    error::{Error, ErrorKind, Result},
    operations::Operations,
    skills::{Entry, TENANT},
};

/// How long a kept question may be looked for at least.
const LOOK_UP_MIN: Duration = Duration::from_secs(1);

/// Everything that answers people on a platform.
pub struct Conversation<P> {
    pub(super) platform: Arc<P>,
    pub(super) limiter: Arc<AnswerLimiter>,
    pub(super) operations: Arc<Operations>,
    admission: ChatAdmission,
    pub(super) theme: Theme,
    pub(super) patience: Duration,
}

/// What somebody did, and with what it is answered.
pub struct Incoming<P: Platform> {
    /// Who, and where.
    pub turn: ChatTurn,
    /// With what it is answered.
    pub handle: P::Handle,
    /// When it came: the platform does not wait long for its first answer.
    pub arrived: Instant,
}

impl<P: Platform> Incoming<P> {
    /// What came just now.
    pub fn new(turn: ChatTurn, handle: P::Handle) -> Self {
        Self { turn, handle, arrived: Instant::now() }
    }
}

/// A question as somebody asked it.
pub(super) struct IncomingQuestion {
    /// The question.
    pub question: SavedQuestion,
    /// Which page of the answer, from 0.
    pub page: usize,
    /// Whether the answer goes into the message whose button was pressed.
    pub instead: bool,
    /// Who shall see it.
    pub seen: Visibility,
    /// Whether Microsoft shall be read first.
    pub fresh: bool,
}

impl IncomingQuestion {
    /// A question whose answer is for the asker alone, in a message of its own.
    const fn alone(question: SavedQuestion) -> Self {
        Self { question, page: 0, instead: false, seen: Visibility::OnlyAsker, fresh: false }
    }
}

impl<P: Platform> Conversation<P> {
    /// A conversation on `platform` with those whom `grants` let in. An answer is acknowledged after `patience`, to be given later; its picture has the
    /// colours of `theme`.
    pub fn new(
        platform: Arc<P>,
        (limiter, operations): (Arc<AnswerLimiter>, Arc<Operations>),
        grants: Grants,
        (theme, patience): (Theme, Duration),
    ) -> Self {
        let admission = ChatAdmission::new(platform.name(), grants);
        Self { platform, limiter, operations, admission, theme, patience }
    }

    /// Answers those to whom `grants` give something from now on.
    pub fn replace_grants(&self, grants: Grants) {
        self.admission.replace_grants(grants);
    }

    /// Answers whatever somebody did. What cannot be answered is logged: nobody else is there to be told.
    pub async fn handle(&self, incoming: &Incoming<P>, intent: Intent) {
        let seen = self.admission.at(&incoming.turn).in_groups(self.limiter.door().view().groups());
        let answered = match intent {
            Intent::Command(command) => self.on_command(incoming, &seen, &command).await,
            Intent::Words(words) => match read_words(&words, &self.visible_names(&seen)) {
                Ok(command) => self.on_command(incoming, &seen, &command).await,
                // Whoever may see nothing here learns how to be let in, not how to type.
                Err(error) => self.refuse(incoming, &self.asker(incoming, &seen).err().unwrap_or(error)).await,
            },
            Intent::Autocomplete { command, option, typed } => self.on_autocomplete(incoming, &seen, &command, (&option, &typed)).await,
            Intent::Press(press) => self.on_press(incoming, &seen, press).await,
            Intent::Form { id, fields } => self.on_form(incoming, &seen, &id, fields).await,
        };
        // What came too late, or was answered by another replica, is nobody's fault.
        if let Err(error) = answered
            && error.kind != ErrorKind::NotFound
        {
            let (interaction, title) = (&*incoming.turn.id, self.platform.title());
            tracing::warn!(interaction, cause = error.cause(), "somebody in {title} got no answer: {}", error.sentence);
        }
    }

    async fn on_command(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, command: &TypedCommand) -> Result<()> {
        match action(command) {
            Some(CommandAction::Help) => self.help(incoming, seen).await,
            Some(CommandAction::Operate(_)) => Box::pin(self.operate(incoming, seen, command)).await,
            Some(CommandAction::Ask(skill)) => self.answer(incoming, seen, wanted(skill, command)).await,
            None => self.refuse(incoming, &self.unknown()).await,
        }
    }

    async fn help(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>) -> Result<()> {
        let nobody = self.platform.grant_hint(&incoming.turn);
        let help = help(seen.asker().as_ref(), &self.visible_tenants(seen), nobody, |words| self.platform.command_line(words));
        self.platform.answer(incoming, self.notice(&help), ReplyTarget::New { private: true }).await
    }

    /// The tenants that somebody may see here, by themselves or as one of everybody in the room.
    fn visible_tenants(&self, seen: &TurnAdmission<'_>) -> Vec<String> {
        let both = seen.asker().into_iter().chain(seen.everybody());
        let tenants: BTreeSet<String> = both.flat_map(|asker| self.limiter.door().view().visible(&asker)).collect();
        tenants.into_iter().collect()
    }

    /// The same, and the groups that they are in.
    fn visible_names(&self, seen: &TurnAdmission<'_>) -> Vec<String> {
        let both = seen.asker().into_iter().chain(seen.everybody());
        let groups: BTreeSet<String> = both.flat_map(|asker| self.limiter.door().view().visible_groups(&asker)).collect();
        self.visible_tenants(seen).into_iter().chain(groups).collect()
    }

    /// Offers what somebody may mean who has not finished typing. Nobody is told why there is nothing to offer.
    async fn on_autocomplete(
        &self,
        incoming: &Incoming<P>,
        seen: &TurnAdmission<'_>,
        command: &TypedCommand,
        typed: (&str, &str),
    ) -> Result<()> {
        let suggested = timeout_at(incoming.arrived + self.patience.max(LOOK_UP_MIN), self.suggestions(seen, command, typed)).await;
        let suggested = suggested.unwrap_or_else(|_| Err(busy())).unwrap_or_else(|error| {
            tracing::debug!(cause = error.cause(), "nothing could be offered: {}", error.sentence);
            Vec::new()
        });
        self.platform.suggest(incoming, suggested).await
    }

    async fn suggestions(
        &self,
        seen: &TurnAdmission<'_>,
        command: &TypedCommand,
        (option, typed): (&str, &str),
    ) -> Result<Vec<Suggestion>> {
        let tenant = seen.tenant(command.text(TENANT));
        let Some(asker) = seen.asker_about(tenant.as_deref()) else { return Ok(Vec::new()) };
        match action(command) {
            Some(CommandAction::Ask(skill)) => {
                self.limiter.door().suggest(&asker, &SuggestionQuery { skill, option, tenant: tenant.as_deref(), typed }).await
            }
            Some(CommandAction::Operate(_)) => {
                self.suggest_for_an_operation(&asker, &command.name, tenant.as_deref(), (option, typed)).await
            }
            Some(CommandAction::Help) | None => Ok(Vec::new()),
        }
    }

    async fn on_press(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, press: Press) -> Result<()> {
        let Some(component) = ComponentId::decode(&press.id) else { return self.refuse(incoming, &self.unknown()).await };
        let id = match (&component, &press.chosen) {
            (ComponentId::Snooze { delivery }, _) => return self.ask_to_snooze(incoming, seen, delivery).await,
            (ComponentId::Choose, Some(chosen)) => chosen,
            (ComponentId::Choose, None) => return self.refuse(incoming, &self.unknown()).await,
            (
                ComponentId::Page { id, .. }
                | ComponentId::Open { id }
                | ComponentId::Refresh { id, .. }
                | ComponentId::Share { id }
                | ComponentId::AskMissing { id },
                _,
            ) => id,
        };
        let question = match self.saved(incoming, seen, id).await {
            Ok(question) => question,
            Err(error) => return self.refuse(incoming, &error).await,
        };
        let (instead, visibility) = seen.reply_to(&press);
        let here = |question, page, fresh| IncomingQuestion { question, page, instead, seen: visibility, fresh };
        let asked = match component {
            ComponentId::Page { page, .. } => here(question, page, false),
            ComponentId::Refresh { page, .. } => here(question, page, true),
            ComponentId::Share { .. } => IncomingQuestion { seen: Visibility::Room, ..IncomingQuestion::alone(question) },
            ComponentId::AskMissing { id } => match form(&id, &press.label, question.skill, &question.args) {
                Some(form) => return self.platform.open_form(incoming, form).await,
                None => IncomingQuestion::alone(question),
            },
            ComponentId::Open { .. } | ComponentId::Choose | ComponentId::Snooze { .. } => IncomingQuestion::alone(question),
        };
        self.answer(incoming, seen, asked).await
    }

    /// The question behind a button, for somebody who may ask at all. It is looked up before anything is acknowledged.
    async fn saved(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, id: &str) -> Result<SavedQuestion> {
        self.asker(incoming, seen)?;
        let found = timeout_at(incoming.arrived + self.patience.max(LOOK_UP_MIN), self.limiter.door().saved(id)).await;
        found.unwrap_or_else(|_| Err(busy()))
    }

    /// Does what lacked what somebody filled in.
    async fn on_form(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, id: &str, fields: Vec<(String, String)>) -> Result<()> {
        match ComponentId::decode(id) {
            Some(ComponentId::Snooze { delivery }) => Box::pin(self.snooze_notified(incoming, seen, &delivery, &fields)).await,
            Some(ComponentId::AskMissing { id }) => match self.saved(incoming, seen, &id).await {
                Ok(mut question) => {
                    question.args.extend(fields);
                    self.answer(incoming, seen, IncomingQuestion::alone(question)).await
                }
                Err(error) => self.refuse(incoming, &error).await,
            },
            _ => self.refuse(incoming, &self.unknown()).await,
        }
    }

    /// Who asks, with the rights that they themselves have here.
    pub(super) fn asker(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>) -> Result<Asker> {
        seen.asker().ok_or_else(|| self.nobody(&incoming.turn))
    }

    /// A message that shows `notice`.
    pub(super) fn notice(&self, notice: &Notice) -> ChatMessage<P::Body> {
        ChatMessage::new(self.platform.body(Shown::Notice(notice)))
    }

    /// What somebody is told whom no grant names.
    pub(super) fn nobody(&self, turn: &ChatTurn) -> Error {
        Error::new(ErrorKind::Forbidden, self.platform.grant_hint(turn))
    }

    pub(super) fn unknown(&self) -> Error {
        Error::new(ErrorKind::NotFound, self.platform.unknown_command_hint())
    }
}

/// What `command` leads to; `None` for one that we do not know.
fn action(command: &TypedCommand) -> Option<CommandAction> {
    COMMANDS.iter().find(|known| known.name == command.name).map(|known| known.action)
}

/// The question that a command asks.
fn wanted(skill: &'static Entry, command: &TypedCommand) -> IncomingQuestion {
    let seen = match command.text(SHARE) {
        None => Visibility::ByDefault,
        Some(shared) if shared == SHARE_CHANNEL => Visibility::Room,
        Some(_) => Visibility::OnlyAsker,
    };
    let tenant = command.text(TENANT).map(ToOwned::to_owned);
    let question = SavedQuestion { skill, tenant, args: command.all_but(&[TENANT, SHARE]) };
    IncomingQuestion { seen, ..IncomingQuestion::alone(question) }
}

fn busy() -> Error {
    Error::new(ErrorKind::Throttled, "The store is busy at the moment. Press again in a few seconds.")
}
