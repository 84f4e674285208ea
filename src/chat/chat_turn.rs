//! Who did something in a chat, and where? What all platforms tell of a command, a press or a form.

use crate::{
    access::chat::{ChatPlace, Person},
    digest::Owner,
};

/// One thing that somebody did in a chat, as the platform vouches for it. Ids are the platform's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTurn {
    /// What people may quote of it, and an operator finds in the log.
    pub id: String,
    /// Who did it.
    pub user: String,
    /// The groups of the space that they are in.
    pub groups: Vec<String>,
    /// Whether they come from outside of the space, as people of another company do who share a channel with it. Only a grant that names them lets them in.
    pub outsider: bool,
    /// Where.
    pub place: TurnPlace,
}

/// Where somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnPlace {
    /// In direct messages with us, where nobody else reads along. Not in those of two people, which are a room like any other.
    Direct,
    /// In a room of a space (a server, a workspace).
    Room {
        /// The space.
        space: String,
        /// The room, then those that it is a part of: a thread, then its channel.
        rooms: Vec<String>,
        /// Who reads there.
        read_by: ReadBy,
    },
}

/// Who reads in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBy {
    /// Members of the space, for whom its grants speak.
    Members,
    /// Others too, or it is not known who: then nothing is shown to all of them. A thread whose channel is not known is such a room.
    Others,
}

impl ChatTurn {
    /// Whether nobody else reads along.
    pub const fn is_direct(&self) -> bool {
        matches!(self.place, TurnPlace::Direct)
    }

    /// The room that it was done in; `None` for direct messages.
    pub fn room(&self) -> Option<&str> {
        self.rooms().first().map(String::as_str)
    }

    /// The space that it was done in; `None` for direct messages.
    pub fn space(&self) -> Option<&str> {
        match &self.place {
            TurnPlace::Direct => None,
            TurnPlace::Room { space, .. } => Some(space),
        }
    }

    fn rooms(&self) -> &[String] {
        match &self.place {
            TurnPlace::Direct => &[],
            TurnPlace::Room { rooms, .. } => rooms,
        }
    }

    /// Whether what grants give to everybody in the room is for this person too, and for nobody else.
    pub(super) const fn is_among_members(&self) -> bool {
        matches!(self.place, TurnPlace::Room { read_by: ReadBy::Members, .. }) && !self.outsider
    }

    pub(super) fn chat_place(&self) -> ChatPlace<'_> {
        ChatPlace { space: self.space(), rooms: self.rooms().iter().map(String::as_str).collect() }
    }

    pub(super) fn person(&self) -> Person<'_> {
        Person { user: &self.user, groups: self.groups.iter().map(String::as_str).collect(), outsider: self.outsider }
    }

    /// This person as the owner of something on `platform` that goes on when they are away.
    pub(super) fn owner(&self, platform: &str) -> Owner {
        let space = self.space().map(ToOwned::to_owned);
        Owner::Person { platform: platform.to_owned(), user: self.user.clone(), space, rooms: self.rooms().to_vec() }
    }
}
