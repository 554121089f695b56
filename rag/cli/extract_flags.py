"""The flags of `rag extract`. Names and help texts only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

O = typer.Option  # noqa: E741

# what is read
Paths = Annotated[
    list[str] | None,
    typer.Argument(help="Files, folders, globs, tables (.jsonl, .csv, .tsv), - for stdin.", show_default=False),
]
TextColumn = Annotated[list[str] | None, O("--text-column", help="The text of a table; several are joined.")]
IdColumn = Annotated[str, O("--id-column", help="What names the rows of a table; else the first column.")]
FromIndex = Annotated[bool, O("--from-index", help="The documents of the index, by the filters below.")]
Query = Annotated[str, O("--query", help="Only the passages of the index that a search for this finds.")]
K = Annotated[int, O("-k", help="How many passages --query finds.", min=1)]
Limit = Annotated[int | None, O("--limit", help="Only the first so many.", min=1)]
Sample = Annotated[int | None, O("--sample", help="Only so many, drawn by chance.", min=1)]

# what is asked
Schema = Annotated[str, O("--schema", "-s", help="A file, 'name, age int', or the hash of an earlier schema.")]
Multi = Annotated[bool, O("--multi", help="Many records a document.")]
Grammar = Annotated[str, O("--grammar", help="A GBNF by name or path, instead of a schema.")]
Prompt = Annotated[str, O("--prompt", help="A prompt by name or path.")]
Examples = Annotated[Path | None, O("--examples", help='JSON lines of {"text": …, "data": …} to show the model.')]
Shots = Annotated[int, O("--shots", help="Of the examples, so many that are most like a document.", min=0)]
Free = Annotated[bool, O("--free", help="A small local model, too, may write what the document does not hold.")]
Verbatim = Annotated[bool, O("--verbatim", help="Free texts must stand in the document word for word.")]
Window = Annotated[int | None, O("--window", help="Tokens of a window of a long document; else what fits.", min=16)]
Overlap = Annotated[float, O("--overlap", help="Share of a window that the next repeats.", min=0, max=0.5)]
RetryFailed = Annotated[bool, O("--retry-failed", help="Ask again for rows that failed before.")]

# of whom
Context = Annotated[int | None, O("--context", help="Tokens that the model takes.", min=256)]
Slots = Annotated[int, O("--slots", help="Documents at a time in a local model; 1 is exactly reproducible.", min=1)]
Threads = Annotated[int | None, O("--threads", help="Of a local model.", min=1)]
Concurrency = Annotated[int, O("--concurrency", help="Requests at a time to a hosted model.", min=1, max=256)]
Rpm = Annotated[float | None, O("--rpm", help="Requests a minute to a hosted model, at most.", min=0.1)]
Tpm = Annotated[float | None, O("--tpm", help="Tokens a minute to a hosted model, at most.", min=1)]
Timeout = Annotated[float, O("--timeout", help="Seconds that a hosted model may be silent.", min=1)]
MaxTokens = Annotated[int, O("--max-tokens", help="Of a reply.", min=1)]
Temperature = Annotated[float, O("--temperature", help="0: always the most likely token.", min=0, max=2)]
Seed = Annotated[int, O("--seed", help="For --temperature and --sample.")]

# what for
Out = Annotated[Path | None, O("--out", "-o", help="Write here (.jsonl, .json, .csv), not to stdout.")]
Form = Annotated[str, O("--format", "-f", help="jsonl, json or csv.")]
Table = Annotated[str, O("--table", help="Write a table of this name into the database.")]
Evidence = Annotated[bool, O("--evidence", help="Add where each value stands in its document.")]
Grounded = Annotated[bool, O("--grounded", help="What stands nowhere in its document is null, or its row fails.")]
Force = Annotated[bool, O("--force", help="Replace an --out file that no job wrote.")]
Estimate = Annotated[bool, O("--estimate", help="Say what it would cost, ask nothing.")]
Price = Annotated[str, O("--price", help="Of a million tokens, in/out: 0.15/0.60.")]
WriteBatch = Annotated[Path | None, O("--write-batch", help="Write the requests for a provider's batch endpoint.")]
ReadBatch = Annotated[Path | None, O("--read-batch", help="Read what the batch endpoint gave back.")]
