"""``vidmock import``: where the file goes, and what is said beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Said

PAGES = Path(__file__).parents[1] / "importer"
PAGE = str(PAGES / "unseen" / "runpod" / "p-video.mdx")
OURS = str(PAGES / "seen" / "runpod" / "kling-video-o1-r2v.md")


def test_without_a_folder_the_file_is_printed_and_the_report_is_beside_it(say: Callable[..., Said]) -> None:
    code, out, err = say("import", PAGE)
    assert code == 0
    assert json.loads(out)["x-model"]["id"] == "p-video"
    assert err.startswith(
        "RunPod's page: runpod p-video (Pruna Video), which makes video\ntaken: 11 parameters, 0 rules, 2 pr"
    )
    assert 'unsure: /draft: "Reduces cost by 75%" (prose that no rule is made of)\n' in err
    assert "changes" not in err


def test_a_model_that_vidmock_has_is_compared(say: Callable[..., Said]) -> None:
    code, _, err = say("import", OURS)
    assert code == 0
    assert "changes to the model that is there already: 6\n  /properties/seed/minimum: -1 → nothing\n" in err


def test_a_file_is_written_once_and_never_written_over_unasked(say: Callable[..., Said], tmp_path: Path) -> None:
    target = tmp_path / "runpod" / "p-video.json"
    code, out, err = say("import", PAGE, "-o", str(tmp_path))
    assert (code, err) == (0, "")
    assert out.endswith(f"written: {target}\n")
    first = target.read_text("utf-8")
    assert say("import", PAGE, "-o", str(tmp_path))[1].endswith(f"{target} says the same already\n")

    target.write_text(first.replace('"maximum": 10', '"maximum": 12'), "utf-8")
    code, out, _ = say("import", PAGE, "-o", str(tmp_path))
    assert code == 1
    assert "already: 1\n  /properties/duration/maximum: 12 → 10\n" in out
    assert out.endswith("To do so: --replace\n")
    assert '"maximum": 12' in target.read_text("utf-8")
    assert say("import", PAGE, "-o", str(tmp_path), "--replace")[0] == 0
    assert target.read_text("utf-8") == first


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [("{", 2, "is there already, and is no JSON: "), ("[]", 1, "→")],
    ids=["no JSON", "no model"],
)
def test_what_stands_at_the_files_place_is_not_lost(
    say: Callable[..., Said], tmp_path: Path, content: str, code: int, told: str
) -> None:
    target = tmp_path / "runpod" / "p-video.json"
    target.parent.mkdir()
    target.write_text(content)
    ended, out, err = say("import", PAGE, "-o", str(tmp_path))
    assert ended == code
    assert told in out + err
    assert target.read_text() == content


def test_an_address_is_never_fetched(say: Callable[..., Said]) -> None:
    code, out, err = say("import", "https://docs.runpod.io/public-endpoints/models/wan-2-5.md")
    assert (code, out) == (2, "")
    assert "curl -fsSL 'https://docs.runpod.io/public-endpoints/models/wan-2-5.md' | vidmock import -" in err
