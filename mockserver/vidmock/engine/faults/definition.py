"""The definition of an effect: its name, description, phases, arguments, and the function that implements it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from vidmock.engine.faults.arguments import Argument
from vidmock.engine.faults.rules import PHASES, Moment, Phase
from vidmock.problems import BadRequest, did_you_mean

Kind = Literal["problem", "outcome", "answer", "body", "webhook", "media"]
Transport = Literal["", "http", "socket"]
"""How a call comes: by HTTP, by a WebSocket, or by either."""
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Reach:
    """In *phases*, or in all for none, an effect can be seen at *providers* only, *because* of something."""

    providers: tuple[str, ...]
    because: str
    phases: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectDefinition(Generic[H]):
    """An effect: *about* is one line for people, and *handler* implements it.

    Its *kind* says what it changes: ``problem`` makes a call fail with an error of the provider, ``outcome`` changes a
    job, ``answer`` an answer, ``body`` the JSON of an answer or webhook, ``webhook`` a delivery, and ``media`` a file.

    A prompt marker ``name=value`` sets the first of the *arguments*. *keeps_back* says whether the effect hides the
    answer's content from the client, so that the job does not count as collected. *only* says where it can be seen at
    all, and *by* which transport. An *account* effect is the state of the account, so all is refused that costs money.
    """

    name: str
    kind: Kind
    about: str
    phases: tuple[Phase, ...]
    arguments: Mapping[str, Argument[Any]]
    handler: H
    keeps_back: bool = False
    only: tuple[Reach, ...] = ()
    by: Transport = ""
    account: bool = False

    def why_not(self, provider: str, phase: Phase) -> str:
        """Why the effect cannot be seen at *provider* in *phase*; "" where it can."""
        limits = (reach for reach in self.only if not reach.phases or phase in reach.phases)
        return next((reach.because for reach in limits if provider not in reach.providers), "")

    @property
    def main(self) -> str | None:
        """The argument that ``name=value`` in a prompt marker sets; ``None`` if there are no arguments."""
        return next(iter(self.arguments), None)

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: argument.default for name, argument in self.arguments.items()}

    def to_json(self) -> dict[str, Any]:
        """All of it that can be told; of arguments the defaults, and what they may be in words and as JSON Schema."""
        return {
            "name": self.name,
            "about": self.about,
            "kind": self.kind,
            "phases": list(self.phases),
            "arguments": self.defaults,
            "accepts": {name: argument.accepts for name, argument in self.arguments.items()},
            "schemas": {name: argument.schema for name, argument in self.arguments.items()},
        }

    def check_phase(self, phase: str, parameter: str | None = None) -> None:
        """Raise BadRequest if the effect cannot happen in *phase*; the problem names *parameter* as the wrong one."""
        if phase not in self.phases:
            close = did_you_mean(phase, self.phases)
            said = f"{self.name} cannot happen in phase {phase!r}; it can in {', '.join(self.phases)}"
            raise BadRequest(f"{said}{close and '.'}{close}", parameter)

    def complete(self, given: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
        """All arguments of the effect at *moment*: those *given*, parsed, and the defaults of the others.

        Raises:
            BadRequest: there is no such argument, or it cannot have that value; the message says what would be right.
        """
        for name in given:
            if name not in self.arguments:
                has = f"it has {', '.join(self.arguments)}" if self.arguments else "it has none"
                close = did_you_mean(name, self.arguments)
                raise BadRequest(f"{self.name} has no argument {name!r}; {has}{close and '.'}{close}")
        return {
            name: argument.read(f"{self.name}'s {name}", given.get(name, argument.default), moment)
            for name, argument in self.arguments.items()
        }


class EffectGroup(Mapping[str, EffectDefinition[H]], Generic[H]):
    """The effects of one *kind* by name. Each is registered here by a decorator on its handler, and passed to *add*.

    *given* names the positional parameters of each handler; it takes the effect's arguments by keyword.
    """

    def __init__(
        self,
        kind: Kind,
        given: tuple[str, ...],
        add: Callable[[EffectDefinition[H]], None],
        *,
        keeps_back: bool = False,
    ) -> None:
        self._kind, self._given, self._add, self._keeps_back = kind, given, add, keeps_back
        self._effects: dict[str, EffectDefinition[H]] = {}

    def effect(
        self,
        name: str,
        about: str,
        phases: tuple[Phase, ...],
        /,
        *,
        keeps_back: bool | None = None,
        only: tuple[Reach, ...] = (),
        by: Transport = "",
        account: bool = False,
        **arguments: Argument[Any],
    ) -> Callable[[H], H]:
        """Register the decorated function as the handler of effect *name*.

        Raises:
            TypeError: the definition is not complete, or does not fit the handler's parameters; the message says why.
        """
        kept = self._keeps_back if keeps_back is None else keeps_back

        def register(handler: H) -> H:
            made = EffectDefinition(
                name, self._kind, about, phases, MappingProxyType(arguments), handler, kept, only, by, account
            )
            if mistake := next(_mistakes(made, self._given), None):
                raise TypeError(f"effect {name!r}: {mistake}")
            self._add(made)
            self._effects[name] = made
            return handler

        return register

    def __getitem__(self, name: str) -> EffectDefinition[H]:
        return self._effects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._effects)

    def __len__(self) -> int:
        return len(self._effects)


def _mistakes(made: EffectDefinition[Any], given: tuple[str, ...]) -> Iterator[str]:
    if not made.about:
        yield "nothing says what it does"
    if not made.phases:
        yield "it has no phase to happen in"
    for phase in made.phases:
        if phase not in PHASES:
            yield f"there is no phase {phase!r}"
    for name, argument in made.arguments.items():
        if not isinstance(argument, Argument):
            yield f"its {name} does not say what it may be: Seconds, Count, Choice, Text, …"
        elif not argument.required and argument.parse(argument.default, Moment(made.phases[0], "")) != argument.default:
            yield f"its {name} cannot be {argument.default!r}, its default; it is {argument.accepts}"
    yield from _wrong_parameters(made, given)


def _wrong_parameters(made: EffectDefinition[Any], given: tuple[str, ...]) -> Iterator[str]:
    parameters = inspect.signature(made.handler).parameters.values()
    by_place = tuple(one.name for one in parameters if one.kind is not inspect.Parameter.KEYWORD_ONLY)
    by_name = {one.name: one.annotation for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    if by_place != given:
        yield f"its handler takes ({', '.join(by_place)}) by place, and not ({', '.join(given)})"
    if by_name.keys() != made.arguments.keys():
        taken, declared = (", ".join(names) or "nothing" for names in (by_name, made.arguments))
        yield f"its handler takes {taken} by name, and not {declared}"
    for name, annotation in by_name.items():
        wanted = made.arguments[name].type
        if annotation not in (wanted, wanted.__name__):
            yield f"its handler takes {name} as {annotation}, and it is {wanted.__name__}"
