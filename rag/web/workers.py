"""
Threads that do the work: some that read, one that asks, one that writes.

The event loop never touches the index. Every thread has its own connection; the embedder and the language model are
loaded once and shared. Readers never wait for the writer (the file is in WAL mode). Asks wait in one line that is fair
between clients, bounded, and left by whoever goes away.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import RagError

if TYPE_CHECKING:
    from rag.index import Index

T = TypeVar("T")


class Gone(Exception):
    """The client went away; what was being written for it is of no use."""


class Busy(RagError):
    """Too many asks are waiting. `wait` is how many seconds to wait before the next try."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(message, f"Try again in {wait} s.")
        self.wait = wait


class Workers:
    """Threads with an index each. `run` waits for a free one."""

    def __init__(self, open_: Callable[[], Index], threads: int, name: str) -> None:
        self._open = open_
        self._local = threading.local()
        self._opened: list[Index] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[Index], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._work, work)

    def _work(self, work: Callable[[Index], T]) -> T:
        index = getattr(self._local, "index", None)
        if index is None:
            index = self._local.index = self._open()
            self._opened.append(index)
        return work(index)

    def close(self) -> None:
        """Wait for what is running, then close every connection."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for index in self._opened:
            index.close()


@dataclass(slots=True)
class Turn:
    """A place in the line. `gone()` says that nobody waits for the result any more."""

    client: str
    work: Callable[[Index, Turn], Any]
    result: asyncio.Future[Any]
    left: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises Gone once nobody waits."""
        if self.left.is_set():
            raise Gone


class Line:
    """
    Asks, one after the other, each client's in turn.

    `most` wait at a time, `each` of one client; one more raises Busy at once. A turn that is given up (its task is
    cancelled) frees its place; if it is running, its next `check` ends it.
    """

    def __init__(self, workers: Workers, most: int = 64, each: int = 16) -> None:
        self.workers, self.most, self.each = workers, most, each
        self.seconds = 2.0  # of one ask, a running mean: what a refused client is told to wait
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        return sum(len(turns) for turns in self._waiting.values())

    async def run(self, client: str, work: Callable[[Index, Turn], T]) -> T:
        """The result of `work`, when its turn has come. Raises Busy, or what the work raises."""
        own = self._waiting.get(client, ())
        if self._closed or len(self) >= self.most or len(own) >= self.each:
            wait = max(1, round(self.seconds * max(1, len(self))))
            raise Busy(f"{len(self)} questions are waiting already", min(wait, 600))
        turn = Turn(client, work, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(client, deque()).append(turn)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._serve())
        try:
            found: T = await turn.result
            return found
        except asyncio.CancelledError:
            turn.left.set()
            turns = self._waiting.get(client)
            if turns and turn in turns:
                turns.remove(turn)
            raise

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while turn := self._next():
            began = loop.time()
            try:
                result = await self.workers.run(lambda index, turn=turn: turn.work(index, turn))  # type: ignore[misc]
            except BaseException as error:  # whoever waits is told; the line goes on
                if not turn.result.done():
                    turn.result.set_exception(error if isinstance(error, Exception) else RuntimeError(repr(error)))
                if isinstance(error, asyncio.CancelledError):
                    raise
            else:
                if not turn.result.done():
                    turn.result.set_result(result)
                self.seconds += 0.2 * (loop.time() - began - self.seconds)

    def _next(self) -> Turn | None:
        while self._waiting:
            client, turns = self._waiting.popitem(last=False)
            if turns:
                turn = turns.popleft()
                if turns:
                    self._waiting[client] = turns  # behind the others
                return turn
        return None

    async def close(self) -> None:
        """Nobody is let in any more; who waits is told so, what runs is finished."""
        self._closed = True
        for turns in self._waiting.values():
            for turn in turns:
                if not turn.result.done():
                    turn.result.set_exception(Busy("the server is stopping", 10))
        self._waiting.clear()
        if self._running:
            await asyncio.wait([self._running])
