"""Runware's behaviours: switches where its pages, its live answers and its clients disagree, or do not say.

``schemas/behaviours/runware.json`` has the meaning of each value, and its evidence.
"""

from __future__ import annotations

from vidmock.schema.behaviours import find_behaviour

WEBHOOK = find_behaviour("runware.webhook")
FAILED = find_behaviour("runware.failed")
REFUSED_POLL = find_behaviour("runware.refused_poll")
POLL_TYPE = find_behaviour("runware.poll_type")
PROCESSING = find_behaviour("runware.processing")
TIMEOUT_CODE = find_behaviour("runware.timeout_code")
DUPLICATE = find_behaviour("runware.duplicate")
UNKNOWN_TASK = find_behaviour("runware.unknown_task")
UNKNOWN_MODEL = find_behaviour("runware.unknown_model")
IDLE = find_behaviour("runware.idle")
OUTPUT_FORMAT = find_behaviour("runware.output_format")
BALANCE = find_behaviour("runware.balance")
REFUSED_SOCKET = find_behaviour("runware.refused_socket")
