"""A user's own models: read, checked and tried, with a line for each mistake; and looked at again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.schema.own_models import PICTURES, changed, write_model

import vidmock
from vidmock.problems import BadRequest, UnknownModel
from vidmock.schema import catalog
from vidmock.schema.model_files import load_catalog, read_model, read_models
from vidmock.schema.model_watch import ModelWatch
from vidmock.schema.trial import missing_parts, try_model

O1 = "fal-ai/kling-video/o1/reference-to-video"


def test_an_own_model_judges_and_prices_beside_the_shipped_ones(tmp_path: Path) -> None:
    write_model(tmp_path / "fal" / "pictures.json")
    models = load_catalog(tmp_path)
    assert {model.id for model in models.models("fal")} == {"acme/pictures", *(m.id for m in catalog.models("fal"))}
    assert vidmock.price("fal", "acme/pictures", {"prompt": "x", "num_images": 3}, catalog=models).how == (
        "1 s × $0.025/s × 3 results = $0.075"
    )
    wrong = vidmock.validate("fal", "acme/pictures", {"size": {"width": 1023, "kind": 1}}, catalog=models)
    assert [str(found) for found in wrong] == [
        "prompt: is missing, and required: what to draw",
        "size.width: must be a multiple of 8; got 1023: write 1016 or 1024",
        "size.kind: is not a parameter here (known: width, height): leave it out",
    ]
    with pytest.raises(UnknownModel):
        vidmock.validate("fal", "acme/pictures", {})
    with pytest.raises(UnknownModel, match="Did you mean 'acme/pictures'"):
        models.find("fal", "acme/picture")


def test_an_own_model_takes_the_place_of_a_shipped_one_and_that_is_said(tmp_path: Path) -> None:
    file = write_model(tmp_path / "o1.json", changed("x-model/id", O1))
    read = read_models([file])
    assert read.notices == (f"fal {O1} is that of {file}, instead of the one that comes with vidmock",)
    models = load_catalog(file)
    assert models.find("fal", O1).file == file
    assert len(models.models()) == len(catalog.models())
    assert catalog.find_model("fal", O1).file != file


def test_an_own_model_may_be_based_on_what_is_shared(tmp_path: Path) -> None:
    based = changed("properties/image_url", {"$ref": "../shared/media.json#/$defs/url"})
    assert "url" in read_model(write_model(tmp_path / "fal" / "a.json", based)).schema["$defs"]
    own = changed("properties/image_url", {"$ref": "../shared/own.json#/$defs/short"})
    file = write_model(tmp_path / "fal" / "b.json", changed("x-model/id", "acme/b", own))
    with pytest.raises(
        BadRequest, match=r"b.json, line \d+: /properties/image_url/\$ref cannot be followed: there is no"
    ):
        read_model(file)
    write_model(tmp_path / "shared" / "own.json", {"$defs": {"short": {"type": "string", "maxLength": 3}}})
    assert load_catalog(tmp_path).find("fal", "acme/b").schema["$defs"]["short"]["maxLength"] == 3


def test_what_a_shared_file_does_not_have_is_told_at_the_reference(tmp_path: Path) -> None:
    write_model(tmp_path / "shared" / "own.json", {"$defs": {}})
    file = write_model(tmp_path / "m.json", changed("properties/prompt", {"$ref": "shared/own.json#/$defs/x"}))
    with pytest.raises(
        BadRequest, match=r"/properties/prompt/\$ref cannot be followed: 'shared/own.json#/\$defs/x' leads"
    ):
        read_model(file)
    looped = write_model(tmp_path / "n.json", changed("allOf", [{"$ref": "n.json"}]))
    with pytest.raises(BadRequest, match="line 1: the file a file of its bases leads back to itself"):
        read_model(looped)


RULE = {
    "x-rule": "r",
    "x-path": "/prompt",
    "x-message": "is never right",
    "x-evidence": "documented",
    "properties": {"prompt": {"pattern": "(["}},
}
MISTAKES: list[tuple[str, Any, str]] = [
    (
        "properties/prompt/minLenght",
        1,
        "/properties/prompt/minLenght is not a parameter here: did you mean 'minLength'?",
    ),
    ("properties/prompt/x-evidance", "documented", "did you mean 'x-evidence'?"),
    ("properties/prompt/x-evidence", "guessed", "must say how it is known: documented, example, observed"),
    ("properties/prompt/x-evidence", {"minLength": "known"}, "/minLength must say how it is known"),
    (
        "properties/prompt/x-evidence",
        {"maxLength": "inferred"},
        "/prompt has an x-evidence for maxLength, which does not",
    ),
    ("properties/prompt/x-evidence", {"description": "inferred"}, "/x-evidence/description is not a parameter here"),
    ("properties/prompt/x-evidence", 5, "/properties/prompt/x-evidence must be a text, such as"),
    ("x-evidence", {"pattern": "inferred"}, "x-evidence tells of a keyword that does not stand beside it"),
    ("properties/prompt/type", "text", '/properties/prompt/type must be one of "string", "integer"'),
    ("properties/prompt/minLength", "1", "/properties/prompt/minLength must be an integer"),
    ("x-model", ..., "/x-model is missing: which model it is"),
    ("x-model/id", ..., "/x-model/id is missing, and required"),
    (
        "x-model/provider",
        "fall",
        "/x-model/provider must be one of eachlabs, fal, runpod, runware; got 'fall'. Did you mean 'fal'?",
    ),
    ("x-model/docs", "acme.test", "/x-model/docs must be the https:// address of the model's page"),
    ("x-pricing", ..., "/x-pricing says nothing of rates, seconds, count, digits"),
    ("x-pricing/rates/0/rate", 0.1, "/x-pricing/rates/0/rate must be a string or null; got 0.1"),
    ("x-pricing/count", [{"at": "/num_images"}], "/x-pricing gives no price where nothing is said"),
    ("x-video/width", ..., "/x-video says nothing of width"),
    ("x-video/fps", [{"value": 24}], "/x-video/fps is not a parameter here"),
    (
        "x-video/width",
        [{"media": "/prompt", "read": "ratio", "map": {"wide": 4}}],
        "'wide' is no ratio of width to height, such as 16:9",
    ),
    ("x-video/width", [{"media": "/prompt", "read": "ratio"}], "/x-video/width/0/map is missing, and required"),
    ("x-video/width", [{"value": 1, "map": {"a": 4}}], "/x-video/width/0 is not what the schema asks for"),
    ("x-video/container", [{"value": "gifv"}], "/x-video/container is 'gifv' for"),
    ("x-video/seconds", [{"value": 0}], "/x-video asks for 1 files of 0 s"),
    ("x-video/height", [{"at": "/size/height"}], "/x-video gives no output for {'prompt': 'a kite over dunes'} (none"),
    ("x-video/width", [{"value": 1, "at": "/x"}], "/x-video/width/0 is not what the schema asks for"),
    ("type", "array", '/type must be "object"'),
    ("properties", ..., "/properties is missing: the parameters of an input"),
    ("allOf", [{"required": ["size"]}], "/allOf/0 must be the $ref of a file, or of an entry of $defs that is a rule"),
    ("properties/prompt", {"$ref": "#/x"}, "/properties/prompt/$ref cannot be followed: '#/x' must point to"),
    ("$defs", {"r": RULE}, ""),
]


@pytest.mark.parametrize(("place", "value", "told"), MISTAKES, ids=[f"{at}={to!r:.30}" for at, to, _ in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_pointer(tmp_path: Path, place: str, value: Any, told: str) -> None:
    file = write_model(tmp_path / "m.json", changed(place, value))
    if not told:
        # What nothing refers to is not looked at.
        assert read_model(file).id == "acme/pictures"
        return
    with pytest.raises(BadRequest) as caught:
        load_catalog(file)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{file}, line ")
    assert told in first
    pointer = first.split(": ")[1].split(" ")[0]
    number = int(first.removeprefix(f"{file}, line ").partition(":")[0])
    parts = [part for part in pointer.split("/")[1:] if not part.isdecimal()]
    line = file.read_text("utf-8").splitlines()[number - 1]
    assert number == 1 or any(f'"{part}"' in line for part in parts) or line.strip() == "{"


def test_a_pattern_that_is_none_is_told(tmp_path: Path) -> None:
    model = changed("$defs", {"r": RULE}) | {"allOf": [{"$ref": "#/$defs/r"}]}
    with pytest.raises(BadRequest, match="the file cannot be judged by"):
        read_model(write_model(tmp_path / "m.json", model))


def test_each_mistake_of_each_file_is_told(tmp_path: Path) -> None:
    twice = changed("properties/prompt/minLenght", 1, changed("x-model/docs", 5))
    write_model(tmp_path / "a.json", twice)
    write_model(tmp_path / "b.json", changed("type", ...))
    (tmp_path / "c.json").write_text('{\n "title": "x",\n}', "utf-8")
    (tmp_path / "d.json").write_bytes(b'"\xff"')
    (tmp_path / "e.json").write_text("[]", "utf-8")
    (tmp_path / ".hidden").mkdir()
    write_model(tmp_path / ".hidden" / "f.json", {})
    with pytest.raises(BadRequest) as caught:
        load_catalog(tmp_path)
    told = str(caught.value).splitlines()
    assert [line.partition(tmp_path.name)[2][1:7] for line in told] == [
        *["a.json"] * 2,
        "b.json",
        "c.json",
        "d.json",
        "e.json",
    ]
    assert "line 3: " in told[3]


def test_two_files_with_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_model(tmp_path / f"{name}.json")
    with pytest.raises(BadRequest, match=r"b.json: fal acme/pictures is in .*a.json already: leave one of them out"):
        load_catalog(tmp_path)
    assert load_catalog(tmp_path / "a.json", tmp_path / "a.json").own[0].file == tmp_path / "a.json"


def test_a_folder_without_models_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadRequest, match="there is no file or folder"):
        load_catalog(tmp_path / "nowhere")
    with pytest.raises(BadRequest, match="there is no model in the folder"):
        load_catalog(tmp_path)
    for name in ("a", "b"):
        write_model(tmp_path / f"{name}.json")
    monkeypatch.setattr("vidmock.schema.model_files._MOST_FILES", 1)
    with pytest.raises(BadRequest, match="there are 2 files"):
        load_catalog(tmp_path)


def test_every_shipped_model_passes_what_a_users_has_to_pass() -> None:
    for model in catalog.models():
        assert read_model(model.file).schema == model.schema
        assert missing_parts(model.schema) == []
        assert try_model(model) == []


class Watched:
    """A folder with one model, its catalogue, and what the watch has told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[str]()
        self.file = write_model(folder / "fal" / "pictures.json")
        self.models = load_catalog(folder)
        self.watch = ModelWatch(self.models, [folder], self.told.append)

    def look(self) -> list[str]:
        """What is told of a look now."""
        self.told.clear()
        self.watch.look()
        return [line.replace(str(self.folder), "…") for line in self.told]

    def write(self, name: str, model: dict[str, Any]) -> None:
        file = write_model(self.folder / name, model)
        # Two writes within one tick of the file system's clock are told apart.
        stat = file.stat()
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + len(self.told) + 1))

    def docs(self) -> str:
        return self.models.find("fal", "acme/pictures").docs


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_that_changes_is_taken_over(watched: Watched) -> None:
    assert watched.look() == []
    watched.write("fal/pictures.json", changed("x-model/docs", "https://acme.test/2"))
    assert watched.look() == ["read again: …/fal/pictures.json"]
    assert watched.docs() == "https://acme.test/2"
    assert watched.look() == []


def test_a_file_that_has_become_wrong_keeps_the_old_model(watched: Watched) -> None:
    watched.write("fal/pictures.json", changed("x-model/docs", 5))
    (told,) = watched.look()
    assert told.startswith("…/fal/pictures.json, line 8: /x-model/docs must be a string")
    assert told.endswith("; the model is served as it was")
    assert watched.docs() == PICTURES["x-model"]["docs"]


def test_a_new_file_is_served_and_a_shipped_name_is_said(watched: Watched) -> None:
    watched.write("fal/o1.json", changed("x-model/id", O1))
    assert watched.look() == [
        f"fal {O1} is that of …/fal/o1.json, instead of the one that comes with vidmock",
        "read again: …/fal/o1.json",
    ]
    watched.write("fal/twice.json", PICTURES)
    assert watched.look() == [
        "…/fal/twice.json: fal acme/pictures is in …/fal/pictures.json already: leave one of them out"
    ]


def test_a_file_that_is_gone_leaves_its_model(watched: Watched) -> None:
    watched.file.unlink()
    assert watched.look() == ["…/fal/pictures.json is gone: its model is served until the server ends"]
    assert watched.docs()
    watched.write("shared/own.json", {})
    assert watched.look() == ["there is no model in the folder '…': each is a file such as my-model.json"]


def test_a_file_that_is_about_another_model_now_leaves_the_one_before(watched: Watched) -> None:
    watched.write("fal/pictures.json", changed("x-model/id", "acme/other"))
    assert watched.look() == ["read again: …/fal/pictures.json"]
    assert {model.id for model in watched.models.own} == {"acme/other", "acme/pictures"}


def test_what_models_share_changes_them(watched: Watched) -> None:
    watched.write("shared/own.json", {"$defs": {"text": {"type": "string", "maxLength": 3}}})
    watched.write("fal/pictures.json", changed("properties/prompt", {"$ref": "../shared/own.json#/$defs/text"}))
    assert watched.look() == ["read again: …/fal/pictures.json"]
    watched.write("shared/own.json", {"$defs": {"text": {"type": "string", "maxLength": 4}}})
    assert watched.look() == ["read again: …/fal/pictures.json"]
    assert watched.models.find("fal", "acme/pictures").schema["$defs"]["text"]["maxLength"] == 4


def test_a_file_that_vanishes_meanwhile_is_passed_over(watched: Watched) -> None:
    (watched.folder / "fal" / "loose.json").symlink_to(watched.folder / "nowhere")
    assert watched.look() == []
