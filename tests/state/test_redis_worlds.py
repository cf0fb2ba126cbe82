"""``vidmock state`` with a Redis: worlds are shown and exported wherever they are, and put where no server has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.state.redis_server import RedisServer
from tests.state.test_replicas import joined

from vidmock.cli import main

SUBMIT = "/fal/queue/fal-ai/kling-video/o1/reference-to-video"


def told(capsys: pytest.CaptureFixture[str], *argv: object, code: int = 0) -> str:
    assert main(["state", *map(str, argv)]) == code
    said = capsys.readouterr()
    return said.err if code else said.out


def test_worlds_are_shown_and_exported_while_a_server_has_them_and_imported_where_none_has(
    redis_server: RedisServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worlds = tmp_path / "worlds.jsonl"
    with joined(redis_server) as house:
        house.post(SUBMIT, {"prompt": "a kite"})
        capsys.readouterr()
        shown = told(capsys, "show", redis_server.url).splitlines()
        assert shown[0].endswith("redis.sock: 1 world")
        assert "1 queued" in shown[1]
        assert json.loads(told(capsys, "show", redis_server.url, "--json"))["bytes"] is None
        told(capsys, "export", redis_server.url, "-o", worlds)
        refused = told(capsys, "import", redis_server.url, worlds, "--replace", code=2)
        assert "is at the server http://nowhere. Stop that, or give it the world: curl -X PUT" in refused
    with redis_server.client as client:
        client.flushall()
    assert told(capsys, "import", redis_server.url, worlds).startswith("imported: the world ")
    assert "--replace" in told(capsys, "import", redis_server.url, worlds, code=2)
    told(capsys, "import", redis_server.url, worlds, "--replace")
    before = json.loads(worlds.read_text())
    with joined(redis_server) as house:
        house.get("/_vidmock/clock?key=a-key")
        assert [*house.world().jobs] == [held["job"]["id"] for held in before["jobs"]]
        assert json.loads(told(capsys, "export", redis_server.url, "--world", "a-key"))["jobs"] == before["jobs"]


def test_a_redis_has_no_need_of_a_vacuum(redis_server: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert "gives back by itself" in told(capsys, "vacuum", redis_server.url, code=2)
