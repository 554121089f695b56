"""Encodings: what a file declares, what it is, and a wrong byte that costs no other."""

import pytest
from told import read, text

from rag.errors import InputError
from rag.sources.encodings import codec, decode

GERMAN = "Die Straße nach Göttingen ist gesperrt, über die Brücke fährt man nur mit Genehmigung. "
OTHERS = {
    "cp1251": "Совет директоров утвердил бюджет на следующий год и назначил аудитора.",
    "koi8-r": "Совет директоров утвердил бюджет на следующий год и назначил аудитора.",
    "cp866": "Совет директоров утвердил бюджет на следующий год и назначил аудитора.",
    "shift_jis": "会議は来週の火曜日に東京本社で開催されます。予算案の資料を事前に確認してください。",
    "euc_jp": "会議は来週の火曜日に東京本社で開催されます。予算案の資料を事前に確認してください。",
    "iso2022_jp": "会議は来週の火曜日に東京本社で開催されます。",
    "gbk": "我们的数据库检索系统支持全文搜索，备份每天凌晨三点运行。",
    "big5": "我們的資料庫檢索系統支援全文搜尋，備份每天凌晨三點執行。",
    "euc_kr": "서울 사무소의 와이파이 비밀번호는 게시판에 있습니다. 회의록은 서버에 저장됩니다.",
    "iso8859-7": "Η συνεδρίαση θα γίνει την επόμενη Τρίτη στα γραφεία της Αθήνας.",
    "utf-16-le": "Совет директоров утвердил бюджет.\nИ назначил аудитора.",
    "utf-16-be": "会議は来週の火曜日に 東京本社で開催されます。\n",
}


@pytest.mark.parametrize("wrong", [b"\x96", b"\xff", b"\xc3", b"\xe4\xb8", b"\x00"])
@pytest.mark.parametrize("place", [0, 300, -1])
def test_a_wrong_byte_costs_no_other(wrong: bytes, place: int) -> None:
    data = (GERMAN * 8).encode()
    at = place if place >= 0 else len(data)
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at += 1
    found = decode(data[:at] + wrong + data[at:], "a.txt")
    assert found.replace("\ufffd", "") == GERMAN * 8
    assert 1 <= found.count("\ufffd") <= 2


def test_a_wrong_byte_after_a_byte_order_mark_and_in_a_page() -> None:
    assert "Straße" in decode(b"\xef\xbb\xbf" + (GERMAN * 3).encode() + b"\x96 x", "a.txt")
    assert "Straße" in decode(b"\xff\xfe" + (GERMAN * 3).encode("utf-16-le") + b"\x41", "a.txt")
    page = f"<html><head><meta charset=utf-8></head><body><p>{GERMAN}".encode() + b"\xa0</p>"
    documents, left = read("html", page)
    assert "Göttingen" in documents[0].text
    assert left == [("wrong bytes", "1 of them")]


@pytest.mark.parametrize("encoding", OTHERS)
def test_encodings_that_are_not_declared(encoding: str) -> None:
    assert decode(OTHERS[encoding].encode(encoding), "a.txt") == OTHERS[encoding]


@pytest.mark.parametrize(
    ("label", "data", "said"),
    [
        ("ISO-8859-1", b"5 \x80 \x93quoted\x94", "5 € “quoted”"),
        ("us-ascii", "Größe".encode(), "Größe"),
        ("gb2312", "镕".encode("gbk"), "镕"),
        ("Shift_JIS", "①髙".encode("cp932"), "①髙"),
        ("ks_c_5601-1987", "똠방".encode("cp949"), "똠방"),
        ("iso-8859-9", "İğş\u20ac".encode("cp1254"), "İğş€"),
        ("x-mac-roman", b"Gr\x9f\xa7e", "Grüße"),
        ("utf-8", "Größe".encode("latin-1"), "Größe"),  # it says what it is not
        ("windows-1252", "Größe und Straße".encode(), "Größe und Straße"),
        ("iso-2022-jp", "会議".encode("iso2022_jp"), "会議"),
        ("no-such-thing", "Größe der Straße".encode("latin-1"), "Größe der Straße"),
    ],
)
def test_declared_encodings_mean_what_they_mean_to_browsers(label: str, data: bytes, said: str) -> None:
    assert decode(data, "a.txt", label) == said
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={label}"><p>'.encode() + data
    assert text("html", page) == said


@pytest.mark.parametrize("label", ["rot13", "unicode_escape", "base64", "zlib", "idna", "punycode", "", "a" * 5000])
def test_what_is_no_encoding_of_texts_cannot_be_declared(label: str) -> None:
    assert codec(label) == ""


def test_programs_and_tex_declare_their_encoding() -> None:
    assert "Größe = 'ř'" in text("code", b"# -*- coding: iso-8859-2 -*-\nGr\xf6\xdfe = '\xf8'\n", "a.py")
    tex = b"\\documentclass{article}\n\\usepackage[latin2]{inputenc}\nP\xf8\xed\xb9t\xec\n"
    assert "Příště" in text("text", tex, "a.tex")


def test_bytes_that_are_no_text_are_refused() -> None:
    for data in (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), b"\0" * 50, bytes(range(256)) * 20):
        with pytest.raises(InputError, match=r"binary|no encoding"):
            decode(data, "a.bin")


def test_pictures_and_other_data_in_a_text_are_cut_and_told() -> None:
    import base64
    import random

    data = base64.b64encode(random.Random(1).randbytes(30_000)).decode()
    lines = "\n".join(data[at : at + 76] for at in range(0, 7600, 76))
    for piece in (f"![a](data:image/png;base64,{data})", f"<data:image/svg+xml,{'%3Csvg' * 100}>", data, lines):
        documents, left = read("markdown", f"# Trip\n\nWe went north.\n\n{piece}\n\nWe came back.\n")
        assert len(documents[0].text) < 250
        assert "We went north." in documents[0].text
        assert "We came back." in documents[0].text
        assert [kind.endswith(("in the text",)) for kind, _ in left] == [True]
    address = "https://x.org/?sql=" + "select%20a%2C%20b%20" * 300  # readable, and perhaps what somebody looks for
    assert text("markdown", f"[demo]({address})") == f"[demo]({address})"
    assert len(text("markdown", "a.b(c);" * 100_000)) < 100
    japanese = "会議は来週の火曜日に東京本社で開催されます。" * 500
    assert text("text", japanese) == japanese  # one line, but nobody's picture


LONG = "Bees \x00 dance.\n" + "They come back every morning.\n" * 99


@pytest.mark.parametrize("data", [
    LONG.encode("utf-16-le"), LONG.encode("utf-16"), LONG.encode(), b"\x1b$B%O%A\x1b(B \x00 dance.\n",
])  # fmt: skip
def test_no_text_holds_a_zero(data: bytes) -> None:
    text = decode(data, "bees.md")
    assert "\x00" not in text
    assert "dance." in text
