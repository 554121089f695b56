"""Where the command begins: Ctrl-C ends it quietly while the program is still being read, and when it is done."""

from __future__ import annotations

import os
import sys


def main() -> None:
    try:
        import _signal as signal  # type: ignore[import-not-found] # what `signal` is made of, which takes longer to read

        signal.signal(signal.SIGINT, _leave)
        from rag.cli import main as run

        try:
            run()
        finally:
            signal.signal(signal.SIGINT, _leave)
    except KeyboardInterrupt:  # in one of the moments between
        print("rag: stopped", file=sys.stderr)
        sys.exit(130)


def _leave(number: int, frame: object) -> None:
    """Nothing is begun, or all is done: what Python would tear down needs no order."""
    os._exit(130)


if __name__ == "__main__":
    main()
