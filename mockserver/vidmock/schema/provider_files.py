"""The facts that stand in one file a provider: ``schemas/behaviours``, ``schemas/errors`` and ``schemas/routes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from vidmock import resources, strict_json
from vidmock.problems import UnknownProvider

T = TypeVar("T")


def read_provider_files(folder: str, read: Callable[[Mapping[str, Any]], T]) -> Mapping[str, T]:
    """What *read* makes of each file of ``schemas/<folder>``, by the provider that the file names."""
    files = sorted((resources.folder("schemas") / folder).glob("*.json"))
    pages = [strict_json.loads(file.read_bytes()) for file in files]
    return MappingProxyType({page["provider"]: read(page) for page in pages})


def of_provider(facts: Mapping[str, T], provider: str) -> T:
    """The *facts* of *provider*.

    Raises:
        UnknownProvider: there are none.
    """
    if provider not in facts:
        raise UnknownProvider(provider, tuple(facts))
    return facts[provider]
