"""
One thread for every numeric library, set before any is imported: the machine that tests is shared.

And no network beyond this machine: a test that reaches for it sees what a machine without one would say.

Properties are tried on the same examples each time, so that a red run is the change's fault;
`pytest --hypothesis-profile search` draws others, twenty times as many where a test sets no number.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from typing import Any

from hypothesis import settings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAG_THREADS"):
    os.environ.setdefault(name, "1")
for name in ("RAG_DB", "RAG_MODEL", "RAG_EMBEDDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "RAG_API_KEY"):
    os.environ.pop(name, None)  # the tests' own settings, not the user's


def stay_here(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook: addresses beyond this machine are unreachable, names of other machines unknown."""
    if event == "socket.connect" and isinstance(args[1], tuple) and not local(args[1][0]):
        raise OSError(errno.ENETUNREACH, f"Network is unreachable (the tests refuse {args[1][0]})")
    if event == "socket.getaddrinfo" and args[0] and not local(args[0], numbers=True):
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known (the tests refuse {args[0]!r})")


def local(host: str | bytes, *, numbers: bool = False) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        return numbers or address.is_loopback or address.is_unspecified
    except ValueError:
        return name in ("localhost", "")


sys.addaudithook(stay_here)

settings.register_profile("same", derandomize=True)
settings.register_profile("search", max_examples=2000)
settings.load_profile("same")
