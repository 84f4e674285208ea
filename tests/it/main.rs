//! One test binary: a file per subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod config;
mod contract;
mod ledgers;
mod store;
mod support;
mod tidy;
