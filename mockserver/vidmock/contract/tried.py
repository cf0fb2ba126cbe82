"""What is tried: what makes clients, or a command that is run whole."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vidmock.contract.case import ClientScript
from vidmock.contract.observed import Observed
from vidmock.kit.client import MakeClient


@runtime_checkable
class RunsScripts(Protocol):
    """What asks for videos by itself, and is observed while it does."""

    def run_script(self, script: ClientScript) -> Observed:
        """What it does when *script* happens to it.

        Raises:
            Hangs: it does not end.
            NotApplicable: this cannot be told of it.
        """


Tried = MakeClient | RunsScripts
