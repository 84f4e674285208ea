//! Is this one message of JSON-RPC at all? Where it is not, an assistant hears why, over HTTP and over stdio alike.

use rmcp::model::{ClientJsonRpcMessage, ErrorCode, ErrorData, JsonRpcError, RequestId};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// What is wrong with something that is no message.
pub(super) struct MessageFault {
    /// The request that it would have been, where that can be read.
    pub(super) id: Option<RequestId>,
    pub(super) code: ErrorCode,
    pub(super) what: &'static str,
}

impl MessageFault {
    const fn new(code: ErrorCode, what: &'static str) -> Self {
        Self { id: None, code, what }
    }

    /// The error as it is sent.
    pub(super) fn error(self) -> Vec<u8> {
        error(self.id, self.code, self.what)
    }
}

/// More than this is no message.
pub(super) const TOO_LARGE: MessageFault =
    MessageFault::new(ErrorCode::INVALID_REQUEST, "The message is too large, or broke off. Send fewer or shorter arguments.");
/// This one does not come.
pub(super) const LATE: MessageFault =
    MessageFault::new(ErrorCode::INVALID_REQUEST, "The message did not come within five seconds. Send it at once.");
/// JSON that the protocol does not know.
pub(super) const UNKNOWN: MessageFault = MessageFault::new(
    ErrorCode::INVALID_REQUEST,
    "The message is no request of JSON-RPC 2.0: it needs `jsonrpc`, `id`, `method` and what the method takes.",
);
/// An argument that no program can read; the protocol's library would drop the message without a word.
const UNREADABLE: &str = "An argument cannot be read: a text has half of a surrogate pair (such as \\ud83d alone), or a number is out of range. Send it again without.";

/// A request, a notification or an answer.
#[derive(Deserialize)]
struct MessageShape {
    jsonrpc: Value,
    id: Option<Value>,
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

/// What keeps `bytes` from being a message that the library takes.
pub(super) fn fault(bytes: &[u8]) -> Option<MessageFault> {
    let is_object = bytes.trim_ascii_start().first() == Some(&b'{');
    if is_object && let Ok(shape) = serde_json::from_slice::<MessageShape>(bytes) {
        if shape.fits() && serde_json::from_slice::<ClientJsonRpcMessage>(bytes).is_ok() {
            return None;
        }
        let id = shape.id.and_then(|id| serde_json::from_value(id).ok());
        return Some(match serde_json::from_slice::<Value>(bytes) {
            Ok(_) => MessageFault { id, ..UNKNOWN },
            Err(_) => MessageFault { id, ..MessageFault::new(ErrorCode::PARSE_ERROR, UNREADABLE) },
        });
    }
    // Only what is refused is read again, to say why.
    Some(match serde_json::from_slice::<&RawValue>(bytes).map(|message| message.get().as_bytes().first().copied()) {
        Err(_) => MessageFault::new(ErrorCode::PARSE_ERROR, "The message is not JSON."),
        Ok(Some(b'{')) => UNKNOWN,
        Ok(Some(b'[')) => MessageFault::new(ErrorCode::INVALID_REQUEST, "Batches are not taken: send one message at a time."),
        Ok(_) => MessageFault::new(ErrorCode::INVALID_REQUEST, "A message is a JSON object."),
    })
}

/// An error as it is sent, to the request `id` where that is known.
pub(super) fn error(id: Option<RequestId>, code: ErrorCode, what: &str) -> Vec<u8> {
    let error = JsonRpcError::new(id, ErrorData::new(code, what.to_owned(), None));
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

    #[test]
    fn a_request_that_the_library_would_drop_is_answered_by_its_id() {
        for argument in [r#""x\ud83d""#, "1e400"] {
            let call = format!(
                r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{{"name":"weakest_controls","arguments":{{"product":{argument}}}}}}}"#
            );
            let reply: Value = serde_json::from_slice(&fault(call.as_bytes()).unwrap().error()).unwrap();
            assert_eq!((&reply["id"], &reply["error"]["code"]), (&Value::from(3), &Value::from(-32_700)), "{reply}");
            assert!(reply["error"]["message"].as_str().unwrap().contains("An argument cannot be read"), "{reply}");
        }
    }
}
