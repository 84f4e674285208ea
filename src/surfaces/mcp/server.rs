//! What does MCP answer? Tools made of the skills, prompts made of `prompts/`, each asked through the one door.

use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CompleteRequestMethod, CompleteRequestParams,
        CompleteResult, CompletionInfo, ConstString as _, CustomRequest, CustomResult, ErrorCode, GetPromptRequestMethod,
        GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{AnswerLimiter, prompts, tools};
use crate::{access::Asker, error::Result, prompts::INSTRUCTIONS, skills::TENANT, text::echo};

/// How long a client may keep the lists: they change with our version only, and a client that keeps
/// them spares its model's prompt cache.
const LISTS_KEPT_MS: u64 = 3_600_000;

/// How much of a method's name an error repeats, in characters.
const METHOD_MAX: usize = 40;

/// What speaks MCP for us; a copy of it answers each request.
#[derive(Clone)]
pub(super) struct McpServer {
    asking: Arc<AnswerLimiter>,
    structured: bool,
    /// Who asks, where that is always the same one; else each request says it.
    only: Option<Arc<Asker>>,
}

impl McpServer {
    /// For many askers: `entry` says with each request who it is.
    pub(super) fn over_http(asking: Arc<AnswerLimiter>, structured: bool) -> Self {
        Self { asking, structured, only: None }
    }

    /// For one asker.
    pub(super) fn for_one(asking: Arc<AnswerLimiter>, structured: bool, asker: Arc<Asker>) -> Self {
        Self { asking, structured, only: Some(asker) }
    }

    fn asker(&self, context: &RequestContext<RoleServer>) -> Result<Arc<Asker>, ErrorData> {
        let caller = || context.extensions.get::<Parts>()?.extensions.get::<Arc<Asker>>().cloned();
        self.only.clone().or_else(caller).ok_or_else(|| ErrorData::internal_error("Authentication required.", None))
    }
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_completions().build();
        let own = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("scorewatch")
            .with_description(env!("CARGO_PKG_DESCRIPTION"));
        ServerConfig::new(capabilities).with_server_info(own).with_instructions(INSTRUCTIONS.trim())
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: RequestContext<RoleServer>) -> Result<ListToolsResult, ErrorData> {
        let tools = ListToolsResult::with_all_items(tools::list(self.structured));
        Ok(tools.with_ttl_ms(LISTS_KEPT_MS).with_cache_scope(CacheScope::Public))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let asker = self.asker(&context)?;
        let arguments = request.arguments.unwrap_or_default();
        tools::call(&self.asking, &asker, &request.name, arguments, self.structured).await.map(Into::into)
    }

    async fn list_prompts(&self, _: Option<PaginatedRequestParams>, _: RequestContext<RoleServer>) -> Result<ListPromptsResult, ErrorData> {
        let prompts = ListPromptsResult::with_all_items(prompts::list());
        Ok(prompts.with_ttl_ms(LISTS_KEPT_MS).with_cache_scope(CacheScope::Public))
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: RequestContext<RoleServer>) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request.name, &request.arguments.unwrap_or_default()).map(Into::into)
    }

    /// Names of tenants, for a prompt's argument `tenant`.
    async fn complete(&self, request: CompleteRequestParams, context: RequestContext<RoleServer>) -> Result<CompleteResult, ErrorData> {
        let mut values = Vec::new();
        if request.argument.name == TENANT {
            let (view, asker) = (self.asking.door().view(), self.asker(&context)?);
            values = [view.visible(&asker), view.visible_groups(&asker)].concat();
            values.retain(|name| name.starts_with(&request.argument.value.to_lowercase()));
            values.truncate(CompletionInfo::MAX_VALUES);
        }
        CompletionInfo::new(values).map(CompleteResult::new).map_err(|what| ErrorData::internal_error(what, None))
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
