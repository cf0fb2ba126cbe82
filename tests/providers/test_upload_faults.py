"""Faults on files that clients store: when they are taken, and when they are fetched again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest

from vidmock.engine.faults.catalog import checked_rule
from vidmock.engine.faults.rules import Effect, FaultRule

if TYPE_CHECKING:
    from tests.conftest import House

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
TASK = "00000000-0000-4000-8000-000000000001"


def to_fal(house: House) -> httpx.Response:
    sent = house.post("/fal/rest/storage/upload/initiate", {"file_name": "cat.png", "content_type": "image/png"})
    if sent.status_code == 200:
        house.ask("PUT", sent.json()["upload_url"], None, content=PICTURE, headers={"content-type": "image/png"})
    return sent


def to_eachlabs(house: House) -> httpx.Response:
    sent = house.post("/eachlabs/v1/upload/presign", {"content_type": "image/png"})
    if sent.status_code == 200:
        signed = sent.json()
        headers = {"content-type": "image/png", **signed["required_headers"]}
        house.ask("PUT", signed["presigned_url"], None, content=PICTURE, headers=headers)
    return sent


def to_runware(house: House) -> httpx.Response:
    image = base64.b64encode(PICTURE).decode()
    task = {"taskType": "imageUpload", "taskUUID": str(uuid4()), "image": image}
    return house.post("/runware/v1", [task])


UPLOADS: Mapping[str, tuple[Callable[[House], httpx.Response], Callable[[Any], str]]] = {
    "fal": (to_fal, lambda answer: str(answer["file_url"])),
    "eachlabs": (to_eachlabs, lambda answer: str(answer["public_url"])),
    "runware": (to_runware, lambda answer: str(answer["data"][0]["imageURL"])),
}


@pytest.mark.parametrize("provider", UPLOADS)
def test_an_upload_can_be_refused(house: House, provider: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("upload", Effect("rate_limit"), times=1)))
    upload, _ = UPLOADS[provider]
    assert upload(house).status_code == 429
    assert upload(house).status_code == 200


@pytest.mark.parametrize("provider", UPLOADS)
def test_the_answer_to_an_upload_can_be_lost(house: House, provider: str) -> None:
    house.world().faults.add(checked_rule(FaultRule("upload", Effect("lost"), times=1)))
    upload, _ = UPLOADS[provider]
    with pytest.raises(ConnectionResetError):
        upload(house)
    assert upload(house).status_code == 200


@pytest.mark.parametrize("provider", UPLOADS)
def test_a_stored_file_is_at_one_address(house: House, provider: str) -> None:
    upload, where = UPLOADS[provider]
    url = where(upload(house).json())
    folder, _, name = url.rpartition("/")
    for other in (f"{url}x", url.replace(".png", ".gif"), url.removesuffix(".png"), f"{folder}x/{name}"):
        assert house.get(other, None).status_code == 404
    assert house.get(url, None).content == PICTURE


@pytest.mark.parametrize("provider", UPLOADS)
def test_a_stored_file_can_be_gone_for_once(house: House, provider: str) -> None:
    upload, where = UPLOADS[provider]
    url = where(upload(house).json())
    house.world().faults.add(checked_rule(FaultRule("media", Effect("media_gone"), times=1)))
    assert [house.get(url, None).status_code for _ in range(2)] == [403, 200]
    assert house.get(url, None).content == PICTURE


@pytest.mark.parametrize("provider", UPLOADS)
def test_another_keys_faults_do_not_strike_it(house: House, provider: str) -> None:
    house.world("another-key").faults.add(checked_rule(FaultRule("upload", Effect("lost"))))
    house.world("another-key").faults.add(checked_rule(FaultRule("media", Effect("media_gone"))))
    upload, where = UPLOADS[provider]
    assert house.get(where(upload(house).json()), None).status_code == 200
