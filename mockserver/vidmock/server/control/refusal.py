"""What the control API says to a request that it cannot grant."""

from __future__ import annotations

from vidmock.problems import Problem


class ControlProblem(Problem):
    """*where* is the part of the request that is wrong, *hint* the line to type next; both may be empty."""

    def __init__(self, message: str, status: int = 400, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.status, self.where, self.hint = status, where, hint


class NotFound(ControlProblem):
    """There is no such thing, or no longer."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, 404, hint=hint)
