//! Are the documents true? Their tables are written from the code, their commands run, their links followed.
//!
//! `UPDATE_GOLDEN=1 cargo test --test it documents` writes the tables anew between their marks.

mod architecture;
mod commands;
mod completions;
mod configuration;
mod links;
mod manual;
mod operating;
mod tables;
mod versions;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page, by its path from the root of the repository.
pub struct Document {
    pub path: String,
    pub text: String,
}

impl Document {
    fn read(path: &str) -> Self {
        Self { path: path.to_owned(), text: fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}")) }
    }

    fn folder(&self) -> PathBuf {
        root().join(&self.path).parent().unwrap().to_owned()
    }

    /// The fenced blocks, without the indentation of the list that they stand in.
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut open: Option<usize> = None;
        for (at, line) in self.text.lines().enumerate() {
            let indentation = line.len() - line.trim_start().len();
            let (fence, list) = line.find("```").map_or((None, 0), |at| (Some(&line[at + 3..]), at));
            match (open, fence) {
                (None, Some(language)) => {
                    blocks.push(Block { language: language.trim(), line: at + 1, lines: Vec::new() });
                    open = Some(list);
                }
                (Some(_), Some(_)) => open = None,
                (Some(list), None) => blocks.last_mut().unwrap().lines.push(&line[indentation.min(list)..]),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.path);
        blocks
    }

    /// What stands outside of blocks, each line with its number.
    fn prose(&self) -> Vec<(usize, &str)> {
        let mut inside = false;
        let lines = self.text.lines().enumerate().filter(|(_, line)| {
            let fence = line.contains("```");
            inside ^= fence;
            !inside && !fence
        });
        lines.map(|(at, line)| (at + 1, line)).collect()
    }

    /// What stands between backticks outside of blocks, also where it goes on in the next line.
    fn spans(&self) -> Vec<String> {
        let prose: Vec<&str> = self.prose().into_iter().map(|(_, line)| line.trim()).collect();
        prose.join(" ").split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
    }
}

/// A fenced block.
struct Block<'a> {
    language: &'a str,
    line: usize,
    lines: Vec<&'a str>,
}

/// All pages that people read.
fn all() -> Vec<Document> {
    let mut paths: Vec<String> = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(ToOwned::to_owned).into();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "md") {
                paths.push(entry.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}

/// Compares what stands between the marks of `name` in the page at `path` with `expected`.
fn part(path: &str, name: &str, expected: &str) {
    let Document { text, .. } = Document::read(path);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (head, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path} has no mark {begin}"));
    let (found, tail) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no mark {end}"));
    if found != expected && std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(root().join(path), format!("{head}{begin}{expected}{end}{tail}")).unwrap();
        return;
    }
    assert!(found == expected, "{path} differs at {name}; UPDATE_GOLDEN=1 writes it anew:\n{expected}");
}
