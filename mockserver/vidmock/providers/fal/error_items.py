"""An error as an item of the ``detail`` of a model on fal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vidmock.providers.exchange.refusals import WordedError
from vidmock.providers.exchange.renderers import ChoiceOf
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.echo import echoed


def error_item(
    error: WordedError, choice: ChoiceOf, given: object, loc: Sequence[str | int] = (), value: object = None
) -> dict[str, Any]:
    """*error* as an item of a model's ``detail``; without *loc*, it blames what such an error usually does.

    A model's own errors have a URL, and the *value* that is to blame: of the input *given*, unless there is another.
    """
    known = error.known
    inputs = given if isinstance(given, Mapping) else {}
    place = ["body", *(loc or known.blamed(inputs))]
    item: dict[str, Any] = {"loc": place, "msg": error.message, "type": known.code}
    if known.form != "model":
        return item | error.more
    item["url"] = f"https://docs.fal.ai/errors#{known.code}"
    item |= error.more
    if value is None:
        value = inputs.get(str(place[-1]), given)
    if known.code == "content_policy_violation" and choice(behaviours.REFUSED_INPUT) == "whole":
        value = given
    return item if value is None else item | {"input": echoed(value)}
