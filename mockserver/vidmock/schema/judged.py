"""An input with the verdict on it, which several readers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vidmock.schema.catalog import Model
from vidmock.schema.embedded_media import embedded_media
from vidmock.schema.findings import joined_findings
from vidmock.schema.known_media import MediaInfo, Probe, nothing_known
from vidmock.schema.media_rules import check_media
from vidmock.schema.request_body import find_lints_beside
from vidmock.schema.validate import find_lints, find_violations
from vidmock.schema.violation import Violation


class Judged:
    """An *input* of the *model* of that id. It is judged when somebody first asks, and never again.

    *sent* is what the client has sent, where the provider takes that for something else: lints are about it. *body* is
    what stood around it, if anything may.
    """

    # No cached properties: in Python 3.11 they have one lock for all inputs, and a large one is judged in a thread.

    model: str
    input: Mapping[str, Any]

    def __init__(
        self,
        model: Model,
        input: Mapping[str, Any],
        sent: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        self.model, self.input, self._model, self._body = model.id, input, model, body
        self._sent = input if sent is None else sent
        self._violations: tuple[Violation, ...] | None = None
        self._lints: tuple[Violation, ...] | None = None
        self._inside: dict[str, MediaInfo | None] = {}

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What breaks the model's schema."""
        if self._violations is None:
            self._violations = find_violations(self._model, self.input)
        return self._violations

    @property
    def lints(self) -> tuple[Violation, ...]:
        """What the provider takes, but probably not as it was meant."""
        if self._lints is None:
            beside = () if self._body is None else find_lints_beside(self._model, self._body)
            self._lints = joined_findings([*find_lints(self._model, self._sent), *beside])
        return self._lints

    def media_violations(self, media: Probe) -> tuple[Violation, ...]:
        """What is wrong with its files, as far as *media* knows; a file that it contains is read once."""
        return check_media(self._model, self.input, media, self._look_inside)

    def _look_inside(self, text: str) -> MediaInfo | None:
        if text not in self._inside:
            self._inside[text] = embedded_media(text)
        return self._inside[text]

    def judge(self) -> None:
        """Find now what will be asked for, and takes long where the input is a large one."""
        if not self.violations:
            self.media_violations(nothing_known)
        _ = self.lints
