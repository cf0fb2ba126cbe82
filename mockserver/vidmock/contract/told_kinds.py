"""What a caller is told, as the outcomes of :mod:`vidmock.kit.client`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vidmock.contract.case import Told
from vidmock.kit.client import ClientError, NotDownloaded, OutcomeUnknown, Refused, Result, StillRunning

ERRORS_AS: Final[Mapping[Told, type[ClientError]]] = {
    "refused": Refused,
    "still_running": StillRunning,
    "not_downloaded": NotDownloaded,
    "unknown": OutcomeUnknown,
}
TOLD_AS: Final[Mapping[Told, type]] = {"video": Result, **ERRORS_AS, "interrupted": KeyboardInterrupt}
"""What the caller gets, by what it is told."""


def of_some_kind(error: BaseException, told: Sequence[Told]) -> BaseException:
    """*error*; one of no kind as the first kind of *told*, where an error is right, so that only its words are judged.

    Who says least must say most beside it: an unknown outcome, which may leave out the job's id, comes last.
    """
    if type(error) is not ClientError:
        return error
    kind = next((kind for name, kind in ERRORS_AS.items() if name in told), Refused)
    # The message ends with the id, which the new error writes anew.
    return kind(str(error).removesuffix(f" (job {error.job_id})"), error.job_id)
