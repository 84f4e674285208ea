//! Which tools does an assistant see, and what does calling one bring? The skills: compact text once, or JSON on request.

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData,
    model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations},
};
use serde_json::{Map, Value, json};

use super::{AnswerLimiter, SURFACE};
use crate::{
    access::Asker,
    ask::{AnswerForm, Body, Question, RawArgs},
    error::{Error, Result},
    skills::{ALL, Entry, TENANT, args::take_text},
    text::sentence_case,
};

/// The skills as tools, in the order of every menu.
pub(super) fn list(structured: bool) -> Vec<Tool> {
    ALL.iter().map(|skill| tool(skill, structured)).collect()
}

fn tool(skill: &'static Entry, structured: bool) -> Tool {
    // Nothing is changed anywhere. That nothing but our own store is read would cost tokens in each tool.
    let hints = ToolAnnotations::new().read_only(true);
    let tool = Tool::new(skill.name, skill.guide, Arc::new(input(skill)))
        .with_title(sentence_case(&skill.name.replace('_', " ")))
        .with_annotations(hints);
    match skill.answer_schema.as_object() {
        Some(schema) if structured => tool.with_raw_output_schema(Arc::new(schema.clone())),
        _ => tool,
    }
}

/// Arguments whose names say what they are: a description would only cost tokens, in each tool.
const CLEAR: [&str; 6] = ["category", "limit", "only", "order", "page", "state"];

fn input(skill: &Entry) -> JsonObject {
    // What its name is, and that it may be left out where there is only one, is in the instructions.
    let mut tenant = json!({ "type": "string" });
    if skill.all_tenants {
        tenant["description"] = Value::from("Name, group, or all");
    }
    let mut properties = Map::from_iter([(TENANT.to_owned(), tenant)]);
    for option in skill.options.iter() {
        let mut schema = option.schema();
        // Hosts with strict schemas refuse these, and we check them anyway.
        for refused in ["pattern", "minLength", "maxLength", "minimum", "maximum", "default"] {
            schema.as_object_mut().map(|schema| schema.remove(refused));
        }
        if !CLEAR.contains(&&*option.name) {
            schema["description"] = Value::from(option.summary.trim_end_matches('.'));
        }
        properties.insert(option.name.clone(), schema);
    }
    let required: Vec<&str> = skill.options.iter().filter(|option| option.required).map(|option| option.name.as_str()).collect();
    let mut input = Map::from_iter([
        ("type".to_owned(), Value::from("object")),
        ("properties".to_owned(), Value::from(properties)),
        ("additionalProperties".to_owned(), Value::from(false)),
    ]);
    if !required.is_empty() {
        input.insert("required".to_owned(), Value::from(required));
    }
    input
}

/// Asks the skill called `name`. What is wrong with the question is the tool's answer, so that the model
/// reads it and asks better: <https://modelcontextprotocol.io/specification/2026-07-28/server/tools#error-handling>.
///
/// # Errors
/// Only a tool that does not exist is an error of the protocol.
pub(super) async fn call(
    asking: &AnswerLimiter,
    asker: &Asker,
    name: &str,
    arguments: JsonObject,
    structured: bool,
) -> Result<CallToolResult, ErrorData> {
    let skill = Entry::named(name).map_err(|unknown| ErrorData::invalid_params(unknown.sentence, None))?;
    let answered = answer(asking, asker, skill, arguments, structured).await;
    Ok(answered.unwrap_or_else(|error| refused(&error)))
}

/// Answers a call of the skill called `name` with `why` none can be answered.
///
/// # Errors
/// Only a tool that does not exist is an error of the protocol.
pub(super) fn refuse(name: &str, why: &Error) -> Result<CallToolResult, ErrorData> {
    Entry::named(name).map_err(|unknown| ErrorData::invalid_params(unknown.sentence, None))?;
    Ok(refused(why))
}

fn refused(error: &Error) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(error.sentence.clone())])
}

async fn answer(
    asking: &AnswerLimiter,
    asker: &Asker,
    skill: &'static Entry,
    mut args: JsonObject,
    structured: bool,
) -> Result<CallToolResult> {
    let tenant = take_text(&mut args, TENANT)?;
    let form = if structured { AnswerForm::Json } else { AnswerForm::Text };
    let question = Question { skill, tenant: tenant.as_deref(), args: RawArgs::Typed(&args), form, surface: SURFACE.name };
    let Body::Bytes(bytes) = asking.ask(asker, &question).await?.body else {
        return Err(Error::internal("MCP was given a card"));
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut result = CallToolResult::success(vec![ContentBlock::text(Cow::into_owned(text))]);
    if structured {
        result.structured_content = Some(serde_json::from_slice(&bytes).map_err(Error::internal)?);
    }
    Ok(result)
}
