"""
The page: server-rendered HTML for people, readable without JavaScript.

Each view makes one call to the floor below and fills one template. What can be clicked to change something is done by
`static/app.js` through the JSON API; nothing is ever written by a GET.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route as Path_

from rag.app.answers import saved as saved_answer
from rag.app.sources import UNNAMED
from rag.evaluate import page as report_page
from rag.evaluate.report import report as make_report
from rag.index import Index
from rag.sources.formats import kind_of
from rag.store import jobs as store_jobs
from rag.store import pages
from rag.web import records, schemas
from rag.web.access import COOKIE
from rag.web.api import asking, documents, jobs, log, searching, sources, topics
from rag.web.desk import Desk, labels
from rag.web.pictures import picture
from rag.web.routes import Call, Problem, Route, answer
from rag.web.setting import excerpt, set_answer
from rag.web.typeset import typeset

TEMPLATES = Path(__file__).parent / "templates"
T = TypeVar("T")
View = Callable[[Call], Awaitable[Response]]
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " base-uri 'none'; frame-ancestors 'none'"
)
FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$\n?", re.M)
CONTEXT = 60_000  # characters of a document shown around a place; a longer one is read in parts


@cache
def environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, select_autoescape

    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["unfenced"] = lambda text: FENCE.sub("", text).strip()
    made.filters["count"] = lambda number: f"{number:,}".replace(",", " ")
    made.filters["day"] = lambda text: (text or "")[:10]
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    return made


def render(call: Call, template: str, status: int = 200, **values: Any) -> Response:
    common = {
        "may": call.token.may,
        "token": call.token,
        "title": call.request.scope["name"],
        "asked": call.state.settings.title or "your documents",
        "readonly": call.state.settings.readonly,
        "path": call.request.url.path,
        "model": call.state.settings.model,
    }
    return HTMLResponse(environment().get_template(template).render(**common, **values), status)


def failed(request: Request, status: int, error: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    """An error as a page."""
    desk: Desk = request.app.state.desk
    token = request.scope["token"]
    page = environment().get_template("error.html")
    values = {
        "may": token.may, "token": token, "title": request.scope.get("name") or desk.settings.title or UNNAMED,
        "readonly": desk.settings.readonly, "path": "", "model": "",
    }  # fmt: skip
    return HTMLResponse(page.render(**values, status=status, error=error), status, headers)


# -- views -------------------------------------------------------------------------------------------------------------


async def home(call: Call) -> Response:
    recent: list[Any] = []
    if call.token.may("log"):
        only = call.token.id if call.token.sources else None
        asked = await call.state.readers.run(lambda index: pages.answers(index.db, size=30, asked_by=only))
        recent = list({one["question"].casefold(): one for one in reversed(asked)}.values())[::-1][:6]
    return render(call, "home.html", recent=recent, question=call.query["q"])


async def search(call: Call) -> Response:
    found: dict[str, Any] = {"items": [], "next": None}
    if call.query["q"].strip():
        found = await searching.search(call)
    spelled = found.get("respelled", {})
    names = [one["name"] for one in (await sources.list_sources(call))["items"]]
    words = [*call.query["q"].split(), *spelled.values()]
    hits = [{**hit, "html": excerpt(hit["content"], words, kind_of(hit["key"]) or "")} for hit in found["items"]]
    template = "_hits.html" if call.query["fragment"] else "search.html"
    return render(call, template, hits=hits, next=found["next"], query=call.query, sources=names, respelled=spelled)


async def document(call: Call) -> Response:
    start, end = call.query["start"], call.query["end"]

    def work(index: Index) -> dict[str, Any]:
        found = documents.seen(index, call.token, call.path("number"))
        length = len(found["text"])
        first = 0 if length <= CONTEXT else max(0, min(start, length) - CONTEXT // 2)
        last = min(length, first + CONTEXT)
        text = found["text"][first:last]
        marks = [(start, min(end, length))] if end > start else []
        found["html"] = typeset(text, marks, found["kind"], first)
        found["source_name"] = labels(index)[found["source"]]
        return {**found, "first": first, "last": last, "length": length}

    found = await call.state.readers.run(work)
    writable = found["source_kind"] == "written"
    return render(call, "document.html", document=found, writable=writable, per=CONTEXT)


async def document_list(call: Call) -> Response:
    found = await documents.list_documents(call)
    names = [one["name"] for one in (await sources.list_sources(call))["items"]]
    return render(call, "documents.html", **found, query=call.query, sources=names)


async def edit(call: Call) -> Response:
    _needs(call, "write")
    found: dict[str, Any] = {"id": 0, "key": "", "title": "", "text": "", "url": "", "date": ""}
    if call.request.path_params:
        found = await call.state.readers.run(lambda index: documents.seen(index, call.token, call.path("number")))
    return render(call, "edit.html", document=found)


async def answers(call: Call) -> Response:
    return render(call, "answers.html", **await log.list_answers(call))


async def saved(call: Call) -> Response:
    """An answer by its number, or by its permanent address."""
    name = call.path("name")

    def work(index: Index) -> dict[str, Any]:
        shared = pages.shared(index.db, name)
        number = shared or (int(name) if name.isascii() and name.isdigit() and len(name) < 16 else 0)
        if not number or not asking.may_see(index, call.token, number, shared=bool(shared)):
            raise Problem(404, "not_found", "there is no such answer, or it is not shared any more")
        return set_answer(index, saved_answer(index, number))

    found = await call.state.readers.run(work)
    return render(call, "answer.html", answer=found)


async def source_list(call: Call) -> Response:
    return render(call, "sources.html", **await sources.list_sources(call))


async def changes(call: Call) -> Response:
    return render(call, "changes.html", **await sources.list_changes(call), since=call.query["since"])


async def job_list(call: Call) -> Response:
    names = [one["name"] for one in (await sources.list_sources(call))["items"]]
    return render(call, "jobs.html", **await jobs.list_jobs(call), sources=names)


async def job(call: Call) -> Response:
    first, size, status = int(call.query["cursor"] or 0), call.query["size"], call.query["status"]
    found = await jobs.read_job(call)
    rows = await _of_job(call, lambda index, job: records.table(index, job, status, first, size))
    template = "_records.html" if call.query["fragment"] else "job.html"
    return render(call, template, job=found, **rows, first=first, size=size, only=status)


async def job_records(call: Call) -> Response:
    """All records of a job as a file."""
    call.unlimited()
    form = call.request.url.path.rpartition(".")[2]
    made = await _of_job(call, lambda index, job: records.text(index, job, form))
    kind = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}[form]
    headers = {"content-disposition": f'attachment; filename="records-{call.path("number")}.{form}"'}
    return Response(made, media_type=kind, headers=headers)


async def _of_job(call: Call, work: Callable[[Index, store_jobs.Job], T]) -> T:
    """What is read of the job of the address."""
    number = call.path("number")
    return await call.state.readers.run(lambda index: work(index, store_jobs.get(index.db, number)))


async def topic_list(call: Call) -> Response:
    return render(call, "topics.html", **await topics.list_topics(call))


async def topic(call: Call) -> Response:
    return render(call, "topic.html", topic=await topics.read_topic(call))


async def topic_map(call: Call) -> Response:
    """The map of the groups, in a sandbox as reports are."""
    call.unlimited()
    made = await call.state.readers.run(lambda index: topics.drawn(index, call.request.scope["name"]))
    return HTMLResponse(made, headers={"content-security-policy": SANDBOX})


async def evaluations(call: Call) -> Response:
    return render(call, "evaluations.html", **await log.list_evaluations(call))


async def evaluation(call: Call) -> Response:
    return render(call, "evaluation.html", run=await log.read_evaluation(call))


async def cases(call: Call) -> Response:
    """The answers that helped, as the lines of a suite's file of cases."""
    found = await log.rated_cases(call)
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found["items"])
    headers = {"content-disposition": 'attachment; filename="cases.jsonl"'}
    return Response(lines, media_type="application/x-ndjson", headers=headers)


async def report(call: Call) -> Response:
    """The whole report of a run, in a sandbox: it has scripts and styles of its own, and no way to ask the server."""
    call.unlimited()
    number = call.path("number")
    made = await call.state.readers.run(lambda index: report_page.page(make_report(index.db, [number])))
    return HTMLResponse(made, headers={"content-security-policy": SANDBOX})


async def alerts(call: Call) -> Response:
    return render(call, "alerts.html", **await sources.list_alerts(call))


async def ask(call: Call) -> Response:
    """The same stream as the API's, with the answer set as HTML at its end."""
    body = call.body

    async def events() -> AsyncIterator[str]:
        async for said in asking.stream(call.state, call.token, call.client, body):
            if said.startswith("event: answer\n"):
                found = json.loads(said.partition("\ndata: ")[2])
                html = await call.state.readers.run(partial(_answer_html, call, found))
                yield asking.event("html", {"html": html, "id": found["id"]})
            else:
                yield said

    return StreamingResponse(events(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


def _answer_html(call: Call, found: dict[str, Any], index: Index) -> str:
    template = environment().get_template("_answer.html")
    return str(
        template.render(answer=set_answer(index, found), may=call.token.may, readonly=call.state.settings.readonly)
    )


def _needs(call: Call, scope: str) -> None:
    if not call.token.may(scope):
        raise Problem(403, "forbidden", f"you need a token that may {scope}", "Sign in with one.")


# -- sign in -----------------------------------------------------------------------------------------------------------


async def login(request: Request) -> Response:
    """Exchange a token for a cookie: by a form, or by the link that the server printed."""
    desk: Desk = request.app.state.desk
    given: FormData | Any = await request.form() if request.method == "POST" else request.query_params
    there = str(given.get("next") or "/")
    there = there if there.startswith("/") and not there.startswith(("//", "/\\")) else "/"
    secret = str(given.get("token") or "")
    problem = ""
    if secret:
        found = await desk.check(secret)
        if found is not None and found.state == "valid":
            reply = RedirectResponse(there, 303)
            secure = request.url.scheme == "https"
            reply.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure, max_age=30 * 86400)
            return reply
        problem = "This token is unknown, expired or revoked."
    page = environment().get_template("login.html")
    title = desk.settings.title or "Chapterverse"
    return HTMLResponse(page.render(title=title, next=there, problem=problem), 401 if problem else 200)


async def logout(request: Request) -> Response:
    reply = RedirectResponse("/", 303)
    reply.delete_cookie(COOKIE)
    return reply


def _view(path: str, view: View, query: dict[str, Any] | None = None, scope: str = "read") -> Path_:
    """A page at an address, its query checked like the API's."""
    row = Route("GET", path, view, view.__name__, scope, {**(query or {})})

    async def endpoint(request: Request) -> Response:
        request.scope["path_template"] = path
        desk: Desk = request.app.state.desk
        request.scope["name"] = await desk.called(request.scope["token"])
        return await answer(row, request)

    return Path_(path, endpoint, methods=["GET"])


async def _ask(request: Request) -> Response:
    request.scope["path_template"] = "/-/ask"
    return await answer(Route("POST", "/-/ask", ask, "ask", "ask", body=schemas.ASK), request)


TEXT = {"type": "string", "maxLength": 4000, "default": ""}
OFFSET = {"type": "integer", "minimum": 0, "maximum": 2**53, "default": 0}
SEARCH = {**searching.QUERY, "q": TEXT, "fragment": schemas.FLAG}
ROUTES = [
    _view("/", home, {"q": TEXT}),
    _view("/search", search, SEARCH),
    _view("/documents", document_list, {**schemas.FILTERS, "words": TEXT, **schemas.PAGED}),
    _view("/documents/new", edit),
    _view("/d/{number:int}", document, {"start": OFFSET, "end": OFFSET}),
    _view("/d/{number:int}/picture", picture),
    _view("/d/{number:int}/edit", edit),
    _view("/answers", answers, schemas.PAGED, "log"),
    _view("/a/{name:str}", saved),
    _view("/sources", source_list),
    _view("/changes", changes, {"since": OFFSET, **schemas.PAGED}),
    _view("/jobs", job_list, schemas.PAGED, "log"),
    _view("/jobs/{number:int}", job, {**schemas.PAGED, "status": jobs.STATUS, "fragment": schemas.FLAG}, "log"),
    _view("/jobs/{number:int}/records.jsonl", job_records, scope="log"),
    _view("/jobs/{number:int}/records.csv", job_records, scope="log"),
    _view("/topics", topic_list),
    _view("/topics/map", topic_map),
    _view("/topics/{number:int}", topic),
    _view("/evaluations", evaluations, schemas.PAGED, "log"),
    _view("/evaluations/cases.jsonl", cases, scope="log"),
    _view("/evaluations/{number:int}", evaluation, scope="log"),
    _view("/evaluations/{number:int}/report", report, scope="log"),
    _view("/alerts", alerts, scope="log"),
    Path_("/-/ask", _ask, methods=["POST"]),
    Path_("/-/login", login, methods=["GET", "POST"]),
    Path_("/-/logout", logout, methods=["POST"]),
]
