"""The addresses of results: each kind of file is where its provider's examples have it, by its own name and by ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from vidmock.schema.catalog import ModelCatalog

if TYPE_CHECKING:
    from tests.conftest import House

ID = "6b7a1c52-3a75-4a52-9f0e-2b8f4f3f8a11"
UUID = "[0-9a-f-]{36}"
RUNWARE: dict[str, tuple[str, str]] = {
    "video": ("vm.runware.ai", rf"/video/os/a\d\dd\d\d/ws/5/vi/{UUID}\.mp4"),
    "image": ("im.runware.ai", rf"/image/os/a\d\dd\d\d/ws/3/ii/{UUID}\.jpg"),
    "audio": ("am.runware.ai", rf"/audio/os/a\d\dd\d\d/ws/2/ai/{UUID}\.mp3"),
}
"""Host and path of a result's file, as the examples have them that ``schemas/routes/runware.json`` names."""
RUNPOD = {"video": "video.runpod.ai", "image": "image.runpod.ai", "audio": "audio.runpod.ai"}


@pytest.fixture
def house(houses: Callable[..., House]) -> House:
    return houses(catalog=ModelCatalog(any_model=True))


def runware_url(house: House, kind: str, base: str) -> str:
    task = {"taskType": f"{kind}Inference", "taskUUID": ID, "model": f"somebody:{kind}@1", "positivePrompt": "a kite"}
    form = {"image": {"outputFormat": "JPG"}, "audio": {"outputFormat": "MP3"}}.get(kind, {})
    house.post(base, [task | form | {"deliveryMethod": "async"}])
    house.advance(10)
    (item,) = house.post(base, [{"taskType": "getResponse", "taskUUID": ID}]).json()["data"]
    url: str = item[f"{kind}URL"]
    return url


@pytest.mark.parametrize("kind", RUNWARE)
def test_a_result_of_runwares_is_where_runwares_examples_have_its_kind(house: House, kind: str) -> None:
    host, path = RUNWARE[kind]
    url = urlsplit(runware_url(house, kind, "https://api.runware.ai/v1"))
    assert (url.scheme, url.netloc) == ("https", host)
    assert re.fullmatch(path, url.path)
    file = house.get(url.geturl(), None)
    assert file.status_code == 200
    assert file.headers["content-type"].startswith(f"{kind}/")


def test_a_result_is_under_the_prefix_of_its_provider_for_who_comes_by_ours(house: House) -> None:
    url = runware_url(house, "audio", "/runware/v1")
    assert url.startswith("http://mock.test/runware/media/audio/os/")
    assert house.get(url, None).headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize("kind", RUNPOD)
def test_a_result_of_runpods_is_at_the_host_of_its_kind(house: House, kind: str) -> None:
    base = f"https://api.runpod.ai/v2/somebodys-{kind}-model"
    job = house.post(f"{base}/run", {"input": {"prompt": "a kite"}}).json()["id"]
    house.advance(10)
    output = house.get(f"{base}/status/{job}").json()["output"]
    url = output[f"{kind}_url"]
    assert urlsplit(url).netloc == RUNPOD[kind]
    assert house.get(url, None).headers["content-type"].startswith(f"{kind}/")


@pytest.mark.parametrize(("media_type", "host"), [("image/png", "im.runware.ai"), ("video/mp4", "vm.runware.ai")])
def test_an_upload_is_at_the_host_of_its_kind(house: House, media_type: str, host: str) -> None:
    task: dict[str, Any] = {"taskType": "mediaStorage", "taskUUID": ID, "operation": "upload"}
    (item,) = house.post("https://api.runware.ai/v1", [task | {"media": f"data:{media_type};base64,AAAA"}]).json()[
        "data"
    ]
    assert urlsplit(item["mediaURL"]).netloc == host
    assert house.get(item["mediaURL"], None).content == b"\0\0\0"
