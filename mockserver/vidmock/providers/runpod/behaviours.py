"""RunPod's behaviours: switches where its pages, its live answers and its clients disagree, or do not say.

``schemas/behaviours/runpod.json`` has the meaning of each value, and its evidence.
"""

from __future__ import annotations

from vidmock.schema.behaviours import find_behaviour

OUTPUT = find_behaviour("runpod.output")
INVALID_INPUT = find_behaviour("runpod.invalid_input")
INVALID_ERROR = find_behaviour("runpod.invalid_error")
POLICY = find_behaviour("runpod.policy")
TIMEOUT = find_behaviour("runpod.timeout")
RUNSYNC_RETENTION = find_behaviour("runpod.runsync_retention")
PURGED = find_behaviour("runpod.purged")
STREAM = find_behaviour("runpod.stream")
WEBHOOK_RETRIES = find_behaviour("runpod.webhook_retries")
IMAGE = find_behaviour("runpod.image")
LIMITS = find_behaviour("runpod.limits")
