"""fal's behaviours: switches where its own pages disagree, or do not say.

``schemas/behaviours/fal.json`` has the meaning of each value, and its evidence.
"""

from __future__ import annotations

from vidmock.schema.behaviours import find_behaviour

POLL_PATH = find_behaviour("fal.poll_path")
RESPONSE_PATH = find_behaviour("fal.response_path")
UNKNOWN_PATH = find_behaviour("fal.unknown_path")
CANCEL = find_behaviour("fal.cancel")
CANCEL_RUNNING = find_behaviour("fal.cancel_running")
CANCEL_ENDED = find_behaviour("fal.cancel_ended")
MODEL_ERROR_STATUS = find_behaviour("fal.model_error_status")
RETRY_HEADER = find_behaviour("fal.retry_header")
RETENTION = find_behaviour("fal.retention")
MEDIA_LIFE = find_behaviour("fal.media_life")
LOGS = find_behaviour("fal.logs")
UNAUTHORIZED = find_behaviour("fal.unauthorized")
ANONYMOUS = find_behaviour("fal.anonymous")
ALLOWED_APPS = find_behaviour("fal.allowed_apps")
UPLOAD_KEY = find_behaviour("fal.upload_key")
CONCURRENCY = find_behaviour("fal.concurrency")
DOWNSTREAM_STATUS = find_behaviour("fal.downstream_status")
ADMIN_ROUTES = find_behaviour("fal.admin_routes")
VALIDATION = find_behaviour("fal.validation")
REFUSED_INPUT = find_behaviour("fal.refused_input")
WEBHOOK_ERROR = find_behaviour("fal.webhook_error")
WEBHOOK_RETRIES = find_behaviour("fal.webhook_retries")
WEBHOOK_SIGNATURE = find_behaviour("fal.webhook_signature")
