//! How many type names have several meanings? Whoever reads `Key` must not have to look up which of seven is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::sources;

/// Names with more than one meaning; to be made fewer, never more.
const SEVERAL_MEANINGS_MAX: usize = 5;

/// The type that a line of code defines, if it defines one. Types of traits are none of their own.
fn defined(line: &str) -> Option<&str> {
    let associated = line.starts_with(' ');
    let line = line.trim_start();
    let line = line
        .strip_prefix("pub")
        .map_or(line, |rest| rest.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map_or(rest, |(_, rest)| rest).trim_start());
    let (keyword, rest) = line.split_once(' ')?;
    let defines = matches!(keyword, "struct" | "enum" | "trait" | "union") || (keyword == "type" && !associated);
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (defines && name.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
}

#[test]
fn few_type_names_have_several_meanings() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        for name in text.lines().filter_map(defined) {
            places.entry(name.to_owned()).or_default().insert(path.clone());
        }
    }
    let all = places.len();
    places.retain(|_, places| places.len() > 1);
    let mut several: Vec<_> = places.iter().collect();
    several.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    for (name, places) in &several {
        println!("{:>2} {name}: {}", places.len(), places.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    }
    println!("{} of {all} type names have several meanings; at most {SEVERAL_MEANINGS_MAX} may", several.len());
    assert!(several.len() <= SEVERAL_MEANINGS_MAX, "{} type names have several meanings; run with --nocapture to see them", several.len());
}
