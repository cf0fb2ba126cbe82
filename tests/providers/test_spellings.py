"""One thing that goes wrong has one wording at each provider, however it is asked for and wherever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import WIRES

from vidmock.engine.faults.catalog import EFFECTS, checked_rule
from vidmock.engine.faults.failure_codes import FAILURE_CODES
from vidmock.engine.faults.problems import PROBLEMS, problem_of
from vidmock.engine.faults.rules import Effect, FaultRule, Moment, Phase
from vidmock.engine.scenario.scenario import scenario_from_json, start_scenario
from vidmock.providers.exchange.refusals import refusal
from vidmock.schema.errors import failure_words

if TYPE_CHECKING:
    from tests.conftest import House, Wire

TASK = "00000000-0000-4000-8000-00000000000a"
HOOK = "http://receiver.test/hook"
PROMPT = "a kite over dunes"
OPERATIONS = {"before": "submit", "poll": "poll"}
WORDS = [name for name in PROBLEMS if name != "error"]


@dataclass(frozen=True)
class Spelling:
    """A way to ask for something: an effect with its first argument."""

    effect: str
    value: str = ""
    provider: str = field(default="", compare=False)

    @property
    def arguments(self) -> dict[str, Any]:
        main = EFFECTS[self.effect].main
        return {main: self.value} if main and self.value else {}


Door = Callable[["House", Spelling, Phase], str]
"""Asks for a spelling in a phase; returns the prompt to send."""


def in_a_prompt(house: House, asked: Spelling, phase: Phase) -> str:
    value = f'="{asked.value}"' if asked.value else ""
    return f"{PROMPT} [[vidmock: {asked.effect}{value} at={phase}]]"


def over_http(house: House, asked: Spelling, phase: Phase) -> str:
    rule = {"effect": asked.effect, "arguments": asked.arguments, "phase": phase, "times": 1}
    assert house.post("/_vidmock/faults?key=a-key", rule, None).status_code == 200
    return PROMPT


def in_python(house: House, asked: Spelling, phase: Phase) -> str:
    house.world().faults.add(checked_rule(FaultRule(phase, Effect(asked.effect, asked.arguments), times=1)))
    return PROMPT


def in_a_scenario(house: House, asked: Spelling, phase: Phase) -> str:
    rule = {"effect": asked.effect, "arguments": asked.arguments, "phase": phase, "times": 1}
    start_scenario(scenario_from_json({"about": "what goes wrong", "faults": [rule]}), house.world())
    return PROMPT


DOORS: tuple[Door, ...] = (over_http, in_a_prompt, in_python, in_a_scenario)


def sent(wire: Wire, prompt: str) -> Any:
    """The body of a submit with *prompt* and a task id."""
    text = json.dumps(wire.body).replace(PROMPT, json.dumps(prompt)[1:-1])
    body = json.loads(text)
    return [task | {"taskUUID": TASK} for task in body] if isinstance(body, list) else body


def story(house: House, wire: Wire, door: Door, asked: Spelling, phase: Phase) -> list[Any]:
    """All that a client is told of one job, with what it costs; without the prompt, and what a file with it has."""
    house.world()
    prompt = door(house, asked, phase)
    body, params = wire.webhook(sent(wire, prompt), HOOK)
    told = [house.post(wire.submit_path, body, params=params)]
    if told[0].status_code == 200:
        job = wire.job_id(told[0].json())
        for seconds in (1.5, 2.5, 60):
            house.advance(seconds)
            told.append(wire.look(house, job))
    written = re.compile(re.escape(json.dumps(prompt)[1:-1]) + r'|"file_size": ?\d+')
    answers = [(one.status_code, written.sub("", one.text)) for one in told]
    hooks = [written.sub("", message.body.decode()) for message in house.receiver.messages]
    return [answers, hooks, house.world().ledger.spent]


def refusals(provider: str, word: str, phase: Phase) -> list[Spelling]:
    moment = Moment(phase, provider, OPERATIONS[phase], "a-model", job="a-job" if phase == "poll" else "")
    known = refusal(problem_of(Effect(word, EFFECTS[word].defaults), moment), provider).known
    return [Spelling(word), Spelling("error", known.name)]


def failures(provider: str, word: str, phase: Phase) -> list[Spelling]:
    known = failure_words(provider)[word]
    spelled = [Spelling("fail", word), Spelling("fail", known.name)]
    if known.at(phase) == "failure":
        spelled.append(Spelling("error", known.name))
    return [*spelled, Spelling("moderated")] if word == "moderated" else spelled


CASES = [
    pytest.param(wire, spelled, phase, id=f"{wire.name}-{word}-{phase}")
    for wire in WIRES
    for phase in ("before", "poll")
    for spell, words in ((refusals, WORDS), (failures, FAILURE_CODES))
    for word in words
    # A poll of an unknown task is no error at Runware, unless it is switched so.
    if (wire.name, word, phase) != ("runware", "not_found", "poll")
    for spelled in [spell(wire.name, word, phase)]
]


@pytest.mark.parametrize(("wire", "spelled", "phase"), CASES)
def test_all_spellings_give_the_same_bytes_at_every_door(
    houses: Callable[..., House], wire: Wire, spelled: list[Spelling], phase: Phase
) -> None:
    expected = story(houses(), wire, over_http, spelled[0], phase)
    for other in spelled[1:]:
        assert story(houses(), wire, over_http, other, phase) == expected, other
    for door in DOORS[1:]:
        assert story(houses(), wire, door, spelled[0], phase) == expected, door.__name__


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: str(wire.name))
@pytest.mark.parametrize("phase", ["before", "poll"])
def test_refused_content_is_accepted_fails_later_and_is_not_paid(
    houses: Callable[..., House], wire: Wire, phase: Phase
) -> None:
    answers, hooks, spent = story(houses(), wire, over_http, Spelling("moderated"), phase)
    assert answers[0][0] == 200
    assert len(hooks) == 1
    assert spent == Decimal(0)
    known = failure_words(wire.name)["moderated"]
    assert json.dumps(known.message)[1:-1] in answers[-1][1]
    assert answers[-1] == answers[-2]
