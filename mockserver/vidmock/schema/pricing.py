"""What a request costs, in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from typing import Any

from vidmock.schema import compiled, pointer, sources
from vidmock.schema.catalog import Model
from vidmock.schema.evidence import EvidenceKind, evidence_kind, weakest_evidence
from vidmock.schema.known_media import Probe, nothing_known


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars: *amount* for the whole request, *each* for one of its *count* results, *rate* for a second.

    *seconds* are those billed for one result. *how* is the sum for people to read. *evidence* says how
    well the sum is founded: as well as the worse of its rate and its seconds.
    """

    amount: Decimal
    each: Decimal
    seconds: Decimal
    count: int
    rate: Decimal
    how: str
    evidence: EvidenceKind


@dataclass(frozen=True, slots=True)
class _Rate:
    applies: compiled.Verdict
    per_second: Decimal
    spoken: str
    evidence: EvidenceKind


@dataclass(frozen=True, slots=True)
class _Seconds:
    source: sources.Source
    begun: bool
    evidence: EvidenceKind | None


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
    seconds, evidence = _seconds(tariff, payload, media)
    return _price(
        rate, seconds, int(tariff.count(payload, media)), tariff.digit, weakest_evidence(rate.evidence, evidence)
    )


@lru_cache(maxsize=1024)
def _price(rate: _Rate, seconds: Decimal, count: int, digit: Decimal, evidence: EvidenceKind) -> Price:
    each = (seconds * rate.per_second).quantize(digit, ROUND_HALF_EVEN)
    amount = each * count
    times = f" × {count} results" if count > 1 else ""
    return Price(
        amount=plain_amount(amount),
        each=plain_amount(each),
        seconds=seconds,
        count=count,
        rate=rate.per_second,
        how=f"{seconds} s × {rate.spoken}{times} = ${plain_amount(amount)}",
        evidence=evidence,
    )


def _seconds(tariff: _Tariff, payload: Any, media: Probe) -> tuple[Decimal, EvidenceKind | None]:
    value, said = next(
        (value, said) for said in tariff.seconds if (value := said.source(payload, media)) is not pointer.MISSING
    )
    seconds = Decimal(str(value))
    return seconds.to_integral_value(ROUND_CEILING) if said.begun else plain_amount(seconds), said.evidence


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
                evidence_kind(source["x-evidence"]) if "x-evidence" in source else None,
            )
            for source in said["seconds"]
        ),
        count=sources.compile_sources(said["count"], model.schema),
        digit=Decimal(1).scaleb(-said["digits"]),
    )


def _rate(said: Mapping[str, Any], root: Mapping[str, Any]) -> _Rate:
    unit, units = said.get("unit"), Decimal(said.get("units", "1"))
    per_second = Decimal(said["rate"]) * units
    spoken = f"{units} {unit}s/s × ${said['rate']}/{unit}" if unit else f"${said['rate']}/s"
    if label := said.get("label"):
        spoken += f" ({label})"
    return _Rate(
        compiled.compile_verdict(said.get("when", True), root), per_second, spoken, evidence_kind(said["x-evidence"])
    )
