//! How are API keys made, shown and ended at the command line? Running servers have noticed when the command returns.

use jiff::{Timestamp, tz::TimeZone};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{
    grammar::{KeyCommand, KeyNewArgs},
    operator, say, tell, write_out,
};
use crate::{
    app::Doors,
    ask::FOLLOW_INTERVAL,
    card::{Block, Card, Column, TableRow, Tone, Word},
    config::{Config, Environment},
    error::{Error, ErrorKind, Result},
    operations::{KeyShown, NewKey, Operation, Operations, Outcome},
    skills::ALL,
    store::Store,
    surfaces::terminal::{Capabilities, render},
    text::minute,
};

pub(super) async fn run(config: &Config, wish: KeyCommand) -> Result<()> {
    let store = match wish {
        KeyCommand::New(_) => Store::open(&config.store.path).await?,
        KeyCommand::List { .. } | KeyCommand::Revoke { .. } => Store::open_existing(&config.store.path).await?,
    };
    let operations = Doors::of_command(store.clone(), config).await?.operations;
    let done = match wish {
        KeyCommand::New(new) => make(&operations, config, new).await,
        KeyCommand::List { json } => list(&operations, json).await,
        KeyCommand::Revoke { id } => revoke(&operations, id).await,
    };
    store.close().await;
    done
}

async fn make(operations: &Operations, config: &Config, new: KeyNewArgs) -> Result<()> {
    let KeyNewArgs { name, tenants, all_tenants, role, expires } = new;
    let too_far = || Error::bad_arguments("The day on which the key would end is too far away. Give an earlier one.");
    let expires = expires.map(|expires| expires.moment(Timestamp::now()).ok_or_else(too_far)).transpose()?;
    let seen = if all_tenants { "all tenants".to_owned() } else { tenants.join(", ") };
    let tenant = tenants.first().cloned().unwrap_or_else(|| "NAME".to_owned());
    let wish = NewKey { name, tenants: (!all_tenants).then_some(tenants), role, expires };
    let Outcome::KeyMade { id, secret } = operations.operate(&operator(), Operation::KeyNew(wish)).await? else { return Err(strange()) };
    let until = expires.map_or_else(|| "It does not end by itself".to_owned(), |at| format!("It ends on {}", minute(at)));
    tell(&format!("Key {id} with the role {role} for {seen}. {until}. Keep it now: it is shown only this once."));
    say(secret.expose_secret())?;
    tell(&format!(
        "\nTry it, with the key in $KEY:\n  curl -H \"Authorization: Bearer $KEY\" \"{}/skills/{}?tenant={tenant}\"",
        address(config),
        ALL[0].name
    ));
    noticed().await;
    Ok(())
}

async fn revoke(operations: &Operations, id: String) -> Result<()> {
    let Outcome::KeyRevoked { id } = operations.operate(&operator(), Operation::KeyRevoke { id }).await? else { return Err(strange()) };
    noticed().await;
    say(&format!("Key {id} no longer works."))
}

async fn list(operations: &Operations, as_json: bool) -> Result<()> {
    let Outcome::Keys(keys) = operations.operate(&operator(), Operation::KeyList).await? else { return Err(strange()) };
    if as_json {
        return say(&Value::Array(keys.iter().map(as_value).collect()).to_string());
    }
    if keys.is_empty() {
        return say("There is no key yet. Make one: scorewatch key new --name security-copilot --tenant NAME --expires 90d");
    }
    write_out(render(&as_card(&keys, Timestamp::now()), Capabilities::of_stdout(&Environment::of_process())).as_bytes())
}

fn as_value(key: &KeyShown) -> Value {
    let KeyShown { id, name, role, tenants, created, expires, revoked } = key;
    json!({ "id": id, "name": name, "role": role, "tenants": tenants, "created": created, "expires": expires, "revoked": revoked })
}

fn as_card(keys: &[KeyShown], now: Timestamp) -> Card {
    let columns = ["id", "name", "role", "tenants", "made", "state"].map(Column::words).to_vec();
    let rows = keys.iter().map(|key| {
        let tenants = key.tenants.as_ref().map_or_else(|| "all".to_owned(), |names| names.join(", "));
        let state = match (key.revoked, key.expires) {
            (Some(at), _) => Word::toned(format!("revoked on {}", day(at)), Tone::Bad),
            (None, Some(at)) if at <= now => Word::toned(format!("ended on {}", day(at)), Tone::Bad),
            (None, Some(at)) => Word::toned(format!("works until {}", minute(at)), Tone::Good),
            (None, None) => Word::toned("works", Tone::Good),
        };
        vec![
            Word::plain(&*key.id),
            Word::toned(&*key.name, Tone::Strong),
            Word::plain(&*key.role),
            Word::plain(tenants),
            Word::toned(day(key.created), Tone::Quiet),
            state,
        ]
    });
    Card::new("API keys", vec![Block::Table { columns, rows: rows.map(TableRow::from).collect() }], "")
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Where a server with this configuration is reached.
fn address(config: &Config) -> String {
    let server = &config.server;
    match &server.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if server.tls.is_some() => format!("https://{}", server.listen),
        None => format!("http://{}", server.listen),
    }
}

/// Waits until every running server must have seen the change.
pub(super) async fn noticed() {
    tokio::time::sleep(FOLLOW_INTERVAL * 2).await;
}

pub(super) fn strange() -> Error {
    Error::new(ErrorKind::Internal, "The store did something else than was asked for.").because("an operation had the outcome of another")
}
