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
from typing import Any

from hypothesis import settings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAG_THREADS"):
    os.environ.setdefault(name, "1")
for name in ("RAG_DB", "RAG_MODEL", "RAG_EMBEDDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "RAG_API_KEY"):
    os.environ.pop(name, None)  # the tests' own settings, not the user's
os.environ["RAG_PAGER"] = ""  # nobody presses a key


class StayHere(socket.socket):
    """
    A socket for which addresses beyond this machine are unreachable.

    An audit hook would see more, but one in Python lets other threads run in the middle of `sys.settrace`, which
    Python 3.11 then refuses them ("another trace function is being installed"): under coverage, a thread is lost.
    """

    def connect(self, address: Any, /) -> None:
        if isinstance(address, tuple) and not local(address[0]):
            raise OSError(errno.ENETUNREACH, f"Network is unreachable (the tests refuse {address[0]})")
        super().connect(address)

    def connect_ex(self, address: Any, /) -> int:
        return super().connect_ex(address) if not isinstance(address, tuple) or local(address[0]) else errno.ENETUNREACH


def look_up_here(host: Any, *args: Any, **options: Any) -> Any:
    """As `socket.getaddrinfo`, where names of other machines are unknown."""
    if host and not local(host, numbers=True):
        raise socket.gaierror(socket.EAI_NONAME, f"Name or service not known (the tests refuse {host!r})")
    return look_up(host, *args, **options)


def local(host: str | bytes, *, numbers: bool = False) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
        return numbers or address.is_loopback or address.is_unspecified
    except ValueError:
        return name in ("localhost", "")


look_up = socket.getaddrinfo
socket.getaddrinfo = look_up_here
socket.socket = StayHere  # type: ignore[misc]

settings.register_profile("same", derandomize=True)
settings.register_profile("search", max_examples=2000)
settings.load_profile("same")
