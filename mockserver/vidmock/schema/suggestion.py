"""The smallest edit that makes an input valid, found by trying, and so proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vidmock.schema.catalog import Model
from vidmock.schema.findings import number_of
from vidmock.schema.json_patch import apply_patch
from vidmock.schema.letter_case import in_documented_case
from vidmock.schema.repairs import Edit, edits_for, edits_for_stray
from vidmock.schema.strays import first_strays
from vidmock.schema.validate import find_violations
from vidmock.schema.violation import Violation

MOST_MISTAKES: Final = 8
"""An input with more mistakes is not repaired: what was meant can no longer be told."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An edit that makes a request valid: *patch* is a JSON Patch (RFC 6902) of it, *sentence* says it to people."""

    patch: tuple[Mapping[str, Any], ...]
    sentence: str


def suggested_edits(model: Model, sent: Any) -> list[Edit]:
    """Edits that, one after the other, make *sent* an input of *model* that it takes as it was probably meant.

    Empty where nothing is wrong, and where no such edits are found.
    """
    edits, now = _mended(model, sent)
    if now is None:
        return []
    for stray in first_strays(model, now):
        for edit in edits_for_stray(model, now, stray):
            further, made = _mended(model, apply_patch(now, edit.patch))
            if made is not None:
                edits, now = [*edits, edit, *further], made
    return edits


def _mended(model: Model, sent: Any) -> tuple[list[Edit], Any]:
    """The edits that make *sent* valid, and what they make of it; ``None`` if there are none."""
    edits, now, seen = list[Edit](), sent, set[tuple[Any, ...]]()
    while wrong := _violations(model, now):
        if number_of(wrong) > MOST_MISTAKES or len(edits) == MOST_MISTAKES:
            return [], None
        seen.add(_places(wrong))
        best = min(_improvements(model, now, wrong, seen), key=lambda tried: tried[0], default=None)
        if best is None:
            return [], None
        _, edit, now = best
        edits.append(edit)
    return edits, now


def joined_sentence(edits: Iterable[str]) -> str:
    """What several *edits* do, as one sentence."""
    said = "; ".join(edits)
    return f"{said[:1].upper()}{said[1:]}."


def _improvements(
    model: Model, now: Any, wrong: tuple[Violation, ...], seen: set[tuple[Any, ...]]
) -> Iterator[tuple[int, Edit, Any]]:
    """The edits after which no more is wrong, and this no longer: how much still is, the edit, and what it makes.

    The first that leaves nothing wrong is the last.
    """
    for violation in wrong:
        for edit in edits_for(model, now, violation):
            made = apply_patch(now, edit.patch)
            left = _violations(model, made)
            if not left:
                yield 0, edit, made
                return
            still = any((each.path, each.rule) == (violation.path, violation.rule) for each in left)
            if number_of(left) <= number_of(wrong) and not still and _places(left) not in seen:
                yield number_of(left), edit, made


def _violations(model: Model, sent: Any) -> tuple[Violation, ...]:
    return find_violations(model, in_documented_case(model, sent))


def _places(wrong: tuple[Violation, ...]) -> tuple[Any, ...]:
    return tuple((each.path, each.rule) for each in wrong)
