"""
Run a job: documents to records that fit a schema, every row accounted for, resumable at any moment.

    documents --hash, register--> rows not done yet --windows--> requests --model--> replies --check--> rows

The rows in the database are the truth. Documents are read lazily and forgotten when their row is written, so memory
does not grow with their number. A reply that does not fit is asked again with a narrower shape; a row that fails says
why. If the model itself fails again and again, the run stops and leaves those rows pending. Nothing here prints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Generator as Gen
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any

from rag.errors import InputError, ModelError, OutputError, RagError
from rag.extract import bounds
from rag.extract.about import about, head
from rag.extract.asker import Asker, seen
from rag.extract.evidence import Places, leaves, standing
from rag.extract.form import Form, Try
from rag.extract.grounding import grounded, unfounded
from rag.extract.keeping import DatabaseRows, MemoryRows, Rows
from rag.extract.plan import Plan, compact, document_hash
from rag.extract.telling import Told
from rag.extract.windows import Span, merge
from rag.grammar.attempts import Misfit, was_cut
from rag.store import Store, jobs
from rag.store.jobs import Entry, Job, Result
from rag.types import Document, Generator, Record, Reply, Request

JSON = Any
CHUNK = 64  # documents that are registered in one transaction
GIVE_UP = 5  # rows in a row for which the model itself failed


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is. `seen` documents were read, of them `kept` were done before; the rest was asked in this run."""

    seen: int = 0
    kept: int = 0
    done: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    total: int | None = None


@dataclass(slots=True)
class Work:
    """A text that is being asked about."""

    hash: str
    document: Document
    spans: list[Span]
    parts: list[JSON]
    raws: list[str]
    left: int
    result: Result
    known: Mapping[str, JSON] = field(default_factory=dict)  # what its front matter says by the names of fields
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for one window."""

    work: Work
    window: int
    attempt: int
    what: Try
    request: Request

    @property
    def text(self) -> str:
        return seen(self.work.document, self.work.spans[self.window])


def run(
    documents: Iterable[Document],
    plan: Plan,
    form: Form,
    generator: Generator,
    db: Store,
    *,
    retry_failed: bool = False,
    attempts: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Job:
    """
    Ask for every document that has no row yet (or only a failed one, with `retry_failed`), and return the job.
    `attempts` is how often to ask now, if not as often as the plan says.

    Raises InputError (no room for a document in the prompt), ModelError (the model fails for everything),
    DatabaseError (also: this job is running already). Rows that fail are in the database, they raise nothing.
    """
    job = jobs.begin(db, new_job(plan, generator))
    with jobs.running(db, job):
        rows = DatabaseRows(db, job)
        seen = Runner(rows, plan, form, generator, retry_failed, attempts, on_progress).run(documents)
        jobs.end_of_input(db, job, seen)
    return job


def records(documents: Sequence[Document], plan: Plan, form: Form, generator: Generator) -> list[Record]:
    """The records of a few documents, in their order, without a database. Raises InputError, ModelError as `run`."""
    rows = MemoryRows()
    Runner(rows, plan, form, generator).run(documents)
    found = [(document, rows.results[document_hash(document)]) for document in documents]
    return [Record(document, row.data, row.status, row.error, row.raw, row.attempts) for document, row in found]


def new_job(plan: Plan, generator: Generator) -> Job:
    """The job of a plan and a model, not yet in the database."""
    prompt = "\n".join(f"--- {role}\n{text}" for role, text in plan.template.turns)
    return Job(
        plan.hash(generator.fingerprint),
        plan.schema,
        plan.schema_hash,
        prompt,
        plan.prompt_hash,
        generator.name,
        generator.fingerprint,
        {**plan.settings, "examples": len(plan.examples)},
    )


class Runner:
    """One run of one job."""

    def __init__(
        self,
        rows: Rows,
        plan: Plan,
        form: Form,
        generator: Generator,
        retry_failed: bool = False,
        attempts: int | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.rows = rows
        self.plan = plan
        self.form = form
        self.generator = generator
        self.asker = Asker(plan, form, generator)
        self._attempts = attempts or plan.attempts
        self._redo = ("pending", "failed") if retry_failed else ("pending",)
        self._on_progress = on_progress
        self._progress = Progress()
        self._live: set[str] = set()  # hashes that are being asked about
        self._failed: set[str] = set()  # in this run; not to be asked again under another name
        self._again: deque[Ask] = deque()
        self._errors: list[tuple[Work, ModelError]] = []  # rows that the model did not answer, since it last did
        self._succeeded = False

    def run(self, documents: Iterable[Document]) -> int:
        """Ask until every document has its row; how many documents there were."""
        asks = self._asks(documents)
        self._round(asks)
        while self._again:  # what must be asked again after the last document
            self._round(asks)
        if self._errors:
            self._abandon(pending=not self._succeeded)
        return self._progress.seen

    def _round(self, asks: Iterator[Ask]) -> None:
        out: dict[int, Ask] = {}  # what the model is working on

        def requests() -> Iterator[Request]:
            for index in count():
                ask = self._again.popleft() if self._again else next(asks, None)
                if ask is None:
                    return
                out[index] = ask
                yield ask.request

        with closing(_many(self.generator, requests())) as outcomes:
            for index, outcome in outcomes:
                self._settle(out.pop(index), outcome)

    def _asks(self, documents: Iterable[Document]) -> Iterator[Ask]:
        for work in self._works(documents):
            for number, span in enumerate(work.spans):
                if work.problem:  # an earlier window failed, and the document with it
                    break
                try:
                    what = self.form.first(seen(work.document, span))
                except InputError as error:  # no reply about this window can fit
                    self._fail(work, error.message)
                    break
                yield Ask(work, number, 1, what, self.asker.request(work.document, span, what))

    def _works(self, documents: Iterable[Document]) -> Iterator[Work]:
        """Register the documents, and give those whose rows are to be done."""
        reading, seq = iter(documents), 0
        while chunk := list(islice(reading, CHUNK)):
            hashes = [document_hash(document) for document in chunk]
            named = [
                Entry(seq + n, document.source, document.key, hash)
                for n, (document, hash) in enumerate(zip(chunk, hashes, strict=True))
            ]
            seq += len(chunk)
            status = self.rows.register(named)
            together = list(zip(chunk, hashes, strict=True))
            if self.plan.choosing:  # those with the same examples one after the other: their prompts begin alike
                together.sort(key=lambda one: self.plan.order(one[0].text))
            for document, hash in together:
                wanted = status[hash] in self._redo and hash not in self._live and hash not in self._failed
                status[hash] = "seen"  # the same text again in this chunk
                self._tell(seen=1, kept=0 if wanted else 1)
                if not wanted:
                    continue
                if document.text.strip():
                    self._live.add(hash)
                    front = self.form.known(document.text)
                    spans = [(0, front.end)] if front.complete else self.asker.spans(document)
                    size, empty = len(spans), Result(hash, windows=len(spans))
                    work = Work(hash, document, spans, [None] * size, [""] * size, size, empty, front.values)
                    if front.complete:
                        self._finish(work)  # no model need be asked
                    else:
                        yield work
                else:
                    self._write(Result(hash, "failed", error="the document is empty"))

    def _settle(self, ask: Ask, outcome: Reply | Exception) -> None:
        """What came back for one window."""
        work, number = ask.work, ask.window
        if isinstance(outcome, ModelError):
            self._unanswered_by(work, outcome)
            return
        self._succeeded = True
        if isinstance(outcome, Reply):
            work.raws[number] = outcome.text
            had = work.result
            work.result = replace(
                had,
                attempts=max(had.attempts, ask.attempt),
                tokens_in=had.tokens_in + outcome.tokens_in,
                tokens_out=had.tokens_out + outcome.tokens_out,
                seconds=had.seconds + outcome.seconds,
            )
            self._tell(tokens_in=outcome.tokens_in, tokens_out=outcome.tokens_out)
        if work.problem:  # it has failed already, by another window
            return
        if isinstance(outcome, OutputError) and outcome.final:  # refused, and asking again would give the same
            self._fail(work, outcome.message)
            return
        try:
            if isinstance(outcome, Exception):
                raise outcome
            if outcome.stopped == "length":
                raise was_cut(outcome, ask.request.sampling.max_tokens)
            work.parts[number] = self._within(ask, self.form.check(outcome.text, ask.text))
        except RagError as error:
            self._misfit(ask, error)
            return
        work.left -= 1
        if not work.left:
            self._finish(work)

    def _within(self, ask: Ask, value: JSON) -> JSON:
        """The value without circles and with null where it says so in words; what our bounds ended is noted."""
        said_again = f"{', '.join(bounds.circles(value))} went round in circles: each element is said once"
        value = self._rather(ask, value, bounds.straight(value), said_again)
        value = self._rather(ask, value, bounds.nothing(value, ask.text), "a text that says there is nothing is null")
        value = self._rather(ask, value, bounds.saying(value), "an element of which all is null is left out")
        apart = "an item whose values do not stand together is left out"
        value = self._rather(ask, value, self.form.together(value, ask.text), apart)
        if doubted := self.form.doubted(value, ask.text):
            note = f"what hardly stands for its field is null: {', '.join(doubted)}"
            value = self._rather(ask, value, grounded(value, doubted), note)
        if ask.what.limits:
            ask.work.notes.extend(bounds.reached(value, ask.what.limits))
        return value

    def _rather(self, ask: Ask, value: JSON, better: JSON, note: str) -> JSON:
        """The better value, if it is another one and fits as well."""
        if better != value:
            try:
                value = self.form.check(compact(better), ask.text)
                ask.work.notes.append(note)
            except OutputError:
                pass
        return value

    def _misfit(self, ask: Ask, error: RagError) -> None:
        """A reply that cannot be used: ask again with a narrower shape, or the document has failed."""
        work, attempt = ask.work, ask.attempt + 1
        if ask.attempt < self._attempts:
            try:
                wrong = error if isinstance(error, Misfit) else Misfit(error.message, work.raws[ask.window])
                what = self.form.again(ask.what, wrong, attempt, ask.text)
            except InputError as nothing:  # narrowed until nothing is left
                what, error = None, OutputError(f"{error.message}; {nothing.message}")
            if what is not None:
                work.notes.append(f"asked again: {error.message}")
                request = self.asker.request(work.document, work.spans[ask.window], what, attempt)
                self._again.append(Ask(work, ask.window, attempt, what, request))
                return
        start, end = work.spans[ask.window]
        where = f"window {ask.window + 1} of {len(work.spans)} ({start}-{end}): " if len(work.spans) > 1 else ""
        self._fail(work, where + error.message)

    def _fail(self, work: Work, problem: str) -> None:
        work.problem = problem
        raw = "\n".join(filter(None, work.raws))
        self._write(replace(work.result, status="failed", error=problem, raw=raw, note="; ".join(work.notes)))

    def _finish(self, work: Work) -> None:
        """All windows of a document are there: one record, its evidence, its row."""
        data = work.parts[0]
        if len(work.spans) > 1:
            places = [Places(seen(work.document, span)) for span in work.spans]
            data = merge(work.parts, lambda n, value: bool(places[n].of(value)))
            try:
                data = self.form.check(compact(data))
            except OutputError as error:
                self._fail(work, f"what its {len(work.spans)} windows say does not fit together: {error.message}")
                return
            work.notes.append(f"{len(work.spans)} windows")
        data = {**(data or {}), **work.known} if work.known else data
        found = standing(data, work.document, self._read(work, data))
        missing = unfounded(data, found, self.plan)
        if missing:
            try:
                data = self.form.check(compact(grounded(data, missing)))
            except OutputError as error:
                self._fail(work, f"{', '.join(missing)} stand nowhere in the document, and null does not fit: {error}")
                return
            work.notes.append(f"{', '.join(missing)} stood nowhere in the document")
        try:
            record = self.form.record(data)
        except OutputError as error:
            self._fail(work, error.message)
            return
        if missing or record != data:
            data = record
            found = standing(data, work.document, self._read(work, data))
        said, notes = "\n".join(work.raws), "; ".join(work.notes)
        self._write(replace(work.result, status="done", data=data, evidence=found, raw=said, note=notes))

    def _read(self, work: Work, data: JSON) -> dict[str, Told]:
        """What rules read in the windows of a document, with places in its text."""
        told: dict[str, Told] = {}
        for span in work.spans:
            before = len(head(about(work.document)))
            for pointer, one in self.form.read(data, seen(work.document, span)).items():
                start, end = (place - before + span[0] for place in (one.start, one.end))
                placed = start >= span[0]
                told.setdefault(pointer, replace(one, start=start, end=end) if placed else replace(one, start=-1))
        for pointer, value in leaves(work.known):
            told[pointer] = replace(told.get(pointer) or Told(value, -1, -1, "label"), how="label")
        return told

    def _write(self, result: Result) -> None:
        """A row is finished; those for which the model failed before it were an accident of theirs."""
        self.rows.save(result)
        self._live.discard(result.hash)
        if result.status == "done":
            self._tell(done=1)
            if result.attempts:  # what was told without the model says nothing of it
                self._abandon(pending=False)
        else:
            self._failed.add(result.hash)
            self._tell(failed=1)

    def _unanswered_by(self, work: Work, error: ModelError) -> None:
        if work.problem:
            return
        work.problem = error.message
        self._errors.append((work, error))
        if len(self._errors) >= GIVE_UP:
            self._abandon(pending=True)

    def _abandon(self, pending: bool) -> None:
        """Rows that the model did not answer: failed, or left pending if it answers nothing at all."""
        unanswered, self._errors = self._errors, []
        if unanswered and pending:
            error = unanswered[-1][1]
            raise ModelError(
                error.message,
                f"{error.hint} Finished rows are kept; run the same command again to go on.".strip(),
                retry=error.retry,
                after=error.after,
            )
        for work, _ in unanswered:
            self._fail(work, work.problem)

    def _tell(self, **more: int) -> None:
        now = self._progress
        self._progress = replace(now, **{name: getattr(now, name) + value for name, value in more.items()})
        if self._on_progress:
            self._on_progress(self._progress)


def _many(generator: Generator, requests: Iterator[Request]) -> Gen[tuple[int, Reply | Exception], None, None]:
    """Several at a time if the generator can, else one after another."""
    many = getattr(generator, "generate_many", None)
    if many is not None:
        yield from many(requests)
        return
    for index, request in enumerate(requests):
        try:
            yield index, generator.generate(request.messages, request.shape, request.sampling)
        except RagError as error:
            yield index, error
