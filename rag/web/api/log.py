"""The log of answers, evaluation runs, and how things stand."""

from __future__ import annotations

from typing import Any

from rag.app import answers as app
from rag.app.evaluate import run as evaluate
from rag.index import Index
from rag.store import documents, pages, runs, sources
from rag.web import schemas
from rag.web.api.asking import may_see
from rag.web.desk import labels
from rag.web.routes import Call, Problem, Route


async def list_answers(call: Call) -> Any:
    before, size = int(call.query["cursor"] or 0), call.query["size"]

    def work(index: Index) -> Any:
        only = call.token.id if call.token.sources else None
        rows = pages.answers(index.db, before, size + 1, only)
        items = rows[:size]
        return {"items": items, "next": str(items[-1]["id"]) if len(rows) > size else None}

    return await call.state.readers.run(work)


async def read_answer(call: Call) -> Any:
    return await call.state.readers.run(lambda index: seen(call, index))


async def rated_cases(call: Call) -> Any:
    call.unlimited()

    def work(index: Index) -> Any:
        rows, unsettled = evaluate.rated_cases(index.db)
        return {"items": rows, "unsettled": unsettled}

    return await call.state.readers.run(work)


async def rate_answer(call: Call) -> None:
    call.writable()

    def work(index: Index) -> None:
        seen(call, index)
        pages.thumb(index.db, call.path("number"), call.body["thumb"])

    await call.state.writers.run(work)


async def share_answer(call: Call) -> Any:
    call.writable()

    def work(index: Index) -> Any:
        seen(call, index)
        short = app.share(index, call.path("number"))
        return {"short": short, "path": f"/a/{short}"}

    return await call.state.writers.run(work)


async def unshare_answer(call: Call) -> None:
    call.writable()

    def work(index: Index) -> None:
        seen(call, index)
        pages.unshare(index.db, call.path("number"))

    await call.state.writers.run(work)


def seen(call: Call, index: Index) -> dict[str, Any]:
    """An answer that the token may see; one that it may not is told like one that is not there."""
    number = call.path("number")
    if not may_see(index, call.token, number):
        raise Problem(404, "not_found", f"there is no answer {number}")
    found = app.saved(index, number)
    found.pop("token")
    return found


async def status(call: Call) -> Any:
    since = call.query["since"]

    def work(index: Index) -> Any:
        names = labels(index)
        counts = documents.counts(index.db)
        allowed = [name for name, _ in counts.sources if not call.token.sources or name in call.token.sources]
        changed = {names.get(name, ""): one for name, one in sources.status(index.db, since).items() if name in allowed}
        few = {name: count for name, count in counts.sources if name in allowed}
        return {
            "version": sources.version(index.db),
            "documents": sum(few.values()),
            "passages": counts.passages,
            "embedder": index.db.setting("embedder") or "",
            "model": call.state.settings.model,
            "readonly": call.state.settings.readonly,
            "waiting": len(call.state.line),
            "changed": changed,
            "may": [scope for scope in ("read", "ask", "write", "admin") if call.token.may(scope)],
        }

    return await call.state.readers.run(work)


async def list_evaluations(call: Call) -> Any:
    call.unlimited()

    def work(index: Index) -> Any:
        found = runs.runs(index.db)[::-1]
        first, size = int(call.query["cursor"] or 0), call.query["size"]
        items = [_run(one) for one in found[first : first + size]]
        return {"items": items, "next": str(first + size) if len(found) > first + size else None}

    return await call.state.readers.run(work)


async def read_evaluation(call: Call) -> Any:
    call.unlimited()
    number = call.path("number")

    def work(index: Index) -> Any:
        run = runs.get(index.db, number)
        return {**_run(run), "scores": means(runs.outcomes(index.db, number)), "settings": dict(run.settings)}

    return await call.state.readers.run(work)


def means(rows: list[runs.Row]) -> dict[str, dict[str, float]]:
    """measure -> its weighted mean and over how many cases."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, pair in row.scores.items():
            found.setdefault(name, []).append(pair)
    made = {}
    for name, pairs in found.items():
        weight = sum(w for _, w in pairs)
        made[name] = {"mean": sum(v * w for v, w in pairs) / weight if weight else 0.0, "cases": len(pairs)}
    return made


def _run(run: runs.Run) -> dict[str, Any]:
    return {
        name: getattr(run, name)
        for name in ("id", "suite", "system", "task", "cases", "state", "started", "finished")
    }  # fmt: skip


THUMB = schemas.object_({"thumb": {"enum": [-1, 0, 1]}})
SHARED = schemas.object_({"short": schemas.TEXT, "path": schemas.TEXT})
ROUTES = [
    Route(
        "GET", "/api/status", status, "How many documents there are, and what changed after a version",
        query={"since": {**schemas.NUMBER, "default": 0, "maximum": 2**53}}, returns=schemas.STATUS,
    ),
    Route(
        "GET", "/api/answers", list_answers, "The log of answers, newest first", scope="log", query=schemas.PAGED,
        returns=schemas.page(schemas.ANSWER_ROW),
    ),
    Route("GET", "/api/answers/{number:int}", read_answer, "An answer of the log", returns=schemas.ANSWER),
    Route(
        "PUT", "/api/answers/{number:int}/thumb", rate_answer, "Say whether an answer helped: 1, -1, or 0",
        scope="ask", body=THUMB, status=204,
    ),
    Route(
        "PUT", "/api/answers/{number:int}/share", share_answer, "Give an answer a permanent address", scope="write",
        returns=SHARED,
    ),
    Route(
        "DELETE", "/api/answers/{number:int}/share", unshare_answer, "Take the address of an answer back",
        scope="write", status=204,
    ),
    Route(
        "GET", "/api/evaluations/cases", rated_cases,
        "Answers that helped as cases of an evaluation suite, and the questions of those that did not", scope="log",
        returns=schemas.object_({"items": schemas.list_(schemas.CASE), "unsettled": schemas.list_(schemas.TEXT)}),
    ),
    Route(
        "GET", "/api/evaluations", list_evaluations, "Evaluation runs, newest first", scope="log", query=schemas.PAGED,
        returns=schemas.page(schemas.RUN),
    ),
    Route(
        "GET", "/api/evaluations/{number:int}", read_evaluation, "An evaluation run with its means", scope="log",
        returns=schemas.RUN,
    ),
]  # fmt: skip
