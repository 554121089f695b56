"""Ask: the answer as one JSON object, or written while one watches (server-sent events)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from rag.app.answers import dumps, linked
from rag.app.ask import AskRequest, ask
from rag.errors import NotFoundError, RagError
from rag.index import Index
from rag.store import answers as store
from rag.store import pages
from rag.store.answers import Logged
from rag.store.tokens import Token
from rag.types import Hit
from rag.web import schemas
from rag.web.api.documents import filters
from rag.web.api.searching import shown
from rag.web.desk import Desk, visible
from rag.web.routes import Call, Route, error_object
from rag.web.workers import Turn

PASSAGES = 8
log = logging.getLogger("rag.web")
FAULT = "the server made a mistake"
STILL_HERE = ": still here\n\n"  # so that no proxy between takes the line for dead
Say = Callable[[str, Any], None]  # an event and its data


async def ask_question(call: Call) -> Any:
    if "text/event-stream" in call.request.headers.get("accept", ""):
        from starlette.responses import StreamingResponse

        events = stream(call.state, call.token, call.client, call.body)
        return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
    work = asyncio.ensure_future(call.state.line.run(call.client, asking(call.state, call.token, call.body, None)))
    return await call.while_there(work)


async def stream(desk: Desk, token: Token, client: str, body: dict[str, Any]) -> AsyncIterator[str]:
    """What `watched` gives as server-sent events."""
    async with aclosing(watched(desk, token, client, body)) as said:
        async for name, data in said:
            yield event(name, data) if name else STILL_HERE


async def watched(desk: Desk, token: Token, client: str, body: dict[str, Any]) -> AsyncGenerator[tuple[str, Any], None]:
    """
    `waiting` {ahead}, `found` {items}, `text` {text} as it is written, then `answer` {…} or `error` {error}.

    A nameless event says that nothing was said for a while. When the client goes away this generator is closed, and its
    turn ends.
    """
    events: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def say(name: str, data: Any) -> None:
        loop.call_soon_threadsafe(events.put_nowait, (name, data))

    async def run() -> None:
        try:
            events.put_nowait(("answer", await desk.line.run(client, asking(desk, token, body, say))))
        except RagError as error:
            events.put_nowait(("error", error_object(error)))
        except Exception:  # the reply has begun: what went wrong can only be told in it
            log.exception("a fault while answering")
            events.put_nowait(("error", {"error": {"code": "fault", "message": FAULT, "hint": ""}}))
        finally:
            events.put_nowait(None)

    yield "waiting", {"ahead": len(desk.line)}
    task = asyncio.create_task(run())
    try:
        while True:
            try:
                said = await asyncio.wait_for(events.get(), 15)
            except TimeoutError:
                yield "", None
                continue
            if said is None:
                break
            yield said
    finally:
        task.cancel()


def event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {dumps(data)}\n\n"


def asking(desk: Desk, token: Token, body: dict[str, Any], say: Say | None) -> Callable[[Index, Turn], dict[str, Any]]:
    """The work of one turn: search, answer, log."""

    def work(index: Index, turn: Turn) -> dict[str, Any]:
        turn.check()
        wanted = visible(index, token, filters(body), body.get("source", ""))
        request = AskRequest(body["question"], desk.settings.model, k=body.get("k", PASSAGES), filters=wanted)
        earlier = store.in_conversation(index.db, body["conversation"]) if "conversation" in body else None
        if earlier is not None and not may_see(index, token, earlier.id):
            raise NotFoundError(f"there is no conversation {body['conversation']}")

        def found(hits: Sequence[Hit]) -> None:
            turn.check()
            if say:
                say("found", {"items": shown(index, hits)})

        def text(piece: str) -> None:
            turn.check()
            if say:
                say("text", {"text": piece})

        keep = body.get("log", True) and not desk.settings.readonly
        if body.get("history"):  # a conversation that the client keeps
            *before, (question, said) = body["history"]
            earlier = Logged(question, said, {}, {}, tuple(before))
        done = ask(index, request, desk.generator(), earlier=earlier, log=keep, on_hits=found, on_text=text)
        if done.number:
            pages.asked(index.db, done.number, token.id)
        return {**linked(index, done.object), "id": done.number or None}

    return work


def may_see(index: Index, token: Token, number: int, *, shared: bool = False) -> bool:
    """
    A token that sees all sources sees all answers; another sees those that it asked for itself.

    Who may not even ask (everybody on this machine, without a token) sees those alone that were shared.
    """
    if token.id == 0 and not token.may("ask"):
        return shared
    return not token.sources or pages.about(index.db, number)["token"] == token.id


ROUTES = [
    Route(
        "POST", "/api/ask", ask_question, "Ask; with Accept: text/event-stream the answer comes as it is written",
        scope="ask", body=schemas.ASK, returns=schemas.ANSWER, stream=True,
    ),
]  # fmt: skip
