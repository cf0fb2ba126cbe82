"""What a provider took in a request, and was probably not meant so."""

from __future__ import annotations

from vidmock.engine.world.journal import Exchange
from vidmock.schema.violation import Violation


def lints_of(exchange: Exchange) -> list[Violation]:
    """The lints of the inputs in *exchange* that are valid: of one that is not, its violations are told instead."""
    return [found for judged in exchange.judged if not judged.violations for found in judged.lints]
