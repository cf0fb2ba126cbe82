"""Hands webhooks to a client, as a script asks for: at once, several times, or tampered with on their way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from typing import Any, Final

from vidmock.contract.case import Deliveries, Tampering
from vidmock.engine.faults.bodies import STRANGER
from vidmock.kit.client import TakesWebhooks
from vidmock.media.formats import FORMATS

SentWebhook = tuple[bytes, Mapping[str, str]]
EVIL: Final = "evil"
"""Stands in the address of a file that is not the provider's."""
_ENDINGS: Final = tuple(f".{name}" for name, entry in FORMATS.items() if entry.kind == "video")
_JOB_FIELDS: Final = ("id", "request_id", "gateway_request_id", "exec_id", "taskUUID", "predictionID")


class DeliveryBox:
    """A receiver that takes every webhook and keeps it, until somebody asks."""

    def __init__(self) -> None:
        self._kept: list[SentWebhook] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        """Receive in a thread; gives the URL."""
        kept = self._kept

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kept.append((body, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *words: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/webhook"
            finally:
                server.shutdown()
                thread.join()

    def come(self) -> tuple[SentWebhook, ...]:
        """Those that have come so far."""
        return tuple(self._kept)


class WebhookHand:
    """Hands what is in *box* to a client, as *deliveries* have it; ``taken`` says of each copy whether it was taken."""

    def __init__(self, deliveries: Deliveries, box: DeliveryBox) -> None:
        self._deliveries, self._box = deliveries, box
        self._handed = False
        self.taken: list[bool] = []

    def hand_over(self, client: object) -> None:
        """Hand the first webhook over, if it has come and was not handed over before."""
        if not self._handed and self._box.come():
            self._handed = True
            self._hand(client, self._deliveries.copies)

    def hand_again(self, client: object) -> None:
        """The call is over: hand over what has come meanwhile, and the copies that come late."""
        self.hand_over(client)
        if self._handed and self._deliveries.again:
            self._hand(client, self._deliveries.again)

    def _hand(self, client: object, copies: int) -> None:
        assert isinstance(client, TakesWebhooks)
        body, headers = self._box.come()[0]
        tampered = self._deliveries.tampered
        sent = body if tampered is None else TAMPERINGS[tampered](body)
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
            thread.join()


def _foreign_job(body: bytes) -> bytes:
    """*body* about a job that nobody submitted. The file that it names can be fetched, so that believing it shows."""
    told = json.loads(body)
    for item in told.get("data") or [told]:
        for name in _JOB_FIELDS:
            if name in item:
                item[name] = STRANGER
    return json.dumps(told).encode()


def _foreign_file(body: bytes) -> bytes:
    """*body* with other files than those of the job, on the same host."""
    return json.dumps(_elsewhere(json.loads(body))).encode()


def _elsewhere(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _elsewhere(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_elsewhere(member) for member in value]
    if isinstance(value, str) and value.startswith("http") and value.partition("?")[0].endswith(_ENDINGS):
        before, _, name = value.rpartition("/")
        return f"{before}/{EVIL}-{name}"
    return value


TAMPERINGS: Final[Mapping[Tampering, Callable[[bytes], bytes]]] = {
    "foreign_job": _foreign_job,
    "foreign_file": _foreign_file,
}
