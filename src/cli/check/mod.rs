//! Would `serve` work? The configuration was read without an error; now each tenant's sign-in and permissions, and the
//! keys that access tokens are checked with, what surfaces have configured, and what is posted where.

mod causes;
mod credential_expiry;
mod posts;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use futures_util::stream::{self, StreamExt as _};
use jiff::{Timestamp, civil::Date};

use super::{
    exit_code,
    global::shown,
    output::{failed, say, tell},
    session::{StoreState, app_to_try},
    stop::{Ended, unless_stopped},
};
use crate::{
    access::{GROUP_PREFIX, Tenants, entra::TokenValidator},
    app::{self, App},
    config::Config,
    error::{AccessGap, ErrorKind, Result},
    graph::SCORES,
    http,
    score::{FRESH_DAYS, age, change::day_of},
    store::{KnownKey, Store, TenantIndex},
    surfaces::{self, CheckStep},
    text::{count, did_you_mean, first_of},
};
use causes::Causes;

/// So many tenants a line names.
const NAMED_MAX: usize = 10;
/// What a store means that takes nothing more.
const NOTHING_NEW: &str = "What it holds is still answered; nothing new is stored until then.";
/// So many tenants are tried at once.
pub(super) const TRIED_AT_ONCE: usize = 8;

/// What is odd about the newest day that Graph sends `today`, where the newest that is `held` is known.
fn odd(newest: Option<Date>, held: Option<Date>, today: Date) -> Option<String> {
    match (newest, held) {
        (None, Some(held)) => {
            Some(format!("The store holds days up to {held}, and Microsoft Graph sends none now. Such a response is not a sync."))
        }
        (Some(newest), Some(held)) if newest < held => {
            Some(format!("The store holds days up to {held}, and Microsoft Graph sends older ones only."))
        }
        (Some(newest), _) if age(newest, today) > FRESH_DAYS => {
            Some(format!("That day is {} days old. Microsoft has published no newer one; see its service health.", age(newest, today)))
        }
        _ => None,
    }
}

/// What was found.
pub(super) struct Checked {
    /// What the command ends with.
    pub(super) code: ExitCode,
    /// Whether an administrator of a tenant must consent.
    pub(super) needs_consent: bool,
}

/// The tenants that cannot be read, and whether that is for want of consent.
#[derive(Default)]
struct FailingTenants {
    names: BTreeSet<String>,
    need_consent: bool,
}

/// Tries the store, every tenant and whatever else is configured, and says what was found and what to do. Stores no score, sends no post.
pub(super) async fn run(config: &Config) -> Result<ExitCode> {
    Ok(checked(config).await?.code)
}

/// The same, for whoever goes on from what was found.
pub(super) async fn checked(config: &Config) -> Result<Checked> {
    let (app, state) = app_to_try(config).await?;
    let mut failing = FailingTenants::default();
    let tried = unless_stopped(try_all(&app, config, state, &mut failing)).await;
    app.store.close().await;
    let code = match tried {
        Ended::Done(outcome) => outcome?,
        Ended::Stopped(signal) => {
            tell("Stopped before all was tried.");
            signal.exit_code()
        }
    };
    Ok(Checked { code, needs_consent: failing.need_consent })
}

async fn try_all(app: &App, config: &Config, state: StoreState, failing: &mut FailingTenants) -> Result<ExitCode> {
    say(if config.tenants.is_empty() { "configuration: ok, no tenant" } else { "configuration: ok" })?;
    for warning in &config.warnings {
        tell(&format!("warning: {warning}"));
    }
    let is_known = !matches!(state, StoreState::Unusable(_));
    let mut outcome = store_works(config, state)?;
    outcome = serves_tls(config, outcome).await?;
    for tenant in config.tenants.iter().filter(|tenant| tenant.sign_in.is_none()) {
        say(&format!("{}: offline, updated by `scorewatch import`", tenant.name))?;
    }
    outcome = can_sign_in(app, failing, outcome)?;
    let known = app.store.index().await?;
    outcome = holds(config, &known, failing, outcome)?;
    outcome = reads_graph(app, (config, &known), failing, outcome).await?;
    let synced = config.tenants.iter().filter(|tenant| tenant.sign_in.is_some()).count();
    if synced > 1 {
        say(&together(synced, &failing.names))?;
    }
    match app::entra_settings(config).and_then(|settings| settings.map(TokenValidator::new).transpose()) {
        Err(error) => {
            failed("entra", &error)?;
            outcome = exit_code(error.kind);
        }
        Ok(None) => {}
        Ok(Some(entra)) => outcome = sign_in(&entra, outcome).await?,
    }
    outcome = surfaces_work(config, outcome).await?;
    if is_known {
        outcome = posts::check(&app.doors, config, &known, outcome).await?;
        names_add_up(config, &known);
    }
    for remark in credential_expiry::remarks(config) {
        tell(&remark);
    }
    if config.tenants.is_empty() {
        tell(
            "No tenant is configured. Write a first configuration with `scorewatch init`, or add [tenants.NAME]; docs/tenants.md shows how, step by step.",
        );
    }
    Ok(outcome)
}

/// How it stands with the store, and what follows from that.
fn store_works(config: &Config, state: StoreState) -> Result<ExitCode> {
    let path = shown(&config.store.path);
    let (error, follows) = match state {
        StoreState::Writable => match Store::has_room(&config.store.path) {
            Ok(()) => return say(&format!("store: ok. {path} is writable.")).map(|()| ExitCode::SUCCESS),
            Err(error) => (error, format!("The store is {path}. {NOTHING_NEW}")),
        },
        StoreState::Absent => match Store::can_be_made(&config.store.path) {
            Ok(()) => {
                return say(&format!("store: ok. {path} is not there yet; its directory is writable.")).map(|()| ExitCode::SUCCESS);
            }
            Err(error) => (
                error,
                format!("The store would be {path}. Until then `scorewatch refresh` and `scorewatch serve` cannot store what they fetch."),
            ),
        },
        StoreState::ReadOnly(error) => (error, format!("The store is {path}. {NOTHING_NEW}")),
        StoreState::Unusable(error) => {
            (error, format!("The store is {path}. What depends on what it holds is not checked: posts, and tenants in grants."))
        }
    };
    let error = error.followed_by(&follows);
    failed("store", &error)?;
    Ok(exit_code(error.kind))
}

/// Whether each tenant has something to sign in with.
fn can_sign_in(app: &App, failing: &mut FailingTenants, mut outcome: ExitCode) -> Result<ExitCode> {
    // All tenants of an app have one credential: what is wrong with it is said once.
    let mut unusable: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (tenant, error) in app.unusable() {
        unusable.entry(&error.sentence).or_default().push(tenant);
        outcome = exit_code(error.kind);
        failing.names.insert(tenant.clone());
    }
    for (sentence, tenants) in unusable {
        say(&format!("{}: credential: FAILED. {sentence}", first_of(&tenants, NAMED_MAX)))?;
    }
    Ok(outcome)
}

/// What is stored of the tenants: of those that were taken out, and under whose name.
fn holds(config: &Config, known: &TenantIndex, failing: &mut FailingTenants, mut outcome: ExitCode) -> Result<ExitCode> {
    for name in known.taken_out.keys() {
        say(&format!(
            "{name}: stored, and in no answer: it was removed from the configuration. To delete its data: scorewatch tenant remove {name}"
        ))?;
    }
    let bound = config.tenants.iter().filter_map(|tenant| Some((known.tenants.get(&tenant.name)?.entra_id.as_deref()?, &*tenant.name)));
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, name) in bound {
        first.entry(id).or_insert(name);
    }
    for tenant in &config.tenants {
        let (Some(sign_in), Some(known)) = (&tenant.sign_in, known.tenants.get(&tenant.name)) else { continue };
        let held =
            known.entra_id.as_deref().filter(|held| !sign_in.tenant_id.contains('.') && !held.eq_ignore_ascii_case(&sign_in.tenant_id));
        if let Some(other) = known.entra_id.as_deref().and_then(|id| first.get(id)).filter(|other| **other != tenant.name) {
            let what = format!("It is the same Entra tenant as {other}, so it is watched twice. Remove one of the two.");
            say(&format!("{}: store: FAILED. {what}", tenant.name))?;
            failing.names.insert(tenant.name.clone());
            outcome = exit_code(ErrorKind::Misconfigured);
        }
        if let Some(held) = held {
            let what =
                format!("The store holds data of Entra tenant {held} under this name, and accepts no other. Give the tenant another name.");
            say(&format!("{}: store: FAILED. {what}", tenant.name))?;
            failing.names.insert(tenant.name.clone());
            outcome = exit_code(ErrorKind::Misconfigured);
        }
    }
    Ok(outcome)
}

/// How all tenants that are synced stand, in a line: what fails is not buried under what does not.
fn together(synced: usize, failing: &BTreeSet<String>) -> String {
    let names: Vec<&str> = failing.iter().map(String::as_str).collect();
    match names.len() {
        0 => format!("tenants: {synced} ok"),
        failed if failed > NAMED_MAX => format!(
            "tenants: {} ok, {failed} FAILED: {}. `scorewatch tenant consent` lists each.",
            synced - failed,
            first_of(&names, NAMED_MAX)
        ),
        failed => format!("tenants: {} ok, {failed} FAILED: {}", synced - failed, names.join(", ")),
    }
}

/// Tries each tenant's sign-in and permissions: several at once, told in their order.
async fn reads_graph(
    app: &App,
    (config, known): (&Config, &TenantIndex),
    failing: &mut FailingTenants,
    mut outcome: ExitCode,
) -> Result<ExitCode> {
    let mut causes = Causes::of(config);
    let tried = app.refreshers().iter().map(|refresher| async move { (refresher, refresher.check().await) });
    let mut tried = stream::iter(tried).buffered(TRIED_AT_ONCE);
    while let Some((refresher, steps)) = tried.next().await {
        for step in steps {
            match step.outcome {
                Ok(found) => {
                    let held = known.tenants.get(refresher.tenant()).and_then(|known| known.newest_day);
                    let odd = odd(step.newest, held, day_of(Timestamp::now())).filter(|_| step.name == SCORES);
                    // That no score is there yet is said only of a tenant that never had one.
                    if step.newest.is_some() || odd.is_none() {
                        say(&format!("{}: {}: ok. {found}", refresher.tenant(), step.name))?;
                    }
                    if let Some(odd) = odd {
                        say(&format!("{}: {}: ! {odd}", refresher.tenant(), step.name))?;
                    }
                }
                Err(error) => {
                    causes.tell(refresher.tenant(), step.name, &error)?;
                    outcome = exit_code(error.kind);
                    failing.need_consent |= matches!(error.gap, Some(AccessGap::Consent | AccessGap::Permission | AccessGap::App));
                    failing.names.insert(refresher.tenant().to_owned());
                }
            }
        }
    }
    causes.tell_others()?;
    Ok(outcome)
}

/// Whether the certificate that we would answer with goes with its key.
async fn serves_tls(config: &Config, outcome: ExitCode) -> Result<ExitCode> {
    let Some(files) = app::tls_files(config) else { return Ok(outcome) };
    match http::check_tls(files).await {
        Ok(()) => say("tls: ok. The certificate and the key belong together.").map(|()| outcome),
        Err(error) => failed("tls", &error).map(|()| exit_code(error.kind)),
    }
}

/// Lets each surface try what is configured of it.
async fn surfaces_work(config: &Config, mut outcome: ExitCode) -> Result<ExitCode> {
    for surface in surfaces::ALL {
        let Some(check) = surface.check else { continue };
        for CheckStep { what, found, remark } in check(&config.sections).await {
            if let Some(remark) = remark {
                tell(&remark);
            }
            let what = what.map_or_else(|| surface.name.to_owned(), |what| format!("{}: {what}", surface.name));
            match found {
                Ok(found) => say(&format!("{what}: ok. {found}"))?,
                Err(error) => {
                    failed(&what, &error)?;
                    outcome = exit_code(error.kind);
                }
            }
        }
    }
    Ok(outcome)
}

/// Reads the signing keys of each directory.
async fn sign_in(entra: &TokenValidator, mut outcome: ExitCode) -> Result<ExitCode> {
    for step in entra.check().await {
        let what = format!("entra: directory {}, version {} tokens", step.directory, step.version.number());
        match step.outcome {
            Ok(keys) => say(&format!("{what}: ok. {}.", count(keys, "signing key")))?,
            Err(error) => {
                failed(&what, &error)?;
                outcome = exit_code(error.kind);
            }
        }
    }
    Ok(outcome)
}

/// Names tenants, groups and keys that do not go together.
fn names_add_up(config: &Config, known: &TenantIndex) {
    for (section, name) in strangers(config, known) {
        let of_group = |tenants: &BTreeSet<String>| tenants.contains(name);
        let groups: Vec<&str> = config.groups.iter().filter(|(_, tenants)| of_group(tenants)).map(|(group, _)| group).collect();
        let who = match section {
            "destinations" => "destinations: one shows".to_owned(),
            "groups" => format!("groups: {} has", first_of(&groups, NAMED_MAX)),
            _ => format!("{section}: a grant shows"),
        };
        if known.taken_out.contains_key(name) {
            tell(&format!("{who} tenant {name}, which is stored, but not configured: it is in no answer."));
            continue;
        }
        let names = known.tenants.keys().map(String::as_str).chain(config.groups.iter().map(|(group, _)| group));
        let hint = did_you_mean(name, names);
        tell(&format!("{who} tenant {name}, which is neither configured nor stored. Check the spelling.{hint}"));
    }
    for name in known.tenants.keys().filter(|name| config.groups.get(name).is_some()) {
        tell(&format!(
            "groups: {name} is stored as a tenant, too, which an import made: it goes before the group. Give the group another name."
        ));
    }
    for (key, group) in known.keys.iter().flat_map(|key| lost_groups(config, key)) {
        tell(&format!(
            "key {key}: it is for the group {group}, which is not configured: of it, it sees no tenant. Add [groups.{group}], or revoke the key."
        ));
    }
}

/// The groups that a key that works is for and that are not configured, each with the key's id.
fn lost_groups<'k>(config: &Config, key: &'k KnownKey) -> Vec<(&'k str, &'k str)> {
    let groups = key.tenants.iter().flatten().filter_map(|name| name.strip_prefix(GROUP_PREFIX));
    let lost = groups.filter(|group| key.revoked.is_none() && config.groups.get(group).is_none());
    lost.map(|group| (&*key.id, group)).collect()
}

/// The tenants that grants show, or groups have, and nobody knows, each with the section that names it.
fn strangers<'c>(config: &'c Config, known: &TenantIndex) -> BTreeSet<(&'static str, &'c str)> {
    let of_groups = config.groups.iter().flat_map(|(_, tenants)| tenants.iter().map(String::as_str));
    let of_groups: BTreeSet<&str> = of_groups.filter(|name| !known.tenants.contains_key(*name)).collect();
    let entra = config.entra.iter().flat_map(|entra| &entra.grants).map(|grant| ("entra", &grant.tenants));
    let surfaces = config.sections.iter().flat_map(|(name, settings)| settings.granted().into_iter().map(move |tenants| (name, tenants)));
    let posts = config.destinations.iter().filter_map(|of| of.readers.as_ref()).map(|readers| ("destinations", &readers.tenants));
    let named = entra
        .chain(surfaces)
        .chain(posts)
        .filter_map(|(section, shown)| if let Tenants::Only(names) = shown { Some((section, names)) } else { None });
    named
        .flat_map(|(section, names)| names.iter().map(move |name| (section, name.as_str())))
        .filter(|(_, name)| !known.tenants.contains_key(*name) && !of_groups.contains(*name))
        .chain(of_groups.iter().map(|name| ("groups", *name)))
        .collect()
}
