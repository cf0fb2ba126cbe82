"""A user's own models: files in the form of those under ``schemas/``, read, checked and tried before they serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from vidmock import resources
from vidmock.located_file import Location, read_located
from vidmock.problems import BadRequest, did_you_mean
from vidmock.schema.bundle import BundleError, bundle_schema, shipped_document
from vidmock.schema.catalog import Model, ModelCatalog, as_model, is_shipped, model_of, providers
from vidmock.schema.pointer import Path as Place
from vidmock.schema.pointer import to_pointer
from vidmock.schema.trial import Mistake, missing_parts, try_model
from vidmock.schema.validate import find_violations

_SHARED: Final = "shared"
"""The folder of what several models have in common. A file that is not in a user's is that of ours."""
_MOST_FILES: Final = 5_000


@dataclass(frozen=True, slots=True)
class ReadModels:
    """The *models* that were read, and a *notice* for each that stands in for a shipped one."""

    models: tuple[Model, ...]
    notices: tuple[str, ...]


def load_catalog(*places: str | Path, any_model: bool = False) -> ModelCatalog:
    """The models that come with vidmock, and those of *places*: files, or folders of them, in the shipped form.

    With *any_model*, any other name is that of a model as well, which takes every input.

    Raises:
        BadRequest: a file cannot be read, or is wrong; a line for each mistake, with its file, line and JSON pointer.
    """
    return ModelCatalog(read_models(places).models, any_model=any_model)


def read_models(places: Iterable[str | Path]) -> ReadModels:
    """The models in *places*. Raises BadRequest, as :func:`load_catalog`."""
    found: dict[tuple[str, str], Model] = {}
    mistakes: list[str] = []
    for file in model_files(places):
        try:
            model = read_model(file)
        except BadRequest as problem:
            mistakes.append(str(problem))
            continue
        before = found.setdefault((model.provider, model.id), model)
        if before is not model:
            mistakes.append(already_in(model, before))
    if mistakes:
        raise BadRequest("\n".join(mistakes))
    return ReadModels(tuple(found.values()), tuple(notices_of(found.values())))


def notices_of(models: Iterable[Model]) -> Iterator[str]:
    """A line for each of *models* that stands in for a shipped one."""
    for model in models:
        if is_shipped(model.provider, model.id):
            yield f"{model.provider} {model.id} is that of {model.file}, instead of the one that comes with vidmock"


def model_files(places: Iterable[str | Path]) -> list[Path]:
    """The files of models in *places*, in order: those named, and in folders each ``.json`` that is not shared.

    Raises:
        BadRequest: there is no such file or folder, or nothing in it.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if not place.is_dir():
            if not place.exists():
                raise BadRequest(f"there is no file or folder {str(place)!r}: models are JSON files in a folder")
            found.append(place)
            continue
        inside = [file for file in sorted(place.rglob("*.json")) if _is_model(file.relative_to(place))]
        if not inside:
            raise BadRequest(f"there is no model in the folder {str(place)!r}: each is a file such as my-model.json")
        if len(inside) > _MOST_FILES:
            raise BadRequest(f"there are {len(inside)} files in {str(place)!r}: name a folder that holds models only")
        found += inside
    return list(dict.fromkeys(found))


def schema_files(places: Iterable[str | Path]) -> list[Path]:
    """Every JSON file in *places*, those that models share included; none where there is nothing."""
    found: list[Path] = []
    for place in map(Path, places):
        found += sorted(place.rglob("*.json")) if place.is_dir() else [place]
    return found


def already_in(model: Model, other: Model) -> str:
    """What to say of *model*, where *other* of another file has its name."""
    return f"{model.file}: {model.provider} {model.id} is in {other.file} already: leave one of them out"


def read_model(file: Path) -> Model:
    """The model in *file*.

    Raises:
        BadRequest: it is none; a line for each mistake, with line and JSON pointer.
    """
    content, line = _of_our_form(file)
    made = _made(file, content)
    if isinstance(made, Model):
        return made
    raise _wrong(file, line, made)


def check_shared(file: Path) -> None:
    """Raises BadRequest, as :func:`read_model`, where *file*, a part that models share, has not the form of one."""
    _of_our_form(file)


def _of_our_form(file: Path) -> tuple[Any, Callable[[Location], int]]:
    """What :func:`read_located` gives of *file*. Raises BadRequest: it does not satisfy the meta-schema."""
    content, line = read_located(file)
    if mistakes := [(found.path, found.message) for found in find_violations(_form(), content)]:
        raise _wrong(file, line, mistakes)
    return content, line


def _wrong(file: Path, line: Callable[[Location], int], mistakes: Iterable[Mistake]) -> BadRequest:
    return BadRequest("\n".join(_located(file, line, place, what) for place, what in mistakes))


def _made(file: Path, content: Any) -> Model | Sequence[Mistake]:
    """The model of *content*, which has the form of one; or what is wrong with it all the same."""
    try:
        schema = bundle_schema(file, lambda asked: content if asked == file.resolve() else _document(asked))
    except BundleError as error:
        place = next((place for place, ref in _references(content, ()) if ref == error.ref), ())
        return [(place, f"cannot be followed: {str(error).removeprefix(f'{file.name}: ')}")]
    except RecursionError:
        return [((), "a file of its bases leads back to itself")]
    if mistakes := missing_parts(schema):
        return mistakes
    provider = schema["x-model"]["provider"]
    if provider not in providers():
        hint = did_you_mean(provider, providers())
        return [(("x-model", "provider"), f"must be one of {', '.join(providers())}; got {provider!r}.{hint}")]
    model = model_of(schema, file)
    return try_model(model) or model


def _located(file: Path, line: Callable[[Location], int], place: Place, what: str) -> str:
    return f"{file}, line {line(place)}: {to_pointer(place) or 'the file'} {what}"


def is_shared(file: Path) -> bool:
    """Whether *file*, by its folder, is a part that models share, and no model."""
    return file.parent.name == _SHARED


def _is_model(file: Path) -> bool:
    return _SHARED not in file.parts[:-1] and not any(part.startswith(".") for part in file.parts)


def _document(file: Path) -> Any:
    """The JSON in *file*, a user's or one that it refers to; a shared one that is not there is ours."""
    ours = resources.folder("schemas") / _SHARED / file.name
    if not file.exists() and file.parent.name == _SHARED and ours.exists():
        return shipped_document(ours)
    if ours.parent in file.parents:
        return shipped_document(file)
    if not file.exists():
        raise BundleError(f"there is no schema file {file}")
    return read_located(file)[0]


def _references(node: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from _references(item, (*place, number))
    elif isinstance(node, Mapping):
        for name, member in node.items():
            if name == "$ref" and isinstance(member, str):
                yield (*place, name), member
            yield from _references(member, (*place, name))


@cache
def _form() -> Model:
    """The meta-schema: the form that each file has."""
    file = resources.folder("schemas") / "meta" / "model.json"
    return as_model(file, MappingProxyType(shipped_document(file)))
