//! What does MCP answer? Tools made of the skills, prompts made of `prompts/`, each asked through the one door.

use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CompleteRequestMethod, CompleteRequestParams,
        CompleteResult, CompletionInfo, ConstString as _, CustomRequest, CustomResult, DiscoverResult, ErrorCode, GetPromptRequestMethod,
        GetPromptRequestParams, GetPromptResponse, Implementation, InitializeRequestParams, InitializeResult, ListPromptsResult,
        ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, Reference, ServerCapabilities,
        ServerConfig,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{AnswerLimiter, prompts, tools};
use crate::{
    access::Asker,
    error::{Error, Result},
    prompts::INSTRUCTIONS,
    skills::TENANT,
    text::echo,
};

/// How long a client may keep the lists: they change with our version only, and a client that keeps
/// them spares its model's prompt cache.
const LISTS_KEPT_MS: u64 = 3_600_000;

/// How much of a method's name an error repeats, in characters.
const METHOD_MAX: usize = 40;

/// How many tenants, and how many groups, an assistant is told by name when it connects.
const NAMES_MAX: usize = 25;

/// What speaks MCP for us; a copy of it answers each request.
#[derive(Clone)]
pub(super) struct McpServer {
    asking: Arc<AnswerLimiter>,
    structured: bool,
    /// Who asks, where that is always the same one; else each request says it.
    only: Option<Arc<Asker>>,
    /// Without what nothing can be asked.
    missing: Option<Arc<Error>>,
}

impl McpServer {
    /// For many askers: `entry` says with each request who it is.
    pub(super) fn over_http(asking: Arc<AnswerLimiter>, structured: bool) -> Self {
        Self { asking, structured, only: None, missing: None }
    }

    /// For one asker.
    pub(super) fn for_one(asking: Arc<AnswerLimiter>, structured: bool, asker: Arc<Asker>, missing: Option<Error>) -> Self {
        Self { asking, structured, only: Some(asker), missing: missing.map(Arc::new) }
    }

    fn asker(&self, context: &RequestContext<RoleServer>) -> Result<Arc<Asker>, ErrorData> {
        let caller = || context.extensions.get::<Parts>()?.extensions.get::<Arc<Asker>>().cloned();
        self.only.clone().or_else(caller).ok_or_else(|| ErrorData::internal_error("Authentication required.", None))
    }

    /// What every assistant is told, and the names that it can ask about, so that it need not fail first to learn them.
    fn instructions(&self, context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
        let (view, asker) = (self.asking.door().view(), self.asker(context)?);
        let named = |what: &str, names: &[String]| {
            let shown = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let rest = names.len().saturating_sub(NAMES_MAX);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            (!names.is_empty()).then(|| format!("- {what}: {shown}{rest}."))
        };
        let lines = [named("Tenants", &view.visible(&asker)), named("Groups of tenants", &view.visible_groups(&asker))];
        Ok([Some(INSTRUCTIONS.trim().to_owned())].into_iter().chain(lines).flatten().collect::<Vec<_>>().join("\n"))
    }
}

/// Lists come whole, so no cursor was ever given out.
///
/// # Errors
/// A cursor: <https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination#error-handling>.
fn only_page(page: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    let unknown = "There is no such `cursor`: this list comes whole, without one.";
    page.and_then(|page| page.cursor).map_or(Ok(()), |_| Err(ErrorData::invalid_params(unknown, None)))
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_completions().build();
        let own = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("scorewatch")
            .with_description(env!("CARGO_PKG_DESCRIPTION"));
        ServerConfig::new(capabilities).with_server_info(own).with_instructions(INSTRUCTIONS.trim())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        let greeting = self.negotiate_initialize(&request)?;
        Ok(greeting.with_instructions(self.instructions(&context)?))
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let info = self.get_info().with_instructions(self.instructions(&context)?);
        Ok(DiscoverResult::from_server_info(self.supported_protocol_versions().into_owned(), info))
    }

    async fn list_tools(&self, page: Option<PaginatedRequestParams>, _: RequestContext<RoleServer>) -> Result<ListToolsResult, ErrorData> {
        only_page(page)?;
        let tools = ListToolsResult::with_all_items(tools::list(self.structured));
        Ok(tools.with_ttl_ms(LISTS_KEPT_MS).with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let asker = self.asker(&context)?;
        let arguments = request.arguments.unwrap_or_default();
        if let Some(missing) = &self.missing {
            return tools::refuse(&request.name, missing).map(Into::into);
        }
        tokio::select! {
            biased;
            // The library drops the answer; its place is for others.
            () = context.ct.cancelled() => Err(ErrorData::internal_error("The call was cancelled.", None)),
            answered = tools::call(&self.asking, &asker, &request.name, arguments, self.structured) => answered.map(Into::into),
        }
    }

    async fn list_prompts(
        &self,
        page: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        only_page(page)?;
        let prompts = ListPromptsResult::with_all_items(prompts::list());
        Ok(prompts.with_ttl_ms(LISTS_KEPT_MS).with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: RequestContext<RoleServer>) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request.name, &request.arguments.unwrap_or_default()).map(Into::into)
    }

    /// What a prompt's argument may be: a tenant or group that the asker sees, or what the prompt offers for it.
    async fn complete(&self, request: CompleteRequestParams, context: RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
        let Reference::Prompt(prompt) = &request.r#ref else {
            return Err(ErrorData::invalid_params("There are no resources here, so none is completed.", None));
        };
        let argument = prompts::argument(&prompt.name, &request.argument.name)?;
        let mut values = argument.offered.clone();
        if argument.name == TENANT {
            let (view, asker) = (self.asking.door().view(), self.asker(&context)?);
            values = [view.visible(&asker), view.visible_groups(&asker)].concat();
        }
        values.retain(|name| name.starts_with(&request.argument.value.to_lowercase()));
        let (total, more) = (values.len(), values.len() > CompletionInfo::MAX_VALUES);
        values.truncate(CompletionInfo::MAX_VALUES);
        let offered = CompletionInfo::with_pagination(values, u32::try_from(total).ok(), more);
        offered.map(CompleteResult::new).map_err(|what| ErrorData::internal_error(what, None))
    }

    /// There are no resources, so none is found: the list of them, which is the library's own, is empty.
    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = json!({ "uri": request.uri });
        Err(ErrorData::resource_not_found("There are no resources here: call the tools.", Some(uri)))
    }

    /// Older clients set a level without asking whether anything is logged to them. Nothing is, which fits every level.
    #[expect(deprecated, reason = "by the newest revision; the older ones are served too")]
    async fn set_level(&self, _: rmcp::model::SetLevelRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    /// A method that the library knows lands here when its parameters are of the wrong shape.
    async fn on_custom_request(&self, request: CustomRequest, _: RequestContext<RoleServer>) -> Result<CustomResult, ErrorData> {
        let method = request.method.as_str();
        Err(match method {
            CallToolRequestMethod::VALUE | GetPromptRequestMethod::VALUE => {
                ErrorData::invalid_params("`params` is an object with `name`, a text, and `arguments`, an object.", None)
            }
            CompleteRequestMethod::VALUE => {
                ErrorData::invalid_params(format!("`params` of `{method}` are not as the protocol has them."), None)
            }
            _ => {
                let named = echo(method, METHOD_MAX);
                ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("There is no method `{named}` here."), None)
            }
        })
    }
}
