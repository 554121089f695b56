"""Where the command begins: Ctrl-C is heard from the first moment on, also while the program is still being read."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        from rag.cli import main as run

        run()
    except KeyboardInterrupt:
        print("rag: stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
