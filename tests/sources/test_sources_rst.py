"""reStructuredText: read as it is seen, and no other file with it."""

from pathlib import Path

import pytest

from rag.chunking import split
from rag.sources import rst
from rag.types import Document

RST = """\
========
Gardening
========

:Author: Ann
:Date: 2024-03-01

.. contents::

Soil
====

Dig ``deep``, see :doc:`the spade <tools>` and :func:`~garden.dig`.

.. code-block:: python
   :linenos:

   def dig():
       return "hole"

.. versionadded:: 2.0

   Peat is *out*.

.. tabs::

   .. tab:: Spring

      Sow peas.

Water
-----

- rain
- taps

=====  =====
Month  Litres
=====  =====
May    5
=====  =====

.. note:: Beware of frost.
"""


def read(data: bytes, key: str = "a.rst") -> Document:
    (document,) = rst.read(data, key, "s")
    return document


def test_restructuredtext_is_read_as_it_is_seen() -> None:
    document = read(RST.encode(), "garden.rst")
    assert (document.title, document.author, document.date) == ("Gardening", "Ann", "2024-03-01")
    assert document.text == (
        "# Gardening\n\n## Soil\n\nDig `deep`, see `the spade` and `garden.dig`.\n\n"
        '```python\ndef dig():\n    return "hole"\n```\n\nAdded in version 2.0: Peat is out.\n\nSpring\n\nSow peas.\n\n'
        "### Water\n\n- rain\n- taps\n\n| Month | Litres |\n| --- | --- |\n| May | 5 |\n\nNote: Beware of frost."
    )
    assert [passage.heading for passage in split(document)] == ["Soil", "Soil > Water"]


@pytest.mark.parametrize(
    "directive",
    [
        ".. include:: {path}",
        ".. include:: {path}\n   :literal:",
        ".. literalinclude:: {path}",
        ".. csv-table:: Rows\n   :file: {path}",
        ".. raw:: html\n   :file: {path}",
        ".. raw:: html\n   :url: file://{path}",
        ".. raw:: html\n\n   secret",
        ".. code-block:: text\n   :file: {path}",
        ".. |x| include:: {path}\n\n|x|",
    ],
)
def test_restructuredtext_reads_no_other_file(tmp_path: Path, directive: str) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("secret")
    document = read(f"A text.\n\n{directive.format(path=path)}\n\nIts end.\n".encode())
    assert "secret\n" not in document.text.replace(str(path), "") + "\n"
    assert document.text.startswith("A text.")
    assert document.text.endswith("Its end.")


def test_the_title_of_restructuredtext_stands_at_its_top() -> None:
    assert read(b"Sowing\n======\n\nText.\n\nReaping\n=======\n\nText.\n").title == "Sowing"
    assert read(b"Text.\n\nSowing\n======\n\nMore.\n", "the-garden.rst").title == "the garden"


def test_restructuredtext_with_an_endless_line_or_many_replacements() -> None:
    long = "A title\n=======\n\n" + "word " * 3000
    assert read(long.encode()).text == long
    laughs = "|a9|\n\n" + "".join(f".. |a{n}| replace:: {f'|a{n - 1}| ' * 10}\n" for n in range(1, 10))
    assert len(read((laughs + ".. |a0| replace:: ha\n").encode()).text) < 100_000


def test_fields_versions_boxes_and_terms_say_what_they_are() -> None:
    left: list[tuple[str, str]] = []
    (document,) = rst.read(FIELDS.encode(), "a.rst", "s", lambda kind, what: left.append((kind, what)))
    assert document.text == FIELDS_SEEN
    assert (document.title, document.author, document.date) == ("Ropes", "Ann", "2024-05-01")
    assert left == [("included files", "more.rst"), ("comments", "for us alone")]


FIELDS = """\
Ropes
=====

:Author: Ann
:Version: 1.2
:Date: 2024-05-01
:Journal: Knot Review

.. deprecated:: 2.0
   Use hemp.

.. versionadded:: 1.4
.. versionchanged:: 3.1 Now in *metres*.

.. note:: Mind the cold.

.. admonition:: Read this

   - Twice.

.. seealso:: the spade

.. figure:: rope.png

   The rope on the quay.

.. include:: more.rst

.. for us alone

:MTU: 1280

bight : noun
   A loop.

-a, --all  show all

Tar [1]_.

.. [1] Of pine.
"""
FIELDS_SEEN = """\
# Ropes

- Version: 1.2
- Journal: Knot Review

Deprecated since version 2.0: Use hemp.

Added in version 1.4.

Changed in version 3.1: Now in metres.

Note: Mind the cold.

Read this:

- Twice.

See also: the spade

The rope on the quay.

- MTU: 1280

- bight (noun): A loop.

- -a, --all: show all

Tar [1].

[1] Of pine."""
