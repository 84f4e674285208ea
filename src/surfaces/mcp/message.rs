//! Is this one message of JSON-RPC at all? Where it is not, an assistant hears why, over HTTP and over stdio alike.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcError};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// What is wrong with something that is no message.
pub(super) struct MessageFault {
    pub(super) code: ErrorCode,
    pub(super) what: &'static str,
}

/// More than this is no message.
pub(super) const TOO_LARGE: MessageFault =
    MessageFault { code: ErrorCode::INVALID_REQUEST, what: "The message is too large, or broke off. Send fewer or shorter arguments." };
/// This one does not come.
pub(super) const LATE: MessageFault =
    MessageFault { code: ErrorCode::INVALID_REQUEST, what: "The message did not come within five seconds. Send it at once." };
/// JSON that the protocol does not know.
pub(super) const UNKNOWN: MessageFault = MessageFault {
    code: ErrorCode::INVALID_REQUEST,
    what: "The message is no request of JSON-RPC 2.0: it needs `jsonrpc`, `id`, `method` and what the method takes.",
};

/// A request, a notification or an answer.
#[derive(Deserialize)]
struct MessageShape {
    jsonrpc: Value,
    method: Option<Value>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

impl MessageShape {
    fn fits(&self) -> bool {
        let asks = self.method.as_ref().is_some_and(Value::is_string);
        self.jsonrpc == "2.0" && (asks || self.result.is_some() || self.error.is_some())
    }
}

/// What keeps `bytes` from being a message.
pub(super) fn fault(bytes: &[u8]) -> Option<MessageFault> {
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    if is_object && serde_json::from_slice(bytes).is_ok_and(|shape: MessageShape| shape.fits()) {
        return None;
    }
    // Only what is refused is read again, to say why.
    Some(match serde_json::from_slice::<&RawValue>(bytes).map(|message| message.get().as_bytes().first().copied()) {
        Err(_) => MessageFault { code: ErrorCode::PARSE_ERROR, what: "The message is not JSON." },
        Ok(Some(b'{')) => UNKNOWN,
        Ok(Some(b'[')) => MessageFault { code: ErrorCode::INVALID_REQUEST, what: "Batches are not taken: send one message at a time." },
        Ok(_) => MessageFault { code: ErrorCode::INVALID_REQUEST, what: "A message is a JSON object." },
    })
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
