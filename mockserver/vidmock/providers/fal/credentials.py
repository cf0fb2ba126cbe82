"""fal's credentials: an API key, or the token of a browser, which is good for the applications it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from vidmock.engine.world.registry import WorldRegistry
from vidmock.problems import Unauthorized, WrongScheme
from vidmock.providers.exchange.envelope import Credential, bearer
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.errors import NotAllowed
from vidmock.providers.fal.jobs import app_id
from vidmock.providers.fal.tokens import Tokens


class Credentials:
    """Reads the credentials of requests; *tokens* are those that were issued here."""

    def __init__(self, worlds: WorldRegistry, tokens: Tokens) -> None:
        self._worlds, self._tokens = worlds, tokens

    def read(self, request: Request) -> Credential | None:
        """The key that was sent, or the key of a token that was issued here.

        Raises:
            Unauthorized: the token's key is not known, or a token was sent as a key, or one for uploads was sent.
            NotAllowed: the token is for other applications.
            WrongScheme: a bearer token that was not issued here.
        """
        scheme = request.headers.get("authorization", "").strip().partition(" ")[0].lower()
        if scheme not in ("", "bearer"):
            key = bearer(request, "key")
            # Only a key with two dots can be a token: reading every key as one would cost time in each call.
            if key and key.count(".") == 2 and self._tokens.read(key) is not None:
                raise Unauthorized(missing=False)
            return Credential.of(key)
        token = bearer(request, "bearer") or request.query_params.get("fal_jwt_token")
        if not token:
            return None
        claims = self._tokens.read(token)
        if claims is None:
            raise WrongScheme("bearer", ["Key <key>"])
        if claims["use"] != "browser":
            raise Unauthorized(missing=False)
        self._check_allowed(claims, request)
        return Credential(str(claims["key"]), claims["until"])

    def _check_allowed(self, claims: Mapping[str, Any], request: Request) -> None:
        """Check a browser's token against the application in the path. Raises NotAllowed."""
        world = self._worlds.known(str(claims["key"])) or self._worlds.nobody
        if claims["apps"] is None or world.choice(behaviours.ALLOWED_APPS) == "ignored":
            return
        addressed = request.path_params
        endpoint = addressed.get("endpoint") or addressed.get("app") or ""
        if addressed.get("alias", app_id(endpoint).rpartition("/")[2]) not in claims["apps"]:
            raise NotAllowed
