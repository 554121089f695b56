"""Where the command begins: Ctrl-C ends it quietly while the program is still being read, and when it is done."""

from __future__ import annotations

import os
import sys


def main(leave: bool = True) -> None:
    """Run the command and `leave` the process; who does more in it catches SystemExit."""
    try:
        import _signal as signal  # type: ignore[import-not-found] # what `signal` is made of, which takes longer to read

        signal.signal(signal.SIGINT, _leave)
        _collect_later()
        from rag.cli import main as run

        try:
            run()
        except SystemExit as ended:
            signal.signal(signal.SIGINT, _leave)
            if leave:
                _end(ended.code)
            raise
        finally:
            signal.signal(signal.SIGINT, _leave)
    except KeyboardInterrupt:  # in one of the moments between
        print("rag: stopped", file=sys.stderr)
        sys.exit(130)


def _collect_later() -> None:
    """
    Look for cycles of garbage once 100,000 objects were made, and from then on as usual: a short command makes fewer,
    and looking for them among all modules is a twentieth of what it takes.
    """
    import gc

    usual = gc.get_threshold()

    def later(phase: str, about: object) -> None:
        gc.callbacks.remove(later)
        gc.set_threshold(*usual)

    gc.callbacks.append(later)
    gc.set_threshold(100_000, *usual[1:])


def _end(code: object) -> None:
    """
    End here, once all that was printed is out and whoever wanted to tidy up has: Python would take all its modules
    apart, a sixth of what a short command costs. Where something is left to do, that is left to Python.
    """
    import atexit

    threading = sys.modules.get("threading")
    if not isinstance(code, int | None) or (threading and threading.active_count() > 1):
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            return
    os._exit(code or 0)


def _leave(number: int, frame: object) -> None:
    """Nothing is begun, or all is done: what Python would tear down needs no order."""
    os._exit(130)


if __name__ == "__main__":
    main()
