"""litellm's provider fal_ai, unmodified: a program, for it needs an older huggingface_hub than others do.

``vidmock check --command "python litellm_fal.py" --provider fal --lacks cancels --lacks request_timeout``
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# It would fetch the prices of models. This is read on import.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
litellm: Any = importlib.import_module("litellm")
videos: Any = importlib.import_module("litellm.types.videos.utils")


def generate(call: dict[str, Any]) -> dict[str, Any]:
    led = {"api_key": call["api_key"], "api_base": call["base_url"], "custom_llm_provider": "fal_ai"}
    prompt = {name: value for name, value in call["input"].items() if name == "prompt"}
    rest = {name: value for name, value in call["input"].items() if name not in prompt}
    job, ends = None, time.monotonic() + call["deadline"]
    try:
        made = litellm.video_generation(model=call["model"], extra_body=rest, **prompt, **led)
        job = videos.decode_video_id_with_provider(made.id)["video_id"]
        while time.monotonic() < ends:
            # litellm has no loop of its own for videos: how often it looks is up to its caller.
            time.sleep(1)
            told = litellm.video_status(made.id, **led)
            if told.status == "failed":
                return {"error": {"type": "failed", "text": str(told.error), "job": job}}
            if told.status == "completed":
                file = Path(call["folder"]) / f"{job}.mp4"
                file.write_bytes(litellm.video_content(made.id, **led))
                return {"videos": [file.name], "job": job}
    except Exception as error:  # noqa: BLE001 - the client raises all kinds
        return {"error": {"type": type(error).__name__, "text": str(error), "job": job}}
    return {"error": {"text": "no result in time", "job": job}}


for line in sys.stdin:
    call = json.loads(line)
    answer = {"id": call["id"], **generate(call)}
    print(call["token"], json.dumps(answer), flush=True)  # noqa: T201 - that is how a program answers
