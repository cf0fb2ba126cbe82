"""What clients are told when virtual time goes nowhere."""

from __future__ import annotations

from vidmock.problems import Problem, public


@public
class WaitingForEver(Problem):
    """A client keeps sleeping although nothing will happen any more."""

    def __init__(self, sleeps: int, why: str = "") -> None:
        super().__init__(
            f"the client has slept {sleeps} times and nothing happened: no job of this world will change any more. "
            f"{why or 'Does the client have a time limit?'}"
        )


@public
class TimeStandsStill(Problem):
    """Time cannot pass: somebody is at work, or may be, and does not come to an end."""

    def __init__(self, who: str, seconds: float) -> None:
        super().__init__(
            f"virtual time has stood still for {seconds:g} real seconds, because {who}. Time passes when every thread "
            "sleeps on the mock's clock, or waits for another thread, for a socket of this process or for the mock. "
            "Whatever else it waits for should end before that, or begin before virtual time does"
        )
