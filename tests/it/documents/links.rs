//! Does every link lead somewhere, and is every page found?

use std::{collections::BTreeSet, fs, path::Path};

use super::{Document, all, root};

/// What somebody reads on a phone before they have decided anything.
const README_BYTES_MAX: usize = 12 * 1024;
const INDEX: &str = "docs/README.md";

#[test]
fn readme_is_short() {
    let bytes = Document::read("README.md").text.len();
    assert!(bytes <= README_BYTES_MAX, "README.md has {bytes} bytes, more than {README_BYTES_MAX}");
}

/// The targets of links and pictures.
fn targets(document: &Document) -> Vec<String> {
    let mut targets = Vec::new();
    for (_, line) in document.prose() {
        for (at, _) in line.match_indices("](") {
            targets.push(line[at + 2..].split(')').next().unwrap().to_owned());
        }
    }
    targets
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let document = Document { path: String::new(), text: text.to_owned() };
    let headings =
        document.prose().into_iter().filter_map(|(_, line)| line.strip_prefix('#')).map(|line| anchor(line.trim_start_matches('#')));
    let named = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(ToOwned::to_owned);
    headings.chain(named).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for document in all() {
        for target in targets(&document) {
            if target.starts_with("https://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, wanted) = target.split_once('#').unwrap_or((&target, ""));
            let place = if path.is_empty() { root().join(&document.path) } else { document.folder().join(path) };
            let found = place.exists() && (wanted.is_empty() || anchors(&fs::read_to_string(&place).unwrap()).contains(wanted));
            if !found {
                wrong.push(format!("{}: {target}", document.path));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// The pages that `document` links to, by their path from the root.
fn linked(document: &Document) -> BTreeSet<String> {
    let root = root().canonicalize().unwrap();
    let path = |target: &str| -> Option<String> {
        let path = document.folder().join(target.split('#').next()?).canonicalize().ok()?;
        Some(path.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/"))
    };
    targets(document).iter().filter_map(|target| path(target)).collect()
}

#[test]
fn every_page_is_in_the_index_and_links_back() {
    let index = linked(&Document::read(INDEX));
    for document in all().iter().filter(|document| document.path.starts_with("docs/") && document.path != INDEX) {
        assert!(index.contains(&document.path), "{INDEX} does not link to {}", document.path);
        assert!(linked(document).contains(INDEX), "{} does not link to {INDEX}", document.path);
    }
    let readme = linked(&Document::read("README.md"));
    for page in [INDEX, "docs/architecture.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"] {
        assert!(readme.contains(page), "README.md does not link to {page}");
    }
}

#[test]
fn every_page_begins_with_what_it_is_for() {
    for document in all().iter().filter(|document| !matches!(document.path.as_str(), "README.md" | "CHANGELOG.md")) {
        let mut paragraphs = document.text.split("\n\n");
        assert!(paragraphs.next().is_some_and(|title| title.starts_with("# ") && !title.contains('\n')), "{} has no title", document.path);
        let purpose = paragraphs.next().unwrap_or_default();
        let one = purpose.ends_with('.') && purpose.matches(". ").count() == 0 && purpose.starts_with(char::is_uppercase);
        assert!(one, "{} does not begin with one sentence: {purpose}", document.path);
    }
}

/// Which page each place in the program sends people to.
#[test]
fn the_program_sends_people_to_pages_that_exist() {
    let mut folders = vec![root().join("src"), root().join("prompts"), root().join("manifests")];
    let mut sent = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let Ok(text) = fs::read_to_string(&entry) else { continue };
            assert!(!text.contains("the README shows") && !text.contains("The README shows"), "{}: which page?", entry.display());
            for (at, _) in text.match_indices("docs/") {
                let page: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.')).collect();
                let page = page.trim_end_matches('.');
                if !text[..at].ends_with('/') && Path::new(page).extension().is_some_and(|extension| extension == "md") {
                    assert!(root().join(page).is_file(), "{} names {page}, which is not there", entry.display());
                    sent += 1;
                }
            }
        }
    }
    assert!(sent > 0, "nothing leads to the documents");
}
