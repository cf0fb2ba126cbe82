"""The routes of the platform API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vidmock.engine.jobs.job import Job
from vidmock.engine.world.world import World
from vidmock.providers.exchange.dialect import Handler
from vidmock.providers.fal.jobs import ModelAnswer
from vidmock.providers.fal.platform_api import account, prices, usage
from vidmock.providers.fal.platform_api.model_search import ModelSearch

UrlOf = Callable[[str, str], str]


def platform_routes(
    queue_url: UrlOf, run_url: UrlOf, outcome: Callable[[World, Job], ModelAnswer]
) -> Mapping[str, Handler]:
    """The handlers by route; *queue_url* and *run_url* make absolute URLs of an origin and a path."""
    return {
        "GET /v1/meta": account.meta,
        "GET /v1/account/billing": account.billing,
        "GET /v1/models": ModelSearch(queue_url, run_url).list_models,
        "GET /v1/models/pricing": prices.prices,
        "POST /v1/models/pricing/estimate": prices.estimate,
        "GET /v1/models/usage": usage.usage,
        "GET /v1/models/billing-events": usage.billing_events,
        "GET /v1/models/requests/by-endpoint": usage.Requests(outcome).by_endpoint,
    }
