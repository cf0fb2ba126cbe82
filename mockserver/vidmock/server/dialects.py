"""The dialects of a server: one for each provider, loaded and made when the provider is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from vidmock.engine.service.engine import Engine
from vidmock.providers.exchange.dialect import Dialect
from vidmock.schema.routes import provider_routes


def _runpod(engine: Engine) -> Dialect:
    from vidmock.providers.runpod.dialect import RunPodDialect

    return RunPodDialect(engine)


def _runware(engine: Engine) -> Dialect:
    from vidmock.providers.runware.dialect import RunwareDialect

    return RunwareDialect(engine)


def _fal(engine: Engine) -> Dialect:
    from vidmock.providers.fal.dialect import FalDialect

    return FalDialect(engine)


def _eachlabs(engine: Engine) -> Dialect:
    from vidmock.providers.eachlabs.dialect import EachlabsDialect

    return EachlabsDialect(engine)


_MAKERS: Final[Mapping[str, Callable[[Engine], Dialect]]] = {
    "runpod": _runpod,
    "runware": _runware,
    "fal": _fal,
    "eachlabs": _eachlabs,
}
_OURS: Final[Mapping[str, tuple[str, ...]]] = {"fal": ("/fal/proxy",)}
"""By provider, the prefixes of what its dialect serves and the provider does not: fal's client has a proxy."""


class Dialects(Mapping[str, Dialect]):
    """The dialects by provider, over what *engine* gives."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._made: dict[str, Dialect] = {}

    def __getitem__(self, provider: str) -> Dialect:
        if provider not in self._made:
            self._made[provider] = _MAKERS[provider](self._engine())
        return self._made[provider]

    def __iter__(self) -> Iterator[str]:
        return iter(_MAKERS)

    def __len__(self) -> int:
        return len(_MAKERS)


def places(provider: str) -> Mapping[str, tuple[str, ...]]:
    """The prefix of each surface of *provider*, with the hosts whose names it goes by: known before it is loaded."""
    found = {surface.prefix: surface.hosts for surface in provider_routes(provider).surfaces}
    return found | dict.fromkeys(_OURS.get(provider, ()), ())
