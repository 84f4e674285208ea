//! One test binary: a file per subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod answers;
mod contract;
mod http;
mod ledgers;
mod openapi;
mod sandbox;
mod store;
mod store_size;
mod tidy;
