"""Reads the files of cases."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import vidmock.providers.exchange.effects  # noqa: F401 - scripts name effects, which are registered there
from vidmock import resources
from vidmock.contract.case import Case, ClientScript, Deliveries, Feature, WireExpectation
from vidmock.engine.scenario.scenario import scenario_from_json
from vidmock.engine.time.durations import to_seconds
from vidmock.kit.wire import WIRES
from vidmock.located_file import read_located
from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.catalog import Model, as_model
from vidmock.schema.validate import find_violations

_EVERY: Final = tuple(WIRES)
_SCENARIO: Final = ("clock", "latency", "behaviours", "budget", "faults", "outcomes")


@cache
def shipped_cases() -> tuple[Case, ...]:
    """The cases that come with this package, in the order of their files."""
    return tuple(
        case for file in sorted(resources.folder("contracts").glob("cases/*.yaml")) for case in read_cases(file)
    )


def read_cases(file: Path) -> tuple[Case, ...]:
    """The cases in *file*.

    Raises:
        BadRequest: it cannot be read, or a case in it makes no sense; the message has the file and the line.
    """
    data, line = read_located(file)
    mistakes = [(found.path, f"{found.where}: {found.message}") for found in find_violations(_schema(), data)]
    if mistakes:
        raise BadRequest("\n".join(f"{file}, line {line(path)}: {said}" for path, said in mistakes))
    cases = []
    for number, told in enumerate(data):
        try:
            cases.append(case_from_json(told))
        except BadRequest as problem:
            raise BadRequest(f"{file}, line {line((number,))}: case {told['id']}: {problem}") from problem
    return tuple(cases)


def find_cases(wanted: str, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Those of *cases* whose id is *wanted*, or begins with it and a hyphen: ``POLL-01``, ``POLL``.

    Raises:
        BadRequest: there is none.
    """
    found = tuple(case for case in cases if case.id == wanted or case.id.startswith(f"{wanted}-"))
    if not found:
        ids = [case.id for case in cases]
        families = list(dict.fromkeys(each.partition("-")[0] for each in ids))
        meant = did_you_mean(wanted, [*families, *ids])
        raise BadRequest(f"no case {wanted!r}.{meant} There is {', '.join(families)}, or one by itself, as {ids[0]}")
    return found


def case_from_json(told: Mapping[str, Any]) -> Case:
    """The case that *told* describes, which fits the schema of a file of cases.

    Raises:
        BadRequest: its scenario makes no sense.
    """
    scripts = tuple(_script(told, script) for script in told["scripts"])
    seen: set[Feature] = {"request_timeout"} if any(script.hurried for script in scripts) else set()
    if any(script.at_once for script in scripts):
        seen.add("at_once")
    return Case(
        id=told["id"],
        asks=told["asks"],
        must=told["must"],
        severity=told["severity"],
        evidence=tuple(told["evidence"]),
        needs=frozenset(seen.union(told.get("needs", ()))),
        scripts=scripts,
        documented=told.get("documented", {}),
    )


def _script(case: Mapping[str, Any], own: Mapping[str, Any]) -> ClientScript:
    """A script; what it does not say is as its case has it."""
    told = {**case, **own}
    played = _played(told)
    return ClientScript(
        name=own.get("name", ""),
        providers=tuple(told.get("providers", _EVERY)),
        scenario=scenario_from_json(played, case["id"]),
        played=played,
        told=_several(told.get("told", "video")),
        input=told.get("input", {}),
        mistake=told.get("mistake", False),
        bare=told.get("bare", False),
        calls=told.get("calls", 1),
        at_once=told.get("at_once", False),
        varied=told.get("varied", False),
        deadline=to_seconds(told.get("deadline", 600.0)),
        hurried=told.get("hurried", False),
        resumed=told.get("resumed", False),
        interrupted=to_seconds(told["interrupted"]) if "interrupted" in told else None,
        deliveries=Deliveries(**told["deliveries"]) if "deliveries" in told else None,
        within=to_seconds(told["within"]) if "within" in told else None,
        names_field=told.get("names_field", False),
        names_job=told.get("names_job", False),
        names_cost=told.get("names_cost", False),
        reason=told.get("reason", ""),
        wire=_wire(told.get("wire", {})),
    )


def _played(told: Mapping[str, Any]) -> dict[str, Any]:
    """The scenario of a script, in the form of a scenario's file."""
    parts = {part: told[part] for part in _SCENARIO if part in told}
    return {"about": told["asks"], "latency": {"queue": "2s", "run": "18s"}, **parts}


def _wire(told: Mapping[str, Any]) -> WireExpectation:
    return WireExpectation(
        calls=told.get("calls", {}),
        at_most=told.get("at_most", {}),
        waits=to_seconds(told["waits"]) if "waits" in told else None,
        jobs=told.get("jobs"),
        spent=Decimal(told["spent"]) if "spent" in told else None,
        follows=told.get("follows", False),
    )


def _several(told: Any) -> tuple[Any, ...]:
    return tuple(told) if isinstance(told, list) else (told,)


@cache
def _schema() -> Model:
    """The schema of a file of cases."""
    file = resources.folder("schemas") / "meta" / "cases.json"
    return as_model(file, bundle_schema(file))
