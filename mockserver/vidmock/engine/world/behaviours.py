"""Where the sources disagree, or nobody knows, a provider has a named switch instead of a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vidmock.problems import BadRequest, did_you_mean


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One such switch. *name* is ``provider.what``; *choices* maps each value to its meaning and evidence."""

    name: str
    about: str
    choices: Mapping[str, str]
    default: str


def parse_behaviours(settings: Iterable[str], known: Iterable[Behaviour]) -> dict[str, str]:
    """Read ``name=value`` settings.

    Raises:
        BadRequest: no such switch or no such value; the message lists what there is.
    """
    by_name = {behaviour.name: behaviour for behaviour in known}
    choices = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in by_name:
            raise BadRequest(f"no behaviour {name!r}.{did_you_mean(name, by_name)} See: vidmock models --behaviours")
        if value not in by_name[name].choices:
            raise BadRequest(f"{name} cannot be {value!r}; it can be {', '.join(by_name[name].choices)}")
        choices[name] = value
    return choices
