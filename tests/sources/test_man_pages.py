"""Pages of the manual as generators write them: strings, comments, what is set further in, lists in lists, mdoc."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rag.sources import files, man


def text(page: str) -> str:
    """What is read of a page, without its title."""
    [document] = man.read(f'.TH X 1 "" ""\n.SH NAME\n{page}'.encode(), "x.1", "s")
    return document.text.removeprefix("# x(1)\n\n").removeprefix("·\n\n").removeprefix("## NAME\n\n")


def of_mdoc(page: str) -> str:
    [document] = man.read(f".Dd May 1, 2024\n.Dt X 1\n.Os\n.Sh OPTIONS\n{page}".encode(), "x.1", "s")
    return document.text.removeprefix("# x(1)\n\n## OPTIONS\n\n")


STRINGS = [
    # DocBook's apostrophe, chosen by a condition
    (".ie \\n(.g .ds Aq \\(aq\n.el       .ds Aq '\nthe account\\*(Aqs user", "the account's user"),
    (".ds ME top\nThe \\*(ME program\nand \\*[ME]\\*(Tm.", "The top program and top™."),
    ('.ds W "  configuration\n.as W \\ file\nwrites a\\*W', "writes a configuration file"),
    (".nr n 1 1\n.IP \\n[n].\none\n.IP \\n+[n].\ntwo", "1. one\n\n2. two"),
    (".de OPT\n.TP\n.B \\-\\\\$1 , \\-\\-\\\\$2\n..\n.OPT a all\nEverything.", "- -a , --all\n  Everything."),
    (".als Q B\n.Q bold\nword", "bold word"),
    (".if n for a terminal\n.if t for paper\n.ie t no\n.el yes", "for a terminal yes"),
    (".if t \\{\\\nno\n.if n no\n.\\}\nyes", "yes"),
    (".tr %.\nsay %help", "say .help"),
]
COMMENTS = [
    ('said\n\\# never said\n.\\" nor this\n\'\\" nor this\nas well', "said as well"),
    ('said \\" but not this\nas well', "said as well"),
]
LISTS = [
    # DocBook and asciidoctor: an option, and what it does further in
    (
        ".PP\n\\fB\\-l\\fR, \\fB\\-\\-lock\\fR\n.RS 4\nLock it\\&.\n.sp\nAnd more\\&.\n.RE\n.PP\n\\fB\\-u\\fR\n.RS 4\n"
        "Unlock it\\&.\n.RE\n.PP\nAll of it is said.",
        "- -l, --lock\n  Lock it.\n\n  And more.\n\n- -u\n  Unlock it.\n\nAll of it is said.",
    ),
    (".HP\n\\fB\\-q\\fR\n.IP\nbe quiet", "- -q\n  be quiet"),  # help2man
    (".PP\nFor example:\n.RS\n.nf\nls \\-l\n.fi\n.RE", "For example:\n\n```\nls -l\n```"),
    # an item that goes on
    (".TP\n.B \\-f\nFollow it.\n.IP\nA second paragraph.", "- -f\n  Follow it.\n\n  A second paragraph."),
    (".TP\n\\-m\nof a file which has not\n.IP\nchanged in size", "- -m\n  of a file which has not\n  changed in size"),
    (".TP\n\\-f\nFollow it.\n.PP\nOutside.", "- -f\n  Follow it.\n\nOutside."),
    (".TP\n\\-f\nFollow it:\n.IP\n.EX\nx \\-f\n.EE", "- -f\n  Follow it:\n\n  ```\n  x -f\n  ```"),
    # lists in lists
    (
        ".TP\n\\-D x\nDebug.\n.RS\n.TP\ntree\nThe tree.\n.IP \\(bu 2\na\n.RE\n.TP\n\\-O\nFast.",
        "- -D x\n  Debug.\n\n  - tree\n    The tree.\n\n  - a\n\n- -O\n  Fast.",
    ),
    (".RS 4\n.ie n \\{\\\n\\h'-04'\\(bu\\h'+03'\\c\n.\\}\n.el \\{\\\n.IP \\(bu 2\n.\\}\ndigits\n.RE", "- digits"),
    # several tags of one item
    (".TP\n.B a\n.TQ\n.B b\nBoth.", "- a, b\n  Both."),
    (".TP\n.PD 0\n.B a\n.TP\n.PD\n.B b\nBoth.", "- a, b\n  Both."),
    (".SS\nHeading below\ntext", "### Heading below\n\ntext"),
]
OF_MDOC = [
    (
        ".Bl -tag -width Ds\n.It Fl L Xo\n.Sm off\n.Oo Ar bind : Oc\n.Ar port\n.Sm on\n.Xc\nForward.\n.Pp\nOnly.\n.El",
        "- -L [bind:]port\n  Forward.\n\n  Only.",
    ),
    (
        ".Bl -tag\n.It Fl a\n.It Fl b\nBoth.\n.Bl -bullet\n.It\none\n.El\n.El\nEnd.",
        "- -a, -b\n  Both.\n\n  - one\n\nEnd.",
    ),
    (".Nm mk\nprints\n.Fl Fl help\n.Op Ar dir\n.Dl $ mk -a", "mk prints --help [dir]\n\n```\n$ mk -a\n```"),
    (".Nm mk\nruns.\n.Ex -std mk", "mk runs. The mk utility exits 0 on success, and >0 if an error occurs."),
    (".Rs\n.%A Y. Ylonen\n.%T The SSH Protocol\n.Re", "Y. Ylonen The SSH Protocol"),
    (
        ".An -nosplit\n.An Ann\nof\n.Bx 4.3 tahoe ,\n.St -p1003.1-2008",
        "Ann of 4.3BSD-Tahoe, IEEE Std 1003.1-2008 (“POSIX.1”)",
    ),
]


@pytest.mark.parametrize(("page", "seen"), [*STRINGS, *COMMENTS, *LISTS])
def test_what_a_page_of_man_says_is_read_as_it_is_set(page: str, seen: str) -> None:
    assert text(page) == seen


@pytest.mark.parametrize(("page", "seen"), OF_MDOC)
def test_what_a_page_of_mdoc_says_is_read_as_it_is_set(page: str, seen: str) -> None:
    assert of_mdoc(page) == seen


def test_cells_with_lines_hold_the_sign_that_divides_others() -> None:
    page = ".TS\nallbox tab(:);\nlt lt.\nhow:what\nT{\n.sp\nhh:mm\nT}:T{\ntoday\n.B only\nT}\n.TE"
    assert text(page) == "| how | what |\n| --- | --- |\n| hh:mm | today only |"


@pytest.mark.parametrize(
    "page",
    [
        ".de A\n.A x\\\\$1\n..\n.A b",  # calls itself
        "\n".join(
            f".ds {one} \\*({chr(96 + number)}a\\*({chr(96 + number)}a" for number, one in enumerate("bcdefgh", 1)
        ),
        ".ds aa \\\\*(bb\\\\*(bb\n.ds bb \\\\*(aa\\\\*(aa\nx \\*(aa",
        ".if n \\{\nnever closed",
        ".de A\nnever closed",
        ".ie n .ig Z\nnever closed",
    ],
)
def test_a_page_that_asks_for_endless_work_is_done_with(page: str) -> None:
    assert len(text(f"said\n{page}\nafter")) < 100_000


def test_pages_that_are_called_like_secrets_or_begin_with_a_comment_are_read(tmp_path: Path) -> None:
    page = b".TH X 1\n.SH NAME\nx \\- do it\n"
    (tmp_path / "env.1").write_bytes(page)
    (tmp_path / "env.1.gz").write_bytes(gzip.compress(page))
    (tmp_path / "bzdiff.1.gz").write_bytes(gzip.compress(b'\\"Shamelessly copied\n' + page))
    (tmp_path / "readline.3readline").write_bytes(page)
    (tmp_path / "env.local").write_text("TOKEN=1")
    (tmp_path / "env.2").write_text("TOKEN=1")
    found = {document.key for document in files([str(tmp_path)])}
    assert found == {"env.1", "env.1.gz", "bzdiff.1.gz", "readline.3readline"}
