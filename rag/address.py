"""The address of an index on a server, or on several: what is given after -d in the place of a file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from rag import files
from rag.errors import InputError

SCHEME = re.compile(r"postgres(ql)?:/")
SEVERAL = re.compile(r",(?=postgres(?:ql)?:/)")
SECRETS = ("password", "sslpassword")  # of the query of an address


class Address(str):
    """
    `postgresql://user@host/database`, or several with commas. As text it has no password, so that it can be shown and
    typed again where ~/.pgpass or PGPASSWORD has that; `secret` has all of it. In a message it is quoted for the shell
    where that is needed.

    It answers what is asked of a path that was given after -d.
    """

    secret: str

    def __new__(cls, text: str) -> Address:
        made = super().__new__(cls, ",".join(map(_shown, SEVERAL.split(text))))
        made.secret = text
        return made

    def __format__(self, wanted: str) -> str:
        return format(shlex.quote(str(self)), wanted)

    @property
    def parts(self) -> list[Address]:
        """Each server alone."""
        return [Address(part.strip()) for part in SEVERAL.split(self.secret)]

    @property
    def stem(self) -> str:
        """The name of the database."""
        return unquote(urlsplit(self.parts[0].secret).path.strip("/")) or "postgres"

    @property
    def name(self) -> str:
        return self.stem

    @property
    def schema(self) -> str:
        """The schema that the tables lie in."""
        return dict(parse_qsl(urlsplit(self.parts[0].secret).query)).get("schema", "rag")

    def expanduser(self) -> Address:
        return self

    def absolute(self) -> Address:
        return self

    def exists(self) -> bool:
        """A server is asked when it is opened."""
        return True


def _shown(text: str) -> str:
    """The address of one server without its password."""
    without = re.sub(r"(?<=://)([^/:]*):[^/]*(?=@)", r"\1", text)
    head, mark, query = without.partition("?")
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0].lower() not in SECRETS)
    return f"{head}{mark if kept else ''}{kept}"


def _whole(text: str) -> str:
    """An address again, of which somebody made a path, which has one slash where two or three stood."""
    return ",".join(map(_slashed, SEVERAL.split(text)))


def _slashed(text: str) -> str:
    scheme, _, rest = text.partition(":/")
    if rest.startswith("/"):
        return text
    return f"{scheme}://{rest}" if "/" in rest.partition("?")[0] else f"{scheme}:///{rest}"


def place(text: str | Path) -> Path:
    """A file as the shell would find it, or an `Address`, which stands for a path wherever one is only handed on."""
    if SCHEME.match(str(text)):
        return text if isinstance(text, Address) else Address(_whole(str(text)))  # type: ignore[return-value]
    if re.match(r"\w+://", str(text)) and not Path(text).exists():
        hint = "An index is a file, or postgresql://USER@HOST/NAME."
        raise InputError(f"{text} is an address, not an index", hint)
    return files.home(text)
