"""Renderers of problems: a table by the problem's class, in which base classes are looked up too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from vidmock.problems import Problem
from vidmock.schema.behaviours import Behaviour
from vidmock.schema.catalog import SHIPPED, ModelCatalog

ChoiceOf = Callable[[Behaviour], str]
"""Gives the value that a behaviour has in one world."""
Context = TypeVar("Context")
Rendered = TypeVar("Rendered")


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What the answer to a problem depends on besides the problem. Renderers only read it.

    *choice* gives the behaviours of the call's world, *catalog* has its models, *label* is a UUID of the call.
    *task* is the refused task of a request that has several (Runware), and otherwise empty.
    """

    request: Request
    choice: ChoiceOf
    label: str
    task: Mapping[str, Any] = field(default_factory=dict)
    catalog: ModelCatalog = SHIPPED

    @property
    def route(self) -> str:
        """The last part of the path."""
        return self.request.url.path.rsplit("/", 1)[-1]


class Renderers(Generic[Context, Rendered]):
    """The renderers of one dialect: a problem is rendered by that of its class, or of the nearest base that has one.

    Raises:
        ValueError: the table has none for ``Problem`` itself, so some problems would have no renderer.
    """

    def __init__(self, table: Mapping[type[Problem], Callable[[Any, Context], Rendered]]) -> None:
        if Problem not in table:
            raise ValueError("there is no renderer for Problem, which is for all that have none of their own")
        self._table = table

    def base(self, kind: type[Problem]) -> type[Problem]:
        """The class whose renderer is used for a *kind*: itself, or its nearest base in the table."""
        return next(base for base in kind.__mro__ if base in self._table)

    def render(self, problem: Problem, context: Context) -> Rendered:
        return self._table[self.base(type(problem))](problem, context)
