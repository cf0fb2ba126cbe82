"""The requests of a small program at each provider, to show faults on: submit, poll, cancel, stream, upload, other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vidmock.media.formats import content_type

SAMPLE_KEY = "any-key"
SAMPLE_TASK_ID = "5d7d0c3e-2d5a-4c8e-9f4b-6a4f6a3b8c11"
SAMPLE_WEBHOOK = "http://localhost:9000/hook"
_PNG = content_type("png")
_PICTURE = "https://pictures.example/cat.png"
_RUNPOD = "/runpod/v2/kling-video-o1-r2v"
_FAL = "/fal/queue/fal-ai/kling-video"


@dataclass(frozen=True, slots=True)
class SampleCall:
    """A request as a method, a path in which ``{job}`` stands for the job, and a JSON body, if it has one."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The program of one provider; a call that the provider does not offer is ``None``.

    *key_header* is the name and form of the header with the API key. *file_at* is the path to the video's URL in the
    answer to *poll*.
    """

    name: str
    key_header: tuple[str, str]
    submit: SampleCall
    poll: SampleCall
    file_at: tuple[str | int, ...]
    cancel: SampleCall | None
    stream: SampleCall | None
    upload: SampleCall | None
    other: SampleCall


SAMPLES: Mapping[str, Sample] = {
    sample.name: sample
    for sample in (
        Sample(
            "runpod",
            ("authorization", "Bearer {key}"),
            SampleCall(
                "POST",
                f"{_RUNPOD}/run",
                {"input": {"prompt": "a kite", "images": [_PICTURE]}, "webhook": SAMPLE_WEBHOOK},
            ),
            SampleCall("GET", f"{_RUNPOD}/status/{{job}}"),
            ("output", "video_url"),
            SampleCall("POST", f"{_RUNPOD}/cancel/{{job}}"),
            SampleCall("GET", f"{_RUNPOD}/stream/{{job}}"),
            None,
            SampleCall("GET", f"{_RUNPOD}/health"),
        ),
        Sample(
            "runware",
            ("authorization", "Bearer {key}"),
            SampleCall(
                "POST",
                "/runware/v1",
                [
                    {
                        "taskType": "videoInference",
                        "taskUUID": SAMPLE_TASK_ID,
                        "model": "klingai:kling@o1-standard",
                        "positivePrompt": "a kite",
                        "width": 1280,
                        "height": 720,
                        "duration": 5,
                        "numberResults": 2,
                        "webhookURL": SAMPLE_WEBHOOK,
                    }
                ],
            ),
            SampleCall("POST", "/runware/v1", [{"taskType": "getResponse", "taskUUID": "{job}"}]),
            ("data", 0, "videoURL"),
            None,
            None,
            SampleCall(
                "POST",
                "/runware/v1",
                [
                    {
                        "taskType": "imageUpload",
                        "taskUUID": SAMPLE_TASK_ID,
                        "image": "data:image/png;base64,iVBORw0KGgo=",
                    }
                ],
            ),
            SampleCall("POST", "/runware/v1", [{"taskType": "modelSearch", "taskUUID": SAMPLE_TASK_ID, "limit": 1}]),
        ),
        Sample(
            "fal",
            ("authorization", "Key {key}"),
            SampleCall("POST", f"{_FAL}/o1/reference-to-video?fal_webhook={SAMPLE_WEBHOOK}", {"prompt": "a kite"}),
            SampleCall("GET", f"{_FAL}/requests/{{job}}"),
            ("video", "url"),
            SampleCall("PUT", f"{_FAL}/requests/{{job}}/cancel"),
            SampleCall("GET", f"{_FAL}/requests/{{job}}/status/stream"),
            SampleCall(
                "POST",
                "/fal/rest/storage/upload/initiate",
                {"file_name": "cat.png", "content_type": _PNG},
            ),
            SampleCall("POST", "/fal/rest/tokens", {"allowed_apps": ["kling-video"]}),
        ),
        Sample(
            "eachlabs",
            ("x-api-key", "{key}"),
            SampleCall(
                "POST",
                "/eachlabs/v1/prediction",
                {
                    "model": "kling-o1-video-to-video-reference",
                    "input": {"prompt": "a kite", "video_url": "https://clips.example/walk.mp4"},
                    "webhook_url": SAMPLE_WEBHOOK,
                    "webhook_secret": "s3cr3t",
                },
            ),
            SampleCall("GET", "/eachlabs/v1/prediction/{job}"),
            ("output",),
            SampleCall("POST", "/eachlabs/v1/prediction/{job}/cancel"),
            None,
            SampleCall("POST", "/eachlabs/v1/upload/presign", {"content_type": _PNG}),
            SampleCall("GET", "/eachlabs/v1/executions"),
        ),
    )
}
