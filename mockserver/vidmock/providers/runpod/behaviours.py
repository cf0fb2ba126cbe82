"""Where RunPod's pages, its live answers and its clients disagree, or nobody knows."""

from __future__ import annotations

from vidmock.engine.world.behaviours import Behaviour

OUTPUT = Behaviour(
    "runpod.output",
    "under which key the video's URL is",
    {
        "both": "as video_url and as result, so that every client finds it; inferred",
        "video_url": "documented: the model's page",
        "result": "observed: live outputs of other public endpoints",
    },
    "both",
)
INVALID_INPUT = Behaviour(
    "runpod.invalid_input",
    "when an input that the model does not take is turned down",
    {
        "later": "200 and an id, then a FAILED job; observed live",
        "at-once": "400 with a FAILED body, as the model pages print it; documented",
    },
    "later",
)
INVALID_ERROR = Behaviour(
    "runpod.invalid_error",
    "what the error of such a job says",
    {
        "plain": "the reason alone, as in the pages' example; documented",
        "upstream": "the upstream's 400 in words, with output {status: error}; observed on another public endpoint",
    },
    "plain",
)
POLICY = Behaviour(
    "runpod.policy",
    "what becomes of an executionTimeout or a ttl outside its limits",
    {"refuse": "400; inferred", "clamp": "the nearest limit is used; inferred"},
    "refuse",
)
TIMEOUT = Behaviour(
    "runpod.timeout",
    "how a job ends that runs longer than its executionTimeout",
    {
        "failed": "FAILED, executionTimeout exceeded; observed in many reports",
        "timed_out": "TIMED_OUT; documented, although for a job that never started",
    },
    "failed",
)
RUNSYNC_RETENTION = Behaviour(
    "runpod.runsync_retention",
    "how long a result of /runsync can be read",
    {"60": "one minute; documented", "300": "five minutes; documented elsewhere as the most there is"},
    "60",
)
PURGED = Behaviour(
    "runpod.purged",
    "what becomes of a job that is purged from the queue",
    {"gone": "404 from then on; inferred", "cancelled": "CANCELLED; inferred"},
    "gone",
)
STREAM = Behaviour(
    "runpod.stream",
    "the shape of a /stream answer",
    {"object": "{status, stream}, which all clients read", "array": "a bare array; documented in one example"},
    "object",
)
WEBHOOK_RETRIES = Behaviour(
    "runpod.webhook_retries",
    "when a webhook that was not taken is sent again",
    {"measured": "after 5 s, then 10 s; observed", "documented": "twice, 10 s apart; documented"},
    "measured",
)
LIMITS = Behaviour(
    "runpod.limits",
    "whether requests are counted",
    {"on": "so many in 10 s and at once, for each endpoint and operation; documented", "off": "as many as you like"},
    "on",
)

BEHAVIOURS = (
    OUTPUT,
    INVALID_INPUT,
    INVALID_ERROR,
    POLICY,
    TIMEOUT,
    RUNSYNC_RETENTION,
    PURGED,
    STREAM,
    WEBHOOK_RETRIES,
    LIMITS,
)
