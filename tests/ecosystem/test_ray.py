"""An index and a job on a real Ray cluster of several machines, of which one is killed: Ray in a venv of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from venvs import made, ours

CLUSTER = """
import json, os, sys
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
nodes = [cluster.add_node(num_cpus=1) for _ in range(3)]
cluster.wait_for_nodes()
def lose_one():
    if len(nodes) == 3:
        cluster.remove_node(nodes.pop(), allow_graceful=False)
"""
INDEX = (
    CLUSTER
    + """
from rag import Index
from rag.index import batch
from rag.models.on_ray import RayEmbedder
from rag.store import opened
from rag.types import Document
batch.BYTES = 8000
class Given:
    stamp = ""
    def __init__(self, number):
        self.key, self.text = f"{number}.md", f"Note {number} says number {number} and some more words about it."
    def read(self):
        return [Document("notes", self.key, self.text)]
rows = []
for path, model in (("calm.db", "minilm"), ("rough.db", RayEmbedder("minilm", cluster.address))):
    with Index(opened(path, create=True), model) as index:
        told = []
        def progress(summary):
            told.append(summary.added)
            if path == "rough.db":
                lose_one()
        done = index.add("notes", [Given(number) for number in range(200)], progress=progress)
        rows.append([
            done.embedded, done.added, len(told) > 1 and told == sorted(told),
            [list(row) for row in index.db.execute("select key, seal from document order by key")],
            [[row[0], row[1].hex()] for row in index.db.execute("select hash, data from vector order by hash")],
        ])
print(json.dumps({"same": rows[0] == rows[1], "embedded": rows[1][0], "told": rows[1][2], "left": len(nodes)}))
"""
)
EXTRACT = (
    CLUSTER
    + """
import ray
sys.path.insert(0, sys.argv[1])
from scripted_server import completion, serving
from rag.app import extract
from rag.models.hosted.endpoint import Pace
from rag.models.on_ray import SharedPace, connect
from rag.store import jobs, opened
from rag.types import Document
def answer(body):
    if len(server.seen) == 20:
        lose_one()
    text = body["messages"][-1]["content"]
    return completion(json.dumps({"name": text.rpartition("named ")[2].split(".")[0]}))
with serving(answer) as server:
    model = extract.open_model("openai:m", server.url + "/v1", ray=cluster.address, concurrency=3)
    documents = [Document("x", f"{n}", f"Somebody is named Ada{n}.") for n in range(60)]
    with opened("x.db", create=True) as db:
        job = extract.run(db, extract.prepare(db, model, "name"), documents)
        found = [result.data for _, result in jobs.results(db, job)]
        asked = len(server.seen)
        extract.run(db, extract.prepare(db, model, "name"), documents)
actor = ray.remote(Pace).options(num_cpus=0, max_restarts=-1, max_task_retries=-1).remote(1, None)
first, second = SharedPace(actor), SharedPace(actor)
print(json.dumps({
    "right": found == [{"name": f"Ada{n}"} for n in range(60)], "asked": asked, "again": len(server.seen) - asked,
    "left": len(nodes), "waits": [first.reserve(1), second.reserve(1)],
}))
"""
)


@pytest.fixture(scope="module")
def programs() -> Path:
    return made("ray", "ray>=2.60,<2.61")


def ran(programs: Path, tmp_path: Path, *words: str) -> dict[str, object]:
    done = subprocess.run(
        [str(programs / "python"), "-c", *words], cwd=tmp_path, env=ours(programs), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert said, done.stdout + done.stderr[-3000:]
    found: dict[str, object] = json.loads(said[-1])
    return found


def test_an_index_whose_machine_is_killed_is_that_of_one_machine(programs: Path, tmp_path: Path) -> None:
    assert ran(programs, tmp_path, INDEX) == {"same": True, "embedded": 200, "told": True, "left": 2}


def test_a_job_whose_machine_is_killed_loses_nothing_and_does_nothing_again(programs: Path, tmp_path: Path) -> None:
    found = ran(programs, tmp_path, EXTRACT, str(Path(__file__).parent.parent))
    waits = found.pop("waits")
    assert isinstance(waits, list)
    assert waits[0] == pytest.approx(0, abs=1)
    assert waits[1] > 30  # one a minute, whoever asks
    assert isinstance(asked := found.pop("asked"), int)
    assert 60 <= asked <= 63  # what the killed one was at is asked again
    assert found == {"right": True, "again": 0, "left": 2}


def test_what_is_missing_is_named(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A note.\n")
    command = [str(programs / "python"), "-m", "rag", "index", "a.md", "-d", "x.db", "--ray"]
    for address, code, said in (("127.0.0.1:1", 3, "there is no Ray cluster"), ("local", 3, "names no embedder")):
        more = ["--embedder", "nothing:x"] if address == "local" else []
        done = subprocess.run(
            [*command, address, *more], cwd=tmp_path, env=ours(programs), capture_output=True, text=True, check=False
        )
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
