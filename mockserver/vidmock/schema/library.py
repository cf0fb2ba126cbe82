"""The public functions of the validation library. Models go by their names, payloads with envelope or without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vidmock import strict_json
from vidmock.problems import BadRequest, Invalid
from vidmock.schema import pointer, pricing
from vidmock.schema.catalog import SHIPPED, Model, ModelCatalog
from vidmock.schema.errors import refusal_words
from vidmock.schema.explain import explain_violation
from vidmock.schema.findings import joined_findings
from vidmock.schema.json_patch import PatchStep, apply_patch, moved_patch
from vidmock.schema.known_media import Listing, Probe, media_from_mapping, nothing_known
from vidmock.schema.letter_case import in_documented_case
from vidmock.schema.media_rules import check_media
from vidmock.schema.pointer import Path
from vidmock.schema.pricing import Price
from vidmock.schema.suggestion import Suggestion, joined_sentence, suggested_edits
from vidmock.schema.validate import find_lints
from vidmock.schema.validate import find_violations as _violations
from vidmock.schema.violation import Violation


def validate(
    provider: str,
    model_id: str,
    payload: object,
    media: Probe | Listing = nothing_known,
    *,
    catalog: ModelCatalog = SHIPPED,
) -> tuple[Violation, ...]:
    """What is wrong with *payload* as a request to a model; empty if nothing is.

    Of more than 50 violations, the first 50 are told, and a last entry with the rule ``more`` says how many are not.

    *payload* is the input as a mapping or as JSON text; the provider's envelope around it, as in ``{"input": {…}}``,
    may be there or not, and where the provider takes an array of inputs, it may be one. *model_id* is the model's id on
    the wire or another name of it. *media* is what is known of the files behind its URLs:
    ``{"https://…/clip.mp4": {"seconds": 12}}`` (seconds, width, height, bytes, format), or a function of a URL. Nothing
    is fetched, and of a file only what is known is judged; files inside of the request are. *catalog* has the models,
    where some are the user's own: :func:`load_catalog`.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        ValueError: *media* is of another form.
    """
    model = catalog.find(provider, model_id, aliases=True)
    known, found = _probe(media), list[Violation]()
    inputs = _inputs(model, payload)
    for path, sent in inputs:
        if path and not isinstance(sent, dict):
            found.append(_no_object(model, path, sent))
            continue
        judged = (*_violations(model, in_documented_case(model, sent)), *check_media(model, sent, known))
        found += (replace(wrong, path=(*path, *wrong.path)) for wrong in judged)
    return joined_findings([*found, *_repeated(model, inputs)])


def lints(provider: str, model_id: str, payload: object, *, catalog: ModelCatalog = SHIPPED) -> tuple[Violation, ...]:
    """What the provider takes, but probably not as it was meant; nothing of an input that is wrong.

    Arguments and errors are those of :func:`validate`.
    """
    model = catalog.find(provider, model_id, aliases=True)
    return joined_findings(
        replace(found, path=(*path, *found.path))
        for path, sent in _inputs(model, payload)
        if not _violations(model, in_documented_case(model, sent))
        for found in find_lints(model, sent)
    )


def suggest(provider: str, model_id: str, payload: object, *, catalog: ModelCatalog = SHIPPED) -> Suggestion | None:
    """The smallest edit that is found to make *payload* valid, as it was probably meant; ``None`` if none is.

    That the edited request is valid has been tried. Where nothing is wrong, it is about parameters that the provider
    would drop, and that are misspelt or misplaced. Arguments and errors are those of :func:`validate`.
    """
    model = catalog.find(provider, model_id, aliases=True)
    read = strict_json.loads(payload) if isinstance(payload, str | bytes) else payload
    patch, said = list[PatchStep](), list[str]()
    for path, sent in _inputs(model, read):
        edits = suggested_edits(model, sent)
        around = (*path, *_envelope(model, pointer.value_at(read, tuple(map(str, path)))))
        patch += (moved_patch(operation, around) for edit in edits for operation in edit.patch)
        said += (edit.says for edit in edits)
    if not patch or validate(provider, model_id, apply_patch(read, patch), catalog=catalog):
        return None
    return Suggestion(tuple(patch), joined_sentence(said))


def price(
    provider: str,
    model_id: str,
    payload: object,
    media: Probe | Listing = nothing_known,
    *,
    catalog: ModelCatalog = SHIPPED,
) -> Price:
    """What a request costs; *payload* and *media* as for :func:`validate`. An unknown clip is taken to last 6 s.

    Raises:
        UnknownProvider, UnknownModel: there is no such model here.
        BadJSON: the text is not strict JSON.
        BadRequest: it is an array of several inputs, or of none.
        Invalid: the model does not take the request.
        ValueError: *media* is of another form.
    """
    model = catalog.find(provider, model_id, aliases=True)
    inputs = _inputs(model, payload)
    if len(inputs) != 1:
        raise BadRequest(f"a price is that of one request, and this is an array of {len(inputs)}: ask for each of them")
    meant = in_documented_case(model, inputs[0][1])
    if violations := _violations(model, meant):
        raise Invalid(violations)
    return pricing.price_of(model, meant, _probe(media))


def _probe(media: Probe | Listing) -> Probe:
    return media if callable(media) else media_from_mapping(media)


def _inputs(model: Model, payload: object) -> list[tuple[Path, Any]]:
    """The inputs of *payload*, each with its place: one, unless the model takes an array of them."""
    read = strict_json.loads(payload) if isinstance(payload, str | bytes) else payload
    if model.batch is None or not isinstance(read, list):
        return [((), _unwrapped(model, read))]
    besides = model.batch.besides
    kept = ((number, item) for number, item in enumerate(read) if _task_type(item) not in besides)
    return [((number,), _unwrapped(model, item)) for number, item in kept]


def _task_type(item: object) -> object:
    return item.get("taskType") if isinstance(item, dict) else None


def _unwrapped(model: Model, payload: object) -> Any:
    sent = dict(payload) if isinstance(payload, Mapping) else payload
    return pointer.value_at(sent, _envelope(model, sent))


def _envelope(model: Model, payload: object) -> Path:
    """The place of the input in *payload*."""
    name = model.envelope
    wrapped = name and isinstance(payload, Mapping) and name in payload and name not in model.schema["properties"]
    return (name,) if name and wrapped else ()


def _no_object(model: Model, path: Path, item: object) -> Violation:
    """The violation of an *item* of an array of inputs that can be none."""
    code = refusal_words(model.provider)["bad_request"].code
    message = explain_violation("type", {"type": "object"}, item)
    return Violation(path, rule="type", keyword="type", message=message, code=code, value=item)


def _repeated(model: Model, inputs: Sequence[tuple[Path, Any]]) -> Iterator[Violation]:
    """A violation for each input with the id of one before it."""
    seen = set[str]()
    name = model.batch.id if model.batch else ""
    for path, sent in inputs if name else ():
        said = sent.get(name) if isinstance(sent, dict) else None
        if isinstance(said, str) and said in seen:
            yield Violation(
                (*path, name),
                rule="repeated",
                keyword="rule",
                message="is that of an earlier one: each needs its own",
                code=refusal_words(model.provider)["duplicate"].code,
                value=said,
            )
        elif isinstance(said, str):
            seen.add(said)
