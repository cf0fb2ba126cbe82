"""A job that another process of the same account has submitted: all that a client is told of it is its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

_TASK: Final = "5e0b7c1a-3d52-4f6e-9a41-7c8d2f1b6e93"
"""Runware's clients choose the id."""


@dataclass(frozen=True, slots=True)
class _Submission:
    """Where it is sent, with which header for the key, as which body, and where the answer has the id."""

    path: str
    key: tuple[str, str]
    body: Callable[[str, Mapping[str, Any]], object]
    job: Callable[[Any], str]


_SUBMISSIONS: Final[Mapping[str, _Submission]] = {
    "fal": _Submission(
        "/{model}", ("authorization", "Key {key}"), lambda model, asked: asked, lambda told: told["request_id"]
    ),
    "runpod": _Submission(
        "/{model}/run",
        ("authorization", "Bearer {key}"),
        lambda model, asked: {"input": asked},
        lambda told: told["id"],
    ),
    "runware": _Submission(
        "",
        ("authorization", "Bearer {key}"),
        lambda model, asked: [
            {"taskType": "videoInference", "taskUUID": _TASK, "model": model, "deliveryMethod": "async", **asked}
        ],
        lambda told: told["data"][0]["taskUUID"],
    ),
    "eachlabs": _Submission(
        "/prediction",
        ("x-api-key", "{key}"),
        lambda model, asked: {"model": model, "input": asked},
        lambda told: told["predictionID"],
    ),
}


def submit_elsewhere(provider: str, base_url: str, key: str, model: str, asked: Mapping[str, Any]) -> str:
    """Submit *asked*, an input of *model*: the id of the job."""
    how = _SUBMISSIONS[provider]
    name, value = how.key
    with httpx.Client(trust_env=False) as http:
        answer = http.post(
            f"{base_url}{how.path.format(model=model)}",
            headers={name: value.format(key=key)},
            json=how.body(model, asked),
        )
    return how.job(answer.raise_for_status().json())
