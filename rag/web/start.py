"""Start the server: check that what was asked for is safe, say where the page is, run."""

from __future__ import annotations

import secrets
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rag.errors import InputError
from rag.store import tokens
from rag.terminal import Closed


@dataclass(frozen=True, slots=True)
class Serving:
    """What `rag serve` was asked for."""

    database: Path
    host: str = "127.0.0.1"
    port: int = 8770
    model: str = "smollm2"
    base_url: str = ""
    readonly: bool = False
    public: bool = False
    allow_host: tuple[str, ...] = ()
    frame: str = ""
    title: str = ""
    readers: int = 2
    waiting: int = 64
    pace: int = 6000
    max_body: int = 10_000_000
    open: bool = False
    quiet: bool = False


def run(wanted: Serving) -> None:
    """
    Serve until Ctrl-C. The same user may read on this machine; the link that is printed may do everything.

    Raises InputError where the address can be reached from elsewhere and nobody has a token, or the port is taken.
    """
    for package in ("starlette", "uvicorn", "jinja2", "multipart"):
        if find_spec(package) is None:
            raise InputError(f"rag serve needs {package}", "Install it: pip install 'chapterverse[serve]'")
    from rag.app.open import open_database
    from rag.web import access, app, desk

    local = access.is_loopback(wanted.host)
    alone = local and not wanted.allow_host  # behind a proxy everybody comes from this machine
    with open_database(wanted.database, readonly=wanted.readonly) as db:
        valid = [one for one in tokens.tokens(db) if one.state == "valid"]
    if not alone and not valid and not wanted.public:
        name = wanted.allow_host[0] if local else wanted.host
        raise InputError(
            f"{name} can be reached from other machines, and there is no token yet",
            "Make one: rag token create NAME; or let everybody read and ask: rag serve --public",
        )
    listening = _listen(wanted.host, wanted.port)
    port = listening.getsockname()[1]
    secret = secrets.token_urlsafe(24) if local and not wanted.readonly else ""
    settings = desk.Settings(
        wanted.database, wanted.model, wanted.base_url, wanted.readers, wanted.waiting, max(1, wanted.waiting // 2),
        wanted.readonly, secret, wanted.title, wanted.public,
    )  # fmt: skip
    anonymous = access.EVERYBODY if wanted.public else access.ANYONE if alone else access.NOBODY
    limits = access.Limits(body=wanted.max_body, pace=wanted.pace, frame=wanted.frame or "'none'")
    gate = app.create(settings, hosts=access.hosts(wanted.host, wanted.allow_host), anonymous=anonymous, limits=limits)
    name = (
        f"[{wanted.host}]" if ":" in wanted.host else "127.0.0.1" if wanted.host in ("0.0.0.0", "::") else wanted.host
    )
    page = f"http://{name}:{port}/"
    link = f"{page}-/login?token={secret}" if secret else page
    if not wanted.quiet:
        print(f"rag serves {wanted.database} at {page}", file=sys.stderr)
        if secret:
            print(f"with every right, for this browser: {link}", file=sys.stderr)
        print("Ctrl-C ends it", file=sys.stderr, flush=True)
    if wanted.open:
        import webbrowser

        webbrowser.open(link)
    app.serve(gate, listening, quiet=wanted.quiet)


def agent(database: Path, model: str, base_url: str) -> None:
    """Serve one agent over standard input and output, until it closes them. Raises Closed if it went away."""
    if find_spec("mcp") is None:
        raise InputError("rag mcp needs mcp", "Install it: pip install 'chapterverse[mcp]'")
    from rag.web import desk, mcp

    try:
        mcp.server(desk.Desk(desk.Settings(database, model, base_url))).run("stdio")
    except BaseExceptionGroup as group:  # of the tasks that read and write
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise (Closed() if isinstance(first, BrokenPipeError) else first) from None


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises InputError where that is not possible."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(found[0], found[1])
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found[4])
        listening.listen(512)
        return listening
    except OSError as error:
        raise InputError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", "Take another: rag serve --port 0"
        ) from error
