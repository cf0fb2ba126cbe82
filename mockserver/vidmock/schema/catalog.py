"""Which models there are: one JSON file each, in a folder per provider."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from vidmock import resources
from vidmock.problems import UnknownModel, UnknownProvider
from vidmock.schema.bundle import bundle_schema
from vidmock.schema.unknown_kind import Product, can_be_a_model, guessed_kind

_NOT_PROVIDERS: Final = frozenset(
    {"any", "answers", "behaviours", "bundles", "errors", "meta", "requests", "routes", "shared"}
)
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Batch:
    """A body that is an array of inputs: each has another value of the member *id*.

    Items with a ``taskType`` of *besides* are for the provider itself, and no inputs.
    """

    id: str
    besides: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """A model as its file describes it.

    *id* is the name on the wire, and *aliases* are other names that people use. *seconds* is how long the provider
    typically works on a request. *envelope* is the member of the request body that holds the input, if there is one.
    *schema* is the bundled, self-contained JSON Schema of the input; it must not be changed.
    *category* is the provider's word for what the model makes of what, "" where its catalogue has none. *batch* is how
    several inputs are one request body, ``None`` where they cannot be. *like* is the model that this one is but for its
    names, where nobody has described it.
    """

    provider: str
    id: str
    name: str
    docs: str
    seconds: float
    envelope: str | None
    aliases: tuple[str, ...]
    file: Path
    schema: Mapping[str, Any] = field(repr=False)
    category: str = ""
    batch: Batch | None = None
    like: Model | None = field(default=None, repr=False)

    @property
    def known(self) -> bool:
        """Whether somebody has described it."""
        return self.like is None

    @property
    def pattern(self) -> Model:
        """The model whose schema it has: what is made of that is kept by it, and not by each name that is asked for."""
        return self.like or self

    @property
    def makes_video(self) -> bool:
        """Whether the model answers with a video, and with neither pictures, sounds nor texts alone."""
        from vidmock.media.formats import content_type

        said = [rule["value"] for rule in self.schema.get("x-video", {}).get("container", ()) if "value" in rule]
        return "x-result" not in self.schema and all(content_type(word).startswith("video/") for word in said)


class ModelCatalog:
    """The models of a server: those that come with vidmock, and its *own*, each in place of a shipped one of its id.

    With *any_model* it has one of any other id as well, which takes everything, costs nothing, and answers as its
    provider's models of that kind do.
    """

    def __init__(self, own: Iterable[Model] = (), *, any_model: bool = False) -> None:
        self.any_model = any_model
        self._own: Mapping[str, Mapping[str, Model]] = {}
        self._listed: dict[str, tuple[Model, ...]] = {}
        self.adopt(own)

    @property
    def own(self) -> tuple[Model, ...]:
        """The models that do not come with vidmock."""
        return tuple(model for shelf in self._own.values() for model in shelf.values())

    def adopt(self, own: Iterable[Model]) -> None:
        """Have these models, and no others, beside those that come with vidmock."""
        shelves: dict[str, dict[str, Model]] = {}
        for model in own:
            shelves.setdefault(model.provider, {})[model.id] = model
        self._own = shelves
        # Whoever lists models meanwhile, in another thread, notes in the one before.
        self._listed = {}

    def models(self, provider: str | None = None) -> tuple[Model, ...]:
        """Every model, or a provider's, sorted by provider and id.

        Raises:
            UnknownProvider: no provider of that name.
        """
        if provider is None:
            return tuple(model for name in providers() for model in self.models(name))
        listed = self._listed
        if provider not in listed:
            listed[provider] = tuple(self._of(provider, model_id) for model_id in self._ids(provider))
        return listed[provider]

    def find(self, provider: str, model_id: str, aliases: bool = False, given: Mapping[str, Any] = _NOTHING) -> Model:
        """The model that goes by *model_id* on the wire, or with *aliases* also by another name of it.

        *given* is an input of it, where there is one: it may tell what a model makes that nobody has described.

        Raises:
            UnknownProvider: no provider of that name.
            UnknownModel: the provider has no such model here; the message offers the nearest.
        """
        if model_id in _shelf(provider) or model_id in self._own.get(provider, ()):
            return self._of(provider, model_id)
        if aliases:
            for model in self.models(provider):
                if model_id in model.aliases:
                    return model
        if self.any_model and can_be_a_model(provider, model_id):
            like = _template(provider, guessed_kind(model_id, given))
            return replace(like, id=model_id, name=model_id, like=like)
        if called := self._called(provider, model_id):
            hint = f"On the wire it is called {called!r}."
        else:
            others = [name for name in providers() if self._called(name, model_id)]
            hint = f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} it." if others else ""
        raise UnknownModel(provider, model_id, self._ids(provider), hint)

    def _called(self, provider: str, name: str) -> str:
        """The id of the model of *provider* that goes by *name*, on the wire or among people; "" if there is none."""
        models = self.models(provider)
        return next((model.id for model in models if name == model.id or name in model.aliases), "")

    def _ids(self, provider: str) -> list[str]:
        return sorted({*_shelf(provider), *self._own.get(provider, ())})

    def _of(self, provider: str, model_id: str) -> Model:
        own = self._own.get(provider, {})
        return own[model_id] if model_id in own else _load(provider, model_id)


SHIPPED: Final = ModelCatalog()
"""The models that come with vidmock."""


def providers() -> tuple[str, ...]:
    """The names of the providers, sorted."""
    return tuple(_folders())


def models(provider: str | None = None) -> tuple[Model, ...]:
    """As :meth:`ModelCatalog.models`, of those that come with vidmock."""
    return SHIPPED.models(provider)


def find_model(provider: str, model_id: str, aliases: bool = False) -> Model:
    """As :meth:`ModelCatalog.find`, of those that come with vidmock."""
    return SHIPPED.find(provider, model_id, aliases)


def is_shipped(provider: str, model_id: str) -> bool:
    """Whether a model of that id comes with vidmock."""
    return model_id in _shelf(provider)


def as_model(file: Path, schema: Mapping[str, Any]) -> Model:
    """*schema*, that of a *file* of ours, as a model, so that validation and messages are those of requests."""
    return Model("vidmock", file.stem, file.stem.title(), "", 0.0, None, (), file, MappingProxyType(schema))


@cache
def _folders() -> Mapping[str, Path]:
    """The providers' folders, by the providers' names in their order."""
    top = resources.folder("schemas")
    folders = sorted(path for path in top.iterdir() if path.is_dir() and path.name not in _NOT_PROVIDERS)
    return MappingProxyType({folder.name: folder for folder in folders})


@cache
def _shelf(provider: str) -> Mapping[str, Path]:
    """The files of *provider*'s models, by their ids. Raises UnknownProvider."""
    if provider not in _folders():
        raise UnknownProvider(provider, providers())
    return MappingProxyType({_id_in(file): file for file in sorted(_folders()[provider].glob("*.json"))})


def _id_in(file: Path) -> str:
    """The id of the model in *file*, which is ours: it is at the beginning, so that not all of each file is parsed."""
    text = file.read_text("utf-8")
    at = text.index('"id"', text.index('"x-model"'))
    found: str = json.JSONDecoder().raw_decode(text, text.index('"', text.index(":", at)))[0]
    return found


@cache
def _load(provider: str, model_id: str) -> Model:
    file = _shelf(provider)[model_id]
    return model_of(bundle_schema(file), file)


@cache
def _template(provider: str, makes: Product) -> Model:
    """What a model of *provider* is like that nobody has described, and that *makes* this."""
    file = resources.folder("schemas") / "any" / f"{provider}-{makes}.json"
    return model_of(bundle_schema(file), file)


def model_of(schema: Mapping[str, Any], file: Path) -> Model:
    """The model that *schema*, bundled from *file*, describes."""
    head = schema["x-model"]
    return Model(
        provider=head["provider"],
        id=head["id"],
        name=head["name"],
        docs=head["docs"],
        seconds=head["seconds"],
        envelope=head.get("envelope"),
        aliases=tuple(head.get("aliases", ())),
        category=head.get("category", ""),
        batch=Batch(head["batch"]["id"], tuple(head["batch"]["besides"])) if "batch" in head else None,
        file=file,
        schema=MappingProxyType(dict(schema)),
    )
