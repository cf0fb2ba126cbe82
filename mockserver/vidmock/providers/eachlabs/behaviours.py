"""Eachlabs' behaviours: switches where its pages, its captured answers and its clients disagree, or do not say.

``schemas/behaviours/eachlabs.json`` has the meaning of each value, and its evidence.
"""

from __future__ import annotations

from vidmock.schema.behaviours import find_behaviour

FIRST_STATUS = find_behaviour("eachlabs.first_status")
FAILED_STATUS = find_behaviour("eachlabs.failed_status")
BODY = find_behaviour("eachlabs.body")
ERRORS = find_behaviour("eachlabs.errors")
INVALID_INPUT = find_behaviour("eachlabs.invalid_input")
CREATED_CODE = find_behaviour("eachlabs.created_code")
CANCEL_STATUS = find_behaviour("eachlabs.cancel_status")
CANCEL_UNKNOWN = find_behaviour("eachlabs.cancel_unknown")
DELETE_UNKNOWN = find_behaviour("eachlabs.delete_unknown")
WEBHOOK_BODY = find_behaviour("eachlabs.webhook_body")
WEBHOOK_RETRIES = find_behaviour("eachlabs.webhook_retries")
LIMITS = find_behaviour("eachlabs.limits")
