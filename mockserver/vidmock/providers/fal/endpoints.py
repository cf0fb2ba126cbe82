"""The endpoints of the applications that are here, and what is asked for below one and is not there.

fal's gateway knows applications, and no endpoints: its queue takes a submission to any path below one. Only the
application says that it has no such path, and that is the result of a job that has ended at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.engine.jobs.job import Failure
from vidmock.problems import BadJSON, BadRequest, NoRoute, UnknownModel
from vidmock.providers.exchange.call import Call
from vidmock.providers.exchange.refusals import worded
from vidmock.providers.fal import behaviours
from vidmock.providers.fal.jobs import app_id
from vidmock.schema.catalog import Model
from vidmock.schema.errors import find_error

NOWHERE = "path-not-found"
"""The name of the application's error."""


def check_application(call: Call) -> None:
    """Check that the application in the path of *call*, if there is one, is here. Raises UnknownModel."""
    if "endpoint" in call.request.path_params:
        _known(call)


def served_model(call: Call) -> Model:
    """The model that *call* asks for.

    Raises:
        NoRoute: its application is here, and has no such path.
        UnknownModel: its application is not here, or such paths are to be refused as if it were not.
    """
    model = _known(call)
    if model.id != _endpoint(call):
        raise NoRoute(_path(call))
    return model


def queued_model(call: Call) -> tuple[Model, Failure | None]:
    """The model that a submission to the queue asks for, and ``None``.

    Where its application is here and has no such path, another model of it, and what the job fails with at once.

    Raises:
        UnknownModel: as for :func:`served_model`.
    """
    model = _known(call)
    if model.id == _endpoint(call):
        return model, None
    call.notice(UnknownModel("fal", _endpoint(call), [one.id for one in call.catalog.models("fal")]))
    return model, Failure(NOWHERE, worded(find_error(NOWHERE, "fal"), {"path": _path(call)}).message)


def _known(call: Call) -> Model:
    endpoint = _endpoint(call)
    try:
        return call.catalog.find("fal", endpoint, given=_input(call))
    except UnknownModel:
        theirs = [model for model in call.catalog.models("fal") if app_id(model.id) == app_id(endpoint)]
        if theirs and call.context().choice(behaviours.UNKNOWN_PATH) == "accepted":
            return theirs[0]
        raise


def _input(call: Call) -> Mapping[str, Any]:
    """The input that *call* brings, as far as one can tell of it what a model makes that nobody has described."""
    if not (call.catalog.any_model and call.body):
        return {}
    try:
        return call.object()
    except (BadJSON, BadRequest):
        return {}


def _endpoint(call: Call) -> str:
    return str(call.request.path_params["endpoint"])


def _path(call: Call) -> str:
    """The path in the application."""
    return _endpoint(call).removeprefix(app_id(_endpoint(call))) or "/"
