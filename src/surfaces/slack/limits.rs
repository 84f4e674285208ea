//! How much does Slack take? Each limit that we meet, with the page that states it.
//!
//! Slack says "characters" without saying which. We count UTF-16 code units, of which a text never has fewer than characters, so that whatever fits
//! here fits there.

/// How many blocks a message has: <https://docs.slack.dev/reference/block-kit/blocks>.
pub const BLOCKS: usize = 50;
/// The text of a header: <https://docs.slack.dev/reference/block-kit/blocks/header-block>.
pub const HEADER: usize = 150;
/// Any text object, such as one of a context: <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>.
pub const TEXT: usize = 3000;
/// An address: <https://docs.slack.dev/reference/block-kit/block-elements/button-element> names it for buttons; nothing names one for words.
pub const ADDRESS: usize = 3000;
/// The address of an image: <https://docs.slack.dev/reference/block-kit/blocks/image-block>.
pub const IMAGE_ADDRESS: usize = 3000;
/// What an image shows, for those who do not see it: the same page.
pub const IMAGE_ALT: usize = 2000;
/// The fallback `text`: <https://docs.slack.dev/changelog/2018-truncating-really-long-messages> cuts at 40,000; as a notification shows less,
/// so do we.
pub const FALLBACK: usize = 300;
/// All blocks together. No page of Slack's says it; from about 13,200 characters on Slack answers `msg_blocks_too_long`, and what it counts beside
/// texts is not known (<https://github.com/slackapi/bolt-js/issues/2509>, where its people speak of 12,000 characters and a buffer for containers,
/// and <https://github.com/slackapi/bolt-js/issues/2867>). So we count everything, as the JSON it is.
pub const TOTAL: usize = 12_000;
