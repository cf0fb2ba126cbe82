"""The target of a fault rule: a provider, operation and model, which must exist, or the rule would never strike."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from vidmock.engine.faults.rules import FaultRule
from vidmock.problems import BadRequest, UnknownProvider, did_you_mean
from vidmock.schema.catalog import SHIPPED, ModelCatalog, providers

Operation = Literal[
    "submit",
    "poll",
    "result",
    "cancel",
    "stream",
    "retry",
    "upload",
    "media",
    "webhook",
    "health",
    "purge",
    "list",
    "account",
    "delete",
    "connect",
    "authenticate",
]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
"""What a call does, at any provider; ``webhook`` is what the server sends by itself. Some calls have none of these."""


def resolve_target(rule: FaultRule, catalog: ModelCatalog = SHIPPED) -> FaultRule:
    """*rule* with its model's alias replaced by the model's id in *catalog*.

    Raises:
        BadRequest: no such provider, operation or model; ``parameter`` says which of them.
    """
    check_provider(rule.provider)
    check_operation(rule.operation)
    return replace(rule, model=resolve_model(rule.model, rule.provider, catalog)) if rule.model else rule


def check_provider(name: str) -> None:
    """Raise BadRequest if *name* is neither a provider nor empty."""
    if name and name not in providers():
        raise BadRequest(str(UnknownProvider(name, providers())), "provider")


def check_operation(name: str) -> None:
    """Raise BadRequest if *name* is neither an operation nor empty."""
    if name and name not in OPERATIONS:
        hint = did_you_mean(name, OPERATIONS)
        raise BadRequest(f"no operation {name!r}.{hint} One of {', '.join(OPERATIONS)}", "operation")


def resolve_model(name: str, provider: str = "", catalog: ModelCatalog = SHIPPED) -> str:
    """The id of the model of *catalog* with that id or alias at *provider*, or at any provider for "".

    Raises:
        BadRequest: there is none.
    """
    known = catalog.models(provider or None)
    by_name = {alias: model.id for model in known for alias in model.aliases} | {model.id: model.id for model in known}
    if name not in by_name and catalog.any_model:
        return name
    if name not in by_name:
        whose = provider or "no provider"
        raise BadRequest(
            f"{whose} has {'no' if provider else 'a'} model {name!r} here."
            f"{did_you_mean(name, by_name)} See: vidmock models",
            "model",
        )
    return by_name[name]
