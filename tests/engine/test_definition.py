"""An effect is registered where it is written, and refused there if it could not work."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from vidmock.engine.faults.arguments import Argument, Choice, Count, Flag, Part, Seconds, Text
from vidmock.engine.faults.catalog import EFFECTS, KINDS, EffectCatalog
from vidmock.engine.faults.definition import EffectGroup

Register = Callable[[Any], object]


def work(job: str, *, seconds: float) -> str:
    return f"{job} for {seconds} s"


def group(catalog: EffectCatalog) -> EffectGroup[Any]:
    return EffectGroup("outcome", ("job",), catalog.add)


def test_an_effect_is_its_function_and_what_is_declared_above_it() -> None:
    catalog = EffectCatalog()
    outcomes = group(catalog)

    @outcomes.effect("sleep", "the job sleeps", ("poll",), seconds=Seconds(5.0))
    def sleep(job: str, *, seconds: float) -> str:
        return f"{job} sleeps for {seconds} s"

    made = outcomes["sleep"]
    assert (made.kind, made.about, made.phases, made.main) == ("outcome", "the job sleeps", ("poll",), "seconds")
    assert made.handler("it", **made.defaults) == sleep("it", seconds=5.0)
    assert ([*outcomes], len(outcomes)) == (["sleep"], 1)


MISTAKES: dict[str, tuple[Register, str]] = {
    "no sentence": (lambda g: g.effect("x", "", ("poll",), seconds=Seconds(1.0))(work), "nothing says what it does"),
    "no phases": (lambda g: g.effect("x", "y", (), seconds=Seconds(1.0))(work), "it has no phase to happen in"),
    "an unknown phase": (lambda g: g.effect("x", "y", ("pol",), seconds=Seconds(1.0))(work), "there is no phase 'pol'"),
    "an argument that may be anything": (
        lambda g: g.effect("x", "y", ("poll",), seconds=1.0)(work),
        "its seconds does not say what it may be",
    ),
    "a default out of range": (
        lambda g: g.effect("x", "y", ("poll",), seconds=Seconds(-1.0))(work),
        "its seconds cannot be -1.0, its default; it is a number from 0",
    ),
    "a default that is no choice": (
        lambda g: g.effect("x", "y", ("poll",), seconds=Choice("a", "b", default="c"))(work),
        "its seconds cannot be 'c', its default; it is a or b",
    ),
    "an argument that the handler does not take": (
        lambda g: g.effect("x", "y", ("poll",), seconds=Seconds(1.0), part=Part(0.5))(work),
        "its handler takes seconds by name, and not seconds, part",
    ),
    "an argument that is not declared": (
        lambda g: g.effect("x", "y", ("poll",))(work),
        "its handler takes seconds by name, and not nothing",
    ),
    "an argument of another type": (
        lambda g: g.effect("x", "y", ("poll",), seconds=Count(1, least=1, most=2))(work),
        "its handler takes seconds as float, and it is int",
    ),
    "a handler that is given something else": (
        lambda g: g.effect("x", "y", ("poll",))(lambda message, now: None),
        r"its handler takes \(message, now\) by place, and not \(job\)",
    ),
}


@pytest.mark.parametrize(("register", "said"), MISTAKES.values(), ids=MISTAKES)
def test_an_effect_that_could_not_work_is_refused_as_it_is_registered(register: Register, said: str) -> None:
    catalog = EffectCatalog()
    outcomes = group(catalog)
    with pytest.raises(TypeError, match=f"effect 'x': {said}"):
        register(outcomes)
    assert len(outcomes) == 0


def test_a_name_is_that_of_one_effect_only() -> None:
    catalog = EffectCatalog()
    group(catalog).effect("sleep", "the job sleeps", ("poll",), seconds=Seconds(1.0))(work)
    with pytest.raises(TypeError, match="effect 'sleep': there is another of that name, of kind outcome"):
        group(catalog).effect("sleep", "the job sleeps again", ("poll",), seconds=Seconds(1.0))(work)


def test_a_catalog_that_lacks_a_kind_says_what_to_import() -> None:
    catalog = EffectCatalog()
    group(catalog).effect("sleep", "the job sleeps", ("poll",), seconds=Seconds(1.0))(work)
    for look in (lambda: catalog["sleep"], lambda: "sleep" in catalog, lambda: len(catalog), lambda: list(catalog)):
        with pytest.raises(
            RuntimeError, match=r"no effects of kind problem and answer and body and webhook and media .* import"
        ):
            look()


def test_what_it_says_to_import_is_enough() -> None:
    code = (
        "import vidmock.providers.exchange.effects; from vidmock.engine.faults.catalog import EFFECTS; print(*EFFECTS)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == [*EFFECTS]


def test_effects_stand_by_kind_and_as_they_are_written() -> None:
    kinds = [effect.kind for effect in EFFECTS.values()]
    assert kinds == sorted(kinds, key=KINDS.index)
    assert {*kinds} == {*KINDS}
    assert [*EFFECTS][:2] == ["rate_limit", "no_balance"]


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_has_a_handler_that_takes_its_arguments(name: str) -> None:
    known = EFFECTS[name]
    parameters = inspect.signature(known.handler).parameters
    assert [one for one in parameters if parameters[one].kind is inspect.Parameter.KEYWORD_ONLY] == [*known.arguments]


@pytest.mark.parametrize(("effect", "name"), [(one.name, name) for one in EFFECTS.values() for name in one.arguments])
def test_every_argument_says_what_it_may_be(effect: str, name: str) -> None:
    argument = EFFECTS[effect].arguments[name]
    assert argument.accepts
    assert argument.type in (bool, int, float, str, object)


@pytest.mark.parametrize(
    ("argument", "accepts"),
    [
        (Flag(default=True), "true or false"),
        (Count(2, least=1, most=9), "a whole number from 1 to 9"),
        (Part(0.5), "a number from 0 to 1"),
        (Choice("a", "b", default="a"), "a or b"),
        (Text(), "text"),
    ],
    ids=["flag", "count", "part", "choice", "text"],
)
def test_what_an_argument_may_be_is_put_into_words(argument: Argument[Any], accepts: str) -> None:
    assert argument.accepts == accepts
