//! Would posts be told where they should be? Who reads at each destination, and what keeps a digest or an alert from being told. Sends nothing.
//!
//! Where readers may not see all of `all` tenants, a digest leaves out the others, and its line says which: it is a summary of what they see. An
//! alert fails: what it finds there nobody would hear of.

use std::{borrow::Cow, process::ExitCode};

use super::{
    super::output::{failed, say, tell},
    credential_expiry, exit_code,
};
use crate::{
    access::{Asker, Tenants},
    alert::{Rule, UnknownControl},
    app::Doors,
    ask::{AnswerForm, Ask, Question, RawArgs},
    config::Config,
    delivery::Destinations,
    digest::Digest,
    error::{Error, ErrorKind, Result},
    operations::DigestShown,
    posting::Posts,
    score::product,
    skills::Entry,
    store::TenantIndex,
    surfaces::terminal,
    text::{did_you_mean, echo, first_of},
};

/// The skill that knows which products there are.
const PRODUCTS: &str = "weakest_controls";
/// How much of the name of a control a line shows, in characters.
const NAME_MAX: usize = 80;
/// How many tenants a line names.
const NAMED_MAX: usize = 10;

/// Says what is posted where and to whom. `outcome` is what was found before.
pub(super) async fn check(doors: &Doors, config: &Config, known: &TenantIndex, mut outcome: ExitCode) -> Result<ExitCode> {
    let posts = &*doors.posting.posts();
    for (name, place) in &posts.destinations.named {
        let Asker { role, tenants, .. } = &place.readers;
        say(&format!("destination {name}: {}, read with the role {role} of {}", place.destination.kind(), list(tenants)))?;
    }
    if !posts.destinations.named.is_empty() && posts.destinations.operator.is_none() {
        tell("delivery.operator names no destination: failed deliveries are only in the log. Name one that may see all tenants.");
    }
    let digests = doors.operations.digests(&Asker::local()).await?;
    for name in posts.destinations.named.keys().filter(|name| !is_used(posts, &digests, name)) {
        tell(&format!("destinations.{name}: nothing is sent there: no digest, alert, fallback or delivery.operator names it."));
    }
    let digests = digests.iter().map(|shown| {
        (format!("digest {}", shown.digest.name), of_digest(posts, known, shown), format!("ok. {}", due(posts, known, shown)))
    });
    let mut alerts = Vec::new();
    for rule in &posts.rules {
        let remark = match credential_expiry::nobody_signs_in(config, rule) {
            Some(remark) => Some(remark),
            None => about_nothing(&doors.ask, known, rule).await?,
        };
        if let Some(remark) = &remark {
            tell(&format!("alert {}: {remark}", rule.name));
        }
        let unknown = doors.posting.unknown_controls(known, rule).await?;
        for UnknownControl { typed, nearest } in &unknown {
            let hint = nearest.as_ref().map_or_else(String::new, |nearest| format!(" Did you mean `{}`?", echo(nearest, NAME_MAX)));
            let typed = echo(typed, NAME_MAX);
            tell(&format!(
                "alert {}: no stored control of the tenants that it watches is called or titled like `{typed}`.{hint}",
                rule.name
            ));
        }
        let none = rule.watch.only().is_some_and(|only| !only.controls.is_empty() && unknown.len() == only.controls.len());
        let stands = if remark.is_none() && !none { "ok" } else { "finds nothing as configured" };
        let fine = format!("{stands}. {} in {}, to {}", rule.watch.kind(), list(&rule.tenants), rule.to);
        alerts.push((format!("alert {}", rule.name), of_alert(posts, known, rule), fine));
    }
    for (what, problems, fine) in digests.chain(alerts) {
        if problems.is_empty() {
            say(&format!("{what}: {fine}."))?;
        }
        for problem in problems {
            failed(&what, &Error::new(ErrorKind::Misconfigured, problem))?;
            outcome = exit_code(ErrorKind::Misconfigured);
        }
    }
    Ok(outcome)
}

/// Whether anything names the destination `name`.
fn is_used(posts: &Posts, digests: &[DigestShown], name: &str) -> bool {
    let Destinations { operator, fallbacks, .. } = &posts.destinations;
    let mut named = digests
        .iter()
        .map(|shown| &shown.digest.to)
        .chain(posts.rules.iter().map(|rule| &rule.to))
        .chain(operator)
        .chain(fallbacks.values());
    named.any(|to| to == name)
}

/// What is wrong with the product of a rule, if no control of any tenant that it watches is of it: the rule would be silent for ever.
async fn about_nothing(ask: &Ask, known: &TenantIndex, rule: &Rule) -> Result<Option<String>> {
    let Some(product) = rule.watch.only().and_then(|only| only.product.as_ref()) else { return Ok(None) };
    let (skill, args) = (Entry::named(PRODUCTS)?, [(Cow::Borrowed("product"), Cow::Borrowed(product.as_str()))]);
    let watched = known.tenants.iter().filter(|(name, _)| rule.tenants.include(name));
    let (held, unread): (Vec<_>, Vec<_>) = watched.partition(|(_, tenant)| tenant.newest_day.is_some());
    if product::is_known(product) && (held.is_empty() || !unread.is_empty()) {
        return Ok(None);
    }
    let mut wrong = None;
    for (tenant, _) in held {
        let question =
            Question { skill, tenant: Some(tenant), args: RawArgs::Pairs(&args), form: AnswerForm::Text, surface: terminal::SURFACE.name };
        match ask.ask(&Asker::local(), &question).await {
            Err(error) if error.kind == ErrorKind::NotFound => wrong = Some(error.sentence),
            Ok(_) | Err(_) => return Ok(None),
        }
    }
    let wrong = wrong
        .unwrap_or_else(|| format!("No stored control is of it, and no product has this name.{}", did_you_mean(product, product::names())));
    Ok(Some(format!("product = \"{product}\" has no effect. {wrong}")))
}

fn list(tenants: &Tenants) -> String {
    match tenants {
        Tenants::All => "all tenants".to_owned(),
        Tenants::Only(names) => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}

fn due(posts: &Posts, known: &TenantIndex, shown: &DigestShown) -> String {
    let digest = &shown.digest;
    let next = match (&shown.stopped, shown.next) {
        (Some(why), _) => format!("stopped: {}", why.trim_end_matches('.')),
        (None, None) => "paused".to_owned(),
        (None, Some(next)) => next.to_zoned(digest.when.zone.clone()).strftime("next on %a %Y-%m-%d at %H:%M %Z").to_string(),
    };
    format!("{}, {}, to {}; {next}", whom(posts, known, digest), digest.when, digest.to)
}

/// Whom `digest` tells about, and whom of all tenants it leaves out.
fn whom(posts: &Posts, known: &TenantIndex, digest: &Digest) -> String {
    let readers = posts.destinations.find(&digest.to).ok().map(|place| place.readers).filter(|_| digest.tenants == Tenants::All);
    let unseen = |readers: Asker| known.tenants.keys().filter(|name| !readers.tenants.include(name)).cloned().collect::<Vec<_>>();
    let unseen = readers.map(unseen).unwrap_or_default();
    if unseen.is_empty() {
        return list(&digest.tenants);
    }
    format!("all tenants but {} (left out: not for those who read there)", first_of(&unseen, NAMED_MAX))
}

/// What keeps a digest from being made: all readers may see some of all tenants, but one that names a tenant tells about it or not at all.
fn of_digest(posts: &Posts, known: &TenantIndex, shown: &DigestShown) -> Vec<String> {
    let digest = &shown.digest;
    problems(posts, known, &digest.tenants, &digest.to, |all, unseen| digest.tenants == Tenants::All && unseen < all)
}

/// What keeps an alert from being told: each tenant is told by itself.
fn of_alert(posts: &Posts, known: &TenantIndex, rule: &Rule) -> Vec<String> {
    problems(posts, known, &rule.tenants, &rule.to, |_, _| false)
}

/// What is wrong with telling `tenants` at `to`. `enough` is whether it is fine that of so many tenants so many are not seen there.
fn problems(posts: &Posts, known: &TenantIndex, tenants: &Tenants, to: &str, enough: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let wanted: Vec<&str> = match tenants {
        Tenants::All => known.tenants.keys().map(String::as_str).collect(),
        Tenants::Only(names) => names.iter().map(String::as_str).collect(),
    };
    let (there, unknown): (Vec<&str>, Vec<&str>) = wanted.into_iter().partition(|name| known.tenants.contains_key(*name));
    let mut problems = Vec::new();
    if let Some(first) = unknown.first() {
        let sentence = format!("{} is neither configured nor stored. Correct its tenants, or add [tenants.{first}].", unknown.join(", "));
        problems.push(sentence);
    }
    match posts.destinations.find(to) {
        Err(error) => problems.push(error.sentence),
        Ok(place) => {
            let unseen: Vec<&str> = there.iter().copied().filter(|name| !place.readers.tenants.include(name)).collect();
            if !unseen.is_empty() && !enough(there.len(), unseen.len()) {
                problems.push(format!(
                    "Those who read at {to} may not see {}. Allow it in the grant, name another destination, or leave it out of the tenants.",
                    unseen.join(", ")
                ));
            }
        }
    }
    problems
}
