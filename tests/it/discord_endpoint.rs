//! Whom does `/discord/interactions` believe? Discord's signature, once and soon; our server over real sockets, real keys.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::{Response, header::HeaderMap};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use scorewatch::surfaces::discord::DiscordSettings;
use serde_json::{Value, json};

use crate::{
    http::{House, house_with, json as json_of, problem},
    support::discord::{APP, GUILD, Kind, Stand, TOKEN, script, typing},
};

const PATH: &str = "/discord/interactions";
const SIGNATURE: &str = "X-Signature-Ed25519";
const TIMESTAMP: &str = "X-Signature-Timestamp";

fn key() -> Ed25519KeyPair {
    typing::key(1)
}

fn settings(stand: &Stand) -> DiscordSettings {
    let public_key = Some(typing::hex(key().public_key().as_ref()));
    let proxy = Some(stand.root().parse().unwrap());
    DiscordSettings { public_key, gateway: false, proxy, ..DiscordSettings::new(APP, TOKEN.into()) }
}

async fn house(stand: &Stand) -> House {
    let discord = settings(stand);
    house_with(|settings| settings.surfaces = vec![Arc::new(discord)]).await
}

/// A command that is not registered: enough for being asked.
fn command(stand: &Stand) -> String {
    let alice = stand.member("alice");
    let id = stand.world.id();
    let data = json!({ "id": "5", "name": "score", "type": 1 });
    script::interaction(2, id, &format!("token-{id}"), (&alice.place, &alice.who), &data).to_string()
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// A call as an attacker may change it.
#[derive(Clone)]
struct Call {
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    fn signed(body: &str, timestamp: i64) -> Self {
        Self { body: body.into(), headers: typing::signed(&key(), body, timestamp).into() }
    }

    fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut call = self.clone();
        call.headers.iter_mut().find(|(known, _)| *known == name).unwrap().1 = value.into();
        call
    }

    fn without(&self, name: &str) -> Self {
        let mut call = self.clone();
        call.headers.retain(|(known, _)| *known != name);
        call
    }

    fn and(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut call = self.clone();
        call.headers.push((name, value.into()));
        call
    }

    fn saying(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.clone() }
    }

    fn value(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| *known == name).unwrap().1
    }

    async fn post(&self, house: &House) -> Response {
        let mut request = house.request(reqwest::Method::POST, PATH).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.send().await.unwrap()
    }
}

/// What an attacker can see of a response, without what differs from one to the next.
async fn seen(response: Response) -> (u16, BTreeMap<String, String>, Value) {
    let status = response.status().as_u16();
    let told = |headers: &HeaderMap| {
        let told = headers.iter().filter(|(name, _)| !["x-request-id", "date", "content-length"].contains(&name.as_str()));
        told.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    };
    let headers = told(response.headers());
    let mut problem = json_of(response).await;
    problem["instance"] = Value::Null;
    (status, headers, problem)
}

/// Changes one bit of a text in hexadecimal.
fn flipped(hex: &str, at: usize) -> String {
    let digit = char::from_digit(hex[at..=at].chars().next().unwrap().to_digit(16).unwrap() ^ 1, 16).unwrap();
    format!("{}{digit}{}", &hex[..at], &hex[at + 1..])
}

/// Everything that is no genuine call, with its name.
fn attacks(genuine: &Call, carried_out: &Call, body: &str) -> Vec<(&'static str, Call)> {
    let (signature, at) = (genuine.value(SIGNATURE).to_owned(), genuine.value(TIMESTAMP).to_owned());
    let other = typing::signed(&typing::key(2), body, now());
    let mut flipped_body = body.as_bytes().to_vec();
    flipped_body[body.len() / 2] ^= 1;
    let of = |timestamp: i64| Call::signed(body, timestamp);
    vec![
        ("no signature", genuine.without(SIGNATURE)),
        ("no timestamp", genuine.without(TIMESTAMP)),
        ("neither", genuine.without(SIGNATURE).without(TIMESTAMP)),
        ("an empty signature", genuine.with(SIGNATURE, "")),
        ("an empty timestamp", genuine.with(TIMESTAMP, "")),
        ("no hexadecimal", genuine.with(SIGNATURE, "g".repeat(128))),
        ("a short signature", genuine.with(SIGNATURE, &signature[2..])),
        ("an odd signature", genuine.with(SIGNATURE, &signature[1..])),
        ("a long signature", genuine.with(SIGNATURE, format!("{signature}00"))),
        ("a prefixed signature", genuine.with(SIGNATURE, format!("0x{signature}"))),
        ("two signatures", genuine.and(SIGNATURE, signature.clone())),
        ("two timestamps", genuine.and(TIMESTAMP, at.clone())),
        ("zeros", genuine.with(SIGNATURE, "0".repeat(128))),
        ("ones", genuine.with(SIGNATURE, "f".repeat(128))),
        ("another key", genuine.with(SIGNATURE, other[0].1.clone())),
        ("a bit of the first half", genuine.with(SIGNATURE, flipped(&signature, 9))),
        ("a bit of the second half", genuine.with(SIGNATURE, flipped(&signature, 101))),
        ("a bit of the body", genuine.saying(flipped_body)),
        ("a bit of the timestamp", genuine.with(TIMESTAMP, (at.parse::<i64>().unwrap() ^ 1).to_string())),
        ("another timestamp", genuine.with(TIMESTAMP, (now() - 10).to_string())),
        ("a digit moved into the body", genuine.with(TIMESTAMP, &at[..at.len() - 1]).saying(format!("{}{body}", &at[at.len() - 1..]))),
        ("a body that grew", genuine.saying(format!("{body} "))),
        ("an empty body", genuine.saying("")),
        ("an old call", of(now() - 320)),
        ("a call that was carried out before the restart", carried_out.clone()),
        ("a call from the future", of(now() + 90)),
        ("no time at all", of(0)),
        ("a time before time", of(-1)),
        ("a body beyond all sizes", Call::signed(&" ".repeat(300 * 1024), now())),
        ("another sort of body", genuine.with(SIGNATURE, flipped(&signature, 3)).and("content-type", "text/plain")),
        ("a key of ours", genuine.without(SIGNATURE).and("authorization", "Bearer sw_nonsense")),
    ]
}

/// A call that another process on the store of `house` took a minute ago.
async fn before_a_restart(house: &House, body: &str) -> Call {
    let call = Call::signed(body, now() - 60);
    let signature = call.value(SIGNATURE);
    let mark: Vec<u8> = (0..32).step_by(2).map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap()).collect();
    let (at, until) = (Timestamp::now(), Timestamp::now() + jiff::SignedDuration::from_mins(5));
    assert!(house.doors.ask.view().store().remember_call(("discord", &mark), until, at).await.unwrap());
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn no_attack_is_believed_and_all_look_alike() {
    let stand = Stand::start().await;
    let house = house(&stand).await;
    let body = command(&stand);
    let genuine = Call::signed(&body, now());
    let mut looks = Vec::new();
    for (name, attack) in attacks(&genuine, &before_a_restart(&house, &body).await, &body) {
        let response = attack.post(&house).await;
        assert_eq!(response.status(), 401, "{name}");
        looks.push((name, seen(response).await));
    }
    for (name, look) in &looks {
        assert_eq!(look, &looks[0].1, "{name} looks unlike {}", looks[0].0);
    }
    let (_, headers, _) = &looks[0].1;
    assert!(!headers["www-authenticate"].to_ascii_lowercase().contains("bearer"), "{headers:?}");
    // The genuine call itself is taken, and only it has come so far as to be answered.
    assert_eq!(genuine.post(&house).await.status(), 202);
    stand.until_request("the callback", |asked| asked.path.contains("/callback")).await;
    assert_eq!(genuine.post(&house).await.status(), 401, "once only");
    assert_eq!(genuine.with(SIGNATURE, genuine.value(SIGNATURE).to_uppercase()).post(&house).await.status(), 401, "in no disguise");
    let next = command(&stand);
    assert_eq!(Call::signed(&next, now()).post(&house).await.status(), 202);
    let id = serde_json::from_str::<Value>(&next).unwrap()["id"].as_str().unwrap().to_owned();
    stand.until_request("the next callback", |asked| asked.path.contains(&id)).await;
    assert_eq!(stand.requests().iter().filter(|asked| asked.path.contains("/callback")).count(), 2, "{:?}", stand.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_itself_is_heard() {
    let stand = Stand::start().await;
    let house = house(&stand).await;
    let ping = Call::signed(&script::ping(5).to_string(), now());
    let answered = ping.post(&house).await;
    assert_eq!((answered.status().as_u16(), answered.headers()["content-type"].to_str().unwrap()), (200, "application/json"));
    assert_eq!(json_of(answered).await, json!({ "type": 1 }));
    let upper = Call::signed(&script::ping(6).to_string(), now());
    let upper = upper.with(SIGNATURE, upper.value(SIGNATURE).to_uppercase()).and("content-type", "text/plain");
    assert_eq!(upper.post(&house).await.status(), 200, "hexadecimal is the same in capitals, and the signature says more than a type");
    for body in ["", "{}", "[]", "{\"type\":99}", "nonsense"] {
        let told = problem(Call::signed(body, now()).post(&house).await, 400).await;
        assert_eq!(told["kind"], "bad_arguments", "{body}");
    }
    let large = command(&stand).replacen('{', &format!("{{{}", " ".repeat(100 * 1024)), 1);
    assert_eq!(Call::signed(&large, now()).post(&house).await.status(), 202, "larger than a body may be elsewhere");
    stand.until_request("the callback", |asked| asked.path.contains("/callback")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_over_http_is_answered() {
    let stand = Stand::start().await;
    let house = house(&stand).await;
    let commands = json!([{ "name": "score", "description": "The score", "type": 1 }]);
    scorewatch::surfaces::discord::RestClient::new(&settings(&stand)).unwrap().set_commands(Some(GUILD.into()), &commands).await.unwrap();
    stand.deliver_over_http(&format!("http://{}{PATH}", house.server.local_addr()), key());
    let answer = stand.member("alice").types("/score", json!({})).await;
    assert_eq!((answer.first.kind, answer.refused), (Kind::Message, None));
    assert!(answer.last().ephemeral, "{answer:?}");
}

#[tokio::test]
async fn without_a_key_there_is_no_such_address() {
    let stand = Stand::start().await;
    let mut discord = settings(&stand);
    discord.public_key = None;
    let without = house_with(|settings| settings.surfaces = vec![Arc::new(discord)]).await;
    problem(Call::signed(&command(&stand), now()).post(&without).await, 404).await;
    let mut discord = settings(&stand);
    discord.public_key = Some("not a key".to_owned());
    let asking = scorewatch::ask::AnswerLimiter::new(Arc::clone(&without.doors.ask), Duration::from_secs(1), 1);
    let operations = Arc::clone(&without.doors.operations);
    let error = scorewatch::surfaces::discord::DiscordBot::new(&discord, Arc::new(asking), operations).err().unwrap();
    assert_eq!(error.kind, scorewatch::error::ErrorKind::Misconfigured);
    assert!(error.sentence.contains("64 hexadecimal digits"), "{error}");
}
