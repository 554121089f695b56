"""Secrets are planted wherever they come in, and looked for wherever anything goes out or stays."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from processes import ENVIRONMENT, RAG, built
from scripted_server import Answer, completion, refusal, serving

KEY = "sk-planted-4f9a81c6e2"
PASSWORD = "planted-hunter2-77"
QUERY = "planted-token-31337"
REPLY = '{"answerable": true, "citations": [1], "answer": "In a box."}'
SAID = {
    "an answer": completion(REPLY),
    "the key in a refusal": refusal(401, f"Incorrect API key provided: {KEY}."),
    "the key in an error": refusal(400, f"bad request by {KEY} at http://me:{PASSWORD}@host/"),
    "the key in a reply": completion(None, refusal=f"I will not work for {KEY}."),
    "an error of the server": Answer(500, f"<html>trace: Authorization: Bearer {KEY}</html>"),
    "no JSON": Answer(200, "what is this"),
    "too much": completion(f"{KEY} " * 99),
}


def stays(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# An extraction tries again for minutes when a server has an error, so that is asked about once.
CASES = [(verb, said) for verb in ("ask", "extract") for said in SAID if (verb, said[:8]) != ("extract", "an error")]


@pytest.mark.parametrize(("verb", "said"), CASES)
def test_no_secret_is_printed_stored_or_left(tmp_path: Path, verb: str, said: str) -> None:
    database = built(tmp_path, 3)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with serving(SAID[said]) as server:
        address = server.url.replace("http://", f"http://me:{PASSWORD}@") + f"?token={QUERY}"
        commands = {
            "ask": ["ask", "where is thing1?", "-m", "openai:planted", "--base-url", address],
            "extract": ["extract", str(tmp_path / "notes"), "--schema", "name", "-m", "openai:planted", "--base-url",
                        address, "--concurrency", "1", "-o", str(tmp_path / "out.jsonl")],
        }  # fmt: skip
        environment = {**ENVIRONMENT, "OPENAI_API_KEY": KEY, "TMPDIR": str(temporary), "HOME": str(tmp_path)}
        done = subprocess.run(
            [*RAG, *commands[verb], "-d", str(database)], capture_output=True, text=True, env=environment, check=False,
            timeout=120,
        )  # fmt: skip
    assert "Traceback" not in done.stderr
    found = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode(), **stays(tmp_path)}
    for where, data in found.items():
        for secret in (PASSWORD, QUERY, *([KEY] if said != "too much" else [])):
            assert secret.encode() not in data, f"{secret} in {where}: {data[-300:]!r}"
    assert set(os.listdir(temporary)) <= {"data-gym-cache"}  # tiktoken keeps its vocabularies there


def test_no_flag_takes_a_secret() -> None:
    """
    What is a flag is seen by every user of the machine (`ps`), and kept by the shell.

    `rag push --token` is what people know from other tools; its help and docs name the variable first.
    """
    flags = Path(__file__).parents[2].joinpath("docs/commands.md").read_text()
    found = re.findall(r"--(?:api-?key|password|secret|token)\b.*", flags)
    assert [line.split()[:2] for line in found] == [["--token", "<str>"]]
    assert "better in the variable" in found[0]
