//! Which control is meant, where words fit several? All of them are told, each with its product, and whoever asks is asked back.

use schemars::JsonSchema;
use serde::Serialize;

use super::AboutControl;
use crate::{
    card::{Block, Card, Cell, Column, Tone, Word, cell},
    error::{Error, ErrorKind},
    score::{Control, Snapshot, product},
    skill_id::SkillId,
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        fit::{self, fit},
        follow_ups::{FollowUps, RowTarget, ask, find},
        format,
        link::Link,
    },
    text::in_quotes,
};

/// How many of them are told, and how many beside one that is taken to be meant.
const FITS_MAX: usize = 10;
const OTHERS_MAX: usize = 3;
/// How much room a title has for assistants, in quarters of a token.
const TITLE: usize = 64;

/// A control that the words fit.
#[derive(Serialize, JsonSchema)]
pub struct Fit {
    /// Its id, to ask again with.
    control: String,
    /// Its title; absent when it has no profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// True when Microsoft is about to drop it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
    /// Its service, as Microsoft codes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(flatten)]
    link: Link,
    /// How it stands.
    #[serde(skip)]
    standing: Cell,
    #[serde(skip)]
    target: RowTarget,
}

/// Controls that the words fit, where none is meant more than another.
#[derive(Serialize, JsonSchema)]
pub struct SeveralControls {
    /// The tenant.
    tenant: String,
    /// The day of the score (UTC).
    day: String,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// Other controls that the words fit; all that fit when none is meant more than another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fits: Vec<Fit>,
    /// How many controls the words fit; absent when it is only this one.
    fitting: usize,
    /// What is missing or needs care.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    #[serde(skip)]
    typed: String,
    #[serde(skip)]
    foot: String,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    follow_ups: FollowUps,
}

impl Fit {
    fn of(facts: &Facts, tenant: &TenantFacts, day: &Snapshot, name: &str) -> Self {
        let profile = tenant.catalogue.get(name);
        let control = day.control(name).map(|score| Control::join(score, &tenant.catalogue));
        let standing = control.map_or(Cell::NotScored, |control| Cell::Of(control.score.points, control.maximum));
        let title = profile.map(|profile| profile.title.clone());
        let portal = facts.portal(tenant);
        Self {
            control: format::name(name),
            title: title.or_else(|| portal.map(|_| format::name(name))),
            deprecated: profile.is_some_and(|profile| profile.deprecated),
            service: profile.and_then(|profile| profile.service.as_deref()).map(format::word),
            link: Link::to_control(portal, name, || standing.words(&Column::Standing)),
            target: RowTarget::to_control(tenant, name, profile.map_or(name, |profile| &profile.title)),
            standing,
        }
    }

    /// What stands behind its title, or its name where it has none.
    fn mark(&self) -> &'static str {
        if self.deprecated { " (deprecated)" } else { "" }
    }

    /// What people call its product.
    fn product(&self) -> Option<&str> {
        self.service.as_deref().map(|code| product::name(code).unwrap_or(code))
    }
}

/// The others that the words fit, beside the one that is told.
pub(super) fn others(facts: &Facts, tenant: &TenantFacts, day: &Snapshot, names: &[&str]) -> Vec<Fit> {
    let mut fits: Vec<Fit> = names.iter().take(OTHERS_MAX).map(|name| Fit::of(facts, tenant, day, name)).collect();
    fitted(&mut fits);
    fits
}

/// Cuts titles that are too long for an answer; whether there were some.
fn fitted(fits: &mut [Fit]) -> bool {
    fit(TITLE * fits.len(), fits.iter_mut().filter_map(|fit| fit.title.as_mut()))
}

/// The answer where none of `names` is meant more than another.
pub(super) fn several(facts: &Facts, tenant: &TenantFacts, day: &Snapshot, typed: &str, names: &[&str]) -> SeveralControls {
    let changes = ask(SkillId::ScoreChanges, &tenant.name, "What changed", Vec::new());
    let more = names.len().saturating_sub(FITS_MAX);
    let mut fits: Vec<Fit> = names.iter().take(FITS_MAX).map(|name| Fit::of(facts, tenant, day, name)).collect();
    let cut = fitted(&mut fits).then(|| fit::cut_note("control tells each whole"));
    SeveralControls {
        tenant: tenant.name.clone(),
        day: day.day.to_string(),
        read: tenant.read_at.map(format::minute),
        as_of: format::as_of(tenant, day.day),
        foot: format::foot(tenant),
        fits,
        fitting: names.len(),
        typed: typed.trim().to_owned(),
        notes: (more > 0).then(|| not_listed(more)).into_iter().chain(cut).collect(),
        follow_ups: FollowUps::of(tenant, [find(&tenant.name), changes]),
    }
}

/// Nothing fits; `near` are the least unlike.
pub(super) fn none(name: &str, near: &[&str]) -> Error {
    let near: Vec<_> = near.iter().map(|near| format::name(near)).collect();
    let hint = if near.is_empty() { "Try other words of its title.".to_owned() } else { format!("The nearest are: {}.", near.join(", ")) };
    Error::new(ErrorKind::NotFound, format!("No control is called or titled like `{}`. {hint}", format::echo(name)))
}

fn not_listed(more: usize) -> Caveat {
    let are = if more == 1 { "is" } else { "are" };
    let how = "ask with more words of the title, or with the product";
    Caveat::new(format!("{more} more fit: {how}"), format!("{more} more {are} not listed: {how}."))
}

/// What else the words fit, in a line.
pub(super) fn also(answer: &AboutControl) -> Option<String> {
    let product = |fit: &Fit| fit.product().map_or_else(String::new, |product| format!(" ({product})"));
    let all: Vec<String> = answer.fits.iter().map(|fit| format!("{}{}{}", fit.control, fit.mark(), product(fit))).collect();
    let more = answer.fitting?.saturating_sub(1 + all.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!all.is_empty()).then(|| format!("{}{more}", all.join(", ")))
}

/// The same for people, by their titles.
pub(super) fn also_titled(answer: &AboutControl) -> Option<String> {
    let all: Vec<String> =
        answer.fits.iter().map(|fit| format!("{}{}", fit.title.as_deref().unwrap_or(&fit.control), fit.mark())).collect();
    let more = answer.fitting?.saturating_sub(1 + all.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!all.is_empty()).then(|| format!("{}{more}", all.join(", ")))
}

/// The question back, in few words.
pub(super) fn text(answer: &SeveralControls) -> Vec<String> {
    let fitting = format::count(answer.fitting, "control");
    let typed = format::quoted(&answer.typed, TITLE);
    let mut lines =
        vec![format!("{fitting} of {} on {} fit {typed}: which one is meant? Ask again with its id.", answer.tenant, answer.as_of)];
    lines.extend(answer.fits.iter().map(|fit| {
        let title = fit.title.as_ref().map_or_else(|| " (no profile)".to_owned(), |title| format!(" {}", format::quote(title)));
        let product = fit.product().map_or_else(String::new, |product| format!(", {product}"));
        format!("{}{title}{}: {}{product}", fit.control, fit.mark(), fit.standing.words(&Column::Standing))
    }));
    lines
}

/// The question back for people: each row leads to a control.
pub(super) fn card(answer: &SeveralControls) -> Card {
    let columns = vec![Column::Control, Column::Standing, Column::Product];
    let rows = answer.fits.iter().map(|fit| {
        let about =
            cell::ControlLabel { id: fit.control.clone(), title: fit.title.clone(), deprecated: fit.deprecated, described_until: None };
        let product = fit.product().map_or(Cell::Empty, |product| Cell::Product(product.to_owned()));
        fit.target.row(vec![Cell::Control(about), fit.standing.clone(), product])
    });
    let fitting = format::count(answer.fitting, "control");
    let lead = vec![Word::toned(format!("{fitting} fit"), Tone::Strong), Word::plain("which one is meant?")];
    let mut blocks = vec![Block::Lead(lead), Block::table(columns, rows.collect())];
    blocks.extend(caveat::blocks(&answer.notes));
    answer.follow_ups.card(format!("Controls of {} like {}", answer.tenant, in_quotes(&answer.typed, 60)), blocks, answer.foot.clone())
}
