"""Bugs that real clients have, each as one change of the text of a good client: data in ``bugs/*.toml``.

A file names the *client* that it breaks, by its path in the repository, and its *provider*. Each of its entries has

- ``id``: unique over all files;
- ``does``: what the client then does wrong;
- ``costs``: what its user loses: money, a video, a secret or time;
- ``source``: where a real client had this bug, or ``own``;
- ``kills``: the kinds of checks of which at least one should fail the client;
- ``find`` and ``replace``: the change. *find* stands in the client exactly once;
- ``harmless``, where it turned out to be no bug: why. It stays, and is not tried.

The bugs were set down before the cases that must find them, by people who had not seen those.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
BUGS = Path(__file__).resolve().parent / "bugs"
COSTS = frozenset({"money", "video", "secret", "time"})
KINDS = frozenset({"SPEND", "POLL", "TERM", "MEDIA", "SEC", "COMP", "CANC", "HOOK", "VAL", "COST"})


class BadBug(ValueError):
    """An entry does not fit its client, or is no entry; ``str()`` names it and says why."""


@dataclass(frozen=True, slots=True, repr=False)
class Bug:
    """One bug of the *client* of one *provider*; the other members are as in the files."""

    id: str
    client: Path
    provider: str
    does: str
    costs: str
    source: str
    kills: frozenset[str]
    find: str
    replace: str
    harmless: str = ""

    def __repr__(self) -> str:
        return f"<{self.id}: {self.does}>"

    def apply(self) -> str:
        """The client's text with the bug.

        Raises:
            BadBug: the text to be changed is not in the client, or more than once.
        """
        text = (TOP / self.client).read_text("utf-8")
        found = text.count(self.find)
        if found != 1:
            often = "no longer there" if not found else f"there {found} times"
            raise BadBug(f"{self.id}: the text that it changes in {self.client} is {often}:\n{self.find}")
        return text.replace(self.find, self.replace)


def load_bugs(folder: Path = BUGS) -> tuple[Bug, ...]:
    """All bugs, in the order of the files' names.

    Raises:
        BadBug: an entry lacks a member, has one too many, or says a word that is none of those above.
    """
    bugs = tuple(bug for file in sorted(folder.glob("*.toml")) for bug in _read(file))
    seen: set[str] = set()
    for bug in bugs:
        if bug.id in seen:
            raise BadBug(f"{bug.id}: there are two of this id")
        seen.add(bug.id)
    return bugs


def clients(bugs: Iterable[Bug]) -> tuple[tuple[Path, str], ...]:
    """The good clients that *bugs* break, each with its provider."""
    return tuple(dict.fromkeys((bug.client, bug.provider) for bug in bugs))


def _read(file: Path) -> tuple[Bug, ...]:
    try:
        page = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadBug(f"{file.name}: {error}") from error
    client, provider = Path(page["client"]), page["provider"]
    return tuple(_bug(entry, client, provider, f"{file.name}, entry {n}") for n, entry in enumerate(page["bug"], 1))


def _bug(entry: dict[str, object], client: Path, provider: str, place: str) -> Bug:
    names = ("id", "does", "costs", "source", "find", "replace")
    if wrong := sorted({*entry} - {"harmless"} ^ {*names, "kills"}):
        raise BadBug(f"{place} ({entry.get('id', 'without id')}): too many or missing: {', '.join(wrong)}")
    bug = Bug(
        id=str(entry["id"]),
        client=client,
        provider=provider,
        does=str(entry["does"]),
        costs=str(entry["costs"]),
        source=str(entry["source"]),
        kills=frozenset(entry["kills"] if isinstance(entry["kills"], list) else ()),
        find=str(entry["find"]),
        replace=str(entry["replace"]),
        harmless=str(entry.get("harmless", "")),
    )
    if bug.costs not in COSTS:
        raise BadBug(f"{bug.id}: it costs {bug.costs!r}, which is none of {', '.join(sorted(COSTS))}")
    if not bug.kills or bug.kills - KINDS:
        words = f"{sorted(bug.kills)}, of which each must be one of {', '.join(sorted(KINDS))}"
        raise BadBug(f"{bug.id}: it is killed by {words}")
    if bug.source != "own" and not bug.source.startswith("https://"):
        raise BadBug(f"{bug.id}: its source is neither an address nor 'own': {bug.source!r}")
    return bug
