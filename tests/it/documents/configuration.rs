//! Is what the documents say to write into `scorewatch.toml` taken, and is their JSON and PowerShell whole?

use std::{collections::BTreeSet, fs, path::Path};

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use scorewatch::{
    config::{self, ConfigSources},
    surfaces::config_parts,
};

use super::{all, root};
use crate::program::{out, run};

/// What the pages that need secrets read them from; the page about tenants makes the certificate with OpenSSL.
const SECRETS: [(&str, &str); 6] = [
    ("discord-token", "not.a.token"),
    ("slack-url", "https://hooks.slack.com/services/T0/B0/x"),
    ("teams-url", "https://prod-00.westeurope.logic.azure.com/workflows/x"),
    ("discord-webhook-url", "https://discord.com/api/webhooks/1100000000000000005/x"),
    ("webhook-secret", "whsec_ZGVtbyBkZW1vIGRlbW8gZGVtbyBkZW1vIGRlbW8="),
    ("mail-password", "secret"),
];

/// A directory with the files that configurations name.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let secrets = home.path().join("etc");
    fs::create_dir(&secrets).unwrap();
    for (name, secret) in SECRETS {
        fs::write(secrets.join(name), secret).unwrap();
    }
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(vec!["scorewatch.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    for name in ["contoso.pem", "msp.pem"] {
        fs::write(secrets.join(name), key.serialize_pem() + &certificate.pem()).unwrap();
    }
    fs::write(secrets.join("metrics-token"), "a-token-that-nobody-guesses-0123456789").unwrap();
    home
}

/// Sees to it that `text`, which stands in `source`, is a configuration without an error.
fn taken(home: &Path, source: &str, text: &str) {
    let file = home.join("scorewatch.toml");
    fs::write(&file, text.replace("/etc/scorewatch", &home.join("etc").to_string_lossy())).unwrap();
    let given = ConfigSources { file: Some(file), directory: home.to_owned(), ..ConfigSources::default() };
    if let Err(errors) = config::load(&given, &config_parts()) {
        panic!("{source}: {errors}\n{text}");
    }
}

/// All blocks of a page are one configuration: they are taken together.
#[test]
fn what_a_page_says_to_configure_is_taken() {
    let home = home();
    let mut used = String::new();
    for document in all() {
        let blocks = document.blocks();
        let text: String = blocks.iter().filter(|block| block.language == "toml").map(|block| block.lines.join("\n") + "\n").collect();
        if text.is_empty() {
            continue;
        }
        // A list of tenants lies beside the configuration that names it.
        for block in blocks.iter().filter(|block| block.language == "csv") {
            fs::write(home.path().join("customers.csv"), block.lines.join("\n")).unwrap();
        }
        taken(home.path(), &document.path, &text);
        used += &text;
    }
    for (name, _) in SECRETS {
        assert!(used.contains(name), "no page reads {name}");
    }
}

#[test]
fn what_the_compose_file_mounts_is_taken() {
    let (home, path) = (home(), "deploy/compose/config/scorewatch.toml");
    for secret in ["metrics_token", "contoso_client_secret"] {
        fs::write(home.path().join("etc").join(secret), "a-secret-that-nobody-guesses-0123456789").unwrap();
    }
    let text = fs::read_to_string(root().join(path)).unwrap();
    taken(home.path(), path, &text.replace("/run/secrets/", "/etc/scorewatch/"));
}

#[test]
fn what_the_image_begins_with_is_taken() {
    let path = "deploy/container/scorewatch.toml";
    taken(home().path(), path, &fs::read_to_string(root().join(path)).unwrap());
}

#[test]
fn json_is_json() {
    for document in all() {
        for block in document.blocks().iter().filter(|block| block.language == "json") {
            let read = serde_json::from_str::<serde_json::Value>(&block.lines.join("\n"));
            assert!(read.is_ok(), "{} line {}: {}", document.path, block.line, read.unwrap_err());
        }
    }
}

/// Nothing here runs PowerShell: the lines are those that the program itself gives.
#[test]
fn powershell_is_what_help_says() {
    let home = tempfile::tempdir().unwrap();
    let help = out(&run(home.path(), &["import", "--help"]));
    let said: BTreeSet<&str> = help.lines().map(str::trim).collect();
    let mut lines = 0;
    for document in all() {
        for block in document.blocks().iter().filter(|block| block.language == "powershell") {
            for line in &block.lines {
                lines += 1;
                assert!(said.contains(line.trim()), "{} line {}: `import --help` does not say {line}", document.path, block.line);
            }
        }
    }
    assert!(lines > 4, "no page has PowerShell");
}
