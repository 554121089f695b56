"""`rag extract`: documents to JSON records that fit a schema. Flags to one call."""

from __future__ import annotations

import sys
from pathlib import Path

from rag.cli import extract_flags as flag
from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Model,
    Prefix,
    Quiet,
    Ray,
    Since,
    Source,
    Tags,
    Until,
    Where,
)


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
    free: flag.Free = False,
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
    where: Where = "",
    tag: Tags = None,
    window: flag.Window = None,
    overlap: flag.Overlap = 0.1,
    max_tokens: flag.MaxTokens = 1024,
    temperature: flag.Temperature = 0.0,
    seed: flag.Seed = 0,
    context: flag.Context = None,
    slots: flag.Slots = 8,
    threads: flag.Threads = None,
    base_url: BaseUrl = "",
    ray: Ray = "",
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
    from rag import render
    from rag.app import extract as verb
    from rag.app import extract_inputs, records
    from rag.app.open import filters, open_database
    from rag.cli.extract_output import Meter, price_of, show_batch, show_estimate, summary
    from rag.errors import InputError
    from rag.store.filters import Filters

    target = records.Target.of(out, form, table, evidence)
    cost = price_of(price)
    wanted = filters(source, prefix, since, until, where, tag or ())
    if from_index or query:
        inputs = extract_inputs.indexed(paths or [], database.expanduser(), query, k, wanted)
    else:
        if wanted != Filters():
            raise InputError("--source, --where and their like choose documents of the index", "Add --from-index.")
        inputs = extract_inputs.given(paths or [], tuple(text_column or ()), id_column)
    inputs.only(limit, sample, seed)
    generator = verb.open_model(
        model, base_url, context=context, slots=slots, threads=threads,
        notice=render.note, ray=ray, concurrency=concurrency, rpm=rpm, tpm=tpm, timeout=timeout,
    )  # fmt: skip
    new = isinstance(database, Path) and not database.expanduser().exists()
    with open_database(database, create=True) as db:
        if new and not quiet:
            render.note(f"{database} is made: it keeps the job, and the same command goes on there; another: -d PATH")
        what = verb.prepare(
            db, generator, schema, grammar=grammar, multi=multi, verbatim=verbatim, prompt=prompt, examples=examples,
            shots=shots, window=window, overlap=overlap, max_tokens=max_tokens, temperature=temperature, seed=seed,
            grounded=grounded, free=free,
        )  # fmt: skip
        if examples and not what.plan.examples:
            render.note(f"so few examples make {generator.name} worse and are not shown: more than {shots}, or --free")
        if read_batch is not None:
            what = verb.with_replies(what, read_batch)
        if estimate:
            show_estimate(verb.estimate(db, what, inputs, retry_failed=retry_failed), cost)
        elif write_batch is not None:
            many = verb.write_batch(db, what, inputs, write_batch, retry_failed=retry_failed, force=force)
            show_batch(many, write_batch)
        else:
            records.check(db, target, force=force)
            with Meter(inputs.total, quiet=quiet) as meter:
                job = verb.run(db, what, inputs, retry_failed=retry_failed, on_progress=meter)
            records.write(db, job, target, sys.stdout)
            summary(db, job, inputs, meter, cost, quiet=quiet)
            if (missing := verb.shortfall(db, job, len(inputs.problems))) is not None:
                raise missing
