"""Codes, rows, dated lines and messages: the one that answers is shown, under the names of its columns."""

from __future__ import annotations

import pytest

from rag import chunking
from rag.ask import Asking, answer, codes, records
from rag.ask.pieces import pieces
from rag.blocks import blocks
from rag.sentences import spans
from rag.types import Answer, Document, Hit

PRESS = """# Press HP-400

The panel shows a code when the press stops.

| Code | Cause | Remedy |
| --- | --- | --- |
| E:17 | Light curtain broken | Clear it |
| E:18 | Oil too hot | Check the fan |
| E:19 | Oil low | Fill up |
"""
HEATER = """# Heater AT20

| Code | Fault |
| --- | --- |
| E:18 | Flame went out |
| E:20 | Undervoltage |
| U-0.3 | Glow plug |
"""
DIARY = """# House log

- 2023-05-11 HP-400 E:18, hair clip in the pump
- 2023-11-04 compressor oil changed
- 2024-06-30 coffee machine descaled
- 2024-09-02 second hand saw for the flat
- 2025-01-18 saw: new belt, one is in drawer 4
- 2025-03-01 coffee machine descaled again
- 2025-04-02 fuse of the oven
"""
RECEIPTS = """| date | what | where | amount |
| --- | --- | --- | --- |
| 2025-07-18 | Taxi | Hamburg | 47,50 |
| 2025-07-18 | Clothes for Mika | Continente | 61,80 |
| 2025-07-20 | Cozido | Tony's | 78,00 |
| 2025-07-22 | Pool | Furnas | 54,00 |
| 2025-07-27 | Doctor | Ribeira | 65,00 |
| 2025-08-02 | Fuel | Galp | 71,20 |
"""
CHAT = """- Ann (2025-07-16 22:11): who has the tickets?
- Bob (2025-07-16 22:12): me
- Ann (2025-07-18 12:31): landed!! a suitcase is missing
- Bob (2025-07-18 13:40): the car is a Fiat, plate 88-TX-21
- Cid (2025-07-19 17:50): 14 dolphins
- Ann (2025-07-20 10:05): suitcase was brought
- Bob (2025-07-23 21:00): no canoe, too windy
- Cid (2025-07-24 09:00): ok
"""
LOG = """2025-01-14 07:20 HP-400 fan replaced (Osei)
2025-02-03 06:50 compressor drained, 1.2 l water
2025-03-11 08:00 yearly inspection of the press, passed
2025-04-02 10:10 brushes changed (Lindner)
2025-04-22 06:45 compressor drained, 0.9 l water
2025-05-19 07:55 horn of the forklift repaired
"""


def asked(question: str, *texts: str, threshold: float = 0.0, kind: str = "markdown") -> Answer:
    """The answer without any model: what is found by words alone never reaches a threshold by itself."""
    hits = []
    for number, text in enumerate(texts):
        title = text.split("\n", 1)[0].removeprefix("# ") if text.startswith("#") else f"file {number}"
        document = Document("docs", f"{number}.md", text, title=title, kind=kind)
        hits += [Hit(passage, 1 - number / 10) for passage in chunking.split(document)]
    return answer(question, hits, asking=Asking(threshold=threshold))


def quotes(given: Answer) -> list[str]:
    for one in given.citations:
        assert one.passage.document.text[one.start : one.end] == one.quote
    return [one.quote for one in given.citations]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what does E:17 mean", ["| E:17 | Light curtain broken | Clear it |"]),
        ("what does U-0.3 mean?", ["| U-0.3 | Glow plug |"]),
        ("what does E:18 mean on the HP-400", ["| E:18 | Oil too hot | Check the fan |"]),
        ("heater AT20 shows E:18", ["| E:18 | Flame went out |"]),
    ],
)
def test_a_code_is_told_by_the_row_that_begins_with_it(question: str, said: list[str]) -> None:
    assert quotes(asked(question, DIARY, PRESS, HEATER, threshold=0.9))[:1] == said


def test_a_code_that_two_documents_have_shows_both() -> None:
    assert set(quotes(asked("E:18", DIARY, PRESS, HEATER))) >= {
        "| E:18 | Oil too hot | Check the fan |",
        "| E:18 | Flame went out |",
    }


@pytest.mark.parametrize("question", ["what does E:99 mean", "what does E:99 mean on the HP-400", "heater error U-0.4"])
def test_a_code_that_no_document_has_is_not_answered(question: str) -> None:
    assert not asked(question, PRESS, HEATER, threshold=0.1).answerable


def test_what_is_a_code() -> None:
    assert codes.codes("is E:17 or F7, ERR-204, U-0.3 or 61.40 worse?") == ["E:17", "F7", "ERR-204", "U-0.3", "61.40"]
    assert codes.codes("what was on 2025-03-01, 3.4.2025, at 10:30, in season 2024/25?") == []
    assert not codes.begins("| E:171 | other |", "E:17")
    assert codes.meant("what is 61.40")
    assert not codes.meant("how heavy is the WA7240")


def test_the_row_of_a_table_is_shown_under_its_columns() -> None:
    given = asked("what did we pay for the taxi", RECEIPTS)
    assert quotes(given) == ["| 2025-07-18 | Taxi | Hamburg | 47,50 |"]
    assert given.citations[0].passage.heading == "date | what | where | amount"


def test_a_row_wins_over_prose_that_shares_its_word() -> None:
    prose = "# Car\n\nA taxi to the office of the rental costs nothing, it is included in the voucher of the car.\n"
    assert quotes(asked("when did we take the taxi", prose, RECEIPTS))[0] == "| 2025-07-18 | Taxi | Hamburg | 47,50 |"


def test_a_column_for_what_is_asked_tells_that_a_row_answers() -> None:
    rows = "| --- | --- |\n| HR | contract |\n| Manager | order laptop |\n| IT | create account |\n"
    texts = (f"| who | what |\n{rows}", f"| where | what |\n{rows}")
    documents = [Document("docs", "a", text, kind="markdown") for text in texts]
    gained = [
        records.gains("who orders the laptop", pieces([Hit(chunking.split(one)[0], 1.0)]))[0] for one in documents
    ]
    assert gained == [1.0, records.OTHERWISE]


def test_the_last_time_is_the_newest_line() -> None:
    assert quotes(asked("when did we last descale the coffee machine", DIARY)) == [
        "- 2025-03-01 coffee machine descaled again"
    ]
    assert quotes(asked("when was the compressor last drained", LOG, kind="text")) == [
        "2025-04-22 06:45 compressor drained, 0.9 l water"
    ]


def test_a_message_is_shown_with_those_around_it() -> None:
    assert quotes(asked("what is the plate of the car", CHAT)) == ["\n".join(CHAT.split("\n")[2:7])]


def test_all_rows_are_shown_where_all_are_asked_for() -> None:
    assert quotes(asked("which was the cheapest thing with Taxi", RECEIPTS)) == [RECEIPTS.rstrip()]


def test_dated_lines_of_a_text_are_units_and_a_list() -> None:
    assert [LOG[one.start : one.end] for one in spans(LOG)] == LOG.rstrip().split("\n")
    assert [block.kind for block in blocks(f"What was done:\n{LOG}")] == ["prose", "list"]
    wrapped = "It was opened on\n2024-03-01 and closed again\nafter a week."
    assert [block.kind for block in blocks(wrapped)] == ["prose"]


def test_rows_lines_and_messages_are_passages_of_a_few() -> None:
    rows = "".join(f"| 2025-09-{day:02} | Ferry {day} | Pico | {day},50 |\n" for day in range(1, 20))
    for text, kind in ((RECEIPTS + rows, "markdown"), (LOG * 4, "text"), (CHAT * 4, "markdown")):
        document = Document("docs", "a", text, kind=kind)
        passages = chunking.split(document)
        assert chunking.of_rows(document)
        assert len(passages) > 2
        assert all(len(one.text) <= chunking.ROWS and "\n" in one.text for one in passages)
        assert sorted(line for one in passages for line in one.text.split("\n")) == sorted(text.rstrip().split("\n"))
    table = Document("docs", "a", RECEIPTS + rows, kind="markdown")
    assert [one.heading for one in chunking.split(table)][:2] == ["", "date | what | where | amount"]


def test_a_table_within_prose_is_cut_as_before() -> None:
    prose = "What we spent in July, and on what. " * 40
    document = Document("docs", "a", f"{prose}\n\n{RECEIPTS}", kind="markdown")
    assert not chunking.of_rows(document)
    assert any(RECEIPTS.strip() in one.text for one in chunking.split(document))


def test_dates_of_records_can_be_compared() -> None:
    days = ["- 2025-03-01 x", "| 3.4.2025 | x |", "| 28/02/25 | x |", "x"]
    assert [record.date for record in records.records("\n".join(f"| {day} |" for day in days))] == [
        "2025-03-01", "2025-04-03", "2025-02-28", "",
    ]  # fmt: skip
