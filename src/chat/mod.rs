//! How does a conversation go, whichever platform carries it? Who sees what, what was wanted, how it is answered in time.

mod typed_command;

pub use typed_command::TypedCommand;
