"""Settings and queries in their parts, each under its path."""

from hypothesis import given
from hypothesis import strategies as st

from rag import structure
from rag.ask.pieces import pieces
from rag.chunking import manner, split
from rag.types import Document, Hit

OPERATION = """
  /{0}:
    get:
      summary: Everything about {0}
      parameters:
        - {{name: limit, in: query, schema: {{type: integer, maximum: {1}}}}}
"""
API = (
    f"openapi: 3.1.0\ninfo:\n  title: An API\n  description: {'All that there is to know. ' * 20}\npaths:"
    + OPERATION.format("orders", 500)
    + OPERATION.format("users", 40)
)
MANIFESTS = """# the shop
kind: Deployment
metadata:
  name: web
spec:
  replicas: 4
  containers:
    - name: app
      image: registry.example/app:5.2.1
      resources: {limits: {memory: 768Mi}}
    - name: printer
      image: registry.example/printer:1.9.0
      resources: {limits: {memory: 1536Mi}}
---
kind: Service
metadata:
  name: web
"""
SCHEMA = """-- one row a day; frozen after 45
create table mart.sales (
  day date not null,
  note text default 'a;b' -- free text; may be empty
);

create index if not exists by_day on mart.sales (day);
-- 5 is a failed payment
insert into ref.reason values (5, $q$it; failed$q$);
-- Q3 unused seats
select 1
"""


def headings(text: str, language: str) -> list[str]:
    return [part.heading for part in structure.parts(text, language)]


def test_each_operation_of_an_api_stands_under_its_path() -> None:
    document = Document("s", "api.yaml", API, "api.yaml", kind="code", meta={"language": "yaml"})
    passages = split(document)
    assert [passage.heading for passage in passages] == ["", "paths > /orders", "paths > /users"]
    assert "maximum: 40" in passages[2].text
    assert "maximum: 500" not in passages[2].text


def test_documents_of_one_file_and_long_parts_are_told_apart(monkeypatch) -> None:
    assert headings(MANIFESTS, "yaml") == ["Deployment web", "Service web"]
    monkeypatch.setattr(structure, "WHOLE", 200)
    structure.parts.cache_clear()
    path = "Deployment web > spec > containers"
    assert headings(MANIFESTS, "yaml") == [
        "Deployment web", "Deployment web > spec > replicas", f"{path} > app", f"{path} > printer", "Service web",
    ]  # fmt: skip
    structure.parts.cache_clear()


def test_a_statement_has_its_comments_and_is_called_by_what_it_makes() -> None:
    assert headings(SCHEMA, "sql") == ["mart.sales", "by_day", "ref.reason", "Q3 unused seats"]
    assert structure.parts(SCHEMA, "sql")[2].start == SCHEMA.index("-- 5 is")


def test_json_is_cut_at_its_keys() -> None:
    big = "".join(
        f'    "task{n}": {{\n      "does": "{n} things, one after the other, all day long"\n    }},\n' for n in range(9)
    )
    assert headings('{\n  "name": "x",\n  "tasks": {\n' + big + "  }\n}\n", "json") == [
        "name",
        *(f"tasks > task{n}" for n in range(9)),
    ]


def test_what_is_found_is_shown_and_no_more() -> None:
    document = Document("s", "api.yaml", API, "api.yaml", kind="code", meta={"language": "yaml"})
    (piece,) = pieces([Hit(split(document)[2], 1.0)])
    assert piece.text.startswith("  /users:")
    assert "orders" not in piece.text


def test_a_new_manner_of_cutting_is_remembered_with_the_files_that_it_cuts() -> None:
    code = Document("s", "a", "x", kind="code", meta={"language": "yaml"})
    assert manner(code, 1600) != manner(Document("s", "a", "x", kind="code", meta={"language": "c"}), 1600) == "1600"


MARKS = ["a:", "- b: 1", "- c", "# d", "e: |", "---", "", '"f": {', "},", "g;", "'", "$$"]
LINES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(MARKS)), max_size=30)


@given(LINES, st.sampled_from(structure.LANGUAGES))
def test_the_parts_come_in_order_and_are_all_of_it(lines: list[tuple[int, str]], language: str) -> None:
    text = "\n".join("  " * indent + line for indent, line in lines)
    found, end = structure.parts(text, language), 0
    for part in found:
        assert part.start == end < part.end
        end = part.end
    assert not found or not text[end:].strip()
