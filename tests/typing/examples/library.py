"""What a type checker knows of the validation library."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

import vidmock
from vidmock import BadJSON, Invalid, MediaInfo, Price, UnknownModel, UnknownProvider, Violation, price, validate


def judge(payload: object) -> None:
    violations = validate("fal", "a-model", payload, media={"https://a.example/b.mp4": {"seconds": 12}})
    assert_type(violations, tuple[Violation, ...])
    assert_type(violations[0].where, str)
    assert_type(violations[0].path, tuple[str | int, ...])
    cost = price("fal", "a-model", payload, media=lambda url: MediaInfo(width=640))
    assert_type(cost, Price)
    assert_type(cost.amount, Decimal)
    assert_type(vidmock.validate("fal", "a-model", "{}"), tuple[Violation, ...])


def errors() -> None:
    try:
        price("fal", "a-model", {})
    except Invalid as invalid:
        assert_type(invalid.violations, tuple[Violation, ...])
    except UnknownModel as unknown:
        assert_type((unknown.provider, unknown.known), tuple[str, tuple[str, ...]])
    except UnknownProvider as unknown:
        assert_type(unknown.name, str)
    except BadJSON as bad:
        assert_type((bad.what, bad.line), tuple[str, int])
