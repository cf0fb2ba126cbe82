"""What type checkers refuse: every line with a comment is wrong, and the comment says how mypy and pyright call that.

A comment that ignores an error is an error itself where there is none to ignore.
"""

from __future__ import annotations

from vidmock import AsyncMockServer, MockServer, MockWorld


def words(mock: MockServer) -> None:
    mock.faults.add("lots")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.faults.add("lost", phase="aftr")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.faults.add("lost", provider="fall")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.faults.add("lost", operation="sbmit")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.jobs.filter(state="done")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.jobs.filter(provider="fall")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.jobs.one(state="succeded")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.jobs.force("id", "edge_page")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.journal.filter(operation="pol")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.assert_called("fall")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.assert_called("fal", "sbmit")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def arguments(mock: MockServer) -> None:
    MockServer(clok="manual")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    MockServer(latency=["15m"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.jobs.one(status="queued")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    mock.faults.add("fail", code=b"internal")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.faults.add("edge_page", nth="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.clock.advance(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mock.assert_spend("1.00")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    mock.world(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def names(mock: MockServer) -> None:
    import vidmock

    vidmock.MockServr()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    mock.fal.queue_urls()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    mock.jobs[0].status()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    mock.engine()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def values(mock: MockServer) -> None:
    mock.settings = mock.settings  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    mock.clock.now = 3.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert mock.ledger.spent < "1.00"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]


async def awaiting(mock: AsyncMockServer) -> None:
    mock.clock.advance("15m")  # type: ignore[unused-coroutine]  # pyright: ignore[reportUnusedCoroutine]
    with mock:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    await mock.jobs.one()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    world: MockWorld = mock.world("key")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    world.clock.advance("15m")
