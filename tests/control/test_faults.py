"""Faults by the control API: rules come and go, count what they did, and say what they cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vidmock.cli import main
from vidmock.engine.faults.catalog import EFFECTS
from vidmock.engine.faults.reach import phases_at, reached_places
from vidmock.engine.faults.rule_json import rule_from_json, rule_to_json
from vidmock.schema.catalog import providers

if TYPE_CHECKING:
    from tests.conftest import Wire
    from tests.control.conftest import Control

    from vidmock.engine.faults.rules import Phase


def test_a_rule_is_added_strikes_is_counted_and_removed(control: Control, wire: Wire) -> None:
    job = wire.submit(control.house)
    added = control.do("POST", "/faults", {"phase": "poll", "effect": "edge_page", "nth": [2]})
    assert (added["id"], added["arguments"]) == ("fault-1", {"status": 502, "nginx": False, "retry_after": ""})
    usual, struck, after = [wire.look(control.house, job).status_code for _ in range(3)]
    assert (struck, after) == (502, usual)
    (listed,) = control.get("/faults")["faults"]
    assert (listed["seen"], listed["fired"]) == (3, 1)
    assert [e["fault"] for e in control.get("/journal?fault=fault-1")["exchanges"]] == ["fault-1"]
    assert control.do("DELETE", "/faults/fault-1") == {"removed": 1}
    assert control.get("/faults")["faults"] == []
    assert control.refused("DELETE", "/faults/fault-1")[0] == 404


def test_all_rules_go_at_once_and_only_where_it_was_said(control: Control) -> None:
    for key in ("one", "one", "two"):
        control.do("POST", f"/faults?key={key}", {"effect": "internal"})
    assert control.do("DELETE", "/faults?key=one") == {"removed": 2}
    assert len(control.get("/faults")["faults"]) == 1
    assert control.do("DELETE", "/faults") == {"removed": 1}


def test_a_fault_can_be_there_before_its_key_was_ever_used(control: Control, wire: Wire) -> None:
    control.do("POST", "/faults?key=a-key", {"effect": "rate_limit", "phase": "before", "times": 1})
    assert control.house.post(wire.submit_path, wire.body).status_code == 429
    assert wire.submit(control.house)


@pytest.mark.parametrize(
    ("body", "where", "said"),
    [
        ({"effect": "edge_pag"}, "effect", "Did you mean 'edge_page'?"),
        ({"effect": "edge_page", "phase": "pol"}, "phase", "Did you mean 'poll'?"),
        ({"effect": "stuck", "phase": "media"}, "", "it can in before, poll"),
        ({"effect": "edge_page", "arguments": {"code": 1}}, "", "it has status, nginx, retry_after"),
        ({"effect": "edge_page", "arguments": []}, "arguments", "an object"),
        ({"effect": "edge_page", "nht": 1}, "nht", "Did you mean 'nth'?"),
        ({"effect": "edge_page", "nth": 0}, "nth", "from 1"),
        ({"effect": "edge_page", "nth": [True]}, "nth", "from 1"),
        ({"effect": "edge_page", "times": 0}, "times", "from 1"),
        ({"effect": "edge_page", "probability": 2}, "probability", "above 0"),
        ({"effect": "edge_page", "probability": 0}, "probability", "above 0"),
        (
            {"effect": "lost", "phase": "cancel", "provider": "runware"},
            "phase",
            "runware has no cancel; it has before, ",
        ),
        ({"effect": "lost", "phase": "poll", "operation": "submit"}, "operation", "there it is poll or result"),
        ({"effect": "lost", "phase": "upload", "prompt": "kite"}, "prompt", "about no job: it has no prompt"),
        ({"effect": "partial", "provider": "fal"}, "", "only Runware makes several videos in one job"),
        ({"effect": "edge_page", "prompt": "("}, "prompt", "not a regular expression"),
        ({"effect": "edge_page", "model": 7}, "model", "a string"),
        ({"phase": "poll"}, "effect", "name of an effect"),
        ({"effect": "error"}, "", "error needs a code"),
        ({"effect": "error", "arguments": {"code": "runner_disconected"}}, "", "Did you mean 'runner_disconnected'?"),
        ({"effect": "error", "arguments": {"code": 429}, "provider": "flal"}, "provider", "Did you mean 'fal'?"),
    ],
    ids=str,
)
def test_what_is_no_rule_says_what_would_be(control: Control, body: dict[str, Any], where: str, said: str) -> None:
    control.house.world()
    status, error = control.refused("POST", "/faults", body)
    assert (status, error["where"]) == (400, where)
    assert said in error["error"]
    assert control.get("/faults")["faults"] == []


def test_everything_that_is_wrong_with_a_rule_is_told_at_once(control: Control) -> None:
    control.house.world()
    wrong = {
        "effect": "edge_page",
        "phase": "pol",
        "nht": 1,
        "model": 7,
        "times": 0,
        "probability": 2,
        "provider": "flal",
    }
    status, error = control.refused("POST", "/faults", wrong)
    assert (status, error["where"]) == (400, "nht, model, times, probability, phase, provider")
    told = error["error"].splitlines()
    for line, said in zip(told, ["'nth'?", "'model' must", "'times' is", "above 0", "'poll'?", "'fal'?"], strict=True):
        assert said in line
    _, error = control.refused("POST", "/faults", {"effect": "edge_pag", "nth": 0})
    assert error["where"] == "effect, nth"
    _, error = control.refused("POST", "/faults", {"effect": "edge_page", "arguments": {"status": 7, "nginks": True}})
    assert len(error["error"].splitlines()) == 2
    _, error = control.refused("POST", "/faults", dict.fromkeys(map(str, range(1_000)), 0))
    assert len(error["error"].splitlines()) == 20


def where(name: str, phase: Phase) -> str:
    """A provider at which the effect can be seen in that phase."""
    able = (one for one in providers() if phase in phases_at(one) and not EFFECTS[name].why_not(one, phase))
    return next(one for one in able if name != "error" or phase in ("connect", "session") or one != "runware")


def test_a_handshake_is_struck_without_a_key(control: Control) -> None:
    control.house.world()
    rule = {"effect": "hang", "phase": "connect"}
    status, error = control.refused("POST", "/faults?key=a-key", rule)
    assert (status, error["where"]) == (400, "phase")
    assert "a WebSocket's handshake comes before its key: ask for hang at connect without a key" in error["error"]
    added = control.do("POST", "/faults", rule)
    assert [one["id"] for one in control.get("/faults?key=")["faults"]] == [added["id"]]
    scenario = {"scenario": {"about": "x", "faults": [rule]}}
    assert control.refused("POST", "/scenario?key=a-key", scenario)[0] == 400
    assert control.get("/faults?key=a-key")["faults"] == []


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_is_written_as_it_is_read(name: str) -> None:
    for phase in EFFECTS[name].phases:
        code = "rateLimitExceeded" if where(name, phase) == "runware" else "429"
        needed = {"code": code} if name == "error" else {}
        made = rule_from_json(
            {"effect": name, "phase": phase, "nth": 3, "times": 2, "provider": where(name, phase), "id": "x"}
            | {"arguments": needed}
        )
        assert rule_from_json(rule_to_json(made)) == made


def test_the_effects_are_listed_alike_by_the_api_and_by_the_command(
    control: Control, capsys: pytest.CaptureFixture[str]
) -> None:
    told = control.get("/effects")["effects"]
    assert told == [effect.to_json() | {"places": reached_places(effect)} for effect in EFFECTS.values()]
    assert told[[*EFFECTS].index("stuck")]["accepts"] == {"state": "queued or running"}
    assert main(["faults"]) == 0
    printed = capsys.readouterr().out
    assert all(effect["name"] in printed and effect["about"] in printed for effect in told)
    assert main(["faults", "--json"]) == 0
    assert '"edge_page"' in capsys.readouterr().out
    assert main(["faults", "--scenarios"]) == 0
    assert "ComfyUI#16204" in capsys.readouterr().out
    assert main(["faults", "--scenarios", "--json"]) == 0
    assert '"lost-submit-answer"' in capsys.readouterr().out
