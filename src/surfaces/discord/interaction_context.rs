//! Who did something, where, and under which token are they answered? What all kinds of interactions have in common.

use serenity::all::{
    ChannelId, ChannelType, CommandInteraction, ComponentInteraction, GuildId, InteractionId, Member, Message, MessageFlags,
    MessageInteractionMetadata, ModalInteraction, PartialChannel, User, UserId,
};

use super::settings::PLATFORM;
use crate::{
    access::{
        Asker, Role, Tenants,
        chat::{ChatPlace, Grants, Person},
    },
    ask::ALL_TENANTS,
    digest::Owner,
    error::{Error, ErrorKind},
};

/// Somebody who did something.
pub(super) struct InteractionContext {
    /// Which interaction this is; people may quote it.
    pub(super) id: InteractionId,
    /// With which it is answered.
    pub(super) token: String,
    user: String,
    groups: Vec<String>,
    space: Option<String>,
    rooms: Vec<String>,
    channel: ChannelId,
    /// Whether it is known what the channel is a part of.
    placed: bool,
}

impl InteractionContext {
    /// Whom this person is to us; `None` for somebody whom no grant names.
    pub(super) fn asker(&self, grants: &Grants) -> Option<Asker> {
        let person = Person { user: &self.user, groups: self.groups.iter().map(String::as_str).collect() };
        grants.asker(PLATFORM, &self.place(), &person)
    }

    /// What everybody in this channel may see, if anything.
    pub(super) fn audience(&self, grants: &Grants) -> Option<(Role, Tenants)> {
        // A thread without its channel would be taken for one that no grant names.
        if self.placed { grants.audience(&self.place()) } else { None }
    }

    /// This person as one of everybody in this channel.
    pub(super) fn everybody(&self, grants: &Grants) -> Option<Asker> {
        let (own, (role, tenants)) = (self.asker(grants)?, self.audience(grants)?);
        Some(Asker { role, tenants, ..own })
    }

    /// The one that shows `tenant`: the person with rights of their own, or else as one of everybody here.
    pub(super) fn asker_about(&self, grants: &Grants, tenant: Option<&str>) -> Option<Asker> {
        let own = self.asker(grants)?;
        Some(if shows(&own, tenant) { own } else { self.everybody(grants).filter(|all| shows(all, tenant)).unwrap_or(own) })
    }

    /// The tenant that this channel is about, if it is about one.
    pub(super) fn home(&self, grants: &Grants) -> Option<String> {
        if self.placed { grants.home(&self.place()) } else { None }
    }

    /// Who a message for all in this channel is made for.
    pub(super) fn readers(&self, grants: &Grants) -> Option<Asker> {
        grants.readers(PLATFORM, self.rooms.first()?)
    }

    /// This person as the owner of something that goes on when they are away.
    pub(super) fn owner(&self) -> Owner {
        let (user, space, rooms) = (self.user.clone(), self.space.clone(), self.rooms.clone());
        Owner::Person { platform: PLATFORM.to_owned(), user, space, rooms }
    }

    /// The channel, or the thread.
    pub(super) const fn channel(&self) -> ChannelId {
        self.channel
    }

    /// Whether these are direct messages with the bot.
    pub(super) const fn is_direct(&self) -> bool {
        self.space.is_none()
    }

    fn place(&self) -> ChatPlace<'_> {
        ChatPlace { space: self.space.as_deref(), rooms: self.rooms.iter().map(String::as_str).collect() }
    }

    /// What somebody is told whom no grant names: the ids that a grant would need.
    pub(super) fn nobody(&self) -> Error {
        let user = &self.user;
        let roles = if self.groups.is_empty() { String::new() } else { ", or one of your roles as member_role".to_owned() };
        let whom = match (&self.space, self.rooms.first()) {
            (Some(guild), Some(channel)) => format!(
                "guild = \"{guild}\" and tenants = \"…\", for this channel alone also channel = \"{channel}\", for you alone also user = \"{user}\"{roles}"
            ),
            _ => format!("user = \"{user}\" and tenants = \"…\", without a guild: that is for direct messages"),
        };
        let sentence =
            format!("You may not ask here. Whoever runs scorewatch can let you in with a section [discord.grants.NAME] that says {whom}.");
        Error::new(ErrorKind::Forbidden, sentence)
    }

    fn new(
        (id, token): (InteractionId, &str),
        guild: Option<GuildId>,
        (channel_id, channel): (ChannelId, Option<&PartialChannel>),
        user: &User,
        member: Option<&Member>,
    ) -> Self {
        // In a thread the channel that it hangs on counts too; other channels hang on a category.
        let is_thread = |kind| matches!(kind, ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread);
        let parent = channel.filter(|channel| is_thread(channel.kind)).map(|channel| channel.parent_id);
        Self {
            id,
            token: token.to_owned(),
            user: user.id.to_string(),
            groups: member.into_iter().flat_map(|member| &member.roles).map(ToString::to_string).collect(),
            space: guild.map(|guild| guild.to_string()),
            rooms: [channel_id].into_iter().chain(parent.flatten()).map(|id| id.to_string()).collect(),
            channel: channel_id,
            placed: channel.is_some() && parent != Some(None),
        }
    }
}

impl From<&CommandInteraction> for InteractionContext {
    fn from(typed: &CommandInteraction) -> Self {
        let channel = (typed.channel_id, typed.channel.as_ref());
        Self::new((typed.id, &typed.token), typed.guild_id, channel, &typed.user, typed.member.as_deref())
    }
}

impl From<&ComponentInteraction> for InteractionContext {
    fn from(pressed: &ComponentInteraction) -> Self {
        let channel = (pressed.channel_id, pressed.channel.as_ref());
        Self::new((pressed.id, &pressed.token), pressed.guild_id, channel, &pressed.user, pressed.member.as_ref())
    }
}

impl From<&ModalInteraction> for InteractionContext {
    fn from(filled: &ModalInteraction) -> Self {
        let channel = (filled.channel_id, filled.channel.as_ref());
        Self::new((filled.id, &filled.token), filled.guild_id, channel, &filled.user, filled.member.as_ref())
    }
}

/// Whether `asker` can be shown what is about `tenant`: of all tenants, as far as they may see them.
pub(super) fn shows(asker: &Asker, tenant: Option<&str>) -> bool {
    tenant.is_none_or(|tenant| tenant == ALL_TENANTS || asker.tenants.include(tenant))
}

/// Whether only one person sees `message`.
pub(super) fn is_ephemeral(message: &Message) -> bool {
    message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
}

/// Who made us say `message`; `None` for what we posted by ourselves.
pub(super) fn who_asked(message: &Message) -> Option<UserId> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(asked) => Some(asked.user.id),
        MessageInteractionMetadata::Component(pressed) => Some(pressed.user.id),
        MessageInteractionMetadata::ModalSubmit(filled) => Some(filled.user.id),
        MessageInteractionMetadata::Unknown(_) | _ => None,
    }
}
