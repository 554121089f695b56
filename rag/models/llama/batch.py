"""
Many prompts at a time: continuous batching over the slots of one context.

Requests are read when a slot is free, not before. A prompt takes from any slot the longest beginning it shares with
it, so the instructions of a batch are decoded once; a prompt whose beginning is being decoded in another slot waits.
Every step decodes one token of each reply and pieces of new prompts together. If the cache runs full, the youngest
reply gives its place back and goes on later with the tokens it has. Replies come out as soon as they end.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.models.llama.context import BATCH, Context, Slot, common
from rag.models.llama.sampler import GrammarSampler
from rag.types import Reply, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORTH_WAITING = 16  # tokens; a shorter common beginning is decoded twice
HEADROOM = 64  # cells that a reply must find free before it begins


@dataclass(slots=True)
class Job:
    """One request under way."""

    index: int
    prompt: int  # tokens of the prompt
    tokens: list[int]  # prompt and reply so far
    limit: int
    sampler: GrammarSampler
    began: float
    pieces: list[str] = field(default_factory=list)

    @property
    def written(self) -> int:
        return len(self.tokens) - self.prompt

    def reply(self, stopped: str) -> Reply:
        if rest := self.sampler.finish():
            self.pieces.append(rest)
        return Reply("".join(self.pieces), self.prompt, self.written, stopped, time.perf_counter() - self.began)


Outcome = tuple[int, Reply | Exception]


class BatchDecoder:
    """
    One pass over some requests. `room(context, tokens)` gives a context with that much room in place of the one there
    is, which may be none or the same; `largest` is the most that there can be.
    """

    def __init__(
        self,
        requests: Iterator[tuple[int, Request]],
        prepare: Callable[[int, Request], Job],
        room: Callable[[Context | None, int], Context],
        largest: int,
        context: Context | None = None,
    ) -> None:
        self.requests, self.prepare, self.room, self.largest = requests, prepare, room, largest
        self.context = context
        self.waiting: deque[Job] = deque()
        self.jobs: dict[int, Job] = {}  # by the number of their slot
        self.steps = 0

    def run(self) -> Iterator[Outcome]:
        try:
            while True:
                yield from self._refill()
                if not self.jobs:
                    return
                yield from self._step()
        except GeneratorExit:
            raise
        except BaseException:  # also Ctrl-C in the middle of a step: what the cache holds is not sure
            if self.context is not None:
                self.context.clear()
            raise
        finally:
            for job in [*self.jobs.values(), *self.waiting]:
                job.sampler.close()
            if self.context is not None:
                for slot in self.context.slots:
                    slot.live, slot.want = False, []

    def _refill(self) -> Iterator[Outcome]:
        """Give free slots to requests; yields those that cannot be begun."""
        while self.context is None or len(self.jobs) < len(self.context.slots):
            if not self.waiting:
                item = next(self.requests, None)
                if item is None:
                    return
                try:
                    self.waiting.append(self.prepare(*item))
                except RagError as error:
                    yield item[0], error
                    continue
            job = self.waiting.popleft()
            if not self._begin(job):
                self.waiting.appendleft(job)
                return

    def _begin(self, job: Job) -> bool:
        """Put a job into a free slot; False if it has to wait for another's prompt or for room."""
        need = len(job.tokens) + min(job.limit - job.written, HEADROOM)
        if not self.jobs:
            self.context = self.room(self.context, need)
        context = self.context
        assert context is not None
        wanted = job.tokens[:-1]  # the last one is decoded in any case, for its logits
        shared = {slot.sequence: context.shared(slot, wanted) for slot in context.slots}
        donor = max(context.slots, key=lambda slot: shared[slot.sequence])
        most = shared[donor.sequence]
        if context.divisible and any(
            common(slot.want, wanted) >= most + WORTH_WAITING for slot in context.slots if slot.live
        ):
            return False
        free = [slot for slot in context.slots if not slot.live]
        slot = max(free, key=lambda slot: shared[slot.sequence])
        if shared[slot.sequence] == most:
            context.keep(slot, most)
        else:
            context.copy(donor, slot, most)
        if not self._make_room(need - most, keep=slot):
            return False
        slot.want, slot.live = list(job.tokens), True
        self.jobs[slot.sequence] = job
        return True

    def _make_room(self, need: int, keep: Slot | None = None) -> bool:
        """Whether so many cells are free, after finished replies have been forgotten if need be."""
        context = self.context
        assert context is not None
        idle = [slot for slot in context.slots if not slot.live and slot is not keep]
        while context.cells - context.used() < need:
            if not idle:
                return False
            context.keep(idle.pop(), 0)
        return True

    def _step(self) -> Iterator[Outcome]:
        """Decode one batch and take one token for each reply whose prompt is complete."""
        context = self.context
        assert context is not None
        yield from self._fit()
        if not self.jobs:
            return
        parts = self._parts()
        rows = [slot for slot, count in parts if count == slot.pending]
        logits = context.decode(parts)
        self.steps += 1
        ended = [outcome for slot, row in zip(rows, logits, strict=True) if (outcome := self._take(slot, row))]
        yield from ended

    def _parts(self) -> list[tuple[Slot, int]]:
        """What the next batch decodes: replies first, then as much of the prompts as there is place for."""
        assert self.context is not None
        live = sorted((slot for slot in self.context.slots if slot.live), key=lambda slot: slot.pending)
        parts, left = [], BATCH
        for slot in live:
            if count := min(slot.pending, left):
                parts.append((slot, count))
                left -= count
        return parts

    def _fit(self) -> Iterator[Outcome]:
        """Make sure that the next batch has room: forget what has ended, put the youngest back, or cut the last one."""
        context = self.context
        assert context is not None
        while self.jobs and not self._make_room(sum(count for _, count in self._parts())):
            youngest = max(self.jobs, key=lambda number: self.jobs[number].index)
            job = self.jobs[youngest]
            if len(self.jobs) == 1 and context.cells >= self.largest:
                yield job.index, self._end(context.slots[youngest], "length")
                return
            self._release(context.slots[youngest])
            context.keep(context.slots[youngest], 0)
            self.waiting.appendleft(job)

    def _take(self, slot: Slot, row: NDArray[np.float32]) -> Outcome | None:
        """Choose the next token of a slot's reply; the outcome if that ended it."""
        job = self.jobs[slot.sequence]
        try:
            token = job.sampler.sample(row)
        except RagError as error:
            self._release(slot).sampler.close()
            return job.index, error
        if job.sampler.model.is_eog(token):
            return job.index, self._end(slot, "done")
        self._write(slot, job, token)
        for forced in job.sampler.forced(job.tokens[job.prompt :])[: job.limit - job.written]:
            self._write(slot, job, forced)
        if job.written >= job.limit:
            return job.index, self._end(slot, "done" if job.sampler.must_end() else "length")
        return None

    def _write(self, slot: Slot, job: Job, token: int) -> None:
        job.tokens.append(token)
        slot.want.append(token)
        if piece := job.sampler.accept(token):
            job.pieces.append(piece)

    def _end(self, slot: Slot, stopped: str) -> Reply:
        job = self._release(slot)
        reply = job.reply(stopped)
        job.sampler.close()
        return reply

    def _release(self, slot: Slot) -> Job:
        slot.live, slot.want = False, []
        return self.jobs.pop(slot.sequence)
