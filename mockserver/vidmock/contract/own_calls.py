"""Scripts as they are played to a command, which asks for videos of its own, and which nobody tells a deadline."""

from __future__ import annotations

from dataclasses import replace

from vidmock.contract.case import ClientScript, WireExpectation
from vidmock.contract.not_applicable import NotApplicable
from vidmock.contract.real_time import PLENTY


def with_own_calls(script: ClientScript, generations: int) -> ClientScript:
    """*script* for a command that has so many videos made when nothing goes wrong.

    Raises:
        NotApplicable: it needs an adapter, which is told what to ask for and until when.
    """
    if script.calls > 1 or script.varied or script.mistake or script.bare or script.input:
        raise NotApplicable("it needs an adapter: a command asks for what it likes")
    if script.deadline < PLENTY:
        raise NotApplicable("it needs an adapter: nobody tells a command its deadline")
    if generations == 1:
        return script
    if script.wire.waits:
        raise NotApplicable(f"which of {generations} videos is to wait cannot be told")
    return replace(script, wire=_of_several(script.wire, generations))


def _of_several(one: WireExpectation, generations: int) -> WireExpectation:
    """What must be seen of so many, of which the first may be the last, where that fails."""
    most = {**one.calls, **one.at_most}
    return replace(
        one,
        calls={},
        at_most={operation: times * generations for operation, times in most.items()},
        # More jobs than videos are wrong in any run.
        jobs=one.jobs or None,
        spent=one.spent or None,
    )
