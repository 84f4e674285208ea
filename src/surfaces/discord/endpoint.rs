//! How does Discord call us? By `POST /discord/interactions`, signed; what it wants is answered on another way.
//!
//! The response is empty: answers go out through the wire like those to the gateway's interactions, so that there is one
//! way for both. "If you send this request for an interaction received over HTTP, respond to the original HTTP request with
//! a 202 and no body": <https://docs.discord.com/developers/interactions/receiving-and-responding#create-interaction-response>.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::Timestamp;
use serde_json::json;
use serenity::all::Interaction;
use tokio::time::Instant;

use super::{
    arrival::arrival,
    chat_platform::DiscordChat,
    settings::PLATFORM,
    signature::{Claim, LIFE, PublicKey},
    unverified::Unverified,
};
use crate::{
    ask::StoreView,
    chat::{CallMark, CarriedCalls, Incoming, RunningTurns},
    error::{Error, ErrorKind, Result},
    surfaces::{Accepted, visit::Visit},
};

/// Where Discord calls us.
pub const PATH: &str = "/discord/interactions";
/// The largest call. A command has a few KiB; a pressed button carries its whole message, whose texts may be written in
/// escapes of six or twelve bytes for each of 6,000 characters.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Discord is told how to show who it is, as RFC 9110 wants of a 401. No key and no token opens this.
const CHALLENGE: &str = "Signature realm=\"discord\"";

/// What the endpoint needs.
pub(super) struct Endpoint {
    turns: Arc<RunningTurns<DiscordChat>>,
    key: PublicKey,
    carried: CarriedCalls,
    unverified: Unverified,
}

impl Endpoint {
    /// The route of calls that are signed with `key`; which were carried out stands in the store behind `view`.
    pub fn routes(turns: Arc<RunningTurns<DiscordChat>>, key: PublicKey, view: Arc<StoreView>) -> Router {
        let (carried, unverified) = (CarriedCalls::new(PLATFORM, LIFE, view), Unverified::new(BODY_BYTES_MAX));
        let endpoint = Arc::new(Self { turns, key, carried, unverified });
        Router::new().route(PATH, post(call)).with_state(endpoint)
    }

    /// What a call brings, if it is genuine and new, and what to know it by if it comes again. Whoever only sends something is refused before it comes.
    async fn genuine(&self, request: Request) -> Result<Option<GenuineCall>> {
        let now = Timestamp::now();
        let Some(claim) = Claim::read(request.headers(), now.as_second()) else { return Ok(None) };
        let visit = Visit::of(request.extensions());
        let from = visit.as_ref().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |visit| visit.from());
        // Nothing else of what an unknown client sent is kept meanwhile.
        let body = request.into_body();
        let Some(body) = self.unverified.read(from, body).await? else { return Ok(None) };
        let Some(mark) = self.key.check(&claim, &body) else { return Ok(None) };
        if let Some(visit) = visit {
            visit.recognise();
        }
        Ok(Some(GenuineCall { body, mark, now }))
    }
}

/// A call that Discord made, perhaps not for the first time.
struct GenuineCall {
    body: Vec<u8>,
    mark: CallMark,
    now: Timestamp,
}

async fn call(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Result<Response> {
    // Discord waits from now on, however long the body and the store take.
    let arrived = Instant::now();
    let Some(GenuineCall { body, mark, now }) = endpoint.genuine(request).await? else { return Ok(unsigned()) };
    let interaction: Interaction = serde_json::from_slice(&body)
        .map_err(|error| Error::bad_arguments("This is Discord's signature, but no interaction that scorewatch knows.").because(error))?;
    let changes_nothing = matches!(interaction, Interaction::Ping(_) | Interaction::Autocomplete(_));
    let is_first = if changes_nothing { endpoint.carried.is_first_here(mark, now)? } else { endpoint.carried.is_first(mark, now).await? };
    if !is_first {
        return Ok(unsigned());
    }
    if matches!(interaction, Interaction::Ping(_)) {
        return Ok(Json(json!({ "type": 1 })).into_response());
    }
    if arrival(&interaction).is_none_or(|(incoming, intent)| endpoint.turns.answer(Incoming { arrived, ..incoming }, intent)) {
        return Ok(Accepted.into_response());
    }
    Err(Error::new(ErrorKind::Throttled, "Too many interactions are being answered at the moment. Use the command again in a few seconds."))
}

/// The one response to all calls that are not genuine.
fn unsigned() -> Response {
    let sentence =
        "This address is for Discord, which signs its calls. The signature is missing or wrong, or the call is too old or was made before.";
    ([(header::WWW_AUTHENTICATE, CHALLENGE)], Error::new(ErrorKind::Unauthenticated, sentence)).into_response()
}
