"""`rag extract`: documents to JSON records that fit a schema. Flags to objects, one verb, one writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.cli import extract_flags as flag
from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Model,
    Prefix,
    Quiet,
    Since,
    Source,
    Until,
)
from rag.errors import PartialError

if TYPE_CHECKING:
    from rag.cli.extract_inputs import Inputs
    from rag.cli.extract_output import Target
    from rag.cli.extract_wiring import Asking, Mode
    from rag.store import Database as Store
    from rag.store.jobs import Job
    from rag.types import Generator


def extract(
    paths: flag.Paths = None,
    database: Database = DEFAULT_DATABASE,
    schema: flag.Schema = "",
    multi: flag.Multi = False,
    model: Model = "smollm2",
    out: flag.Out = None,
    form: flag.Form = "",
    table: flag.Table = "",
    evidence: flag.Evidence = False,
    grounded: flag.Grounded = False,
    verbatim: flag.Verbatim = False,
    examples: flag.Examples = None,
    shots: flag.Shots = 3,
    prompt: flag.Prompt = "extract",
    grammar: flag.Grammar = "",
    text_column: flag.TextColumn = None,
    id_column: flag.IdColumn = "",
    limit: flag.Limit = None,
    sample: flag.Sample = None,
    from_index: flag.FromIndex = False,
    query: flag.Query = "",
    k: flag.K = 100,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    window: flag.Window = None,
    overlap: flag.Overlap = 0.1,
    max_tokens: flag.MaxTokens = 1024,
    temperature: flag.Temperature = 0.0,
    seed: flag.Seed = 0,
    context: flag.Context = None,
    slots: flag.Slots = 8,
    threads: flag.Threads = None,
    base_url: BaseUrl = "",
    concurrency: flag.Concurrency = 8,
    rpm: flag.Rpm = None,
    tpm: flag.Tpm = None,
    timeout: flag.Timeout = 120,
    retry_failed: flag.RetryFailed = False,
    force: flag.Force = False,
    estimate: flag.Estimate = False,
    price: flag.Price = "",
    write_batch: flag.WriteBatch = None,
    read_batch: flag.ReadBatch = None,
    quiet: Quiet = False,
) -> None:
    """
    Extract JSON records from documents. Stop it anyhow and run the same command again: finished rows are kept.
    """
    from rag.app.open import filters
    from rag.cli import extract_inputs, extract_output, extract_wiring
    from rag.store import Database as Store

    database = database.expanduser()
    target = extract_output.target(out, form, table)
    asking = extract_wiring.Asking(
        schema,
        grammar,
        multi,
        verbatim,
        prompt,
        examples,
        shots,
        window,
        overlap,
        max_tokens,
        temperature,
        seed,
        grounded,
    )
    mode = extract_wiring.Mode(
        retry_failed, evidence, force, estimate, extract_output.price_of(price), write_batch, read_batch, quiet
    )
    wanted = filters(source, prefix, since, until)
    if from_index or query:
        inputs = extract_inputs.indexed(paths or [], database, query, k, wanted)
    else:
        inputs = extract_inputs.given(paths or [], tuple(text_column or ()), id_column)
    inputs.only(limit, sample, seed)
    generator = extract_wiring.generator_of(
        model, base_url, context=context, slots=slots, threads=threads, concurrency=concurrency, rpm=rpm, tpm=tpm,
        timeout=timeout,
    )  # fmt: skip
    with Store(database, create=True) as db:
        _extract(db, asking, inputs, generator, target, mode)


def _extract(db: Store, asking: Asking, inputs: Inputs, generator: Generator, target: Target, mode: Mode) -> None:
    """The flags are objects now: estimate, or write a batch, or run the job."""
    from rag.cli import extract_output, extract_wiring
    from rag.extract import new_job, run
    from rag.extract.asker import Asker
    from rag.store import jobs

    plan = extract_wiring.plan_of(asking, db, generator.name)
    form = extract_wiring.form_of(plan, asking, generator)
    if mode.read_batch is not None:
        generator = extract_wiring.replies_of(generator, mode.read_batch)
    if mode.estimate or mode.write_batch is not None:
        job = jobs.known(db, new_job(plan, generator).hash)
        asker, wanted = Asker(plan, form, generator), extract_wiring.wanted_of(db, job, mode.retry_failed)
        if mode.estimate:
            extract_output.show_estimate(inputs, asker, wanted, jobs.mean_output(db, job) if job else None, mode.price)
        elif mode.write_batch is not None:
            extract_wiring.write_batch(inputs, asker, wanted, mode.write_batch, force=mode.force)
        return
    extract_output.check(db, target, force=mode.force, evidence=mode.evidence)
    with extract_output.Meter(inputs.total, quiet=mode.quiet) as meter:
        job = run(
            inputs, plan, form, generator, db, retry_failed=mode.retry_failed, on_progress=meter,
            attempts=1 if mode.read_batch is not None else None,
        )  # fmt: skip
    extract_output.write(db, job, target, evidence=mode.evidence)
    extract_output.summary(db, job, inputs, meter, mode.price, quiet=mode.quiet)
    _account(db, job, inputs)


def _account(db: Store, job: Job, inputs: Inputs) -> None:
    """Exit code 6 if not everything that was given is done."""
    from rag.store import jobs

    counts = jobs.counts(db, job)
    missing = counts.failed + counts.pending
    if not missing and not inputs.problems:
        return
    parts = []
    if counts.failed:
        parts.append(f"{counts.failed} of {counts.documents} documents failed")
    if counts.pending:
        parts.append(f"{counts.pending} have no reply yet")
    if inputs.problems:
        parts.append(f"{len(inputs.problems)} inputs could not be read")
    where = f"-d {db.path}"
    hint = f"See why: rag jobs show {job.id} --failed {where}; then the same command with --retry-failed"
    raise PartialError("; ".join(parts), hint if counts.failed else "")
