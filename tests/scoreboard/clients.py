"""The clients on the scoreboard. Their versions are pinned where they are installed, which is where they are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

from vidmock.contract.case import Feature
from vidmock.contract.examination import IN_FLIGHT

TESTS: Final = Path(__file__).resolve().parents[1]
ADAPTERS: Final = TESTS.parent / "contracts" / "adapters"
NODE: Final = TESTS / "node"
"""Where packages of npm are, with their versions in ``package.json``; folders in it have others of the same names."""
VENVS: Final = TESTS / ".venvs"


@dataclass(frozen=True, slots=True)
class BoardClient:
    """A client of *provider*, from the *package* of its registry, unmodified, by *adapter*; *by* is how it is used.

    An adapter in Python is ``file.py:Callable``. Others are programs with the packages of *home* (a folder with a
    ``package.json``, an environment of Python, a workspace of Go); their clients *lack* some features, and *have*
    others that few have. *note* is what else a reader has to know of the measurement. With *endless*, it has no time
    limit that its caller can set, so that a job that never ends hangs it. *others* are cases that show what its user
    does, and not the client, with the reason.
    """

    package: str
    by: str
    provider: str
    adapter: str
    note: str = ""
    home: Path | None = None
    lacks: frozenset[Feature] = frozenset()
    has: frozenset[Feature] = frozenset()
    endless: bool = False
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.package} {self.by}".rstrip()

    @property
    def version(self) -> str:
        if self.home is None:
            return metadata.version(self.package)
        if self.home.parent == VENVS:
            return self.home.name.rpartition("-")[2]
        pinned: Mapping[str, str] = json.loads((self.home / "package.json").read_text("utf-8"))["devDependencies"]
        return pinned[self.package]

    @property
    def spec(self) -> str:
        """What ``vidmock check`` takes."""
        return f"{ADAPTERS / self.adapter}"

    @property
    def copies(self) -> int:
        """How many of a program are tried at once: those in Python are large."""
        return 4 if self.adapter.endswith(".py") else IN_FLIGHT

    @property
    def runner(self) -> tuple[str, ...]:
        """The words before its adapter, where that is a program."""
        assert self.home
        kinds = {
            ".mjs": ("node",),
            ".ts": (str(self.home / "node_modules" / ".bin" / "bun"),),
            ".py": (str(self.home / "bin" / "python"),),
            ".go": ("env", "GO111MODULE=off", f"GOPATH={self.home}", "go", "run"),
        }
        return kinds[Path(self.adapter).suffix]


_AI_6: Final = NODE
_AI_7: Final = NODE / "ai-7"
_RETURNS_ADDRESSES: Final[frozenset[Feature]] = frozenset({"downloads", "request_timeout"})
_ABORTS: Final[frozenset[Feature]] = frozenset({"at_once", "interrupts"})
_NEVER_CANCELS: Final[frozenset[Feature]] = _RETURNS_ADDRESSES | {"cancels"}
_NO_COSTS: Final[frozenset[Feature]] = _RETURNS_ADDRESSES | {"costs"}
_PLAIN: Final = (
    "It was measured over plain HTTP, where it repeats a look after a 408, a 429 and a dropped connection. Over HTTPS,"
    " which RunPod has, its rule of repetitions is not in force (endpoint/runner.py)."
)
_OWN_DOWNLOAD: Final = (
    "It downloads videos itself, and refuses addresses of the machine that it is on: its downloads were not measured."
    " The caller's time limit is an AbortSignal, which its pages have for that."
)
_USER_LOOKS: Final = (
    "It has no call that waits for a job. The adapter looks once a second, and ends with the first error; what that"
    " shows of its user, and not of the client, is not judged."
)
_USERS: Final = "its user looks at the job, and decides what comes of that"
_USERS_CASES: Final = dict.fromkeys(
    (
        *("SPEND-04", "POLL-01", "POLL-02", "POLL-03", "POLL-04", "POLL-05", "POLL-06", "POLL-07", "POLL-08"),
        *("POLL-09", "POLL-10", "POLL-12", "POLL-15", "POLL-16", "TERM-01", "TERM-02", "TERM-07", "TERM-08"),
        *("TERM-14", "TIME-01", "TIME-06", "CANC-01", "CANC-02", "CANC-04", "CANC-05"),
    ),
    _USERS,
)
_WITHOUT_A_LOOK: Final = dict.fromkeys(
    ("POLL-04", "TERM-01", "TERM-08"),
    "a job of some seconds ends within its first request, so that nothing is looked at",
)
CLIENTS: Final = (
    BoardClient("fal-client", "sync", "fal", "fal_client.py:Sync"),
    BoardClient("fal-client", "async", "fal", "fal_client.py:Async"),
    BoardClient("@fal-ai/client", "", "fal", "fal.mjs", home=NODE, lacks=_RETURNS_ADDRESSES, has=_ABORTS),
    BoardClient(
        "@ai-sdk/fal",
        "with ai 6",
        "fal",
        "ai_sdk_fal.mjs",
        _OWN_DOWNLOAD,
        home=_AI_6,
        lacks=_RETURNS_ADDRESSES,
        has=_ABORTS,
    ),
    BoardClient(
        "@ai-sdk/fal",
        "with ai 7",
        "fal",
        "ai_sdk_fal.mjs",
        _OWN_DOWNLOAD,
        home=_AI_7,
        lacks=_RETURNS_ADDRESSES,
        has=_ABORTS,
    ),
    BoardClient("@tanstack/ai-fal", "", "fal", "tanstack_fal.mjs", home=_AI_7, lacks=_NEVER_CANCELS),
    BoardClient(
        "huggingface_hub",
        "provider fal",
        "fal",
        "huggingface.py:Client",
        "It waits for a job for as long as it takes: one that never ends is waited for without end.",
        endless=True,
    ),
    BoardClient(
        "litellm",
        "provider fal_ai",
        "fal",
        "litellm_fal.py",
        _USER_LOOKS,
        home=VENVS / "litellm-1.110.2",
        lacks=frozenset({"cancels", "request_timeout"}),
        others=_USERS_CASES,
    ),
    BoardClient("runpod", "sync", "runpod", "runpod.py:Sync", _PLAIN),
    BoardClient("runpod", "asyncio", "runpod", "runpod.py:Asyncio"),
    BoardClient(
        "runpod-sdk",
        "run",
        "runpod",
        "runpod.ts",
        _USER_LOOKS,
        home=NODE,
        lacks=_RETURNS_ADDRESSES,
        others=_USERS_CASES,
    ),
    BoardClient(
        "runpod-sdk",
        "runSync",
        "runpod",
        "runpod_sync.mjs",
        home=NODE,
        lacks=_NEVER_CANCELS,
        others=_WITHOUT_A_LOOK,
    ),
    BoardClient(
        "@runpod/ai-sdk-provider",
        "with ai 6",
        "runpod",
        "runpod_ai_sdk.mjs",
        _OWN_DOWNLOAD,
        home=_AI_6,
        lacks=_NO_COSTS,
    ),
    BoardClient(
        "github.com/runpod/go-sdk",
        "RunSync",
        "runpod",
        "runpod_sdk.go",
        "It was built from its repository, as of the commit that is given as its version, by Go 1.19.",
        home=VENVS / "runpod-go-sdk-b8aca78",
        lacks=_NEVER_CANCELS,
        others=_WITHOUT_A_LOOK,
    ),
    BoardClient("runware-sdk", "REST", "runware", "runware_sdk.py:Rest"),
    BoardClient("runware-sdk", "WebSocket", "runware", "runware_sdk.py:WebSocket"),
    BoardClient(
        "runware",
        "",
        "runware",
        "runware_0_5.py",
        "The time limit is asyncio.wait_for: its own is a number of looks, set for the whole process.",
        home=VENVS / "runware-0.5.24",
        lacks=_NEVER_CANCELS,
    ),
    BoardClient(
        "@runware/sdk-js",
        "",
        "runware",
        "runware.mjs",
        "Its limit for a task is ten minutes, and cannot be set: a task that never ends hangs whoever has less.",
        home=NODE,
        lacks=_NEVER_CANCELS,
        endless=True,
    ),
    BoardClient(
        "@eachlabs/aiflow",
        "",
        "eachlabs",
        "aiflow.mjs",
        _USER_LOOKS,
        home=NODE,
        lacks=_RETURNS_ADDRESSES,
        others=_USERS_CASES,
    ),
)
NOT_TRIED: Final = {
    "@imgly/plugin-ai-video-generation-web": (
        "It is a part of an editor that runs in a browser, and needs that editor's engine and a licence for it. What it"
        " calls the provider with is @fal-ai/client, which is tried."
    ),
}
"""Clients that are not on the board, and why."""
