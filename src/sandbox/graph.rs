//! What does Graph answer? Days and profiles, page by page, to whoever brings a token.
//!
//! `$top` is the size of a page, not a limit: every page but the last names the next
//! (<https://learn.microsoft.com/graph/paging>).

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::AUTHORIZATION, header::CONTENT_ENCODING, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::civil::date;

use super::{
    Shared, TenantState,
    answer::{damaged, hang, stated},
    faults::{FaultTarget, InjectedFault},
    paging::Paging,
    random_guid,
    refusal::GraphRefusal,
    render,
    story::distance,
    world::WINDOW,
};
use crate::error::Result as OurResult;

/// How many profiles a page has without `$top`, as real captures show.
const PROFILES_A_PAGE: usize = 200;
/// How many days a page has without `$top`: all.
const DAYS_A_PAGE: usize = WINDOW.unsigned_abs() as usize;

/// What a collection is called in addresses.
const SCORES: &str = "secureScores";
const PROFILES: &str = "secureScoreControlProfiles";

/// How Graph names its JSON.
const JSON: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

type GraphAnswer = Result<Vec<u8>, GraphRefusal>;

/// `GET /v1.0/security/{collection}`.
pub async fn collection(State(shared): State<Arc<Shared>>, Path(collection): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    answer(&shared, &uri, &headers, |room, next| page(&shared, room, &collection, uri.query(), next)).await
}

/// `GET /v1.0/security/{collection}/{id}`.
pub async fn one(
    State(shared): State<Arc<Shared>>,
    Path((collection, id)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    answer(&shared, &uri, &headers, |room, _| single(&shared, room, &collection, &id)).await
}

/// `GET /v1.0/subscribedSkus`.
pub async fn subscriptions(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    answer(&shared, &uri, &headers, |_, fault| rendered(render::subscriptions(fault.link(None)))).await
}

/// Everything else of Graph.
pub async fn nothing(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    answer(&shared, &uri, &headers, |_, _| Err(GraphRefusal::missing("such resource"))).await
}

/// Checks the token, lets faults and limits have their say, and sends what `make` makes of it.
async fn answer(
    shared: &Shared,
    uri: &Uri,
    headers: &HeaderMap,
    make: impl FnOnce(&TenantState, PageFault<'_>) -> GraphAnswer,
) -> Response {
    let request = random_guid();
    let client_request = headers.get("client-request-id").and_then(|value| value.to_str().ok()).unwrap_or(&request);
    let room = signed_in(shared, headers);
    // Only those with a token use up a fault: it is meant for them.
    let probed = room.as_ref().ok().and_then(|room| room.probed);
    let fault = room.as_ref().ok().and_then(|room| shared.faults.strike(FaultTarget::Graph, &room.tenant.name, uri.path()));
    let tenant = room.as_ref().ok().map(|room| room.tenant.name.clone());
    let answered = match room {
        Ok(room) => match within_limits(shared, room, fault.as_ref(), (uri, headers), make).await {
            Err(refusal) if refusal.status == StatusCode::TOO_MANY_REQUESTS && fault.is_none() => Err(match room.probed {
                Some(probed) => probed.throttled(refusal),
                None => refusal,
            }),
            answered => answered,
        },
        Err(refusal) => Err(refusal),
    };
    let mut response = answered.unwrap_or_else(|refusal| refusal.answer(&request, client_request));
    for (name, id) in [("request-id", request.as_str()), ("client-request-id", client_request)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(probed) = probed {
        probed.adorn(response.headers_mut());
    }
    shared.saw("GET", uri.path(), uri.query(), tenant, response.status());
    damaged(response, fault.as_ref()).await
}

/// The tenant whose token came with the request.
fn signed_in<'a>(shared: &'a Shared, headers: &HeaderMap) -> Result<&'a TenantState, GraphRefusal> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| GraphRefusal::token("Access token is empty."))?;
    let index = shared.tokens.owner(token)?;
    shared.rooms.get(index).ok_or_else(|| GraphRefusal::token("The access token is not known here."))
}

/// The answer to a tenant that is signed in; it counts as in flight until it is made.
async fn within_limits(
    shared: &Shared,
    room: &TenantState,
    fault: Option<&InjectedFault>,
    (uri, headers): (&Uri, &HeaderMap),
    make: impl FnOnce(&TenantState, PageFault<'_>) -> GraphAnswer,
) -> Result<Response, GraphRefusal> {
    let entered = room.limits.enter(shared.faults.limits());
    let _flight = entered.map_err(|wait| GraphRefusal::throttled(Some(wait.to_string())))?;
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    match fault {
        Some(InjectedFault::Hang) => return Ok(hang(shared).await),
        Some(InjectedFault::Status(status, body)) => return Ok(stated(*status, body)),
        Some(InjectedFault::Throttle { retry_after }) => return Err(GraphRefusal::throttled(retry_after.clone())),
        Some(InjectedFault::Forbidden) => return Err(GraphRefusal::forbidden()),
        Some(InjectedFault::InvalidCloudInstance) => return Err(GraphRefusal::token("InvalidCloudInstance")),
        Some(
            InjectedFault::Cut { .. }
            | InjectedFault::Flip { .. }
            | InjectedFault::NextLinkTo(_)
            | InjectedFault::EmptyValue
            | InjectedFault::ExpiredSecret
            | InjectedFault::NoConsent,
        )
        | None => {}
    }
    let Some(probed) = room.probed else {
        let body = make(room, PageFault(fault))?;
        return Ok(([(CONTENT_TYPE, JSON)], body).into_response());
    };
    let away = if let Some(InjectedFault::NextLinkTo(address)) = fault { Some(address.as_str()) } else { None };
    let (body, packing) = probed.packed(probed.answer(shared, room, uri.path(), uri.query(), away)?, headers);
    let mut response = ([(CONTENT_TYPE, JSON)], body).into_response();
    if let Some(packing) = packing {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(packing));
    }
    Ok(response)
}

/// What a fault says about a page's content.
#[derive(Clone, Copy)]
struct PageFault<'a>(Option<&'a InjectedFault>);

impl PageFault<'_> {
    fn is_empty(self) -> bool {
        self.0 == Some(&InjectedFault::EmptyValue)
    }

    fn link(self, honest: Option<String>) -> Option<String> {
        match self.0 {
            Some(InjectedFault::NextLinkTo(address)) => Some(address.clone()),
            _ => honest,
        }
    }
}

/// A body that could be rendered; a failure is ours, and shown as Graph shows its own.
fn rendered(body: OurResult<Vec<u8>>) -> GraphAnswer {
    body.map_err(|error| GraphRefusal::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", error.cause()))
}

fn page(shared: &Shared, room: &TenantState, collection: &str, query: Option<&str>, fault: PageFault<'_>) -> GraphAnswer {
    match collection {
        SCORES => page_of_days(shared, room, &Paging::read(query, room, SCORES)?, fault),
        PROFILES => page_of_profiles(shared, room, &Paging::read(query, room, PROFILES)?, fault),
        _ => Err(GraphRefusal::missing("such collection")),
    }
}

/// Newest first. A token holds the last day sent (as its distance from 1970), so that a new day in the middle of paging moves nothing.
fn page_of_days(shared: &Shared, room: &TenantState, paging: &Paging, fault: PageFault<'_>) -> GraphAnswer {
    let world = &room.world;
    let held: Vec<i32> = if fault.is_empty() { Vec::new() } else { world.days(shared.day_of(world)).collect() };
    let epoch = distance(date(1970, 1, 1), world.anchor);
    let before = paging.after.map(|day| i32::try_from(day).unwrap_or(0) - epoch);
    let open: Vec<i32> = held.iter().copied().filter(|day| before.is_none_or(|before| *day < before)).collect();
    let days = open.get(..paging.size(DAYS_A_PAGE)).unwrap_or(&open);
    let more = days.len() < open.len();
    let next = days.last().filter(|_| more).and_then(|last| u64::try_from(last + epoch).ok());
    let next = fault.link(next.map(|after| paging.link(&shared.root, room, SCORES, after)));
    rendered(render::scores(world, held.first().copied(), days, next))
}

/// In the catalogue's order. A token holds how many were sent.
fn page_of_profiles(shared: &Shared, room: &TenantState, paging: &Paging, fault: PageFault<'_>) -> GraphAnswer {
    let world = &room.world;
    let all = if fault.is_empty() { 0 } else { world.profiles().count() };
    let from = paging.after.map_or(0, |sent| usize::try_from(sent).unwrap_or(usize::MAX));
    let end = from.saturating_add(paging.size(PROFILES_A_PAGE)).min(all);
    let next = u64::try_from(end).ok().filter(|_| end < all);
    let next = fault.link(next.map(|after| paging.link(&shared.root, room, PROFILES, after)));
    rendered(render::profiles(world, shared.day_of(world), world.profiles().take(end).skip(from), next))
}

fn single(shared: &Shared, room: &TenantState, collection: &str, id: &str) -> GraphAnswer {
    let world = &room.world;
    let today = shared.day_of(world);
    match collection {
        SCORES => {
            let newest = world.days(today).next();
            let date = id.strip_prefix(&world.entra_id).and_then(|rest| rest.strip_prefix('_')).and_then(|date| date.parse().ok());
            let day = date.map(|date| distance(world.anchor, date)).filter(|day| world.days(today).any(|held| held == *day));
            rendered(render::score(world, newest, day.ok_or_else(|| GraphRefusal::missing("score of that id"))?))
        }
        PROFILES => {
            let control = world.profiles().find(|control| control.id == id);
            rendered(render::one_profile(world, today, control.ok_or_else(|| GraphRefusal::missing("profile of that id"))?))
        }
        _ => Err(GraphRefusal::missing("such collection")),
    }
}
