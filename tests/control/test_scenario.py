"""Scenarios: files of incidents that are checked line by line, and that happen when they are asked for."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vidmock import resources
from vidmock.engine.faults.catalog import EFFECTS, why_not
from vidmock.engine.faults.outcomes import NEXT
from vidmock.engine.faults.rules import PHASES
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.scenario import scenario
from vidmock.engine.scenario.scenario import (
    apply_to_settings,
    find_scenario,
    scenario_from_json,
    shipped_scenarios,
    start_scenario,
)
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.settings import Settings
from vidmock.problems import BadRequest

if TYPE_CHECKING:
    from tests.conftest import House, Wire

SCHEMA: dict[str, Any] = json.loads((resources.folder("schemas") / "meta" / "scenario.json").read_bytes())
FILES = sorted(resources.folder("fixtures").glob("scenarios/*"))


def test_there_are_a_dozen_incidents_at_least() -> None:
    assert len(shipped_scenarios()) >= 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_a_shipped_scenario_is_named_after_its_file_and_says_where_it_happened(file: Path) -> None:
    found = find_scenario(str(file))
    assert found.name == file.stem
    assert found.evidence
    assert found.faults or found.latency
    assert found.about.endswith(".")


def test_the_schema_knows_all_effects_and_phases() -> None:
    fault, outcome = SCHEMA["$defs"]["fault"]["properties"], SCHEMA["$defs"]["outcome"]["properties"]
    assert fault["effect"]["enum"] == [*EFFECTS]
    assert fault["phase"]["enum"] == [*PHASES]
    assert outcome["effect"]["enum"] == [*NEXT]


JSON = """{
  "about": "several things",
  "clock": "scaled:0",
  "latency": {
    "queue": ["2s", "1s"],
    "run": "soon"
  },
  "faults": [
    {"effect": "edge_page"},
    {"effect": "stuck",
     "phase": "media"},
    {"effect": "late",
     "arguments": {"secnds": 3}}
  ],
  "budget": "much"
}"""
YAML = """\
about: several things
clock: scaled:0
latency:
  queue: [2s, 1s]
  run: soon
faults:
  - effect: edge_page
  - effect: stuck
    phase: media
  - effect: late
    arguments:
      secnds: 3
budget: much
"""


def _mistakes(file: Path) -> list[tuple[int, str]]:
    with pytest.raises(BadRequest) as raised:
        find_scenario(str(file))
    found = []
    for line in str(raised.value).splitlines():
        match = re.fullmatch(rf"{re.escape(str(file))}, line (\d+): (.*)", line)
        assert match, line
        found.append((int(match[1]), match[2]))
    return found


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [("s.json", JSON, [3, 5, 6, 10, 12, 15]), ("s.yaml", YAML, [2, 4, 5, 8, 10, 13])],
    ids=["json", "yaml"],
)
def test_each_mistake_has_its_line(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    (tmp_path / name).write_text(text)
    found = _mistakes(tmp_path / name)
    assert [line for line, _ in found] == lines
    said = " ".join(what for _, what in found)
    assert all(word in said for word in ("scaled:20", "shorter", "'2h'", "stuck cannot happen", "secnds", "budget"))


EVERYTHING = """{
  "clock": "fast",
  "latency": {"queue": ["2s", "1s"],
              "run": []},
  "evidence": [{"sauce": "x"}],
  "faults": [{"effect": "nope"},
             {"effect": "lost", "phase": "aftr", "provider": "fla", "times": 0},
             {"effect": "late", "arguments": {"secnds": 3, "seconds": "x"}, "model": "kling", "operation": "sumbit"},
             5,
             {"effect": "late", "arguments": {"secnds": 3, "seconds": "soon"}}],
  "outcomes": [{"effect": "lost", "provider": "nope"}, {"effect": 5}],
  "behaviours": {"fal.nope": "x", "fal.logs": "bad",
                 "fal.cancel": 1},
  "budget": "free",
  "extra": 1
}"""


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Those of the schema, those that it cannot know, and several of one rule."""
    (tmp_path / "s.json").write_text(EVERYTHING)
    found = _mistakes(tmp_path / "s.json")
    assert [(line, what.partition(" ")[0], what.partition(": ")[2][:22]) for line, what in found] == [
        (1, "about:", "is missing, and requir"),
        (2, "clock:", "no such clock: 'fast'."),
        (3, "latency.queue:", "the shorter one comes "),
        (4, "latency.run:", "is not what the schema"),
        (5, "evidence[0].sauce:", "is not a parameter her"),
        (5, "evidence[0].source:", "is missing, and requir"),
        (6, "faults.0:", "no effect 'nope'. See:"),
        (7, "faults.1:", "lost cannot happen in "),
        (7, "faults.1:", "unknown provider 'fla'"),
        (7, "faults[1].times:", "must be at least 1; go"),
        (8, "faults.2:", "late has no argument '"),
        (8, "faults.2:", "late's seconds cannot "),
        (8, "faults.2:", "no operation 'sumbit'."),
        (8, "faults.2:", "no provider has a mode"),
        (9, "faults[3]:", "must be an object; got"),
        (10, "faults.4:", "late has no argument '"),
        (10, "faults.4:", "late's seconds cannot "),
        (11, "outcomes.0:", "lost is no outcome, no"),
        (11, "outcomes.0:", "unknown provider 'nope"),
        (11, "outcomes[1].effect:", "must be a string; got "),
        (12, "behaviours.fal.logs:", "fal.logs cannot be 'ba"),
        (12, "behaviours.fal.nope:", "no behaviour 'fal.nope"),
        (13, "behaviours.fal.cancel", ""),
        (14, "budget:", "a budget is an amount "),
        (15, "extra:", "is not a parameter her"),
    ]


@pytest.mark.parametrize("name", ["s.json", "s.yaml"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes('{"about": "Störung"}'.encode("latin-1"))
    with pytest.raises(BadRequest, match=f"cannot read {tmp_path / name}: it is not UTF-8"):
        find_scenario(str(tmp_path / name))


def test_of_very_many_mistakes_the_first_are_told_and_how_many_more(tmp_path: Path) -> None:
    faults = [{"effect": f"nope{number}"} for number in range(80)]
    (tmp_path / "s.json").write_text(json.dumps({"about": "x", "faults": faults}))
    with pytest.raises(BadRequest) as raised:
        find_scenario(str(tmp_path / "s.json"))
    lines = str(raised.value).splitlines()
    assert len(lines) == 51
    assert lines[-1].endswith("s.json: 30 more mistakes")


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("s.json", '{"about": "x",\n "abuot": "y"}', 2, "about"),
        ("s.json", '{"about": "x",\n "seed": }', 2, ""),
        ("s.json", '{"about": "x",\n\n "about": "y"}', 3, "twice"),
        ("s.json", '{"about": "x",\n "faults": [\n  {}]}', 3, "effect"),
        ("s.json", '{"about": "x",\n "behaviours": {\n  "runpod.limits": 5}}', 3, "string"),
        ("s.json", '{"about": "x",\n "faults": [\n  {"effect": "lost",\n   "prompt": "("}]}', 4, "expression"),
        ("s.json", '{"about": "x",\n "faults": [{"effect": "lost", "prompt": "a{99999999999}"}]}', 2, "expression"),
        ("s.json", json.dumps({"about": "x", "outcomes": [{"effect": "fail", "prompt": "(" * 2000}]}), 1, "expression"),
        ("s.json", '{"about": "x",\n "latency": {\n  "run": "' + "9" * 400 + 'h"}}', 3, "length of time"),
        ("s.json", '{"about": "x",\n "latency": {\n  "run": 1e300}}', 3, "a hundred years"),
        ("s.json", '{"about": "x",\n "clock": "scaled:1e300"}', 2, "a million"),
        ("s.yaml", "about: x\nseed: -1\n", 2, "seed"),
        ("s.yaml", "about: x\nabout: y\n", 2, "twice"),
        ("s.yaml", "about: x\nfaults: [\n", 3, ""),
        ("s.yaml", "about: x\nclock: 2026-01-01\n", 2, "quote it"),
        ("s.yaml", "about: x\n1: y\n", 2, "no text"),
        ("s.yaml", "about: x\nfaults: &a\n  - *a\n", 2, "alias"),
        ("s.yaml", "about: !!python/name:os.system x\n", 1, "quote it"),
        ("s.yaml", "about: x\nfaults: " + "[" * 900 + "]" * 900, 2, "nested too deeply"),
        ("s.yaml", "", 1, "object"),
    ],
    ids=[
        "unknown-member",
        "syntax",
        "twice",
        "missing",
        "switch",
        "pattern",
        "pattern-overflow",
        "pattern-depth",
        "length-digits",
        "length",
        "speed",
        "yaml-range",
        "yaml-twice",
        "yaml-syntax",
        "yaml-date",
        "yaml-key",
        "yaml-circle",
        "yaml-tag",
        "yaml-depth",
        "yaml-empty",
    ],
)
def test_a_file_that_cannot_be_right_says_why(tmp_path: Path, name: str, text: str, line: int, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadRequest) as raised:
        find_scenario(str(tmp_path / name))
    assert f"{name}, line {line}: " in str(raised.value)
    assert said in str(raised.value)


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "same.json").write_text(
        '{"about": "x", "seed": 3, "clock": "manual", "latency": {"run": ["1m", 90]}, "budget": "1.50",'
        ' "outcomes": [{"effect": "stuck", "nth": 2}], "behaviours": {"runpod.limits": "off"}}'
    )
    (tmp_path / "same.yaml").write_text(
        "about: x\nseed: 3\nclock: manual\nlatency: {run: [1m, 90]}\nbudget: '1.50'\n"
        "outcomes:\n  - effect: stuck\n    nth: 2\nbehaviours:\n  runpod.limits: 'off'\n"
    )
    one, other = find_scenario(str(tmp_path / "same.json")), find_scenario(str(tmp_path / "same.yaml"))
    assert one == other
    assert one.latency == Latency(Latency().queue, (60.0, 90.0))
    assert [(rule.phase, rule.nth, rule.times) for rule in one.faults] == [("before", (2,), 1)]


@pytest.mark.parametrize("name", ["lost-submit-answr", "no-such-file.json"], ids=["name", "file"])
def test_what_is_not_there_is_named(name: str) -> None:
    with pytest.raises(BadRequest, match=name):
        find_scenario(name)


def test_a_scenario_begins_in_one_world_and_in_no_other(house: House, wires: tuple[Wire, ...]) -> None:
    runpod = wires[0]
    house.world("other")
    start_scenario(
        scenario_from_json({"about": "x", "latency": {"queue": 60, "run": 60}, "budget": "0.60", "seed": 9}),
        house.world(),
    )
    slow, quick = runpod.submit(house), runpod.submit(house, "other")
    assert house.world().jobs[slow].ends - house.world().jobs[slow].created == 120
    assert house.world("other").jobs[quick].ends - house.world("other").jobs[quick].created == 3
    refused = house.post(runpod.submit_path, runpod.body)
    assert refused.status_code != 200
    assert len(house.world().jobs) == 1


def test_what_a_server_was_told_otherwise_stays() -> None:
    wanted = scenario_from_json(
        {
            "about": "x",
            "seed": 3,
            "clock": "manual",
            "budget": 2,
            "behaviours": {"fal.logs": "recent", "fal.validation": "pydantic1"},
        }
    )
    usual = apply_to_settings(Settings(), wanted)
    assert (usual.seed, usual.clock, str(usual.budget)) == (3, Mode("manual"), "2")
    told = apply_to_settings(Settings(seed=8, clock=Mode("step"), behaviours={"fal.logs": "all"}), wanted)
    switches = {"fal.logs": "all", "fal.validation": "pydantic1"}
    assert (told.seed, told.clock, told.behaviours) == (8, Mode("step"), switches)


@pytest.mark.parametrize("name", [found.name for found in shipped_scenarios()])
def test_an_incident_happens_to_every_provider(houses: Callable[..., House], wire: Wire, name: str) -> None:
    """On the ordinary way of a job (submit, looks, files, webhook) each rule is used, and one job is paid for."""
    met = apply_to_settings(Settings(seed=1, clock=Mode("manual")), find_scenario(name))
    house = houses(clock=met.clock, latency=met.latency, faults=met.faults)
    body, params = wire.webhook(wire.body, "http://receiver.test/")
    if isinstance(body, list):
        body = [body[0] | {"taskUUID": "00000000-0000-4000-9000-000000000001"}]
    submitting = house.begin("POST", wire.submit_path, json=body, params=params)
    house.advance(150)
    if name == "lost-submit-answer":
        with pytest.raises(ConnectionResetError):
            house.finish(submitting)
    else:
        house.finish(submitting)
    (job,) = house.world().jobs.values()
    for _ in range(4):
        wire.look(house, job.id)
        house.advance(400)
    for output in job.outputs:
        for _ in range(3):
            with contextlib.suppress(ConnectionResetError):
                house.get(_file(houses(), wire, output.id), None)
    idle = [rule for rule, tally in house.world().faults if not tally.fired]
    assert [rule.id for rule in idle if not why_not(rule, wire.name)] == []
    assert house.world().ledger.jobs == 1
    assert bool(house.receiver.messages) == (name not in ("webhook-never-comes", "stuck-in-queue"))
    if name == "long-job":
        # RunPod ends a job that runs for more than ten minutes, unless it is told otherwise.
        assert job.ends - job.created == (900 if wire.name == "runpod" else 1200)


def _file(house: House, wire: Wire, output: str) -> str:
    """The path of an output's file, as this provider builds it; *house* is one where nothing goes wrong."""
    job = wire.submit(house)
    house.advance(10)
    made = house.world().jobs[job].outputs[0].id
    return wire.video(wire.look(house, job).json()).replace(made, output)


def test_a_server_is_started_with_a_scenario() -> None:
    command = [sys.executable, "-m", "vidmock", "serve", "--scenario", "lost-submit-answr"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Did you mean 'lost-submit-answer'?" in done.stderr


def test_no_lines_are_said_where_there_are_none() -> None:
    with pytest.raises(BadRequest) as raised:
        scenario.scenario_from_json({"about": "x", "clock": "sideways"})
    assert str(raised.value).startswith("clock: ")
