//! How do saved answers of Graph get into the store? All files of a call together, or none of them; `-` is standard input.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::{
    operator,
    output::{say, tell},
};
use crate::{
    app::of_tenants,
    config::Config,
    error::{Error, ErrorKind, Result},
    graph::read_saved,
    score::{LeftOut, Reading},
    store::{AuditEntry, Saved, Source, Store},
    text::{NAME_IS, count, is_name},
};

/// Reading this much takes long enough to want to see it move.
const PROGRESS_BYTES_MIN: u64 = 16 * MEBIBYTE;
const MEBIBYTE: u64 = 1024 * 1024;
/// What stands for standard input among the files, and what that is called.
const STDIN: &str = "-";
const STDIN_NAME: &str = "Standard input";

/// Saved answers, and whose they are.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The tenant to store them under; a new name creates a new tenant
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: String,
    /// JSON as Graph sent it, in any order; `-` for standard input; all are stored, or none
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

pub(super) async fn run(config: &Config, given: &ImportArgs) -> Result<()> {
    let tenant = &given.tenant;
    if !is_name(tenant) {
        let sentence = format!("A tenant's name has {NAME_IS}.");
        return Err(Error::bad_arguments(sentence));
    }
    if config.groups.get(tenant).is_some() {
        return Err(Error::bad_arguments(format!(
            "{tenant} is the name of a group ([groups.{tenant}], or a list of tenants). Give the tenant another name."
        )));
    }
    let files = read_files(&given.files, config.refresh.body_bytes_max as u64)?;
    let reading = tokio::task::spawn_blocking(move || read_saved(&files)).await.map_err(Error::internal)??;
    let now = Timestamp::now();
    if let Some(sentence) = reading.from_the_future(now) {
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    if let Some(sentence) = nothing(&reading) {
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    same_tenant(config, tenant, &reading)?;
    let store = of_tenants(Store::open(&config.store.path).await?, config);
    let known = store.index().await?;
    let taken_out = known.taken_out.contains_key(tenant);
    let was_bound = known.tenants.get(tenant).is_some_and(|known| known.entra_id.is_some());
    let saved = store.save(tenant, &reading, Source::Import, now).await;
    let has_profiles = saved.is_ok() && store.held(tenant).await.is_ok_and(|held| held.profiles > 0);
    if taken_out && saved.is_ok() {
        store.audit_add(&back(tenant, now)).await?;
    }
    store.close().await;
    let saved = saved?;
    say(&sentence(tenant, &reading, &saved))?;
    if taken_out {
        tell(&format!("{tenant} had been removed from the configuration. It is in answers again, because it was imported."));
    }
    for told in saved.doubled(tenant).into_iter().chain(bound(config, tenant, &reading).filter(|_| !was_bound)) {
        tell(&told);
    }
    for remark in remarks(&reading, has_profiles) {
        tell(&remark);
    }
    tell(&format!("Next: scorewatch ask secure_score --tenant {tenant}"));
    Ok(())
}

/// What the audit log says of a tenant that is in answers again.
fn back(tenant: &str, now: Timestamp) -> AuditEntry {
    AuditEntry {
        at: now,
        asker: operator().id.to_string(),
        what: "tenant.import".to_owned(),
        tenant: Some(tenant.to_owned()),
        subject: tenant.to_owned(),
        detail: r#"{"was":{"configuration":"taken out"},"became":{"configuration":"imported"}}"#.to_owned(),
    }
}

/// Why there is nothing to store.
fn nothing(reading: &Reading) -> Option<String> {
    if !reading.days.is_empty() {
        return None;
    }
    if let Some(unusable) = reading.unusable() {
        return Some(format!("The files hold {unusable}, and no other. Nothing was stored. Save Graph's response itself, unchanged."));
    }
    let any = reading.catalogue.as_ref().is_some_and(|catalogue| !catalogue.profiles().is_empty());
    let sentence =
        "The files hold no day and no profile: Graph returned an empty list, as it does for a tenant without a score. Nothing was stored.";
    (!any).then(|| sentence.to_owned())
}

/// What whoever imports should know of the files.
fn remarks(reading: &Reading, has_profiles: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(reading.failed.iter().map(|failed| format!("The rest was stored. Graph returned an error in {failed}.")));
    let profiles = reading.catalogue.as_ref().map_or(0, |catalogue| catalogue.profiles().len());
    let rest =
        "is not among the files (@odata.nextLink). Save every page, then import them together: `scorewatch import --help` shows how.";
    if reading.more_profiles {
        let these = count(profiles, "profile");
        remarks.push(format!(
            "The profiles are incomplete: these are {these} of one page, and the next page {rest} Until then some controls have no title, maximum points or state."
        ));
    }
    if reading.more_days {
        remarks.push(format!("The scores are incomplete: older days are on further pages, and the next page {rest}"));
    }
    if profiles == 0 && !has_profiles {
        remarks.push(
            "There are no profiles among the files. With those of secureScoreControlProfiles, controls get titles, maximum points and remediation."
                .to_owned(),
        );
    }
    remarks.extend(without_percentages(reading));
    if reading.repaired > 0 {
        remarks.push(format!("Some text could not be read in {}; it shows as \u{fffd}.", count(reading.repaired, "place")));
    }
    let new = reading.new_words.iter();
    let new: Vec<_> = new.map(|(member, word, entries)| format!("{member} \"{word}\" ({})", count(entries, "time"))).collect();
    if !new.is_empty() {
        remarks
            .push(format!("Values that this version does not know, shown as they are: {}. Is there a newer scorewatch?", new.join(", ")));
    }
    remarks
}

/// That no control of the files has a percentage; `None` where one has, or there is none.
fn without_percentages(reading: &Reading) -> Option<String> {
    let mut scores = reading.days.iter().flat_map(|day| &day.controls).peekable();
    scores.peek()?;
    let sentence =
        "The files have no percentages of controls (scoreInPercentage): weakness is judged by points, where a profile has the maximum.";
    scores.all(|score| score.percent.is_none()).then(|| sentence.to_owned())
}

/// Refuses the data of another tenant than the one that is configured under this name: stored, it would
/// keep the right one from ever being read. Also those of a tenant that is configured under another name.
fn same_tenant(config: &Config, tenant: &str, reading: &Reading) -> Result<()> {
    let Some(sent) = &reading.entra_id else { return Ok(()) };
    // A tenant can also be configured by one of its domains, which tells nothing about its id.
    let ids = config.tenants.iter().filter_map(|configured| Some((&*configured.name, &*configured.sign_in.as_ref()?.tenant_id)));
    let ids: Vec<(&str, &str)> = ids.filter(|(_, id)| !id.contains('.')).collect();
    let own = ids.iter().find(|(name, _)| *name == tenant);
    if own.is_some_and(|(_, id)| id.eq_ignore_ascii_case(sent)) {
        return Ok(());
    }
    let sentence = match (ids.iter().find(|(_, id)| id.eq_ignore_ascii_case(sent)), own) {
        (None, None) => return Ok(()),
        (Some((name, _)), _) => {
            format!(
                "The files are from Entra tenant {sent}, which is configured as {name}. Nothing was stored. Import them with --tenant {name}."
            )
        }
        (None, Some((_, id))) => {
            format!(
                "The files are from Entra tenant {sent}, but {tenant} is configured as {id}. Nothing was stored. Import them under another name."
            )
        }
    };
    Err(Error::new(ErrorKind::Misconfigured, sentence))
}

/// What to tell when a name whose tenant is configured by a domain was bound to whose data this is.
fn bound(config: &Config, tenant: &str, reading: &Reading) -> Option<String> {
    let domain = &config.tenants.iter().find(|configured| configured.name == tenant)?.sign_in.as_ref()?.tenant_id;
    let sent = reading.entra_id.as_ref().filter(|_| domain.contains('.'))?;
    Some(format!(
        "{tenant} is configured by the domain {domain}, and is bound to Entra tenant {sent} from now on, because the files are from it. Check that it is the same tenant."
    ))
}

/// What was stored, in a sentence.
fn sentence(tenant: &str, reading: &Reading, saved: &Saved) -> String {
    let mut parts = Vec::new();
    if let Some(newest) = reading.days.iter().max_by_key(|snapshot| snapshot.day) {
        let Saved { days_new, days_changed, .. } = saved;
        let days = count(reading.days.len(), "day");
        parts.push(format!(
            "{days} up to {} ({days_new} new, {days_changed} changed), {} on the newest",
            saved.newest.unwrap_or(newest.day),
            if newest.controls_known { count(newest.controls.len(), "control") } else { "no list of controls".to_owned() }
        ));
    }
    parts.extend(reading.unusable().map(|unusable| format!("left out {unusable}")));
    if let Some(profiles) = reading.catalogue.as_ref().map(|catalogue| catalogue.profiles().len()).filter(|profiles| *profiles > 0) {
        let Saved { profiles_new, profiles_changed, .. } = saved;
        parts.push(format!("{} ({profiles_new} new, {profiles_changed} changed)", count(profiles, "profile")));
    }
    let dated_by_id = reading.left_out.dated_by_id + saved.dated_by_id;
    parts.extend(LeftOut { dated_by_id, ..reading.left_out }.words());
    parts.extend(saved.stayed());
    let stored = if saved.is_nothing() { "found nothing new in" } else { "stored" };
    format!("{tenant}: {stored} {}.", parts.join("; "))
}

fn read_files(paths: &[impl AsRef<Path>], bytes_max: u64) -> Result<Vec<(String, Vec<u8>)>> {
    if paths.iter().filter(|path| path.as_ref() == Path::new(STDIN)).count() > 1 {
        return Err(Error::bad_arguments("Standard input can be read only once: give - once."));
    }
    let total = paths.iter().filter_map(|path| path.as_ref().metadata().ok()).map(|metadata| metadata.len()).sum();
    // On anything but a terminal, indicatif draws nothing.
    let target = if total >= PROGRESS_BYTES_MIN { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("reading {bar:30} {bytes} of {total_bytes}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(total), target).with_style(style);
    let read = paths.iter().map(AsRef::as_ref).map(|path| {
        let is_stdin = path == Path::new(STDIN);
        let shown = if is_stdin { STDIN_NAME.to_owned() } else { path.display().to_string() };
        let read = if is_stdin { read_stdin(bytes_max, &bar) } else { read_file(path, bytes_max, &bar) };
        let bytes = read.map_err(|error| wrong(&shown, bytes_max, error))?;
        Ok((shown, bytes))
    });
    let files = read.collect();
    bar.finish_and_clear();
    files
}

fn read_file(path: &Path, bytes_max: u64, bar: &ProgressBar) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    read(file, bytes_max, bar)
}

fn read_stdin(bytes_max: u64, bar: &ProgressBar) -> io::Result<Vec<u8>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        tell("Reading JSON from standard input; it ends with Ctrl-D.");
    }
    read(stdin.lock(), bytes_max, bar)
}

fn read(source: impl io::Read, bytes_max: u64, bar: &ProgressBar) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bar.wrap_read(source).take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn wrong(shown: &str, bytes_max: u64, error: io::Error) -> Error {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "does not exist.".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory. Name the files in it.".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user.".to_owned(),
        io::ErrorKind::FileTooLarge => {
            format!("has more than {} MiB. Import its pages one by one, or raise refresh.body_mebibytes_max.", bytes_max / MEBIBYTE)
        }
        _ => "cannot be read.".to_owned(),
    };
    Error::new(ErrorKind::Misconfigured, format!("{shown} {why} Nothing was stored.")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_read_are_explained() {
        let directory = tempfile::tempdir().unwrap();
        let big = directory.path().join("big.json");
        std::fs::write(&big, [b' '; 11]).unwrap();
        let refusal = |path: &Path, bytes_max| read_files(&[path], bytes_max).unwrap_err().sentence;
        assert!(refusal(directory.path(), 10).contains("is a directory"));
        assert!(refusal(&directory.path().join("none.json"), 10).contains("none.json does not exist. Nothing was stored."));
        assert!(refusal(&big, 10).contains("has more than 0 MiB"));
        assert_eq!(read_files(&[&big], 11).unwrap()[0].1.len(), 11);
    }

    #[test]
    fn files_without_percentages_are_remarked() {
        let told = |controls: &str| {
            let day = format!(
                r#"[{{"id":"t_2026-11-29","createdDateTime":"2026-11-29T00:00:00Z","currentScore":5,"controlScores":[{controls}]}}]"#
            );
            let reading = read_saved(&[("scores.json".to_owned(), day.into_bytes())]).unwrap();
            remarks(&reading, true).iter().any(|remark| remark.contains("scoreInPercentage"))
        };
        assert!(told(r#"{"controlName":"X","score":5},{"controlName":"Y","score":1,"scoreInPercentage":null}"#));
        assert!(!told(r#"{"controlName":"X","score":5,"scoreInPercentage":50},{"controlName":"Y","score":1}"#));
        assert!(!told(""));
    }
}
