//! What does an assistant meet over MCP? Tools, prompts, every revision, and clear errors: over real sockets.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, Response, header};
use scorewatch::{
    access::{Asker, Role},
    app::Doors,
    graph::read_saved,
    http::{HttpServer, McpSettings, ServerSettings},
    operations::NewKey,
    posting::Posts,
    prompts, sandbox,
    skills::ALL,
    store::{Source, Store},
};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    answers::{TODAY, tokens},
    support::doors::doors_by,
};

/// The whole list of tools may take so many tokens (o200k_base): it is part of every conversation.
const TOOLS_TOKENS_MAX: usize = 1_600;
const NEWEST: &str = "2026-07-28";

/// A server over a store with the sandbox's tenants, and a key that sees all of them.
pub struct House {
    pub server: HttpServer,
    pub key: String,
    pub doors: Doors,
    pub client: Client,
    home: TempDir,
}

pub async fn house(change: impl FnOnce(&mut ServerSettings)) -> House {
    house_at(Timestamp::now, change).await
}

/// The morning of the newest day of the sandbox's story, so that nothing is old.
pub fn at_the_end_of_the_story() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// The same by another clock.
pub async fn house_at(now: fn() -> Timestamp, change: impl FnOnce(&mut ServerSettings)) -> House {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let options = sandbox::Options::new(TODAY);
    for tenant in ["contoso", "fabrikam"] {
        let files = [
            ("scores.json".to_owned(), sandbox::scores_json(tenant, &options, TODAY, 90).unwrap()),
            ("profiles.json".to_owned(), sandbox::profiles_json(tenant, &options, TODAY).unwrap()),
        ];
        store.ensure_tenant(tenant).await.unwrap();
        let read_at = "2026-11-21T06:12:00Z".parse().unwrap();
        store.save(tenant, &read_saved(&files).unwrap(), Source::Graph { fence: None }, read_at).await.unwrap();
    }
    let mut house = over(store, now, home, change).await;
    house.key = house.key_for(Role::Analyst, None).await;
    house
}

async fn over(store: Store, now: fn() -> Timestamp, home: TempDir, change: impl FnOnce(&mut ServerSettings)) -> House {
    let doors = doors_by(store, now, Posts::default()).await;
    let mut settings = ServerSettings { listen: "127.0.0.1:0".parse().unwrap(), ..ServerSettings::default() };
    change(&mut settings);
    let server = HttpServer::start(settings, Arc::clone(&doors.ask), Arc::clone(&doors.operations), String::new).await.unwrap();
    House { server, key: String::new(), doors, client: Client::new(), home }
}

impl House {
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The same store behind another server, as after a restart.
    pub async fn restarted(self, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let Self { server, home, .. } = self;
        server.shutdown(Duration::from_secs(5)).await;
        let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
        over(store, Timestamp::now, home, change).await
    }

    pub async fn key_for(&self, role: Role, tenants: Option<Vec<String>>) -> String {
        let new = NewKey { name: "test".to_owned(), tenants, role, expires: None };
        let (_, secret) = self.doors.operations.key_new(&Asker::local(), new).await.unwrap();
        secret.expose_secret().to_owned()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.local_addr())
    }

    fn post(&self) -> RequestBuilder {
        let accept = "application/json, text/event-stream";
        self.client.post(self.url("/mcp")).bearer_auth(&self.key).header(header::ACCEPT, accept)
    }

    async fn say(&self, version: &str, method: &str, mut params: Value) -> Response {
        let mut request = self.post().header("mcp-protocol-version", version);
        if version == NEWEST {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            });
            request = request.header("mcp-method", method);
            if let Some(name) = params["name"].as_str() {
                request = request.header("mcp-name", name);
            }
        }
        with(request, &json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })).send().await.unwrap()
    }

    async fn result(&self, version: &str, method: &str, params: Value) -> Value {
        let answer = json_of(self.say(version, method, params).await).await;
        assert!(answer["error"].is_null(), "{answer}");
        answer["result"].clone()
    }

    pub async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.result(NEWEST, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    async fn tool_error(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }
}

fn with(request: RequestBuilder, message: &Value) -> RequestBuilder {
    request.header(header::CONTENT_TYPE, "application/json").body(message.to_string())
}

async fn json_of(response: Response) -> Value {
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Checks that a response is an error of JSON-RPC with this status and code, and returns its sentence.
async fn rpc_error(response: Response, status: u16, code: i64) -> String {
    assert_eq!(response.status(), status);
    let error = json_of(response).await;
    assert_eq!((&error["jsonrpc"], &error["error"]["code"]), (&"2.0".into(), &code.into()), "{error}");
    error["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_list_of_tools_is_the_list_of_skills_in_few_tokens() {
    let house = house(|_| ()).await;
    let whole = house.say(NEWEST, "tools/list", json!({})).await.text().await.unwrap();
    let count = tokens(&whole);
    println!("tools/list: {count} tokens, {} bytes\n{whole}", whole.len());
    assert!(count <= TOOLS_TOKENS_MAX, "{count} tokens");
    let list: Value = serde_json::from_str(&whole).unwrap();
    let tools = list["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ALL.iter().map(|skill| skill.name).collect::<Vec<_>>());
    for (tool, skill) in tools.iter().zip(&ALL) {
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
        let title = tool["title"].as_str().unwrap();
        assert!(title.starts_with(char::is_uppercase) && title.to_lowercase().replace(' ', "_") == skill.name, "{title}");
        assert!(tool["outputSchema"].is_null(), "a schema of the answer costs tokens");
        assert_eq!(tool["inputSchema"]["additionalProperties"], false);
        let arguments = tool["inputSchema"]["properties"].as_object().unwrap();
        assert_eq!(arguments.len(), skill.options.len() + 1);
        let others = ALL.iter().filter(|other| other.name != skill.name);
        let description = tool["description"].as_str().unwrap();
        assert!(description.starts_with("Use ") && others.into_iter().any(|other| description.contains(other.name)), "{description}");
    }
    let again = house.say(NEWEST, "tools/list", json!({})).await.text().await.unwrap();
    assert_eq!(whole, again, "the order is stable");
}

#[tokio::test]
async fn every_revision_is_served_by_one_endpoint_without_a_session() {
    let house = house(|_| ()).await;
    let discovered = house.result(NEWEST, "server/discover", json!({})).await;
    let versions: Vec<&str> = discovered["supportedVersions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(versions, ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", NEWEST]);
    let own = &discovered["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!((&own["name"], &own["version"]), (&"scorewatch".into(), &env!("CARGO_PKG_VERSION").into()));
    for version in &versions[..4] {
        let hello = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
        let response = house.say(version, "initialize", hello).await;
        assert!(!response.headers().contains_key("mcp-session-id"));
        let result = json_of(response).await["result"].clone();
        assert_eq!((&result["protocolVersion"], &result["serverInfo"]["name"]), (&Value::from(*version), &"scorewatch".into()));
        assert!(result["instructions"].as_str().unwrap().starts_with(prompts::INSTRUCTIONS.trim()));
        let answer = house.result(version, "tools/call", json!({ "name": "secure_score", "arguments": { "tenant": "contoso" } })).await;
        assert!(answer["content"][0]["text"].as_str().unwrap().starts_with("contoso 2026-11-21"), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_is_the_compact_text_once() {
    let house = house(|_| ()).await;
    let result = house.call("score_changes", json!({ "tenant": "contoso", "since": "week", "category": null })).await;
    assert_eq!(result["content"].as_array().unwrap().len(), 1);
    assert_eq!(result["content"][0]["type"], "text");
    assert!(result["structuredContent"].is_null() && result["isError"] != true, "{result}");
}

#[tokio::test]
async fn structured_content_is_a_choice_and_keeps_its_schema() {
    let house = house(|settings| settings.mcp.structured = true).await;
    let tools = house.result(NEWEST, "tools/list", json!({})).await;
    for (tool, skill) in tools["tools"].as_array().unwrap().iter().zip(&ALL) {
        assert_eq!(tool["outputSchema"], *skill.answer_schema);
    }
    let result = house.call("secure_score", json!({ "tenant": "contoso" })).await;
    assert_eq!(result["structuredContent"]["tenant"], "contoso");
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"]);
}

#[tokio::test]
async fn wrong_arguments_are_tool_errors_that_say_what_would_be_right() {
    let house = house(|_| ()).await;
    let said = house.tool_error("weakest_controls", json!({ "tenant": "contoso", "limit": 999 })).await;
    assert_eq!(said, "`limit` is a whole number from 1 to 25; `999` is not one.");
    let said = house.tool_error("weakest_controls", json!({ "tenant": "contoso", "limt": 3 })).await;
    assert_eq!(said, "There is no argument `limt`. Did you mean `limit`?");
    assert!(house.tool_error("weakest_controls", json!({ "tenant": 5 })).await.starts_with("Tenant `5` not found."));
    assert_eq!(house.tool_error("weakest_controls", json!({ "tenant": [5] })).await, "`tenant` takes a string; a list is not one.");
    assert!(house.tool_error("secure_score", json!({ "tenant": "contos" })).await.contains("Did you mean `contoso`?"));
    assert!(house.tool_error("secure_score", json!({})).await.contains("contoso, fabrikam, or all"));
    let unknown = house.say(NEWEST, "tools/call", json!({ "name": "secure_scores", "arguments": {} })).await;
    assert!(rpc_error(unknown, 200, -32602).await.contains("Did you mean `secure_score`?"));
    let misshapen = house.say(NEWEST, "tools/call", json!({ "name": "secure_score", "arguments": ["contoso"] })).await;
    assert!(rpc_error(misshapen, 200, -32602).await.contains("`arguments`, an object"));
}

#[tokio::test]
async fn a_key_decides_what_is_seen() {
    let mut house = house(|_| ()).await;
    house.key = house.key_for(Role::Reader, Some(vec!["fabrikam".to_owned()])).await;
    let only = house.call("secure_score", json!({})).await;
    assert!(only["content"][0]["text"].as_str().unwrap().starts_with("fabrikam"), "{only}");
    assert!(house.tool_error("secure_score", json!({ "tenant": "contoso" })).await.contains("Available: fabrikam."));
    assert!(house.tool_error("accepted_risks", json!({ "by": "mira" })).await.contains("role"));
    let completed = house
        .result(
            NEWEST,
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "risk_review" }, "argument": { "name": "tenant", "value": "" } }),
        )
        .await;
    assert_eq!(completed["completion"]["values"], json!(["fabrikam"]));
}

#[tokio::test]
async fn prompts_are_listed_and_filled_in() {
    let house = house(|_| ()).await;
    let listed = house.result(NEWEST, "prompts/list", json!({})).await;
    let names: Vec<&str> = listed["prompts"].as_array().unwrap().iter().map(|prompt| prompt["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["posture_brief", "explain_drop", "incident_root_cause", "risk_review", "sprint_plan", "compare_tenants", "board_summary"]
    );
    let got =
        house.result(NEWEST, "prompts/get", json!({ "name": "explain_drop", "arguments": { "tenant": "contoso", "since": "week" } })).await;
    let text = got["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.starts_with("The Microsoft Secure Score of tenant contoso fell since week."), "{text}");
    let refused = |params| house.say(NEWEST, "prompts/get", params);
    assert!(rpc_error(refused(json!({ "name": "incident_root_cause" })).await, 200, -32602).await.contains("`incident` is missing"));
    assert!(rpc_error(refused(json!({ "name": "explain_drops" })).await, 200, -32602).await.contains("`explain_drop`"));
}

#[tokio::test]
async fn what_can_be_asked_about_is_told_and_offered_as_far_as_it_may_be_seen() {
    let mut house = house(|_| ()).await;
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    let told = |result: Value| result["instructions"].as_str().unwrap().to_owned();
    let all = told(house.result("2025-06-18", "initialize", hello.clone()).await);
    assert!(all.starts_with(scorewatch::prompts::INSTRUCTIONS.trim()) && all.contains("\n- Tenants: contoso, "), "{all}");
    assert_eq!(told(house.result(NEWEST, "server/discover", json!({})).await), all);

    let of = |prompt: &str, argument: &str, typed: &str| json!({ "ref": { "type": "ref/prompt", "name": prompt }, "argument": { "name": argument, "value": typed } });
    let offered = async |params| house.result(NEWEST, "completion/complete", params).await["completion"]["values"].clone();
    assert_eq!(offered(of("explain_drop", "since", "")).await, json!(["yesterday", "week", "month"]));
    assert_eq!(offered(of("explain_drop", "since", "W")).await, json!(["week"]));
    assert_eq!(offered(of("posture_brief", "tenant", "con")).await, json!(["contoso"]));
    let refused = async |method: &str, params| rpc_error(house.say(NEWEST, method, params).await, 200, -32602).await;
    assert!(refused("completion/complete", of("posture_briefs", "tenant", "")).await.contains("`posture_brief`"));
    assert!(refused("completion/complete", of("explain_drop", "sinse", "")).await.contains("There are: tenant, since."));
    for list in ["tools/list", "prompts/list"] {
        assert!(refused(list, json!({ "cursor": "2" })).await.contains("comes whole"));
    }

    house.key = house.key_for(Role::Reader, Some(vec!["fabrikam".to_owned()])).await;
    let one = told(house.result("2025-06-18", "initialize", hello).await);
    assert!(one.contains("\n- Tenants: fabrikam.") && !one.contains("contoso"), "{one}");
}

#[tokio::test]
async fn a_filter_that_must_be_filled_can_say_that_it_filters_nothing() {
    let house = house(|_| ()).await;
    let text = async |arguments| house.call("weakest_controls", arguments).await["content"][0]["text"].clone();
    let without = text(json!({ "tenant": "contoso" })).await;
    assert_eq!(text(json!({ "tenant": "contoso", "category": "all", "product": "" })).await, without);
    assert_ne!(text(json!({ "tenant": "contoso", "category": "data" })).await, without);
}

#[tokio::test]
async fn what_is_no_question_gets_a_clear_error_of_the_protocol() {
    let house = house(|settings| settings.body_bytes_max = 4096).await;
    let send = |body: &str| house.post().header(header::CONTENT_TYPE, "application/json").body(body.to_owned()).send();
    assert!(rpc_error(send("{\"jsonrpc\":").await.unwrap(), 400, -32700).await.contains("not JSON"));
    assert!(rpc_error(send("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]").await.unwrap(), 400, -32600).await.contains("Batches"));
    assert!(rpc_error(send("7").await.unwrap(), 400, -32600).await.contains("object"));
    assert!(rpc_error(send("{}").await.unwrap(), 400, -32600).await.contains("`method`"));
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(5000));
    rpc_error(send(&large).await.unwrap(), 413, -32600).await;
    // Without a length said before, it is found out while reading.
    let pieces =
        futures_util::stream::iter(large.as_bytes().chunks(1000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>());
    let unsaid =
        house.post().header(header::CONTENT_TYPE, "application/json").body(reqwest::Body::wrap_stream(pieces)).send().await.unwrap();
    rpc_error(unsaid, 413, -32600).await;
    let plain = house.post().header(header::CONTENT_TYPE, "text/plain").body("{}").send().await.unwrap();
    assert!(rpc_error(plain, 415, -32600).await.contains("Content-Type"));
    let get = house.client.get(house.url("/mcp")).bearer_auth(&house.key).send().await.unwrap();
    assert_eq!(get.headers()[header::ALLOW], "POST");
    rpc_error(get, 405, -32600).await;
    rpc_error(house.say(NEWEST, "tools/destroy", json!({})).await, 404, -32601).await;
    rpc_error(house.say("2031-01-01", "tools/list", json!({})).await, 400, -32600).await;
    let only_json = house.post().header(header::ACCEPT, "application/json");
    let only_json = with(only_json, &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).send().await.unwrap();
    assert!(json_of(only_json).await["result"]["tools"].is_array(), "we only ever answer JSON, so a client may ask for that alone");
    let nobody = with(house.client.post(house.url("/mcp")), &json!({})).send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers()[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Bearer "));
    house.call("secure_score", json!({ "tenant": "contoso" })).await;
}

#[tokio::test]
async fn hosts_and_origins_from_elsewhere_are_refused_unless_configured() {
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let asked =
        async |house: &House, name: header::HeaderName, value: &str| with(house.post().header(name, value), &ping).send().await.unwrap();
    let closed = house(|_| ()).await;
    assert!(rpc_error(asked(&closed, header::HOST, "evil.example").await, 403, -32600).await.contains("Host"));
    assert!(rpc_error(asked(&closed, header::ORIGIN, "https://evil.example").await, 403, -32600).await.contains("Origin"));
    assert_eq!(asked(&closed, header::ORIGIN, "http://localhost:6274").await.status(), 200);
    let open = house(|settings| {
        settings.public_url = Some("https://scores.example.com".to_owned());
        settings.mcp = McpSettings {
            hosts: vec!["inside.example".to_owned()],
            origins: vec!["https://tools.example".to_owned()],
            ..McpSettings::default()
        };
    })
    .await;
    for (name, value) in [
        (header::HOST, "scores.example.com"),
        (header::HOST, "inside.example:8080"),
        (header::ORIGIN, "https://tools.example"),
        (header::ORIGIN, "https://scores.example.com"),
    ] {
        assert_eq!(asked(&open, name, value).await.status(), 200, "{value}");
    }
    // What a browser asks first, without the key.
    let preflight = async |origin: &str| {
        let request = open.client.request(reqwest::Method::OPTIONS, open.url("/mcp")).header(header::ORIGIN, origin);
        let request =
            request.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization,mcp-method");
        request.send().await.unwrap().headers().get("access-control-allow-origin").cloned()
    };
    // The library looks at the request itself, we at what the browser asks first: they must agree.
    for (origin, allowed) in [
        ("https://tools.example", true),
        ("https://tools.example:443", true),
        ("https://tools.example:444", false),
        ("http://tools.example", false),
        ("https://tools.example.evil", false),
        ("https://scores.example.com", true),
        ("http://localhost", true),
        ("http://127.0.0.1:6274", true),
        ("http://[::1]:1", true),
        ("https://localhost", false),
        ("null", false),
        ("https://evil.example", false),
    ] {
        assert_eq!(asked(&open, header::ORIGIN, origin).await.status() == 200, allowed, "{origin}");
        assert_eq!(preflight(origin).await.is_some(), allowed, "{origin}");
    }
}

#[tokio::test]
async fn a_hundred_clients_that_hang_up_do_no_harm() {
    // With so few places a single one that is not given back would be missed at the end.
    let house = house(|settings| settings.answers_at_once_max = 1).await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "control", "arguments": { "tenant": "contoso", "name": "mfa" } } }).to_string();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\naccept: application/json, text/event-stream\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        house.key,
        body.len()
    );
    let address = house.server.local_addr();
    let clients = (0..100).map(|at: usize| {
        let request = format!("{head}{body}");
        // Some hang up in the head, some in the body, some before the answer.
        let sent = [head.len() / 2, head.len() + body.len() / 2, request.len()][at % 3];
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(&request.as_bytes()[..sent]).await.unwrap();
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    // An answer may still be under way for one who is gone; a place that is lost would stay taken.
    let answered = async {
        while house.call("control", json!({ "tenant": "contoso", "name": "AdminMFAV2" })).await["isError"] == true {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), answered).await.unwrap();
}

#[test]
fn on_stdio_it_stops_when_asked() {
    use std::{
        io::{BufRead, BufReader, Write},
        process::Stdio,
        time::Instant,
    };
    let home = tempfile::tempdir().unwrap();
    let program = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_scorewatch"));
        program.arg("mcp").current_dir(home.path()).env_clear();
        program
    };
    let hung_up = program().stdin(Stdio::null()).output().unwrap();
    assert_eq!((hung_up.status.code(), hung_up.stdout.len()), (Some(0), 0), "an assistant that hangs up at once");

    std::fs::write(home.path().join("scorewatch.toml"), "[tenants.contoso]\noffline = true\n").unwrap();
    let mut assistant = program().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } } });
    let mut stdin = assistant.stdin.take().unwrap();
    writeln!(stdin, "{hello}").unwrap();
    let mut line = String::new();
    BufReader::new(assistant.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["result"]["protocolVersion"], "2025-06-18");
    // Its standard input stays open: a read that waits for it must not keep the program from ending.
    let told = Command::new("kill").arg(assistant.id().to_string()).status().unwrap();
    assert!(told.success());
    let deadline = Instant::now() + Duration::from_secs(20);
    while assistant.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it does not stop");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(stdin);
}

/// The same question gives the same bytes over HTTP, over MCP and in a terminal.
#[tokio::test]
async fn the_text_is_the_same_on_every_surface() {
    let house = house(|_| ()).await;
    let store = house.home().join("scorewatch.db");
    for skill in &ALL {
        for example in (skill.examples)() {
            let given: Map<String, Value> = serde_json::from_str(example.args).unwrap();
            let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let mut query: Vec<(String, String)> = given.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            query.push(("tenant".to_owned(), example.tenant.to_owned()));
            let request = house.client.get(house.url(&format!("/skills/{}", skill.name))).query(&query).bearer_auth(&house.key);
            let http = request.header(header::ACCEPT, "text/plain").send().await.unwrap().text().await.unwrap();

            let mut arguments = given.clone();
            arguments.insert("tenant".to_owned(), example.tenant.into());
            let mcp = house.call(skill.name, arguments.into()).await["content"][0]["text"].as_str().unwrap().to_owned();

            let mut line =
                vec!["ask".to_owned(), "--store".to_owned(), store.display().to_string(), "--text".to_owned(), skill.name.to_owned()];
            line.extend(["--tenant".to_owned(), example.tenant.to_owned()]);
            for (name, value) in given.iter().filter(|(_, value)| **value != Value::Bool(false)) {
                line.push(format!("--{}", name.replace('_', "-")));
                line.extend((!value.is_boolean()).then(|| plain(value)));
            }
            let terminal = Command::new(env!("CARGO_BIN_EXE_scorewatch")).args(&line).current_dir(house.home()).output().unwrap();
            let terminal = String::from_utf8(terminal.stdout).unwrap();

            assert_eq!(http, mcp, "{} {}", skill.name, example.name);
            assert_eq!(format!("{http}\n"), terminal, "{} {}", skill.name, example.name);
        }
    }
}
