"""Source code: one document a file, one passage a top-level symbol, whatever the language."""

import pytest

from rag.chunking import split
from rag.sources.text import code

SAMPLES = {
    "a.py": (
        "import os\n\n@cache\ndef one(): ...\n\n"
        "# about two\nclass Two(Base):\n    x = 1\n\n    def inner(self): ...\n\nN = 3\n",
        ["", "one", "Two", ""],
    ),
    "a.js": (
        'import x from "y";\n\nexport default async function go(a) {\n  return 1;\n}\n\n'
        "const add = (a, b) => a + b;\n\n"
        "class Foo extends Bar {\n  m() {}\n}\n\nif (a) {\n  b();\n}\n",
        ["", "go", "add", "Foo", ""],
    ),
    "a.c": (
        "#include <x.h>\n\nstatic int foo(int a,\n               char *b)\n{\n  return 1;\n}\n\n"
        "int *\nbar (void)\n{\n}\n\nrun(1);\n",
        ["", "foo", "bar", ""],
    ),
    "a.go": (
        "package main\n\nfunc (s *Server) Run() error {\n\treturn nil\n}\n\ntype T struct {\n\tA int\n}\n",
        ["", "Run", "T"],
    ),
    "a.rs": (
        "use x;\n\npub(crate) fn foo<T>(a: T) -> u8 {\n    1\n}\n\nimpl<T> Foo<T> for Bar {\n}\n",
        ["", "foo", "Foo"],
    ),
    "a.rb": ("module A\n  def x; end\nend\n\ndef empty?(a)\nend\n", ["A", "empty?"]),
    "a.sh": ("set -e\n\nbuild() {\n  make\n}\n\nfunction run {\n  build\n}\n", ["", "build", "run"]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_top_level_symbol_is_a_passage_of_its_own(name: str) -> None:
    text, symbols = SAMPLES[name]
    (document,) = code(text.encode(), name, "s")
    passages = split(document)
    assert [passage.heading for passage in passages] == symbols
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(text.split())


def test_a_long_symbol_is_cut_and_keeps_its_name() -> None:
    body = "".join(f"    value_{number} = {number}\n" for number in range(1000))
    (document,) = code(f"def long():\n{body}".encode(), "a.py", "s")
    passages = split(document)
    assert len(passages) > 3
    assert {passage.heading for passage in passages} == {"long"}
