"""Suites: read, refused with all that is wrong, drafted, and those of the project itself."""

import json
from pathlib import Path

import pytest
from evaluation import ANIMALS, RETRIEVAL, SHARED, toml

from rag.app.evaluate.settings import SETTINGS
from rag.errors import InputError
from rag.evaluate import suite
from rag.store import Database, pages


def test_everything_wrong_with_a_suite_is_said_at_once(tmp_path, animals):
    (animals / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tlion\t1\nq9\tcat\t1\nq2\towl\tx\n")
    with (animals / "corpus.jsonl").open("a") as file:
        file.write('{"id": "cat", "text": "again"}\nnot json\n{"title": "no id"}\n')
    path = toml(
        tmp_path,
        'task = "retrieval"\ndata = "animals"\nmeasures = ["nDCG@10", "EM", "P"]\ncolour = 1\nbaseline = "none"\n'
        '[[system]]\nname = "a"\nmodee = "words"\ntarget = "big"\n[[system]]\nname = "a"\ngrid = { weight = 3 }\n',
    )
    with pytest.raises(InputError) as caught:
        suite.read(path, SETTINGS)
    said = caught.value.message
    for part in (
        "colour", "no measure 'EM'", "no measure 'P'", "unknown setting 'modee'", "target is 'big'", "a grid is a",
        "baseline is 'none'", "'lion'", "'q9'", "qrels.tsv, line 4", "'cat'", "line 6: not JSON", "line 7: no 'id'",
        "'q3'",
    ):  # fmt: skip
        assert part in said, part


def test_settings_that_cannot_be_are_named_before_anything_runs(tmp_path, animals):
    path = toml(
        tmp_path,
        'task = "ask"\ndata = "animals"\n[settings]\nk = 0\ntemperature = -1\nmode = "fast"\n'
        '[[system]]\nencoding = "letters"\npassages = "giv"\ncandidates = 0\n',
    )
    with pytest.raises(InputError) as caught:
        suite.read(path, SETTINGS)
    expected = ["k is 0; it must be 1 or more", "temperature is -1; it must be 0 or more", "mode is 'fast'"]
    for part in [
        *expected,
        "encoding is 'letters'; it must be one of auto, numbers",
        "passages is 'giv'",
        "5 problems",
    ]:
        assert part in caught.value.message


def test_a_grid_becomes_a_system_for_each_combination(tmp_path, animals):
    path = toml(
        tmp_path,
        'task = "retrieval"\ndata = "animals"\n[settings]\nk = 7\n'
        '[[system]]\nname = "h"\ngrid = { weight = [0.3, 0.5], target = [800, 1200] }\n'
        '[[system]]\nname = "w"\nmode = "words"\n',
    )
    loaded = suite.read(path, SETTINGS)
    assert [system.name for system in loaded.systems] == [
        "h weight=0.3 target=800", "h weight=0.3 target=1200",
        "h weight=0.5 target=800", "h weight=0.5 target=1200", "w",
    ]  # fmt: skip
    assert dict(loaded.systems[1].settings) == {"k": 7, "weight": 0.3, "target": 1200}
    assert loaded.measures == ("nDCG@10", "R@5", "R@100", "RR")


@pytest.mark.parametrize(
    "text", ["", 'task = "retrieval"', 'task = "retrieval"\ndata = "nowhere"', 'task = "x"\ndata = "animals"']
)
def test_an_empty_suite_is_an_error(tmp_path, animals, text):
    with pytest.raises(InputError):
        suite.read(toml(tmp_path, text), SETTINGS)
    with pytest.raises(InputError, match="not TOML"):
        suite.read(toml(tmp_path, "task = "), SETTINGS)
    with pytest.raises(InputError, match="there is no suite"):
        suite.read(tmp_path / "missing.toml", SETTINGS)


def test_a_limit_chooses_the_same_cases_every_time(tmp_path, animals):
    path = toml(tmp_path, RETRIEVAL)
    chosen = [[c.id for c in suite.read(path, SETTINGS, limit=2).data.cases] for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 2


def test_a_suite_of_ones_own_in_a_minute(tmp_path, cli):
    notes = tmp_path / "notes"
    notes.mkdir()
    for key, (title, text) in ANIMALS.items():
        (notes / f"{key}.md").write_text(f"# {title} in the house\n\n{text}\n")
    cli("index", "notes", "--embedder", "hash:64")
    assert cli("eval", "init", "mine", "--cases", 2).strip() == "mine.toml"
    assert len((tmp_path / "mine.jsonl").read_text().splitlines()) == 2
    with pytest.raises(InputError, match="exists already"):
        cli("eval", "init", "mine")
    cli("ask", "Who flies without a sound?", "--model", "none")
    cli("eval", "add", "Which animal purrs?", "--relevant", "cat.md", "--answer", "the cat")
    cli("eval", "add", "--good", 1)
    with pytest.raises(InputError, match="has the case"):
        cli("eval", "add", "--bad", 1)
    with pytest.raises(InputError, match=r"no document 'lion\.md'"):
        cli("eval", "add", "Who roars?", "--relevant", "lion.md")
    with pytest.raises(InputError, match="nothing says what is right"):
        cli("eval", "add", "Who roars?")
    with Database(tmp_path / "runs.db") as db:
        pages.thumb(db, 1, 1)
    cli("ask", "Who hunts voles at night?", "--model", "none")
    cli("ask", "Who barks?", "--model", "none")
    with Database(tmp_path / "runs.db") as db:
        pages.thumb(db, 2, 1)
        pages.thumb(db, 3, -1)
    assert len(cli("eval", "add", "--thumbs").splitlines()) == 1  # the first is there already
    assert not cli("eval", "add", "--thumbs").splitlines()
    rows = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_text().splitlines()]
    assert rows.pop()["question"] == "Who hunts voles at night?"
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert rows[-1]["question"] == "Who flies without a sound?"
    assert rows[-1]["relevant"][0] == "owl.md"
    made = json.loads(cli("eval", "run", "mine.toml", "--format", "json"))
    assert made["runs"][0]["cases"] == 4
    assert made["runs"][1]["measures"]["nDCG@10"]["mean"] > 0.5


def test_a_thumb_down_means_that_there_is_no_answer():
    from rag.evaluate.drafts import judged

    cited = {"question": "q?", "answerable": True, "answer": "a", "citations": [{"document": "d"}, {"document": "d"}]}
    assert judged(cited, True)["relevant"] == ["d"]
    assert judged(cited, False)["unanswerable"] is True
    nothing = {"question": "q?", "answerable": False, "answer": "", "citations": []}
    assert judged(nothing, True)["unanswerable"] is True
    with pytest.raises(InputError, match="say what is right"):
        judged(nothing, False)


SUITES = sorted((Path(__file__).parents[2] / "eval").glob("*.toml"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_the_projects_own_suites_are_sound(path):
    """Their keys and measures always; their data where it is there."""
    if (SHARED / suite.tomllib.loads(path.read_text())["data"]).exists():
        assert suite.read(path, SETTINGS, root=SHARED).data.cases
    else:
        with pytest.raises(InputError, match="there is no data") as caught:
            suite.read(path, SETTINGS, root=SHARED)
        assert "problems" not in caught.value.message or "there are no cases" in caught.value.message
