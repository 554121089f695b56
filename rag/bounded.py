"""
An httpx client each of whose exchanges ends in time.

httpx's own timeouts hold for one read each, so that a server which drips its headers or says "100 Continue" for ever
would hold us for ever: here every read and write also has the time that is left of the whole exchange.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


class Budget(threading.local):
    """The time that the exchange of a thread may still take. `end` is in seconds of the monotonic clock."""

    end = float("inf")

    def left(self, timeout: float | None) -> float | None:
        """Seconds that a read or a write may take; None if nothing bounds it."""
        left = min(self.end - time.monotonic(), float("inf") if timeout is None else timeout)
        return None if left == float("inf") else max(0.0, left)


def bind(client: httpx.Client, budget: Budget) -> None:
    """Make the connections of a client keep to a budget."""
    for transport in (client._transport, *client._mounts.values()):
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _bounded(pool._network_backend, budget)


def _bounded(backend: Any, budget: Budget) -> Any:
    """httpx's way to the network, each read and write of which has the time that is left."""
    import httpcore

    def left(timeout: float | None, error: type[Exception]) -> float | None:
        found = budget.left(timeout)
        if found == 0:  # to a socket it would mean not to wait at all
            raise error("the time of the whole exchange is over")
        return found

    class Stream(httpcore.NetworkStream):
        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._inner.read(max_bytes, left(timeout, httpcore.ReadTimeout))

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._inner.write(buffer, left(timeout, httpcore.WriteTimeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, left(timeout, httpcore.ConnectTimeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            within = left(timeout, httpcore.ConnectTimeout)
            return Stream(backend.connect_tcp(host, port, within, local_address, socket_options))

        def connect_unix_socket(
            self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
        ) -> httpcore.NetworkStream:
            return Stream(backend.connect_unix_socket(path, left(timeout, httpcore.ConnectTimeout), socket_options))

        def sleep(self, seconds: float) -> None:
            backend.sleep(seconds)

    return Backend()
