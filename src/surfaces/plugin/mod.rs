//! How do Security Copilot and other programs ask over HTTP? One GET per skill, described by OpenAPI.

mod accept;
mod document;
mod manifests;

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, Method, header},
    middleware::map_response,
    response::Response,
    routing::get,
};
use serde::Serialize;
use tower_http::compression::{CompressionLayer, predicate::SizeAbove};

use super::{Surface, SurfaceContext, authenticator::Authenticator, web_pages};
use crate::{
    ask::{self, AnswerForm, AnswerLimiter, Question, RawArgs},
    error::{Error, Result},
    manifests::{openapi::LINKED, path},
    skills::{ALL, Entry, TENANT, args::same_name, options::Opt},
};
use document::Document;

/// How many headers a response may get, here and in front of it, without growing its map again.
const HEADERS: usize = 15;

/// Shorter answers fit one packet as they are.
const COMPRESSED_BYTES_MIN: u16 = 1024;

/// How many arguments a question usually has at most: room for them is made once.
const ARGS_USUAL: usize = 4;

/// The plugin endpoint.
pub const SURFACE: Surface = Surface { routes: Some(routes), ..Surface::named("plugin") };

/// What each request needs: the way to ask, and who may.
#[derive(Clone)]
struct Door {
    asking: Arc<AnswerLimiter>,
    authenticator: Arc<Authenticator>,
}

fn routes(context: &SurfaceContext) -> Router {
    let mut router = Router::new()
        .route("/skills", get(list))
        .route("/skills/{name}", get(unknown))
        .route(&format!("{LINKED}/skills/{{name}}"), get(unknown_linked));
    for skill in &ALL {
        let ordinary = move |State(door): State<Door>, request: Request| answer(door, skill, request, false);
        let linked = move |State(door): State<Door>, request: Request| answer(door, skill, request, true);
        router = router.route(&path(skill), get(ordinary)).route(&format!("{LINKED}{}", path(skill)), get(linked));
    }
    let door = Door { asking: Arc::clone(&context.asking), authenticator: Arc::clone(&context.authenticator) };
    let pages = web_pages::cors(web_pages::origins(context), Method::GET, &[header::AUTHORIZATION, header::ACCEPT, header::IF_NONE_MATCH]);
    router.with_state(door).merge(manifests::routes(context)).layer(compression()).layer(map_response(name_by_meaning)).layer(pages)
}

/// What is sent in fewer bytes to whoever takes them: long answers and documents. Nothing secret is in them that a caller's own words could be
/// compressed against.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN))
}

/// The same answer in fewer bytes is not the same bytes, so its name is a weak one: RFC 9110, section 8.8.3.3.
async fn name_by_meaning(mut response: Response) -> Response {
    let etag = response.headers().get(header::ETAG).filter(|_| response.headers().contains_key(header::CONTENT_ENCODING));
    let weak = etag.filter(|etag| !etag.as_bytes().starts_with(b"W/")).map(|etag| [b"W/", etag.as_bytes()].concat());
    if let Some(weak) = weak.and_then(|weak| HeaderValue::from_bytes(&weak).ok()) {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

/// Answers, in the linked form or in the one that the client prefers.
async fn answer(door: Door, skill: &'static Entry, request: Request, linked: bool) -> Result<Response> {
    let asker = door.authenticator.of(request.headers(), request.extensions()).await?;
    let form = if linked { AnswerForm::Linked } else { accept::form(request.headers()) };
    let query = Query::read(request.uri().query().unwrap_or_default())?;
    let surface = SURFACE.name;
    let question = Question { skill, tenant: query.tenant.as_deref(), args: RawArgs::Pairs(&query.args), form, surface };
    let reply = door.asking.ask(&asker, &question).await?;
    let next = reply.next_page.map(|page| query.on_page(page));
    let mut response = respond(reply, form)?;
    if let Some(link) = next {
        response.headers_mut().insert(header::LINK, HeaderValue::from_str(&link).map_err(Error::internal)?);
    }
    Ok(response)
}

fn respond(reply: ask::Reply, form: AnswerForm) -> Result<Response> {
    let ask::Body::Bytes(bytes) = reply.body else { return Err(Error::internal("the plugin endpoint was given a card")) };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    let content_type = match form {
        AnswerForm::Text => HeaderValue::from_static("text/plain; charset=utf-8"),
        AnswerForm::Json | AnswerForm::Linked | AnswerForm::Card => HeaderValue::from_static("application/json"),
    };
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::ETAG, HeaderValue::from_str(&reply.etag).map_err(Error::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization"));
    Ok(response)
}

/// What a query string asks: the tenant, and the skill's arguments as they were typed.
struct Query<'a> {
    tenant: Option<Cow<'a, str>>,
    args: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// The argument that turns to another page.
const PAGE: &str = "page";

impl<'a> Query<'a> {
    /// Where the same question goes on: RFC 8288. The reference is a query alone, so that it holds wherever this is mounted.
    fn on_page(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.tenant.iter().map(|tenant| (TENANT, tenant)));
        query.extend_pairs(self.args.iter().filter(|(name, _)| !same_name(name, PAGE)));
        query.append_pair(PAGE, &page.to_string());
        format!("<?{}>; rel=\"next\"", query.finish())
    }

    /// Reads a query string. An empty tenant is none; what an empty argument is, its skill's options say.
    fn read(query: &'a str) -> Result<Self> {
        let mut read = Self { tenant: None, args: Vec::with_capacity(ARGS_USUAL) };
        let mut named = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !same_name(&name, TENANT) {
                read.args.push((name, value));
            } else if std::mem::replace(&mut named, true) {
                return Err(Error::bad_arguments("`tenant` is given twice. Give it once; `all` asks about all tenants where a skill can.")
                    .naming(TENANT));
            } else if !value.trim().is_empty() {
                read.tenant = Some(value);
            }
        }
        Ok(read)
    }
}

/// A skill as `GET /skills` shows it.
#[derive(Serialize)]
struct SkillListing<'a> {
    name: &'a str,
    path: String,
    summary: &'a str,
    guide: &'a str,
    all_tenants: bool,
    arguments: &'a [Opt],
    answer: &'a serde_json::Value,
    prompts: Vec<&'a str>,
}

/// What this caller can ask, and about which tenants.
#[derive(Serialize)]
struct SkillList<'a> {
    tenants: Vec<String>,
    skills: Vec<SkillListing<'a>>,
}

async fn list(State(door): State<Door>, request: Request) -> Result<Response> {
    let asker = door.authenticator.of(request.headers(), request.extensions()).await?;
    let skills = ALL.iter().map(|skill| SkillListing {
        name: skill.name,
        path: path(skill),
        summary: skill.summary,
        guide: skill.guide,
        all_tenants: skill.all_tenants,
        arguments: &skill.options,
        answer: &skill.answer_schema,
        prompts: (skill.examples)().iter().map(|example| example.prompt).collect(),
    });
    let list = SkillList { tenants: door.asking.door().view().visible(&asker), skills: skills.collect() };
    let text = serde_json::to_string(&list).map_err(Error::internal)?;
    Ok(Document::new("application/json", text).closed())
}

async fn unknown(State(door): State<Door>, Path(name): Path<String>, request: Request) -> Result<Response> {
    unmatched(door, &name, request, false).await
}

async fn unknown_linked(State(door): State<Door>, Path(name): Path<String>, request: Request) -> Result<Response> {
    unmatched(door, &name, request, true).await
}

async fn unmatched(door: Door, name: &str, request: Request, linked: bool) -> Result<Response> {
    // A path that axum does not match as it stands can still decode to a skill's name.
    match Entry::named(name) {
        Ok(skill) => answer(door, skill, request, linked).await,
        Err(unknown) => Err(door.authenticator.of(request.headers(), request.extensions()).await.err().unwrap_or(unknown)),
    }
}

#[cfg(test)]
mod tests {
    use super::Query;
    use crate::error::ErrorKind;

    #[test]
    fn the_tenant_is_set_apart_from_the_arguments() {
        let query = Query::read("limit=5&tenant=con+toso&service=a%26b").unwrap();
        assert_eq!(query.tenant.as_deref(), Some("con toso"));
        assert_eq!(query.args, [("limit".into(), "5".into()), ("service".into(), "a&b".into())]);
        assert_eq!(Query::read("tenant=").unwrap().tenant, None);
    }

    #[test]
    fn the_next_page_is_the_same_question() {
        let link = |query: &str| Query::read(query).unwrap().on_page(3);
        assert_eq!(
            link("Page=2&limit=5&tenant=con+toso&product=%3E%22"),
            r#"<?tenant=con+toso&limit=5&product=%3E%22&page=3>; rel="next""#
        );
        assert_eq!(link(""), r#"<?page=3>; rel="next""#);
    }

    #[test]
    fn two_tenants_are_refused_even_if_one_is_empty() {
        for query in ["tenant=a&tenant=b", "tenant=&tenant=a"] {
            assert_eq!(Query::read(query).err().map(|error| error.kind), Some(ErrorKind::BadArguments), "{query}");
        }
    }
}
