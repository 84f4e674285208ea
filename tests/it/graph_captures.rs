//! Where are the real answers that the tests read? Outside the repository; their absence is told loudly.

use std::{io::Write, path::PathBuf};

/// The capture called `name`. Without it the test that asks is left out, which is said on stderr, and is
/// a failure where `CI` is set.
pub fn capture(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("SCOREWATCH_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/captures"), PathBuf::from);
    match std::fs::read(folder.join(name)) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "the capture {name} is missing: {error}; set SCOREWATCH_CAPTURES");
            // Not eprintln!, which the test harness keeps to itself when a test passes.
            let told = format!("NOT TESTED: the capture {name} is missing ({error}); set SCOREWATCH_CAPTURES to the folder that has it");
            writeln!(std::io::stderr(), "{told}").unwrap();
            None
        }
    }
}

pub const SCORES: &str = "heimdall-secureScores.json";
pub const PROFILES: &str = "heimdall-secureScoreControlProfiles-page1.json";
pub const OLDER_DAY: &str = "older-day-shape.json";
