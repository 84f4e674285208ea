//! How does an operator get the file that a host wants? Made with the operator's own values, to upload as it is.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Cursor, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use clap::builder::PossibleValuesParser;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    global::{GlobalArgs, load},
    launch,
    output::{say, tell, write_out},
    whole_file::{self, Advice, Existing, Readers, beside, remove_directories},
};
use crate::{
    app,
    config::{self, ConfigSources, Environment},
    error::{Error, Result},
    http,
    manifests::{ALL, EntraUse, EntraValues, Host, PLACEHOLDER_URL, Values, openapi::LINKED},
    text::{is_app_uri, is_guid, is_scope},
};

/// Where Microsoft 365 takes the code of a sign-in.
const TEAMS_REDIRECT: &str = "https://teams.microsoft.com/api/platform/v1.0/oAuthRedirect";
/// The longest word that a manifest takes from the command line, in characters.
const WORD_MAX: usize = 256;
/// What to do about a file that cannot be written.
const ADVICE: Advice<'_> =
    Advice { exists: "choose another name, or overwrite it with --force", elsewhere: "name another place with --out" };

/// A host, and what only an operator knows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  scorewatch manifest                               list the integrations
  scorewatch manifest security-copilot --public-url https://scores.example.com --out plugin.yaml
  scorewatch manifest security-copilot-oauth --entra-directory GUID --entra-client-id GUID
  scorewatch manifest microsoft-365 --auth-reference ID --out scorewatch.zip
  scorewatch manifest vscode --out .vscode/mcp.json    or claude, cursor: they start this program
  scorewatch manifest claude --public-url https://scores.example.com    or ask over HTTP with a key

vscode, claude and cursor hold the whole paths of this program and of its configuration, unless the
service has a public address; then they ask there, and --local has them start the program all the same.
No file holds a key.

microsoft-365 sends one API key for everybody. With --entra-directory and --entra-client-id each
person signs in. ID is what the Teams developer portal calls the registered key or sign-in.")]
pub(super) struct ManifestArgs {
    /// Which integration
    #[arg(value_name = "HOST", value_parser = PossibleValuesParser::new(ALL.iter().map(|host| host.name)), hide_possible_values = true)]
    pub(super) host: Option<String>,
    /// The public address of this service [default: server.public_url]
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub(super) public_url: Option<String>,
    /// The directory (tenant) id of the Entra application that people sign in to [default where one is needed: that of [entra]]
    #[arg(long, value_name = "GUID", value_parser = guid, requires = "entra_client_id", help_heading = "Signing in with Entra")]
    pub(super) entra_directory: Option<String>,
    /// Its application (client) id
    #[arg(long, value_name = "GUID", value_parser = guid, requires = "entra_directory", help_heading = "Signing in with Entra")]
    pub(super) entra_client_id: Option<String>,
    /// Its application id URI [default: api://CLIENT-ID]
    #[arg(long, value_name = "URI", value_parser = audience, requires = "entra_client_id", help_heading = "Signing in with Entra")]
    pub(super) entra_audience: Option<String>,
    /// The scope that the application exposes
    #[arg(long, value_name = "WORD", value_parser = scope, default_value = "Score.Read", help_heading = "Signing in with Entra")]
    pub(super) entra_scope: String,
    /// The id that the Teams developer portal gave the registered key or sign-in
    #[arg(long, value_name = "ID", value_parser = word)]
    pub(super) auth_reference: Option<String>,
    /// For a client on this machine, which starts this program itself, though the service has a public address
    #[arg(long, requires = "host", conflicts_with = "public_url")]
    pub(super) local: bool,
    /// Write to this file instead of standard output; an existing file is kept, unless --force
    #[arg(long, value_name = "FILE", requires = "host")]
    pub(super) out: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long, requires = "out")]
    pub(super) force: bool,
}

pub(super) fn run(global: &GlobalArgs, given: &ManifestArgs) -> Result<()> {
    let Some(host) = given.host.as_deref().and_then(Host::named) else { return say(&list()) };
    let values = values(global, given, host)?;
    let bytes = bytes(host, &values)?;
    match &given.out {
        Some(path) => write_file(path, &bytes, given.force)?,
        None if is_archive(host) && io::stdout().is_terminal() => {
            let sentence = format!("{} is an archive, which no terminal can show. Write it to a file: --out scorewatch.zip", host.name);
            return Err(Error::bad_arguments(sentence));
        }
        None => write_out(&bytes)?,
    }
    if is_archive(host) {
        for line in registration(&values) {
            tell(&line);
        }
    }
    tell(host.next(&values));
    Ok(())
}

/// What is still to be done in the Teams developer portal, where Microsoft 365 keeps keys and sign-ins.
fn registration(values: &Values) -> Vec<String> {
    let mut lines = Vec::new();
    if values.entra.is_some() {
        lines.push(format!("The Entra application needs the redirect URI {TEAMS_REDIRECT} (platform Web) and a client secret."));
    }
    if values.auth_reference.is_none() {
        let sort = if values.entra.is_some() { "OAuth client registration" } else { "API key registration" };
        lines.push(format!(
            "It does not work yet: register at https://dev.teams.microsoft.com/tools ({sort}, base URL {}{LINKED}), then write it again with the id of the registration: --auth-reference ID --force.",
            values.url
        ));
    }
    lines
}

/// The hosts, each with what it is.
fn list() -> String {
    let mut list = "Integrations:\n".to_owned();
    for host in &ALL {
        let entra = if host.entra == EntraUse::Needed { " [needs --entra-...]" } else { "" };
        let _ = writeln!(list, "\n{}{entra}\n  {}", host.name, host.summary);
    }
    list.push_str("\n`scorewatch manifest --help` shows how to write each.");
    list
}

fn values(global: &GlobalArgs, given: &ManifestArgs, host: &Host) -> Result<Values> {
    if given.local && host.next_launched.is_none() {
        return Err(Error::bad_arguments(format!("{} reaches scorewatch over HTTP: leave --local out.", host.name)));
    }
    if given.public_url.as_deref().is_some_and(|url| url.starts_with("http:")) && host.next_launched.is_none() {
        let sentence = format!("{} asks from elsewhere. Give an https address, such as https://scores.example.com.", host.name);
        return Err(Error::bad_arguments(sentence));
    }
    if host.next_launched.is_some() && given.public_url.is_none() {
        let config = load(global, None).map_err(|error| or_ask_the_service(global, error))?;
        if given.local || config.server.public_url.is_none() {
            let launch = launch::command(&config)?;
            return Ok(Values { launch: Some(launch), ..Values::at(PLACEHOLDER_URL) });
        }
    }
    let url = match &given.public_url {
        Some(url) => Some(url.clone()),
        None if !host.holds_url() => Some(PLACEHOLDER_URL.to_owned()),
        None => load(global, None)?.server.public_url.map(|url| url.to_string()),
    };
    let url = url.ok_or_else(|| {
        let sentence =
            "Give the public address of this service: --public-url https://scores.example.com, or server.public_url in the configuration.";
        Error::bad_arguments(sentence)
    })?;
    if host.entra == EntraUse::No && given.entra_client_id.is_some() {
        return Err(Error::bad_arguments(format!("{} needs no sign-in: leave the options --entra-... out.", host.name)));
    }
    if given.auth_reference.is_some() && !host.keeps_reference() {
        return Err(Error::bad_arguments(format!("{} takes no --auth-reference: leave it out.", host.name)));
    }
    let entra = match (named(given), host.entra) {
        (None, EntraUse::Needed) => Some(configured(global, host)?),
        (named, _) => named,
    };
    Ok(Values { entra, auth_reference: given.auth_reference.clone(), ..Values::at(&url) })
}

/// `error`, and what else helps where another user's service has the configuration.
fn or_ask_the_service(global: &GlobalArgs, error: Error) -> Error {
    let sources = ConfigSources { file: global.config.clone(), environment: Environment::of_process(), ..ConfigSources::default() };
    let (path, _) = config::place(&sources);
    if fs::File::open(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        let sentence = format!("{} Or ask the service that runs with it: --public-url http://127.0.0.1:8080", error.sentence);
        return Error::new(error.kind, sentence).because(error.cause());
    }
    error
}

/// The Entra application that the command line names.
fn named(given: &ManifestArgs) -> Option<EntraValues> {
    let (directory, client_id) = given.entra_directory.clone().zip(given.entra_client_id.clone())?;
    let audience = given.entra_audience.clone().unwrap_or_else(|| format!("api://{client_id}"));
    Some(EntraValues { audience, scope: given.entra_scope.clone(), directory, client_id })
}

/// The one that the configuration names, for a `host` that cannot do without.
fn configured(global: &GlobalArgs, host: &Host) -> Result<EntraValues> {
    let entra = app::entra_settings(&load(global, None)?)?;
    entra.as_ref().and_then(http::sign_in).ok_or_else(|| {
        let sentence =
            "name the Entra application with --entra-directory and --entra-client-id, or configure [entra] with a grant that has a scope";
        Error::bad_arguments(format!("People sign in for {}: {sentence}.", host.name))
    })
}

const fn is_archive(host: &Host) -> bool {
    host.files.len() > 1
}

/// The one file of a host, or an archive of all.
fn bytes(host: &Host, values: &Values) -> Result<Vec<u8>> {
    if let [file] = host.files {
        return file.made(values);
    }
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for file in host.files {
        // Without a time, so that the same values make the same archive.
        archive.start_file(file.name(), SimpleFileOptions::default()).map_err(Error::internal)?;
        archive.write_all(&file.made(values)?).map_err(Error::internal)?;
    }
    Ok(archive.finish().map_err(Error::internal)?.into_inner())
}

/// Writes the file, into a directory that is made where the one above it is there: `.vscode` of a new project.
fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<()> {
    let (directory, existing) = (beside(path), if force { Existing::Replaced } else { Existing::Kept });
    let is_new = !directory.exists() && fs::create_dir(directory).is_ok();
    let written = whole_file::write_or_tell(path, bytes, (Readers::Usual, existing), ADVICE);
    if is_new && written.is_err() {
        remove_directories(&[directory.to_owned()]);
    } else if is_new {
        tell(&format!("Created the directory {}.", directory.display()));
    }
    written
}

/// Reads where the service is reached: as `server.public_url` does, or on this machine itself, where a client may ask without TLS.
pub(super) fn public_url(text: &str) -> Result<String, String> {
    config::public_url(text)
        .or_else(|| config::root(text))
        .map(|url| url.to_string())
        .ok_or_else(|| "expected an https address such as https://scores.example.com (http only to this machine itself)".to_owned())
}

/// Reads a GUID.
pub(super) fn guid(text: &str) -> Result<String, String> {
    is_guid(text)
        .then(|| text.to_ascii_lowercase())
        .ok_or_else(|| "expected a GUID such as 00000000-0000-0000-0000-000000000000".to_owned())
}

/// Reads an application id URI, or the bare client id that some applications have in its place.
pub(super) fn audience(text: &str) -> Result<String, String> {
    is_app_uri(text).then(|| text.to_owned()).ok_or_else(|| "expected the application id URI, such as api://CLIENT-ID".to_owned())
}

/// Reads a scope without its application id URI.
pub(super) fn scope(text: &str) -> Result<String, String> {
    is_scope(text).then(|| text.to_owned()).ok_or_else(|| "expected the scope alone, such as Score.Read".to_owned())
}

/// Reads a word of a host's: printed characters without a space.
pub(super) fn word(text: &str) -> Result<String, String> {
    let right = (1..=WORD_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    right.then(|| text.to_owned()).ok_or_else(|| format!("expected 1 to {WORD_MAX} printable characters without a space"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_no_host_could_use_are_refused() {
        assert_eq!(public_url("https://score.example.org").unwrap(), "https://score.example.org/");
        for url in ["http://score.example.org", "score.example.org", "https://", "https://x/?a=b", "https://u:p@x/", "https://x/#y", ""] {
            assert!(public_url(url).is_err(), "{url}");
        }
        assert_eq!(guid("AAAAAAAA-0000-0000-0000-000000000001").unwrap(), "aaaaaaaa-0000-0000-0000-000000000001");
        for guid_like in ["", "aaaaaaaa", "aaaaaaaa-0000-0000-0000-00000000000g", "aaaaaaaa-0000-0000-0000000000000001", "common"] {
            assert!(guid(guid_like).is_err(), "{guid_like}");
        }
        for good in ["api://x", "https://score.example.org/api", "aaaaaaaa-0000-0000-0000-000000000001"] {
            assert_eq!(audience(good).as_deref(), Ok(good));
        }
        for bad in ["", "score", "api://x y", "api://x/", "ftp://x"] {
            assert!(audience(bad).is_err(), "{bad}");
        }
        assert!(word("MTIz##a==").is_ok() && word("a b").is_err() && word("").is_err() && word(&"x".repeat(WORD_MAX + 1)).is_err());
    }

    #[test]
    fn an_archive_is_the_same_for_the_same_values() {
        let host = Host::named("microsoft-365").unwrap();
        let archive = |url: &str| bytes(host, &Values::at(url)).unwrap();
        assert_eq!(archive("https://score.example.org"), archive("https://score.example.org"));
        assert_ne!(archive("https://score.example.org"), archive("https://score.example.com"));
    }
}
