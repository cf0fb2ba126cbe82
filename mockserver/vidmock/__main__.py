"""The ``vidmock`` command, as ``python -m vidmock``."""

from __future__ import annotations

import sys

try:
    from vidmock.cli import main
except KeyboardInterrupt:
    # Loading modules is most of the time of a short command.
    print("vidmock: interrupted", file=sys.stderr)  # noqa: T201 - the command line has not begun yet
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
