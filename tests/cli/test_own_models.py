"""``--models`` and ``VIDMOCK_MODELS``: a user's own models at each command that takes them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.schema.own_models import PICTURES, changed, write_model

from vidmock.cli import own_models, serving
from vidmock.schema.model_files import load_catalog

Said = tuple[int, str, str]
ASKED = ("fal", "acme/pictures")
O1 = "fal-ai/kling-video/o1/reference-to-video"


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    file = tmp_path / "request.json"
    file.write_text('{"prompt": "x", "num_images": 2}', "utf-8")
    return str(file)


@pytest.fixture
def models(tmp_path: Path) -> str:
    return str(write_model(tmp_path / "models" / "pictures.json").parent)


def test_the_commands_know_an_own_model(say: Callable[..., Said], models: str, request_file: str) -> None:
    assert say("validate", *ASKED, request_file, "--models", models) == (0, "valid\n", "")
    assert say("price", *ASKED, request_file, "--models", models)[:2] == (
        0,
        "$0.05  1 s × $0.025/s × 2 results = $0.05\ninferred: for a test\n",
    )
    code, out, _ = say("models", "fal", "--models", models, "--json")
    assert (code, "acme/pictures" in {model["id"] for model in json.loads(out)}) == (0, True)
    assert say("price", *ASKED, request_file)[0] == 2


def test_the_variable_names_them_where_no_option_does(
    say: Callable[..., Said], models: str, request_file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other.json", changed("x-model/id", "acme/other"))
    monkeypatch.setenv(own_models.VARIABLE, f"{models}{os.pathsep}{other}")
    assert say("validate", *ASKED, request_file)[:2] == (0, "valid\n")
    assert say("validate", "fal", "acme/other", request_file)[:2] == (0, "valid\n")
    assert say("validate", *ASKED, request_file, "--models", str(other))[0] == 2


def test_a_model_of_a_shipped_name_is_told_of(say: Callable[..., Said], tmp_path: Path, request_file: str) -> None:
    file = write_model(tmp_path / "o1.json", changed("x-model/id", O1))
    code, out, err = say("validate", "fal", O1, request_file, "--models", str(file))
    assert (code, out) == (0, "valid\n")
    assert err == f"vidmock: fal {O1} is that of {file}, instead of the one that comes with vidmock\n"


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("run", "--", "true"), ("models",)], ids=" ".join)
def test_a_mistake_is_told_before_anything_starts(
    say: Callable[..., Said], tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = write_model(tmp_path / "m.json", changed("x-model/docs", "acme.test"))
    code, out, err = say(words[0], "--models", str(tmp_path), *words[1:])
    assert (code, out) == (2, "")
    told = '/x-model/docs must be the https:// address of the model\'s page; got "acme.test"'
    assert err == f"vidmock: {file}, line 8: {told}\n"


def test_an_empty_name_is_an_unset_variable(say: Callable[..., Said]) -> None:
    code, _, err = say("models", "--models", "")
    assert (code, "Is a variable of the shell not set?" in err) == (2, True)


def test_serve_takes_over_what_changes(models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = load_catalog(models)

    async def until_told() -> str:
        told: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(own_models, "tell", lambda line: loop.call_soon_threadsafe(told.put_nowait, line))
        watching = asyncio.create_task(serving.watch_models(catalog, [models], 0.0))
        # So that its first look is at the file as it was.
        await asyncio.sleep(0)
        write_model(Path(models) / "pictures.json", PICTURES | {"title": "Other pictures"})
        line = await told.get()
        watching.cancel()
        return line

    assert asyncio.run(until_told()) == f"read again: {Path(models) / 'pictures.json'}"
    assert catalog.find("fal", "acme/pictures").schema["title"] == "Other pictures"


def test_nothing_is_looked_at_where_there_are_no_own_models() -> None:
    asyncio.run(serving.watch_models(load_catalog(), []))
