"""Each bug of the catalogue fits its client, and each good client makes a video."""

from __future__ import annotations

import ast
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.kit.mutants.catalogue import KINDS, TOP, BadBug, Bug, clients, load_bugs

from vidmock import MockServer
from vidmock.kit.client import Result
from vidmock.kit.coroutine_client import make_client
from vidmock.kit.loading import load_client
from vidmock.kit.wire import WIRES

ALL = load_bugs()
GOOD = clients(ALL)
JOBS: dict[str, tuple[str, dict[str, Any]]] = {
    "eachlabs": (
        "kling-o1-video-to-video-reference",
        {"prompt": "a kite", "video_url": "https://example.com/kite.mp4"},
    ),
    "fal": ("fal-ai/kling-video/o1/reference-to-video", {"prompt": "a kite"}),
    "runpod": ("kling-video-o1-r2v", {"prompt": "a kite", "images": ["https://example.com/kite.png"]}),
    "runware": ("klingai:kling@o1", {"positivePrompt": "a kite", "duration": 5, "width": 1920, "height": 1080}),
}
"""A model of each provider, with an input."""


def test_there_are_enough_bugs_of_every_provider_and_kind() -> None:
    assert len(ALL) >= 150
    assert {bug.provider for bug in ALL} == set(WIRES)
    assert {kind for bug in ALL for kind in bug.kills} == KINDS


@cache
def dumped(client: Path) -> str:
    """What the good *client* says to a compiler."""
    return ast.dump(ast.parse((TOP / client).read_text("utf-8")))


@pytest.mark.parametrize("bug", ALL, ids=lambda bug: str(bug.id))
def test_a_bug_changes_its_client_which_still_compiles(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = ast.parse(bug.apply(), bug.id)
    assert ast.dump(bad) != dumped(bug.client)
    # A dataclass looks its module up there.
    monkeypatch.setitem(sys.modules, bug.id, module := ModuleType(bug.id))
    exec(compile(bad, bug.id, "exec"), vars(module))
    assert callable(module.Client)


@pytest.mark.parametrize(("client", "provider"), GOOD, ids=lambda value: getattr(value, "stem", value))
def test_a_good_client_makes_a_video(client: Path, provider: str, tmp_path: Path) -> None:
    published: list[Result] = []
    make = load_client(f"{TOP / client}:Client")
    with MockServer(seed=1, clock="manual", latency="5m") as mock:
        world = mock.world("key")
        made = make_client(
            make,
            base_url=f"{mock.url}{WIRES[provider].path}",
            api_key="key",
            folder=tmp_path,
            sleep=world.clock.advance,
            now=lambda: world.clock.now,
            publish=published.append,
            webhook_url=None,
        )
        result = made.generate(*JOBS[provider], deadline=3600.0)
        if hasattr(made, "close"):
            made.close()
        assert world.ledger.charged > 0
        assert result.cost in (None, world.ledger.charged)
    assert published == [result]
    assert [video[4:8] for video in result.read()] == [b"ftyp"]
    assert [file.suffix for file in tmp_path.iterdir()] == [".mp4"]


def _page(folder: Path, **changes: object) -> Path:
    entry = {"id": "x", "does": "d", "costs": "time", "source": "own", "kills": ["POLL"], "find": "a", "replace": "b"}
    members = (f"{name} = {json.dumps(value)}" for name, value in (entry | changes).items() if value is not None)
    client = GOOD[0][0].as_posix()
    (folder / "page.toml").write_text("\n".join([f'client = "{client}"', 'provider = "fal"', "[[bug]]", *members]))
    return folder


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"find": "no such text"}, "x: the text that it changes in .* is no longer there"),
        ({"find": "import"}, r"x: the text that it changes in .* is there \d+ times"),
        ({"source": None}, r"page.toml, entry 1 \(x\): too many or missing: source"),
        ({"severity": "S1"}, "missing: severity"),
        ({"costs": "nerves"}, "x: it costs 'nerves', which is none of money, secret, time, video"),
        ({"kills": []}, r"x: it is killed by \[\]"),
        ({"kills": ["SPENT"]}, r"x: it is killed by \['SPENT'\]"),
        ({"source": "a colleague"}, "x: its source is neither an address nor 'own': 'a colleague'"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(changes: dict[str, object], says: str, tmp_path: Path) -> None:
    with pytest.raises(BadBug, match=says):
        load_bugs(_page(tmp_path, **changes))[0].apply()


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.toml").write_text("client = ")
    with pytest.raises(BadBug, match=r"page\.toml: "):
        load_bugs(tmp_path)


def test_two_bugs_of_one_id_are_refused(tmp_path: Path) -> None:
    page = _page(tmp_path) / "page.toml"
    (tmp_path / "second.toml").write_text(page.read_text())
    with pytest.raises(BadBug, match="x: there are two of this id"):
        load_bugs(tmp_path)
