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
    /// The space (a server, a workspace); `None` for direct messages.
    pub space: Option<String>,
    /// The room, then those that it is a part of: a thread, then its channel.
    pub rooms: Vec<String>,
    /// Whether it is known what the room is a part of. A thread without its channel would be taken for one that no grant names.
    pub placed: bool,
    /// Whether they come from outside of the space, as people of another company do who share a channel with it. Only a grant that names them lets them in.
    pub outsider: bool,
    /// Whether people from outside of the space read in the room. Nothing is shown to all of them.
    pub shared: bool,
}

impl ChatTurn {
    /// Whether these are direct messages with us: nobody else reads along.
    pub const fn is_direct(&self) -> bool {
        self.space.is_none()
    }

    /// The room that it was done in.
    pub fn room(&self) -> Option<&str> {
        self.rooms.first().map(String::as_str)
    }

    pub(super) fn place(&self) -> ChatPlace<'_> {
        ChatPlace { space: self.space.as_deref(), rooms: self.rooms.iter().map(String::as_str).collect() }
    }

    pub(super) fn person(&self) -> Person<'_> {
        Person { user: &self.user, groups: self.groups.iter().map(String::as_str).collect(), outsider: self.outsider }
    }

    /// This person as the owner of something on `platform` that goes on when they are away.
    pub(super) fn owner(&self, platform: &str) -> Owner {
        Owner::Person { platform: platform.to_owned(), user: self.user.clone(), space: self.space.clone(), rooms: self.rooms.clone() }
    }
}
