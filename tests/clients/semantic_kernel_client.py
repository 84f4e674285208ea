"""Semantic Kernel imports our OpenAPI document as a plug-in and calls skills through it.

    semantic_kernel_client.py URL KEY
"""

import asyncio
import json
import sys
import urllib.request

from semantic_kernel import Kernel
from semantic_kernel.connectors.openapi_plugin import OpenAPIFunctionExecutionParameters

URL, KEY = sys.argv[1:]


async def main() -> None:
    with urllib.request.urlopen(f"{URL}/openapi.json", timeout=30) as answer:
        document = json.loads(answer.read())

    async def auth(**_: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {KEY}"}

    settings = OpenAPIFunctionExecutionParameters(auth_callback=auth, server_url_override=URL, server_url_validation_allowed_base_urls=[URL])
    kernel = Kernel()
    plugin = kernel.add_plugin_from_openapi("scorewatch", openapi_parsed_spec=document, execution_settings=settings)
    operations = [method["operationId"] for path in document["paths"].values() for method in path.values()]
    assert sorted(plugin.functions) == sorted(operations), plugin.functions
    score = json.loads(str(await kernel.invoke(plugin["GetSecureScore"], tenant="contoso")))
    assert score["tenant"] == "contoso" and score["points"] > 0, score
    weakest = json.loads(str(await kernel.invoke(plugin["GetWeakestControls"], tenant="contoso", limit=3, order="quick_wins")))
    assert len(weakest["controls"]) == 3, weakest
    print(f"Semantic Kernel: {len(operations)} functions imported, two called")


asyncio.run(main())
