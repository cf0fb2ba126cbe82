"""The option ``--media``: a file of facts about the input files that requests name by URL."""

from __future__ import annotations

import argparse
from pathlib import Path

from vidmock.problems import BadJSON, BadRequest
from vidmock.schema.known_media import Probe, media_from_file, nothing_known


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--media",
        metavar="FILE",
        help='what input files are, as {"URL": {"seconds": 8, "width": …, "height": …, "bytes": …, "format": "mp4"}}',
    )


def media_probe(arguments: argparse.Namespace) -> Probe:
    """The facts of the file, if one was given.

    Raises:
        BadRequest: it cannot be read, or has another form.
    """
    if not arguments.media:
        return nothing_known
    try:
        return media_from_file(Path(arguments.media))
    except BadJSON as error:
        raise BadRequest(f"--media: {arguments.media}: {error}") from error
    except (OSError, ValueError) as error:
        raise BadRequest(f"--media: {error}") from error
