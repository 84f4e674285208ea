//! How do people ask in Discord? By slash commands that come over its gateway or as HTTP calls, and are answered with embeds.

mod blocks;
mod buttons;
mod embed;
mod escape;
mod form;
mod help;
pub mod limits;
mod render;
mod said;

pub use buttons::{Laid, Press, rows};
pub use embed::Embed;
pub use form::{filled_in, form};
pub use help::help;
pub use render::{Page, pages};
pub use said::{File, Said, sentence};

/// Discord.
pub struct Surface;

impl super::Surface for Surface {
    const NAME: &'static str = "discord";
}
