//! One test binary: a file per subject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod answers;
mod asking;
mod chart;
mod config;
mod contract;
mod discord;
mod discord_admin;
mod discord_cards;
mod discord_endpoint;
mod discord_stand;
mod discord_wire;
mod entra;
mod going_on;
mod graph;
mod graph_refusals;
mod graph_saved;
mod graph_sign_in;
mod graph_wire;
mod http;
mod ledgers;
mod manifests;
mod mcp;
mod notes;
mod openapi;
mod program;
mod readme;
mod refresh;
mod sandbox;
mod store;
mod store_size;
mod support;
mod terminal;
mod tidy;
mod usage;
