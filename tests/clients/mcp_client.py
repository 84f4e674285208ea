"""The official MCP client lists and calls every tool and prompt, over HTTP and stdio, for the newest and an older revision.

    mcp_client.py URL KEY PROGRAM CONFIG
"""

import asyncio
import json
import sys
import urllib.parse
import urllib.request

import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

URL, KEY, PROGRAM, CONFIG = sys.argv[1:]
NEWEST, OLDER = "2026-07-28", "2025-11-25"
TENANT = "contoso"
NEEDED = {"control": {"name": "AdminMFAV2"}}
PROMPTS = {
    "posture_brief": {},
    "explain_drop": {"since": "week"},
    "incident_root_cause": {"incident": "Stolen password, then mail forwarding rules"},
    "risk_review": {"tenant": TENANT},
    "sprint_plan": {"items": "3"},
    "compare_tenants": {"tenant": "contoso,fabrikam"},
    "board_summary": {"since": "90"},
}


def over_http(path: str, accept: str) -> str:
    request = urllib.request.Request(URL + path, headers={"Authorization": f"Bearer {KEY}", "Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def expected(skill: str) -> str:
    query = urllib.parse.urlencode({"tenant": TENANT} | NEEDED.get(skill, {}))
    return over_http(f"/skills/{skill}?{query}", "text/plain")


async def try_all(client: Client, skills: list[str]) -> None:
    tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == skills, tools
    for tool in tools:
        assert tool.annotations.read_only_hint and tool.output_schema is None, tool
        result = await client.call_tool(tool.name, {"tenant": TENANT} | NEEDED.get(tool.name, {}))
        assert not result.is_error and result.structured_content is None, result
        (content,) = result.content
        assert content.text == expected(tool.name), (content.text, expected(tool.name))
    wrong = await client.call_tool("weakest_controls", {"tenant": TENANT, "limit": 999})
    assert wrong.is_error and "1 to 25" in wrong.content[0].text, wrong
    prompts = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == list(PROMPTS), prompts
    for prompt in prompts:
        (message,) = (await client.get_prompt(prompt.name, PROMPTS[prompt.name])).messages
        assert message.role == "user" and "{{" not in message.content.text, message
        assert all(value in message.content.text for value in PROMPTS[prompt.name].values()), message
    assert "scorewatch" in client.instructions


async def main() -> None:
    skills = [skill["name"] for skill in json.loads(over_http("/skills", "application/json"))["skills"]]
    for mode, version in (("auto", NEWEST), ("legacy", OLDER)):
        http = streamable_http_client(f"{URL}/mcp", http_client=httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}))
        stdio = StdioServerParameters(command=PROGRAM, args=["mcp", "--config", CONFIG])
        for name, server in (("HTTP", http), ("stdio", stdio)):
            async with Client(server, mode=mode) as client:
                assert client.protocol_version == version, client.protocol_version
                assert client.server_info.name == "scorewatch", client.server_info
                await try_all(client, skills)
                print(f"{name}, {version}: {len(skills)} tools and {len(PROMPTS)} prompts, text equal to HTTP's")


asyncio.run(main())
