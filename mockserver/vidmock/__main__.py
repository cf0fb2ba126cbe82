"""The ``vidmock`` command, as ``python -m vidmock``."""

from __future__ import annotations

import sys

from vidmock.cli import main

if __name__ == "__main__":
    sys.exit(main())
