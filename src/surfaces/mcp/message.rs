//! Is this one message of JSON-RPC at all? Where it is not, an assistant hears why, over HTTP and on a desk alike.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcError};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// What is wrong with something that is no message.
pub(super) struct Fault {
    pub(super) code: ErrorCode,
    pub(super) what: &'static str,
}

/// More than this is no message.
pub(super) const TOO_LARGE: Fault =
    Fault { code: ErrorCode::INVALID_REQUEST, what: "The message is too large, or broke off. Send fewer or shorter arguments." };
/// JSON that the protocol does not know.
pub(super) const UNKNOWN: Fault = Fault {
    code: ErrorCode::INVALID_REQUEST,
    what: "The message is no request of JSON-RPC 2.0: it needs `jsonrpc`, `id`, `method` and what the method takes.",
};

/// A request, a notification or an answer.
#[derive(Deserialize)]
struct Shape {
    jsonrpc: Value,
    method: Option<Value>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

/// What keeps `bytes` from being a message.
pub(super) fn fault(bytes: &[u8]) -> Option<Fault> {
    let refused = |code, what| Some(Fault { code, what });
    match serde_json::from_slice::<&RawValue>(bytes).map(|message| message.get().as_bytes().first().copied()) {
        Err(_) => return refused(ErrorCode::PARSE_ERROR, "The message is not JSON."),
        Ok(Some(b'{')) => {}
        Ok(Some(b'[')) => return refused(ErrorCode::INVALID_REQUEST, "Batches are not taken: send one message at a time."),
        Ok(_) => return refused(ErrorCode::INVALID_REQUEST, "A message is a JSON object."),
    }
    let fits = serde_json::from_slice::<Shape>(bytes).is_ok_and(|shape| {
        let asks = shape.method.is_some_and(|method| method.is_string());
        shape.jsonrpc == "2.0" && (asks || shape.result.is_some() || shape.error.is_some())
    });
    (!fits).then_some(UNKNOWN)
}

/// An error as it is sent to somebody who sent no message that could be answered.
pub(super) fn error(code: ErrorCode, what: &str) -> Vec<u8> {
    let error = JsonRpcError::new(None, ErrorData::new(code, what.to_owned(), None));
    serde_json::to_vec(&error).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_told_apart() {
        let code = |text: &str| fault(text.as_bytes()).map(|fault| fault.code.0);
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), None);
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), None);
        assert_eq!((code("{"), code("")), (Some(-32_700), Some(-32_700)));
        for other in ["[]", "7", "null", "{}", r#"{"jsonrpc":"1.0","method":"ping"}"#, r#"{"jsonrpc":"2.0","method":7}"#, r#"{"id":1}"#] {
            assert_eq!(code(other), Some(-32_600), "{other}");
        }
    }
}
