//! Who is asking, and what may they? An asker: a name for the log, a role, the tenants they may see.

pub mod api_key;
pub mod chat;
pub mod entra;
mod groups;

use std::{collections::BTreeSet, fmt, sync::Arc};

use crate::text::named_values;

pub use groups::{GROUP_PREFIX, Groups};

/// What an asker may do. Each role may all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads scores, controls and risks, but not who the people are.
    Reader,
    /// Also sees names: who accepted a risk, who decided what. Also notes on controls.
    Analyst,
    /// Also operates the product: metrics, keys, the audit log.
    Operator,
}

named_values!(Role, "role", Reader => "reader", Analyst => "analyst", Operator => "operator");

impl Role {
    /// Whether names of people may be part of an answer.
    pub fn sees_names(self) -> bool {
        self >= Self::Analyst
    }

    /// Whether the product's own affairs (metrics, keys) are open.
    pub fn operates(self) -> bool {
        self >= Self::Operator
    }
}

/// Which tenants an asker may see. A tenant outside of it does not exist for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// All, also those that are added later.
    All,
    /// These, by name.
    Only(BTreeSet<String>),
}

impl Tenants {
    /// Whether the tenant called `name` may be seen.
    pub fn include(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }

    /// Whether each of the tenants `names` may be seen.
    pub fn include_all(&self, names: &BTreeSet<String>) -> bool {
        names.iter().all(|name| self.include(name))
    }

    /// Whether `other` includes all that `self` includes.
    pub fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Only(_)) => false,
            (Self::Only(names), Self::Only(all)) => names.is_subset(all),
        }
    }

    /// Those that both `self` and `other` include.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, tenants) | (tenants, Self::All) => tenants.clone(),
            (Self::Only(one), Self::Only(other)) => Self::Only(one.intersection(other).cloned().collect()),
        }
    }
}

impl fmt::Display for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Only(names) => f.write_str(&names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// What several grants give together: the highest role, and the tenants of all that give it. `None` for none.
fn merged<'g>(grants: impl Iterator<Item = (Role, &'g Tenants)> + Clone) -> Option<(Role, Tenants)> {
    let highest = grants.clone().map(|(role, _)| role).max()?;
    let mut names = BTreeSet::new();
    for (_, tenants) in grants.filter(|(role, _)| *role == highest) {
        match tenants {
            Tenants::All => return Some((highest, Tenants::All)),
            Tenants::Only(more) => names.extend(more.iter().cloned()),
        }
    }
    Some((highest, Tenants::Only(names)))
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// What tells one asker from all others: `key:` and a key's id, `entra:` with directory and object, a chat platform
    /// and its user, `terminal`.
    pub id: Arc<str>,
    /// For the log and the audit: a key's name, the id of whom Microsoft Entra or a chat platform vouches for, `terminal`.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
    /// Which tenants they may see.
    pub tenants: Tenants,
}

impl Asker {
    /// The person at this machine's command line, who can read the store's file anyway.
    pub fn local() -> Self {
        Self { id: "terminal".into(), name: "terminal".into(), role: Role::Operator, tenants: Tenants::All }
    }

    /// Whether this is whoever types at this machine, or the assistant that they run here; nobody who asks over the network.
    pub fn is_local(&self) -> bool {
        &*self.id == "terminal" || self.id.starts_with("terminal:")
    }

    /// The same, by the name `user` that the machine knows them by.
    pub fn at_terminal(user: &str) -> Self {
        Self { id: format!("terminal:{user}").into(), name: user.into(), ..Self::local() }
    }
}
