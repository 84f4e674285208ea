"""Reads what hosts are given (manifests/) with parsers that are not ours, and checks it against what each host publishes.

Nothing of a vendor's is copied here: the limits are written down from the pages that stand beside them.
"""

import json
import pathlib
import re
import struct
import sys

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parent.parent
MANIFESTS = ROOT / "manifests"
GOLDEN = ROOT / "tests" / "golden"


def read_json(name: str):
    return json.loads((MANIFESTS / name).read_text(encoding="utf-8"))


def read_yaml(name: str):
    text = (MANIFESTS / name).read_text(encoding="utf-8")
    assert text.startswith("# Written by "), f"{name} does not say who writes it"
    return yaml.safe_load(text)


def text(most: int, **more) -> dict:
    """A text of 1 to `most` characters that does not only hold white space."""
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": r"\S", **more}


def only(required: dict, /, **optional) -> dict:
    """An object with these members and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def some(items: dict, most: int) -> dict:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def conforms(name: str, document, schema: dict) -> None:
    wrong = [f"{name} {error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)]
    assert not wrong, "\n".join(wrong)


# A text for which no host publishes a limit.
SAID = {"type": "string", "pattern": r"\S"}
URL = {"type": "string", "pattern": r"^https://\S+$", "maxLength": 2048}
GUID = {"type": "string", "pattern": "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"}


# --- OpenAPI ---------------------------------------------------------------------------------------------------------


def check_openapi(name: str) -> list[str]:
    """Returns the names of the operations."""
    document = read_json(name)
    validate(document)
    # Security Copilot reads 3.0 and 3.0.1 only (learn.microsoft.com/copilot/security/custom-plugins).
    assert document["openapi"] == "3.0.1", document["openapi"]
    operations = []
    for path, item in document["paths"].items():
        # Security Copilot takes GET and POST; ours only read.
        assert list(item) == ["get"], path
        operation = item["get"]
        # developers.openai.com/api/docs/actions/production: 300 characters for an operation, 700 for a parameter.
        assert 0 < len(operation["description"]) <= 300, path
        assert all(len(parameter["description"]) <= 700 for parameter in operation["parameters"]), path
        # learn.microsoft.com/microsoft-365-copilot/extensibility/plugin-confirmation-prompts: nothing is asked before a reading.
        assert operation["x-openai-isConsequential"] is False, path
        operations.append(operation["operationId"])
    # developers.openai.com/api/docs/actions/production: what is sent has fewer than 100,000 characters.
    assert len((MANIFESTS / name).read_text(encoding="utf-8")) < 100_000, name
    assert len(set(operations)) == len(operations)
    return operations


# --- Security Copilot ------------------------------------------------------------------------------------------------

# learn.microsoft.com/copilot/security/custom-plugins: none of / \ ? # @ and no white space.
COPILOT_NAME = text(100, pattern=r"^[^/\\?#@\s]+$")
# learn.microsoft.com/copilot/security/developer/agent-manifest: names of agents and skills have no dot either.
PLAIN_NAME = {"type": "string", "pattern": r"^[^/\\?#@\s.]+$"}
DESCRIBED = {"Name": COPILOT_NAME, "DisplayName": text(40), "Description": text(16_000)}
SETTING = only(
    {"Name": PLAIN_NAME, "Label": SAID, "Description": SAID, "SettingType": {"enum": ["String", "SecretString"]}},
    HintText=SAID,
    DefaultValue={"type": "string"},
    Required={"type": "boolean"},
)
# learn.microsoft.com/copilot/security/plugin-api, "API authentication".
BY_KEY = only(
    {"Type": {"const": "APIKey"}, "Key": {"const": "Authorization"}, "Location": {"enum": ["Header", "QueryParams"]}, "AuthScheme": {"const": "Bearer"}}
)
BY_SIGN_IN = only(
    {
        "Type": {"const": "OAuthAuthorizationCodeFlow"},
        "ClientId": GUID,
        "AuthorizationEndpoint": URL,
        "TokenEndpoint": URL,
        # Scopes stand between spaces, and all belong to one resource.
        "Scopes": {"type": "string", "pattern": r"^offline_access (api|https)://[^ ,]+$"},
        "AuthorizationContentType": {"const": "application/x-www-form-urlencoded"},
    }
)


def plugin(auth: str, authorization: dict, form: str, settings: dict) -> dict:
    descriptor = {
        **DESCRIBED,
        "DescriptionForModel": text(16_000),
        "SupportedAuthTypes": {"const": [auth]},
        "Authorization": authorization,
    }
    group = only({"Format": {"const": form}, "Settings": settings})
    return only({"Descriptor": only(descriptor, Settings=some(SETTING, 10)), "SkillGroups": some(group, 1)})


INPUT = only(
    {"Name": PLAIN_NAME, "Description": SAID, "Required": {"type": "boolean"}}, DefaultValue={"type": "string"}
)
# learn.microsoft.com/copilot/security/developer/agent-manifest.
AGENT = only(
    {
        "Descriptor": only(DESCRIBED),
        "AgentDefinitions": some(
            only(
                {
                    "Name": PLAIN_NAME,
                    "DisplayName": text(40),
                    "Description": text(16_000),
                    "Publisher": SAID,
                    "Product": SAID,
                    "RequiredSkillsets": some(COPILOT_NAME, 10),
                    "AgentSingleInstanceConstraint": {"enum": ["None", "Workspace", "Tenant"]},
                    "Triggers": some(
                        only(
                            {
                                "Name": PLAIN_NAME,
                                "DefaultPollPeriodSeconds": {"const": 7 * 24 * 3600},
                                "FetchSkill": {"const": ""},
                                "ProcessSkill": {"type": "string", "pattern": r"^[^.\s]+\.[^.\s]+$"},
                            }
                        ),
                        1,
                    ),
                }
            ),
            1,
        ),
        "SkillGroups": {
            "prefixItems": [
                only(
                    {
                        "Format": {"const": "Agent"},
                        "Skills": some(
                            only(
                                {
                                    "Name": PLAIN_NAME,
                                    "DisplayName": text(40),
                                    "Description": text(16_000),
                                    "Interfaces": {"const": ["Agent"]},
                                    "Settings": only({"Model": {"enum": ["gpt-4o", "gpt-4.1"]}, "Instructions": SAID}),
                                    "ChildSkills": some(PLAIN_NAME, 10),
                                }
                            ),
                            1,
                        ),
                    }
                ),
                only(
                    {
                        "Format": {"const": "GPT"},
                        "Skills": some(
                            only(
                                {
                                    "Name": PLAIN_NAME,
                                    "DisplayName": text(40),
                                    "Description": text(16_000),
                                    "Inputs": some(INPUT, 10),
                                    # learn.microsoft.com/copilot/security/plugin-gpt.
                                    "Settings": only({"ModelName": {"const": "gpt-4o"}, "Template": text(80_000)}),
                                }
                            ),
                            20,
                        ),
                    }
                ),
            ],
            "minItems": 2,
            "maxItems": 2,
        },
    }
)


def check_security_copilot(operations: list[str], tools: list[str]) -> None:
    by_key = read_yaml("security-copilot.yaml")
    spec = {"OpenApiSpecUrl": URL}
    conforms("security-copilot.yaml", by_key, plugin("ApiKey", BY_KEY, "API", only({**spec, "EndpointUrlSettingName": PLAIN_NAME})))
    settings = {setting["Name"] for setting in by_key["Descriptor"]["Settings"]}
    assert by_key["SkillGroups"][0]["Settings"]["EndpointUrlSettingName"] in settings

    by_sign_in = read_yaml("security-copilot-oauth.yaml")
    conforms("security-copilot-oauth.yaml", by_sign_in, plugin("OAuthAuthorizationCodeFlow", BY_SIGN_IN, "API", only(spec)))
    # Either of the two is the plugin that the agent asks.
    assert by_key["Descriptor"]["Name"] == by_sign_in["Descriptor"]["Name"]

    over_mcp = read_yaml("security-copilot-mcp.yaml")
    # learn.microsoft.com/copilot/security/plugin-mcp.
    mcp = only(
        {
            "Endpoint": URL,
            "UseStreamableHttp": {"const": True},
            "UsePluginAuth": {"const": True},
            "TimeoutInSeconds": {"type": "integer", "minimum": 1, "maximum": 120},
            "AllowedTools": {"const": ",".join(tools)},
        }
    )
    conforms("security-copilot-mcp.yaml", over_mcp, plugin("OAuthAuthorizationCodeFlow", BY_SIGN_IN, "MCP", mcp))

    agent = read_yaml("security-copilot-agent.yaml")
    conforms("security-copilot-agent.yaml", agent, AGENT)
    (definition,) = agent["AgentDefinitions"]
    own = agent["Descriptor"]["Name"]
    assert definition["RequiredSkillsets"] == [own, by_key["Descriptor"]["Name"]]
    (skill,) = agent["SkillGroups"][0]["Skills"]
    assert definition["Triggers"][0]["ProcessSkill"] == f"{own}.{skill['Name']}"
    # GPT skills are no child skills: the agent is a model itself.
    assert skill["ChildSkills"] == operations, skill["ChildSkills"]
    for gpt in agent["SkillGroups"][1]["Skills"]:
        used = set(re.findall(r"\{\{(\w+)\}\}", gpt["Settings"]["Template"]))
        assert used == {given["Name"] for given in gpt["Inputs"]}, gpt["Name"]
        assert not any(f"`{tool}`" in gpt["Settings"]["Template"] for tool in tools), gpt["Name"]

    promptbooks = (MANIFESTS / "security-copilot-promptbooks.md").read_text(encoding="utf-8")
    direct = set(re.findall(r"^/(\w+)", promptbooks, flags=re.MULTILINE))
    assert direct and direct <= set(operations), direct
    # What a promptbook asks for stands between angle brackets, and is said above its prompts.
    for book in promptbooks.split("\n## ")[1:]:
        inputs, prompts = book.split("\nPrompts:\n")
        assert set(re.findall(r"<(\w+)>", prompts)) == set(re.findall(r"`<(\w+)>`", inputs)), book.splitlines()[0]


# --- Microsoft 365 Copilot -------------------------------------------------------------------------------------------

# learn.microsoft.com/microsoft-365/extensibility/schema/root.
APP = only(
    {
        "$schema": URL,
        "manifestVersion": {"const": "1.24"},
        "version": text(256, pattern=r"^\d+\.\d+\.\d+$"),
        "id": GUID,
        "developer": only({"name": text(32), "websiteUrl": URL, "privacyUrl": URL, "termsOfUseUrl": URL}),
        "name": only({"short": text(30), "full": text(100)}),
        "description": only({"short": text(80), "full": text(4000)}),
        "icons": only({"color": {"const": "color.png"}, "outline": {"const": "outline.png"}}),
        "accentColor": {"type": "string", "pattern": "^#[0-9A-F]{6}$"},
        "copilotAgents": only(
            {"declarativeAgents": some(only({"id": SAID, "file": {"const": "declarativeAgent.json"}}), 1)}
        ),
    }
)
# learn.microsoft.com/microsoft-365-copilot/extensibility/declarative-agent-manifest-1.8; 4,000 characters where it says no other.
DECLARATIVE_AGENT = only(
    {
        "$schema": URL,
        "version": {"const": "v1.8"},
        "name": text(100),
        "description": text(1000),
        "instructions": text(8000),
        "conversation_starters": some(only({"title": text(4000), "text": text(4000)}), 12),
        "actions": some(only({"id": SAID, "file": {"const": "plugin.json"}}), 10),
        "behavior_overrides": only({"special_instructions": only({"discourage_model_knowledge": {"type": "boolean"}})}),
    }
)
# learn.microsoft.com/microsoft-365-copilot/extensibility/plugin-manifest-2.4; its strings have at most 4,000 characters.
STATE = only({}, description=text(4000), instructions=some(text(4000), 10))
FUNCTION = only(
    {
        "name": text(4000, pattern="^[A-Za-z0-9_]+$"),
        "description": text(4000),
        "states": only({"reasoning": STATE, "responding": STATE}),
        "capabilities": only(
            {
                "confirmation": only(
                    {
                        "type": {"const": "AdaptiveCard"},
                        "title": text(4000),
                        "body": text(4000),
                        "isNonConsequential": {"const": True},
                    }
                ),
                "response_semantics": only(
                    {
                        "data_path": {"type": "string", "pattern": r"^\$(\.\w+)?$"},
                        "properties": only({member: {"const": f"$.{member}"} for member in ["title", "subtitle", "url"]}),
                    }
                ),
                "security_info": only({"data_handling": {"const": ["GetPrivateData"]}}),
            }
        ),
    }
)
PLUGIN = only(
    {
        "$schema": URL,
        "schema_version": {"const": "v2.4"},
        "name_for_human": text(20),
        "namespace": text(4000, pattern="^[A-Za-z0-9]+$"),
        "description_for_model": text(2048),
        "description_for_human": text(100),
        "legal_info_url": URL,
        "privacy_policy_url": URL,
        # "Quality might degrade" beyond ten: learn.microsoft.com/microsoft-365-copilot/extensibility/overview-plugins.
        "functions": some(FUNCTION, 10),
        "runtimes": some(
            only(
                {
                    "type": {"const": "OpenApi"},
                    "auth": only({"type": {"enum": ["ApiKeyPluginVault", "OAuthPluginVault"]}, "reference_id": text(4000)}),
                    "spec": only({"url": {"const": "openapi.json"}}, progress_style={"const": "ShowUsageWithInput"}),
                    "run_for_functions": some(text(4000), 10),
                }
            ),
            1,
        ),
    }
)


def png(name: str) -> tuple[int, int, int]:
    """Width, height and colour type."""
    head = (MANIFESTS / name).read_bytes()[:26]
    assert head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR", name
    width, height, _, colour = struct.unpack(">IIBB", head[16:26])
    return width, height, colour


def check_microsoft_365(operations: list[str]) -> int:
    app = read_json("microsoft-365/manifest.json")
    conforms("manifest.json", app, APP)
    # learn.microsoft.com/microsoft-365-copilot/extensibility/agents-are-apps: sizes; the outline is transparent (colour type 6).
    assert png("microsoft-365/color.png")[:2] == (192, 192)
    assert png("microsoft-365/outline.png") == (32, 32, 6)

    agent = read_json("microsoft-365/declarativeAgent.json")
    conforms("declarativeAgent.json", agent, DECLARATIVE_AGENT)
    titles = [starter["title"] for starter in agent["conversation_starters"]]
    assert len(set(titles)) == len(titles), titles

    plugin = read_json("microsoft-365/plugin.json")
    conforms("plugin.json", plugin, PLUGIN)
    functions = [function["name"] for function in plugin["functions"]]
    assert functions == operations and plugin["runtimes"][0]["run_for_functions"] == operations, functions
    assert set(functions) == set(check_openapi("microsoft-365/openapi.json"))
    return check_citations(plugin)


def check_citations(plugin: dict) -> int:
    """Looks each function's citations up in the answers that its skill gives to its examples. Returns how many there are."""
    found = 0
    for function in plugin["functions"]:
        path = function["capabilities"]["response_semantics"]["data_path"]
        skill = re.sub(r"(?<!^)([A-Z])", r"_\1", function["name"].removeprefix("Get")).lower()
        answers = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(GOLDEN.glob(f"{skill}/*/answer-linked.json"))]
        cited = [row for answer in answers for row in ([answer] if path == "$" else answer.get(path[2:], []))]
        assert cited, function["name"]
        for row in cited:
            assert row["title"].strip() and row["subtitle"].strip(), row
            assert row["url"].startswith("https://security.microsoft.com/securescore?"), row
        found += len(cited)
    return found


# --- Everything else -------------------------------------------------------------------------------------------------

# learn.microsoft.com/copilot/security/custom-plugins, "Mapping of plugin fields".
OPEN_AI = only(
    {
        "schema_version": {"const": "v1"},
        "name_for_model": COPILOT_NAME,
        "name_for_human": text(40),
        "description_for_model": text(16_000),
        "description_for_human": text(200),
        "auth": only({"type": {"const": "api_key"}, "authorization_type": {"const": "bearer"}}),
        "api": only({"type": {"const": "openapi"}, "url": URL}),
        "logo_url": URL,
        "legal_info_url": URL,
    }
)
# static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json.
SECRET = {"description": SAID, "isRequired": {"const": True}, "isSecret": {"const": True}}
SERVER = only(
    {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": text(200, pattern="^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", minLength=3),
        "title": text(100),
        "description": text(100),
        "version": text(255, pattern=r"^\d+\.\d+\.\d+$"),
        "remotes": some(
            only(
                {
                    "type": {"const": "streamable-http"},
                    "url": URL,
                    "headers": some(
                        only(
                            {
                                "name": {"const": "Authorization"},
                                "value": {"const": "Bearer {api_key}"},
                                "variables": only({"api_key": only(SECRET)}),
                                **SECRET,
                            }
                        ),
                        1,
                    ),
                }
            ),
            1,
        ),
    }
)

# https://docs.discord.com/developers/interactions/application-commands#application-command-object
NAME = {"type": "string", "pattern": r"^[a-z0-9_-]{1,32}$"}
CHOICE = only({"name": text(100), "value": text(100)})
OPTION = only(
    {"type": {"enum": [3, 4, 5]}, "name": NAME, "description": text(100)},
    choices=some(CHOICE, 25),
    min_value={"type": "integer"},
    max_value={"type": "integer"},
    min_length={"type": "integer", "minimum": 0, "maximum": 6000},
    max_length={"type": "integer", "minimum": 1, "maximum": 6000},
    autocomplete={"const": True},
    **{"required": {"const": True}},
)
# A command has options, or subcommands that have them.
SUBCOMMAND = only({"type": {"const": 1}, "name": NAME, "description": text(100)}, options={"type": "array", "items": OPTION, "maxItems": 25})
DISCORD = some(
    only(
        {"type": {"const": 1}, "name": NAME, "description": text(100), "contexts": {"const": [0, 1]}, "integration_types": {"const": [0]}},
        options={"anyOf": [some(OPTION, 25), some(SUBCOMMAND, 25)]},
    ),
    100,
)


# code.visualstudio.com/docs/copilot/reference/mcp-configuration, code.claude.com/docs/en/mcp, cursor.com/docs/context/mcp: a key comes
# from an input, or from a variable; none stands in a file.
MCP_URL = {**URL, "pattern": r"^https://\S+/mcp$"}
VSCODE = only(
    {
        "inputs": some(
            only({"type": {"const": "promptString"}, "id": {"const": "scorewatch"}, "description": SAID, "password": {"const": True}}), 1
        ),
        "servers": only(
            {
                "scorewatch": only(
                    {"type": {"const": "http"}, "url": MCP_URL, "headers": only({"Authorization": {"const": "Bearer ${input:scorewatch}"}})}
                )
            }
        ),
    }
)


def mcp_servers(variable: str, **more) -> dict:
    server = only({**more, "url": MCP_URL, "headers": only({"Authorization": {"const": f"Bearer {variable}"}})})
    return only({"mcpServers": only({"scorewatch": server})})


def main() -> None:
    checked = {"openapi.json", "discord.json", "openapi-linked.json", "ai-plugin.json", "server.json", "about.txt"}
    checked |= {"vscode.json", "claude.json", "cursor.json"}
    conforms("vscode.json", read_json("vscode.json"), VSCODE)
    conforms("claude.json", read_json("claude.json"), mcp_servers("${SCOREWATCH_KEY}", type={"const": "http"}))
    conforms("cursor.json", read_json("cursor.json"), mcp_servers("${env:SCOREWATCH_KEY}"))
    known = check_openapi("openapi.json")
    assert set(check_openapi("openapi-linked.json")) == set(known)
    assert read_json("openapi-linked.json")["servers"][0]["url"].endswith("/linked")
    # The order of the skills, which OpenAPI's sorted paths do not keep.
    operations = [function["name"] for function in read_json("microsoft-365/plugin.json")["functions"]]
    assert sorted(operations) == sorted(known), operations
    tools = [re.sub(r"(?<!^)([A-Z])", r"_\1", operation.removeprefix("Get")).lower() for operation in operations]
    assert {f"/skills/{tool}" for tool in tools} == set(read_json("openapi.json")["paths"])

    check_security_copilot(operations, tools)
    checked |= {f"security-copilot{variant}" for variant in [".yaml", "-oauth.yaml", "-mcp.yaml", "-agent.yaml", "-promptbooks.md"]}
    cited = check_microsoft_365(operations)
    checked |= {f"microsoft-365/{name}" for name in ["manifest.json", "declarativeAgent.json", "plugin.json", "openapi.json", "color.png", "outline.png"]}
    conforms("ai-plugin.json", read_json("ai-plugin.json"), OPEN_AI)
    conforms("discord.json", read_json("discord.json"), DISCORD)
    conforms("server.json", read_json("server.json"), SERVER)
    assert read_json("server.json")["version"] == read_json("openapi.json")["info"]["version"]

    there = {str(path.relative_to(MANIFESTS)) for path in MANIFESTS.rglob("*") if path.is_file()}
    assert there == checked, f"nobody checks {there - checked}; missing {checked - there}"
    print(f"{len(checked)} documents, {len(operations)} operations, {cited} citations: ok")


if __name__ == "__main__":
    sys.exit(main())
