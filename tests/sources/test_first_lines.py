"""The title of a text without marks is its first line, where that is one; else the name of its file."""

import pytest
from told import read

from rag.sources.first_lines import title


@pytest.mark.parametrize(
    ("text", "called", "author"),
    [
        ("Rope Care\n=========\n\nDry it.\n", "Rope Care", ""),
        ("=========\nRope Care.\n=========\nDry it.\n", "Rope Care.", ""),
        ("\n   THE LAST FERRY\n\n   by Maud Trelling\n\n\nIt left at nine.\n", "THE LAST FERRY", "Maud Trelling"),
        ("THE LAST FERRY\nIt left at nine.\n", "THE LAST FERRY", ""),
        ("PIER COUNCIL\nANNUAL MEETING 14 May 2024\n\nPresent: all.\n", "PIER COUNCIL ANNUAL MEETING 14 May 2024", ""),
        ("CHAPTER 16. The Ship.\n\nIn bed we slept.\n", "CHAPTER 16. The Ship.", ""),
        ("What bees want\n\nThey want clover.\n", "What bees want", ""),
        ("Řízek podle babičky\n\n1. Maso naklepeme.\n", "Řízek podle babičky", ""),
        ("Minutes, 16 November 2021\n\nAll were there.\n", "Minutes, 16 November 2021", ""),
        # none of these is a title
        ("Article 7 was never read.\n\nNobody cared.\n", "", ""),
        ("The goats got out again.\n\nWe mended the fence.\n", "", ""),
        ("Dear Ann\n\nthank you for the map.\n", "", ""),
        ("Porto, 8 de maio de 2022\n\nMeu querido Rui,\n\nRecebi a carta.\n", "", ""),
        ("3 March 2025\n\nRain.\n", "", ""),
        ("Date: 3 March 2025\n\nRain.\n", "", ""),
        ("QUAY CLINIC\n15 May 2024\n\nYour knee is well.\n", "", ""),
        ("Quay Clinic        Ref 12\n\nYour knee is well.\n", "", ""),
        ("Quay Clinic\n4 Pier Road\n\nYour knee is well.\n", "", ""),
        ("import os\n\nprint(os.name);\n", "import os", ""),
        ("x = 1\n\ny = 2\n", "", ""),
        ("- rope\n- tar\n\nnails\n", "", ""),
        ("10:02 gate opened\n\n10:09 gate shut\n", "", ""),
        ("one word\n", "", ""),
        ("", "", ""),
    ],
)
def test_a_first_line_is_a_title_or_not(text: str, called: str, author: str) -> None:
    assert title(text) == (called, author)
    if text:
        ((document,), _) = read("text", text, "old-name.txt")
        assert (document.title, document.author, document.text) == (called or "old name", author, text)


def test_a_log_is_called_by_its_name() -> None:
    ((document,), _) = read("text", "Server started\n\nok\n", "web.log")
    assert document.title == "web"
