"""Which words a problem is answered with: a table of renderers by class, looked up along its bases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from vidmock.problems import Problem
from vidmock.schema.behaviours import Behaviour

ChoiceOf = Callable[[Behaviour], str]
"""What a behaviour is switched to."""
Context = TypeVar("Context")
Rendered = TypeVar("Rendered")


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What the answer to a problem depends on besides the problem. All of it is read, and nothing is changed.

    *choice* holds where the call was made; *label* is a UUID of the call. *task* is the one that is refused, where a
    request can have several (Runware).
    """

    request: Request
    choice: ChoiceOf
    label: str
    task: Mapping[str, Any] = field(default_factory=dict)

    @property
    def route(self) -> str:
        """The last part of the path."""
        return self.request.url.path.rsplit("/", 1)[-1]


class Renderers(Generic[Context, Rendered]):
    """A dialect's words for every problem: the renderer of its class, or of the nearest base that has one.

    ``Problem`` itself must have one, so that each problem has.
    """

    def __init__(self, table: Mapping[type[Problem], Callable[[Any, Context], Rendered]]) -> None:
        if Problem not in table:
            raise ValueError("there is no renderer for Problem, which is for all that have none of their own")
        self._table = table

    def base(self, kind: type[Problem]) -> type[Problem]:
        """The class whose renderer words a *kind*: itself, or one of its bases."""
        return next(base for base in kind.__mro__ if base in self._table)

    def render(self, problem: Problem, context: Context) -> Rendered:
        return self._table[self.base(type(problem))](problem, context)
