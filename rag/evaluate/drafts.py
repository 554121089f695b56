"""
A suite of one's own: draft one from an index, add cases by hand, turn saved answers into cases.

The suite is a TOML file with a JSON-lines file of cases beside it; both are meant to be edited. Nothing here runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag import files
from rag.errors import InputError
from rag.evaluate.cases import digest
from rag.types import Document

JSON = Any
SUITE = """\
# {about}
# Cases are in {cases}: "question" and "relevant" (keys of documents), or "answers", or "unanswerable": true.
task = "{task}"
data = "{cases}"

[[system]]
name = "hybrid"
{model}
[[system]]
name = "words"
mode = "words"
{model}"""


def draft(path: Path, documents: Iterable[Document], count: int, *, task: str = "retrieval") -> list[dict[str, JSON]]:
    """
    Write a suite and its cases: up to `count` documents whose titles can serve as questions, spread over the index.

    A title is an easy question about its own document: replace them with real ones. Raises InputError if the files
    exist or no document has a title of three words.
    """
    cases_path = path.with_suffix(".jsonl")
    for file in (path, cases_path):
        if file.exists():
            raise InputError(
                f"{file} exists already", "Choose another name, or add to it: rag eval add QUESTION --to SUITE"
            )
    titled = [(d.key, " ".join(d.title.split())) for d in documents if len(d.title.split()) >= 3]
    if count and not titled:
        raise InputError("no document of the index has a title of three words", "Draft an empty one: --cases 0")
    chosen = sorted(sorted(titled, key=lambda pair: digest(pair[0]))[:count])
    rows = [
        {"id": f"title-{digest(key)[:8]}", "question": title, "relevant": [key], "draft": True} for key, title in chosen
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    model = 'model = "none"\n' if task == "ask" else ""
    text = SUITE.format(
        about=f"Drafted from an index: {len(rows)} titles.", cases=cases_path.name, task=task, model=model
    )
    files.make(path)
    path.write_text(text, encoding="utf-8")
    _write(cases_path, rows)
    return rows


def add(suite: Path, rows: Sequence[Mapping[str, JSON]], *, again: bool = False) -> tuple[Path, list[str]]:
    """
    Append cases to the file that a suite names; the file, and the ids that are new in it.

    `again` passes over cases that are there.

    Raises InputError if the suite's data is not a file of cases, or a case's id is there already.
    """
    import tomllib

    try:
        table = tomllib.loads(files.text(suite))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the suite {suite} cannot be read: {error}", f"Draft one: rag eval init {suite}") from error
    path = suite.parent / str(table.get("data", ""))
    if path.suffix != ".jsonl":
        raise InputError(
            f"{suite} has its data in {table.get('data')!r}, not in a .jsonl file of cases", "Choose another."
        )
    known = {json.loads(line).get("id") for line in path.read_text(encoding="utf-8").splitlines() if line.strip()}
    new = [row for row in rows if row["id"] not in known]
    if len(new) < len(rows) and not again:
        twice = next(row["id"] for row in rows if row["id"] in known)
        raise InputError(f"{path} has the case {twice!r} already", "Edit it there.")
    _write(path, new, append=True)
    return path, [str(row["id"]) for row in new]


def case(
    question: str, relevant: Sequence[str], answers: Sequence[str], *, unanswerable: bool = False
) -> dict[str, JSON]:
    """A case as it is written; its id is made from the question. Raises InputError if nothing says what is right."""
    if not question.strip():
        raise InputError("the question is empty", 'Write one: rag eval add "how do I …?" --relevant KEY')
    if unanswerable and (relevant or answers):
        raise InputError("a question that cannot be answered has neither --relevant nor --answer", "Omit one of them.")
    if not (relevant or answers or unanswerable):
        raise InputError("nothing says what is right", "Give --relevant KEY, --answer TEXT or --unanswerable.")
    row: dict[str, JSON] = {"id": f"q-{digest(question)[:8]}", "question": question.strip()}
    if relevant:
        row["relevant"] = list(relevant)
    if answers:
        row["answers"] = list(answers)
    if unanswerable:
        row["unanswerable"] = True
    return row


def judged(answer: Mapping[str, JSON], good: bool) -> dict[str, JSON]:
    """
    A saved answer with a thumb as a case.

    Up: its text is right and what it cites is relevant (or abstaining was right). Down on an answer that cited
    something: the question cannot be answered from these documents. Raises InputError for a thumb down on an
    abstention: then only you know what is right.
    """
    question = str(answer["question"])
    cited = list(dict.fromkeys(str(citation["document"]) for citation in answer.get("citations", [])))
    if not answer.get("answerable"):
        if good:
            return case(question, [], [], unanswerable=True)
        raise InputError(
            "it found nothing, and that was wrong: say what is right",
            f'rag eval add "{question}" --relevant KEY --answer TEXT',
        )
    if good:
        return case(question, cited, [str(answer["answer"])] if answer.get("answer") else [])
    return case(question, [], [], unanswerable=True)


def _write(path: Path, rows: Sequence[Mapping[str, JSON]], *, append: bool = False) -> None:
    files.make(path)
    ends = not append or not path.exists() or path.read_text(encoding="utf-8")[-1:] in ("", "\n")
    with path.open("a" if append else "w", encoding="utf-8") as file:
        file.write("" if ends else "\n")
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
