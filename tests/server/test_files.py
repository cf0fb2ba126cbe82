"""Videos are served the way a CDN serves them: validators, HEAD, and byte ranges (RFC 9110)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.conftest import House, Wire

    from vidmock.server.server import ThreadedServer


class File:
    """A finished video and its bytes."""

    def __init__(self, house: House, wire: Wire) -> None:
        job = wire.submit(house)
        house.advance(3)
        self.house = house
        self.url = wire.video(wire.look(house, job).json())
        whole = self.get()
        assert whole.status_code == 200
        self.data, self.etag = whole.content, whole.headers["etag"]

    def get(self, method: str = "GET", **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.house.ask(method, self.url, None, headers=sent)


@pytest.fixture
def file(house: House, wires: tuple[Wire, ...]) -> File:
    return File(house, wires[0])


def test_every_providers_file_says_what_it_is(house: House, wire: Wire) -> None:
    file = File(house, wire)
    answer = file.get()
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(file.data))


def test_a_file_has_one_address(house: House, wire: Wire) -> None:
    file = File(house, wire)
    folder, name = file.url.rsplit("/", 1)
    for other in (f"{folder}/{name.rpartition('.')[0]}", f"{file.url}.mp4", f"{folder}/{name.replace('.mp4', '.mov')}"):
        assert house.ask("GET", other, None).status_code == 404
    assert file.get().status_code == 200


def test_head_is_get_without_the_body(file: File) -> None:
    answer, whole = file.get("HEAD"), file.get()
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers == whole.headers


def test_head_knows_no_ranges(file: File) -> None:
    answer = file.get("HEAD", range="bytes=0-9")
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(file.data)))


def test_the_etag_is_strong_and_stays(file: File) -> None:
    assert file.etag.startswith('"')
    assert file.get().headers["etag"] == file.get("HEAD").headers["etag"] == file.etag


def test_two_jobs_have_two_files(house: House, wire: Wire) -> None:
    first, second = File(house, wire), File(house, wire)
    assert first.etag != second.etag
    assert first.data != second.data


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=0-99", slice(0, 100)),
        ("bytes=100-199", slice(100, 200)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=-99999999", slice(None)),
        ("bytes=0-99999999", slice(None)),
        ("bytes=100-" + "9" * 30, slice(100, None)),
        ("bytes= 10-19", slice(10, 20)),
        ("Bytes=10-19", slice(10, 20)),
    ],
    ids=["one", "first", "middle", "open", "suffix", "long suffix", "too long", "huge", "space", "case"],
)
def test_a_range_is_that_part(file: File, wanted: str, part: slice) -> None:
    answer = file.get(range=wanted)
    expected = file.data[part]
    start = len(file.data[: part.start]) if part.start else 0
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["content-length"] == str(len(expected))
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{len(file.data)}"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["etag"] == file.etag


@pytest.mark.parametrize(
    "wanted", ["bytes=99999999-", "bytes=99999999-99999999", "bytes=-0", "bytes=" + "9" * 5000 + "-"]
)
def test_a_range_beyond_the_end_is_416_and_says_how_long_the_file_is(file: File, wanted: str) -> None:
    answer = file.get(range=wanted)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{len(file.data)}"


@pytest.mark.parametrize(
    "wanted",
    ["bytes=0-9,20-29", "bytes=9-0", "bytes=", "bytes=-", "bytes=a-b", "items=0-9", "bytes", "", "bytes=0-9x"],
    ids=["several", "backwards", "empty", "dash", "letters", "unit", "no range", "blank", "tail"],
)
def test_what_is_no_single_range_gets_the_whole(file: File, wanted: str) -> None:
    answer = file.get(range=wanted)
    assert (answer.status_code, answer.content) == (200, file.data)


def test_if_range_resumes_the_same_file_only(file: File) -> None:
    assert file.get(range="bytes=5-", if_range=file.etag).status_code == 206
    for other in ('"other"', f"W/{file.etag}", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert file.get(range="bytes=5-", if_range=other).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("{}", 304), ("W/{}", 304), ('"other", {}', 304), ("*", 304), ('"other"', 200), ("", 200)],
    ids=["same", "weak", "list", "any", "other", "blank"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_none_match_saves_the_download(file: File, method: str, wanted: str, status: int) -> None:
    answer = file.get(method, if_none_match=wanted.format(file.etag))
    assert answer.status_code == status
    assert answer.headers["etag"] == file.etag
    assert status == 200 or answer.content == b""


def test_over_a_socket_the_lengths_are_right_too(mock: ThreadedServer, wires: tuple[Wire, ...]) -> None:
    wire = wires[0]
    with httpx.Client(base_url=mock.url, headers={"authorization": "k"}) as client:
        job = client.post(wire.submit_path + "sync", json=wire.body).json()
        url = wire.video(job)
        head, whole = client.head(url), client.get(url)
        assert head.headers["content-length"] == str(len(whole.content))
        assert head.content == b""
        part = client.get(url, headers={"range": "bytes=-7"})
        assert (part.status_code, part.content) == (206, whole.content[-7:])
        assert client.get(url, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
        assert client.get(url).content == whole.content
