//! What is a key of the configuration? Its path, what it takes, and what it does.

use std::borrow::Cow;

/// What is right for the path of a file.
pub const FILE: &str = "the path of a file";

/// One key of `scorewatch.toml`.
#[derive(Debug, Clone)]
pub struct ConfigKey {
    /// Its dotted path; `NAME` stands for a name that is free to choose.
    pub path: &'static str,
    /// What it takes.
    pub takes: ValueKind,
    /// What it does.
    pub what: Cow<'static, str>,
}

/// What a key takes, and what it is when it is not given.
#[derive(Debug, Clone)]
pub enum ValueKind {
    /// A text, described by what would be right.
    Text {
        /// What would be right, as in "Write …".
        right: Cow<'static, str>,
        /// What it is when not given; `None` when there is nothing then.
        default: Option<&'static str>,
    },
    /// The path of a file.
    File {
        /// What it is when not given; `None` when there is nothing then.
        default: Option<&'static str>,
    },
    /// A whole number.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// What it is when not given.
        default: u32,
    },
    /// `true` or `false`; `false` when not given.
    Flag,
    /// A secret, which no message shows.
    Secret,
}

/// A key that takes a text; `right` is what would be right.
pub const fn text(path: &'static str, right: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::Text { right: Cow::Borrowed(right), default: None }, what: Cow::Borrowed(what) }
}

/// The same with a default.
pub const fn text_or(path: &'static str, right: &'static str, default: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::Text { right: Cow::Borrowed(right), default: Some(default) }, what: Cow::Borrowed(what) }
}

/// A key that takes the path of a file.
pub const fn file(path: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::File { default: None }, what: Cow::Borrowed(what) }
}

/// The same with a default.
pub(super) const fn file_or(path: &'static str, default: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::File { default: Some(default) }, what: Cow::Borrowed(what) }
}

/// A key that takes a whole number.
pub const fn whole(path: &'static str, min: u32, max: u32, default: u32, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::Whole { min, max, default }, what: Cow::Borrowed(what) }
}

/// A key that is true or false.
pub const fn flag(path: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::Flag, what: Cow::Borrowed(what) }
}

/// A key that takes a secret; one ending in `_file` belongs beside it.
pub const fn secret(path: &'static str, what: &'static str) -> ConfigKey {
    ConfigKey { path, takes: ValueKind::Secret, what: Cow::Borrowed(what) }
}

pub(super) const CLOUD: &str = "\"global\", \"usgov\" (GCC High) or \"usgov_dod\"";
pub(super) const GUID: &str = "a GUID such as 00000000-0000-0000-0000-000000000000";
/// What is right for a role.
pub const ROLES: &str = "reader, analyst or operator";
/// What is right for the tenants that a grant shows.
pub const TENANTS: &str = "comma-separated names of tenants or groups, or all";
/// What is right for the root of a service that is not the usual one.
pub const ROOT: &str = "an https address without a path (http only to this machine itself)";
