//! What happens when somebody types, presses or chooses? One path for what the gateway brings and for what comes over HTTP.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use serenity::all::{
    ActionRowComponent, AutocompleteChoice, Button, ButtonKind, CommandInteraction, ComponentInteraction, ComponentInteractionDataKind,
    CreateAutocompleteResponse, CreateInteractionResponse, Interaction, ModalInteraction,
};

use super::{
    command_options::CommandOptions,
    component_id::{ComponentId, snoozed},
    help::help,
    interaction_context::{InteractionContext, is_ephemeral, who_asked},
    limits::{CHOICE, CHOICES},
    modal::{filled_in, modal},
    rest_client::RestClient,
    settings::DiscordSettings,
};
use crate::{
    access::chat::Grants,
    ask::{AnswerLimiter, SavedQuestion, Suggestion, SuggestionQuery, Theme},
    error::{Error, ErrorKind, Result},
    manifests::{
        TENANT,
        discord::{HELP, OPERATIONS, SHARE, SHARE_CHANNEL},
    },
    operations::Operations,
    skills,
    text::cut_units,
};

/// How long a kept question may be looked for at least.
const LOOK_UP_MIN: Duration = Duration::from_secs(1);

/// A question as somebody asked it.
pub(super) struct IncomingQuestion {
    /// The question.
    pub(super) kept: SavedQuestion,
    /// Which page of the answer, from 0.
    pub(super) page: usize,
    /// Where the answer goes.
    pub(super) way: ReplyTarget,
    /// Who shall see it.
    pub(super) seen: Visibility,
    /// Whether Microsoft shall be read first.
    pub(super) fresh: bool,
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyTarget {
    /// Into a message of its own.
    New,
    /// Into the message whose button was pressed.
    Instead,
}

/// Who shall see an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Only whoever asked.
    OnlyAsker,
    /// Everybody in the channel, as far as they may.
    Channel,
    /// What is usual for the skill, and possible here.
    ByDefault,
}

/// Everything that answers people in Discord.
pub(super) struct Conversation {
    pub(super) asking: Arc<AnswerLimiter>,
    pub(super) operations: Arc<Operations>,
    pub(super) client: Arc<RestClient>,
    grants: ArcSwap<Grants>,
    pub(super) theme: Theme,
    pub(super) patience: Duration,
}

impl Conversation {
    /// A conversation as `settings` say, through `client`.
    pub(super) fn new(
        asking: Arc<AnswerLimiter>,
        operations: Arc<Operations>,
        settings: &DiscordSettings,
        client: Arc<RestClient>,
    ) -> Arc<Self> {
        let DiscordSettings { grants, theme, patience, .. } = settings;
        Arc::new(Self { asking, operations, client, grants: ArcSwap::from_pointee(grants.clone()), theme: *theme, patience: *patience })
    }

    /// Who may ask, as of now.
    pub(super) fn grants(&self) -> Arc<Grants> {
        self.grants.load_full()
    }

    /// Answers those to whom `grants` give something from now on.
    pub(super) fn let_in(&self, grants: Grants) {
        self.grants.store(Arc::new(grants));
    }

    /// Answers whatever somebody did. What cannot be answered is logged: nobody else is there to be told.
    pub(super) async fn handle(&self, interaction: Interaction) {
        let id = interaction.id();
        let answered = match interaction {
            Interaction::Command(typed) => self.typed(&typed).await,
            Interaction::Autocomplete(typing) => self.typing(&typing).await,
            Interaction::Component(pressed) => self.pressed(&pressed).await,
            Interaction::Modal(filled) => self.filled(&filled).await,
            Interaction::Ping(_) | _ => Ok(()),
        };
        // What came too late, or was answered by another replica, is nobody's fault.
        if let Err(error) = answered
            && error.kind != ErrorKind::NotFound
        {
            tracing::warn!(interaction = id.get(), cause = error.cause(), "somebody in Discord got no answer: {}", error.sentence);
        }
    }

    async fn typed(&self, typed: &CommandInteraction) -> Result<()> {
        let context = InteractionContext::from(typed);
        if typed.data.name == HELP {
            let grants = self.grants();
            let asker = context.asker(&grants);
            let both = asker.iter().cloned().chain(context.everybody(&grants));
            let tenants: BTreeSet<String> = both.flat_map(|asker| self.asking.door().view().visible(&asker)).collect();
            let tenants: Vec<String> = tenants.into_iter().collect();
            return self
                .client
                .first(context.id, &context.token, help(asker.as_ref(), &tenants, &context.nobody().sentence).into_first(true))
                .await;
        }
        if OPERATIONS.iter().any(|operation| operation.name == typed.data.name) {
            return Box::pin(self.operate(&context, typed)).await;
        }
        match wanted(typed) {
            Ok(asked) => self.answer(&context, asked).await,
            Err(error) => self.refuse(&context, &error).await,
        }
    }

    /// Offers what somebody may mean who has not finished typing. Nobody is told why there is nothing to offer.
    async fn typing(&self, typing: &CommandInteraction) -> Result<()> {
        let context = InteractionContext::from(typing);
        let mut response = CreateAutocompleteResponse::new();
        let grants = self.grants();
        let tenant = CommandOptions::of(typing).tenant(&context, &grants);
        let asker = context.asker_about(&grants, tenant.as_deref());
        if let (Some(asker), Some(focused)) = (asker, typing.data.autocomplete()) {
            let suggested = match skills::ALL.iter().find(|skill| skill.chat == typing.data.name) {
                Some(skill) => {
                    let wish = SuggestionQuery { skill, option: focused.name, tenant: tenant.as_deref(), typed: focused.value };
                    self.asking.door().suggest(&asker, &wish).await
                }
                None => self.suggest_for_an_operation(&asker, &typing.data.name, tenant.as_deref(), &focused).await,
            };
            let suggested = suggested.unwrap_or_else(|error| {
                tracing::debug!(cause = error.cause(), "nothing could be offered: {}", error.sentence);
                Vec::new()
            });
            response = response.set_choices(suggested.into_iter().take(CHOICES).map(choice).collect());
        }
        self.client.first(context.id, &context.token, CreateInteractionResponse::Autocomplete(response)).await
    }

    async fn pressed(&self, pressed: &ComponentInteraction) -> Result<()> {
        let context = InteractionContext::from(pressed);
        if let Some(delivery) = snoozed(&pressed.data.custom_id) {
            return self.ask_to_snooze(&context, delivery).await;
        }
        let Some((press, id)) = what(pressed) else { return self.refuse(&context, &unknown()).await };
        let kept = match self.kept(&context, &id).await {
            Ok(kept) => kept,
            Err(error) => return self.refuse(&context, &error).await,
        };
        let ephemeral = is_ephemeral(&pressed.message);
        // What others see is only changed by whoever asked for it; everybody else gets an answer of their own.
        let own = ephemeral || who_asked(&pressed.message) == Some(pressed.user.id);
        let (way, seen) = match (own, ephemeral) {
            (true, false) => (ReplyTarget::Instead, Visibility::Channel),
            (true, true) => (ReplyTarget::Instead, Visibility::OnlyAsker),
            (false, _) => (ReplyTarget::New, Visibility::OnlyAsker),
        };
        let asked = IncomingQuestion { kept, page: 0, way, seen, fresh: false };
        let asked = match press {
            ComponentId::Page { page, .. } => IncomingQuestion { page, ..asked },
            ComponentId::Fresh { page, .. } => IncomingQuestion { page, fresh: true, ..asked },
            ComponentId::Open { .. } | ComponentId::Pick => {
                IncomingQuestion { way: ReplyTarget::New, seen: Visibility::OnlyAsker, ..asked }
            }
            ComponentId::Share { .. } => IncomingQuestion { way: ReplyTarget::New, seen: Visibility::Channel, ..asked },
            ComponentId::Find { id } => match modal(&id, &button(pressed), asked.kept.skill, &asked.kept.args) {
                Some(modal) => return self.client.first(context.id, &context.token, CreateInteractionResponse::Modal(modal)).await,
                None => IncomingQuestion { way: ReplyTarget::New, seen: Visibility::OnlyAsker, ..asked },
            },
        };
        self.answer(&context, asked).await
    }

    /// The question behind a button, for somebody who may ask at all. It is looked up before anything is acknowledged.
    async fn kept(&self, context: &InteractionContext, id: &str) -> Result<SavedQuestion> {
        context.asker(&self.grants()).ok_or_else(|| context.nobody())?;
        let found = tokio::time::timeout(self.patience.max(LOOK_UP_MIN), self.asking.door().saved(id)).await;
        found.unwrap_or_else(|_| Err(Error::new(ErrorKind::Throttled, "The store is busy at the moment. Press again in a few seconds.")))
    }

    /// Asks the question that lacked what somebody filled in.
    async fn filled(&self, filled: &ModalInteraction) -> Result<()> {
        let context = InteractionContext::from(filled);
        if let Some(delivery) = snoozed(&filled.data.custom_id) {
            return Box::pin(self.snooze_told(&context, delivery, &filled_in(&filled.data.components))).await;
        }
        let Some(ComponentId::Find { id }) = ComponentId::read(&filled.data.custom_id) else {
            return self.refuse(&context, &unknown()).await;
        };
        let mut kept = match self.kept(&context, &id).await {
            Ok(kept) => kept,
            Err(error) => return self.refuse(&context, &error).await,
        };
        kept.args.extend(filled_in(&filled.data.components));
        self.answer(&context, IncomingQuestion { kept, page: 0, way: ReplyTarget::New, seen: Visibility::OnlyAsker, fresh: false }).await
    }
}

/// The question that a slash command asks.
fn wanted(typed: &CommandInteraction) -> Result<IncomingQuestion> {
    let skill = skills::ALL.iter().find(|skill| skill.chat == typed.data.name).ok_or_else(unknown)?;
    let options = CommandOptions::of(typed);
    let seen = match options.text(SHARE) {
        None => Visibility::ByDefault,
        Some(shared) if shared == SHARE_CHANNEL => Visibility::Channel,
        Some(_) => Visibility::OnlyAsker,
    };
    let kept = SavedQuestion { skill, tenant: options.text(TENANT), args: options.all_but(&[TENANT, SHARE]) };
    Ok(IncomingQuestion { kept, page: 0, way: ReplyTarget::New, seen, fresh: false })
}

fn choice(suggested: Suggestion) -> AutocompleteChoice {
    AutocompleteChoice::new(cut_units(&suggested.label, CHOICE), suggested.value)
}

/// What was pressed, and the id of the question that it is about.
fn what(pressed: &ComponentInteraction) -> Option<(ComponentId, String)> {
    let press = ComponentId::read(&pressed.data.custom_id)?;
    let id = match (&press, &pressed.data.kind) {
        (ComponentId::Pick, ComponentInteractionDataKind::StringSelect { values }) => values.first()?.clone(),
        (
            ComponentId::Page { id, .. }
            | ComponentId::Open { id }
            | ComponentId::Fresh { id, .. }
            | ComponentId::Share { id }
            | ComponentId::Find { id },
            _,
        ) => id.clone(),
        (ComponentId::Pick, _) => return None,
    };
    Some((press, id))
}

/// What the pressed button says; empty when its message does not hold it.
fn button(pressed: &ComponentInteraction) -> String {
    let label = |component: &ActionRowComponent| {
        let ActionRowComponent::Button(Button { data: ButtonKind::NonLink { custom_id, .. }, label, .. }) = component else { return None };
        label.clone().filter(|_| *custom_id == pressed.data.custom_id)
    };
    pressed.message.components.iter().flat_map(|row| &row.components).find_map(label).unwrap_or_default()
}

pub(super) fn unknown() -> Error {
    let sentence = "This is not known here any more. Reload Discord and type / to see the commands; if they do not work, an operator runs `scorewatch discord register`.";
    Error::new(ErrorKind::NotFound, sentence)
}
