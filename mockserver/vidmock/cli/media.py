"""The option ``--media``: a file of facts about the input files that requests name by URL."""

from __future__ import annotations

import argparse

from vidmock.problems import BadRequest
from vidmock.schema.known_media import Probe, nothing_known, read_media


def add_option(parser: argparse._ActionsContainer) -> None:
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
    if arguments.media is None:
        return nothing_known
    try:
        return read_media(arguments.media)
    except BadRequest as problem:
        raise BadRequest(f"--media: {problem}") from problem
