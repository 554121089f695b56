"""
Read evaluation data in the forms it comes in, and write runs and judgements for other tools.

- our folders: `corpus.jsonl` with `queries.jsonl` + `qrels.tsv`, or `qa.jsonl`; `docs.jsonl` + `gold.jsonl` +
  `schema.json` (or `schemas_by_category.json`); `schemas.jsonl`
- BEIR folders: `corpus.jsonl`, `queries.jsonl` (with "_id"), `qrels/SPLIT.tsv`
- claims with evidence: `corpus_sentences.jsonl` with `qa.jsonl` (SciFact)
- SQuAD JSON (1.1 and 2.0), CSV with the columns question, expected (and id, relevant)
- TREC runs and qrels

A form is recognised by its files. What is wrong goes to `Problems` by name and line. Nothing here indexes or scores.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.evaluate import claims
from rag.evaluate.cases import Case, Data, Problems, so_many
from rag.evaluate.gold import as_asked
from rag.evaluate.pairs import labelled
from rag.types import Document

JSON = Any
Qrels = dict[str, dict[str, int]]


def read(path: Path, problems: Problems, *, split: str = "test", task: str = "", kind: str = "text") -> Data:
    """The data at a path, in whichever of the known forms it is."""
    if not path.exists():
        problems.add(f"there is no data at {path}")
        return Data()
    if path.is_dir():
        if (path / "corpus_sentences.jsonl").exists():
            abstracts, asked = (_lines(path / name, problems) for name in ("corpus_sentences.jsonl", "qa.jsonl"))
            return claims.read(path.name, (r for _, r in abstracts), (r for _, r in asked), task, problems)
        for name, reader in (("schemas.jsonl", _schemas), ("docs.jsonl", _extraction), ("corpus.jsonl", None)):
            if (path / name).exists():
                return reader(path, problems) if reader else _corpus(path, problems, split, task, kind)
        problems.add(f"{path} has none of corpus.jsonl, docs.jsonl, schemas.jsonl: no data that is known")
        return Data()
    if path.suffix == ".csv":
        return _csv(path, problems)
    if path.suffix == ".json":
        return _squad(path, problems)
    if path.suffix == ".jsonl":
        row_of = labelled if task == "judge" else question
        cases = tuple(row_of(row, problems, f"{path.name}, line {i}") for i, row in _lines(path, problems))
        return Data((), cases, whole=False)
    problems.add(f"{path} is neither a folder nor a .jsonl, .csv or SQuAD .json file")
    return Data()


def _lines(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, JSON]]]:
    """The objects of a JSON-lines file with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    problems.add(f"{path.name}, line {number}: not JSON ({error})")
                    continue
                if isinstance(row, dict):
                    yield number, row
                else:
                    problems.add(f"{path.name}, line {number}: not a JSON object")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(f"{path} cannot be read: {error}")


def _need(row: Mapping[str, JSON], names: Sequence[str], problems: Problems, where: str) -> str:
    """The first of the fields that is there, as text."""
    for name in names:
        if isinstance(row.get(name), str | int):
            return str(row[name])
    problems.add(f"{where}: no {' or '.join(map(repr, names))}")
    return ""


def _corpus(path: Path, problems: Problems, split: str, task: str, kind: str) -> Data:
    documents = []
    for number, row in _lines(path / "corpus.jsonl", problems):
        where = f"corpus.jsonl, line {number}"
        key, text = _need(row, ["id", "_id"], problems, where), _need(row, ["text"], problems, where)
        documents.append(Document(path.name, key, text, title=str(row.get("title") or ""), kind=kind))
    qa, queries = path / "qa.jsonl", path / "queries.jsonl"
    qrels = _qrels_of(path, split)
    if qa.exists() and (task in ("ask", "chunking", "judge") or not (queries.exists() and qrels)):
        cases = [question(row, problems, f"qa.jsonl, line {i}") for i, row in _lines(qa, problems)]
        return Data(tuple(documents), tuple(cases))
    if not queries.exists() or not qrels:
        problems.add(f"{path} has a corpus, but neither qa.jsonl nor queries.jsonl with qrels.tsv or qrels/{split}.tsv")
        return Data(tuple(documents))
    judged = read_qrels(qrels, problems)
    asked = []
    for number, row in _lines(queries, problems):
        where = f"queries.jsonl, line {number}"
        key = _need(row, ["id", "_id"], problems, where)
        text, history = _need(row, ["text", "question"], problems, where), _history(row, problems, where)
        left_out = tuple(map(str, row.get("exclude") or []))
        asked.append(Case(key, text, judged.get(key, {}), exclude=left_out, history=history))
    problems.some(f"{qrels.name} judges queries that are not in queries.jsonl", set(judged) - {c.id for c in asked})
    return Data(tuple(documents), tuple(asked))


def _qrels_of(path: Path, split: str) -> Path | None:
    return next((p for p in (path / "qrels.tsv", path / "qrels" / f"{split}.tsv") if p.exists()), None)


def question(row: Mapping[str, JSON], problems: Problems, where: str) -> Case:
    """A case from a row of qa.jsonl; `relevant` may be a list of keys or {key: grade}."""
    relevant = row.get("relevant", row.get("context_ids", []))
    grades = relevant if isinstance(relevant, Mapping) else dict.fromkeys(map(str, relevant or []), 1)
    unanswerable = bool(row.get("unanswerable"))
    try:
        spans = tuple((str(span["doc"]), int(span["start"]), int(span["end"])) for span in row.get("spans") or [])
    except (KeyError, TypeError, ValueError):
        problems.add(f"{where}: a span needs doc, start and end")
        spans = ()
    return Case(
        _need(row, ["id", "_id"], problems, where),
        _need(row, ["question", "text"], problems, where),
        relevant={} if unanswerable or "subset" in row else grades,
        answers=tuple(map(str, row.get("answers") or [])),
        unanswerable=unanswerable,
        spans=spans,
        sentences=tuple(map(str, row.get("gold_sentences") or [])),
        given=tuple(map(str, row.get("context_ids") or [])),
        exclude=tuple(map(str, row.get("exclude") or [])),
        history=_history(row, problems, where),
    )


def _history(row: Mapping[str, JSON], problems: Problems, where: str) -> tuple[tuple[str, str], ...]:
    """The earlier turns of a conversation: {"question", "answer"} each, the first one first."""
    try:
        return tuple((str(turn["question"]), str(turn.get("answer") or "")) for turn in row.get("history") or [])
    except (AttributeError, KeyError, TypeError):
        problems.add(f"{where}: history is a list of turns, each with a question and an answer")
        return ()


def without_titles(data: Data) -> Data:
    """The same documents with empty titles: for queries that are the titles."""
    return replace(data, documents=tuple(replace(document, title="") for document in data.documents))


def _extraction(path: Path, problems: Problems) -> Data:
    """Documents, one schema or one a category, and gold records; records marked "multi" are left out."""
    schemas = _schemas_of(path, problems)
    gold: dict[str, JSON] = {}
    left_out, unsaid = set(), dict[str, str]()
    for number, row in _lines(path / "gold.jsonl", problems):
        key = _need(row, ["id"], problems, f"gold.jsonl, line {number}")
        if key in gold:
            problems.some("gold ids that occur twice", [key])
        gold[key] = row.get("gold", row.get("data"))  # as extraction's --examples call it
        if row.get("multi"):
            left_out.add(key)
        elif not {"gold", "data"} & row.keys():
            unsaid[key] = f'line {number}: no "gold" (or "data") with the right record, only {", ".join(row)}'
    cases, unknown, forbidden = [], set(gold), set[str]()
    for number, row in _lines(path / "docs.jsonl", problems):
        where = f"docs.jsonl, line {number}"
        key, text = _need(row, ["id"], problems, where), _need(row, ["text"], problems, where)
        unknown.discard(key)
        category = str(row.get("category", ""))
        if category not in schemas:
            problems.some("there is no schema for the categories", [category])
        if key not in left_out and key not in unsaid:
            document = Document(path.name, key, text, title=str(row.get("title") or ""), meta={"category": category})
            schema = schemas.get(category)
            wanted = as_asked(gold.get(key), schema, forbidden)
            cases.append(Case(key, document=document, schema=schema, gold=wanted))
    problems.some("gold.jsonl names documents that are not in docs.jsonl", sorted(unknown))
    if unsaid:
        more = f" (and {so_many(len(unsaid) - 1, 'further line')} likewise)" if len(unsaid) > 1 else ""
        problems.add(f'gold.jsonl, {next(iter(unsaid.values()))}{more}; write it like {{"id": "a.txt", "gold": {{…}}}}')
    notes = [f"{so_many(len(left_out), 'record')} marked multi left out"] if left_out else []
    if forbidden:
        notes.append(f"gold keys that the schema forbids left out: {', '.join(sorted(forbidden))}")
    return Data((), tuple(cases), tuple(notes))


def _schemas_of(path: Path, problems: Problems) -> Mapping[str, JSON]:
    for name in ("schema.json", "schemas_by_category.json"):
        if (path / name).exists():
            try:
                schema = json.loads((path / name).read_text(encoding="utf-8"))
            except ValueError as error:
                problems.add(f"{path / name} is not JSON: {error}")
                return {}
            return {"": schema} if name == "schema.json" else schema
    problems.add(f"{path} has neither schema.json nor schemas_by_category.json")
    return {}


def _schemas(path: Path, problems: Problems) -> Data:
    cases = []
    for number, row in _lines(path / "schemas.jsonl", problems):
        key = _need(row, ["id"], problems, f"schemas.jsonl, line {number}")
        tests = tuple((test["data"], bool(test["valid"])) for test in row.get("tests", []))
        cases.append(Case(key, question=str(row.get("split", "")), schema=row.get("schema"), instances=tests))
    return Data((), tuple(cases))


def _csv(path: Path, problems: Problems) -> Data:
    """question, expected; several expected answers are separated by " | ", an empty one means "cannot be answered"."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = set(reader.fieldnames or [])
        if missing := {"question", "expected"} - columns:
            problems.add(
                f"{path.name} has no column {' and '.join(sorted(missing))}; it has {', '.join(sorted(columns))}"
            )
            return Data(whole=False)
        cases = []
        for number, row in enumerate(reader, 2):
            answers = tuple(part.strip() for part in (row["expected"] or "").split(" | ") if part.strip())
            relevant = {part.strip(): 1 for part in (row.get("relevant") or "").split(" | ") if part.strip()}
            key = row.get("id") or f"line {number}"
            cases.append(Case(key, row["question"] or "", relevant, answers, unanswerable=not answers and not relevant))
    return Data((), tuple(cases), whole=False)


def _squad(path: Path, problems: Problems) -> Data:
    documents, cases = [], []
    try:
        articles = json.loads(path.read_text(encoding="utf-8-sig"))["data"]
        for a, article in enumerate(articles):
            for p, paragraph in enumerate(article["paragraphs"]):
                key = f"{a:03}-{p:03}"
                documents.append(Document(path.stem, key, paragraph["context"], title=article.get("title", "")))
                for qa in paragraph["qas"]:
                    no = bool(qa.get("is_impossible"))
                    texts = tuple(dict.fromkeys(answer["text"] for answer in qa["answers"])) if not no else ()
                    cases.append(Case(qa["id"], qa["question"], {} if no else {key: 1}, texts, no, given=(key,)))
    except (ValueError, KeyError, TypeError) as error:
        problems.add(f"{path.name} is not SQuAD JSON ({type(error).__name__}: {error})")
    return Data(tuple(documents), tuple(cases))


def read_qrels(path: Path, problems: Problems) -> Qrels:
    """Judgements: our and BEIR's form (query, document, grade, with a header) or TREC's (query, 0, document, grade)."""
    result: Qrels = {}
    for number, fields in _fields(path):
        if number == 1 and fields[-1:] == ["score"]:
            continue
        if len(fields) == 4:
            fields = [fields[0], *fields[2:]]
        try:
            query, document, grade = fields
            if document in result.setdefault(query, {}):
                problems.some(f"{path.name} judges a document twice for the queries", [query])
            result[query][document] = int(grade)
        except ValueError:
            problems.add(f"{path.name}, line {number}: not query, document, grade: {' '.join(fields)[:80]!r}")
    return result


def read_run(path: Path, problems: Problems) -> dict[str, dict[str, float]]:
    """A TREC run: query Q0 document rank score tag. The order is by score; ranks are not read, as in trec_eval."""
    result: dict[str, dict[str, float]] = {}
    for number, fields in _fields(path):
        try:
            query, _, document, _, score, _ = fields
            if document in result.setdefault(query, {}):
                problems.some(f"{path.name} has a document twice for the queries", [query])
            result[query][document] = float(score)
        except ValueError:
            problems.add(f"{path.name}, line {number}: not query Q0 document rank score tag: {' '.join(fields)[:80]!r}")
    return result


def _fields(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Tabs separate where there are any (ids may then hold spaces, as titles do), else white space."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "Give a TREC run or qrels file.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line.split("\t") if "\t" in line else line.split()


def write_run(found: Iterable[tuple[str, Sequence[tuple[str, float]]]], tag: str, out: Callable[[str], object]) -> None:
    """A TREC run. Scores are made to fall strictly, so that every reader keeps our order."""
    tag = "_".join(tag.split()) or "rag"
    for query, ids in found:
        for rank, (document, _) in enumerate(ids, 1):
            fields = [query, "Q0", document, str(rank), str(len(ids) - rank + 1), tag]
            out(("\t" if any(" " in f for f in fields) else " ").join(fields) + "\n")


def write_qrels(cases: Iterable[Case], out: Callable[[str], object]) -> None:
    """TREC qrels."""
    for case in cases:
        for document, grade in case.relevant.items():
            fields = [case.id, "0", document, str(grade)]
            out(("\t" if any(" " in f for f in fields) else " ").join(fields) + "\n")
