"""The server killed in the middle of writing: what it acknowledged is there, once."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import httpx
from serving import made, start

from rag.store import Database

WRITERS, EACH = 4, 50


def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    served = start(made(tmp_path), "--pace", "0")
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(writer: int) -> None:
        with served.owner as client:
            for number in range(EACH):
                key = f"note {writer}-{number}"
                document = {"key": key, "text": f"The number of this note is {writer} {number}."}
                try:
                    if client.post("/api/documents", json={"documents": [document]}).status_code != 200:
                        continue
                except httpx.TransportError:
                    return  # the server is gone
                acknowledged.add(key)
                if len(acknowledged) >= 60:
                    enough.set()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    assert enough.wait(120)
    served.process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    served.process.wait()
    served.process.stderr.close()
    with Database(served.database) as db:
        kept = [key for (key,) in db.execute("select d.key from document d join source s on s.id = d.source_id"
                                             " where s.name = 'page'")]  # fmt: skip
        whole = db.value("select count(*) from document d where not exists"
                         " (select 1 from passage p where p.document_id = d.id)")  # fmt: skip
    assert len(acknowledged) < WRITERS * EACH
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))
    assert len(kept) <= len(acknowledged) + WRITERS  # what was in flight may be there, too
    assert whole == 0
