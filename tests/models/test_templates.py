"""Chat templates as GGUF files carry them, and models in several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models.llama.model import check_file, fingerprint
from rag.models.llama.template import CHATML, Template
from rag.types import Message

TALK = [Message("system", "Be brief."), Message("user", ' The "ferry"\nleaves at <7>: é. ')]
PARTS = "{% for m in messages %}{{ m.role }}:{% for p in m.content %}{{ p.text }}{% endfor %}\n{% endfor %}"
GENERATION = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}{% endfor %}{{ bos_token }}"
)
RENDERED = {
    "none": "",
    "chatml": CHATML,
    "parts": PARTS,
    "parts and typed": "{% for m in messages %}{% for p in m.content if p.type == 'text' %}{{ p['text'] | trim }}"
    "{% endfor %}{% endfor %}",
    "generation": GENERATION,
    "tojson": "{% for m in messages %}{{ m.content | tojson(ensure_ascii=False) }}{% endfor %}",
    "tojson in ascii": "{% for m in messages %}{{ m.content | tojson(ensure_ascii=True, indent=2) }}{% endfor %}",
    "tojson of all": "{{ messages | tojson(indent=4) }}",
    "no system role": "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML,
    "system role left out": "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
    "loop controls": "{% for m in messages %}{{ m.content }}{% if loop.last %}{% break %}{% endif %}{% endfor %}",
    "the day": "{{ strftime_now('%d') }}" + CHATML,
    "trim": "{% for m in messages %}{{ m.content | trim }}{% endfor %}",
}
REFUSED = {
    "nothing": "{{ '<|im_start|>assistant' }}",
    "names only": "{% for m in messages %}{% for k, v in m.items() %}{{ k }}{% endfor %}{% endfor %}",
    "endless": "{% for i in range(99999999) %}x{% endfor %}" + CHATML,
    "deep": "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}" + CHATML,
    "no attribute": "{{ messages[0].content.nothing.here }}" + CHATML,
    "cut": "{% for m in messages %}{{ m.content[:5] }}{% endfor %}",
    "zero": "{{ 1 // 0 }}" + CHATML,
    "outside": "{{ ''.__class__.__mro__[1].__subclasses__() }}" + CHATML,
}


@pytest.mark.parametrize("source", RENDERED.values(), ids=RENDERED)
def test_a_template_puts_every_message_into_the_prompt(source: str) -> None:
    text = Template("x.gguf", source, "<s>", "</s>").render(TALK)
    assert "Be brief." in text
    assert any(form in text for form in ("leaves at <7>: é.", "leaves at <7>: \\u00e9."))


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_a_template_without_the_document_is_an_error_of_one_line(source: str) -> None:
    with pytest.raises(ModelError, match=r"x\.gguf: its chat template (leaves out|refuses)") as caught:
        Template("x.gguf", source, "", "").render(TALK)
    assert "\n" not in caught.value.message


def test_a_template_that_is_no_jinja_says_so() -> None:
    with pytest.raises(ModelError, match="is broken"):
        Template("x.gguf", "{% for m in messages %}{{ m.content }", "", "")


def test_a_model_of_several_files_is_named_by_all_of_them(tmp_path: Path) -> None:
    files = [tmp_path / f"m-{n:05}-of-00003.gguf" for n in (1, 2, 3)]
    for n, file in enumerate(files):
        file.write_bytes(b"GGUF" + bytes([n]) * 1000)
    check_file(files[0])
    before = fingerprint(files[0])
    files[2].write_bytes(b"GGUF" + bytes([9]) * 1000)
    assert fingerprint(files[0]) != before
    with pytest.raises(ModelError, match="is a part of a model in 3 files") as caught:
        check_file(files[1])
    assert str(files[0]) in caught.value.hint
    files[1].unlink()
    with pytest.raises(ModelError, match="1 of the model's 3 files are missing: m-00002-of-00003"):
        check_file(files[0])
