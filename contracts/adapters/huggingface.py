"""huggingface_hub's provider fal, unmodified: ``text_to_video``, which waits for as long as a job takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

# It would tell the Hub of each call. This is read on import.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import httpx2
import huggingface_hub
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference._providers import PROVIDERS
from huggingface_hub.inference._providers._common import HARDCODED_MODEL_INFERENCE_MAPPING

from vidmock.kit.client import OutcomeUnknown, Refused, Result


class Client:
    # All its clients share one session, which is listened to below for one call at a time.
    lacks = frozenset({"at_once", "cancels", "costs", "request_timeout"})
    own_time = True

    def __init__(self, *, base_url: str, api_key: str, publish: Callable[[Result], None], **_: Any) -> None:
        # The provider's address is fixed in it, and which of its models a name stands for is asked of the Hub.
        helper: Any = PROVIDERS["fal-ai"]["text-to-video"]
        helper.base_url = base_url
        self._client = huggingface_hub.InferenceClient(provider="fal-ai", api_key=api_key)
        self._publish = publish

    def generate(self, model: str, input: Mapping[str, Any], *, deadline: float) -> Result:
        paths: list[str] = []
        # It tells no id, neither with a video nor with most errors. What a result is of is seen from the addresses.
        huggingface_hub.get_session().event_hooks["response"] = [lambda answer: paths.append(answer.request.url.path)]
        mapping: Any = InferenceProviderMapping
        HARDCODED_MODEL_INFERENCE_MAPPING["fal-ai"][model] = mapping(
            provider="fal-ai", hf_model_id=model, providerId=model, status="live", task="text-to-video"
        )
        rest = {name: value for name, value in input.items() if name != "prompt"}
        try:
            video = self._client.text_to_video(input.get("prompt", ""), model=model, extra_body=rest)
        except huggingface_hub.errors.HfHubHTTPError as error:
            kind = Refused if error.response.status_code < 500 else OutcomeUnknown
            raise kind(str(error)) from error
        except (httpx2.TransportError, huggingface_hub.errors.InferenceTimeoutError) as error:
            raise OutcomeUnknown(repr(error)) from error
        job_id = next(path.split("/")[-2] for path in paths if path.endswith("/status"))
        result = Result((video,), job_id)
        self._publish(result)
        return result
