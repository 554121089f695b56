"""
What is interrupted: each verb with how it begins, how it is done, and what must be there once it was done to its end.

`prepare` makes a folder, `work` is done in it (again and again, until it is not interrupted), `outcome` is compared
with that of a run that nothing disturbed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from common import Found, content, corpus
from extraction import JsonForm, ManyGenerator, documents, person, plan

import rag.app.evaluate.run
import rag.app.merge
import rag.app.optimize
import rag.store.growing
import rag.store.moving
import rag.web.export  # noqa: F401 (all of it read once, before there are children)
from rag import Index, doctor, extract
from rag.__main__ import main
from rag.app.ask import AskRequest, ask
from rag.errors import RagError
from rag.extract import output
from rag.index import batch
from rag.sources import files
from rag.store import Database, backup, jobs, recover, runs
from rag.store.schema import MIGRATIONS

SCHEMAS = Path(__file__).parent / "schemas"
typed, sys.argv = sys.argv, ["rag", "--version"]
with suppress(SystemExit), redirect_stdout(StringIO()):  # the command is read once, too
    main(leave=False)
sys.argv = typed


@dataclass(frozen=True, slots=True)
class Verb:
    prepare: Callable[[Path], object]
    work: Callable[[Path], object]
    outcome: Callable[[Path], object]


def _index(place: Path) -> None:
    with Index(place / "x.db", "hash:64", create=True) as opened:
        opened.add("notes", files([place / "notes"]), prune=True)


def fill(place: Path) -> None:
    """An empty file is filled, each document committed alone."""
    batch.BYTES = 1  # of this process, which does nothing else
    _index(place)


def _built(place: Path) -> None:
    corpus(place, 40)
    _index(place)


def _changed(place: Path) -> None:
    """An index, and a folder in which some files are new, some other, some gone since."""
    _built(place)
    _changed_notes(place)


def _changed_notes(place: Path) -> None:
    for number, path in enumerate(sorted((place / "notes").iterdir())):
        if number % 4 == 0:
            path.write_text(path.read_text().replace("box", "shelf"))
        elif number % 4 == 1:
            path.unlink()
    for number in range(10):
        (place / "notes" / f"new{number}.md").write_text(f"# New {number}\n\nThing{number} again.\n")


def _search(place: Path) -> None:
    with Index(place / "x.db") as opened:
        opened.search("where is thing7 kept", 5)


def _found(place: Path) -> object:
    with Index(place / "x.db") as opened:
        return Found([(number, float(score)) for number, score in opened.by_vectors("where is thing7 kept", 20)])


def _ask(place: Path) -> None:
    with Index(place / "x.db") as opened:
        for number in range(5):
            ask(opened, AskRequest(f"where is thing{number} kept?", "none"), None)


def _extract(place: Path) -> None:
    schema = plan().schema
    with Database(place / "x.db", create=True) as db:
        done = extract.run(documents(60), plan(attempts=1), JsonForm(schema), ManyGenerator(person), db)
        rows = (output.row(entry, result, schema) for entry, result in jobs.results(db, done))
        output.write_file(place / "out.jsonl", rows, "jsonl", schema)


def _mend(place: Path) -> None:
    with Database(place / "x.db") as db, db.writer():
        doctor.examine(db, fix=True)


def _broken(place: Path) -> None:
    _built(place)
    with Database(place / "x.db") as db:
        db.execute("delete from vector where id % 3 = 0")
        db.execute("drop trigger passage_fts_insert")
        db.execute("update vector set checksum = 1 where id % 5 = 0")


def _backup(place: Path) -> None:
    (place / "copy.db").unlink(missing_ok=True)
    with Database(place / "x.db") as db:
        backup.backup(db, place / "copy.db")


def _recover(place: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (place / f"new.db{suffix}").unlink(missing_ok=True)
    recover.recover(place / "x.db", place / "new.db")


def _old(place: Path) -> None:
    """A file as the first version made it, with everything in it that it could hold."""
    import gzip

    (place / "x.db").write_bytes(gzip.decompress((SCHEMAS / "001.db.gz").read_bytes()))


def _rag(*arguments: object) -> None:
    """A command as it is typed. Raises RagError if it fails."""
    sys.argv = ["rag", *map(str, arguments)]
    try:
        with redirect_stdout(StringIO()):
            main(leave=False)
    except SystemExit as end:
        if end.code:
            raise RagError(f"it ended with {end.code}") from None


def _restored(place: Path) -> None:
    """A main file from a backup beside the newer vector index."""
    _built(place)
    backup_ = place / "older.db"
    with Database(place / "x.db") as db:
        backup.backup(db, backup_)
    _changed_notes(place)
    _index(place)
    for suffix in ("-wal", "-shm"):
        (place / f"x.db{suffix}").unlink(missing_ok=True)
    backup_.rename(place / "x.db")


def _two(place: Path) -> None:
    """An index, and another one of other documents."""
    _built(place)
    with Index(place / "y.db", "hash:64", create=True) as opened:
        opened.add("others", files([corpus(place / "others", 20, 1)]), prune=True)


def _suite(place: Path) -> None:
    _built(place)
    cases = "".join(
        f'[[cases]]\nid = "{n}"\nquestion = "where is thing{n} kept"\nrelevant = ["{n:05}.md"]\n' for n in range(20)
    )
    (place / "suite.toml").write_text(f'task = "retrieval"\n[[system]]\nname = "words"\nmode = "words"\n{cases}')


def _scores(place: Path) -> object:
    with Database(place / "x.db") as db:
        newest = [run for run in runs.runs(db) if run.state == "done"][-1]
        scores = [{**row.scores, "Seconds": 0} for row in runs.outcomes(db, newest.id)]
        return [(row.case, row.output, score) for row, score in zip(runs.outcomes(db, newest.id), scores, strict=True)]


def _exported(place: Path) -> None:
    if not (place / "site").exists():  # one that is there is whole
        _rag("export", "site", place / "site", "-d", place / "x.db")


def _carried(place: Path) -> None:
    if not (place / "space").exists():
        _rag("export", "space", place / "space", "-d", place / "x.db")


def _site(place: Path) -> object:
    return {str(path.relative_to(place)): path.stat().st_size for path in (place / "site").rglob("*") if path.is_file()}


def _forgotten(place: Path) -> None:
    """A source is removed; done again, there is none."""
    with Index(place / "x.db") as opened:
        known = list(opened.db.execute("select 1 from source"))
    if known:
        _rag("sources", "remove", "notes", "-d", place / "x.db")


def _migrate(place: Path) -> None:
    Database(place / "x.db").close()


def _migrated(place: Path) -> object:
    with Database(place / "x.db") as db:
        names = [name for (name,) in db.execute("select name from _sqlite_migrations where migration_set = 'rag'")]
        assert names == MIGRATIONS
    return content(place / "x.db")


VERBS = {
    "index": Verb(lambda place: corpus(place, 40), _index, lambda place: content(place / "x.db")),
    "fill": Verb(lambda place: corpus(place, 20), fill, lambda place: content(place / "x.db")),
    "index again": Verb(_changed, _index, lambda place: content(place / "x.db")),
    "search": Verb(_built, _search, _found),
    "ask": Verb(_built, _ask, lambda place: content(place / "x.db")),
    "extract": Verb(
        lambda place: place.mkdir(exist_ok=True), _extract, lambda place: (place / "out.jsonl").read_text()
    ),
    "doctor --fix": Verb(_broken, _mend, _found),
    "backup": Verb(_built, _backup, lambda place: content(place / "copy.db")),
    "doctor --recover": Verb(_built, _recover, lambda place: content(place / "new.db")),
    "upgrade": Verb(_old, _migrate, _migrated),
    "index of a backup": Verb(_restored, _index, _found),
    "optimize": Verb(_restored, lambda place: _rag("optimize", "-d", place / "x.db", "-q"), _found),
    "merge": Verb(
        _two, lambda place: _rag("merge", place / "y.db", "-d", place / "x.db"), lambda place: content(place / "x.db")
    ),
    "move": Verb(
        _built, lambda place: _rag("move", place / "x.db", place / "z.db", "-q"), lambda place: content(place / "z.db")
    ),
    "eval run": Verb(
        _suite, lambda place: _rag("eval", "run", place / "suite.toml", "-d", place / "x.db", "-q"), _scores
    ),
    "export site": Verb(_built, _exported, _site),
    "export space": Verb(_built, _carried, lambda place: content(place / "space" / "index.db")),
    "themes": Verb(
        _built, lambda place: _rag("themes", "-d", place / "x.db", "-q"), lambda place: content(place / "x.db")
    ),
    "sources remove": Verb(_built, _forgotten, lambda place: content(place / "x.db")),
}
