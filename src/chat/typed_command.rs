//! What did somebody type? A command with its options as text, whichever way the platform carries them.

/// A command with what was typed behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedCommand {
    /// The name of the command, without a slash.
    pub name: String,
    /// The command below the command, where it has such: `add` of `/digest add`.
    pub sub: Option<String>,
    /// The options by their names, in the order in which they were typed.
    pub options: Vec<(String, String)>,
}

impl TypedCommand {
    /// The option called `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(option, _)| option == name).map(|(_, typed)| typed.as_str())
    }

    /// All options that are not called one of `names`.
    pub fn all_but(&self, names: &[&str]) -> Vec<(String, String)> {
        self.options.iter().filter(|(option, _)| !names.contains(&option.as_str())).cloned().collect()
    }
}
