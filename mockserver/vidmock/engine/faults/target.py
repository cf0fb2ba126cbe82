"""What a fault is aimed at: a provider, an operation and a model that there are, or it would never strike."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from vidmock.engine.faults.rules import FaultRule
from vidmock.problems import BadRequest, UnknownProvider, did_you_mean
from vidmock.schema.catalog import models, providers

Operation = Literal["submit", "poll", "result", "cancel", "stream", "retry", "upload", "media", "webhook"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
"""What the calls of every provider do, in the field's terms, and what is sent by itself."""


def resolve_target(rule: FaultRule) -> FaultRule:
    """*rule* with its model by the name that it has on the wire.

    Raises:
        BadRequest: no such provider, operation or model; ``parameter`` says which.
    """
    check_provider(rule.provider)
    check_operation(rule.operation)
    return replace(rule, model=resolve_model(rule.model, rule.provider)) if rule.model else rule


def check_provider(name: str) -> None:
    """Raise BadRequest where *name* is neither a provider nor empty."""
    if name and name not in providers():
        raise BadRequest(str(UnknownProvider(name, providers())), "provider")


def check_operation(name: str) -> None:
    """Raise BadRequest where *name* is neither an operation nor empty."""
    if name and name not in OPERATIONS:
        hint = did_you_mean(name, OPERATIONS)
        raise BadRequest(f"no operation {name!r}.{hint} One of {', '.join(OPERATIONS)}", "operation")


def resolve_model(name: str, provider: str = "") -> str:
    """The name on the wire of the model of that name, or alias, at *provider* or at any.

    Raises:
        BadRequest: there is none.
    """
    known = models(provider or None)
    by_name = {alias: model.id for model in known for alias in model.aliases} | {model.id: model.id for model in known}
    if name not in by_name:
        whose = provider or "no provider"
        raise BadRequest(
            f"{whose} has {'no' if provider else 'a'} model {name!r} here."
            f"{did_you_mean(name, by_name)} See: vidmock models",
            "model",
        )
    return by_name[name]
