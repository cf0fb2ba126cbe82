"""What is no page: an address, a huge file, bytes, too many or too deep parameters. A sentence each."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.importer.conftest import UNSEEN

from vidmock.importer.forms import read_page
from vidmock.importer.model_file import make_file
from vidmock.importer.page_examples import heed_examples
from vidmock.importer.parameter_tree import DEEPEST_PARAMETER, MOST_PARAMETERS
from vidmock.importer.source import LONGEST_PAGE_LINE, PAGE_BYTES, SourceText, read_source
from vidmock.problems import BadRequest, UnknownProvider

ENDPOINT = "https://api.runpod.ai/v2/made-up/runsync\n"


def field(name: str) -> str:
    return f'<ParamField body="input.{name}" type="string">\n  Text.\n</ParamField>\n'


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00", "is no text in UTF-8: byte 0 is 0x89"),
        (b"# A page\x00", "has control characters"),
        (b"x" * (PAGE_BYTES + 1), "has more than 4 MiB"),
        (b"x" * (LONGEST_PAGE_LINE + 1), "has a line of more than 256 KiB"),
    ],
    ids=["empty", "spaces", "a picture", "NUL", "huge", "one line"],
)
def test_what_is_no_page_is_refused_in_a_sentence(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "page.md").write_bytes(content)
    with pytest.raises(BadRequest, match=complaint):
        read_source(str(tmp_path / "page.md"))


@pytest.mark.parametrize("address", ["https://docs.runpod.io/a.md", "HTTP://fal.ai/a'b"])
def test_an_address_is_refused_with_the_line_to_type(address: str) -> None:
    quoted = address.replace("'", "%27")
    with pytest.raises(BadRequest) as refused:
        read_source(address)
    assert f"Type: curl -fsSL '{quoted}' | vidmock import -" in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"cannot read .*no such file"):
        read_source(str(tmp_path / "gone.md"))
    with pytest.raises(BadRequest, match=r"cannot read 'a.x00b': embedded null"):
        read_source("a\0b")


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    page = UNSEEN[0].read_bytes()
    monkeypatch.setattr(
        sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbf" + page.replace(b"\n", b"\r\n")))
    )
    read = read_source("-")
    assert (read.name, read.stem) == ("standard input", "")
    assert read.text == page.decode()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("".join(field(f"p{number}") for number in range(MOST_PARAMETERS + 1)), "more than 1,000 parameters"),
        (field(".".join("a" * (DEEPEST_PARAMETER + 1))), "more than 8 levels deep"),
        (field("a..b"), "is no name of a parameter"),
        (field("a b"), "is no name of a parameter"),
        ('<ParamField body="input.a" ' * 20_000, "more than 1,000 parameters"),
        ("<ParamField>" * 20_000 + field("a..b"), "names no parameter"),
    ],
    ids=["many", "deep", "nameless", "two words", "many that never end", "many without a name"],
)
def test_parameters_have_bounds(text: str, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        read_page(SourceText("page", "", ENDPOINT + text))


def test_a_text_of_no_form_is_told_which_there_are() -> None:
    with pytest.raises(BadRequest, match=r"page has no form that is known here\. Known: RunPod's page"):
        read_page(SourceText("page", "", "<html><body>Kling</body></html>"))
    with pytest.raises(BadRequest, match="known here of runpod"):
        read_page(SourceText("page", "", "Kling"), "runpod")


def test_a_page_of_another_provider_is_told_apart() -> None:
    with pytest.raises(BadRequest, match="page is RunPod's page, and not one of fal: leave --provider out"):
        read_page(SourceText("page", "", ENDPOINT + field("prompt")), "fal")
    with pytest.raises(UnknownProvider, match="Did you mean 'runpod'"):
        read_page(SourceText("page", "", ENDPOINT + field("prompt")), "runpodd")


@pytest.mark.parametrize("file", UNSEEN, ids=lambda file: file.name)
def test_a_page_that_breaks_off_anywhere_is_read_or_refused_in_a_sentence(file: Path) -> None:
    text = file.read_text("utf-8")
    for part in range(1, 40):
        with contextlib.suppress(BadRequest):
            page = read_page(SourceText("page", "", text[: len(text) * part // 40]))
            assert heed_examples(make_file(page), page).document["x-model"]["id"]
