"""What a call costs among 10, 100, … 100,000 of what it could be slowed by: ``python benchmarks/growth.py``.

In process, without a socket: CPU microseconds of a call, and how many times as much it is as among the fewest. The
calls of all sizes take turns, so that a busy machine slows them alike. Arguments are sizes, in place of those, and the
name of one part of the table.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace

from crowd import FAL, RUNPOD, SUBMITS, Asked, Crowd, ended, exchanges, files, keys, rules, waiting

SIZES = (10, 100, 1_000, 10_000, 100_000)
ROUNDS = 40


def control(path: str, method: str = "GET", body: object = None) -> Asked:
    return Asked("control", method, f"/_vidmock{path}", body)


def task(kind: str, **members: object) -> Asked:
    return Asked("runware", "POST", "/runware/v1", [{"taskType": kind, **members}])


SUBMITTED = tuple(SUBMITS.values())
POLLS = (
    Asked("runpod", "GET", f"{RUNPOD}/status/{{job}}"),
    task("getResponse", taskUUID="{job}"),
    Asked("fal", "GET", f"{FAL}/requests/{{job}}/status"),
    Asked("eachlabs", "GET", "/eachlabs/v1/prediction/{job}"),
)
KEYLESS = (replace(POLLS[2], key=None),)


def cancel(provider: str) -> Asked:
    """The cancellation of a new job of *provider*."""
    method, path, body = {
        "runpod": ("POST", f"{RUNPOD}/cancel/{{job}}", None),
        "fal": ("PUT", f"{FAL}/requests/{{job}}/cancel", None),
        "eachlabs": ("POST", "/eachlabs/v1/prediction/{job}/cancel", {}),
    }[provider]
    return Asked(provider, method, path, body, first=SUBMITS[provider])


CANCELS = tuple(map(cancel, ("runpod", "fal", "eachlabs")))
FAILED = Asked("control", "POST", "/_vidmock/jobs/{job}/outcome", {"effect": "fail"}, first=SUBMITS["runpod"])
RETRY = Asked("runpod", "POST", f"{RUNPOD}/retry/{{job}}", first=FAILED)
STREAMS = (
    Asked("runpod", "GET", f"{RUNPOD}/stream/{{job}}"),
    Asked("fal", "GET", f"{FAL}/requests/{{job}}/status/stream"),
)
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
UPLOADS = (
    Asked("eachlabs", "POST", "/eachlabs/v1/upload/presign", {"content_type": "image/png"}),
    Asked("fal", "POST", "/fal/rest/storage/upload/initiate", {"content_type": "image/png", "file_name": "a.png"}),
    task("imageUpload", taskUUID="00000000-0000-4000-a000-{n}", image=PNG),
)
ACCOUNTS = (
    Asked("runpod", "GET", f"{RUNPOD}/health"),
    Asked("eachlabs", "GET", "/eachlabs/v1/executions?limit=5"),
    Asked("eachlabs", "GET", "/eachlabs/v1/executions?limit=5&status=success"),
    Asked("fal", "GET", "/fal/api/v1/models/usage?limit=5"),
    Asked("fal", "GET", "/fal/api/v1/models/billing-events?limit=5"),
    Asked("fal", "GET", "/fal/api/v1/account/billing?expand=credits"),
    task("accountManagement", taskUUID="00000000-0000-4000-9000-{n}", operation="getDetails"),
)
LISTS = (
    control("/jobs?limit=5"),
    control("/jobs?limit=5&state=queued"),
    control("/worlds?limit=5"),
    control("/clock?limit=5"),
    control("/journal?limit=5"),
    control("/deliveries?limit=5"),
    control("/ledger?limit=5"),
    control("/ledger/waste?limit=5"),
    control("/ledger/missed_files?limit=5"),
    control("/faults?limit=5"),
    control("/memory"),
)
SNAPSHOT = control("/worlds/snapshot?key=a-key")
FILES = (Asked("eachlabs", "GET", "/eachlabs/media/uploads/{file}.mp4", key=None),)
AMONG: Mapping[str, tuple[Callable[[int], Awaitable[Crowd]], tuple[Asked, ...]]] = {
    "jobs that wait": (
        waiting,
        (
            *SUBMITTED,
            *POLLS,
            *ACCOUNTS,
            *CANCELS,
            *KEYLESS,
            *UPLOADS,
            *LISTS,
            control("/jobs/{job}"),
            control("/clock/advance?key=a-key", "POST", {"by": 0.001}),
            control("/worlds?key=a-key"),
        ),
    ),
    "jobs that have ended": (
        ended,
        (
            *SUBMITTED,
            *POLLS,
            Asked("fal", "GET", f"{FAL}/requests/{{job}}"),
            Asked(
                "fal",
                "GET",
                "/fal/api/v1/models/requests/by-endpoint?limit=5&endpoint_id=fal-ai/kling-video/o1/reference-to-video",
            ),
            *CANCELS,
            RETRY,
            *STREAMS,
            *KEYLESS,
            *UPLOADS,
            *ACCOUNTS,
            *LISTS,
            *FILES,
            Asked("eachlabs", "GET", "/eachlabs/v1/webhooks?limit=5"),
            Asked("eachlabs", "GET", "/eachlabs/v1/webhooks/{job}"),
            control("/deliveries?limit=5&job=nobody"),
            SNAPSHOT,
        ),
    ),
    "keys": (
        keys,
        (
            *SUBMITTED,
            *POLLS,
            *CANCELS,
            *KEYLESS,
            *UPLOADS,
            Asked("runpod", "POST", SUBMITTED[0].path, SUBMITTED[0].body, key="new key {n}"),
            control("/jobs/{job}"),
            *LISTS,
            control("/clock/advance", "POST", {"by": 0.001}),
            control("/clock/advance?limit=5", "POST", {"by": 0.001}),
        ),
    ),
    "exchanges": (
        exchanges,
        (
            SUBMITTED[0],
            POLLS[0],
            control("/journal?limit=5"),
            control("/journal?limit=5&operation=submit"),
            control("/journal?job=nobody"),
            control("/jobs?limit=5"),
            control("/jobs/{job}"),
        ),
    ),
    "fault rules": (rules, (*SUBMITTED, *POLLS, control("/faults?limit=5"), control("/worlds?limit=5"))),
    "uploaded files": (files, (*SUBMITTED, *POLLS, *UPLOADS)),
}


async def measured(crowds: list[Crowd], asked: Asked) -> list[float]:
    """CPU microseconds of *asked* among each of *crowds*: the first quarter of as many rounds."""
    found: list[list[float]] = [[] for _ in crowds]
    spent = 0.0
    for turn in range(ROUNDS + 1):
        for crowd, costs in zip(crowds, found, strict=True):
            cost = await crowd.cost(asked)
            spent += cost
            # The first call brings up to date what has changed since.
            if turn:
                costs.append(1e6 * cost)
        if turn and spent > 20:
            break
    return [min(costs) if len(costs) < 4 else statistics.quantiles(costs)[0] for costs in found]


async def rows(sizes: tuple[int, ...], only: str) -> AsyncIterator[str]:
    for what, (make, routes) in AMONG.items():
        if only and only != what:
            continue
        yield f"among {what:64}" + "".join(f"{size:>10,} µs{'×':>8}" for size in sizes)
        crowds = [await make(size) for size in sizes]
        gc.collect()
        gc.freeze()
        for asked in routes:
            try:
                costs = await measured(crowds, asked)
            except RuntimeError as error:
                yield f"{str(asked)[:70]:70}  {error}"
                continue
            shown = "".join(f"{cost:>13.0f}{cost / costs[0]:>8.2f}" for cost in costs)
            yield f"{str(asked)[:70]:70}{shown}"
        gc.unfreeze()
        del crowds


async def main() -> None:
    sizes = tuple(int(each) for each in sys.argv[1:] if each.isdecimal()) or SIZES
    async for row in rows(sizes, " ".join(each for each in sys.argv[1:] if not each.isdecimal())):
        print(row, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
