"""Judges what a provider answers: fixtures that a client has recorded, and the mock's own answers in its tests."""

from __future__ import annotations

from functools import cache

from vidmock import resources, strict_json
from vidmock.problems import UnknownProvider
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.catalog import Model, as_model, providers
from vidmock.schema.findings import joined_findings
from vidmock.schema.validate import find_violations
from vidmock.schema.violation import Violation


def validate_answer(provider: str, answer: object) -> tuple[Violation, ...]:
    """What is wrong with *answer* as one of *provider*'s, or as the body of a webhook; empty if nothing is.

    *answer* is the body as JSON text or as a value. Its kind is told by its members, and members that are not described
    are no fault: providers add some. An answer of Runware is judged item by item, and an item or a list of them by
    themselves are taken as well. The output of a model is judged as far as it is files.

    Raises:
        UnknownProvider: no provider of that name.
        BadJSON: the text is not strict JSON.
    """
    value = strict_json.loads(answer) if isinstance(answer, str | bytes) else answer
    return joined_findings(find_violations(answers_of(provider), value))


@cache
def answers_of(provider: str) -> Model:
    """The schema of all that *provider* answers. Raises UnknownProvider."""
    if provider not in providers():
        raise UnknownProvider(provider, providers())
    file = resources.folder("schemas") / "answers" / f"{provider}.json"
    return as_model(file, bundle_schema(file))
