"""WhatsApp writes a chat as text, in another form in every country; all become one."""

from __future__ import annotations

import pytest
from told import read

from rag.sources import chat_text

FORMS = {
    "British phone": "12/01/2025, 19:02 - {}",
    "American phone": "1/12/25, 7:02\u202fPM - {}",
    "Australian phone": "12/01/2025, 7:02 pm - {}",
    "German phone": "12.01.25, 19:02 - {}",
    "German iPhone": "[12.01.25, 19:02:11] {}",
    "British iPhone": "\u200e[12/01/2025, 19:02:11] {}",
    "American iPhone": "[1/12/25, 7:02:11\u202fPM] {}",
    "Brazilian phone": "12/01/2025 19:02 - {}",
    "Spanish phone": "12/1/25, 7:02\u00a0p.\u00a0m. - {}",
    "Dutch phone": "12-01-2025 19:02 - {}",
    "Swedish phone": "2025-01-12 19:02 - {}",
    "Finnish phone": "12.1.2025 klo 19.02 - {}",
    "French iPhone": "[12/01/2025 à 19:02:11] {}",
    "Japanese phone": "2025/01/12 19:02 - {}",
    "Chinese phone": "2025/1/12 下午7:02 - {}",
    "Korean phone": "2025. 1. 12. 오후 7:02 - {}",
    "Signal": "[2025-01-12, 19:02] {}",
}
SAID = ["Ann: Shall we go?", "Bo 🌻: yes: at 8", "Ann: fine\nand bring the tent"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_country_is_read_alike(form: str) -> None:
    # a day after the 12th tells which number is the month
    later = form.replace("12", "13", 1) if not form.startswith(("1/", "[1/")) else form.replace("/12/", "/13/")
    later = later.replace(" 12.", " 13.").replace("/12 ", "/13 ").replace("-12", "-13")
    text = "\n".join([form.format(SAID[0]), form.format(SAID[1]), later.format(SAID[2])])
    ((document,), _) = read("text", text, "WhatsApp Chat with Camping.txt")
    assert document.text == (
        "- Ann (2025-01-12 19:02): Shall we go?\n"
        "- Bo 🌻 (2025-01-12 19:02): yes: at 8\n"
        "- Ann (2025-01-13 19:02): fine\n    and bring the tent"
    )
    assert (document.title, document.date, document.meta["people"]) == ("Camping", "2025-01-12", ["Ann", "Bo 🌻"])


def test_what_the_program_says_is_left_out_and_told() -> None:
    text = (
        "[03/02/2025, 18:22:10] Stairs 12: \u200eMessages and calls are end-to-end encrypted.\n"
        "[03/02/2025, 18:22:41] Mr Bell: The lift is mended.\r\n"
        "\u200e[03/02/2025, 18:23:00] Mr Bell: \u200eimage omitted\n"
        "[03/02/2025, 18:24:00] ~ Lotte: \u202athanks\u202c \u200e<This message was edited>\n"
        "[03/02/2025, 18:25:00] Lotte: \u200eYou deleted this message.\n"
        '[03/02/2025, 18:26:00] Lotte changed the group name to "Stairs: 12"\n'
        "[03/02/2025, 18:27:00] Mr Bell: <attached: 1.jpg>\n"
    )
    ((document,), left) = read("text", text, "stairs/_chat.txt")
    assert document.text == "- Mr Bell (2025-02-03 18:22): The lift is mended.\n- Lotte (2025-02-03 18:24): thanks"
    assert document.title == "Stairs 12"
    assert [kind for kind, _ in left] == [
        "automatic messages", "messages without text", "messages without text", "automatic messages",
        "messages without text",
    ]  # fmt: skip
    assert document.meta["lines"] == [[0, 2], [document.text.index("\n") + 1, 4]]


def test_time_that_goes_on_tells_the_day_from_the_month() -> None:
    american = "".join(f"{month}/{9 - month}/2025, 10:00 - Ann: {month}\n" for month in range(1, 9))
    documents, _ = read("text", american, "chat.txt")
    assert [document.date for document in documents][:3] == ["2025-01-08", "2025-02-07", "2025-03-06"]
    british = "".join(f"0{day}/03/2025, 10:00 - Ann: {day}\n" for day in range(1, 9))
    ((document,), _) = read("text", british, "chat.txt")
    assert "2025-03-08 10:00" in document.text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2025-01-12 19:02 - INFO: started\n2025-01-12 19:03 - ERROR: stopped\n", "run.txt"),
        ("12/01/2025, 19:02 - Ann: a\n12/01/2025, 19:03 - Bo: b\n", "run.log"),
        ("12.01.2025, 10:00 - Meeting\n\nWe spoke of the roof. Ann: yes.\n", "minutes.txt"),
        ("1.2.3 is out\n\nAnn: thanks\n", "news.txt"),
    ],
)
def test_other_text_with_dates_stays_as_it_is(text: str, key: str) -> None:
    assert not chat_text.is_chat(text, key)
    assert read("text", text, key)[0][0].text == text
