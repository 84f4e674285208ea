//! Who may have a token? The sandbox's token endpoint: client credentials by secret or by certificate.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    Shared,
    answer::{damaged, hang, stated},
    faults::{FaultTarget, InjectedFault},
    held, now, random, random_guid,
    refusal::{GraphRefusal, SignInRefusal},
};

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The tokens in use: opaque, random, each bound to one tenant.
#[derive(Debug, Default)]
pub struct IssuedTokens(Mutex<HashMap<String, (usize, Instant)>>);

impl IssuedTokens {
    /// A new token for the tenant at `index`.
    fn issue(&self, index: usize, lifetime: Duration) -> String {
        let token = URL_SAFE_NO_PAD.encode(random::<48>());
        let now = Instant::now();
        let mut tokens = held(&self.0);
        tokens.retain(|_, (_, until)| *until > now);
        tokens.insert(token.clone(), (index, now + lifetime));
        token
    }

    /// Whose token this is, while it lasts.
    pub fn owner(&self, token: &str) -> Result<usize, GraphRefusal> {
        match held(&self.0).get(token) {
            None => Err(GraphRefusal::token("The access token is not known here.")),
            Some((_, until)) if *until <= Instant::now() => Err(GraphRefusal::token("The access token has expired.")),
            Some((index, _)) => Ok(*index),
        }
    }

    /// Forgets all tokens, as if every one had been revoked.
    pub fn revoke(&self) {
        held(&self.0).clear();
    }
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub async fn token(State(shared): State<Arc<Shared>>, Path(tenant): Path<String>, body: Bytes) -> Response {
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let index = room_of(&shared, &tenant);
    let name = index.and_then(|index| shared.rooms.get(index)).map(|room| room.tenant.name.clone());
    let fault = shared.faults.strike(FaultTarget::SignIn, name.as_deref().unwrap_or_default(), &path);
    let plain = async {
        match &fault {
            Some(InjectedFault::Hang) => hang(&shared).await,
            Some(InjectedFault::Status(status, body)) => stated(*status, body),
            Some(InjectedFault::Throttle { retry_after }) => {
                GraphRefusal::throttled(retry_after.clone()).answer(&random_guid(), &random_guid())
            }
            _ => match grant(&shared, index, &path, &body, fault.as_ref()) {
                Ok(token) => granted(&token, shared.token_lifetime),
                Err(refusal) => refusal.into_response(),
            },
        }
    };
    let response = damaged(plain.await, fault.as_ref()).await;
    shared.saw("POST", &path, None, name, response.status());
    response
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub async fn metadata(State(shared): State<Arc<Shared>>, Path(tenant): Path<String>) -> Response {
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    let room = room_of(&shared, &tenant).and_then(|index| shared.rooms.get(index));
    let response = match room {
        Some(room) => Json(json!({ "issuer": format!("{}/{}/v2.0", shared.root, room.tenant.entra_id) })).into_response(),
        None => SignInRefusal::request("invalid_tenant", 90_002, "The tenant was not found. Check the tenant id.").into_response(),
    };
    shared.saw("GET", &path, None, room.map(|room| room.tenant.name.clone()), response.status());
    response
}

/// The tenant that has this id, name or domain.
fn room_of(shared: &Shared, tenant: &str) -> Option<usize> {
    let name = tenant.strip_suffix(".onmicrosoft.com").unwrap_or(tenant);
    shared.rooms.iter().position(|room| room.tenant.entra_id.eq_ignore_ascii_case(tenant) || room.tenant.name == name)
}

/// A token as Entra hands it out, with its lifetime in seconds.
fn granted(token: &str, lifetime: Duration) -> Response {
    let seconds = lifetime.as_secs();
    Json(json!({ "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token })).into_response()
}

/// The token, where everything about the request is right.
fn grant(shared: &Shared, index: Option<usize>, path: &str, body: &[u8], fault: Option<&InjectedFault>) -> Result<String, SignInRefusal> {
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    match field("grant_type") {
        "client_credentials" => {}
        "" => return Err(SignInRefusal::request("invalid_request", 900_144, "The request lacks the parameter 'grant_type'.")),
        _ => return Err(SignInRefusal::request("unsupported_grant_type", 70_003, "Only client_credentials is offered.")),
    }
    let unknown_tenant = || SignInRefusal::request("invalid_request", 90_002, "The tenant was not found. Check the tenant id.");
    let index = index.ok_or_else(unknown_tenant)?;
    let room = shared.rooms.get(index).ok_or_else(unknown_tenant)?;
    let client = field("client_id");
    if client.is_empty() {
        return Err(SignInRefusal::request("invalid_request", 900_144, "The request lacks the parameter 'client_id'."));
    }
    let of_all = client.eq_ignore_ascii_case(&shared.app.client_id);
    if fault == Some(&InjectedFault::NoConsent) {
        let sentence = format!("The client application {client} is missing service principal in the tenant {}.", room.tenant.entra_id);
        return Err(SignInRefusal::client(7_000_229, sentence));
    }
    if !of_all && !client.eq_ignore_ascii_case(&room.tenant.client_id) {
        return Err(SignInRefusal::request(
            "unauthorized_client",
            700_016,
            format!("The application '{client}' was not found in the directory."),
        ));
    }
    if field("client_assertion_type") == ASSERTION {
        let endpoints = [format!("{}{path}", shared.root), format!("{}/{}/oauth2/v2.0/token", shared.root, room.tenant.entra_id)];
        let certificates = if of_all { &shared.app.certificates } else { &room.certificates };
        held(certificates).accept(field("client_assertion"), client, &endpoints, now().as_second())?;
    } else if field("client_secret").is_empty() {
        return Err(SignInRefusal::client(7_000_218, "The request must carry 'client_secret' or 'client_assertion'."));
    } else if fault == Some(&InjectedFault::ExpiredSecret) {
        return Err(SignInRefusal::client(7_000_222, "The client secret has expired. Create a new one for the app."));
    } else if field("client_secret") != if of_all { &shared.app.client_secret } else { &room.tenant.client_secret } {
        return Err(SignInRefusal::client(7_000_215, "The client secret is wrong. Send the secret's value, not its id."));
    }
    let scope = format!("{}/.default", shared.root);
    if field("scope") != scope {
        return Err(SignInRefusal::request("invalid_scope", 70_011, format!("The scope must be {scope}.")));
    }
    Ok(shared.tokens.issue(index, shared.token_lifetime))
}
