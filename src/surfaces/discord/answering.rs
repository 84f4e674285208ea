//! How is somebody answered in time? At once where it can be, else acknowledged within Discord's 3 seconds and answered later.
//!
//! Whether they may ask, and whether the arguments are right, is known before anything is acknowledged: so a refusal is
//! seen by the asker alone. What fails later is told to the asker alone, too: a public acknowledgement cannot be turned into
//! a private message, so it is taken away first
//! (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type>).

use std::pin::pin;

use serenity::all::{CreateInteractionResponse, CreateInteractionResponseMessage};

use super::{
    answer_message::AnswerMessage,
    conversation::{Conversation, IncomingQuestion, ReplyTarget, Visibility},
    interaction_context::{InteractionContext, shows},
    limits::TOKEN_LIFE,
    outgoing_message::{OutgoingMessage, sentence},
    settings::PLATFORM,
};
use crate::{
    access::Asker,
    ask::{PreparedQuestion, RefreshOutcome, SavedQuestion},
    error::{Error, ErrorKind, Result},
};

/// A question that may be asked.
struct Admitted {
    asker: Asker,
    kept: SavedQuestion,
    prepared: PreparedQuestion,
    page: usize,
    way: ReplyTarget,
    ephemeral: bool,
    /// Whether it may be shown to everybody in the channel, and is not yet.
    share: bool,
    fresh: bool,
}

impl ReplyTarget {
    fn first(self, said: OutgoingMessage, ephemeral: bool) -> CreateInteractionResponse {
        match self {
            Self::New => said.into_first(ephemeral),
            Self::Instead => said.into_update(),
        }
    }
}

impl Conversation {
    /// Answers what somebody whom we met wanted.
    pub(super) async fn answer(&self, context: &InteractionContext, wanted: IncomingQuestion) -> Result<()> {
        let admitted = match self.admit(context, wanted).await {
            Ok(admitted) => admitted,
            Err(error) => return self.refuse(context, &error).await,
        };
        self.answer_with(context, (admitted.way, admitted.ephemeral), Box::pin(self.make(admitted))).await
    }

    /// Answers the asker alone with what `making` comes to.
    pub(super) async fn tell(&self, context: &InteractionContext, making: impl Future<Output = Result<OutgoingMessage>>) -> Result<()> {
        self.answer_with(context, (ReplyTarget::New, true), making).await
    }

    async fn answer_with(
        &self,
        context: &InteractionContext,
        how: (ReplyTarget, bool),
        making: impl Future<Output = Result<OutgoingMessage>>,
    ) -> Result<()> {
        let mut making = pin!(making);
        match tokio::time::timeout(self.patience, making.as_mut()).await {
            Ok(Ok(said)) => match self.client.first(context.id, &context.token, how.0.first(said, how.1)).await {
                Err(error) if error.kind != ErrorKind::NotFound => self.refuse(context, &not_taken(&error)).await,
                done => done,
            },
            Ok(Err(error)) => self.refuse(context, &error).await,
            Err(_) => self.answer_later(context, how, making).await,
        }
    }

    /// Tells the asker alone, and at once, why there is no answer.
    pub(super) async fn refuse(&self, context: &InteractionContext, error: &Error) -> Result<()> {
        self.client.first(context.id, &context.token, sentence(&told(context, error)).into_first(true)).await
    }

    async fn answer_later(
        &self,
        context: &InteractionContext,
        (way, ephemeral): (ReplyTarget, bool),
        making: impl Future<Output = Result<OutgoingMessage>>,
    ) -> Result<()> {
        let acknowledgement = match way {
            ReplyTarget::New => CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(ephemeral)),
            ReplyTarget::Instead => CreateInteractionResponse::Acknowledge,
        };
        // One whose answer got lost was taken all the same: only what came too late ends here.
        if let Err(error) = self.client.first(context.id, &context.token, acknowledgement).await
            && matches!(error.kind, ErrorKind::NotFound | ErrorKind::Misconfigured)
        {
            return Err(error);
        }
        let in_time = tokio::time::timeout(TOKEN_LIFE, making).await;
        let error = match in_time.unwrap_or_else(|_| Err(Error::internal("the interaction's token is dead"))) {
            Ok(said) => match self.client.edit(&context.token, said.into_edit()).await {
                Err(error) if error.kind != ErrorKind::NotFound => not_taken(&error),
                done => return done,
            },
            Err(error) => error,
        };
        let told = sentence(&told_late(context, &error));
        match (way, ephemeral) {
            (ReplyTarget::New, true) => return self.client.edit(&context.token, told.into_edit()).await,
            // First: what follows an acknowledgement would otherwise take its place, and its visibility.
            (ReplyTarget::New, false) => self.client.remove(&context.token).await?,
            (ReplyTarget::Instead, _) => {}
        }
        self.client.follow_up(&context.token, told.into_follow_up(true)).await
    }

    /// Whether this may be asked, by whom, and who will see the answer.
    async fn admit(&self, context: &InteractionContext, wanted: IncomingQuestion) -> Result<Admitted> {
        let IncomingQuestion { mut kept, page, way, seen, fresh } = wanted;
        let grants = self.grants();
        let own = context.asker(&grants).ok_or_else(|| context.nobody())?;
        kept.tenant = kept.tenant.map(|tenant| tenant.trim().to_lowercase()).or_else(|| context.home(&grants));
        let shows = |asker: &Asker| shows(asker, kept.tenant.as_deref());
        // Whatever everybody here may see, this person may see too; and what all will see is asked with no more than that.
        let everybody = context.everybody(&grants).filter(shows);
        let (asker, ephemeral, share) = match (seen, everybody) {
            // Nobody else reads along.
            _ if context.is_direct() => (own, false, false),
            (Visibility::Channel, Some(everybody)) => (everybody, false, false),
            (Visibility::Channel, None) => return Err(not_for_all()),
            (Visibility::ByDefault, Some(everybody)) if !kept.skill.private => (everybody, false, false),
            (Visibility::OnlyAsker | Visibility::ByDefault, Some(everybody)) if !shows(&own) => (everybody, true, true),
            (Visibility::OnlyAsker | Visibility::ByDefault, everybody) => (own, true, everybody.is_some()),
        };
        let prepared = self.asking.door().prepare(&asker, &kept.question(&kept.pairs(), PLATFORM)).await?;
        Ok(Admitted { asker, kept, prepared, page, way, ephemeral, share, fresh })
    }

    async fn make(&self, admitted: Admitted) -> Result<OutgoingMessage> {
        let Admitted { asker, kept, prepared, page, share, fresh, .. } = admitted;
        let (note, reply) = if fresh {
            // What was prepared is about what was read before.
            let note = self.freshen(&asker, kept.tenant.as_deref()).await?;
            (note, self.asking.ask(&asker, &kept.question(&kept.pairs(), PLATFORM)).await?)
        } else {
            (None, self.asking.answer(prepared).await?)
        };
        let message = AnswerMessage { ask: self.asking.door(), kept: &kept, reply: &reply, page, share, theme: self.theme };
        Ok(OutgoingMessage { text: note, ..message.build().await? })
    }

    /// Reads Microsoft before answering; what to say about it, where that is not what was expected.
    async fn freshen(&self, asker: &Asker, tenant: Option<&str>) -> Result<Option<String>> {
        let refreshed = self.asking.door().refresh(asker, tenant).await;
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
                tracing::warn!(cause = error.cause(), "not read although somebody in Discord wanted it: {}", error.sentence);
                Some(
                    "Nothing could be fetched from Microsoft now: this is the last data. `scorewatch check` tells an operator why."
                        .to_owned(),
                )
            }
        })
    }
}

/// What the asker hears where Discord refuses the answer.
fn not_taken(error: &Error) -> Error {
    Error::new(ErrorKind::Internal, "Discord did not take the answer. Ask again; if it happens again, tell an operator.")
        .because(error.to_string())
}

fn not_for_all() -> Error {
    let sentence = "Not everybody in this channel may see that, so it is not shown to all: ask without share. An operator can bind the channel with a grant that names no role and no user.";
    Error::new(ErrorKind::Forbidden, sentence)
}

fn told(context: &InteractionContext, error: &Error) -> String {
    if error.kind == ErrorKind::Internal { told_late(context, error) } else { error.sentence.clone() }
}

/// With what an operator finds the reason by in the log.
fn told_late(context: &InteractionContext, error: &Error) -> String {
    tracing::warn!(interaction = context.id.get(), cause = error.cause(), "not answered in Discord: {}", error.sentence);
    format!("{} (request {})", error.sentence, context.id)
}
