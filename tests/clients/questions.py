"""The questions of tests/questions.toml, asked with the official MCP client about a tenant of the demo.

    questions.py URL KEY
"""

import asyncio
import datetime
import pathlib
import re
import sys
import tomllib

import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

URL, KEY = sys.argv[1:]
FILE = pathlib.Path(__file__).parent.parent / "questions.toml"


def dated(text: str, today: datetime.date) -> str:
    """The last whole month before today, as the file says."""
    day = datetime.timedelta(days=1)
    first = (today.replace(day=1) - day).replace(day=1)
    named = {"{month}": f"{first:%Y-%m}", "{first}": str(first), "{before}": str(first - day)}
    for name, value in named.items():
        text = text.replace(name, value)
    return text


async def said(client: Client, call: dict) -> str:
    result = await client.call_tool(call.pop("tool"), call)
    (content,) = result.content
    assert not result.is_error, content.text
    return content.text


async def main() -> None:
    http = streamable_http_client(f"{URL}/mcp", http_client=httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}))
    async with Client(http) as client:
        standing = await said(client, {"tool": "secure_score", "tenant": "contoso"})
        newest = datetime.date.fromisoformat(re.search(r"\d{4}-\d\d-\d\d", standing).group())
        questions = tomllib.loads(dated(FILE.read_text(), newest))["question"]
        for question in questions:
            assert len(question["calls"]) <= 2, question
            answer = "\n\n".join([await said(client, call) for call in question["calls"]])
            missing = [fact for fact in question["facts"] if not re.search(fact, answer)]
            assert not missing, (question["asks"], missing, answer)
        print(f"{len(questions)} questions answered, each in two calls at most")


asyncio.run(main())
