"""What `rag extract` shows: progress and a summary on stderr, an estimate on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.app.extract_inputs import Inputs
    from rag.extract import Progress
    from rag.extract.estimate import Estimate, Price
    from rag.store import Store
    from rag.store.jobs import Job

EVERY = 0.2  # seconds between two looks at the progress on a terminal
SELDOM = 30.0  # and where stderr is a file
MANY_NULL = 0.5  # values that are null for each one that is given, from which the summary says what can be done


class Meter:
    """Progress on stderr: a line that is written over on a terminal, one every half minute elsewhere."""

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        self.total = total
        self.quiet = quiet
        self.last: Progress | None = None
        self.seconds = 0.0
        self._terminal = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> Meter:
        self._started = self._shown = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.seconds = time.monotonic() - self._started
        if self._terminal and not self.quiet:
            print(self._clear(), end="", file=sys.stderr, flush=True)
        if kind is KeyboardInterrupt:
            print("stopped; finished rows are kept, run the same command again to go on", file=sys.stderr)

    def __call__(self, progress: Progress) -> None:
        self.last = progress
        now = time.monotonic()
        if self.quiet or now - self._shown < (EVERY if self._terminal else SELDOM):
            return
        self._shown = now
        line = self.line(progress, now - self._started)
        print(
            f"{self._clear()}{line}" if self._terminal else line,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def _clear(self) -> str:
        from rag.terminal import sequence

        return sequence("[G", sys.stderr) + sequence("[K", sys.stderr)

    def line(self, progress: Progress, seconds: float) -> str:
        """Like "120/200 documents, 3 failed, 1.2 documents/s, 35 tokens/s, 1:05 left"."""
        asked = progress.done + progress.failed
        past = progress.kept + asked
        parts = [f"{past}/{self.total} documents" if self.total is not None else f"{past} documents"]
        if progress.failed:
            parts.append(f"{progress.failed} failed")
        if asked and seconds > 0:
            parts += [f"{asked / seconds:.1f} documents/s", f"{progress.tokens_out / seconds:.0f} tokens/s"]
            if self.total is not None and self.total > past:
                parts.append(f"{clock((self.total - past) * seconds / asked)} left")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def summary(db: Store, job: Job, inputs: Inputs, meter: Meter, price: Price | None, *, quiet: bool) -> None:
    """What was done, on stderr."""
    from rag import render
    from rag.extract import Progress
    from rag.store import jobs

    for where, why in inputs.problems:
        render.note(f"{where}: {why}" if where and where not in why else why)
    if quiet:
        return
    for note in inputs.notes:
        render.note(note)
    counts, run = jobs.counts(db, job), meter.last or Progress()
    asked = run.done + run.failed
    lines = [("job", f"{job.id}, {job.model}")]
    lines.append(
        ("documents", f"{counts.documents}: {counts.done} done, {counts.failed} failed, {counts.pending} pending")
    )
    lines.append(("this run", f"{run.done} done, {run.failed} failed, {run.kept} kept from before"))
    if asked:
        rate = (
            f"{asked / meter.seconds:.2f} documents/s, {run.tokens_out / meter.seconds:.0f} tokens/s"
            if meter.seconds
            else ""
        )
        lines.append(("time", f"{clock(meter.seconds)}, {rate}"))
        cost = f", {price.of(run.tokens_in, run.tokens_out):.4f} at that price" if price else ""
        lines.append(("tokens", f"{run.tokens_in:,} in, {run.tokens_out:,} out{cost}"))
    lines += _evidence(db, job)
    for name, text in lines:
        render.note(f"{name:<10} {text}")


def _evidence(db: Store, job: Job) -> Iterator[tuple[str, str]]:
    """How many texts and numbers of a job were found in their documents and how many values are null, with advice."""
    from rag.app.records import filled

    found = filled(db, job)
    if found.given:
        more = f"; {found.missing} stand nowhere (see `nowhere`; --grounded makes them null)" if found.missing else ""
        if found.told:
            chosen = found.given - found.told - found.missing
            said = f"{found.told} of {found.given} texts and numbers are told by a label or a sentence{more}"
            doubt = f"{chosen} the model chose among what stands there: check those first (`how` in --evidence)"
        else:
            there = found.given - found.missing
            said = f"{there} of {found.given} texts and numbers occur somewhere in their documents{more}"
            doubt = "that does not show that each is the value of its field: read some records beside their documents"
        yield "evidence", f"{said}; {doubt}"
    if found.null > MANY_NULL * found.given:
        yield (
            "null",
            f"{found.null} values are null; where documents do say one, call the field what they call it, or show"
            " records that are right (--examples)",
        )


def price_of(text: str) -> Price | None:
    if not text:
        return None
    from rag.extract.estimate import Price

    return Price.parse(text)


def show_batch(many: int, path: Path) -> None:
    from rag import render

    render.note(f"{many} requests written to {path}; what comes back: the same command with --read-batch FILE")


def show_estimate(found: Estimate, price: Price | None) -> None:
    """What it would cost, on stdout."""
    print(f"documents   {found.documents}, {found.kept} of them done before")
    print(f"requests    {found.requests}")
    print(f"tokens in   {found.tokens_in:,}")
    likely = f"{found.tokens_out:,} likely (as the rows that are done), " if found.tokens_out is not None else ""
    print(f"tokens out  {likely}at most {found.most_out:,}")
    if price:
        least = price.of(found.tokens_in, found.tokens_out or 0)
        about = f"{least:.4f} likely, " if found.tokens_out is not None else f"{least:.4f} for the prompts, "
        print(f"cost        {about}at most {price.of(found.tokens_in, found.most_out):.4f}")
    if found.tokens_out is None:
        print("To know the replies' share, ask for a few first: --sample 10")
