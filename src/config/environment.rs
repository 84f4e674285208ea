//! What does the environment say? Passed in as a value, so that no test touches the process.

use std::collections::BTreeMap;

use super::keys::KeyTable;

/// Variables by name.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// What every variable that sets a key begins with.
const PREFIX: &str = "SCOREWATCH__";
/// What a variable begins with that was probably meant to be one.
const NEARLY: &str = "SCOREWATCH_";
/// Those that are no keys: where the file is, where clients have their API key from, and where the project's own tests find captures.
const OTHERS: [&str; 3] = ["SCOREWATCH_CONFIG", "SCOREWATCH_KEY", "SCOREWATCH_CAPTURES"];
/// How the values begin that Kubernetes sets by itself for a service called, say, scorewatch-mail: `SCOREWATCH_MAIL_PORT`.
const OF_SERVICES: [&str; 2] = ["tcp://", "udp://"];

impl Environment {
    /// The environment of this process. What is not Unicode is read as well as it can be.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())).collect())
    }

    /// The variable called `name`; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variables that set keys, each with the key's path in small letters.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, Vec<String>, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let path = name.strip_prefix(PREFIX)?;
            Some((name.as_str(), path.split("__").map(str::to_lowercase).collect(), value.as_str()))
        })
    }

    /// Whether any variable sets a key.
    pub(super) fn sets_keys(&self) -> bool {
        self.keys().next().is_some()
    }

    /// The variables that set nothing, but look as if they were meant to: each with the one that would, if one is near.
    pub fn strays(&self, table: &KeyTable) -> Vec<(&str, Option<String>)> {
        let strays = self.0.iter().filter_map(|(name, value)| {
            let rest = name.strip_prefix(NEARLY).filter(|rest| !rest.starts_with('_'))?;
            let flat = rest.to_lowercase().replace("__", "_");
            let meant = table.meant(&flat);
            let of_others = OTHERS.contains(&name.as_str())
                || OF_SERVICES.iter().any(|scheme| value.starts_with(scheme))
                || (meant.is_none() && is_of_service(rest));
            let meant = || meant.or_else(|| table.first_of(&flat)).map(|meant| Self::variable(&meant));
            (!of_others).then(|| (name.as_str(), meant()))
        });
        strays.collect()
    }

    /// The variable that sets the key at the dotted `path`.
    pub(super) fn variable(path: &str) -> String {
        format!("{PREFIX}{}", path.replace('.', "__").replace('-', "_").to_uppercase())
    }
}

/// Whether Kubernetes sets a variable that ends in `rest` by itself, for a service whose name begins like ours:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_of_service(rest: &str) -> bool {
    let words: Vec<&str> = rest.split('_').collect();
    (0..words.len()).any(|from| match &words[from..] {
        ["SERVICE", "HOST"] | ["PORT"] | ["SERVICE", "PORT", ..] => true,
        ["PORT", number, protocol, of @ ..] => {
            let of = matches!(of, [] | ["PROTO" | "PORT" | "ADDR"]);
            number.parse::<u16>().is_ok() && matches!(*protocol, "TCP" | "UDP" | "SCTP") && of
        }
        _ => false,
    })
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
