"""Runs in a process with some Datasette: opens the databases, sends the requests, prints what came back as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import datasette.plugins
from datasette.app import Datasette

import rag.datasette_plugin as plugin
from rag.datasette_plugin import workers

asked: list[str] = []


def counted(call: Any) -> Any:
    def counting(self: workers.Worker, do: str, **arguments: Any) -> Any:
        asked.append(do)
        return call(self, do, **arguments)

    return counting


async def main(given: dict[str, Any]) -> dict[str, Any]:
    if not datasette.plugins.pm.is_registered(plugin):
        datasette.plugins.pm.register(plugin, name="rag")
    new = hasattr(Datasette, "allowed")
    found = Datasette(given["files"], **{"config" if new else "metadata": given["settings"]})
    await found.invoke_startup()
    replies = []
    for path, actor in given["requests"]:
        asked.clear()
        cookies = {"ds_actor": found.sign({"a": actor}, "actor")} if actor else {}
        reply = await found.client.get(path, cookies=cookies)
        replies.append({"status": reply.status_code, "text": reply.text, "asked": list(asked)})
    names = await found.actors_from_ids(given["actors"]) if new else plugin.actors_from_ids(found, given["actors"])
    return {"replies": replies, "names": {str(key): value for key, value in (names or {}).items()}}


workers.Worker.call = counted(workers.Worker.call)  # type: ignore[method-assign]
print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
