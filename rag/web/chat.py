"""
The same questions in the form of OpenAI's chat API, so that existing chat front ends work on one's notes.

The last message of the user is the question, the exchanges before it are its history. Citations come as annotations of
the message (`url_citation`, as hosted search models give them) and whole under `rag` as an extension.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import pairwise
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route as Path_

from rag.app.answers import dumps
from rag.web import schemas
from rag.web.api.asking import STILL_HERE, asking, watched
from rag.web.desk import Desk
from rag.web.routes import Call, Problem, Route, answer

MODEL = "rag"
MESSAGE: Any = {
    "type": "object",
    "properties": {
        "role": {"enum": ["system", "developer", "user", "assistant", "tool"]},
        "content": {"anyOf": [{"type": "string"}, {"type": "null"}, {"type": "array", "items": {"type": "object"}}]},
    },
    "required": ["role"],
}
BODY: Any = {  # open: front ends send settings that mean nothing here
    "type": "object",
    "properties": {
        "model": {"type": "string"},
        "messages": {"type": "array", "items": MESSAGE, "minItems": 1, "maxItems": 400},
        "stream": {"type": ["boolean", "null"]},
    },
    "required": ["messages"],
}


async def complete(call: Call) -> Any:
    """One answer, whole or as chunks."""
    question, history = _conversation(call.body["messages"])
    desk, body = call.state, {"question": question, "history": history}
    made = {"id": f"chatcmpl-{time.time_ns():x}", "created": int(time.time()), "model": MODEL}
    if call.body.get("stream"):
        chunks = _chunks(desk, call, body, made)
        return StreamingResponse(chunks, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
    work = asyncio.ensure_future(desk.line.run(call.client, asking(desk, call.token, body, None)))
    found = await call.while_there(work)
    message = {"role": "assistant", "content": found["answer"], "refusal": None, **_cited(call.request, found)}
    usage = found.get("usage", {})
    used = {"prompt_tokens": usage.get("tokens_in", 0), "completion_tokens": usage.get("tokens_out", 0)}
    return {
        **made,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {**used, "total_tokens": sum(used.values())},
        "rag": found,
    }


async def _chunks(desk: Desk, call: Call, body: dict[str, Any], made: dict[str, Any]) -> AsyncIterator[str]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return f"data: {dumps({**made, 'object': 'chat.completion.chunk', 'choices': [choice], **more})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    written = ""
    async with aclosing(watched(desk, call.token, call.client, body)) as said:
        async for name, data in said:
            if not name:
                yield STILL_HERE
            elif name == "text":
                written += data["text"]
                yield chunk({"content": data["text"]})
            elif name == "answer":
                if not written.strip():
                    yield chunk({"content": data["answer"]})
                yield chunk(_cited(call.request, data), "stop", rag=data)
            elif name == "error":
                error = {"message": data["error"]["message"], "type": "error", "code": None}
                yield f"data: {dumps({'error': error})}\n\n"
    yield "data: [DONE]\n\n"


def _cited(request: Request, found: dict[str, Any]) -> dict[str, Any]:
    """Annotations of the message; an address of a document's own wins over its page here."""
    notes = []
    for one in found["citations"]:
        here = f"{request.base_url}d/{one['id']}?start={one['start']}&end={one['end']}"
        title = one["title"] or one["document"]
        cited = {"url": one["url"] or here, "title": title, "start_index": 0, "end_index": len(found["answer"])}
        notes.append({"type": "url_citation", "url_citation": cited})
    return {"annotations": notes}


def _conversation(messages: list[dict[str, Any]]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The question, and the exchanges before it. Raises Problem if the last word is not the user's."""
    turns = [(one["role"], _text(one.get("content"))) for one in messages if one["role"] in ("user", "assistant")]
    if not turns or turns[-1][0] != "user" or not turns[-1][1].strip():
        raise Problem(422, "invalid_body", "the last message is not a question of the user")
    history = [
        (asked, said)
        for (first, asked), (second, said) in pairwise(turns)
        if (first, second) == ("user", "assistant") and asked.strip()
    ]
    if len(question := turns[-1][1]) > schemas.QUESTION["maxLength"]:
        most = schemas.QUESTION["maxLength"]
        raise Problem(422, "invalid_body", f"the question has {len(question):,} characters, and {most:,} are the most")
    return question, tuple(history[-10:])


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return content or ""


async def list_models(request: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "rag"}]})


COMPLETE = Route("POST", "/v1/chat/completions", complete, "Ask in the form of OpenAI's chat API", "ask", body=BODY)


async def completions(request: Request) -> Response:
    request.scope["path_template"] = COMPLETE.path
    return await answer(COMPLETE, request)


ROUTES = [Path_(COMPLETE.path, completions, methods=["POST"]), Path_("/v1/models", list_models)]
