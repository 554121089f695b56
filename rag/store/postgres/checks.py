"""What can be wrong on a server with what finds passages, and making it anew from the passages and their vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.store.postgres import near as nearest
from rag.store.postgres import storing
from rag.store.postgres import words as making
from rag.store.postgres.server import Postgres

BLOCK = 500  # passages, or documents, at a time


def words(db: Postgres) -> str:
    """The index of words against the passages, and the counts that its scores are made of."""
    wrong = sum(1 for _ in _wrong_words(db))
    if wrong:
        return f"the words of {wrong} passages are not those that are searched"
    ((passages, terms),) = db.ask("select passages, terms from total")
    if [(passages, terms)] != db.ask("select count(*), coalesce(sum(length), 0) from words"):
        return "the counts of passages and words are wrong"
    differ = db.ask(
        "select count(*) from (select k, count(*) as n from words, jsonb_object_keys(frequency) k group by k) c"
        " full join (select * from term where passages != 0) t on t.term = c.k where t.passages is distinct from c.n"
    )
    return f"{differ[0][0]} words are counted wrong" if differ[0][0] else ""


def _wrong_words(db: Postgres) -> Iterator[tuple[int, list[str]]]:
    last = 0
    while rows := db.ask(
        "select p.id, p.title, p.heading, p.text, p.identifiers, p.folded, w.length, w.frequency::text, w.stream"
        " from passage p left join words w on w.id = p.id where p.id > %s order by p.id limit %s", (last, BLOCK)
    ):  # fmt: skip
        last = rows[-1][0]
        for number, title, heading, text, identifiers, folded, length, frequency, stream in rows:
            found = {"title": title, "heading": heading, "text": text} | (json.loads(folded) if folded else {})
            fields = [found["title"], found["heading"], found["text"], identifiers]
            _, wanted, counted, streamed = making.row(number, fields)
            if (length, stream) != (wanted, streamed) or json.loads(frequency) != json.loads(counted):
                yield number, fields


def mend_words(db: Postgres) -> None:
    with db.transaction():
        wrong = list(_wrong_words(db))
        db.ask("delete from words where id = any (%s)", ([number for number, _ in wrong],))
        for number, fields in wrong:
            db.ask("insert into words values (%s, %s, %s::jsonb, %s)", making.row(number, fields))
        db.ask(
            "delete from term;"
            " insert into term select k, count(*) from words, jsonb_object_keys(frequency) k group by k"
        )
        db.ask("update total set (passages, terms) = (select count(*), coalesce(sum(length), 0) from words)")


def near(db: Postgres) -> str:
    """Every window that has a vector can be found by it."""
    ((lost,),) = db.ask(
        "select count(*) from passage_window w join vector v on v.hash = w.hash left join near n on n.id = w.id"
        " and n.model_id = v.model_id where n.id is null"
    )
    return f"{lost} windows are not found by their vectors" if lost else ""


def mend_near(db: Postgres) -> None:
    """Make all of them anew, some documents at a time."""
    numbers = [number for (number,) in db.ask("select id from document order by id")]
    for first in range(0, len(numbers), BLOCK):
        with db.transaction():
            storing.near(db, numbers[first : first + BLOCK])
    nearest.settle(db)
