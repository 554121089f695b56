"""
What a blog puts around an article, and into it: lines about the post, buttons to share and to reply, banners, lists of
other posts. They are taken out of a page, and told; what people said below it stays, with who said it and when.

Only what is plainly such: known by what its class says and short, or by all of its words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rag.sources import html_parts as parts
from rag.sources.items import Left
from rag.sources.text import iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

META, SHARE, REPLY, COOKIES, OTHERS, LETTER = (
    "lines about the post", "share buttons", "controls of comments", "cookie banners", "lists of other posts",
    "newsletter forms",
)  # fmt: skip
# kind -> what a word of the class is, and how many characters such an element has at most
CLASSES = {
    SHARE: (
        r"sharedaddy|sd-sharing[\w-]*|jp-likes[\w-]*|(?:social-?)?shar(?:e|ing)(?:-?(?:buttons?|bar|links|this|icons))?"
        r"|social-(?:links|media|icons)|addtoany[\w-]*|addthis[\w-]*|post-share",
        300,
    ),
    COOKIES: (
        r"(?:cookie|gdpr|consent)s?[-_]?(?:banner|notice|bar|popup|modal|overlay|message|consent|law[\w-]*)"
        r"|cc-window|cookiebanner|CybotCookiebot[\w-]*|onetrust[\w-]*",
        2000,
    ),
    OTHERS: (
        r"(?:jp-)?related-?posts?|yarpp[\w-]*|post-?navigation|posts-navigation|nav-links|read-?next"
        r"|you-may-also-like|(?:popular|recent|latest)-?posts",
        2000,
    ),
    LETTER: (
        r"newsletter(?:-(?:form|signup|box|widget))?|subscribe-?(?:form|box|widget)|mc4wp-form|mc_embed_signup"
        r"|jetpack_subscription_widget",
        600,
    ),
    REPLY: (r"comment-reply-link|comment-respond|respond|comment-form|edit-link|comment-edit-link", 1200),
    META: (r"entry-meta|post-meta|post-info|entry-byline|byline|reading-?time|post-date|posted-on|article-meta", 160),
}
TOKENS = {kind: (re.compile(words, re.IGNORECASE), most) for kind, (words, most) in CLASSES.items()}
NUMBERED = (COOKIES, REPLY)  # what an id may say, too: others are those of headings
MINUTES = r"\d{1,3}[\s-]*min(?:ute)?s?\.?"
READ = r"\s+(?:read(?:ing time)?|de lecture|(?:de )?lectura|lesezeit)"
POSTED = r"(?:posted|published|updated|written|veröffentlicht|publié|publicado)"
NETWORK = (
    r"(?:twitter|facebook|x|pinterest|linkedin|reddit|whatsapp|telegram|tumblr|mastodon|bluesky|email|e-mail|print|pocket"
    r"|copy link|more)"
)
PRESS = r"(?:click to )?(?:(?:share|tweet|pin|email|print|save)(?: on| to| this| it| via)?\s*)?"
SAYS = {
    META: re.compile(
        rf"(?:{POSTED}\b[^\n]{{0,110}}?[·|•,–—-]\s*)?{MINUTES}{READ}|{POSTED}\b[^\n]{{0,110}}?[·|•–—]\s*{MINUTES}"
        r"|(?:posted|veröffentlicht|publié|publicado)(?: (?:on|am|le|el|in))?:? [^\n.]{0,60}\d[^\n.]{0,60}",
        re.IGNORECASE,
    ),
    REPLY: re.compile(
        r"(?:0|no) (?:thoughts?|comments?|responses?|replies)(?: yet)?(?: (?:on|to) [^\n]{1,200})?\.?"
        r"|leave a (?:reply|comment)|be the first to comment\.?|comments are closed\.?|cancel reply|log in to reply",
        re.IGNORECASE,
    ),
    SHARE: re.compile(
        r"share this(?: post| article| story)?\s*:?|share\s*:|like this\s*:|loading(?:\.{3}|…)", re.IGNORECASE
    ),
}
# what only a link or button says, or nothing but links
PRESSED = re.compile(
    r"reply|antworten|répondre|responder|rispondi|beantwoorden|share|tweet|pin it|copy link|print this", re.IGNORECASE
)
NETWORKS = re.compile(rf"(?:{PRESS}{NETWORK}[\s,|·•]*){{2,}}", re.IGNORECASE)
CONSENT = re.compile(
    r"\b(?:accept|agree|allow|reject|decline|got it|ok|okay|akzeptieren|ablehnen|accepter|aceptar)\b", re.IGNORECASE
)
COUNTED = re.compile(
    r"\d+ (?:thoughts?|comments?|responses?|replies|kommentare?|commentaires?|comentarios?)\b.{0,200}", re.IGNORECASE
)
SMALL = parts.HEADINGS.keys() - {"h1"} | {"p", "div", "span", "a", "button", "ul", "small", "section", "time"}
CONSENTS = 500  # characters of a banner that is known by its words
LONGEST = 240  # characters of what is known by its words
PARTS = 1000  # elements of it, the lines of its pictures among them


def clean(main: Element, about: Mapping[str, str], left: Left) -> None:
    """
    Take the furniture of a blog out of a page.

    Lines about the post go only if what they say is known without them: `about` is what the head says.
    """
    for one in list(_comments(main)):
        _told_by(one)
    todo = [main]
    while todo:
        for element in list(todo.pop()):
            if not isinstance(element.tag, str):
                continue
            kind = _kind(element)
            if kind and (kind != META or _known(element, about)):
                left(kind, " ".join(parts.text_of(element).split()))
                remove(element)
                continue
            todo.append(element)
            if element.tag in parts.HEADINGS and COUNTED.fullmatch(_short(element, LONGEST)):
                for child in list(element):
                    element.remove(child)
                element.text = "Comments"


def _known(element: Element, about: Mapping[str, str]) -> bool:
    """Whether a line about a post says no more than the head of its page."""
    text = " ".join(parts.text_of(element).split())
    bare = re.sub(MINUTES, "", text, flags=re.IGNORECASE)
    dated = bool(about["date"]) or not re.search(r"\d", bare)
    return dated and (bool(about["author"]) or " by " not in f" {bare} ".lower())


def outside(tree: Element, main: Element) -> Iterator[Element]:
    """The comments of a page that stand beside its main element."""
    around = set(main.iterancestors())
    for element in tree.iter("*"):
        names = {element.get("id") or "", *(element.get("class") or "").split()}
        if names & {"comments", "comments-area", "comment-list", "commentlist"} and element not in around:
            ups = list(element.iterancestors())
            inner = any({up.get("id"), *(up.get("class") or "").split()} & {"comments", "comments-area"} for up in ups)
            if element is not main and main not in ups and not inner:
                yield element


def _names(element: Element) -> list[str]:
    return (element.get("class") or "").split()


def _kind(element: Element) -> str:
    """What of a blog's furniture an element is; "" if it is none."""
    if element.tag in ("body", "main", "html", "article", "h1"):
        return ""
    names, number = _names(element), element.get("id") or ""
    for kind, (tokens, most) in TOKENS.items():
        if not any(tokens.fullmatch(name) for name in [*names, *([number] if kind in NUMBERED else [])]):
            continue
        text = _short(element, most)
        if text and element.find(".//h1") is None and _is_such(kind, element, text):
            return kind
    return _by_words(element) if element.tag in SMALL and len(element) < 12 else ""


def _is_such(kind: str, element: Element, text: str) -> bool:
    """Whether an element that calls itself so is so."""
    if kind in (SHARE, OTHERS):
        return _links(element, text)
    if kind == LETTER:
        return next(element.iter("input", "form", "button", "a"), None) is not None
    return kind != META or SAYS[META].search(text) is not None or len(text) < 60


def _by_words(element: Element) -> str:
    """The same by all that it says."""
    text = _short(element, CONSENTS)
    if not text:
        return ""
    linked = element.tag in ("a", "button") or _links(element, text)
    if len(text) <= LONGEST:
        said = next((kind for kind, words in SAYS.items() if words.fullmatch(text)), "")
        if said and (said != META or element.tag not in parts.HEADINGS):
            return said
        if linked and (PRESSED.fullmatch(text) or NETWORKS.fullmatch(text)):
            return REPLY if PRESSED.fullmatch(text) and not text.lower().startswith(("s", "t", "p", "c")) else SHARE
    if "cookie" in text.lower() and element.tag in ("div", "section"):
        buttons = element.iter("button", "a", "input")
        if any(CONSENT.search(" ".join((*one.itertext(), one.get("value") or ""))) for one in buttons):
            return COOKIES
    return ""


def _short(element: Element, most: int) -> str:
    """The text of an element; "" if it is longer than that, or of very many parts: elements nest, and each is asked."""
    if not parts.few(element, PARTS):
        return ""
    found, length = [], 0
    for text in element.itertext():
        found.append(text)
        length += len(text.strip())
        if length > most:
            return ""
    return " ".join(" ".join(found).split())


def _links(element: Element, text: str) -> bool:
    """Whether an element is links, and little else."""
    linked = sum(len(" ".join("".join(link.itertext()).split())) for link in element.iter("a"))
    return 10 * linked >= 4 * len(text)


def remove(element: Element) -> None:
    """Take an element out; the text behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    tail = element.tail or ""
    if before is not None:
        before.tail = parts.writable((before.tail or "") + tail)
    else:
        parent.text = parts.writable((parent.text or "") + tail)
    parent.remove(element)


# -- comments ----------------------------------------------------------------------------------------------------------


def _comments(main: Element) -> Iterator[Element]:
    for element in main.iter("li", "article", "div"):
        if "comment" in _names(element):
            yield element


def _first(element: Element, *tokens: str) -> Element | None:
    """The first element of such a class below a comment, but not in an answer to it."""
    for one in itertools.islice(element.iter("*"), PARTS):  # answers nest, and each is asked
        if one is not element and set(_names(one)) & set(tokens):
            near = next((up for up in one.iterancestors() if "comment" in _names(up)), None)
            return one if near is element else None
    return None


def _told_by(comment: Element) -> None:
    """Write who said it and when before what a comment says: "Ann (2025-03-01): …"."""
    author = _first(comment, "comment-author", "comment_author", "fn", "author", "commenter")
    said = _first(comment, "comment-content", "comment-text", "comment_text", "comment-body", "body")
    if author is None or said is None or said in author.iterancestors():
        said = said if author is None else _first(comment, "comment-content", "comment-text", "comment_text")
    if author is None or said is None:
        return
    name = re.sub(r"\s+(?:says|sagt|dit|dice)\s*:?$", "", " ".join(parts.text_of(author).split()))
    dates = (
        one
        for one in itertools.islice(comment.iter("time", "a", "span", "div"), PARTS)
        if one.tag == "time" or "comment-date" in _names(one)
    )
    moment = next(dates, None)
    day = "" if moment is None else iso_date(moment.get("datetime") or " ".join(parts.text_of(moment).split()))[:10]
    place = next((one for one in said.iter("p")), said)
    place.text = parts.writable(f"{name}{f' ({day})' if day else ''}: {(place.text or '').lstrip()}")
    for one in (moment, author, _first(comment, "comment-meta", "comment-metadata")):
        if one is not None and one.getparent() is not None and one not in {said, *said.iterancestors()}:
            remove(one)
    parent = comment.getparent()
    if comment.tag == "li" and parent is not None and parent.tag == "ol":
        parent.tag = "ul"
