//! Which controls is a question about? Those of a category and of a product, as several skills are asked.

use std::collections::BTreeSet;

use super::{TenantFacts, category::CategoryArg, format};
use crate::{
    error::{Error, ErrorKind, Result},
    score::{Control, Snapshot, controls, product},
    text::{did_you_mean, first_of},
};

/// How many products a refusal names.
const PRODUCTS_NAMED_MAX: usize = 40;

/// What a control must be of; all are where nothing is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct ControlFilter<'a> {
    /// Of this category.
    pub category: Option<CategoryArg>,
    /// Of this product, as people call it.
    pub product: Option<&'a str>,
}

impl ControlFilter<'_> {
    /// Whether `control` is.
    pub fn fits(self, control: &Control<'_>) -> bool {
        self.product.is_none_or(|wanted| control.is_of_product(wanted)) && self.category.is_none_or(|category| category.fits(control))
    }

    /// Refuses a product that no control of the day `scored` is of, and says which there are.
    pub fn check(self, tenant: &TenantFacts, scored: &Snapshot) -> Result<()> {
        let Some(wanted) = self.product.filter(|_| scored.controls_known) else { return Ok(()) };
        let controls = || controls(scored, &tenant.catalogue);
        if controls().any(|control| control.is_of_product(wanted)) {
            return Ok(());
        }
        let codes: BTreeSet<&str> = controls().filter_map(|control| control.profile?.service.as_deref()).collect();
        if codes.is_empty() {
            let sentence = format!("Of no scored control of {} is it known of which product it is. Ask without `product`.", tenant.name);
            return Err(Error::new(ErrorKind::NotFound, sentence).naming("product"));
        }
        let known = codes.iter().flat_map(|code| [Some(*code), product::name(code)]).flatten();
        let near = did_you_mean(wanted, known.clone()).replace('\n', " ");
        let mut named: Vec<String> = codes.iter().map(|code| format::product(code)).collect();
        named.sort_by_key(|name| name.to_lowercase());
        let sentence = format!(
            "{} has no scored control of a product like `{}`.{near} There are: {}.",
            tenant.name,
            format::echo(wanted),
            first_of(&named, PRODUCTS_NAMED_MAX)
        );
        Err(Error::new(ErrorKind::NotFound, sentence))
    }

    /// What it lets through, in words: `identity, Exchange Online`; empty where that is everything.
    pub fn words(self) -> String {
        let category = self.category.map(CategoryArg::word);
        let product = self.product.map(|typed| product::name(typed).map_or_else(|| format::echo(typed.trim()), str::to_owned));
        category.into_iter().chain(product).collect::<Vec<_>>().join(", ")
    }
}
