//! Does the configuration say everything that is wrong at once, and never a secret?

use std::{fs, path::Path, sync::Arc, time::Duration};

use scorewatch::{
    access::Role,
    ask::Theme,
    config::{self, CloudConfig, CommandLineOverride, Config, ConfigErrors, ConfigSources, CredentialConfig, EntraLogin, Environment},
    error::{Error, ErrorKind},
    surfaces::{config_parts, discord::DiscordSettings},
};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

const GUID: &str = "11111111-2222-3333-4444-555555555555";

pub(crate) fn load_with<const N: usize>(file: &str, environment: [(&str, &str); N]) -> (TempDir, Result<Config, ConfigErrors>) {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("scorewatch.toml"), file).unwrap();
    let loaded = load_in(directory.path(), environment.into());
    (directory, loaded)
}

fn load_in(directory: &Path, environment: Environment) -> Result<Config, ConfigErrors> {
    config::load(&ConfigSources { environment, directory: directory.to_owned(), ..ConfigSources::default() }, &config_parts())
}

pub(crate) fn mistakes<const N: usize>(file: &str, environment: [(&str, &str); N]) -> Vec<String> {
    load_with(file, environment).1.unwrap_err().0.iter().map(ToString::to_string).collect()
}

fn contoso(more: &str) -> String {
    format!("[tenants.contoso]\ntenant_id = \"{GUID}\"\nclient_id = \"{GUID}\"\n{more}\n")
}

#[test]
fn without_a_file_everything_has_its_default() {
    let directory = tempfile::tempdir().unwrap();
    let config = load_in(directory.path(), Environment::default()).unwrap();
    assert_eq!(config.store.path, directory.path().join("scorewatch.db"));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.refresh.every, Duration::from_hours(1));
    assert_eq!(config.refresh.body_bytes_max, 64 << 20);
    assert!(config.tenants.is_empty() && config.server.tls.is_none() && config.metrics.listen.is_none());
}

#[test]
fn all_mistakes_are_said_at_once() {
    let file = r#"
        [server]
        listen = "0.0.0.0:8080"
        tls_kee = "key.pem"
        behind_proxy = "yes"
        [refresh]
        every_minutes = 5
        [metrics]
        listen = "10.0.0.1:9464"
        [tenants.contoso]
        client_id = "my app"
        client_secret = 5
        graph_root = "https://graph.example"
        [tenants.All]
    "#;
    let said =
        mistakes(file, [("SCOREWATCH__TENANTS__CONTOSO__CLIENT_SECRT", "hunter2"), ("SCOREWATCH__REFRESH__BODY_MEBIBYTES_MAX", "lots")]);
    let expected = [
        "server.behind_proxy is a string; expected true or false, without quotes.",
        "server.listen is open beyond this machine without TLS. Give tls_certificate and tls_key, or behind_proxy = true when a proxy in front terminates TLS, or listen on 127.0.0.1.",
        "metrics.listen is open beyond this machine without a token, and the metrics name every tenant. Give metrics.token or metrics.token_file, which Prometheus sends as `authorization: { credentials_file: … }`, or listen on 127.0.0.1.",
        "refresh.every_minutes is 5; expected an integer from 15 to 1440.",
        "SCOREWATCH__REFRESH__BODY_MEBIBYTES_MAX is not a number; expected an integer from 1 to 1024.",
        "tenants.All is not a valid name for a tenant. Use 1 to 40 lowercase letters, digits, - and _, with a letter or digit first, but not `all`.",
        "tenants.contoso.tenant_id is missing. The app registration's overview in Entra shows it.",
        "tenants.contoso.client_id is invalid; expected a GUID such as 00000000-0000-0000-0000-000000000000.",
        "tenants.contoso.client_secret is an integer; expected a string, between quotes.",
        "tenants.contoso.login_root is missing. graph_root and login_root go together.",
        "server.tls_kee is not known. Did you mean `server.tls_key`?",
        "SCOREWATCH__TENANTS__CONTOSO__CLIENT_SECRT is not known. Did you mean `SCOREWATCH__TENANTS__CONTOSO__CLIENT_SECRET`?",
    ];
    for sentence in expected {
        assert!(said.iter().any(|mistake| mistake == sentence), "missing: {sentence}\nsaid: {said:#?}");
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    let error = Error::from(load_with(file, []).1.unwrap_err());
    assert_eq!(error.kind, ErrorKind::Misconfigured);
}

#[test]
fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("other.toml"),
        "[server]\nlisten = \"127.0.0.1:1\"\n[refresh]\nevery_minutes = 15\n[tenants.contoso-eu]\noffline = true",
    )
    .unwrap();
    let given = ConfigSources {
        environment: [
            ("SCOREWATCH_CONFIG", "other.toml"),
            ("SCOREWATCH__SERVER__LISTEN", "127.0.0.1:2"),
            ("SCOREWATCH__REFRESH__EVERY_MINUTES", "30"),
            ("SCOREWATCH__TENANTS__CONTOSO_EU__OFFLINE", "true"),
            ("SCOREWATCH__TENANTS__FABRIKAM__OFFLINE", "true"),
        ]
        .into(),
        directory: directory.path().to_owned(),
        overrides: vec![CommandLineOverride { key: "server.listen", option: "--listen", value: "127.0.0.1:3".to_owned() }],
        file: None,
    };
    let config = config::load(&given, &config_parts()).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.refresh.every, Duration::from_mins(30));
    let names: Vec<_> = config.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
    assert_eq!(names, ["contoso-eu", "fabrikam"]);

    let wrong = ConfigSources {
        overrides: vec![CommandLineOverride { key: "server.listen", option: "--listen", value: "everywhere".to_owned() }],
        ..given
    };
    assert!(config::load(&wrong, &config_parts()).unwrap_err().to_string().contains("--listen is invalid"));
}

#[test]
fn secrets_come_from_files_and_from_one_place_only() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("secret"), "hunter2\r\n").unwrap();
    fs::write(directory.path().join("empty"), "\n").unwrap();
    fs::write(directory.path().join("huge"), vec![b'x'; 70_000]).unwrap();
    let load = |more: &str| {
        fs::write(directory.path().join("scorewatch.toml"), contoso(more)).unwrap();
        load_in(directory.path(), Environment::default())
    };
    let config = load("client_secret_file = \"secret\"").unwrap();
    let Some(CredentialConfig::Secret(secret)) = config.tenants[0].sign_in.as_ref().map(|sign_in| &*sign_in.credential) else {
        panic!("no secret")
    };
    assert_eq!(secret.expose_secret(), "hunter2");
    for (more, wrong) in [
        (
            "client_secret_file = \"secret\"\nclient_secret = \"x\"",
            "tenants.contoso.client_secret is given beside tenants.contoso.client_secret_file",
        ),
        ("client_secret_file = \"none\"", "tenants.contoso.client_secret_file names a file that does not exist"),
        ("client_secret_file = \".\"", "names a file that is a directory"),
        ("client_secret_file = \"empty\"", "names a file that is empty"),
        ("client_secret_file = \"huge\"", "names a file that has more than 64 KiB"),
        ("client_secret = \"\"", "tenants.contoso.client_secret is empty"),
        ("", "tenants.contoso has no credential"),
        ("client_secret = \"x\"\ncertificate_file = \"secret\"", "tenants.contoso has two credentials"),
        ("certificate_file = \"secret\"\ncertificate_password = \"x\"", "Only a .pfx or .p12 file has one"),
        ("client_secret = \"x\"\noffline = true", "tenants.contoso.offline is true beside tenants.contoso.tenant_id"),
    ] {
        let said = load(more).unwrap_err();
        assert_eq!(said.0.len(), 1, "{more}: {said}");
        assert!(said.to_string().contains(wrong), "{more}: {said}");
    }
}

#[test]
fn licences_are_read_where_somebody_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let load = |more: &str| {
        fs::write(directory.path().join("scorewatch.toml"), contoso(&format!("client_secret = \"x\"\n{more}"))).unwrap();
        load_in(directory.path(), Environment::default()).map(|mut config| config.tenants.remove(0).sign_in.unwrap().licences)
    };
    assert!(!load("").unwrap() && !load("licences = false").unwrap() && load("licences = true").unwrap());
    let said = load("licences = \"yes\"").unwrap_err().to_string();
    assert!(said.contains("tenants.contoso.licences is ") && said.contains("expected true or false"), "{said}");
}

#[test]
fn certificates_are_read_whole() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in [("app.pem", "CERTIFICATE"), ("app.key", "KEY"), ("app.PFX", "ARCHIVE")] {
        fs::write(directory.path().join(name), content).unwrap();
    }
    let load = |more: &str| {
        fs::write(directory.path().join("scorewatch.toml"), contoso(more)).unwrap();
        load_in(directory.path(), Environment::default()).unwrap().tenants.remove(0).sign_in.unwrap().credential
    };
    let load = |more: &str| Arc::into_inner(load(more)).unwrap();
    let CredentialConfig::Pem(pem) = load("certificate_file = \"app.pem\"\ncertificate_key_file = \"app.key\"") else { panic!("no PEM") };
    assert_eq!(pem.expose_secret(), b"CERTIFICATE\nKEY");
    let CredentialConfig::Pkcs12 { archive, password } = load("certificate_file = \"app.PFX\"\ncertificate_password = \" x \"") else {
        panic!("no archive")
    };
    assert_eq!((archive.expose_secret(), password.expose_secret()), (b"ARCHIVE".as_slice(), " x "));
}

#[test]
fn clouds_are_known_or_given_by_their_roots() {
    let cloud = |more: &str| {
        load_with(&contoso(&format!("client_secret = \"x\"\n{more}")), [])
            .1
            .map(|mut config| config.tenants.remove(0).sign_in.unwrap().cloud)
    };
    assert_eq!(cloud("").unwrap(), CloudConfig::Named("global"));
    assert_eq!(cloud("cloud = \"usgov_dod\"").unwrap(), CloudConfig::Named("usgov_dod"));
    assert!(cloud("cloud = \"china\"").unwrap_err().to_string().contains("does not offer Secure Score"));
    assert!(cloud("cloud = \"mars\"").unwrap_err().to_string().contains("\"usgov\""));
    assert!(matches!(
        cloud("graph_root = \"http://127.0.0.1:9\"\nlogin_root = \"https://login.example\"").unwrap(),
        CloudConfig::Roots { .. }
    ));
    for root in ["http://graph.example", "https://graph.example/v1.0", "https://a:b@graph.example", "graph.example"] {
        assert!(cloud(&format!("graph_root = \"{root}\"\nlogin_root = \"https://login.example\"")).is_err(), "{root}");
    }
}

const ENTRA: &str = "[entra]\nclient_id = \"11111111-2222-3333-4444-55555555AAAA\"\n";
const GRANT: &str =
    "[entra.grants.copilot-eu]\ndirectory = \"11111111-2222-3333-4444-555555555555\"\nscope = \"Score.Read\"\ntenants = \"contoso\"\n";

#[test]
fn grants_are_read_with_their_tenants() {
    let read = |file: &str| load_with(file, []).1.unwrap().entra;
    assert!(read("").is_none());
    let entra = read(&format!("{ENTRA}{GRANT}")).unwrap();
    assert_eq!((entra.client_id.as_str(), &entra.login), ("11111111-2222-3333-4444-55555555aaaa", &EntraLogin::Cloud("global")));
    let grant = &entra.grants[0];
    assert_eq!((grant.directory.as_str(), grant.role, grant.scope.as_deref()), (GUID, Role::Reader, Some("Score.Read")));
    for (tenants, shown) in [("all", None), ("contoso, fabrikam", Some(vec!["contoso", "fabrikam"])), (" b-2  a ,", Some(vec!["a", "b-2"]))]
    {
        let shown = shown.map_or(scorewatch::access::Tenants::All, |names| {
            scorewatch::access::Tenants::Only(names.into_iter().map(ToOwned::to_owned).collect())
        });
        let entra = read(&format!("{ENTRA}{}", GRANT.replace("\"contoso\"", &format!("\"{tenants}\"")))).unwrap();
        assert_eq!(entra.grants[0].tenants, shown, "{tenants}");
    }
    let root = read(&format!("{ENTRA}login_root = \"http://127.0.0.1:9\"\naudience = \"https://contoso.example/score\"\n{GRANT}")).unwrap();
    assert!(matches!(root.login, EntraLogin::Root(_)));
    assert_eq!(root.audience.as_deref(), Some("https://contoso.example/score"));
}

#[test]
fn a_grant_gives_every_role_that_there_is() {
    for role in scorewatch::access::Role::ALL {
        let file = format!(
            "[entra]\nclient_id = \"{GUID}\"\n[entra.grants.a]\ndirectory = \"{GUID}\"\nscope = \"S\"\ntenants = \"all\"\nrole = \"{role}\"\n"
        );
        assert_eq!(load_with(&file, []).1.unwrap().entra.unwrap().grants[0].role, role);
        let discord = bot(&load_with(&format!("{DISCORD}{CHANNEL}role = \"{role}\"\n"), []).1.unwrap()).unwrap();
        assert_eq!(discord.grants.0[0].role, role);
    }
}

#[test]
fn hosts_of_mcp_are_as_requests_name_them() {
    let hosts = |hosts: &str| load_with(&format!("[mcp]\nhosts = \"{hosts}\"\n"), []).1.map(|config| config.mcp.hosts);
    assert_eq!(hosts("scores.example.com:443, 10.0.0.5:8080,[::1]").unwrap(), ["scores.example.com", "10.0.0.5:8080", "[::1]"]);
    for wrong in ["*.example.com", "a?b", "a#b", "user@a", ":p@a", "a/b", "https://a", ""] {
        assert!(hosts(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn grants_are_set_by_variables_too() {
    let variables = [("SCOREWATCH__ENTRA__GRANTS__COPILOT_EU__ROLE", "analyst"), ("SCOREWATCH__ENTRA__AUDIENCE", "api://score")];
    let entra = load_with(&format!("{ENTRA}{GRANT}"), variables).1.unwrap().entra.unwrap();
    assert_eq!((entra.grants.len(), entra.grants[0].role, entra.audience.as_deref()), (1, Role::Analyst, Some("api://score")));
}

#[test]
fn half_a_sign_in_by_entra_is_a_mistake() {
    let changed = |from: &str, to: &str| format!("{ENTRA}{GRANT}").replace(from, to);
    for (file, wrong) in [
        ("[entra]".to_owned(), "entra.client_id is missing. The overview of scorewatch's own app registration"),
        ("[entra]".to_owned(), "entra grants nobody access. Say who may do what in a section such as [entra.grants.copilot]"),
        (ENTRA.to_owned(), "entra grants nobody access"),
        (GRANT.to_owned(), "entra.client_id is missing"),
        (changed("scope = \"Score.Read\"", ""), "entra.grants.copilot-eu has neither a scope nor an app role"),
        (changed("tenants = \"contoso\"", ""), "entra.grants.copilot-eu.tenants is missing"),
        (
            changed("tenants = \"contoso\"", "tenants = \"contoso, all\""),
            "entra.grants.copilot-eu.tenants is invalid; expected comma-separated names",
        ),
        (changed("tenants = \"contoso\"", "tenants = \"Contoso\""), "entra.grants.copilot-eu.tenants is invalid"),
        (changed("tenants = \"contoso\"", "tenants = \",\""), "entra.grants.copilot-eu.tenants is invalid"),
        (
            changed("tenants = \"contoso\"", "tenants = [\"contoso\"]"),
            "entra.grants.copilot-eu.tenants is an array; expected comma-separated names of tenants",
        ),
        (changed("directory", "directry"), "entra.grants.copilot-eu.directory is missing"),
        (
            changed("directory", "directry"),
            "entra.grants.copilot-eu.directry is not known. Did you mean `entra.grants.copilot-eu.directory`?",
        ),
        (changed("Score.Read", "api://score/Score.Read"), "entra.grants.copilot-eu.scope is invalid; expected a scope such as Score.Read"),
        (changed("scope = ", "role = \"boss\"\nscope = "), "entra.grants.copilot-eu.role is invalid; expected reader, analyst or operator"),
        (changed("copilot-eu", "Copilot"), "entra.grants.Copilot is not a valid name for a grant"),
        (changed("[entra]", "[entra]\naudience = \"score\""), "entra.audience is invalid"),
        (changed("[entra]", "[entra]\naudience = \"api://a\\\" b\""), "entra.audience is invalid"),
        (changed("[entra]", "[entra]\nlogin_root = \"http://login.example\""), "entra.login_root is invalid"),
        (
            changed("[entra]", "[entra]\ncloud = \"usgov\"\nlogin_root = \"https://login.example\""),
            "entra.cloud is given beside login_root",
        ),
        (changed("[entra]", "[entra]\ncloud = \"china\""), "entra.cloud is invalid; expected \"global\""),
        (format!("{ENTRA}grants = 5\n"), "entra.grants is an integer; expected a table: [entra.grants.copilot] and its keys below"),
        (
            format!("{ENTRA}[entra.grants]\nzone = \"x\"\n"),
            "entra.grants.zone is a string; expected a table: [entra.grants.zone] and its keys below",
        ),
    ] {
        let said = mistakes(&file, []);
        assert!(said.iter().any(|mistake| mistake.starts_with(wrong)), "missing: {wrong}\nsaid: {said:#?}");
    }
}

const DISCORD: &str = "[discord]\napplication_id = \"1000000000000000001\"\ntoken = \"hunter5\"\n";
const CHANNEL: &str = "[discord.grants.contoso]\nguild = \"2000000000000000002\"\nchannel = \"30000000000000003\"\ntenants = \"contoso\"\n";

fn bot(config: &Config) -> Option<DiscordSettings> {
    config.settings().cloned()
}

#[test]
fn who_may_ask_in_discord_is_read_with_where() {
    assert!(bot(&load_with("", []).1.unwrap()).is_none());
    let read = |file: &str| load_with(file, []).1.map(|config| bot(&config).unwrap());
    let discord = read(&format!("{DISCORD}{CHANNEL}")).unwrap();
    assert_eq!((discord.application_id, discord.token.expose_secret()), (1_000_000_000_000_000_001, "hunter5"));
    assert_eq!((discord.public_key, discord.gateway, discord.proxy, discord.theme), (None, true, None, Theme::Dark));
    let grant = &discord.grants.0[0];
    assert_eq!((grant.space.as_deref(), grant.room.as_deref()), (Some("2000000000000000002"), Some("30000000000000003")));
    assert_eq!((&grant.group, &grant.user, grant.role), (&None, &None, Role::Reader));
    assert_eq!(grant.tenants, scorewatch::access::Tenants::Only(["contoso".to_owned()].into()));
    let (key, file) = ("aB".repeat(32), format!("{DISCORD}{CHANNEL}"));
    let more = format!("[discord]\npublic_key = \"{key}\"\nhttp_only = true\nproxy = \"http://127.0.0.1:9\"\npicture = \"light\"");
    let discord = read(&file.replace("[discord]", &more)).unwrap();
    assert_eq!((discord.public_key, discord.gateway, discord.theme), (Some("ab".repeat(32)), false, Theme::Light));
    assert_eq!(discord.proxy.unwrap().as_str(), "http://127.0.0.1:9/");
    let alone = "[discord.grants.all]\nuser = \"18446744073709551615\"\nrole = \"operator\"\ntenants = \"all\"\n";
    assert_eq!(read(&format!("{DISCORD}{alone}")).unwrap().grants.0[0].user.as_deref(), Some("18446744073709551615"));
}

#[test]
fn the_token_of_discord_may_be_a_file() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("token"), "hunter6\n").unwrap();
    fs::write(directory.path().join("words"), "Bot hunter6\n").unwrap();
    let load = |file: &str| {
        let text = format!("{DISCORD}{CHANNEL}").replace("token = \"hunter5\"", &format!("token_file = \"{file}\""));
        fs::write(directory.path().join("scorewatch.toml"), text).unwrap();
        load_in(directory.path(), Environment::default())
    };
    assert_eq!(bot(&load("token").unwrap()).unwrap().token.expose_secret(), "hunter6");
    let said = load("words").unwrap_err().to_string();
    assert!(said.contains("discord.token_file holds no token. A bot's token is one word") && !said.contains("hunter"), "{said}");
}

#[test]
fn half_a_discord_is_a_mistake() {
    let changed = |from: &str, to: &str| format!("{DISCORD}{CHANNEL}").replace(from, to);
    let long = "9".repeat(20);
    for (file, wrong) in [
        ("[discord]".to_owned(), "discord.application_id is missing. General Information in Discord's developer portal shows it"),
        ("[discord]".to_owned(), "discord has no token. Give it token or token_file"),
        (CHANNEL.to_owned(), "discord.application_id is missing"),
        (CHANNEL.to_owned(), "discord has no token"),
        (changed("token =", "token_file = \"x\"\ntoken ="), "discord.token is given beside discord.token_file"),
        (changed("hunter5", "Bot hunter5"), "discord.token holds no token. A bot's token is one word"),
        (changed("hunter5", ""), "discord.token is empty"),
        (
            changed("\"1000000000000000001\"", "1000000000000000001"),
            "discord.application_id is an integer; expected an id of 17 to 20 digits",
        ),
        (changed("1000000000000000001", &long), "discord.application_id is invalid; expected an id of 17 to 20 digits"),
        (changed("1000000000000000001", "0000000000000000001"), "discord.application_id is invalid"),
        (changed("30000000000000003", "3000000000000003"), "discord.grants.contoso.channel is invalid; expected an id of 17 to 20 digits"),
        (changed("30000000000000003", "#contoso"), "discord.grants.contoso.channel is invalid"),
        (changed("[discord]", "[discord]\nhttp_only = true"), "discord.public_key is missing. http_only needs it"),
        (changed("[discord]", "[discord]\npublic_key = \"abc\""), "discord.public_key is invalid; expected 64 hexadecimal digits"),
        (changed("[discord]", "[discord]\ngateway = false"), "discord.gateway is not known"),
        (changed("[discord]", "[discord]\nproxy = \"http://proxy.example\""), "discord.proxy is invalid; expected an https address"),
        (changed("[discord]", "[discord]\nproxy = \"https://proxy.example/api\""), "discord.proxy is invalid"),
        (changed("[discord]", "[discord]\npicture = \"blue\""), "discord.picture is invalid; expected dark or light"),
        (changed("guild = ", "guidl = "), "discord.grants.contoso.channel is given without guild"),
        (changed("guild = ", "guidl = "), "discord.grants.contoso.guidl is not known. Did you mean `discord.grants.contoso.guild`?"),
        (
            changed("channel = \"3", "user = \"1\"\nmember_role = \"3").replace("guild", "#"),
            "discord.grants.contoso.member_role is given without guild",
        ),
        (
            changed("channel = \"30000000000000003\"", "member_role = \"2000000000000000002\""),
            "discord.grants.contoso.member_role is the guild's own id",
        ),
        (
            "[discord.grants.contoso]\ntenants = \"all\"".to_owned(),
            "discord.grants.contoso is for nobody. Give it the id of a server as guild",
        ),
        (changed("tenants = \"contoso\"", ""), "discord.grants.contoso.tenants is missing"),
        (
            changed("tenants = ", "role = \"boss\"\ntenants = "),
            "discord.grants.contoso.role is invalid; expected reader, analyst or operator",
        ),
        (changed("grants.contoso", "grants.Contoso"), "discord.grants.Contoso is not a valid name for a grant"),
        (format!("{DISCORD}grants = 5\n"), "discord.grants is an integer; expected a table: [discord.grants.contoso] and its keys below"),
    ] {
        let said = mistakes(&file, []);
        assert!(said.iter().any(|mistake| mistake.starts_with(wrong)), "missing: {wrong}\nsaid: {said:#?}\n{file}");
        assert!(!said.iter().any(|mistake| mistake.contains("hunter")), "{said:?}");
    }
}

#[test]
fn a_broken_file_names_its_line_and_not_its_content() {
    let said = mistakes("[server]\n\n[tenants.contoso]\nclient_secret = \"hunter2\nx = 1", []);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("scorewatch.toml line 4 is not TOML"), "{said:?}");
    assert!(!said[0].contains("hunter2"), "{said:?}");
    let missing = config::load(&ConfigSources { file: Some("/nowhere/at/all.toml".into()), ..ConfigSources::default() }, &config_parts())
        .unwrap_err();
    assert!(missing.to_string().contains("does not exist"), "{missing}");
}

#[test]
fn sections_in_the_wrong_shape_are_explained() {
    let said = mistakes("store = 5\n[[tenants]]\nname = 1\n[sever]\n[server.listen]", []);
    for sentence in [
        "store is an integer; expected a table: [store] and its keys below.",
        "tenants is an array; expected a table: [tenants.contoso] and its keys below.",
        "sever is not a known section. Did you mean `server`?",
        "server.listen is not a known section",
    ] {
        assert!(said.iter().any(|mistake| mistake.starts_with(sentence)), "missing: {sentence}\nsaid: {said:#?}");
    }
}

#[test]
fn every_key_of_the_table_is_read() {
    let table = config_parts().keys();
    for key in table.keys() {
        let variable = format!("SCOREWATCH__{}", key.path.replace('.', "__").replace("NAME", "CONTOSO").to_uppercase());
        // No key takes this, so each one that is read complains, and none is unknown.
        let said = mistakes("", [(&variable, "")]);
        assert!(said.iter().any(|mistake| mistake.contains(&variable)), "{}: {said:?}", key.path);
        assert!(!said.iter().any(|mistake| mistake.contains("not known")), "{}: {said:?}", key.path);
        assert!(table.markdown().contains(&format!("| `{}` |", key.path)));
    }
}

#[test]
fn debug_shows_no_secret() {
    let file = format!(
        "{DISCORD}{CHANNEL}[entra]\nclient_id = \"{GUID}\"\n[entra.grants.copilot]\ndirectory = \"{GUID}\"\nscope = \"Score.Read\"\ntenants = \"contoso, fabrikam\"\n{}[tenants.fabrikam]\ntenant_id = \"fabrikam.example\"\nclient_id = \"{GUID}\"\ncertificate_file = \"app.pfx\"\ncertificate_password = \"hunter3\"\n[tenants.tailspin]\noffline = true\n",
        contoso("client_secret = \"hunter2\"")
    );
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app.pfx"), "hunter4").unwrap();
    fs::write(directory.path().join("scorewatch.toml"), file).unwrap();
    let shown = format!("{:#?}", load_in(directory.path(), Environment::default()).unwrap());
    assert!(shown.contains("tailspin"), "all of it is shown: {shown}");
    assert!(!shown.contains("hunter"), "{shown}");
}
