//! What was configured? `scorewatch.toml`, the environment and the command line as plain values; every error at once.
//!
//! Every key can be set by a variable: `server.listen` by `SCOREWATCH__SERVER__LISTEN`. Relative paths are relative
//! to where they are written: those of the file to its directory, those of variables and options to the working directory.
//! Nobody else reads the environment.

mod alert;
mod app;
mod changes;
mod declared;
mod destination;
mod digest;
mod effect;
mod encoding;
mod entra;
mod environment;
mod errors;
pub mod grant;
mod group;
mod key;
pub mod keys;
mod listen;
mod metrics_listener;
mod posts;
mod reader;
mod secret;
mod sign_in;
mod tenant;
mod tenant_keys;
mod tenant_list;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Url;

use crate::{access::Groups, alert::Rule, digest::Digest};

pub use app::AppConfig;
pub use changes::ConfigChanges;
use changes::KeyFingerprints;
pub use declared::{
    ConfigParts, ConfigSection, DestinationKind, DestinationReach, DestinationSettings, RoomNames, SectionPlace, SectionSettings, Sections,
    at_address,
};
pub use destination::{DeliveryConfig, DestinationConfig, ReadersConfig};
pub use entra::{EntraConfig, EntraGrantConfig, EntraLogin};
pub use environment::Environment;
pub use errors::{ConfigError, ConfigErrorKind, ConfigErrors};
use keys::KeyTable;
pub use listen::address;
pub use metrics_listener::MetricsConfig;
use reader::BaseDirectories;
pub use reader::{ConfigReader, SectionReader};
pub use sign_in::{CloudConfig, CredentialConfig, SignInConfig, is_pkcs12, root};
pub use tenant::TenantConfig;

/// Everything that was configured. `Debug` shows no secret.
#[derive(Debug)]
pub struct Config {
    /// Whether it stands in a file: without one, and without a tenant, nobody says which tenants there are.
    pub has_file: bool,
    /// Whether anybody says how scorewatch is configured: that file, or the environment.
    pub is_given: bool,
    /// That file: where it is, or would be.
    pub file: PathBuf,
    /// What must survive a restart.
    pub store: StoreConfig,
    /// The listener.
    pub server: ServerConfig,
    /// The second listener, for metrics.
    pub metrics: MetricsConfig,
    /// The endpoint for assistants that speak MCP.
    pub mcp: McpConfig,
    /// How Graph is read.
    pub refresh: RefreshConfig,
    /// Whose access tokens are taken beside API keys; `None` for nobody's.
    pub entra: Option<EntraConfig>,
    /// The tenants to watch, by name.
    pub tenants: Vec<TenantConfig>,
    /// The apps by which several of them are read.
    pub apps: Vec<AppConfig>,
    /// The groups that tenants are in.
    pub groups: Groups,
    /// Where posts go.
    pub destinations: Vec<DestinationConfig>,
    /// How deliveries are made.
    pub delivery: DeliveryConfig,
    /// What is sent when.
    pub digests: Vec<Digest>,
    /// What is told at once.
    pub alerts: Vec<Rule>,
    /// What is no error, but probably not what was meant.
    pub warnings: Vec<ConfigError>,
    /// What other parts of the program have in it.
    pub parts: ConfigParts,
    /// What was read of their sections.
    pub sections: Sections,
    /// The keys there are.
    keys: KeyTable,
    /// What was given, key by key, as hashes.
    fingerprints: KeyFingerprints,
}

impl Config {
    /// In which keys this differs from the configuration `before`.
    pub fn changes(&self, before: &Self) -> ConfigChanges {
        self.fingerprints.changes(&before.fingerprints, &self.keys)
    }

    /// The settings of the section that has such; `None` where it is not there.
    pub fn settings<T: SectionSettings>(&self) -> Option<&T> {
        self.sections.get()
    }

    /// Whether posts may go to rooms of a chat, which are destinations without being configured as such.
    fn has_rooms(&self) -> bool {
        self.parts.sections.iter().any(|section| section.rooms.is_some() && self.sections.has(section.name))
    }
}

/// What must survive a restart.
#[derive(Debug)]
pub struct StoreConfig {
    /// The SQLite file.
    pub path: PathBuf,
    /// Whether a configuration (also by what it leaves out) or the command line says where. Else it is wherever this process happens to run.
    pub is_named: bool,
}

/// The listener and its limits.
#[derive(Debug)]
pub struct ServerConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// With which certificate; `None` for plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Whether a proxy in front terminates TLS.
    pub behind_proxy: bool,
    /// How others reach this server.
    pub public_url: Option<Url>,
    /// How long one answer may take.
    pub answer_time_max: Duration,
    /// How many questions are answered at the same time.
    pub answers_at_once_max: u32,
    /// How many requests one caller may send a minute.
    pub requests_per_minute: u32,
    /// How many bytes the head of a request may have.
    pub header_bytes_max: u32,
    /// How many bytes the body of a request may have.
    pub body_bytes_max: u32,
}

/// The files of a certificate, PEM.
#[derive(Debug)]
pub struct TlsConfig {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The endpoint for assistants that speak MCP.
#[derive(Debug)]
pub struct McpConfig {
    /// Whether answers are structured content too.
    pub structured: bool,
    /// Further hosts that requests may name.
    pub hosts: Vec<String>,
    /// Further web pages that may ask.
    pub origins: Vec<String>,
}

/// How Graph is read, and what is kept in memory of it.
#[derive(Debug)]
pub struct RefreshConfig {
    /// The time between two readings of a tenant.
    pub every: Duration,
    /// How many bytes one answer of Graph, or one imported file, may have.
    pub body_bytes_max: usize,
    /// How many bytes of finished answers are kept.
    pub answer_cache_bytes: u64,
}

/// What is given to [`load`].
#[derive(Clone, Default)]
pub struct ConfigSources {
    /// The file, which must exist; `None` for `$SCOREWATCH_CONFIG`, else `scorewatch.toml` if there is one.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Environment,
    /// The working directory, where it is another one than that of this process: for tests.
    pub directory: PathBuf,
    /// What the command line overrides.
    pub overrides: Vec<CommandLineOverride>,
}

/// A key set on the command line.
#[derive(Debug, Clone)]
pub struct CommandLineOverride {
    /// The dotted path of the key.
    pub key: &'static str,
    /// The option that sets it, for messages.
    pub option: &'static str,
    /// What it is set to.
    pub value: String,
}

/// The largest configuration file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
const MEBIBYTE: usize = 1024 * 1024;

/// Reads the configuration, in which other parts of the program have `parts`; without a file, all keys have their defaults and there are no tenants.
///
/// # Errors
/// Every error of file, environment and command line at once; alone, what keeps the file from being read.
pub fn load(given: &ConfigSources, parts: &ConfigParts) -> Result<Config, ConfigErrors> {
    let (table, path_of_file) = file(given)?;
    read(table, path_of_file, given, parts)
}

/// Reads `text` as [`load`] would read the file `path` with it and no environment, for whoever writes that file.
///
/// # Errors
/// Every error of the text at once; alone, where it is not TOML.
pub fn load_text(text: &str, path: &Path, parts: &ConfigParts) -> Result<Config, ConfigErrors> {
    read(parse(text, &path.display().to_string())?, path.to_owned(), &ConfigSources::default(), parts)
}

/// Reads of the configuration only where its server listens: what is wrong elsewhere, as in a file that is being edited, does not matter to whoever asks.
///
/// # Errors
/// Every error of `[server]` at once; alone, what keeps the file from being read.
pub fn load_server(given: &ConfigSources, parts: &ConfigParts) -> Result<ServerConfig, ConfigErrors> {
    load_section("server", given, parts, |section, _| server(section))
}

/// Reads of the configuration only where its store is: a copy of that can be made without the secrets of tenants.
///
/// # Errors
/// Every error of `[store]` at once; alone, what keeps the file from being read.
pub fn load_store(given: &ConfigSources, parts: &ConfigParts) -> Result<StoreConfig, ConfigErrors> {
    load_section("store", given, parts, store)
}

fn load_section<T>(
    name: &str,
    given: &ConfigSources,
    parts: &ConfigParts,
    read: impl FnOnce(&mut SectionReader<'_>, bool) -> Option<T>,
) -> Result<T, ConfigErrors> {
    let (mut table, path_of_file) = file(given)?;
    table.retain(|section, _| section == name);
    let bases = BaseDirectories::of(&path_of_file, given);
    let mut reader = ConfigReader::new(parts.keys(), table, (&given.environment, &given.overrides), bases);
    let section = read(&mut reader.section(&[name]), is_given(given, &path_of_file));
    reader.finish_section(name)?;
    section.ok_or_else(unexplained)
}

/// Where [`load`] reads the file, and whether it must be there: nobody named the usual one.
pub fn place(given: &ConfigSources) -> (PathBuf, bool) {
    let named = given.file.clone().or_else(|| given.environment.get("SCOREWATCH_CONFIG").map(PathBuf::from));
    let must_exist = named.is_some();
    (given.directory.join(named.unwrap_or_else(|| PathBuf::from("scorewatch.toml"))), must_exist)
}

fn read(table: toml::Table, path_of_file: PathBuf, given: &ConfigSources, parts: &ConfigParts) -> Result<Config, ConfigErrors> {
    let bases = BaseDirectories::of(&path_of_file, given);
    let keys = parts.keys();
    let mut reader = ConfigReader::new(keys.clone(), table, (&given.environment, &given.overrides), bases);
    let store = store(&mut reader.section(&["store"]), is_given(given, &path_of_file));
    let server = server(&mut reader.section(&["server"]));
    let metrics = metrics_listener::read(&mut reader.section(&["metrics"]));
    let mcp = mcp(&mut reader.section(&["mcp"]));
    let mut section = reader.section(&["refresh"]);
    let refresh = RefreshConfig {
        every: Duration::from_secs(60 * u64::from(section.whole("every_minutes"))),
        body_bytes_max: section.whole("body_mebibytes_max") as usize * MEBIBYTE,
        answer_cache_bytes: u64::from(section.whole("answer_cache_mebibytes")) * MEBIBYTE as u64,
    };
    let WatchedTenants { tenants, apps, groups } = watched(&mut reader);
    let entra = entra::read(&mut reader);
    let mut sections = Sections::default();
    read_sections(&mut reader, parts, SectionPlace::WhoAsks, &mut sections);
    let destinations = destination::read_all(&mut reader, &parts.kinds);
    read_sections(&mut reader, parts, SectionPlace::WherePostsGo, &mut sections);
    let delivery = destination::delivery(&mut reader.section(&["delivery"]));
    let digests = digest::read_all(&mut reader);
    let alerts = alert::read_all(&mut reader);
    posts::check(&mut reader, &destinations, &posts::ReadParts { parts, sections: &sections });
    if let Some(wrong) = secret::open_to_others(&path_of_file, " it").filter(|_| reader.holds_secret()) {
        reader.warn(&path_of_file.display().to_string(), format!("holds a secret, and {wrong}"), secret::KEEP_PRIVATE);
    }
    let (Some(store), Some(server)) = (store, server) else {
        reader.finish()?;
        return Err(unexplained());
    };
    let mut config = Config {
        has_file: path_of_file.is_file(),
        is_given: is_given(given, &path_of_file),
        file: path_of_file,
        store,
        server,
        metrics,
        mcp,
        refresh,
        entra,
        tenants,
        apps,
        groups,
        destinations,
        delivery,
        digests,
        alerts,
        warnings: Vec::new(),
        parts: parts.clone(),
        sections,
        keys,
        fingerprints: reader.fingerprints(),
    };
    effect::check(&mut reader, &config);
    config.warnings = reader.finish()?;
    Ok(config)
}

/// The tenants to watch, and how they are named and read together.
struct WatchedTenants {
    tenants: Vec<TenantConfig>,
    apps: Vec<AppConfig>,
    groups: Groups,
}

/// Reads the tenants of all sections and lists, and their groups, which whatever is read later may name.
fn watched(reader: &mut ConfigReader) -> WatchedTenants {
    let apps = app::read_all(reader);
    let mut tenants = tenant::read_all(reader, &apps);
    tenant::check_unique(reader, &apps, &tenants);
    let listed: Vec<tenant_list::ListedTenant> = apps.iter().flat_map(|app| &app.listed).cloned().collect();
    let groups = group::read_all(reader, &listed);
    reader.know_groups(groups.clone());
    let mut usable = Vec::new();
    for app::ReadApp { app, listed, .. } in apps {
        let Some(app) = app else { continue };
        for tenant_list::ListedTenant { name, tenant_id, .. } in listed {
            tenants.push(TenantConfig { name, sign_in: Some(app.sign_in(tenant_id)), secret_ends: app.secret_ends });
        }
        usable.push(app);
    }
    tenants.sort_by(|one, other| one.name.cmp(&other.name));
    for TenantConfig { name, sign_in, .. } in &tenants {
        let Some(SignInConfig { app: Some(of), tenant_id, .. }) = sign_in else { continue };
        if let Some(app) = usable.iter().find(|app| app.name == *of) {
            app.note(reader, name, tenant_id);
        }
    }
    WatchedTenants { tenants, apps: usable, groups }
}

/// Reads the declared sections of `place` that are there.
fn read_sections(reader: &mut ConfigReader, parts: &ConfigParts, place: SectionPlace, sections: &mut Sections) {
    for section in parts.sections.iter().filter(|section| section.place == place) {
        let read = if reader.has_section(&[section.name]) { (section.read)(reader) } else { None };
        sections.add(section.name, read);
    }
}

/// What the file holds, and where it is.
fn file(given: &ConfigSources) -> Result<(toml::Table, PathBuf), ConfigErrors> {
    let (path, must_exist) = place(given);
    let shown = path.display().to_string();
    let bytes = match secret::read(&path, FILE_BYTES_MAX) {
        Ok(bytes) => bytes,
        // Nor is there one for somebody who may not even look into the directory, as `sudo -u` in the home of another user.
        Err(error) if !must_exist && (error.kind() == std::io::ErrorKind::NotFound || path.symlink_metadata().is_err()) => {
            return Ok((toml::Table::new(), path));
        }
        Err(error) => {
            let (wrong, right) = secret::wrong(&error, FILE_BYTES_MAX);
            // Whole: whoever started this may not know in which directory.
            let whole = std::path::absolute(&path).map_or(shown, |path| path.display().to_string());
            return Err(alone(&whole, wrong, right));
        }
    };
    let text = encoding::text(&bytes).ok_or_else(|| alone(&shown, "is neither UTF-8 nor UTF-16 with its mark", "Save it as UTF-8"))?;
    Ok((parse(&text, &shown)?, path))
}

/// The table that `text` of the file `shown` is.
fn parse(text: &str, shown: &str) -> Result<toml::Table, ConfigErrors> {
    text.parse::<toml::Table>().map_err(|error| {
        // Its Display would quote the line, which may hold a secret.
        let line = error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
        let why = error.message().lines().next().unwrap_or_default().to_owned();
        alone(&format!("{shown} line {line}"), "is not TOML", format!("The parser says: {why}"))
    })
}

fn alone(key: &str, wrong: impl Into<String>, right: impl Into<String>) -> ConfigErrors {
    ConfigErrors(vec![ConfigError::wrong(key, wrong, right)])
}

/// A section whose keys all have defaults was left out though it had no error.
fn unexplained() -> ConfigErrors {
    alone("scorewatch.toml", "cannot be read", "This is a fault of scorewatch")
}

/// Whether there is a file of the configuration, or the environment sets any key.
fn is_given(given: &ConfigSources, path_of_file: &Path) -> bool {
    path_of_file.is_file() || given.environment.sets_keys()
}

/// Where the store is.
fn store(section: &mut SectionReader<'_>, is_configured: bool) -> Option<StoreConfig> {
    let is_named = is_configured || section.has("path");
    section.path("path").map(|path| StoreConfig { path, is_named })
}

fn server(section: &mut SectionReader<'_>) -> Option<ServerConfig> {
    let listen = section.text_or_told("listen", address);
    let behind_proxy = section.flag("behind_proxy");
    let has_tls = ["tls_certificate", "tls_key"].map(|key| section.has(key));
    match has_tls {
        [true, false] => section.missing("tls_key", "tls_certificate and tls_key go together"),
        [false, true] => section.missing("tls_certificate", "tls_certificate and tls_key go together"),
        [true, true] | [false, false] => {}
    }
    let tls = tls(section);
    if listen.is_some_and(|listen| !listen.ip().is_loopback()) && has_tls == [false, false] && !behind_proxy {
        section.error(
            "listen",
            "is open beyond this machine without TLS",
            "Give tls_certificate and tls_key, or behind_proxy = true when a proxy in front terminates TLS, or listen on 127.0.0.1",
        );
    }
    let public_url = section.text("public_url", public_url);
    Some(ServerConfig {
        tls,
        behind_proxy,
        public_url,
        answer_time_max: Duration::from_secs(section.whole("answer_seconds_max").into()),
        answers_at_once_max: section.whole("answers_at_once_max"),
        requests_per_minute: section.whole("requests_per_minute"),
        header_bytes_max: section.whole("header_bytes_max"),
        body_bytes_max: section.whole("body_bytes_max"),
        listen: listen?,
    })
}

fn mcp(section: &mut SectionReader<'_>) -> McpConfig {
    let origin = |text: &str| {
        let origin = Url::parse(text).ok().filter(Url::has_host)?.origin().ascii_serialization();
        (origin == text).then_some(origin)
    };
    McpConfig {
        structured: section.flag("structured"),
        hosts: section.text("hosts", |text| list(text, host)).unwrap_or_default(),
        origins: section.text("origins", |text| list(text, origin)).unwrap_or_default(),
    }
}

/// A host as requests name it: without the port that https has anyway.
fn host(text: &str) -> Option<String> {
    let url = public_url(&format!("https://{text}/")).filter(|url| url.path() == "/" && !text.contains(['*', '/', '@']))?;
    let name = url.host_str()?;
    Some(url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

/// What stands between commas, as `read` reads each part.
fn list(text: &str, read: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    text.split(',').map(|part| read(part.trim())).collect()
}

/// Reads where others reach a server: https, and no more than an address.
pub fn public_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && url.has_host() && plain).then_some(url)
}

fn tls(section: &mut SectionReader<'_>) -> Option<TlsConfig> {
    let [certificate, key] = ["tls_certificate", "tls_key"].map(|key| {
        let path = section.path(key)?;
        if path.is_file() {
            if key == "tls_key" {
                section.check_private(key, &path);
            }
            return Some(path);
        }
        let right = format!("Write the path of a file that does{}", section.looked_for(key));
        section.error(key, "names a file that does not exist", right);
        None
    });
    Some(TlsConfig { certificate: certificate?, key: key? })
}
