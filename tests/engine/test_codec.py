"""Fields that have another name in plain data, or are not in it at their default."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from vidmock.engine.codec import from_plain, plain_field, to_plain


@dataclass(frozen=True, slots=True)
class Parcel:
    weight: float = 0.0
    sent_by: str = plain_field("", "sentBy")
    remark: str | None = plain_field(None, sparse=True)


@pytest.mark.parametrize(
    ("parcel", "plain"),
    [
        (Parcel(), {"weight": 0.0, "sentBy": ""}),
        (Parcel(1.5, "me", "fragile"), {"weight": 1.5, "sentBy": "me", "remark": "fragile"}),
        (Parcel(remark=""), {"weight": 0.0, "sentBy": "", "remark": ""}),
    ],
)
def test_a_value_and_its_plain_data_are_made_from_each_other(parcel: Parcel, plain: object) -> None:
    assert to_plain(parcel) == plain
    assert from_plain(Parcel, plain) == parcel


def test_what_is_missing_takes_its_default() -> None:
    assert from_plain(Parcel, {}) == Parcel()


def test_a_part_of_another_type_is_named_as_in_the_data() -> None:
    with pytest.raises(ValueError, match=r"^sentBy: 5 is not of type str$"):
        from_plain(Parcel, {"sentBy": 5})
