"""
The systems of a suite that write or judge: extraction by a model, a model as a judge, grammars on known instances.

Wiring only, as `evaluate_tasks`; it measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import InputError, OutputError

if TYPE_CHECKING:
    from rag.evaluate.cases import Case
    from rag.evaluate.run import Outcome, Prepared
    from rag.evaluate.suite import Suite, System
    from rag.types import Generator

Loader = Callable[[Mapping[str, Any]], tuple["Generator | None", dict[str, Any]]]
PLAN = ("window", "max_tokens", "temperature", "seed", "attempts", "shots")


def extraction(suite: Suite, system: System, load: Loader) -> Prepared:
    """`rag extract` on one document at a time, without a job."""
    from rag import gbnf, grammar, prompts
    from rag.cli.evaluate_tasks import code
    from rag.evaluate.cases import digest
    from rag.evaluate.run import Outcome, Prepared
    from rag.extract import Plan, SchemaForm, records
    from rag.extract import windows as extracting  # any of the package: `code` takes all of it
    from rag.extract.examples import read_examples, text_of, verbatim

    generator, provenance = load(system.settings)
    if generator is None:
        raise InputError(f"system {system.name!r}: extraction needs a model", 'Omit model, or name one: "smollm2".')
    template = prompts.find(str(system.settings.get("prompt", "extract")), ["text"], generator.name)
    options = {key: system.settings[key] for key in PLAN if key in system.settings}
    shown = Path(suite.path).parent / str(system.settings["examples"]) if "examples" in system.settings else None
    forms: dict[str, tuple[Plan, SchemaForm]] = {}

    def form(schema: Any) -> tuple[Plan, SchemaForm]:
        key = digest(schema)
        if key not in forms:
            wanted = verbatim(schema) if system.settings.get("verbatim") else schema
            plan = Plan(wanted, template, **options)
            made = SchemaForm(wanted, plan.max_tokens, plan.attempts)
            if shown:
                plan = replace(plan, examples=read_examples(shown, made.check))
            forms[key] = (plan, made)
        return forms[key]

    def task(case: Case) -> Outcome:
        assert case.document is not None
        plan, made = form(case.schema)
        (record,) = records([case.document], plan, made, generator)
        if record.status != "done":
            raise OutputError(record.error, raw=record.raw)
        return Outcome({"data": record.data, "valid": True})

    prompt = {"name": template.name, "hash": template.hash}
    told = {**provenance, "prompt": prompt, "grammar": code(gbnf, grammar), "extracting": code(extracting)}
    if shown:
        told["examples"] = digest(text_of(shown))
    return Prepared(task, told)


def judging(suite: Suite, system: System, load: Loader) -> Prepared:
    """A model's verdicts on labelled pairs."""
    from rag.evaluate.judge import Judge
    from rag.evaluate.run import Outcome, Prepared

    generator, provenance = load(system.settings)
    if generator is None:
        raise InputError(f'system {system.name!r}: "none" judges nothing', 'Name a model: "smollm2", "openai:NAME" …')
    judge = Judge(generator)

    def task(case: Case) -> Outcome:
        pair = case.gold
        said = judge.says(pair["measure"], case.question, pair["answer"], pair["evidence"])
        return Outcome({"verdict": said})

    return Prepared(task, {**provenance, "judge": judge.identity()})


def grammars(suite: Suite, system: System) -> Prepared:
    """
    Our grammars as llama.cpp reads them: what is admitted, and what the check after decoding then refuses.

    `strict`: the grammar alone, without that check.
    """
    from rag import gbnf, grammar
    from rag.cli.evaluate_tasks import code
    from rag.evaluate.run import Outcome, Prepared
    from rag.grammar import READING
    from rag.models.llama.matcher import smollm2_matcher

    matcher = smollm2_matcher()
    alone = bool(system.settings.get("strict"))

    def task(case: Case) -> Outcome:
        shape = grammar.compile(case.schema, limits=READING)
        verdicts = []
        for instance, _ in case.instances:
            text = json.dumps(instance, ensure_ascii=False, separators=(",", ":"))
            admitted = matcher.admits(shape.grammar, text)
            verdicts.append(admitted and (alone or not grammar.check(instance, case.schema)))
        return Outcome({"compiled": True, "verdicts": verdicts, "residual": len(shape.residual)})

    return Prepared(task, {"grammar": code(gbnf, grammar)})
