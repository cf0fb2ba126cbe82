"""What the switches of the providers are set to: settings from people are held against the switches that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vidmock.problems import BadRequest
from vidmock.schema.behaviours import find_behaviour


def parse_behaviours(settings: Iterable[str]) -> dict[str, str]:
    """Read ``name=value`` settings.

    Raises:
        BadRequest: no such switch or no such value; the message lists what there is.
    """
    return _checked(setting.partition("=")[::2] for setting in settings)


def check_behaviours(chosen: Mapping[str, object]) -> dict[str, str]:
    """*chosen*, which are values by the names of switches. Raises as :func:`parse_behaviours` does."""
    return _checked((name, str(value)) for name, value in chosen.items())


def _checked(chosen: Iterable[tuple[str, str]]) -> dict[str, str]:
    checked = {}
    for name, value in chosen:
        choices = find_behaviour(name).choices
        if value not in choices:
            raise BadRequest(f"{name} cannot be {value!r}; it can be {', '.join(choices)}")
        checked[name] = value
    return checked
