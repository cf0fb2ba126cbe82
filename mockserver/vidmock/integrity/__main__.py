"""``python -m vidmock.integrity URL``: 0 where all is well, 1 where something is not, 2 where it cannot be asked."""

from __future__ import annotations

import asyncio
import signal
import sys
from types import FrameType

from vidmock.integrity.control_client import ControlRefused
from vidmock.integrity.options import parse_options
from vidmock.integrity.run import check_own_server, check_server
from vidmock.progress import Progress


def check_command() -> int:
    options = parse_options()
    # Its own server ends with it, however it is ended.
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with Progress(sys.stderr) as progress:

            def say(line: str) -> None:
                progress.erase()
                print(line, flush=True)  # noqa: T201 - this is a program

            if options.url:
                report = asyncio.run(check_server(options, say, progress.show))
            else:
                report = check_own_server(options, say, progress.show)
    except ControlRefused as refused:
        print(f"vidmock.integrity: {refused}", file=sys.stderr)  # noqa: T201 - this is a program
        return 2
    except KeyboardInterrupt:
        print("vidmock.integrity: interrupted", file=sys.stderr)  # noqa: T201 - this is a program
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
    return 1 if report.breaches else 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(check_command())
