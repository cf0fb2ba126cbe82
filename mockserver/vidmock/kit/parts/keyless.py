"""Keeps an API key out of errors: they are shown and kept, and a provider may repeat the key in its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vidmock.kit.client import ClientError


@contextmanager
def keyless(key: str) -> Iterator[None]:
    """Take *key* out of what a :class:`ClientError` says that is raised within."""
    try:
        yield
    except ClientError as error:
        error.hide(key)
        raise
