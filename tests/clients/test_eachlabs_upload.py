"""A clip that a client uploads by a signed URL, and its way through a prediction, over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from vidmock.media.clip import Clip
from vidmock.media.render import render
from vidmock.server.server import ThreadedServer


def test_an_uploaded_clip_is_the_input_of_a_prediction(
    stepped: ThreadedServer, clip: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "walk.mp4"
    file.write_bytes(render(Clip(width=1280, height=720, seconds=4.0, lines=("walk",), container="mp4")))
    with httpx.Client(base_url=f"{stepped.url}/eachlabs/v1", headers={"X-API-Key": "k"}, trust_env=False) as client:
        signed = client.post("/upload/presign", json={"content_type": "video/mp4"}).json()
        headers = {"Content-Type": "video/mp4", **signed["required_headers"]}
        put = httpx.put(signed["presigned_url"], content=file.read_bytes(), headers=headers, trust_env=False)
        assert put.status_code == 200
        assert clip(signed["public_url"]) == "h264 1280x720, 24/1 fps, 4.000 s, 96 frames"

        given = {"prompt": "the next shot", "video_url": signed["public_url"]}
        body = {"model": "kling-o1-video-to-video-reference", "input": given, "webhook_url": ""}
        made = client.post("/prediction/", json=body).json()["predictionID"]
        polls = [client.get(f"/prediction/{made}").json() for _ in range(3)]
        assert [poll["status"] for poll in polls] == ["created", "processing", "success"]
        assert polls[0]["input"] == given
        assert clip(polls[2]["output"]).startswith("h264 ")
        assert client.delete(f"/files/{signed['id']}").status_code == 204
