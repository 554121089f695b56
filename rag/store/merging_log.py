"""
Take over the log of answers and the jobs of another index, which is attached as `theirs` (see `merging.py`).

An answer is known by a hash of all that it says, a job by its own, a row of a job by its text's. Nothing here is
overwritten by less: a row that is done stays done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from rag.store.database import Database
from rag.store.hashes import digest

ANSWER = (
    "question, answer, answerable, citations, model, fingerprint, prompt_hash, grammar_hash, seconds, object, settings,"
    " history, created"
)
JOB = "hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings"
ROW = "status, data, evidence, raw, error, note, attempts, windows, tokens_in, tokens_out, seconds, finished"
RANK = "case {0}.status when 'done' then 2 when 'failed' then 1 else 0 end"


class Counted(Protocol):
    answers: int
    jobs: int
    rows: int


def answers(db: Database, done: Counted) -> None:
    """Answers that this log has not, oldest first; each stays in its conversation. Thumbs and addresses join."""
    ours = _known(db, "main")
    theirs = _known(db, "theirs")
    first = {number: key for key, (number, *_) in theirs.items()}
    for key, (number, conversation, short, thumb) in sorted(theirs.items(), key=lambda entry: entry[1][0]):
        if key in ours:
            _join(db, ours[key], short, thumb)
            continue
        begun = first.get(conversation, key)
        new = db.insert(
            f"insert into answer (conversation, {ANSWER}, thumb)"
            f" select 0, {ANSWER}, thumb from theirs.answer where id = ?",
            (number,),
        )
        owner = new if begun == key or begun not in ours else ours[begun][0]
        db.execute("update answer set conversation = ? where id = ?", (owner, new))
        ours[key] = (new, owner, None, thumb)
        _join(db, ours[key], short, thumb)
        done.answers += 1


def _known(db: Database, schema: str) -> dict[str, tuple[int, int, str | None, int]]:
    """hash of an answer -> its number, conversation, short address, thumb; of equal ones the first."""
    found: dict[str, tuple[int, int, str | None, int]] = {}
    columns = "question, answer, model, object, settings, history, created"
    for number, conversation, short, thumb, *said in db.execute(
        f"select id, conversation, short, thumb, {columns} from {schema}.answer order by id"
    ):
        found.setdefault(digest(*map(str, said)), (number, conversation, short, thumb))
    return found


def _join(db: Database, ours: tuple[int, int, str | None, int], short: str | None, thumb: int) -> None:
    """A thumb goes before none, up before down; of two addresses the smaller one stays."""
    number, _, own, mine = ours
    best = max((mine, thumb), key=lambda one: (abs(one), one))
    if best != mine:
        db.execute("update answer set thumb = ? where id = ?", (best, number))
    if short and (not own or short < own):
        db.execute("update or ignore answer set short = ? where id = ?", (short, number))


def jobs(db: Database, done: Counted) -> None:
    """Jobs that this index has not, and the rows of both: what is done goes before what failed, that before nothing."""
    done.jobs = db.run(
        f"insert or ignore into job ({JOB}, runs, created, used)"
        f" select {JOB}, runs, created, used from theirs.job order by id"
    )
    db.execute(
        "update job set (runs, created, used) = (select max(job.runs, t.runs), min(job.created, t.created),"
        " max(job.used, t.used) from theirs.job t where t.hash = job.hash)"
        " where hash in (select hash from theirs.job)"
    )
    theirs = ", ".join(f"t.{name}" for name in ROW.split(", "))
    pairs = "theirs.job tj join main.job oj on oj.hash = tj.hash"
    done.rows = db.run(
        f"insert or ignore into job_row (job_id, hash, {ROW}) select oj.id, t.hash, {theirs}"
        f" from {pairs} join theirs.job_row t on t.job_id = tj.id order by t.id"
    )
    order = ", ".join(
        f"coalesce({{0}}.{name}, '')" for name in ("finished", "data", "raw", "error", "evidence", "note")
    )
    better = (
        f"({RANK.format('t')}, {order.format('t')}, t.attempts, t.tokens_in, t.tokens_out, t.seconds, t.windows)"
        f" > ({RANK.format('o')}, {order.format('o')}, o.attempts, o.tokens_in, o.tokens_out, o.seconds, o.windows)"
    )
    db.execute(
        "create temp table if not exists better as select o.id as ours, t.id as theirs"
        f" from {pairs} join theirs.job_row t on t.job_id = tj.id join main.job_row o on o.job_id = oj.id"
        f" and o.hash = t.hash where {better}"
    )
    done.rows += db.run(
        f"update job_row set ({ROW}) = (select {theirs} from better b"
        " join theirs.job_row t on t.id = b.theirs where b.ours = job_row.id) where id in (select ours from better)"
    )
    db.execute("drop table temp.better")
    _inputs(db)


def _inputs(db: Database) -> None:
    """Which documents a job was given: the same list stays as it is; of two lists all that is in either, by name."""
    for number, theirs in list(
        db.execute("select o.id, t.id from main.job o join theirs.job t on t.hash = o.hash order by o.id")
    ):
        ours, other = _listed(db, "main", number), _listed(db, "theirs", theirs)
        if ours == other or not other:
            continue
        joined = other if not ours else sorted(set(ours) | set(other))
        db.execute("delete from job_document where job_id = ?", (number,))
        db.executemany(
            "insert into job_document (job_id, seq, source, key, hash) values (?, ?, ?, ?, ?)",
            [(number, seq, *entry) for seq, entry in enumerate(joined)],
        )


def _listed(db: Database, schema: str, job: int) -> list[tuple[str, str, str]]:
    rows = db.execute(f"select source, key, hash from {schema}.job_document where job_id = ? order by seq", (job,))
    return [(source, key, hash_) for source, key, hash_ in rows]


def content(db: Database) -> Iterator[str]:
    """All that the log and the jobs say, without numbers of rows, in an order of its own."""
    known = _known(db, "main")
    first = {number: key for key, (number, *_) in known.items()}
    for key, (_, conversation, short, thumb) in sorted(known.items()):
        yield from (key, first.get(conversation, ""), short or "", str(thumb))
    for hash_, runs, created, used, number in db.execute("select hash, runs, created, used, id from job order by hash"):
        yield from (hash_, str(runs), created, used)
        for row in db.execute(f"select hash, {ROW} from job_row where job_id = ? order by hash", (number,)):
            yield from map(str, row)
        for entry in _listed(db, "main", number):
            yield from entry
