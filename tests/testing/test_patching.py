"""What retries asynchronously imports asyncio when it sleeps: even so it does in virtual time."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest

from vidmock import MockServer

RETRYING = {
    # The bodies as tenacity and stamina have them. Both keep the function where no replacing of a name can reach it.
    "tenacity.asyncio": """
def _portable_async_sleep(seconds):
    import asyncio

    return asyncio.sleep(seconds)

def kept(sleep=_portable_async_sleep):
    return sleep
""",
    "stamina._core": """
async def _smart_sleep(delay):
    io = "asyncio"
    if io == "asyncio":
        import asyncio

        await asyncio.sleep(delay)

def kept(sleep=_smart_sleep):
    return sleep
""",
}


@pytest.mark.parametrize("name", RETRYING)
def test_a_retry_that_imports_when_it_sleeps_does_so_in_virtual_time(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module = ModuleType(name)
    exec(RETRYING[name], vars(module))
    monkeypatch.setitem(sys.modules, name, module)
    sleep = module.kept()
    before = sleep.__code__
    began = mock.clock.now

    async def retry() -> None:
        await asyncio.wait_for(sleep(3600), 7200)

    for _ in range(2):
        with mock.virtual_time():
            asyncio.run(retry())
        assert sleep.__code__ is before
    assert mock.clock.now - began == 7200
