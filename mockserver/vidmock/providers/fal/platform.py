"""fal's routes beside the queue: tokens for browsers, public webhook keys, OpenAPI documents."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from vidmock.problems import BadRequest
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.dialect import Handler, UrlOf
from vidmock.providers.exchange.envelope import expect, reply
from vidmock.providers.fal.keys import SigningKeys
from vidmock.providers.fal.openapi import openapi_document
from vidmock.providers.fal.tokens import Tokens

TOKEN_SECONDS = (1, 120, 3600)
"""Least, default and greatest life of a token for browsers, in seconds.

The default is what the clients ask for; the limits are inferred.
"""


class Platform:
    """The handlers by route; *queue_url* makes the absolute URL of an origin and a path on the queue."""

    def __init__(self, tokens: Tokens, keys: SigningKeys, queue_url: UrlOf) -> None:
        self._tokens, self._keys, self._queue_url = tokens, keys, queue_url
        self.rest: Mapping[str, Handler] = {"tokens": self.token, "jwks": self.jwks}
        self.web: Mapping[str, Handler] = {"openapi": self.openapi}

    async def token(self, call: Call) -> Response:
        """A short-lived token for the key, as a JSON string."""
        world, body = call.world, call.object()
        apps = expect(body, "allowed_apps", list, required=False)
        least, default, most = TOKEN_SECONDS
        seconds = body.get("token_expiration", default)
        if type(seconds) is not int or not least <= seconds <= most:
            raise BadRequest(f"'token_expiration' must be from {least} to {most} seconds")
        until = call.now + seconds
        claims = {"until": until, "exp": int(world.clock.wall(until)), "use": "browser", "apps": apps}
        return reply(self._tokens.issue(world.key, claims))

    async def jwks(self, call: Call) -> Response:
        return reply(self._keys.published(), headers={"cache-control": "public, max-age=86400"})

    async def openapi(self, call: Call) -> Response:
        model = call.catalog.find("fal", call.request.query_params.get("endpoint_id", ""))
        return reply(openapi_document(model, self._queue_url(call.origin, "")))
