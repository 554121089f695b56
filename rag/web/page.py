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
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route as Path_

from rag.app.answers import saved as saved_answer
from rag.evaluate import page as report_page
from rag.evaluate.report import report as make_report
from rag.index import Index
from rag.sources.formats import kind_of
from rag.store import pages
from rag.web import schemas
from rag.web.access import COOKIE
from rag.web.api import asking, documents, jobs, log, searching, sources, topics
from rag.web.desk import Desk, labels
from rag.web.pictures import picture
from rag.web.routes import Call, Problem, Route, answer
from rag.web.typeset import typeset

TEMPLATES = Path(__file__).parent / "templates"
View = Callable[[Call], Awaitable[Response]]
NUMBER = re.compile(r"[ \t]*\[(\d{1,2})\]")  # that a sentence stands on
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:;"
    " base-uri 'none'; frame-ancestors 'none'"
)
CONTEXT = 60_000  # characters of a document shown around a place; a longer one is read in parts


@cache
def environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, select_autoescape

    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["count"] = lambda number: f"{number:,}".replace(",", " ")
    made.filters["day"] = lambda text: (text or "")[:10]
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    return made


def render(call: Call, template: str, status: int = 200, **values: Any) -> Response:
    common = {
        "may": call.token.may,
        "token": call.token,
        "title": call.state.settings.title or call.state.settings.database.stem,
        "readonly": call.state.settings.readonly,
        "path": call.request.url.path,
        "model": call.state.settings.model,
    }
    return HTMLResponse(environment().get_template(template).render(**common, **values), status)


def failed(request: Request, status: int, error: dict[str, str], headers: dict[str, str] | None = None) -> Response:
    """An error as a page."""
    desk: Desk = request.app.state.desk
    token = request.scope["token"]
    title = desk.settings.title or desk.settings.database.stem
    page = environment().get_template("error.html")
    values = {
        "may": token.may,
        "token": token,
        "title": title,
        "readonly": desk.settings.readonly,
        "path": "",
        "model": "",
    }
    return HTMLResponse(page.render(**values, status=status, error=error), status, headers)


# -- views -------------------------------------------------------------------------------------------------------------


async def home(call: Call) -> Response:
    recent: list[Any] = []
    if call.token.may("log"):
        only = call.token.id if call.token.sources else None
        recent = await call.state.readers.run(lambda index: pages.answers(index.db, size=6, asked_by=only))
    return render(call, "home.html", recent=recent, question=call.query["q"])


async def search(call: Call) -> Response:
    found: dict[str, Any] = {"items": [], "next": None}
    if call.query["q"].strip():
        found = await searching.search(call)
    names = [one["name"] for one in (await sources.list_sources(call))["items"]]
    words = call.query["q"].split()
    hits = [{**hit, "html": _excerpt(hit["content"], words, kind_of(hit["key"]) or "")} for hit in found["items"]]
    template = "_hits.html" if call.query["fragment"] else "search.html"
    return render(call, template, hits=hits, next=found["next"], query=call.query, sources=names)


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
    found, rows = await jobs.read_job(call), await jobs.list_rows(call)
    return render(call, "job.html", job=found, rows=rows["items"], next=rows["next"])


async def topic_list(call: Call) -> Response:
    return render(call, "topics.html", **await topics.list_topics(call))


async def topic(call: Call) -> Response:
    return render(call, "topic.html", topic=await topics.read_topic(call))


async def topic_map(call: Call) -> Response:
    """The map of the groups, in a sandbox as reports are."""
    call.unlimited()
    made = await call.state.readers.run(lambda index: topics.drawn(index, call.state.settings.title))
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


def set_answer(index: Index, found: dict[str, Any]) -> dict[str, Any]:
    """An answer with each of its quotes set as HTML."""
    cited, near = (
        [{**one, "html": _quote_html(index, one)} for one in found.get(name, [])] for name in ("citations", "nearest")
    )
    same = cited and found["answer"].strip() == cited[0]["quote"].strip()
    prose = "" if same or not found["answerable"] else set_prose(found["answer"], found.get("statements", []))
    known = {"short": "", "thumb": 0, "asked_by": "", "created": ""}
    return {**known, **found, "citations": cited, "nearest": near, "prose": prose}


def _quote_html(index: Index, one: dict[str, Any]) -> str:
    spans = [(start, end) for start, end in one.get("highlights", [])]
    return typeset(one["quote"], spans, one.get("kind") or pages.kind(index.db, one["id"]), one["start"])


def set_prose(text: str, statements: list[dict[str, Any]]) -> str:
    """What a model wrote as HTML: each sentence with the numbers it stands on, what stands nowhere marked."""
    made, at = [], 0
    for one in statements:
        made.append(escape(text[at : one["start"]]))
        spans = [(start, end) for start, end in one["unsupported"]]
        made.append(_flagged(text, one["start"], one["end"], spans))
        at = one["end"]
    numbered = NUMBER.sub(r'<sup><a href="#\1">\1</a></sup>', "".join(made) + escape(text[at:]))
    parts = numbered.split("\n\n")
    return "".join(f"<p>{part}</p>" for part in parts if part.strip())


def _flagged(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> str:
    made, at = [], start
    for first, last in spans:
        made.append(escape(text[at:first]))
        made.append(f'<span class="unsupported" title="not in the excerpts">{escape(text[first:last])}</span>')
        at = last
    return "".join(made) + escape(text[at:end])


def _excerpt(text: str, words: list[str], reader: str) -> str:
    """The part of a passage around the words that were asked for; what is markup in Markdown is none elsewhere."""
    kind = "markdown" if reader == "markdown" else "text"
    known = [re.escape(word) for word in words if len(word) > 2] or ["(?!)"]
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(known) + r")\w*", re.IGNORECASE)
    spans = [match.span() for match in pattern.finditer(text)]
    if len(text) > 700:
        middle = spans[0][0] if spans else 0
        start = text.rfind("\n", 0, max(0, middle - 150)) + 1
        end = text.find("\n", start + 500)
        end = len(text) if end < 0 or end - start > 1200 else end
        end = min(end, start + 1200)
        return typeset(text[start:end], [span for span in spans if span[0] < end and span[1] > start], kind, start)
    return typeset(text, spans, kind)


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
    title = desk.settings.title or "chapterverse"
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
    _view("/jobs/{number:int}", job, {**schemas.PAGED, "status": jobs.STATUS}, "log"),
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
