//! What may a person mean while typing an argument? Tenants, controls, products, as far as they may see them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{ALL_TENANTS, Ask, store_index::PARTED_BY};
use crate::{
    access::Asker,
    cache::TimedCache,
    error::{Error, Result},
    score::{controls, product, search::ControlIndex},
    skills::{
        Entry, TENANT, TenantFacts,
        options::{Suggest, TEXT_MAX},
    },
    store::{Depth, LoadOptions},
    text::{count, cut_units, one_line},
};

/// How many suggestions are made.
const MAX: usize = 25;
/// How many of them are groups, at most.
const GROUPS_MAX: usize = 10;
/// The longest text that is looked for, in bytes.
const TYPED_BYTES_MAX: usize = 4 * TEXT_MAX;
/// The longest value and the longest label, in UTF-16 code units.
const UNITS_MAX: usize = 100;
/// A title is worth showing beside a control's name when so much of it fits.
const TITLE_UNITS_MIN: usize = 30;
/// How many bytes of controls and products are remembered, for all tenants together.
const REMEMBERED_BYTES: u64 = 8 * 1024 * 1024;
/// For how long; new data is noticed at once anyway.
const REMEMBERED_FOR: Duration = Duration::from_hours(6);
/// What a remembered control costs beside its texts, which it holds three times over.
const CONTROL_BYTES: usize = 400;

/// An argument that somebody is typing.
#[derive(Clone, Copy)]
pub struct SuggestionQuery<'a> {
    /// Of which skill.
    pub skill: &'static Entry,
    /// Which argument: `tenant`, or an option of the skill.
    pub option: &'a str,
    /// The tenant, as far as it is said already.
    pub tenant: Option<&'a str>,
    /// What is typed so far.
    pub typed: &'a str,
}

/// A value to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The value itself.
    pub value: String,
    /// How to show it.
    pub label: String,
}

/// What can be offered of a tenant.
pub(super) struct Choices {
    controls: ControlIndex,
    /// Each with the number of its controls, the most first.
    products: Vec<(String, usize)>,
}

/// What can be offered, by tenant and version of its data.
pub(super) fn memory() -> TimedCache<(Arc<str>, i64), Arc<Choices>> {
    TimedCache::new(REMEMBERED_BYTES, REMEMBERED_FOR, |_, choices| u32::try_from(choices.bytes()).unwrap_or(u32::MAX))
}

impl Choices {
    fn of(tenant: &TenantFacts) -> Self {
        let newest = tenant.history.newest_with_controls();
        let mut products: BTreeMap<&str, usize> = BTreeMap::new();
        for control in newest.into_iter().flat_map(|newest| controls(newest, &tenant.catalogue)) {
            if let Some(service) = control.profile.and_then(|profile| profile.service.as_deref()).filter(|service| fits(service)) {
                *products.entry(service).or_default() += 1;
            }
        }
        let mut products: Vec<_> = products.into_iter().map(|(service, count)| (service.to_owned(), count)).collect();
        products.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self { controls: ControlIndex::new(newest, &tenant.catalogue, fits), products }
    }

    fn bytes(&self) -> usize {
        let controls = self.controls.controls().iter().map(|control| 3 * (control.name.len() + control.title.len()) + CONTROL_BYTES);
        controls.chain(self.products.iter().map(|(service, _)| service.len() + CONTROL_BYTES)).sum()
    }

    fn like(&self, what: Suggest, typed: &str) -> Vec<Suggestion> {
        match what {
            Suggest::Control => {
                let shown = |name: &str, title: &str| Suggestion { value: name.to_owned(), label: label(name, title) };
                self.controls.like(typed, MAX).into_iter().map(|control| shown(&control.name, &control.title)).collect()
            }
            Suggest::Product => {
                let shown = |(service, controls): &(String, usize)| Suggestion {
                    value: service.clone(),
                    label: cut_units(&format!("{}, {}", named(service), count(*controls, "control")), UNITS_MAX),
                };
                let begun = typed.trim().is_empty() || one_line(typed).is_empty();
                let mut meant: Vec<_> = self.products.iter().filter(|(service, _)| begun || product::is_meant(service, typed)).collect();
                // What is not any product yet may be the beginning of one.
                if meant.is_empty() {
                    meant = containing(&self.products, typed, |(service, _)| service);
                }
                meant.into_iter().take(MAX).map(shown).collect()
            }
        }
    }
}

impl Ask {
    /// At most 25 values that whoever is typing may mean, the likeliest first. Where nothing can be told, because of the
    /// argument, the tenant or what this asker may see, there are none.
    ///
    /// # Errors
    /// What the store says.
    pub async fn suggest(&self, asker: &Asker, wish: &SuggestionQuery<'_>) -> Result<Vec<Suggestion>> {
        // Nobody means a control by more than any argument takes, and looking for it would cost accordingly.
        if wish.typed.len() > TYPED_BYTES_MAX {
            return Ok(Vec::new());
        }
        if wish.option == TENANT {
            return Ok(self.tenants_like(asker, wish));
        }
        let Some(what) = wish.skill.options.iter().find(|option| option.name == wish.option).and_then(|option| option.suggest) else {
            return Ok(Vec::new());
        };
        let Ok(scope) = self.view.index().single(asker, wish.tenant) else { return Ok(Vec::new()) };
        let key = (Arc::clone(&scope.label), scope.version.data);
        let choices = self.choices.get_or(key, self.make_choices(asker, &scope.label)).await?;
        Ok(choices.like(what, wish.typed))
    }

    fn tenants_like(&self, asker: &Asker, wish: &SuggestionQuery<'_>) -> Vec<Suggestion> {
        let visible = self.view.visible(asker);
        if let Some((named, typed)) = wish.typed.rsplit_once(PARTED_BY).filter(|_| wish.skill.all_tenants) {
            return one_more_like(&visible, named.trim(), typed);
        }
        let all = wish.skill.all_tenants && !visible.is_empty() && ALL_TENANTS.contains(&wish.typed.trim().to_lowercase());
        let mut suggestions = if wish.skill.all_tenants { self.groups_like(asker, wish.typed) } else { Vec::new() };
        let room = MAX.saturating_sub(suggestions.len() + usize::from(all));
        let like = containing(&visible, wish.typed, |name| name).into_iter().filter(|name| fits(name)).take(room);
        suggestions.extend(like.map(|name| Suggestion { value: name.clone(), label: name.clone() }));
        if all {
            suggestions.push(Suggestion { value: ALL_TENANTS.to_owned(), label: "all tenants visible to you".to_owned() });
        }
        suggestions
    }

    /// The groups that somebody may mean. They are few, and stand for many: they come first.
    fn groups_like(&self, asker: &Asker, typed: &str) -> Vec<Suggestion> {
        let index = self.view.index();
        let groups: Vec<&str> = index.visible_groups(asker).collect();
        let like = containing(&groups, typed, |name| name).into_iter().filter(|name| fits(name)).take(GROUPS_MAX);
        let shown = |(name, tenants): (&str, Vec<&str>)| Suggestion {
            value: name.to_owned(),
            label: format!("{name} (group of {})", count(tenants.len(), "tenant")),
        };
        like.filter_map(|name| index.group(asker, name)).map(shown).collect()
    }

    async fn make_choices(&self, asker: &Asker, tenant: &str) -> Result<Arc<Choices>> {
        let room = self.making.room(&asker.id, false).await?;
        let stored = self.view.load(tenant, LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await?;
        let making = tokio::task::spawn_blocking(move || {
            let choices = Choices::of(&stored);
            drop((stored, room));
            Arc::new(choices)
        });
        making.await.map_err(Error::internal)
    }
}

/// The tenants of which what is `typed` behind those that are `named` may be the next.
fn one_more_like(visible: &[String], named: &str, typed: &str) -> Vec<Suggestion> {
    let is_named = |name: &str| named.split(PARTED_BY).any(|one| one.trim().eq_ignore_ascii_case(name));
    let like = containing(visible, typed, |name| name).into_iter().filter(|name| !is_named(name));
    let longer = like.map(|name| format!("{named}{PARTED_BY}{name}")).filter(|value| fits(value));
    longer.take(MAX).map(|value| Suggestion { label: value.clone(), value }).collect()
}

/// What people call the product that Graph calls `service`, with that code.
fn named(service: &str) -> String {
    product::name(service).map_or_else(|| service.to_owned(), |name| format!("{name} ({service})"))
}

/// Whether `value` can be offered as it is: it must not be cut.
fn fits(value: &str) -> bool {
    !value.is_empty() && value.encode_utf16().count() <= UNITS_MAX
}

/// Those whose name contains what was typed; first those that begin with it.
fn containing<'a, T>(all: &'a [T], typed: &str, name: impl Fn(&T) -> &str) -> Vec<&'a T> {
    let typed = typed.trim().to_lowercase();
    let mut found: Vec<_> = all.iter().filter_map(|one| Some((name(one).to_lowercase().find(&typed)? > 0, one))).collect();
    found.sort_by_key(|(later, _)| *later);
    found.into_iter().map(|(_, one)| one).collect()
}

/// A control's title with its name, by which it is told from others of the same title.
fn label(name: &str, title: &str) -> String {
    let beside = format!(" ({name})");
    let room = UNITS_MAX.saturating_sub(beside.encode_utf16().count());
    if name == title || room < TITLE_UNITS_MIN { cut_units(title, UNITS_MAX) } else { cut_units(title, room) + &beside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_keeps_the_name_and_stays_within_its_limit() {
        assert_eq!(label("AdminMFAV2", "Require MFA"), "Require MFA (AdminMFAV2)");
        assert_eq!(label("no_profile", "no_profile"), "no_profile");
        let long = label("AdminMFAV2", &"🎉 ".repeat(80));
        assert!(long.ends_with("… (AdminMFAV2)") && (99..=100).contains(&long.encode_utf16().count()), "{long}");
        let name = "n".repeat(90);
        assert_eq!(label(&name, "A title"), "A title");
        assert!(fits(&"🎉".repeat(50)) && !fits(&"🎉".repeat(51)) && !fits(""));
    }

    #[test]
    fn behind_a_comma_comes_another_tenant() {
        let names = ["a-contoso", "contoso", "fabrikam"].map(ToOwned::to_owned);
        let values = |named, typed| one_more_like(&names, named, typed).into_iter().map(|one| one.value).collect::<Vec<_>>();
        assert_eq!(values("contoso", " "), ["contoso,a-contoso", "contoso,fabrikam"]);
        assert_eq!(values("contoso, FABRIKAM", "con"), ["contoso, FABRIKAM,a-contoso"]);
        assert!(values(&"x,".repeat(50), "").is_empty(), "it would not fit");
    }

    #[test]
    fn what_begins_so_comes_first() {
        let names = ["a-contoso", "contoso", "fabrikam"].map(ToOwned::to_owned);
        assert_eq!(containing(&names, " CON", |name| name), ["contoso", "a-contoso"]);
        assert_eq!(containing(&names, "", |name| name).len(), 3);
    }
}
