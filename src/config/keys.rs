//! Which keys does the configuration have? One table: from it come reading, defaults, limits and the table in docs/reference/configuration.md.
//! What other parts of the program declare has its place among our own keys.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use super::{
    key::{CLOUD, GUID, file_or},
    tenant_keys::KEYS_OF_TENANTS,
};
use crate::text::nearest;

pub use super::key::{ConfigKey, FILE, ROLES, ROOT, TENANTS, ValueKind, file, flag, secret, text, text_or, whole};

const DESTINATION: &str = "the name of a destination";
/// The keys that say where posts go.
const TO: [&str; 2] = ["digest.NAME.to", "alert.NAME.to"];
const SKILLS: &str = "secure_score, score_changes, accepted_risks, weakest_controls";
const WHENS: &str = "score_falls, score_below, control_regresses, control_new, control_removed, status_changed, risk_accepted, acceptance_ends, no_data or sign_in";

/// The keys of the service itself, and of those who ask it with tokens.
const SERVICE: &[ConfigKey] = &[
    file_or(
        "store.path",
        "scorewatch.db",
        "The SQLite file that holds everything; its directory must exist. Not given, it is where the command was started.",
    ),
    text_or(
        "server.listen",
        "an address and a port such as 127.0.0.1:8080 or localhost:8080",
        "127.0.0.1:8080",
        "Where to listen; localhost is 127.0.0.1 here, and [::1]:8080 is this machine by IPv6. Beyond this machine only with TLS or `behind_proxy`.",
    ),
    file("server.tls_certificate", "The certificate chain, PEM. Needs `tls_key`."),
    file("server.tls_key", "The private key of the certificate, PEM."),
    flag("server.behind_proxy", "A proxy in front terminates TLS; allows to listen beyond this machine without a certificate."),
    text(
        "server.public_url",
        "an https address such as https://scores.example.com",
        "How others reach this server; written into the manifests, and into what MCP clients are told about signing in.",
    ),
    whole("server.answer_seconds_max", 1, 300, 30, "Seconds that one answer may take."),
    whole(
        "server.answers_at_once_max",
        1,
        10_000,
        256,
        "Questions in progress or waiting at the same time; further ones are asked to retry.",
    ),
    whole("server.requests_per_minute", 1, 10_000_000, 600, "Requests that one caller may send a minute, all at once or spread."),
    whole("server.header_bytes_max", 16_384, 262_144, 65_536, "Bytes that the head of a request may have."),
    whole("server.body_bytes_max", 1_024, 1_048_576, 65_536, "Bytes that the body of a request may have."),
    text(
        "metrics.listen",
        "an address and a port such as 127.0.0.1:9464",
        "Where to serve Prometheus metrics without a key, to this machine and by its own names only (localhost is 127.0.0.1 here too); with `token` also beyond it, such as 0.0.0.0:9464.",
    ),
    secret(
        "metrics.token",
        "What a scraper must send there as `Authorization: Bearer`. It is sent in clear text: for a network that you trust.",
    ),
    file("metrics.token_file", "A file that holds that token."),
    flag("mcp.structured", "MCP answers are JSON, also as structured content, and tools declare its schema; otherwise compact text."),
    text(
        "mcp.hosts",
        "comma-separated host names, such as scores.example.com, 10.0.0.5:8080",
        "Hosts that requests to `/mcp` may name, beside that of `server.public_url` and this machine's own.",
    ),
    text(
        "mcp.origins",
        "comma-separated origins, such as https://tools.example.com",
        "Web pages that may ask `/mcp` and `/skills` from a browser, beside those of `server.public_url` and this machine.",
    ),
    whole("refresh.every_minutes", 15, 1_440, 60, "Minutes between two fetches from Microsoft Graph."),
    whole("refresh.body_mebibytes_max", 1, 1_024, 64, "MiB that one answer of Graph, or one imported file, may have."),
    whole("refresh.answer_cache_mebibytes", 1, 4_096, 64, "MiB of finished answers kept in memory."),
    text(
        "entra.client_id",
        GUID,
        "The application (client) id of scorewatch's own API registration; with it, access tokens of Entra are accepted in addition to API keys.",
    ),
    text(
        "entra.audience",
        "an App ID URI such as api://00000000-0000-0000-0000-000000000000",
        "The App ID URI of that registration, if it is not `api://` and the client id.",
    ),
    text_or("entra.cloud", CLOUD, "global", "The cloud whose directories issue the tokens."),
    text("entra.login_root", ROOT, "Another root of the sign-in service than the cloud's."),
    text("entra.grants.NAME.directory", GUID, "Whose tokens this grant is for: the GUID of an Entra tenant."),
    text(
        "entra.grants.NAME.scope",
        "a scope such as Score.Read",
        "The scope that a user's token must carry. Without one the grant is for apps.",
    ),
    text("entra.grants.NAME.app_role", "an app role such as Score.Read.All", "The app role that the app, or the user, must have."),
    text_or("entra.grants.NAME.role", ROLES, "reader", "The role that it gives. Of several that match, the highest applies."),
    text("entra.grants.NAME.tenants", TENANTS, "The tenants that it shows."),
];

/// The keys of destinations that every kind takes.
const OF_DESTINATIONS: &[ConfigKey] = &[
    text_or("destinations.NAME.role", ROLES, "reader", "What those who read there may see: an analyst also sees names of people."),
    text("destinations.NAME.tenants", TENANTS, "The tenants that those who read there may see."),
    text(
        "destinations.NAME.fallback",
        "the name of another destination",
        "Which other destination gets alerts, their resolutions and notices while this one has failed for 15 minutes, or is stopped. Its readers must see as much.",
    ),
];

/// The keys of deliveries, digests and alerts.
const OF_POSTS: &[ConfigKey] = &[
    text(
        "delivery.operator",
        DESTINATION,
        "Where the operator is notified of what goes wrong: a destination that fails, a digest that was stopped, a worker that does not run.",
    ),
    whole("delivery.give_up_hours", 1, 168, 12, "Hours after which a post that could not be delivered has failed."),
    whole("delivery.lease_seconds", 5, 600, 120, "Seconds after which another process takes over a delivery whose process died."),
    text("digest.NAME.tenants", TENANTS, "The tenants that it covers, in one message."),
    text(TO[0], DESTINATION, "Where it goes."),
    text_or("digest.NAME.every", "daily, weekdays, weekly or monthly", "weekdays", "On which days."),
    text(
        "digest.NAME.day",
        "a day of the week such as monday for weekly; 1 to 28, or last, for monthly",
        "The day, for `weekly` and `monthly`; else the first.",
    ),
    text_or("digest.NAME.at", "a time such as 08:30", "08:00", "The time of day."),
    text_or("digest.NAME.zone", "an IANA time zone such as Europe/Berlin", "UTC", "The time zone of that time, with its daylight saving."),
    text_or("digest.NAME.skills", SKILLS, SKILLS, "What it contains, in this order."),
    flag("digest.NAME.silent", "Nothing is sent when nothing is new; otherwise one line says so. That there is no new data is said once."),
    text("alert.NAME.tenants", TENANTS, "The tenants that it watches."),
    text(TO[1], DESTINATION, "Where it notifies."),
    text("alert.NAME.when", WHENS, "What it watches for."),
    text_or(
        "alert.NAME.points",
        "a number from 0.1 to 10000, such as 2.5",
        "1",
        "Points that the score (`score_falls`) or a control (`control_regresses`) must lose.",
    ),
    text_or(
        "alert.NAME.percent",
        "a number from 0.1 to 100, such as 2.5",
        "1",
        "For `score_falls` in place of `points`: percent of the score. For `score_below`: the level, in percent of the maximum.",
    ),
    text("alert.NAME.category", "identity, data, device, apps or infrastructure", "Only controls of this category."),
    text(
        "alert.NAME.product",
        "a product such as SharePoint, Entra or MDO, as weakest_controls takes it",
        "Only controls of this product.",
    ),
    text(
        "alert.NAME.controls",
        "comma-separated ids or titles of at most 50 controls (between semicolons, where a title has commas)",
        "Only these controls, by their ids or by words of their titles; words that fit several controls mean all of them. Not for `control_new`.",
    ),
    text(
        "alert.NAME.allowed",
        "comma-separated names or addresses of people",
        "For `risk_accepted`: who may accept risks without an alert.",
    ),
    whole(
        "alert.NAME.hours",
        1,
        720,
        48,
        "For `no_data`: hours since the end of the newest stored day. Microsoft publishes a day up to a day late.",
    ),
    whole("alert.NAME.days", 1, 365, 30, "For `sign_in`: days before a secret or a certificate expires."),
    flag(
        "alert.NAME.hold",
        "For `score_falls` and `control_regresses`: changes that may correct themselves are held back until the next day confirms them.",
    ),
    whole(
        "alert.NAME.repeat_hours",
        0,
        8_760,
        0,
        "Hours after which what still fires is notified again; 0 for never. Not for `control_new`, `control_removed`, `status_changed` and `risk_accepted`, which happen once.",
    ),
];

/// Stands for a name in [`ConfigKey::path`].
const NAME: &str = "NAME";
/// The sections whose sections have names that are free to choose, each with an example of one.
const NAMED: [(&[&str], &str); 7] = [
    (&["groups"], "customers"),
    (&["apps"], "msp"),
    (&["tenants"], "contoso"),
    (&["entra", "grants"], "copilot"),
    (&["destinations"], "soc"),
    (&["digest"], "morning"),
    (&["alert"], "drops"),
];
/// The sections that are written as lists, `[[digest]]`, whose names stand inside.
pub const LISTS: [&str; 2] = ["digest", "alert"];
/// Of our own keys, what a running server cannot take up, as keys or sections: it takes effect at the next start.
const AT_START: [&str; 9] = [
    "store",
    "server",
    "metrics",
    "mcp",
    "refresh.answer_cache_mebibytes",
    "entra.client_id",
    "entra.audience",
    "entra.cloud",
    "entra.login_root",
];
/// Of our own sections, those whose part of the program is built at the start, or not at all.
const BUILT_AT_START: [&str; 1] = ["entra"];

/// All keys there are.
#[derive(Clone)]
pub struct KeyTable {
    keys: Vec<ConfigKey>,
    /// The sections whose sections have names that are free to choose, each with an example of one.
    named: Vec<(Vec<&'static str>, &'static str)>,
    /// What a running server cannot take up, as keys or sections: it takes effect at the next start.
    at_start: Vec<&'static str>,
    /// Sections whose part of the program is built at the start, or not at all: one that is new takes effect at the next start as a whole.
    pub(super) built_at_start: Vec<&'static str>,
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyTable")
    }
}

/// What other parts of the program add to our own keys.
pub(super) struct DeclaredKeys {
    /// The keys about who asks.
    pub who_asks: Vec<ConfigKey>,
    /// Those about where posts go.
    pub where_posts_go: Vec<ConfigKey>,
    /// Those of single kinds of destinations.
    pub destinations: Vec<ConfigKey>,
    /// The kinds of destinations.
    pub kinds: Vec<&'static str>,
    /// Those of them that are an address.
    pub at_addresses: Vec<&'static str>,
    /// How people write a room of a chat where a destination is named.
    pub or_rooms: String,
    /// The sections whose sections have names that are free to choose, each with an example of one.
    pub named: Vec<(Vec<&'static str>, &'static str)>,
    /// What takes effect at the next start.
    pub at_start: Vec<&'static str>,
    /// The sections whose part of the program is built at the start, or not at all.
    pub built_at_start: Vec<&'static str>,
}

impl KeyTable {
    /// Our own keys and those that are `declared`, in the order of docs/reference/configuration.md.
    pub(super) fn with(declared: DeclaredKeys) -> Self {
        let DeclaredKeys { who_asks, where_posts_go, destinations, kinds, at_addresses, or_rooms, named, at_start, built_at_start } =
            declared;
        let addresses: Vec<String> = at_addresses.iter().map(|kind| format!("`{kind}`")).collect();
        let kind = ValueKind::Text { right: Cow::Owned(one_of(&kinds)), default: None };
        let address =
            format!("The address that posts are sent to ({}). Whoever knows it can post, so it is a secret.", addresses.join(", "));
        let head = [
            ConfigKey { path: "destinations.NAME.kind", takes: kind, what: Cow::Borrowed("What it is.") },
            ConfigKey { path: "destinations.NAME.url", takes: ValueKind::Secret, what: Cow::Owned(address) },
            file("destinations.NAME.url_file", "A file that holds the address."),
        ];
        let own = |keys: &[ConfigKey]| keys.to_vec();
        let of_posts = OF_POSTS.iter().map(|key| with_rooms(key.clone(), &or_rooms)).collect();
        let keys =
            [own(SERVICE), who_asks, own(KEYS_OF_TENANTS), head.to_vec(), destinations, own(OF_DESTINATIONS), where_posts_go, of_posts];
        Self {
            keys: keys.concat(),
            named: NAMED.iter().map(|(outer, name)| (outer.to_vec(), *name)).chain(named).collect(),
            at_start: AT_START.into_iter().chain(at_start).collect(),
            built_at_start: BUILT_AT_START.into_iter().chain(built_at_start).collect(),
        }
    }

    /// Every key.
    pub fn keys(&self) -> &[ConfigKey] {
        &self.keys
    }

    /// Where in `path` a name stands that is free to choose.
    pub(super) fn place_of_name(&self, path: &[String]) -> Option<usize> {
        let found = self.named.iter().find(|(outer, _)| path.len() > outer.len() && path[..outer.len()] == **outer);
        found.map(|(outer, _)| outer.len())
    }

    /// How the section at `path` is written, with an example of a name where it takes one.
    pub(super) fn example(&self, path: &[String]) -> String {
        let name = self.named.iter().find(|(outer, _)| path == *outer).map(|(_, name)| format!(".{name}"));
        path.join(".") + name.as_deref().unwrap_or_default()
    }

    /// The key at `path`.
    pub fn find(&self, path: &[String]) -> Option<&ConfigKey> {
        self.keys.iter().find(|key| key.path.split('.').count() == path.len() && fits(key, path))
    }

    /// Whether `path` is a section, which holds keys or sections.
    pub(super) fn is_section(&self, path: &[String]) -> bool {
        self.keys.iter().any(|key| key.path.split('.').count() > path.len() && fits(key, path))
    }

    /// The key, as a dotted path, that `flat` names where nothing but single underscores parts the words. Of a name that is free to choose,
    /// it is what stands in its place.
    pub(super) fn meant(&self, flat: &str) -> Option<String> {
        let fitting = self.keys.iter().filter_map(|key| {
            let Some((section, last)) = key.path.split_once(".NAME.") else {
                return (key.path.replace('.', "_") == flat).then(|| (0, key.path.to_owned()));
            };
            let name = flat.strip_prefix(&section.replace('.', "_"))?.strip_prefix('_')?.strip_suffix(last)?.strip_suffix('_')?;
            (!name.is_empty()).then(|| (name.len(), format!("{section}.{name}.{last}")))
        });
        // Of `…_client_secret_file` the longest key counts, not one called `file`.
        fitting.min().map(|(_, path)| path)
    }

    /// The first key of the section that `flat` names.
    pub(super) fn first_of(&self, flat: &str) -> Option<String> {
        self.keys
            .iter()
            .find(|key| key.path.split_once('.').is_some_and(|(section, rest)| section == flat && !rest.starts_with(NAME)))
            .map(|key| key.path.to_owned())
    }

    /// What `path` was probably meant to be, or what there is in its place, as a sentence.
    pub(super) fn hint(&self, path: &[String], write: impl Fn(&str) -> String) -> String {
        let Some((last, section)) = path.split_last() else { return String::new() };
        if let Some(meant) = self.meant(&path.join("_")) {
            return format!("Did you mean `{}`?", write(&meant));
        }
        let name = self.place_of_name(path).map_or(NAME, |place| &path[place]);
        let known: Vec<String> = self.keys.iter().map(|key| key.path.replace(NAME, name)).collect();
        if section.is_empty() || !self.is_section(section) {
            let whole = path.join(".");
            let mut sections: Vec<&str> = self.keys.iter().filter_map(|key| key.path.split('.').next()).collect();
            sections.dedup();
            let near = if section.is_empty() {
                nearest(&whole, sections.iter().copied())
            } else {
                nearest(&whole, known.iter().map(String::as_str))
            };
            return near.map_or_else(
                || format!("There are the sections {}", sections.join(", ")),
                |near| format!("Did you mean `{}`?", write(near)),
            );
        }
        let prefix = format!("{}.", section.join("."));
        let beside: Vec<&str> = known.iter().filter_map(|key| key.strip_prefix(&prefix)).collect();
        match nearest(last, beside.iter().copied()) {
            Some(near) => format!("Did you mean `{}`?", write(&format!("{prefix}{near}"))),
            None => format!("There are {}", beside.join(", ")),
        }
    }

    /// The keys as the table of docs/reference/configuration.md.
    pub fn markdown(&self) -> String {
        let mut table = "| key | takes | default | what |\n|---|---|---|---|\n".to_owned();
        for key in &self.keys {
            let (takes, default) = match &key.takes {
                ValueKind::Text { right, default } => {
                    (right.to_string(), default.map_or_else(String::new, |default| format!("`{default}`")))
                }
                ValueKind::File { default } => (FILE.to_owned(), default.map_or_else(String::new, |default| format!("`{default}`"))),
                ValueKind::Whole { min, max, default } => (format!("{min} to {max}"), format!("`{default}`")),
                ValueKind::Flag => ("true or false".to_owned(), "`false`".to_owned()),
                ValueKind::Secret => ("a secret".to_owned(), String::new()),
            };
            let _ = writeln!(table, "| `{}` | {takes} | {default} | {} |", key.path, key.what);
        }
        table
    }

    /// Whether `key` takes effect at the next start only.
    pub(super) fn is_at_start(&self, key: &str) -> bool {
        self.at_start.iter().any(|start| is_within(key, start))
    }
}

/// Whether `key` is `section`, or within it.
pub(super) fn is_within(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `key`; where it says where posts go, the rooms of chats are right too.
fn with_rooms(mut key: ConfigKey, or_rooms: &str) -> ConfigKey {
    if let ValueKind::Text { right, .. } = &mut key.takes
        && TO.contains(&key.path)
    {
        right.to_mut().push_str(or_rooms);
    }
    key
}

/// `a, b or c`.
fn one_of(words: &[&str]) -> String {
    let (last, before) = words.split_last().unwrap_or((&"", &[]));
    if before.is_empty() { (*last).to_owned() } else { format!("{} or {last}", before.join(", ")) }
}

fn fits(key: &ConfigKey, path: &[String]) -> bool {
    key.path.split('.').zip(path).all(|(known, part)| known == NAME || known == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigParts;

    #[test]
    fn what_waits_for_the_next_start_are_keys_that_there_are() {
        let table = ConfigParts::default().keys();
        for start in AT_START.into_iter().chain(BUILT_AT_START) {
            assert!(table.keys.iter().any(|key| is_within(key.path, start)), "{start}");
        }
    }
}
