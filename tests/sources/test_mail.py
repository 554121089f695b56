"""Mail: all of its text is kept, whose words they are is known, in whatever encoding they came."""

import base64
import re
from pathlib import Path

import pytest
from told import read, text

from rag.errors import InputError
from rag.sources import files

HEAD = (
    "From: Ann <ann@example.org>\nTo: b@example.org\nSubject: {0}\nDate: Tue, 3 Mar 2026 10:00:00 +0000\n"
    "MIME-Version: 1.0\n"
)
MIXED = 'Content-Type: multipart/{0}; boundary="B"\n\n'


def parts(kind: str, *bodies: tuple[str, str]) -> str:
    inner = "".join(f"--B\nContent-Type: {type_}\n\n{body}\n" for type_, body in bodies)
    return HEAD.format("Trip") + MIXED.format(kind) + inner + "--B--\n"


PICTURE = (
    'image/png; name="p.png"\nContent-Disposition: inline; filename="p.png"\nContent-Transfer-Encoding: base64',
    "iVBORw0KGgo=",
)


def test_every_part_of_a_text_is_kept() -> None:
    mail = parts(
        "mixed", ("text/plain", "First."), PICTURE, ("text/plain", "Platform nine."), ("text/html", "<p>Last.")
    )
    assert text("eml", mail) == "First.\n\nPlatform nine.\n\nLast."
    assert read("eml", mail)[1] == [("attachments", "p.png")]
    named = parts(
        "mixed", ("text/plain", "See."), ('text/plain; name="a.txt"\nContent-Disposition: attachment', "Secret")
    )
    assert text("eml", named) == "See."
    assert read("eml", named)[1] == [("attachments", "a.txt")]


@pytest.mark.parametrize("plain", ["", "  \n ", "Your program cannot show this mail."])
def test_of_alternatives_the_one_that_says_something(plain: str) -> None:
    page = "<p>The hall opens at nine in the morning, and the dogs stay outside.</p>"
    mail = parts("alternative", ("text/plain", plain), ("text/html", page))
    assert "opens at nine" in text("eml", mail)
    same = parts("alternative", ("text/plain", "The hall opens at nine."), ("text/html", page))
    assert text("eml", same) == "The hall opens at nine."


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        ("", "Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
        ("", "Grüße aus Köln".encode(), "Grüße aus Köln"),
        ("Content-Type: text/plain; charset=us-ascii\n", "Grüße".encode(), "Grüße"),
        ("Content-Type: text/plain; charset=iso-8859-1\n", b"Preis \x80 5", "Preis € 5"),
        ("Content-Type: text/plain; charset=unknown-8bit\n", "Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
        ("Content-Type: text/plain; charset=gb2312\n", "朱镕基".encode("gbk"), "朱镕基"),
        ("Content-Type: text/plain; charset=utf-8\n", "Straße ".encode() * 9 + b"\xff", "Straße " * 9 + "\ufffd"),
        ("Content-Type: text/html\n", b"<meta charset=windows-1252><p>Caf\xe9 \x80 5</p>", "Café € 5"),
        ("Content-Type: text/plain; charset=utf-7\n", b"Gr+APwA3w-e", "Grüße"),
        ("Content-Type: text/plain; format=flowed\n", b"One long \nparagraph.\nNext.", "One long paragraph.\nNext."),
    ],
)
def test_bodies_in_any_encoding(head: str, body: bytes, said: str) -> None:
    assert text("eml", (HEAD.format("x") + head + "\n").encode() + body) == said


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Größe der Räume".encode("latin-1"), "Größe der Räume"),
        ("Größe der Räume".encode(), "Größe der Räume"),
        (b"=?iso-8859-1?Q?Gr=FC=DFe?= =?utf-8?B?IGF1cw==?=\n =?utf-8?q?_K=C3=B6ln?=", "Grüße aus Köln"),
        (b"=?gb2312?B?" + base64.b64encode("朱镕基".encode("gbk")) + b"?=", "朱镕基"),
        (
            b"=?utf-8?B?"
            + base64.b64encode("ü".encode()[:1])
            + b"?= =?utf-8?B?"
            + base64.b64encode("ü".encode()[1:])
            + b"?=",
            "ü",
        ),
        (b"=?no-such?Q?caf=E9?=", "café"),
        (b"=?utf-8?b?x?= rest", "=?utf-8?b?x?= rest"),  # it breaks the rules: as it stands
    ],
)
def test_headers_in_any_encoding(subject: bytes, title: str) -> None:
    mail = HEAD.format("SUBJECT").encode().replace(b"SUBJECT", subject) + b"\nText.\n"
    ((document,), _) = read("eml", mail)
    assert document.title == title


def test_a_name_may_hold_a_comma() -> None:
    ((document,), _) = read("eml", "From: =?utf-8?q?M=C3=BCller=2C_Ann?= <a@example.org>\nSubject: x\n\nText.\n")
    assert (document.author, document.meta["email"]) == ("Müller, Ann", "a@example.org")


QUOTES = [
    "______________________________\nFrom: Carl <carl@example.org>\nSent: Monday, March 2\nTo: Ann\nSubject: rent\n\n",
    "Von: Carl <carl@example.org>\nGesendet: Montag, 2. März 2026 10:00\nAn: Ann\nBetreff: rent\n\n",
    "De : Carl\nEnvoyé : lundi 2 mars 2026\nÀ : Ann\nObjet : rent\n\n",
    "-----Original Message-----\nFrom: Carl\nSent: x\nTo: Ann\nSubject: s\n\n",
    "*From:* Carl\n*Sent:* Monday\n*To:* Ann\n*Subject:* rent\n\n",
    "On Mon, 2 Mar 2026 at 10:00, Carl <carl@example.org> wrote:\n> ",
    "Am 02.03.26 um 10:00 schrieb Carl:\n> ",
]


OFFER = HEAD.format("rent") + "Message-ID: <1@x>\n\nWe offer 800 for the mill, from May.\n"
REPLY = HEAD.format("{0}") + "In-Reply-To: <1@x>\n{1}\n"
SAID = "We offer 800 for the mill,\n{0}from May."


def replied(folder: Path, mail: str, *others: str) -> tuple[str, list[str]]:
    """The text of a mail that lies in a folder with others, and what kinds of things are left out of it."""
    for number, other in enumerate((mail, *others)):
        (folder / f"{number}.eml").write_text(other)
    walk = files([folder])
    documents = [document for item in walk for document in item.read()]
    return documents[0].text, list(walk.left)


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("subject", ["Re: rent", "AW: rent"])
def test_what_a_reply_repeats_is_left_out_where_the_other_mail_is_read(
    quote: str, subject: str, tmp_path: Path
) -> None:
    said = SAID.format("> " if quote.endswith("> ") else "")
    mail = REPLY.format(subject, f"\nI agree to 900.\n\n{quote}{said}")
    assert replied(tmp_path, mail, OFFER) == ("I agree to 900.", ["what replies repeat"])
    ((document, other), left) = read(
        "mbox", "".join(f"From a Fri Mar  1 10:00:00 2024\n{one}\n" for one in (mail, OFFER))
    )
    assert (document.text, document.author) == ("I agree to 900.", "Ann")
    assert "We offer 800" in other.text
    assert [kind for kind, _ in left] == ["what replies repeat"]
    assert "We offer 800" in left[0][1]


@pytest.mark.parametrize("quote", QUOTES)
def test_what_a_reply_repeats_stays_where_it_is_the_only_copy(quote: str, tmp_path: Path) -> None:
    said = SAID.format("> " if quote.endswith("> ") else "")
    mail = REPLY.format("Re: rent", f"\nI agree to 900.\n\n{quote}{said}")
    kept, left = replied(tmp_path, mail)
    assert left == []
    assert kept.startswith("I agree to 900.\n\n")
    assert "> We offer 800 for the mill,\n> from May." in kept
    other = OFFER.replace("800 for the mill", "700 for the barn")  # another mail says something else
    assert replied(tmp_path, mail, other) == (kept, [])


def test_of_what_a_reply_repeats_the_known_part_is_left_out(tmp_path: Path) -> None:
    quotes = "> We offer 800 for the mill,\n> from May.\n\nToo little.\n\n> And who pays the roof of the old barn?"
    text_, left = replied(tmp_path, REPLY.format("Re: rent", f"\n{quotes}"), OFFER)
    assert text_ == "Too little.\n\n> And who pays the roof of the old barn?"
    assert left == ["what replies repeat"]


LONG = "\n".join(f"> We talked of the boats and of pier number {n} for long hours." for n in range(12))


def test_an_answer_keeps_the_question_that_stands_above_it(tmp_path: Path) -> None:
    offer = OFFER + "Who pays the roof?\n\n" + LONG.replace("> ", "") + "\n\nShall we meet on Monday?\n"
    asked = "On Monday, Carl wrote:\n> We offer 800 for the mill,\n> from May.\nToo little.\n> Who pays the roof?\nYou."
    assert replied(tmp_path, REPLY.format("Re: rent", f"\n{asked}"), offer) == (asked, [])
    part = "> Who pays the roof?\n\nYou do, as it says."
    assert replied(tmp_path, REPLY.format("Re: rent", f"\n{part}"), offer) == (part, [])
    rest = f"> Who pays the roof?\nYou.\n\n{LONG}\n>\n> Shall we meet on Monday?\n>\n\nAt nine."
    kept = "> Who pays the roof?\nYou.\n\n> Shall we meet on Monday?\n\nAt nine."
    assert replied(tmp_path, REPLY.format("Re: rent", f"\n{rest}"), offer) == (kept, ["what replies repeat"])


@pytest.mark.parametrize(
    "line",
    ["Carl <c@x.org> schrieb am Di., 14. Jan. 2025, 09:12:", "Carl Ek a écrit :",
     "2025-01-14 9:12 GMT+01:00 Carl <c@x.org>:",
     "Carl wrote on 14/01/2025:", "Zitat von Carl <c@x.org>:",
     "Dnia 14 stycznia 2025 Carl napisał:", "Carl Ek ha scritto:"],
)  # fmt: skip
@pytest.mark.parametrize("mark", ["> ", ""])
def test_whoever_is_said_to_have_written_what_follows(line: str, mark: str, tmp_path: Path) -> None:
    said = f"{mark}We offer 800 for the mill,\n{mark}from May."
    mail = REPLY.format("Re: rent", f"\nI agree to 900.\n\n{line}\n{said}")
    assert replied(tmp_path, mail, OFFER) == ("I agree to 900.", ["what replies repeat"])
    alone = tmp_path / "alone"
    alone.mkdir()
    assert replied(alone, mail) == (f"I agree to 900.\n\n{line}\n{said}", [])


@pytest.mark.parametrize("head", ["From: Carl\nSent: 2 March\n", "Von: Carl\n", ""])
def test_an_original_message_needs_no_more_than_its_line(head: str, tmp_path: Path) -> None:
    mail = REPLY.format("Re: rent", f"\nYes.\n\n-----Original Message-----\n{head}We offer 800 for the mill, from May.")
    assert replied(tmp_path, mail, OFFER) == ("Yes.", ["what replies repeat"])


def test_what_a_reply_repeats_in_html(tmp_path: Path) -> None:
    said = "<b>From:</b> Carl<br><b>Sent:</b> Monday<br><b>To:</b> Ann<br><b>Subject:</b> rent</div><p>{0}</p>"
    words = "We offer 800 for the mill, from May."
    for quote in (f"<hr><div id=divRplyFwdMsg>{said}", "<blockquote type=cite><p>{0}</p></blockquote>"):
        html = f"Content-Type: text/html\n\n<div>I agree to 900.</div>{quote.format(words)}"
        assert replied(tmp_path, REPLY.format("Re: rent", html), OFFER)[0] == "I agree to 900."
        assert f"> {words}" in text("eml", REPLY.format("Re: rent", html))


def test_an_answer_below_what_it_repeats_is_kept(tmp_path: Path) -> None:
    mail = HEAD.format("Re: rent") + "\n" + QUOTES[3] + "We offer 800.\n\nI agree to 900.\n"
    assert "I agree to 900." in text("eml", mail)
    below = REPLY.format("Re: rent", "\n> We offer 800 for the mill, from May.\n\nI agree to 900.")
    assert replied(tmp_path, below, OFFER)[0] == "I agree to 900."


def test_what_is_forwarded_has_its_own_author() -> None:
    mail = HEAD.format("Fwd: rent") + (
        "\nSee below.\n\n---------- Forwarded message ---------\nFrom: Carl <carl@example.org>\n"
        "Date: Mon, 2 Mar 2026 10:00:00 +0000\nSubject: The rent\nTo: Ann\n\nWe offer 800.\n"
    )
    documents, _ = read("eml", mail)
    assert [(one.author, one.text) for one in documents] == [("Ann", "See below."), ("Carl", "We offer 800.")]
    assert (documents[1].title, documents[1].date) == ("The rent", "2026-03-02T10:00:00Z")
    assert documents[1].meta["forwarded_by"] == "Ann"


@pytest.mark.parametrize("rule", ["--", "---", "-- ", "— ", "______"])
def test_a_rule_is_no_signature(rule: str) -> None:
    body = "Minutes\n" + rule + "\n" + "".join(f"{number}. The roof will be repaired.\n" for number in range(12))
    assert "11. The roof" in text("eml", HEAD.format("x") + "\n" + body)


@pytest.mark.parametrize(
    "below",
    ["-- \nAnn\nTel. 5", "--\nAnn Berg | Quay 4", "--\nQuay office\nTel. +44 113 496 0018", "Sent from my iPhone",
     "Von meinem Samsung Galaxy gesendet", "Envoyé de mon iPad", "Get Outlook for Android<https://aka.ms/x>"],
)  # fmt: skip
def test_a_signature_is_told(below: str) -> None:
    ((document,), left) = read("eml", HEAD.format("x") + f"\nText.\n\n{below}\n")
    assert document.text == "Text."
    assert left == [("signatures", re.sub(r"^-- ?\n", "", below))]
    quote = "On Monday, Bo wrote:\n> Is it?"
    ((document,), left) = read("eml", HEAD.format("Re: x") + f"\nText.\n\n{below}\n\n{quote}\n")
    assert document.text == f"Text.\n\n{quote}"
    assert [kind for kind, _ in left] == ["signatures"]


@pytest.mark.parametrize(
    "line",
    ["--\nThe roof is new.", "--\n1. Roof\n2. Barn", "Sent from London by the 9:40 train.", "I wrote it on my phone."],
)
def test_what_only_looks_like_a_signature_stays(line: str) -> None:
    assert text("eml", HEAD.format("x") + f"\nText.\n\n{line}\n") == f"Text.\n\n{line}"


MESSAGE = (
    "From a@x Tue Mar  3 10:00:00 2026\nFrom: A <a@x.org>\nSubject: S\nDate: Tue, 3 Mar 2026 10:00:00 +0000\n\n{0}\n\n"
)


def test_two_messages_of_one_second_are_two() -> None:
    documents, left = read("mbox", "".join(map(MESSAGE.format, ("One.", "Two.", "One."))))
    assert [document.text for document in documents] == ["One.", "Two."]
    assert len({document.key for document in documents}) == 2
    assert [kind for kind, _ in left] == ["messages that come again"]


@pytest.mark.parametrize(
    "line",
    [
        "From a@x Tue Mar  3 10:00:00 2026",
        "From a@x Tue Mar  3 10:00:00 2026 +0100",
        "From - Tue Mar 03 10:00:00 CET 2026",
        "From MAILER-DAEMON Tue Mar  3 10:00 2026",
    ],
)
def test_lines_that_begin_a_message(line: str) -> None:
    box = "".join(
        f"{line}\nFrom: A <a@x.org>\nSubject: S{n}\n\nText {n}, from here:\n\nFrom there on it rains.\n\n"
        for n in (1, 2)
    )
    for data in (box, "\n" + box, box.replace("\n", "\r\n")):
        documents, _ = read("mbox", data)
        assert [document.title for document in documents] == ["S1", "S2"]
        assert all("it rains" in document.text for document in documents)


def test_messages_without_text_are_told() -> None:
    documents, left = read("mbox", MESSAGE.format("One.") + MESSAGE.format(""))
    assert len(documents) == 1
    assert [kind for kind, _ in left] == ["messages without text"]


@pytest.mark.parametrize(
    "name", ["(" * 30_000, "<" * 30_000, '"' * 30_001, "=?utf-8?q?" + "=41" * 9000 + "?=", "a," * 20_000]
)
def test_hostile_names_cost_only_themselves(name: str) -> None:
    try:
        documents, _ = read("eml", f"From: {name}\nSubject: x\n\nText.\n")
    except InputError:
        return
    assert documents[0].text == "Text."
