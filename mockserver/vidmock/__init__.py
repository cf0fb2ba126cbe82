"""An offline stand-in for generative-video APIs, a validation library, and a contract kit for their clients.

The names below are the public ones. Each is imported when it is first used, because pytest imports this package
whenever it starts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidmock.engine.faults.rules import Effect, FaultRule, Phase, Tally
    from vidmock.engine.faults.target import Operation
    from vidmock.engine.jobs.job import Failure, Job, Output, State, Step, Webhook
    from vidmock.engine.jobs.ledger_line import LedgerLine
    from vidmock.engine.jobs.timeline import Latency
    from vidmock.engine.jobs.waste import MissedFile, Waste
    from vidmock.engine.time.durations import Duration
    from vidmock.engine.time.mode import Mode
    from vidmock.engine.webhooks.delivery import Attempt, Delivery, Message, MessageHeaders
    from vidmock.engine.world.journal import Exchange, RawHeaders
    from vidmock.engine.world.settings import Settings
    from vidmock.media.clip import Container
    from vidmock.problems import (
        AlreadyEnded,
        BadJSON,
        BadRequest,
        Invalid,
        NoSuchJob,
        Problem,
        UnknownModel,
        UnknownProvider,
    )
    from vidmock.schema.answers import validate_answer
    from vidmock.schema.catalog import Batch, Model, ModelCatalog
    from vidmock.schema.evidence import EvidenceKind
    from vidmock.schema.judged import Judged
    from vidmock.schema.known_media import Listing, MediaInfo, Probe
    from vidmock.schema.library import lints, price, suggest, validate
    from vidmock.schema.model_files import load_catalog
    from vidmock.schema.portable import json_schema
    from vidmock.schema.pricing import Price
    from vidmock.schema.suggestion import Suggestion
    from vidmock.schema.violation import Violation
    from vidmock.server.asked_provider import ProviderAnswer
    from vidmock.server.port import PortTaken
    from vidmock.server.provider_answer import provider_answer
    from vidmock.server.state_folder import NoStateFolder
    from vidmock.testing.clocks import AsyncClockHandle, AsyncWebhooksHandle, ClockHandle, NoWebhook, WebhooksHandle
    from vidmock.testing.endpoints import FalEndpoints, ProviderEndpoint
    from vidmock.testing.faults import FaultsHandle
    from vidmock.testing.job_record import JobRecord, OutputRecord
    from vidmock.testing.mock_server import AsyncMockServer, MockServer
    from vidmock.testing.mock_world import AsyncMockWorld, MockWorld
    from vidmock.testing.options import Media, Models
    from vidmock.testing.records import JobsHandle, JournalHandle, LedgerHandle
    from vidmock.testing.transport import InProcessTransport
    from vidmock.testing.virtual_time.standstill import TimeStandsStill, WaitingForEver
    from vidmock.testing.virtual_time.virtual_time import VirtualTime
    from vidmock.testing.vocabulary import EffectName, OutcomeName, Provider, StateName
    from vidmock.testing.webhook_receiver import ReceivedWebhook, WebhookReceiver
    from vidmock.testing.world_handle import WorldHandle

__version__ = "0.1.0"

__all__ = [
    "AlreadyEnded",
    "AsyncClockHandle",
    "AsyncMockServer",
    "AsyncMockWorld",
    "AsyncWebhooksHandle",
    "Attempt",
    "BadJSON",
    "BadRequest",
    "Batch",
    "ClockHandle",
    "Container",
    "Delivery",
    "Duration",
    "Effect",
    "EffectName",
    "EvidenceKind",
    "Exchange",
    "Failure",
    "FalEndpoints",
    "FaultRule",
    "FaultsHandle",
    "InProcessTransport",
    "Invalid",
    "Job",
    "JobRecord",
    "JobsHandle",
    "JournalHandle",
    "Judged",
    "Latency",
    "LedgerHandle",
    "LedgerLine",
    "Listing",
    "Media",
    "MediaInfo",
    "Message",
    "MessageHeaders",
    "MissedFile",
    "MockServer",
    "MockWorld",
    "Mode",
    "Model",
    "ModelCatalog",
    "Models",
    "NoStateFolder",
    "NoSuchJob",
    "NoWebhook",
    "Operation",
    "OutcomeName",
    "Output",
    "OutputRecord",
    "Phase",
    "PortTaken",
    "Price",
    "Probe",
    "Problem",
    "Provider",
    "ProviderAnswer",
    "ProviderEndpoint",
    "RawHeaders",
    "ReceivedWebhook",
    "Settings",
    "State",
    "StateName",
    "Step",
    "Suggestion",
    "Tally",
    "TimeStandsStill",
    "UnknownModel",
    "UnknownProvider",
    "Violation",
    "VirtualTime",
    "WaitingForEver",
    "Waste",
    "Webhook",
    "WebhookReceiver",
    "WebhooksHandle",
    "WorldHandle",
    "json_schema",
    "lints",
    "load_catalog",
    "price",
    "provider_answer",
    "suggest",
    "validate",
    "validate_answer",
]

_NAMES_BY_MODULE = {
    "vidmock.media.clip": ("Container",),
    "vidmock.schema.answers": ("validate_answer",),
    "vidmock.schema.catalog": ("Batch", "Model", "ModelCatalog"),
    "vidmock.schema.evidence": ("EvidenceKind",),
    "vidmock.schema.model_files": ("load_catalog",),
    "vidmock.engine.faults.rules": ("Effect", "FaultRule", "Phase", "Tally"),
    "vidmock.engine.faults.target": ("Operation",),
    "vidmock.engine.jobs.job": ("Failure", "Job", "Output", "State", "Step", "Webhook"),
    "vidmock.engine.jobs.ledger_line": ("LedgerLine",),
    "vidmock.engine.jobs.waste": ("MissedFile", "Waste"),
    "vidmock.engine.time.mode": ("Mode",),
    "vidmock.engine.time.durations": ("Duration",),
    "vidmock.engine.webhooks.delivery": ("Attempt", "Delivery", "Message", "MessageHeaders"),
    "vidmock.engine.world.journal": ("Exchange", "RawHeaders"),
    "vidmock.engine.world.settings": ("Settings",),
    "vidmock.engine.jobs.timeline": ("Latency",),
    "vidmock.problems": (
        "AlreadyEnded",
        "BadJSON",
        "BadRequest",
        "Invalid",
        "NoSuchJob",
        "Problem",
        "UnknownModel",
        "UnknownProvider",
    ),
    "vidmock.schema.judged": ("Judged",),
    "vidmock.schema.known_media": ("Listing", "MediaInfo", "Probe"),
    "vidmock.schema.library": ("lints", "price", "suggest", "validate"),
    "vidmock.schema.portable": ("json_schema",),
    "vidmock.schema.pricing": ("Price",),
    "vidmock.schema.suggestion": ("Suggestion",),
    "vidmock.schema.violation": ("Violation",),
    "vidmock.server.asked_provider": ("ProviderAnswer",),
    "vidmock.server.port": ("PortTaken",),
    "vidmock.server.provider_answer": ("provider_answer",),
    "vidmock.server.state_folder": ("NoStateFolder",),
    "vidmock.testing.clocks": ("AsyncClockHandle", "AsyncWebhooksHandle", "ClockHandle", "NoWebhook", "WebhooksHandle"),
    "vidmock.testing.endpoints": ("FalEndpoints", "ProviderEndpoint"),
    "vidmock.testing.faults": ("FaultsHandle",),
    "vidmock.testing.mock_server": ("AsyncMockServer", "MockServer"),
    "vidmock.testing.mock_world": ("AsyncMockWorld", "MockWorld"),
    "vidmock.testing.options": ("Media", "Models"),
    "vidmock.testing.job_record": ("JobRecord", "OutputRecord"),
    "vidmock.testing.records": ("JobsHandle", "JournalHandle", "LedgerHandle"),
    "vidmock.testing.transport": ("InProcessTransport",),
    "vidmock.testing.virtual_time.standstill": ("TimeStandsStill", "WaitingForEver"),
    "vidmock.testing.virtual_time.virtual_time": ("VirtualTime",),
    "vidmock.testing.vocabulary": ("EffectName", "OutcomeName", "Provider", "StateName"),
    "vidmock.testing.webhook_receiver": ("ReceivedWebhook", "WebhookReceiver"),
    "vidmock.testing.world_handle": ("WorldHandle",),
}


if not TYPE_CHECKING:
    # Hidden from type checkers, for which a module with this function has any name.
    def __getattr__(name: str) -> object:
        for module, names in _NAMES_BY_MODULE.items():
            if name in names:
                value = globals()[name] = getattr(import_module(module), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("_")), *__all__})
