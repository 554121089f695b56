"""
Which reader a file's name calls for.

A reader is a function `(data, key, source, left) -> list[Document]` over the bytes of one file, so that a file in an
archive is read like one on disk; `left` is told what it leaves out. Its module is imported only when it is needed.
Nothing here opens anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol

from rag.sources import names
from rag.sources.items import Left, untold
from rag.types import Document


class Reader(Protocol):
    """The documents in the bytes of a file. Raises InputError that names the key and what is wrong."""

    def __call__(self, data: bytes, key: str, source: str, left: Left = untold) -> list[Document]: ...


# The bytes of a file by its path from the folder of the one that is read, or of a mail of the source by its number
Beside = Callable[[str], bytes | None]

READERS = {
    "markdown": "rag.sources.chat_text:markdown",
    "text": "rag.sources.chat_text:plain",
    "code": "rag.sources.text:code",
    "settings": "rag.sources.text:code",
    "chat": "rag.sources.chat_exports:read",
    "canvas": "rag.sources.canvas:read",
    "html": "rag.sources.html:read",
    "rst": "rag.sources.rst:read",
    "asciidoc": "rag.sources.asciidoc:read",
    "org": "rag.sources.org:read",
    "latex": "rag.sources.latex:read",
    "man": "rag.sources.man:read",  # told by its first lines
    "pdf": "rag.sources.pdf:read",
    "docx": "rag.sources.office:docx",
    "pptx": "rag.sources.office:pptx",
    "xlsx": "rag.sources.sheets:xlsx",
    "ods": "rag.sources.sheets:ods",
    "odt": "rag.sources.opendocument:odt",
    "odp": "rag.sources.opendocument:odp",
    "rtf": "rag.sources.rtf:read",
    "ics": "rag.sources.cards:ics",
    "vcf": "rag.sources.cards:vcf",
    "gedcom": "rag.sources.gedcom:read",
    "listed": "rag.sources.listed:read",  # a table in a folder: one document
    "epub": "rag.sources.books:epub",
    "notebook": "rag.sources.notebooks:read",
    "eml": "rag.sources.mail:eml",
    "mbox": "rag.sources.mail:mbox",
    "subtitles": "rag.sources.subtitles:read",
    "picture": "rag.sources.pictures:read",  # only where the user asks for OCR
    "image": "rag.sources.pictures:whole",  # only where the user asks for pictures
}

# Raised whenever a reader gives another text for the same bytes: what an older one read is then read again.
VERSIONS = {
    **dict.fromkeys(READERS, 2),
    "rst": 6,
    **dict.fromkeys(("asciidoc", "org", "latex"), 4),
    "epub": 3,
    **dict.fromkeys(("odt", "odp", "rtf"), 4),
    **dict.fromkeys(("xlsx", "ods"), 5),
    **dict.fromkeys(("code", "settings"), 3),
    "man": 3,
    "markdown": 12,
    "text": 8,
    "chat": 4,
    "subtitles": 3,
    "html": 8,
    "listed": 5,
    "notebook": 4,
    "eml": 6,
    "mbox": 6,
    "pdf": 8,
    "docx": 9,
    "pptx": 5,
}
READ_BY_OCR = ("pdf", "picture")
READ_WITH_OTHERS = ("chat", "eml")

SUFFIXES = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"), "markdown"),
    **dict.fromkeys((".txt", ".text", ".bib", ".log"), "text"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".srt", ".vtt"), "subtitles"),
    **dict.fromkeys((".adoc", ".asciidoc"), "asciidoc"),
    ".org": "org",
    **dict.fromkeys((".tex", ".ltx", ".latex"), "latex"),
    ".rst": "rst",
    ".rest": "rst",
    ".pdf": "pdf",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".docm": "docx",
    ".ods": "ods",
    **dict.fromkeys((".odt", ".ott", ".fodt"), "odt"),
    **dict.fromkeys((".odp", ".otp", ".fodp"), "odp"),
    **dict.fromkeys((".csv", ".tsv", ".tab", ".jsonl", ".ndjson"), "listed"),
    ".rtf": "rtf",
    ".ics": "ics",
    ".vcf": "vcf",
    ".vcard": "vcf",
    **dict.fromkeys((".ged", ".gedcom"), "gedcom"),
    ".epub": "epub",
    ".ipynb": "notebook",
    ".canvas": "canvas",
    ".eml": "eml",
    ".mbox": "mbox",
    ".zip": "zip",  # no reader: its members are items
}

# What a name ends in behind ".md" where a program fills in a page before it is made
TEMPLATES = frozenset("""
    .erb .j2 .jinja .jinja2 .liquid .mustache .hbs .handlebars .njk .nunjucks .ejs .eex .tmpl .tpl .gotmpl .mako .twig
    .template .in
""".split())  # fmt: skip  # noqa: SIM905

LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".ts", ".tsx"), "typescript"),
    **dict.fromkeys((".c", ".h"), "c"),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp"), "cpp"),
    **dict.fromkeys((".sh", ".bash", ".zsh", ".fish"), "shell"),
    **dict.fromkeys((".ex", ".exs"), "elixir"),
    **dict.fromkeys((".hs", ".lhs"), "haskell"),
    **dict.fromkeys((".ml", ".mli"), "ocaml"),
    **dict.fromkeys((".pl", ".pm"), "perl"),
    **{f".{name}": name for name in ("go", "java", "swift", "scala", "lua", "php", "sql", "r", "dart", "zig", "nim")},
    ".rs": "rust",
    ".rb": "ruby",
    ".kt": "kotlin",
    ".cs": "csharp",
    ".jl": "julia",
    ".clj": "clojure",
    ".erl": "erlang",
    ".gbnf": "gbnf",
    ".el": "lisp",
    ".lisp": "lisp",
    ".vim": "vim",
    **{
        f".{name}": name for name in ("vue", "svelte", "elm", "sol", "tcl", "awk", "pas", "vb", "cr", "d", "rkt", "scm")
    },
    **dict.fromkeys((".fs", ".fsx"), "fsharp"),
    **dict.fromkeys((".m", ".mm"), "objective-c"),
    **dict.fromkeys((".f", ".f90", ".f95"), "fortran"),
    ".proto": "protobuf",
    ".graphql": "graphql",
}

# Files without a suffix that are prose by custom; others are left out of a folder ("unsupported"), and read as text
# when they are named.
PROSE_NAMES = frozenset("""
    readme license licence copying authors changelog changes news todo notice contributing contributors maintainers
    install faq hacking history security thanks credits
""".split())  # fmt: skip  # noqa: SIM905

PICTURES = frozenset((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"))

TABLES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".json": "json", ".jsonl": "nl", ".ndjson": "nl", ".nl": "nl"}
DATABASES = (".db", ".sqlite", ".sqlite3", ".db3")

# Never text, so not worth opening.
BINARY = re.compile(
    r"\.(png|jpe?g|gif|webp|avif|heic|bmp|ico|tiff?|psd|mp[34]|m4[av]|mov|avi|mkv|webm|wav|flac|ogg|woff2?|ttf|otf|eot"
    r"|exe|dll|so|dylib|a|o|obj|py[co]|class|jar|war|whl|gz|bz2|xz|zst|7z|rar|tar|tgz|iso|dmg|bin|dat|gguf|onnx"
    r"|safetensors|pth?|np[yz]|pkl|parquet|arrow|wasm|xlsx?|doc|ppt|od[tsp]|(db|sqlite3?)(-wal|-shm|-journal)?)",
    re.IGNORECASE,
)


def kind_of(name: str, *, ocr: bool = False, pictures: bool = False) -> str | None:
    """
    The name of the reader for a file of this name; None if its name says nothing.

    With `ocr`, also of pictures; with `pictures`, of them alone.
    """
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if pictures:
        return "image" if suffix in PICTURES else None
    if suffix in PICTURES:
        return "picture" if ocr else None
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    if suffix in TEMPLATES and SUFFIXES.get(path.with_suffix("").suffix.lower()) == "markdown":
        return "markdown"
    if names.left_alone(path.name):
        return None
    if suffix in LANGUAGES:
        return "code"
    if not suffix and path.name.lower() in PROSE_NAMES:
        return "text"
    return "settings" if names.language(name) is not None else None


def reader(kind: str, ocr: str = "", beside: Beside | None = None) -> Reader:
    """
    The reader of that name; imported only now. `ocr` is the language in which it reads what is scanned, `beside` gives
    it other files.
    """
    module, _, function = READERS[kind].partition(":")
    found = getattr(import_module(module), function)
    if beside and kind in READ_WITH_OTHERS:
        found = partial(found, beside=beside)
    wanted: Reader = partial(found, language=ocr) if ocr and kind in READ_BY_OCR else found
    return wanted


def stamp_of(kind: str, ocr: str = "") -> str:
    """The name and version of a reader, as documents remember it; with the language of its OCR if it does any."""
    return f"{kind}.{VERSIONS[kind]}" + (f" {ocr}" if ocr and kind in READ_BY_OCR else "")


# Not read, and what to do with one
UNREAD = {
    ".xls": ("an old Excel file", "save it as .xlsx"),
    ".xlsb": ("a binary Excel file", "save it as .xlsx"),
    ".doc": ("an old Word file", "save it as .docx"),
    ".ppt": ("an old PowerPoint file", "save it as .pptx"),
    **dict.fromkeys((".pages", ".numbers"), ("a file of Apple's office programs", "export it as PDF")),
    ".wpd": ("a WordPerfect file", "save it as .docx"),
    ".msg": ("an Outlook mail", "save it as .eml"),
    ".pst": ("an Outlook archive", "export it as .mbox"),
    **dict.fromkeys((".mobi", ".azw", ".azw3"), ("a Kindle book", "convert it to .epub")),
    ".djvu": ("a DjVu file", "convert it to PDF"),
    **dict.fromkeys((".heic", ".avif"), ("a picture of a kind that is not read", "save it as .jpg")),
}


def why_not(name: str, *, pictures: bool = False) -> str:
    """Under which word a file that no reader knows is counted."""
    if pictures:
        return "no pictures"
    suffix = PurePosixPath(name).suffix
    if suffix.lower() in PICTURES:
        return "pictures"
    if unread := UNREAD.get(suffix.lower()):
        return f"{unread[0].partition(' ')[2]} ({unread[1]})"
    return names.left_alone(PurePosixPath(name).name) or ("binary" if BINARY.fullmatch(suffix) else "unsupported")
