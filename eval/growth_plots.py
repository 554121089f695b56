"""Results of `growth.py` as tables in Markdown and as plots in SVG: both axes by powers of ten."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

TABLE = (
    ("index, ms a passage beside the model", "ms a passage beside the model", "{:.2f}"),
    ("bytes written a byte of text", "bytes written a byte of text", "{:.1f}"),
    ("update of five, ms until it is stored", "update of five ms", "{:.1f}"),
    ("… until an open reader finds it by words", "update of five and found by words ms", "{:.1f}"),
    ("… until it is found by words and vectors", "update of five and search ms", "{:.1f}"),
    ("… of it the embedder", "update embedded ms", "{:.1f}"),
    ("cold search, CPU-s", "cold search s", "{:.2f}"),
    ("… MB", "cold search MB", "{:.0f}"),
    ("warm: hybrid, ms", "hybrid ms", "{:.1f}"),
    ("… words alone", "words ms", "{:.1f}"),
    ("… vectors alone", "vectors ms", "{:.1f}"),
    ("… of each the embedder", "question embedded ms", "{:.1f}"),
    ("… every vector (`--exact`)", "exact vectors ms", "{:.1f}"),
    ("… filtered, 1 in 1,000", "filtered ms", "{:.1f}"),
    ("… filtered by the key's beginning", "filtered by key ms", "{:.1f}"),
    ("recall at 10 of the exact", "recall at 10", "{:.3f}"),
    ("after `rag optimize`: hybrid, ms", "hybrid ms after", "{:.1f}"),
    ("searching, MB", "warm MB", "{:.0f}"),
    ("`rag optimize`, CPU-s", "optimize s", "{:.1f}"),
    ("bytes a passage, all", "bytes a passage: all", "{:,.0f}"),
    ("… documents", "bytes a passage: documents", "{:,.0f}"),
    ("… passages", "bytes a passage: passages", "{:,.0f}"),
    ("… words", "bytes a passage: words", "{:,.0f}"),
    ("… vectors", "bytes a passage: vectors", "{:,.0f}"),
    ("… vector index", "bytes a passage: vector index", "{:,.0f}"),
)
PLOTS = (
    (
        "search", "milliseconds of a question, warm",
        ("hybrid ms", "words ms", "vectors ms", "exact vectors ms", "filtered ms"),
    ),
    ("cost", "CPU seconds", ("index s", "vector index s", "optimize s", "cold search s")),
    ("memory", "MB, the most there was", ("index MB", "cold search MB", "warm MB", "optimize MB")),
)  # fmt: skip
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 360, 60, 190, 34, 40
DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 5")


def show(paths: Sequence[Path], plots: Path | None) -> None:
    """Print a table a result; write the plots of each into the folder."""
    for path in paths:
        result = json.loads(path.read_text())
        about, rows = result["about"], result["rows"]
        print(
            f"`{about['embedder']}`, {about['paragraphs a document']} paragraph(s) a document; {about['processor']},"
            f" {about['cores']} cores, Python {about['python']}, load {about['load']}, {about['date']}.\n"
        )
        print("| | " + " | ".join(f"{row['paragraphs']:,}" for row in rows) + " |")
        print("|---" * (len(rows) + 1) + "|")
        for title, key, form in TABLE:
            print(f"| {title} | " + " | ".join(form.format(row[key]) if key in row else "-" for row in rows) + " |")
        print()
        if plots:
            plots.mkdir(parents=True, exist_ok=True)
            kind = about["embedder"].partition(":")[0]
            for name, title, keys in PLOTS:
                (plots / f"{kind}-{name}.svg").write_text(_svg(rows, title, keys) + "\n", encoding="utf-8")


def _svg(rows: Sequence[dict[str, Any]], title: str, keys: Sequence[str]) -> str:
    rows = [row for row in rows if all(key in row for key in keys)]
    xs = [row["paragraphs"] for row in rows]
    ys = [max(row[key], 1e-3) for row in rows for key in keys]
    left, right = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - left) / max(1, right - left)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(max(value, 1e-3)) - low) / max(1, high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12"'
        f' font-family="sans-serif"><title>{escape(title)} by passages</title>',
        "<style>svg{color:#222;background:#fff}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#161616}}"
        "text{fill:currentColor}path,line{stroke:currentColor;fill:none}</style>",
        f'<text x="{LEFT}" y="18">{escape(title)}</text>',
    ]
    for power in range(left, right + 1):
        place = x(10**power)
        parts.append(f'<line x1="{place:.0f}" x2="{place:.0f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" opacity=".15"/>')
        parts.append(f'<text x="{place:.0f}" y="{HEIGHT - 20}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low, high + 1):
        place = y(10**power)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{place:.0f}" y2="{place:.0f}" opacity=".15"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{place + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
    ends = sorted((y(rows[-1][key]), number) for number, key in enumerate(keys))
    labels: dict[int, float] = {}
    for place, number in ends:  # apart from each other
        labels[number] = max(place, max(labels.values(), default=-99) + 15)
    for number, key in enumerate(keys):
        line = "L".join(f"{x(row['paragraphs']):.1f} {y(row[key]):.1f}" for row in rows)
        dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
        parts.append(f'<path d="M{line}" stroke-width="1.8"{dash}/>')
        shown = f"{key.removesuffix(' ms').removesuffix(' MB').removesuffix(' s')} {rows[-1][key]:.3g}"
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{labels[number] + 4:.0f}">{escape(shown)}</text>')
    return "".join(parts) + "</svg>"
