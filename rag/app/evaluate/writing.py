"""
The systems of a suite that write or judge: extraction by a model, a model as a judge, grammars on known instances.

Wiring only: it measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag import extract as extracting
from rag import gbnf, grammar, models, prompts
from rag.app.extract import Extraction, schema_extraction
from rag.app.open import open_generator
from rag.errors import InputError, OutputError
from rag.evaluate.cases import Case, digest
from rag.evaluate.judge import Judge
from rag.evaluate.provenance import code_hash
from rag.evaluate.run import Outcome, Prepared
from rag.evaluate.suite import Suite, System
from rag.extract.examples import text_of, verbatim
from rag.types import Generator

PLAN = ("window", "max_tokens", "temperature", "seed", "attempts", "shots", "free")


def load(settings: Mapping[str, Any]) -> tuple[Generator | None, dict[str, Any]]:
    """The model of a system, and what its results depend on."""
    name = str(settings.get("model", models.DEFAULT_GENERATOR))
    generator = open_generator(name, settings.get("base_url", ""))
    return generator, {"model": {"name": name, "fingerprint": generator.fingerprint if generator else "none"}}


def extraction(suite: Suite, system: System) -> Prepared:
    """`rag extract` on one document at a time, without a job."""
    settings = system.settings
    generator, provenance = load(settings)
    if generator is None:
        raise InputError(f"system {system.name!r}: extraction needs a model", 'Omit model, or name one: "smollm2".')
    model = generator
    template = prompts.find(str(settings.get("prompt", "extract")), ["text"], model.name)
    options = {key: settings[key] for key in PLAN if key in settings}
    examples = Path(suite.path).parent / str(settings["examples"]) if "examples" in settings else None
    known: dict[str, Extraction] = {}

    def prepared(schema: Any) -> Extraction:
        key = digest(schema)
        if key not in known:
            plan = extracting.Plan(verbatim(schema) if settings.get("verbatim") else schema, template, **options)
            known[key] = schema_extraction(plan, model, examples)
        return known[key]

    def task(case: Case) -> Outcome:
        assert case.document is not None
        what = prepared(case.schema)
        (record,) = extracting.records([case.document], what.plan, what.form, model)
        if record.status != "done":
            raise OutputError(record.error, raw=record.raw)
        return Outcome({"data": record.data, "valid": True})

    provenance |= {"prompt": {"name": template.name, "hash": template.hash}}
    provenance |= {"grammar": code_hash(gbnf, grammar), "extracting": code_hash(extracting)}
    if examples:
        provenance["examples"] = digest(text_of(examples))
    return Prepared(task, provenance)


def judging(suite: Suite, system: System) -> Prepared:
    """A model's verdicts on labelled pairs."""
    generator, provenance = load(system.settings)
    if generator is None:
        raise InputError(f'system {system.name!r}: "none" judges nothing', 'Name a model: "smollm2", "openai:NAME" …')
    judge = Judge(generator)

    def task(case: Case) -> Outcome:
        pair = case.gold
        said = judge.says(pair["measure"], case.question, pair["answer"], pair["evidence"])
        return Outcome({"verdict": said})

    return Prepared(task, {**provenance, "judge": judge.identity()})


def judged(suite: Suite, prepared: Prepared) -> Prepared:
    """The same system with a model that judges its answers."""
    generator, _ = load({"model": suite.judge})
    if generator is None:
        raise InputError('judge is "none", which judges nothing', "Name a model, or omit judge.")
    judge = Judge(generator)
    provenance = {**prepared.provenance, "judge": judge.identity()}
    return replace(prepared, provenance=provenance, judge=judge.on(suite.measures))


def grammars(suite: Suite, system: System) -> Prepared:
    """
    Our grammars as llama.cpp reads them: what is admitted, and what the check after decoding then refuses.

    `strict`: the grammar alone, without that check.
    """
    from rag.models.llama.matcher import smollm2_matcher  # llama.cpp is loaded only where it is asked

    matcher = smollm2_matcher()
    alone = bool(system.settings.get("strict"))

    def task(case: Case) -> Outcome:
        shape = grammar.compile(case.schema, limits=grammar.READING)
        verdicts = []
        for instance, _ in case.instances:
            text = json.dumps(instance, ensure_ascii=False, separators=(",", ":"))
            admitted = matcher.admits(shape.grammar, text)
            verdicts.append(admitted and (alone or not grammar.check(instance, case.schema)))
        return Outcome({"compiled": True, "verdicts": verdicts, "residual": len(shape.residual)})

    return Prepared(task, {"grammar": code_hash(gbnf, grammar)})
