"""Editions of one work: which holds is shown first, an older one only where it is asked for, and told as such."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import chunking, editions
from rag.ask import answer, to_json
from rag.index import Index
from rag.sources import files
from rag.types import Answer, Document, Hit

PEOPLE = Path(__file__).parents[2] / "eval/people"


def document(key: str, text: str, title: str = "", **more: object) -> Document:
    title = title or text.lstrip("# ").partition("\n")[0]
    return Document("docs", key, text, title=title, kind="markdown", **more)  # type: ignore[arg-type]


def asked(question: str, *documents: Document) -> Answer:
    passages = [passage for one in documents for passage in chunking.split(one, 300)]
    return answer(question, [Hit(passage, 1 - rank / 50) for rank, passage in enumerate(passages)])


@pytest.mark.parametrize(
    ("key", "text", "version", "start"),
    [
        ("a.md", "# Travel\n\nHR-7 · Version 4.0 · valid from 1 April 2025 · replaces 3.2", (4, 0), "2025-04-01"),
        ("HR-7 Travel v3.2 (2023).docx", "# Travel\n\nText", (3, 2), "2023"),
        ("docs/v3/limits.md", "# Limits\n\nText", (3,), ""),
        ("a.md", "# Rules, Season 2024/25\n\nParagraphs as in the 2023/24 edition.", (), "2024-07"),
        ("a.md", "# Hausordnung\n\nStand: März 2019", (), "2019-03"),
        ("a.md", "# AGB\n\nStand 05/2023", (), "2023-05"),
        ("a.md", "# Règlement\n\nVersion 2.0, en vigueur à partir du 1er septembre 2024", (2, 0), "2024-09-01"),
        ("a.md", "# Estatutos\n\nVigentes desde el 1 de mayo de 2018", (), "2018-05-01"),
        ("a.md", "# Reglement\n\nVersie 4, vastgesteld op 18 april 2024, vervangt versie 3", (4,), "2024-04-18"),
        ("a.md", "# By-laws\n\nAs adopted by the general meeting on 20 March 2021.", (), "2021-03-20"),
        ("MP-12_rev_D.txt", "# Fume hood\n\nRevision D - replaces revision C", (4,), ""),
        ("a.md", "# Manual, 3rd edition\n\nText", (3,), ""),
        ("a.md", "# Timetable, Fall 2024\n\nText", (), "2024-10"),
        ("a.md", "# Rules\n\n1.1 The league has 8 teams and 12.5 points, since 1998.", (), ""),
    ],
)
def test_version_and_beginning_are_read_from_title_name_and_head(
    key: str, text: str, version: tuple[int, ...], start: str
) -> None:
    found = editions.of(document(key, text))
    assert (found.version, found.start) == (version, start)


RULES = "The fee is {} pounds. Members bring their own cups, chairs and lamps. The boathouse closes at nine."
OLD = document("rules_2021.md", "# Rules of the club\n\n" + RULES.format(180))
NEW = document("rules_2024.md", "# Rules of the club\n\n" + RULES.format(210))


@pytest.mark.parametrize(
    "other",
    [
        document("minutes_2024.md", "# Minutes of the club\n\n" + RULES.format(210), "Rules of the club, minutes"),
        document("else_2024.md", "# Rules of the club\n\nQuite another thing is said about horses on this page."),
        document("rules_2021.md#2", "# Rules of the club\n\n" + RULES.format(210)),
        document("mail.eml", "# Rules of the club\n\n" + RULES.format(210), meta={"message_id": "1@x"}),
        document("chat.txt#2", "# Rules of the club\n\n" + RULES.format(210), meta={"people": ["Ann"]}),
    ],
)
def test_what_is_written_anew_each_time_is_no_edition(other: Document) -> None:
    assert editions.same_work(OLD, NEW)
    assert not editions.same_work(OLD, other)


def test_a_draft_and_what_begins_later_do_not_hold() -> None:
    text = "# Rules of the club\n\nVersion {}, valid from {}\n\n" + RULES
    old = document("a/rules.md", text.format(1, "1 May 2020", 180))
    now = document("b/rules.md", text.format(2, "1 May 2022", 210))
    draft = document("c/rules.md", "# Rules of the club\n\nVersion 4 - DRAFT, not in force\n\n" + RULES.format(300))
    coming = document("d/rules.md", text.format(3, "1 May 2190", 250))
    assert editions.ordered([draft, old, coming, now]) == [now, old, coming, draft]
    assert editions.ordered([old, now, coming], "2191-01-01") == [coming, now, old]
    assert editions.ordered([document("x.md", RULES), document("y.md", RULES)]) == []


def test_what_another_says_it_replaces_is_older_whatever_it_is_called() -> None:
    old = document("a.md", "# Rules of the club\n\nVersion 9\n\n" + RULES.format(180))
    new = document("b.md", "# Rules of the club\n\nVersion 1, replaces version 9\n\n" + RULES.format(210))
    assert editions.ordered([old, new]) == [new, old]


@pytest.mark.parametrize(
    ("question", "fee", "current"),
    [
        ("how much is the fee", "210 pounds", ""),
        ("how much is the fee now", "210 pounds", ""),
        ("how much was the fee in 2021", "180 pounds", "rules_2024.md"),
        ("how much was the fee under the old rules", "180 pounds", "rules_2024.md"),
        ("how much is the fee for an old chair", "210 pounds", ""),
        ("how much was the fee in the previous edition", "180 pounds", "rules_2024.md"),
    ],
)
def test_the_one_that_holds_goes_first_unless_another_is_asked_for(question: str, fee: str, current: str) -> None:
    found = asked(question, OLD, NEW)
    assert fee in found.citations[0].quote
    assert found.citations[0].current == current
    assert found.text in found.citations[0].quote


def test_both_are_shown_where_they_are_compared() -> None:
    shown = [one.quote for one in asked("what changed in the fee between 2021 and 2024?", OLD, NEW).citations]
    assert any("210" in one for one in shown)
    assert any("180" in one for one in shown)


def test_a_correction_under_the_heading_of_what_it_corrects_goes_first() -> None:
    rule = document(
        "a.md", "# Lending policy\n\nEffective 1 May 2024.\n\n## Rooms\n\nGroup rooms are booked for 4 hours."
    )
    faq = document("b.md", "# Lending policy: corrections\n\n- Rooms: the limit is 3 hours.\n- Loans: 7 days.\n")
    found = asked("how long can I book a group room?", rule, faq)
    assert "3 hours" in found.citations[0].quote
    assert any("4 hours" in one.quote for one in found.citations)


def test_a_mail_that_announces_a_change_is_shown_beside_what_it_changes() -> None:
    rule = document("syllabus.md", "# Syllabus\n\n## Exam\n\nThe exam is on 15 December in the hall. No calculators.")
    mail = document(
        "1.eml", "The exam is on 17 December.", "Change of the exam", date="2025-10-22", meta={"message_id": "1@x"}
    )
    party = document("2.eml", "It is on 18 December.", "The party", date="2025-10-22", meta={"message_id": "2@x"})
    shown = [one.quote for one in asked("can I bring a calculator to the exam?", rule, party, mail).citations]
    assert any("15 December" in one for one in shown)
    assert any("17 December" in one for one in shown)
    assert not any("18 December" in one for one in shown)


def test_what_came_of_a_plan_is_told_by_the_later_day() -> None:
    plan = document("plan.md", "# Surf lesson\n\nWhen: 2025-07-28", date="2025-07-28")
    paid = document("receipts.md", "# Receipts\n\n- 2025-07-18 taxi\n- 2025-07-30 surf lesson\n")
    assert "2025-07-30" in asked("when was the surf lesson in the end", plan, paid).citations[0].quote
    moved = document("note.md", "# Notes\n\nThe surf lesson was moved to Wednesday.", date="2025-07-26")
    assert "Wednesday" in asked("when is the surf lesson", plan, moved).citations[0].quote


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Index]]:
    made = {}
    for name in ("editions", "tariffs"):
        made[name] = Index(tmp_path_factory.mktemp(name) / "x.db", create=True)
        made[name].add(name, files([str(PEOPLE / name / "documents")]))
    yield made
    for index in made.values():
        index.close()


@pytest.mark.parametrize(
    ("name", "question", "first", "current"),
    [
        ("editions", "how many requests a minute may a client send", "240 requests", ""),
        ("editions", "where is the configuration read from in version 2", "fennel.ini", "docs/v3/deploy.md"),
        ("editions", "Wer hat den Schlüssel zur Waschküche?", "Frau Demir", ""),
        ("editions", "how often are the filters of the fume hood changed", "every 6 months", ""),
        ("editions", "what is the quorum of the committee", "a quorum is five", ""),
        ("editions", "how many members has the committee now", "seven members", ""),
        ("tariffs", "how often must a ladder be inspected", "every 12 months", ""),
        ("tariffs", "Quanto costava la candela grande nel 2025?", "14,00", "listino_2026.csv"),
        ("tariffs", "who taught salsa in fall 2024", "Mirko", "Timetable Spring 2025.md"),
    ],
)
def test_of_an_index_the_edition_that_holds_is_shown_first(
    indexes: dict[str, Index], name: str, question: str, first: str, current: str
) -> None:
    index = indexes[name]
    found = answer(question, index.with_replies(index.search(question, 8)), None, index.embedder)
    told = to_json(found)["citations"][0]
    assert first in told["quote"]
    assert told.get("current", "") == current


def test_what_another_edition_says_is_looked_for(indexes: dict[str, Index]) -> None:
    index = indexes["editions"]
    hits = index.search("Mittagsruhe 12 bis 15 Uhr", 1)
    more = index.with_replies(hits)
    assert [hit.passage.document.key for hit in more] == [
        "hausordnung/hausordnung_alt.txt",
        "hausordnung/hausordnung_neu.txt",
    ]
    assert "edition" in more[1].via
