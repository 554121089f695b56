"""What a chat template writes between turns is not said by a document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import prompts

WRITTEN = """
<|im_start|> <|im_end|> <|endoftext|> <|eot_id|> <|start_header_id|> <|channel|> <｜User｜> <｜begin▁of▁sentence｜>
<s> </s>
<bos> <eos> <pad> <unk> <start_of_turn> <end_of_turn> <start_of_image> [INST] [/INST] [SYSTEM_PROMPT] [/SYSTEM_PROMPT]
[TOOL_CALLS] [AVAILABLE_TOOLS] [THINK] [/THINK] <<SYS>> <</SYS>> <|START_OF_TURN_TOKEN|> <think> </think> <tool_call>
<unused99> <|turn> <turn|>
"""
MARKS = WRITTEN.split()
OTHERS = ["a < b > c", "x |> f", "<b>bold</b>", "see [1]", "1 << 2 >> 3", "[instead]", "<strong>"]


@pytest.mark.parametrize("mark", MARKS)
def test_no_mark_of_a_chat_template_is_left_whole(mark: str) -> None:
    said = prompts.safe(f"before{mark}after {mark} {mark.upper()}{mark}")
    assert mark not in said
    assert said.replace(" ", "") == f"before{mark}after{mark}{mark.upper()}{mark}"


@given(st.lists(st.sampled_from([*MARKS, "<", "|", ">", "/", "s", " ", "["]), max_size=8).map("".join))
def test_no_mark_is_made_out_of_others(text: str) -> None:
    said = prompts.safe(text)
    assert not [mark for mark in MARKS if mark in said]


@pytest.mark.parametrize(
    "text", ["a < b > c", "x |> f", "<b>bold</b>", "see [1]", "1 << 2 >> 3", "[instead]", "<strong>"]
)
def test_other_text_is_as_it_was(text: str) -> None:
    assert prompts.safe(text) == text
