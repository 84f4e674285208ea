//! Where is what the configuration names? Files beside it, listeners in the forms that people write, variables that miss an underscore.

use std::{fs, path::Path};

use scorewatch::{
    config::{self, CommandLineOverride, Config, ConfigErrors, ConfigSources, Environment},
    surfaces::{config_parts, discord::DiscordSettings, mail::SmtpServer},
};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::{
    config::mistakes,
    program::{err, program, run},
};

const GUID: &str = "11111111-2222-3333-4444-555555555555";

/// A configuration in `etc`, below a directory that stands for the working directory.
fn apart(text: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("etc")).unwrap();
    fs::write(home.path().join("etc/scorewatch.toml"), text).unwrap();
    home
}

fn load(home: &Path, environment: Environment, overrides: Vec<CommandLineOverride>) -> Result<Config, ConfigErrors> {
    config::load(
        &ConfigSources { file: Some("etc/scorewatch.toml".into()), environment, directory: home.to_owned(), overrides },
        &config_parts(),
    )
}

#[test]
fn relative_paths_of_the_file_are_relative_to_it() {
    let text = format!(
        "[store]\npath = \"data/scores.db\"\n[server]\ntls_certificate = \"tls/a.crt\"\ntls_key = \"tls/a.key\"\n\
        [discord]\napplication_id = \"1100000000000000001\"\ntoken_file = \"token\"\n\
        [tenants.contoso]\ntenant_id = \"{GUID}\"\nclient_id = \"{GUID}\"\nclient_secret_file = \"secret\"\n\
        [tenants.fabrikam]\ntenant_id = \"fabrikam.example\"\nclient_id = \"{GUID}\"\ncertificate_file = \"fabrikam.pem\"\n\
        [destinations.soc]\nkind = \"slack\"\nurl_file = \"hook\"\ntenants = \"all\"\n\
        [mail]\nserver = \"mail.example\"\nfrom = \"a@b.example\"\nroot_certificate = \"ca.pem\"\n"
    );
    let home = apart(&text);
    let etc = home.path().join("etc");
    fs::create_dir(etc.join("tls")).unwrap();
    for (file, holds) in [
        ("tls/a.crt", "x"),
        ("tls/a.key", "x"),
        ("token", "hunter1"),
        ("secret", "hunter2"),
        ("fabrikam.pem", "hunter3"),
        ("hook", "https://hooks.example/x"),
        ("ca.pem", "hunter4"),
    ] {
        fs::write(etc.join(file), holds).unwrap();
    }
    let config = load(home.path(), Environment::default(), vec![]).unwrap();
    assert_eq!(config.store.path, etc.join("data/scores.db"));
    assert_eq!(config.server.tls.as_ref().unwrap().key, etc.join("tls/a.key"));
    assert_eq!(config.settings::<DiscordSettings>().unwrap().token.expose_secret(), "hunter1");
    assert_eq!(config.settings::<SmtpServer>().unwrap().roots.as_deref(), Some(&b"hunter4"[..]));
}

#[test]
fn those_of_variables_and_options_stay_relative_to_the_working_directory() {
    let home = apart(&format!(
        "[tenants.contoso]\ntenant_id = \"{GUID}\"\nclient_id = \"{GUID}\"\nclient_secret_file = \"secret\"\n[store]\npath = \"of-file.db\"\n"
    ));
    fs::write(home.path().join("etc/secret"), "of the file").unwrap();
    fs::write(home.path().join("secret"), "of the variable").unwrap();
    let secret = |config: &Config| match &*config.tenants[0].sign_in.as_ref().unwrap().credential {
        config::CredentialConfig::Secret(secret) => secret.expose_secret().to_owned(),
        other @ (config::CredentialConfig::Pem(_) | config::CredentialConfig::Pkcs12 { .. }) => panic!("{other:?}"),
    };
    let config = load(home.path(), Environment::default(), vec![]).unwrap();
    assert_eq!((secret(&config), config.store.path), ("of the file".to_owned(), home.path().join("etc/of-file.db")));
    let environment = [("SCOREWATCH__TENANTS__CONTOSO__CLIENT_SECRET_FILE", "secret"), ("SCOREWATCH__STORE__PATH", "of-variable.db")];
    let config = load(home.path(), environment.into(), vec![]).unwrap();
    assert_eq!((secret(&config), config.store.path), ("of the variable".to_owned(), home.path().join("of-variable.db")));
    let option = CommandLineOverride { key: "store.path", option: "--store", value: "of-option.db".to_owned() };
    assert_eq!(load(home.path(), environment.into(), vec![option]).unwrap().store.path, home.path().join("of-option.db"));
}

#[test]
fn without_a_path_the_store_stays_in_the_working_directory() {
    let home = apart("");
    assert_eq!(load(home.path(), Environment::default(), vec![]).unwrap().store.path, home.path().join("scorewatch.db"));
}

#[test]
fn a_file_that_is_not_there_is_said_with_where_it_was_looked_for() {
    let home = apart(&format!(
        "[tenants.contoso]\ntenant_id = \"{GUID}\"\nclient_id = \"{GUID}\"\nclient_secret_file = \"hunter5\"\n[server]\ntls_certificate = \"a\"\ntls_key = \"/nowhere/b\"\n"
    ));
    let said = load(home.path(), Environment::default(), vec![]).unwrap_err().to_string();
    let place = home.path().join("etc").display().to_string();
    assert!(
        said.contains(&format!(
            "client_secret_file names a file that does not exist. Write the path of a file that does. It is looked for in {place}."
        )),
        "{said}"
    );
    assert!(
        said.contains(&format!(
            "tls_certificate names a file that does not exist. Write the path of a file that does. It is looked for in {place}."
        )),
        "{said}"
    );
    assert!(
        said.contains("tls_key names a file that does not exist. Write the path of a file that does.\n")
            || said.ends_with("of a file that does."),
        "{said}"
    );
    assert!(!said.contains("hunter5"), "what might be a secret in the wrong place is not shown: {said}");
}

#[test]
fn listeners_are_written_as_people_write_them() {
    let home = apart("[server]\nlisten = \"localhost:9000\"\n[metrics]\nlisten = \"localhost:9464\"\n");
    let config = load(home.path(), Environment::default(), vec![]).unwrap();
    assert_eq!(
        (config.server.listen.to_string(), config.metrics.listen.unwrap().to_string()),
        ("127.0.0.1:9000".to_owned(), "127.0.0.1:9464".to_owned())
    );
    let said = mistakes("[server]\nlisten = \":8080\"", []);
    assert_eq!(
        said,
        [
            "server.listen is invalid. Write 127.0.0.1:8080 for this machine only, or 0.0.0.0:8080 for all of its addresses ([::]:8080 with those of IPv6)."
        ]
    );
    let said = err(&run(home.path(), &["demo", "--listen", "8080"]));
    assert!(said.contains("Write 127.0.0.1:8080 for this machine only"), "{said}");
}

#[test]
fn a_variable_with_an_underscore_too_few_is_told_of() {
    let strays = |name: &str, value: &str| {
        let environment = Environment::from([(name, value)]);
        environment.strays(&config_parts().keys()).into_iter().map(|(_, meant)| meant.unwrap_or_default()).next()
    };
    for (name, meant) in [
        ("SCOREWATCH_SERVER_LISTEN", "SCOREWATCH__SERVER__LISTEN"),
        ("SCOREWATCH_SERVER__LISTEN", "SCOREWATCH__SERVER__LISTEN"),
        ("SCOREWATCH_STORE_PATH", "SCOREWATCH__STORE__PATH"),
        ("SCOREWATCH_TENANTS_CONTOSO_CLIENT_SECRET_FILE", "SCOREWATCH__TENANTS__CONTOSO__CLIENT_SECRET_FILE"),
        ("SCOREWATCH_DISCORD_GRANTS_SOC_TENANTS", "SCOREWATCH__DISCORD__GRANTS__SOC__TENANTS"),
        ("SCOREWATCH_MAIL_PORT", "SCOREWATCH__MAIL__PORT"),
        // No key, and not silently so: the section's first one is named, or none.
        ("SCOREWATCH_STORE", "SCOREWATCH__STORE__PATH"),
        ("SCOREWATCH_LOG", ""),
        ("SCOREWATCH_HOME", ""),
        ("SCOREWATCH_PORTS", ""),
        ("SCOREWATCH_PORT_8080", ""),
        ("SCOREWATCH_PORT_8080_TCP_NUMBER", ""),
        ("SCOREWATCH_TENANTS", ""),
    ] {
        assert_eq!(strays(name, "25").as_deref(), Some(meant), "{name}");
    }
    // Ours, those of others, and what Kubernetes sets for services of these names.
    for name in [
        "SCOREWATCH_CONFIG",
        "SCOREWATCH_CAPTURES",
        "SCOREWATCH__SERVER__LISTEN",
        "SCOREWATCH_SERVICE_HOST",
        "SCOREWATCH_SERVICE_PORT",
        "SCOREWATCH_SERVICE_PORT_HTTP",
        "SCOREWATCH_PORT",
        "SCOREWATCH_PORT_8080_TCP",
        "SCOREWATCH_PORT_8080_TCP_PROTO",
        "SCOREWATCH_WEB_SERVICE_HOST",
        "SCOREWATCH_WEB_PORT_9464_TCP_ADDR",
        "SCOREWATCHER_LOG",
        "PATH",
    ] {
        assert_eq!(strays(name, "x"), None, "{name}");
    }
    assert_eq!(strays("SCOREWATCH_MAIL_PORT", "tcp://10.0.0.1:25"), None);
    // Half of it: no key, and said so.
    let said = mistakes("", [("SCOREWATCH__SERVER_LISTEN", "127.0.0.1:1")]);
    assert_eq!(said, ["SCOREWATCH__SERVER_LISTEN is not known. Did you mean `SCOREWATCH__SERVER__LISTEN`?"]);
}

#[test]
fn the_program_warns_of_it_and_refuses_levels_that_there_are_not() {
    let home = tempfile::tempdir().unwrap();
    let checked = program(home.path()).arg("check").env("SCOREWATCH_SERVER_LISTEN", "127.0.0.1:9").output().unwrap();
    let said = err(&checked);
    assert!(said.contains("SCOREWATCH_SERVER_LISTEN sets nothing: did you mean SCOREWATCH__SERVER__LISTEN"), "{said}");
    for level in ["warning", "verbose", "scorewatch"] {
        let refused = run(home.path(), &["--log", level, "check"]);
        assert_eq!(refused.status.code(), Some(2), "{level}");
        assert!(err(&refused).contains(&format!("`{level}` is not a log level.")), "{}", err(&refused));
    }
    assert!(err(&run(home.path(), &["--log", "warning", "check"])).contains("Did you mean `warn`?"));
    assert!(run(home.path(), &["--log", "Error", "ask"]).status.success());
}
