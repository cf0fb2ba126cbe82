"""Commands as people write them in one option, as the words that are run."""

from __future__ import annotations

import shlex

from vidmock.problems import BadRequest


def command_words(command: str, example: str) -> list[str]:
    """The words of *command*.

    Raises:
        BadRequest: it is none; the message has *example*.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadRequest(f"{command!r} cannot be read as a command: {error}") from error
    if not words:
        raise BadRequest(f"there is no command. Try: {example}")
    return words
