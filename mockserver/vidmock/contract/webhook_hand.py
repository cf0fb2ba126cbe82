"""Hands webhooks to a client, as a script asks for: at once, several times, or tampered with on their way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from threading import Barrier, Lock, Thread
from types import TracebackType
from typing import Any, Final, Self

from vidmock.contract.case import Deliveries, Tampering
from vidmock.engine.faults.bodies import STRANGER
from vidmock.kit.client import TakesWebhooks
from vidmock.media.formats import FORMATS
from vidmock.testing.local_server import LocalHTTPServer

SentWebhook = tuple[bytes, Mapping[str, str]]
EVIL: Final = "evil"
"""Stands in the address of a file that is not the provider's."""
VIDEO_ENDINGS: Final = tuple(f".{name}" for name, entry in FORMATS.items() if entry.kind == "video")
RECEIVES_IN: Final = 5.0
"""Real seconds that a receiver has for what it does of a webhook."""
_JOB_FIELDS: Final = ("id", "request_id", "gateway_request_id", "exec_id", "taskUUID", "predictionID")


class DeliveryBox:
    """A receiver, at ``url``, that takes webhooks and keeps them. It runs while it is entered.

    What it is told to do, it does for each, before that is answered.
    """

    def __init__(self) -> None:
        kept: list[SentWebhook] = []
        self._do: Callable[[], None] = lambda: None
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kept.append((body, {name.lower(): value for name, value in self.headers.items()}))
                box._do()
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *words: object) -> None:
                """Say nothing."""

        self._kept = kept
        self._server = LocalHTTPServer(Handler)
        self.url = f"{self._server.origin}/webhook"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__()

    def tell(self, do: Callable[[], None]) -> None:
        """*do* what is to be done for each."""
        self._do = do

    def come(self) -> tuple[SentWebhook, ...]:
        """Those that have come so far."""
        return tuple(self._kept)


class WebhookHand:
    """Hands what is in *box* to a client, as *deliveries* have it; ``taken`` says of each copy whether it was taken.

    *own* gives the id of the client's newest job, *published* says whether a job was published. ``acted`` is whether
    the job of the first webhook was when that was handled, or soon after: a receiver may answer first, and work later.
    """

    def __init__(
        self, deliveries: Deliveries, box: DeliveryBox, own: Callable[[], str | None], published: Callable[[], bool]
    ) -> None:
        self._deliveries, self._box, self._own, self._published = deliveries, box, own, published
        self._handed = 0
        self._handing = Lock()
        self.taken: list[bool] = []
        self.acted = False

    def hand_over(self, client: object) -> None:
        """Hand the webhooks over that have come and were not handed over before; of those that lie, only the first."""
        lies = self._deliveries.another or self._deliveries.tampered
        # A client that sleeps while it handles one moves the clock, which may bring the next.
        if self._handing.acquire(blocking=False):
            try:
                come = self._box.come()[: 1 if lies else None]
                new = come[self._handed :] if come and self._own() else ()
                for sent in new:
                    self._handed += 1
                    self._hand(client, sent, self._deliveries.copies)
                if new and self._deliveries.acted:
                    self.acted = _soon(self._published)
            finally:
                self._handing.release()

    def hand_again(self, client: object) -> None:
        """The call is over: hand over what has come meanwhile, and the copies that come late."""
        self.hand_over(client)
        if self._handed and self._deliveries.again:
            self._hand(client, self._box.come()[0], self._deliveries.again)

    def _hand(self, client: object, webhook: SentWebhook, copies: int) -> None:
        assert isinstance(client, TakesWebhooks)
        body, headers = webhook
        tampered = self._deliveries.tampered
        sent = body if tampered is None else TAMPERINGS[tampered](body, self._own() or STRANGER)
        barrier = Barrier(copies)

        def one() -> None:
            barrier.wait()
            try:
                client.handle_webhook(sent, headers)
            except Exception:  # noqa: BLE001 - a client may refuse with whatever it likes
                self.taken.append(False)
            else:
                self.taken.append(True)

        threads = [Thread(target=one, daemon=True) for _ in range(copies)]
        for thread in threads:
            thread.start()
        for thread in threads:
            # One that waits for the client, which sleeps, must not have it sleep for ever.
            thread.join(RECEIVES_IN)


def _soon(true: Callable[[], bool]) -> bool:
    """Whether *true* is, or becomes so in a few real seconds."""
    ends = time.monotonic() + RECEIVES_IN
    while not (found := true()) and time.monotonic() < ends:
        # In whatever thread it works later, it has no way to say that it is done.
        time.sleep(0.01)
    return found


def _of_another_job(body: bytes, job: str) -> bytes:
    """*body* about *job*; all else in it stays. The file that it names can be fetched, so that believing it shows."""
    told = json.loads(body)
    for item in told.get("data") or [told]:
        for name in _JOB_FIELDS:
            if name in item:
                item[name] = job
    return json.dumps(told).encode()


def _foreign_job(body: bytes, own: str) -> bytes:
    """*body* about a job that nobody submitted."""
    return _of_another_job(body, STRANGER)


def _foreign_file(body: bytes, own: str) -> bytes:
    """*body* with other files than those of the job, on the same host."""
    return json.dumps(_elsewhere(json.loads(body))).encode()


def _elsewhere(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _elsewhere(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_elsewhere(member) for member in value]
    if isinstance(value, str) and value.startswith("http") and value.partition("?")[0].endswith(VIDEO_ENDINGS):
        before, _, name = value.rpartition("/")
        return f"{before}/{EVIL}-{name}"
    return value


TAMPERINGS: Final[Mapping[Tampering, Callable[[bytes, str], bytes]]] = {
    "foreign_job": _foreign_job,
    "foreign_file": _foreign_file,
    "own_job": _of_another_job,
}
