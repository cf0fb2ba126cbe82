"""What is imported is served: the catalogue takes every file, and the request of a page of each form is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.importer.conftest import HERE, SEEN, UNSEEN, imported

from vidmock.schema.model_files import load_catalog
from vidmock.testing.mock_server import MockServer

HEADERS = {"authorization": "Bearer k", "x-api-key": "k", "x-vidmock": "1"}
FAL = HEADERS | {"authorization": "Key k"}


def write(folder: Path, *files: Path) -> None:
    for file in files:
        _, made = imported(file)
        target = folder / made.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(made.document, ensure_ascii=False), "utf-8")


def test_the_catalogue_takes_every_file_and_each_gives_a_price_and_an_output(tmp_path: Path) -> None:
    write(tmp_path, *SEEN, *UNSEEN)
    catalog = load_catalog(tmp_path)
    for file in (*SEEN, *UNSEEN):
        page, made = imported(file)
        assert catalog.find(page.provider, page.id).file == tmp_path / made.name


def served(mock: MockServer, client: httpx.Client, page: Any) -> Any:
    """The provider's answer to the page's first request, once the job has ended."""
    sent = page.examples[0].input
    if page.provider == "fal":
        made = client.post(f"/fal/queue/{page.id}", json=sent, headers=FAL).json()
        mock.clock.advance(1000)
        return client.get(made["response_url"], headers=FAL).json()
    if page.provider == "runpod":
        made = client.post(f"/runpod/v2/{page.id}/run", json={"input": sent}).json()
        mock.clock.advance(1000)
        return client.get(f"/runpod/v2/{page.id}/status/{made['id']}").json()
    if page.provider == "eachlabs":
        made = client.post("/eachlabs/v1/prediction/", json={"model": page.id, "input": sent}).json()
        mock.clock.advance(1000)
        return client.get(f"/eachlabs/v1/prediction/{made['predictionID']}").json()
    client.post("/runware/v1", json=[sent])
    mock.clock.advance(1000)
    asked = [{"taskType": "getResponse", "taskUUID": sent["taskUUID"]}]
    return client.post("/runware/v1", json=asked).json()["data"][0]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("unseen/runpod/wan-2-5.mdx", "COMPLETED"),
        ("unseen/fal/veo3-fast.txt", "video/mp4"),
        ("unseen/fal/seedream-v4.json", "image/png"),
        ("unseen/eachlabs/kling-v1-standard-image-to-video.txt", "success"),
        ("seen/runware/klingai-video-o1-pro.md", "success"),
    ],
)
def test_a_page_is_served_as_its_own_request_says(tmp_path: Path, page: str, told: str) -> None:
    write(tmp_path, HERE / page)
    read, _ = imported(HERE / page)
    with MockServer(models=tmp_path, clock="manual", latency=2) as mock:
        with httpx.Client(base_url=mock.url, headers=HEADERS, transport=mock.transport()) as client:
            assert told in json.dumps(served(mock, client, read))
        assert [wrong for found in mock.journal for one in found.judged for wrong in one.violations] == []
