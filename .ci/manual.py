"""
Write the pages of the manual that are made from the code: docs/commands.md, docs/database.md, docs/rag.1.

`make docs` runs it, tests/test_docs.py compares. The tables' lines are written here by hand; a table without one is a
failure of the test, not of this script.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WIDTH = 88  # of the help, whatever terminal this runs in

COMMANDS = """\
# Commands

This page is made from the program's own help: `make docs` writes it, and a test compares it with the program.
Every command that reads an index takes `-d FILE`, or the environment variable `RAG_DB`, or `rag.db` in the current
folder. Results go to stdout, everything else to stderr: also with `--json` an error is a line there and an exit code.

## Exit codes

| code | meaning |
|---|---|
| 0 | it worked |
| 1 | something that `rag replay`, `rag diff --answers` or `rag verify` checks came out differently; any other problem |
| 2 | a command, path, flag, schema, prompt or suite that you gave cannot be used, or nothing of it could be indexed |
| 3 | a model is unknown or missing, or it or a server cannot be reached |
| 4 | the index is missing, empty, locked, damaged, or was built with another embedder or by a newer version |
| 5 | what a hosted model wrote does not fit the shape, twice |
| 6 | a batch ran to its end and some rows failed, or, with `rag index --strict`, some files; the others are kept |
| 7 | `rag eval gate`: a mean is worse than the baseline |
| 130 | stopped with Ctrl-C; what was done is kept |
| 141 | whoever read the output went away, as in `rag search … \\| head` |
"""

DATABASE = """\
# Database

An index is one SQLite file that opens anywhere: in the `sqlite3` shell, in Datasette, with sqlite-utils, with pandas.
No table in it needs an extension. This page is made from a fresh index: `make docs` writes it, and a test compares it
with the program.

## What a SQL query can do with an index

How many passages each document was cut into:

```sql
select d.key, count(*) as passages
from document d join passage p on p.document_id = d.id
group by d.id order by passages desc;
```

Full text search without `rag`, best passage first:

```sql
select d.key, p.heading, p.text
from passage_fts join passage_whole p on p.id = passage_fts.rowid join document d on d.id = p.document_id
where passage_fts match 'verbatim OR quote' order by rank limit 5;
```

A passage is a span of its document's text. Offsets count characters (Unicode code points) from 0:

```sql
select count(*) as wrong
from passage_whole p join document d on d.id = p.document_id
where substr(d.text, p.start + 1, p."end" - p.start) <> p.text;
```

The questions that were refused, and the records that failed, from the views that are made for reading:

```sql
select created, question, model from answer_view where not answerable order by created desc;
```

```sql
select job, key, error from record_view where status = 'failed' order by job, seq;
```

The texts that are in the index more than once, and are embedded once:

```sql
select hash, count(*) as times from passage_window group by hash having count(*) > 1;
```

## How a vector is stored

A vector is a blob of little-endian 16-bit floats (IEEE 754 binary16), or of 32-bit floats in an index that was made
with `--store-vectors f32`; its length tells which. The view `embeddings` gives 32-bit floats of either, the format that
the tool `llm` reads, and the function `rag_cosine` takes both. A vector is found by the hash of the text that was
embedded (a window of a passage, or a title) and by the model, so text that was moved or repeated is never embedded
twice. Each vector has a checksum, which `rag doctor` verifies: 23 bits of its CRC-32, so that five vectors of 384
numbers fill a page of 4 KB; older rows have all 32.

## Checksums

`checksum` is the CRC-32 of a row as it was written, so that `rag doctor` sees a bit that was flipped on the disk.
Change a row with any program you like: a trigger takes its checksum away, and the next write of `rag` computes it anew.
The rows of a document's passages are held by its `seal` and its `hash`. Tables that `rag extract --table` made, the
counters in `sqlite_sequence`, and the times in `_sqlite_migrations` have none.

## The file beside the index

`NAME.db-index` holds the vectors of all windows, each put into its context, in a form that is quick to search. It is
made from the main file and can be deleted at any time: the next `rag index` makes it anew. Indexing brings it up to
date at its end, a part at a time, and a run that was stopped goes on with the next; no search does. A search that finds
it behind, damaged or gone compares what it lacks from the main file: it finds the same, says so, and is slower. A
number of a vector has 12 bits there, so a score may differ from the main file's in the fourth digit. The file only
grows, by 1.5 × dimensions + 12 bytes a window; `rag optimize` writes it anew, and one of an earlier version is made
anew by the next `rag index`. `NAME.db-index-seal` holds the checksum of its bytes: a file that is not as it was
written is not used. Copy or back up only the main file.

While the index is in use, SQLite keeps `NAME.db-wal` and `NAME.db-shm` beside it, and while an empty one is filled
`NAME.db-journal`, so that each page is written once; do not delete these. The index `passage_window_hash` is made at
the end of that, and words are merged then; if it was killed before, the next command that writes does both.
`NAME.db-lock` is empty: a command that writes holds it, so that a second writer is told to wait; so are
`NAME.db-jobs-lock` and `NAME.db-eval-lock`, held by a job of `rag extract` and a run of `rag eval`. All of them, and
the index itself, are made for you alone (mode 0600); an index that is there keeps its mode, and what lies beside it has
the same. They go by the name of the file itself, whatever link you open it by.

## Where nothing can be written

An index in a folder that cannot be written (a read-only disk, somebody else's folder, a full disk) is read as it is,
with everything that was committed: also what lies in `NAME.db-wal`. If the WAL may not be read, that is an error; so is
a `NAME.db-journal` that a killed run left, which only a command that may write can roll back. Everything that reads
works there: a question is answered and not logged, groups are shown and not kept; `rag backup`, `rag move` and
`rag export` take it elsewhere, `rag extract … -d NEW.db` keeps its job in another file, `rag serve` answers a change
with 403. A command that must write says so, and ends with exit code 4.

## Back up, restore, recover

`rag backup COPY.db` copies the index to a new file while it is in use, complete as of one moment, checks the copy
before it gets its name, and makes its vector index. To restore it, end what uses the index, move the damaged file and
its `-wal`, `-shm` and `-journal` away, for SQLite would write what they hold into any file of that name, and copy the
backup to the index's place: everything else beside it is made again.

`rag doctor` checks what can be checked: the pages, the tables, every hash, checksum, offset and window, the index of
words, the vectors and the file beside the index; on a server every table, column, index, trigger and function; `--fix`
mends what it can. Where pages are damaged, `rag doctor --recover NEW.db` saves every row that can be read into a new
file, answers and jobs first, and counts what was lost; `rag index --all -d NEW.db` then reads again what it can.

## How the schema grows

Each change of the schema is a numbered migration, applied in one transaction when a newer version of `rag` first opens
the file for writing, and recorded in the table `_sqlite_migrations`. An older version refuses a file that has a newer
schema and says so, also where it had the file open before. A file that another process is writing to is upgraded when
that has ended; after half a minute the newer version says that it waits for it.
"""

VIEWS = {
    "passage_view": "Each passage with where it stands: source, key and title of its document, heading, offsets.",
    "answer_view": "The log of `rag ask` to read: question, answer, the documents that it cites, model, who asked.",
    "record_view": "The rows of extraction jobs with their documents: `data` is JSON, `status` done or failed …",
    "clustered": "What `rag cluster` made, an item a row with the name of its group: Datasette facets it by `cluster`.",
    "clock": "The next stamp of a change: the present in milliseconds, or one more than the largest that is known.",
    "collections": "What `llm collections list` shows: a collection is a source.",
    "document_change": "The change table of documents with the source and key of each, also of those that are gone.",
    "document_stamp": "When each document was last changed or removed: milliseconds, or one more than the largest that "
    "this index had seen. `rag merge` goes by it.",
    "embeddings": "What `llm similar` reads: every embedded window of a passage with its vector. Not to be written.",
    "passage_searched": "The passages as they are searched: folded, where that differs from how they are written. "
    "Where Datasette shows its search box, beside `passage`.",
    "passage_whole": "The passages with their texts, which the table leaves to the documents.",
}

TABLES = {
    "_sqlite_migrations": "Which migrations were applied, and when. `sqlite-utils migrate --list` reads it.",
    "setting": "How the index was built: the embedder, its fingerprint, the size passages aim at. Values are JSON.",
    "model": "The embedding models that vectors were made with. The fingerprint changes when the weights change.",
    "source": "Where documents come from: a folder, a table, a feed. `settings` is what `rag index --all` reads again, "
    "`cursor` how far the source was read, `error` why the last refresh failed.",
    "document": "A text of yours. `(source_id, key)` names it and stays the same when its text changes; offsets count "
    "in `text`. `item` and `stamp` say what it was read from (empty: what its key says) and when that last "
    "changed, `seal` is a hash over it and its passages.",
    "passage": "A run of paragraphs of a document: what is searched. Its text is the document's from `start` to `end`, "
    "exactly, and the view `passage_whole` gives it; `own` is empty but where the document does not give it (beyond "
    "its first 100,000 characters, behind a NUL, after another program edited it). `identifiers` are the names in it "
    "that are searched beside its words, and the file's; `folded` is JSON of what is searched instead of title, "
    "heading and text where they are not searched as they are (other scripts, ligatures, ß).",
    "document_name": "The names that a note goes by, as links to it say them: its path, the ends of the path, its "
    "aliases; in small letters, without suffix.",
    "document_link": "The names that a note links to. Joined with `document_name` by the name, these are links and "
    "backlinks.",
    "compound": "The long words, folded, of texts in languages that write words together (German, Dutch, Nordic): a "
    "word of a question is looked for in them.",
    "passage_window": "A part of a passage that is embedded by itself: `start` and `end` count in the passage's text, "
    "`hash` is the hash of that part.",
    "vector": "The embedding of a text by a model. `hash` is the hash of a window's text or of a title, so equal texts "
    "share one: the first 128 bits of a SHA-256 as 22 characters (base64url).",
    "passage_fts": "The full text index of the passages (FTS5), over `passage_searched`: words are folded (ß is ss, "
    "accents are gone), Chinese, Japanese and Korean stand in pairs of characters, Thai and others in triples. Tables "
    "whose name begins with `passage_fts_` belong to it.",
    "answer": "The log of `rag ask`: every answer with its citations, what was retrieved, the hashes of prompt and "
    "grammar, the model's fingerprint and the seed. `rag answers`, `rag show` and `rag replay` read it.",
    "job": "A run of `rag extract`: schema, prompt, model and settings. The same four make the same job, which goes on "
    "where it was stopped.",
    "job_row": "One row of an extraction: `done` with data that fits the schema, or `failed` with the error.",
    "job_document": "Which documents a job was given, and in which order.",
    "eval_run": "A run of one system of an evaluation suite, with the settings and the state of the code it ran with.",
    "eval_outcome": "What a system answered to one case of a run, or the error.",
    "eval_score": "One measure of one case. A case that failed has a score too.",
    "clustering": "The groups that `rag cluster` made last, for each kind of item and filter. `inputs` is a hash of "
    "all that decides them: nothing is made again without a change.",
    "cluster": "A group: its name, the words that tell it from the others (JSON), its mean cosine, its centre (floats "
    "of 32 bits). `named` says that a model named it.",
    "cluster_item": "Which group a document, or a passage of it, is in, and its cosine with the centre. The view "
    "`clustered` shows them with their texts, for Datasette to facet.",
    "document_past": "What a document said before it was changed or removed, for ninety days, for `rag diff --since`. "
    "`version` is that of the change. With its source it goes.",
    "document_clock": "When a document was last changed or removed, for `rag merge`, where that is not the "
    "`__updated_ms` of its change table: for what came from another index. `document_stamp` shows it of all.",
    "source_clock": "The same of sources.",
    "_chronicle_document": "The change table of `document`, in the form of sqlite-chronicle: a row for each document "
    "that was ever there, with the version in which it last changed. `source` and `key` are filled when it is removed; "
    "`document_change` shows them of every document.",
    "push": "The places that `rag push` has sent to. No token is kept.",
    "pushed": "What each place has: a document with its hash when it was sent, and the names that it has there.",
    "alert": "A saved search that reports documents which are new since it last ran.",
    "token": "Who may use the server. `hash` is the SHA-256 of a secret that is kept nowhere; `scopes` are words with "
    "spaces between, `sources` names with line ends between (none: all), `used` is exact to a minute.",
}


def commands() -> str:
    return "\n".join([COMMANDS, *(f"## {name}\n\n```text\n{text}\n```\n" for name, text in helps())])


MAN = """\
.TH RAG 1 "" "Chapterverse" "User Commands"
.SH NAME
rag \\- ask your own documents
.SH SYNOPSIS
.B rag
.I COMMAND
[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]
.SH DESCRIPTION
One SQLite file, local models, quotes that cannot be invented. Every command that reads an index takes
\\fB\\-d\\fR \\fIFILE\\fR, or the environment variable \\fBRAG_DB\\fR, or \\fIrag.db\\fR in the current folder.
Results go to standard output, everything else to standard error.
.SH COMMANDS
"""


def man() -> str:
    """The man page: each command with its arguments and options, in roff."""
    parts = [MAN]
    for name, _, command, context in walked():
        said = command.help or command.get_short_help_str(WIDTH)
        usage = " ".join(command.collect_usage_pieces(context))
        parts.append(f".SS {roff(name)}\n.B {roff(name)}\n{roff(usage)}\n.PP\n{roff(said)}\n")
        records = filter(None, (one.get_help_record(context) for one in command.get_params(context)))
        parts += [f".TP\n.B {roff(flag)}\n{roff(about)}\n" for flag, about in records]
    codes = [line.strip("| ").split(" | ", 1) for line in COMMANDS.splitlines() if line.startswith("| ")][1:]
    parts.append(".SH EXIT STATUS\n")
    parts += [f".TP\n.B {code}\n{roff(meaning.replace('`', ''))}\n" for code, meaning in codes]
    return "".join(parts)


def roff(text: str) -> str:
    """A text in which nothing is a request or an escape of roff; paragraphs stay apart."""
    lines = [" ".join(one.split()) for one in text.replace("\\", "\\e").replace("-", "\\-").split("\n\n")]
    return "\n.PP\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def helps() -> Iterator[tuple[str, str]]:
    """(name, help text) of `rag` and each of its commands, groups before their members."""
    return ((name, text) for name, text, _, _ in walked())


def walked() -> Iterator[tuple[str, str, Any, Any]]:
    """(name, help text, command, context) of `rag` and each of its commands, groups before their members."""
    import typer

    import rag.cli

    def walk(command: Any, parent: Any, name: str) -> Iterator[tuple[str, str, Any, Any]]:
        context = type(command).context_class(command, info_name=name, parent=parent, terminal_width=WIDTH)
        yield context.command_path, command.get_help(context).strip(), command, context
        for inner, member in getattr(command, "commands", {}).items():
            if not member.hidden:
                yield from walk(member, context, inner)

    return walk(typer.main.get_command(rag.cli.app), None, "rag")


def tables() -> dict[str, list[tuple[str, str, str]]]:
    """The tables of a fresh index in the order of their making: (column, type, what is said of it)."""
    from rag.store import Database

    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "fresh.db", create=True) as db:
        names = [
            name
            for (name,) in db.execute("select name from sqlite_schema where type = 'table' order by rowid")
            if not name.startswith(("sqlite_", "passage_fts_"))
        ]
        return {name: list(_columns(db, name)) for name in names}


def views() -> list[str]:
    """The views of a fresh index."""
    from rag.store import Database

    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "fresh.db", create=True) as db:
        return [name for (name,) in db.execute("select name from sqlite_schema where type = 'view' order by name")]


def _columns(db: Any, table: str) -> Iterator[tuple[str, str, str]]:
    references = {
        column: f"{other}({to or 'id'})"
        for _, _, other, column, to, *_ in db.execute(f'pragma foreign_key_list("{table}")')
    }
    for _, name, kind, _required, default, key in db.execute(f'pragma table_info("{table}")'):
        said = ["primary key"] if key else []
        said += [f"→ {references[name]}"] if name in references else []
        said += [f"default {default}"] if default is not None else []
        yield name, kind.lower(), ", ".join(said)


def database() -> str:
    parts = [DATABASE]
    for table, columns in tables().items():
        rows = "".join(f"| {name} | {kind} | {said} |\n" for name, kind, said in columns)
        parts.append(f"## Table {table}\n\n{TABLES.get(table, '')}\n\n| column | type | |\n|---|---|---|\n{rows}")
    return "\n".join([*parts, "## Views", "", *(f"- **{name}**: {VIEWS.get(name, '')}" for name in views()), ""])


def main() -> None:
    for name, text in (("commands.md", commands()), ("database.md", database()), ("rag.1", man())):
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs: wrote docs/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
