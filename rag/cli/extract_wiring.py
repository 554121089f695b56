"""Flags of `rag extract` to objects: the plan, the form of a reply, the model, batch files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import InputError

if TYPE_CHECKING:
    from rag.cli.extract_inputs import Inputs
    from rag.extract import Example, Form, Plan
    from rag.extract.asker import Asker
    from rag.extract.estimate import Price
    from rag.store import Database
    from rag.store.jobs import Job
    from rag.types import Generator

JSON = Any
NIGHTLY = 10  # retries of a request: some six minutes, so that a job outlives a short outage


@dataclass(frozen=True, slots=True)
class Asking:
    """What the flags say of the plan."""

    schema: str
    grammar: str
    multi: bool
    verbatim: bool
    prompt: str
    examples: Path | None
    shots: int
    window: int | None
    overlap: float
    max_tokens: int
    temperature: float
    seed: int
    grounded: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """What the flags say of this run."""

    retry_failed: bool
    evidence: bool
    force: bool
    estimate: bool
    price: Price | None
    write_batch: Path | None
    read_batch: Path | None
    quiet: bool


def plan_of(flags: Asking, db: Database, model: str) -> Plan:
    """The plan; raises InputError for a schema, prompt or examples that cannot be used."""
    from rag import prompts
    from rag.extract import Plan, SchemaForm
    from rag.extract.examples import read_examples
    from rag.extract.form import GrammarForm

    template = prompts.find(flags.prompt, ["text"], model)
    schema = _schema(flags, db)
    grammar = GrammarForm(flags.grammar).text if flags.grammar else ""
    examples: tuple[Example, ...] = ()
    if flags.examples is not None:
        check = GrammarForm(flags.grammar).check if grammar else SchemaForm(schema, flags.max_tokens).check
        examples = read_examples(flags.examples.expanduser(), check)
    return Plan(
        schema, template, examples, grammar, flags.window, flags.overlap, flags.max_tokens, flags.temperature,
        flags.seed, shots=flags.shots, grounded=flags.grounded,
    )  # fmt: skip


def _schema(flags: Asking, db: Database) -> JSON:
    from rag.extract.examples import many, verbatim

    if flags.grammar:
        if flags.schema or flags.multi or flags.verbatim:
            raise InputError("--grammar takes the place of --schema, --multi and --verbatim", "Give one or the other.")
        return {}
    if not flags.schema:
        raise InputError("no schema was given", "Say what to extract: --schema 'name, age int', or --schema FILE.json")
    schema = read_schema(flags.schema, db)
    schema = verbatim(schema) if flags.verbatim else schema
    return many(schema) if flags.multi else schema


def read_schema(given: str, db: Database) -> JSON:
    """A file, JSON itself, the hash of a schema that a job used, or the shorthand."""
    from rag import grammar
    from rag.store import jobs

    path = Path(given).expanduser()
    if given.lstrip().startswith("{"):
        return _load(given, "--schema")
    if given.endswith(".json") or path.is_file():
        try:
            return _load(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"the schema {path} cannot be read: {error}", "Give a JSON file, or 'name, age int'."
            ) from error
    if (known := jobs.schema_of(db, given)) is not None:
        return known
    return grammar.shorthand(given)


def _load(text: str, name: str) -> JSON:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InputError(f"the schema {name} is not JSON: {error}", "Check it: python -m json.tool FILE") from error


def form_of(plan: Plan, flags: Asking, generator: Generator) -> Form:
    from rag.extract import SchemaForm
    from rag.extract.form import GrammarForm

    if flags.grammar:
        return GrammarForm(flags.grammar)
    return SchemaForm(plan.schema, plan.max_tokens, plan.attempts, told=not generator.constrained)


def generator_of(
    name: str,
    base_url: str,
    *,
    context: int | None,
    slots: int,
    threads: int | None,
    concurrency: int,
    rpm: float | None,
    tpm: float | None,
    timeout: float,
) -> Generator:
    """The model with the options that its kind takes."""
    from rag import models

    scheme = name.partition(":")[0]
    options: dict[str, Any] = {}
    if scheme == "openai":
        from rag import grammar
        from rag.models.endpoint import Endpoint, Limits

        limits = Limits(concurrency, rpm, tpm, retries=NIGHTLY, timeout=timeout)
        options = {"endpoint": Endpoint(base_url or None, limits), "normalise": grammar.strict}
        options |= {"context": context} if context else {}
    elif scheme in ("llama", "smollm2"):
        options = {"slots": slots, "threads": threads, "context": context}
    generator = models.generator(name, **options)
    if generator is None:
        raise InputError(
            "--model none writes nothing, so it extracts nothing", "--model smollm2, llama:FILE.gguf, openai:NAME"
        )
    return generator


def wanted_of(db: Database, job: Job | None, retry_failed: bool) -> Callable[[str], bool]:
    """Whether a document of this hash is still to be asked about."""
    from rag.store import jobs

    def wanted(hash: str) -> bool:
        status = jobs.status_of(db, job, hash) if job else "pending"
        return status == "pending" or (retry_failed and status == "failed")

    return wanted


def write_batch(inputs: Inputs, asker: Asker, wanted: Callable[[str], bool], path: Path, *, force: bool) -> None:
    """Write the requests that are still to be asked to a file for a provider's batch endpoint."""
    from rag import render
    from rag.extract import output
    from rag.extract.estimate import requests
    from rag.models.batchfile import line

    hosted = _hosted(asker.generator, "--write-batch")
    output.check_writable(path, "", force=force)
    many = output.write_lines(path, (line(hosted, request) for request in requests(inputs, asker, wanted)))
    render.note(f"{many} requests written to {path}; what comes back: the same command with --read-batch FILE")


def replies_of(generator: Generator, path: Path) -> Generator:
    from rag.models.batchfile import BatchReplies

    return BatchReplies(_hosted(generator, "--read-batch"), path)


def _hosted(generator: Generator, flag: str) -> Any:
    from rag.models.hosted import HostedGenerator

    if not isinstance(generator, HostedGenerator):
        raise InputError(f"{flag} is for hosted models, not for {generator.name}", "--model openai:NAME")
    return generator
