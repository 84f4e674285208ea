//! How does an MCP client find us? Its own file: the program to start on the same machine, or the address to ask and where the client keeps the key.
//!
//! No file holds a key. Formats: <https://code.visualstudio.com/docs/copilot/reference/mcp-configuration>,
//! <https://code.claude.com/docs/en/mcp>, <https://modelcontextprotocol.io/docs/develop/connect-local-servers>, <https://cursor.com/docs/context/mcp>.

use serde_json::{Value, json};

use super::{Values, pretty, words::NAME};

/// The variable of a client's environment that holds the API key, for clients that keep no secrets themselves.
pub const KEY_VARIABLE: &str = "SCOREWATCH_KEY";

/// What a client starts on its own machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchValues {
    /// The program, by a path that holds wherever the client starts it.
    pub program: String,
    /// What follows it.
    pub args: Vec<String>,
}

/// `.vscode/mcp.json`: the editor asks for the key once, and keeps it in its own store of secrets.
pub(super) fn vscode(values: &Values) -> Vec<u8> {
    let Some(launch) = &values.launch else {
        let input = json!({ "type": "promptString", "id": NAME, "description": "API key of scorewatch", "password": true });
        let server = json!({ "type": "http", "url": endpoint(values), "headers": bearer(&format!("${{input:{NAME}}}")) });
        return pretty(&json!({ "inputs": [input], "servers": { NAME: server } }));
    };
    pretty(&json!({ "servers": { NAME: { "type": "stdio", "command": launch.program, "args": launch.args } } }))
}

/// `.mcp.json` of Claude Code, and on this machine `claude_desktop_config.json` of Claude Desktop too.
pub(super) fn claude(values: &Values) -> Vec<u8> {
    pretty(&json!({ "mcpServers": { NAME: started(values).unwrap_or_else(|| {
        json!({ "type": "http", "url": endpoint(values), "headers": bearer(&format!("${{{KEY_VARIABLE}}}")) })
    }) } }))
}

/// `mcp.json` of Cursor.
pub(super) fn cursor(values: &Values) -> Vec<u8> {
    pretty(&json!({ "mcpServers": { NAME: started(values).unwrap_or_else(|| {
        json!({ "url": endpoint(values), "headers": bearer(&format!("${{env:{KEY_VARIABLE}}}")) })
    }) } }))
}

fn started(values: &Values) -> Option<Value> {
    values.launch.as_ref().map(|launch| json!({ "command": launch.program, "args": launch.args }))
}

fn endpoint(values: &Values) -> String {
    format!("{}/mcp", values.url)
}

/// The header by which a key is sent, wherever the client has `key` from.
fn bearer(key: &str) -> Value {
    json!({ "Authorization": format!("Bearer {key}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn paths_of_windows_are_the_same_after_reading() {
        let launch = LaunchValues {
            program: r"C:\Program Files\scorewatch\scorewatch.exe".to_owned(),
            args: ["mcp", "--config", r"C:\Users\Zoë\score watch.toml"].map(ToOwned::to_owned).to_vec(),
        };
        let values = Values { launch: Some(launch.clone()), ..Values::at("https://unused.example") };
        for (file, at) in [(vscode(&values), "/servers"), (claude(&values), "/mcpServers"), (cursor(&values), "/mcpServers")] {
            let file = parsed(&file);
            let server = &file.pointer(at).unwrap()[NAME];
            assert_eq!((&server["command"], &server["args"]), (&json!(launch.program), &json!(launch.args)));
            assert!(server.get("url").is_none() && server.get("headers").is_none());
        }
        assert!(String::from_utf8(vscode(&values)).unwrap().contains(r"C:\\Program Files\\scorewatch"));
    }

    #[test]
    fn over_http_the_key_comes_from_where_the_client_keeps_it() {
        let values = Values::at("https://score.example.org/");
        let at = |file: Vec<u8>, path: &str| parsed(&file).pointer(path).cloned().unwrap();
        assert_eq!(at(vscode(&values), "/servers/scorewatch/headers/Authorization"), "Bearer ${input:scorewatch}");
        assert_eq!(at(vscode(&values), "/inputs/0/password"), true);
        assert_eq!(at(claude(&values), "/mcpServers/scorewatch/headers/Authorization"), "Bearer ${SCOREWATCH_KEY}");
        assert_eq!(at(cursor(&values), "/mcpServers/scorewatch/headers/Authorization"), "Bearer ${env:SCOREWATCH_KEY}");
        for file in [at(vscode(&values), "/servers"), at(claude(&values), "/mcpServers"), at(cursor(&values), "/mcpServers")] {
            assert_eq!(file[NAME]["url"], "https://score.example.org/mcp");
        }
    }
}
