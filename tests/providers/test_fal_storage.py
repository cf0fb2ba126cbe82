"""fal's storage: every way to upload, what is served back, how long, and what is refused."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from vidmock.engine.snapshot import snapshot
from vidmock.engine.time.epoch import EPOCH
from vidmock.engine.time.mode import Mode
from vidmock.engine.world.uploads import etag_of
from vidmock.providers.exchange.beside import WORKED_AT_ONCE
from vidmock.providers.fal.jobs import output_path

if TYPE_CHECKING:
    from tests.conftest import House

REST = "/fal/rest/storage"
UPLOAD = "/fal/media/files/upload"
HOUR = 3600


def token(house: House) -> str:
    return str(house.post(f"{REST}/auth/token?storage_type=fal-cdn-v3", {}).json()["token"])


def post(house: House, **headers: str) -> httpx.Response:
    """One POST of ten bytes, with a token; underscores in the names of *headers* are hyphens."""
    sent = {"authorization": f"Bearer {token(house)}", "content-type": "text/plain"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return house.post(UPLOAD, key=None, content=b"a red kite", headers=sent | named)


def initiated(house: House, **body: Any) -> tuple[str, str]:
    answer = house.post(f"{REST}/upload/initiate?storage_type=gcs", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["upload_url"], answer.json()["file_url"]


def put(house: House, url: str, data: bytes, **more: Any) -> httpx.Response:
    return house.ask("PUT", url, None, content=data, **more)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("kite.png", "_kite.png"),
        ("../../etc/passwd", "_.._.._etc_passwd"),
        ("a b?c#d%e", "_a_b_c_d_e"),
        ("", "_upload.bin"),
        ("x" * 300, "_" + "x" * 100),
        ("日本.png", "_%E6%97%A5%E6%9C%AC.png"),
    ],
    ids=range(6),
)
def test_a_file_is_found_under_a_tame_form_of_its_name(house: House, name: str, ending: str) -> None:
    upload, url = initiated(house, file_name=name, content_type="image/png")
    assert url.endswith(ending)
    assert put(house, upload, b"bytes").status_code == 200
    assert house.get(url, None).content == b"bytes"


def test_a_file_is_served_in_parts_and_with_validators(house: House) -> None:
    url = post(house).json()["access_url"]
    whole = house.get(url, None)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (
        200,
        b"a red kite",
        "text/plain; charset=utf-8",
    )
    head = house.ask("HEAD", url, None)
    assert (head.content, head.headers["content-length"]) == (b"", "10")
    part = house.get(url, None, headers={"range": "bytes=-4"})
    assert (part.status_code, part.content) == (206, b"kite")
    assert house.get(url, None, headers={"range": "bytes=99-"}).status_code == 416
    assert house.get(url, None, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("header", ["x_fal_object_lifecycle", "x_fal_object_lifecycle_preference"])
def test_an_upload_expires_on_the_clock_when_it_was_asked_to(house: House, header: str) -> None:
    url = post(house, **{header: json.dumps({"expiration_duration_seconds": 60})}).json()["access_url"]
    house.advance(59)
    assert house.get(url, None).status_code == 200
    house.advance(1)
    assert house.get(url, None).status_code == 404


@pytest.mark.parametrize(("life", "kept"), [("forever", True), ("7d", False)])
def test_an_upload_without_a_lifecycle_is_kept_as_outputs_are(
    houses: Callable[..., House], life: str, kept: bool
) -> None:
    house = houses(behaviours={"fal.media_life": life})
    url = post(house).json()["access_url"]
    house.advance(8 * 86400)
    assert (house.get(url, None).status_code == 200) is kept


def test_a_lifecycle_that_makes_no_sense_is_refused(house: House) -> None:
    answer = post(house, x_fal_object_lifecycle="soon")
    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


def test_an_upload_can_be_the_input_of_a_job(house: House) -> None:
    url = post(house, x_fal_file_name="kite.png").json()["access_url"]
    path = "/fal/queue/fal-ai/kling-video"
    answer = house.post(f"{path}/o1/reference-to-video", {"prompt": "@Image1 flies", "image_urls": [url]})
    house.advance(3)
    assert house.get(f"{path}/requests/{answer.json()['request_id']}").status_code == 200


def test_the_token_names_the_media_host_and_when_it_ends(house: House) -> None:
    house.world().clock.live_by(lambda: True)
    answer = house.post(f"{REST}/auth/token?storage_type=fal-cdn-v3", {}).json()
    assert (answer["token_type"], answer["base_url"]) == ("Bearer", "http://mock.test/fal/media")
    assert answer["expires_at"] == "2026-01-01T01:00:00.000000+00:00"
    assert claims(answer["token"])["exp"] == EPOCH + HOUR


@pytest.mark.parametrize(("clock", "lasts"), [("manual", HOUR), ("step", HOUR), ("scaled:20", HOUR / 20)])
def test_a_token_ends_by_the_clock_of_the_client_that_renews_it(
    houses: Callable[..., House], monkeypatch: pytest.MonkeyPatch, clock: str, lasts: float
) -> None:
    house = houses(clock=Mode.parse(clock))
    house.world()
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    answer = house.post(f"{REST}/auth/token", {}).json()
    ends = datetime.fromisoformat(answer["expires_at"]).timestamp()
    assert ends == pytest.approx(2_000_000_000 + lasts, abs=1e-3)
    browser = house.post("/fal/rest/tokens/", {"token_expiration": 60}).json()
    assert 0 <= claims(browser)["exp"] - 2_000_000_000 <= 60


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, read as any client would."""
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


def test_tokens_and_upload_urls_end_after_an_hour(house: House) -> None:
    bearer = {"authorization": f"Bearer {token(house)}"}
    upload, _ = initiated(house)
    house.advance(HOUR - 1)
    assert house.post(UPLOAD, key=None, content=b"x", headers=bearer).status_code == 200
    assert put(house, upload, b"x").status_code == 200
    house.advance(1)
    assert house.post(UPLOAD, key=None, content=b"x", headers=bearer).status_code == 401
    assert put(house, upload, b"x").status_code == 401


def test_tokens_are_good_for_a_world_that_was_restored_and_for_no_server_that_has_none(
    houses: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    first, second, third = houses(), houses(), houses()
    bearer = {"authorization": f"Bearer {token(first)}"}
    second.run(_restored(first, second))
    assert second.post(UPLOAD, key=None, content=b"x", headers=bearer).status_code == 200
    assert third.post(UPLOAD, key=None, content=b"x", headers=bearer).status_code == 401
    assert token(first) == token(second)


def test_a_token_is_not_taken_for_a_key(houses: Callable[..., House]) -> None:
    browser, other = houses().post("/fal/rest/tokens", {}).json(), houses()
    assert other.get("/fal/queue/fal-ai/kling-video/requests/x/status", browser).status_code == 401
    assert browser not in [world.key for world in other.app.engine.worlds]


async def _restored(source: House, target: House) -> None:
    snapshot.load_world(target.app.engine, snapshot.save_world(source.app.engine, source.world()))


def test_a_put_may_say_what_the_file_is(house: House) -> None:
    upload, url = initiated(house, content_type="image/png")
    put(house, upload, b"x", headers={"content-type": "image/webp"})
    assert house.get(url, None).headers["content-type"] == "image/webp"


def test_only_a_token_opens_the_media_host(house: House) -> None:
    browser = house.post("/fal/rest/tokens", {}).json()
    for header in ("Key a-key", "Bearer a-key", f"Bearer {browser}", f"Bearer {token(house)}x", "Bearer é", ""):
        answer = house.post(UPLOAD, key=None, content=b"x", headers={"authorization": header.encode("latin-1")})
        assert answer.status_code == 401, header


def test_a_ticket_is_for_its_own_file_only(house: House) -> None:
    first, second = initiated(house)[0], initiated(house)[0]
    path, other = first.split("?")[0], second.split("?")[1]
    assert put(house, f"{path}?{other}", b"x").status_code == 401
    assert put(house, f"{path}?ticket={token(house)}", b"x").status_code == 401
    assert put(house, path, b"x").status_code == 401


def test_a_refused_key_uploads_nothing(house: House) -> None:
    for path in ("/auth/token", "/upload/initiate", "/upload/initiate-multipart"):
        assert house.post(f"{REST}{path}", {}, "vidmock-invalid").status_code == 401


def begun(house: House) -> tuple[str, dict[str, str]]:
    """The Python client's way: the URL that parts go under, and the header they need."""
    headers = {"authorization": f"Bearer {token(house)}", "x-fal-file-name": "long.bin"}
    answer = house.post(f"{UPLOAD}/multipart", key=None, headers=headers).json()
    return f"{answer['access_url']}/multipart/{answer['uploadId']}", headers


def test_parts_are_joined_by_their_numbers_not_by_their_order(house: House) -> None:
    base, headers = begun(house)
    tags = {}
    for number in (3, 1, 2):
        answer = put(house, f"{base}/{number}", b"part %d;" % number, headers=headers)
        tags[number] = answer.headers["etag"]
    listed = [{"partNumber": number, "etag": tag} for number, tag in tags.items()]
    done = house.post(f"{base}/complete", {"parts": listed}, None, headers=headers)
    assert done.status_code == 200
    file = house.get(done.json()["access_url"], None)
    assert file.content == b"part 1;part 2;part 3;"
    assert file.headers["content-type"] == "application/octet-stream"


def test_a_part_that_is_sent_again_replaces_the_first(house: House) -> None:
    base, headers = begun(house)
    put(house, f"{base}/1", b"old", headers=headers)
    tag = put(house, f"{base}/1", b"new", headers=headers).headers["etag"]
    done = house.post(f"{base}/complete", {"parts": [{"partNumber": 1, "etag": tag}]}, None, headers=headers)
    assert house.get(done.json()["access_url"], None).content == b"new"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"parts": []},
        {"parts": {}},
        {"parts": [1]},
        {"parts": [{"partNumber": 2, "etag": "x"}]},
        {"parts": [{"partNumber": 1, "etag": "x"}]},
        {"parts": [{"partNumber": "1/../1"}]},
        {"parts": [{"partNumber": {}}]},
        {"parts": [None]},
    ],
    ids=str,
)
def test_parts_that_do_not_add_up_are_refused(house: House, body: object) -> None:
    base, headers = begun(house)
    put(house, f"{base}/1", b"part", headers=headers)
    assert house.post(f"{base}/complete", body, None, headers=headers).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "10001", "x", "1.5", "9" * 5000, "٣"], ids=range(7))
def test_a_part_needs_a_number(house: House, number: str) -> None:
    base, headers = begun(house)
    assert put(house, f"{base}/{number}", b"part", headers=headers).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain\r\nx: y", "nonsense", "a/b\x00", 5, ["image/png"], "é/é"], ids=range(6))
def test_a_content_type_that_is_none_is_refused(house: House, kind: object) -> None:
    assert house.post(f"{REST}/upload/initiate", {"content_type": kind}).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"file_name": "x" * 1025}, {"file_name": "é" * 513}, {"content_type": "a/" + "b" * 254}]
)
def test_a_name_or_type_that_no_store_has_is_refused(house: House, wrong: dict[str, str]) -> None:
    """A ticket has them both, and a world holds ten thousand tickets."""
    (value,) = wrong.values()
    assert house.post(f"{REST}/upload/initiate", wrong).status_code == 422
    assert list(house.world().tickets) == []
    name = value[:-1] if "file_name" in wrong else "x"
    upload, _ = initiated(house, file_name=name, content_type="a/" + "b" * 253)
    assert put(house, upload, b"x", headers={"content-type": "a/" + "b" * 254}).status_code == 422
    assert put(house, upload, b"x").status_code == 200


def by_put(house: House, data: bytes) -> str:
    upload, url = initiated(house)
    put(house, upload, data)
    return url


def by_post(house: House, data: bytes) -> str:
    headers = {"authorization": f"Bearer {token(house)}", "content-type": "text/plain"}
    return str(house.post(UPLOAD, key=None, content=data, headers=headers).json()["access_url"])


@pytest.mark.parametrize("send", [by_put, by_post])
@pytest.mark.parametrize("size", [10, WORKED_AT_ONCE + 1], ids=["small", "large"])
def test_a_large_file_is_hashed_once_and_beside_other_requests(
    house: House, monkeypatch: pytest.MonkeyPatch, size: int, send: Callable[[House, bytes], str]
) -> None:
    threads: list[str] = []

    def hashing(data: bytes) -> str:
        threads.append(threading.current_thread().name)
        return etag_of(data)

    monkeypatch.setattr("vidmock.engine.world.uploads.etag_of", hashing)
    url = send(house, b"x" * size)
    for _ in range(2):
        assert house.get(url, None).headers["etag"] == etag_of(b"x" * size)
    assert len(threads) == 1
    assert threads[0].startswith("asyncio_") is (size > WORKED_AT_ONCE)


def test_a_large_file_is_not_kept_if_its_ticket_has_gone_while_it_was_hashed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, url = initiated(house)

    def hashing(data: bytes) -> str:
        house.world().tickets.withdraw(next(iter(house.world().tickets)).id)
        return etag_of(data)

    monkeypatch.setattr("vidmock.engine.world.uploads.etag_of", hashing)
    assert put(house, upload, b"x" * (WORKED_AT_ONCE + 1)).status_code == 401
    assert house.get(url, None).status_code == 404
    assert list(house.world().files) == []


def test_what_was_never_uploaded_is_not_there(house: House) -> None:
    _, url = initiated(house)
    for missing in (url, "/fal/media/files/b/lion/x", "/fal/media/files/b/lion/%00"):
        answer = house.get(missing, None)
        assert answer.status_code == 404
        assert "not found" in answer.json()["detail"]


def test_a_video_is_not_there_before_it_is_made(house: House) -> None:
    path = "/fal/queue/fal-ai/kling-video"
    job = house.post(f"{path}/o1/reference-to-video", {"prompt": "a kite"}).json()["request_id"]
    (output,) = house.world().jobs[job].outputs
    video = f"/fal/media{output_path(output)}"
    assert house.get(video, None).status_code == 404
    house.advance(3)
    assert house.get(video, None).status_code == 200


@pytest.mark.parametrize(("choice", "status"), [("refused", 401), ("accepted", 200)])
@pytest.mark.parametrize("path", ["/fal/media/files/upload", "/fal/media/files/upload/multipart"])
def test_a_key_is_good_for_an_upload_only_if_it_is_switched_so(
    houses: Callable[..., House], choice: str, status: int, path: str
) -> None:
    house = houses(behaviours={"fal.upload_key": choice})
    assert house.post(path, content=b"a red kite").status_code == status
    assert house.post(path, content=b"a red kite", key="vidmock-invalid").status_code == 401


def test_a_token_for_uploads_is_good_for_nothing_else(house: House) -> None:
    headers = {"authorization": f"Bearer {token(house)}"}
    assert house.post("/fal/rest/tokens", {}, None, headers=headers).status_code == 401
    assert house.get("/fal/queue/fal-ai/kling-video/requests/x", None, headers=headers).status_code == 401
