"""What somebody has tried so far, told in a sentence."""

from __future__ import annotations

import pytest

from rag.extract.fields import fields_of
from rag.extract.tried import tried
from rag.grammar import shorthand


def listed(name: str, text: str) -> list[str]:
    (one,) = fields_of(shorthand(f"{name}: list of str"))
    return tried(text, one)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "It is slow. So far I have signed out and in again, cleared the cache and switched to a cable.",
            ["signed out and in again", "cleared the cache", "switched to a cable"],
        ),
        (
            "Ya he probado a reiniciar el ordenador, a usar otro navegador y a borrar las cookies.",
            ["reiniciar el ordenador", "usar otro navegador", "borrar las cookies"],
        ),
        (
            "Ich habe bereits den Router neu gestartet und das Kabel getauscht, aber es hilft nicht.",
            ["den Router neu gestartet", "das Kabel getauscht"],
        ),
        ("J'ai déjà redémarré le poste et changé le câble.", ["redémarré le poste", "changé le câble"]),
        ("Ho già provato a riavviare il router e a cambiare il cavo.", ["riavviare il router", "cambiare il cavo"]),
        ("Ik heb al de stekker vervangen en de kabel getest.", ["de stekker vervangen", "de kabel getest"]),
    ],
)
def test_what_was_tried_is_what_the_sentence_lists(text: str, found: list[str]) -> None:
    assert listed("steps_tried", text) == found


def test_what_is_only_had_was_not_tried_and_other_fields_ask_for_something_else() -> None:
    assert listed("steps_tried", "I have the new version and two screens.") == []
    assert listed("guests", "So far I have asked Ann and Bo.") == []
