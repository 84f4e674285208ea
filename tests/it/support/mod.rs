//! What do the tests share? Captures, stand-ins, and golden files, which show in a diff what people will see.

pub mod bot;
pub mod captures;
pub mod discord;
pub mod doors;
pub mod entra;
pub mod fake_chat;
pub mod hook;
pub mod mail_server;
pub mod outbox;
pub mod platforms;
pub mod posts;
pub mod sink;
pub mod views;
pub mod watcher;

use std::{env, fs, path::Path};

/// Compares `actual` with `tests/golden/<name>`. With `UPDATE_GOLDEN=1` in the environment the file is written instead.
pub fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected =
        fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} is missing: run the tests with UPDATE_GOLDEN=1 and look at it"));
    assert!(expected == actual, "{name} differs: run the tests with UPDATE_GOLDEN=1 and look at the diff\n--- now\n{actual}");
}
