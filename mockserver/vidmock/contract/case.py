"""A case: one thing that a provider may do to a client, as scripts of the mock, and what the client must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from vidmock.contract.paid_calls import PAID_CALLS, PaidCall
from vidmock.engine.scenario.scenario import Scenario

Told = Literal["video", "refused", "unknown", "still_running", "not_downloaded", "interrupted"]
"""What a caller is told: the outcomes of :mod:`vidmock.kit.client`, or that its own interruption was heard."""
Feature = Literal[
    "webhooks",
    "downloads",
    "cancels",
    "costs",
    "request_timeout",
    "at_once",
    "interrupts",
    "resumes",
    "public_only",
    "tells",
]
FEATURES: Final[Mapping[Feature, str]] = {
    "webhooks": "has handle_webhook",
    "downloads": "downloads the videos",
    "cancels": "cancels a job when its deadline has passed",
    "costs": "tells what a job cost, where the provider does",
    "request_timeout": "takes a request_timeout",
    "at_once": "can be called while it is at work for others",
    "interrupts": "can be interrupted in a call",
    "public_only": "fetches files from public addresses only, but for those of the mock itself",
    "resumes": "has resume",
    "tells": "has an adapter, which says what the caller is told",
}
"""What a client may be able to do, and how that shows or what it means: what follows on "a client that"."""
Tampering = Literal["foreign_job", "foreign_file", "own_job"]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How webhooks reach the client: *copies* of each as it comes, and so many *again* when the call is over.

    The first may be *tampered* with on its way: to name a job that nobody submitted, or a file that is not the job's.
    With *another*, it is that of a job of another client of the same account, which has ended before; tampered with, it
    may name the client's ``own_job``. *taken* is whether the client must take it (``None``: as it likes), *acted*
    whether its job must be published by then, and not at the next look only.
    """

    copies: int = 1
    again: int = 0
    another: bool = False
    tampered: Tampering | None = None
    taken: bool | None = None
    acted: bool = False


@dataclass(frozen=True, slots=True)
class WireExpectation:
    """What must be seen from outside, whatever the caller was told.

    *calls* are numbers of calls by operation, *at_most* bounds for them. After the first answer 429, nothing of that
    operation is sent for *waits* seconds. *jobs* is how many the provider has accepted, *spent* what it has been paid
    in USD. Where it *follows*, the client looks under the other path that the answer to its submission names.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    waits: float | None = None
    jobs: int | None = None
    spent: Decimal | None = None
    follows: bool = False


@dataclass(frozen=True, slots=True)
class ClientScript:
    """One run of a client: what the provider does (*scenario*), what is asked for, and what must come of it.

    The call asks for the provider's sample, or for what is *paid* instead, changed by *input*, or with its *mistake*,
    or for nothing if it is *bare*;
    there are so many *calls* one after another, or all *at_once*, each with a *deadline* in the mock's seconds; where
    they are *varied*, one for every variety of the sample. With *hurried*, the client has a request timeout of one real
    second. The user may have *interrupted* it, after so many of the mock's seconds. Where it is *resumed*, another
    process has submitted the job, and the client is told its id. The caller must be told one of
    *told* within *within* of the mock's seconds; with *names_field*, which field was refused, with *names_job* the id
    of the job, with *names_cost* what it cost, and the *reason* that the provider gave. *played* is the scenario as it
    is written.
    """

    name: str
    providers: tuple[str, ...]
    scenario: Scenario
    told: tuple[Told, ...]
    played: Mapping[str, Any]
    input: Mapping[str, Any] = field(default_factory=dict)
    mistake: bool = False
    bare: bool = False
    calls: int = 1
    at_once: bool = False
    varied: bool = False
    deadline: float = 600.0
    hurried: bool = False
    interrupted: float | None = None
    resumed: bool = False
    deliveries: Deliveries | None = None
    within: float | None = None
    names_field: bool = False
    names_job: bool = False
    names_cost: bool = False
    reason: str = ""
    wire: WireExpectation = field(default_factory=WireExpectation)
    paid: PaidCall | None = None

    def paid_call(self, provider: str) -> PaidCall:
        """What is asked for at *provider*, before this script changes it."""
        return self.paid or PAID_CALLS[provider]


@dataclass(frozen=True, slots=True)
class Case:
    """A mistake that clients make. *asks* is what happens, *must* the property that holds all the same.

    *severity* is ``S1`` (money or secrets are lost) to ``S4`` (a poor message), *evidence* where it was seen. It is
    tried with clients that have what it *needs*. *documented* is where a provider asks it of its clients, by provider.
    """

    id: str
    asks: str
    must: str
    severity: str
    evidence: tuple[str, ...]
    needs: frozenset[Feature]
    scripts: tuple[ClientScript, ...]
    documented: Mapping[str, str]
