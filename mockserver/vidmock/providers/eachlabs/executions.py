"""Eachlabs' list of executions: its filters, one page of it, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.jobs.job import Job, State
from vidmock.engine.time.durations import DAY
from vidmock.engine.world.world import World
from vidmock.providers.eachlabs.jobs import CLASSIFICATIONS, classification, status_word
from vidmock.providers.eachlabs.request import Page, choices_parameter, time_parameter

LISTED = ("created", "starting", "success", "error")
"""The statuses by which the list of executions can be filtered."""
LISTED_SECONDS = 90 * DAY
"""How far before its end the list of executions begins, unless a request says otherwise."""
_PROVIDER = "eachlabs"


def executions_page(world: World, query: Mapping[str, str], now: float) -> tuple[list[Job], dict[str, Any]]:
    """The jobs of the page that *query* asks for, the newest first, and the members of the answer that count them.

    Raises:
        Coded: a parameter is wrong; the message has what would be right.
    """
    page, wanted = Page.read(query, default=20, most=100), choices_parameter(query, "status", LISTED)
    model, until = query.get("model") or "", time_parameter(query, "to", now)
    since = time_parameter(query, "from", until - LISTED_SECONDS)
    reasons = choices_parameter(query, "error_classification", CLASSIFICATIONS)
    # No prediction here is a workflow's.
    of_a_workflow = query.get("workflow_id") or query.get("workflow_execution_id")
    states = [state for state in State if not of_a_workflow and (not wanted or status_word(world, state) in wanted)]
    newest_first = world.jobs.newest(now, _PROVIDER, model, states)
    if not reasons and until >= now and since <= _first(world):
        counts = world.jobs.states(now, _PROVIDER, model)
        total, shown = sum(counts[state] for state in states), page.of(newest_first)
    else:
        found = [
            job
            for job in newest_first
            if since <= job.created <= until and (not reasons or classification(job, now) in reasons)
        ]
        total, shown = len(found), page.of(found)
    totals = {"total_count": total, "total_capped": False, "offset": page.offset, "limit": page.limit}
    return shown, totals


def _first(world: World) -> float:
    """When the first job that *world* still has was accepted: they stand in that order."""
    return next((job.created for job in world.jobs.values()), float("inf"))
