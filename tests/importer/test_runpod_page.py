"""RunPod's page: members of lists by their dotted names, facts that are missing, and where the page was."""

from __future__ import annotations

from typing import Any

from vidmock.importer.forms import read_page
from vidmock.importer.model_file import make_file
from vidmock.importer.source import SourceText

TOP = "| | |\n|---|---|\n| **Endpoint** | `https://api.runpod.ai/v2/made-up/runsync` |\n\n"


def field(place: str, kind: str, more: str = "", about: str = "Text.") -> str:
    return f'<ParamField body="input.{place}" type="{kind}"{more}>\n  {about}\n</ParamField>\n\n'


def document(text: str, stem: str = "") -> dict[str, Any]:
    return make_file(read_page(SourceText("page", stem, TOP + text))).document


def test_members_of_lists_and_objects_have_dotted_names() -> None:
    made = document(
        field("loras", "array")
        + field("loras[].path", "string", " required", "URL or path to the model file.")
        + field("loras[].scale", "number", ' default="1"')
        + field("stages[]", "array")
        + field("parts[].kind", "string", " required")
        + field("sampling.top_p", "float", ' default="0.5"', "Range: 0.0-1.0.")
    )
    properties = made["properties"]
    loras = properties["loras"]
    assert (loras["type"], loras["items"]["required"]) == ("array", ["path"])
    assert loras["items"]["properties"]["scale"]["default"] == 1
    assert (properties["stages"]["type"], properties["parts"]["type"]) == ("array", "array")
    top = properties["sampling"]["properties"]["top_p"]
    assert (top["minimum"], top["maximum"], top["default"]) == (0.0, 1.0, 0.5)
    assert [note["at"] for note in made["x-unsure"][:1]] == ["/loras/*/path"]


def test_a_page_without_title_price_and_answer_is_read_all_the_same() -> None:
    made = document(field("prompt", "string", ' required="false"'))
    assert made["x-model"] | {"x-evidence": ""} == {
        "provider": "runpod",
        "id": "made-up",
        "name": "made-up",
        "docs": "https://docs.runpod.io/public-endpoints/reference",
        "seconds": 75,
        "envelope": "input",
        "x-evidence": "",
    }
    assert made["required"] == []
    assert made["x-pricing"]["rates"][0]["rate"] is None


def test_the_name_of_the_file_tells_where_the_page_was() -> None:
    assert document(field("prompt", "string"), "made-up-2")["x-model"]["docs"].endswith("/models/made-up-2")
    assert document(field("prompt", "string"), "Made up")["x-model"]["docs"].endswith("/reference")


def test_a_default_of_another_type_is_a_contradiction() -> None:
    made = document(field("seed", "integer", ' default="random"'))
    assert "default" not in made["properties"]["seed"]
    assert made["x-conflicts"][0]["but"] == "its default is 'random'"
