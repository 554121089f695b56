"""The JSON Schemas of what the API takes and gives. Data only: `routes.py` checks them, `openapi.py` shows them."""

from __future__ import annotations

from typing import Any

from rag.dates import ISO

JSON = Any

TEXT: JSON = {"type": "string"}
NUMBER: JSON = {"type": "integer", "minimum": 0}
ID: JSON = {"type": "integer", "minimum": 1, "maximum": 2**53}
FLAG: JSON = {"type": "boolean", "default": False}
SIZE: JSON = {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
CURSOR: JSON = {"type": "string", "maxLength": 40, "pattern": "^[0-9]{0,15}$", "default": ""}
DATE: JSON = {
    "type": "string", "pattern": f"^$|^(?:{ISO})$", "default": "",
    "description": "a date like 2024, 2024-03 or 2024-03-01",
}  # fmt: skip
# White space as Python knows it, spelled out: `\\s` is not the same in every reader of patterns.
SPACE = "\\u0000-\\u0020\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
SOMETHING = f"^[^\\u0000]*[^{SPACE}][^\\u0000]*$"  # not blank, and without NUL, which ends a text for many programs
SHORT: JSON = {"type": "string", "maxLength": 500, "pattern": "^[^\\u0000]*$"}
CONDITION: JSON = {**SHORT, "maxLength": 2000, "default": ""}
TAG: JSON = {**SHORT, "maxLength": 200, "default": ""}
QUESTION: JSON = {"type": "string", "minLength": 1, "maxLength": 4000, "pattern": SOMETHING}


def object_(required: dict[str, JSON], optional: dict[str, JSON] | None = None, *, closed: bool = True) -> JSON:
    made: JSON = {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}
    return {**made, "additionalProperties": False} if closed else made


def list_(of: JSON) -> JSON:
    return {"type": "array", "items": of}


def page(of: JSON) -> JSON:
    """A page of a list: `next` is the cursor of the following one, null behind the last."""
    return object_({"items": list_(of), "next": {"type": ["string", "null"]}})


ERROR = object_({"error": object_({"code": TEXT, "message": TEXT, "hint": TEXT}, closed=False)})

FILTERS: dict[str, JSON] = {
    "source": {**SHORT, "default": ""},
    "prefix": {**SHORT, "default": ""},
    "since": DATE,
    "until": DATE,
    "where": CONDITION,
    "tag": TAG,
}
PAGED: dict[str, JSON] = {"size": SIZE, "cursor": CURSOR}

DOCUMENT_ROW = object_(
    {
        "id": ID, "source": TEXT, "key": TEXT, "title": TEXT, "url": TEXT, "author": TEXT, "date": TEXT, "kind": TEXT,
        "length": NUMBER, "indexed": TEXT,
    }
)  # fmt: skip
DOCUMENT = object_(
    {
        "id": ID, "source": TEXT, "key": TEXT, "title": TEXT, "url": TEXT, "author": TEXT, "date": TEXT, "kind": TEXT,
        "length": NUMBER, "indexed": TEXT, "passages": NUMBER, "meta": {"type": "object"}, "writable": FLAG,
        "start": NUMBER, "end": NUMBER, "text": TEXT,
    }
)  # fmt: skip
NEW_DOCUMENT = object_(
    {"key": {"type": "string", "minLength": 1, "maxLength": 500, "pattern": SOMETHING},
     "text": {"type": "string", "minLength": 1, "pattern": SOMETHING}},
    {
        "title": SHORT, "author": SHORT,
        "url": {"type": "string", "maxLength": 2000, "pattern": "^$|^https?://[^\\u0000]*$"},
        "date": {**DATE, "default": ""}, "meta": {"type": "object"}, "kind": {"enum": ["text", "markdown", "code"]},
    },
)  # fmt: skip
UPSERT = object_(
    {"documents": {"type": "array", "items": NEW_DOCUMENT, "minItems": 1, "maxItems": 100}},
    {"source": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": f"^[^/{SPACE}][^/\\u0000]*$"}},
)
PATCH: JSON = {
    "type": "object",
    "properties": {name: schema for name, schema in NEW_DOCUMENT["properties"].items() if name != "key"},
    "additionalProperties": False,
    "minProperties": 1,
}
WRITTEN = object_({"id": ID, "key": TEXT, "change": {"enum": ["added", "changed", "unchanged"]}})

PLACE = {"document": ID, "key": TEXT, "source": TEXT, "title": TEXT, "heading": TEXT, "start": NUMBER, "end": NUMBER}
HIT = object_(
    {**PLACE, "passage": ID, "score": {"type": "number"}, "content": TEXT},
    {
        "url": TEXT,
        "author": TEXT,
        "date": TEXT,
        "place": TEXT,
        "kind": TEXT,
        "metadata": {"type": "object"},
        "via": {"type": "object"},
    },
)
ASK = object_(
    {"question": QUESTION},
    {
        "k": {"type": "integer", "minimum": 1, "maximum": 50}, "source": SHORT, "prefix": SHORT, "since": DATE,
        "until": DATE, "where": CONDITION, "tag": TAG, "conversation": ID, "log": {"type": "boolean"},
    },
)  # fmt: skip
SEARCHED = object_(
    {
        "items": list_(HIT), "next": {"type": ["string", "null"]},
        "respelled": {
            "type": "object", "additionalProperties": TEXT,
            "description": "words of the question that stand nowhere -> what they were read as",
        },
    }
)  # fmt: skip
ANSWER = object_(
    {"question": TEXT, "answerable": FLAG, "answer": TEXT, "citations": list_({"type": "object"}), "model": TEXT},
    closed=False,
)
ANSWER_ROW = object_(
    {
        "id": ID, "conversation": ID, "created": TEXT, "model": TEXT, "answerable": FLAG, "citations": NUMBER,
        "question": TEXT, "answer": TEXT, "thumb": {"enum": [-1, 0, 1]}, "asked_by": {"type": ["string", "null"]},
    }
)  # fmt: skip
CASE = object_({"id": TEXT, "question": TEXT}, {"relevant": list_(TEXT), "answers": list_(TEXT), "unanswerable": FLAG})
SOURCE = object_(
    {
        "id": ID, "name": TEXT, "kind": TEXT, "documents": NUMBER, "refreshed": TEXT, "error": TEXT,
        "refreshable": FLAG, "writable": FLAG,
    }
)  # fmt: skip
REFRESHED = object_(
    {
        **dict.fromkeys(("added", "changed", "removed", "unchanged", "embedded", "passages"), NUMBER),
        "problems": list_({"type": "object"}),
    }
)
CHANGE = object_(
    {
        "version": NUMBER, "change": {"enum": ["added", "changed", "removed"]}, "source": TEXT, "key": TEXT,
        "title": TEXT, "url": TEXT, "updated_ms": {"type": "integer"},
    }
)  # fmt: skip
STATUS = object_(
    {
        "version": NUMBER, "documents": NUMBER, "passages": NUMBER, "embedder": TEXT, "model": TEXT, "readonly": FLAG,
        "waiting": NUMBER, "changed": {"type": "object"}, "may": list_(TEXT),
    }
)  # fmt: skip
JOB = object_(
    {
        "id": ID, "model": TEXT, "documents": NUMBER, "done": NUMBER, "failed": NUMBER, "pending": NUMBER,
        "tokens": NUMBER, "running": FLAG, "used": TEXT,
    },
    {"fields": list_(TEXT), "keys": list_(TEXT), "schema": {}, "settings": {"type": "object"}, "error": TEXT},
)  # fmt: skip
NEW_JOB = object_(
    {"schema": {"type": ["string", "object"]}},
    {
        "source": SHORT, "prefix": SHORT, "since": DATE, "until": DATE, "where": CONDITION, "tag": TAG, "query": SHORT,
        "k": {"type": "integer", "minimum": 1, "maximum": 1000}, "limit": ID,
        "verbatim": {"type": "boolean"}, "multi": {"type": "boolean"}, "retry_failed": {"type": "boolean"},
    },
)  # fmt: skip
ROW = object_(
    {"key": TEXT, "status": {"enum": ["pending", "done", "failed"]}, "data": {}, "error": TEXT, "note": TEXT},
    {"evidence": {}, "nowhere": list_(TEXT)},
)
RUN = object_(
    {
        "id": ID, "suite": TEXT, "system": TEXT, "task": TEXT, "cases": NUMBER, "state": TEXT, "started": TEXT,
        "finished": TEXT,
    },
    {"scores": {"type": "object"}, "settings": {"type": "object"}},
)  # fmt: skip
ALERT = object_(
    {
        "name": TEXT,
        "query": TEXT,
        "min_score": {"type": "number"},
        "source": TEXT,
        "created": TEXT,
        "run": TEXT,
        "new": NUMBER,
    }
)
