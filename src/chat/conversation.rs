//! What happens when somebody types, presses, chooses or fills in? One path for all platforms.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    Admission, ChatMessage, ChatTurn, ComponentId, Intent, Notice, Platform, Press, ReplyTarget, Shown, TypedCommand, Visibility,
    commands::{HELP, OPERATIONS, SHARE, SHARE_CHANNEL},
    forms::form,
    help::help,
};
use crate::{
    access::{Asker, chat::Grants},
    ask::{AnswerLimiter, SavedQuestion, SuggestionQuery, Theme},
    error::{Error, ErrorKind, Result},
    operations::Operations,
    skills::{self, TENANT},
};

/// How long a kept question may be looked for at least.
const LOOK_UP_MIN: Duration = Duration::from_secs(1);

/// Everything that answers people on a platform.
pub struct Conversation<P> {
    pub(super) platform: Arc<P>,
    pub(super) asking: Arc<AnswerLimiter>,
    pub(super) operations: Arc<Operations>,
    pub(super) admission: Admission,
    pub(super) theme: Theme,
    pub(super) patience: Duration,
}

/// What somebody did, and with what it is answered.
pub struct Incoming<P: Platform> {
    /// Who, and where.
    pub turn: ChatTurn,
    /// With what it is answered.
    pub handle: P::Handle,
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
        (asking, operations): (Arc<AnswerLimiter>, Arc<Operations>),
        grants: Grants,
        (theme, patience): (Theme, Duration),
    ) -> Self {
        let admission = Admission::new(platform.name(), grants);
        Self { platform, asking, operations, admission, theme, patience }
    }

    /// Answers those to whom `grants` give something from now on.
    pub fn let_in(&self, grants: Grants) {
        self.admission.let_in(grants);
    }

    /// Answers whatever somebody did. What cannot be answered is logged: nobody else is there to be told.
    pub async fn handle(&self, incoming: &Incoming<P>, intent: Intent) {
        let answered = match intent {
            Intent::Command(command) => self.typed(incoming, &command).await,
            Intent::Typing { command, option, typed } => self.typing(incoming, &command, &option, &typed).await,
            Intent::Press(press) => self.pressed(incoming, press).await,
            Intent::Form { id, fields } => self.filled(incoming, &id, fields).await,
        };
        // What came too late, or was answered by another replica, is nobody's fault.
        if let Err(error) = answered
            && error.kind != ErrorKind::NotFound
        {
            let (interaction, title) = (&*incoming.turn.id, self.platform.title());
            tracing::warn!(interaction, cause = error.cause(), "somebody in {title} got no answer: {}", error.sentence);
        }
    }

    async fn typed(&self, incoming: &Incoming<P>, command: &TypedCommand) -> Result<()> {
        if command.name == HELP {
            return self.help(incoming).await;
        }
        if OPERATIONS.iter().any(|operation| operation.name == command.name) {
            return Box::pin(self.operate(incoming, command)).await;
        }
        match self.wanted(command) {
            Ok(asked) => self.answer(incoming, asked).await,
            Err(error) => self.refuse(incoming, &error).await,
        }
    }

    async fn help(&self, incoming: &Incoming<P>) -> Result<()> {
        let turn = &incoming.turn;
        let asker = self.admission.asker(turn);
        let both = asker.iter().cloned().chain(self.admission.everybody(turn));
        let tenants: BTreeSet<String> = both.flat_map(|asker| self.asking.door().view().visible(&asker)).collect();
        let tenants: Vec<String> = tenants.into_iter().collect();
        let help = help(asker.as_ref(), &tenants, self.nobody(turn).sentence);
        self.platform.answer(&incoming.handle, self.notice(&help), ReplyTarget::New { private: true }).await
    }

    /// Offers what somebody may mean who has not finished typing. Nobody is told why there is nothing to offer.
    async fn typing(&self, incoming: &Incoming<P>, command: &TypedCommand, option: &str, typed: &str) -> Result<()> {
        let tenant = self.admission.tenant(&incoming.turn, command.text(TENANT));
        let suggested = match self.admission.asker_about(&incoming.turn, tenant.as_deref()) {
            None => Ok(Vec::new()),
            Some(asker) => match skills::ALL.iter().find(|skill| skill.chat == command.name) {
                Some(skill) => {
                    self.asking.door().suggest(&asker, &SuggestionQuery { skill, option, tenant: tenant.as_deref(), typed }).await
                }
                None => self.suggest_for_an_operation(&asker, &command.name, tenant.as_deref(), (option, typed)).await,
            },
        };
        let suggested = suggested.unwrap_or_else(|error| {
            tracing::debug!(cause = error.cause(), "nothing could be offered: {}", error.sentence);
            Vec::new()
        });
        self.platform.suggest(&incoming.handle, suggested).await
    }

    async fn pressed(&self, incoming: &Incoming<P>, pressed: Press) -> Result<()> {
        let Press { id: custom_id, chosen, label, private, asked_by } = pressed;
        let Some(press) = ComponentId::read(&custom_id) else { return self.refuse(incoming, &self.unknown()).await };
        let id = match (&press, chosen) {
            (ComponentId::Snooze { delivery }, _) => return self.ask_to_snooze(incoming, delivery).await,
            (ComponentId::Pick, Some(chosen)) => chosen,
            (ComponentId::Pick, None) => return self.refuse(incoming, &self.unknown()).await,
            (
                ComponentId::Page { id, .. }
                | ComponentId::Open { id }
                | ComponentId::Fresh { id, .. }
                | ComponentId::Share { id }
                | ComponentId::Find { id },
                _,
            ) => id.clone(),
        };
        let question = match self.saved(incoming, &id).await {
            Ok(question) => question,
            Err(error) => return self.refuse(incoming, &error).await,
        };
        // What others see is only changed by whoever asked for it; everybody else gets an answer of their own.
        let instead = private || asked_by.as_ref() == Some(&incoming.turn.user);
        let seen = if instead && !private { Visibility::Room } else { Visibility::OnlyAsker };
        let asked = match press {
            ComponentId::Page { page, .. } => IncomingQuestion { page, instead, seen, ..IncomingQuestion::alone(question) },
            ComponentId::Fresh { page, .. } => IncomingQuestion { page, instead, seen, fresh: true, ..IncomingQuestion::alone(question) },
            ComponentId::Share { .. } => IncomingQuestion { seen: Visibility::Room, ..IncomingQuestion::alone(question) },
            ComponentId::Find { id } => match form(&id, &label, question.skill, &question.args) {
                Some(form) => return self.platform.open_form(&incoming.handle, form).await,
                None => IncomingQuestion::alone(question),
            },
            ComponentId::Open { .. } | ComponentId::Pick | ComponentId::Snooze { .. } => IncomingQuestion::alone(question),
        };
        self.answer(incoming, asked).await
    }

    /// The question behind a button, for somebody who may ask at all. It is looked up before anything is acknowledged.
    async fn saved(&self, incoming: &Incoming<P>, id: &str) -> Result<SavedQuestion> {
        self.asker(incoming)?;
        let found = tokio::time::timeout(self.patience.max(LOOK_UP_MIN), self.asking.door().saved(id)).await;
        found.unwrap_or_else(|_| Err(Error::new(ErrorKind::Throttled, "The store is busy at the moment. Press again in a few seconds.")))
    }

    /// Does what lacked what somebody filled in.
    async fn filled(&self, incoming: &Incoming<P>, id: &str, fields: Vec<(String, String)>) -> Result<()> {
        match ComponentId::read(id) {
            Some(ComponentId::Snooze { delivery }) => Box::pin(self.snooze_notified(incoming, &delivery, &fields)).await,
            Some(ComponentId::Find { id }) => match self.saved(incoming, &id).await {
                Ok(mut question) => {
                    question.args.extend(fields);
                    self.answer(incoming, IncomingQuestion::alone(question)).await
                }
                Err(error) => self.refuse(incoming, &error).await,
            },
            _ => self.refuse(incoming, &self.unknown()).await,
        }
    }

    /// The question that a command asks.
    fn wanted(&self, command: &TypedCommand) -> Result<IncomingQuestion> {
        let skill = skills::ALL.iter().find(|skill| skill.chat == command.name).ok_or_else(|| self.unknown())?;
        let seen = match command.text(SHARE) {
            None => Visibility::ByDefault,
            Some(shared) if shared == SHARE_CHANNEL => Visibility::Room,
            Some(_) => Visibility::OnlyAsker,
        };
        let tenant = command.text(TENANT).map(ToOwned::to_owned);
        let question = SavedQuestion { skill, tenant, args: command.all_but(&[TENANT, SHARE]) };
        Ok(IncomingQuestion { seen, ..IncomingQuestion::alone(question) })
    }

    /// Who asks, with the rights that they themselves have here.
    pub(super) fn asker(&self, incoming: &Incoming<P>) -> Result<Asker> {
        self.admission.asker(&incoming.turn).ok_or_else(|| self.nobody(&incoming.turn))
    }

    /// A message that shows `notice`.
    pub(super) fn notice(&self, notice: &Notice) -> ChatMessage<P::Body> {
        ChatMessage::new(self.platform.body(Shown::Notice(notice)))
    }

    /// What somebody is told whom no grant names.
    pub(super) fn nobody(&self, turn: &ChatTurn) -> Error {
        Error::new(ErrorKind::Forbidden, self.platform.let_in(turn))
    }

    pub(super) fn unknown(&self) -> Error {
        Error::new(ErrorKind::NotFound, self.platform.unknown())
    }
}
