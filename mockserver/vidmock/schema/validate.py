"""Finds everything that is wrong with an input of a model."""

from __future__ import annotations

from vidmock.schema.catalog import Model
from vidmock.schema.model_checks import checks_of
from vidmock.schema.violation import Violation

__all__ = ["Violation", "find_lints", "find_violations"]


def find_violations(model: Model, payload: object) -> tuple[Violation, ...]:
    """What is wrong with *payload* as an input of *model*; empty if nothing is.

    First what is wrong with single places, at most one violation for each, in the order of the schema; then the named
    rules that fail. A rule about a place that is already wrong by itself is left out. Of more than ``MOST_VIOLATIONS``,
    the last entry tells the number.
    """
    if checks_of(model.pattern).valid(payload):
        return ()
    from vidmock.schema.violation_report import (
        reported_violations,
    )  # the words, which a program that sends what is right never needs

    return reported_violations(model, payload)


def find_lints(model: Model, payload: object) -> tuple[Violation, ...]:
    """What the provider takes but probably not as it was meant: warnings, and parameters that it drops silently.

    Of more than ``MOST_VIOLATIONS``, the last entry tells the number.
    """
    from vidmock.schema.violation_report import reported_lints

    return reported_lints(model, payload) if isinstance(payload, dict) else ()
