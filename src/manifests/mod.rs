//! What is each host given so that it finds us? THE list of hosts, each with its files, made of the skills and the prompts.
//!
//! Pure: an operator's values go in, bytes come out. The committed copies in `manifests/` hold placeholders;
//! a server hands out the same files with its own address, `scorewatch manifest` with all of an operator's values.

pub mod discord;
mod entra;
mod mcp_clients;
mod microsoft_365;
mod open_ai;
pub mod openapi;
mod registry;
mod security_copilot;
mod words;
mod yaml;

use serde_json::Value;

use crate::{
    error::{Error, ErrorKind, Result},
    skills::Entry,
};

pub use entra::EntraValues;
pub use mcp_clients::{KEY_VARIABLE, LaunchValues};
pub use microsoft_365::PLACEHOLDER_REFERENCE;

/// Where we are reached while nobody said where: what the committed copies hold.
pub const PLACEHOLDER_URL: &str = "https://scorewatch.example";
/// Below this path the files are served.
pub const PATH: &str = "/manifests/";

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const PNG: &str = "image/png";

/// What only an operator knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// Where the service is reached, without a slash at the end.
    pub url: String,
    /// The Entra application that people sign in to; `None` where an API key is sent.
    pub entra: Option<EntraValues>,
    /// Under which id Microsoft 365 keeps the key or the registration of the sign-in.
    pub auth_reference: Option<String>,
    /// What a client starts on its own machine; `None` where it asks over HTTP.
    pub launch: Option<LaunchValues>,
}

impl Values {
    /// Those of a service that is reached at `url`.
    pub fn at(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), entra: None, auth_reference: None, launch: None }
    }

    /// What the committed copies hold: everybody sees that it must be replaced.
    pub fn placeholders() -> Self {
        Self { entra: Some(EntraValues::placeholders()), ..Self::at(PLACEHOLDER_URL) }
    }
}

/// Whether a host's files hold the values of an Entra application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntraUse {
    /// Never.
    No,
    /// Whoever has the files written decides: with the values people sign in, else one key is sent for all.
    /// What is served and committed is for a key.
    Choice,
    /// Always.
    Needed,
}

/// A file for a host.
pub struct HostFile {
    /// Its path below [`PATH`], and below `manifests/` in the repository.
    pub path: &'static str,
    /// What sort of file it is.
    pub content_type: &'static str,
    /// What it is for.
    pub summary: &'static str,
    make: Make,
}

/// How a file is made.
enum Make {
    /// Of what is always known.
    Of(fn(&Values) -> Vec<u8>),
    /// Of the Entra application too.
    For(fn(&Values, &EntraValues) -> Vec<u8>),
}

/// A place that can be told of us, and how.
pub struct Host {
    /// What the command line calls it.
    pub name: &'static str,
    /// What it is for, in a sentence for people.
    pub summary: &'static str,
    /// Whether its files hold the values of an Entra application.
    pub entra: EntraUse,
    /// Its files: one as it is, several as an archive.
    pub files: &'static [HostFile],
    /// What to do with them.
    pub next: &'static str,
    /// The same for those that start the program on their own machine; `None` for a host that asks over HTTP only.
    pub next_launched: Option<&'static str>,
}

const fn file(path: &'static str, content_type: &'static str, summary: &'static str, make: fn(&Values) -> Vec<u8>) -> HostFile {
    HostFile { path, content_type, summary, make: Make::Of(make) }
}

/// A file of YAML that nobody can use without an Entra application.
const fn sign_in(path: &'static str, summary: &'static str, make: fn(&Values, &EntraValues) -> Vec<u8>) -> HostFile {
    HostFile { path, content_type: YAML, summary, make: Make::For(make) }
}

/// What to do with a plugin with which each person signs in; a test keeps the redirect URI to the one in its file.
const NEXT_SIGN_IN: &str = "Next: in Entra, give the application the redirect URI https://securitycopilot.microsoft.com/auth/v1/callback (platform Web) and a client secret. Then in Security Copilot, Sources > Custom > Upload plugin > Security Copilot plugin, choose the file; it asks for the secret.";

/// The host whose files name no address: what people type there comes over a connection that we keep, or to the address that its
/// own portal was told.
const DISCORD: &str = "discord";

/// Every host.
pub static ALL: [Host; 15] = [
    Host {
        name: "security-copilot",
        summary: "Microsoft Security Copilot: a plugin that asks with an API key",
        entra: EntraUse::No,
        files: &[file("security-copilot.yaml", YAML, "The plugin, for an API key.", security_copilot::with_key)],
        next: "Next: in Security Copilot, Sources > Custom > Upload plugin > Security Copilot plugin, choose the file. It asks for the address and for a key: scorewatch key new --name security-copilot --tenant NAME --expires 180d",
        next_launched: None,
    },
    Host {
        name: "security-copilot-oauth",
        summary: "Microsoft Security Copilot: a plugin with which each person signs in with Entra",
        entra: EntraUse::Needed,
        files: &[sign_in("security-copilot-oauth.yaml", "The plugin, for signing in with Entra.", security_copilot::with_sign_in)],
        next: NEXT_SIGN_IN,
        next_launched: None,
    },
    Host {
        name: "security-copilot-mcp",
        summary: "Microsoft Security Copilot: the same skills over MCP (preview), each person signs in with Entra",
        entra: EntraUse::Needed,
        files: &[sign_in("security-copilot-mcp.yaml", "The MCP plugin, for signing in with Entra.", security_copilot::over_mcp)],
        next: NEXT_SIGN_IN,
        next_launched: None,
    },
    Host {
        name: "security-copilot-agent",
        summary: "Microsoft Security Copilot: an agent that briefs you every week, and a skill for each of our prompts",
        entra: EntraUse::No,
        files: &[file(
            "security-copilot-agent.yaml",
            YAML,
            "The agent and the prompts, beside one of the plugins.",
            security_copilot::agent,
        )],
        next: "Next: first add the plugin (scorewatch manifest security-copilot), which the agent asks. Then upload this file like a plugin, and set up the agent on the page Agents.",
        next_launched: None,
    },
    Host {
        name: "security-copilot-promptbooks",
        summary: "Microsoft Security Copilot: promptbooks as text to paste",
        entra: EntraUse::No,
        files: &[file(
            "security-copilot-promptbooks.md",
            MARKDOWN,
            "Promptbooks to paste, beside one of the plugins.",
            security_copilot::promptbooks,
        )],
        next: "Next: in Security Copilot, Promptbook library > New promptbook, and paste the prompts of one of them in their order.",
        next_launched: None,
    },
    Host {
        name: "microsoft-365",
        summary: "Microsoft 365 Copilot: an app package with an agent whose answers cite the Defender portal",
        entra: EntraUse::Choice,
        files: &[
            file("microsoft-365/manifest.json", JSON, "The app that carries the agent.", microsoft_365::app),
            file("microsoft-365/declarativeAgent.json", JSON, "The agent: its instructions, and what to ask it.", microsoft_365::agent),
            file("microsoft-365/plugin.json", JSON, "What the agent can ask, what it cites and may do unasked.", microsoft_365::plugin),
            file("microsoft-365/openapi.json", JSON, "How the agent asks.", openapi::linked),
            file("microsoft-365/color.png", PNG, "The icon of the app.", |_| microsoft_365::COLOR.to_vec()),
            file("microsoft-365/outline.png", PNG, "Its outline.", |_| microsoft_365::OUTLINE.to_vec()),
        ],
        next: "Next: in Microsoft Teams, Apps > Manage your apps > Upload an app > Upload a custom app; or for everybody in the Teams admin center, Teams apps > Manage apps > Actions > Upload new app.",
        next_launched: None,
    },
    Host {
        name: "openai",
        summary: "OpenAI-style plugin manifest, which Security Copilot and others take by its address",
        entra: EntraUse::No,
        files: &[file("ai-plugin.json", JSON, "The plugin as OpenAI once wrote it, for an API key.", open_ai::plugin)],
        next: "Next: give the host the address of this file, which a running scorewatch serves as /manifests/ai-plugin.json, and an API key.",
        next_launched: None,
    },
    Host {
        name: "vscode",
        summary: "Visual Studio Code, as an MCP client: mcp.json",
        entra: EntraUse::No,
        files: &[file(
            "vscode.json",
            JSON,
            "The MCP endpoint for Visual Studio Code, which asks for an API key once.",
            mcp_clients::vscode,
        )],
        next: "Next: save it as .vscode/mcp.json of a project, or for all projects with MCP: Open User Configuration in the Command Palette. In a file that exists, add its entries to \"inputs\" and \"servers\". VS Code asks for a key when it first starts the server: scorewatch key new --name vscode --tenant NAME --expires 180d",
        next_launched: Some(
            "Next: save it as .vscode/mcp.json of a project; or for all projects as mcp.json in ~/.config/Code/User (Linux), ~/Library/Application Support/Code/User (macOS) or %APPDATA%\\Code\\User (Windows), which MCP: Open User Configuration in the Command Palette opens. In a file that exists, add \"scorewatch\" to its \"servers\". Then start it with MCP: List Servers.",
        ),
    },
    Host {
        name: "claude",
        summary: "Claude Desktop and Claude Code, as MCP clients: mcpServers",
        entra: EntraUse::No,
        files: &[file("claude.json", JSON, "The MCP endpoint for Claude Code, with the key from SCOREWATCH_KEY.", mcp_clients::claude)],
        next: "Next: save it as .mcp.json of a project for Claude Code, or add \"scorewatch\" to the \"mcpServers\" of one that exists, and set SCOREWATCH_KEY to an API key before claude starts: scorewatch key new --name claude --tenant NAME --expires 180d. Claude Desktop takes addresses in Settings > Connectors only; by --local it starts scorewatch itself.",
        next_launched: Some(
            "Next: for Claude Desktop save it as claude_desktop_config.json in ~/Library/Application Support/Claude (macOS), %APPDATA%\\Claude (Windows) or ~/.config/Claude (Linux), and restart Claude Desktop; for Claude Code as .mcp.json of a project. In a file that exists, add \"scorewatch\" to its \"mcpServers\".",
        ),
    },
    Host {
        name: "cursor",
        summary: "Cursor, as an MCP client: mcp.json",
        entra: EntraUse::No,
        files: &[file("cursor.json", JSON, "The MCP endpoint for Cursor, with the key from SCOREWATCH_KEY.", mcp_clients::cursor)],
        next: "Next: save it as mcp.json in ~/.cursor (Windows: %USERPROFILE%\\.cursor), or in .cursor of a project; in a file that exists, add \"scorewatch\" to its \"mcpServers\". Set SCOREWATCH_KEY to an API key before Cursor starts: scorewatch key new --name cursor --tenant NAME --expires 180d",
        next_launched: Some(
            "Next: save it as mcp.json in ~/.cursor (Windows: %USERPROFILE%\\.cursor), or in .cursor of a project. In a file that exists, add \"scorewatch\" to its \"mcpServers\". Then switch it on in Cursor's settings, under MCP.",
        ),
    },
    Host {
        name: "mcp-registry",
        summary: "A registry of MCP servers: server.json",
        entra: EntraUse::No,
        files: &[file("server.json", JSON, "The MCP endpoint, as registries list it.", registry::server)],
        next: "Next: publish it in a registry of your own, or with `mcp-publisher publish` once you have shown that the domain is yours.",
        next_launched: None,
    },
    Host {
        name: "openapi",
        summary: "OpenAPI 3.0.1, for GPT Actions and every other program that asks over HTTP",
        entra: EntraUse::No,
        files: &[file("openapi.json", JSON, "Every skill as an operation.", openapi::ordinary)],
        next: "A running scorewatch serves it as /openapi.json too.",
        next_launched: None,
    },
    Host {
        name: "openapi-linked",
        summary: "OpenAPI 3.0.1 for programs that cite: each row links to the Microsoft Defender portal",
        entra: EntraUse::Choice,
        files: &[file("openapi-linked.json", JSON, "Every skill as an operation whose rows link.", openapi::linked)],
        next: "A running scorewatch answers so below /linked.",
        next_launched: None,
    },
    Host {
        name: DISCORD,
        summary: "Discord: the slash commands, as `scorewatch discord register` writes them",
        entra: EntraUse::No,
        files: &[file("discord.json", JSON, "The slash commands, for those who register them otherwise.", |_| discord::file())],
        next: "Next: scorewatch discord register writes the same to Discord, and nothing where it is the same already.",
        next_launched: None,
    },
    Host {
        name: "about",
        summary: "What scorewatch keeps and who sees it: the page that app packages name as privacy and terms",
        entra: EntraUse::No,
        files: &[file("about.txt", TEXT, "What scorewatch keeps and who sees it.", |values| words::about(values).into_bytes())],
        next: "A running scorewatch serves it as /manifests/about.txt. Name your own pages in the app's manifest.json if your organisation has them.",
        next_launched: None,
    },
];

impl Host {
    /// The host called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|host| host.name == name)
    }

    /// Whether `values` hold all that its files cannot do without.
    pub fn is_ready(&self, values: &Values) -> bool {
        (values.url != PLACEHOLDER_URL || !self.holds_url())
            && (self.entra != EntraUse::Needed || values.entra.is_some())
            && (values.auth_reference.is_some() || !self.keeps_reference())
    }

    /// Whether its files depend on where we are reached.
    pub fn holds_url(&self) -> bool {
        self.name != DISCORD
    }

    /// Whether it names where Microsoft 365 keeps a key or a sign-in.
    pub fn keeps_reference(&self) -> bool {
        self.name == "microsoft-365"
    }

    /// What to do with its files, made of `values`.
    pub fn next(&self, values: &Values) -> &'static str {
        self.next_launched.filter(|_| values.launch.is_some()).unwrap_or(self.next)
    }

    /// Those of `values` with which its files are served and committed.
    pub fn shown_with(&self, values: &Values) -> Values {
        let entra = values.entra.clone().filter(|_| self.entra != EntraUse::Choice);
        Values { entra, ..values.clone() }
    }
}

impl HostFile {
    /// Its bytes.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it needs an Entra application and `values` name none.
    pub fn made(&self, values: &Values) -> Result<Vec<u8>> {
        match (&self.make, &values.entra) {
            (Make::Of(make), _) => Ok(make(values)),
            (Make::For(make), Some(entra)) => Ok(make(values, entra)),
            (Make::For(_), None) => Err(nowhere_to_sign_in()),
        }
    }

    /// Its name without the folder.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }
}

fn nowhere_to_sign_in() -> Error {
    let sentence = "This needs the Entra application that people sign in to, and this server has none: configure `[entra]`, or write the file with `scorewatch manifest` and --entra-client-id.";
    Error::new(ErrorKind::NotFound, sentence)
}

/// Where `skill` is asked.
pub fn path(skill: &Entry) -> String {
    format!("/skills/{}", skill.name)
}

/// `secure_score` is `GetSecureScore`: Security Copilot advises PascalCase, and all hosts take it.
pub fn operation_id(name: &str) -> String {
    format!("Get{}", words::pascal(name))
}

/// A document as a person reads it too.
fn pretty(document: &Value) -> Vec<u8> {
    format!("{document:#}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_called_after_its_skill() {
        assert_eq!(operation_id("secure_score"), "GetSecureScore");
        assert_eq!(operation_id("control"), "GetControl");
    }

    #[test]
    fn a_url_has_no_slash_at_its_end() {
        assert_eq!(Values::at("https://score.example.org/").url, "https://score.example.org");
    }

    #[test]
    fn who_needs_entra_says_so_and_where_a_sign_in_ends() {
        let nobody = Values { auth_reference: Some("ID".to_owned()), ..Values::at("https://score.example.org") };
        assert!(ALL.iter().all(|host| host.is_ready(&Values::placeholders()) != host.holds_url()));
        for host in &ALL {
            let refused = host.files.iter().any(|file| file.made(&nobody).is_err());
            assert_eq!((refused, host.is_ready(&nobody)), (host.entra == EntraUse::Needed, !refused), "{}", host.name);
            assert!(!refused || host.next.contains(security_copilot::REDIRECT), "{}", host.name);
        }
    }

    #[test]
    fn who_may_choose_is_shown_for_a_key() {
        let package = Host::named("microsoft-365").unwrap();
        let shown = package.shown_with(&Values::placeholders());
        assert_eq!(shown.entra, None);
        let plugin = |values: &Values| package.files[2].made(values).unwrap();
        assert_ne!(plugin(&shown), plugin(&Values::placeholders()));
    }
}
