//! How does a conversation go, whichever platform carries it? Who sees what, what was wanted, how it is answered in time.
//!
//! A platform implements [`Platform`]: it turns what comes over its wire into a [`ChatTurn`] with an [`Intent`], gives both to [`RunningTurns`], and
//! carries what [`Conversation`] answers in its own elements, within its own limits. Nothing here names a platform.

mod admission;
mod answering;
mod buttons;
mod chat_turn;
pub mod commands;
mod conversation;
mod digest;
mod forms;
mod help;
mod intent;
mod note;
mod notice;
mod operating;
mod owners;
mod paging;
mod platform;
mod replay;
mod reply;
mod running_turns;
mod snooze;
mod typed_command;
mod words;

pub use buttons::{Button, ButtonLimits, ButtonRow, Menu, MenuOption, PageActions, rows};
pub use chat_turn::{ChatTurn, ReadBy, TurnPlace};
pub use conversation::{Conversation, Incoming};
pub use forms::{Form, FormInput};
pub use help::help;
pub use intent::{ComponentId, Intent, Press, SeenBy};
pub use notice::{Notice, NoticeLine, Phrase};
pub use owners::{ChatOwners, Membership, SpaceMember};
pub use paging::{LaidPage, PageBudget, PagePart, lay_out};
pub use platform::{CardPage, ChatMessage, ChatPicture, Platform, ReplyTarget, Shown};
pub use replay::{CallMark, CarriedCalls};
pub use reply::{ReplyMessage, below_a_post};
pub use running_turns::RunningTurns;
pub use typed_command::TypedCommand;
pub use words::read_words;
