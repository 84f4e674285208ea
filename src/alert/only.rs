//! Which controls is a rule about? Those of a category, of a product, or named one by one as people write them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    score::{
        Category, Control,
        identity::folded,
        product,
        search::{self, ControlMatch},
    },
    skills::{TenantFacts, wording},
};

/// Which controls a rule is about; all, where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// Those of this category.
    pub category: Option<Category>,
    /// Those of this product, by any of the names that [`crate::score::product`] knows.
    pub product: Option<String>,
    /// Those that are called so, by their ids or by words of their titles. Words that fit several mean all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// A name that no control has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownControl {
    /// As it stands in the configuration.
    pub typed: String,
    /// The control that is spelt much like it.
    pub nearest: Option<String>,
}

/// The controls of one tenant that a rule is about.
pub(super) struct Included<'a> {
    only: &'a Only,
    tenant: &'a TenantFacts,
    /// Those that are named; `None` where none is.
    named: Option<BTreeSet<&'a str>>,
}

impl Only {
    /// Those of `tenant`.
    pub(super) fn of<'a>(&'a self, tenant: &'a TenantFacts) -> Included<'a> {
        let named = (!self.controls.is_empty()).then(|| self.controls.iter().flat_map(|typed| meant(typed, tenant)).collect());
        Included { only: self, tenant, named }
    }

    /// The names that no control of `tenant` has.
    pub fn unknown_in(&self, tenant: &TenantFacts) -> Vec<UnknownControl> {
        let one = |typed: &String| {
            let nearest = match find(typed, tenant) {
                ControlMatch::One(..) | ControlMatch::Several(_) => return None,
                ControlMatch::Nearest(name) => Some(name.to_owned()),
                ControlMatch::None(near) => near.first().map(|name| (*name).to_owned()),
            };
            Some(UnknownControl { typed: typed.clone(), nearest })
        };
        self.controls.iter().filter_map(one).collect()
    }
}

fn find<'a>(typed: &str, tenant: &'a TenantFacts) -> ControlMatch<'a> {
    search::find(typed, tenant.history.newest_with_controls(), &tenant.catalogue)
}

/// The controls of `tenant` that `typed` means. One that is only spelt alike is none: a rule does not guess.
fn meant<'a>(typed: &str, tenant: &'a TenantFacts) -> Vec<&'a str> {
    match find(typed, tenant) {
        ControlMatch::One(name, others) => [vec![name], others].concat(),
        ControlMatch::Several(names) => names,
        ControlMatch::Nearest(_) | ControlMatch::None(_) => Vec::new(),
    }
}

impl Included<'_> {
    /// Whether `control` is one of them.
    pub(super) fn fits(&self, control: &Control<'_>) -> bool {
        let of_product = |wanted: &String| wording::is_of_product(control, wanted);
        self.is_named(control.name()) && self.is_of_category(&control.score.category) && self.only.product.as_ref().is_none_or(of_product)
    }

    /// Whether the control called `name` is one of them, whether it is scored or not.
    pub(super) fn fits_named(&self, name: &str) -> bool {
        let profile = self.tenant.catalogue.get(name);
        let scored = self.tenant.history.days().iter().rev().find_map(|day| day.control(name));
        let category = profile.map(|profile| &profile.category).or_else(|| scored.map(|score| &score.category));
        let of_category = self.only.category.is_none() || category.is_some_and(|category| self.is_of_category(category));
        let service = profile.and_then(|profile| profile.service.as_deref());
        let of_product = |wanted: &String| service.is_some_and(|service| product::is_meant(service, wanted));
        self.is_named(name) && of_category && self.only.product.as_ref().is_none_or(of_product)
    }

    fn is_of_category(&self, category: &Category) -> bool {
        self.only.category.as_ref().is_none_or(|wanted| wanted == category)
    }

    /// Also one that is no longer to be found, by its id.
    fn is_named(&self, name: &str) -> bool {
        let by_id = || self.only.controls.iter().any(|typed| folded(typed.trim()) == folded(name));
        self.named.as_ref().is_none_or(|named| named.contains(name) || by_id())
    }
}
