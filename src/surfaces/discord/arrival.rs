//! What came from Discord? Each interaction as a turn of a conversation: who, where, what was wanted, and with what it is answered.

use serenity::all::{
    ActionRow, ActionRowComponent, Button, ButtonKind, ChannelId, ChannelType, CommandDataOption, CommandDataOptionValue,
    CommandInteraction, ComponentInteraction, ComponentInteractionDataKind, GuildId, Interaction, InteractionId, Member, Message,
    MessageFlags, MessageInteractionMetadata, ModalInteraction, PartialChannel, User, UserId,
};

use super::{
    chat_platform::{DiscordChat, InteractionHandle},
    limits,
};
use crate::chat::{ChatTurn, Incoming, Intent, Press, ReadBy, SeenBy, TurnPlace, TypedCommand};

/// Who did what in `interaction`; `None` for what is answered by nobody.
pub(super) fn arrival(interaction: &Interaction) -> Option<(Incoming<DiscordChat>, Intent)> {
    Some(match interaction {
        Interaction::Command(typed) => (typed_by(typed), Intent::Command(command(typed))),
        Interaction::Autocomplete(typing) => {
            // Nothing is offered where nothing is being typed.
            let (option, typed) = typing.data.autocomplete().map(|focused| (focused.name, focused.value)).unwrap_or_default();
            let intent = Intent::Autocomplete { command: command(typing), option: option.to_owned(), typed: typed.to_owned() };
            (typed_by(typing), intent)
        }
        Interaction::Component(pressed) => (pressed_by(pressed), Intent::Press(press(pressed))),
        Interaction::Modal(filled) => {
            let intent = Intent::Form { id: filled.data.custom_id.clone(), fields: fields(&filled.data.components) };
            (filled_by(filled), intent)
        }
        Interaction::Ping(_) | _ => return None,
    })
}

fn typed_by(typed: &CommandInteraction) -> Incoming<DiscordChat> {
    let channel = (typed.channel_id, typed.channel.as_ref());
    incoming((typed.id, &typed.token), typed.guild_id, channel, &typed.user, typed.member.as_deref())
}

fn pressed_by(pressed: &ComponentInteraction) -> Incoming<DiscordChat> {
    let channel = (pressed.channel_id, pressed.channel.as_ref());
    incoming((pressed.id, &pressed.token), pressed.guild_id, channel, &pressed.user, pressed.member.as_ref())
}

fn filled_by(filled: &ModalInteraction) -> Incoming<DiscordChat> {
    let channel = (filled.channel_id, filled.channel.as_ref());
    incoming((filled.id, &filled.token), filled.guild_id, channel, &filled.user, filled.member.as_ref())
}

fn incoming(
    (id, token): (InteractionId, &str),
    guild: Option<GuildId>,
    (channel_id, channel): (ChannelId, Option<&PartialChannel>),
    user: &User,
    member: Option<&Member>,
) -> Incoming<DiscordChat> {
    // In a thread the channel that it hangs on counts too; other channels hang on a category.
    let is_thread = |kind| matches!(kind, ChannelType::NewsThread | ChannelType::PublicThread | ChannelType::PrivateThread);
    let parent = channel.filter(|channel| is_thread(channel.kind)).map(|channel| channel.parent_id);
    let place = guild.map_or(TurnPlace::Direct, |guild| TurnPlace::Room {
        space: guild.to_string(),
        rooms: [channel_id].into_iter().chain(parent.flatten()).map(|id| id.to_string()).collect(),
        // A thread without its channel would be taken for one that no grant names.
        read_by: if channel.is_some() && parent != Some(None) { ReadBy::Members } else { ReadBy::Others },
    });
    let turn = ChatTurn {
        id: id.to_string(),
        user: user.id.to_string(),
        groups: member.into_iter().flat_map(|member| &member.roles).map(ToString::to_string).collect(),
        // Whoever is in a server of Discord's is a member of it.
        outsider: false,
        place,
    };
    Incoming::new(turn, InteractionHandle { id, token: token.to_owned() })
}

/// What was typed, whichever level of the command its options stand on.
fn command(typed: &CommandInteraction) -> TypedCommand {
    let (sub, options) = match typed.data.options.as_slice() {
        [CommandDataOption { name, value: CommandDataOptionValue::SubCommand(inner), .. }] => (Some(name.clone()), inner.as_slice()),
        options => (None, options),
    };
    let options = options.iter().filter_map(|option| Some((option.name.clone(), text(&option.value)?))).collect();
    TypedCommand { name: typed.data.name.clone(), sub, options }
}

fn text(value: &CommandDataOptionValue) -> Option<String> {
    let whole = || value.as_i64().map(|number| number.to_string());
    let flag = || value.as_bool().map(|flag| flag.to_string());
    value.as_str().map(ToOwned::to_owned).or_else(whole).or_else(flag)
}

fn press(pressed: &ComponentInteraction) -> Press {
    let chosen =
        if let ComponentInteractionDataKind::StringSelect { values } = &pressed.data.kind { values.first().cloned() } else { None };
    let ephemeral = pressed.message.flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL));
    Press {
        id: pressed.data.custom_id.clone(),
        chosen,
        label: label(pressed),
        seen_by: if ephemeral { SeenBy::OnlyPresser } else { SeenBy::Room },
        asked_by: who_asked(&pressed.message).map(|user| user.to_string()),
    }
}

/// What the pressed button says; empty when its message does not hold it.
fn label(pressed: &ComponentInteraction) -> String {
    let label = |component: &ActionRowComponent| {
        let ActionRowComponent::Button(Button { data: ButtonKind::NonLink { custom_id, .. }, label, .. }) = component else { return None };
        label.clone().filter(|_| *custom_id == pressed.data.custom_id)
    };
    pressed.message.components.iter().flat_map(|row| &row.components).find_map(label).unwrap_or_default()
}

/// Who made us write `message`; `None` for what we posted by ourselves.
fn who_asked(message: &Message) -> Option<UserId> {
    match message.interaction_metadata.as_deref()? {
        MessageInteractionMetadata::Command(asked) => Some(asked.user.id),
        MessageInteractionMetadata::Component(pressed) => Some(pressed.user.id),
        MessageInteractionMetadata::ModalSubmit(filled) => Some(filled.user.id),
        MessageInteractionMetadata::Unknown(_) | _ => None,
    }
}

/// What somebody filled in: names of inputs with what was typed.
fn fields(form: &[ActionRow]) -> Vec<(String, String)> {
    let mut inputs = Vec::new();
    for component in form.iter().flat_map(|row| &row.components).take(limits::INPUTS) {
        if let ActionRowComponent::InputText(input) = component {
            let typed = input.value.as_deref().unwrap_or_default().trim();
            if !typed.is_empty() {
                inputs.push((input.custom_id.clone(), typed.to_owned()));
            }
        }
    }
    inputs
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_was_filled_in_is_read() {
        let row = |name: &str, typed: &str| json!({ "type": 1, "components": [{ "type": 4, "custom_id": name, "value": typed }] });
        let rows = |typed: Vec<Value>| serde_json::from_value::<Vec<ActionRow>>(Value::Array(typed)).unwrap();
        let read = fields(&rows(vec![row("name", " legacy auth "), row("empty", "  ")]));
        assert_eq!(read, [("name".to_owned(), "legacy auth".to_owned())]);
        assert_eq!(fields(&rows((0..9).map(|at| row(&at.to_string(), "x")).collect())).len(), limits::INPUTS);
    }
}
