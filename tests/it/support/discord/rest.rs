//! Who asks the REST interface for what? Reads requests, lets a test interfere, and knows the paths.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State as Shared},
    http::{HeaderMap, header},
    response::Response,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    APP, answers,
    limits::Check,
    limits_commands, webhooks,
    world::{self, File, World},
};

/// <https://docs.discord.com/developers/resources/message#create-message-limitations>
const REQUEST: usize = 25 << 20;

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Without `/api/v10`, with the query.
    pub path: String,
    pub body: Value,
    pub files: Vec<String>,
    /// With the bot's token.
    pub as_bot: bool,
    pub status: u16,
    pub counts_as_invalid: bool,
}

/// What a test lets the next fitting request meet.
#[derive(Clone, Debug)]
pub enum Twist {
    /// 429, to be asked again after so long; of everything or of this path only. It is not for us.
    Limited { after: Duration, global: bool },
    /// Answered as ever, with headers that say the path may be asked again after so long only.
    LastOne { after: Duration },
    /// A status and nothing that helps.
    Fails(u16),
    /// Discord's own refusal.
    Refuses(u16, u64, &'static str),
    /// Answered as ever, late.
    Late(Duration),
    /// Done, and the answer is lost.
    Lost,
}

/// An answer on its way out.
pub struct Reply {
    pub status: u16,
    pub body: Option<Value>,
    pub headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub fn json(body: Value) -> Self {
        Self { status: 200, body: Some(body), headers: Vec::new() }
    }

    pub fn nothing() -> Self {
        Self { status: 204, body: None, headers: Vec::new() }
    }

    pub fn refused(status: u16, code: u64, words: &str) -> Self {
        Self { status, body: Some(json!({ "message": words, "code": code })), headers: Vec::new() }
    }
}

/// A request, read.
pub struct Asking {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: Value,
    pub files: Vec<File>,
}

impl Asking {
    /// Method and path, without the long token of an interaction.
    pub fn place(&self) -> String {
        let parts: Vec<_> = self.path.split('/').map(|part| if part.len() > 60 { "TOKEN" } else { part }).collect();
        format!("{} {}", self.method, parts.join("/"))
    }

    /// Writes down what is wrong; the refusal if Discord would refuse.
    pub fn judged(&self, world: &World, check: &Check) -> Option<Reply> {
        let place = self.place();
        check.odd.iter().for_each(|odd| world.fault(format!("{place}: {odd}")));
        check.errors.iter().for_each(|(at, code, words)| world.fault(format!("{place}: 400 at {at}: {code}: {words}")));
        let body = json!({ "message": "Invalid Form Body", "code": 50035, "errors": check.tree() });
        (!check.errors.is_empty()).then(|| Reply { status: 400, body: Some(body), headers: Vec::new() })
    }
}

/// Everything is one handler: the paths are Discord's, with and without `/api/v10`.
pub fn router(world: Arc<World>) -> Router {
    Router::new().fallback(handle).with_state(world)
}

async fn handle(Shared(world): Shared<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let path = path.strip_prefix("/api/v10").unwrap_or(path).to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let as_bot = authorised(&world, &parts.headers);
    let mut asking = Asking { method: parts.method.to_string(), path, query, body: Value::Null, files: Vec::new() };
    if !header(&parts.headers, header::USER_AGENT.as_str()).starts_with("DiscordBot (") {
        world.fault(format!("{}: the user agent is not DiscordBot (link, version)", asking.place()));
    }
    let twist = world.with(|state| {
        let found = state.twists.iter().position(|(method, part, _)| *method == asking.method && asking.path.contains(part.as_str()));
        found.map(|found| state.twists.remove(found).2)
    });
    let read = match axum::body::to_bytes(body, REQUEST).await {
        Ok(body) => read(&mut asking, header(&parts.headers, header::CONTENT_TYPE.as_str()), &body),
        Err(_) => Err(Reply::refused(413, 40005, "Request entity too large")),
    };
    if let Some(Twist::Late(how)) = &twist {
        tokio::time::sleep(*how).await;
    }
    let mut reply = match (read, &twist) {
        (_, Some(Twist::Limited { after, global })) => limited(*after, *global),
        (_, Some(Twist::Fails(status))) => Reply { status: *status, body: None, headers: Vec::new() },
        (_, Some(Twist::Refuses(status, code, words))) => Reply::refused(*status, *code, words),
        (Err(reply), _) => {
            world.fault(format!("{}: {} {:?}", asking.place(), reply.status, reply.body));
            reply
        }
        (Ok(()), _) => route(&world, &asking, as_bot),
    };
    if let Some(Twist::LastOne { after }) = &twist {
        reply.headers = budget(*after);
    }
    let query = if asking.query.is_empty() { String::new() } else { format!("?{}", asking.query) };
    let asked = Asked {
        method: asking.method,
        path: asking.path + &query,
        body: asking.body,
        files: asking.files.into_iter().map(|file| file.name).collect(),
        as_bot,
        status: reply.status,
        counts_as_invalid: matches!(reply.status, 401 | 403 | 429),
    };
    world.change(|state| state.asked.push(asked));
    if matches!(twist, Some(Twist::Lost)) { lost() } else { sent(reply) }
}

fn sent(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    match reply.body {
        Some(body) => response.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap(),
        None => response.body(Body::empty()).unwrap(),
    }
}

/// A connection that ends in the middle of the answer.
fn lost() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Response::builder().header(header::CONTENT_LENGTH, 100).body(Body::from_stream(broken)).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn authorised(world: &World, headers: &HeaderMap) -> bool {
    let token = header(headers, "authorization").strip_prefix("Bot ").unwrap_or_default();
    world.with(|state| !state.token.is_empty() && state.token == token)
}

/// <https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit>
fn limited(after: Duration, global: bool) -> Reply {
    let mut headers = vec![("retry-after", after.as_secs_f64().to_string())];
    if global {
        headers.extend([("x-ratelimit-global", "true".to_owned()), ("x-ratelimit-scope", "global".to_owned())]);
    } else {
        headers.push(("x-ratelimit-scope", "user".to_owned()));
        headers.extend(budget(after));
    }
    let body = json!({ "message": "You are being rate limited.", "retry_after": after.as_secs_f64(), "global": global });
    Reply { status: 429, body: Some(body), headers }
}

/// The headers of a budget that is used up.
fn budget(after: Duration) -> Vec<(&'static str, String)> {
    let reset = jiff::Timestamp::now().as_duration().as_secs_f64() + after.as_secs_f64();
    vec![
        ("x-ratelimit-limit", "5".to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", reset.to_string()),
        ("x-ratelimit-reset-after", after.as_secs_f64().to_string()),
        ("x-ratelimit-bucket", "abcd1234".to_owned()),
    ]
}

/// Reads a body: JSON, or a form of files and `payload_json`.
fn read(asking: &mut Asking, kind: &str, body: &Bytes) -> Result<(), Reply> {
    let unread = || Reply::refused(400, 50109, "The request body contains invalid JSON.");
    if let Some(boundary) = kind.strip_prefix("multipart/form-data; boundary=") {
        for (name, file, data) in form(boundary.trim_matches('"'), body) {
            let number = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']')).and_then(|n| n.parse().ok());
            match (name.as_str(), number, file) {
                ("payload_json", ..) => asking.body = serde_json::from_slice(&data).map_err(|_| unread())?,
                (_, Some(id), Some(name)) => asking.files.push(File { id, name, description: None, bytes: data }),
                _ => return Err(Reply::refused(400, 50035, &format!("unknown part {name} of the form"))),
            }
        }
    } else if !body.is_empty() {
        if !kind.starts_with("application/json") {
            return Err(Reply::refused(400, 50035, "Expected \"Content-Type\" header to be one of {'application/json'}."));
        }
        asking.body = serde_json::from_slice(body).map_err(|_| unread())?;
    }
    Ok(())
}

/// The parts of a form: name, name of the file, bytes.
fn form(boundary: &str, body: &Bytes) -> Vec<(String, Option<String>, Bytes)> {
    let find = |needle: &[u8], from: usize| body[from..].windows(needle.len()).position(|window| window == needle).map(|at| from + at);
    let line = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut from = find(line.as_bytes(), 0).map_or(body.len(), |at| at + line.len());
    while let Some(head) = find(b"\r\n\r\n", from) {
        let Some(end) = find(format!("\r\n{line}").as_bytes(), head) else { break };
        let words = String::from_utf8_lossy(&body[from..head]);
        let said = |mark: &str| words.split_once(mark).and_then(|(_, rest)| rest.split_once('"')).map(|(said, _)| said.to_owned());
        parts.push((said("; name=\"").unwrap_or_default(), said("; filename=\""), body.slice(head + 4..end)));
        from = end + 2 + line.len();
    }
    parts
}

fn route(world: &Arc<World>, asking: &Asking, as_bot: bool) -> Reply {
    let parts: Vec<_> = asking.path.split('/').skip(1).collect();
    let app = APP.to_string();
    match (asking.method.as_str(), parts.as_slice()) {
        ("POST", ["interactions", id, token, "callback"]) => answers::callback(world, asking, id, token),
        (_, ["webhooks", id, token, rest @ ..]) if *id != app => {
            webhooks::ask(world, asking, id, token, rest).unwrap_or_else(|| Reply::refused(404, 10015, "Unknown Webhook"))
        }
        (_, ["webhooks", application, ..]) if *application != app => Reply::refused(404, 10015, "Unknown Webhook"),
        ("POST", ["webhooks", _, token]) => answers::follow_up(world, asking, token),
        (_, ["webhooks", _, token, "messages", message]) => answers::one(world, asking, token, message),
        _ if !as_bot => Reply::refused(401, 0, "401: Unauthorized"),
        ("GET", ["gateway"]) => Reply::json(json!({ "url": format!("ws://{}", world.socket) })),
        ("GET", ["gateway", "bot"]) => Reply::json(json!({
            "url": format!("ws://{}", world.socket), "shards": 1,
            "session_start_limit": { "total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1 },
        })),
        ("GET", ["users", "@me"]) => Reply::json(world::bot()),
        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => Reply::json(world.with(|state| world::application(state))),
        (_, ["applications", application, ..]) if *application != app => Reply::refused(404, 10002, "Unknown Application"),
        (_, ["applications", _, "commands"]) => commands(world, asking, None),
        (_, ["applications", _, "guilds", guild, "commands"]) => match guild.parse() {
            Ok(super::GUILD) => commands(world, asking, Some(super::GUILD)),
            _ => Reply::refused(403, 50001, "Missing Access"),
        },
        ("POST", ["channels", channel, "messages"]) => answers::post(world, asking, channel.parse().unwrap_or_default()),
        ("PATCH", ["channels", channel, "messages", message]) => {
            answers::change_own(world, asking, channel.parse().unwrap_or_default(), message.parse().unwrap_or_default())
        }
        ("GET", ["guilds", guild, "members", user]) => webhooks::member(world, guild, user),
        _ => {
            world.fault(format!("{}: the stand-in has no such path", asking.place()));
            Reply::refused(404, 0, "404: Not Found")
        }
    }
}

/// The commands of everywhere or of a server: read, or replaced as a whole.
fn commands(world: &World, asking: &Asking, guild: Option<u64>) -> Reply {
    let old = world.with(|state| state.commands.get(&guild).cloned().unwrap_or_default());
    match asking.method.as_str() {
        // The order is nowhere promised, so it is another one.
        "GET" => {
            let with_translations = asking.query.contains("with_localizations=true");
            let list = old.into_iter().rev().map(|command| if with_translations { command } else { untranslated(command) });
            Reply::json(list.collect())
        }
        "PUT" => {
            let mut check = Check::default();
            limits_commands::commands(&mut check, &asking.body, guild.is_some());
            if let Some(refused) = asking.judged(world, &check) {
                return refused;
            }
            let keep = |command: &Value| {
                let known = old.iter().find(|known| known["name"] == command["name"]);
                let id = known.and_then(|known| known["id"].as_str()?.parse().ok()).unwrap_or_else(|| world.id());
                limits_commands::kept(command, (id, world.id()), guild, APP)
            };
            let new: Vec<_> = asking.body.as_array().unwrap().iter().map(keep).collect();
            world.change(|state| state.commands.insert(guild, new.clone()));
            Reply::json(Value::Array(new))
        }
        _ => Reply::refused(405, 0, "405: Method Not Allowed"),
    }
}

/// "with_localizations: whether to include full localization dictionaries … Default false".
fn untranslated(mut item: Value) -> Value {
    let members = item.as_object_mut().unwrap();
    members.retain(|name, _| !name.ends_with("_localizations"));
    for name in ["options", "choices"] {
        for inner in members.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            *inner = untranslated(inner.take());
        }
    }
    item
}
