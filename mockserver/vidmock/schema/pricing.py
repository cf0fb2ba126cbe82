"""What a request costs, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from typing import Any, Final

from vidmock.schema import compiled, pointer, sources
from vidmock.schema.catalog import Model
from vidmock.schema.dollars import dollars
from vidmock.schema.evidence import Evidence, EvidenceKind, read_evidence, weakest_evidence
from vidmock.schema.known_media import UNKNOWN, Probe, assume, nothing_known

_ASSUMED: Final = Evidence(
    "inferred",
    f"the clip's length is not known: {assume(UNKNOWN, 'seconds'):g} s are taken, as in the printed examples",
)
_NOT_STATED: Final = ("inferred", "unstated")
UNKNOWN_PRICE: Final = "unknown price"
"""What is said of a price that no source names."""
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars: *amount* for the whole request, *each* for one of its *count* results, *rate* for a second.

    Where the price is not *known*, all three are 0. *seconds* are those billed for one result. *how* is the sum for
    people to read. *evidence* says how well the sum is founded: as well as the worse of its rate and its seconds.
    *inferred* has a line for each part of the sum that no source states, with the reason why it is taken so.
    """

    amount: Decimal
    each: Decimal
    seconds: Decimal
    count: int
    rate: Decimal
    how: str
    evidence: EvidenceKind
    inferred: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class _Rate:
    """*per_second* is ``None`` where no price is known; *noun* is what there is one of in a second, or ``s``."""

    applies: compiled.Verdict
    per_second: Decimal | None
    spoken: str
    evidence: Evidence
    noun: str = "s"


@dataclass(frozen=True, slots=True)
class _Seconds:
    source: sources.Source
    begun: bool
    evidence: Evidence | None
    clip: pointer.Path | None


@dataclass(frozen=True, slots=True)
class _Tariff:
    rates: tuple[_Rate, ...]
    seconds: tuple[_Seconds, ...]
    count: sources.Source
    digit: Decimal


def price_of(model: Model, payload: Any, media: Probe = nothing_known) -> Price:
    """What *payload*, a valid input of *model*, costs; *media* tells what is known of its clips."""
    tariff = _tariff(model.pattern)
    rate = next(rate for rate in tariff.rates if rate.applies(payload))
    seconds, founded = _seconds(tariff, payload, media)
    return _price(rate, seconds, int(tariff.count(payload, media)), tariff.digit, founded)


@lru_cache(maxsize=1024)
def _price(rate: _Rate, seconds: Decimal, count: int, digit: Decimal, founded: tuple[Evidence, ...]) -> Price:
    if rate.per_second is None:
        evidence = rate.evidence.kind
        return Price(_NOTHING, _NOTHING, seconds, count, _NOTHING, rate.spoken, evidence, known=False)
    all_of_it = (rate.evidence, *founded)
    each = (seconds * rate.per_second).quantize(digit, ROUND_HALF_EVEN)
    amount = each * count
    times = f" × {count} results" if count > 1 else ""
    return Price(
        amount=plain_amount(amount),
        each=plain_amount(each),
        seconds=seconds,
        count=count,
        rate=rate.per_second,
        how=f"{seconds} {rate.noun} × {rate.spoken}{times} = {dollars(amount)}",
        evidence=weakest_evidence(*(each.kind for each in all_of_it)),
        inferred=tuple(each.source for each in all_of_it if each.kind in _NOT_STATED),
    )


def _seconds(tariff: _Tariff, payload: Any, media: Probe) -> tuple[Decimal, tuple[Evidence, ...]]:
    value, said = next(
        (value, said) for said in tariff.seconds if (value := said.source(payload, media)) is not pointer.MISSING
    )
    seconds = Decimal(str(value))
    founded = (said.evidence,) if said.evidence else ()
    if said.clip is not None and media(pointer.value_at(payload, said.clip)).seconds is None:
        founded = (*founded, _ASSUMED)
    return seconds.to_integral_value(ROUND_CEILING) if said.begun else plain_amount(seconds), founded


def plain_amount(amount: Decimal) -> Decimal:
    """The same number without trailing zeros after the point, and never with an exponent: how it came about is gone."""
    amount = amount.normalize()
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


@cache
def _tariff(model: Model) -> _Tariff:
    said = model.schema["x-pricing"]
    return _Tariff(
        rates=tuple(_rate(rate, model.schema) for rate in said["rates"]),
        seconds=tuple(
            _Seconds(
                sources.compile_sources([source], model.schema),
                source.get("round") == "up",
                read_evidence(source["x-evidence"]) if "x-evidence" in source else None,
                pointer.parse_pointer(source["media"]) if "media" in source else None,
            )
            for source in said["seconds"]
        ),
        count=sources.compile_sources(said["count"], model.schema),
        digit=Decimal(1).scaleb(-said["digits"]),
    )


def _rate(said: Mapping[str, Any], root: Mapping[str, Any]) -> _Rate:
    applies, label = compiled.compile_verdict(said.get("when", True), root), said.get("label")
    evidence = read_evidence(said["x-evidence"])
    if said["rate"] is None:
        return _Rate(applies, None, f"{UNKNOWN_PRICE} ({label})" if label else UNKNOWN_PRICE, evidence)
    unit, units = said.get("unit"), Decimal(said.get("units", "1"))
    per_second = Decimal(said["rate"]) * units
    each = f"{dollars(Decimal(said['rate']))}/{unit or 's'}"
    spoken = f"{units} {unit}s/s × {each}" if unit and units != 1 else each
    noun = unit if unit and units == 1 else "s"
    return _Rate(applies, per_second, f"{spoken} ({label})" if label else spoken, evidence, noun)
