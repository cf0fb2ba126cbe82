"""The faults that clients ask for, and what each means for the job: what must, may and must not become of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

GROUPS: Final = ("before", "after", "outcome", "poll", "webhook", "media", "cancel")


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault of a *group*, in the words of a prompt. *ends* are the ways in which its job may end.

    *waits* says that the answer may never come, so that the client gives up; *bends* that answers about the job may say
    what is not so. A webhook comes as often as usual, *webhooks* times; about another job, if it is *foreign*.
    *only* are the providers at which it strikes.
    """

    group: str
    words: str
    ends: frozenset[str] = frozenset({"succeeded"})
    waits: bool = False
    bends: bool = False
    rewinds: bool = False
    webhooks: int = 1
    foreign: bool = False
    only: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.words

    @property
    def marker(self) -> str:
        """As it stands in a prompt."""
        return f"[[vidmock: {self.words}]]" if self.words else ""

    @property
    def refuses(self) -> bool:
        """Whether the submit is refused, and no job is made."""
        return self.group == "before"


NO_FAULT: Final = PlannedFault("", "")
_FAILS: Final = frozenset({"failed"})
_BEFORE: Final = (
    *("rate_limit", "internal", "unavailable", "upstream_timeout", "no_balance", "locked", "unauthorized"),
    *("edge_page=502 at=before", "status=503 at=before", "lost at=before", "reset at=before"),
)
_AFTER: Final = (
    *("lost at=after", "reset at=after", "edge_page=504 at=after", "status=500 at=after", "truncated at=after"),
    *("malformed at=after", "empty at=after"),
)
_POLL: Final = ("lost at=poll", "edge_page at=poll:2", "truncated at=poll", "malformed at=poll:2", "internal at=poll")
_BENT: Final = ("unknown_status at=poll", "missing_field=status at=poll", "other_job at=poll")
_MEDIA: Final = ("media_truncated", "media_gone=404", "media_pending", "media_page", "lost at=media")
_CANCEL: Final = ("lost at=cancel", "internal at=cancel", "edge_page at=cancel")

MENU: Final = (
    *(PlannedFault("before", words) for words in _BEFORE),
    PlannedFault("before", "hang at=before", waits=True),
    *(PlannedFault("after", words) for words in _AFTER),
    *(
        PlannedFault("after", words, waits=True)
        for words in ("hang at=after", "half_closed at=after", "late=5 at=after")
    ),
    PlannedFault("after", "after_webhook"),
    *(PlannedFault("outcome", words, _FAILS) for words in ("fail", "fail=upstream", "fail=download", "moderated")),
    PlannedFault("outcome", "cancelled", frozenset({"cancelled", "failed"})),
    PlannedFault("outcome", "stuck", frozenset()),
    PlannedFault("outcome", "slow=200"),
    PlannedFault("outcome", "requeue=5", rewinds=True),
    PlannedFault("outcome", "partial", frozenset({"succeeded", "failed"}), only=frozenset({"runware"})),
    PlannedFault("outcome", "spread=20", only=frozenset({"runware"})),
    *(PlannedFault("poll", words, waits=words.startswith("late")) for words in (*_POLL, "late=2 at=poll")),
    *(PlannedFault("poll", words, bends=True) for words in _BENT),
    PlannedFault("webhook", "webhook_lost", webhooks=0),
    PlannedFault("webhook", "webhook_late=100"),
    PlannedFault("webhook", "webhook_repeated=3", webhooks=3),
    PlannedFault("webhook", "webhook_reordered=50"),
    PlannedFault("webhook", "webhook_foreign", foreign=True),
    PlannedFault("webhook", "webhook_malformed", foreign=True),
    *(PlannedFault("media", words) for words in _MEDIA),
    *(PlannedFault("cancel", words, only=frozenset({"runpod", "fal", "eachlabs"})) for words in _CANCEL),
)


def draw_fault(random: Random, groups: tuple[str, ...], provider: str) -> PlannedFault:
    """A fault of one of *groups* that strikes at *provider*; none in half of the cases."""
    choices = [fault for fault in MENU if fault.group in groups and (not fault.only or provider in fault.only)]
    return random.choice(choices) if choices and random.random() < 0.5 else NO_FAULT
