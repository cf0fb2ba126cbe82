"""``vidmock import``: where the file goes, and what is said beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vidmock.importer.source import PAGE_BYTES

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
    assert "changes to the model that is there already: 6\n  seed: gone: at least -1\n" in err


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
    assert "already: 1\n  duration: at most 12 before, at most 10 now\n" in out
    assert out.endswith("To do so: --replace\n")
    assert '"maximum": 12' in target.read_text("utf-8")
    assert say("import", PAGE, "-o", str(tmp_path), "--replace")[0] == 0
    assert target.read_text("utf-8") == first


@pytest.mark.parametrize("content", ["{", "[]", '{"x-model": {}}'], ids=["no JSON", "no object", "no model"])
def test_what_stands_at_the_files_place_is_not_lost(say: Callable[..., Said], tmp_path: Path, content: str) -> None:
    target = tmp_path / "runpod" / "p-video.json"
    target.parent.mkdir()
    target.write_text(content)
    code, _, err = say("import", PAGE, "-o", str(tmp_path), "--replace")
    assert code == 2
    assert err.startswith(f"vidmock: {target} is there already, and is no model: ")
    assert err.endswith("Move it away first\n")
    assert target.read_text() == content


def test_words_for_people_that_were_edited_are_not_lost(say: Callable[..., Said], tmp_path: Path) -> None:
    target = tmp_path / "runpod" / "p-video.json"
    say("import", PAGE, "-o", str(tmp_path))
    target.write_text(target.read_text("utf-8").replace('"title": "Pruna Video"', '"title": "Ours"'), "utf-8")
    code, out, _ = say("import", PAGE, "-o", str(tmp_path))
    assert code == 1
    assert "already: 1\n  words for people: others are there\n" in out
    assert '"title": "Ours"' in target.read_text("utf-8")


def test_each_of_several_pages_is_told_and_a_bad_one_stops_no_other(say: Callable[..., Said], tmp_path: Path) -> None:
    pages, models = tmp_path / "pages", tmp_path / "models"
    (pages / "more").mkdir(parents=True)
    (pages / "a-readme.md").write_text("# Our pages\n")
    (pages / "huge.txt").write_bytes(b"x" * (PAGE_BYTES + 1))
    (pages / "picture.png").write_bytes(b"\x89PNG")
    (pages / "more" / "veo.txt").write_bytes((PAGES / "unseen" / "fal" / "veo3-fast.txt").read_bytes())
    (pages / "more" / "wan.mdx").write_bytes((PAGES / "unseen" / "runpod" / "wan-2-5.mdx").read_bytes())
    code, out, err = say("import", PAGE, str(pages), PAGE, "-o", str(models))
    assert code == 2
    unknown, huge = err.splitlines()
    assert unknown.startswith(f"vidmock: {pages / 'a-readme.md'} has no form that is known here. Known: RunPod's page")
    assert huge == f"vidmock: {pages / 'huge.txt'} has more than 4 MiB: no model page is that long"
    told = out.splitlines()
    assert told[:3] == [
        f"{PAGE}: RunPod's page: runpod p-video (Pruna Video), which makes video",
        "  taken: 11 parameters, 0 rules, 2 prices; 6 notes, 0 contradictions",
        f"  written: {models / 'runpod' / 'p-video.json'}",
    ]
    assert [line.partition(": ")[0] for line in told[3::3]] == [
        *(str(pages / "more" / name) for name in ("veo.txt", "wan.mdx")),
        "5 pages",
    ]
    assert told[-1] == "5 pages: 3 imported, 0 not written over, 2 not read"
    assert len([*models.rglob("*.json")]) == 3


def test_several_pages_have_the_exit_code_of_what_was_not_written_over(
    say: Callable[..., Said], tmp_path: Path
) -> None:
    sources, models = [PAGE, OURS], tmp_path / "models"
    assert say("import", *sources, "-o", str(models))[0] == 0
    assert say("import", *sources, "-o", str(models))[1].count(" says the same already\n") == 2
    target = models / "runpod" / "p-video.json"
    target.write_text(target.read_text("utf-8").replace('"maximum": 10', '"maximum": 12'), "utf-8")
    code, out, err = say("import", *sources, "-o", str(models))
    assert (code, err) == (1, "")
    assert "To do so: --replace\n    duration: at most 12 before, at most 10 now\n" in out
    assert out.endswith("2 pages: 1 imported, 1 not written over, 0 not read\n")


def test_two_pages_of_one_model_do_not_write_over_each_other(say: Callable[..., Said], tmp_path: Path) -> None:
    again = tmp_path / "again.mdx"
    again.write_bytes(Path(PAGE).read_bytes())
    code, _, err = say("import", PAGE, str(again), "-o", str(tmp_path / "models"), "--replace")
    assert (code, err) == (2, f"vidmock: {again} is of the same model as {PAGE}: name one of the two\n")


def test_several_pages_need_a_folder_that_can_be_written(say: Callable[..., Said], tmp_path: Path) -> None:
    code, out, err = say("import", PAGE, OURS)
    assert (code, out) == (2, "")
    assert err == "vidmock: these are 2 pages: say with -o DIR where their files go, or name one page\n"
    (tmp_path / "runpod").write_text("a file")
    code, out, err = say("import", PAGE, OURS, "-o", str(tmp_path))
    assert (code, out) == (2, "2 pages: 0 imported, 0 not written over, 2 not read\n")
    assert err.count(f"cannot write {tmp_path / 'runpod'}") == 2


def test_an_address_is_never_fetched(say: Callable[..., Said]) -> None:
    code, out, err = say("import", "https://docs.runpod.io/public-endpoints/models/wan-2-5.md")
    assert (code, out) == (2, "")
    assert "curl -fsSL 'https://docs.runpod.io/public-endpoints/models/wan-2-5.md' | vidmock import -" in err
