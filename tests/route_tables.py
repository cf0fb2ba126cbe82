"""The tables of routes and of the order of checks in docs/providers, as schemas/routes has them.

``python -m tests.route_tables`` writes them anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.behaviour_tables import PAGES

from vidmock.schema.catalog import providers
from vidmock.schema.evidence import Evidence
from vidmock.schema.routes import Check, ProviderRoutes, RouteFacts, provider_routes

_BLOCK = re.compile(r"(<!-- begin: routes[^>]*-->\n).*?(<!-- end: routes -->)", re.DOTALL)
ABOUT: Mapping[Check, str] = {
    "path": "a path that is not there",
    "method": "a method that the path does not have",
    "refused_key": "a key that is refused",
    "missing_key": "no key",
    "content_type": "another content type",
    "body": "a body that is no JSON, or a wrong field around the input",
    "model": "a model that is not there",
    "account": "an account that is locked or out of money",
    "quota": "too many at once, or in a time",
    "input": "an input that the model does not take",
    "price": "more money than the account has left",
}
KEYS = {"needed": "needed", "checked": "see above", "own": "its own", "none": "none"}


def with_routes(provider: str, page: str) -> str:
    """*page*, the provider's own, with its routes and the order of its checks as they are now."""
    facts = provider_routes(provider)
    lines = ["| method | path | key | evidence |", "|---|---|---|---|"]
    for surface in facts.surfaces:
        lines += [_row(surface.prefix, route) for route in surface.routes]
    lines += ["", "| of two faults, the first is named | evidence |", "|---|---|"]
    lines += [f"| {ABOUT[entry.check]} | {_told(entry.evidence)} |" for entry in facts.order]
    lines += [f"| {ABOUT[entry.check]}: not looked at | {_told(entry.evidence)} |" for entry in facts.unchecked]
    lines += ["", _otherwise(facts)]
    block = "\n".join(lines)
    return _BLOCK.sub(lambda match: f"{match[1]}\n{block}\n\n{match[2]}", page)


def _row(prefix: str, route: RouteFacts) -> str:
    only = f"; only with `{route.under.switch}={route.under.value}`" if route.under else ""
    path = prefix + re.sub(r"\{(\w+):path\}", r"{\1…}", route.path)
    return f"| {', '.join(route.methods)} | `{path}`{only} | {KEYS[route.key]} | {_told(route.evidence)} |"


def _told(evidence: Sequence[Evidence]) -> str:
    return "; ".join(map(str, evidence))


def _otherwise(facts: ProviderRoutes) -> str:
    words = {"path": "Any other path", "method": "any other method"}
    told = [f"{words[entry.what]} is {entry.status} ({_told(entry.evidence)})" for entry in facts.otherwise]
    return f"{', '.join(told)}."


if __name__ == "__main__":
    for name in providers():
        file = PAGES / f"{name}.md"
        file.write_text(with_routes(name, file.read_text("utf-8")), "utf-8")
