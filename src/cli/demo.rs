//! What does scorewatch do, without a tenant of one's own? Sandbox tenants, the real client, a real server.

use std::{
    fmt::Write as _,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use tempfile::TempDir;

use super::{
    global::shown,
    launch,
    output::{say, tell},
    refresh,
    stop::{StopSignal, stop_asked},
    whole_file::{self, Advice, Existing, Readers},
};
use crate::{
    access::{Asker, Role, api_key},
    app::App,
    config::{self, Config},
    error::{Error, ErrorKind, Result, is_out_of_space},
    operations::{Edit, NoteChange},
    sandbox::{Options, Sandbox, inbox},
    score::Status,
    store::{AuditEntry, KnownKey},
    surfaces,
};

/// How another place for the demo's files is named.
const ELSEWHERE: &str = if cfg!(windows) {
    "name another directory by the variable TMP"
} else {
    "name another directory by TMPDIR, as in TMPDIR=/var/tmp scorewatch demo"
};
/// What to do about a file of the demo that cannot be written.
const ADVICE: Advice<'_> = Advice { exists: ELSEWHERE, elsewhere: ELSEWHERE };

/// The key that the demo takes. It opens nothing but the demo's own tenants on loopback.
const KEY: &str = "demo";

/// What the demo's posts are signed with; the inbox takes any.
const INBOX_SECRET: &str = "whsec_ZGVtbyBkZW1vIGRlbW8gZGVtbyBkZW1vIGRlbW8=";

/// As many as can be configured: only this machine can ask, and the benchmark of a whole server asks the demo.
const REQUESTS_PER_MINUTE: u32 = 10_000_000;

/// Whose secret ends soon, and in how many days.
const SECRET_ENDS: (&str, i32) = ("tailspin", 12);

/// The tenant in which people of ours are at something, and what: control, status, owner, comment.
const STATUSES_OF: &str = "contoso";
const STATUSES: [(&str, Status, &str, &str); 2] = [
    ("MFARegistrationV2", Status::InProgress, "Priya Raman", "The last departments register this week."),
    ("exo_dmarc_published", Status::Planned, "Chen Wei", "The fourth domain follows with the new mail provider."),
];

/// How many days before today tenants are read first: in one of them a control is removed, which takes two days.
const BEFORE: [(i32, &str); 2] = [(2, "woodgrove"), (1, "contoso")];

/// Groups to be compared.
const GROUPS: &str = r#"
[groups.europe]
tenants = "contoso, tailspin"

[groups.americas]
tenants = "northwind, woodgrove"
"#;

/// A rule of each kind, each of which has something to notify of.
const ALERTS: &str = r#"[[alert]]
name = "falls"
tenants = "all"
to = "inbox"
when = "score_falls"
points = "2"

[[alert]]
name = "low"
tenants = "all"
to = "inbox"
when = "score_below"
percent = "60"

[[alert]]
name = "slips"
tenants = "all"
to = "inbox"
when = "control_regresses"

[[alert]]
name = "new"
tenants = "all"
to = "inbox"
when = "control_new"

[[alert]]
name = "removed"
tenants = "all"
to = "inbox"
when = "control_removed"

[[alert]]
name = "statuses"
tenants = "all"
to = "inbox"
when = "status_changed"

[[alert]]
name = "accepted"
tenants = "all"
to = "inbox"
when = "risk_accepted"

[[alert]]
name = "ended"
tenants = "all"
to = "inbox"
when = "acceptance_ends"

[[alert]]
name = "silent"
tenants = "all"
to = "inbox"
when = "no_data"

[[alert]]
name = "sign-in"
tenants = "all"
to = "inbox"
when = "sign_in"
"#;

/// Runs the demo on `listen` until Ctrl-C.
pub async fn run(listen: SocketAddr) -> Result<()> {
    if !listen.ip().is_loopback() {
        let sentence = format!(
            "The demo accepts the key `{KEY}`, which everybody knows, so it listens on loopback only. Use 127.0.0.1:{}.",
            listen.port()
        );
        return Err(Error::new(ErrorKind::Misconfigured, sentence));
    }
    // Before anything is read: a port that is taken is told at once.
    drop(std::net::TcpListener::bind(listen).map_err(|error| {
        let sentence =
            format!("The demo cannot listen on {listen}; another program probably does. Try `--listen 127.0.0.1:0` for any free port.");
        Error::new(ErrorKind::Misconfigured, sentence).because(error)
    })?);
    // From before there is anything that must not stay.
    let mut stop_asked = std::pin::pin!(stop_asked());
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let sandbox = Sandbox::start(Options { eventful: true, ..Options::new(today) }).await?;
    let home = new_home()?;
    let done = run_in(home.path(), &sandbox, (listen, today), &mut stop_asked).await;
    sandbox.stop().await;
    done.map_err(|error| of_demo(error, home.path()))
}

/// A directory for the demo's files, which is removed with all that is in it.
fn new_home() -> Result<TempDir> {
    let mut home = tempfile::Builder::new();
    home.prefix("scorewatch-demo-");
    #[cfg(unix)]
    home.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    home.tempdir().map_err(|error| no_home(&std::env::temp_dir(), error))
}

/// Why there is no directory for the demo's files in `above`.
#[allow(clippy::wildcard_enum_match_arm, reason = "the standard library adds kinds")]
fn no_home(above: &Path, error: io::Error) -> Error {
    let kind = if is_out_of_space(&error) { ErrorKind::Internal } else { ErrorKind::Misconfigured };
    let why = match error.kind() {
        _ if kind == ErrorKind::Internal => "the disk is full".to_owned(),
        io::ErrorKind::NotFound => "there is no such directory".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not write there".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "its disk can only be read".to_owned(),
        other => other.to_string(),
    };
    let sentence = format!("The demo cannot make a directory for its database in {}, as {why}: {ELSEWHERE}.", above.display());
    Error::new(kind, sentence).because(error)
}

/// `error`, which is not about a store that anybody configured but about the demo's own files in `home`.
fn of_demo(mut error: Error, home: &Path) -> Error {
    if !std::mem::take(&mut error.of_store) {
        return error;
    }
    error.followed_by(&format!("The demo keeps its files in {} while it runs; to keep them elsewhere, {ELSEWHERE}.", shown(home)))
}

/// Runs the demo on `listen`, with its files in `home`, until `stop_asked`.
async fn run_in(
    home: &Path,
    sandbox: &Sandbox,
    (listen, today): (SocketAddr, Date),
    stop_asked: &mut (impl Future<Output = StopSignal> + Unpin),
) -> Result<()> {
    let (file, config) = configure(home, sandbox, listen, today)?;
    let app = App::open(&config).await?;
    add_key(&app).await?;
    let prepared = tokio::select! {
        prepared = prepare(&app, sandbox) => Some(prepared?),
        _ = &mut *stop_asked => None,
    };
    if prepared.is_none() {
        app.store.close().await;
        return Ok(());
    }
    let running = app.serve(config).await?;
    say(&welcome(running.address(), sandbox, &file))?;
    stop_asked.await;
    tell("Stopping. The demo's database is deleted.");
    running.stop().await;
    Ok(())
}

/// Reads all that there is. What happens on the last days is news, and told once the demo serves: so the tenants in which it happens are read, and
/// looked at, as they were before.
async fn prepare(app: &App, sandbox: &Sandbox) -> Result<()> {
    tell("Syncing the sample tenants, as yours would be:");
    for (days, tenant) in BEFORE {
        sandbox.advance(-days);
        read(app, |name| name == tenant).await?;
        app.look_at_alerts().await?;
        sandbox.advance(days);
    }
    note_statuses(app).await?;
    tell("Today:");
    read(app, |_| true).await
}

/// Notes what people of ours are at.
async fn note_statuses(app: &App) -> Result<()> {
    for (control, status, owner, note) in STATUSES {
        let change = NoteChange {
            owner: Edit::Set(owner.to_owned()),
            status: Edit::Set(status),
            note: Edit::Set(note.to_owned()),
            ..NoteChange::default()
        };
        app.doors.operations.annotate(&Asker::local(), Some(STATUSES_OF), control, &change).await?;
    }
    Ok(())
}

/// Reads the tenants that are `wanted`, and says what that brought.
async fn read(app: &App, wanted: impl Fn(&str) -> bool) -> Result<()> {
    for refresher in app.refreshers().iter().filter(|refresher| wanted(refresher.tenant())) {
        let refreshed = refresh::watched(refresher).await?;
        tell(&format!("  {}", refresh::sentence(refresher.tenant(), &refreshed)));
    }
    Ok(())
}

/// Writes an ordinary configuration for the sandbox's tenants and reads it as any other.
fn configure(home: &Path, sandbox: &Sandbox, listen: SocketAddr, today: Date) -> Result<(PathBuf, Config)> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let store = home.join("scorewatch.db");
    let mut text = format!(
        "[store]\npath = {}\n\n[server]\nlisten = \"{listen}\"\nrequests_per_minute = {REQUESTS_PER_MINUTE}\n",
        quoted(&store.to_string_lossy())
    );
    for tenant in sandbox.tenants() {
        let root = sandbox.root();
        let _ = write!(
            text,
            "\n[tenants.{}]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = {}\ngraph_root = \"{root}\"\nlogin_root = \"{root}\"\n",
            tenant.name,
            tenant.entra_id,
            tenant.client_id,
            quoted(&tenant.client_secret)
        );
        if tenant.name == SECRET_ENDS.0 {
            let _ = writeln!(text, "client_secret_ends = \"{}\"", today.saturating_add(SECRET_ENDS.1.days()));
        }
    }
    text += GROUPS;
    text += &posts(sandbox);
    let file = home.join("scorewatch.toml");
    // It holds secrets, and `check` warns of one that everybody can read.
    whole_file::write_or_tell(&file, text.as_bytes(), (Readers::Owner, Existing::Replaced), ADVICE)?;
    let given = config::ConfigSources { file: Some(file.clone()), ..config::ConfigSources::default() };
    let config = config::load(&given, &surfaces::config_parts()).map_err(|errors| Error::internal(errors.to_string()))?;
    Ok((file, config))
}

/// A digest and alerts, whose destination is the sandbox itself.
fn posts(sandbox: &Sandbox) -> String {
    format!(
        "
[destinations.inbox]
kind = \"webhook\"
url = \"{}{}\"
secret = \"{INBOX_SECRET}\"
tenants = \"all\"
role = \"analyst\"

[[digest]]
name = \"morning\"
tenants = \"contoso, fabrikam\"
to = \"inbox\"
every = \"daily\"

{ALERTS}",
        sandbox.root(),
        inbox::PATH
    )
}

async fn add_key(app: &App) -> Result<()> {
    let key = KnownKey {
        id: KEY.to_owned(),
        name: KEY.to_owned(),
        sha256: api_key::digest(KEY),
        role: Role::Operator.word().to_owned(),
        tenants: None,
        created: Timestamp::now(),
        expires: None,
        revoked: None,
    };
    let (asker, detail) = (Asker::local().id.to_string(), "{}".to_owned());
    let entry = AuditEntry { at: key.created, asker, what: "key.new".to_owned(), tenant: None, subject: key.id.clone(), detail };
    app.store.key_add(&key, &entry).await?;
    app.doors.ask.view().look().await.map(|_| ())
}

fn welcome(address: SocketAddr, sandbox: &Sandbox, file: &Path) -> String {
    let program = program();
    let file = file.display();
    let names: Vec<&str> = sandbox.tenants().iter().map(|tenant| tenant.name.as_str()).collect();
    format!(
        "
scorewatch demo
  sandbox   a stand-in for Microsoft Graph at {sandbox}, tenants {names}
  server    http://{address}, API key `{KEY}`
  store     beside {file}, deleted on exit

Try in another terminal:
  curl -s -H 'Authorization: Bearer {KEY}' -H 'Accept: text/plain' 'http://{address}/skills/score_changes?tenant=contoso'
  curl -s -H 'Authorization: Bearer {KEY}' 'http://{address}/skills/weakest_controls?tenant=contoso&limit=3&order=quick_wins'
  {program} ask --config {file} secure_score --tenant contoso
  {program} ask --config {file} compare_scores --tenant europe,americas
  {program} note --config {file} --tenant contoso

More: http://{address}/skills lists all questions. Assistants ask over MCP at http://{address}/mcp, or read http://{address}/openapi.json;
http://{address}/manifests/ has the file for each integration, and `{program} usage --config {file}` shows who asked what.
Alerts of each kind fire now: read them at {sandbox}{inbox}, with a browser or with curl.
`{program} digest send morning --config {file}` sends a digest there; `{program} alert --config {file}` lists what is firing.
`{program} probe --demo --tenant odd` shows how a report on Microsoft Graph reads, to try before you probe a tenant of yours.
Stop with Ctrl-C.",
        sandbox = sandbox.root(),
        inbox = inbox::PATH,
        names = names.join(", "),
    )
}

/// How this program can be called from any directory.
fn program() -> String {
    launch::path_of_program().map_or_else(|| "scorewatch".to_owned(), |path| path.display().to_string())
}
