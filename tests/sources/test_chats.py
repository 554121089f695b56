"""Chats of many programs read alike: a message is a line with its sender and its time, whole in one passage."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from told import read

from rag import chunking, messages
from rag.sources import files
from rag.sources.walk import BY_ITSELF
from rag.types import Document


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()


def chat(value: Any, key: str = "result.json") -> list[Document]:
    return read("chat", json.dumps(value), key)[0]


def stamp(text: str) -> str:
    """A moment in Berlin as Slack writes it."""
    return f"{datetime.fromisoformat(text + '+01:00').timestamp():.6f}"


def slack(folder: Path) -> None:
    people = [
        {"id": "U1", "name": "ann", "profile": {"real_name": "Ann Lee", "display_name": "ann"}},
        {"id": "U2", "name": "bo", "profile": {"real_name": "Bo Dahl"}},
    ]
    day = [
        {"type": "message", "user": "U1", "ts": stamp("2025-01-07T09:00:00"), "text": "Who has the van keys?"},
        {"type": "message", "subtype": "channel_join", "user": "U2", "ts": stamp("2025-01-07T09:01:00"), "text": "U2"},
        {"type": "message", "user": "U1", "ts": stamp("2025-01-07T09:05:00"), "text": "lunch &amp; tea at 12"},
        {
            "type": "message", "user": "U2", "ts": stamp("2025-01-07T09:30:00"),
            "thread_ts": stamp("2025-01-07T09:00:00"),
            "text": "<@U1> they hang in <#C9|workshop>, see <https://wiki.example/keys|the list>",
        },
        {"type": "message", "subtype": "bot_message", "username": "builds", "ts": stamp("2025-01-07T10:00:00"),
         "text": "red " * 200},
    ]  # fmt: skip
    (folder / "general").mkdir(parents=True)
    (folder / "users.json").write_text(json.dumps(people))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "general"}]))
    (folder / "general" / "2025-01-07.json").write_text(json.dumps(day))


SLACK = """\
- Ann Lee (2025-01-07 09:00): Who has the van keys?
  - Bo Dahl (2025-01-07 09:30): @Ann Lee they hang in #workshop, see the list (https://wiki.example/keys)
- Ann Lee (2025-01-07 09:05): lunch & tea at 12
- builds (2025-01-07 10:00): red red"""


def test_slack_has_names_times_and_threads(tmp_path: Path) -> None:
    slack(tmp_path)
    walk = files([tmp_path])
    (document,) = [document for item in walk for document in item.read()]
    assert document.text.startswith(SLACK)
    assert len(document.text) < len(SLACK) + 310
    assert document.text.endswith(" …")
    assert (document.key, document.title, document.date) == ("general/2025-01-07.json", "#general", "2025-01-07")
    assert document.meta["people"] == ["Ann Lee", "Bo Dahl", "builds"]
    assert walk.skipped == {"names of a Slack export": 2}
    assert walk.left == {"automatic messages": 1, "parts of messages of bots": 1}


def test_an_export_is_read_in_its_archive_and_anew_with_other_names(tmp_path: Path) -> None:
    slack(tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in sorted((tmp_path / "x").rglob("*.json")):
            archive.write(path, path.relative_to(tmp_path / "x"))
    walk = files([tmp_path / "export.zip"])
    (document,) = [document for item in walk for document in item.read()]
    assert document.text.startswith(SLACK)
    assert walk.skipped == {"names of a Slack export": 2}
    before = [item.stamp for item in files([tmp_path / "x"])]
    (tmp_path / "x" / "users.json").write_text("[]")
    (item,) = files([tmp_path / "x"])
    assert item.stamp not in before
    assert item.read()[0].text.startswith("- U1 (2025-01-07 09:00): Who has")


def test_telegram_joins_what_it_divides(tmp_path: Path) -> None:
    found = {
        "name": "Allotment", "type": "private_group", "id": 1,
        "messages": [
            {"type": "service", "date": "2025-04-02T08:00:00", "actor": "Ann", "action": "create_group"},
            {"type": "message", "date": "2025-04-02T08:11:00", "from": "Ann",
             "text": ["Beans from ", {"type": "text_link", "text": "here", "href": "https://seeds.example"}, "?"]},
            {"type": "message", "date": "2025-04-02T08:12:00", "from": None, "text": "No.\n\nToo dear"},
            {"type": "message", "date": "2025-04-02T08:13:00", "from": "Bo", "photo": "a.jpg", "text": ""},
            {"type": "message", "date": "2025-06-01T10:00:00", "from": "Bo", "text": "",
             "poll": {"question": "Barbecue?", "answers": [{"text": "yes", "voters": 3}, {"text": "no", "voters": 1}]}},
        ],
    }  # fmt: skip
    first, second = chat(found)
    assert first.text == (
        "- Ann (2025-04-02 08:11): Beans from here (https://seeds.example)?\n"
        "- Deleted account (2025-04-02 08:12): No.\n    Too dear"
    )
    assert [first.key, second.key] == ["result.json#2025-04-02", "result.json#2025-06-01"]
    assert second.text == "- Bo (2025-06-01 10:00): Poll: Barbecue? yes (3), no (1)"
    assert {first.title, second.title} == {"Allotment"}
    whole = {"about": "Here is the data you requested.", "chats": {"list": [found, {**found, "id": 2}]}}
    (tmp_path / "result.json").write_text(json.dumps(whole))
    (item,) = files([tmp_path])
    assert [document.key.partition("#")[2] for document in item.read()] == [
        "Allotment 2025-04-02", "Allotment 2025-06-01", "Allotment (2) 2025-04-02", "Allotment (2) 2025-06-01",
    ]  # fmt: skip


OTHERS = {
    "discord": {
        "guild": {"name": "Choir"},
        "channel": {"type": "GuildTextChat", "name": "altos"},
        "messages": [
            {"type": "Default", "timestamp": "2025-01-07T09:00:00.123+01:00", "content": "Who has the score?",
             "author": {"name": "ann_l", "nickname": "Ann", "isBot": False}},
            {"type": "RecipientAdd", "timestamp": "2025-01-07T09:01:00+01:00", "content": "Added", "author": {}},
            {"type": "Reply", "timestamp": "2025-01-07T09:02:00+01:00", "content": "Me", "author": {"name": "Bo"}},
        ],
    },
    "matrix": {
        "room_name": "altos",
        "messages": [
            {"type": "m.room.member", "state_key": "@ann:x.org", "content": {"displayname": "Ann"}},
            {"type": "m.room.message", "sender": "@ann:x.org", "origin_server_ts": 1736236800000,
             "content": {"msgtype": "m.text", "body": "Who has the score?"}},
            {"type": "m.room.message", "sender": "@Bo:x.org", "origin_server_ts": 1736236920000,
             "content": {"msgtype": "m.text", "body": "> <@ann:x.org> Who has the score?\n\nMe"}},
        ],
    },
    "messenger": {
        "participants": [{"name": "Ann"}, {"name": "Bo"}],
        "title": "altos",
        "messages": [
            {"sender_name": "Bo", "timestamp_ms": 1736236920000, "content": "Me"},
            {"sender_name": "Ann", "timestamp_ms": 1736236800000, "content": "Who has the score?"},
        ],
    },
    "google": {
        "messages": [
            {"creator": {"name": "Ann", "email": "a@x.org"}, "text": "Who has the score?",
             "created_date": "Tuesday, January 7, 2025 at 9:00:00\u202fAM UTC"},
            {"creator": {"name": "Bo"}, "text": "Me",
             "created_date": "Tuesday, January 7, 2025 at 9:02:00\u202fAM UTC"},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_programs_say_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / "export.json").write_text(json.dumps(OTHERS[name]))
    walk = files([tmp_path])
    ((document,),) = [item.read() for item in walk]
    assert document.text == "- Ann (2025-01-07 09:00): Who has the score?\n- Bo (2025-01-07 09:02): Me"
    assert document.title == {"discord": "#altos (Choir)", "google": "Ann, Bo"}.get(name, "altos")
    assert document.date == "2025-01-07"


def test_json_that_is_no_chat_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[{"messages": 1, "text": "a"}]')
    (tmp_path / "2025-01-07.json").write_text('[{"amount": 3, "text": "rent"}]')
    (tmp_path / "state.json").write_text('{"messages": [], "cursor": 4}')
    walk = files([tmp_path])
    assert [item.reader.partition(".")[0] for item in walk] == ["listed", "listed"]
    assert walk.skipped == {BY_ITSELF: 1}


def test_no_passage_ends_inside_a_message() -> None:
    talk = [
        {"type": "message", "date": f"2025-04-{2 + n // 40:02}T08:{n % 40:02}:00", "from": "Ann" if n % 2 else "Bo",
         "text": f"Message {n} says one thing. And then another! So?\nAnd a second line, " + "on and on, " * (n % 7)}
        for n in range(120)
    ]  # fmt: skip
    found = chat({"name": "Long", "type": "personal_chat", "id": 1, "messages": talk})
    assert len(found) == 3  # a day each: it is long enough
    for document in found:
        passages = chunking.split(document)
        assert len(passages) > 1
        for passage in passages:
            assert document.text[passage.start : passage.end] == passage.text
            assert messages.HEAD.match(passage.text)
            assert passage.text.count("And a second line") == len(messages.HEAD.findall(passage.text))
            for start, end in chunking.windows(passage):
                assert passage.text[start:end].lstrip().startswith("- ")


def test_a_long_thread_is_cut_between_its_replies() -> None:
    said = "A reply of some length. It has two sentences. "
    top = stamp("2025-01-07T09:00:00")
    day = [{"type": "message", "user": "U1", "ts": top, "text": "Shall we?"}] + [
        {"type": "message", "user": "U2", "ts": stamp(f"2025-01-07T10:{n:02}:00"), "thread_ts": top, "text": said * 3}
        for n in range(30)
    ]
    (document,) = chat(day, "general/2025-01-07.json")
    for passage in chunking.split(document)[1:]:
        assert passage.text.startswith("- U2 (2025-01-07 10:")
    assert "(2025" not in messages.HEAD.sub("", document.text)


def test_nobody_writes_a_message_in_the_name_of_another() -> None:
    forged = "Bo (2025-04-02 08:11): I owe you 500"
    talk = [
        {"type": "message", "date": "2025-04-02T08:12:00", "from": "Mallory", "text": f"yes\n- {forged}\n- a list"},
        {"type": "message", "date": "2025-04-02T08:13:00", "from": f"{forged} -", "text": "no"},
    ]
    (document,) = chat({"name": "Plot", "type": "personal_chat", "id": 1, "messages": talk})
    heads = [(found["name"], found["time"]) for found in messages.HEAD.finditer(document.text)]
    assert heads == [
        ("Mallory", "2025-04-02 08:12"), ("Bo 2025-04-02 08:11): I owe you 500 -", "2025-04-02 08:13"),
    ]  # fmt: skip
    assert document.text.split("\n")[1:3] == [f"    \\- {forged}", "    - a list"]
