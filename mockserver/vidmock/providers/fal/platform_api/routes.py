"""The routes of the platform API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vidmock.engine.jobs.job import Job
from vidmock.engine.world.world import World
from vidmock.providers.exchange.dialect import Handler, UrlOf
from vidmock.providers.fal.jobs import ModelAnswer
from vidmock.providers.fal.platform_api import account, prices, usage
from vidmock.providers.fal.platform_api.model_search import ModelSearch


def platform_routes(
    queue_url: UrlOf, run_url: UrlOf, outcome: Callable[[World, Job], ModelAnswer]
) -> Mapping[str, Handler]:
    """The handlers by route; *queue_url* and *run_url* make absolute URLs of an origin and a path."""
    return {
        "meta": account.meta,
        "billing": account.billing,
        "models": ModelSearch(queue_url, run_url).list_models,
        "pricing": prices.prices,
        "estimate": prices.estimate,
        "usage": usage.usage,
        "billing_events": usage.billing_events,
        "requests": usage.Requests(outcome).by_endpoint,
    }
