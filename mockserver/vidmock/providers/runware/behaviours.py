"""Where Runware's pages, its live answers and its clients disagree, or nobody knows."""

from __future__ import annotations

from vidmock.engine.world.behaviours import Behaviour

WEBHOOK = Behaviour(
    "runware.webhook",
    "how the body of a webhook is wrapped",
    {
        "wrapped": "{data: [result]} or {errors: [error]}; the older client's manual and a consumer in production",
        "flat": "the result or the error by itself; the vendor's own short reference",
    },
    "wrapped",
)
FAILED = Behaviour(
    "runware.failed",
    "where a poll shows a generation that failed",
    {
        "errors": "as an error with status error; documented, observed",
        "data": "as a result with status error and an error inside; the vendor's schemas of October 2026",
    },
    "errors",
)
POLL_TYPE = Behaviour(
    "runware.poll_type",
    "the taskType of what a poll answers",
    {
        "original": "that of the task; the documented example, and the older client refuses others",
        "getResponse": "that of the poll; the text of the documented field",
    },
    "original",
)
PROCESSING = Behaviour(
    "runware.processing",
    "whether a task under way already tells its videoUUID",
    {
        "with-id": "it does; a remark in the vendor's client, and the older client idles for 30 s without",
        "bare": "it does not; the documented example",
    },
    "with-id",
)
TIMEOUT_CODE = Behaviour(
    "runware.timeout_code",
    "the code of a generation that took the model too long",
    {
        "timeoutProvider": "documented; the vendor's client takes it for unknown and does not retry",
        "providerTimeout": "in the tables of the vendor's client, which retries it",
    },
    "timeoutProvider",
)
DUPLICATE = Behaviour(
    "runware.duplicate",
    "until when a taskUUID is taken",
    {
        "ever": "for good; inferred",
        "running": "until its task has ended, which is all that was observed; it then starts a new task",
    },
    "ever",
)
UNKNOWN_TASK = Behaviour(
    "runware.unknown_task",
    "the answer to a poll for a task that is not known",
    {
        "empty": "no items and no error; observed live",
        "error": "taskNotFound, which the vendor's client knows; inferred",
    },
    "empty",
)
UNKNOWN_MODEL = Behaviour(
    "runware.unknown_model",
    "the code for a model that is not there",
    {
        "invalidModel": "the vendor's client takes it for a validation error; inferred",
        "modelNotFound": "the vendor's client takes it for something not found; inferred",
    },
    "invalidModel",
)
IDLE = Behaviour(
    "runware.idle",
    "when a silent WebSocket is closed",
    {"120": "after 120 s without a message; documented", "never": "it is not"},
    "120",
)
REFUSED_SOCKET = Behaviour(
    "runware.refused_socket",
    "what becomes of a WebSocket whose key is refused",
    {
        "open": "it stays open for another try; inferred: the older client reconnects for ever otherwise",
        "closed": "it is closed with code 1008; inferred",
    },
    "open",
)

BEHAVIOURS = (
    WEBHOOK,
    FAILED,
    POLL_TYPE,
    PROCESSING,
    TIMEOUT_CODE,
    DUPLICATE,
    UNKNOWN_TASK,
    UNKNOWN_MODEL,
    IDLE,
    REFUSED_SOCKET,
)
