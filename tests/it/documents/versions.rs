//! Is the version that pages and files of deployment name this one? Whoever copies a line of them names a file or an image that must be there.

use std::fs;

use super::{all, root};

/// Files beside the pages that name a version.
const FILES: [&str; 2] = ["deploy/compose/compose.yaml", "deploy/container/Containerfile"];

/// The versions in the names of files and images in `text`, such as of `scorewatch:0.1.0`.
fn versions(text: &str) -> Vec<String> {
    let named = text.split("scorewatch").skip(1).filter_map(|rest| rest.strip_prefix([':', '-', '_']));
    let dotted = named.map(|rest| rest.chars().take_while(|&c| c.is_ascii_digit() || c == '.').collect::<String>());
    dotted.filter(|version| version.matches('.').count() == 2).collect()
}

#[test]
fn every_version_that_is_named_is_this_one() {
    let pages = all().into_iter().filter(|page| page.path != "CHANGELOG.md").map(|page| (page.path, page.text));
    let files = FILES.map(|file| (file.to_owned(), fs::read_to_string(root().join(file)).unwrap()));
    let mut naming = Vec::new();
    for (path, text) in pages.chain(files) {
        for version in versions(&text) {
            assert_eq!(version, env!("CARGO_PKG_VERSION"), "{path} names another version than Cargo.toml");
            naming.push(path.clone());
        }
    }
    for path in FILES.into_iter().chain(["docs/install.md"]) {
        assert!(naming.iter().any(|naming| naming == path), "no version was found in {path}");
    }
}
