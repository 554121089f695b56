"""
What is to be extracted, as it was said, to a plan with its form and its model; and what can be done with that: run it,
say what it would cost, write its requests for a provider's batch endpoint, read what came back.

How a job runs is the business of `rag.extract`; where its records go, of `records`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from rag import extract as verb
from rag import grammar as grammar_
from rag import models, prompts
from rag.app.schemas import read_schema
from rag.errors import InputError, ModelError, PartialError
from rag.extract import Form, Plan, Progress, SchemaForm, output
from rag.extract.asker import Asker
from rag.extract.estimate import Estimate, requests
from rag.extract.estimate import estimate as count
from rag.extract.examples import many, read_examples
from rag.extract.examples import verbatim as marked
from rag.extract.form import GrammarForm
from rag.extract.grounding import judgements, loosened
from rag.extract.plan import rules
from rag.files import typed
from rag.models.hosted.endpoint import Limits
from rag.store import Store, jobs
from rag.store.jobs import Job
from rag.types import Document, Embedder, Generator, Scorer

SMALL = 2_000_000_000  # weights
NIGHTLY = 10  # retries of a request: some six minutes, so that a job outlives a short outage


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is asked of every document, what a reply must be, and who is asked."""

    plan: Plan
    form: Form
    generator: Generator
    attempts: int | None = None  # how often a window is asked now, if not as often as the plan says


def prepare(
    db: Store,
    generator: Generator,
    schema: str = "",
    *,
    grammar: str = "",
    multi: bool = False,
    verbatim: bool = False,
    prompt: str = "extract",
    examples: Path | None = None,
    **settings: Any,
) -> Extraction:
    """
    Everything that an extraction needs. `schema` is a file, JSON, the hash of one that a job of `db` used, or fields in
    short; a `grammar` (a name or a path) takes its place. `settings` are those of `Plan`: window, max_tokens, …

    Raises InputError for a schema, grammar, prompt, examples or setting that cannot be used.
    """
    template = prompts.find(prompt, ["text"], generator.name)
    if grammar:
        if schema or multi or verbatim:
            raise InputError("--grammar takes the place of --schema, --multi and --verbatim", "Give one or the other.")
        held = GrammarForm(grammar)
        return filled(Plan({}, template, grammar=held.text, **settings), held, generator, examples)
    if not schema:
        raise InputError("no schema was given", "Say what to extract: --schema 'name, age int', or --schema FILE.json")
    wanted = read_schema(schema, partial(jobs.schema_of, db))
    wanted = marked(wanted) if verbatim else wanted
    plan = Plan(many(wanted) if multi else wanted, template, **settings)
    return schema_extraction(plan, generator, examples)


def schema_extraction(plan: Plan, generator: Generator, examples: Path | None) -> Extraction:
    """
    What a plan with a schema needs. A model that no grammar holds is told what was wrong with its reply; a small one
    that a grammar holds chooses among what stands in the document, unless the plan is `free`. With more examples than
    it is shown at a time they teach it instead, and what it then says that stands nowhere is not taken; fewer are left
    out of the plan, because they make such a model worse.
    """
    told = not generator.constrained
    if examples is not None:
        check = SchemaForm(plan.schema, plan.max_tokens, plan.attempts, told=told).check
        plan = replace(plan, examples=read_examples(examples.expanduser(), check))
    small = not plan.free and is_small(generator)
    if small and not plan.choosing:
        plan = replace(plan, examples=())
    if small and plan.examples:
        judged = judgements(plan.examples)
        plan = replace(plan, taught=True, judged=judged, schema=loosened(plan.schema, judged))
    embedder = _bundled_embedder() if small and not plan.choosing else None
    judge = bundled_judge(generator) if embedder else None
    if embedder:
        plan = replace(plan, near=embedder.fingerprint, judge=judge.fingerprint if judge else "", rules=rules())
    form = SchemaForm(plan.schema, plan.max_tokens, plan.attempts, told=told, embedder=embedder, judge=judge)
    return Extraction(plan, form, generator)


def is_small(generator: Generator) -> bool:
    """Whether a local model is so small that it invents what it does not find."""
    return generator.constrained and generator.parameters is not None and generator.parameters < SMALL


def _bundled_embedder() -> Embedder | None:
    try:
        return models.embedder("minilm")
    except ModelError:  # its package is not installed
        return None


def bundled_judge(generator: Generator) -> Scorer | None:
    """The bundled model, which judges what any model chose: the one that writes, where it is that."""
    from rag.models.llama import LlamaGenerator, smollm2

    if isinstance(generator, LlamaGenerator) and generator.name == models.DEFAULT_GENERATOR:
        return generator
    try:
        return smollm2()
    except ModelError:  # its package is not installed
        return None


def filled(plan: Plan, form: Form, generator: Generator, examples: Path | None) -> Extraction:
    """The plan with its examples; each must fit the form."""
    if examples is not None:
        plan = replace(plan, examples=read_examples(examples.expanduser(), form.check))
    return Extraction(plan, form, generator)


def open_model(
    name: str,
    base_url: str = "",
    *,
    context: int | None = None,
    slots: int = 8,
    threads: int | None = None,
    notice: Callable[[str], None] | None = None,
    ray: str = "",
    **limits: Any,
) -> Generator:
    """
    A model for many documents: a local one works on `slots` at a time, a hosted one within `limits` (those of
    `rag.models.hosted.Limits`: concurrency, rpm, tpm, timeout); `notice` gets what the user should know of it, once.
    With `ray`, the address of a cluster, it works there. Raises ModelError, InputError for "none".
    """
    opened = partial(
        models.generator, name, endpoint=base_url or None, context=context, slots=slots, normalise=grammar_.strict,
        check=grammar_.check,
    )  # fmt: skip
    given = Limits(retries=NIGHTLY, **limits)
    generator = opened(limits=given, threads=threads, notice=notice)
    if generator is None:
        raise InputError(
            "--model none writes nothing, so it extracts nothing", "--model smollm2, llama:FILE.gguf, openai:NAME"
        )
    if ray:
        from rag.models.on_ray import RayGenerator

        return RayGenerator(generator, partial(_on_worker, opened, given), ray)
    return generator


def _on_worker(opened: Callable[..., Generator | None], limits: Limits, threads: int, workers: int) -> Generator | None:
    """The model as one of so many workers of a cluster opens it: what may be asked at a time is for all of them."""
    share = replace(limits, concurrency=max(1, limits.concurrency // workers))
    return opened(limits=share, threads=threads)


def begun(db: Store, what: Extraction) -> Job:
    """The job of an extraction as the database knows it, made if it is new; nothing is asked yet."""
    return _known(db, what) or jobs.begin(db, verb.new_job(what.plan, what.generator))


def run(
    db: Store,
    what: Extraction,
    documents: Iterable[Document],
    *,
    retry_failed: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Job:
    """Ask about every document that is not done yet; stopped and run again, it goes on. See `rag.extract.run`."""
    return verb.run(
        documents, what.plan, what.form, what.generator, db, retry_failed=retry_failed, attempts=what.attempts,
        on_progress=on_progress,
    )  # fmt: skip


def estimate(db: Store, what: Extraction, documents: Iterable[Document], *, retry_failed: bool = False) -> Estimate:
    """What a run would cost; nothing is asked."""
    job = _known(db, what)
    asker = Asker(what.plan, what.form, what.generator)
    return count(documents, asker, _wanted(db, job, retry_failed), jobs.mean_output(db, job) if job else None)


def write_batch(
    db: Store,
    what: Extraction,
    documents: Iterable[Document],
    path: Path,
    *,
    retry_failed: bool = False,
    force: bool = False,
) -> int:
    """Write the requests of a run to a file for a provider's batch endpoint; how many they are."""
    from rag.models.hosted.batchfile import line

    hosted = _hosted(what.generator, "--write-batch")
    output.check_writable(path, "", force=force)
    asker, wanted = Asker(what.plan, what.form, what.generator), _wanted(db, _known(db, what), retry_failed)
    return output.write_lines(path, (line(hosted, request) for request in requests(documents, asker, wanted)))


def with_replies(what: Extraction, path: Path) -> Extraction:
    """The same, but the replies are those that a batch endpoint gave back."""
    from rag.models.hosted.batchfile import BatchReplies

    return replace(what, generator=BatchReplies(_hosted(what.generator, "--read-batch"), path), attempts=1)


def shortfall(db: Store, job: Job, unreadable: int = 0) -> PartialError | None:
    """What is missing if not everything that was given is done; `unreadable` inputs were not even asked about."""
    counts = jobs.counts(db, job)
    parts = []
    if counts.failed:
        parts.append(f"{counts.failed} of {counts.documents} documents failed")
    if counts.pending:
        parts.append(f"{counts.pending} have no reply yet")
    if unreadable:
        parts.append(f"{unreadable} inputs could not be read")
    if not parts:
        return None
    hint = f"See why: rag jobs show {job.id} --failed -d {typed(db.path)}; then the same command with --retry-failed"
    return PartialError("; ".join(parts), hint if counts.failed else "")


def _known(db: Store, what: Extraction) -> Job | None:
    return jobs.known(db, verb.new_job(what.plan, what.generator).hash)


def _wanted(db: Store, job: Job | None, retry_failed: bool) -> Callable[[str], bool]:
    """Whether a document of this hash is still to be asked about."""

    def wanted(hash: str) -> bool:
        status = jobs.status_of(db, job, hash) if job else "pending"
        return status == "pending" or (retry_failed and status == "failed")

    return wanted


def _hosted(generator: Generator, flag: str) -> Any:
    from rag.models.hosted import HostedGenerator

    if not isinstance(generator, HostedGenerator):
        raise InputError(f"{flag} is for hosted models, not for {generator.name}", "--model openai:NAME")
    return generator
