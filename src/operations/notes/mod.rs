//! What do our own people add to a control? Owner, last day, note, how far it is: by whom it may be changed, and of which control.

mod change;
mod show;

use serde_json::{Map, Value, json};

pub use self::change::{Edit, NoteChange};
use super::Operations;
use crate::{
    access::{Asker, Role},
    error::{Error, ErrorKind, Result},
    score::{
        Annotation, ControlState,
        change::day_of,
        search::{self, ControlMatch},
    },
    skills::{TenantFacts, options::TEXT_MAX},
    store::{Depth, LoadOptions},
    text::{self, count, first_of},
};

/// What is noted on a control, and what was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// The tenant.
    pub tenant: String,
    /// The control's id.
    pub control: String,
    /// Its title; the id where it has none.
    pub title: String,
    /// Whether nothing is called or titled like what was asked for, and this is the nearest.
    pub nearest: bool,
    /// Whether its risk is accepted, so that a last day counts.
    pub accepted: bool,
    /// Whether a change was wanted.
    pub wanted: bool,
    /// What was noted.
    pub was: Option<Annotation>,
    /// What is noted now.
    pub now: Option<Annotation>,
}

impl Annotated {
    /// Whether anything was changed.
    pub fn changed(&self) -> bool {
        self.was != self.now
    }
}

/// A control on which something is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The control's id.
    pub control: String,
    /// Its title; the id where it has none.
    pub title: String,
    /// Whether Microsoft is about to drop it.
    pub deprecated: bool,
    /// What is noted.
    pub annotation: Annotation,
}

impl Operations {
    /// Changes what is noted on the control that `control` names, by its id or by words of its title. Without a change that is wanted it
    /// says what is noted, also where `control` is only nearly a name.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] for a role that may not; [`ErrorKind::BadArguments`] for a change that cannot be, and for words that fit several
    /// controls; [`ErrorKind::NotFound`] for a tenant that `asker` may not see, and for words that fit no control.
    pub async fn annotate(&self, asker: &Asker, tenant: Option<&str>, control: &str, change: &NoteChange) -> Result<Annotated> {
        may_annotate(asker)?;
        let now = self.view.now();
        let change = change.checked(day_of(now))?;
        let tenant = self.view.index().single_of(asker, tenant, "A note is about")?.label;
        let facts = self.view.load(&tenant, LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await?;
        let (words, wanted, adds) = (control.to_owned(), change.is_wanted(), change.adds());
        // Comparing long words with every title takes a while.
        let found = tokio::task::spawn_blocking(move || found(&words, &facts, wanted, adds)).await.map_err(Error::internal)??;
        let (was, is) = if wanted {
            let changed = self.view.store().annotate(&tenant, &found.control, |was| {
                let (becomes, other) = change.on(was, now, &asker.name);
                let detail = json!({ "was": fields(was), "became": fields(becomes.as_ref()) });
                let entry = self.entry(asker, "note", Some(&tenant), &found.control, &detail);
                other.then_some((becomes, entry))
            });
            changed.await?
        } else {
            (found.noted.clone(), found.noted)
        };
        let Located { control, title, nearest, accepted, noted: _ } = found;
        let annotated = Annotated { tenant: tenant.to_string(), control, title, nearest, accepted, wanted, was, now: is };
        if annotated.changed() {
            tracing::info!(tenant = annotated.tenant, control = annotated.control, by = &*asker.name, "note changed");
            self.view.look_after().await;
        }
        Ok(annotated)
    }

    /// The tenant that is meant, and all controls on which something is noted there: what ends first comes first.
    ///
    /// # Errors
    /// Those of [`Operations::annotate`] that are about the asker and the tenant.
    pub async fn annotations(&self, asker: &Asker, tenant: Option<&str>) -> Result<(String, Vec<Noted>)> {
        may_annotate(asker)?;
        let tenant = self.view.index().single_of(asker, tenant, "A list of notes is about")?.label;
        let facts = self.view.load(&tenant, LoadOptions { catalogue: Some(Depth::Whole), ..LoadOptions::default() }).await?;
        let noted = |(control, annotation): (&String, &Annotation)| Noted {
            control: control.clone(),
            title: title(control, &facts),
            deprecated: facts.catalogue.get(control).is_some_and(|profile| profile.deprecated),
            annotation: annotation.clone(),
        };
        let mut all: Vec<Noted> = facts.annotations.0.iter().map(noted).collect();
        // Those without an end keep the order of their names.
        all.sort_by_key(|noted| (noted.annotation.until.is_none(), noted.annotation.until));
        Ok((tenant.to_string(), all))
    }
}

fn may_annotate(asker: &Asker) -> Result<()> {
    let may = asker.role >= Role::Analyst;
    may.then_some(()).ok_or_else(|| Error::new(ErrorKind::Forbidden, "Notes on controls are open to the roles analyst and operator only."))
}

/// The control that somebody meant.
struct Located {
    control: String,
    title: String,
    nearest: bool,
    accepted: bool,
    noted: Option<Annotation>,
}

/// The control that `words` mean. One that is gone can be looked at and be cleared, but nothing `adds` to it; one that is only guessed
/// can be looked at, but no change is `wanted` of it.
fn found(words: &str, facts: &TenantFacts, wanted: bool, adds: bool) -> Result<Located> {
    let typed = words.trim();
    if typed.is_empty() || typed.chars().count() > TEXT_MAX {
        return Err(Error::bad_arguments(format!(
            "A control is named in 1 to {TEXT_MAX} characters: by its id, or by words of its title."
        )));
    }
    let located = |control: &str, nearest| Located {
        control: control.to_owned(),
        title: title(control, facts),
        nearest,
        accepted: facts.catalogue.get(control).is_some_and(|profile| *profile.state() == ControlState::Accepted),
        noted: facts.annotations.get(control).cloned(),
    };
    let found = search::find(typed, Some(facts.with_controls()?), &facts.catalogue);
    match found {
        ControlMatch::One(name, others) if others.is_empty() => return Ok(located(name, false)),
        ControlMatch::One(name, others) => return Err(several(typed, &[vec![name], others].concat())),
        ControlMatch::Several(all) => return Err(several(typed, &all)),
        ControlMatch::Nearest(_) | ControlMatch::None(_) => {}
    }
    let gone = search::named(typed, facts.annotations.0.keys().map(String::as_str)).filter(|_| !adds);
    match (gone, found) {
        (Some(gone), _) => Ok(located(gone, false)),
        (None, ControlMatch::Nearest(name)) if wanted => Err(nothing(typed, &format!("Did you mean {}? Nothing was changed.", echo(name)))),
        (None, ControlMatch::Nearest(name)) => Ok(located(name, true)),
        (None, ControlMatch::None(near)) if !near.is_empty() => {
            let near: Vec<String> = near.into_iter().map(echo).collect();
            Err(nothing(typed, &format!("The nearest are: {}.", near.join(", "))))
        }
        (None, _) => Err(nothing(typed, "Try other words of its title.")),
    }
}

/// Nothing is changed by a guess: whoever is asked says which.
fn several(typed: &str, all: &[&str]) -> Error {
    const NAMED_MAX: usize = 8;
    let named: Vec<String> = all.iter().map(|name| echo(name)).collect();
    let fit = format!("`{}` fits {}: {}.", echo(typed), count(all.len(), "control"), first_of(&named, NAMED_MAX));
    Error::bad_arguments(format!("{fit} Name one by its id."))
}

fn nothing(typed: &str, hint: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("No control is called or titled like `{}`. {hint}", echo(typed)))
}

fn title(control: &str, facts: &TenantFacts) -> String {
    facts.catalogue.get(control).map_or_else(|| control.to_owned(), |profile| profile.title.clone())
}

/// What somebody typed or Microsoft sent, short and harmless enough to say back.
fn echo(text: &str) -> String {
    text::echo(text, 80)
}

/// What is noted, as the audit log tells it.
fn fields(annotation: Option<&Annotation>) -> Value {
    let Some(Annotation { owner, until, note, status, at: _, by: _ }) = annotation else { return json!({}) };
    let until = until.map(|until| until.to_string());
    let status = status.map(|status| status.word().to_owned());
    let parts = [("owner", owner.clone()), ("until", until), ("status", status), ("note", note.clone())];
    Value::Object(parts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect::<Map<_, _>>())
}
