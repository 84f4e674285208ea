//! What is given on the command line? All that `init` would ask, so that a script needs no terminal; what is missing or wrong is said at once.

use std::path::Path;

use clap::builder::PossibleValuesParser;
use toml::Value;

use super::{
    Plan,
    draft::{Draft, DraftValue, parts_of},
};
use crate::{
    config::{
        ConfigError, ConfigErrorKind, ConfigParts, DestinationKind,
        keys::{KeyTable, ValueKind},
    },
    error::{Error, Result},
    surfaces,
};

/// What stands for the name of the tenant while nobody gave one.
pub(super) const TENANT: &str = "contoso";
/// The file of the store, where nobody names another.
const STORE: &str = "scorewatch.db";
/// What a destination is called that nobody named.
pub(super) const DESTINATION: &str = "soc";
/// What the digest is called.
pub(super) const DIGEST: &str = "morning";
/// The options for keys of a tenant, by the key.
const OF_TENANT: [&str; 8] =
    ["tenant_id", "client_id", "certificate_file", "certificate_key_file", "client_secret_file", "cloud", "graph_root", "login_root"];

/// The first configuration, as far as it is given.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "At a terminal it asks for what is not given, and each answer is read as the configuration is. Without a terminal all must be given.

An existing file is kept, unless --force; the example that a package brought is filled in as long as nobody changed it. A secret that is typed goes into a file of its own beside the configuration, which only its owner can read; after an @ the path of such a file can be typed in its place.

KEY is any key of the configuration, such as server.public_url.

Examples:
  scorewatch init
  sudo scorewatch init --config /etc/scorewatch/scorewatch.toml
  scorewatch init --tenant contoso --tenant-id contoso.onmicrosoft.com \\
    --client-id 00000000-0000-0000-0000-000000000000 --certificate-file contoso.pem
  scorewatch init --tenant contoso --tenant-id contoso.onmicrosoft.com \\
    --client-id 00000000-0000-0000-0000-000000000000 --client-secret-file secret \\
    --destination mail --set destinations.soc.to=soc@example.com \\
    --set mail.server=smtp.example.com --set mail.from=scorewatch@example.com --digest weekdays
  scorewatch init --example                         a commented file to fill in, on standard output"
)]
pub(in crate::cli) struct InitArgs {
    /// A short name for the tenant, such as contoso
    #[arg(long, value_name = "NAME", value_hint = clap::ValueHint::Other, help_heading = "Tenant")]
    pub(super) tenant: Option<String>,
    /// Its GUID, or one of its verified domains
    #[arg(long, value_name = "ID", value_hint = clap::ValueHint::Other, help_heading = "Tenant")]
    tenant_id: Option<String>,
    /// The application (client) id of the app registration
    #[arg(long, value_name = "GUID", value_hint = clap::ValueHint::Other, help_heading = "Tenant")]
    client_id: Option<String>,
    /// The certificate to sign in with: PEM with its private key, .pfx or .p12
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "client_secret_file", help_heading = "Tenant")]
    certificate_file: Option<String>,
    /// Its private key, when it is in a file of its own
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "certificate_file", help_heading = "Tenant")]
    certificate_key_file: Option<String>,
    /// A file that holds the client secret to sign in with
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Tenant")]
    client_secret_file: Option<String>,
    /// The cloud that the tenant lives in: global, usgov or usgov_dod [default: global]
    #[arg(long, value_name = "CLOUD", value_parser = ["global", "usgov", "usgov_dod"], hide_possible_values = true, conflicts_with = "graph_root", help_heading = "Tenant")]
    cloud: Option<String>,
    /// Another root of Graph, for a cloud of your own or a test
    #[arg(long, value_name = "URL", requires = "login_root", help_heading = "Tenant")]
    graph_root: Option<String>,
    /// Another root of the sign-in service
    #[arg(long, value_name = "URL", requires = "graph_root", help_heading = "Tenant")]
    login_root: Option<String>,
    /// Where posts go: the kind of one destination
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(kinds(&surfaces::config_parts()).map(|kind| kind.name)), help_heading = "Posts")]
    pub(super) destination: Option<String>,
    /// A short name for that destination
    #[arg(long, value_name = "NAME", default_value = DESTINATION, requires = "destination", help_heading = "Posts")]
    pub(super) destination_name: String,
    /// Send a digest there: daily, weekdays, weekly or monthly
    #[arg(long, value_name = "EVERY", value_parser = ["daily", "weekdays", "weekly", "monthly"], hide_possible_values = true, requires = "destination", help_heading = "Posts")]
    pub(super) digest: Option<String>,
    /// At which time of day [default: 08:00]
    #[arg(long, value_name = "TIME", requires = "digest", help_heading = "Posts")]
    digest_at: Option<String>,
    /// In which time zone, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE", requires = "digest", help_heading = "Posts")]
    digest_zone: Option<String>,
    /// Any other key of the configuration; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// Replace an existing configuration, which is kept beside it with .bak at its end
    #[arg(long)]
    pub(super) force: bool,
    /// Do not run `check` once it is written
    #[arg(long)]
    pub(super) no_check: bool,
    /// Print a whole commented configuration without a tenant, and write none; --set and --store put something into it
    #[arg(long, conflicts_with_all = ["tenant", "tenant_id", "client_id", "certificate_file", "client_secret_file", "destination", "force"])]
    pub(super) example: bool,
}

/// The kinds of destinations that a first configuration can have: those whose readers need no grant.
pub(super) fn kinds(parts: &ConfigParts) -> impl Iterator<Item = &'static DestinationKind> {
    parts.kinds.iter().copied().filter(|kind| !kind.has_granted_readers)
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as server.public_url=https://scores.example.com")?;
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if key.contains('.') && key.split('.').all(part) {
        return Ok((key.to_owned(), value.to_owned()));
    }
    Err("expected a key with its section, such as server.public_url=https://scores.example.com".to_owned())
}

/// What is given, for the tenant called `name`, beside what stands there already.
pub(super) fn draft(plan: &Plan, name: &str) -> Result<Draft> {
    let Plan { given, table, parts, path, .. } = plan;
    let beside = path.parent().unwrap_or(Path::new(""));
    let mut draft = plan.base.clone();
    let values = [
        &given.tenant_id,
        &given.client_id,
        &given.certificate_file,
        &given.certificate_key_file,
        &given.client_secret_file,
        &given.cloud,
        &given.graph_root,
        &given.login_root,
    ];
    for (key, value) in OF_TENANT.into_iter().zip(values) {
        if let Some(value) = value {
            draft.set_text(table, &format!("tenants.{name}.{key}"), value, beside);
        }
    }
    if given.cloud.is_none() && given.graph_root.is_none() {
        // Said, so that nobody with a tenant elsewhere has to find out how.
        draft.set(&format!("tenants.{name}.cloud"), DraftValue::Plain(Value::String("global".to_owned())));
    }
    if let Some(kind) = kinds(parts).find(|kind| given.destination.as_deref() == Some(kind.name)) {
        add_destination(&mut draft, kind, &given.destination_name);
    }
    if let Some(every) = &given.digest {
        add_digest(&mut draft, name, &given.destination_name);
        let texts = [("every", Some(every)), ("at", given.digest_at.as_ref()), ("zone", given.digest_zone.as_ref())];
        for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text?))) {
            draft.set_text(table, &format!("digest.{DIGEST}.{key}"), text, beside);
        }
    }
    add_settings(&mut draft, given, plan.store.as_deref(), table, beside)?;
    if !draft.has("store.path") {
        // Said, so that every command finds it from whichever directory: beside the configuration.
        draft.set("store.path", DraftValue::Plain(Value::String(STORE.to_owned())));
    }
    Ok(draft)
}

/// The keys that are given by themselves.
pub(super) fn add_settings(draft: &mut Draft, given: &InitArgs, store: Option<&str>, table: &KeyTable, beside: &Path) -> Result<()> {
    if let Some(store) = store {
        draft.set_text(table, "store.path", store, beside);
    }
    for (key, value) in &given.set {
        if is_secret(table, key) {
            let sentence = format!(
                "{key} is a secret, and others on this machine can see what is typed here. Write it into a file: --set {key}_file=FILE"
            );
            return Err(Error::bad_arguments(sentence));
        }
        draft.set_text(table, key, value, beside);
    }
    Ok(())
}

fn is_secret(table: &KeyTable, key: &str) -> bool {
    table.find(&parts_of(key)).is_some_and(|key| matches!(key.takes, ValueKind::Secret))
}

/// A destination of `kind`, for whoever runs this: it may see all tenants, and is told what goes wrong here. What else it needs is still missing.
pub(super) fn add_destination(draft: &mut Draft, kind: &DestinationKind, destination: &str) {
    let of_destination = |key: &str| format!("destinations.{destination}.{key}");
    for (key, value) in
        [(of_destination("kind"), kind.name), (of_destination("tenants"), "all"), ("delivery.operator".to_owned(), destination)]
    {
        draft.set(&key, DraftValue::Plain(Value::String(value.to_owned())));
    }
    if let Some((section, ..)) = kind.section {
        draft.section(vec![section.to_owned()]);
    }
}

/// A digest of the tenant to the destination; when it goes is still missing, or as usual.
pub(super) fn add_digest(draft: &mut Draft, tenant: &str, destination: &str) {
    for (key, value) in [("tenants", tenant), ("to", destination)] {
        draft.set(&format!("digest.{DIGEST}.{key}"), DraftValue::Plain(Value::String(value.to_owned())));
    }
}

/// Refuses what is wrong with what was given; what is missing can be asked.
pub(super) fn refuse_wrong(problems: &[ConfigError], given: &InitArgs, tenant: &str, table: &KeyTable) -> Result<()> {
    let no_credential = |problem: &ConfigError| problem.key == format!("tenants.{tenant}") && given.has_no_credential();
    let wrong = problems.iter().filter(|problem| !problem.is_missing() && !no_credential(problem));
    let lines: Vec<String> = wrong.map(|problem| line(problem, given, tenant, table)).collect();
    if lines.is_empty() { Ok(()) } else { Err(Error::bad_arguments(format!("Nothing was written:\n{}", lines.join("\n")))) }
}

/// Refuses what is missing too.
pub(super) fn refuse_incomplete(problems: &[ConfigError], given: &InitArgs, tenant: &str, table: &KeyTable) -> Result<()> {
    let name = given.tenant.is_none().then(|| "  --tenant is missing. Give the tenant a short name, such as contoso.".to_owned());
    let lines: Vec<String> = name.into_iter().chain(problems.iter().map(|problem| line(problem, given, tenant, table))).collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(Error::bad_arguments(format!("There is no terminal to ask at, and nothing was written:\n{}", lines.join("\n"))))
}

/// What is wrong, by the option that mends it.
fn line(problem: &ConfigError, given: &InitArgs, tenant: &str, table: &KeyTable) -> String {
    let option = match parts_of(&problem.key).iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tenants", name] if *name == tenant && given.has_no_credential() => "--certificate-file or --client-secret-file".to_owned(),
        ["tenants", name] if *name == tenant => "--tenant".to_owned(),
        ["tenants", name, key] if *name == tenant && OF_TENANT.contains(key) => format!("--{}", key.replace('_', "-")),
        ["destinations", name] | ["destinations", name, "kind"] if *name == given.destination_name => "--destination".to_owned(),
        ["digest", DIGEST, "every"] => "--digest".to_owned(),
        ["digest", DIGEST, key @ ("at" | "zone")] => format!("--digest-{key}"),
        // What is secret is not typed: others on this machine can see that.
        _ if is_secret(table, &problem.key) => format!("--set {}_file=FILE", problem.key),
        _ => format!("--set {}", problem.key),
    };
    let shown = ConfigError { key: option, ..problem.clone() };
    if problem.kind == ConfigErrorKind::NoCredential {
        return format!("  {} is missing. The app proves with it who it is.", shown.key);
    }
    format!("  {shown}")
}

impl InitArgs {
    fn has_no_credential(&self) -> bool {
        self.certificate_file.is_none() && self.client_secret_file.is_none()
    }
}
