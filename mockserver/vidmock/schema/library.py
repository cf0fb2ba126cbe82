"""The public functions of the validation library. Models go by their names, payloads with envelope or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vidmock import strict_json
from vidmock.problems import BadRequest, Invalid
from vidmock.schema.catalog import SHIPPED, Model, ModelCatalog
from vidmock.schema.findings import joined_findings
from vidmock.schema.known_media import Listing, Probe, media_from_mapping, nothing_known
from vidmock.schema.letter_case import in_documented_case
from vidmock.schema.media_rules import check_media
from vidmock.schema.pointer import Path
from vidmock.schema.request_body import (
    find_body_lints,
    find_in_batch,
    find_in_body,
    is_beside,
    is_whole_body,
    no_object,
)
from vidmock.schema.validate import find_lints
from vidmock.schema.validate import find_violations as _violations
from vidmock.schema.violation import Violation

if TYPE_CHECKING:  # whoever only validates loads neither prices nor edits
    from vidmock.schema.pricing import Price
    from vidmock.schema.suggestion import Suggestion


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
    known, read = _probe(media), _read(payload)
    found = [
        replace(wrong, path=(*path, *wrong.path))
        for path, sent in _requests(model, read)
        for wrong in _judged(model, sent, known, in_array=bool(path))
    ]
    return joined_findings([*found, *find_in_batch(model, read)])


def lints(provider: str, model_id: str, payload: object, *, catalog: ModelCatalog = SHIPPED) -> tuple[Violation, ...]:
    """What the provider takes, but probably not as it was meant; nothing about a place that is wrong.

    Arguments and errors are those of :func:`validate`.
    """
    model = catalog.find(provider, model_id, aliases=True)
    return joined_findings(
        replace(found, path=(*path, *found.path))
        for path, sent in _requests(model, _read(payload))
        for found in _warned(model, sent)
    )


def suggest(provider: str, model_id: str, payload: object, *, catalog: ModelCatalog = SHIPPED) -> Suggestion | None:
    """The smallest edit that is found to make *payload* valid, as it was probably meant; ``None`` if none is.

    That the edited request is valid has been tried. Where nothing is wrong, it is about parameters that the provider
    would drop, and that are misspelt or misplaced. Arguments and errors are those of :func:`validate`.
    """
    from vidmock.schema.body_edits import body_edits
    from vidmock.schema.json_patch import PatchStep, apply_patch, moved_patch
    from vidmock.schema.suggestion import Suggestion, joined_sentence, suggested_edits

    model = catalog.find(provider, model_id, aliases=True)
    read = _read(payload)
    patch, said = list[PatchStep](), list[str]()
    for path, sent in _requests(model, read):
        edits = body_edits(model, sent) if is_whole_body(model, sent) else suggested_edits(model, sent)
        patch += (moved_patch(operation, path) for edit in edits for operation in edit.patch)
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
    from vidmock.schema.pricing import price_of

    model = catalog.find(provider, model_id, aliases=True)
    inputs = _inputs(model, payload)
    if len(inputs) != 1:
        raise BadRequest(f"a price is that of one request, and this is an array of {len(inputs)}: ask for each of them")
    meant = in_documented_case(model, inputs[0])
    if violations := _violations(model, meant):
        raise Invalid(violations)
    return price_of(model, meant, _probe(media))


def _probe(media: Probe | Listing) -> Probe:
    return media if callable(media) else media_from_mapping(media)


def _read(payload: object) -> Any:
    return strict_json.loads(payload) if isinstance(payload, str | bytes) else payload


def _requests(model: Model, read: object) -> list[tuple[Path, Any]]:
    """The requests in *read*, each with its place: one, unless the model takes an array of them."""
    if model.batch is None or not isinstance(read, list):
        return [((), dict(read) if isinstance(read, Mapping) else read)]
    return [((number,), item) for number, item in enumerate(read) if not is_beside(model, item)]


def _judged(model: Model, sent: Any, known: Probe, *, in_array: bool) -> Iterator[Violation]:
    """What is wrong with *sent*, a whole body or an input by itself."""
    if in_array and not isinstance(sent, dict):
        yield no_object(model, sent)
        return
    if not is_whole_body(model, sent):
        yield from _violations(model, in_documented_case(model, sent))
        yield from check_media(model, sent, known)
        return
    yield from find_in_body(model, sent)
    name = str(model.envelope)
    for wrong in check_media(model, sent.get(name), known):
        yield replace(wrong, path=(name, *wrong.path))


def _warned(model: Model, sent: Any) -> Iterable[Violation]:
    return find_body_lints(model, sent) if is_whole_body(model, sent) else find_lints(model, sent)


def _inputs(model: Model, payload: object) -> list[Any]:
    """The inputs of *payload*, without what is around them."""
    name = model.envelope
    return [sent.get(name) if is_whole_body(model, sent) else sent for _, sent in _requests(model, _read(payload))]
