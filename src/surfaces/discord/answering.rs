//! How is somebody answered in time? At once where it can be, else acknowledged within Discord's 3 seconds and answered later.
//!
//! Whether they may ask, and whether the arguments are right, is known before anything is acknowledged: so a refusal is
//! seen by the asker alone. What fails later is told to the asker alone, too: a public acknowledgement cannot be turned into
//! a private message, so it is taken away first
//! (<https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type>).

use std::{borrow::Cow, pin::pin};

use jiff::Timestamp;
use serenity::all::{CreateActionRow, CreateInteractionResponse, CreateInteractionResponseMessage};

use super::{
    buttons::{Laid, rows},
    conversation::Conversation,
    met::Met,
    render::pages,
    said::{File, Said, sentence},
};
use crate::{
    access::Asker,
    ask::{ALL_TENANTS, Args, Body, Form, Kept, Question, Refreshed},
    card::{Card, Next},
    error::{Error, Kind, Result},
    skills::Entry,
};

/// What the attached picture is called.
const PICTURE: &str = "trend.png";

/// A question as somebody asked it.
pub(super) struct Asked {
    /// The question.
    pub(super) kept: Kept,
    /// Which page of the answer, from 0.
    pub(super) page: usize,
    /// Where the answer goes.
    pub(super) way: Way,
    /// Who shall see it.
    pub(super) seen: Seen,
    /// Whether Microsoft shall be read first.
    pub(super) fresh: bool,
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Into a message of its own.
    New,
    /// Into the message whose button was pressed.
    Instead,
}

/// Who shall see an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Only whoever asked.
    OnlyAsker,
    /// Everybody in the channel, as far as they may.
    Channel,
    /// What is usual for the skill, and possible here.
    ByDefault,
}

/// A question that may be asked.
struct Admitted {
    asker: Asker,
    kept: Kept,
    pairs: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    page: usize,
    way: Way,
    ephemeral: bool,
    /// Whether it may be shown to everybody in the channel, and is not yet.
    share: bool,
    fresh: bool,
}

impl Admitted {
    fn question(&self) -> Question<'_> {
        Question { skill: self.kept.skill, tenant: self.kept.tenant.as_deref(), args: Args::Pairs(&self.pairs), form: Form::Card, surface: super::NAME }
    }

    fn first(&self, said: Said) -> CreateInteractionResponse {
        match self.way {
            Way::New => said.into_first(self.ephemeral),
            Way::Instead => said.into_update(),
        }
    }
}

impl Conversation {
    /// Answers what somebody whom we met wanted.
    pub(super) async fn answer(&self, met: &Met, wanted: Asked) -> Result<()> {
        let admitted = match self.admit(met, wanted) {
            Ok(admitted) => admitted,
            Err(error) => return self.refuse(met, &error).await,
        };
        let mut making = pin!(self.make(&admitted));
        match tokio::time::timeout(self.patience, making.as_mut()).await {
            Ok(Ok(said)) => self.wire.first(met.id, &met.token, admitted.first(said)).await,
            Ok(Err(error)) => self.refuse(met, &error).await,
            Err(_) => self.answer_later(met, &admitted, making).await,
        }
    }

    /// Tells the asker alone, and at once, why there is no answer.
    pub(super) async fn refuse(&self, met: &Met, error: &Error) -> Result<()> {
        self.wire.first(met.id, &met.token, sentence(&told(met, error)).into_first(true)).await
    }

    async fn answer_later(&self, met: &Met, admitted: &Admitted, making: impl Future<Output = Result<Said>>) -> Result<()> {
        let acknowledgement = match admitted.way {
            Way::New => CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(admitted.ephemeral)),
            Way::Instead => CreateInteractionResponse::Acknowledge,
        };
        self.wire.first(met.id, &met.token, acknowledgement).await?;
        let error = match making.await {
            Ok(said) => return self.wire.edit(&met.token, said.into_edit()).await,
            Err(error) => error,
        };
        let told = sentence(&told_late(met, &error));
        match (admitted.way, admitted.ephemeral) {
            (Way::New, true) => return self.wire.edit(&met.token, told.into_edit()).await,
            // First: what follows an acknowledgement would otherwise take its place, and its visibility.
            (Way::New, false) => self.wire.remove(&met.token).await?,
            (Way::Instead, _) => {}
        }
        self.wire.follow_up(&met.token, told.into_follow_up(true)).await
    }

    /// Whether this may be asked, by whom, and who will see the answer.
    fn admit(&self, met: &Met, wanted: Asked) -> Result<Admitted> {
        let Asked { mut kept, page, way, seen, fresh } = wanted;
        let own = met.asker(&self.grants).ok_or_else(|| met.nobody())?;
        kept.tenant = kept.tenant.map(|tenant| tenant.trim().to_lowercase()).or_else(|| met.home(&self.grants));
        let shows = |asker: &Asker| kept.tenant.as_deref().is_none_or(|tenant| tenant == ALL_TENANTS || asker.tenants.include(tenant));
        // Whatever everybody here may see, this person may see too; and what all will see is asked with no more than that.
        let everybody = met.audience(&self.grants).map(|(role, tenants)| Asker { role, tenants, ..own.clone() }).filter(shows);
        let (asker, ephemeral, share) = match (seen, everybody) {
            (Seen::Channel, Some(everybody)) => (everybody, false, false),
            (Seen::Channel, None) => return Err(not_for_all()),
            (Seen::ByDefault, Some(everybody)) if !kept.skill.private => (everybody, false, false),
            (Seen::OnlyAsker | Seen::ByDefault, Some(everybody)) if !shows(&own) => (everybody, true, true),
            (Seen::OnlyAsker | Seen::ByDefault, everybody) => (own, true, everybody.is_some()),
        };
        let pairs = kept.args.iter().cloned().map(|(name, value)| (Cow::Owned(name), Cow::Owned(value))).collect();
        let admitted = Admitted { asker, kept, pairs, page, way, ephemeral, share, fresh };
        self.asking.door().check(&admitted.asker, &admitted.question())?;
        Ok(admitted)
    }

    async fn make(&self, admitted: &Admitted) -> Result<Said> {
        let note = if admitted.fresh { self.freshen(admitted).await? } else { None };
        let reply = self.asking.answer(&admitted.asker, &admitted.question()).await?;
        let Body::Card(card) = reply.body else { return Err(Error::internal("a card was asked for, and bytes came")) };
        let mut pages = pages(&card, Timestamp::now());
        let count = pages.len();
        let at = admitted.page.min(count.saturating_sub(1));
        let page = pages.swap_remove(at);
        // The words are what was asked for: they go out also where buttons and picture fail.
        let rows = or_nothing(self.rows(admitted, &card, &page.leads, (at, count)).await);
        let said = Said { text: note, ..Said::new(page.embed, rows) };
        let picture = async { or_nothing(self.asking.door().picture(&admitted.asker, &admitted.question(), self.theme).await) };
        Ok(match if at == 0 { picture.await } else { None } {
            Some(bytes) => said.with_picture(File { name: PICTURE.to_owned(), bytes, alt: format!("{}: how it moved, day by day", card.title) }),
            None => said,
        })
    }

    /// What can be pressed below a page. Every question that it leads to is kept, so that a button works as long as people look back.
    async fn rows(&self, admitted: &Admitted, card: &Card, leads: &[Next], (page, pages): (usize, usize)) -> Result<Vec<CreateActionRow>> {
        let nexts: Vec<(&Next, Kept)> = leads.iter().chain(&card.next).filter_map(|next| Some((next, kept(next)?))).collect();
        let questions: Vec<Kept> = std::iter::once(&admitted.kept).chain(nexts.iter().map(|(_, kept)| kept)).cloned().collect();
        let mut ids = self.asking.door().keep(&questions).await?.into_iter();
        let question = ids.next().unwrap_or_default();
        let mut next: Vec<(String, &Next)> = ids.zip(nexts.into_iter().map(|(next, _)| next)).collect();
        let leads = next.drain(..leads.len().min(next.len())).collect();
        // All tenants are never read at once.
        let refresh = admitted.kept.tenant.as_deref() != Some(ALL_TENANTS);
        Ok(rows(&Laid { question: &question, leads, next, page, pages, refresh, share: admitted.share }))
    }

    /// Reads Microsoft before answering; what to say about it, where that is not what was expected.
    async fn freshen(&self, admitted: &Admitted) -> Result<Option<String>> {
        Ok(match self.asking.door().refresh(&admitted.asker, admitted.kept.tenant.as_deref()).await? {
            Refreshed::Read => None,
            Refreshed::Recent(at) => Some(format!("Microsoft was read at {}, and is asked again 5 minutes later at the earliest.", at.strftime("%H:%M UTC"))),
            Refreshed::NotRead => Some("This tenant is not read from Microsoft here: it shows what was imported last.".to_owned()),
        })
    }
}

/// What came of it, or nothing; the log has why.
fn or_nothing<T: Default>(made: Result<T>) -> T {
    made.unwrap_or_else(|error| {
        tracing::warn!(cause = error.cause(), "an answer in Discord goes out without its buttons or its picture: {}", error.sentence);
        T::default()
    })
}

/// The question that an answer leads to.
fn kept(next: &Next) -> Option<Kept> {
    let args = next.args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Some(Kept { skill: Entry::named(next.skill).ok()?, tenant: Some(next.tenant.clone()), args })
}

fn not_for_all() -> Error {
    let sentence = "Not everybody in this channel may see that, so only you can: leave out share. An operator can bind the channel with a grant that names no role and no user.";
    Error::new(Kind::Forbidden, sentence)
}

fn told(met: &Met, error: &Error) -> String {
    if error.kind == Kind::Internal { told_late(met, error) } else { error.sentence.clone() }
}

/// With what an operator finds the reason by in the log.
fn told_late(met: &Met, error: &Error) -> String {
    tracing::warn!(interaction = met.id.get(), cause = error.cause(), "not answered in Discord: {}", error.sentence);
    format!("{} (request {})", error.sentence, met.id)
}
