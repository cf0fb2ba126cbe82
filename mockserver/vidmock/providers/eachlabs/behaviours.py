"""Where Eachlabs' pages, its captured answers and its clients disagree, or nobody knows."""

from __future__ import annotations

from vidmock.engine.world.behaviours import Behaviour

FIRST_STATUS = Behaviour(
    "eachlabs.first_status",
    "the status of a prediction that nobody works on yet",
    {
        "created": "documented: prediction guide, and captured bodies",
        "processing": "documented: the model's page, which knows no other",
        "starting": "documented: older pages and the API description",
    },
    "created",
)
FAILED_STATUS = Behaviour(
    "eachlabs.failed_status",
    "the status of a prediction that failed",
    {"error": "documented: the model's page and the guide", "failed": "documented: API description and older pages"},
    "error",
)
BODY = Behaviour(
    "eachlabs.body",
    "the keys of a polled prediction",
    {
        "all": "those of the captured bodies and those of the model's page; inferred",
        "captured": "the seven that captured bodies have; documented",
        "page": "the four of the model's page, and message and details where it failed; documented",
    },
    "all",
)
ERRORS = Behaviour(
    "eachlabs.errors",
    "the body of an error",
    {
        "page": "status, message and details as on the model's page, and error with the same text; documented",
        "guide": "error alone; documented in the guide and the API description",
        "gateway": "status as a number, error and details; documented, newest pages",
        "empty": "an empty object for 400, 401 and 422, and as the gateway does for others; documented",
    },
    "page",
)
INVALID_INPUT = Behaviour(
    "eachlabs.invalid_input",
    "when an input that the model does not take is turned down",
    {
        "at-once": "400; documented on the model's page",
        "later": "200 and an id, then a prediction with status error; documented of URLs for another model",
    },
    "at-once",
)
CREATED_CODE = Behaviour(
    "eachlabs.created_code",
    "the HTTP status of a successful create",
    {"200": "documented: nearly everywhere", "201": "documented: one old page"},
    "200",
)
CANCEL_STATUS = Behaviour(
    "eachlabs.cancel_status",
    "the status word in the answer to a cancel",
    {"success": "documented: captured body", "cancelled": "documented: API description"},
    "success",
)
CANCEL_UNKNOWN = Behaviour(
    "eachlabs.cancel_unknown",
    "the answer to a cancel of a prediction that does not exist",
    {"404": "documented: API description", "500": "documented: a gateway error, in the video API's description"},
    "404",
)
DELETE_UNKNOWN = Behaviour(
    "eachlabs.delete_unknown",
    "the answer to deleting a file that does not exist",
    {"404": "documented: storage page", "204": "documented: the same page, further down"},
    "404",
)
WEBHOOK_BODY = Behaviour(
    "eachlabs.webhook_body",
    "what a webhook carries",
    {
        "guide": "flow_id, and a failure's reason inside output; documented",
        "page": "no flow_id, and a failure's reason in error; inferred from the model's page",
        "older": "id, status, output, input and metrics; documented until 2026-03",
    },
    "guide",
)
WEBHOOK_RETRIES = Behaviour(
    "eachlabs.webhook_retries",
    "when a webhook that was not taken is sent again",
    {"flat": "twice, 10 s apart; documented", "growing": "after 30 s, 2 min and 10 min; documented on older pages"},
    "flat",
)
LIMITS = Behaviour(
    "eachlabs.limits",
    "how many predictions one key may make",
    {
        "page": "100 a minute and 10 at once; documented on the model's page",
        "balance": "10 at once, as for a balance of at most $10; documented, newest pages",
        "plan": "10 a minute and 2 at once, the smallest plan; documented on older pages",
        "off": "as many as you like; documented, newest pages, for a larger balance",
    },
    "page",
)

BEHAVIOURS = (
    FIRST_STATUS,
    FAILED_STATUS,
    BODY,
    ERRORS,
    INVALID_INPUT,
    CREATED_CODE,
    CANCEL_STATUS,
    CANCEL_UNKNOWN,
    DELETE_UNKNOWN,
    WEBHOOK_BODY,
    WEBHOOK_RETRIES,
    LIMITS,
)
