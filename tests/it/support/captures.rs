//! Where are the real answers that the tests read? Outside the repository; their absence is told loudly.

use std::{io::Write as _, path::PathBuf};

pub const SCORES: &str = "heimdall-secureScores.json";
pub const PROFILES: &str = "heimdall-secureScoreControlProfiles-page1.json";
pub const OLDER_DAY: &str = "older-day-shape.json";

/// Where the capture called `name` is. Without it the test that asks is left out, which is said on stderr,
/// and is a failure where `CI` is set.
pub fn path(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SCOREWATCH_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/captures"), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "the capture {name} is missing; set SCOREWATCH_CAPTURES");
    tell(&format!("NOT TESTED: the capture {name} is missing; set SCOREWATCH_CAPTURES to the folder that has it"));
    None
}

/// The capture called `name`, or none as [`path`] says.
pub fn capture(name: &str) -> Option<Vec<u8>> {
    path(name).map(|path| std::fs::read(path).unwrap())
}

#[expect(clippy::explicit_write, reason = "eprintln! is kept back by the test harness when a test passes")]
fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}
