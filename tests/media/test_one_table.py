"""There is no second table: only the module that has it names media types of files, and lists formats."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from vidmock import resources
from vidmock.media.formats import format_of_suffix

ROOT = Path(resources.__file__).parent
TABLE = ROOT / "media" / "formats.py"
MEDIA_TYPE = re.compile(r"(application|audio|font|image|message|model|multipart|text|video)/[A-Za-z0-9.+-]+(;.*)?")
A_LIST = 3
"""So many formats in one literal are a list of formats."""

NO_FILES = {
    "application/openmetrics-text": "what a program that collects metrics asks for",
    "application/json": "requests and answers of the APIs",
    "application/octet-stream": "the type of what nobody has named a type for",
    "application/x-ndjson": "the journal as lines",
    "application/x-pem-file": "the certificate of the authority",
    "text/event-stream": "streams of the APIs",
    "text/html": "a page that a gateway or a CDN puts in an answer's place, and our own",
    **dict.fromkeys(("text/css", "text/javascript", "image/svg+xml"), "the files of our own page"),
}
"""Media types of bodies, not of pictures and clips, and what they are here."""

LISTS = {
    "importer/figures.py": "the sounds and pictures that can be made",
    "media/clip.py": "the formats that can be made",
    "media/pictures.py": "the formats whose size can be read",
    "media/render.py": "what writes each format that can be made",
    "media/sniffer.py": "first bytes, and the names of what they begin",
    "providers/runware/storage.py": "the pictures that its page says it takes",
}
"""Modules that name several formats at once, and what they say of them."""


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def media_types_in(tree: ast.AST) -> set[str]:
    return {text for text in _literals(tree) if MEDIA_TYPE.fullmatch(text)}


def lists_in(tree: ast.AST) -> list[set[str]]:
    """The formats in each literal collection of *tree* that names several."""
    collections = [node for node in ast.walk(tree) if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict)]
    named = [{text for text in _literals(node) if format_of_suffix(text)} for node in collections]
    return [words for words in named if len(words) >= A_LIST]


def modules() -> Iterator[tuple[str, ast.AST]]:
    for file in sorted(ROOT.rglob("*.py")):
        if file != TABLE:
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())


def test_only_the_table_names_the_media_types_of_files() -> None:
    found = {(name, text) for name, tree in modules() for text in media_types_in(tree)}
    assert {(name, text) for name, text in found if text not in NO_FILES} == set()
    assert {text for _, text in found} == NO_FILES.keys(), "an exception that is not needed any more"


def test_only_the_table_lists_formats() -> None:
    assert {name for name, tree in modules() if lists_in(tree)} == LISTS.keys()


def test_a_second_table_would_be_found() -> None:
    second = ast.parse('SUFFIXES = {"image/png": "png", b"video/mp4": "mp4", "video/quicktime": ".MOV"}')
    assert media_types_in(second) == {"image/png", "video/mp4", "video/quicktime"}
    assert lists_in(second) == [{"png", "mp4", ".MOV"}]
    assert lists_in(ast.parse('Container = Literal["mp4", "mov", "webm"]')) == [{"mp4", "mov", "webm"}]
    assert media_types_in(ast.parse('"see image/png for more"; f"image/{kind}"; "and/or"')) == set()
