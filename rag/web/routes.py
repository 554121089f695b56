"""
The table of the API: one row a route, with the schemas that its input is checked against.

The same rows make the OpenAPI description (`openapi.py`), so what is described is what is checked. Handlers get plain
checked values and return plain data; how the index is reached is theirs.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from rag.app.documents import NotWritable
from rag.errors import DatabaseError, InputError, ModelError, NotFoundError, OutputError, RagError, UnwritableError
from rag.terminal import shortened
from rag.web import schemas
from rag.web.workers import Busy, Gone

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from starlette.requests import Request
    from starlette.responses import Response

    from rag.store.tokens import Token
    from rag.web.desk import Desk

T = TypeVar("T")
JSON = Any
PATH = re.compile(r"(?<![\w.:/])/(?:[^\s/'\"]+/)+[^\s/'\",;]+")
KINDS: tuple[tuple[type[RagError], int, str], ...] = (
    (NotFoundError, 404, "not_found"),
    (NotWritable, 409, "elsewhere"),
    (InputError, 400, "invalid"),
    (ModelError, 503, "model"),
    (OutputError, 502, "model_output"),
)
Handler = Callable[["Call"], Awaitable[Any]]


class Problem(RagError):
    """What a client did wrong, or may not do. `status` is the HTTP status, `code` a word for programs."""

    def __init__(self, status: int, code: str, message: str, hint: str = "", wait: int = 0) -> None:
        super().__init__(message, hint)
        self.status, self.code, self.wait = status, code, wait


@dataclass(frozen=True)
class Route:
    """`scope` is what a token must hold. `query` and `body` are JSON Schemas; `returns` that of a good reply."""

    method: str
    path: str  # Starlette's form: /api/documents/{id:int}
    handler: Handler
    summary: str
    scope: str = "read"
    query: Mapping[str, JSON] = field(default_factory=dict)
    required: tuple[str, ...] = ()  # of the query
    body: JSON = None
    returns: JSON = None
    status: int = 200
    stream: bool = False  # may also reply with server-sent events
    errors: tuple[int, ...] = ()  # beyond those that every route may give

    @cached_property
    def checker(self) -> Any:
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.body)


@dataclass(slots=True)
class Call:
    """One request, checked: `query` has its types, `body` fits its schema."""

    request: Request
    token: Token
    query: dict[str, Any]
    body: JSON

    def path(self, name: str) -> Any:
        return self.request.path_params[name]

    @property
    def state(self) -> Desk:
        desk: Desk = self.request.app.state.desk
        return desk

    @property
    def client(self) -> str:
        """Who asks: a token, else an address. Each gets a turn in the line of asks."""
        address = self.request.client.host if self.request.client else ""
        return f"token {self.token.id}" if self.token.id else f"address {address}"

    def writable(self) -> None:
        """Raises Problem on a server that only reads."""
        if self.state.settings.readonly:
            raise Problem(403, "readonly", "this server only reads", "Start it without --readonly.")

    def unlimited(self) -> None:
        """Raises Problem for a token that sees some sources only: jobs and runs quote documents of every one."""
        if self.token.sources:
            raise Problem(403, "forbidden", "this token sees some sources only")

    async def while_there(self, work: asyncio.Future[T]) -> T:
        """The result of the work, which is given up when the client goes away. Raises Gone."""
        leaving = asyncio.ensure_future(_left(self.request))
        try:
            await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                raise Gone
            return work.result()
        finally:
            work.cancel()
            leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def error_object(error: RagError) -> dict[str, JSON]:
    """What a client is told of an error. Paths of this machine stay here."""
    _, code = status_of(error)
    if isinstance(error, UnwritableError):
        message, hint = "the index cannot be written where it lies", "Its folder must be the server's to write."
        return {"error": {"code": code, "message": message, "hint": hint}}
    if isinstance(error, DatabaseError):
        return {
            "error": {"code": code, "message": "the index cannot be used now", "hint": "The server's log says why."}
        }
    return {"error": {"code": code, "message": without_paths(error.message), "hint": without_paths(error.hint)}}


def status_of(error: RagError) -> tuple[int, str]:
    """HTTP status and code of an error."""
    if isinstance(error, Problem):
        return error.status, error.code
    if isinstance(error, Busy):
        return 429, "busy"
    if isinstance(error, UnwritableError):
        return 403, "readonly"
    if isinstance(error, DatabaseError):
        writing = "another rag is writing" in error.message
        return (409, "writing") if writing else (503, "unavailable")
    for kind, status, code in KINDS:
        if isinstance(error, kind):
            return status, code
    return 500, "error"


def without_paths(text: str) -> str:
    """A text for clients: where it names a file of this machine, its last part alone."""
    return PATH.sub(lambda match: match[0].rpartition("/")[2], text)


async def answer(route: Route, request: Request) -> Response:
    """Check, handle, reply."""
    from starlette.responses import JSONResponse, Response

    token: Token = request.scope["token"]
    if not token.may(route.scope):
        if request.scope["presented"]:
            raise Problem(403, "forbidden", f"this token may not {route.scope}", "It needs the scope: rag token create")
        if route.scope == "log":
            hint = "Open the link that rag serve printed, or make a token: rag token create NAME"
            raise Problem(401, "unauthorized", "what was asked here is not shown without a token", hint)
        hint = f"Make one: rag token create NAME --scope {route.scope}"
        raise Problem(401, "unauthorized", f"a token with the scope {route.scope} is needed", hint)
    if any(isinstance(one, int) and one > schemas.ID["maximum"] for one in request.path_params.values()):
        raise Problem(404, "not_found", "there is nothing of this number")
    query = _query(route, request)
    body = await _body(route, request)
    found = await route.handler(Call(request, token, query, body))
    if isinstance(found, Response):
        return found
    return JSONResponse(found, status_code=route.status) if found is not None else Response(status_code=204)


def _query(route: Route, request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    given = request.query_params
    for name in given:
        if name not in route.query:
            known = ", ".join(route.query) or "none"
            raise Problem(400, "unknown_parameter", f"there is no parameter {name!r}", f"The parameters: {known}")
        if len(given.getlist(name)) > 1:
            raise Problem(400, "invalid_parameter", f"{name} is given more than once")
    for name, schema in route.query.items():
        if name not in given:
            if name in route.required:
                raise Problem(400, "missing_parameter", f"the parameter {name} is missing")
            if "default" in schema:
                found[name] = schema["default"]
            continue
        found[name] = _value(name, given[name], schema)
    return found


def _value(name: str, text: str, schema: JSON) -> Any:
    from jsonschema import Draft202012Validator

    value: Any = text
    try:
        if schema["type"] == "integer":
            value = int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 19 else None
        elif schema["type"] == "number":
            value = float(text)
        elif schema["type"] == "boolean":
            value = {"true": True, "1": True, "false": False, "0": False}.get(text)
    except ValueError:
        value = None
    problem = None if value is None else next(iter(Draft202012Validator(schema).iter_errors(value)), None)
    if value is None or problem:
        article = "an" if schema["type"] == "integer" else "a"
        why = told(problem) if problem else shortened(f"{text!r} is not {article} {schema['type']}")
        raise Problem(400, "invalid_parameter", f"{name}: {why}"[:300])
    return value


def told(problem: ValidationError) -> str:
    """What does not fit a schema, without the whole of the value and without a pattern where words are known."""
    wanted: Any = problem.validator_value
    about = problem.schema.get("description", "") if isinstance(problem.schema, dict) else ""
    match problem.validator:
        case "minLength" if wanted == 1:
            return "it is empty"
        case "maxLength":
            return f"it has {len(str(problem.instance)):,} characters, and {wanted:,} are the most"
        case "pattern" if about:
            return f"{shortened(repr(problem.instance))} is not {about}"
    return shortened(problem.message)


async def _body(route: Route, request: Request) -> JSON:
    if route.body is None:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "unsupported_media_type", f"the body is {kind or 'of no type'}", "Send application/json.")
    try:
        value = json.loads(await request.body(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "invalid_json", "the body is not JSON") from None
    for problem in route.checker.iter_errors(value):
        where = "/".join(map(str, problem.absolute_path)) or "the body"
        raise Problem(422, "invalid_body", f"{where}: {told(problem)}"[:300])
    if _unstorable(value):
        raise Problem(422, "invalid_body", "the text holds half of a surrogate pair")
    if isinstance(value, dict):  # 5.0 is an integer to JSON Schema, and to nobody else
        value = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in value.items()}
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _unstorable(value: JSON) -> bool:
    """Is there a text in it that UTF-8 cannot hold?"""
    if isinstance(value, str):
        return any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_unstorable(key) or _unstorable(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_unstorable, value))
