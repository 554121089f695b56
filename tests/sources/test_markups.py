"""AsciiDoc, Org, LaTeX and pages of the manual are read as what a reader of the page sees."""

from __future__ import annotations

import gzip
import random
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from told import read, text

from rag.app.locate import line_of
from rag.chunking import split
from rag.sources.walk import files

ASCIIDOC = """// for us alone
= Ferry Handbook
Mara Lindqvist <mara@pier.example>
v1.4, 2025-03-02
:toc:
:dock: pier four

== Getting under way

Cast off from *{dock}*, with the `fenders` _in_. See <<night,the night rules>> and https://tide.example/a[the tables].

.Before the first run
. Check oil
.. port engine
. Ring the bell
+
----
$ bell --twice {dock}
----

Ballast:: Water in the forepeak.
Ramp::
  Up before the bell.

[%header,cols="1,2*"]
|===
|Hour |Out |Back

|8
|7:55 | 8:40
.2+|9 |8:55 |9:40
|9:25 |10:10
|===

[WARNING]
====
No fire on the car deck.
====

[source,python]
----
print("#1")  # <1>
----

[quote,Old Tom]
____
Wait for slack water.
____

[[night]]
Night
-----

NOTE: Lamps at dusk, see issue #12 and C#.

include::rates.adoc[]
image::deck.png[The deck from above]
"""
ASCIIDOC_SEEN = """# Ferry Handbook

Mara Lindqvist <mara@pier.example>
v1.4, 2025-03-02

## Getting under way

Cast off from pier four, with the `fenders` in. See the night rules and the tables (https://tide.example/a).

Before the first run

1. Check oil
   1. port engine
2. Ring the bell

```
$ bell --twice {dock}
```

- Ballast: Water in the forepeak.
- Ramp:
  Up before the bell.

| Hour | Out | Back |
| --- | --- | --- |
| 8 | 7:55 | 8:40 |
| 9 | 8:55 | 9:40 |
| 9 | 9:25 | 10:10 |

WARNING: No fire on the car deck.

```python
print("#1")  # <1>
```

> Wait for slack water.
>
> — Old Tom

## Night

NOTE: Lamps at dusk, see issue #12 and C#.

The deck from above"""

ORG = """#+TITLE: Orchard year
#+AUTHOR: Iva
#+DATE: <2025-02-11 Tue>
#+FILETAGS: :trees:
#+STARTUP: overview

* TODO [#B] Prune the pears                                       :winter:
  DEADLINE: <2025-03-01 Sat>
  :PROPERTIES:
  :ID: 7
  :OWNER: Kofi
  :END:
  Ask [[https://a.example][the nursery]] about =M26= stock.
  - [X] saw :: sharpened
    + ladder
** DONE Rent
# not for print
| Tree | Kilos |
|------+-------|
| Pear |    40 |
#+BEGIN_SRC sh
  spray --when dry
#+END_SRC
: fixed
"""
ORG_SEEN = """# Orchard year

## TODO [#B] Prune the pears

DEADLINE: 2025-03-01 Sat

OWNER: Kofi

Ask the nursery (https://a.example) about `M26` stock.
- [X] saw: sharpened
  - ladder

### DONE Rent

| Tree | Kilos |
| --- | --- |
| Pear | 40 |

```sh
spray --when dry
```

```
fixed
```"""

LATEX = r"""\documentclass{article}
\title{Salt in \emph{Rye} Caf\'es}
\author{J\"org Ek\thanks{Corresponding.} \and Zo\"e Lund}
\date{4 May 2024}
\begin{document}
\maketitle
\begin{abstract}
We salt 30\% more.% not shown
\end{abstract}
\section[Short]{Method and
 means}\label{sec:m}
At 20\,$^\circ$C and $p<0.05$, ``twice''~\cite[p.~3]{ek,lund}; $v=\frac{d}{t}$, \verb|a_b| and \foo.
\begin{itemize}
  \item rye
  \begin{enumerate}\item dark \item light\end{enumerate}
\end{itemize}
\begin{table}\caption{Means}\begin{tabular}{lr}\toprule
Loaf & Salt \\ \midrule
A \& B & 1{,}5 \\
\end{tabular}\end{table}
\begin{lstlisting}[language=Python]
mix("100%")
\end{lstlisting}
\input{more}
\end{document}
"""
LATEX_SEEN = r"""# Salt in Rye Cafés

Jörg Ek (Corresponding.), Zoë Lund
4 May 2024

## Abstract

We salt 30% more.

## Method and means

At 20 °C and p<0.05, “twice” [ek, lund, p. 3]; $v=\frac{d}{t}$, `a_b` and \foo.

- rye
  1. dark
  2. light

Means

| Loaf | Salt |
| --- | --- |
| A & B | 1,5 |

```python
mix("100%")
```"""

MAN = r""".\" made by hand
.TH OARCTL 8 2024-08-02 "oarctl 1.9" "Boat tools"
.SH NAME
oarctl \- ship the oars
.SH SYNOPSIS
.B oarctl
.RB [ \-\-side
.IR SIDE ]
.SH OPTIONS
.TP
.BR \-n ", " \-\-dry\-run
Say what
.I would
be done.
.IP \(bu 2
Row in \fItime\fR.
.SH EXAMPLES
.nf
oarctl \-\-side port
.fi
.if t .sp .5v
.ie n .IP "9" 4
.el .IP "nine" 4
Quota.
"""
MAN_SEEN = """# oarctl(8)

2024-08-02 · oarctl 1.9 · Boat tools

## NAME

oarctl - ship the oars

## SYNOPSIS

oarctl [--side SIDE]

## OPTIONS

- -n, --dry-run
  Say what would be done.

- Row in time.

## EXAMPLES

```
oarctl --side port
```

- 9
  Quota."""
MDOC = r""".Dd March 3, 2025
.Dt OAR 1
.Os
.Sh NAME
.Nm oar
.Nd pull
.Sh SYNOPSIS
.Nm
.Op Fl n | Fl -dry Ar file
.In sys/oar.h
.Fn row "int side" "int n"
.Sh DESCRIPTION
See
.Xr anchor 2 .
.Bl -tag
.It Fl n
Do nothing
.Pq really .
.El
"""
MDOC_SEEN = """# oar(1)

## NAME

oar - pull

## SYNOPSIS

oar [-n | --dry file]
#include <sys/oar.h>
row(int side, int n)

## DESCRIPTION

See anchor(2).

- -n
  Do nothing (really)."""
SEEN = {
    "asciidoc": (ASCIIDOC, ASCIIDOC_SEEN, "Ferry Handbook", "Mara Lindqvist", "2025-03-02"),
    "org": (ORG, ORG_SEEN, "Orchard year", "Iva", "2025-02-11"),
    "latex": (LATEX, LATEX_SEEN, "Salt in Rye Cafés", "Jörg Ek, Zoë Lund", "2024-05-04"),
    "man": (MAN, MAN_SEEN, "oarctl(8)", "", "2024-08-02"),
}


@pytest.mark.parametrize("kind", SEEN)
def test_a_page_is_read_as_it_is_seen(kind: str) -> None:
    written, seen, title, author, date = SEEN[kind]
    ((document,), left) = read(kind, written, f"a.{kind}")
    assert document.text == seen
    assert (document.title, document.author, document.date, document.kind) == (title, author, date, "markdown")
    kinds = {
        "asciidoc": ["comments", "attributes of AsciiDoc", "included files"],
        "org": ["settings of Org", "settings of Org", "comments"],
        "latex": ["comments", "included files"],
        "man": [],
    }
    assert [kind for kind, _ in left] == kinds[kind]
    if kind == "org":
        assert document.meta == {"tags": ["trees", "winter"]}


def test_mdoc_is_read_as_well() -> None:
    assert text("man", MDOC, "oar.1") == MDOC_SEEN


@pytest.mark.parametrize(
    ("kind", "name"), [("asciidoc", "a.adoc"), ("org", "a.org"), ("latex", "a.tex"), ("man", "a.8")]
)
def test_passages_stand_under_their_heading_and_at_their_line(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(SEEN[kind][0])
    ((document,),) = [item.read() for item in files([path])]
    lines = SEEN[kind][0].split("\n")
    for passage in split(document)[1:]:
        number, _ = line_of(path, document, passage.start)
        first = re.findall(r"[^\W_]+", re.sub(r"^[-#\d.`]+\w*\s", "", passage.text))[0]
        assert first in lines[number - 1], passage.text
        assert passage.heading


def test_pages_of_the_manual_are_told_by_their_first_lines(tmp_path: Path) -> None:
    (tmp_path / "oarctl.8").write_text(MAN)
    (tmp_path / "oar.1p.gz").write_bytes(gzip.compress(MDOC.encode()))
    (tmp_path / "app.log.1").write_text(".hidden is a file\n")
    (tmp_path / "cut.3.gz").write_bytes(gzip.compress(MAN.encode())[:40])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("man/oarctl.8", MAN)
        archive.writestr("notes.8", "one\n")
    walk = files([tmp_path])
    found = {item.key: item.read()[0].title for item in walk}
    assert found == {"oarctl.8": "oarctl(8)", "oar.1p.gz": "oar(1)", "x.zip#man/oarctl.8": "oarctl(8)"}
    assert sum(walk.skipped.values()) == 3


@pytest.mark.skipif(not shutil.which("groff"), reason="groff sets the pages to compare with")
def test_no_word_is_lost_that_groff_sets(tmp_path: Path) -> None:
    for written, shown in ((MAN, MAN_SEEN), (MDOC, MDOC_SEEN)):
        done = subprocess.run(
            ["groff", "-mandoc", "-Tascii", "-P-cbou", "-rHY=0"],
            input=written,
            capture_output=True,
            text=True,
            check=True,
        )
        words = set(re.findall(r"[a-z]{4,}", done.stdout.lower())) - {
            "manager",
            "manual",
            "general",
            "commands",
            "system",
        }
        assert words <= set(re.findall(r"[a-z]{4,}", shown.lower())) | {"march"}


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_broken_is_read_all_the_same(kind: str) -> None:
    made = random.Random(7)
    for _ in range(60):
        lines = SEEN[kind][0].split("\n")
        made.shuffle(lines)
        signs = list("\n".join(lines))
        for _ in range(15):
            signs[made.randrange(len(signs))] = made.choice("\\.{}[]|=*_`$%:+#'\n ")
        read(kind, "".join(signs), f"a.{kind}")
    for piece in (
        "\\(",
        "\\begin{a}",
        "\\section{a}",
        "$",
        "{",
        "[",
        "====\na\n",
        "#+begin_a\n",
        "`",
        "|===\n|a\n",
        "*",
        "\\fB",
    ):
        read(kind, ".TH a 1\n" + piece * 2_000, f"a.{kind}")
