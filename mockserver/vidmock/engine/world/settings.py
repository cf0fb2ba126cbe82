"""The settings of a server, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from vidmock.engine.faults.rules import FaultRule
from vidmock.engine.jobs.timeline import Latency
from vidmock.engine.time.mode import Mode
from vidmock.schema.catalog import SHIPPED, ModelCatalog
from vidmock.schema.known_media import Probe, nothing_known


@dataclass(frozen=True, slots=True)
class Settings:
    """*keys* empty means that any non-empty key is accepted. *keep_jobs* bounds finished jobs in each world.

    *keep_bytes* bounds each world's exchanges, its deliveries, its uploads, and a quarter of its finished jobs;
    *memory* bounds the bytes of all worlds together, and *keep_worlds* their number.
    *catalog* has the models.
    *magic_inputs* says whether prompts may ask for faults, and whether reserved keys mean what they say.
    *external_urls* are how clients reach the server, where a proxy does not say it, one for each host: the URL, or
    ``HOST=URL`` for those that came by HOST; *media_url* is how they reach videos and uploads, where that is another
    way. *tls_hosts* are more names for its certificate; *allow_hosts* may really be contacted; programs on other
    machines may use the control API if they send *control_token*, and none if it is empty; *faults* and *budget* are
    those that every world has from the start.
    """

    seed: int = 0
    clock: Mode = field(default_factory=Mode)
    latency: Latency = field(default_factory=Latency)
    keys: frozenset[str] = frozenset()
    behaviours: Mapping[str, str] = field(default_factory=dict)
    keep_jobs: int = 10_000
    keep_exchanges: int = 1_000
    keep_bytes: int = 64 * 2**20
    keep_worlds: int = 10_000
    memory: int = 512 * 2**20
    media: Probe = nothing_known
    catalog: ModelCatalog = SHIPPED
    allow_hosts: frozenset[str] = frozenset()
    tls_hosts: frozenset[str] = frozenset()
    external_urls: tuple[str, ...] = ()
    media_url: str = ""
    magic_inputs: bool = True
    control_token: str = ""
    faults: tuple[FaultRule, ...] = ()
    budget: Decimal | None = None
