from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import httpx
import pytest

from vidmock.kit.client import NotDownloaded, OutcomeUnknown, Refused, Result, StillRunning
from vidmock.kit.parts.download import ATTEMPTS, download
from vidmock.kit.parts.keyless import keyless
from vidmock.kit.parts.once import Once
from vidmock.kit.parts.polling import LONGEST_WAIT, UNKNOWN_FOR, TransientError, ask, poll
from vidmock.kit.parts.posting import post_once

REQUEST = httpx.Request("POST", "http://provider.test/")
RESULT = Result((b"video",), "a-job")
Answer = Callable[[], httpx.Response]


def answer(status: int, text: str = "{}", headers: dict[str, str] | None = None) -> Answer:
    return lambda: httpx.Response(status, text=text, headers=headers, request=REQUEST)


def failing(error: Exception) -> Answer:
    def send() -> httpx.Response:
        raise error

    return send


@pytest.mark.parametrize("status", [200, 400, 401, 429])
def test_a_verdict_of_the_provider_is_returned(status: int) -> None:
    assert post_once(answer(status)).status_code == status


@pytest.mark.parametrize(
    "send",
    [
        answer(500),
        answer(502, "<html>nginx</html>"),
        answer(504),
        answer(408),
        answer(200, "<html>welcome</html>"),
        failing(httpx.ReadTimeout("slow")),
        failing(httpx.RemoteProtocolError("disconnected")),
    ],
    ids=["500", "502", "504", "408", "200-in-html", "timeout", "disconnected"],
)
def test_an_answer_without_a_verdict_leaves_the_outcome_unknown(send: Answer) -> None:
    with pytest.raises(OutcomeUnknown, match="the job may exist"):
        post_once(send)


def test_a_request_that_never_left_is_refused_for_sure() -> None:
    with pytest.raises(Refused, match="cannot be reached"):
        post_once(failing(httpx.ConnectError("no route")))


@pytest.mark.parametrize(
    "send",
    [answer(404), answer(429), answer(503, "<html>"), answer(200, "<html>"), failing(httpx.ReadError("reset"))],
    ids=["404", "429", "503", "200-in-html", "reset"],
)
def test_a_transient_error_is_told_apart(send: Answer) -> None:
    with pytest.raises(TransientError):
        ask(send)


def test_a_refused_key_ends_the_polling() -> None:
    with pytest.raises(Refused, match="401"):
        ask(answer(401))


def test_the_providers_retry_after_is_read() -> None:
    with pytest.raises(TransientError) as raised:
        ask(answer(429, headers={"retry-after": "7"}))
    assert raised.value.wait == 7


class Time:
    """A clock that moves only in sleeps, which are recorded."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds

    def now(self) -> float:
        return self.moment


def test_waits_grow_up_to_a_limit_and_end_at_the_deadline() -> None:
    time = Time()
    with pytest.raises(StillRunning, match="no result after 60 s, and the job may go on"):
        poll(lambda: None, "a-job", 60, time.sleep, time.now)
    assert time.slept[:3] == [1.0, 1.5, 2.25]
    assert max(time.slept) == LONGEST_WAIT
    assert sum(time.slept) == 60


def test_a_job_that_stays_unknown_is_given_up_and_one_that_becomes_known_is_not() -> None:
    time = Time()

    def unknown() -> Result | None:
        raise TransientError("HTTP 404", unknown=True)

    with pytest.raises(Refused, match=r"knows no such job .* \(job a-job\)"):
        poll(unknown, "a-job", 600, time.sleep, time.now)
    assert UNKNOWN_FOR < time.moment < 2 * UNKNOWN_FOR
    looks = iter([*[TransientError("HTTP 404", unknown=True)] * 5, None, RESULT])

    def late() -> Result | None:
        seen = next(looks)
        if isinstance(seen, TransientError):
            raise seen
        return seen

    assert poll(late, "a-job", 600, time.sleep, time.now) is RESULT


def test_the_next_poll_waits_as_long_as_the_provider_asks() -> None:
    time = Time()
    looks = iter([TransientError("HTTP 429", wait=30.0), None, RESULT])

    def look() -> Result | None:
        seen = next(looks)
        if isinstance(seen, TransientError):
            raise seen
        return seen

    assert poll(look, "a-job", 600, time.sleep, time.now) is RESULT
    assert time.slept == [1.0, 30.0, 2.25]


def test_the_last_error_is_told_at_the_deadline() -> None:
    time = Time()

    def look() -> None:
        raise TransientError("HTTP 503")

    with pytest.raises(StillRunning, match=r"the last poll failed: HTTP 503 \(job a-job\)"):
        poll(look, "a-job", 5, time.sleep, time.now)


def media(*answers: Answer) -> httpx.Client:
    """Gives *answers* in turn, the last of them for ever."""
    turns = itertools.chain(answers, itertools.repeat(answers[-1]))
    return httpx.Client(transport=httpx.MockTransport(lambda request: next(turns)()))


def video(length: int = 10, kind: str = "video/mp4") -> Answer:
    """Ten bytes, said to be *length*."""
    headers = {"content-type": kind, "content-length": str(length)}
    return lambda: httpx.Response(200, stream=httpx.ByteStream(b"whole file"), headers=headers)


def without(status: int) -> Answer:
    return lambda: httpx.Response(status)


def test_a_file_appears_whole(tmp_path: Path) -> None:
    with media(video()) as http:
        file = download(http, "https://cdn.test/a.mp4", tmp_path / "a.mp4", "a-job", Time().sleep)
    assert file.read_bytes() == b"whole file"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_comes_late_is_fetched_again(tmp_path: Path) -> None:
    time = Time()
    with media(without(404), video()) as http:
        file = download(http, "https://cdn.test/a.mp4", tmp_path / "a.mp4", "a-job", time.sleep)
    assert file.read_bytes() == b"whole file"
    assert time.slept == [2.0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (video(length=99), "10 bytes came of 99"),
        (video(kind="text/html"), "HTTP 200 with text/html"),
        (without(403), "HTTP 403 with no content type"),
    ],
    ids=["cut", "html", "expired"],
)
def test_what_is_not_the_file_is_never_saved(given: Answer, says: str, tmp_path: Path) -> None:
    time = Time()
    with media(given) as http, pytest.raises(NotDownloaded, match=says) as raised:
        download(http, "https://cdn.test/a.mp4", tmp_path / "a.mp4", "a-job", time.sleep)
    assert raised.value.job_id == "a-job"
    assert len(time.slept) == ATTEMPTS - 1
    assert not list(tmp_path.iterdir())


def test_a_plain_address_is_fetched_from_the_api_alone(tmp_path: Path) -> None:
    with httpx.Client(base_url="http://api.test/v1", transport=httpx.MockTransport(lambda _: video()())) as http:
        assert download(http, "http://api.test/a.mp4", tmp_path / "a.mp4", "a-job", Time().sleep).is_file()
        for address in ("http://169.254.169.254/latest", "http://api.test:81/a.mp4", "file:///etc/hosts"):
            with pytest.raises(NotDownloaded, match="not public"):
                download(http, address, tmp_path / "b.mp4", "a-job", Time().sleep)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_a_lost_connection_fails_the_download(tmp_path: Path) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    with httpx.Client(transport=httpx.MockTransport(lose)) as http, pytest.raises(NotDownloaded, match="reset"):
        download(http, "https://cdn.test/a.mp4", tmp_path / "a.mp4", "a-job", Time().sleep)


def test_a_job_is_finished_once_by_many_threads() -> None:
    published: list[Result] = []
    once, barrier, asked = Once(published.append), Barrier(8), []

    def finish() -> Result:
        asked.append(1)
        return RESULT

    def result() -> None:
        barrier.wait()
        assert once.result("a-job", finish) is RESULT

    once.add("a-job")
    threads = [Thread(target=result) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(asked), published) == (1, [RESULT])


def test_a_job_that_has_not_ended_may_be_asked_for_again() -> None:
    published: list[Result] = []
    once = Once(published.append)
    once.add("a-job")
    assert once.result("a-job", lambda: None) is None
    assert once.result("a-job", lambda: RESULT) is RESULT
    assert published == [RESULT]


def test_the_job_of_another_client_is_not_finished() -> None:
    with pytest.raises(KeyError):
        Once(lambda result: None).result("a-job", lambda: RESULT)


def test_a_key_stands_in_no_error() -> None:
    with pytest.raises(Refused) as refused, keyless("sk-1"):
        raise Refused("the key sk-1 is wrong", "a-job")
    assert (str(refused.value), refused.value.job_id) == ("the key *** is wrong (job a-job)", "a-job")
