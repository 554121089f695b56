"""
The hour of a clock as "14:30", however a document writes it: "2.30 pm", "14 h 30", "14.30 Uhr", "16 Uhr", "14時30分".

Nothing here knows fields.
"""

from __future__ import annotations

import re

from rag.grammar.schema.shorthand import CLOCK

HOUR = re.compile(
    r"(?P<hour>\d{1,2})(?:\s?[:.h時]\s?(?P<minute>\d{2})(?!\d)(?::\d\d)?|時(?P<half>半))?(?:\s?(?P<late>[ap])\.?m\b)?",
    re.IGNORECASE,
)


def clock(said: str) -> str:
    """The hour and minute that a text says, of 24 hours; "" if it says none."""
    match = HOUR.match(said.strip())
    if match is None:
        return ""
    hour, minute = int(match["hour"]), int(match["minute"] or (30 if match["half"] else 0))
    if match["late"] and hour <= 12:
        hour = hour % 12 + 12 * (match["late"].lower() == "p")
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


__all__ = ["CLOCK", "clock"]
