"""huggingface_hub's fal provider, unmodified, under ``vidmock run``: its hosts are fixed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 120
PROGRAM = """
import sys

from huggingface_hub import InferenceClient
from huggingface_hub.hf_api import InferenceProviderMapping
from huggingface_hub.inference._providers import _common

# Which of a provider's models a name on the Hub stands for is asked of the Hub, unless it is set here.
model = "fal-ai/kling-video/o1/reference-to-video"
_common.HARDCODED_MODEL_INFERENCE_MAPPING["fal-ai"]["vidmock/kling"] = InferenceProviderMapping(
    provider="fal-ai", hf_model_id="vidmock/kling", providerId=model, status="live", task="text-to-video"
)

client = InferenceClient(provider="fal-ai", api_key="a:key")
sys.stdout.write(client.text_to_video("a red kite", model="vidmock/kling")[4:8].decode() + "\\n")
try:
    client.text_to_video("a red kite", model="vidmock/kling", extra_body={"duration": 5})
except KeyError as error:
    # It does not look at the status of a result: the refusal is seen as a member that is not there.
    sys.stdout.write(f"no {error}\\n")
"""


def run(program: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidmock", "run", "--clock", "scaled:50", "--", sys.executable, "-c", program]
    environment = os.environ | {"VIDMOCK_STATE": str(tmp_path / "state"), "HF_HOME": str(tmp_path / "hf")}
    # It would tell the Hub of each call, and the refusal of that would be all that is seen of it.
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)


def test_a_video_is_made_and_downloaded_and_a_refusal_is_seen(tmp_path: Path) -> None:
    done = run(PROGRAM, tmp_path)
    assert done.stdout.splitlines() == ["ftyp", "no 'video'"], done.stderr
    assert done.stderr.strip().endswith("vidmock: 2 jobs, which would have cost $0.56")
