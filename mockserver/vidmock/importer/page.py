"""What a form has read of a page, the same for all providers, before it becomes a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Makes = Literal["video", "image", "audio", "text"]

NOTHING: Final = object()
"""No default is stated."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """What a page *says* of the place *at*, a JSON pointer into the input, and why it is no part of the schema."""

    at: str
    says: str
    because: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements of a page that cannot both hold, and what the file does about it."""

    says: str
    but: str
    we: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as the page has it.

    *type* is JSON Schema's word, empty where the page has none. *about* is its prose, *keywords* what the page states
    outside of prose. *members* are those of an object, or of the objects in an array. *items* are the types of an
    array's items, *text_items* is the schema of those that are texts. *source* is the place on the page. With *exact*,
    prose adds nothing to the keywords; with *closed*, the object has no other members.
    """

    name: str
    type: str = ""
    required: bool = False
    default: Any = NOTHING
    about: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[Parameter, ...] = ()
    items: tuple[str, ...] = ()
    text_items: Mapping[str, Any] = field(default_factory=dict)
    nullable: bool = False
    source: str = ""
    exact: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars *per* second, or per result, as decimal text, for inputs that have one of the values in *when*.

    *says* are the page's words, *certain* whether they are a plain price.
    """

    dollars: str
    per: Literal["second", "result"]
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    says: str = ""
    certain: bool = True
    label: str = ""


@dataclass(frozen=True, slots=True)
class PageExample:
    """A request that the page prints, without its envelope; *cost* is what the page says that it costs."""

    input: Mapping[str, Any]
    where: str
    cost: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule over several parameters: *schema* must hold, or *message* is told at *paths*."""

    name: str
    paths: tuple[str, ...]
    message: str
    schema: Mapping[str, Any]
    says: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A page.

    *seconds* is how long the provider works on a request, where the page says it, and *seconds_from* how it says so.
    *price* are its words on the price, for when no rate could be read from them. *output* are the members of the
    answer: each ``file``, ``files`` or neither.
    """

    provider: str
    form: str
    id: str
    name: str
    docs: str
    makes: Makes
    parameters: tuple[Parameter, ...]
    rates: tuple[Rate, ...] = ()
    rules: tuple[NamedRule, ...] = ()
    examples: tuple[PageExample, ...] = ()
    notes: tuple[Unsure, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    category: str = ""
    aliases: tuple[str, ...] = ()
    envelope: str = ""
    seconds: float | None = None
    seconds_from: str = ""
    price: str = ""
    closed: bool = False
    output: Mapping[str, str] = field(default_factory=dict)


def all_parameters(parameters: tuple[Parameter, ...]) -> Iterator[Parameter]:
    """Each of *parameters* and of their members, in the page's order."""
    for parameter in parameters:
        yield parameter
        yield from all_parameters(parameter.members)
