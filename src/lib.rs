//! scorewatch: keeps every tenant's Microsoft Secure Score at hand and answers about it in few words.

pub mod access;
pub mod app;
pub mod ask;
pub mod cache;
pub mod card;
pub mod cli;
pub mod config;
pub mod error;
pub mod graph;
pub mod http;
pub mod sandbox;
pub mod schedule;
pub mod score;
pub mod skills;
pub mod store;
pub mod surfaces;
pub mod telemetry;
pub mod text;
