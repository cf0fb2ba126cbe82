"""Routes that answer a POST to a job's paths with 405. To the submit route, they would look like unknown endpoints."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from vidmock.problems import WrongMethod
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler

_READ = ("GET", "HEAD")
_TAKEN: Mapping[str, tuple[str, ...]] = {
    "": _READ,
    "/status": _READ,
    "/status/stream": _READ,
    "/response": _READ,
    "/cancel": ("PUT",),
}
"""The methods of each path below a job's."""


def wrong_method_routes(job: str) -> Mapping[str, Handler]:
    """Routes that refuse a POST to the path *job* and to the paths below it."""
    return {f"POST {job}{tail}": _refusing(methods) for tail, methods in _TAKEN.items()}


def _refusing(methods: tuple[str, ...]) -> Handler:
    async def refuse(call: Call) -> Response:
        raise WrongMethod("POST", methods)

    return refuse
