"""Which tasks the models are for, as their schemas say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from vidmock.schema import references
from vidmock.schema.catalog import Model, ModelCatalog
from vidmock.schema.unknown_kind import TASK_TYPES, Product

ENCLOSING: Final = ("base64Data", "dataURI")
"""The values of ``outputType`` that ask for a file inside of the answer (documented for pictures and sound)."""


def task_type_of(model: Model) -> str:
    """The ``taskType`` that *model* takes; "" where its schema names none."""
    return str(_member(model.pattern, "taskType").get("const", ""))


def task_types_of(catalog: ModelCatalog) -> tuple[str, ...]:
    """The task types of the models of *catalog*, the first model's first."""
    return _task_types(catalog.models("runware"))


@lru_cache(maxsize=16)
def _task_types(models: tuple[Model, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(task_type_of, models))))


def takes_tasks(catalog: ModelCatalog, kind: str) -> bool:
    """Whether a model of *catalog* may be for tasks of that *kind*: a user's own may be for any."""
    if kind in task_types_of(catalog):
        return True
    return kind in TASK_TYPES and (catalog.any_model or any(model.provider == "runware" for model in catalog.own))


def product_of(model: Model, fields: Mapping[str, Any]) -> Product:
    """What *model* makes of a task with these *fields*."""
    return TASK_TYPES[task_type_of(model) or str(fields["taskType"])]


def answers_at_once(model: Model, fields: Mapping[str, Any]) -> bool:
    """Whether the answer to a task with these *fields* is its result, and no acknowledgement.

    What the schema assumes is what counts; of a model that nobody has described, all but videos are made at once.
    Inferred: with a webhook, the result is in that alone.
    """
    if fields.get("webhookURL"):
        return False
    usual = "async" if product_of(model, fields) == "video" else "sync"
    said = _member(model.pattern, "deliveryMethod")
    if not said and usual == "async":
        return False
    return bool(fields.get("deliveryMethod", said.get("default", usual)) == "sync")


def encloses_files(model: Model, fields: Mapping[str, Any]) -> bool:
    """Whether the files of a task with these *fields* are inside of what tells of them: pictures and sounds may be."""
    return fields.get("outputType") in ENCLOSING and product_of(model, fields) in ("image", "audio")


@cache
def _member(model: Model, name: str) -> Mapping[str, Any]:
    return references.resolve_reference(model.schema, model.schema.get("properties", {}).get(name, {}))
