//! How much does Discord take? Each limit that we meet, with the page that states it.
//!
//! Discord says "characters" without saying which. We count UTF-16 code units, of which a text never has fewer than
//! characters, so that whatever fits here fits there. `text::cut_units` cuts so, and `escape::cut_to` what is escaped already.

use std::time::Duration;

// An embed: https://docs.discord.com/developers/resources/message#embed-object-embed-limits
/// The title of an embed.
pub const TITLE: usize = 256;
/// The description of an embed.
pub const DESCRIPTION: usize = 4096;
/// How many fields an embed has.
pub const FIELDS: usize = 25;
/// The name of a field.
pub const FIELD_NAME: usize = 256;
/// The value of a field.
pub const FIELD_VALUE: usize = 1024;
/// The footer of an embed.
pub const FOOTER: usize = 2048;
/// How many embeds a message has: <https://docs.discord.com/developers/resources/message#create-message-jsonform-params>.
pub const EMBEDS: usize = 10;
/// Titles, descriptions, fields and footers of all embeds of a message together.
pub const EMBEDS_TOTAL: usize = 6000;

// A message: https://docs.discord.com/developers/resources/message#create-message-jsonform-params
/// The plain text of a message.
pub const CONTENT: usize = 2000;
/// What makes a repeated message known as such.
pub const NONCE: usize = 25;
/// The description of an attached file, read out to those who do not see it:
/// <https://docs.discord.com/developers/resources/message#attachment-object>.
pub const ALT_TEXT: usize = 1024;
/// One attached file, in bytes: <https://docs.discord.com/developers/reference#uploading-files>.
pub const FILE_BYTES: usize = 10 << 20;
/// How many files a message carries. The documentation names no number; ten is what the client takes, and the number of
/// <https://docs.discord.com/developers/components/reference#file-upload>.
pub const FILES: usize = 10;

// Components: https://docs.discord.com/developers/components/reference
/// How many rows a message has (`#legacy-message-component-behavior`).
pub const ROWS: usize = 5;
/// How many buttons a row has (`#action-row`).
pub const BUTTONS: usize = 5;
/// The words on a button (`#button-button-structure`).
pub const LABEL: usize = 80;
/// Whatever names a component or a modal (`#anatomy-of-a-component-custom-id`).
pub const CUSTOM_ID: usize = 100;
/// How many options a select has (`#string-select-string-select-structure`).
pub const OPTIONS: usize = 25;
/// The label, the value and the description of an option, each (`#string-select-select-option-structure`).
pub const OPTION: usize = 100;
/// What a select says while nothing is chosen (`#string-select-string-select-structure`).
pub const PLACEHOLDER: usize = 150;
/// The title of a modal: <https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal>.
pub const MODAL_TITLE: usize = 45;
/// How many inputs a modal has: the same page.
pub const INPUTS: usize = 5;
/// What stands over an input (`#label-label-structure`).
pub const INPUT_LABEL: usize = 45;
/// What an input says while it is empty (`#text-input-text-input-structure`).
pub const INPUT_PLACEHOLDER: usize = 100;
/// What a person can write into an input (`#text-input-text-input-structure`).
pub const INPUT: usize = 4000;

// Commands: https://docs.discord.com/developers/interactions/application-commands
/// How many commands an application has for all servers (`#registering-a-command`).
pub const COMMANDS: usize = 100;
/// The name of a command or of an option (`#application-command-object-application-command-naming`).
pub const COMMAND_NAME: usize = 32;
/// The description of a command or of an option (`#application-command-object-application-command-structure`).
pub const COMMAND_DESCRIPTION: usize = 100;
/// How many options a command has (`#application-command-object-application-command-structure`).
pub const COMMAND_OPTIONS: usize = 25;
/// How many choices an option has, and how many are offered while a person types
/// (`#application-command-object-application-command-option-structure`).
pub const CHOICES: usize = 25;
/// The name of a choice, and its value if it is a text, each
/// (`#application-command-object-application-command-option-choice-structure`).
pub const CHOICE: usize = 100;
/// Names, descriptions and values of one command together (`#slash-commands`).
pub const COMMAND_TOTAL: usize = 8000;

// Time: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
/// How soon an interaction must be answered, else its token is dead.
pub const FIRST_ANSWER: Duration = Duration::from_secs(3);
/// How long its token lives then.
pub const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// How long `text` is for Discord: its UTF-16 code units.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
