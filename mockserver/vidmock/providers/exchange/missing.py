"""Tells whoever runs the server of models and paths that are not here, though the provider may well have them."""

from __future__ import annotations

from vidmock.problems import NoRoute, Problem, UnknownModel
from vidmock.providers.exchange.envelope import Arrival

SERVE_ANY_MODEL = (
    "--any-model serves any model there is, unjudged and without a price; for one that is judged and priced, "
    "vidmock import makes a file of its page, and --models DIR serves it"
)
"""What to type where a model is missing, and nothing near it was meant."""

_LONGEST = 100
"""Characters of a model's name that are remembered."""


def tell_missing(arrival: Arrival, provider: str, problem: Problem) -> str:
    """Tell of *problem* at *provider* if it is of that kind: what was said, else ""."""
    if problem.fault or not isinstance(problem, UnknownModel | NoRoute):
        return ""
    if isinstance(problem, NoRoute):
        said = f"{provider}: {problem}"
        arrival.notice(said)
        return said
    arrival.notice(str(problem))
    arrival.notice(SERVE_ANY_MODEL)
    hint = f" ({problem.hint.rstrip('.')})" if problem.hint else ""
    arrival.missing(f"{problem.provider} {problem.name[:_LONGEST]}{hint}")
    return str(problem)
