"""
The log of answers: what was asked, what came back, and all that is needed to ask the same again.

An answer belongs to a conversation, named by the id of its first answer. Plain functions over the database; nothing
here knows how an answer is made, and no key or password is ever given to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.errors import NotFoundError
from rag.store.engine import Store, now

COLUMNS = "id, conversation, question, answer, object, settings, history, created"


@dataclass(frozen=True, slots=True)
class Logged:
    """One answer of the log. `object` is what `rag ask --format json` printed, `settings` how it was asked."""

    question: str
    answer: str
    object: Mapping[str, Any]
    settings: Mapping[str, Any]
    history: tuple[tuple[str, str], ...] = field(default=())  # earlier (question, answer) of the conversation, in order
    conversation: int = 0  # 0: it begins one
    id: int = 0
    created: str = ""


def add(db: Store, logged: Logged) -> int:
    """Write an answer to the log; its id."""
    given, trace = logged.object, logged.object["trace"]
    with db.transaction():
        number = db.insert(
            "insert into answer (conversation, question, answer, answerable, citations, model, fingerprint,"
            " prompt_hash, grammar_hash, seconds, object, settings, history, created)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                logged.conversation, logged.question, logged.answer, int(given["answerable"]), len(given["citations"]),
                given["model"], trace.get("fingerprint", ""), trace.get("prompt_hash", ""),
                trace.get("grammar_hash", ""), sum(trace.get("seconds", {}).values()), _text(given),
                _text(logged.settings), _text(logged.history), now(),
            ),
        )  # fmt: skip
        if not logged.conversation:
            db.execute("update answer set conversation = id where id = ?", (number,))
    return number


def get(db: Store, number: int) -> Logged:
    """The answer of this id. Raises InputError if there is none."""
    row = db.one(f"select {COLUMNS} from answer where id = ?", (number,))
    if row is None:
        last = db.value("select max(id) from answer")
        hint = f"The last one is {last}; see them all: rag answers" if last else 'Ask something: rag ask "…"'
        raise NotFoundError(f"there is no answer {number}", hint)
    return _logged(row)


def last(db: Store) -> Logged | None:
    """The answer given last, which `rag ask -c` continues."""
    row = db.one(f"select {COLUMNS} from answer order by id desc limit 1")
    return _logged(row) if row else None


def in_conversation(db: Store, conversation: int) -> Logged | None:
    """The answer given last in a conversation, which is named by its first answer."""
    row = db.one(f"select {COLUMNS} from answer where conversation = ? order by id desc limit 1", (conversation,))
    return _logged(row) if row else None


def listed(db: Store, limit: int = 20) -> list[dict[str, Any]]:
    """The last answers, newest first, as rows."""
    names = ("id", "conversation", "created", "model", "answerable", "citations", "question", "answer")
    found = db.execute(f"select {', '.join(names)} from answer order by id desc limit ?", (limit,))
    return [{**dict(zip(names, row, strict=True)), "answerable": bool(row[4])} for row in found]


def _logged(row: tuple[Any, ...]) -> Logged:
    number, conversation, question, answer, given, settings, history, created = row
    told = tuple((asked, said) for asked, said in json.loads(history))
    return Logged(question, answer, json.loads(given), json.loads(settings), told, conversation, number, created)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
