"""Scenarios: clock, latency, switches, money and faults in one file, to reproduce an incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from vidmock import located_file, resources
from vidmock.engine.faults import rule_json
from vidmock.engine.faults.reach import check_key
from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.jobs import ledger
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.durations import to_seconds
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.engine.world.settings import Settings
from vidmock.engine.world.world import World
from vidmock.located_file import Location
from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.catalog import SHIPPED, Model, ModelCatalog, as_model
from vidmock.schema.validate import find_violations

_TEXT: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1}
_MOST: Final = 50
"""Mistakes of a scenario that are told."""
LineOf = Callable[[Location], int]
"""The line that a place in a scenario stands on, from 1; 0 where there are no lines."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident in the field: *source* is a public thread or a measurement, *check* the property that was broken."""

    source: str
    check: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario sets in a world. ``None`` and empty members change nothing."""

    name: str
    about: str
    evidence: tuple[Incident, ...] = ()
    seed: int | None = None
    clock: Mode | None = None
    latency: Latency | None = None
    behaviours: Mapping[str, str] = field(default_factory=dict)
    budget: Decimal | None = None
    faults: tuple[FaultRule, ...] = ()


def shipped_scenarios() -> tuple[Scenario, ...]:
    """The incidents that come with this package, sorted by name."""
    return tuple(_from_file(file) for file in sorted(resources.folder("fixtures").glob("scenarios/*.json")))


def find_scenario(name: str, catalog: ModelCatalog = SHIPPED) -> Scenario:
    """The shipped scenario of that name, or the one in the file of that name, whose models are those of *catalog*.

    Raises:
        BadRequest: there is neither, or the file is no scenario; the message has a line for each mistake.
    """
    file = Path(name)
    return _from_file(file, catalog) if file.suffix in (".json", ".yaml", ".yml") else load_scenario(name)


def load_scenario(name: str) -> Scenario:
    """The shipped scenario of that name. Raises BadRequest."""
    known = {scenario.name: scenario for scenario in shipped_scenarios()}
    if name not in known:
        raise BadRequest(f"no scenario {name!r}.{did_you_mean(name, known)} There is {', '.join(known)}, or a file")
    return known[name]


def scenario_from_json(
    data: object, name: str = "", line: LineOf = lambda path: 0, catalog: ModelCatalog = SHIPPED
) -> Scenario:
    """Decode and check a scenario; *name* is what messages call it. *catalog* has the models that it may name.

    Raises:
        BadRequest: a line for each thing that is wrong, with what would be right.
    """
    violations = find_violations(_schema(), data)
    mistakes = [(line(found.path), f"{found.where}: {found.message}") for found in violations]
    if isinstance(data, Mapping):
        told = _Told(data, [found.path for found in violations], catalog)
        scenario = told.scenario(name)
        mistakes += [(line(path), said) for path, said in told.mistakes]
        if not mistakes:
            return scenario
    lines = [_located(name, number, said) for number, said in sorted(mistakes)]
    more = [_located(name, 0, f"{len(lines) - _MOST} more mistakes")] if len(lines) > _MOST else []
    raise BadRequest("\n".join([*lines[:_MOST], *more]))


def start_scenario(scenario: Scenario, world: World) -> None:
    """Apply *scenario* to *world* from now on; what is already there stays.

    Raises:
        BadRequest: it has a fault that cannot strike in this world; nothing is changed.
    """
    for rule in scenario.faults:
        check_key(rule, world.key)
    world.reconfigure(scenario.seed, scenario.latency)
    if scenario.clock:
        world.clock.set_mode(scenario.clock)
    world.switch(scenario.behaviours)
    if scenario.budget is not None:
        world.ledger.set_budget(scenario.budget)
    for rule in scenario.faults:
        world.faults.add(rule)


def apply_to_settings(settings: Settings, scenario: Scenario) -> Settings:
    """*settings* with *scenario* for every world; settings that are not at their default win."""
    usual = Settings()
    return replace(
        settings,
        seed=settings.seed if scenario.seed is None or settings.seed != usual.seed else scenario.seed,
        clock=scenario.clock if scenario.clock and settings.clock == usual.clock else settings.clock,
        latency=scenario.latency if scenario.latency and settings.latency == usual.latency else settings.latency,
        behaviours={**scenario.behaviours, **settings.behaviours},
        budget=scenario.budget if settings.budget is None else settings.budget,
        faults=(*settings.faults, *scenario.faults),
    )


class _Told:
    """Decodes what the schema cannot check, and collects each mistake with its location.

    What is wrong by the schema, at the locations *broken*, is left out.
    """

    def __init__(self, data: Mapping[str, Any], broken: Sequence[Location], catalog: ModelCatalog) -> None:
        self._broken, self._catalog = broken, catalog
        self._data = {name: value for name, value in data.items() if (name,) not in broken}
        self.mistakes: list[tuple[Location, str]] = []

    def scenario(self, name: str) -> Scenario:
        data = self._data
        rules = [
            self._rule((part, number), read, said)
            for part, read in (("outcomes", rule_json.outcome_from_json), ("faults", rule_json.rule_from_json))
            for number, said in enumerate(data.get(part, ()))
        ]
        latency = data.get("latency", {})
        queue, run = (self._range(("latency", part), latency.get(part)) for part in ("queue", "run"))
        return Scenario(
            name=data.get("name") or Path(name).stem,
            about=data.get("about", ""),
            evidence=tuple(Incident(**one) for one in data.get("evidence", ()) if not self._broken),
            seed=data.get("seed"),
            clock=self._try(("clock",), Mode.parse, data["clock"]) if "clock" in data else None,
            latency=Latency(queue or Latency().queue, run or Latency().run) if queue or run else None,
            behaviours=self._switches(),
            budget=self._try(("budget",), ledger.parse_budget, data.get("budget")),
            faults=tuple(rule for rule in rules if rule),
        )

    def _switches(self) -> dict[str, str]:
        said = self._data.get("behaviours", {})
        for name, value in said.items():
            if isinstance(value, str):
                self._try(("behaviours", name), check_behaviours, {name: value})
            else:
                self.mistakes.append((("behaviours", name), f"behaviours.{name} must be a string"))
        return dict(said)

    def _rule(self, path: Location, read: Callable[..., FaultRule], said: Any) -> FaultRule | None:
        """The rule at *path*; of one with several mistakes, each is noted."""
        inside = [place[len(path) :] for place in self._broken if place[: len(path)] == path]
        if any(len(place) != 1 or place == ("effect",) for place in inside):
            return None
        sound = {name: value for name, value in said.items() if (name,) not in inside}
        try:
            return read(sound, self._catalog)
        except BadRequest as problem:
            for each in problem.several if isinstance(problem, rule_json.RuleMistakes) else [problem]:
                self._note(path, each)
            return None

    def _range(self, path: Location, said: Any) -> tuple[float, float] | None:
        if said is None or any(place[: len(path)] == path for place in self._broken):
            return None
        read = [self._try(path, to_seconds, length) for length in (said if isinstance(said, list) else [said])]
        if None in read:
            return None
        if read[0] > read[-1]:
            self.mistakes.append((path, f"{'.'.join(map(str, path))}: the shorter one comes first"))
        return read[0], read[-1]

    def _try(self, path: Location, make: Callable[[Any], Any], said: Any) -> Any:
        try:
            return make(said)
        except BadRequest as problem:
            self._note(path, problem)
            return None

    def _note(self, path: Location, problem: BadRequest) -> None:
        deeper = (*path, problem.parameter) if problem.parameter else path
        self.mistakes.append((deeper, f"{'.'.join(map(str, path))}: {problem}"))


def _from_file(file: Path, catalog: ModelCatalog = SHIPPED) -> Scenario:
    data, line = located_file.read_located(file)
    return scenario_from_json(data, str(file), line, catalog)


def _located(name: str, line: int, said: str) -> str:
    place = ", ".join(part for part in (name, f"line {line}" if line else "") if part)
    return f"{place}: {said}" if place else said


@cache
def _schema() -> Model:
    """The schema of scenarios.

    Which effects, phases and providers there are it lists for editors: here, a rule is judged as it is anywhere else.
    """
    file = resources.folder("schemas") / "meta" / "scenario.json"
    schema = deepcopy(bundle_schema(file))
    for rule in ("fault", "outcome"):
        members = schema["$defs"][rule]["properties"]
        members |= {name: _TEXT for name in ("effect", "phase", "provider") if name in members}
    return as_model(file, schema)
