//! Is every host given what it accepts? The committed copies are what is made, and stay inside each host's limits.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it -- manifests` writes the copies anew. `tests/documents.py` reads them with parsers
//! that are not ours.

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Read as _},
    path::Path,
    process::{Command, Output},
};

use reqwest::{Method, header};
use scorewatch::{
    access::{
        Role, Tenants,
        entra::{self, Authority, EntraGrant},
    },
    chat::commands::OPERATIONS,
    manifests::{self, EntraValues, Host, HostFile, PLACEHOLDER_REFERENCE, PLACEHOLDER_URL, Values, discord, operation_id},
    prompts, skills,
    surfaces::discord::limits,
};
use serde_json::Value;
use zip::ZipArchive;

use crate::http::{house_with, json as json_of, problem};

/// The file at `path` as it is served and committed.
pub fn made(path: &str, values: &Values) -> Vec<u8> {
    let host = manifests::ALL.iter().find(|host| host.files.iter().any(|file| file.path == path));
    let host = host.unwrap_or_else(|| panic!("there is no file {path}"));
    file(path).made(&host.shown_with(values)).unwrap()
}

/// The file at `path`, made for signing in.
pub fn signed_in(path: &str) -> Vec<u8> {
    file(path).made(&Values::placeholders()).unwrap()
}

fn file(path: &str) -> &'static HostFile {
    manifests::ALL.iter().flat_map(|host| host.files).find(|file| file.path == path).unwrap()
}

fn text(path: &str) -> String {
    String::from_utf8(made(path, &Values::placeholders())).unwrap()
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// The name of every skill, as hosts of OpenAPI call them.
fn operations() -> Vec<String> {
    skills::ALL.iter().map(|skill| operation_id(skill.name)).collect()
}

#[test]
fn committed_copies_are_what_is_made() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let mut known = Vec::new();
    for file in manifests::ALL.iter().flat_map(|host| host.files) {
        let (path, made) = (folder.join(file.path), made(file.path, &Values::placeholders()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &made).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == made, "manifests/{} is out of date: run the tests with UPDATE_GOLDEN=1 and look at the difference", file.path);
        known.push(path);
    }
    for folder in [folder.clone(), folder.join("microsoft-365")] {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            assert!(path.is_dir() || known.contains(&path), "{} is made by nobody", path.display());
        }
    }
}

#[test]
fn hosts_and_files_have_names_of_their_own() {
    let names: BTreeSet<&str> = manifests::ALL.iter().map(|host| host.name).collect();
    assert_eq!(names.len(), manifests::ALL.len());
    let paths: Vec<&str> = manifests::ALL.iter().flat_map(|host| host.files).map(|file| file.path).collect();
    assert_eq!(paths.iter().collect::<BTreeSet<_>>().len(), paths.len());
    for host in &manifests::ALL {
        assert!(host.summary.chars().count() <= 100 && host.next.ends_with(['.', 'd']), "{}: {}", host.name, host.next);
    }
}

#[test]
fn an_operator_finds_the_own_address_everywhere_and_the_placeholder_nowhere() {
    let url = "https://score.example.org";
    for file in manifests::ALL.iter().flat_map(|host| host.files) {
        let Ok(text) = String::from_utf8(made(file.path, &Values { url: url.to_owned(), ..Values::placeholders() })) else { continue };
        // What to write in the field of a form is no address of ours.
        let text = text.replace(&format!("e.g. {PLACEHOLDER_URL}"), "");
        assert!(!text.contains(PLACEHOLDER_URL), "{}", file.path);
    }
}

/// Microsoft 365 Copilot: learn.microsoft.com/microsoft-365-copilot/extensibility/plugin-manifest-2.4.
#[test]
fn the_plugin_of_microsoft_365_can_ask_every_skill_and_cites_what_it_finds() {
    let plugin = json("microsoft-365/plugin.json");
    let functions = plugin["functions"].as_array().unwrap();
    let names: Vec<&str> = functions.iter().map(|function| function["name"].as_str().unwrap()).collect();
    assert_eq!(names, operations());
    assert_eq!(plugin["runtimes"][0]["run_for_functions"], serde_json::json!(names));
    assert!(names.len() <= 10, "quality falls beyond ten functions");
    within(&plugin["name_for_human"], 20);
    within(&plugin["description_for_human"], 100);
    within(&plugin["description_for_model"], 2048);
    assert!(plugin["namespace"].as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric()));
    assert_eq!(plugin["runtimes"][0]["auth"], serde_json::json!({ "type": "ApiKeyPluginVault", "reference_id": PLACEHOLDER_REFERENCE }));
    let openapi = json("microsoft-365/openapi.json");
    for (function, skill) in functions.iter().zip(&skills::ALL) {
        let capabilities = &function["capabilities"];
        assert_eq!(capabilities["confirmation"]["isNonConsequential"], true);
        assert_eq!(capabilities["security_info"]["data_handling"], serde_json::json!(["GetPrivateData"]));
        let schema = &openapi["paths"][manifests::path(skill)]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{}", skill.name);
        let path = capabilities["response_semantics"]["data_path"].as_str().unwrap();
        let row = path.strip_prefix("$.").map_or(schema, |rows| &schema["properties"][rows]["items"]);
        for (cited, at) in capabilities["response_semantics"]["properties"].as_object().unwrap() {
            let member = at.as_str().unwrap().strip_prefix("$.").unwrap();
            assert!(row["properties"].get(member).is_some(), "{}: no {cited} at {path} {at}", skill.name);
        }
        let told = function["description"].as_str().unwrap();
        assert!(
            skills::ALL.iter().all(|skill| !skill.name.contains('_') || !told.contains(skill.name)),
            "nobody calls it so there: {told}"
        );
    }
}

#[test]
fn whoever_signs_in_is_sent_to_the_vault_of_sign_ins() {
    let values = Values { auth_reference: Some("abc".to_owned()), ..Values::placeholders() };
    let plugin: Value = serde_json::from_slice(&file("microsoft-365/plugin.json").made(&values).unwrap()).unwrap();
    assert_eq!(plugin["runtimes"][0]["auth"], serde_json::json!({ "type": "OAuthPluginVault", "reference_id": "abc" }));
}

/// The agent: learn.microsoft.com/microsoft-365-copilot/extensibility/declarative-agent-manifest-1.8; the app:
/// learn.microsoft.com/microsoft-365/extensibility/schema/root.
#[test]
fn the_app_of_microsoft_365_stays_inside_its_limits() {
    let (app, agent) = (json("microsoft-365/manifest.json"), json("microsoft-365/declarativeAgent.json"));
    within(&app["name"]["short"], 30);
    within(&app["name"]["full"], 100);
    within(&app["description"]["short"], 80);
    within(&app["description"]["full"], 4000);
    within(&app["developer"]["name"], 32);
    for icon in ["color", "outline"] {
        let named = format!("microsoft-365/{}", app["icons"][icon].as_str().unwrap());
        let png = made(&named, &Values::placeholders());
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{named}");
        let size = if icon == "color" { 192_u32 } else { 32 };
        assert_eq!([&png[16..20], &png[20..24]], [size.to_be_bytes(); 2], "{named}");
    }
    assert_eq!(app["copilotAgents"]["declarativeAgents"][0]["file"], "declarativeAgent.json");
    assert_eq!(agent["actions"][0]["file"], "plugin.json");
    within(&agent["name"], 100);
    within(&agent["description"], 1000);
    within(&agent["instructions"], 8000);
    let starters = agent["conversation_starters"].as_array().unwrap();
    assert!((1..=12).contains(&starters.len()));
    let titles: BTreeSet<&str> = starters.iter().map(|starter| starter["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), starters.len(), "each starter has a title of its own");
    for operation in operations() {
        assert!(agent["instructions"].as_str().unwrap().contains(&operation), "{operation}");
    }
}

/// Security Copilot takes it by its address: learn.microsoft.com/en-us/copilot/security/custom-plugins.
#[test]
fn the_open_ai_plugin_stays_inside_the_limits_of_its_readers() {
    let plugin = json("ai-plugin.json");
    within(&plugin["name_for_model"], 100);
    within(&plugin["name_for_human"], 40);
    within(&plugin["description_for_model"], 16_000);
    within(&plugin["description_for_human"], 200);
    assert_eq!(plugin["auth"]["authorization_type"], "bearer");
    assert_eq!(plugin["api"]["url"], format!("{PLACEHOLDER_URL}/openapi.json"));
}

/// static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json.
#[test]
fn the_registry_learns_where_we_are_and_that_the_key_is_secret() {
    let server = json("server.json");
    within(&server["description"], 100);
    within(&server["title"], 100);
    let (namespace, name) = server["name"].as_str().unwrap().split_once('/').unwrap();
    assert_eq!((namespace, name), ("example.scorewatch", "scorewatch"));
    let remote = &server["remotes"][0];
    assert_eq!(
        (&remote["type"], &remote["url"]),
        (&"streamable-http".into(), &format!("{PLACEHOLDER_URL}{}", scorewatch::surfaces::mcp::PATH).into())
    );
    let header = &remote["headers"][0];
    assert_eq!((&header["name"], &header["value"]), (&"Authorization".into(), &"Bearer {api_key}".into()));
    assert_eq!(header["variables"]["api_key"]["isSecret"], true);
}

/// docs.discord.com/developers/interactions/application-commands.
#[test]
fn discord_is_told_every_skill_inside_its_limits() {
    let commands = json("discord.json");
    assert_eq!(commands, discord::commands());
    let commands = commands.as_array().unwrap();
    let names: Vec<&str> = commands.iter().map(|command| command["name"].as_str().unwrap()).collect();
    let operations = OPERATIONS.iter().map(|operation| operation.name);
    let expected: Vec<&str> = skills::ALL.iter().map(|skill| skill.chat).chain(operations).chain(["help"]).collect();
    assert_eq!(names, expected);
    assert!(commands.len() <= limits::COMMANDS);
    for command in commands {
        assert_eq!((&command["contexts"], &command["integration_types"]), (&serde_json::json!([0, 1]), &serde_json::json!([0])));
        assert!(command.get("default_member_permissions").is_none(), "grants decide");
        is_named_within(command);
        options_are_within(command);
        let size = size(command);
        assert!(size <= limits::COMMAND_TOTAL, "{size}");
    }
}

fn is_named_within(named: &Value) {
    let name = named["name"].as_str().unwrap();
    let small = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || matches!(c, '-' | '_' | '\'');
    assert!((1..=limits::COMMAND_NAME).contains(&name.chars().count()) && name.chars().all(small), "{name}");
    within_units(&named["description"], limits::COMMAND_DESCRIPTION);
}

/// The options of a command, or of a command below it.
fn options_are_within(command: &Value) {
    let none = Vec::new();
    let options = command["options"].as_array().unwrap_or(&none);
    assert!(options.len() <= limits::COMMAND_OPTIONS);
    let names: BTreeSet<&str> = options.iter().map(|option| option["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), options.len(), "{names:?}");
    let required: Vec<bool> = options.iter().map(|option| option["required"] == true).collect();
    assert!(required.is_sorted_by(|before, after| before >= after), "required ones come first: {options:?}");
    let below = options.iter().filter(|option| option["type"] == 1).count();
    assert!(below == 0 || below == options.len(), "commands and other options do not mix: {options:?}");
    options.iter().for_each(is_named_within);
    options.iter().for_each(option_is_within);
}

fn option_is_within(option: &Value) {
    let choices = option["choices"].as_array();
    for choice in choices.into_iter().flatten() {
        within_units(&choice["name"], 100);
        within_units(&choice["value"], 100);
    }
    assert!(choices.is_none_or(|choices| (1..=25).contains(&choices.len()) && option.get("autocomplete").is_none()));
    match option["type"].as_u64().unwrap() {
        3 if choices.is_none() => assert!((1..=6000).contains(&option["max_length"].as_u64().unwrap())),
        4 => {
            let [min, max] = ["min_value", "max_value"].map(|key| option[key].as_i64().unwrap());
            assert!(min <= max && max < 1 << 53 && min > -(1 << 53));
        }
        3 | 5 => {}
        1 => {
            options_are_within(option);
            assert!(option["options"].as_array().unwrap().iter().all(|inner| inner["type"] != 1), "{option}");
        }
        other => panic!("{other}: {option}"),
    }
}

/// What Discord counts of a command, or of an option of it, against the 8,000 of a command.
fn size(option: &Value) -> usize {
    let choices = option["choices"].as_array().into_iter().flatten().map(|choice| units(&choice["name"]) + units(&choice["value"]));
    let inner = option["options"].as_array().into_iter().flatten().map(size);
    units(&option["name"]) + units(&option["description"]) + choices.chain(inner).sum::<usize>()
}

fn units(text: &Value) -> usize {
    text.as_str().unwrap().encode_utf16().count()
}

fn within_units(text: &Value, max: usize) {
    assert!((1..=max).contains(&units(text)), "at most {max}: {text}");
}

#[test]
fn discord_offers_what_a_skill_takes() {
    let commands = json("discord.json");
    let command = |chat: &str| commands.as_array().unwrap().iter().find(|command| command["name"] == chat).unwrap();
    let option =
        |chat: &str, name: &str| command(chat)["options"].as_array().unwrap().iter().find(|option| option["name"] == name).unwrap();
    for (chat, name, expected) in [
        (
            "weakest",
            "limit",
            serde_json::json!({ "type": 4, "name": "limit", "description": "How many controls to list (else 5)", "min_value": 1, "max_value": 25 }),
        ),
        ("control", "whole", serde_json::json!({ "type": 5, "name": "whole", "description": "All of the remediation" })),
        (
            "control",
            "name",
            serde_json::json!({
                "type": 3, "name": "name", "description": "Id or words of its title: AdminMFAV2, legacy auth",
                "required": true, "min_length": 1, "max_length": 200, "autocomplete": true,
            }),
        ),
        (
            "score",
            "share",
            serde_json::json!({
                "type": 3, "name": "share", "description": "Who sees the answer (else everyone here, where they may)",
                "choices": [{ "name": "Only I see it", "value": "me" }, { "name": "Everyone in the channel", "value": "channel" }],
            }),
        ),
    ] {
        assert_eq!(option(chat, name), &expected);
    }
    assert_eq!(option("weakest", "order")["choices"][1], serde_json::json!({ "name": "Quick wins", "value": "quick_wins" }));
    assert!(option("weakest", "product")["autocomplete"] == true && option("changes", "since").get("autocomplete").is_none());
    for skill in &skills::ALL {
        let tenant = option(skill.chat, "tenant");
        assert_eq!((&tenant["autocomplete"], tenant.get("required")), (&true.into(), None));
        assert_eq!(tenant["description"].as_str().unwrap().contains("all of them"), skill.all_tenants, "{}", skill.name);
    }
    for command in discord::for_one_server().as_array().unwrap() {
        assert!(command.get("contexts").is_none() && command.get("integration_types").is_none(), "{command}");
    }
}

/// The rest of Security Copilot's rules, which need a parser of YAML, are in `tests/documents.py`.
#[test]
fn security_copilot_is_told_every_skill_and_every_prompt() {
    let lines = |path: &str| text(path).lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let tools: Vec<&str> = skills::ALL.iter().map(|skill| skill.name).collect();
    assert!(lines("security-copilot-mcp.yaml").contains(&format!("AllowedTools: \"{}\"", tools.join(","))));
    let agent = lines("security-copilot-agent.yaml");
    let children = agent.iter().skip_while(|line| *line != "ChildSkills:").skip(1).map_while(|line| line.strip_prefix("- "));
    let children: Vec<&str> = children.take_while(|line| !line.starts_with("Format")).collect();
    assert_eq!(children, operations());
    let promptbooks = text("security-copilot-promptbooks.md");
    for prompt in prompts::ALL.iter() {
        assert!(promptbooks.contains(&format!("\n## {}\n", prompt.head.title)), "{}", prompt.head.name);
        assert!(agent.contains(&format!("DisplayName: \"{}\"", prompt.head.title)), "{}", prompt.head.name);
    }
    for direct in promptbooks.lines().filter_map(|line| line.strip_prefix('/')) {
        let called = direct.split([' ', ';']).next().unwrap();
        assert!(operations().iter().any(|operation| operation == called), "{direct}");
    }
    assert!(!promptbooks.contains("{{") && !promptbooks.contains("`secure_score`"), "{promptbooks}");
    for path in ["security-copilot.yaml", "security-copilot-oauth.yaml", "security-copilot-mcp.yaml", "security-copilot-agent.yaml"] {
        assert!(!text(path).contains('\t') && text(path).starts_with("# Written by "), "{path}");
    }
}

fn within(text: &Value, max: usize) {
    let chars = text.as_str().map_or(0, |text| text.chars().count());
    assert!((1..=max).contains(&chars), "{chars} characters, at most {max}: {text}");
}

#[tokio::test]
async fn every_file_is_served_with_this_services_values() {
    let entra = Values::placeholders().entra;
    let EntraValues { directory, client_id, scope, .. } = entra.clone().unwrap();
    let grant = EntraGrant { directory, scope: Some(scope), app_role: None, role: Role::Reader, tenants: Tenants::All };
    let configured = entra::EntraSettings::new(&client_id, Authority::named("global").unwrap(), vec![grant]);
    let house = house_with(|settings| {
        settings.public_url = Some("https://score.example.org/".to_owned());
        settings.entra = Some(configured);
    })
    .await;
    let list = json_of(house.request(Method::GET, "/manifests/").send().await.unwrap()).await;
    let listed = list.as_array().unwrap();
    assert_eq!(listed.len(), manifests::ALL.iter().map(|host| host.files.len()).sum::<usize>());
    let values = Values { entra, ..Values::at("https://score.example.org") };
    for row in listed {
        let path = row["path"].as_str().unwrap();
        let response = house.request(Method::GET, path).send().await.unwrap();
        // Where Microsoft 365 keeps the key, no server knows.
        assert_eq!((response.status().as_u16(), &row["ready"]), (200, &(row["host"] != "microsoft-365").into()), "{path}");
        let file = file(path.strip_prefix("/manifests/").unwrap());
        assert_eq!(response.headers()[header::CONTENT_TYPE], file.content_type);
        let etag = response.headers()[header::ETAG].clone();
        assert!(response.bytes().await.unwrap() == made(file.path, &values), "{path}");
        let again = house.request(Method::GET, path).header(header::IF_NONE_MATCH, etag).send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
    }
    let at_root = house.request(Method::GET, "/openapi.json").send().await.unwrap().bytes().await.unwrap();
    assert!(at_root == made("openapi.json", &values));
}

#[tokio::test]
async fn what_needs_a_sign_in_is_not_there_while_none_is_configured() {
    let house = house_with(|settings| settings.public_url = Some("https://score.example.org".to_owned())).await;
    let list = json_of(house.request(Method::GET, "/manifests").send().await.unwrap()).await;
    let missing: Vec<&str> =
        list.as_array().unwrap().iter().filter(|row| row["ready"] == false).map(|row| row["path"].as_str().unwrap()).collect();
    let (sign_in, package) = missing.split_at(2);
    assert_eq!(sign_in, ["/manifests/security-copilot-oauth.yaml", "/manifests/security-copilot-mcp.yaml"]);
    assert!(package.iter().all(|path| path.starts_with("/manifests/microsoft-365/")));
    for path in sign_in {
        let problem = problem(house.request(Method::GET, path).send().await.unwrap(), 404).await;
        assert!(problem["detail"].as_str().unwrap().contains("`[entra]`"), "{problem}");
    }
    problem(house.request(Method::GET, "/manifests/none.yaml").send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn rows_link_below_linked_and_nowhere_else() {
    let house = house_with(|_| ()).await;
    let key = house.reader().await;
    let path = "/skills/weakest_controls?tenant=contoso";
    let ordinary = house.get(path, &key).await;
    let linked =
        house.request(Method::GET, &format!("/linked{path}")).bearer_auth(&key).header(header::ACCEPT, "text/plain").send().await.unwrap();
    assert_eq!(linked.headers()[header::CONTENT_TYPE], "application/json", "there is one form only");
    assert_ne!(linked.headers()[header::ETAG], ordinary.headers()[header::ETAG]);
    let (linked, ordinary) = (json_of(linked).await, json_of(ordinary).await);
    assert_eq!(linked["controls"][0]["title"], "AdminMFAV2", "the id stands in for a title that nobody gave");
    assert_eq!(linked["controls"][0]["subtitle"], "5 of 10 points to gain, identity");
    let url = "https://security.microsoft.com/securescore?viewid=actions&actionId=AdminMFAV2&tid=11111111-1111-4111-8111-111111111111";
    assert_eq!(linked["controls"][0]["url"], url);
    assert!(ordinary["controls"][0].get("url").is_none(), "{ordinary}");
    let near = problem(house.get("/linked/skills/weakest_control", &key).await, 404).await;
    assert!(near["detail"].as_str().unwrap().contains("`weakest_controls`"), "{near}");
    problem(house.request(Method::GET, &format!("/linked{path}")).send().await.unwrap(), 401).await;
    problem(house.request(Method::GET, "/linked/skills/x").send().await.unwrap(), 401).await;
}

fn manifest(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scorewatch"));
    command.current_dir(home).env_clear().arg("manifest").args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const URL: [&str; 2] = ["--public-url", "https://score.example.org"];
const DIRECTORY: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CLIENT: &str = "bbbbbbbb-0000-4000-8000-000000000002";

#[test]
fn the_command_writes_what_is_served() {
    let home = tempfile::tempdir().unwrap();
    let list = String::from_utf8(manifest(home.path(), &[]).stdout).unwrap();
    assert!(manifests::ALL.iter().all(|host| list.contains(host.name) && list.contains(host.summary)), "{list}");
    let written = manifest(home.path(), &[&["security-copilot"], &URL[..]].concat());
    assert!(written.status.success(), "{}", said(&written));
    assert_eq!(written.stdout, made("security-copilot.yaml", &Values::at(URL[1])));
    assert!(said(&written).contains("scorewatch key new"), "{}", said(&written));
    fs::write(home.path().join("scorewatch.toml"), "[server]\npublic_url = \"https://score.example.org\"\n").unwrap();
    assert_eq!(manifest(home.path(), &["security-copilot"]).stdout, written.stdout, "the address is configured");
    let nowhere = tempfile::tempdir().unwrap();
    let commands = manifest(nowhere.path(), &["discord"]);
    assert_eq!(commands.stdout, made("discord.json", &Values::placeholders()), "nobody needs to say where we are reached");
}

#[test]
fn the_command_writes_an_archive_that_is_an_app_package() {
    let home = tempfile::tempdir().unwrap();
    let out = [&["microsoft-365", "--out", "scorewatch.zip"], &URL[..]].concat();
    let first = manifest(home.path(), &out);
    assert!(first.status.success() && said(&first).contains("--auth-reference"), "{}", said(&first));
    let again = manifest(home.path(), &[&out[..], &["--auth-reference", "abc"]].concat());
    assert_eq!(again.status.code(), Some(78));
    assert!(said(&again).contains("--force"), "{}", said(&again));
    let forced = manifest(home.path(), &[&out[..], &["--auth-reference", "abc", "--force"]].concat());
    assert!(forced.status.success() && !said(&forced).contains("does not work yet"), "{}", said(&forced));
    let mut archive = ZipArchive::new(Cursor::new(fs::read(home.path().join("scorewatch.zip")).unwrap())).unwrap();
    let values = Values { auth_reference: Some("abc".to_owned()), ..Values::at(URL[1]) };
    let host = Host::named("microsoft-365").unwrap();
    assert_eq!(archive.len(), host.files.len());
    for file in host.files {
        let mut bytes = Vec::new();
        archive.by_name(file.name()).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes == file.made(&values).unwrap(), "{}", file.path);
    }
}

#[test]
fn the_command_says_what_is_missing_or_wrong() {
    let home = tempfile::tempdir().unwrap();
    let entra = ["--entra-directory", DIRECTORY, "--entra-client-id", CLIENT];
    let cases: [(&[&str], &str); 8] = [
        (&["security-copilot"], "server.public_url"),
        (&["security-copilots"], "security-copilot"),
        (&["security-copilot", "--public-url", "http://score.example.org"], "https address"),
        (&["security-copilot-oauth", URL[0], URL[1]], "--entra-client-id"),
        (&["security-copilot-oauth", URL[0], URL[1], "--entra-directory", DIRECTORY], "--entra-client-id"),
        (&["security-copilot-oauth", URL[0], URL[1], "--entra-directory", "contoso", "--entra-client-id", CLIENT], "GUID"),
        (&["microsoft-365", URL[0], URL[1], "--auth-reference", "a b"], "without a space"),
        (&["security-copilot", URL[0], URL[1], "--out", "none/such/x.yaml"], "the directory none/such does not exist"),
    ];
    for (args, right) in cases {
        let refused = manifest(home.path(), args);
        assert!(!refused.status.success() && said(&refused).contains(right), "{args:?}: {}", said(&refused));
        assert!(refused.stdout.is_empty(), "{args:?}");
    }
    let written = manifest(home.path(), &[&["security-copilot-oauth"], &URL[..], &entra].concat());
    let text = String::from_utf8(written.stdout).unwrap();
    assert!(text.contains(&format!("ClientId: {CLIENT}\n")), "{text}");
    assert!(text.contains(&format!("/{DIRECTORY}/oauth2/v2.0/authorize")), "{text}");
    assert!(text.contains(&format!("offline_access api://{CLIENT}/Score.Read")), "{text}");
}
