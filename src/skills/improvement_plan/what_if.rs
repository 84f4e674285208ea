//! Which controls does somebody name who asks what would be if they were done? Each as people write it; all of them are found, or it is said
//! which are not.

use crate::{
    error::{Error, ErrorKind, Result},
    score::{
        Catalogue, Snapshot,
        search::{self, ControlMatch},
    },
    skills::{TenantFacts, caveat::Caveat, format},
    text::first_of,
};

/// The argument that names them.
const CONTROLS: &str = "controls";
/// How many controls may be named.
const CONTROLS_MAX: usize = 25;
/// How many controls that words fit are named, and how many names that mean none are told.
const FITS_MAX: usize = 5;
const UNCLEAR_MAX: usize = 5;
/// What stands between two names in a sentence.
const AND: &str = " and ";

/// Controls that were named.
pub(super) struct NamedControls<'a> {
    /// Their names, each once, as they were named.
    pub names: Vec<&'a str>,
    /// What was named twice, or may have meant others.
    pub notes: Vec<Caveat>,
}

/// Those that `typed` names.
///
/// # Errors
/// Where one of the names means no control, or several alike: all such names are told, with what they may mean.
pub(super) fn named<'a>(typed: &str, tenant: &'a TenantFacts, scored: &'a Snapshot) -> Result<NamedControls<'a>> {
    let (mut found, mut unclear) = (NamedControls { names: Vec::new(), notes: Vec::new() }, Vec::new());
    let mut unknown = false;
    let (mut twice, mut also) = (Vec::new(), Vec::new());
    for (part, meant) in parts(typed, scored, &tenant.catalogue)? {
        match meant {
            ControlMatch::One(name, _) if found.names.contains(&name) => twice.push(format::name(name)),
            ControlMatch::One(name, others) => {
                found.names.push(name);
                also.extend((!others.is_empty()).then(|| format!("{} also fits {}", format::quoted(part, 60), fits(&others))));
            }
            ControlMatch::Several(all) => {
                unclear.push(format!("`{}` fits {}: {}.", format::echo(part), format::count(all.len(), "control"), fits(&all)));
            }
            ControlMatch::Nearest(near) => {
                unknown = true;
                unclear.push(format!(
                    "No control is called or titled like `{}`. Did you mean `{}`?",
                    format::echo(part),
                    format::name(near)
                ));
            }
            ControlMatch::None(near) => {
                unknown = true;
                let near = if near.is_empty() { String::new() } else { format!(" The nearest are: {}.", fits(&near)) };
                unclear.push(format!("No control is called or titled like `{}`.{near}", format::echo(part)));
            }
        }
    }
    if !unclear.is_empty() {
        let more = unclear.len().saturating_sub(UNCLEAR_MAX);
        let more = if more > 0 { format!(" And {more} more names.") } else { String::new() };
        unclear.truncate(UNCLEAR_MAX);
        let kind = if unknown { ErrorKind::NotFound } else { ErrorKind::BadArguments };
        return Err(Error::new(kind, format!("{}{more} Name each by its id or by more words of its title.", unclear.join(" "))));
    }
    found.notes.extend(also.into_iter().map(|also| Caveat::new(also.clone(), format!("{also}."))));
    let twice = (!twice.is_empty()).then(|| first_of(&twice, FITS_MAX));
    found.notes.extend(
        twice.map(|twice| Caveat::new(format!("named twice, counted once: {twice}"), format!("Named twice, counted once: {twice}."))),
    );
    Ok(found)
}

fn fits(names: &[&str]) -> String {
    first_of(&names.iter().map(|name| format::name(name)).collect::<Vec<_>>(), FITS_MAX)
}

/// A name, and whom it means.
type Meant<'t, 'a> = (&'t str, ControlMatch<'a>);

/// The names that stand in `typed`: between semicolons and commas, but where a title has these; or between `and`, where all of it means none.
fn parts<'t, 'a>(typed: &'t str, scored: &'a Snapshot, catalogue: &'a Catalogue) -> Result<Vec<Meant<'t, 'a>>> {
    let refused = |sentence: String| Err(Error::bad_arguments(sentence).naming(CONTROLS));
    let too_many = || refused(format!("`controls` names more than {CONTROLS_MAX} controls. Ask about fewer of them."));
    let apart: Vec<&str> = typed.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).take(CONTROLS_MAX + 1).collect();
    if apart.len() > CONTROLS_MAX {
        return too_many();
    }
    let whole = |part: &str| !part.contains(',') || search::exactly(part, Some(scored), catalogue).is_some();
    let by_comma = |part: &'t str| if whole(part) { vec![part] } else { part.split(',').collect() };
    let parts: Vec<&str> = apart.into_iter().flat_map(by_comma).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return refused("`controls` names no control. Give ids or titles with `;` between them.".to_owned());
    }
    if parts.len() > CONTROLS_MAX {
        return too_many();
    }
    let find = |part: &'t str| (part, search::find(part, Some(scored), catalogue));
    // Each search goes through all controls: so many more are made for parts that mean none as a whole.
    let mut more = CONTROLS_MAX;
    let mut meant = Vec::new();
    for part in parts {
        let found = find(part);
        let pieces: Vec<&str> = part.split(AND).map(str::trim).filter(|piece| !piece.is_empty()).collect();
        if matches!(found.1, ControlMatch::One(..)) || pieces.len() < 2 || pieces.len() > more {
            meant.push(found);
            continue;
        }
        more -= pieces.len();
        let pieces: Vec<Meant<'t, 'a>> = pieces.into_iter().map(find).collect();
        let all_mean = pieces.iter().all(|(_, meant)| matches!(meant, ControlMatch::One(..) | ControlMatch::Several(_)));
        if all_mean { meant.extend(pieces) } else { meant.push(found) }
    }
    if meant.len() > CONTROLS_MAX { too_many() } else { Ok(meant) }
}
