"""Draws what a provider does over time, as a case in the form of a file of cases: before any client starts.

Each move says what a caller may be told because of it, other than that there is a video, and how many seconds it may
cost a careful client. A history is judged by that, and by what holds in every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from vidmock.contract.case import Feature, Told

FOUND: Final = "SEARCH-01"
"""The id of a case that was drawn."""
_DEADLINE: Final = 300.0
"""Seconds."""
_LOOK: Final = 15.0
"""Seconds between two looks of a careful client, at most."""
_NOBODY_CANCELS: Final = frozenset({"runware"})
_NO_LIMIT_ON_LOOKS: Final = frozenset({"runware"})


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that the provider does: *fault*, in words *does*."""

    does: str
    fault: Mapping[str, Any]
    told: frozenset[Told] = frozenset()
    costs: float = 0.0


@st.composite
def histories(draw: st.DrawFn, provider: str, features: frozenset[Feature]) -> dict[str, Any]:
    """Cases for clients of *provider* that have *features*. The least of them is one call, and nothing happens."""
    calls = draw(st.sampled_from((1, 1, 2)))
    moves = draw(st.lists(st.one_of(_kinds(provider, features)), max_size=4, unique_by=lambda move: move.does))
    queue = draw(st.sampled_from((2, 0, 20)))
    run = draw(st.sampled_from((18, 0, 90, 270, 299, 301, 400)))
    told: set[Told] = {"video"}.union(*(move.told for move in moves))  # type: ignore[assignment]  # of literals
    if queue + run + sum(move.costs for move in moves) + 2 * _LOOK > _DEADLINE:
        told.add("still_running")
    case = {
        "id": FOUND,
        "asks": _sentence(calls, queue + run, moves),
        "must": "No money and no video is lost, and the caller is told what is true.",
        "severity": "S1",
        "evidence": ["found by vidmock check --search"],
        "told": sorted(told),
        "calls": calls,
        "deadline": _DEADLINE,
        "latency": {"queue": queue, "run": run},
        "scripts": [{"providers": [provider], "faults": [dict(move.fault) for move in moves]}],
    }
    if "webhooks" in features and draw(st.booleans()):
        case["deliveries"] = {"copies": draw(st.integers(1, 3)), "again": draw(st.integers(0, 2))}
    return case


def _kinds(provider: str, features: frozenset[Feature]) -> list[st.SearchStrategy[Move]]:
    """What *provider* may do that says something of clients with *features*."""
    kinds = [_lost_answers(), _refusals(), _ends(), _bursts()]
    if provider not in _NO_LIMIT_ON_LOOKS:
        kinds.append(_limits())
    if "downloads" in features:
        kinds.append(_broken_files())
    if "cancels" in features and provider not in _NOBODY_CANCELS:
        kinds.append(_failing_cancels())
    if "webhooks" in features:
        kinds.append(_webhooks())
    return kinds


@st.composite
def _bursts(draw: st.DrawFn) -> Move:
    """Looks fail in a row, from one of them on."""
    effect = draw(st.sampled_from(("internal", "lost", "reset", "edge_page", "empty", "malformed", "truncated")))
    first, often = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    fault = {"effect": effect, "phase": "poll", "nth": [*range(first, first + often)]}
    return Move(f"looks {first} to {first + often - 1} end in {effect}", fault, costs=often * _LOOK)


@st.composite
def _limits(draw: st.DrawFn) -> Move:
    """Looks are too many for the provider."""
    first, often, wait = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.sampled_from((0, 5, 30)))
    fault = {"effect": "rate_limit", "phase": "poll", "nth": [*range(first, first + often)]}
    costs = often * (wait + _LOOK)
    return Move(f"looks {first} to {first + often - 1} are too many", fault | _with(retry_after=wait), costs=costs)


@st.composite
def _lost_answers(draw: st.DrawFn) -> Move:
    """A submission is accepted, and its answer does not arrive."""
    effect = draw(st.sampled_from(("lost", "reset", "truncated", "edge_page", "malformed", "empty")))
    which = draw(st.integers(1, 2))
    fault = {"effect": effect, "phase": "after", "operation": "submit", "nth": which}
    return Move(f"the answer to submission {which} ends in {effect}", fault, frozenset({"unknown"}))


@st.composite
def _refusals(draw: st.DrawFn) -> Move:
    """Submissions are not accepted, for now."""
    effect, often = draw(st.sampled_from(("rate_limit", "internal", "unavailable"))), draw(st.integers(1, 4))
    fault = {"effect": effect, "phase": "before", "operation": "submit", "times": often}
    return Move(f"{often} submissions are refused by {effect}", fault, frozenset({"refused", "unknown"}), 60.0)


@st.composite
def _ends(draw: st.DrawFn) -> Move:
    """A job ends otherwise than well and at its time."""
    effect, arguments, told, costs = draw(
        st.sampled_from(
            (
                ("requeue", _with(seconds=30), frozenset[Told](), 60.0),
                ("fail", _with(code="internal"), frozenset[Told]({"refused"}), 0.0),
                ("moderated", {}, frozenset[Told]({"refused"}), 0.0),
                ("stuck", _with(state="running"), frozenset[Told]({"still_running"}), _DEADLINE),
                ("slow", _with(seconds=240), frozenset[Told](), 240.0),
            )
        )
    )
    fault = {"effect": effect, "phase": "before", "times": 1, **arguments}
    return Move(f"a job meets {effect}", fault, told, costs)


@st.composite
def _broken_files(draw: st.DrawFn) -> Move:
    """Fetching a file fails."""
    effect = draw(st.sampled_from(("media_truncated", "media_page", "lost", "reset", "internal", "edge_page")))
    often = draw(st.integers(1, 5))
    fault = {"effect": effect, "phase": "media", "times": often}
    return Move(f"{often} downloads end in {effect}", fault, frozenset({"not_downloaded"}), often * _LOOK)


@st.composite
def _failing_cancels(draw: st.DrawFn) -> Move:
    effect = draw(st.sampled_from(("internal", "lost", "not_found", "edge_page")))
    return Move(f"cancelling ends in {effect}", {"effect": effect, "phase": "cancel"})


@st.composite
def _webhooks(draw: st.DrawFn) -> Move:
    """Webhooks come twice, late or never."""
    effect = draw(st.sampled_from(("webhook_lost", "webhook_late", "webhook_repeated")))
    return Move(f"a webhook meets {effect}", {"effect": effect, "phase": "webhook"})


def _with(**arguments: Any) -> dict[str, Any]:
    return {"arguments": arguments}


def _sentence(calls: int, seconds: float, moves: list[Move]) -> str:
    made = "A call is made" if calls == 1 else f"{calls} calls are made one after another"
    happens = "".join(f"; {move.does}" for move in moves)
    return f"{made}, whose job takes {seconds:g} s{happens}."
