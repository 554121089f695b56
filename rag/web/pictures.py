"""A picture that was indexed, as long as its file is still the one that was: nothing else of this machine is shown."""

from __future__ import annotations

from starlette.responses import Response

from rag.app.search import indexed_picture
from rag.errors import NotFoundError
from rag.index import Index
from rag.web.api import documents
from rag.web.routes import Call

# What a browser shows as a picture, whatever the name of the file says.
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"BM": "image/bmp"}


async def picture(call: Call) -> Response:
    number = call.path("number")

    def work(index: Index) -> bytes:
        found = documents.seen(index, call.token, number)
        return indexed_picture(index, found)

    data = await call.state.readers.run(work)
    headers = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "private, max-age=600"}
    return Response(data, media_type=_kind(data), headers=headers)


def _kind(data: bytes) -> str:
    if data[8:12] == b"WEBP":
        return "image/webp"
    for beginning, kind in KINDS.items():
        if data.startswith(beginning):
            return kind
    raise NotFoundError("browsers do not show pictures of this kind")
