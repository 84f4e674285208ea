//! How is somebody answered in time? At once where it can be, else acknowledged in time and answered later.
//!
//! Whether they may ask, and whether the arguments are right, is known before anything is acknowledged: so a refusal is
//! seen by the asker alone. What fails later is told to the asker alone, too: a public acknowledgement cannot be turned into
//! a private message, so it is taken away first.

use std::{pin::pin, time::Duration};

use tokio::time::{timeout, timeout_at};

use super::{
    ChatMessage, Conversation, Incoming, Notice, Platform, ReplyMessage, ReplyTarget,
    admission::{AdmissionRefusal, AdmittedQuestion, TurnAdmission},
    conversation::IncomingQuestion,
};
use crate::{
    access::Asker,
    ask::{PreparedQuestion, RefreshOutcome},
    error::{Error, ErrorKind, Result},
};

/// The longest that anything is worked on, whatever a platform allows.
const WORK_MAX: Duration = Duration::from_mins(15);

/// A question that may be asked, and is ready to be.
struct ReadyQuestion {
    admitted: AdmittedQuestion,
    prepared: PreparedQuestion,
    page: usize,
    fresh: bool,
}

impl<P: Platform> Conversation<P> {
    /// Answers what somebody wanted to know.
    pub(super) async fn answer(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, asked: IncomingQuestion) -> Result<()> {
        let instead = asked.instead;
        let ready = match self.prepare(incoming, seen, asked).await {
            Ok(ready) => ready,
            Err(error) => return self.refuse(incoming, &error).await,
        };
        let target = if instead { ReplyTarget::Instead } else { ReplyTarget::New { private: ready.admitted.is_private() } };
        self.answer_with(incoming, target, Box::pin(self.compose(ready))).await
    }

    /// Answers the asker alone with what `composing` comes to.
    pub(super) async fn reply_privately(
        &self,
        incoming: &Incoming<P>,
        composing: impl Future<Output = Result<ChatMessage<P::Body>>> + Send,
    ) -> Result<()> {
        self.answer_with(incoming, ReplyTarget::New { private: true }, composing).await
    }

    async fn answer_with(
        &self,
        incoming: &Incoming<P>,
        target: ReplyTarget,
        composing: impl Future<Output = Result<ChatMessage<P::Body>>> + Send,
    ) -> Result<()> {
        let mut composing = pin!(composing);
        match timeout_at(incoming.arrived + self.patience, composing.as_mut()).await {
            Ok(Ok(message)) => match self.platform.answer(incoming, message, target).await {
                Err(error) if error.kind != ErrorKind::NotFound => self.refuse(incoming, &self.not_taken(&error)).await,
                done => done,
            },
            Ok(Err(error)) => self.refuse(incoming, &error).await,
            Err(_) => self.answer_later(incoming, target, composing).await,
        }
    }

    /// Tells the asker alone, and at once, why there is no answer.
    pub(super) async fn refuse(&self, incoming: &Incoming<P>, error: &Error) -> Result<()> {
        let sentence = if error.kind == ErrorKind::Internal { self.traced(incoming, error) } else { error.sentence.clone() };
        let message = self.notice(&Notice::sentence(sentence));
        self.platform.answer(incoming, message, ReplyTarget::New { private: true }).await
    }

    async fn answer_later(
        &self,
        incoming: &Incoming<P>,
        target: ReplyTarget,
        composing: impl Future<Output = Result<ChatMessage<P::Body>>> + Send,
    ) -> Result<()> {
        let platform = &*self.platform;
        // One whose answer got lost was taken all the same: only what came too late ends here.
        if let Err(error) = platform.acknowledge(incoming, target).await
            && matches!(error.kind, ErrorKind::NotFound | ErrorKind::Misconfigured)
        {
            return Err(error);
        }
        let in_time = timeout(platform.answerable_for().min(WORK_MAX), composing).await;
        let error = match in_time.unwrap_or_else(|_| Err(Error::internal("the time in which a turn can be answered is over"))) {
            Ok(message) => match platform.complete(incoming, message, target).await {
                Err(error) if error.kind != ErrorKind::NotFound => self.not_taken(&error),
                done => return done,
            },
            Err(error) => error,
        };
        let message = self.notice(&Notice::sentence(self.traced(incoming, &error)));
        match target {
            ReplyTarget::New { private: true } => return platform.complete(incoming, message, target).await,
            // First: what follows an acknowledgement would otherwise take its place, and its visibility.
            ReplyTarget::New { private: false } => platform.retract(incoming).await?,
            ReplyTarget::Instead => {}
        }
        platform.follow_up(incoming, message).await
    }

    /// Whether this may be asked, by whom, and who will see the answer.
    async fn prepare(&self, incoming: &Incoming<P>, seen: &TurnAdmission<'_>, asked: IncomingQuestion) -> Result<ReadyQuestion> {
        let IncomingQuestion { question, page, instead: _, seen: visibility, fresh } = asked;
        let admitted = seen.admit(question, visibility).map_err(|refused| match refused {
            AdmissionRefusal::Nobody => self.nobody(&incoming.turn),
            AdmissionRefusal::NotForAll => self.not_for_all(),
        })?;
        let question = admitted.question();
        let prepared = self.limiter.door().prepare(admitted.asker(), &question.question(&question.pairs(), self.platform.name())).await?;
        Ok(ReadyQuestion { admitted, prepared, page, fresh })
    }

    async fn compose(&self, ready: ReadyQuestion) -> Result<ChatMessage<P::Body>> {
        let ReadyQuestion { admitted, prepared, page, fresh } = ready;
        let question = admitted.question();
        let (note, reply) = if fresh {
            // What was prepared is about what was read before.
            let note = self.freshen(admitted.asker(), question.tenant.as_deref()).await?;
            (note, self.limiter.ask(admitted.asker(), &question.question(&question.pairs(), self.platform.name())).await?)
        } else {
            (None, self.limiter.answer(prepared).await?)
        };
        let message = ReplyMessage {
            platform: &*self.platform,
            ask: self.limiter.door(),
            question,
            reply: &reply,
            page,
            share: admitted.is_shareable(),
            theme: self.theme,
        };
        Ok(ChatMessage { note, ..message.build().await? })
    }

    /// Reads Microsoft before answering; what to say about it, where that is not what was expected.
    async fn freshen(&self, asker: &Asker, tenant: Option<&str>) -> Result<Option<String>> {
        let refreshed = self.limiter.door().refresh(asker, tenant).await;
        Ok(match refreshed {
            Ok(RefreshOutcome::Read) => None,
            Ok(RefreshOutcome::Recent(at)) => {
                Some(format!("Fetched from Microsoft at {}; the next fetch is possible 5 minutes later.", at.strftime("%H:%M UTC")))
            }
            Ok(RefreshOutcome::NotRead) => {
                Some("This tenant is not fetched from Microsoft here: this is what was imported last.".to_owned())
            }
            Err(error) if matches!(error.kind, ErrorKind::BadArguments | ErrorKind::NotFound) => return Err(error),
            // What an operator has to do about it names the tenant's registration, which is not everybody's business.
            Err(error) => {
                let title = self.platform.title();
                tracing::warn!(cause = error.cause(), "not read although somebody in {title} wanted it: {}", error.sentence);
                Some(
                    "Nothing could be fetched from Microsoft now: this is the last data. `scorewatch check` tells an operator why."
                        .to_owned(),
                )
            }
        })
    }

    fn not_for_all(&self) -> Error {
        let hint = self.platform.not_for_all_hint();
        let sentence = format!("Not everybody in this channel may see that, so it is not shown to all: ask without share. {hint}");
        Error::new(ErrorKind::Forbidden, sentence)
    }

    /// What the asker hears where the platform refuses the answer.
    fn not_taken(&self, error: &Error) -> Error {
        let sentence = format!("{} did not take the answer. Ask again; if it happens again, tell an operator.", self.platform.title());
        Error::new(ErrorKind::Internal, sentence).because(error.to_string())
    }

    /// With what an operator finds the reason by in the log.
    fn traced(&self, incoming: &Incoming<P>, error: &Error) -> String {
        let (id, title) = (&*incoming.turn.id, self.platform.title());
        tracing::warn!(interaction = id, cause = error.cause(), "not answered in {title}: {}", error.sentence);
        format!("{} (request {id})", error.sentence)
    }
}
