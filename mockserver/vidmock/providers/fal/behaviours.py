"""Where fal's own pages disagree, or nobody knows: the variants, the default first."""

from __future__ import annotations

from vidmock.engine.world.behaviours import Behaviour

CANCEL = Behaviour(
    "fal.cancel",
    "the answer to a cancellation that is accepted",
    {
        "requested": "202 CANCELLATION_REQUESTED, always; documented: queue and requests pages",
        "removed": "200 OK while still queued, else 202; documented: cancel page's words; its 200 is inferred",
        "success": "200 with success true; documented: the per-endpoint OpenAPI",
    },
    "requested",
)
CANCEL_RUNNING = Behaviour(
    "fal.cancel_running",
    "what becomes of a job that runs when its cancellation is accepted",
    {
        "stops": "it ends, and its result is 499 client_cancelled; documented: requests and request-errors pages",
        "finishes": "it runs on to its end, as apps do that handle no cancellation; documented: fal's own tests",
    },
    "stops",
)
CANCEL_ENDED = Behaviour(
    "fal.cancel_ended",
    "the body of the 400 to the cancellation of a job that has ended",
    {
        "status": "a status, ALREADY_COMPLETED; documented: cancel page",
        "detail": "a detail and no status; observed by others on the live service",
    },
    "status",
)
MODEL_ERROR_STATUS = Behaviour(
    "fal.model_error_status",
    "whether the status of a job that its model refused has error and error_type",
    {
        "omitted": "it has not: only infrastructure errors are ever shown there; inferred",
        "shown": "it has; inferred from the fields being documented",
    },
    "omitted",
)
RETRY_HEADER = Behaviour(
    "fal.retry_header",
    "which header says whether to try again",
    {
        "both": "both of them, for clients of either edition; inferred",
        "needs_retry": "X-Fal-Needs-Retry; documented: newer pages",
        "retryable": "X-Fal-Retryable; documented: older pages",
    },
    "both",
)
RETENTION = Behaviour(
    "fal.retention",
    "how long a result is kept after the end",
    {
        "short": "1 hour, and 6 minutes from 10 KB on; documented: result page",
        "stored": "30 days, unless X-Fal-Store-IO is 0; documented: common parameters page",
    },
    "short",
)
MEDIA_LIFE = Behaviour(
    "fal.media_life",
    "how long files are kept for which no lifecycle was asked",
    {
        "forever": "without end; documented: common parameters page, for accounts that have set nothing",
        "7d": "seven days; documented: FAQ, as the least",
    },
    "forever",
)
LOGS = Behaviour(
    "fal.logs",
    "which log entries a status has",
    {
        "all": "all of them so far; inferred",
        "recent": "those of the last 30 s; that the window moves is said in fal's own code, its length is inferred",
    },
    "all",
)
UNAUTHORIZED = Behaviour(
    "fal.unauthorized",
    "what is said about a refused key",
    {
        "current": "invalid key credentials; observed by others, 2026",
        "older": "No user found for Key ID and Secret; observed by others up to spring 2026",
    },
    "current",
)
ANONYMOUS = Behaviour(
    "fal.anonymous",
    "whether calls without a key are served",
    {
        "refused": "401; observed by others, and every client sends a key",
        "accepted": "public models take them; documented: status, result, cancel and run pages",
    },
    "refused",
)
CONCURRENCY = Behaviour(
    "fal.concurrency",
    "how many of an account's jobs may run when another synchronous call comes (the queue refuses none)",
    {
        "unlimited": "any number",
        "2": "two, the limit of a new account; documented: concurrency page",
        "40": "forty, the most without asking; documented: concurrency page",
    },
    "unlimited",
)
DOWNSTREAM_STATUS = Behaviour(
    "fal.downstream_status",
    "the status of downstream_service_error",
    {"500": "documented: one edition of the errors page", "400": "documented: the other edition"},
    "500",
)
WEBHOOK_RETRIES = Behaviour(
    "fal.webhook_retries",
    "how often a webhook is tried again",
    {
        "older": "10 times over 2 hours, 15 s each; documented: older webhooks page. That they double is inferred",
        "newer": "at growing distances until the result expires, at most 31 times, 15 s and then 120 s each, "
        "a redirect ending it; documented: newer webhooks page. The distances are inferred",
    },
    "older",
)
WEBHOOK_SIGNATURE = Behaviour(
    "fal.webhook_signature",
    "what a repeated delivery is signed with",
    {
        "first": "the time and signature of the first attempt; inferred",
        "fresh": "its own time and a new signature; inferred from the five minutes that verifiers allow",
    },
    "first",
)
BEHAVIOURS = (
    CANCEL,
    CANCEL_RUNNING,
    CANCEL_ENDED,
    MODEL_ERROR_STATUS,
    RETRY_HEADER,
    RETENTION,
    MEDIA_LIFE,
    LOGS,
    UNAUTHORIZED,
    ANONYMOUS,
    CONCURRENCY,
    DOWNSTREAM_STATUS,
    WEBHOOK_RETRIES,
    WEBHOOK_SIGNATURE,
)
