"""The routes of scenarios: those that come with the package, and starting one in a world."""

from __future__ import annotations

from vidmock.engine.codec import to_plain
from vidmock.engine.faults import rule_json
from vidmock.engine.scenario.scenario import (
    Scenario,
    load_scenario,
    scenario_from_json,
    shipped_scenarios,
    start_scenario,
)
from vidmock.engine.world.behaviours import check_behaviours
from vidmock.server.control import worlds
from vidmock.server.control.refusal import ControlProblem
from vidmock.server.control.request import ControlRequest
from vidmock.server.control.route import ControlRoute


def scenario_view(scenario: Scenario) -> dict[str, object]:
    """A scenario's name, source and faults, as JSON."""
    return {
        "name": scenario.name,
        "about": scenario.about,
        "evidence": to_plain(scenario.evidence),
        "faults": [rule_json.rule_to_json(rule) for rule in scenario.faults],
    }


async def list_scenario_files(request: ControlRequest) -> object:
    """List the scenarios that come with the package."""
    return {"scenarios": [scenario_view(scenario) for scenario in shipped_scenarios()]}


async def play_scenario(request: ControlRequest) -> object:
    """Start a scenario in a world.

    It is one that comes with the package, by name, or one in the body.
    """
    body = request.body("name", "scenario")
    if ("name" in body) == ("scenario" in body):
        raise ControlProblem("say either the 'name' of a scenario or a 'scenario'", where="name")
    scenario = (
        load_scenario(str(body["name"]))
        if "name" in body
        else scenario_from_json(body["scenario"], catalog=request.engine.settings.catalog)
    )
    check_behaviours(scenario.behaviours)
    world = request.world()
    start_scenario(scenario, world)
    return {"scenario": scenario_view(scenario), "world": worlds.world_view(world, reveal=request.reveal)}


SCENARIO_ROUTES = (
    ControlRoute("GET", "/scenarios", list_scenario_files),
    ControlRoute("POST", "/scenario", play_scenario, """-d '{"name": "lost-submit-answer"}'""", only=True),
)
