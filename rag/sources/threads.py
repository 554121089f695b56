"""
Threads of discussion from JSON: Hacker News (an item of its Algolia API) and GitHub issues. One document a comment.

Author, parent, place in the thread and date are kept, so that a quote knows who said it. Deleted comments are left out,
their answers are not. Nothing is fetched here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rag import files
from rag.errors import InputError
from rag.sources.encodings import CONTROL, decode, lines
from rag.sources.items import Item, Walk
from rag.sources.rows import stamp_of
from rag.sources.text import bounded, iso_date
from rag.types import Document

HACKER_NEWS = "https://news.ycombinator.com/item?id="
MAX_BYTES = 200_000_000
Comment = Mapping[str, Any]


def is_thread(value: Any) -> bool:
    """Whether a JSON value looks like a thread of a kind that is known."""
    return bool(_hacker_news(value) or _issues(value))


def thread(path: str | Path, source: str = "") -> Walk:
    """The comments of a thread in a JSON file, one item each. Raises InputError if the file holds no thread."""
    if not Path(path).is_file():
        raise InputError(f"there is no file {path}")
    return Walk(partial(_items, path=Path(path), source=source))


def _items(walk: Walk, path: Path, source: str) -> Iterator[Item]:
    from rag.sources.tables import load

    try:
        data = files.data(path, MAX_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    value = load(decode(data, str(path)), str(path))
    if found := _hacker_news(value):
        documents = (document for story in found for document in _story(walk, story, source))
    elif issues := _issues(value):
        documents = (document for issue in issues for document in _issue(walk, issue, source))
    else:
        raise InputError(
            f"{path} holds no thread that is known",
            "A Hacker News item (https://hn.algolia.com/api/v1/items/ID) or `gh issue view N --json "
            "number,title,body,author,createdAt,url,comments`.",
        )
    seen: set[str] = set()
    for document in documents:
        if document.key in seen:
            walk.problems.append((document.key, f"stands twice in {path}; the first is kept"))
            continue
        seen.add(document.key)
        stamp = stamp_of({**document.meta, "": [document.text, document.title, document.author, document.date]})
        yield Item(document.key, stamp, partial(_given, document))


def _given(document: Document) -> list[Document]:
    return [document]


def _text(value: object) -> str:
    return bounded(lines(CONTROL.sub("", str(value or ""))).strip())


# -- Hacker News -------------------------------------------------------------------------------------------------------


def _hacker_news(value: Any) -> list[Comment]:
    found = value if isinstance(value, list) else [value]
    good: list[Comment] = [
        part
        for part in found
        if isinstance(part, dict) and isinstance(part.get("children"), list) and {"id", "author"} <= part.keys()
    ]
    return good if len(good) == len(found) else []


def _story(walk: Walk, story: Comment, source: str) -> Iterator[Document]:
    """The story and every comment below it, in the order of the thread, however deep."""
    from rag.sources.html import fragment

    title = _text(story.get("title"))
    waiting: list[tuple[Comment, str, str]] = [(story, "", "")]
    while waiting:
        comment, place, parent = waiting.pop()
        author = _text(comment.get("author"))
        children = comment.get("children")
        below = [child for child in children if isinstance(child, dict)] if isinstance(children, list) else []
        for number, child in reversed(list(enumerate(below, 1))):
            waiting.append((child, f"{place}.{number}" if place else str(number), author))
        text = fragment(str(comment.get("text") or ""))
        if comment is story and not text:
            text = title
        if not text or not author:
            walk.skip("deleted", str(comment.get("id")))
            continue
        key = str(comment.get("id"))
        meta = {
            "place": place,
            "parent": comment.get("parent_id"),
            "parent_author": parent,
            "points": comment.get("points"),
            "link": comment.get("url"),
        }
        yield Document(
            source,
            key,
            text,
            title=title,
            url=HACKER_NEWS + key,
            author=author,
            date=iso_date(comment.get("created_at")),
            meta={name: part for name, part in meta.items() if part not in (None, "")},
            kind="markdown",
        )


# -- GitHub ------------------------------------------------------------------------------------------------------------


def _issues(value: Any) -> list[Comment]:
    """Issues or comments as the REST API gives them, or as `gh … --json` writes them."""
    if isinstance(value, dict) and isinstance(value.get("issue"), dict):
        value = {**value["issue"], "comments": value.get("comments", [])}
    found = value if isinstance(value, list) else [value]
    good: list[Comment] = [
        part
        for part in found
        if isinstance(part, dict)
        and "body" in part
        and any(isinstance(part.get(name), dict) and "login" in part[name] for name in ("user", "author"))
    ]
    return good if len(good) == len(found) else []


def _issue(walk: Walk, issue: Comment, source: str) -> Iterator[Document]:
    number = issue.get("number")
    title = _text(issue.get("title"))
    if first := _remark(issue, str(number) if number else str(issue.get("id")), title, "", source):
        yield first
    else:
        walk.skip("empty", f"issue {number}")
    comments = issue.get("comments")
    for comment in comments if isinstance(comments, list) else []:
        remark = None
        if isinstance(comment, dict):
            remark = _remark(comment, f"{number}#{comment.get('id')}", title, str(number), source)
        if remark:
            yield remark
        else:
            walk.skip("empty", f"a comment of issue {number}")


def _remark(comment: Comment, key: str, title: str, parent: str, source: str) -> Document | None:
    text = _text(comment.get("body"))
    if not text and not (text := title if not parent else ""):
        return None
    who = comment.get("user") or comment.get("author") or {}
    labels = comment.get("labels")
    meta = {
        "parent": parent or str(comment.get("issue_url") or "").rsplit("/", 1)[-1],
        "state": comment.get("state"),
        "labels": [part.get("name") for part in labels if isinstance(part, dict)] if isinstance(labels, list) else None,
    }
    return Document(
        source,
        key,
        text,
        title=title,
        url=_text(comment.get("html_url") or comment.get("url")),
        author=_text(who.get("login") if isinstance(who, dict) else ""),
        date=iso_date(comment.get("created_at") or comment.get("createdAt")),
        meta={name: part for name, part in meta.items() if part},
        kind="markdown",
    )
